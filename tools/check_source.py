#!/usr/bin/env python3
"""Holds the C files under include/ and src/ to the house's rules that a compiler does not know: banned calls,
getenv in one file, the terminal left to the command line, guards and leading comments of headers, lines of at
most 120 columns, no notes to self, every .c listed in the CMakeLists.txt of its room, and every limit of
src/base/limits.h tried by a test.

    check_source.py [ROOT]
"""

import pathlib
import re
import sys

import c_source

LINE_MAX = 120

# name: what to use instead
BANNED = {
    **dict.fromkeys(("gets", "strcpy", "stpcpy", "strcat", "strncpy", "strncat", "sprintf", "vsprintf"),
                    "a buffer of base/buffer.h, or snprintf"),
    **dict.fromkeys(("atoi", "atol", "atoll", "atof"), "strtol or strtod, and look at what is left"),
    **dict.fromkeys(("scanf", "fscanf"), "fgets, then strtol or strtod"),
    **dict.fromkeys(("system", "popen"), "no shell: a name in a command line is a hole"),
    **dict.fromkeys(("rand", "srand", "random", "drand48"), "getrandom"),
    **dict.fromkeys(("tmpnam", "tempnam", "mktemp"), "mkstemp or O_EXCL: the name may be taken meanwhile"),
    **dict.fromkeys(("gmtime", "localtime", "ctime", "asctime", "strerror", "strtok", "strsignal"),
                    "the _r form: this one shares its memory between threads"),
    **dict.fromkeys(("putenv", "unsetenv"), "nothing: the environment belongs to the caller"),
    "alloca": "malloc: the stack is small and its end is not checked",
    "longjmp": "a status that is returned",
}
# name: the only files (or folders) that may
ONLY_IN = {
    **dict.fromkeys(("getenv", "secure_getenv"), ("src/cli/environment.c",)),
    "setenv": ("src/classroom/zone.c",),  # the C library takes a time zone from nowhere else
    **dict.fromkeys(("printf", "vprintf", "puts", "putchar", "perror", "exit", "abort"), ("src/cli/",)),
    "_exit": ("src/cli/", "src/sandbox/zygote.c"),
}
CALL = re.compile(r"(?<![\w.>])(" + "|".join([*BANNED, *ONLY_IN]) + r")\s*\(")
NOTE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def check_calls(where, code):
    for match in CALL.finditer(code):
        name, line = match.group(1), code.count("\n", 0, match.start()) + 1
        if name in BANNED:
            yield f"{where}:{line}: {name}() is banned: {BANNED[name]}"
        elif not any(str(where).startswith(place) for place in ONLY_IN[name]):
            yield f"{where}:{line}: {name}() may stand in {', '.join(ONLY_IN[name])} only"


def check_lines(where, text):
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LINE_MAX:
            yield f"{where}:{number}: {len(line)} columns; the limit is {LINE_MAX}"
        if line != line.rstrip():
            yield f"{where}:{number}: spaces at the end"
        if "\t" in line:
            yield f"{where}:{number}: a tab; indent with spaces"
        if NOTE.search(line):
            yield f"{where}:{number}: a note to self: do it, or write it down where work is planned"
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield f"{where}: must end in one line end"


def guard_of(where):
    parts = where.parts[1:]
    name = "_".join(parts if where.parts[0] == "include" else ("hr", *parts))
    return re.sub(r"\W", "_", name).upper()


def check_header(where, text):
    if not text.startswith("/*"):
        yield f"{where}:1: begin with a comment that says what the header is for"
    guard = guard_of(where)
    code = c_source.without_comments(text).strip()
    if not re.match(rf"#ifndef {guard}\n#define {guard}\n", code) or not code.endswith("#endif"):
        yield f"{where}: the guard must be {guard}, around everything"


def is_listed(name, listing):
    if re.search(rf"(?<![\w-]){re.escape(name)}(?!\w)", listing):
        return True
    # cmd_${command}.c in a loop over the commands
    for pattern in re.findall(r"[\w-]*\$\{\w+\}[\w-]*\.c\b", listing):
        match = re.fullmatch(re.sub(r"\\\$\\\{\w+\\\}", r"(\\w+)", re.escape(pattern)), name)
        if match and re.search(rf"\b{re.escape(match.group(1))}\b", listing):
            return True
    return False


def check_listed(root, path, where):
    listing = path.parent / "CMakeLists.txt"
    text = re.sub(r"#.*", "", listing.read_text(encoding="utf-8")) if listing.is_file() else ""
    if not is_listed(path.name, text):
        yield f"{where}: is not in {listing.relative_to(root)}: nobody builds it"


def check_limits(root):
    """To give a buffer its size is not to try the limit."""
    header = root / "src/base/limits.h"
    if not header.is_file():
        return
    tried = set()
    for path in sorted((root / "tests").rglob("*.[ch]")):
        code = c_source.without_comments(path.read_text(encoding="utf-8"), texts_too=True)
        tried |= set(re.findall(r"\bHR_LIMIT_\w+", re.sub(r"\bhr_buffer_init\([^;]*;", "", code)))
    for name in re.findall(r"^#define (HR_LIMIT_\w+)", header.read_text(encoding="utf-8"), re.MULTILINE):
        if name not in tried:
            yield f"src/base/limits.h: no test under tests/ tries {name}"


def check(root):
    root = pathlib.Path(root)
    problems = []
    for path in c_source.files(root, ".c", ".h", ".inc"):
        where = path.relative_to(root)
        text = path.read_text(encoding="utf-8")
        problems += check_calls(where, c_source.without_comments(text, texts_too=True))
        problems += check_lines(where, text)
        if path.suffix == ".h":
            problems += check_header(where, text)
        if path.suffix == ".c":
            problems += check_listed(root, path, where)
    problems += check_limits(root)
    return problems


if __name__ == "__main__":
    sys.exit(c_source.report(check(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])))
