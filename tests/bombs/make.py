#!/usr/bin/env python3
"""Make a folder of small files that ask for far more memory or time than they are worth.

    make.py FOLDER [NAME...]

Writes the files (all, or those whose names begin as one of NAME) and FOLDER/bombs.tsv: name, bytes, what it claims.
The same files come out each time; HEVC and AV1 need the ffmpeg program with their encoders, and are left out, loudly,
without. tests/cli/test_bombs.py says what has to become of them.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

from formats import *

BOMBS = []
MANY = 80_000_000
GIB = 1 << 30
SIDE = 8192  # the largest square that is a picture (HR_LIMIT_FRAME_PIXELS)


def bomb(name, claim):
    def keep(make):
        BOMBS.append((name, claim, make))
        return make

    return keep


# --- MP4 ---

COLUMNS = ROWS = 4
SMALL = [counted(h264_key(COLUMNS, ROWS))] + [counted(h264_skip(COLUMNS, ROWS, n)) for n in range(1, 100)]
SMALL_CONFIG = avcc(h264_sps(COLUMNS, ROWS), h264_pps())


def tables(samples, sizes=None, times=None, chunks=None, offsets=None, keys=None, more=b"", entry=None):
    return b"".join((
        entry or stsd(COLUMNS * 16, ROWS * 16, SMALL_CONFIG),
        times or full(b"stts", words(1, len(samples), 40)),
        more,
        keys or full(b"stss", words(1, 1)),
        chunks or full(b"stsc", words(1, 1, len(samples), 1)),
        sizes or full(b"stsz", words(0, len(samples), *map(len, samples))),
        offsets or full(b"stco", words(1, len(FTYP) + 8)),
    ))  # fmt: skip


def mp4(table=None, samples=SMALL, index=None, **more):
    index = index or moov(trak(table or tables(samples, **more)))
    return FTYP + box(b"mdat", *samples) + index


@bomb("index-stsz.mp4", "80 million samples of one byte")
def _():
    return mp4(sizes=full(b"stsz", words(1, MANY)), times=full(b"stts", words(1, MANY, 1)),
               chunks=full(b"stsc", words(1, 1, MANY, 1)))


@bomb("index-fits.mp4", "20 million samples: 480 MB of index and 320 MB of times")
def _():
    many = MANY // 4
    return mp4(sizes=full(b"stsz", words(1, many)), times=full(b"stts", words(1, many, 1)),
               chunks=full(b"stsc", words(1, 1, many, 1)), more=full(b"ctts", words(1, many, 3)))


@bomb("index-stts.mp4", "a good index, and 4000 runs of 80 million times")
def _():
    return mp4(times=full(b"stts", words(4000, *[MANY, 1] * 4000)))


@bomb("index-stsc.mp4", "80 million samples in each chunk")
def _():
    return mp4(chunks=full(b"stsc", words(1, 1, MANY, 1)))


@bomb("index-all.mp4", "80 million samples, times and offsets of showing")
def _():
    return mp4(sizes=full(b"stsz", words(1, MANY)), times=full(b"stts", words(1, MANY, 1)),
               chunks=full(b"stsc", words(1, 1, MANY, 1)), more=full(b"ctts", words(1, MANY, 3)))


@bomb("index-sound.mp4", "two tracks of 80 million samples, each a key picture")
def _():
    many = tables(SMALL, sizes=full(b"stsz", words(1, MANY)), times=full(b"stts", words(1, MANY, 1)),
                  chunks=full(b"stsc", words(1, 1, MANY, 1)))
    return mp4(index=moov(trak(many), trak(many, number=2)))


@bomb("index-fragment.mp4", "a fragment of 80 million samples that need no bytes")
def _():
    extends = box(b"mvex", full(b"trex", words(1, 1, 40, 1, 0)))
    index = moov(trak(tables([], sizes=full(b"stsz", words(0, 0)), times=full(b"stts", words(0)),
                             chunks=full(b"stsc", words(0)), offsets=full(b"stco", words(0)))), more=extends)
    piece = box(b"moof", full(b"mfhd", words(1)), box(b"traf", full(b"tfhd", words(1), flags=0x20000),
                                                      full(b"trun", words(MANY), flags=0)))
    return FTYP + index + piece + box(b"mdat", *SMALL)


@bomb("index-offsets.mp4", "100,000 chunks, all of them the same picture")
def _():
    many = 100_000
    return mp4(sizes=full(b"stsz", words(len(SMALL[0]), many)), times=full(b"stts", words(1, many, 40)),
               chunks=full(b"stsc", words(1, 1, 1, 1)), keys=full(b"stss", words(0)),
               offsets=full(b"stco", words(many, *[len(FTYP) + 8] * many)))


def counts(kind, place):
    """A table of that kind whose count is all ones."""
    @bomb(f"count-{kind.decode()}.mp4", f"{kind.decode()} with 4,294,967,295 entries")
    def _():
        wrong = full(kind, words(0xFFFFFFFF, 1, 1))
        if kind == b"elst":
            return mp4(index=moov(trak(tables(SMALL), edits=box(b"edts", wrong))))
        if kind == b"stsz":
            wrong = full(kind, words(0, 0xFFFFFFFF, 1))
        return mp4(**{place: wrong})


for _kind, _place in ((b"elst", ""), (b"ctts", "more"), (b"stco", "offsets"), (b"stss", "keys"), (b"stsc", "chunks"),
                      (b"stts", "times"), (b"stsz", "sizes"), (b"sbgp", "more"), (b"stps", "more"), (b"sdtp", "more"),
                      (b"saio", "more"), (b"saiz", "more"), (b"senc", "more"), (b"cslg", "more"), (b"co64", "offsets")):
    counts(_kind, _place)


@bomb("count-keys.mp4", "268 million names of metadata")
def _():
    keys = full(b"keys", words(0x0FFFFFFE, 12), b"mdtaabcd")
    meta = full(b"meta", full(b"hdlr", words(0), b"mdta", bytes(13)), keys)
    return mp4(index=moov(trak(tables(SMALL)), more=meta))


@bomb("count-stsd.mp4", "4,294,967,295 descriptions of the pictures")
def _():
    return mp4(entry=full(b"stsd", words(0xFFFFFFFF), sample_entry(64, 64, SMALL_CONFIG)))


@bomb("config-large.mp4", "a decoder's configuration of 1 GB")
def _():
    def claim(data, kind, size):
        at = data.index(kind) - 4
        return data[:at] + words(size) + data[at + 4 :]

    data = moov(trak(tables(SMALL)))
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1", b"avcC"):
        data = claim(data, kind, GIB)
    return FTYP + box(b"mdat", *SMALL) + data


@bomb("tracks.mp4", "10,000 tracks")
def _():
    media = box(b"mdia", full(b"hdlr", words(0), b"vide", bytes(12), b"v\0"))
    return mp4(index=moov(*[trak(tables(SMALL[:1]), number=n) for n in range(1, 1001)],
                          *[box(b"trak", full(b"tkhd", words(0, 0, n, 0, 1), bytes(60), flags=7), media)
                            for n in range(9000)]))


@bomb("nested.mp4", "boxes in boxes, 10,000 deep")
def _():
    depth = 10_000
    inner = b"".join(words(8 * (depth - n)) + b"moov" for n in range(depth))
    return FTYP + box(b"mdat", *SMALL) + inner


@bomb("edits.mp4", "50,000 edits that show the same second")
def _():
    many = 50_000
    edits = box(b"edts", full(b"elst", words(many, *[1000, 0, 1 << 16] * many)))
    return mp4(index=moov(trak(tables(SMALL), edits=edits)))


# --- H.264: pictures of 8192 x 8192 in a few bytes each ---

LARGE = SIDE // 16


def large_h264(count):
    pictures = [h264_skip(LARGE, LARGE, n) for n in range(1, count)]
    return annex_b(h264_sps(LARGE, LARGE), h264_pps(), h264_key(LARGE, LARGE), *pictures)


@bomb("h264-large.h264", "40 pictures of 8192 x 8192, 16 of them kept for reference")
def _():
    return large_h264(40)


@bomb("h264-long.mp4", "an hour of pictures of 8192 x 8192, 10 bytes each")
def _():
    many = 90_000
    key = counted(h264_key(LARGE, LARGE))
    skips = [counted(h264_skip(LARGE, LARGE, n)) for n in range(256)]
    samples = [key, *[skips[n % 256] for n in range(1, many)]]
    entry = stsd(SIDE, SIDE, avcc(h264_sps(LARGE, LARGE), h264_pps()))
    sizes = full(b"stsz", words(0, many, *map(len, samples)))
    table = tables(samples, entry=entry, sizes=sizes)
    return FTYP + box(b"mdat", *samples) + moov(trak(table, SIDE, SIDE, frames=many), frames=many)


@bomb("h264-claims.h264", "a picture of 8192 x 8192 of which one block is there, 500 times")
def _():
    block = Bits().ue(0).ue(7).ue(0).u(8, 0).ue(0).u(1, 0).u(1, 0).ue(0)
    block = b"\x65" + escaped(Bits(str(block) + "00100111" + "1").bytes())
    return annex_b(h264_sps(LARGE, LARGE), h264_pps(), *[block] * 500)


@bomb("h264-sizes.h264", "another size at every key picture, up to 8192 x 512")
def _():
    units = []
    for number in range(400):
        columns, rows = (1 + number * 37 % 512, 1 + number % 4) if number % 2 else (1 + number % 4,
                                                                                    1 + number * 53 % 512)
        if number % 40 == 0:
            columns, rows = 512, 32
        units += [h264_sps(columns, rows), h264_pps(), h264_key(columns, rows, number % 2)]
        units += [h264_skip(columns, rows, 1)]
    return annex_b(*units)


@bomb("h264-65536.h264", "pictures of 65,536 x 65,536")
def _():
    return annex_b(h264_sps(4096, 4096), h264_pps(), h264_key(64, 64))


@bomb("h264-parameters.h264", "20,000 parameter sets for one picture")
def _():
    sets = [h264_sps(1 + n % 500, 1 + n % 333) for n in range(20_000)]
    return annex_b(*sets, h264_sps(4, 4), h264_pps(), h264_key(4, 4))


# --- Matroska ---

HEAD = ebml("1a45dfa3", ebml_number("4286", 1), ebml_number("42f7", 1), ebml_number("42f2", 4), ebml_number("42f3", 8),
            ebml("4282", b"matroska"), ebml_number("4287", 4), ebml_number("4285", 2))
INFO = ebml("1549a966", ebml_number("2ad7b1", 1_000_000))
PRIVATE = SMALL_CONFIG[8:]


def track(number=1, private=None, more=b""):
    return ebml("ae", ebml_number("d7", number), ebml_number("73c5", number), ebml_number("83", 1),
                ebml("86", b"V_MPEG4/ISO/AVC"), private or ebml("63a2", PRIVATE),
                ebml("e0", ebml_number("b0", 64), ebml_number("ba", 64)), more)


def block(time, data, flags=0x80, track_number=1):
    return ebml("a3", bytes([0x80 | track_number]) + struct.pack(">hB", time, flags) + data)


def blocks():
    return [block(n * 40, sample) for n, sample in enumerate(SMALL)]


def matroska(tracks, *clusters):
    return HEAD + ebml("18538067", INFO, ebml("1654ae6b", *tracks), *clusters)


@bomb("size.mkv", "elements of 2^55 bytes in one another")
def _():
    huge = (1 << 55) - 1
    inner = ebml("1f43b675", ebml_number("e7", 0), *blocks(), size=huge)
    return HEAD + ebml("18538067", INFO, ebml("1654ae6b", track()), inner, size=huge)


@bomb("private.mkv", "a decoder's configuration of 255 MB that isn't there")
def _():
    return matroska([track(private=bytes.fromhex("63a2") + ebml_size(255 << 20) + PRIVATE)],
                    ebml("1f43b675", ebml_number("e7", 0), *blocks()))


@bomb("block.mkv", "a picture of 1 GB that isn't there")
def _():
    large = bytes.fromhex("a3") + ebml_size(GIB) + b"\x81\0\0\x80" + SMALL[0]
    return matroska([track()], ebml("1f43b675", ebml_number("e7", 0), large, size=2 * GIB))


@bomb("lacing.mkv", "blocks of 256 pictures, the sizes made up")
def _():
    laced = b"\xff" + b"\xff" * 255 + bytes(255)
    ebml_laced = b"\xff" + b"\x01" + b"\xff" * 7 + bytes(254)
    return matroska([track()], ebml("1f43b675", ebml_number("e7", 0), block(0, SMALL[0]), block(40, laced, 0x82),
                                    block(80, b"\xff" + bytes(255), 0x84), block(120, ebml_laced, 0x86)))


@bomb("tracks.mkv", "10,000 tracks")
def _():
    return matroska([track(1 + n % 126) for n in range(10_000)], ebml("1f43b675", ebml_number("e7", 0), *blocks()))


@bomb("compressed.mkv", "pictures that inflate to 256 MB each")
def _():
    packed = zeros_zlib(1 << 28)
    inflate = ebml("6d80", ebml("6240", ebml_number("5031", 0), ebml_number("5032", 1), ebml_number("5033", 0),
                                ebml("5034", ebml_number("4254", 0))))
    return matroska([track(more=inflate)], ebml("1f43b675", ebml_number("e7", 0), block(0, packed), block(40, packed)))


@bomb("cues.mkv", "an index of 20,000 places, all of them the same")
def _():
    cue = ebml("bb", ebml_number("b3", 0), ebml("b7", ebml_number("f7", 1), ebml_number("f1", 0)))
    return matroska([track()], ebml("1c53bb6b", cue * 20_000), ebml("1f43b675", ebml_number("e7", 0), *blocks()))


@bomb("nested.mkv", "groups of tags in one another, 5000 deep")
def _():
    tag = b""
    for _ in range(5000):
        tag = ebml("67c8", tag, size=None)
    return matroska([track()], ebml("1254c367", ebml("7373", tag)), ebml("1f43b675", ebml_number("e7", 0), *blocks()))


# --- AVI, FLV, MPEG-TS, Ogg ---


def avi(*, length=100, more=b"", index=b"", width=64, height=64):
    header = riff_chunk(b"avih", struct.pack("<14I", 40000, 0, 0, 0x10, length, 0, 1, 0, width, height, 0, 0, 0, 0))
    stream = riff_chunk(b"strh", b"vidsH264", struct.pack("<10I", 0, 0, 0, 1, 25, 0, length, 0, 0xFFFFFFFF, 0),
                        bytes(8))
    picture = riff_chunk(b"strf", struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"H264", 0, 0, 0, 0, 0))
    lists = riff_chunk(b"LIST", b"hdrl", header, riff_chunk(b"LIST", b"strl", stream, picture, more))
    key = annex_b(h264_sps(COLUMNS, ROWS), h264_pps(), h264_key(COLUMNS, ROWS))
    frames = [riff_chunk(b"00dc", key)] + [riff_chunk(b"00dc", annex_b(h264_skip(COLUMNS, ROWS, n))) for n in range(1,
                                                                                                                    50)]
    return riff_chunk(b"RIFF", b"AVI ", lists, riff_chunk(b"LIST", b"movi", *frames), index)


@bomb("index.avi", "an index of 60,000 entries, all of them the same picture, and 4,294,967,295 pictures")
def _():
    return avi(length=0xFFFFFFFF, index=riff_chunk(b"idx1", struct.pack("<4sIII", b"00dc", 16, 4, 60) * 60_000))


@bomb("superindex.avi", "an index of indexes with 4,294,967,295 entries")
def _():
    return avi(more=riff_chunk(b"indx", struct.pack("<HBBI4sIII", 4, 0, 0, 0xFFFFFFFF, b"00dc", 0, 0, 0),
                               struct.pack("<QII", 100, 0x7FFFFFFF, 1) * 4))


@bomb("nested.avi", "lists in lists, 10,000 deep")
def _():
    depth = 10_000
    inner = b"".join(b"LIST" + struct.pack("<I", 12 * (depth - n)) + b"hdrl" for n in range(depth))
    return riff_chunk(b"RIFF", b"AVI ", inner)


def flv_tag(kind, body, time=0):
    head = bytes([kind]) + len(body).to_bytes(3, "big") + (time & 0xFFFFFF).to_bytes(3, "big") + bytes(4)
    return head + body + words(11 + len(body))


def flv(meta):
    body = flv_tag(18, b"\2\0\x0aonMetaData" + meta)
    body += flv_tag(9, b"\x17\0\0\0\0" + PRIVATE)
    for n, sample in enumerate(SMALL):
        body += flv_tag(9, (b"\x17" if n == 0 else b"\x27") + b"\1\0\0\0" + sample, n * 40)
    return b"FLV\1\1" + words(9, 0) + body


@bomb("count.flv", "a list of 4,294,967,295 key pictures")
def _():
    array = b"\x08\0\0\0\1\0\x09keyframes\3\0\5times\x0a" + words(0xFFFFFFFF) + b"\0" + bytes(8)
    return flv(array)


@bomb("nested.flv", "objects in objects, 10,000 deep")
def _():
    return flv(b"\3\0\1a" * 10_000)


@bomb("programs.ts", "a thousand programs of forty streams")
def _():
    def crc(data):
        value = 0xFFFFFFFF
        for byte in data:
            value ^= byte << 24
            for _ in range(8):
                value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
        return words(value)

    def section(pid, table, number, body, count):
        inner = struct.pack(">HBBB", number, 0xC1, 0, 0) + body
        data = struct.pack(">BH", table, 0xB000 | len(inner) + 4) + inner
        data = b"\0" + data + crc(data)
        head = struct.pack(">BHB", 0x47, 0x4000 | pid, 0x10 | count % 16)
        return (head + data).ljust(188, b"\xff")

    out = []
    for group in range(25):
        programs = range(group * 40, group * 40 + 40)
        out.append(section(0, 0, 1, b"".join(struct.pack(">HH", n + 1, 0xE000 | 0x100 + n) for n in programs), group))
        for n in programs:
            streams = b"".join(struct.pack(">BHH", 0x1B, 0xE000 | 0x800 + (n * 30 + k) % 6000,
                                           0xF000) for k in range(30))
            out.append(section(0x100 + n, 2, n + 1, struct.pack(">HH", 0xE000 | 0x1FFF, 0xF000) + streams, 0))
    return b"".join(out) * 2


# --- PNG ---

PNG = b"\x89PNG\r\n\x1a\n"


def png(width, height, *chunks, depth=8, colour=2, data=None):
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    if data is None:
        data = zlib.compress(bytes(height * (1 + width * 3)), 9)
    return PNG + head + b"".join(chunks) + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")


@bomb("text-zTXt.png", "a comment that inflates to 4 GB")
def _():
    return png(64, 64, png_chunk(b"zTXt", b"Comment\0\0" + zeros_zlib(4 * GIB)))


@bomb("text-iTXt.png", "a comment that inflates to 1 GB")
def _():
    return png(64, 64, png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + zeros_zlib(GIB)))


@bomb("profile.png", "a colour profile that inflates to 1 GB")
def _():
    return png(64, 64, png_chunk(b"iCCP", b"sRGB\0\0" + zeros_zlib(GIB)))


@bomb("rows.png", "a picture of 64 x 64 whose rows inflate to 1 GB")
def _():
    return png(64, 64, data=zeros_zlib(GIB))


@bomb("large.png", "8192 x 8192 with 64 bits a pixel: 512 MB of rows")
def _():
    return png(SIDE, SIDE, depth=16, colour=6, data=zeros_zlib(SIDE * (1 + SIDE * 8)))


@bomb("chunks.png", "100,000 chunks before the picture")
def _():
    return png(64, 64, png_chunk(b"tEXt", b"a\0b") * 100_000)


@bomb("claims.png", "2,147,483,647 x 2,147,483,647")
def _():
    return png(0x7FFFFFFF, 0x7FFFFFFF, data=zeros_zlib(1000))


def apng(side, frames, claimed=None):
    body, number = [png_chunk(b"acTL", words(claimed or frames, 0))], 0
    first = True
    for _ in range(frames):
        size = side if first else 1
        body.append(png_chunk(b"fcTL", words(number, size, size, 0, 0) + struct.pack(">HHBB", 1, 25, 0, 0)))
        number += 1
        if first:
            body.append(png_chunk(b"IDAT", zeros_zlib(side * (1 + side * 3))))
        else:
            body.append(png_chunk(b"fdAT", words(number) + zlib.compress(bytes(4))))
            number += 1
        first = False
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return PNG + head + b"".join(body) + png_chunk(b"IEND", b"")


@bomb("moving-large.png", "2000 pictures of 8192 x 8192 of which one pixel changes")
def _():
    return apng(SIDE, 2000)


@bomb("moving-count.png", "2,147,483,647 pictures of 64 x 64")
def _():
    return apng(64, 500, 0x7FFFFFFF)


# --- JPEG ---


def jpeg(side_x, side_y, scans, start=0xC2, components=3):
    def segment(marker, body):
        return struct.pack(">BBH", 0xFF, marker, 2 + len(body)) + body

    tables = segment(0xDB, b"\0" + b"\1" * 64)
    parts = b"".join(struct.pack(">BBB", n + 1, 0x11, 0) for n in range(components))
    frame = segment(start, struct.pack(">BHHB", 8, side_y, side_x, components) + parts)
    dc = segment(0xC4, b"\0" + b"\1" + bytes(15) + b"\0")  # one code, "0": the same as before
    ac = segment(0xC4, b"\x10" + b"\1" + bytes(15) + b"\xe0")  # one code, "0": 2^14 and more blocks without anything
    count = (side_x + 7) // 8 * ((side_y + 7) // 8)
    body = [segment(0xDA, bytes([components]) + b"".join(bytes([n + 1, 0]) for n in range(components)) + b"\0\0\0"),
            bytes((components * count + 7) // 8)]
    runs, rest = Bits(), count
    while rest >= 16384:
        run = min(rest, 32767)
        runs.u(1, 0).u(14, run - 16384)
        rest -= run
    packed = runs.bytes("1").replace(b"\xff", b"\xff\0")
    for n in range(scans):
        body += [segment(0xDA, bytes([1, 1 + n % components, 0, 1, 63, 0])), packed]
    return b"\xff\xd8" + tables + frame + dc + ac + b"".join(body) + b"\xff\xd9"


@bomb("claims.jpg", "65,500 x 65,500, progressive")
def _():
    return jpeg(65500, 65500, 0)[:4000]


@bomb("large.jpg", "8192 x 8192 in 400 scans")
def _():
    return jpeg(SIDE, SIDE, 400)


@bomb("scans.jpg", "1024 x 1024 in 30,000 scans")
def _():
    return jpeg(1024, 1024, 30_000)


# --- GIF ---


def gif(side, frames, picture=1):
    out = [b"GIF89a", struct.pack("<HHBBB", side, side, 0x80, 0, 0), b"\0\0\0\xff\xff\xff"]
    for n in range(frames):
        out.append(b"\x21\xf9\x04\x04\4\0\0\0")
        out.append(b"\x2c" + struct.pack("<HHHHB", n % 7, 0, picture, picture, 0) + b"\2\2\x44\1\0")
    return b"".join(out) + b"\x3b"


@bomb("claims.gif", "20,000 pictures of one pixel on a screen of 65,535 x 65,535")
def _():
    return gif(65535, 20_000)


@bomb("large.gif", "5000 pictures of one pixel on a screen of 8192 x 8192")
def _():
    return gif(SIDE, 5000)


@bomb("tiny.gif", "a picture of 8192 x 8192 of which nothing is there, 2000 times")
def _():
    return gif(SIDE, 2000, SIDE)


# --- WebP ---


def webp_moving(side, frames, picture):
    inner = vp8l(picture, picture)
    frame = riff_chunk(b"ANMF", bytes(6), (picture - 1).to_bytes(3, "little") * 2, b"\x28\0\0\0", inner)
    size = (side - 1).to_bytes(3, "little")
    return webp(riff_chunk(b"VP8X", b"\2\0\0\0", size, size), riff_chunk(b"ANIM", bytes(6)), frame * frames)


@bomb("claims.webp", "16,383 x 16,383 in 20 bytes")
def _():
    return webp(vp8l(16383, 16383))


@bomb("large.webp", "8192 x 8192 in 20 bytes")
def _():
    return webp(vp8l(SIDE, SIDE))


@bomb("canvas.webp", "a canvas of 16,777,216 x 16,777,216")
def _():
    return webp(riff_chunk(b"VP8X", b"\0\0\0\0", b"\xff" * 6), vp8l(64, 64))


@bomb("frames.webp", "100,000 pictures of one pixel")
def _():
    return webp_moving(64, 100_000, 1)


@bomb("moving-large.webp", "2000 pictures of 8192 x 8192 in 60 bytes each")
def _():
    return webp_moving(SIDE, 2000, SIDE)


# --- TIFF, BMP, JPEG 2000 ---


def tiff(*entries, after=0):
    out = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries))
    return out + b"".join(struct.pack("<HHII", *entry) for entry in entries) + struct.pack("<I", after)


@bomb("loop.tif", "a directory that comes after itself")
def _():
    return tiff((256, 4, 1, 64), (257, 4, 1, 64), (34665, 4, 1, 8), (330, 4, 1, 8), after=8)


@bomb("count.tif", "a tag with 4,294,967,295 values, and one of 1 GB of text")
def _():
    return tiff((256, 4, 1, 64), (257, 4, 1, 64), (258, 3, 0xFFFFFFFF, 8), (270, 2, GIB, 8), (273, 4, 0xFFFFFFFF, 8),
                (279, 4, 0xFFFFFFFF, 8), (33922, 12, 0x0FFFFFFF, 8))


@bomb("deflate.tif", "8192 x 8192 of which 64 KB are there, as one strip that inflates to 1 GB")
def _():
    data = zeros_zlib(GIB)[: 1 << 16]
    entries = ((256, 4, 1, SIDE), (257, 4, 1, SIDE), (258, 3, 1, 16), (259, 3, 1, 8), (262, 3, 1, 2), (273, 4, 1, 146),
               (277, 3, 1, 3), (278, 4, 1, SIDE), (279, 4, 1, len(data)), (284, 3, 1, 1))
    return tiff(*entries).ljust(146, b"\0") + data


@bomb("large.bmp", "8192 x 8192 in a kilobyte of runs")
def _():
    colours = bytes(1024)
    data = b"\xff\1" * 500 + b"\0\1"
    head = b"BM" + struct.pack("<IHHI", 54 + 1024 + len(data), 0, 0, 54 + 1024)
    return head + struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 8, 1, len(data), 0, 0, 256, 0) + colours + data


@bomb("tiles.j2k", "65,000 tiles of four components and 33 levels")
def _():
    def segment(kind, body):
        return struct.pack(">BBH", 0xFF, kind, 2 + len(body)) + body

    size = struct.pack(">HIIIIIIIIH", 0, SIDE, SIDE, 0, 0, 32, 33, 0, 0, 4) + b"\7\1\1" * 4
    style = struct.pack(">BBHBBBBBB", 0, 0, 1, 0, 32, 4, 4, 0, 1)
    head = b"\xff\x4f" + segment(0x51, size) + segment(0x52, style) + segment(0x5C, b"\0" + b"\x40" * 97)
    tiles = [segment(0x90, struct.pack(">HIBB", n, 14, 0, 1)) + b"\xff\x93" for n in range(60_000)]
    return head + b"".join(tiles) + b"\xff\xd9"


# --- HEVC and AV1, by the ffmpeg program ---


def encode(*how):
    """One flat picture of 64 x 64; None without that encoder."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / how[-1]
        done = subprocess.run(["ffmpeg", "-nostdin", "-v", "quiet", "-f", "lavfi", "-i", "color=gray:s=64x64:r=25:d=2",
                               "-bitexact", *how[:-1], path], check=False)
        return path.read_bytes() if done.returncode == 0 else None


