"""Classes and lessons on the command line: from nothing to a finished roll, in the eight commands of the README."""

import html.parser
import zipfile
import xml.etree.ElementTree

from harness import *

MOODLE = os.environ.get("HOMEROOM_MOODLE")  # its source, with the attendance module in it
CANVAS = os.environ.get("HOMEROOM_CANVAS")  # its source: lib/gradebook_importer.rb
WEEKDAY_DAY = "2026-11-27"  # a Friday
NAMES = "id,name,major,year\n44,Barack Obama,law,senior\n46,Joe Biden,history,junior\n48,Cleo,art,junior\n49,Dora,art,senior\n"


class Page(html.parser.HTMLParser):
    """What a browser would see."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.sources, self.text = set(), [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.sources += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.text += data


class Lessons(OverDatabase):
    def film(self, name, photo, seconds):
        """Somebody who holds still before the camera for so long."""
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-loop", "1", "-r", "1", "-i", PHOTOS / photo, "-t", str(seconds),
                        "-vf", "scale=400:-2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", self.dir / name],
                       check=True)

    def make_class(self):
        (self.dir / "class.csv").write_text(NAMES)
        photos = self.dir / "photos"
        photos.mkdir()
        shutil.copy(PHOTOS / "obama.jpg", photos / "44.jpg")
        shutil.copy(PHOTOS / "biden.jpg", photos / "46.jpg")
        self.run_it("import", "students", "class.csv")
        self.run_it("enroll", photos)
        self.run_it("class", "new", "8b", "--title", "Physics", "--zone", "Europe/Berlin")
        self.run_it("class", "enrol", "8b", "all", "--from", "2026-09-01")
        self.run_it("class", "meets", "8b", "fri", "08:00-08:02")

    def roll(self, lesson="1"):
        return {row["name"]: row for row in json.loads(self.run_it("attendance", lesson, "--json").out)["students"]}

    def statuses(self, lesson="1"):
        return {name: row["status"] for name, row in self.roll(lesson).items()}

    def test_from_nothing_to_a_finished_lesson_in_eight_commands(self):
        self.make_class()  # five of them
        self.film(f"CAM_{WEEKDAY_DAY.replace('-', '')}_075930.mp4", "obama2.jpg", 160)
        self.run_it("lesson", "add", "8b", "CAM_20261127_075930.mp4", "--fps", "0.5")
        shown = self.run_it("attendance", f"8b/{WEEKDAY_DAY}").out
        self.assertIn("8b, 2026-11-27 08:00-08:02\n", shown)
        self.assertNotIn("not filmed", shown)
        self.run_it("lesson", "finish", f"8b/{WEEKDAY_DAY}")
        self.assertEqual(self.statuses(), {"Barack Obama": "present", "Joe Biden": "absent", "Cleo": "unmarked", "Dora": "unmarked"})
        obama = self.roll()["Barack Obama"]
        self.assertEqual(obama["arrived"], "2026-11-27T06:59:30Z")  # Berlin's winter
        self.assertLessEqual(abs(obama["seen_s"] - 160), 2)

    def test_a_recording_begins_when_it_is_said_or_by_its_name_or_by_the_file(self):
        self.make_class()
        self.film("plain.mp4", "obama2.jpg", 20)
        for name, created in (("file.mp4", "2026-11-27T07:00:20Z"), ("1904.mp4", "1904-01-01T00:00:00Z"),
                              ("20261127_080040.mov", "2026-11-27T12:00:00Z"), ("late.mkv", "2026-11-27T07:01:00.500Z")):
            ffmpeg("-i", self.dir / "plain.mp4", "-c", "copy", "-metadata", f"creation_time={created}", self.dir / name)
        self.assertIn("lesson 1, from 2026-11-27 08:00:20 (as the file says), ", self.run_it("lesson", "add", "8b", "file.mp4").out)
        self.assertIn("lesson 1, from 2026-11-27 08:00:40, ", self.run_it("lesson", "add", "8b", "20261127_080040.mov").out)
        self.assertIn("from 2026-11-27 08:01:00 (as the file says), ", self.run_it("lesson", "add", "8b", "late.mkv").out)
        self.assertIn("from 2026-11-27 08:00:00, ", self.run_it("lesson", "add", 1, "file.mp4", "--start", "08:00:00").out)
        for name in ("plain.mp4", "1904.mp4"):
            self.assertIn("Neither its name nor the file says it", self.run_it("lesson", "add", "8b", name, status=ARGUMENT).err)

    def test_two_cameras_parts_and_whoever_comes_late(self):
        self.make_class()
        self.run_it("class", "new", "8b", "--late", 0, "--early", 0)
        for name, photo, seconds in (("a.mp4", "obama2.jpg", 60), ("b.mp4", "obama2.jpg", 60), ("back.mp4", "biden.jpg", 30)):
            self.film(name, photo, seconds)
        self.run_it("lesson", "new", "8b", WEEKDAY_DAY)
        self.run_it("lesson", "add", "1", "a.mp4", "b.mp4", "--start", "08:00:00", "--camera", "front", "--fps", "0.5")
        self.run_it("lesson", "add", "1", "back.mp4", "--start", "08:00:20", "--camera", "back", "--fps", "0.5")
        roll = self.roll()
        self.assertEqual(roll["Barack Obama"]["status"], "present")
        self.assertLessEqual(abs(roll["Barack Obama"]["seen_s"] - 120), 2)
        self.assertEqual(roll["Joe Biden"]["status"], "late")
        self.assertEqual(roll["Joe Biden"]["arrived"], "2026-11-27T07:00:20Z")
        table = self.run_it("attendance", "8b").out.splitlines()
        self.assertEqual(table[0], "id,name,2026-11-27 08:00,rate")
        self.assertIn("46,Joe Biden,late,1.000", table)

    def test_what_a_lesson_was_estimated_to_take_and_what_it_took(self):
        self.make_class()
        self.run_it("lesson", "new", "8b", WEEKDAY_DAY)
        for name, seconds in (("a.mp4", 60), ("b.mp4", 20)):
            self.film(name, "obama2.jpg", seconds)
        work = lambda: {one["video"]: one for one in json.loads(self.run_it("attendance", "1", "--json").out)["work"]}
        self.assertEqual(work(), {})
        self.assertIn("has no recording", self.run_it("estimate", "--lesson", "1", status=NOT_FOUND).err)
        self.assertIn("say which videos, or --lesson", self.run_it("estimate", status=ARGUMENT).err)
        before, = self.run_it("estimate", "--lesson", "1", "a.mp4", "--json").objects()
        self.assertEqual([(name, one["took"]) for name, one in work().items()], [("a.mp4", None)])
        self.run_it("lesson", "add", "1", "a.mp4", "b.mp4", "--start", "08:00:00")
        after = work()
        self.assertAlmostEqual(after["a.mp4"]["estimated"]["processor_s"], before["processor_s"], places=4)
        self.assertIsNone(after["b.mp4"]["estimated"])
        for one in after.values():
            self.assertGreater(one["took"]["processor_s"], 0)
            self.assertGreater(one["took"]["wall_s"], 0)
            self.assertGreater(one["took"]["memory_mb"], 20)
        self.assertGreater(after["a.mp4"]["took"]["processor_s"], after["b.mp4"]["took"]["processor_s"])
        # All recordings that the lesson has.
        text = self.run_it("estimate", "--lesson", f"8b/{WEEKDAY_DAY}").out
        self.assertRegex(text, r"(?s)^a\.mp4: .*\nb\.mp4: .*\nall: .* USD\n$")
        self.assertIsNotNone(work()["b.mp4"]["estimated"])
        self.assertEqual(work()["b.mp4"]["took"], after["b.mp4"]["took"])
        # It goes with what was seen.
        self.run_it("forget", "--kept", "a.mp4")
        self.assertEqual(list(work()), ["b.mp4"])
        self.run_it("lesson", "remove", "1", "--yes")
        self.assertNotIn(b"b.mp4", self.db.read_bytes())

    def test_marks_and_finishing(self):
        self.make_class()
        self.run_it("consent", 49, "no", "--yes")
        self.run_it("lesson", "new", "8b", WEEKDAY_DAY)
        self.assertEqual(self.statuses(), {"Barack Obama": "not_filmed", "Joe Biden": "not_filmed", "Cleo": "unmarked", "Dora": "unmarked"})
        self.run_it("lesson", "mark", 1, "Dora", "present")
        self.run_it("lesson", "mark", 1, 48, "excused", "--note", "ill")
        self.run_it("lesson", "mark", 1, 48, "review", status=ARGUMENT)
        self.run_it("lesson", "finish", 1)
        result = self.run_it("lesson", "mark", 1, 48, "absent", status=CONFLICT)
        self.assertIn("lesson reopen 1", result.err)
        rows = self.run_it("attendance", 1, "--csv").rows()
        self.assertEqual([row[:4] for row in rows[1:]], [["44", "Barack Obama", "not_filmed", ""], ["48", "Cleo", "excused", "yes"],
                                                        ["49", "Dora", "present", "yes"], ["46", "Joe Biden", "not_filmed", ""]])
        held = json.loads(self.run_it("export", "--what", "student", "--student", 48).out)
        self.assertEqual(held["classes"], [{"class": "8b", "from": "2026-09-01", "to": None}])
        self.assertEqual([(one["mark"], one["note"], one["status"]) for one in held["lessons"]], [("excused", "ill", "excused")])
        self.run_it("forget", 48, "--yes")
        self.assertNotIn("Cleo", self.statuses())
        self.run_it("lesson", "reopen", 1)
        self.run_it("lesson", "unmark", 1, 49)
        self.assertEqual(self.statuses()["Dora"], "unmarked")
        notes = [entry["what"] for entry in json.loads(self.run_it("export", "--what", "audit").out)["audit"]]
        for what in ("mark", "finish_lesson", "reopen_lesson", "unmark"):
            self.assertIn(what, notes)

    def test_only_the_class_is_looked_for(self):
        self.make_class()
        self.run_it("class", "new", "9c")
        self.run_it("class", "enrol", "9c", 46, "--from", "2026-09-01")
        self.film("a.mp4", "obama2.jpg", 20)
        self.run_it("lesson", "new", "9c", WEEKDAY_DAY, "08:00-08:45")
        result = self.run_it("lesson", "add", "9c/2026-11-27", "a.mp4", "--start", "08:00:00", "--fps", "0.5")
        self.assertIn("0 students for certain, 1 unknown", result.out)
        self.run_it("lesson", "add", "9c/2026-11-27", "a.mp4", "--start", "08:00:00", "--fps", "0.5", "--guests")
        self.assertEqual(self.statuses(), {"Joe Biden": "not_filmed", "Barack Obama": "not_enrolled"})

    def seen(self, what):
        return self.run_it("seen", what, "--json").objects()

    def film_a_stranger_twice(self):
        """Obama before the front camera of the first lesson, somebody unknown before the one at the back, and again in the second."""
        self.film("front.mp4", "obama2.jpg", 120)
        self.film("back.mp4", "astronaut.png", 60)
        self.run_it("lesson", "new", "8b", "2026-11-20")
        self.run_it("lesson", "new", "8b", WEEKDAY_DAY)
        for lesson, video, camera, start in ((1, "front.mp4", "front", "08:00:00"), (1, "back.mp4", "back", "08:00:10"),
                                             (2, "back.mp4", "back", "08:00:30")):
            self.run_it("lesson", "add", lesson, video, "--start", start, "--camera", camera, "--fps", "0.5")
        for video in ("front.mp4", "back.mp4"):
            (self.dir / video).unlink()

    def test_a_correction_and_its_undo(self):
        self.make_class()
        self.film_a_stranger_twice()
        self.assertEqual([(one["student"], one["person"], one["picture"]) for one in self.seen(1)],
                         [("44", None, False), (None, "u2", False)])
        self.assertEqual([one["person"] for one in self.seen("8b")], ["u2", "u3"])  # nothing is kept to compare them by
        self.assertIn("correction 1: 1 track is not of 44", self.run_it("correct", 1, "not", "Barack Obama").out)
        self.assertEqual(self.statuses()["Barack Obama"], "absent")
        self.run_it("correct", 2, "is", "44")
        obama = self.roll()["Barack Obama"]
        self.assertEqual((obama["status"], obama["arrived"], obama["why"]), ("present", "2026-11-20T07:00:10Z", "seen, as it was corrected"))
        self.run_it("correct", "undo", 1)
        self.assertEqual(self.roll()["Barack Obama"]["arrived"], "2026-11-20T07:00:00Z")
        self.run_it("correct", "undo")
        said = self.run_it("correct", "list", "--json").objects()
        self.assertEqual([(one["kind"], one["student"], one["undone"] is not None) for one in said],
                         [("not", "44", True), ("is", "44", True)])
        self.assertTrue(all(one["who"].startswith("user ") for one in said))
        self.run_it("correct", "undo", status=NOT_FOUND)
        self.assertEqual(self.run_it("students", "--json").objects()[2]["faces"], 0)

    def test_a_stranger_is_one_person_and_is_named_in_all_lessons_without_the_videos(self):
        self.make_class()
        self.run_it("class", "keep", "8b", 14)
        self.film_a_stranger_twice()
        self.assertEqual([(one["person"], one["lessons"], one["tracks"]) for one in self.seen("8b")], [("u2", 2, [2, 3])])
        self.assertEqual(self.statuses()["Cleo"], "unmarked")
        said = self.run_it("correct", "u3", "is", "Cleo").out
        self.assertIn("correction 1: 2 tracks are of 48 (Cleo)\nenrolled from 2 of them\n", said)
        self.assertEqual(self.statuses(1)["Cleo"], "present")
        self.assertEqual(self.roll(2)["Cleo"]["arrived"], "2026-11-27T07:00:30Z")
        self.assertEqual(self.seen("8b"), [])
        later = self.run_it("lesson", "new", "8b", "2026-12-04").out.split()[0]
        self.film("later.mp4", "astronaut.png", 60)
        self.run_it("lesson", "add", later, "later.mp4", "--start", "08:00:00", "--fps", "0.5")
        self.assertEqual([(one["student"], one["band"], one["by_hand"]) for one in self.seen(later)], [("48", "certain", False)])
        self.run_it("correct", "undo")
        self.assertEqual(self.statuses(1)["Cleo"], "unmarked")
        self.assertEqual([(one["person"], one["lessons"]) for one in self.seen("8b")], [("u2", 3)])  # the later one, too
        faces = {one["id"]: one["faces"] for one in self.run_it("students", "--json").objects()}
        self.assertEqual(faces, {"44": 1, "46": 1, "48": 0, "49": 0})

    def test_a_lesson_is_shown_as_one_page_that_needs_nothing_else(self):
        self.make_class()
        self.run_it("class", "keep", "8b", 14)
        self.run_it("rename", 48, "--name", "<script>alert('Cleo')</script> \u202eoelC")
        self.film_a_stranger_twice()
        self.run_it("show", 1, "page.html")
        self.assertEqual((self.dir / "page.html").stat().st_mode & 0o777, 0o600)
        text = (self.dir / "page.html").read_text()
        page = Page(text)
        self.assertEqual(page.tags & {"script", "link", "iframe", "object"}, set())
        self.assertEqual([source[:23] for source in page.sources], 2 * ["data:image/jpeg;base64,"])
        for source in page.sources:
            picture = base64.b64decode(source[23:], validate=True)
            self.assertTrue(picture.startswith(b"\xff\xd8"))
            at = picture.index(b"\xff\xc0")  # the frame's header: height, then width
            height, width = int.from_bytes(picture[at + 5 : at + 7]), int.from_bytes(picture[at + 7 : at + 9])
            self.assertEqual((width, height), (3 * 120, 150))  # both were there for minutes: three pictures, side by side
        self.assertNotIn("\u202e", text)
        self.assertIn("default-src 'none'", text)
        for words in ("8b, 2026-11-20, 08:00:00 to 08:02:00", "Barack Obama", "<script>alert('Cleo')", "u2", "08:00:10 to 08:01:08",
                      "1 present", "1 absent", "2 unmarked"):
            self.assertIn(words, page.text)
        self.assertIn("seen 08:00:00-08:02:00", text)
        self.assertEqual(self.run_it("show", 1).out.replace("\r\n", "\n"), text)
        notes = [entry["what"] for entry in json.loads(self.run_it("export", "--what", "audit").out)["audit"]]
        self.assertEqual(notes.count("show_lesson"), 2)

    def test_the_roll_in_the_forms_of_other_programs(self):
        self.make_class()
        self.film_a_stranger_twice()
        self.run_it("lesson", "mark", 1, 48, "excused")
        self.run_it("lesson", "mark", 2, 44, "left_early")
        result = self.run_it("attendance", 1, "--as", "moodle")
        self.assertEqual(result.rows(), [["idnumber", "status"], ["44", "P"], ["48", "E"], ["46", "A"]])
        self.assertIn("1 left out", result.err)  # Dora, of whom nothing is known
        self.assertEqual(self.run_it("attendance", "8b", "--as", "moodle").rows()[1:],
                         [["2026-11-20", "08:00", "44", "P"], ["2026-11-20", "08:00", "48", "E"], ["2026-11-20", "08:00", "46", "A"],
                          ["2026-11-27", "08:00", "44", "P"]])
        rows = self.run_it("attendance", "8b", "--as", "canvas").rows()
        self.assertEqual(rows[0], ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Attendance score 2026-11-20 08:00",
                                   "Attendance score 2026-11-27 08:00"])
        self.assertEqual(rows[1], ["    Points Possible", "", "", "", "", "1", "1"])
        self.assertEqual(rows[2:], [["Barack Obama", "", "44", "", "8b", "1", "1"], ["Cleo", "", "48", "", "8b", "EX", ""],
                                    ["Dora", "", "49", "", "8b", "", ""], ["Joe Biden", "", "46", "", "8b", "0", ""]])
        term = json.loads(self.run_it("attendance", "8b", "--json").out)
        self.assertEqual([one["recordings"] for one in term["lessons"]], [2, 1])
        self.assertEqual([(one["id"], one["statuses"], one["there"], one["known"]) for one in term["students"]][:2],
                         [("44", ["present", "left_early"], 2, 2), ("48", ["excused", "unmarked"], 0, 0)])
        picture = xml.etree.ElementTree.fromstring(self.run_it("attendance", "8b", "--as", "svg").out)
        texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
        for text in ("8b", "Barack Obama", "2026-11-20 08:00", "2 of 2", "P", "E"):
            self.assertIn(text, texts)
        self.assertIn("is of a class", self.run_it("attendance", 1, "--as", "canvas", status=ARGUMENT).err)

    @unittest.skipUnless(MOODLE and shutil.which("php"), "no Moodle to read its file: HOMEROOM_MOODLE names its source, and php is needed")
    def test_moodle_reads_its_file(self):
        self.make_class()
        self.film_a_stranger_twice()
        self.run_it("lesson", "mark", 1, 48, "excused")
        (self.dir / "moodle.csv").write_bytes(self.run_it("attendance", 1, "--as", "moodle").out.encode())
        done = subprocess.run(["php", Path(__file__).with_name("moodle.php"), MOODLE, self.dir / "moodle.csv", "44", "46", "48", "49"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr, "")
        self.assertEqual(json.loads(done.stdout), {"error": "", "saved": {"44": "P", "48": "E", "46": "A"}, "problems": []})

    def canvas_file(self, students):
        """Of a class that has these, and three lessons: all present, the first of them excused, the first absent."""
        with (self.dir / "class.csv").open("w", newline="") as table:
            csv.writer(table).writerows([("id", "name"), *students.items()])
        self.run_it("import", "students", "class.csv")
        self.run_it("class", "new", "8b", "--zone", "Europe/Berlin")
        self.run_it("class", "enrol", "8b", "all", "--from", "2026-09-01")
        for lesson, day, first in ((1, "2026-11-20", "present"), (2, "2026-11-27", "excused"), (3, "2026-12-04", "absent")):
            self.run_it("lesson", "new", "8b", day, "08:00-08:45")
            for student in students:
                self.run_it("lesson", "mark", lesson, student, first if student == next(iter(students)) else "present")
        (self.dir / "canvas.csv").write_bytes(self.run_it("attendance", "8b", "--as", "canvas").out.encode())
        return self.dir / "canvas.csv"

    def canvas_reads(self, path, students):
        done = subprocess.run(["ruby", Path(__file__).with_name("canvas.rb"), CANVAS, path, *(f"{key}={name}" for key, name in students.items())],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    @unittest.skipUnless(CANVAS and shutil.which("ruby"), "no Canvas to read its file: HOMEROOM_CANVAS names its source, and ruby is needed")
    def test_canvas_reads_its_file(self):
        students = {"44": "Barack Obama", "007": "Bond, James", "2.5": "Semi; Colon", "a-9": 'With "quotes"', "x;y": "\u00c9mile \u00d8", "12.50": "Muted"}
        # By the SIS ids alone: Canvas may spell them otherwise.
        read = self.canvas_reads(self.canvas_file(students), {student: f"Otherwise {name}" for student, name in students.items()})
        self.assertEqual([(one["title"], one["points"]) for one in read["assignments"]],
                         [(f"Attendance score {day} 08:00", "1") for day in ("2026-11-20", "2026-11-27", "2026-12-04")])
        found = {one["name"]: (one["id"], one["grades"]) for one in read["students"]}
        self.assertEqual(found, {f"Otherwise {name}": (100 + index, ["1", "1", "1"] if index else ["1", "EX", "0"])
                                 for index, name in enumerate(students.values())})

    def test_whoever_is_enrolled_later_is_known_in_earlier_lessons(self):
        self.make_class()
        self.run_it("class", "keep", "8b", 14)
        self.film_a_stranger_twice()
        self.run_it("lesson", "finish", 2)
        self.run_it("enroll", 48, PHOTOS / "astronaut.png")
        self.assertEqual(self.statuses()["Cleo"], "absent")
        self.assertEqual(self.run_it("lesson", "again", "8b").out, "1 track is now taken for somebody else\n")
        self.assertEqual(self.statuses()["Cleo"], "present")
        self.assertEqual(self.statuses(2)["Cleo"], "unmarked")  # it is finished
        self.assertIn("is finished", self.run_it("lesson", "again", 2, status=CONFLICT).err)
        self.assertEqual(self.run_it("lesson", "again", 1).out, "0 tracks are now taken for somebody else\n")

    def test_a_look_alike_is_known_in_later_lessons(self):
        """A stranger whom the program takes for Cleo, because she was enrolled with his face by mistake, and not twice."""
        self.make_class()
        self.run_it("class", "keep", "8b", 14)
        shutil.copy(PHOTOS / "obama2.jpg", self.dir / "photos" / "48.jpg")
        (self.dir / "photos" / "44.jpg").unlink()
        self.run_it("forget", 44, "--yes")
        self.run_it("enroll", 48, self.dir / "photos" / "48.jpg")
        self.film("a.mp4", "obama.jpg", 120)
        for lesson, day in enumerate(("2026-11-13", "2026-11-20", WEEKDAY_DAY), 1):
            self.run_it("lesson", "new", "8b", day)
            self.run_it("lesson", "add", lesson, "a.mp4", "--start", "08:00:00", "--fps", "0.5")
            if lesson < 3:
                self.assertEqual(self.seen(lesson)[0]["student"], "48")
                self.run_it("correct", lesson, "not", 48)
        self.assertEqual([(one["student"], one["reason"]) for one in self.seen(3)], [(None, "look_alike")])
        self.assertEqual(self.statuses(3)["Cleo"], "absent")
        self.run_it("correct", "undo", 1)
        self.assertEqual([(one["student"], one["band"]) for one in self.seen(3)], [("48", "certain")])

    def test_pictures_are_kept_for_their_time_and_forgotten_with_the_student(self):
        self.make_class()
        self.run_it("class", "keep", "8b", 14)
        self.film_a_stranger_twice()
        self.film("again.mp4", "astronaut.png", 20)
        self.assertEqual([one["picture"] for one in self.seen(1) + self.seen(2)], 3 * [True])
        held = json.loads(self.run_it("export", "--what", "student", "--student", 44).out)
        picture = base64.b64decode(held["pictures"][0]["jpeg"])
        (self.dir / "kept.jpg").write_bytes(picture)
        probed = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", self.dir / "kept.jpg"],
                                check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual(probed.strip(), "mjpeg,360,150")
        self.assertTrue(picture[:200] in self.everything())
        self.run_it("forget", 44, "--yes")
        self.assertFalse(picture[:200] in self.everything())
        self.assertEqual([one["picture"] for one in self.seen(1) + self.seen(2)], [False, True, True])
        self.assertIn("2 vectors and pictures removed", self.run_it("correct", "u2", "forget").out)
        self.assertEqual([one["picture"] for one in self.seen(1) + self.seen(2)], 3 * [False])
        self.run_it("lesson", "add", 2, "again.mp4", "--start", "08:00:30", "--camera", "again", "--fps", "0.5")
        self.assertEqual([one["picture"] for one in self.seen(2) if one["camera"] == "again"], [True])
        self.run_it("class", "keep", "8b", 0)
        self.assertEqual([one["picture"] for one in self.seen(1) + self.seen(2)], 4 * [False])
        self.assertEqual(self.sql("SELECT count(*) FROM views"), [(0,)])

    def test_a_timetable_from_a_calendar(self):
        self.make_class()
        calendar = (SOURCE / "tests/fuzz/corpus/calendar/term.ics").read_bytes()
        (self.dir / "term.ics").write_bytes(calendar)
        words = ("lesson", "import", "8b", "term.ics", "--from", "2026-09-01", "--until", "2026-11-30")
        result = self.run_it(*words)
        self.assertIn("2 events left out", result.err)  # a whole day, and one by the month
        lessons = [(one["day"], one["start"][:5], one["end"][:5], one["title"]) for one in self.run_it("lesson", "8b", "--json").objects()]
        days = {day for day, *_ in lessons}
        self.assertEqual(lessons[0], ("2026-09-02", "08:00", "08:45", "Physics, with a long title that is folded"))
        self.assertFalse(days & {"2026-10-14", "2026-10-16", "2026-12-24", "2026-09-05"})  # taken out, or not read
        self.assertEqual([one for one in lessons if one[0] == "2026-10-21"], [("2026-10-21", "10:00", "10:45", "Physics, later")])
        self.assertEqual([one[0] for one in lessons if one[1] == "12:00"], ["2026-09-07", "2026-09-21", "2026-10-05"])
        self.assertEqual([one[1:3] for one in lessons if one[0] == "2026-11-27"], [("08:00", "08:45")])  # seven by the world's clock, and the rule's
        # Wednesdays and Fridays from 2 September to 27 November, less two, and three of every other Monday.
        self.assertEqual(len(lessons), 13 + 13 - 2 + 3)
        self.run_it(*words)
        self.assertEqual(len(self.run_it("lesson", "8b", "--json").objects()), len(lessons))
        (self.dir / "not.ics").write_text("id,name\n1,Ada\n")
        self.assertIn("no calendar", self.run_it("lesson", "import", "8b", "not.ics", status=FORMAT).err)
        (self.dir / "bad.ics").write_bytes(calendar.replace(b"20260902T080000", b"20260931T080000"))
        self.assertIn("line 14: a time or a rule", self.run_it("lesson", "import", "8b", "bad.ics", status=FORMAT).err)

    def test_a_schools_roster(self):
        """OneRoster 1.1 and 1.2: who is a student is said in users.csv, or in roles.csv."""
        classes = ("sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds\n"
                   "c-1,active,,Physics,8,k,8b,scheduled,,o,t\nc-2,active,,Art,8,k,A r t,scheduled,,o,t\nc-3,tobedeleted,,Old,,,,,,,\n")
        enrollments = ("sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n"
                       "1,active,,c-1,o,s1,student,,2026-08-17,\n2,active,,c-1,o,s2,student,,2026-08-17,2026-11-30\n3,active,,c-2,o,s2,student,,,\n"
                       "4,active,,c-1,o,t1,teacher,true,,\n5,tobedeleted,,c-2,o,s1,student,,,\n")
        first = ("\ufeffsourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,email,password,grades\r\n"
                 "s1,active,,true,o,student,ada,,Ada,Lovelace,ada@example.org,secret,8\r\ns2,active,,true,o,student,jo,,Jo\u0301,Doe,,,8\r\n"
                 "t1,active,,true,o,teacher,max,,Max,M,,,\r\n")
        second = ("sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,grades,preferredGivenName\n"
                  "s1,,,true,ada,,Ada,Lovelace,9,Adi\ns2,,,true,jo,,Jo\u0301,Doe,9,\nt1,,,true,max,,Max,M,,\n")
        roles = "sourcedId,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\n1,s1,primary,student,,,o\n2,s2,primary,student,,,o\n3,t1,primary,teacher,,,o\n"
        for name, users, more in (("1p1", first, {}), ("1p2", second, {"roles.csv": roles})):
            folder = self.dir / name
            folder.mkdir()
            for file, text in {"users.csv": users, "classes.csv": classes, "enrollments.csv": enrollments, "manifest.csv": "propertyName,value\n", **more}.items():
                (folder / file).write_text(text, newline="")
        result = self.run_it("import", "oneroster", "1p1", "--zone", "Europe/Berlin")
        self.assertIn("2 students: 2 new", result.err)
        self.assertIn("2 classes, 3 enrolments new", result.err)
        self.assertEqual([(one["id"], one["name"], one["year"]) for one in self.run_it("students", "--json").objects()],
                         [("s1", "Ada Lovelace", "8"), ("s2", "J\u00f3 Doe", "8")])
        self.assertNotIn(b"secret", self.everything())
        self.assertNotIn(b"ada@example.org", self.everything())
        self.assertIn("8b (Physics): Europe/Berlin", self.run_it("class").out)
        self.assertIn("c-2 (Art)", self.run_it("class").out)  # its code is no word
        members = self.run_it("class", "8b", "--json").objects()
        self.assertEqual([(one["id"], one["from"], one["to"]) for one in members if "can_be_recognised" in one],
                         [("s1", "2026-08-17", None), ("s2", "2026-08-17", "2026-11-30")])
        again = self.run_it("import", "oneroster", "1p2")
        self.assertIn("2 students: 0 new, 2 changed", again.err)
        self.assertIn("0 enrolments new", again.err)
        self.assertEqual([(one["name"], one["year"]) for one in self.run_it("students", "--json").objects()],
                         [("Adi Lovelace", "9"), ("J\u00f3 Doe", "9")])
        everybody = self.run_it("export", "--what", "json").out
        for name, folder in (("1p2.zip", ""), ("in a folder.ZIP", "export/")):
            self.db.unlink()
            self.zip(name, {f"{folder}{path.name}": path.read_bytes() for path in (self.dir / "1p2").iterdir()})
            self.run_it("import", "oneroster", "1p1")
            self.assertIn("2 students: 0 new, 2 changed", self.run_it("import", "oneroster", name).err)
            self.assertEqual(self.run_it("export", "--what", "json").out, everybody)
        (self.dir / "1p1" / "users.csv").write_text("sourcedId,name\ns1,Ada\n")
        self.assertIn("users.csv: no column 'givenName'", self.run_it("import", "oneroster", "1p1", status=FORMAT).err)
        self.assertIn("users.csv", self.run_it("import", "oneroster", "nowhere", status=NOT_FOUND).err)

    def zip(self, name, files):
        with zipfile.ZipFile(self.dir / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in files.items():
                archive.writestr(path, content)

    def test_a_zip_that_is_no_roster_is_refused(self):
        users = "sourcedId,status,role,givenName,familyName\ns1,active,student,Ada,Lovelace\n"
        link = zipfile.ZipInfo("users.csv")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        for files, status, said in (
                ({"photo.jpg": b"x"}, FORMAT, "there is no users.csv in it"),
                ({"users.csv": b""}, FORMAT, "there is no users.csv in it"),
                ({"users.csv": users, "old/users.csv": users}, FORMAT, "it has several files users.csv"),
                ({"../users.csv": users}, FORMAT, "its name leads out of the archive"),
                ({link: "/etc/passwd"}, FORMAT, "a link is not followed"),
                ({"users.csv": users, "classes.csv": b"a" * (24 << 20)}, LIMIT, "more than 100 times its size"),
                ({"users.csv": "\n".join(str(i) for i in range(6_000_000))}, FORMAT, "larger than a photo")):
            with self.subTest(said):
                self.zip("roster.zip", files)
                result = self.run_it("import", "oneroster", "roster.zip", status=status)
                self.assertIn("roster.zip", result.err)
                self.assertIn(said, result.err)
        (self.dir / "roster.zip").write_bytes(b"PK\3\4 and nothing else")
        self.run_it("import", "oneroster", "roster.zip", status=FORMAT)
        self.run_it("import", "oneroster", "nowhere.zip", status=NOT_FOUND)
        self.assertFalse(self.db.exists())

    def test_what_is_wrong_is_said(self):
        self.make_class()
        self.film("a.mp4", "obama2.jpg", 2)
        for words, status, text in (
            (("lesson", "add", "8b", "a.mp4"), ARGUMENT, "say --start"),
            (("lesson", "add", "8b", "a.mp4", "--start", "2026-11-28T08:00:00"), NOT_FOUND, "by its timetable"),
            (("lesson", "add", "8b/2026-11-27", "a.mp4", "--start", "08:00:00"), NOT_FOUND, "has no lesson '2026-11-27'"),
            (("lesson", "new", "8b", "27.11.2026"), ARGUMENT, "is no day"),
            (("lesson", "new", "8b", "2026-11-28"), NOT_FOUND, "say its times"),
            (("lesson", "new", "8b", "2026-11-28", "8-9"), ARGUMENT, "is no time of a lesson"),
            (("lesson", "mark", "1", "44"), ARGUMENT, "usage: homeroom lesson mark"),
            (("lesson", "delete", "1"), ARGUMENT, "lesson takes new, import, add, again"),
            (("class", "new", "8 b"), ARGUMENT, "without blanks"),
            (("class", "new", "7a", "--zone", "Berlin"), ARGUMENT, "no time zone"),
            (("class", "meets", "8b", "friday", "08:00-08:45"), ARGUMENT, "day of the week"),
            (("class", "enrol", "9z", "44"), NOT_FOUND, "there is no class '9z'"),
            (("class", "9z"), NOT_FOUND, "there is no class '9z'"),
            (("attendance", "17"), NOT_FOUND, "no lesson 17"),
            (("attendance", 600 * "8" + "/2026-11-27"), ARGUMENT, "too long for a lesson's name"),
            (("attendance", "9z"), NOT_FOUND, "there is no class '9z'"),
        ):
            with self.subTest(words):
                self.assertIn(text, self.run_it(*words, status=status).err)
        self.assertEqual(self.run_it("lesson").out, "")

    def test_classes_are_shown_and_removed(self):
        self.make_class()
        self.assertEqual(self.run_it("class").out,
                         "8b (Physics): Europe/Berlin, late after 5 min, early before 5 min, 4 students, 0 lessons\n")
        self.assertIn("meets fri 08:00-08:02\n44 (Barack Obama): from 2026-09-01\n48 (Cleo): from 2026-09-01, has no photo\n",
                      self.run_it("class", "8b").out)
        self.run_it("class", "off", "8b", WEEKDAY_DAY)
        self.run_it("lesson", "new", "8b", WEEKDAY_DAY, status=NOT_FOUND)
        self.run_it("class", "off", "8b", WEEKDAY_DAY, "--not-any-more")
        self.run_it("lesson", "new", "8b", WEEKDAY_DAY)
        self.run_it("class", "leave", "8b", 48, "--until", "2026-11-26")
        self.assertNotIn("Cleo", self.statuses())
        self.run_it("class", "remove", "8b", status=ARGUMENT)
        self.run_it("class", "remove", "8b", "--yes")
        self.assertEqual(self.run_it("class").out + self.run_it("lesson").out, "")


if __name__ == "__main__":
    main()
