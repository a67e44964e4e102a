"""doctor and models: what they find on machines in several states."""

import re
import sqlite3

from harness import *


class Doctor(Case):
    def findings(self, *words, status=OK, env=None):
        objects = self.run_it("doctor", "--json", *words, status=status, env=env).objects()
        for found in objects:
            self.assertEqual(set(found), {"check", "finding", "text", "advice"})
            self.assertEqual(found["advice"] is None, found["finding"] == "ok", found)
        return [(found["check"], found["finding"], found["text"]) for found in objects]

    def finding(self, check, findings):
        return [(finding, text) for name, finding, text in findings if name == check]

    def test_all_well(self):
        self.enrolled()
        result = self.run_it("doctor")
        self.assertEqual(result.err, "")
        self.assertNotIn("FAIL", result.out)
        for line in result.out.splitlines():
            self.assertRegex(line, r"^(ok|hint|warn|FAIL)? +\S")
        self.assertEqual("a better one is missing" in result.out, len(VECTORS) == 1)
        self.assertRegex(result.out, r"(?m)^ok    model      centerface-1: .*checksum right$")
        self.assertRegex(result.out, rf"(?m)^ok    model      {VECTORS[0]}: .*checksum right: tells faces apart$")
        self.assertRegex(result.out, r"(?m)^ok    model      dlib-resnet-1: .*checksum right: ")
        self.assertRegex(result.out, r"(?m)^ok    class      2 students with a face: a certain name needs a similarity of 0\.\d\d and a lead of 0\.\d\d$")
        self.assertRegex(result.out, r"(?m)^ok    database   .*homeroom\.db: schema \d+, whole, 2 faces$")
        self.assertRegex(result.out, r"(?m)^ok    students   2 students, each with a face$")
        self.assertRegex(result.out, r"(?m)^ok    codecs     .*libavcodec")
        self.assertRegex(result.out, r"(?m)^(ok  |warn)  processor  \d+ processors?, networks run with \w+")
        self.assertRegex(result.out, r"(?m)^(ok  |warn)  memory     \d+ MB available$")

    def test_no_database(self):
        self.assertEqual(self.finding("database", self.findings()), [("warn", f"there is none yet: {self.db}")])
        self.assertFalse(self.db.exists())

    def test_empty_database(self):
        (self.dir / "table.csv").write_text("id,name\n1,One\n2,Two\n")
        self.run_it("import", "students", "table.csv")
        self.assertEqual(self.finding("students", self.findings())[0],
                         ("warn", "2 students, 2 without a face: nobody is recognised without one"))
        for student in ("1", "2"):
            self.run_it("forget", student, "--yes")
        self.assertEqual(self.finding("students", self.findings()), [("warn", "the database is empty")])

    def test_one_of_each(self):
        (self.dir / "table.csv").write_text("id,name\n1,One\n")
        self.assertEqual(self.run_it("import", "students", "table.csv").err, "1 student: 1 new, 0 changed, 0 as before; 0 problems\n")
        self.assertEqual(self.finding("students", self.findings()), [("warn", "1 student, 1 without a face: nobody is recognised without one")])
        self.run_it("enroll", 1, PHOTOS / "obama.jpg")
        found = self.findings()
        self.assertEqual(self.finding("students", found), [("ok", "1 student, each with a face")])
        self.assertRegex(self.finding("database", found)[0][1], r": schema \d+, whole, 1 face$")

    def test_damaged_database(self):
        self.enrolled()
        with open(self.db, "r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * (self.db.stat().st_size - 4096))
        self.assertEqual(self.finding("database", self.findings(status=NO))[0][0], "FAIL")
        self.db.write_text("this is not a database, whatever its name says" * 100)
        self.assertEqual(self.finding("database", self.findings(status=NO))[0][0], "FAIL")

    def test_database_that_everybody_may_read(self):
        self.enrolled()
        for mode, found in ((0o600, []), (0o640, []), (0o644, ["read"]), (0o666, ["change"])):
            self.db.chmod(mode)
            ok, *more = self.finding("database", self.findings())
            self.assertEqual(ok[0], "ok")
            self.assertEqual(more, [("warn", f"{self.db}: everybody on this machine may {may} it (its mode is {mode:04o})") for may in found])
        self.assertIn("-> chmod 600 that file", self.run_it("doctor").out)

    def test_how_long_data_is_kept(self):
        self.enrolled()
        self.assertEqual(self.finding("keeping", self.findings()), [("hint", "faces for ever, observations for ever, audit for ever")])
        self.assertIn("-> 'homeroom keeping faces DAYS'", self.run_it("doctor").out)
        self.run_it("keeping", "faces", 200)
        self.run_it("keeping", "audit", 1)
        kept = ("ok", "faces 200 days, observations for ever, audit 1 day")
        self.assertEqual(self.finding("keeping", self.findings()), [kept])
        with sqlite3.connect(self.db) as db:
            db.execute("UPDATE faces SET created_us = created_us - 201 * 86400000000 WHERE student = 1 AND model_id = 'dlib-resnet-1'")
        db.close()
        self.assertEqual(self.finding("keeping", self.findings()),
                         [kept, ("hint", "1 face vector, 0 videos and 0 notes are too old")])

    def test_a_folder_for_reports_that_everybody_may_enter(self):
        self.assertEqual(self.finding("reports", self.findings()), [])
        folder = self.dir / "reports"
        said = [("ok", "reports: is made for its owner alone")]
        self.assertEqual(self.finding("reports", self.findings("--out", "reports")), said)
        folder.mkdir()
        for mode, found in ((0o700, ("ok", "reports: closed to others")),
                            (0o755, ("warn", "reports: everybody on this machine may look into it (its mode is 0755)")),
                            (0o777, ("warn", "reports: everybody on this machine may change what is in it (its mode is 0777)"))):
            folder.chmod(mode)
            self.assertEqual(self.finding("reports", self.findings("--out", "reports")), [found])
        self.assertEqual(self.finding("reports", self.findings(env={"HOMEROOM_OUT": "reports"})), [found])

    def test_core_files(self):
        self.assertEqual(self.finding("cores", self.findings()), [])
        self.assertEqual(self.finding("cores", self.findings(env={"HOMEROOM_CORE_DUMPS": "1"}))[0][0], "hint")

    def test_swap(self):
        """In a view of /proc of its own, where one may have that."""
        lines = {
            "": [],
            "/dev/zram0 partition 1 0 -2\n": [],
            "/dev/zram0 partition 1 0 -2\n/dev/sda3 partition 999 0 -3\n": [("hint", "memory, vectors among it, may be written to /dev/sda3")],
        }
        table = self.dir / "swaps"
        for text, expected in lines.items():
            table.write_text(f"Filename Type Size Used Priority\n{text}")
            there = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /proc/swaps && exec "$@"', table, PROGRAM, "doctor", "--json"]
            done = subprocess.run(list(map(str, there)), cwd=self.dir, env=self.environment(), capture_output=True, text=True, check=False)
            if not done.stdout:
                self.skipTest(f"no mount of its own here: {done.stderr.strip()}")
            found = [json.loads(line) for line in done.stdout.splitlines()]
            self.assertEqual([(one["finding"], one["text"]) for one in found if one["check"] == "swap"], expected)

    def test_faces_of_another_model(self):
        self.enrolled()
        with sqlite3.connect(self.db) as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            changed = 0
            for table in tables:
                columns = [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]
                for column in columns:
                    try:
                        changed += db.execute(
                            f'UPDATE "{table}" SET "{column}" = ? WHERE "{column}" = ?', ("older-net-7", "dlib-resnet-1")
                        ).rowcount
                    except sqlite3.Error:
                        pass
        db.close()
        self.assertGreater(changed, 0)
        found = self.finding("faces", self.findings())
        self.assertEqual(found[0], ("warn", "2 face vectors are of a model that is not here, and not used"))
        self.assertEqual(len(found), 1 if len(VECTORS) > 1 else 2)

    def models_of_dlib(self):
        """A folder of models without the better one."""
        models = self.dir / "models"
        models.mkdir()
        for name in ("centerface.hrm", "dlib-resnet.hrm"):
            shutil.copy(MODELS / name, models)
        return models

    def test_the_better_model_is_missing(self):
        self.enrolled()
        found = self.finding("model", self.findings("--models", self.models_of_dlib()))
        self.assertEqual([finding for finding, _ in found], ["ok", "ok", "warn"])
        self.assertIn("dlib-resnet-1 is in use, and a better one is missing", found[2][1])
        # And everything works with what is there.
        self.assertEqual(self.run_it("recognize", "-o-", self.videos() / "obama.mp4", "--models", self.dir / "models").rows(),
                         [HEADER, OBAMA_ROW])

    @unittest.skipIf(len(VECTORS) < 2, "NO better model here")
    def test_students_with_old_vectors_only(self):
        self.run_it("enroll", 44, PHOTOS / "obama.jpg", "--models", self.models_of_dlib())
        self.run_it("enroll", 46, PHOTOS / "biden.jpg")
        found = self.finding("faces", self.findings())
        self.assertEqual(found, [("warn", f"1 student has only vectors that {VECTORS[0]} did not make: they are told apart less well")])
        models = {row["id"]: row["models"] for row in self.run_it("students", "--json").objects()}
        self.assertEqual(models, {"44": ["dlib-resnet-1"], "46": sorted(VECTORS)})
        # Each is compared in the best model that he has, in one video.
        video = make_video(self.dir / "both.mp4", PHOTOS / "obama2.jpg", PHOTOS / "biden.jpg", seconds=4)
        rows = self.run_it("recognize", video, "-o-", "-c", "id", "--include", "review").rows()
        self.assertEqual(sorted(rows[1:]), [["44"], ["46"]])
        # The same photo again gives the vector that was missing.
        self.run_it("enroll", 44, PHOTOS / "obama.jpg")
        self.assertEqual(self.finding("faces", self.findings()), [])
        self.assertEqual(self.run_it("students", "--json").objects()[0]["faces"], 1)

    def test_models_missing_or_damaged(self):
        models = self.dir / "models"
        models.mkdir()
        found = self.finding("model", self.findings("--models", models, status=NO))
        self.assertEqual([finding for finding, _ in found], ["FAIL"])
        for name in ("centerface.hrm", "dlib-resnet.hrm"):
            shutil.copy(MODELS / name, models)
        self.findings("--models", models)
        with open(models / "centerface.hrm", "r+b") as file:
            file.seek(-1000, os.SEEK_END)
            byte = file.read(1)
            file.seek(-1000, os.SEEK_END)
            file.write(bytes([byte[0] ^ 1]))
        found = self.finding("model", self.findings("--models", models, status=NO))
        self.assertEqual([finding for finding, _ in found], ["FAIL"])
        self.assertIn("centerface.hrm", found[0][1])
        result = self.run_it("doctor", "--models", models, status=NO)
        self.assertIn("-> run scripts/setup, install homeroom again, or say --models DIR", result.out)
        # Swapped, each is whole, but not what is needed: recognize says so.
        shutil.copy(MODELS / "dlib-resnet.hrm", models / "centerface.hrm")
        self.enrolled()
        self.run_it("recognize", "-o-", self.videos() / "obama.mp4", "--models", models, status=MODEL)

    def test_too_many_threads(self):
        found = self.findings("--threads", "64")
        if os.cpu_count() < 64:
            self.assertEqual(self.finding("threads", found)[0][0], "warn")
        self.assertEqual(self.finding("threads", self.findings("--threads", "1")), [])


class Models(Case):
    def test_cards(self):
        result = self.run_it("models")
        self.assertEqual(re.findall(r"(?m)^\S+", result.out), ["centerface-1", *VECTORS])
        self.assertEqual(len(re.findall(r"(?m)^    sha256   [0-9a-f]{64}$", result.out)), 1 + len(VECTORS))
        self.assertEqual(len(re.findall(r"(?m)^    licence  \S", result.out)), 1 + len(VECTORS))
        cards = self.run_it("models", "--json").objects()
        self.assertEqual([card["id"] for card in cards], ["centerface-1", *VECTORS])
        self.assertEqual({card["file_bytes"] for card in cards},
                         {path.stat().st_size for path in MODELS.glob("*.hrm")})

    def test_missing(self):
        result = self.run_it("models", "--models", self.dir, status=MODEL)
        self.assertEqual(result.out, "")
        self.assertIn("--models says where they are", result.err)


if __name__ == "__main__":
    main()
