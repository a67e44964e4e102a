"""What a process and all that come from it hold, and by how much it grows. Look often: of few looks the lowest is a
peak."""

import os
from pathlib import Path

# Growth per hour that is no leak: an allocator settles, a page cache is no memory of the program's.
ALLOWED = {"memory_kb": 4096, "descriptors": 1, "threads": 1, "processes": 1}


def family(pid):
    """The process and all that come from it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            waiting += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except OSError:
            pass
    return found


def look(pid):
    seen = {"memory_kb": 0, "descriptors": 0, "threads": 0, "processes": 0}
    for one in family(pid):
        try:
            status = dict(line.split(":", 1) for line in Path(f"/proc/{one}/status").read_text().splitlines() if ":" in line)
            # Anonymous memory: what is mapped from files may come and go.
            seen["memory_kb"] += int(status["RssAnon"].split()[0])
            seen["threads"] += int(status["Threads"])
            seen["descriptors"] += len(os.listdir(f"/proc/{one}/fd"))
            seen["processes"] += 1
        except (OSError, KeyError):
            pass
    return seen


def slope_per_hour(points, key):
    """Least squares over what was lowest in each sixth of the time: peaks are work."""
    size = max(len(points) // 6, 1)
    lows = [min(points[i:i + size], key=lambda point: point[1][key]) for i in range(0, len(points), size)]
    xs, ys = [at / 3600 for at, _ in lows], [seen[key] for _, seen in lows]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    below = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys)) / below if below else 0.0


def judge(points):
    """Slopes per hour, but for the first fifth, and of which it is too much: of those that grow so in the second half, too.
    Warming up is no leak, and neither is a step of which nothing follows."""
    def slopes(some):
        return {key: round(slope_per_hour(some, key), 1) for key in ALLOWED} if len(some) > 3 else {}

    settled, later = slopes(points[len(points) // 5:]), slopes(points[len(points) // 2:])
    return settled, [key for key, slope in settled.items() if slope > ALLOWED[key] and later.get(key, slope) > ALLOWED[key]]
