"""watch: a folder in which videos arrive, and what is left of it when things go wrong."""

import re

from harness import *

CSV = b"name,major,year\r\nBarack Obama,Law,senior\r\n"
LONG_AGO = 1_700_000_000
# How the ffmpeg program makes a file of each ending that is taken for a video.
X264, X265 = "-c:v libx264 -preset ultrafast", "-c:v libx265 -preset ultrafast -x265-params log-level=none"
MPEG2, MPEG1, MJPEG = "-c:v mpeg2video -r 25", "-c:v mpeg1video -r 25", "-c:v mjpeg -pix_fmt yuvj420p"
FILMS = {
    "mp4": X264, "m4v": X264, "mov": X264, "qt": f"{X264} -f mov", "mkv": X264, "webm": "-c:v libvpx -deadline realtime", "avi": X264,
    "mpg": MPEG2, "mpeg": MPEG2, "mpe": f"{MPEG2} -f mpeg", "m1v": MPEG1, "m2v": MPEG2, "vob": MPEG2, "ts": X264, "mts": X264,
    "m2ts": X264, "3gp": X264, "3g2": X264, "wmv": "", "asf": "", "flv": X264, "f4v": X264, "ogv": "", "mxf": MPEG2, "dv": "-r 25",
    "mjpeg": MJPEG, "mjpg": f"{MJPEG} -f mjpeg", "h264": X264, "264": f"{X264} -f h264", "h265": f"{X265} -f hevc",
    "265": f"{X265} -f hevc", "hevc": X265,
}  # fmt: skip
JPEG, JPEG_2000, HEIF = f"{MJPEG} -f image2", "-c:v jpeg2000 -f image2", "with another program"
STILLS = {
    "jpg": JPEG, "jpeg": JPEG, "jpe": JPEG, "jfif": JPEG, "jif": JPEG, "png": "-pix_fmt rgb24", "webp": "-c:v libwebp", "heic": HEIF,
    "heif": HEIF, "hif": HEIF, "avif": HEIF, "bmp": "-pix_fmt bgr24", "tif": "", "tiff": "", "gif": "-pix_fmt rgb8",
    "jp2": "-pix_fmt rgb24", "j2k": "-pix_fmt rgb24", "jpf": JPEG_2000, "jpx": JPEG_2000,
}  # fmt: skip


