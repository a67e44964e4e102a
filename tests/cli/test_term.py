"""A term against the truth: every time right to one look, nobody present who was not there, who is in doubt in review."""

import datetime

from harness import *
from term import LESSON_S, PART_S, Term

PEOPLE = SHARED / "people" / "lfw"
# The everyday run looks at one lesson twice a second; the long one at the whole term, and at three lessons more often.
LONG = os.environ.get("HOMEROOM_TERM") == "all"


@unittest.skipUnless(PEOPLE.is_dir(), f"no people to film in {PEOPLE}: HOMEROOM_SHARED says where they are")
class TermAgainstTheTruth(OverDatabase):
    maxDiff = None

    def make_class(self, term):
        rows = "".join(f"{student},Student {student},art,junior\n" for student in term.students)
        (self.dir / "class.csv").write_text("id,name,major,year\n" + rows)
        photos = self.dir / "photos"
        for student in term.students:
            (photos / student).mkdir(parents=True)
            for picture in term.enrolled(student):
                shutil.copy(picture, photos / student)
        self.run_it("import", "students", "class.csv")
        self.run_it("enroll", photos)
        self.run_it("class", "new", "8b", "--late", 1, "--early", 1, "--zone", "UTC")
        for student in term.students:
            first = term.lessons[min(4, len(term.lessons) - 1)].day if student == term.newcomer else "2026-09-01"
            self.run_it("class", "enrol", "8b", student, "--from", first)

    def look_alike(self, term):
        """Of those who are not in the class, the one whom the program finds most like somebody who is."""
        pictures = sorted((PEOPLE / "strangers").iterdir())[2:120]
        self.run_it("recognize", *pictures, "--format", "json", "--out", "reports")
        most, who = -1, None
        for picture in pictures:
            for track in json.loads((self.dir / "reports" / f"{picture.stem}.json").read_text())["tracks"]:
                if (track.get("similarity") or -1) > most:
                    most, who = track["similarity"], picture
        return who

    def look_at(self, term, rate, indices):
        for lesson in (term.lessons[index] for index in indices):
            self.run_it("lesson", "new", "8b", lesson.day, "08:00-08:03")
            for camera in (0, 1):
                parts = [self.dir / f"{lesson.day}-{camera}-{part}.mp4" for part in range(LESSON_S // PART_S)]
                self.run_it("lesson", "add", f"8b/{lesson.day}", *parts, "--start", "08:00:00", "--camera", f"camera {camera}", "--fps", rate)
            for student in lesson.excused:
                self.run_it("lesson", "mark", f"8b/{lesson.day}", student, "excused")

    def judge(self, term, index, rate, counts):
        """Holds one roll against the truth; what is wrong is said all at once."""
        lesson, wrong = term.lessons[index], []
        roll = {row["id"]: row for row in json.loads(self.run_it("attendance", f"8b/{lesson.day}", "--json").out)["students"]}
        start = datetime.datetime.fromisoformat(f"{lesson.day}T08:00:00+00:00")
        for student in term.students:
            row, times = roll.get(student), lesson.times(student)
            if student == term.newcomer and index < min(4, len(term.lessons) - 1):
                if row is not None:
                    wrong.append((student, "on the roll before he is in the class", row["status"]))
                continue
            if row["status"] == "review":
                counts["review"] += 1
                continue
            true = ("excused" if student in lesson.excused else "absent" if times is None
                    else "late" if times[0] > 60 else "left_early" if times[1] < LESSON_S - 60 else "present")
            if row["status"] != true:
                wrong.append((student, row["status"], "and it was", true, row["why"]))
            counts["right"] += row["status"] == true
            if row["status"] in ("present", "late", "left_early"):
                for name, at in (("arrived", times[0]), ("left", times[1])):
                    seen = (datetime.datetime.fromisoformat(row[name]) - start).total_seconds()
                    low, high = (at, at + 1 / rate) if name == "arrived" else (at - 1 / rate, at)
                    if not low - 0.101 <= seen <= high + 0.101:  # a picture of the video, 0.1 s, either way
                        wrong.append((student, name, seen, "and it was", at))
        self.assertEqual(wrong, [], f"{lesson.day} at {rate} looks a second")

    def test_the_roll_is_the_truth_or_in_review(self):
        term = Term(PEOPLE, lessons=10 if LONG else 1)
        self.make_class(term)
        if LONG:
            term = Term(PEOPLE, look_alike=self.look_alike(term))
        for lesson in term.lessons:
            for camera in (0, 1):
                for part in range(LESSON_S // PART_S):
                    term.film(lesson, camera, part, self.dir / f"{lesson.day}-{camera}-{part}.mp4")
        for rate in (1, 2, 3, 5) if LONG else (2,):
            counts = {"right": 0, "review": 0}
            indices = (0, 4, 8) if rate > 1 and LONG else range(len(term.lessons))
            self.look_at(term, rate, indices)
            for index in indices:
                with self.subTest(day=term.lessons[index].day, rate=rate):
                    self.judge(term, index, rate, counts)
            print(f"{rate} looks a second: {counts['right']} right, {counts['review']} in review", flush=True)
            self.assertGreater(counts["right"], 2 * counts["review"])
            for lesson in (term.lessons[index] for index in indices):
                self.run_it("lesson", "remove", f"8b/{lesson.day}", "--yes")


if __name__ == "__main__":
    main()
