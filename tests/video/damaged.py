#!/usr/bin/env python3
"""Make a folder of videos and pictures that are broken in every way we could think of.

    damaged.py FOLDER

Writes the files and FOLDER/expected.tsv: name, outcome, words. Outcomes:

    ok       decoded without a word
    warning  decoded as far as possible, with a warning that holds the words
    error    refused with an error that holds the words
    any      one of the three, as the damage falls; never a crash

The words are "-" where any will do. Needs the ffmpeg program; the same files come out each time
with the same ffmpeg.
"""

import pathlib
import random
import struct
import subprocess
import sys
import zlib

SECONDS = 3


def ffmpeg(*arguments):
    subprocess.run(
        ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *map(str, arguments)],
        check=True,
    )


def moving(seconds=SECONDS, size="160x120"):
    return ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration={seconds}"]


def sound(seconds=SECONDS):
    return ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]


H264 = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "25"]


class Boxes:
    """The boxes of an MP4 file, to be changed in place."""

    CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"}

    def __init__(self, data):
        self.data = bytearray(data)

    def find(self, kind, start=0, end=None):
        """Offsets of all boxes of a kind, at any depth."""
        found, at = [], start
        end = len(self.data) if end is None else end
        while at + 8 <= end:
            size, name = struct.unpack_from(">I4s", self.data, at)
            if size < 8:
                break
            if name == kind:
                found.append(at)
            if name in self.CONTAINERS:
                found += self.find(kind, at + 8, min(at + size, end))
            at += size
        return found

    def size(self, at):
        return struct.unpack_from(">I", self.data, at)[0]

    def put(self, at, layout, *values):
        struct.pack_into(layout, self.data, at, *values)


class Maker:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sound_parts = self.folder / "parts"
        self.sound_parts.mkdir(exist_ok=True)
        self.expected = []

    def part(self, name, *arguments):
        """A good file, to be broken."""
        path = self.sound_parts / name
        if not path.exists():
            ffmpeg(*arguments, path)
        return path.read_bytes()

    def add(self, name, data, outcome, words="-"):
        (self.folder / name).write_bytes(bytes(data))
        self.expected.append((name, outcome, words))

    def finish(self):
        lines = ["\t".join(row) + "\n" for row in self.expected]
        (self.folder / "expected.tsv").write_text("".join(lines), encoding="utf-8")


def cut(data, share):
    return data[: int(len(data) * share)]


def flip(data, start, end, step, seed):
    dice = random.Random(seed)
    data = bytearray(data)
    for at in range(start, min(end, len(data)), step):
        data[at] ^= dice.randrange(1, 256)
    return data


def not_videos(make):
    dice = random.Random(1)
    make.add("empty.mp4", b"", "error", "empty file")
    make.add("one_byte.mp4", b"A", "error", "not a video")
    make.add("zeros.mp4", bytes(65536), "error", "zero bytes")
    letter = "Liebe Schüler, wir sehen uns.\n".encode()
    make.add("text.mp4", b"Dear students, the lesson moves.\n" * 200, "error", "text file")
    make.add("utf8_text.mp4", letter * 300, "error", "text file")
    make.add("web_page.mp4", b"<!DOCTYPE html><title>404</title>" * 9, "error", "web page")
    make.add("document.mp4", b"%PDF-1.7\n" + dice.randbytes(9000), "error", "PDF")
    make.add("archive.mp4", b"PK\x03\x04" + dice.randbytes(9000), "error", "ZIP")
    make.add("random.mp4", dice.randbytes(100000), "error", "not a video")
    make.add(
        "playlist.mp4",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "error",
        "playlist",
    )
    make.add(
        "concat.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n", "error", "playlist"
    )


def without_pictures(make):
    make.add("audio_only.mp4", make.part("sound.mp4", *sound(), "-c:a", "aac"), "error", "sound")
    make.add("audio_only.mkv", make.part("sound.mkv", *sound(), "-c:a", "aac"), "error", "sound")
    make.part("cover.png", *moving(1), "-frames:v", "1")
    make.add(
        "cover_art.mp3",
        make.part("cover.mp3", *sound(), "-i", make.sound_parts / "cover.png", "-map", "0",
                  "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic"),
        "error",
        "sound",
    )


