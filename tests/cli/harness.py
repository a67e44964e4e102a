"""What the tests of the program have in common: run it in a folder of its own and look at what it did.

Each test module is one test of ctest. The program, models and photos come by the environment:
HOMEROOM_PROGRAM, HOMEROOM_MODELS, HOMEROOM_PHOTOS, HOMEROOM_SOURCE.
"""

import atexit
import base64
import contextlib
import csv
import io
import json
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = os.environ["HOMEROOM_PROGRAM"]
SOURCE = Path(os.environ["HOMEROOM_SOURCE"])
MODELS = Path(os.environ.get("HOMEROOM_MODELS") or "models-not-given")
# The models whose vectors a photo gives on this machine, best first: without its maker's files there is dlib's alone.
VECTORS = [name for name, file in (("face-reidentification-retail-0095-1", "face-reidentification-retail-0095.hrm"),
                                   ("dlib-resnet-1", "dlib-resnet.hrm")) if (MODELS / file).exists()]
SHARED = Path(os.environ.get("HOMEROOM_SHARED") or SOURCE / ".." / "shared")
PHOTOS = Path(os.environ.get("HOMEROOM_PHOTOS") or "photos-not-given")

# Exit statuses, as the manual has them.
OK, NO, ARGUMENT, NOT_FOUND, PERMISSION, IO, FORMAT, UNSUPPORTED, LIMIT = range(9)
DEADLINE, MODEL, DATABASE, CONFLICT = 10, 11, 12, 13


# What several classes of a module use: the videos, the enrolled database.
COMMON = Path(tempfile.mkdtemp(prefix="homeroom-cli-"))
atexit.register(shutil.rmtree, COMMON, ignore_errors=True)


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode("utf-8")
        self.err = done.stderr.decode("utf-8")

    def rows(self):
        return list(csv.reader(io.StringIO(self.out, newline="")))

    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self):
        return f"status {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def make_video(path, *photos, seconds=2, rate=5, size="480:360"):
    """A video that shows one photo after the other, `seconds` each."""
    inputs, chains = [], []
    for number, photo in enumerate(photos):
        inputs += ["-loop", "1", "-t", seconds, "-framerate", rate, "-i", photo]
        chains.append(
            f"[{number}]scale={size}:force_original_aspect_ratio=decrease,"
            f"pad={size}:-1:-1,setsar=1,format=yuv420p[v{number}]"
        )
    joined = "".join(f"[v{number}]" for number in range(len(photos)))
    ffmpeg(
        *inputs, "-filter_complex", f"{';'.join(chains)};{joined}concat=n={len(photos)}",
        "-c:v", "libx264", "-preset", "ultrafast", path,
    )  # fmt: skip
    return path


