#!/usr/bin/env python3
"""Makes small files that ask for much: memory, time, depth. Needs the ffmpeg program, and heif-enc for HEIC and AVIF.

    make.py FOLDER [NAME...]

The same files each time, as far as the encoders are the same. The names of what was made are printed, one a line, with
what the file claims.
"""

import struct
import subprocess
import sys
import zlib
from pathlib import Path


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def clip(path, size="320x240", seconds=1, *more):
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=10:duration={seconds}", "-pix_fmt", "yuv420p", *more, path)
    return path.read_bytes()


# --- boxes (ISO/IEC 14496-12) ---

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"}


def box(kind, body):
    return struct.pack(">I4s", 8 + len(body), kind) + body


def boxes(data):
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8:at + size]
        at += max(size, 8)


def rewritten(data, change):
    """Every box through `change(kind, body)`, which gives a body, or None to leave it out."""
    out = []
    for kind, body in boxes(data):
        if kind in CONTAINERS:
            body = rewritten(body, change)
        body = change(kind, body)
        if body is not None:
            out.append(box(kind, body))
    return b"".join(out)


def mp4(folder, change):
    """A clip whose index lies behind its pictures, so that changing it moves none."""
    source = folder / "source.tmp.mp4"
    data = clip(source, "64x48", 1, "-c:v", "libx264", "-preset", "ultrafast")
    source.unlink()
    return rewritten(data, change)


def index_of_80_million(folder, path):
    """80 million samples of the same size and length, in a few bytes"""
    count = 80_000_000

    def change(kind, body):
        if kind == b"stsz":
            return struct.pack(">III", 0, 1, count)
        if kind == b"stts":
            return struct.pack(">IIII", 0, 1, count, 1)
        if kind == b"stsc":
            return struct.pack(">IIIII", 0, 1, 1, count, 1)
        return None if kind in (b"stss", b"ctts", b"edts") else body

    path.write_bytes(mp4(folder, change))


def counts_without_end(folder, path):
    """tables that say they have four thousand million entries"""
    path.write_bytes(mp4(folder, lambda kind, body: body[:4] + b"\xff\xff\xff\xff" + body[8:]
                         if kind in (b"stts", b"ctts", b"stsc", b"stco", b"stss", b"elst") else body))


def nested(_folder, path):
    """boxes in boxes, ten thousand deep"""
    body = b""
    for _ in range(10_000):
        body = box(b"moov", body)
    path.write_bytes(box(b"ftyp", b"isom\0\0\2\0isomiso2") + body)


def many_tracks(folder, path):
    """ten thousand tracks"""
    def change(kind, body):
        if kind != b"moov":
            return body
        tracks = [box(k, b) for k, b in boxes(body) if k == b"trak"]
        return b"".join(box(k, b) for k, b in boxes(body) if k != b"trak") + tracks[0] * 10_000

    path.write_bytes(mp4(folder, change))


# --- pictures ---