def cut_off(make, front, end, others):
    make.add("cut_front_01.mp4", cut(front, 0.01), "error")
    make.add("cut_front_in_index.mp4", front[: Boxes(front).find(b"mdat")[0] // 2], "error")
    for percent in (25, 50, 75, 90):
        make.add(f"cut_front_{percent}.mp4", cut(front, percent / 100), "warning", "cut off")
    make.add("cut_front_99.mp4", cut(front, 0.99), "any")
    for percent in (10, 50):
        make.add(f"cut_end_{percent}.mp4", cut(end, percent / 100), "error", "moov atom not found")
    make.add("cut_end_99.mp4", cut(end, 0.99), "error", "index")
    for name, data in others.items():
        make.add(f"cut_03_{name}", cut(data, 0.03), "any")
        make.add(f"cut_50_{name}", cut(data, 0.5), "any" if name.endswith("ts") else "warning")
        make.add(f"cut_95_{name}", cut(data, 0.95), "any")


def flipped(make, front, others):
    mdat = Boxes(front).find(b"mdat")[0]
    middle = (mdat + len(front)) // 2
    make.add("flipped_pictures.mp4", flip(front, middle, len(front), 61, 2), "warning", "damaged")
    make.add("flipped_few.mp4", flip(front, middle, len(front), 5000, 3), "any")
    make.add("flipped_first_picture.mp4", flip(front, mdat + 8, mdat + 2000, 7, 4), "any")
    zeroed = bytearray(front)
    zeroed[middle : middle + 8000] = bytes(8000)
    make.add("zeroed_middle.mp4", zeroed, "warning", "damaged")
    for seed in range(8):
        make.add(f"flipped_index_{seed}.mp4", flip(front, 40, mdat, 37 + 11 * seed, seed), "any")
    for name, data in others.items():
        make.add(f"flipped_{name}", flip(data, len(data) // 3, len(data), 101, 5), "any")
        make.add(f"flipped_head_{name}", flip(data, 8, 2000, 53, 6), "any")


def false_claims(make, front, matroska):
    def changed(change):
        boxes = Boxes(front)
        change(boxes)
        return boxes.data

    def stsd(boxes, offset, layout, *values):
        boxes.put(boxes.find(b"stsd")[0] + 16 + offset, layout, *values)

    def large(boxes):
        stsd(boxes, 32, ">HH", 20000, 20000)
        for at in boxes.find(b"tkhd")[:1]:
            boxes.put(at + boxes.size(at) - 8, ">II", 20000 << 16, 20000 << 16)

    def ten_hours(boxes):
        """Each picture is shown for so long that all of them together take ten hours."""
        for kind in (b"mvhd", b"mdhd"):
            for at in boxes.find(kind):
                scale = struct.unpack_from(">I", boxes.data, at + 20)[0]
                boxes.put(at + 24, ">I", scale * 36000)
        scale = struct.unpack_from(">I", boxes.data, boxes.find(b"mdhd")[0] + 20)[0]
        movie_scale = struct.unpack_from(">I", boxes.data, boxes.find(b"mvhd")[0] + 20)[0]
        boxes.put(boxes.find(b"elst")[0] + 16, ">I", movie_scale * 36000)
        boxes.put(boxes.find(b"stts")[0] + 20, ">I", scale * 36000 // (25 * SECONDS))

    def every(kind, offset, value):
        def change(boxes):
            for at in boxes.find(kind):
                boxes.put(at + offset, ">I", value)

        return change

    def no_samples(boxes):
        for kind, offset in ((b"stsz", 16), (b"stts", 12), (b"stsc", 12), (b"stco", 12)):
            every(kind, offset, 0)(boxes)

    def lost_samples(boxes):
        for at in boxes.find(b"stco"):
            for i in range(struct.unpack_from(">I", boxes.data, at + 12)[0]):
                boxes.put(at + 16 + 4 * i, ">I", 0x7FFFFF00)

    make.add("claims_20000_px.mp4", changed(large), "error", "limit")
    make.add("claims_0_px.mp4", changed(lambda b: stsd(b, 32, ">HH", 0, 0)), "any")
    make.add("claims_10_hours.mp4", changed(ten_hours), "any")
    duration = matroska.index(b"\x44\x89\x88") + 3  # the element Duration: a double, in ms
    make.add(
        "claims_10_hours.mkv",
        matroska[:duration] + struct.pack(">d", 36e6) + matroska[duration + 8 :],
        "warning",
        "cut off",
    )
    make.add("unknown_codec.mp4", changed(lambda b: stsd(b, 4, "4s", b"zzzz")), "error")
    make.add("no_samples.mp4", changed(no_samples), "error", "no pictures")
    make.add("lost_samples.mp4", changed(lost_samples), "error", "no pictures")
    make.add("huge_samples.mp4", changed(every(b"stsz", 20, 0x7FFFFFFF)), "any")
    make.add("many_samples.mp4", changed(every(b"stsz", 16, 0xFFFFFFFF)), "any")
    make.add("many_times.mp4", changed(every(b"stts", 12, 0x10000000)), "any")
    make.add("huge_index.mp4", changed(every(b"moov", 0, 0x7FFFFFFF)), "any")
    make.add("huge_box.mp4", struct.pack(">I4sQ", 1, b"ftyp", 1 << 62) + front[16:], "error")
    make.add("tiny_box.mp4", front[:32] + struct.pack(">I4s", 3, b"moov") + front[40:], "error")
    mdat = Boxes(front).find(b"mdat")[0]
    make.add("index_only.mp4", front[:mdat], "error", "no pictures")
    make.add("type_only.mp4", front[: Boxes(front).size(0)], "error", "moov atom not found")
    make.add("garbage_before.mp4", random.Random(7).randbytes(999) + front, "any")
    make.add("garbage_behind.mp4", front + random.Random(8).randbytes(9999), "ok")


def unusual(make):
    make.add(
        "encrypted.mp4",
        make.part("encrypted.mp4", *moving(), *H264, "-encryption_scheme", "cenc-aes-ctr",
                  "-encryption_key", "00112233445566778899aabbccddeeff",
                  "-encryption_kid", "ffeeddccbbaa99887766554433221100"),
        "error",
        "encrypted",
    )
    maps = [word for _ in range(70) for word in ("-map", "1")]
    make.add(
        "many_streams.mp4",
        make.part("streams.mp4", *moving(1), *sound(1), "-map", "0", *maps, *H264, "-c:a", "aac"),
        "error",
        "limit",
    )


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def pictures(make):
    for name in ("photo.jpg", "photo.png", "photo.webp", "photo.bmp", "photo.gif"):
        data = make.part(name, *moving(1, "320x240"), "-frames:v", "1")
        half = "warning" if name.endswith("jpg") else "any"
        make.add(f"cut_50_{name}", cut(data, 0.5), half, "damaged" if half == "warning" else "-")
        make.add(f"cut_02_{name}", cut(data, 0.02), "any")
        make.add(f"flipped_{name}", flip(data, 100, len(data), 97, 9), "any")
    make.add("no_picture.jpg", b"\xff\xd8\xff\xd9", "error", "damaged")
    head = struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0)
    large = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head)
    large += png_chunk(b"IDAT", zlib.compress(bytes(100000))) + png_chunk(b"IEND", b"")
    make.add("claims_20000_px.png", large, "error", "limit")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    make = Maker(sys.argv[1])
    both = [*moving(), *sound(), *H264, "-c:a", "aac", "-shortest"]
    front = make.part("front.mp4", *both, "-movflags", "+faststart")
    end = make.part("end.mp4", *both)
    others = {
        "h264.mkv": make.part("h264.mkv", *both),
        "vp9.webm": make.part("vp9.webm", *moving(), "-c:v", "libvpx-vp9", "-cpu-used", "8"),
        "mpeg4.avi": make.part("mpeg4.avi", *moving(), "-c:v", "mpeg4"),
        "h264.ts": make.part("h264.ts", *both),
    }
    not_videos(make)
    without_pictures(make)
    cut_off(make, front, end, others)
    flipped(make, front, others)
    false_claims(make, front, others["h264.mkv"])
    unusual(make)
    pictures(make)
    make.finish()


if __name__ == "__main__":
    main()
