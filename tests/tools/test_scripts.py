"""What --help does to the scripts: it prints how they are called, and nothing else.

    test_scripts.py SOURCE_ROOT
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv[1])
# What a script could begin to work with.
WORKERS = ("apt-get", "cmake", "ctest", "ninja", "pip", "pip3", "curl", "git", "sudo", "aws", "skopeo", "podman", "docker")


class Help(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="homeroom scripts "))
        self.addCleanup(shutil.rmtree, self.folder)
        self.root = self.folder / "root"
        for name in ("scripts", "deploy", "tools", "bench"):
            shutil.copytree(SOURCE / name, self.root / name)
        programs = self.folder / "programs"
        programs.mkdir()
        for name in WORKERS:
            (programs / name).write_text(f'#!/bin/sh\necho {name} >>"$CALLED"\nexit 1\n')
            (programs / name).chmod(0o755)

    def run_help(self, name, *words):
        called = self.folder / "called"
        done = subprocess.run(
            [self.root / "scripts" / name, *words], cwd=self.folder, capture_output=True, text=True, timeout=60,
            env={"PATH": f"{self.folder / 'programs'}:{os.environ['PATH']}", "HOME": str(self.folder), "CALLED": str(called)})
        self.assertEqual((done.returncode, done.stderr), (0, ""), f"scripts/{name}: {done}")
        self.assertFalse(called.exists(), f"scripts/{name} --help called {called.exists() and called.read_text()}")
        self.assertFalse((self.root / "build").exists(), name)
        self.assertFalse((self.folder / ".cache").exists(), name)
        return done.stdout

    def test_every_script_only_prints(self):
        names = [path.name for path in sorted((self.root / "scripts").iterdir())
                 if os.access(path, os.X_OK) and path.suffix == "" and path.read_text().startswith("#!/usr/bin/env bash")]
        self.assertIn("test", names)
        for name in names:
            with self.subTest(name):
                self.assertIn(f"scripts/{name}", self.run_help(name, "--help"))
                self.run_help(name, "-h")

    def test_wherever_it_stands(self):
        for words in (("-L", "unit", "--help"), ("--preset", "tsan", "-h")):
            self.assertIn("usage: scripts/test", self.run_help("test", *words))


if __name__ == "__main__":
    result = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2).result
    print(f"[  PASSED  ] {result.testsRun - len(result.failures) - len(result.errors)} test(s).")
    sys.exit(not result.wasSuccessful())
