"""Commands that change the database, killed at any moment: the change is there whole, or not at all; and of whoever was
forgotten no byte is left when the command is given again.

HOMEROOM_KILLS: how many in all; the everyday run takes 60.
"""

import random
import sqlite3

from harness import *

KILLS = int(os.environ.get("HOMEROOM_KILLS", "60"))
STUDENTS, FACES_EACH = 120, 3
MADE, SEALED, SEALED_KEYS = COMMON / "kills.db", COMMON / "sealed.db", COMMON / "sealed.db.keys"


def vector_of(student, face):
    return random.Random(student * 100 + face).randbytes(512)


def state(path):
    """All that there is to know, as the next program finds it."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        students = connection.execute("SELECT id, name, major, year FROM students ORDER BY id").fetchall()
        faces = connection.execute("SELECT s.id, f.vector, f.origin FROM faces AS f JOIN students AS s ON s.key = f.student"
                                   " ORDER BY f.id").fetchall()
        return students, faces
    finally:
        connection.close()


class Kills(Case):
    needs_models = False

    def setUp(self):
        super().setUp()
        self.make()

    def make(self):
        if not MADE.exists():
            table = self.dir / "table.csv"
            table.write_text("id,name,major,year\n" + "".join(f"{i},Student Number {i} Of Many,Law,{i % 4}\n" for i in range(STUDENTS)))
            self.run_it("import", "students", table)
            connection = sqlite3.connect(self.db)
            for student in range(STUDENTS):
                key, = connection.execute("SELECT key FROM students WHERE id = ?", (str(student),)).fetchone()
                for face in range(FACES_EACH):
                    connection.execute(
                        "INSERT INTO faces(student, model_id, vector, origin, origin_sha256, created_us, quality, face_px, verdict)"
                        " VALUES (?, 'dlib-resnet-1', ?, ?, ?, 1, 0.5, 100, '')",
                        (key, vector_of(student, face), f"photo {face} of number {student}.jpg", f"{student:032x}{face:032x}"))
            connection.commit()
            connection.close()
            shutil.copy(self.db, MADE)

    def fresh(self):
        for path in self.dir.glob("homeroom.db*"):
            path.unlink()
        shutil.copy(MADE, self.db)

    def kill(self, words, most_s):
        process = self.start(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(random.uniform(0, most_s))
        except subprocess.TimeoutExpired:
            pass
        process.kill()
        process.wait()

    def whole(self, words):
        """How long it takes, and what it makes."""
        self.fresh()
        begin = time.monotonic()
        self.run_it(*words)
        return (time.monotonic() - begin) * 1.1, state(self.db)

    def bytes_beside(self):
        return {path.name: path.read_bytes() for path in self.dir.glob("homeroom.db*")}

    def assert_nothing_of(self, student):
        for name, content in self.bytes_beside().items():
            for face in range(FACES_EACH):
                self.assertNotIn(vector_of(student, face)[:32], content, f"{name} has a vector of the forgotten")
            self.assertNotIn(f"Student Number {student} Of Many".encode(), content, f"{name} has the name of the forgotten")

    def test_whole_or_not_at_all(self):
        table = self.dir / "other.csv"
        table.write_text("id,name,major,year\n" + "".join(f"{i},Renamed {i},History,9\n" for i in range(STUDENTS)))
        self.fresh()
        before = state(self.db)
        for words in (("import", "students", table), ("rename", "5", "new-five", "--name", "Five"),
                      ("merge", "6", "7", "--yes"), ("forget", "8", "--photo", "photo 1 of number 8.jpg", "--yes")):
            most_s, after = self.whole(words)
            self.assertNotEqual(before, after)
            seen = set()
            for _ in range(max(KILLS // 8, 3)):
                with self.subTest(words[0]):
                    self.fresh()
                    self.kill(words, most_s)
                    found = state(self.db)
                    self.assertIn(found, (before, after))
                    seen.add(found == after)

    def test_the_forgotten_are_forgotten(self):
        words = ("forget", "17", "--yes")
        most_s, after = self.whole(words)
        self.assert_nothing_of(17)
        self.fresh()
        before = state(self.db)
        again = {"done": 0, "not there": 0, "finished": 0}
        for _ in range(KILLS // 2):
            self.fresh()
            self.kill(words, most_s)
            result = self.run_it(*words, status=None)
            self.assertIn(result.status, {OK, NOT_FOUND}, result)
            self.assertEqual(state(self.db), after)
            self.assert_nothing_of(17)
            finished = "a removal that had been interrupted is complete now" in result.out
            again["done" if result.status == OK else "finished" if finished else "not there"] += 1
            if result.status == OK:
                self.assertIn("nothing of them is left", result.out)
        print(f"killed while forgetting: {again}")
        self.assertNotEqual(before, after)

    def test_an_interrupted_removal_is_finished_by_whoever_writes_next(self):
        """The moment that a kill rarely meets: the row is gone, and its bytes are not."""
        self.fresh()
        connection = sqlite3.connect(self.db)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA foreign_keys = ON")
        with connection:
            connection.execute("INSERT INTO removals DEFAULT VALUES")
            connection.execute("DELETE FROM students WHERE id = '17'")
        copies = self.bytes_beside()
        connection.close()
        for name, content in copies.items():  # as they lay before the connection tidied up
            (self.dir / name).write_bytes(content)
        (self.dir / "homeroom.db-shm").unlink(missing_ok=True)
        self.assertTrue(any(vector_of(17, 0)[:32] in content for content in self.bytes_beside().values()))
        result = self.run_it("forget", "17", "--yes", status=NOT_FOUND)
        self.assertIn("a removal that had been interrupted is complete now", result.out)
        self.assertNotIn("nothing of them is left", result.out)
        self.assert_nothing_of(17)
        result = self.run_it("forget", "17", "--yes", status=NOT_FOUND)
        self.assertEqual(result.out, "")


class SealedKills(Kills):
    """The same of a sealed database, whose keys are a file of their own: the two never part."""

    key = {}

    def make(self):
        super().make()
        self.key = {"HOMEROOM_KEY": "5a" * 32}
        if not SEALED.exists():
            shutil.copy(MADE, self.db)
            self.run_it("keys", "seal")
            shutil.copy(self.db, SEALED)
            shutil.copy(self.dir / "homeroom.db.keys", SEALED_KEYS)

    def fresh(self):
        for path in self.dir.glob("homeroom.db*"):
            path.unlink()
        shutil.copy(SEALED, self.db)
        shutil.copy(SEALED_KEYS, self.dir / "homeroom.db.keys")

    def start(self, *words, env=None, **more):
        return super().start(*words, env={**self.key, **(env or {})}, **more)

    def state(self):
        """As the program reads it, of everybody: what no key opens would not be there."""
        connection = sqlite3.connect(self.db)
        try:
            self.assertEqual(connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            rows = connection.execute("SELECT (SELECT count(*) FROM students), (SELECT count(*) FROM faces)").fetchall()
        finally:
            connection.close()
        listed = json.loads(self.run_it("export", "--what", "json").out)["students"]
        self.assertNotIn("have no key", self.run_it("keys").out)
        return rows, listed

    def whole(self, words):
        self.fresh()
        begin = time.monotonic()
        self.run_it(*words)
        return (time.monotonic() - begin) * 1.1, self.state()

    def assert_nothing_of(self, student):
        """Not in the file, and not in what was copied before, which comes back."""
        files = {path: path.read_bytes() for path in self.dir.glob("homeroom.db*")}
        self.assertFalse(any(vector_of(student, 0)[:32] in content for content in files.values()))
        for path in files:
            if path.suffix != ".keys":
                path.unlink()
        shutil.copy(SEALED, self.db)
        ids = {row["id"] for row in json.loads(self.run_it("export", "--what", "json").out)["students"]}
        self.assertEqual(ids, {str(i) for i in range(STUDENTS)} - {str(student)})
        self.assertIn("1 student and 3 face vectors of a copy", self.run_it("keys").out)
        self.run_it("export", "--what", "student", "--student", str(student), status=NOT_FOUND)
        self.db.unlink()
        for path, content in files.items():
            path.write_bytes(content)

    def test_whole_or_not_at_all(self):
        table = self.dir / "other.csv"
        table.write_text("id,name,major,year\n" + "".join(f"{i},Renamed {i},History,9\n" for i in range(STUDENTS + 50)))
        self.fresh()
        before = self.state()
        for words in (("import", "students", table), ("rename", "5", "new-five", "--name", "Five"), ("keys", "renew"),
                      ("merge", "6", "7", "--yes"), ("forget", "8", "--photo", "photo 1 of number 8.jpg", "--yes")):
            most_s, after = self.whole(words)
            for _ in range(max(KILLS // 10, 3)):
                with self.subTest(words[0]):
                    self.fresh()
                    self.kill(words, most_s)
                    self.assertIn(self.state(), (before, after))
                    self.run_it("forget", "9", "--yes")  # writes, and so ends what was begun
                    ids = [row["id"] for row in self.state()[1]]
                    self.assertNotIn("9", ids)

    def test_the_forgotten_are_forgotten(self):
        words = ("forget", "17", "--yes")
        most_s, after = self.whole(words)
        self.assert_nothing_of(17)
        for _ in range(KILLS // 3):
            self.fresh()
            self.kill(words, most_s)
            result = self.run_it(*words, status=None)
            self.assertIn(result.status, {OK, NOT_FOUND}, result)
            self.assertEqual(self.state(), after)
            self.assert_nothing_of(17)

    test_an_interrupted_removal_is_finished_by_whoever_writes_next = None


if __name__ == "__main__":
    main()
