"""What a student may ask for: to be left out, to be told what is held, to have it deleted in time."""

import contextlib
import sqlite3

from harness import *


class Private(Case):
    def sql(self, text, *values):
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            rows = db.execute(text, values).fetchall()
            db.commit()
        return rows

    def everything(self):
        return b"".join(path.read_bytes() for path in self.dir.glob("homeroom.db*"))


class Consent(Private):
    def test_no_leaves_the_student_without_a_face(self):
        self.enrolled()
        (vector,) = self.sql("SELECT vector FROM faces JOIN students ON key = student WHERE students.id = '44' LIMIT 1")[0]
        result = self.run_it("consent", "Barack Obama", "no", "--yes")
        self.assertEqual(
            result.out,
            f"44 (Barack Obama): no, stays on the roll and is not recognised; {len(VECTORS)} face "
            f"vector{'s' * (len(VECTORS) > 1)} deleted, the database file was searched\n",
        )
        self.assertNotIn(vector[:32], self.everything())
        self.assertEqual([(row["id"], row["faces"] > 0) for row in self.run_it("students", "--json").objects()], [("44", False), ("46", True)])
        self.assertEqual(self.run_it("recognize", "--out", "-", self.videos() / "obama.mp4").rows(), [HEADER])
        shown = json.loads(self.run_it("recognize", "--out", "-", "--format", "json", self.videos() / "obama.mp4").out)
        self.assertNotIn('"44"', json.dumps(shown))
        self.assertNotIn("Obama", json.dumps(shown).replace("obama.mp4", ""))

    def test_photos_and_videos_are_refused_until_yes(self):
        self.enrolled()
        self.run_it("consent", 44, "no", "--yes")
        result = self.run_it("enroll", 44, PHOTOS / "obama2.jpg", status=NO)
        self.assertIn("no_consent: student '44' does not agree to be recognised ('homeroom consent 44 yes'", result.out)
        result = self.run_it("enroll", 44, "--video", self.videos() / "obama.mp4", status=NO)
        self.assertIn("no_consent: ", result.out)
        self.assertEqual(self.sql("SELECT count(*) FROM faces JOIN students ON key = student WHERE students.id = '44'"), [(0,)])
        self.run_it("consent", 44, "yes")
        self.run_it("enroll", 44, PHOTOS / "obama2.jpg")

    def test_what_was_said_is_shown_with_its_date(self):
        self.enrolled()
        (self.dir / "one.csv").write_text("id,name\n48,Ann\n")
        self.run_it("import", "students", "one.csv")
        self.assertRegex(
            self.run_it("consent").out,
            r"\A44 \(Barack Obama\): yes since 20\d\d-[-0-9T:]+Z\n46 \(Joe Biden\): yes since .*\n48 \(Ann\): not_asked\n\Z",
        )
        self.run_it("consent", 46, "no", "-y")
        self.assertEqual(self.run_it("consent", 46, "--json").objects()[0]["consent"], "no")
        self.assertIsNone(self.run_it("consent", 48, "--json").objects()[0]["since"])

    def test_nothing_happens_unasked(self):
        self.enrolled()
        self.run_it("consent", 44, "no", status=ARGUMENT)
        self.run_it("consent", 44, "maybe", "--yes", status=ARGUMENT)
        self.run_it("consent", "nobody", "no", "--yes", status=NOT_FOUND)
        self.assertEqual(self.sql("SELECT count(*) FROM students WHERE consent = 'yes'"), [(2,)])


if __name__ == "__main__":
    main()
