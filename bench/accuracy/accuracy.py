#!/usr/bin/env python3
"""How far the names can be trusted: people of several sets, small faces, and the course's videos.

    scripts/bench accuracy [--people DIR] [--draws N] [--fps LIST] [--only people|sizes|course] [--output FILE]

people  `homeroom evaluate` on each set of DIR (default: people/ in HOMEROOM_SHARED): a folder SET/enrolled/PERSON per
        person and SET/strangers, or utk/GROUP with a picture of somebody else each.
sizes   enrolling and recognising with the program: the first three photos of 30 people of lfw/, their other pictures
        and the strangers shrunk until the face has so many pixels across.
course  each video must give exactly one row, the right student's, at every rate. Then each student in turn is taken
        out of the gallery and the video of that student must say no student. Similarity and margin are those of the
        best track.

The exit status is 0 only when all of the course is right. Pictures of the sets may bear a wrong name: look at those
that were misnamed before you blame the program.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import tempfile

from measure import BenchError, Course, Homeroom, Page, guarded, run

SIZES_PX = (20, 24, 32, 40, 80)
PHOTOS, STUDENTS = 3, 30
PICTURES_AT_ONCE = 200


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench accuracy", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("build", "models", "shared"):
        parser.add_argument(f"--{name}", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--people", metavar="DIR", help="sets of people (default: people/ in HOMEROOM_SHARED)")
    parser.add_argument("--draws", default="30", metavar="N", help="galleries drawn for each line (default 30)")
    parser.add_argument("--fps", default="1,2,5", metavar="LIST", help="frames per second (default 1,2,5)")
    parser.add_argument("--only", choices=("people", "sizes", "course"), help="this part alone")
    parser.add_argument("--output", metavar="FILE", help="keep the page there, too")
    return parser.parse_args()


# --- people ---

def share(counts):
    """Per cent, with the interval of 95 % confidence."""
    if not counts["of"]:
        return "-"
    return f"{100 * counts['share']:.1f} [{100 * counts['low']:.1f}, {100 * counts['high']:.1f}]"


def evaluate(homeroom, words, draws):
    lines = run(homeroom.command("--json", "--quiet", "evaluate", *words, "--draws", draws)).stdout.splitlines()
    return [answer for answer in map(json.loads, lines) if not answer.get("curve")]


def row_of(what, answer):
    probes, strangers = answer["found_certain"]["of"], answer["strangers_certain"]["of"]
    both = answer["found_certain"]["count"] + answer["found_review"]["count"]
    return [what, answer["students"], answer["photos"], share(answer["found_certain"]),
            f"{100 * both / probes:.1f}" if probes else "-",
            f"{answer['misnamed_certain']['count']} / {answer['misnamed_review']['count']} of {probes}"
            if probes else "-",
            share(answer["strangers_certain"]), share(answer["strangers_review"]), strangers]


def pictures(folder):
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if not name.startswith("."))


def people_table(homeroom, people, draws, page):
    lines = [("news photos (LFW)", ["lfw", "--gallery", "30,60", "--photos", "3,1"]),
             ("Indian actors, 64x64 (bolly)", ["bolly", "--gallery", "30"]),
             ("Korean women (kpop), strangers: other Asian adults (scut)",
              ["kpop/enrolled", "--strangers", os.path.join(people, "scut", "strangers")])]
    for group in sorted(os.listdir(os.path.join(people, "utk"))):
        # Half of a small group: the other half are the strangers.
        gallery = min(STUDENTS, len(pictures(os.path.join(people, "utk", group))) // 2)
        if len(pictures(os.path.join(people, "utk", group))) >= 40:
            gallery = STUDENTS
        lines.append((f"{group} (utk)", [f"utk/{group}", "--singles", "--gallery", str(gallery), "--photos", "1"]))
    rows = [row_of(what, answer) for what, words in lines
            for answer in evaluate(homeroom, [os.path.join(people, words[0]), *words[1:]], draws)]
    page.text("## Accuracy", "", "### People", "",
              f"`homeroom evaluate`, {draws} galleries drawn for each line, in per cent with intervals of 95 % "
              "confidence; the same strangers recur across draws.", "")
    page.table(["people", "students", "photos each", "found: certain", "or review", "misnamed: certain / review",
                "strangers: certain", "review", "looks"], rows)


# --- small faces ---

def reports_of(homeroom, files, out):
    """The JSON reports of pictures, which have different names."""
    os.makedirs(out, exist_ok=True)
    for at in range(0, len(files), PICTURES_AT_ONCE):
        run(homeroom.recognize_command(files[at:at + PICTURES_AT_ONCE], out, "--quiet"))
    return {file: homeroom.report(out, file) for file in files}


def shrink(source, target, factor):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, "-vf",
                    f"scale=iw*{factor:.6f}:ih*{factor:.6f}:flags=area", target], check=True)


def linked(files, folder):
    """The same pictures under names that differ."""
    os.makedirs(folder)
    links = []
    for number, file in enumerate(files):
        links.append(os.path.join(folder, f"{number:05d}{os.path.splitext(file)[1].lower()}"))
        os.symlink(os.path.abspath(file), links[-1])
    return links


def sizes_table(options, people, page, scratch):
    homeroom = Homeroom(options.build, options.models, scratch)
    homeroom.database = os.path.join(scratch, "sizes.db")
    folder = os.path.join(people, "lfw", "enrolled")
    probes = []
    for person in sorted(os.listdir(folder))[:STUDENTS]:
        photos = pictures(os.path.join(folder, person))
        # A photo that is refused is one of the answers: status 0 or not, the others are enrolled.
        run(homeroom.command("--quiet", "enroll", person, *photos[:PHOTOS], "--create"), allowed=range(64))
        probes += [(person, photo) for photo in photos[PHOTOS:]]
    strangers = pictures(os.path.join(people, "lfw", "strangers"))
    whole = linked([photo for _, photo in probes] + strangers, os.path.join(scratch, "whole"))
    reports = reports_of(homeroom, whole, os.path.join(scratch, "whole-out"))
    width_px = {file: max((track["face_px"] for track in report["tracks"]), default=0)
                for file, report in reports.items()}
    rows = []
    for size_px in (*SIZES_PX, None):
        shrunk = [file for file in whole if width_px[file] >= (size_px or 1)]
        if size_px:
            into = os.path.join(scratch, f"px-{size_px}")
            os.makedirs(into)
            small = {file: os.path.join(into, os.path.basename(file).rsplit(".", 1)[0] + ".png") for file in shrunk}
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(lambda file: shrink(file, small[file], size_px / width_px[file]), shrunk))
            seen = reports_of(homeroom, list(small.values()), into + "-out")
            seen = {file: seen[small[file]] for file in shrunk}
        else:
            seen = reports
        named = {file: {student["id"]: student["band"] for student in report["students"]}
                 for file, report in seen.items()}
        mine = [(person, named[file]) for (person, _), file in zip(probes, whole) if file in named]
        others = [named[file] for file in whole[len(probes):] if file in named]
        certain = sum(bands.get(person) == "certain" for person, bands in mine)
        found = sum(person in bands for person, bands in mine)
        wrong = sum(person not in bands and "certain" in bands.values() for person, bands in mine)
        false = sum("certain" in bands.values() for bands in others)
        review = sum(bool(bands) and "certain" not in bands.values() for bands in others)
        rows.append([f"{size_px} px" if size_px else "as they are", f"{certain} of {len(mine)}",
                     f"{found} of {len(mine)}", wrong, f"{false} of {len(others)}", review])
    page.text("### Small faces", "", f"The program itself: {STUDENTS} people of lfw with {PHOTOS} photos each; the "
              "pictures looked at are shrunk until the largest face is so wide.", "")
    page.table(["face", "found: certain", "or review", "misnamed: certain", "strangers: certain", "review"], rows)


# --- the course ---

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
    best = students[0]
    return f"{number(best['similarity'])} / {number(best['margin'])} {best['band']}{others}", True


def stranger_cell(report):
    students = report["students"]
    if students:
        return f"WRONG: {students[0]['name']} at {number(students[0]['similarity'])}", False
    tracks = [track for track in report["tracks"] if track["similarity"] is not None]
    if not tracks:
        return "WRONG: no face", False  # the stranger must be seen, and not be named
    # The longest track is the person whom the video is about.
    track = max(tracks, key=lambda t: t["sightings"])
    return f"{number(track['similarity'])} ({track['reason']})", True


def without(homeroom, course, name, folder):
    """A database with everybody but one."""
    path = os.path.join(folder, f"without-{name}.db")
    other = Homeroom(os.path.dirname(os.path.dirname(homeroom.program)), homeroom.models, folder)
    other.database = path
    other.import_course(course)
    run(other.command("--quiet", "forget", str(course.table[name]["id"]), "--yes"))
    return path


def course_tables(options, page, scratch):
    """Returns how many answers are wrong."""
    course = Course(options.shared)
    rates = options.fps.split(",")
    wrong = 0
    homeroom = Homeroom(options.build, options.models, scratch)
    homeroom.import_course(course)
    known = {fps: recognize(homeroom, course.videos, fps, os.path.join(scratch, f"known-{fps}")) for fps in rates}
    page.text("### The course's students, from its vectors: similarity / margin to the next", "")
    rows = []
    for video in course.videos:
        expected = course.expected_name(video)
        cells = [known_cell(known[fps][video], expected) for fps in rates]
        wrong += sum(not right for _, right in cells)
        rows.append([os.path.basename(video), expected] + [text for text, _ in cells])
    page.table(["video", "student"] + [f"{fps} per second" for fps in rates], rows)

    page.text("### The same people as strangers: similarity to the nearest student (why it was refused)", "")
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
    return wrong


def main():
    options = parse()
    people = options.people or os.path.join(options.shared, "people")
    if options.only != "course" and not os.path.isdir(people):
        raise BenchError(f"there is no {people}: say HOMEROOM_SHARED=DIR, the folder that holds people/, or --people")
    page = Page()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="homeroom-bench-") as scratch:
        if options.only in (None, "people"):
            people_table(Homeroom(options.build, options.models, scratch), people, options.draws, page)
        if options.only in (None, "sizes"):
            sizes_table(options, people, page, scratch)
        if options.only in (None, "course"):
            wrong = course_tables(options, page, scratch)
    page.keep(options.output)
    if wrong:
        raise BenchError(f"{wrong} answers are wrong: see the tables")
    return 0


guarded(main)
