#!/usr/bin/env python3
"""One long lecture: the course's clips, scaled to 1080p and repeated, recognised in one go.

    scripts/bench lecture [--minutes N] [--fps N] [--output FILE]

Shows wall time and how many times faster than real time, the memory over the run (it must be flat and below 500 MiB),
whether progress was shown, and for each student whether first and last sight are where the clips are. Each clip is
encoded once (24 frames per second, x264 ultrafast) and the copies are joined without encoding again.
The exit status is 0 only when all of it is right.
"""
import argparse
import fcntl
import os
import pty
import re
import struct
import subprocess
import tempfile
import termios
import threading
import time

from measure import BenchError, Course, Homeroom, Page, clean_environment, guarded, machine, run

FRAMES_PER_S = 24
PEAK_LIMIT_MIB = 500


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench lecture", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("build", "models", "shared"):
        parser.add_argument(f"--{name}", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--minutes", type=float, default=30, metavar="N", help="length (default 30)")
    parser.add_argument("--fps", default="2", metavar="N", help="frames looked at per second (default 2)")
    parser.add_argument("--output", metavar="FILE", help="keep the page there, too")
    return parser.parse_args()


def frames_in(path):
    probe = run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets", "-show_entries",
                 "stream=nb_read_packets", "-of", "csv=p=0", path])
    return int(probe.stdout.strip().strip(","))


def make_lecture(course, folder, minutes):
    """(path, seconds, {student: (first, last) seconds at which the clips show that student})."""
    parts = []
    for index, video in enumerate(course.videos):
        part = os.path.join(folder, f"part-{index}.mp4")
        run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-i", video, "-an", "-vf",
             "scale=1920:1080:force_original_aspect_ratio=decrease,pad=1920:1080:-1:-1,setsar=1,"
             f"fps={FRAMES_PER_S},format=yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "26",
             "-video_track_timescale", "24000", part])
        parts.append((part, frames_in(part), course.expected_name(video)))
    cycle_s = sum(frames for _, frames, _ in parts) / FRAMES_PER_S
    cycles = max(1, round(minutes * 60 / cycle_s))
    listing = os.path.join(folder, "parts.txt")
    with open(listing, "w", encoding="utf-8") as file:
        for _ in range(cycles):
            file.writelines(f"file '{part}'\nduration {frames / FRAMES_PER_S:.6f}\n" for part, frames, _ in parts)
    lecture = os.path.join(folder, "lecture.mp4")
    run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "concat", "-safe", "0", "-i", listing, "-c", "copy",
         lecture])
    for part, _, _ in parts:
        os.unlink(part)
    truth, at = {}, 0.0
    for _, frames, name in parts:
        length = frames / FRAMES_PER_S
        truth[name] = (at, (cycles - 1) * cycle_s + at + length)
        at += length
    return lecture, cycles * cycle_s, truth


def memory_mib(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


class Watched:
    """A command with a terminal for its standard error, and its memory over time."""

    def __init__(self, command):
        self.screen = b""
        self.memory = []  # (seconds, MiB)
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs,
                                   env=clean_environment(TERM="xterm"))
        os.close(theirs)
        reader = threading.Thread(target=self.read, args=(ours,))
        reader.start()
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            used = memory_mib(process.pid)
            if used:
                self.memory.append((time.perf_counter() - start, used))
            time.sleep(0.25)
        _, status, usage = os.wait4(process.pid, 0)
        self.wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        reader.join()
        os.close(ours)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.peak_mib = usage.ru_maxrss / 1024
        if process.returncode != 0:
            raise BenchError(f"homeroom ended with status {process.returncode}:\n"
                             + self.screen.decode('utf-8', 'replace')[-2000:])

    def read(self, terminal):
        try:
            while chunk := os.read(terminal, 65536):
                self.screen += chunk
        except OSError:
            pass  # the other end is closed: how a terminal says end of file on Linux

    def memory_at(self, share):
        if not self.memory:
            return 0.0
        wanted = self.memory[-1][0] * share
        return min(self.memory, key=lambda sample: abs(sample[0] - wanted))[1]

    def progress_lines(self):
        """Repaints of the bar: pieces with a percentage between carriage returns."""
        return [line for line in re.split(rb"[\r\n]", self.screen) if re.search(rb"\d+ ?%", line)]


