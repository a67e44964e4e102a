"""Small files that ask for much (tests/bombs/make.py), in a control group of 1 GiB: none ends the program, each has its
error in its time, and good videos beside them are done.

A control group takes root; without it the same is tried with what the program limits itself to.
"""

import re

from harness import *

MEMORY_BYTES, TIMEOUT_S = 1 << 30, 5
GROUPS = {  # version: where groups lie, the file that has the limit
    1: (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
    2: (Path("/sys/fs/cgroup"), "memory.max"),
}


class Group:
    """A control group of its own for what the test starts; `path` is None where that can't be had."""

    def __init__(self):
        self.path = None
        for version, (root, limit) in GROUPS.items():
            path = root / f"homeroom-test-{os.getpid()}"
            if version == 2 and not (root / "cgroup.controllers").exists():
                continue
            try:
                path.mkdir()
                if not (path / limit).exists():
                    path.rmdir()
                    continue
                (path / limit).write_text(str(MEMORY_BYTES))
            except OSError:
                continue
            self.path = path
            return
        print("WITHOUT A CONTROL GROUP: only root can make one; the program's own limits are what is tried")

    def enter(self):
        if self.path is not None:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        for _ in range(100):
            if self.path is None:
                return
            try:
                self.path.rmdir()
                return
            except OSError:
                time.sleep(0.1)


class Bombs(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group = Group()
        cls.addClassCleanup(cls.group.remove)
        cls.folder = COMMON / "bombs"
        made = subprocess.run([sys.executable, SOURCE / "tests" / "bombs" / "make.py", cls.folder], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        cls.bombs = [line.split("\t")[0] for line in made.splitlines()]

    def setUp(self):
        super().setUp()
        self.enrolled()

    def start(self, *words, **options):
        return super().start(*words, preexec_fn=self.group.enter, **options)

    def beside(self, folder):
        """Three good clips, first, between and last; the bombs around them."""
        folder.mkdir()
        for name in self.bombs:
            shutil.copy(self.folder / name, folder)
        for name in ("a good one.mp4", "index good.mp4", "zz good.mp4"):
            shutil.copy(self.videos() / "obama.mp4", folder / name)

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(self.bombs), 19)
        for name in self.bombs:
            self.assertLess((self.folder / name).stat().st_size, 8 << 20, name)

    def test_each_by_itself(self):
        for name in self.bombs:
            with self.subTest(name):
                begin = time.monotonic()
                result = self.run_it("recognize", self.folder / name, "--out", "-", "--timeout", TIMEOUT_S, status=None)
                self.assertIn(result.status, {OK, FORMAT, UNSUPPORTED, LIMIT, 9, DEADLINE}, result)  # 9: memory
                self.assertEqual(result.out != "", result.status == OK, result)
                self.assertEqual(len(re.findall("^error: ", result.err, re.M)), int(result.status != OK), result)
                self.assertLess(time.monotonic() - begin, 4 * TIMEOUT_S)

    def test_the_decoder_is_ended_in_time(self):
        """Whatever it does: two seconds are promised, and the machine may have others to serve."""
        for name in ("frames-gif.gif", "minutes.h264"):
            begin = time.monotonic()
            self.run_it("recognize", self.folder / name, "--out", "-", "--timeout", 1, status=DEADLINE)
            self.assertLess(time.monotonic() - begin, 1 + 2 + 4)

    def test_recognize_does_the_good_ones(self):
        self.beside(self.dir / "in")
        files = sorted((self.dir / "in").iterdir())
        self.run_it("recognize", *files, "--out", "reports", "--timeout", TIMEOUT_S, status=None)
        for name in ("a good one", "index good", "zz good"):
            self.assertIn(",".join(OBAMA_ROW), (self.dir / "reports" / f"{name}.csv").read_text())

    def test_watch_does_the_good_ones(self):
        """Each bomb has a report, of an error or, where it can be read after all, of nobody; none is taken again."""
        self.beside(self.dir / "in")
        self.run_it("watch", "in", "reports", "--once", "--interval", "0.2", "--timeout", TIMEOUT_S, status=None)
        reports = {path.name for path in (self.dir / "reports").iterdir() if path.name[0] != "."}
        for name in ("a good one.mp4", "index good.mp4", "zz good.mp4"):
            self.assertIn(",".join(OBAMA_ROW), (self.dir / "reports" / f"{name}.csv").read_text())
        for name in self.bombs:
            with self.subTest(name):
                self.assertTrue({f"{name}.csv", f"{name}.error.json"} & reports, sorted(reports))


if __name__ == "__main__":
    main()