class Case(unittest.TestCase):
    """A test in a folder of its own, whose name is as awkward as those of real people."""

    maxDiff = None
    needs_models = True

    @classmethod
    def setUpClass(cls):
        if cls.needs_models and not (MODELS / "dlib-resnet.hrm").exists():
            raise unittest.SkipTest(f"NO MODELS in {MODELS}: run scripts/setup")
        if cls.needs_models and not (PHOTOS / "obama.jpg").exists():
            raise unittest.SkipTest(f"NO PHOTOS in {PHOTOS}: run scripts/setup")

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="Übung 1 ", dir=COMMON))
        self.db = self.dir / "homeroom.db"

    def environment(self, **more):
        kept = {
            name: value
            for name, value in os.environ.items()
            if name == "PATH" or name.endswith("SAN_OPTIONS")
        }
        kept.update(HOME=str(self.dir), HOMEROOM_MODELS=str(MODELS), HOMEROOM_DB=str(self.db))
        kept.update({name: str(value) for name, value in more.items()})
        return {name: value for name, value in kept.items() if value != ""}

    def terminal(self):
        """Both ends of one; closed at the end of the test."""
        ends = pty.openpty()
        for end in ends:
            self.addCleanup(os.close, end)
        return ends

    @staticmethod
    def read_terminal(master):
        """What was written to it so far."""
        text = b""
        while select.select([master], [], [], 0)[0]:
            text += os.read(master, 65536)
        return text.decode("utf-8")

    def start(self, *words, env=None, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(
            [PROGRAM, *map(str, words)], cwd=self.dir, env=self.environment(**(env or {})), **options
        )
        self.addCleanup(self.stop, process)
        return process

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def run_it(self, *words, status=OK, env=None, **options):
        """Runs the program; a status other than the expected one fails with all that it wrote."""
        process = self.start(*words, env=env, **options)
        out, err = process.communicate(timeout=240)
        result = Result(
            subprocess.CompletedProcess(words, process.returncode, out or b"", err or b"")
        )
        if status is not None:
            self.assertEqual(result.status, status, f"homeroom {' '.join(map(str, words))}: {result}")
        return result

    def finish(self, process, status):
        out, err = process.communicate(timeout=240)
        result = Result(subprocess.CompletedProcess([], process.returncode, out or b"", err or b""))
        self.assertEqual(result.status, status, str(result))
        return result

    def wait_for(self, what, process=None, seconds=120):
        """Until `what()` is true; a program that ends meanwhile fails the test."""
        end = time.monotonic() + seconds
        while not what():
            if process is not None and process.poll() is not None and not what():
                self.fail(f"the program ended: {process.communicate()}")
            self.assertLess(time.monotonic(), end, "waited in vain")
            time.sleep(0.02)

    def enrolled(self):
        """Two students with a record and a face each, in self.db."""
        made = COMMON / "enrolled.db"
        if not made.exists():
            table = self.dir / "table.csv"
            table.write_text(
                "id,name,major,year\n44,Barack Obama,Law,senior\n46,Joe Biden,History,junior\n"
            )
            self.run_it("import", "students", table)
            self.run_it("enroll", 44, PHOTOS / "obama.jpg")
            self.run_it("enroll", 46, PHOTOS / "biden.jpg")
            shutil.copy(self.db, made)
        else:
            shutil.copy(made, self.db)

    def videos(self):
        """obama.mp4, biden.mp4 and stranger.mp4, made once per module."""
        folder = COMMON / "videos"
        if not folder.exists():
            folder.mkdir()
            make_video(folder / "obama.mp4", PHOTOS / "obama2.jpg", PHOTOS / "obama3.jpg")
            make_video(folder / "biden.mp4", PHOTOS / "biden.jpg")
            make_video(folder / "stranger.mp4", PHOTOS / "astronaut.png")
        return folder

    def long_video(self):
        """A quarter of an hour of the same, at 10 frames per second: far longer than a test waits."""
        path = COMMON / "long.mp4"
        if not path.exists():
            short = make_video(COMMON / "short.mp4", PHOTOS / "obama2.jpg", seconds=20, rate=10)
            ffmpeg("-stream_loop", 44, "-i", short, "-c", "copy", path)
        return path


OBAMA_ROW = ["Barack Obama", "Law", "senior"]
BIDEN_ROW = ["Joe Biden", "History", "junior"]
HEADER = ["name", "major", "year"]


class OverDatabase(Case):
    """With a look into the database from outside."""

    def sql(self, text, *values):
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            rows = db.execute(text, values).fetchall()
            db.commit()
        return rows

    def everything(self):
        return b"".join(path.read_bytes() for path in self.dir.glob("homeroom.db*"))

def main():
    """Runs the module's tests; the last lines are those of the C tests, so that they are counted."""
    result = unittest.main(exit=False, verbosity=2).result
    bad = len(result.failures) + len(result.errors)
    passed = result.testsRun - bad - len(result.skipped)
    for _, reason in result.skipped:
        print(f"[  SKIPPED ] {reason}")
    print(f"[  PASSED  ] {max(passed, 0)} test(s).")
    if bad:
        print(f"[  FAILED  ] {bad} test(s)")
    sys.exit(1 if bad or result.testsRun == 0 and not result.skipped else 0)


__all__ = [name for name in globals() if not name.startswith("_")]
