#!/usr/bin/env python3
"""Holds every C file against .clang-format, without changing one. Another release of clang-format lays out
some things otherwise: only the one of Debian 12 is asked (exit status 77 and a word where it is not there).

    check_format.py [ROOT]          git ls-files '*.c' '*.h' | xargs clang-format -i puts it right
"""

import pathlib
import re
import shutil
import subprocess
import sys

RELEASE = "14"


def clang_format():
    for name in (f"clang-format-{RELEASE}", "clang-format"):
        if shutil.which(name) is None:
            continue
        said = subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout
        if re.search(rf"version {RELEASE}\.", said):
            return name
    return None


def check(root, program):
    files = sorted(
        str(path)
        for folder in ("include", "src", "tests", "bench", "examples")
        for path in (pathlib.Path(root) / folder).rglob("*.[ch]")
    )
    done = subprocess.run([program, "--dry-run", "-Werror", *files], capture_output=True, text=True)
    return [line for line in done.stderr.splitlines() if "error:" in line], done.returncode


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1]
    program = clang_format()
    if program is None:
        print(f"SKIPPED: there is no clang-format {RELEASE} here")
        return 77
    problems, status = check(root, program)
    print("\n".join(problems[:40]))
    print(f"{len(problems)} problem(s)")
    return 1 if problems or status != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
