#!/usr/bin/env python3
"""Make archives of photos that want more than they are worth, or to be somewhere else.

    archives.py FOLDER [small]

`small`: those that a fuzz target can take; else all. The same files come out each time.
"""

import io
import pathlib
import stat
import struct
import sys
import tarfile
import zipfile

PICTURE = b"\xff\xd8\xff\xe0" + b"picture" * 20
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def zipped(*entries, how=DEFLATED):
    """Of (name, bytes) or (ZipInfo, bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as file:
        for name, data in entries:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            info.compress_type = how
            file.writestr(info, data)
    return out.getvalue()


def info(name, mode):
    one = zipfile.ZipInfo(name)
    one.create_system, one.external_attr = 3, mode << 16
    return one


def tarred(mode="w", *members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as file:
        for name, kind, data, link in members:
            one = tarfile.TarInfo(name)
            one.type, one.size, one.linkname = kind, len(data), link
            file.addfile(one, io.BytesIO(data))
    return out.getvalue()


def nested(depth, width):
    """As 42.zip: an archive of archives of archives."""
    data = zipped(("a.jpg", PICTURE + bytes(1 << 20)))
    for _ in range(depth):
        data = zipped(*[(f"{i}.zip", data) for i in range(width)])
    return data


def many(count):
    return zipped(*[(f"{i}.jpg", PICTURE) for i in range(count)], how=STORED)


def overlapping(count, size):
    """Every entry of the list is the same bytes: they unpack many times over."""
    single = zipped(("a.jpg", PICTURE + bytes(size)))
    end = single.rindex(b"PK\5\6")
    start = struct.unpack_from("<I", single, end + 16)[0]
    entry = single[start:end]
    return single[:start] + entry * count + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(entry) * count, start, 0)


def lying():
    """It says to be 10 bytes, and is a million."""
    data = bytearray(zipped(("a.jpg", PICTURE + bytes(1 << 20))))
    for signature, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<I", data, data.index(signature) + at, 10)
    return bytes(data)


def encrypted():
    data = bytearray(zipped(("a.jpg", PICTURE), how=STORED))
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + at] |= 1
    return bytes(data)


HOSTILE_NAMES = ["../up.jpg", "a/../../up.jpg", "/etc/up.jpg", "..\\up.jpg", "C:\\up.jpg", "\\\\host\\up.jpg"]
ODD_NAMES = ["\x1b[2J.jpg", "%2e%2e%2fa.jpg", "<b>.jpg", "\u202egpj.exe.jpg", "M\u00fcller.jpg", "a\nb.jpg"]

SMALL = {
    "good.zip": lambda: zipped(("44/a.jpg", PICTURE), ("M\u00fcller.jpg", PICTURE), ("readme.txt", b"text"), ("44/", b"")),
    "stored.zip": lambda: zipped(("44/a.jpg", PICTURE), how=STORED),
    "good.tar": lambda: tarred("w", ("44/a.jpg", tarfile.REGTYPE, PICTURE, "")),
    "good.tgz": lambda: tarred("w:gz", ("44/a.jpg", tarfile.REGTYPE, PICTURE, "")),
    "names.zip": lambda: zipped(*[(name, PICTURE) for name in HOSTILE_NAMES + ODD_NAMES]),
    "links.zip": lambda: zipped((info("link.jpg", stat.S_IFLNK | 0o777), b"/etc/passwd")),
    "links.tar": lambda: tarred("w", ("soft.jpg", tarfile.SYMTYPE, b"", "/etc/passwd"), ("hard.jpg", tarfile.LNKTYPE, b"", "/etc/passwd"),
                                ("null.jpg", tarfile.CHRTYPE, b"", ""), ("../up.jpg", tarfile.REGTYPE, PICTURE, "")),
    "nested.zip": lambda: nested(2, 4),
    "lying.zip": lying,
    "encrypted.zip": encrypted,
    "cut.zip": lambda: many(4)[:400],
    "empty.zip": lambda: zipped(),
}
LARGE = {
    "42.zip": lambda: nested(3, 16),
    "ratio.zip": lambda: zipped(("a.jpg", PICTURE + bytes(31 << 20))),
    "ratio.tgz": lambda: tarred("w:gz", ("a.jpg", tarfile.REGTYPE, PICTURE + bytes(31 << 20), "")),
    "large.zip": lambda: zipped(("a.jpg", PICTURE + bytes(33 << 20)), how=STORED),
    "overlapping.zip": lambda: overlapping(4000, 1 << 20),
    "many.zip": lambda: many(100_000),
    "nothing.zip": lambda: b"this is no archive at all",
}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in {**SMALL, **({} if sys.argv[2:] == ["small"] else LARGE)}.items():
        (folder / name).write_bytes(make())


if __name__ == "__main__":
    main()
