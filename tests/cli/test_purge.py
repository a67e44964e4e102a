"""What is kept for too long recognises nobody, and is removed: by 'purge', and by a program that runs for long."""

import contextlib
import random
import sqlite3

from harness import *

DAY_US = 86_400_000_000


class Purge(OverDatabase):
    def grow_old(self, student, days):
        """As if the student had been enrolled so long ago; gives the faces' bytes."""
        self.sql("UPDATE faces SET created_us = created_us - ? WHERE student = (SELECT key FROM students WHERE id = ?)",
                 days * DAY_US, student)
        return [vector for (vector,) in self.sql(
            "SELECT vector FROM faces JOIN students ON key = student WHERE students.id = ?", student)]

    def keep_faces(self, days):
        """Without a word in the audit log."""
        self.sql("INSERT INTO keeping(kind, days) VALUES ('faces', ?)", days)


class Keeping(Purge):
    def test_everything_is_kept_until_somebody_says_otherwise(self):
        self.enrolled()
        self.grow_old("44", 20000)
        self.assertEqual(self.run_it("keeping").out, "faces: for ever\nobservations: for ever\naudit: for ever\n")
        self.assertEqual(self.run_it("purge").out, "faces: kept for ever\nobservations: kept for ever\naudit: kept for ever\n")
        self.assertEqual(self.sql("SELECT count(*) FROM faces"), [(2 * len(VECTORS),)])

    def test_times_are_set_and_shown(self):
        self.enrolled()
        self.grow_old("44", 11)
        be = "is" if len(VECTORS) == 1 else "are"
        old = f"faces: 10 days; {len(VECTORS)} {be} older ('homeroom purge')\n"
        self.assertEqual(self.run_it("keeping", "faces", 10).out, old)
        self.assertEqual(self.run_it("keeping", "audit", 1).out, "audit: 1 day\n")
        self.assertEqual(self.run_it("keeping").out, f"{old}observations: for ever\naudit: 1 day\n")
        self.assertEqual(self.run_it("keeping", "faces", "--json").objects(), [{"kind": "faces", "days": 10, "too_old": len(VECTORS)}])
        self.assertEqual(self.run_it("keeping", "faces", "forever").out, "faces: for ever\n")
        self.assertIsNone(self.run_it("keeping", "--json").objects()[0]["days"])
        noted = json.loads(self.run_it("export", "--what", "audit").out)["audit"]
        self.assertEqual([(entry["what"], entry["count"]) for entry in noted if entry["what"].startswith("keeping")],
                         [("keeping_faces", 10), ("keeping_audit", 1), ("keeping_faces", 0)])

    def test_wrong_words(self):
        self.enrolled()
        for words in (("students", 10), ("faces", 0), ("faces", -1), ("faces", "10x"), ("faces", ""), ("faces", 36501), ("faces", "1", "2")):
            self.run_it("keeping", *words, status=ARGUMENT)
        self.assertIn("'faces', 'observations' or 'audit', not 'face'", self.run_it("keeping", "face", status=ARGUMENT).err)
        self.assertEqual(self.sql("SELECT * FROM keeping"), [])


class TooOld(Purge):
    def test_a_face_recognises_nobody_before_it_is_purged(self):
        self.enrolled()
        self.grow_old("44", 11)
        self.assertEqual(self.run_it("recognize", "-o-", self.videos() / "obama.mp4").rows(), [HEADER, OBAMA_ROW])
        self.run_it("keeping", "faces", 10)
        self.assertEqual(self.run_it("recognize", "-o-", self.videos() / "obama.mp4").rows(), [HEADER])
        self.assertEqual(self.run_it("recognize", "-o-", self.videos() / "biden.mp4").rows(), [HEADER, BIDEN_ROW])
        self.assertEqual(self.sql("SELECT count(*) FROM faces"), [(2 * len(VECTORS),)])
        # The same photo, enrolled anew, counts from now on.
        self.assertIn("enrolled", self.run_it("enroll", 44, PHOTOS / "obama.jpg").out)
        self.assertEqual(self.run_it("recognize", "-o-", self.videos() / "obama.mp4").rows(), [HEADER, OBAMA_ROW])
        self.assertIn(f"faces: {len(VECTORS)} vector", self.run_it("purge").out)
        self.assertEqual(self.run_it("recognize", "-o-", self.videos() / "obama.mp4").rows(), [HEADER, OBAMA_ROW])

    def test_purge_says_what_goes_and_leaves_no_byte(self):
        self.enrolled()
        vectors = self.grow_old("44", 11)
        self.run_it("recognize", "--keep", "--out", "reports", self.videos() / "obama.mp4")
        self.sql("UPDATE observations SET made_us = made_us - ?", 40 * DAY_US)
        self.run_it("keeping", "faces", 10)
        self.run_it("keeping", "observations", 30)
        s = "s" * (len(VECTORS) > 1)
        before = self.everything()
        self.assertEqual(
            self.run_it("purge", "--dry-run").out,
            f"faces: {len(VECTORS)} vector{s} older than 10 days would be removed\n"
            "observations: 1 video older than 30 days would be removed\naudit: kept for ever\n")
        self.assertEqual([(found["kind"], found["too_old"]) for found in self.run_it("purge", "--dry-run", "--json").objects()],
                         [("faces", len(VECTORS)), ("observations", 1), ("audit", 0), ("pictures", 0)])
        self.assertEqual(self.everything(), before)
        for vector in vectors:
            self.assertIn(vector[:32], before)
        self.assertEqual(
            self.run_it("purge").out,
            f"faces: {len(VECTORS)} vector{s} older than 10 days removed\n"
            "observations: 1 video older than 30 days removed\naudit: kept for ever\n"
            "the database file has no bytes but those of what is in it\n")
        for vector in vectors:
            self.assertNotIn(vector[:32], self.everything())
        self.assertNotIn(b"obama.mp4", self.everything())
        self.assertEqual([(row["id"], row["faces"] > 0) for row in self.run_it("students", "--json").objects()], [("44", False), ("46", True)])
        noted = json.loads(self.run_it("export", "--what", "audit").out)["audit"]
        self.assertEqual([(entry["what"], entry["student"], entry["count"]) for entry in noted if entry["what"].startswith("purge")],
                         [("purge_faces", None, len(VECTORS)), ("purge_observations", None, 1)])
        self.assertEqual(self.run_it("purge").out,
                         "faces: 0 vectors older than 10 days removed\nobservations: 0 videos older than 30 days removed\naudit: kept for ever\n")


