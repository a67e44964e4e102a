"""What a student may ask for: to be left out, to be told what is held, to have it deleted in time."""

import contextlib
import struct

from harness import *


class Consent(OverDatabase):
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


class Backup(OverDatabase):
    needs_models = False

    def make(self, env=None):
        (self.dir / "class.csv").write_text("id,name\n1,Ada Of The Long Name\n2,Ben Of The Long Name\n")
        self.run_it("import", "students", "class.csv", env=env)

    def ids(self, env=None):
        return [row["id"] for row in json.loads(self.run_it("export", "--what", "json", env=env).out)["students"]]

    def test_away_and_back(self):
        self.make()
        result = self.run_it("backup", "monday.db")
        self.assertIn("whoever has it can read it", result.out)
        self.assertEqual((self.dir / "monday.db").stat().st_mode & 0o777, 0o600)
        self.run_it("backup", "monday.db", status=CONFLICT)
        self.run_it("forget", 1, "--yes")
        self.run_it("restore", "monday.db", status=ARGUMENT)
        self.assertEqual(self.ids(), ["2"])
        self.assertIn("forget them again", self.run_it("restore", "monday.db", "--yes").out)
        self.assertEqual(self.ids(), ["1", "2"])
        self.run_it("restore", "class.csv", "--yes", status=DATABASE)
        self.run_it("restore", "nowhere.db", "--yes", status=NOT_FOUND)
        self.assertEqual(self.ids(), ["1", "2"])

    def test_sealed_it_needs_no_key_and_forgets(self):
        key = {"HOMEROOM_KEY": "5a" * 32}
        self.make(key)
        self.assertIn("sealed; its keys are not in it", self.run_it("backup", "monday.db").out)
        self.assertNotIn(b"Of The Long Name", (self.dir / "monday.db").read_bytes())
        self.run_it("forget", 1, "--yes", env=key)
        self.run_it("restore", "monday.db", "--yes", status=PERMISSION)
        self.assertIn("has stayed so", self.run_it("restore", "monday.db", "--yes", env=key).out)
        self.assertEqual(self.ids(key), ["2"])
        self.run_it("keys", "prune", "--yes", env=key)
        self.assertEqual(self.ids(key), ["2"])


class Audit(OverDatabase):
    def log(self):
        return json.loads(self.run_it("export", "--what", "audit").out)["audit"]

    def test_everything_is_noted_without_a_name(self):
        self.enrolled()
        self.run_it("rename", 44, 45, "--name", "Barack H. Obama")
        self.run_it("recognize", "--out", "-", self.videos() / "obama.mp4")
        self.run_it("export")
        self.run_it("consent", 46, "no", "--yes")
        log = self.log()
        self.assertEqual(
            [(entry["what"], entry["student"], entry["count"]) for entry in log],
            [
                ("import", None, 2), ("consent_by_enrolment", 1, 0), ("enrol", 1, 1), ("consent_by_enrolment", 2, 0),
                ("enrol", 2, 1), ("rename", 1, 0), ("recognise", None, 1), ("export_students", None, 1),
                ("consent_no", 2, 0), ("export_audit", None, 1),
            ],
        )  # fmt: skip
        for entry in log:
            self.assertRegex(entry["at"], r"^20\d\d-.*Z$")
            self.assertRegex(entry["who"], r"^user .")
        for word in ("Obama", "Biden", "obama", "biden"):
            self.assertNotIn(word, json.dumps(log))

    def test_of_who_is_forgotten_stays_that_one_was(self):
        self.enrolled()
        self.run_it("forget", 44, "--yes")
        entries = [(entry["what"], entry["student"]) for entry in self.log()]
        self.assertIn(("forget", None), entries)
        self.assertEqual([entry for entry in entries if entry[1] == 1], [])
        self.assertIn(("enrol", 2), entries)

    def test_an_export_that_cannot_be_noted_is_said(self):
        self.enrolled()
        if os.getuid() == 0:
            self.skipTest("root may write everywhere")
        self.db.chmod(0o400)
        self.assertIn("no entry in the audit log", self.run_it("export").err)


