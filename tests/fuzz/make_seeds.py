#!/usr/bin/env python3
"""Make the files that a fuzz target begins with, beside those of corpus/: media, too large to be kept, by the ffmpeg
program, and messages of the decoding child. Then run the target on both, if one is given.

    make_seeds.py TARGET FOLDER [-- PROGRAM ARGUMENT...]
"""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS = {"encoding": "pickle"}  # else the target's own name
sys.path.insert(0, str(HERE.parent / "bombs"))

X264, QUIET = "-c:v libx264 -preset ultrafast -g 4", "-x265-params log-level=none"
VIDEOS = {
    "h264.mp4": X264, "h264.mkv": X264, "h264.ts": X264, "h264.flv": X264, "h264.h264": X264, "fast.mov": f"{X264} -movflags faststart",
    "fragments.mp4": f"{X264} -movflags frag_keyframe+empty_moov", "hevc.mp4": f"-c:v libx265 -preset ultrafast {QUIET}",
    "mpeg4.avi": "-c:v mpeg4 -bf 2", "mjpeg.avi": "-c:v mjpeg -pix_fmt yuvj420p", "vp8.webm": "-c:v libvpx -deadline realtime",
    "vp9.webm": "-c:v libvpx-vp9 -cpu-used 8 -deadline realtime", "mpeg2.mpg": "-c:v mpeg2video -r 25", "theora.ogv": "",
    "wmv.wmv": "", "moving.gif": "", "moving.png": "-f apng", "moving.mjpg": "-c:v mjpeg -pix_fmt yuvj420p -f mjpeg",
    "turned.mp4": f"{X264} -metadata:s:v rotate=90", "mxf.mxf": "-c:v mpeg2video -r 25",
}
PHOTOS = {"a.jpg": "-pix_fmt yuvj420p", "a.png": "", "a.webp": "-c:v libwebp", "b.webp": "-c:v libwebp -lossless 1", "a.bmp": "",
          "a.gif": "", "a.tif": "", "a.jp2": "", "grey.png": "-pix_fmt gray16be", "deep.png": "-pix_fmt rgba64be"}


def ffmpeg(path, how, frames):
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "quiet", "-y", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=2",
                           "-frames:v", str(frames), "-bitexact", "-pix_fmt", "yuv420p" if frames > 1 and path.suffix != ".gif" else
                           "rgb24", *how.split(), path], check=False)
    if done.returncode != 0:
        path.unlink(missing_ok=True)
        print(f"ffmpeg can't make {path.name}: left out", file=sys.stderr)


def video(folder):
    for name, how in VIDEOS.items():
        ffmpeg(folder / name, how, 8)
    subprocess.run([sys.executable, "-B", HERE.parent / "bombs" / "make.py", folder, "count-elst", "size.mkv", "lacing",
                    "superindex.avi", "index-fragment"], check=True)
    (folder / "bombs.tsv").unlink()


def photo(folder):
    for name, how in PHOTOS.items():
        ffmpeg(folder / name, how, 1)
    for ending in ("heic", "avif"):
        if (folder / "a.png").exists():
            command = ["heif-enc", *(["-A"] if ending == "avif" else []), folder / "a.png", "-o", folder / f"a.{ending}"]
            try:
                subprocess.run(command, check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError):
                print(f"heif-enc can't make {ending}: left out", file=sys.stderr)
    subprocess.run([sys.executable, "-B", HERE.parent / "bombs" / "make.py", folder, "turns.", "loop.tif", "count."], check=True)
    (folder / "bombs.tsv").unlink()
    jpeg = (folder / "a.jpg").read_bytes()
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"
    (folder / "turned.jpg").write_bytes(jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:])


def album(folder):
    subprocess.run([sys.executable, "-B", HERE.parent / "bombs" / "archives.py", folder, "small"], check=True)


class Answer(ctypes.Structure):
    """struct hr_wire_answer of src/video/wire.h."""

    _fields_ = [("kind", ctypes.c_uint32), ("status", ctypes.c_int32), ("text", ctypes.c_char * 512),
                ("width_px", ctypes.c_int32), ("height_px", ctypes.c_int32), ("pts_us", ctypes.c_int64),
                ("shown_width_px", ctypes.c_int32), ("shown_height_px", ctypes.c_int32), ("rotation_deg", ctypes.c_int32),
                ("cameras", ctypes.c_int32), ("duration_us", ctypes.c_int64), ("created_us", ctypes.c_int64), ("container", ctypes.c_char * 64),
                ("codec", ctypes.c_char * 64), ("work", ctypes.c_uint64 * 4), ("warning", ctypes.c_char * 400),
                ("entry_bytes", ctypes.c_uint64), ("entry_verdict", ctypes.c_uint32), ("entry_name", ctypes.c_char * 1024)]


class Wish(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_uint32), ("padding", ctypes.c_uint32), ("value", ctypes.c_uint64)]


def remote(folder):
    def put(name, *messages):
        (folder / name).write_bytes(b"".join(len(bytes(m)).to_bytes(2, "little") + bytes(m) for m in messages))

    opened = Answer(9, 0, shown_width_px=64, shown_height_px=48, cameras=1, duration_us=2_000_000, container=b"mp4", codec=b"h264")
    frame = Answer(9, 0, width_px=64, height_px=48, pts_us=0)
    end = Answer(9, 1, duration_us=1_500_000, warning=b"cut off")
    put("whole", Wish(7, 0, 100), opened, Wish(8, 0, 0), Wish(7, 0, 65536), frame, frame, end)
    put("photo", Wish(7, 0, 100), Answer(9, 0, width_px=64, height_px=48, warning=b"damaged"))
    put("large", opened, Answer(9, 0, width_px=8192, height_px=8192, pts_us=7), end)
    put("too-large", opened, Answer(9, 0, width_px=0x7FFFFFFF, height_px=0x7FFFFFFF))
    put("negative", opened, Answer(9, 0, width_px=-64, height_px=-48, pts_us=-1))
    put("unended", Answer(9, -3, text=b"x" * 512, container=b"y" * 64))
    opened, entry = Answer(9, 0), Answer(9, 0, entry_bytes=70_000, entry_name=b"44/a.jpg")
    put("album", Wish(7, 0, 100), opened, entry, Answer(9, 0, entry_verdict=3, entry_name="\u00fc\x1b".encode()), Answer(9, 1))
    put("entry-large", opened, Answer(9, 0, entry_bytes=1 << 40, entry_name=b"a"))
    put("entry-verdict", opened, Answer(9, 0, entry_verdict=99, entry_name=b"a"))
    put("entry-unended", opened, Answer(9, 0, entry_bytes=1, entry_name=b"x" * 1024))
    put("refused", *[Answer(9, status, text=b"why\x1b[2J\xff") for status in (4, 5, 6, 7, 8, 9)])


def make(target, folder):
    folder.mkdir(parents=True, exist_ok=True)
    if target in globals() and target in ("video", "photo", "remote", "album"):
        globals()[target](folder)
    kept = HERE / "corpus" / CORPUS.get(target, target)
    return [path for path in (folder, kept) if path.exists() and any(path.iterdir())]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    target, folder = sys.argv[1], Path(sys.argv[2])
    paths = make(target, folder / target)
    if len(sys.argv) > 4 and sys.argv[3] == "--":
        program = sys.argv[4:]
        options = "allocator_may_return_null=1:max_allocation_size_mb=512"
        environment = {**os.environ, "ASAN_OPTIONS": ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), options)))}
        os.execve(program[0], [*program, *map(str, paths)], environment)


if __name__ == "__main__":
    main()
