#!/usr/bin/env python3
"""Holds every #include under include/ and src/ against src/README.md:

- the line "Arrows point one way: a -> b, c -> d." says which rooms a room may include: its own and those of
  any later group, never an earlier one or a neighbour in its group;
- the last column of the table says which third-party headers a room has for itself;
- all other headers are those of C, POSIX, Linux and the compiler, listed here.

    check_layers.py [ROOT]
"""

import fnmatch
import pathlib
import re
import sys

import c_source

SYSTEM = set(
    """assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg
    stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype
    arpa dirent dlfcn fcntl fnmatch ftw getopt glob langinfo libgen linux malloc net netdb netinet poll pthread pwd
    regex sched semaphore spawn strings sys syslog termios unistd utime""".split()
)
# Of one instruction set: the business of the room that chooses between them.
OF_ONE_ROOM = {"immintrin": "infer", "emmintrin": "infer", "arm_neon": "infer", "arm_sve": "infer", "cpuid": "infer"}
# The table names libraries; where a library's headers have another name:
LIBRARY_OF = {"openssl": "libcrypto", "curl": "libcurl", "archive": "libarchive", "archive_entry": "libarchive"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\b[ \t]*(?:<([^>\n]+)>|"([^"\n]+)"|(.*))', re.M)


class Rules:
    def __init__(self, readme):
        arrows = re.search(r"^Arrows point one way:([^.]*)\.", readme, re.M)
        if arrows is None:
            raise ValueError("src/README.md: there is no line 'Arrows point one way: ...'")
        groups = [re.findall(r"\w+", group) for group in arrows.group(1).split("->")]
        self.level = {room: i for i, group in enumerate(groups) for room in group}
        self.library_rooms = {}  # library -> room
        for line in readme.splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            row = re.fullmatch(r"`(\w+)/`", cells[0])
            if row is None or len(cells) != 3:
                continue
            if row.group(1) not in self.level:
                raise ValueError(f"src/README.md: the arrows do not name '{row.group(1)}'")
            for library in filter(None, re.split(r"[,\s]+", cells[2].replace("\\", ""))):
                self.library_rooms[library] = row.group(1)

    def problem_of_room(self, room, other):
        if other not in self.level:
            return f"there is no room '{other}'"
        if room is None:
            return "the public header includes no room"
        if other == room or self.level[other] > self.level[room]:
            return None
        return f"{room} may not know {other}"

    def problem_of_library(self, room, header):
        name = header.split("/")[0].removesuffix(".h")
        if name in SYSTEM:
            return None
        library = LIBRARY_OF.get(name, name)
        owners = [owner for known, owner in self.library_rooms.items() if fnmatch.fnmatch(library, known)]
        if name in OF_ONE_ROOM:
            owners.append(OF_ONE_ROOM[name])
        if not owners:
            return "is neither of the system nor in the table of src/README.md"
        return None if room in owners else f"is included in {', '.join(owners)} only"


def check_include(root, rules, room, angle, quoted, other):
    if other is not None:
        return f"#include {other}: is computed; name the header"
    if angle is not None:
        problem = rules.problem_of_library(room, angle)
        return f"<{angle}> {problem}" if problem else None
    if quoted == "homeroom.h":
        return None
    if "/" not in quoted or ".." in quoted:
        return f'"{quoted}": name the room, as in "base/status.h"'
    problem = rules.problem_of_room(room, quoted.split("/")[0])
    if problem is None and not (root / "src" / quoted).is_file():
        problem = "there is no such file under src/"
    return f'"{quoted}": {problem}' if problem else None


def check(root):
    root = pathlib.Path(root)
    rules = Rules((root / "src" / "README.md").read_text(encoding="utf-8"))
    problems = []
    for path in c_source.files(root, ".c", ".h", ".inc"):
        room = c_source.room_of(root, path)
        where = path.relative_to(root)
        if room is not None and room not in rules.level:
            problems.append(f"{where}: src/README.md does not know the room '{room}'")
            continue
        text = c_source.without_comments(path.read_text(encoding="utf-8"))
        for match in INCLUDE.finditer(text):
            problem = check_include(root, rules, room, *match.groups())
            if problem is not None:
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{where}:{line}: {problem}")
    return problems


if __name__ == "__main__":
    sys.exit(c_source.report(check(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])))