class About(OverDatabase):
    def about(self, who, **more):
        return json.loads(self.run_it("export", "--what", "student", "--student", who, **more).out)

    def test_everything_of_one_and_nothing_of_another(self):
        self.enrolled()
        self.run_it("recognize", "--keep", "--out", "reports", self.videos() / "obama.mp4", self.videos() / "biden.mp4")
        held = self.about("Barack Obama")
        self.assertEqual(sorted(held), ["audit", "classes", "consent", "corrections", "faces", "from_table", "key", "lessons", "observations",
                                         "pictures", "record"])
        self.assertEqual((held["key"], held["from_table"]), (1, True))
        self.assertEqual(
            held["record"], {"id": "44", "name": "Barack Obama", "major": "Law", "year": "senior", "further_columns": {}}
        )
        self.assertEqual(held["consent"]["given"], "yes")
        self.assertEqual([face["model"] for face in held["faces"]], VECTORS)
        for face in held["faces"]:
            stored = self.sql("SELECT vector FROM faces WHERE student = 1 AND model_id = ?", face["model"])[0][0]
            self.assertEqual(len(face["vector"]) * 4, len(stored))
            for mine, kept in zip(face["vector"], struct.unpack(f"<{len(stored) // 4}f", stored), strict=True):
                self.assertAlmostEqual(mine, kept, places=5)
            self.assertEqual(face["origin"], "obama.jpg")
            self.assertEqual(len(face["origin_sha256"]), 64)
        self.assertIn("obama.mp4", [Path(seen["video"]).name for seen in held["observations"]])
        self.assertIn("44", [track["student_id"] for seen in held["observations"] for track in seen["tracks"]])
        self.assertEqual({entry["student"] for entry in held["audit"]}, {1})
        self.assertEqual([entry["what"] for entry in held["audit"]][-1], "export_student")
        for word in ('"46"', "Biden", "biden.jpg"):
            self.assertNotIn(word, json.dumps(held))

    def test_a_name_of_two_is_refused(self):
        (self.dir / "two.csv").write_text("id,name\n1,Ann Lee\n2,Ann Lee\n3,Bob\n")
        self.run_it("import", "students", "two.csv")
        result = self.run_it("export", "--what", "student", "--student", "Ann Lee", status=CONFLICT)
        self.assertEqual(result.out, "")
        self.assertEqual(self.about("2")["record"]["id"], "2")
        self.run_it("export", "--what", "student", status=ARGUMENT)
        self.run_it("export", "--student", "1", status=ARGUMENT)
        self.run_it("export", "--what", "student", "--student", "Zoe", status=NOT_FOUND)


class Environment(OverDatabase):
    SECRETS = {
        "AWS_SECRET_ACCESS_KEY": "hidden-key-1", "AWS_SESSION_TOKEN": "hidden-token-2",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "hidden-token-3", "HOMEROOM_NATS_PASSWORD": "hidden-word-4",
        "HOMEROOM_NATS_TOKEN": "hidden-token-5", "https_proxy": "http://ada:hidden-word-6@localhost:9",
        "HTTPS_PROXY": "http://ada:hidden-word-7@localhost:9", "http_proxy": "http://ada:hidden-word-8@localhost:9",
    }  # fmt: skip

    @staticmethod
    def children(pid):
        found = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return found + [child for one in found for child in Environment.children(one)]

    @staticmethod
    def memory(pid):
        """What it may write to, but for a sanitizer's terabytes."""
        content = b""
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                begin, end = (int(word, 16) for word in line.split()[0].split("-"))
                if line.split()[1].startswith("rw") and end - begin < 64 << 20:
                    with contextlib.suppress(OSError, ValueError, OverflowError):
                        file.seek(begin)
                        content += file.read(end - begin)
        return content

    def test_a_running_program_does_not_show_its_keys(self):
        self.enrolled()
        (self.dir / "in").mkdir()
        # So that an account may look at its own; what is looked at is there with and without.
        process = self.start("watch", "in", "reports", "--interval", "0.2",
                             env={**self.SECRETS, "HOMEROOM_CORE_DUMPS": "1", "HOMEROOM_FPS": "3"})
        self.wait_for((self.dir / "reports").exists, process)
        shown = Path(f"/proc/{process.pid}/environ").read_bytes()
        self.assertIn(b"HOMEROOM_FPS=3", shown)
        for name in self.SECRETS:
            self.assertIn(f"{name}=".encode(), shown)
        self.assertNotIn(b"hidden-", shown)
        children = self.children(process.pid)
        self.assertGreater(len(children), 0)
        if os.getuid() != 0:
            return  # nobody else may look into where videos are decoded
        for child in list(children):
            try:
                self.assertNotIn(b"hidden-", Path(f"/proc/{child}/environ").read_bytes())
            except (FileNotFoundError, ProcessLookupError):  # a decoder that was only asked what holds it
                children.remove(child)
        self.assertGreater(len(children), 0)
        if os.environ.get("HOMEROOM_SANITIZED", "0") == "0":  # a sanitizer keeps a copy of its own
            self.assertTrue(b"hidden-key-1" in self.memory(process.pid))  # or the next says nothing
            for child in children:
                self.assertFalse(b"hidden-" in self.memory(child))

    def test_a_variable_is_read_as_before(self):
        result = self.run_it("worker", "nats://127.0.0.1:1", status=None, env={**self.SECRETS, "HOMEROOM_NATS_TOKEN": ""})
        self.assertNotIn("hidden-", result.out + result.err)


if __name__ == "__main__":
    main()
