#!/usr/bin/env python3
"""With little memory (ulimit -v) a video gives all its frames or an error, and never fewer frames and exit status 0.

The program is the one that users build, as sanitizers take terabytes of addresses: HOMEROOM_PROGRAM.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM, MODELS = os.environ["HOMEROOM_PROGRAM"], os.environ["HOMEROOM_MODELS"]
PHOTO = Path(MODELS) / "../photos/obama.jpg"
LIMIT, MEMORY = 8, 9
LIMITS_MB = (210, 240, 270, 300, 350, 400, 600)
INPUTS = {  # name: (size, frames, what ffmpeg is told)
    "small.mp4": ("640x480", 20, "-c:v libx264 -pix_fmt yuv420p"),
    "large.mp4": ("1920x1080", 12, "-c:v libx264 -pix_fmt yuv420p -refs 8"),
    "huge.mp4": ("3840x2160", 6, "-c:v libx264 -pix_fmt yuv420p -preset ultrafast"),
    "hevc.mp4": ("1280x720", 10, "-c:v libx265 -x265-params log-level=none -pix_fmt yuv420p"),
    "vp9.webm": ("1280x720", 10, "-c:v libvpx-vp9 -deadline realtime -pix_fmt yuv420p"),
    "mpeg4.avi": ("1280x720", 10, "-c:v mpeg4 -pix_fmt yuv420p"),
    "mjpeg.mov": ("1920x1080", 10, "-c:v mjpeg -pix_fmt yuvj420p"),
    "ten.mkv": ("1920x1080", 8, "-c:v ffv1 -pix_fmt yuv420p10le"),
    "still.png": ("3000x3000", 1, "-frames:v 1 -update 1"),
    "still.jpg": ("6000x6000", 1, "-frames:v 1 -update 1"),
}


def make(folder):
    for name, (size, frames, how) in INPUTS.items():
        scale = f"scale={size.replace('x', ':')},setsar=1"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-loop", "1", "-r", "10", "-i", PHOTO, "-vf", scale,
                        "-frames:v", str(frames), *how.split(), folder / name], check=True)


def recognize(folder, name, limit_mb=None):
    def limit():
        if limit_mb:
            resource.setrlimit(resource.RLIMIT_AS, (limit_mb << 20, limit_mb << 20))

    return subprocess.run([PROGRAM, "recognize", "--fps", "10", "--threads", "2", "--format", "json", "--out", "-", folder / name,
                           "--db", folder / "class.db", "--models", MODELS], capture_output=True, text=True, timeout=120,
                          preexec_fn=limit)


def seen(done):
    report = json.loads(done.stdout)
    return {key: report["video"][key] for key in ("frames", "faces") if key in report["video"]} or report["video"]


def main():
    whole = refused = wrong = 0
    with tempfile.TemporaryDirectory(prefix="homeroom-memory-") as place:
        folder = Path(place)
        make(folder)
        subprocess.run([PROGRAM, "enroll", "44", PHOTO, "--create", "--db", folder / "class.db", "--models", MODELS],
                       check=True, capture_output=True)
        for name in INPUTS:
            free = recognize(folder, name)
            assert free.returncode == 0, free.stderr
            line = []
            for limit_mb in LIMITS_MB:
                done = recognize(folder, name, limit_mb)
                if done.returncode == 0 and seen(done) == seen(free):
                    whole += 1
                    line.append("whole")
                elif done.returncode in (LIMIT, MEMORY) and "error: " in done.stderr:
                    refused += 1
                    line.append(f"error {done.returncode}")
                else:
                    wrong += 1
                    line.append("WRONG")
                    print(f"FAILED: {name} in {limit_mb} MB: status {done.returncode}, {done.stdout[:300]} {done.stderr[:500]}")
            print(f"{name}: " + ", ".join(f"{limit} MB {what}" for limit, what in zip(LIMITS_MB, line)))
    print(f"{whole} whole, {refused} refused, {wrong} neither")
    # With the least nothing can run, with the most everything does: else the limits show nothing.
    return 1 if wrong or not whole or not refused else 0


if __name__ == "__main__":
    sys.exit(main())
