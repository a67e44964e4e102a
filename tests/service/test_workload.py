"""homeroom workload against MinIO, with a stand-in for the recogniser."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor

from servers import *

PROGRAM = os.environ.get("HOMEROOM_PROGRAM", "homeroom-not-given")
INPUT, OUTPUT = "workload-input", "workload-output"
OK, NO, NOT_FOUND, PERMISSION, CONFLICT = 0, 1, 3, 4, 13


class Recogniser(threading.Thread):
    def __init__(self, s3, answer):
        super().__init__()
        self.s3, self.answer = s3, answer
        self.enough, self.done = threading.Event(), {}
        self.known = set(s3.keys_of(INPUT, "videos/"))  # an earlier run's

    def run(self):
        while not self.enough.wait(0.05):
            for key in self.s3.keys_of(INPUT, "videos/"):
                stem = key.removeprefix("videos/").removesuffix(".mp4")
                if key not in self.known:
                    self.known.add(key)
                    self.done[stem] = self.s3.get(INPUT, key).decode()
                    for name, text in self.answer(stem, self.done[stem]).items():
                        self.s3.put(OUTPUT, f"reports/{name}", text.encode())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.enough.set()
        self.join()


def report(stem, clip):
    return {f"{stem}.csv": f"name,major,year\r\nsome_one,{clip},senior\r\n"}


class Workload(ServiceCase):
    servers = {"minio": Minio}

    def setUp(self):
        self.s3 = s3_of(self.minio)
        for bucket in (INPUT, OUTPUT):
            self.s3.make_bucket(bucket)
            for key in self.s3.keys_of(bucket):
                self.s3.delete(bucket, key)
        self.dir = Path(tempfile.mkdtemp(dir=self.folder))
        (self.dir / "clips").mkdir()
        for number, major in enumerate(("physics", "math")):
            (self.dir / f"clips/test_{number}.mp4").write_text(major)
        (self.dir / "mapping").write_text("test_0.mp4:physics,senior\ntest_1.mp4:math,senior\n")

    def start(self, *more, **environment):
        words = (
            f"workload --videos clips --mapping mapping --input s3://{INPUT}/videos --output s3://{OUTPUT}/reports/ --poll 0.1"
        ).split()
        return subprocess.Popen([PROGRAM, *words, *more], cwd=self.dir, env=self.environment(HOME=str(self.dir), **environment),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, process, status):
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, status, out + err)
        self.assertNotIn(launch.SECRET, out + err)
        return out, err

    def workload(self, *more, answer=report, status=OK, **environment):
        with Recogniser(self.s3, answer) as self.recogniser:
            return self.finish(self.start(*more, **environment), status)

    def test_hundred(self):
        out, _ = self.workload("--json")
        answer = json.loads(out)
        self.assertEqual((answer["videos"], answer["uploaded"], answer["right"]), (100, 100, 100))
        self.assertEqual(answer["clock"], "server", "MinIO's times have fractions of a second")
        self.assertEqual(answer["latency_server_s"]["count"], 100)
        self.assertEqual(len(self.recogniser.done), 100)

    def test_list_in_several_pages(self):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: s3_of(self.minio).put(OUTPUT, f"reports/lesson_{number}.csv", b"x"), range(1005)))
        self.workload("--count", "3")  # "test_" is behind "lesson_"

    def test_failures(self):
        def answer(stem, clip):
            if stem == "test_3":
                return {}
            if stem == "test_2":
                return {"test_2.error.json": '{"code": "format", "message": "not a video"}'}
            return report(stem, "law" if stem == "test_1" else clip)

        out, _ = self.workload("--count", "5", "--timeout", "3", answer=answer, status=NO)
        self.assertEqual(out.splitlines()[:4], [
            "videos      2 of 5 right, 1 wrong, 1 failed, 1 missing",
            "  test_1.mp4  wrong: law,senior instead of math,senior",
            "  test_2.mp4  failed: format: not a video",
            "  test_3.mp4  missing",
        ])  # fmt: skip

    def test_clears_only_when_asked_and_only_its_own(self):
        kept = {INPUT: ["elsewhere/test_0.mp4", "videos/lesson.mp4"], OUTPUT: ["reports/lesson.csv", "test_0.csv"]}
        for bucket, keys in kept.items():
            for key in keys:
                self.s3.put(bucket, key, b"x")
        self.s3.put(INPUT, "videos/test_77.mp4", b"old")
        self.s3.put(OUTPUT, "reports/test_1.csv", b"old")
        _, err = self.workload("--count", "2", status=CONFLICT, answer=lambda stem, clip: {})
        self.assertIn("--clear", err)
        self.assertEqual(self.s3.get(OUTPUT, "reports/test_1.csv"), b"old")
        self.workload("--count", "2", "--clear")
        self.assertEqual(sorted(self.s3.keys_of(INPUT)), ["elsewhere/test_0.mp4", "videos/lesson.mp4", "videos/test_0.mp4", "videos/test_1.mp4"])
        self.assertEqual(sorted(self.s3.keys_of(OUTPUT)), ["reports/lesson.csv", "reports/test_0.csv", "reports/test_1.csv", "test_0.csv"])

    def test_keys_that_are_wrong(self):
        out, err = self.workload("--count", "2", status=PERMISSION, AWS_SECRET_ACCESS_KEY="wrong")
        self.assertEqual(out, "")
        self.assertIn("SignatureDoesNotMatch", err)

    def test_no_such_bucket(self):
        process = self.start("--count", "2", "--output", "s3://not-there/reports")
        _, err = self.finish(process, NOT_FOUND)
        self.assertIn("not-there", err)

    def test_interrupted(self):
        with Recogniser(self.s3, lambda stem, clip: report(stem, clip) if stem == "test_0" else {}):
            process = self.start("--count", "4")
            wait_until(lambda: "reports/test_0.csv" in self.s3.keys_of(OUTPUT), "the first report")
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            out, err = self.finish(process, NO)
        self.assertIn("videos      1 of 4 right, 3 open\n", out)
        self.assertIn("stopped", err)


if __name__ == "__main__":
    main()
