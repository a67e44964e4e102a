"""Small files that ask for far more memory or time than they are worth (tests/bombs/make.py), with 1 GiB in all: the
program is not ended, each of them gets a report or an error of its own, and what is good beside them is done.

HOMEROOM_BOMBS=all: every one of them, which takes minutes; else those of which each is done in a second or two."""

import subprocess
import sys

from harness import *

sys.path.insert(0, str(SOURCE / "tests" / "support"))
from memory_limit import MemoryLimit

CSV = b"name,major,year\r\nBarack Obama,Law,senior\r\n"
GOOD = [f"good {number}.mp4" for number in range(3)]
QUICK = ["index-", "count-", "config-large", "tracks.", "nested.", "h264-large", "h264-claims", "h264-65536",
         "size.mkv", "block.mkv", "compressed.mkv", "superindex.avi", "count.flv", "text-", "profile.png",
         "large.png", "claims.", "large.jpg", "large.webp", "canvas.webp", "deflate.tif", "hevc-large", "hevc-claims", "large.gif"]
SLOW = ("index-offsets.mp4", "large.gif")  # they are ended by the time limit
ALL = os.environ.get("HOMEROOM_BOMBS") == "all"
SANITIZED = os.environ.get("HOMEROOM_SANITIZED") == "1"  # the limit would be that of the sanitizer's own memory
MEMORY = 1 << 30
TIMEOUT_S = 15


class Bombs(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = COMMON / "bombs"
        if not cls.files.exists():
            maker = [sys.executable, "-B", SOURCE / "tests" / "bombs" / "make.py"]
            subprocess.run([*maker, cls.files, *([] if ALL else QUICK)], check=True)
        with open(cls.files / "bombs.tsv", encoding="utf-8") as lines:
            cls.names = [line.split("\t")[0] for line in lines]
        if not ALL:
            cls.names = [name for name in cls.names if not name.startswith(SLOW)]

    def setUp(self):
        super().setUp()
        self.enrolled()

    def limited(self, *words):
        """The program with little memory; it must end by itself."""
        if SANITIZED:
            size = MEMORY >> 20
            more = f"allocator_may_return_null=1:soft_rss_limit_mb={size}:max_allocation_size_mb={size}"
            options = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), more)))
            process = self.start(*words, env={"ASAN_OPTIONS": options})
            out, err = process.communicate(timeout=1500)
        else:
            with MemoryLimit(MEMORY) as limit:
                print(f"memory: {limit.how}", file=sys.stderr)
                process = self.start(*words, preexec_fn=limit.enter)
                out, err = process.communicate(timeout=1500)
        result = Result(subprocess.CompletedProcess(words, process.returncode, out, err))
        self.assertGreaterEqual(result.status, 0, f"ended by a signal: {result}")
        # That there is no memory, as it was told to say, is a warning of its own.
        self.assertNotRegex(result.err, "ERROR: [A-Za-z]*Sanitizer|runtime error: ")
        return result

    def good(self, folder):
        for name in GOOD:
            shutil.copyfile(self.videos() / "obama.mp4", folder / name)

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(self.names), 80 if ALL else 45)

    def test_recognize(self):
        """Good videos first, in the middle and last."""
        self.good(self.dir)
        paths = [self.files / name for name in self.names]
        half = len(paths) // 2
        result = self.limited("recognize", GOOD[0], *paths[:half], GOOD[1], *paths[half:], GOOD[2], "--out", "-",
                              "--format", "json", "--timeout", TIMEOUT_S)
        reports, rest = {}, result.out.lstrip()
        while rest:
            report, end = json.JSONDecoder().raw_decode(rest)
            reports[report["video"]["name"].split("/")[-1]] = report
            rest = rest[end:].lstrip()
        failures = [line for line in result.err.splitlines() if line.startswith("error: ")]
        for name in GOOD:
            self.assertEqual([student["id"] for student in reports[name]["students"]], ["44"], result)
        for name in self.names:
            with self.subTest(bomb=name):
                errors = [line for line in failures if re.search(rf"/{re.escape(name)}'?:", line)]
                self.assertEqual(len(errors), 0 if name in reports else 1, result)

    def test_who_decodes_is_ended_in_time(self):
        """Whatever it does: two seconds are promised, and the machine may have others to serve."""
        for name in SLOW:
            with self.subTest(bomb=name):
                begin = time.monotonic()
                result = self.limited("recognize", self.files / name, "--out", "-", "--timeout", 1)
                self.assertEqual(result.status, DEADLINE, result)
                self.assertLess(time.monotonic() - begin, 1 + 2 + 20)

    def test_watch(self):
        incoming, reports = self.dir / "in", self.dir / "reports"
        incoming.mkdir()
        self.good(incoming)
        for name in self.names:
            shutil.copyfile(self.files / name, incoming / name)
        result = self.limited("watch", incoming, reports, "--once", "--interval", "0.2", "--timeout", TIMEOUT_S)
        for name in GOOD:
            self.assertEqual((reports / f"{name}.csv").read_bytes(), CSV, result)
        for name in self.names:
            with self.subTest(bomb=name):
                error = reports / f"{name}.error.json"
                self.assertNotEqual((reports / f"{name}.csv").exists(), error.exists(), result)
                if error.exists():
                    report = json.loads(error.read_text())
                    self.assertEqual(report["video"], name)
                    self.assertGreater(len(report["message"]), 10)
        self.assertEqual([name for name in os.listdir(reports) if name.startswith(".begun-")], [])


if __name__ == "__main__":
    main()
