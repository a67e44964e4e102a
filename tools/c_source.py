"""What the source checks share: C without its comments and texts, and the files of the tree."""

import pathlib
import re

_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S
)


def without_comments(text, texts_too=False):
    """Comments (and texts, when asked for) become spaces; line numbers stay."""

    def blank(match):
        token = match.group()
        if token[0] in "\"'" and not texts_too:
            return token
        return re.sub(r"[^\n]", " ", token)

    return _TOKEN.sub(blank, text)


def files(root, *suffixes):
    """Our C files under include/ and src/, in order."""
    for folder in ("include", "src"):
        for path in sorted((pathlib.Path(root) / folder).rglob("*")):
            if path.is_file() and path.suffix in suffixes:
                yield path


def room_of(root, path):
    """The folder of src/ that the file is in, or None for include/."""
    parts = path.relative_to(root).parts
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def report(problems):
    """Prints them and gives the exit status."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem(s)")
    return 1 if problems else 0
