"""recognize: reports, batches, bad files, signals."""

import re
import resource

from harness import *


class Recognize(Case):
    def setUp(self):
        super().setUp()
        self.enrolled()

    def report(self, name="obama.csv"):
        return list(csv.reader(io.StringIO((self.dir / name).read_bytes().decode("utf-8"), newline="")))

    def files(self, folder="."):
        """Everything in a folder, hidden files too, but not the database."""
        return sorted(name for name in os.listdir(self.dir / folder) if not name.startswith("homeroom.db"))

    def test_report_beside_the_caller(self):
        result = self.run_it("recognize", self.videos() / "obama.mp4")
        self.assertEqual(result.out, "")
        self.assertRegex(result.err, r"^\S*/obama\.mp4: 1 student, 0 in review, 0 unknown, \d+ frames, \d+ ms\n$")
        self.assertEqual((self.dir / "obama.csv").read_bytes(), b"name,major,year\r\nBarack Obama,Law,senior\r\n")
        self.assertEqual(self.files(), ["obama.csv", "table.csv"] if (self.dir / "table.csv").exists() else ["obama.csv"])

    def test_several_in_order_on_standard_output(self):
        videos = self.videos()
        result = self.run_it("recognize", "--out", "-", "-j", 2, videos / "biden.mp4", videos / "stranger.mp4", videos / "obama.mp4")
        self.assertEqual(result.rows(), [["video", *HEADER], [str(videos / "biden.mp4"), *BIDEN_ROW],
                                         [str(videos / "obama.mp4"), *OBAMA_ROW]])
        result = self.run_it("recognize", "-o-", "bad.mp4", videos / "obama.mp4", "--columns", "+id,video", status=NOT_FOUND)
        self.assertEqual(result.rows(), [["video", *HEADER, "id"], [str(videos / "obama.mp4"), *OBAMA_ROW, "44"]])
        result = self.run_it("recognize", "-o-", videos / "stranger.mp4", videos / "obama.mp4", "--format", "json")
        self.assertEqual(result.out.count("homeroom-report/"), 2)

    def test_stranger_is_nobody(self):
        result = self.run_it("recognize", self.videos() / "stranger.mp4")
        self.assertEqual(self.report("stranger.csv"), [HEADER])
        self.assertIn(": 0 students, 0 in review, 1 unknown, ", result.err)

    def test_photo_is_a_video_of_one_frame(self):
        result = self.run_it("recognize", "-o", "-", PHOTOS / "obama3.jpg")
        self.assertEqual(result.rows(), [HEADER, OBAMA_ROW])
        self.assertIn(" 1 frame, ", result.err)

    def test_columns(self):
        video = self.videos() / "obama.mp4"
        rows = self.run_it("recognize", video, "-o-", "--columns", "tracks,id,first_seen").rows()
        self.assertEqual(rows[0], ["tracks", "id", "first_seen"])
        self.assertEqual(rows[1][1:], ["44", "00:00:00.000"])
        rows = self.run_it("recognize", video, "-o-", "-c", "+id,margin").rows()
        self.assertEqual(rows[0], [*HEADER, "id", "margin"])
        self.assertEqual(rows[1][:4], [*OBAMA_ROW, "44"])
        self.assertGreater(float(rows[1][4]), 0)
        rows = self.run_it("recognize", video, "-o-", "-c", "all").rows()
        self.assertEqual(len(rows[0]), 14)
        result = self.run_it("recognize", video, "--columns", "id,shoe_size", status=ARGUMENT)
        self.assertIn("shoe_size", result.err)
        self.assertFalse((self.dir / "obama.csv").exists())

    def test_json_says_what_it_took_when_asked(self):
        asked = ("recognize", self.videos() / "obama.mp4", "-f", "json", "-o-")
        plain, again = self.run_it(*asked).out, self.run_it(*asked).out
        self.assertEqual(plain, again)
        report = json.loads(self.run_it(*asked, "--took").out)
        took = report.pop("took")
        self.assertEqual(report, json.loads(plain))
        self.assertEqual(list(took), ["wall_s", "processor_s", "memory_mb"])
        self.assertTrue(all(value > 0 for value in took.values()), took)

    def test_json(self):
        self.run_it("recognize", self.videos() / "stranger.mp4", self.videos() / "obama.mp4", "-f", "json", "-o", "reports")
        report = json.loads((self.dir / "reports/obama.json").read_text())
        self.assertEqual([student["id"] for student in report["students"]], ["44"])
        report = json.loads((self.dir / "reports/stranger.json").read_text())
        self.assertEqual(report["students"], [])
        self.assertEqual(len(report["tracks"]), 1)
        self.assertEqual(self.files("reports"), ["obama.json", "stranger.json"])

    def test_bands(self):
        video = self.videos() / "obama.mp4"
        # A chance that no likeness of two photos is rare enough for: nobody is certain, and somebody should look.
        strict = ("recognize", video, "-o-", "--false-present", "0.000000001", "--columns", "id,band,reason")
        self.assertEqual(self.run_it(*strict).rows(), [["id", "band", "reason"]])
        self.assertEqual(self.run_it(*strict, "--include", "review").rows(), [["id", "band", "reason"], ["44", "review", "weak"]])
        report = json.loads(self.run_it(*strict[:-2], "-f", "json").out)
        self.assertEqual(report["options"]["false_present"], 1e-9)
        self.assertEqual(report["options"]["include"], "certain")
        self.assertEqual([(student["band"], student["in_rows"]) for student in report["students"]], [("review", False)])
        rows = self.run_it("recognize", video, "-o-", "--columns", "id,band,reason,stranger_chance").rows()
        self.assertEqual(rows[1][:3], ["44", "certain", "accepted"])
        self.assertLess(float(rows[1][3]), 0.001)
        self.run_it("recognize", video, "-o-", "--false-present", "0", status=ARGUMENT)
        self.run_it("recognize", video, "-o-", "--include", "everybody", status=ARGUMENT)

    def test_one_look_where_more_were_possible(self):
        # Two frames of one person, then one of another: a cut, as in a film.
        short = make_video(self.dir / "cut.mp4", PHOTOS / "obama2.jpg", PHOTOS / "biden.jpg", seconds=1, rate=2)
        rows = self.run_it("recognize", short, "-o-", "--fps", 1, "--include", "review", "--columns", "id,band,reason").rows()
        self.assertEqual(sorted(rows[1:]), [["44", "review", "one_sight"], ["46", "review", "one_sight"]])

    def test_fps(self):
        for fps, frames in (("1", 4), ("2", 8), ("60", 20)):
            result = self.run_it("recognize", self.videos() / "obama.mp4", "-o-", "--fps", fps)
            self.assertEqual(result.rows(), [HEADER, OBAMA_ROW])
            self.assertIn(f" {frames} frames, ", result.err)

    def test_bad_files_do_not_stop_the_rest(self):
        (self.dir / "text.mp4").write_text("this is not a video")
        (self.dir / "empty.mp4").touch()
        whole = (self.videos() / "biden.mp4").read_bytes()
        (self.dir / "cut.mp4").write_bytes(whole[: len(whole) // 4])
        result = self.run_it(
            "recognize", "-o", "out", "text.mp4", self.videos() / "obama.mp4", "missing.mp4", "empty.mp4", "cut.mp4",
            self.videos() / "biden.mp4", status=FORMAT,
        )  # fmt: skip
        errors = [line for line in result.err.splitlines() if line.startswith("error: ")]
        self.assertEqual(len(errors), 4)
        for name, line in zip(("text.mp4", "missing.mp4", "empty.mp4", "cut.mp4"), errors):
            self.assertIn(name, line)
        self.assertEqual(self.files("out"), ["biden.csv", "obama.csv"])

    def test_status_is_that_of_the_first_failure(self):
        (self.dir / "text.mp4").write_text("this is not a video")
        self.run_it("recognize", "-o-", "missing.mp4", "text.mp4", status=NOT_FOUND)
        self.run_it("recognize", "-o-", "-j", 2, "text.mp4", "missing.mp4", status=FORMAT)

    def test_names_that_clash(self):
        """Refused before any work begins, with both names and what to do; on standard output there is nothing to clash."""
        for name in ("a/lesson.mp4", "a/lesson.mkv", "b/lesson.mp4"):
            (self.dir / name).parent.mkdir(exist_ok=True)
            shutil.copy(self.videos() / "obama.mp4", self.dir / name)
        for first, second in (("a/lesson.mp4", "a/lesson.mkv"), ("a/lesson.mp4", "b/lesson.mp4"), ("b/lesson.mp4", "./a/lesson.mkv")):
            result = self.run_it("recognize", self.videos() / "biden.mp4", first, second, "-o", "out", status=ARGUMENT)
            self.assertEqual(result.err, f"error: the reports of '{first}' and '{second}' would both be called 'lesson.csv': "
                             "give them in two calls, each with an --out of its own, or rename one\n")
        result = self.run_it("recognize", "a/lesson.mp4", "a/lesson.mp4", "-o", "out", "-f", "json", status=ARGUMENT)
        self.assertEqual(result.err, "error: 'a/lesson.mp4' is given twice: give it once\n")
        self.assertFalse((self.dir / "out").exists())
        result = self.run_it("recognize", "a/lesson.mp4", "b/lesson.mp4", "-o-")
        self.assertEqual([row[0] for row in result.rows()], ["video", "a/lesson.mp4", "b/lesson.mp4"])

    def test_awkward_names(self):
        for name in ("Müllers  Stunde 'A' $(x).mp4", "-o.mp4", "two\nlines.mp4", ".hidden"):
            shutil.copy(self.videos() / "obama.mp4", self.dir / name)
            self.run_it("recognize", "-o", "out", "--", name)
        self.assertEqual(self.files("out"), sorted([".hidden.csv", "-o.csv", "Müllers  Stunde 'A' $(x).csv", "two\nlines.csv"]))

    def test_report_is_replaced(self):
        """By a report, whatever its columns; one of an earlier version, too."""
        self.run_it("recognize", "-o", "out", self.videos() / "obama.mp4", "--columns", "id,name")
        for columns in ("id,name", "all", "name,major,year"):
            self.run_it("recognize", "-o", "out", self.videos() / "obama.mp4", "--columns", columns)
        self.assertEqual(self.report("out/obama.csv"), [HEADER, OBAMA_ROW])
        (self.dir / "out/obama.csv").write_bytes(b"name,distance,margin\r\n")
        self.run_it("recognize", "-o", "out", self.videos() / "obama.mp4")
        for _ in range(2):
            self.run_it("recognize", "-o", "out", self.videos() / "obama.mp4", "--format", "json")

    def test_nothing_but_a_report_is_written_over(self):
        """Not the class's table that lies beside the class's video, nor anything else; before any work is done."""
        (self.dir / "class.mp4").write_bytes((self.videos() / "obama.mp4").read_bytes())
        (self.dir / "other.mp4").write_bytes((self.videos() / "biden.mp4").read_bytes())
        for text in (b"id,name,major,year\n17,Anna,Law,senior\n", b"id,name,major,year\r\n17,Anna,Law,senior\r\n",
                     b"name,marks\r\nAnna,1\r\n", b"", b"old\n" * 1000, b"\0" * 600):
            (self.dir / "class.csv").write_bytes(text)
            result = self.run_it("recognize", "other.mp4", "class.mp4", status=ARGUMENT)
            self.assertIn("'class.csv'", result.err)
            self.assertIn("--force", result.err)
            self.assertEqual((self.dir / "class.csv").read_bytes(), text)
            self.assertFalse((self.dir / "other.csv").exists())
        (self.dir / "class.json").write_text('{"class": 5}')
        self.run_it("recognize", "class.mp4", "--format", "json", status=ARGUMENT)
        self.run_it("recognize", "class.mp4", "--force")
        self.assertEqual(self.report("class.csv"), [HEADER, OBAMA_ROW])
        self.run_it("recognize", "class.mp4")

    def test_a_pipe_is_not_written_over_or_waited_for(self):
        os.mkfifo(self.dir / "obama.csv")
        for force in ((), ("--force",)):
            result = self.run_it("recognize", self.videos() / "obama.mp4", *force, status=ARGUMENT)
            self.assertIn("obama.csv", result.err)

    def test_out_that_cannot_be_written(self):
        (self.dir / "file").touch()
        result = self.run_it("recognize", self.videos() / "obama.mp4", "-o", "file", status=CONFLICT)
        self.assertIn("'file'", result.err)
        result = self.run_it("recognize", self.videos() / "obama.mp4", "-o", "/proc/nowhere", status=NOT_FOUND)
        self.assertIn("/proc/nowhere", result.err)
        if os.geteuid() != 0:
            (self.dir / "locked").mkdir(mode=0o500)
            self.run_it("recognize", self.videos() / "obama.mp4", "-o", "locked", status=PERMISSION)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            result = self.run_it("recognize", "-o-", self.videos() / "obama.mp4", stdout=full, status=IO)
        self.assertIn("standard output does not take the report", result.err)

    def test_nobody_enrolled(self):
        (self.dir / "table.csv").write_text("id,name\n1,One\n")
        env = {"HOMEROOM_DB": self.dir / "other.db"}
        self.run_it("import", "students", "table.csv", env=env)
        result = self.run_it("recognize", "-o-", self.videos() / "obama.mp4", env=env)
        self.assertIn("warning: nobody is enrolled in ", result.err)
        self.assertEqual(result.rows(), [HEADER])

    def test_kept(self):
        """What was seen stays in the database when it is asked for; forgotten are students, and videos."""
        env = {"HOMEROOM_DB": self.dir / "kept.db"}
        self.run_it("enroll", "44", PHOTOS / "obama.jpg", env=env)
        video = self.videos() / "obama.mp4"
        self.run_it("recognize", "-o-", video, env=env)
        export = lambda: json.loads(self.run_it("export", "--what", "observations", env=env).out)["observations"]
        self.assertEqual(export(), [])
        self.run_it("recognize", "-o-", "--keep", video, env=env)
        (kept,) = export()
        self.assertEqual((kept["video"], kept["unknown_people"]), (str(video), 0))
        (track,) = kept["tracks"]
        self.assertEqual((track["student_id"], track["band"], track["camera"]), ("44", "certain", 1))
        self.assertEqual(track["candidates"][0]["student_id"], "44")
        self.assertEqual(len(track["places"]), track["sightings"])
        self.run_it("forget", "44", "--yes", env=env)
        self.assertIsNone(export()[0]["tracks"][0]["student_id"])
        self.assertNotIn('"44"', json.dumps(export()))
        self.run_it("forget", "--kept", "lesson.mp4", env=env, status=NOT_FOUND)
        self.run_it("forget", "44", "--kept", video, env=env, status=ARGUMENT)
        self.run_it("forget", env=env, status=ARGUMENT)
        self.run_it("forget", "--kept", video, env=env)
        self.assertEqual(export(), [])

    def test_keep_needs_a_file(self):
        env = {"HOMEROOM_DB": "s3://bucket/homeroom.db"}
        result = self.run_it("recognize", "-o-", "--keep", self.videos() / "obama.mp4", env=env, status=ARGUMENT)
        self.assertIn("--keep", result.err)

    def test_student_without_a_record(self):
        env = {"HOMEROOM_DB": self.dir / "other.db"}
        self.run_it("enroll", "o-44", PHOTOS / "obama.jpg", env=env)
        result = self.run_it("recognize", "-o-", "-c", "+id", self.videos() / "obama.mp4", env=env)
        self.assertEqual(result.rows()[1][-1], "o-44")
        self.assertIn("warning: ", result.err)
        self.assertIn("has no record in the table", result.err)
        self.assertNotIn("o-44", result.err)
        result = self.run_it("recognize", "-o-", "-v", self.videos() / "obama.mp4", env=env)
        self.assertIn("student 'o-44' has no record", result.err)

    def test_messages_name_nobody(self):
        for words in ((), ("--json",)):
            result = self.run_it("recognize", "-o", "out", self.videos() / "biden.mp4", *words)
            self.assertNotIn("Joe", result.err)
            self.assertNotIn("46", result.err.replace("\n", " ").split("ms")[0] if not words else "")

    def test_json_messages(self):
        result = self.run_it("recognize", "--json", "-o", "out", self.videos() / "obama.mp4")
        message = json.loads(result.err)
        self.assertEqual((message["message"], message["level"], message["students"], message["unknown"]), ("video done", "info", 1, 0))
        self.assertGreater(message["total_ms"], 0)

    def test_quiet(self):
        result = self.run_it("recognize", "-q", "-o", "out", self.videos() / "obama.mp4")
        self.assertEqual(result.err, "")

    def test_progress_on_a_terminal(self):
        master, slave = self.terminal()
        process = self.start("recognize", self.long_video(), stderr=slave)
        seen = []

        def time_left_is_shown():
            seen.append(self.read_terminal(master))
            return re.search(r"\r\[[#.]{30}\] +\d+ %  video 1 of 1  \d+:\d\d left\x1b\[K", "".join(seen))

        self.wait_for(time_left_is_shown, process)
        process.send_signal(signal.SIGINT)
        self.finish(process, DEADLINE)
        # The line is wiped before a message is written.
        self.assertRegex(self.read_terminal(master), r"\r\x1b\[Kerror: .*long.mp4")
        for quiet in ("--quiet", "--json"):
            self.run_it("recognize", self.videos() / "obama.mp4", quiet, "-o", "out", stderr=slave)
            self.assertNotIn("%", self.read_terminal(master))

    def test_no_progress_without_a_terminal(self):
        result = self.run_it("recognize", self.videos() / "obama.mp4")
        self.assertNotIn("\r", result.err)

    def test_timeout(self):
        result = self.run_it("recognize", self.long_video(), "--timeout", "0.3", "--fps", "10", status=DEADLINE)
        self.assertIn("long.mp4", result.err)
        self.assertNotIn("long.csv", self.files())

    def test_timeout_at_the_border(self):
        """The longest is no overflow, and the shortest is not 'never'."""
        self.run_it("recognize", self.videos() / "obama.mp4", "-o-", "--timeout", "86400")
        self.run_it("recognize", self.long_video(), "-o-", "--timeout", "0.0001", status=DEADLINE)
        for value in ("86401", "1e300", "9223372036854775807", "-1"):
            result = self.run_it("recognize", "x.mp4", "-o-", "--timeout", value, status=ARGUMENT)
            self.assertEqual(result.err, f"error: --timeout takes a number from 0 to 86400, not '{value}'\n")

    def test_silent_pipe_and_the_time_limit(self):
        os.mkfifo(self.dir / "live.mp4")  # nobody opens it for writing
        result = self.run_it("recognize", "live.mp4", "-o-", "--timeout", "0.2", status=DEADLINE)
        self.assertIn("live.mp4", result.err)
        read, write = os.pipe()
        self.addCleanup(os.close, write)
        with os.fdopen(read) as silent:
            self.run_it("recognize", "/dev/stdin", "-o-", "--timeout", "0.2", stdin=silent, status=DEADLINE)

    def test_video_from_a_pipe(self):
        """Whose writer begins late."""
        ts = self.dir / "obama.ts"
        ffmpeg("-i", self.videos() / "obama.mp4", "-c", "copy", ts)
        path = self.dir / "live.ts"
        os.mkfifo(path)
        process = self.start("recognize", path, "-o-", "--timeout", 60)
        time.sleep(0.3)
        with open(path, "wb") as writer:
            writer.write(ts.read_bytes())
        self.assertEqual(self.finish(process, OK).rows(), [HEADER, OBAMA_ROW])

    def test_no_database_no_models(self):
        result = self.run_it("recognize", "x.mp4", "--db", "none.db", status=NOT_FOUND)
        self.assertIn("there is no database 'none.db'", result.err)
        result = self.run_it("recognize", "x.mp4", "--models", self.dir, status=MODEL)
        self.assertIn("centerface.hrm", result.err)


class Privacy(Case):
    """Who can read what was written, and what memory leaves behind."""

    def mode(self, name):
        return f"{(self.dir / name).stat().st_mode & 0o777:03o}"

    def test_a_folder_that_is_made_is_the_owners_alone(self):
        self.enrolled()
        for path in ("deep/reports/obama.csv", "deep/reports/obama.json"):
            self.run_it("recognize", self.videos() / "obama.mp4", "-o", "deep/reports", "-f", path.rsplit(".")[-1], umask=0o022)
            self.assertEqual([self.mode(name) for name in ("deep", "deep/reports", path)], ["700", "700", "600"])
        (self.dir / "in").mkdir()
        shutil.copy(self.videos() / "obama.mp4", self.dir / "in")
        self.run_it("watch", "--once", "in", "watched", "--interval", 0.1, umask=0o022)
        self.assertEqual([self.mode(name) for name in ("watched", "watched/obama.mp4.csv")], ["700", "600"])

    def test_in_the_folder_of_others_the_umask_decides(self):
        self.enrolled()
        for umask, mode in ((0o027, "640"), (0o022, "644"), (0o077, "600")):
            folder = self.dir / f"of others {mode}"
            folder.mkdir()
            folder.chmod(0o755)
            self.run_it("recognize", self.videos() / "obama.mp4", "-o", folder, umask=umask)
            self.assertEqual(self.mode(folder / "obama.csv"), mode)
            # And what somebody has chosen for a report stays.
            (folder / "obama.csv").chmod(0o440)
            self.run_it("recognize", self.videos() / "obama.mp4", "-o", folder, umask=umask)
            self.assertEqual(self.mode(folder / "obama.csv"), "440")

    def core_limit(self, **env):
        """Of a run that waits for a pipe; and whether others of the same user may look into it."""
        path = self.dir / "table.csv"
        if not path.exists():
            os.mkfifo(path)
        # The address sanitizer has a limit of its own.
        env["ASAN_OPTIONS"] = f"{os.environ.get('ASAN_OPTIONS', '')}:disable_coredump=0"
        process = self.start("import", "students", path, env=env)
        with open(path, "wb") as writer:  # waits for the program
            limits = Path(f"/proc/{process.pid}/limits").read_text()
            closed = Path(f"/proc/{process.pid}/environ").stat().st_uid != os.geteuid()
            writer.write(b"id,name\n1,One\n")
        self.finish(process, OK)
        return re.search(r"Max core file size +(\S+)", limits)[1], closed

    def test_no_core_file_holds_vectors(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        if hard != 0:
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
            self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, (soft, hard))
        others = "unlimited" if hard == resource.RLIM_INFINITY else str(hard)
        limit, closed = self.core_limit()
        self.assertEqual(limit, "0")
        self.assertTrue(closed or os.geteuid() == 0)
        self.assertEqual(self.core_limit(HOMEROOM_CORE_DUMPS="1"), (others, False))
        self.assertEqual(self.core_limit(HOMEROOM_CORE_DUMPS="0")[0], "0")


class Signals(Case):
    """One video is done, the next one is long: the signal comes in the middle of it."""

    def interrupted(self, number, status):
        self.enrolled()
        process = self.start("recognize", "-o", "out", "-j", 1, "--fps", 10, self.videos() / "obama.mp4", self.long_video(), self.videos() / "biden.mp4")
        self.wait_for((self.dir / "out/obama.csv").exists, process)
        process.send_signal(number)
        result = self.finish(process, status)
        self.assertEqual(os.listdir(self.dir / "out"), ["obama.csv"])
        self.assertEqual((self.dir / "out/obama.csv").read_bytes(), b"name,major,year\r\nBarack Obama,Law,senior\r\n")
        return result

    def test_terminate(self):
        result = self.interrupted(signal.SIGTERM, DEADLINE)
        self.assertIn("long.mp4", result.err)
        self.assertIn("biden.mp4: not begun", result.err)

    def test_interrupt(self):
        self.interrupted(signal.SIGINT, DEADLINE)

    def test_interrupt_while_a_pipe_is_silent(self):
        self.enrolled()
        path = self.dir / "live.mp4"
        os.mkfifo(path)
        process = self.start("recognize", "-o", "out", path)
        writers = []

        def is_open():
            try:
                writers.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:  # nobody reads it yet
                return False
            return True

        self.wait_for(is_open, process)
        self.addCleanup(os.close, writers[0])
        process.send_signal(signal.SIGINT)
        self.assertIn("live.mp4", self.finish(process, DEADLINE).err)
        self.assertEqual(os.listdir(self.dir / "out"), [])

    def test_second_signal_ends_at_once(self):
        self.enrolled()
        process = self.start("recognize", "-o", "out", "-j", 1, "--fps", 10, self.long_video())
        self.wait_for((self.dir / "out").exists, process)
        # Stopped, it gets both before it can answer the first.
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        self.assertIn(process.wait(60), (128 + signal.SIGINT, 128 + signal.SIGTERM))
        self.assertEqual(os.listdir(self.dir / "out"), [])

    def test_killed_in_the_middle(self):
        # Nothing can be tidied up; but what is there is whole.
        self.interrupted(signal.SIGKILL, -signal.SIGKILL)


class Estimate(Case):
    def test_what_a_video_will_take(self):
        make_video(self.dir / "short.mp4", PHOTOS / "obama2.jpg", seconds=2)
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=10:duration=300", "-c:v", "libx264", "-preset", "ultrafast", self.dir / "long.mp4")
        short, long = self.run_it("estimate", "short.mp4", "long.mp4", "--json").objects()
        self.assertTrue(short["whole"])
        self.assertEqual(short["samples"], 4)
        self.assertFalse(long["whole"])
        self.assertAlmostEqual(long["duration_s"], 300, delta=1)
        self.assertAlmostEqual(long["samples"], 600, delta=60)
        self.assertGreater(long["here_s"], short["here_s"])
        for one in (short, long):
            self.assertGreater(one["processor_s"], 0)
            self.assertGreater(one["memory_mb"], 20)
            self.assertAlmostEqual(one["lambda_usd"], one["lambda_billed_s"] * 1769 / 1024 * 0.0000166667 + 0.2e-6, delta=one["lambda_usd"] / 100)
        half = self.run_it("estimate", "short.mp4", "--json", "--memory-mb", 885).objects()[0]
        self.assertAlmostEqual(half["lambda_billed_s"], half["processor_s"] * 1769 / 885, delta=half["processor_s"] / 100)
        self.assertFalse(list(self.dir.glob("*.csv")))
        self.assertIn("all: about", self.run_it("estimate", "short.mp4", "long.mp4").out)
        self.run_it("estimate", "missing.mp4", status=NOT_FOUND)


if __name__ == "__main__":
    main()
