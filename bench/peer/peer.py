#!/usr/bin/env python3
"""The course's videos through homeroom and through Python's face_recognition (worker.py), interleaved.

    scripts/bench peer [--runs N] [--fps N] [--output FILE]

cold: one process per video, its start included, as every upload of a burst meets it.
warm: one process for all videos. homeroom is measured from outside, its start and models included; the peer is one
      Python process whose imports are left out of its time, which favours the peer.
decode: bare libavcodec over every frame of the same files with the same number of threads, the physical limit.
Files are in the page cache for everybody: one round before the first is not counted.
"""
import argparse
import json
import os
import statistics
import sys
import tempfile

from measure import BenchError, Course, Homeroom, Page, guarded, machine, median_run, run, spread

CONTESTANTS = ("homeroom", "first", "all", "decode")
TITLES = {"homeroom": "homeroom", "first": "peer, first face", "all": "peer, all faces", "decode": "decoding"}
# Ratios that are aimed at: (mode, over, under, at least or at most, value)
AIMS = (("warm", "all", "homeroom", "at least", 8.0), ("warm", "first", "homeroom", "at least", 3.0),
        ("warm", "homeroom", "decode", "at most", 2.5), ("cold", "first", "homeroom", "at least", 5.0),
        ("cold", "all", "homeroom", "at least", 5.0))


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench peer", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("build", "models", "shared", "peer-python"):
        parser.add_argument(f"--{name}", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="rounds (default 3); medians are shown")
    parser.add_argument("--fps", default="1", metavar="N",
                        help="frames per second for homeroom (default 1, what the peer looks at)")
    parser.add_argument("--videos", default="", metavar="NAME,...", help="only these, for a quick look")
    parser.add_argument("--output", metavar="FILE", help="keep the page there, too")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs: at least one")
    return options


