"""The student table: import, list, export, forget."""

import contextlib
import json
import pickle
import re
import sqlite3
import struct

from harness import *

TABLE = "\ufeffMajor;ID;Name;Year;Room\r\nLaw;44;Barack Obama;senior;12\r\nHistory;46;Joe Biden;junior;13\r\n"


class Students(Case):
    needs_models = False

    def import_text(self, text, name="table.csv", status=OK):
        (self.dir / name).write_text(text, newline="")
        return self.run_it("import", "students", name, status=status)

    def test_csv_with_all_liberties(self):
        result = self.import_text(TABLE)
        self.assertEqual(result.err, "2 students: 2 new, 0 changed, 0 as before; 0 problems\n")
        self.assertEqual(result.out, "")
        self.assertEqual(
            self.run_it("students").out,
            "id  name          major    year    faces  models\n"
            "44  Barack Obama  Law      senior      0\n"
            "46  Joe Biden     History  junior      0\n",
        )

    def test_json(self):
        table = [{"id": 44, "name": "Barack Obama", "major": "Law", "year": "senior"}, {"id": "ü", "name": "Ümit Şen"}]
        self.import_text(json.dumps(table), "table.json")
        self.assertEqual(
            self.run_it("students").out,
            "id  name          major  year    faces  models\n"
            "44  Barack Obama  Law    senior      0\n"
            "ü   Ümit Şen                         0\n",
        )

    def test_again_and_changed(self):
        self.import_text(TABLE)
        self.assertEqual(self.import_text(TABLE).err, "2 students: 0 new, 0 changed, 2 as before; 0 problems\n")
        changed = self.import_text(TABLE.replace("senior", "alumnus"))
        self.assertEqual(changed.err, "2 students: 0 new, 1 changed, 1 as before; 0 problems\n")

    def test_what_is_dropped_is_said(self):
        result = self.import_text("id,name,major\n17,Ann,Art,\n18,Bob\n19,Cy,Bio,x\n20,Di,Art\n", status=NO)
        self.assertEqual(
            result.err,
            "warning: table.csv:4: 4 cells where the header has 3\n"
            "3 students: 3 new, 0 changed, 0 as before; 1 problem\n",
        )

    def test_windows_1252_is_read_and_said(self):
        (self.dir / "old.csv").write_bytes("id;name\r\n17;José Müller\r\n".encode("cp1252"))
        result = self.run_it("import", "students", "old.csv")
        self.assertIn("old.csv: read as Windows-1252", result.err)
        self.assertIn("José Müller", self.run_it("students").out)

    def test_gradebook(self):
        result = self.import_text(
            "Student,ID,SIS User ID,SIS Login ID,Section,Essay (12)\r\n    Points Possible,,,,,10\r\n"
            '"Lee, Ann",4711,007,alee,S1,9\r\n"Student, Test",,,,S1,\r\n'
        )
        self.assertEqual(
            result.err,
            "table.csv: 2 rows left out, not of a student: a gradebook's points or test student, or another role\n"
            "table.csv: 1 column of the gradebook left out: marks are not kept\n"
            "1 student: 1 new, 0 changed, 0 as before; 0 problems\n",
        )

    def test_columns_that_are_not_known(self):
        table = "Kennung,Wer,Kurs\n17,Ann,Art\n"
        result = self.import_text(table, status=FORMAT)
        self.assertIn("'Kennung', 'Wer', 'Kurs'", result.err)
        self.assertIn("--map id=COLUMN,name=COLUMN", result.err)
        self.assertFalse(self.db.exists())
        self.run_it("import", "students", "table.csv", "--map", "id=Kennung,name=Wer,major=Kurs")
        self.assertIn("17  Ann   Art", self.run_it("students").out)
        # One that may be the id is not passed over for the name.
        self.import_text("Kennung,Name\n17,Ann\n", status=FORMAT)

    def test_who_is_missing_is_said_and_kept(self):
        self.import_text("id,name\n1,Ann\n2,Bob\n3,Cy\n")
        result = self.import_text("id,name\n2,Bob\n")
        self.assertEqual(
            result.err,
            "2 students are in the database and not in this table: kept ('homeroom forget' removes one; --verbose "
            "names them)\n1 student: 0 new, 0 changed, 1 as before; 0 problems\n",
        )
        verbose = self.run_it("import", "students", "table.csv", "--verbose").err
        self.assertIn("not in this table: student '1'\n", verbose)
        self.assertIn("not in this table: student '3'\n", verbose)
        self.assertIn("1   Ann", self.run_it("students").out)

    def test_accents_in_two_forms_are_one_student(self):
        self.import_text("id,name\nJos\u00e9,One\n")
        result = self.import_text("id,name\nJose\u0301,One\n")
        self.assertEqual(result.err, "1 student: 0 new, 0 changed, 1 as before; 0 problems\n")

    def test_bad_files(self):
        for name, content in (("a.json", "[{"), ("b.csv", ""), ("c.csv", "\0\0\0"), ("d.csv", "colour,size\nred,1\n")):
            self.import_text(content, name, status=FORMAT)
        self.run_it("import", "students", "missing.csv", status=NOT_FOUND)
        self.assertFalse(self.db.exists())

    def test_terminal_is_not_steered(self):
        self.import_text('[{"id": "1", "name": "\\u001b[2Jgone\\u009b1m"}]', "table.json")
        self.assertIn("?[2Jgone?1m", self.run_it("students").out)

    def test_json_answer(self):
        self.import_text(TABLE)
        self.assertEqual(
            self.run_it("students", "--json").objects()[0],
            {"id": "44", "name": "Barack Obama", "major": "Law", "year": "senior", "faces": 0, "models": []},
        )

    def test_default_place_is_made(self):
        (self.dir / "table.csv").write_text("id,name\n1,One\n")
        self.run_it("import", "students", "table.csv", env={"HOMEROOM_DB": ""})
        self.assertTrue((self.dir / ".local/share/homeroom/homeroom.db").exists())

    def test_export_can_be_imported(self):
        self.import_text(TABLE)
        exported = self.run_it("export").out
        rows = list(csv.DictReader(io.StringIO(exported, newline="")))
        self.assertEqual([(row["id"], row["name"], row["Room"]) for row in rows], [("44", "Barack Obama", "12"), ("46", "Joe Biden", "13")])
        self.assertEqual(self.import_text(exported, "again.csv").err, "2 students: 0 new, 0 changed, 2 as before; 0 problems\n")

    def test_export_to_full_disk(self):
        self.import_text(TABLE)
        for command in ("export", "students"):
            with open("/dev/full", "wb") as full:
                result = self.run_it(command, stdout=full, status=IO)
            self.assertIn("standard output", result.err)

    def test_damaged_database(self):
        self.db.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
        self.assertNotEqual(self.run_it("students", status=DATABASE).err, "")
        self.db.write_bytes(b"not a database at all" * 300)
        self.run_it("students", status=DATABASE)

    def test_no_database(self):
        for words in (["students"], ["export"], ["forget", "44", "--yes"]):
            result = self.run_it(*words, status=NOT_FOUND)
            self.assertIn("make it with 'homeroom import students FILE'", result.err)
        self.assertFalse(self.db.exists())


