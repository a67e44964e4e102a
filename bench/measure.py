"""What the benchmarks share: running a command with its wall time, CPU time and peak memory, medians and tables.

Only the standard library, and small on purpose: the kernel counts the parent's memory towards a child's peak
until the child has replaced itself.
"""
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time


class BenchError(Exception):
    """Something that a person can do something about; shown without a traceback."""


class Run:
    def __init__(self, wall_s, cpu_s, peak_mib, stdout, stderr):
        self.wall_s = wall_s
        self.cpu_s = cpu_s
        self.peak_mib = peak_mib  # the largest single process of the command
        self.stdout = stdout
        self.stderr = stderr


def clean_environment(**extra):
    """The environment without the variables that homeroom would listen to."""
    return {key: value for key, value in os.environ.items() if not key.startswith("HOMEROOM_")} | extra


def run(command, allowed=(0,), sampler=None):
    """Run a command to its end. `sampler(pid)` is called about twice a second while it runs."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                              env=clean_environment()) as process:
            if sampler:
                while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                    sampler(process.pid)
                    time.sleep(0.5)
            _, status, usage = os.wait4(process.pid, 0)
            wall_s = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        stdout = out.read().decode("utf-8", "replace")
        stderr = err.read().decode("utf-8", "replace")
        if process.returncode not in allowed:
            raise BenchError(f"{' '.join(command[:6])} ... ended with status {process.returncode}:\n{stderr[-2000:]}")
        return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, stdout, stderr)


def median_run(runs):
    """Medians of each figure on its own."""
    return Run(statistics.median(r.wall_s for r in runs), statistics.median(r.cpu_s for r in runs),
               max(r.peak_mib for r in runs), runs[-1].stdout, runs[-1].stderr)


def spread(runs):
    """Smallest and largest wall time, as text."""
    return f"{min(r.wall_s for r in runs):.2f}-{max(r.wall_s for r in runs):.2f}"


def processor():
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
            for line in info:
                if line.startswith(("model name", "Model")):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def machine():
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return (f"{processor()}, {os.cpu_count()} processors, {platform.system()} {platform.machine()}; "
            f"load when begun: {load}")


class Page:
    """A Markdown page that is printed and, if asked, kept."""

    def __init__(self):
        self.lines = []

    def text(self, *lines):
        for line in lines or ("",):
            print(line, flush=True)
            self.lines.append(line)

    def table(self, header, rows):
        widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]

        def line(row):
            cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                     for i, (cell, width) in enumerate(zip(row, widths))]
            return "| " + " | ".join(cells) + " |"
        rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
        self.text(line(header), rule, *[line(row) for row in rows], "")

    def keep(self, path):
        if path:
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            partial = f"{path}.partial"
            with open(partial, "w", encoding="utf-8") as out:
                out.write("\n".join(self.lines) + "\n")
            os.replace(partial, path)


def guarded(main):
    """Runs main; a BenchError is one clear line."""
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


class Course:
    """The classroom folder: videos, student table, encodings and expected answers."""

    def __init__(self, shared):
        self.folder = os.path.join(shared, "classroom")
        self.encoding = os.path.join(self.folder, "encoding")
        self.students = os.path.join(self.folder, "student_data.json")
        videos = os.path.join(self.folder, "videos")
        if not os.path.isdir(videos):
            raise BenchError(f"there is no {videos}: say HOMEROOM_SHARED=DIR, the folder that holds classroom/")
        self.videos = sorted(os.path.join(videos, name) for name in os.listdir(videos) if name.endswith(".mp4"))
        with open(self.students, encoding="utf-8") as file:
            self.table = {row["name"]: row for row in json.load(file)}
        by_record = {f"{row['major']},{row['year']}": name for name, row in self.table.items()}
        with open(os.path.join(self.folder, "mapping"), encoding="utf-8") as file:
            pairs = (line.strip().split(":", 1) for line in file if ":" in line)
            self.expected = {video: by_record[record] for video, record in pairs}

    def expected_name(self, video):
        return self.expected[os.path.basename(video)]


class Homeroom:
    """The program with a database of its own in a scratch folder."""

    def __init__(self, build, models, scratch):
        self.program = os.path.join(build, "bin", "homeroom")
        self.models = models
        self.scratch = scratch
        self.database = os.path.join(scratch, "homeroom.db")

    def command(self, *words, database=None):
        return [self.program, "--db", database or self.database, "--models", self.models, *words]

    def import_course(self, course):
        run(self.command("--quiet", "import", "students", course.students))
        run(self.command("--quiet", "import", "encoding", course.encoding))

    def recognize_command(self, videos, out, *options, database=None):
        return self.command("--json", *options, "recognize", "--format", "json", "--out", out, *videos,
                            database=database)

    def report(self, out, video):
        name = os.path.splitext(os.path.basename(video))[0] + ".json"
        with open(os.path.join(out, name), encoding="utf-8") as file:
            return json.load(file)
