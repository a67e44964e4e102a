"""What is removed leaves no byte in the file, which is cleaned in place: every byte that belongs to no record is zero. The
file is read here page by page, as https://www.sqlite.org/fileformat2.html has it, by other code than the program's."""

import random
import struct
import threading

from harness import *

sys.path.insert(0, str(SOURCE / "bench" / "records"))
import make_school  # noqa: E402

MADE = COMMON / "school.db"
KINDS = {2: (True, False), 5: (True, True), 10: (False, False), 13: (False, True)}  # interior? of a table?


class Pages:
    def __init__(self, path):
        self.bytes = path.read_bytes()
        self.size, = struct.unpack(">H", self.bytes[16:18])
        self.met, self.rests = set(), []  # (page, what is nobody's and not zero)
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        roots = [row[0] for row in connection.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0")]
        connection.close()
        self.free()
        for root in [1, *roots]:
            self.tree(root)

    def page(self, number):
        assert number not in self.met, f"page {number} is met twice"
        self.met.add(number)
        return self.bytes[(number - 1) * self.size:number * self.size]

    def rest(self, number, content):
        if any(content):
            self.rests.append((number, bytes(content)))

    def free(self):
        trunk, = struct.unpack(">I", self.bytes[32:36])
        self.free_pages = 0
        while trunk:
            page = self.page(trunk)
            following, count = struct.unpack(">II", page[:8])
            for leaf in struct.unpack(f">{count}I", page[8:8 + 4 * count]):
                self.rest(leaf, self.page(leaf))
            self.rest(trunk, page[8 + 4 * count:])
            self.free_pages += 1 + count
            trunk = following

    @staticmethod
    def number(page, at):
        value = 0
        for i in range(9):
            if i == 8:
                return value << 8 | page[at + 8], at + 9
            value = value << 7 | page[at + i] & 127
            if page[at + i] < 128:
                return value, at + i + 1

    def chain(self, number, left):
        while left > 0:
            page = self.page(number)
            here = min(left, self.size - 4)
            self.rest(number, page[4 + here:])
            left -= here
            number, = struct.unpack(">I", page[:4])

    def tree(self, root):
        todo = [root]
        while todo:
            number = todo.pop()
            page, header = self.page(number), 100 if number == 1 else 0
            interior, of_table = KINDS[page[header]]
            block, cells = struct.unpack(">HH", page[header + 1:header + 5])
            begin = header + (12 if interior else 8)
            if interior:
                todo.append(struct.unpack(">I", page[header + 8:header + 12])[0])
            unused = bytearray(page)
            unused[:begin + 2 * cells] = bytes(begin + 2 * cells)
            for at in struct.unpack(f">{cells}H", page[begin:begin + 2 * cells]):
                end, payload, local = at, 0, 0
                if interior:
                    todo.append(struct.unpack(">I", page[at:at + 4])[0])
                    end += 4
                if not (interior and of_table):
                    payload, end = self.number(page, end)
                if of_table:
                    _, end = self.number(page, end)
                most = self.size - 35 if of_table else (self.size - 12) * 64 // 255 - 23
                least = (self.size - 12) * 32 // 255 - 23
                local = payload
                if payload > most:
                    local = least + (payload - least) % (self.size - 4)
                    local = local if local <= most else least
                end += local
                if payload > local:
                    self.chain(struct.unpack(">I", page[end:end + 4])[0], payload - local)
                    end += 4
                unused[at:max(end, at + 4)] = bytes(max(end, at + 4) - at)
            while block:
                following, _ = struct.unpack(">HH", page[block:block + 4])
                unused[block:block + 4] = bytes(4)
                block = following
            self.rest(number, unused)


class Removal(Case):
    needs_models = False

    def setUp(self):
        super().setUp()
        if not MADE.exists():
            table = self.dir / "table.csv"
            table.write_text("id,name\nfirst,The first of many\n")
            self.run_it("import", "students", table)
            connection = sqlite3.connect(self.db)
            make_school.fill(connection, students=300, classes=10, lessons=210)
            # Pages that are free.
            connection.isolation_level = None
            connection.execute("CREATE TABLE large(content BLOB)")
            connection.execute("INSERT INTO large VALUES (?)", (bytes(range(1, 251)) * 400,))
            connection.execute("PRAGMA secure_delete = OFF")
            connection.execute("DROP TABLE large")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            shutil.copy(self.db, MADE)
            self.db.unlink()
        shutil.copy(MADE, self.db)

    def rows(self, sql):
        connection = sqlite3.connect(self.db)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def test_every_removal_leaves_zeros_alone(self):
        before = Pages(self.db)
        self.assertGreater(len(before.rests), 20)
        self.assertGreater(before.free_pages, 20)
        name = self.rows("SELECT name FROM students WHERE id = 's000017'")[0][0].encode()
        for words, gone in ((("rename", "s000017", "--name", "Ly"), name), (("rename", "s000018", "n18"), b"s000018"),
                            (("merge", "s000019", "s000020", "--yes"), None), (("lesson", "remove", "205", "--yes"), b"/204.mp4"),
                            (("forget", "s000021", "--photo", "photos/s000021-1.jpg", "--yes"), b"s000021-1"),
                            (("forget", "s000022", "--yes"), b"s000022")):
            with self.subTest(" ".join(words)):
                shutil.copy(MADE, self.db)
                self.run_it(*words)
                after = Pages(self.db)
                self.assertEqual(after.rests, [])
                self.assertEqual(len(after.met) * after.size, len(after.bytes))
                self.assertGreater(after.free_pages, 20)  # it was not written anew
                self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
                self.assertTrue(gone is None or self.holds(gone, before.bytes) and not self.holds(gone, after.bytes))

    @staticmethod
    def holds(text, content):
        """But for names of photos, which stay when an id changes."""
        renamed = text in (b"s000017", b"s000018")
        return text in (content.replace(b"photos/" + text + b"-", b"") if renamed else content)

    def test_the_records_are_as_they_were(self):
        tables = [row[0] for row in self.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'audit'"
                                              " AND name NOT LIKE 'sqlite%' ORDER BY name")]
        before = {name: self.rows(f"SELECT * FROM {name}") for name in tables}
        self.run_it("rename", "s000017", "n17")
        for name in tables:
            rows = [tuple("s000017" if value == "n17" else value for value in row) for row in self.rows(f"SELECT * FROM {name}")]
            self.assertEqual(sorted(rows, key=repr), sorted(before[name], key=repr), name)

    def test_what_another_program_holds_in_memory_does_not_come_back(self):
        other = sqlite3.connect(self.db, isolation_level=None)
        other.execute("PRAGMA cache_size = -64000")
        other.execute("PRAGMA secure_delete = ON")
        for table in ("students", "faces", "tracks", "candidates", "finals"):
            other.execute(f"SELECT * FROM {table}").fetchall()
        self.run_it("forget", "s000022", "--yes")
        other.execute("UPDATE faces SET quality = 0.25")
        other.execute("UPDATE students SET listed = 2")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.close()
        self.assertFalse(self.holds(b"s000022", self.db.read_bytes()))

    def test_killed_at_any_moment_it_is_whole_and_ended_by_the_next(self):
        begin = time.monotonic()
        self.run_it("forget", "s000022", "--yes")
        most_s = (time.monotonic() - begin) * 1.1
        came = {OK: 0, NOT_FOUND: 0, "ended": 0}
        for _ in range(int(os.environ.get("HOMEROOM_KILLS", "60")) // 3):
            for path in self.dir.glob("homeroom.db*"):
                path.unlink()
            shutil.copy(MADE, self.db)
            process = self.start("forget", "s000022", "--yes", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(random.uniform(0, most_s))
            except subprocess.TimeoutExpired:
                pass
            process.kill()
            process.wait()
            self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
            result = self.run_it("forget", "s000022", "--yes", status=None)
            self.assertIn(result.status, (OK, NOT_FOUND), result)
            came[result.status] += 1
            came["ended"] += "a removal that had been interrupted is complete now" in result.out
            self.assertEqual(Pages(self.db).rests, [])
            self.assertFalse(any(self.holds(b"s000022", path.read_bytes()) for path in self.dir.glob("homeroom.db*")))
            self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        print(f"killed while forgetting: {came}")

    def test_others_who_write_and_empty_the_log_meanwhile_are_waited_for(self):
        ended = threading.Event()

        def write(emptying):
            other = sqlite3.connect(self.db, isolation_level=None, timeout=20)
            while not ended.is_set():
                if emptying:
                    other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                else:
                    other.execute("UPDATE students SET major = hex(randomblob(8)) WHERE id = 's000044'")
            other.close()

        others = [threading.Thread(target=write, args=(emptying,)) for emptying in (True, True, False)]
        for other in others:
            other.start()
        try:
            for i in range(12):
                self.run_it("rename", "s000017", "--name", f"Somebody {i}")
        finally:
            ended.set()
            for other in others:
                other.join()
        self.run_it("rename", "s000017", "--name", "Nobody")
        self.assertNotIn(b"Somebody 11", self.db.read_bytes())
        self.assertEqual(Pages(self.db).rests, [])
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])

    def test_a_file_of_another_make_is_written_anew(self):
        connection = sqlite3.connect(self.db)
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA auto_vacuum = FULL")
        connection.execute("VACUUM")
        connection.close()
        self.run_it("forget", "s000022", "--yes")
        self.assertFalse(self.holds(b"s000022", self.db.read_bytes()))
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])

    def test_much_free_room_is_given_back(self):
        size = self.db.stat().st_size
        connection = sqlite3.connect(self.db)
        with connection:
            connection.execute("DELETE FROM tracks")
        connection.close()
        self.run_it("rename", "s000017", "n17")
        self.assertLess(self.db.stat().st_size, size / 2)
        self.assertFalse(self.holds(b"s000017", self.db.read_bytes()))

    def test_where_the_sums_are_not_right_nothing_is_written_past_sqlite(self):
        content = bytearray(self.db.read_bytes())
        struct.pack_into(">I", content, 36, struct.unpack(">I", content[36:40])[0] + 1)  # one free page too many
        self.db.write_bytes(content)
        self.run_it("rename", "s000017", "n17")  # written anew by SQLite
        self.assertEqual(Pages(self.db).free_pages, 0)
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        self.assertFalse(self.holds(b"s000017", self.db.read_bytes()))


if __name__ == "__main__":
    main()
