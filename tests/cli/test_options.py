"""Options, words and help: nothing here needs a model or a database."""

import re

from harness import *

COMMANDS = (
    "recognize watch import enroll students export forget lambda worker workload doctor models help version".split()
)


class Options(Case):
    needs_models = False

    def refused(self, *words, env=None, because):
        result = self.run_it(*words, env=env, status=ARGUMENT)
        self.assertEqual(result.out, "")
        self.assertEqual(result.err, f"error: {because}\n")

    def test_no_command(self):
        self.refused(because="say what to do: 'homeroom help' lists the commands")

    def test_unknown_command(self):
        self.refused("teleport", because="there is no command 'teleport'; 'homeroom help' lists them")
        for typed, meant in (("recognise", "recognize"), ("enrol", "enroll"), ("studnets", "students"), ("eval", "evaluate")):
            self.refused(typed, because=f"there is no command '{typed}'; did you mean '{meant}'? 'homeroom help' lists them")
            self.refused("help", typed, because=f"there is no command '{typed}'; did you mean '{meant}'? 'homeroom help' lists them")
        for typed, meant in (("--colums", "columns"), ("--flase-present=0.1", "false-present"), ("--inculde", "include")):
            self.refused("recognize", "a.mp4", typed,
                         because=f"there is no option '{typed}'; did you mean '--{meant}'? see 'homeroom help'")

    def test_unknown_option(self):
        self.refused("students", "--frobnicate", because="there is no option '--frobnicate'; see 'homeroom help'")
        self.refused("-x", "students", because="there is no option '-x'; see 'homeroom help'")

    def test_option_of_another_command(self):
        self.refused("students", "--fps", "2", because="'homeroom students' does not take --fps; see 'homeroom help students'")
        self.refused("--yes", "export", because="'homeroom export' does not take --yes; see 'homeroom help export'")

    def test_bad_values(self):
        for value in ("0", "-1", "61", "nan", "inf", "2x", " ", "1e400"):
            self.refused("recognize", "a.mp4", "--fps", value, because=f"--fps takes a number from 0.01 to 60, not '{value}'")
        for value in ("1.5", "65", "-1", "two"):
            self.refused("doctor", "--threads", value, because=f"--threads takes a whole number from 0 to 64, not '{value}'")
        for value in ("xml", "cs", "csv|json", "CSV"):
            self.refused("recognize", "a.mp4", "--format", value, because=f"--format takes one of csv|json, not '{value}'")
        self.refused("doctor", "--db=", because="--db needs a FILE, not nothing")
        self.refused("doctor", "--json=yes", because="--json takes no value")
        self.refused("doctor", "--db", because="--db needs a FILE behind it")

    def test_values_at_the_border(self):
        # The option is taken: what fails is the file that is not there.
        for fps in ("0.01", "60"):
            self.run_it("recognize", "a.mp4", "--fps", fps, status=NOT_FOUND)

    def test_environment(self):
        self.refused("doctor", env={"HOMEROOM_THREADS": "many"},
                     because="environment variable HOMEROOM_THREADS: --threads takes a whole number from 0 to 64, not 'many'")
        # The command line outranks it.
        result = self.run_it("students", "--db", "other.db", status=NOT_FOUND)
        self.assertIn("'other.db'", result.err)
        result = self.run_it("students", status=NOT_FOUND)
        self.assertIn(f"'{self.db}'", result.err)
        # An empty one is none.
        result = self.run_it("students", env={"HOMEROOM_DB": ""}, status=NOT_FOUND)
        self.assertIn(f"'{self.dir}/.local/share/homeroom/homeroom.db'", result.err)
        result = self.run_it("students", env={"HOMEROOM_DB": "", "XDG_DATA_HOME": "/nowhere"}, status=NOT_FOUND)
        self.assertIn("'/nowhere/homeroom/homeroom.db'", result.err)
        self.refused("students", env={"HOMEROOM_DB": "", "HOME": ""}, because="no home folder is known: say --db FILE")

    def test_in_the_clear_to_this_machine_only(self):
        nats = ("nats:// sends passwords, tokens and the names of videos in the clear to another machine: use tls://, or "
                "allow it with --insecure where nobody else can listen")
        for place in ("nats://192.0.2.1:4222", "nats://geheim@queue.example", "nats://127.0.0.1,nats://queue.example"):
            self.refused("worker", place, "--out", "s3://reports", because=nats)
        http = ("http:// sends videos, records and session tokens in the clear to another machine: use https://, or allow "
                "it with --insecure where nobody else can listen")
        away = {"AWS_ENDPOINT_URL_S3": "http://192.0.2.1:9000", "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1",
                "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        self.refused("students", "--db", "s3://class/homeroom.db", env=away, because=f"AWS_ENDPOINT_URL for s3: {http}")
        self.refused("students", "--db", "s3://class/homeroom.db", env={**away, "AWS_ENDPOINT_URL_S3": "localhost:9000"},
                     because="AWS_ENDPOINT_URL for s3: an endpoint must begin with https://; nothing is assumed (http:// "
                             "is for this machine)")
        self.refused("doctor", env={"HOMEROOM_INSECURE": "perhaps"},
                     because="environment variable HOMEROOM_INSECURE: it takes 1 or 0, as --insecure or nothing, not 'perhaps'")
        self.refused("students", "--db", "s3://class/homeroom.db", env={**away, "HOMEROOM_INSECURE": "0"},
                     because=f"AWS_ENDPOINT_URL for s3: {http}")
        # Allowed, it gets as far as the name that nobody has (RFC 6761).
        allowed = {**away, "AWS_ENDPOINT_URL_S3": "http://no.invalid"}
        for words, env in ((["--insecure"], allowed), ([], {**allowed, "HOMEROOM_INSECURE": "1"})):
            result = self.run_it("students", "--db", "s3://class/homeroom.db", *words, env=env, status=15)  # unavailable
            self.assertIn("no.invalid", result.err)

    def test_before_and_after_the_command(self):
        for words in (("--db", "x.db", "students"), ("students", "--db", "x.db"), ("students", "--db=x.db"), ("--db=x.db", "students")):
            self.assertIn("'x.db'", self.run_it(*words, status=NOT_FOUND).err)

    def test_two_dashes_end_the_options(self):
        self.refused("export", "--", "--db", because="usage: homeroom export; see 'homeroom help export'")
        result = self.run_it("recognize", "--", "--fps", status=NOT_FOUND)
        self.assertIn("database", result.err)

    def test_number_of_words(self):
        self.refused("recognize", because="usage: homeroom recognize VIDEO...; see 'homeroom help recognize'")
        self.refused("watch", "in", because="usage: homeroom watch IN OUT; see 'homeroom help watch'")
        self.refused("watch", "in", "out", "more", because="usage: homeroom watch IN OUT; see 'homeroom help watch'")
        self.refused("forget", because="forget takes either a student's ID or --kept VIDEO")
        self.refused("forget", "1", "2", because="usage: homeroom forget [ID]; see 'homeroom help forget'")
        self.refused("import", "students", because="usage: homeroom import students|encoding FILE | oneroster FOLDER|FILE.zip; see 'homeroom help import'")
        self.refused("import", "teachers", "file", because="'teachers' cannot be imported: say 'students', 'oneroster' or 'encoding'")
        self.refused("enroll", because="usage: homeroom enroll ID PHOTO... | DIR | ID --video FILE; see 'homeroom help enroll'")

    def test_json_messages(self):
        result = self.run_it("students", "--json", status=NOT_FOUND)
        message = json.loads(result.err)
        self.assertEqual((message["level"], message["code"]), ("error", "not_found"))
        self.assertRegex(message["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_overview(self):
        result = self.run_it("help")
        self.assertEqual(result.err, "")
        for command in COMMANDS:
            self.assertRegex(result.out, rf"(?m)^  {command} +\S")
        self.assertEqual(self.run_it("--help").out, result.out)
        self.assertEqual(self.run_it("-h").out, result.out)
        statuses = [int(number) for number in re.findall(r"(?m)^  ([ \d]\d)  \S", result.out)]
        self.assertEqual(statuses, [*range(16), 70])
        self.assertLessEqual(max(map(len, result.out.splitlines())), 90)

    def test_help_of_every_command(self):
        for command in COMMANDS:
            result = self.run_it("help", command)
            self.assertTrue(result.out.startswith(f"usage: homeroom {command}"), result)
            self.assertEqual(result.err, "")
            self.assertEqual(self.run_it(command, "--help").out, result.out)
            self.assertEqual(self.run_it("-h", command, "too", "many", "words").out, result.out)
            self.assertIn("--db FILE", result.out)
            self.assertLessEqual(max(map(len, result.out.splitlines())), 80)

    def test_help_shows_defaults_and_environment(self):
        text = " ".join(self.run_it("help", "recognize").out.split())
        self.assertIn("--fps N frames looked at per second of video (default 2) [environment: HOMEROOM_FPS]", text)
        self.assertIn("--format csv|json", text)
        self.assertIn("-o, --out DIR", text)
        self.assertNotIn("--interval", text)

    def test_help_of_nothing_known(self):
        self.refused("help", "teleport", because="there is no command 'teleport'; 'homeroom help' lists them")

    def test_help_needs_no_home(self):
        self.run_it("help", env={"HOME": "", "HOMEROOM_DB": ""})

    def test_version(self):
        result = self.run_it("version")
        version = re.search(r"project\(homeroom VERSION ([\d.]+)", (SOURCE / "CMakeLists.txt").read_text())[1]
        self.assertEqual(result.out.splitlines()[0], f"homeroom {version}")
        self.assertIn("libavcodec", result.out)
        self.assertEqual(self.run_it("--version").out, result.out)
        self.assertEqual(self.run_it("-V").out, result.out)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            result = self.run_it("help", stdout=full, status=IO)
        self.assertEqual(result.err, "error: standard output does not take the answer (is a disk full, or a limit on the size of "
                                     "files reached?)\n")

    def test_reader_goes_away(self):
        reading, writing = os.pipe()
        os.close(reading)
        self.run_it("help", stdout=writing, status=IO)
        os.close(writing)


if __name__ == "__main__":
    main()
