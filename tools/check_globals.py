#!/usr/bin/env python3
"""Looks into compiled objects and archives for memory that lives as long as the program and can change: there is
none in homeroom, except what is listed here with its reason.

    check_globals.py OBJECT_OR_ARCHIVE...
"""

import re
import subprocess
import sys

import c_source

ALLOWED = {
    ("interrupt.c", "guarded"): "a signal handler has nothing else to reach the sessions by",
    ("interrupt.c", "interrupted"): "the same",
    ("reason.c", "listener"): "FFmpeg's log callback gets no context; one per thread",
    ("reason.c", "callback_set"): "FFmpeg has one log callback for the process: set once",
    ("zone.c", "lock"): "the C library has one time zone for the process",
}

# Of what compilers add for sanitizers and coverage.
ADDED = re.compile(r"__|\.L|_ZL|\.")
MEMBER = re.compile(r"^(.*?):\s+file format")
# address, flags (7 columns), section, size, name
SYMBOL = re.compile(r"^[0-9a-f]+ (.{7}) (\S+)\t([0-9a-f]+) +(?:\.hidden +)?(\S+)$")


def is_changeable(section):
    if section.startswith(".data.rel.ro"):
        return False
    return section == "*COM*" or re.match(r"\.(data|bss|tdata|tbss)\b", section) is not None


def check(table):
    """`table` is what objdump -t says."""
    problems, source = [], "?"
    for line in table.splitlines():
        member = MEMBER.match(line)
        if member:
            source = member.group(1).split("/")[-1].removesuffix(".o")
            continue
        symbol = SYMBOL.match(line)
        if symbol is None:
            continue
        flags, section, size, name = symbol.groups()
        name = re.sub(r"\.\d+$", "", name)  # a static of a function
        if "d" in flags or int(size, 16) == 0 or not is_changeable(section) or ADDED.match(name):
            continue
        if (source, name) not in ALLOWED:
            problems.append(f"{source}: '{name}' can change and lives as long as the program ({section})")
    return problems


def symbols(files):
    run = subprocess.run(["objdump", "-t", *files], stdout=subprocess.PIPE, check=True, text=True)
    return run.stdout


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("give objects or archives")
    sys.exit(c_source.report(check(symbols(sys.argv[1:]))))