def hevc(frames=50):
    return encode("-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                  "log-level=none:pools=1:frame-threads=1:info=0:keyint=50", "-frames:v", str(frames), "a.hevc")


def nals(data):
    """Of a file of start codes."""
    return [part.rstrip(b"\0") for part in data.split(b"\0\0\1") if part.rstrip(b"\0")]


def hevc_resized(data, side, references=15):
    """The same with another size in its sequence parameter sets."""
    out = []
    for nal in nals(data):
        if nal[0] >> 1 == 33:
            raw = unescaped(nal)
            reader = Reader(raw[15:])  # behind header, ids and the profile
            ids, chroma = reader.ue(), reader.ue()
            reader.ue(), reader.ue()
            if reader.u(1):
                for _ in range(4):
                    reader.ue()
            depths = [reader.ue() for _ in range(3)]
            ordering = reader.u(1)
            reader.ue(), reader.ue(), reader.ue()
            bits = Bits().ue(ids).ue(chroma).ue(side).ue(side).u(1, 0).ue(depths[0]).ue(depths[1]).ue(depths[2])
            bits.u(1, ordering).ue(references).ue(0).ue(0)
            tail = reader.rest().rstrip("0")  # its last bit is the stop bit
            nal = nal[:2] + escaped(raw[2:15] + Bits(str(bits) + tail).bytes())
        out.append(nal)
    return annex_b(*out)


@bomb("hevc-large.hevc", "50 pictures of 8192 x 8192, 16 of them kept for reference, of which one block is there")
def _():
    data = hevc()
    return data and hevc_resized(data, SIDE)


@bomb("hevc-claims.hevc", "pictures of 16,384 x 16,384")
def _():
    data = hevc()
    return data and hevc_resized(data, 16384)


@bomb("hevc-sizes.hevc", "another size at every key picture")
def _():
    data = hevc(2)
    return data and b"".join(hevc_resized(data, 64 << n % 8, n % 16) for n in range(300))


def av1():
    return encode("-c:v", "libaom-av1", "-cpu-used", "8", "-crf", "40", "-b:v", "0", "-frames:v", "1", "a.obu")


def heif(brand, kind, config, picture, width, height, tiles=0, rotations=0):
    """One picture; with `tiles` a grid of that many times that many, each of them the same one."""
    brands = box(b"ftyp", brand, words(0), brand, b"mif1")
    items = [full(b"infe", struct.pack(">HH4s", 1, 0, kind), b"\0", version=2)]
    if tiles:
        items.append(full(b"infe", struct.pack(">HH4s", 2, 0, b"grid"), b"\0", version=2))
        references = full(b"iref", box(b"dimg", struct.pack(">HH", 2, tiles * tiles), struct.pack(">H",
                                                                                                  1) * (tiles * tiles)))
    properties = box(b"ipco", config, full(b"ispe", words(64, 64)), full(b"ispe", words(width, height)),
                     *[box(b"irot", b"\1")] * min(rotations, 120))
    turns = b"".join(bytes([4 + n]) for n in range(min(rotations, 120)))
    if tiles:
        uses = struct.pack(">IHBBBHB", 2, 1, 2, 1, 2, 2, 1) + b"\3"
    else:
        uses = struct.pack(">IHBBB", 1, 1, 2 + len(turns), 1, 3) + turns
    grid = struct.pack(">BBBBII", 0, 1, tiles - 1, tiles - 1, width, height) if tiles else b""

    def build(at):
        places = [struct.pack(">HHHII", 1, 0, 1, at + len(grid), len(picture))]
        if tiles:
            places.append(struct.pack(">HHHII", 2, 0, 1, at, len(grid)))
        return full(b"meta", full(b"hdlr", words(0), b"pict", bytes(13)),
                    full(b"pitm", struct.pack(">H", 2 if tiles else 1)),
                    full(b"iloc", struct.pack(">HH", 0x4400, len(places)), *places),
                    full(b"iinf", struct.pack(">H", len(items)), *items),
                    references if tiles else b"",
                    box(b"iprp", properties, full(b"ipma", uses)))

    meta = build(0)
    return brands + build(len(brands) + len(meta) + 8) + box(b"mdat", grid, picture)


def heic(width, height, **more):
    data = hevc(1)
    if data is None:
        return None
    sets = {nal[0] >> 1: nal for nal in nals(data)}
    arrays = b"".join(bytes([0x80 | kind]) + struct.pack(">HH", 1, len(sets[kind])) + sets[kind] for kind in (32, 33,
                                                                                                              34))
    profile = unescaped(sets[33])[3:15]
    config = box(b"hvcC", b"\1", profile, b"\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f\3", arrays)
    return heif(b"heic", b"hvc1", config, counted(*[nal for kind, nal in sets.items() if kind < 32]), width, height,
                **more)


def avif(width, height, **more):
    data = av1()
    return data and heif(b"avif", b"av01", box(b"av1C", b"\x81\0\x0c\0"), data[2:], width, height, **more)


for _ending, _make in (("heic", heic), ("avif", avif)):

    @bomb(f"claims.{_ending}", "65,535 x 65,535, of which 64 x 64 are there")
    def _(make=_make):
        return make(65535, 65535)

    @bomb(f"grid.{_ending}", "65,025 tiles, 65,535 x 65,535 together, each the same")
    def _(make=_make):
        return make(65535, 65535, tiles=255)

    @bomb(f"grid-large.{_ending}", "16,384 tiles, 8192 x 8192 together, each the same")
    def _(make=_make):
        return make(SIDE, SIDE, tiles=128)

    @bomb(f"turns.{_ending}", "a picture that is turned 120 times")
    def _(make=_make):
        return make(64, 64, rotations=120)


@bomb("nested.heic", "boxes in boxes, 10,000 deep")
def _():
    depth = 10_000
    inner = b"".join(words(8 * (depth - n)) + b"iprp" for n in range(depth))
    return box(b"ftyp", b"heic", words(0), b"heicmif1") + full(b"meta", full(b"hdlr", words(0), b"pict", bytes(13)),
                                                               inner)


@bomb("count.heic", "4,294,967,295 items in every list")
def _():
    many = words(0xFFFFFFFF)
    return box(b"ftyp", b"heic", words(0), b"heicmif1") + full(
        b"meta", full(b"hdlr", words(0), b"pict", bytes(13)), full(b"pitm", b"\0\1"),
        full(b"iloc", b"\x44\0", many, bytes(64), version=2), full(b"iinf", many, bytes(64), version=1),
        box(b"iprp", box(b"ipco", full(b"ispe", words(64, 64))), full(b"ipma", many, bytes(64))),
        full(b"iref", box(b"dimg", b"\0\1\xff\xff", bytes(64))))  # fmt: skip


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, claim, make in BOMBS:
        if len(sys.argv) > 2 and not name.startswith(tuple(sys.argv[2:])):
            continue
        data = make()
        if data is None:
            print(f"NO ENCODER: {name} is left out", file=sys.stderr)
            continue
        (folder / name).write_bytes(data)
        lines.append(f"{name}\t{len(data)}\t{claim}\n")
    (folder / "bombs.tsv").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
