"""What happened over time, as JSON lines, and the summary of it.

    {"time": SECONDS, "slots": N, "busy": N, "waiting": N}                       after each change
    {"time": SECONDS, "invocation": KEY, "attempt": N, "cold": BOOL, ...}        after each invocation
    {"time": SECONDS, "dead": KEY, "reason": TEXT}                               given up
"""

import json
import threading
import time

BARS = " ▁▂▃▄▅▆▇█"
COLUMNS = 60


class Record:
    def __init__(self, path):
        self._file = open(path, "a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()

    def write(self, **fields):
        line = json.dumps({"time": round(time.time(), 3), **fields}, ensure_ascii=False)
        with self._lock:
            self._file.write(line + "\n")


    def close(self):
        self._file.close()


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def highest_per_column(counts, begin, end):
    """The most slots there were in each of COLUMNS equal pieces of the time."""
    width = max((end - begin) / COLUMNS, 1e-9)
    columns, level, at = [0] * COLUMNS, 0, 0
    for moment, slots in counts + [(end, 0)]:
        column = min(int((moment - begin) / width), COLUMNS - 1)
        for passed in range(at, column + 1):
            columns[passed] = max(columns[passed], level)
        columns[column] = max(columns[column], slots)
        at, level = column, slots
    return columns, width


def summarize(lines, since=0.0):
    """A dictionary of figures; counts over time are in `columns`, each `column_s` wide."""
    lines = [line for line in lines if line["time"] >= since]
    invocations = [line for line in lines if "invocation" in line]
    counts = [(line["time"], line["slots"]) for line in lines if "slots" in line]
    figures = {
        "invocations": len(invocations), "succeeded": sum(line["reason"] is None for line in invocations),
        "retries": sum(line["attempt"] > 1 for line in invocations), "cold_starts": sum(line["cold"] for line in invocations),
        "dead_letters": sum("dead" in line for line in lines),
        "slots_highest": max((slots for _, slots in counts), default=0), "slots_now": counts[-1][1] if counts else 0,
    }
    if not invocations or not counts:
        return figures
    for what in ("waited_ms", "took_ms"):
        values = [line[what] for line in invocations]
        figures[what] = {"p50": percentile(values, 0.5), "p95": percentile(values, 0.95), "highest": max(values)}
    begin, end, highest = counts[0][0], counts[-1][0], figures["slots_highest"]
    figures["seconds_to_highest"] = round(next(t for t, slots in counts if slots == highest) - begin, 3)
    figures["seconds_to_none"] = round(end - invocations[-1]["time"], 3) if counts[-1][1] == 0 else None
    figures["columns"], figures["column_s"] = highest_per_column(counts, begin, end)
    return figures


def in_words(figures):
    if not figures["invocations"]:
        return "nothing was invoked"
    highest, to_none = figures["slots_highest"], figures["seconds_to_none"]
    bars = "".join(BARS[-(-8 * count // highest)] if highest else " " for count in figures["columns"])
    waited, took = figures["waited_ms"], figures["took_ms"]
    return "\n".join([
        f"invocations   {figures['invocations']}: {figures['succeeded']} succeeded, {figures['retries']} were further tries, "
        f"{figures['cold_starts']} cold starts; dead letters {figures['dead_letters']}",
        f"instances     0 -> {highest} in {figures['seconds_to_highest']:.1f} s -> "
        + (f"0, {to_none:.1f} s after the last event" if to_none is not None else f"{figures['slots_now']} now"),
        f"over time     |{bars}| one column is {figures['column_s']:.2f} s",
        f"waited        p50 {waited['p50']} ms, p95 {waited['p95']} ms, longest {waited['highest']} ms",
        f"took          p50 {took['p50']} ms, p95 {took['p95']} ms, longest {took['highest']} ms",
    ])
