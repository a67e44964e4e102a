#!/usr/bin/env python3
"""The networks beside ONNX Runtime, interleaved in one run; started by scripts/bench infer.

First a table: for each network, number of threads and instruction set the least time of many runs, ours and ONNX
Runtime's, taken in turns, and the ratio. Then the CPU time of a new process until both networks are ready, and each
network layer by layer with the share of the peak that this processor shows in a loop of multiplications and
additions. Least times are compared because the machine may have other work; the medians stand beside them.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time

import numpy as np

NETWORKS = (  # the better embedder first; name, compiled file, source, width, height, batch
    ("re-identification, 1 face", "face-reidentification-retail-0095.hrm", "face-reidentification-retail-0095.xml", 128, 128, 1),
    ("re-identification, 8 faces", "face-reidentification-retail-0095.hrm", "face-reidentification-retail-0095.xml", 128, 128, 8),
    ("ResNet, 1 face", "dlib-resnet.hrm", "dlib_face_recognition_resnet_model_v1.dat", 150, 150, 1),
    ("ResNet, 8 faces", "dlib-resnet.hrm", "dlib_face_recognition_resnet_model_v1.dat", 150, 150, 8),
    ("CenterFace 640x480", "centerface.hrm", "centerface.onnx", 640, 480, 1),
)


def networks(options):
    """Those that this machine has; what is missing is said once, in main."""
    return [row for row in NETWORKS if os.path.exists(os.path.join(options.models, row[1]))]


class Ours:
    """bench_infer waiting for one line a run."""

    def __init__(self, options, file, size, batch, threads, isa):
        command = [options.program, "serve", os.path.join(options.models, file), f"{size[0]}x{size[1]}",
                   str(batch), str(threads), isa]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run_ms(self):
        """Wall and CPU time of a run."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("infer.py: bench_infer ended early; its reason stands above")
        return tuple(int(word) / 1e6 for word in line.split())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Theirs:
    def __init__(self, model, size, batch, threads):
        import onnxruntime
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
        settings.log_severity_level = 3
        # Its threads would otherwise keep spinning while ours run.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "1" if threads == 1 else "0")
        self.session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
        pixels = np.random.default_rng(1).uniform(0, 255, (batch, 3, size[1], size[0])).astype(np.float32)
        self.feed = {self.session.get_inputs()[0].name: pixels}

    def run_ms(self):
        start, cpu = time.perf_counter(), time.process_time()
        self.session.run(None, self.feed)
        return (time.perf_counter() - start) * 1e3, (time.process_time() - cpu) * 1e3


def oracle_model(options, source):
    """The ONNX form of a source file, as the tests make it."""
    sys.path.insert(0, options.oracle)
    import oracle
    path = os.path.join(options.sources, source)
    makers = {".onnx": oracle.centerface_onnx, ".dat": oracle.dlib_onnx, ".xml": lambda xml: oracle.reid_onnx(xml)[0]}
    return makers[os.path.splitext(source)[1]](path).SerializeToString()


def in_turns(runners, seconds):
    """The times of each runner, taken in turns."""
    for runner in runners:
        runner.run_ms()
    times = [[] for _ in runners]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[0]) < 5:
        for runner, into in zip(runners, times):
            into.append(runner.run_ms())
    return times


def compare(options, sets):
    """Prints the table; returns the worst ratio of the first set."""
    print("Milliseconds, the least of many runs taken in turns (medians in brackets); ratio: ours / ONNX Runtime.")
    print("cpu: the ratio of CPU time with one thread, which other work on the machine disturbs less.\n")
    print(f"{'':26} {'threads':>7}  {'ONNX Runtime':>17}" +
          "".join(f"  {'ours, ' + s:>17} {'ratio':>5} {'cpu':>5}" for s in sets))
    worst = 0
    for name, file, source, width, height, batch in networks(options):
        model = oracle_model(options, source)
        for threads in (1, 2):
            size = (width, height)
            theirs = Theirs(model, size, batch, threads)
            ours = [Ours(options, file, size, batch, threads, isa) for isa in sets]
            times = in_turns([theirs, *ours], options.seconds)
            for runner in ours:
                runner.close()
            least = [min(wall for wall, _ in t) for t in times]
            middle = [statistics.median(wall for wall, _ in t) for t in times]
            cpu = [min(used for _, used in t) for t in times]
            row = f"{name:26} {threads:7}  {least[0]:8.2f} ({middle[0]:6.2f})"
            for i in range(1, len(times)):
                share = f"{cpu[i] / cpu[0]:5.2f}" if threads == 1 else " " * 5
                row += f"  {least[i]:8.2f} ({middle[i]:6.2f}) {least[i] / least[0]:5.2f} {share}"
            print(row, flush=True)
            worst = max(worst, least[1] / least[0])
    return worst


def ready_ms(options):
    """CPU time of a process from exec until both networks are ready: the least and the median."""
    def path(file):
        return os.path.join(options.models, file)
    _, file, _, width, height, _ = networks(options)[0]  # the embedder in use
    command = [options.program, "ready", path("centerface.hrm"), "640x480", path(file), f"{width}x{height}"]
    times = []
    for _ in range(30):
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit("infer.py: the networks could not be made ready; the reason stands above")
        times.append((usage.ru_utime + usage.ru_stime) * 1e3)
    return min(times), statistics.median(times)


def layers(options, isa):
    for name, file, _, width, height, batch in networks(options):
        for threads in (1, 2):
            runs = max(3, int(options.seconds * 1000 / (45 if "CenterFace" in name else 6 * batch) / 2))
            print(f"\n{name}, {threads} thread{'s' if threads > 1 else ''}, {isa}", flush=True)
            subprocess.run([options.program, "layers", os.path.join(options.models, file), f"{width}x{height}",
                            str(batch), str(threads), isa, str(runs)], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "models", "sources", "oracle"):
        parser.add_argument(f"--{name}", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=3, help="for each comparison (3)")
    parser.add_argument("--no-layers", action="store_true", help="leave the tables of layers out")
    options = parser.parse_args()
    sets = []
    for isa in ("avx512", "avx2", "neon", "baseline"):
        peak = subprocess.run([options.program, "peak", isa], capture_output=True, text=True, check=False)
        if peak.returncode == 0:
            print(f"peak of one thread, {isa}: {float(peak.stdout):.1f} GFLOPS")
            sets.append(isa)
    for name, file, *_ in NETWORKS:
        if not os.path.exists(os.path.join(options.models, file)):
            print(f"left out, because {file} is not there: {name}")
    print()
    wide = [s for s in sets if s != "baseline"] or sets
    worst = compare(options, wide)
    least, middle = ready_ms(options)
    print(f"\nboth networks ready for work: {least:.1f} ms of CPU from exec (median {middle:.1f})")
    print(f"worst ratio with {wide[0]}: {worst:.2f} (at most 1.1 is asked for)")
    if not options.no_layers:
        for isa in wide:
            layers(options, isa)
    return 0


if __name__ == "__main__":
    sys.exit(main())
