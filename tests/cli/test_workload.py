"""homeroom workload between two folders: a stand-in for the recogniser, and 'homeroom watch' itself."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

from harness import *

MAPPING = "".join(f"test_{i}.mp4:{'physics' if i % 3 == 0 else 'math'},senior\n" for i in range(30))


class Recogniser(threading.Thread):
    """Answers each video that appears in the folder as `answer(name, bytes)` says: {file name: text}."""

    def __init__(self, source, target, answer):
        super().__init__()
        self.source, self.target, self.answer = source, target, answer
        self.enough = threading.Event()
        self.videos = {}
        self.known = set(self.look())  # what is there already is an earlier run's

    def look(self):
        for path in self.source.glob("test_*.mp4"):
            with contextlib.suppress(FileNotFoundError):  # being cleared
                yield path, path.stat().st_mtime_ns

    def run(self):
        while not self.enough.wait(0.02):
            for path, time_ns in self.look():
                if (path, time_ns) not in self.known:
                    self.known.add((path, time_ns))
                    self.videos[path.name] = path.read_bytes()
                    for name, text in self.answer(path.stem, self.videos[path.name]).items():
                        (self.target / f".{name}").write_text(text)
                        (self.target / f".{name}").rename(self.target / name)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.enough.set()
        self.join()


def report(stem, clip):
    return {f"{stem}.csv": f"name,major,year\r\nsome_one,{clip.decode()},senior\r\n"}


class Workload(Case):
    needs_models = False

    def setUp(self):
        super().setUp()
        for folder in ("clips", "in", "out"):
            (self.dir / folder).mkdir()
        # The clips hold what a recogniser would see in them.
        for number, major in ((0, "physics"), (1, "math"), (2, "math")):
            (self.dir / f"clips/test_{number}.mp4").write_text(major)
        (self.dir / "mapping").write_text(MAPPING)
        self.words = "workload --videos clips --mapping mapping --input in --output out --poll 0.05".split()

    def workload(self, *more, answer=report, status=OK):
        with Recogniser(self.dir / "in", self.dir / "out", answer) as self.recogniser:
            return self.run_it(*self.words, *more, status=status)

    def test_all_right(self):
        result = self.workload("--count", "30")
        self.assertRegex(result.out, r"^videos      30 of 30 right\nlatency     p50 [\d.]+ s, p90 [\d.]+ s, p95 [\d.]+ s, ")
        self.assertIn("by the server's clock", result.out)
        self.assertRegex(result.out, r"(?m)^throughput  [\d.]+ videos per second, in [\d.]+ s$")
        self.assertIn("\ncost        not known: it takes the function's log, --durations FILE\n", result.out)
        self.assertEqual(result.err, "")
        self.assertEqual(len(self.recogniser.videos), 30)
        self.assertNotIn("some_one", result.out)

    def test_more_videos_than_lines(self):
        self.workload("--count", "64", "--rate", "200")
        self.assertEqual(self.recogniser.videos["test_31.mp4"], b"math")
        self.assertEqual(self.recogniser.videos["test_33.mp4"], b"physics")

    def test_failures(self):
        def answer(stem, clip):
            return {
                "test_1": {"test_1.csv": "name,major,year\r\nx,physics,senior\r\n"},
                "test_2": {"test_2.error.json": '{"code": "format", "message": "not a \\u001b[2Jvideo"}'},
                "test_3": {},
                "test_4": {"test_4.csv": "name,major,year\r\n"},
            }.get(stem) or (report(stem, clip) if stem != "test_3" else {})

        result = self.workload("--count", "6", "--timeout", "2", answer=answer, status=NO)
        self.assertEqual(result.out.splitlines()[:5], [
            "videos      2 of 6 right, 2 wrong, 1 failed, 1 missing",
            "  test_1.mp4  wrong: physics,senior instead of math,senior",
            "  test_2.mp4  failed: format: not a ?[2Jvideo",
            "  test_3.mp4  missing",
            "  test_4.mp4  wrong: it has 0 rows instead of one for math,senior",
        ])  # fmt: skip

    def test_json(self):
        result = self.workload("--count", "5", "--timeout", "1", "--json", status=NO,
                               answer=lambda stem, clip: report(stem, clip) if stem != "test_3" else {})
        (answer,) = result.objects()
        counts = {name: answer[name] for name in "videos uploaded right wrong failed missing unsent open".split()}
        self.assertEqual(counts, {"videos": 5, "uploaded": 5, "right": 4, "wrong": 0, "failed": 0, "missing": 1, "unsent": 0, "open": 0})
        self.assertEqual(answer["clock"], "server")
        for latency in ("latency_s", "latency_server_s", "latency_own_s"):
            self.assertEqual(answer[latency]["count"], 4)
            self.assertLessEqual(answer[latency]["p50"], answer[latency]["max"])
        self.assertIsNone(answer["cost"], "the latency has the waiting in it")
        self.assertEqual(answer["problems"], [{"video": "test_3.mp4", "outcome": "missing", "reason": ""}])

    def test_cost_as_billed(self):
        (self.dir / "log").write_text(
            "START\nREPORT RequestId: 1\tDuration: 999.5 ms\tBilled Duration: 1000 ms\tMemory Size: 1024 MB\tInit Duration: 50 ms\n"
            "REPORT RequestId: 2\tDuration: 2999.5 ms\tBilled Duration: 3000 ms\tMemory Size: 1024 MB\n"
        )
        result = self.workload("--count", "2", "--durations", "log")
        self.assertIn("cost        0.0335 USD per thousand videos in Lambda: 2000 ms at 1024 MB, as billed for 2 calls\n", result.out)
        self.assertIn("1 of 2 calls started the function, in 50 ms\n", result.out)
        result = self.workload("--clear", "--count", "2", "--durations", "log", "--memory-mb", "2048", "--price-gb-s", "0.00001", "--price-calls", "0")
        self.assertIn("cost        0.0400 USD per thousand videos in Lambda: 2000 ms at 2048 MB", result.out)

    def test_log_that_comes_with_the_reports(self):
        os.mkfifo(self.dir / "pipe")

        def tell():
            with open(self.dir / "pipe", "w") as pipe:  # waits until the program opens it
                self.assertTrue((self.dir / "out/test_2.csv").exists(), "the log was read before the reports were there")
                pipe.write("REPORT RequestId: 1\tDuration: 9.5 ms\tBilled Duration: 10 ms\tMemory Size: 1024 MB\n")

        with ThreadPoolExecutor(1) as pool:
            told = pool.submit(tell)
            result = self.workload("--count", "3", "--durations", "pipe", "--json")
            told.result()
        (answer,) = result.objects()
        self.assertEqual({name: answer["cost"][name] for name in ("basis", "billed_ms", "memory_mb", "calls")},
                         {"basis": "billed", "billed_ms": 10, "memory_mb": 1024, "calls": 1})

    def test_log_of_nothing_billed(self):
        result = self.workload("--count", "3", "--durations", "mapping")
        self.assertIn("videos      3 of 3 right\n", result.out)
        self.assertIn("cost        not known: 'mapping': there is no REPORT line of a Lambda function in it\n", result.out)

    def test_old_reports(self):
        (self.dir / "out/test_1.csv").write_text("old")
        (self.dir / "out/lesson.csv").write_text("somebody's")
        (self.dir / "in/test_99.mp4").write_text("physics")
        (self.dir / "in/lesson.mp4").write_text("somebody's")
        result = self.workload("--count", "2", status=CONFLICT)
        self.assertIn("--clear", result.err)
        self.assertEqual((self.dir / "out/test_1.csv").read_text(), "old")
        self.assertFalse((self.dir / "in/test_0.mp4").exists())
        result = self.workload("--count", "2", "--clear")
        self.assertIn("removed 1 file from 'out'", result.err)
        self.assertEqual(sorted(path.name for path in (self.dir / "in").iterdir()), ["lesson.mp4", "test_0.mp4", "test_1.mp4"])
        self.assertEqual((self.dir / "out/lesson.csv").read_text(), "somebody's")

    def test_refused_before_anything_is_uploaded(self):
        for missing in ("videos", "mapping", "input", "output"):
            words = list(self.words)
            at = words.index(f"--{missing}")
            result = self.run_it(*words[:at], *words[at + 2:], status=ARGUMENT)
            self.assertEqual(result.err, f"error: --{missing} is missing; see 'homeroom help workload'\n")
        (self.dir / "empty").mkdir()
        (self.dir / "bad").write_text("test_0.mp4 physics\n")
        (self.dir / "other").write_text("test_0.mp4:law,junior\n")
        for words, status, because in (
            (("--videos", "empty"), NOT_FOUND, "there is no clip"),
            (("--videos", "nowhere"), NOT_FOUND, "'nowhere'"),
            (("--mapping", "bad"), FORMAT, "line 1"),
            (("--mapping", "nowhere"), NOT_FOUND, "'nowhere'"),
            (("--mapping", "other"), NOT_FOUND, "test_1.mp4"),
            (("--output", "nowhere"), NOT_FOUND, "'nowhere'"),
            (("--durations", "nowhere"), NOT_FOUND, "'nowhere'"),
            (("--count", "0"), ARGUMENT, "--count"),
            (("--uploads", "65"), ARGUMENT, "--uploads"),
        ):
            self.assertIn(because, self.run_it(*self.words, *words, status=status).err)
        self.assertEqual(list((self.dir / "in").iterdir()), [])

    def test_interrupted(self):
        with Recogniser(self.dir / "in", self.dir / "out", lambda stem, clip: report(stem, clip) if stem == "test_0" else {}):
            process = self.start(*self.words, "--count", "4")
            self.wait_for((self.dir / "out/test_0.csv").exists, process)
            self.wait_for((self.dir / "in/test_3.mp4").exists, process)
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            result = self.finish(process, NO)
        self.assertIn("videos      1 of 4 right, 3 open\n", result.out)
        self.assertIn("stopped before every video had its report", result.err)

    def test_progress_on_a_terminal(self):
        master, slave = self.terminal()
        with Recogniser(self.dir / "in", self.dir / "out", report):
            self.run_it(*self.words, "--count", "4", stderr=slave)
        self.assertIn("4 videos: 4 uploaded, 4 right, 0 not right, 0 to come", self.read_terminal(master))


class Watched(Case):
    """The whole chain on one machine."""

    def test_watch_is_right(self):
        for folder in ("clips", "in", "out"):
            (self.dir / folder).mkdir()
        (self.dir / "students.csv").write_text("id,name,major,year\n44,Barack Obama,law,senior\n46,Joe Biden,history,junior\n")
        self.run_it("import", "students", "students.csv")
        for student, name in (("44", "obama"), ("46", "biden")):
            self.run_it("enroll", student, PHOTOS / f"{name}.jpg")
        shutil.copy(self.videos() / "obama.mp4", self.dir / "clips/test_0.mp4")
        shutil.copy(self.videos() / "biden.mp4", self.dir / "clips/test_1.mp4")
        (self.dir / "mapping").write_text("test_0.mp4:law,senior\ntest_1.mp4:history,junior\n")
        watch = self.start("watch", "in", "out", "--interval", "0.2")
        result = self.run_it(*"workload --videos clips --mapping mapping --input in --output out --count 4 --timeout 120".split())
        self.assertIn("videos      4 of 4 right\n", result.out)
        watch.terminate()
        self.finish(watch, OK)


if __name__ == "__main__":
    main()
