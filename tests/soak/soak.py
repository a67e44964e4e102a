"""'homeroom watch' for hours: what grows? See scripts/soak."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from growth import judge, look

MINUTES, PROGRAM, MODELS = int(sys.argv[1]), sys.argv[2], sys.argv[3]
PHOTOS = Path(MODELS).parent / "photos"
EVERY_S, LOOK_S, TELL = 4, 6, 10  # said: every so many looks


def run(*words, status=0, env=None):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, env={**os.environ, **(env or {})})
    assert status is None or done.returncode == status, done.stderr
    return done


def make_videos(folder):
    made = []
    for name, photo, how in (("obama.mp4", "obama.jpg", "-c:v libx264 -pix_fmt yuv420p"), ("biden.mov", "biden.jpg", "-c:v mjpeg"),
                             ("vp9.webm", "obama2.jpg", "-c:v libvpx-vp9 -deadline realtime")):
        path = folder / name
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-loop", "1", "-i", PHOTOS / photo, "-t", "2", "-r", "10", "-vf",
                        "scale=640:-2", *how.split(), path], check=True)
        made.append(path)
    damaged = folder / "damaged.mp4"
    damaged.write_bytes(made[0].read_bytes()[:20000] + os.urandom(3000))
    return [*made, damaged, PHOTOS / "biden.jpg"]


def main():
    place = Path(tempfile.mkdtemp(prefix="homeroom-soak-"))
    inbox, out, videos_in = place / "in", place / "out", place / "made"
    for folder in (inbox, videos_in):
        folder.mkdir()
    videos = make_videos(videos_in)
    options = ("--db", place / "class.db", "--models", MODELS)
    key = {"HOMEROOM_KEY": "5a" * 32}
    for student, photo in ((44, "obama.jpg"), (46, "biden.jpg")):
        run("enroll", student, PHOTOS / photo, "--create", *options, env=key)
    watch = subprocess.Popen([PROGRAM, "watch", inbox, out, "--interval", "0.3", "--keep", *map(str, options)],
                             stdout=subprocess.DEVNULL, stderr=(place / "log").open("w"), env={**os.environ, **key})
    points, given, missing, begin = [], 0, 0, time.monotonic()
    next_look = begin + LOOK_S
    while (now := time.monotonic()) < begin + 60 * MINUTES:
        video = random.choice(videos)
        name = f"lesson-{given % 40}{video.suffix}"  # names come again: replaced and removed
        shutil.copy(video, inbox / name)
        given += 1
        if given % 15 == 0:
            run("enroll", 99, PHOTOS / "obama2.jpg", "--create", "--accept-lookalike", *options, env=key, status=None)
            run("forget", 99, "--yes", *options, env=key, status=None)
        if given % 10 == 0:
            for old in list(inbox.iterdir())[:5]:
                old.unlink()
        time.sleep(EVERY_S)
        if not any((out / f"{name}{end}").exists() for end in (".csv", ".error.json")):
            time.sleep(2 * EVERY_S)
            missing += (inbox / name).exists() and not any((out / f"{name}{end}").exists() for end in (".csv", ".error.json"))
        if now >= next_look:
            points.append((now - begin, look(watch.pid)))
            next_look += LOOK_S
            if len(points) % TELL == 0:
                print(f"{(now - begin) / 60:6.1f} min, {given} videos: {json.dumps(points[-1][1])}", flush=True)
    alive = watch.poll() is None
    watch.send_signal(signal.SIGTERM)
    status = watch.wait(timeout=60)
    left = [path.name for path in out.rglob(".*") if path.is_file()]
    slopes, grown = judge(points)
    print(f"{given} videos in {MINUTES} minutes, {missing} without a report; ended by itself: {not alive}; exit status {status}; "
          f"left over: {left}; growth per hour: {json.dumps(slopes)}; too much: {grown}")
    good = alive and status == 0 and not missing and not grown
    if good:
        shutil.rmtree(place)
    else:
        print(f"kept: {place}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