def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def inflating(size):
    """Zeros: a thousandth of it."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()


def png(path, text=b"", width=64, height=64):
    rows = zlib.compress(b"".join(b"\0" + bytes(3 * 64) for _ in range(64)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + text +
                     chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def text_of_4_gb(_folder, path):
    """text beside the picture that unpacks to four gigabytes"""
    png(path, chunk(b"zTXt", b"Comment\0\0" + inflating(1 << 30)) * 4)


def profile_of_1_gb(_folder, path):
    """a colour profile that unpacks to a gigabyte"""
    png(path, chunk(b"iCCP", b"profile\0\0" + inflating(1 << 30)))


def large_png(_folder, path):
    """60,000 x 60,000 pixels"""
    png(path, b"", 60_000, 60_000)


def pixels_of_zeros(_folder, path):
    """8192 x 8192 pixels of nothing: what the limit lets through"""
    rows = zlib.compressobj(9)
    line = bytes(1 + 3 * 8192)
    data = b"".join(rows.compress(line) for _ in range(8192)) + rows.flush()
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8192, 8192, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", data) + chunk(b"IEND", b""))


def large_jpeg(folder, path):
    """65,500 x 65,500 pixels, by its header"""
    data = bytearray(clip(folder / "one.tmp.jpg", "64x48", 1, "-frames:v", "1"))
    (folder / "one.tmp.jpg").unlink()
    at = data.index(b"\xff\xc0")
    data[at + 5:at + 9] = struct.pack(">HH", 65_500, 65_500)
    path.write_bytes(data)


def many_gif_frames(_folder, path):
    """a screen of 8192 x 8192 pixels, drawn anew 20,000 times with one pixel each"""
    frame = (b"\x21\xf9\x04\x00\x01\x00\x00\x00" + b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\x00" +
             b"\x02\x02\x44\x01\x00")
    path.write_bytes(b"GIF89a" + struct.pack("<HH", 8192, 8192) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff" + frame * 20_000 + b";")


def large_gif(_folder, path):
    """a screen of 65,535 x 65,535 pixels"""
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\x00" + b"\x02\x02\x44\x01\x00"
    path.write_bytes(b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff" + frame * 2 + b";")


def webp_of(width, height):
    """A lossy picture of one size that says it has another (RFC 6386, 9.1)."""
    def change(folder):
        data = bytearray(clip(folder / "one.tmp.webp", "64x48", 1, "-frames:v", "1", "-c:v", "libwebp"))
        (folder / "one.tmp.webp").unlink()
        at = data.index(b"\x9d\x01\x2a")
        data[at + 3:at + 7] = struct.pack("<HH", width, height)
        return bytes(data)
    return change


def large_webp(folder, path):
    """16,383 x 16,383 pixels"""
    path.write_bytes(webp_of(16_383, 16_383)(folder))


def many_webp_frames(folder, path):
    """an animation of 8192 x 8192 pixels in 5,000 frames"""
    still = webp_of(64, 48)(folder)
    picture = still[still.index(b"VP8 "):]
    body = bytes(6) + struct.pack("<I", 63)[:3] + struct.pack("<I", 47)[:3] + b"\x64\0\0" + b"\0" + picture
    frame = b"ANMF" + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    size = struct.pack("<I", 8191)[:3]
    parts = (b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size + size + b"ANIM" + struct.pack("<I", 6) + bytes(6) +
             frame * 5_000)
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WEBP" + parts)


def heif_of(ending, *options):
    def make(folder, path):
        """65,535 x 65,535 pixels, by its properties"""
        source, small = folder / "one.tmp.png", folder / ("one.tmp" + ending)
        png(source)
        subprocess.run(["heif-enc", *options, "-o", small, source], check=True, stdout=subprocess.DEVNULL)
        data = bytearray(small.read_bytes())
        at = data.index(b"ispe")
        data[at + 8:at + 16] = struct.pack(">II", 65_535, 65_535)
        path.write_bytes(data)
        source.unlink()
        small.unlink()
    return make


# --- videos ---

def many_references(_folder, path):
    """8192 x 8192 pixels with 16 references to keep: a few kilobytes of nothing"""
    ffmpeg("-f", "lavfi", "-i", "color=gray:size=8192x8192:rate=5:duration=5", "-pix_fmt", "yuv420p", "-c:v", "libx264",
           "-preset", "ultrafast", "-refs", "16", "-x264-params", "keyint=100:scenecut=0:sliced-threads=0:rc-lookahead=0",
           path)


def changing_sizes(folder, path):
    """another size with each key picture, sixty times"""
    parts = []
    for i, size in enumerate(("64x48", "4096x2304", "320x240", "2048x2048", "16x16", "7680x4320")):
        part = folder / "part.tmp.ts"
        ffmpeg("-f", "lavfi", "-i", f"color=gray:size={size}:rate=5:duration=0.6", "-pix_fmt", "yuv420p", "-c:v",
               "libx264", "-preset", "ultrafast", "-output_ts_offset", i, part)
        parts.append(part.read_bytes())
        part.unlink()
    path.write_bytes(b"".join(parts) * 10)


def minutes_in_few_bytes(_folder, path):
    """ten minutes at 60 pictures a second of 1920 x 1080 pixels in which nothing happens"""
    ffmpeg("-f", "lavfi", "-i", "color=gray:size=1920x1080:rate=60:duration=1", "-pix_fmt", "yuv420p", "-c:v", "libx264",
           "-preset", "ultrafast", "-x264-params", "keyint=60:scenecut=0", "-f", "h264", path.with_suffix(".tmp"))
    stream = path.with_suffix(".tmp").read_bytes()
    path.with_suffix(".tmp").unlink()
    path.write_bytes(stream * 600)


def endless_cluster(folder, path):
    """a Matroska block that says it is four thousand million bytes long"""
    data = bytearray(clip(folder / "one.tmp.mkv", "64x48", 1, "-c:v", "libx264", "-preset", "ultrafast"))
    (folder / "one.tmp.mkv").unlink()
    at = data.index(b"\x1f\x43\xb6\x75")
    data[at + 4:at + 12] = b"\x01\x00\x00\x00\xff\xff\xff\xff"
    path.write_bytes(data)


BOMBS = {
    "index.mp4": index_of_80_million,
    "counts.mp4": counts_without_end,
    "nested.mp4": nested,
    "tracks.mp4": many_tracks,
    "references.mp4": many_references,
    "sizes.ts": changing_sizes,
    "minutes.h264": minutes_in_few_bytes,
    "cluster.mkv": endless_cluster,
    "text.png": text_of_4_gb,
    "profile.png": profile_of_1_gb,
    "large-png.png": large_png,
    "zeros.png": pixels_of_zeros,
    "large-jpg.jpg": large_jpeg,
    "large-gif.gif": large_gif,
    "frames-gif.gif": many_gif_frames,
    "large-webp.webp": large_webp,
    "frames-webp.webp": many_webp_frames,
    "large-heic.heic": heif_of(".heic"),
    "large-avif.avif": heif_of(".avif", "-A"),
}


def main(arguments):
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name in arguments[1:] or BOMBS:
        path = folder / name
        BOMBS[name](folder, path)
        print(f"{name}\t{path.stat().st_size}\t{BOMBS[name].__doc__}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
