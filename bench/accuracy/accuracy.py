#!/usr/bin/env python3
"""The table of accuracy: the course's videos at several sampling rates, and strangers.

    scripts/bench accuracy [--fps LIST] [--output FILE]

Each video must give exactly one row, the right student's, at every rate. Then each student in turn is taken out of
the gallery and the video of that student must say no student. Distance and margin are those of the best track.
The exit status is 0 only when all of it is right.
"""
import argparse
import os
import tempfile

from measure import BenchError, Course, Homeroom, Page, guarded, run


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench accuracy", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("build", "models", "shared"):
        parser.add_argument(f"--{name}", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--fps", default="1,2,5", metavar="LIST", help="frames per second (default 1,2,5)")
    parser.add_argument("--output", metavar="FILE", help="keep the page there, too")
    return parser.parse_args()


def recognize(homeroom, videos, fps, out, database=None):
    os.makedirs(out, exist_ok=True)
    run(homeroom.recognize_command(videos, out, "--fps", fps, database=database))
    return {video: homeroom.report(out, video) for video in videos}


def number(value):
    return f"{value:.3f}" if isinstance(value, (int, float)) else "-"


def known_cell(report, expected):
    """(text, is it right) for a video whose student is enrolled."""
    students = report["students"]
    unknown = sum(track["student_id"] is None for track in report["tracks"])
    others = f" (+{unknown} unknown)" if unknown else ""
    if [s["name"] for s in students] != [expected]:
        return f"WRONG: {', '.join(s['name'] for s in students) or 'nobody'}{others}", False
    return f"{number(students[0]['distance'])} / {number(students[0]['margin'])}{others}", True


def stranger_cell(report):
    students = report["students"]
    if students:
        return f"WRONG: {students[0]['name']} at {number(students[0]['distance'])}", False
    tracks = [track for track in report["tracks"] if track["distance"] is not None]
    if not tracks:
        return "WRONG: no face", False  # the stranger must be seen, and not be named
    # The longest track is the person whom the video is about.
    track = max(tracks, key=lambda t: t["sightings"])
    return f"{number(track['distance'])} ({track['reason']})", True


def without(homeroom, course, name, folder):
    """A database with everybody but one."""
    path = os.path.join(folder, f"without-{name}.db")
    other = Homeroom(os.path.dirname(os.path.dirname(homeroom.program)), homeroom.models, folder)
    other.database = path
    other.import_course(course)
    run(other.command("--quiet", "forget", str(course.table[name]["id"]), "--yes"))
    return path


def main():
    options = parse()
    course = Course(options.shared)
    rates = options.fps.split(",")
    page = Page()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="homeroom-bench-") as scratch:
        homeroom = Homeroom(options.build, options.models, scratch)
        homeroom.import_course(course)
        known = {fps: recognize(homeroom, course.videos, fps, os.path.join(scratch, f"known-{fps}")) for fps in rates}
        page.text("## Accuracy", "", "### Enrolled students: distance / margin to the next student", "")
        rows = []
        for video in course.videos:
            expected = course.expected_name(video)
            cells = [known_cell(known[fps][video], expected) for fps in rates]
            wrong += sum(not right for _, right in cells)
            rows.append([os.path.basename(video), expected] + [text for text, _ in cells])
        page.table(["video", "student"] + [f"{fps} per second" for fps in rates], rows)

        page.text("### The same people as strangers: the nearest student's distance (why it was refused)", "")
        rows = []
        for video in course.videos:
            name = course.expected_name(video)
            database = without(homeroom, course, name, scratch)
            cells = [stranger_cell(recognize(homeroom, [video], fps, os.path.join(scratch, f"stranger-{fps}"),
                                             database)[video]) for fps in rates]
            wrong += sum(not right for _, right in cells)
            rows.append([os.path.basename(video), name] + [text for text, _ in cells])
        page.table(["video", "taken out"] + [f"{fps} per second" for fps in rates], rows)
        answers = 2 * len(course.videos) * len(rates)
        page.text(f"{answers - wrong} of {answers} answers are right.")
    page.keep(options.output)
    if wrong:
        raise BenchError(f"{wrong} answers are wrong: see the tables")
    return 0


guarded(main)