def vectors_of(path, student):
    """The vectors of dlib's network that the database has of a student."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT vector FROM faces JOIN students ON key = student WHERE students.id = ?", (str(student),))
        return [vector for (vector,) in rows if len(vector) == 512]


class Steering(Case):
    """Names that command the terminal, or show as others: data in files, harmless where people look."""

    needs_models = False
    # Clears the screen; in one byte of C1; right to left; a line of its own; a mark that Hebrew names may have.
    NAMES = ["\x1b[2Jx", "\x9b2Jx", "Mr \u202enhoJ\u202c.", "a\u2028b", "\u05d3\u200f\u05df", "x\u2066\u2069\x7f."]
    STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

    def setUp(self):
        super().setUp()
        lines = "".join(f"{number},{name},art,senior\n" for number, name in enumerate(self.NAMES))
        (self.dir / "table.csv").write_text("id,name,major,year\n" + lines, encoding="utf-8", newline="")
        self.run_it("import", "students", "table.csv")

    def test_people_see_them_harmless(self):
        shown = self.run_it("students", "--verbose")
        self.assertFalse(self.STEERING.search(shown.out + shown.err), repr(shown.out))
        self.assertIn("Mr ?nhoJ?.", shown.out)
        self.assertIn("\u05d3?\u05df", shown.out)
        for name in self.NAMES:
            failed = self.run_it("students", name + "!", status=NOT_FOUND)
            self.assertFalse(self.STEERING.search(failed.out + failed.err), repr(failed.err))
            failed = self.run_it("recognize", name + ".mp4", status=NOT_FOUND, env={"HOMEROOM_DB": "/nowhere/" + name})
            self.assertFalse(self.STEERING.search(failed.out + failed.err), repr(failed.err))

    def test_programs_get_them_as_they_are(self):
        lines = self.run_it("students", "--json").out.splitlines()
        self.assertTrue(all(line.isascii() or not self.STEERING.search(line) for line in lines))
        self.assertEqual([json.loads(line)["name"] for line in lines], self.NAMES)
        whole = self.run_it("export", "--what", "json").out
        self.assertFalse(self.STEERING.search(whole))
        table = self.run_it("export").out
        for name in self.NAMES:
            self.assertIn(name, table)

    def test_a_table_on_a_terminal_is_for_people(self):
        master, slave = self.terminal()
        self.run_it("export", stdout=slave)
        shown = self.read_terminal(master)
        self.assertFalse(self.STEERING.search(shown.replace("\r", "")), repr(shown))
        self.assertIn("Mr ?nhoJ?.,art,senior", shown)


class Faces(Case):
    """What needs faces in the database."""

    def vectors(self, student):
        return vectors_of(self.db, student)

    def everything(self):
        return b"".join(path.read_bytes() for path in self.dir.glob("homeroom.db*"))

    def test_forget_leaves_nothing(self):
        self.enrolled()
        vectors = self.vectors(44)
        self.assertEqual(len(vectors), 1)
        self.assertIn(vectors[0][:256], self.everything())
        others = self.vectors(46)
        result = self.run_it("forget", 44, "--yes")
        self.assertEqual(
            result.out,
            f"forgotten: the record and {len(VECTORS)} face vector{'s' * (len(VECTORS) > 1)}; every byte of the database file was looked at, nothing of them is left\n",
        )
        self.assertEqual(result.err, "")
        left = self.everything()
        for trace in (vectors[0][:32], vectors[0][-32:], b"Barack Obama", b"obama.jpg"):
            self.assertNotIn(trace, left)
        self.assertIn(others[0][:32], left)
        self.assertEqual([row["id"] for row in self.run_it("students", "--json").objects()], ["46"])
        self.run_it("forget", 44, "--yes", status=NOT_FOUND)

    def test_forgotten_is_unknown(self):
        self.enrolled()
        self.run_it("forget", 44, "-y")
        rows = self.run_it("recognize", "--out", "-", self.videos() / "obama.mp4").rows()
        self.assertEqual(rows, [HEADER])

    def test_forget_nobody(self):
        self.enrolled()
        result = self.run_it("forget", "nobody", "--yes", status=NOT_FOUND)
        self.assertEqual(result.err, "error: no student has the id or name 'nobody'; 'homeroom students' lists them\n")

    def test_forget_does_not_ask_a_pipe(self):
        self.enrolled()
        result = self.run_it("forget", 44, status=ARGUMENT)
        self.assertEqual(result.err, "error: nobody can be asked here: say --yes to go on without a question\n")
        self.assertEqual(len(self.vectors(44)), 1)

    def answered(self, answer, status):
        """With a terminal as standard input."""
        master, slave = self.terminal()
        process = self.start("forget", 44, stdin=slave)
        os.write(master, answer)
        result = self.finish(process, status)
        self.assertIn("Forget student 44 (Barack Obama), the record and every face?", result.err)
        return result

    def test_forget_asks_on_a_terminal(self):
        self.enrolled()
        for answer in (b"n\n", b"\n", b"yonder\n", b"\x04"):
            self.assertEqual(self.answered(answer, NO).out, "nothing was changed\n")
        self.assertEqual(len(self.vectors(44)), 1)
        self.assertTrue(self.answered(b"y\n", OK).out.startswith("forgotten:"))
        self.assertEqual(self.vectors(44), [])

    def test_export_json_says_where_faces_come_from(self):
        self.enrolled()
        exported = self.run_it("export", "--what", "json").out
        json.loads(exported)
        self.assertIn("obama.jpg", exported)
        self.assertIn("Barack Obama", exported)


class Encoding(Case):
    """The pickle of the replaced system. Its reader has tests of its own; here: the command."""

    def test_refused(self):
        for name, content, status in (
            ("evil", pickle.dumps({"name": os.system}), UNSUPPORTED),
            ("text", b"not a pickle", FORMAT),
            ("empty", b"", FORMAT),
        ):
            (self.dir / name).write_bytes(content)
            result = self.run_it("import", "encoding", name, status=status)
            self.assertIn(f"reading '{name}'", result.err)
            self.assertEqual("'posix.system' is refused" in result.err, name == "evil")
        self.assertFalse(self.db.exists())

    def numpy_pickle(self, names, vectors):
        """What numpy 1 writes for {'name': [...], 'encoding': [array(float64), ...]}, protocol 2, by hand."""
        def text(value):
            raw = value.encode()
            return b"X" + len(raw).to_bytes(4, "little") + raw

        out = b"\x80\x02}(" + text("name") + b"](" + b"".join(map(text, names)) + b"e" + text("encoding") + b"]("
        for vector in vectors:
            raw = b"".join(struct.pack("<d", number) for number in vector)
            out += b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
            out += b"(K\x01K" + bytes([len(vector)]) + b"\x85cnumpy\ndtype\n" + text("f8") + b"K\x00K\x01\x87R"
            out += b"(K\x03" + text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
            out += b"T" + len(raw).to_bytes(4, "little") + raw + b"tb"
        return out + b"eu."

    def vector_pickle(self, *names):
        vectors = [[(i * 7 + k) % 13 - 6 for k in range(128)] for i in range(len(names))]
        (self.dir / "encoding").write_bytes(self.numpy_pickle(names, vectors))

    def test_two_students_of_one_name(self):
        (self.dir / "table.csv").write_text("id,name\n17,Ann Lee\n18,Ann Lee\n19,Bob\n")
        self.run_it("import", "students", "table.csv")
        self.vector_pickle("Ann Lee", "Bob", "Ann Lee")
        result = self.run_it("import", "encoding", "encoding", status=CONFLICT)
        self.assertIn("1 name is in it that several students have (of the first: 17, 18)", result.err)
        self.assertNotIn("Ann", result.err)
        self.assertIn("'Ann Lee'", self.run_it("import", "encoding", "encoding", "-v", status=CONFLICT).err)
        self.assertEqual([row["faces"] for row in self.run_it("students", "--json").objects()], [0, 0, 0])
        result = self.run_it("import", "encoding", "encoding", "--namesakes", "skip", "--accept-lookalike", status=NO)
        self.assertEqual(result.err, "3 encodings: 1 enrolled, 0 already there, 2 left out; 0 without a record\n")
        self.assertEqual(
            result.out,
            "left out: 2 vectors of a name that several students have: 17, 18; enrol them from photos\n",
        )
        self.assertEqual([row["faces"] for row in self.run_it("students", "--json").objects()], [0, 0, 1])

    def test_joined_by_name_or_id_in_any_form(self):
        (self.dir / "table.csv").write_text("id,name\n17,Jos\u00e9\nAm\u00e9lie,Somebody\n")
        self.run_it("import", "students", "table.csv")
        self.vector_pickle("Jose\u0301", "Ame\u0301lie")
        result = self.run_it("import", "encoding", "encoding", "--accept-lookalike")
        self.assertEqual(result.err, "2 encodings: 2 enrolled, 0 already there, 0 left out; 0 without a record\n")

    def test_imported_and_recognised(self):
        # A vector as homeroom itself makes it, so that a photo finds it.
        self.enrolled()
        (vector,) = (struct.unpack("<128f", cell) for cell in vectors_of(self.db, 44))
        (self.dir / "table.csv").write_text("id,name,major,year\n44,Barack Obama,Law,senior\n")
        (self.dir / "encoding").write_bytes(self.numpy_pickle(["Barack Obama"], [vector]))
        env = {"HOMEROOM_DB": self.dir / "other.db"}
        self.run_it("import", "students", "table.csv", env=env)
        result = self.run_it("import", "encoding", "encoding", env=env)
        self.assertEqual(result.err, "1 encoding: 1 enrolled, 0 already there, 0 left out; 0 without a record\n")
        again = self.run_it("import", "encoding", "encoding", env=env)
        self.assertEqual(again.err, "1 encoding: 0 enrolled, 1 already there, 0 left out; 0 without a record\n")
        rows = self.run_it("recognize", "-o-", self.videos() / "obama.mp4", env=env).rows()
        self.assertEqual(rows, [HEADER, OBAMA_ROW])


class OldDatabases(OverDatabase):
    """Databases that the programs of their time have made (tests/records/old)."""

    needs_models = False

    def old(self, version):
        shutil.copy(SOURCE / "tests" / "records" / "old" / f"version{version}.db", self.db)
        self.db.chmod(0o600)

    def test_nothing_is_lost_on_the_way_to_this_version(self):
        for version in (2, 8):
            with self.subTest(version):
                self.old(version)
                self.run_it("class", "new", "new")  # whoever writes first brings it up to date
                self.assertGreater(self.sql("PRAGMA user_version")[0][0], version)
                self.assertEqual([(one["id"], one["name"], one["major"], one["year"], one["faces"])
                                  for one in self.run_it("students", "--json").objects()],
                                 [("44", "Ada Lovelace", "maths", "senior", 2), ("46", "J\u00f3 Doe", "history", "junior", 1),
                                  ("48", "Cleo", "art", "junior", 0)])
                held = json.loads(self.run_it("export", "--what", "student", "--student", 44).out)
                self.assertEqual(held["record"]["further_columns"], {"phone": "1"})
                self.assertEqual(held["consent"]["given"], "yes")
                self.assertEqual([face["origin"] for face in held["faces"]], ["photo ada 1.jpg", "photo ada 2.jpg"])
                self.run_it("merge", 44, 46, "--yes")
                self.run_it("merge", "--undo")
                self.run_it("forget", 46, "--yes")
                self.assertEqual(len(self.run_it("students", "--json").objects()), 2)
                self.db.unlink()

    def test_lessons_of_version_8(self):
        self.old(8)
        first, second = (json.loads(self.run_it("attendance", lesson, "--json").out) for lesson in (1, 2))
        self.assertEqual([(one["name"], one["status"], one["by_hand"]) for one in first["students"]],
                         [("Ada Lovelace", "present", True), ("Cleo", "unmarked", False), ("J\u00f3 Doe", "late", True)])
        self.assertEqual([(one["name"], one["status"], one["seen_s"]) for one in second["students"]],
                         [("Ada Lovelace", "present", 2.5), ("Cleo", "unmarked", 0.0), ("J\u00f3 Doe", "not_filmed", 0.0)])
        self.run_it("correct", 1, "not", 44)
        self.assertEqual(json.loads(self.run_it("attendance", 2, "--json").out)["students"][0]["status"], "not_filmed")
        self.run_it("correct", "undo")
        self.assertIn("observations: 300 days", self.run_it("keeping").out)


if __name__ == "__main__":
    main()