class Killed(Purge):
    needs_models = False
    ROUNDS = int(os.environ.get("HOMEROOM_KILLS", "60")) // 3

    def fill(self, path):
        """A hundred faces, every second one too old."""
        vectors = [random.Random(number).randbytes(1024) for number in range(100)]
        (self.dir / "table.csv").write_text("id,name\n1,One\n")
        self.run_it("import", "students", "table.csv")
        self.keep_faces(10)
        now_us = time.time_ns() // 1000
        with contextlib.closing(sqlite3.connect(self.db)) as db, db:
            for number, vector in enumerate(vectors):
                db.execute("INSERT INTO faces(student, model_id, vector, origin, origin_sha256, created_us, quality, face_px, verdict)"
                           " VALUES (1, 'dlib-resnet-1', ?, ?, '', ?, 0.5, 100, '')",
                           (vector, f"photo {number}", now_us - (20 - number % 2 * 15) * DAY_US))
        shutil.copy(self.db, path)
        return vectors

    def test_all_of_it_or_nothing(self):
        made = self.dir / "made"
        vectors = self.fill(made)
        seen = set()
        begin = time.monotonic()
        self.run_it("purge")
        most_s = (time.monotonic() - begin) * 1.1
        for _ in range(self.ROUNDS):
            for path in self.dir.glob("homeroom.db*"):
                path.unlink()
            shutil.copy(made, self.db)
            process = self.start("purge", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(random.uniform(0, most_s))
            process.kill()
            process.wait()
            left = {vector for (vector,) in self.sql("SELECT vector FROM faces")}
            self.assertIn(left, (set(vectors), set(vectors[1::2])))
            seen.add(len(left))
            self.run_it("purge")
            found = self.everything()
            for number, vector in enumerate(vectors):
                self.assertEqual(vector[:32] in found, number % 2 == 1)
            self.assertEqual(self.sql("SELECT count(*) FROM removals"), [(0,)])
        print(f"killed while purging, faces left: {sorted(seen)}")


class Watched(Purge):
    def watch(self):
        (self.dir / "in").mkdir(exist_ok=True)
        return self.start("watch", "in", "reports", "--interval", "0.2")

    def count(self):
        return self.sql("SELECT count(*) FROM faces")[0][0]

    def test_watch_purges_at_its_start(self):
        self.enrolled()
        vectors = self.grow_old("44", 11)
        self.keep_faces(10)
        process = self.watch()
        self.wait_for(lambda: self.count() == len(VECTORS) and self.sql("SELECT count(*) FROM removals") == [(0,)], process)
        shutil.copyfile(self.videos() / "biden.mp4", self.dir / "in" / "one.mp4")
        self.wait_for((self.dir / "reports" / "one.mp4.csv").exists, process)  # and goes on with its work
        process.send_signal(signal.SIGTERM)
        err = self.finish(process, OK).err
        self.assertEqual(err.count("what was kept for too long is removed"), 1)
        for vector in vectors:
            self.assertNotIn(vector[:32], self.everything())
        self.assertEqual(self.sql("SELECT count FROM audit WHERE what = 'purge_faces'"), [(len(VECTORS),)])

    def test_a_database_in_use_is_a_warning(self):
        self.enrolled()
        self.grow_old("44", 11)
        self.keep_faces(10)
        shutil.copytree(self.videos(), self.dir / "in")
        with contextlib.closing(sqlite3.connect(self.db, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("BEGIN IMMEDIATE")
            result = self.run_it("watch", "in", "reports", "--once", "--interval", "0.2")
            db.execute("ROLLBACK")
        self.assertIn("what is kept for too long was not removed (tried again): ", result.err)
        self.assertIn("in use by another program", result.err)
        self.assertEqual(self.count(), 2 * len(VECTORS))
        # Nevertheless nobody is recognised by it.
        self.assertEqual((self.dir / "reports" / "obama.mp4.csv").read_bytes(), b"name,major,year\r\n")
        self.assertIn(b"Joe Biden", (self.dir / "reports" / "biden.mp4.csv").read_bytes())


if __name__ == "__main__":
    main()
