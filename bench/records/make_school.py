#!/usr/bin/env python3
"""Makes a large school's database: `make_school.py PROGRAM FILE [--students N] [--classes N] [--lessons N]`.

The program makes the tables; the rows are written as it writes them, one transaction for each lesson, and by chance alone:
nobody in it exists. As given, 5,000 students in 200 classes with 20,000 lessons, about 300 MB.
"""

import argparse
import random
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

WHEN_US = 1_764_000_000_000_000


def fill(connection, students, classes, lessons):
    chance = random.Random(7)
    run, many = connection.execute, connection.executemany
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    with connection:
        for number in chance.sample(range(students), students):
            key = run("INSERT INTO students(id, name, major, year, extra, listed, consent, consent_us)"
                      " VALUES (?, ?, 'Physics', '2', '', 1, 'yes', 1)",
                      (f"s{number:06d}", f"{chance.randbytes(5).hex()} {chance.randbytes(6).hex()}")).lastrowid
            many("INSERT INTO faces(student, model_id, vector, origin, origin_sha256, created_us, quality, face_px, verdict)"
                 " VALUES (?, 'dlib-resnet-1', ?, ?, ?, ?, 0.7, 120, '')",
                 [(key, chance.randbytes(512), f"photos/s{number:06d}-{i}.jpg", chance.randbytes(32).hex(), WHEN_US)
                  for i in range(3)])
        for number in range(classes):
            run("INSERT INTO classes(id, title, zone, late_min, early_min) VALUES (?, ?, 'Europe/Berlin', 5, 5)",
                (f"c{number:03d}", f"Course {number}"))
            many("INSERT INTO members VALUES (?, ?, '2025-09-01', '')",
                 [(number + 1, key) for key in chance.sample(range(2, students + 2), 25)])
    members = {c + 1: [row[0] for row in run("SELECT student FROM members WHERE class = ?", (c + 1,))] for c in range(classes)}
    places = "[" + ",".join(f"[{i * 500000},{chance.randrange(1900)},{chance.randrange(1000)},88,88]" for i in range(6)) + "]"
    for number in range(lessons):
        of, start_us = number % classes + 1, WHEN_US + number // classes * 86_400_000_000
        with connection:
            lesson = run("INSERT INTO lessons(class, title, day, start_us, end_us, finished_us) VALUES (?, 'Light', ?, ?, ?, ?)",
                         (of, f"2026-{number // classes % 12 + 1:02d}-{number // classes % 28 + 1:02d}", start_us,
                          start_us + 2_700_000_000, start_us + 3_000_000_000 if number < lessons - 200 else 0)).lastrowid
            seen = run("INSERT INTO observations(video, version, made_us, duration_us, width_px, height_px, codec, frames, faces,"
                       " samples_per_s, false_present, includes_review, class_generation, models, unknown_people) VALUES"
                       " (?, '', ?, 2700000000, 1920, 1080, 'h264', 5400, 60000, 2, 0.01, 0, 1, 'dlib-resnet-1', 1)",
                       (f"room{of}/{number}.mp4", start_us)).lastrowid
            run("INSERT INTO recordings(lesson, observation, camera, start_us) VALUES (?, ?, '', ?)", (lesson, seen, start_us))
            for who in members[of] + chance.sample(members[of], 6):
                track = run("INSERT INTO tracks(observation, student, person, band, reason, model_id, camera, first_us, last_us,"
                            " sightings, views, face_px, similarity, margin, stranger_chance, best, places) VALUES"
                            " (?, ?, 1, 'present', '', 'dlib-resnet-1', 1, 1000, 2690000000, 900, 5, 80, 0.61, 0.2, 0.001, ?, ?)",
                            (seen, who, places[:40] + "]", places)).lastrowid
                many("INSERT INTO candidates VALUES (?, ?, ?, 0.5)",
                     [(track, rank, other) for rank, other in enumerate([who, *chance.sample(members[of], 2)])])
            many("INSERT INTO finals VALUES (?, ?, 'present', 'seen', 0, ?, ?, 2600000000, 900, 0.61)",
                 [(lesson, who, start_us, start_us + 2_600_000_000) for who in members[of]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("file", type=Path)
    parser.add_argument("--students", type=int, default=5000)
    parser.add_argument("--classes", type=int, default=200)
    parser.add_argument("--lessons", type=int, default=20000)
    options = parser.parse_args()
    with tempfile.NamedTemporaryFile(suffix=".csv") as table:
        table.write(b"id,name\nfirst,The first of many\n")
        table.flush()
        subprocess.run([options.program, "import", "students", table.name, "--db", options.file], check=True)
    connection = sqlite3.connect(options.file)
    connection.execute("PRAGMA synchronous = OFF")
    fill(connection, options.students, options.classes, options.lessons)
    connection.close()
    print(f"{options.file}: {options.file.stat().st_size / 1e6:.0f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
