"""Damaged inputs: a clear message each, the rest of the batch done, the exit status as documented."""

import subprocess
import sys

from harness import FORMAT, IO, LIMIT, OK, SOURCE, UNSUPPORTED, COMMON, Case, main, make_video, PHOTOS

# What a file may be refused with; whatever else would be a mistake of ours.
REFUSALS = {FORMAT, UNSUPPORTED, LIMIT, IO}


class Damaged(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = COMMON / "damaged"
        if cls.files.exists():
            return
        cls.files.mkdir()
        subprocess.run([sys.executable, SOURCE / "tests" / "video" / "damaged.py", cls.files], check=True)

    def expectations(self):
        with open(self.files / "expected.tsv", encoding="utf-8") as lines:
            return [line.rstrip("\n").split("\t") for line in lines]

    def test_each_by_itself(self):
        """Status, message, and a report where there is one to be had."""
        self.enrolled()
        expectations = self.expectations()
        self.assertGreaterEqual(len(expectations), 30)
        for name, outcome, words in expectations:
            with self.subTest(file=name):
                result = self.run_it("recognize", self.files / name, "--out", "-", status=None)
                allowed = {"ok": {OK}, "warning": {OK}, "error": REFUSALS, "any": REFUSALS | {OK}}[outcome]
                self.assertIn(result.status, allowed, result)
                self.assertEqual(result.out != "", result.status == OK, result)
                if result.status != OK:
                    self.assertIn(name, result.err)
                    self.assertEqual(result.err.count("error: "), 1, result)
                if outcome == "warning":
                    self.assertIn("warning: ", result.err)
                if words != "-":
                    self.assertIn(words, result.err)
                self.assertNotIn("Sanitizer", result.err)

    def test_all_in_one_batch_with_good_ones(self):
        """Good videos first, in the middle and last are all reported; the status is the first failure's."""
        self.enrolled()
        good = [make_video(self.dir / f"good {i}.mp4", PHOTOS / "obama2.jpg") for i in range(3)]
        bad = [self.files / name for name, outcome, _ in self.expectations() if outcome == "error"]
        bad = list({path.stem: path for path in bad}.values())  # reports are named after them: one of each name
        self.assertGreaterEqual(len(bad), 15)
        first = self.run_it("recognize", bad[0], "--out", "-", status=None).status
        self.assertIn(first, REFUSALS)
        half = len(bad) // 2
        result = self.run_it("recognize", good[0], *bad[:half], good[1], *bad[half:], good[2], "--out", "reports",
                             status=first)
        reports = sorted((self.dir / "reports").iterdir())
        self.assertEqual([path.name for path in reports], [f"good {i}.csv" for i in range(3)])
        for path in reports:
            self.assertEqual(path.read_bytes(), b"name,major,year\r\nBarack Obama,Law,senior\r\n")
        self.assertEqual(result.err.count("error: "), len(bad), result)


if __name__ == "__main__":
    main()
