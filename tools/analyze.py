#!/usr/bin/env python3
"""Static analysis of our own code under src/ by clang-tidy (.clang-tidy says with which checks), cppcheck, gcc's
-fanalyzer and gcc's -Wconversion. A finding that tools/analyze-accepted.txt names, with its reason, is none; a line there
that nothing needs any more is one.

    analyze.py [ROOT] BUILD [--tool clang-tidy|cppcheck|gcc] [--jobs N] [FILE...]

BUILD holds the compile_commands.json of a build without sanitizers (scripts/analyze makes it). Status 1: there are findings.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

# Of what clang-tidy and gcc say; cppcheck is told to say the same.
FINDING = re.compile(r"^(?P<file>/[^:\n]*|[^/:\n][^:\n]*):(?P<line>\d+):\d+: (?:warning|error): (?P<text>.*)"
                     r" \[(?P<check>[^\]]+)\]$", re.M)
# Leaks: gcc 12 takes members of a structure that outlives the function for lost. The sanitizer and the torture tests see
# real ones, and clang's analyzer looks for them as well.
GCC = ("-fanalyzer", "-Wno-analyzer-malloc-leak", "-Wconversion", "-Wno-sign-conversion")


def program(*names):
    return next((found for found in map(shutil.which, names) if found), None)


def sources(build, chosen):
    with open(build / "compile_commands.json", encoding="utf-8") as file:
        entries = json.load(file)
    for entry in entries:
        path = pathlib.Path(entry["file"])
        if "/src/" in entry["file"] and (not chosen or any(str(path).endswith(name) for name in chosen)):
            yield path, shlex.split(entry["command"]), entry["directory"]


def hints(path, prefix=""):
    """The header that says what one file alone doesn't."""
    if path.name == "status.c":
        return []
    return [f"{prefix}-include", f"{prefix}{pathlib.Path(__file__).resolve().with_suffix('.h')}"]


def clang_tidy(path, _command, _folder, build):
    tool = program("clang-tidy", "clang-tidy-14")
    return subprocess.run([tool, "--quiet", "-p", build, *hints(path, "--extra-arg="), path], capture_output=True, text=True, errors="replace").stdout


def gcc(path, command, folder, _build):
    words = [word for word in command if word != "-Werror" and not word.endswith("ccache")]
    words = ["gcc", *words[next(i for i, word in enumerate(words) if word.endswith(("cc", "gcc", "clang", "clang-14"))) + 1 :]]
    words[words.index("-o") + 1] = os.devnull
    return subprocess.run([*words, *hints(path), *GCC], cwd=folder, capture_output=True, text=True, errors="replace").stderr


def cppcheck(root):
    done = subprocess.run(
        ["cppcheck", "--enable=warning,performance,portability", "--std=c11", "--quiet", "--inline-suppr", "-D_GNU_SOURCE",
         '-DHR_VERSION="0"', "-Iinclude", "-Isrc", "--suppress=missingIncludeSystem",
         "--template={file}:{line}:{column}: warning: {message} [{id}]", "src"],
        cwd=root, capture_output=True, text=True, errors="replace")
    return done.stderr


def read_accepted(path):
    """{(tool, file, check): where}, in lines "TOOL FILE CHECK  reason"."""
    accepted = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            tool, file, check, reason = line.split(None, 3)
            accepted[tool, file, check] = f"{path.name}:{number}"
            assert reason
    return accepted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--tool", action="append", choices=("clang-tidy", "cppcheck", "gcc"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("files", nargs="*")
    options = parser.parse_intermixed_args()
    root, tools = options.root.resolve(), options.tool or ["clang-tidy", "cppcheck", "gcc"]
    accepted, used, findings = read_accepted(root / "tools" / "analyze-accepted.txt"), set(), set()

    def take(tool, text):
        for found in FINDING.finditer(text):
            file = found["file"]
            if file.startswith("/"):
                file = os.path.relpath(file, root)
            if not file.startswith(("src/", "include/")):
                continue
            checks = [check for check in found["check"].split(",") if check != "-warnings-as-errors"]
            keys = {(tool, file, check) for check in checks} & accepted.keys()
            used.update(keys)
            if not keys:
                findings.add(f"{file}:{found['line']}: {found['text']} [{tool}: {','.join(checks)}]")

    files = list(sources(options.build, options.files))
    if not files:
        sys.exit("no files: is that a build folder?")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for tool, run in (("clang-tidy", clang_tidy), ("gcc", gcc)):
            if tool in tools:
                for text in pool.map(lambda one, run=run: run(*one, options.build), files):
                    take(tool, text)
    if "cppcheck" in tools and not options.files:
        take("cppcheck", cppcheck(root))
    if not options.files:
        findings |= {f"{where}: {' '.join(key)}: nothing needs this line any more"
                     for key, where in accepted.items() if key[0] in tools and key not in used}
    for line in sorted(findings):
        print(line)
    print(f"{len(files)} files, {', '.join(tools)}: {len(findings)} finding(s), {len(used)} accepted with a reason")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