class Bench:
    def __init__(self, options, course, scratch):
        self.options = options
        self.course = course
        self.videos = course.videos
        if options.videos:
            names = options.videos.split(",")
            self.videos = [v for v in course.videos if os.path.basename(v) in names]
            if len(self.videos) != len(names):
                raise BenchError(f"--videos: not all of {options.videos} are in {course.folder}")
        self.homeroom = Homeroom(options.build, options.models, scratch)
        self.homeroom.import_course(course)
        self.scratch = scratch
        self.processors = os.cpu_count() or 1
        self.peer_facts = {}
        self.answers = {}  # (contestant, video) -> {"names", "frames", "faces"}

    def out(self, contestant):
        folder = os.path.join(self.scratch, f"out-{contestant}")
        os.makedirs(folder, exist_ok=True)
        return folder

    def command(self, contestant, videos):
        if contestant == "homeroom":
            return self.homeroom.recognize_command(videos, self.out(contestant), "--fps", self.options.fps)
        if contestant == "decode":
            # As homeroom does: one job per processor while there are videos, the rest are decoder threads.
            jobs = min(self.processors, len(videos))
            return [os.path.join(self.options.build, "bin", "bench_decode"), "--jobs", str(jobs),
                    "--threads", str(max(1, self.processors // jobs)), *videos]
        worker = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")
        return [self.options.peer_python, "-W", "ignore", worker, "--mode", contestant,
                "--encoding", self.course.encoding, "--students", self.course.students,
                "--out", self.out(contestant), *videos]

    def read_homeroom(self, videos, stderr):
        times = {}
        for line in stderr.splitlines():
            if line.startswith("{"):
                fields = json.loads(line)
                if "total_ms" in fields:
                    times[fields["video"]] = fields["total_ms"] / 1000
        for video in videos:
            report = self.homeroom.report(self.out("homeroom"), video)
            self.answers["homeroom", video] = {"names": [s["name"] for s in report["students"]],
                                               "frames": report["frames"], "faces": report["faces"]}
        return times

    def read_peer(self, contestant, stdout):
        facts, *lines = [json.loads(line) for line in stdout.splitlines()]
        self.peer_facts = facts
        for line in lines:
            self.answers[contestant, line["video"]] = line
        return facts, {line["video"]: line["wall_s"] for line in lines}

    def measure(self, contestant, videos, warm):
        """One process over the videos; (run, {video: seconds of wall clock inside it})."""
        result = run(self.command(contestant, videos))
        inside = {}
        if contestant == "homeroom":
            inside = self.read_homeroom(videos, result.stderr)
        elif contestant != "decode":
            facts, inside = self.read_peer(contestant, result.stdout)
            if warm:  # the imports, and the interpreter's start and end, stay out of it
                lines = [json.loads(line) for line in result.stdout.splitlines()[1:]]
                result.wall_s = sum(line["wall_s"] for line in lines)
                result.cpu_s = sum(line["cpu_s"] for line in lines)
        return result, inside

    def rounds(self):
        """{mode: {contestant: [[run of each video] of each round] or [run of each round]}}, interleaved."""
        cold = {c: [] for c in CONTESTANTS}
        warm = {c: [] for c in CONTESTANTS}
        for number in range(-1, self.options.runs):
            # Every round begins with another contestant, so that none always follows the same one.
            turn = max(number, 0) % len(CONTESTANTS)
            order = CONTESTANTS[turn:] + CONTESTANTS[:turn]
            print(f"round {number + 1} of {self.options.runs}" if number >= 0 else "warming up",
                  file=sys.stderr, flush=True)
            if number < 0:
                self.measure("decode", self.videos, True)
                self.measure("homeroom", self.videos, True)
                self.measure("first", self.videos[:1], True)
                continue
            rounds = {c: [] for c in CONTESTANTS}
            for video in self.videos:
                for contestant in order:
                    rounds[contestant].append(self.measure(contestant, [video], False)[0])
            for contestant in order:
                cold[contestant].append(rounds[contestant])
                warm[contestant].append(self.measure(contestant, self.videos, True))
        return cold, warm


def total(runs):
    """One round's videos as one run."""
    first = median_run(runs[:1])
    first.wall_s = sum(r.wall_s for r in runs)
    first.cpu_s = sum(r.cpu_s for r in runs)
    first.peak_mib = max(r.peak_mib for r in runs)
    return first


def answer_cell(bench, contestant, video):
    answer = bench.answers[contestant, video]
    right = answer["names"] == [bench.course.expected_name(video)]
    names = ", ".join(answer["names"]) or "nobody"
    return f"{'right' if right else 'WRONG: ' + names} ({answer['faces']} in {answer['frames']})"


def right_count(bench, contestant):
    return sum(bench.answers[contestant, v]["names"] == [bench.course.expected_name(v)] for v in bench.videos)


def show_answers(page, bench):
    page.text("### Answers", "",
              "In brackets: faces looked at, in how many frames. Right means exactly the one student.", "")
    people = CONTESTANTS[:3]
    rows = [[os.path.basename(v), bench.course.expected_name(v)] + [answer_cell(bench, c, v) for c in people]
            for v in bench.videos]
    rows.append(["right", ""] + [f"{right_count(bench, c)} of {len(bench.videos)}" for c in people])
    page.table(["video", "expected"] + [TITLES[c] for c in people], rows)


def show_cold(page, bench, cold):
    page.text("### Cold: one process per video", "", "Wall / CPU milliseconds; peak MiB of the largest process.", "")
    rows = []
    for index, video in enumerate(bench.videos):
        medians = {c: median_run([runs[index] for runs in cold[c]]) for c in CONTESTANTS}
        rows.append([os.path.basename(video)]
                    + [f"{m.wall_s * 1000:.0f} / {m.cpu_s * 1000:.0f}; {m.peak_mib:.0f}" for m in medians.values()]
                    + [f"{medians['first'].wall_s / medians['homeroom'].wall_s:.1f}",
                       f"{medians['all'].wall_s / medians['homeroom'].wall_s:.1f}"])
    page.table(["video"] + [TITLES[c] for c in CONTESTANTS] + ["first/homeroom", "all/homeroom"], rows)


def show_warm(page, bench, warm):
    page.text("### Warm: one process for all videos", "",
              f"Wall milliseconds of each inside the process; homeroom works on "
              f"{min(bench.processors, len(bench.videos))} at a time, the peer on one after the other.", "")
    rows = []
    for video in bench.videos:
        cells = [statistics.median(inside[video] for _, inside in warm[c]) * 1000 for c in CONTESTANTS[:3]]
        rows.append([os.path.basename(video)] + [f"{cell:.0f}" for cell in cells])
    page.table(["video"] + [TITLES[c] for c in CONTESTANTS[:3]], rows)


def show_totals(page, bench, totals):
    page.text(f"### All {len(bench.videos)} videos", "")
    for mode in ("cold", "warm"):
        rows = []
        home = median_run(totals[mode]["homeroom"])
        for contestant in CONTESTANTS:
            middle = median_run(totals[mode][contestant])
            rows.append([TITLES[contestant], f"{middle.wall_s:.2f}", spread(totals[mode][contestant]),
                         f"{middle.cpu_s:.2f}", f"{middle.peak_mib:.0f}",
                         f"{middle.wall_s / home.wall_s:.2f}", f"{middle.cpu_s / home.cpu_s:.2f}",
                         f"{middle.peak_mib / home.peak_mib:.2f}"])
        page.table([mode, "wall s", "smallest-largest", "CPU s", "peak MiB", "wall / homeroom's", "CPU / homeroom's",
                    "memory / homeroom's"], rows)


def show_aims(page, totals):
    page.text("### Aims", "")
    rows = []
    for mode, over, under, sense, aim in AIMS:
        ratio = median_run(totals[mode][over]).wall_s / median_run(totals[mode][under]).wall_s
        met = ratio >= aim if sense == "at least" else ratio <= aim
        rows.append([f"{mode}: {TITLES[over]} over {TITLES[under]}, wall", f"{sense} {aim:g}", f"{ratio:.2f}",
                     "met" if met else "NOT MET"])
    page.table(["ratio", "aim", "measured", ""], rows)


def main():
    options = parse()
    course = Course(options.shared)
    page = Page()
    with tempfile.TemporaryDirectory(prefix="homeroom-bench-") as scratch:
        about = machine()
        bench = Bench(options, course, scratch)
        cold, warm = bench.rounds()
        facts = bench.peer_facts
        page.text("## homeroom and its peer", "",
                  f"{about}. {options.runs} rounds, interleaved; medians. homeroom at {options.fps} frame(s) per "
                  "second; the peer: ffmpeg to one JPEG per second, HOG detector, "
                  f"dlib {facts['dlib']} (AVX {'on' if facts['avx'] else 'off'}, "
                  f"BLAS {'on' if facts['blas'] else 'off'}), tolerance 0.6; its imports take "
                  f"{facts['import_s']:.2f} s.", "")
        show_answers(page, bench)
        show_cold(page, bench, cold)
        show_warm(page, bench, warm)
        totals = {"cold": {c: [total(runs) for runs in cold[c]] for c in CONTESTANTS},
                  "warm": {c: [result for result, _ in warm[c]] for c in CONTESTANTS}}
        show_totals(page, bench, totals)
        show_aims(page, totals)
    page.keep(options.output)
    if right_count(bench, "homeroom") != len(bench.videos):
        raise BenchError("homeroom did not answer every video rightly: see the table")
    return 0


guarded(main)
