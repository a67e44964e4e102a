#!/usr/bin/env python3
"""Videos that ask for far more memory or time than they are worth (tests/bombs/make.py), as a bucket's events bring
them: neither the function nor a worker is ended by one, each gets its error report, or a report, and the good ones are done.
With 1 GiB in all, as tests/cli/test_bombs.py."""

import os
import subprocess
import sys
from pathlib import Path

import test_worker
from runtime import Runtime
from servers import main, wait_until
from test_lambda import notification, record
from test_worker import DEAD, EXPECTED, PROGRAM, STREAM, Worker

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "support"))
from memory_limit import MemoryLimit

MEMORY = 1 << 30
SANITIZED = os.environ.get("HOMEROOM_SANITIZED") == "1"  # the limit would be that of the sanitizer's own memory
BOMBS = ["index-all.mp4", "index-fits.mp4", "count-keys.mp4", "h264-large.h264", "size.mkv", "h264-sizes.h264"]
if not SANITIZED:  # without the decoder's limit its pictures are work for minutes, and time would decide the test
    BOMBS.insert(4, "h264-claims.h264")


class Bombs(test_worker.BucketCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run([sys.executable, "-B", TESTS / "bombs" / "make.py", cls.folder / "bombs", *BOMBS], check=True)

    def put_all(self):
        """Good ones first, in the middle and last; {key: etag}."""
        keys = ["good 0.mp4", *BOMBS[:4], "good 1.mp4", *BOMBS[4:], "good 2.mp4"]
        bodies = {key: self.video["obama"] if key.startswith("good") else (self.folder / "bombs" / key).read_bytes()
                  for key in keys}
        answers = {key: dict(self.s3.put("videos", key, body)) for key, body in bodies.items()}
        return {key: {name.lower(): value for name, value in answer.items()}["etag"] for key, answer in answers.items()}

    def check(self):
        left = set(self.s3.keys_of("reports"))
        for number in range(3):
            self.assertEqual(self.s3.get("reports", f"good {number}.csv"), EXPECTED["obama"])
            left.remove(f"good {number}.csv")
        for name in BOMBS:
            stem = name.removesuffix(".mp4")
            found = left & {f"{stem}.csv", f"{stem}.error.json"}
            self.assertEqual(len(found), 1, f"{name}: {sorted(left)}")
            left -= found
        self.assertEqual(left, set())

    def limits(self, limit):
        if SANITIZED:
            return {}
        print(f"memory: {limit.how}", file=sys.stderr)
        return {"preexec_fn": limit.enter}

    def sanitizer(self):
        size = MEMORY >> 20
        more = f"allocator_may_return_null=1:soft_rss_limit_mb={size}:max_allocation_size_mb={size}"
        return {"ASAN_OPTIONS": ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), more)))}

    def test_a_worker(self):
        self.put_all()
        wait_until(lambda: self.jetstream.stream_state(STREAM)["last_seq"] >= len(BOMBS) + 3, "MinIO's notifications")
        with MemoryLimit(MEMORY) as limit:
            worker = Worker(self, "--timeout", 30, **self.sanitizer(), options=self.limits(limit))
            try:
                self.await_empty(patience_s=240)
                self.assertIsNone(worker.process.poll(), worker.text())
                self.assertEqual(worker.stop(), 0, worker.text())
            finally:
                worker.process.kill()
                worker.process.wait()
        self.check()
        self.assertEqual(self.messages(DEAD), [])
        self.assertEqual([line for line in worker.lines() if line["message"] == "the message comes again"], [])

    def test_the_function(self):
        keys = self.put_all()
        settings = self.settings(**self.sanitizer())
        with MemoryLimit(MEMORY) as limit:
            runtime = Runtime(PROGRAM, settings, self.folder / "function.log", **self.limits(limit))
            try:
                for key, etag in keys.items():
                    what, body, _ = runtime.invoke(notification(record(key, etag)), deadline_s=40)
                    self.assertEqual((what, body), ("response", {"objects": 1}), key)
                self.assertIsNone(runtime.process.poll(), runtime.lines_text())
            finally:
                runtime.close()
        self.check()


if __name__ == "__main__":
    main()