class Watch(Case):
    def setUp(self):
        super().setUp()
        self.enrolled()
        self.incoming, self.reports = self.dir / "in", self.dir / "reports"
        self.incoming.mkdir()

    def put(self, name, source="obama.mp4"):
        """Whole at once, as a rename gives it."""
        hidden = self.incoming / f".{name}"
        shutil.copyfile(self.videos() / source, hidden)
        hidden.rename(self.incoming / name)

    def names(self):
        return sorted(name for name in os.listdir(self.reports) if name[0] != ".")

    def watch(self, *words):
        return self.start("watch", "in", "reports", "--interval", "0.2", *words)

    def once(self, *words, status=OK):
        return self.run_it("watch", "in", "reports", "--once", "--interval", "0.2", *words, status=status)

    def end(self, process, number=signal.SIGTERM):
        process.send_signal(number)
        return self.finish(process, OK)

    def done(self, result):
        """How many videos a run has recognised."""
        return result.err.count(" in review, ")

    # --- what arrives ---

    def test_once(self):
        self.put("Stunde 1 ä.mp4")
        self.put("biden.MP4", "biden.mp4")
        shutil.copy(PHOTOS / "obama3.jpg", self.incoming)
        for name in (".hidden.mp4", "._mac.mp4", "a.mp4.part", "b.mp4.crdownload", "c.tmp", "notes.txt", "mp4"):
            (self.incoming / name).write_bytes(b"x")
        (self.incoming / "folder.mp4").mkdir()
        result = self.once()
        self.assertEqual(self.names(), ["Stunde 1 ä.mp4.csv", "biden.MP4.csv", "obama3.jpg.csv"])
        self.assertEqual((self.reports / "Stunde 1 ä.mp4.csv").read_bytes(), CSV)
        self.assertTrue(result.err.startswith("watching 'in', reports go to 'reports'\n"))
        self.assertEqual(self.done(result), 3)

    def test_every_ending_is_read(self):
        """What is taken by its ending is read: each of them, as programs write it."""
        words = " ".join(self.run_it("help", "watch").out.split())
        films, photos = re.search(r"by its ending: (.*), and for photos (.*?)\.", words).groups()
        self.assertEqual(sorted(FILMS), sorted(films.split(", ")))
        self.assertEqual(sorted(STILLS), sorted(photos.split(", ")))
        for ending, how in FILMS.items():
            self.write(f"film.{ending}", *how.split(), *([] if "-r" in how else ["-r", 5]), "-t", 2)
        for ending in ("gif", "webp"):
            self.write(f"moving.{ending}", "-pix_fmt", "rgb8" if ending == "gif" else "yuv420p", "-r", 5, "-t", 2)
        for ending, how in STILLS.items():
            if how is not HEIF:
                self.write(f"still.{ending}", *how.split(), "-frames:v", 1)
            elif shutil.which("heif-enc"):
                subprocess.run(["heif-enc", PHOTOS / "obama2.jpg", "-o", self.incoming / f"still.{ending}"], check=True, capture_output=True)
            else:
                print(f"NO heif-enc: {ending} is not tested", file=sys.stderr)
        names = sorted(os.listdir(self.incoming))
        self.once("--fps", 1, "--format", "json")
        self.assertEqual(self.names(), [f"{name}.json" for name in names])
        for name in names: # who it is, is another question: old codecs make poor pictures
            self.assertGreater(json.loads((self.reports / f"{name}.json").read_text())["faces"], 0, name)

    def write(self, name, *how):
        ffmpeg("-loop", 1, "-i", PHOTOS / "obama2.jpg", "-vf", "scale=-2:576,pad=720:576:(ow-iw)/2,setsar=1",
               "-pix_fmt", "yuv420p", *how, self.incoming / name)

    def test_once_with_nothing(self):
        self.assertEqual(self.once("-q").err, "")
        self.assertEqual(self.names(), [])

    def test_arrives_later(self):
        process = self.watch()
        self.wait_for(self.reports.exists, process)
        self.put("one.mp4")
        self.wait_for((self.reports / "one.mp4.csv").exists, process)
        self.put("two.mp4")
        self.wait_for((self.reports / "two.mp4.csv").exists, process)
        result = self.end(process)
        self.assertEqual(self.done(result), 2)
        self.assertIn("stopped", result.err)
        self.assertEqual(self.names(), ["one.mp4.csv", "two.mp4.csv"])

    def test_same_name_other_ending(self):
        self.put("lesson.mp4")
        self.once()
        (self.incoming / "lesson.mp4").unlink()
        self.put("lesson.mov", "biden.mp4")
        self.once()
        self.assertEqual(self.names(), ["lesson.mov.csv", "lesson.mp4.csv"])

    def test_kept(self):
        self.put("one.mp4")
        self.once("--keep")
        (kept,) = json.loads(self.run_it("export", "--what", "observations").out)["observations"]
        self.assertEqual([track["student_id"] for track in kept["tracks"]], ["44"])
        self.assertEqual((kept["video"], kept["version"].split("-")[0]), ("one.mp4", str((self.incoming / "one.mp4").stat().st_size)))
        self.once("--keep")
        self.assertEqual(len(json.loads(self.run_it("export", "--what", "observations").out)["observations"]), 1)

    def test_json_reports(self):
        self.put("one.mp4")
        self.once("--format", "json")
        self.assertEqual(json.loads((self.reports / "one.mp4.json").read_text())["students"][0]["id"], "44")

    # --- what is still growing ---

    def test_growing_file_is_left_alone(self):
        whole = (self.videos() / "obama.mp4").read_bytes()
        # Each write comes long before the next look, also on a machine that has much else to do.
        process = self.start("watch", "in", "reports", "--interval", "1.5")
        self.wait_for(self.reports.exists, process)
        step = len(whole) // 40
        with open(self.incoming / "growing.mp4", "wb") as file:
            for start in range(0, len(whole), step):
                file.write(whole[start : start + step])
                file.flush()
                time.sleep(0.1)
                self.assertEqual(self.names(), [])
        self.wait_for((self.reports / "growing.mp4.csv").exists, process)
        self.end(process)
        self.assertEqual((self.reports / "growing.mp4.csv").read_bytes(), CSV)

    def test_copy_that_paused_is_done_again(self):
        # Complete as far as anybody can tell, but not all of it: the rest makes it newer than its report.
        self.put("paused.mp4", "stranger.mp4")
        process = self.watch()
        report = self.reports / "paused.mp4.csv"
        self.wait_for(report.exists, process)
        shutil.copyfile(self.videos() / "obama.mp4", self.incoming / "paused.mp4")

        def done():
            try:
                return report.read_bytes() == CSV
            except FileNotFoundError:  # half of the copy was taken for all of it: its error report has taken the place
                return False

        self.wait_for(done, process)
        self.end(process)

    # --- restarts ---

    def test_restart_repeats_nothing_and_loses_nothing(self):
        self.put("one.mp4")
        self.assertEqual(self.done(self.once()), 1)
        before = (self.reports / "one.mp4.csv").stat().st_mtime_ns
        self.put("two.mp4", "biden.mp4")
        result = self.once()
        self.assertEqual(self.done(result), 1)
        self.assertEqual((self.reports / "one.mp4.csv").stat().st_mtime_ns, before)
        self.assertEqual(self.done(self.once()), 0)

    def test_stopped_in_the_middle(self):
        self.put("a.mp4")
        shutil.copyfile(self.long_video(), self.incoming / "b.mp4")
        process = self.watch("--fps", 10, "--threads", 1)
        self.wait_for((self.reports / "a.mp4.csv").exists, process)
        result = self.end(process, signal.SIGINT)
        self.assertNotIn("error", result.err)
        self.assertEqual(self.names(), ["a.mp4.csv"])
        shutil.copyfile(self.videos() / "biden.mp4", self.incoming / "b.mp4")
        self.assertEqual(self.done(self.once()), 1)
        self.assertEqual(self.names(), ["a.mp4.csv", "b.mp4.csv"])

    def test_killed_in_the_middle(self):
        self.put("a.mp4")
        shutil.copyfile(self.long_video(), self.incoming / "b.mp4")
        process = self.watch("--fps", 10, "--threads", 1)
        self.wait_for((self.reports / "a.mp4.csv").exists, process)
        process.kill()
        process.wait()
        self.assertEqual(self.names(), ["a.mp4.csv"])
        shutil.copyfile(self.videos() / "biden.mp4", self.incoming / "b.mp4")
        self.assertEqual(self.done(self.once()), 1)

    def test_a_video_that_ends_the_program_is_given_up(self):
        """Killed twice in the middle of one video, as by the kernel for want of memory: the others are done."""
        shutil.copyfile(self.long_video(), self.incoming / "a.mp4")
        self.put("b.mp4")
        for _ in range(2):
            process = self.watch("--fps", 10, "--threads", 1, "--timeout", 600)
            self.wait_for(lambda: any(name.startswith(".begun-") for name in os.listdir(self.reports)) if self.reports.exists() else False, process)
            time.sleep(0.5)
            process.kill()
            process.wait()
        result = self.once(status=LIMIT)
        self.assertEqual(self.names(), ["a.mp4.error.json", "b.mp4.csv"])
        report = json.loads((self.reports / "a.mp4.error.json").read_text())
        self.assertEqual((report["code"], report["try_again"]), ("limit", True))
        self.assertIn("ended 2 times", report["message"])
        self.assertEqual([name for name in os.listdir(self.reports) if name.startswith(".begun-")], [])
        # It is left for later, and not for ever: perhaps it was in hand by chance.
        self.once()
        self.assertEqual(self.names(), ["a.mp4.csv", "b.mp4.csv"])

    def test_removed_report_is_made_again(self):
        self.put("one.mp4")
        self.once()
        (self.reports / "one.mp4.csv").unlink()
        self.assertEqual(self.done(self.once()), 1)
        process = self.watch()
        time.sleep(1)
        (self.reports / "one.mp4.csv").unlink()
        self.wait_for((self.reports / "one.mp4.csv").exists, process)
        self.end(process)

    def test_time_to_come(self):
        # A camera whose clock is wrong does not have its videos done again and again.
        self.put("one.mp4")
        os.utime(self.incoming / "one.mp4", (4_000_000_000, 4_000_000_000))
        self.assertEqual(self.done(self.once()), 1)
        self.assertEqual(self.done(self.once()), 0)

    def test_another_video_takes_the_name(self):
        """Whatever its time: older than the report, to come, or the same as the video's that was there."""
        report = self.reports / "one.mp4.csv"
        for wanted, source, when in (("Obama", "obama.mp4", None), ("Biden", "biden.mp4", LONG_AGO),
                                     ("Obama", "obama.mp4", LONG_AGO), ("Biden", "biden.mp4", time.time() + 90000)):
            self.put("one.mp4", source)
            if when is not None:
                os.utime(self.incoming / "one.mp4", (when, when))
            self.assertEqual(self.done(self.once()), 1, (wanted, when))
            self.assertIn(wanted, report.read_text())
            self.assertEqual(self.done(self.once()), 0, "done once")

    def test_a_video_of_the_same_size_and_time_takes_the_name(self):
        size = max((self.videos() / name).stat().st_size for name in ("obama.mp4", "biden.mp4"))
        for wanted, source in (("Obama", "obama.mp4"), ("Biden", "biden.mp4")):
            hidden = self.incoming / ".one.mp4"
            shutil.copyfile(self.videos() / source, hidden)
            with open(hidden, "ab") as file:  # MP4 does not mind what stands behind its boxes
                file.write(b"\0" * (size - file.tell()))
            os.utime(hidden, (LONG_AGO, LONG_AGO))
            hidden.rename(self.incoming / "one.mp4")
            self.assertEqual(self.done(self.once()), 1)
            self.assertIn(wanted, (self.reports / "one.mp4.csv").read_text())

    def test_a_report_of_an_earlier_version_counts(self):
        self.put("one.mp4")
        self.once()
        shutil.rmtree(self.reports / ".homeroom")  # it kept no tags
        self.assertEqual(self.done(self.once()), 0)
        later = time.time() + 3
        os.utime(self.incoming / "one.mp4", (later - 100, later - 100))
        self.assertEqual(self.done(self.once()), 0, "not newer than its report")

    def test_what_is_left_alone_is_said_once(self):
        self.put("one.mp4")
        for name in ("notes.txt", "lesson.mp4.part"):
            (self.incoming / name).write_bytes(b"x")
        process = self.watch()
        self.wait_for((self.reports / "one.mp4.csv").exists, process)
        time.sleep(1)
        result = self.end(process)
        self.assertEqual(result.err.count("notes.txt is left alone"), 1)
        self.assertNotIn("lesson.mp4.part", result.err)

    def test_enrolled_meanwhile(self):
        env = {"HOMEROOM_DB": self.dir / "other.db"}
        self.run_it("enroll", 46, PHOTOS / "biden.jpg", env=env)
        self.put("one.mp4")
        process = self.start("watch", "in", "reports", "--interval", "0.2", env=env)
        self.wait_for((self.reports / "one.mp4.csv").exists, process)
        self.run_it("enroll", 44, PHOTOS / "obama.jpg", env=env)
        self.put("two.mp4")
        self.wait_for((self.reports / "two.mp4.csv").exists, process)
        self.end(process)
        self.assertEqual(len((self.reports / "one.mp4.csv").read_text().splitlines()), 1)
        self.assertEqual(len((self.reports / "two.mp4.csv").read_text().splitlines()), 2)

    # --- bad videos ---

    def test_bad_video(self):
        (self.incoming / "bad.mp4").write_text("this is not a video")
        self.put("good.mp4")
        result = self.once(status=FORMAT)
        self.assertEqual(self.names(), ["bad.mp4.error.json", "good.mp4.csv"])
        report = json.loads((self.reports / "bad.mp4.error.json").read_text())
        self.assertEqual((report["video"], report["code"], report["try_again"]), ("bad.mp4", "format", False))
        self.assertTrue(report["version"].startswith("19-"), report["version"])
        self.assertIn("bad.mp4", result.err)
        # It is not tried again as it is, and the next run has nothing to complain about.
        self.assertEqual(self.once("-q").err, "")

    def test_bad_video_that_becomes_good(self):
        (self.incoming / "one.mp4").write_text("this is not a video")
        said = self.dir / "said"
        with said.open("wb") as err:
            process = self.start("watch", "in", "reports", "--interval", "0.2", stderr=err)
        # Told before it is exchanged: a video that is exchanged sooner is "done again", and no error.
        self.wait_for(lambda: "error: " in said.read_text(), process)
        self.assertEqual(self.names(), ["one.mp4.error.json"])
        self.put("one.mp4")
        self.wait_for(lambda: self.names() == ["one.mp4.csv"], process)
        self.end(process)
        self.assertEqual(said.read_text().count("error: "), 1)

    def test_bad_video_of_the_same_size(self):
        bad = self.incoming / "one.mp4"
        bad.write_text("this is not a video")
        self.once(status=FORMAT)
        os.utime(bad, (LONG_AGO, LONG_AGO))
        self.once(status=FORMAT)
        self.assertIn(f"-{LONG_AGO}.", json.loads((self.reports / "one.mp4.error.json").read_text())["version"])

    def test_damaged_error_report(self):
        (self.incoming / "one.mp4").write_text("this is not a video")
        self.reports.mkdir()
        for text in ("", "{", "[]", '{"size_bytes": "x"}'):
            (self.reports / "one.mp4.error.json").write_text(text)
            self.once(status=FORMAT)
            self.assertEqual(json.loads((self.reports / "one.mp4.error.json").read_text())["code"], "format")

    def test_name_too_long_for_its_report(self):
        self.put("x" * 248 + ".mp4")
        self.put("y.mp4")
        result = self.once(status=ARGUMENT)
        self.assertEqual(self.names(), ["y.mp4.csv"])
        self.assertIn("longer than", result.err)

    def test_timeout(self):
        shutil.copyfile(self.long_video(), self.incoming / "long.mp4")
        self.once("--fps", 10, "--timeout", "0.3", status=DEADLINE)
        self.assertEqual(self.names(), ["long.mp4.error.json"])

    # --- what makes it give up ---

    def test_does_not_start(self):
        self.run_it("watch", "nowhere", "reports", status=NOT_FOUND)
        self.run_it("watch", "in", "reports", "--db", "none.db", status=NOT_FOUND)
        self.run_it("watch", "in", "reports", "--models", self.dir, status=MODEL)
        result = self.run_it("watch", "in", "reports", "--columns", "shoe_size", status=ARGUMENT)
        self.assertIn("shoe_size", result.err)

    def test_folder_vanishes(self):
        process = self.watch()
        self.wait_for(self.reports.exists, process)
        self.incoming.rename(self.dir / "elsewhere")
        result = self.finish(process, NOT_FOUND)
        self.assertIn("error: opening the folder 'in'", result.err)

    def test_folder_is_exchanged(self):
        self.incoming.rename(self.dir / "monday")
        (self.dir / "tuesday").mkdir()
        os.symlink("monday", self.incoming)
        self.put("one.mp4")
        process = self.watch()
        self.wait_for((self.reports / "one.mp4.csv").exists, process)
        os.symlink("tuesday", self.dir / "link")
        (self.dir / "link").rename(self.incoming)
        self.put("two.mp4")
        self.wait_for((self.reports / "two.mp4.csv").exists, process)
        self.end(process)


if __name__ == "__main__":
    main()