def seconds(value):
    """first_seen and last_seen: hh:mm:ss.mmm, or a number of seconds."""
    if isinstance(value, (int, float)):
        return float(value)
    result = 0.0
    for part in value.split(":"):
        result = result * 60 + float(part)
    return result


def sight_rows(report, truth, tolerance_s):
    rows, wrong = [], []
    seen = {s["name"]: s for s in report["students"]}
    for name, (begin, end) in truth.items():
        student = seen.pop(name, None)
        if student is None:
            wrong.append(f"{name} was not seen")
            rows.append([name, "-", "-", "-", "-", "NOT SEEN"])
            continue
        first, last = seconds(student["first_seen"]), seconds(student["last_seen"])
        # A face is seen from the first sample in its clip on; in a few frames of a clip none can be found.
        right = begin - 0.05 <= first <= begin + tolerance_s and end - tolerance_s <= last <= end + 0.05
        if not right:
            wrong.append(f"{name}: first or last sight is wrong")
        rows.append([name, f"{begin:.2f} - {end:.2f}", f"{first:.2f}", f"{last:.2f}", student["sightings"],
                     "right" if right else "WRONG"])
    for name in seen:
        wrong.append(f"{name} was seen and is not there")
        rows.append([name, "-", "-", "-", "-", "NOT THERE"])
    return rows, wrong


def main():
    options = parse()
    course = Course(options.shared)
    page = Page()
    with tempfile.TemporaryDirectory(prefix="homeroom-bench-") as scratch:
        homeroom = Homeroom(options.build, options.models, scratch)
        homeroom.import_course(course)
        lecture, length_s, truth = make_lecture(course, scratch, options.minutes)
        about = machine()
        out = os.path.join(scratch, "out")
        watched = Watched(homeroom.command("--fps", options.fps, "recognize", "--format", "json", "--out", out, lecture))
        report = homeroom.report(out, lecture)
        size_mb = os.path.getsize(lecture) / 1e6
    rows, wrong = sight_rows(report, truth, 1 / float(options.fps) + 0.5)
    quarter, end = watched.memory_at(0.25), watched.memory_at(1.0)
    progress = watched.progress_lines()
    page.text("## A long lecture", "",
              f"{about}. {length_s / 60:.1f} minutes of 1920x1080 H.264 ({size_mb:.0f} MB), "
              f"{options.fps} frames looked at per second: {report['frames']} frames, {report['faces']} faces.", "")
    page.table(["figure", "measured"], [
        ["wall time", f"{watched.wall_s:.1f} s"],
        ["times faster than real time", f"{length_s / watched.wall_s:.1f}"],
        ["CPU time", f"{watched.cpu_s:.1f} s"],
        ["peak memory", f"{watched.peak_mib:.0f} MiB"],
        ["memory at 25, 50, 75, 100 % of the run",
         ", ".join(f"{watched.memory_at(s):.0f}" for s in (0.25, 0.5, 0.75, 1.0)) + " MiB"],
        ["repaints of the progress bar", len(progress)],
        ["unknown tracks", sum(track["student_id"] is None for track in report["tracks"])],
    ])
    page.table(["student", "in the video, s", "first seen", "last seen", "sightings", ""], rows)
    page.keep(options.output)
    if watched.peak_mib >= PEAK_LIMIT_MIB:
        wrong.append(f"peak memory is {watched.peak_mib:.0f} MiB; {PEAK_LIMIT_MIB} is the limit")
    if end > quarter * 1.2 + 10:
        wrong.append(f"memory grows: {quarter:.0f} MiB after a quarter, {end:.0f} at the end")
    if len(progress) < 3:
        wrong.append("no progress was shown on the terminal")
    if wrong:
        raise BenchError("; ".join(wrong))
    return 0


guarded(main)
