#!/usr/bin/env python3
"""Puts the page's files into a C file: compressed, with a tag of their bytes. The same files give the same bytes.

    embed_page.py OUT.c FILE...
"""

import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEAD = """/* Made by tools/embed_page.py of src/web/page: not to be edited. */
#include "web/assets.h"

"""


def rows_of(data):
    return "".join("    " + "".join(f"{byte}," for byte in data[at : at + 24]) + "\n" for at in range(0, len(data), 24))


def packed(file):
    """Scripts and styles without what nobody's browser reads: indentation, and comments that are lines of their own."""
    text = file.read_text(encoding="utf-8")
    if file.suffix not in (".js", ".css"):
        return text.encode()
    lines, within = [], False
    for line in map(str.strip, text.splitlines()):
        begins = not within and line.startswith("/*")
        if within or begins:
            within = "*/" not in line
            if not within and not line.endswith("*/"):
                raise SystemExit(f"{file}: there is more behind a comment: {line}")
        elif line and not (file.suffix == ".js" and line.startswith("//")):
            if line.count("`") % 2:
                raise SystemExit(f"{file}: a text over several lines: {line}")
            lines.append(line)
    return ("\n".join(lines) + "\n").encode()


def main(out, files):
    texts, table = [], []
    for index, file in enumerate(sorted(map(pathlib.Path, files), key=lambda file: file.name)):
        data = gzip.compress(packed(file), 9, mtime=0)
        data = data[:9] + b"\xff" + data[10:]  # of no one system
        tag = hashlib.sha256(data).hexdigest()[:32]
        texts.append(f"static const uint8_t file_{index}[] = {{\n{rows_of(data)}}};\n")
        for path in ["/", "/index.html"] if file.name == "index.html" else ["/" + file.name]:
            table.append(f'    {{"{path}", "{TYPES[file.suffix]}", "\\"{tag}\\"", file_{index}, sizeof file_{index}}},\n')
    end = f"const size_t hr_asset_count = {len(table)};\n"
    pathlib.Path(out).write_text(HEAD + "".join(texts) + "\nconst struct hr_asset hr_assets[] = {\n" + "".join(table) + "};\n" + end)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
