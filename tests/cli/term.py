"""A term of a class, made of pictures of people: what each lesson shows, as videos, and what is true of it.

Everybody sits in a place of his own before one of two cameras and sways and moves a little nearer and farther, as one
picture that ffmpeg moves and scales. Of each student two pictures are enrolled, and the videos show the others."""

import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

LESSON_S, PART_S = 180, 60
COLUMNS, ROWS, TILE = 6, 2, 210  # of one camera
STUDENTS, LESSONS = 24, 10


@dataclass
class Seat:
    """Who sits where, with which picture, and from when to when (seconds of the lesson)."""
    person: str
    picture: Path
    camera: int
    place: int
    come: float = 0
    go: float = LESSON_S


@dataclass
class Lesson:
    day: str
    seats: list = field(default_factory=list)
    absent: set = field(default_factory=set)
    excused: set = field(default_factory=set)

    def times(self, person):
        seats = [seat for seat in self.seats if seat.person == person]
        return (min(seat.come for seat in seats), max(seat.go for seat in seats)) if seats else None


class Term:
    """`people`: the folder people/lfw; `look_alike`: a picture of somebody who is not in the class, or None."""

    def __init__(self, people, lessons=LESSONS, students=STUDENTS, look_alike=None, seed=1):
        self.random = random.Random(seed)
        folders = [folder for folder in sorted((people / "enrolled").iterdir()) if len(list(folder.iterdir())) >= 4][:students]
        self.pictures = {f"{100 + i}": sorted(folder.iterdir()) for i, folder in enumerate(folders)}
        self.students = sorted(self.pictures)
        self.newcomer = self.students[-1]  # in the class from the fifth lesson on
        self.strangers = {"stranger a": sorted((people / "strangers").iterdir())[0], "stranger b": sorted((people / "strangers").iterdir())[1]}
        if look_alike is not None:
            self.strangers["look-alike"] = look_alike
        self.lessons = [self.make_lesson(i) for i in range(lessons)]

    def enrolled(self, student):
        return self.pictures[student][:2]

    def make_lesson(self, index):
        lesson = Lesson(f"2026-10-{index + 1:02}")
        present = [one for one in self.students if one != self.newcomer or index >= 2]  # in the room before he is in the class
        chosen = self.random.sample([one for one in present if one != self.newcomer], 7)
        lesson.absent = set(chosen[:2])
        lesson.excused = {chosen[2]}
        late, early = chosen[3:5], chosen[5:7]
        for place, student in enumerate(self.students):
            if student in lesson.absent | lesson.excused or student not in present:
                continue
            picture = self.random.choice(self.pictures[student][2:])
            seat = Seat(student, picture, place // (COLUMNS * ROWS), place % (COLUMNS * ROWS))
            if student in late:
                seat.come = self.random.randrange(65, 110) + 0.5
            if student in early:
                seat.go = self.random.randrange(50, 100) + 0.5
            lesson.seats.append(seat)
        empty = [(place // (COLUMNS * ROWS), place % (COLUMNS * ROWS)) for place, student in enumerate(self.students)
                 if student in lesson.absent | lesson.excused]
        for stranger, place in zip(sorted(self.strangers), empty):
            if (index + len(stranger)) % 2 == 0 or stranger == "look-alike":
                lesson.seats.append(Seat(stranger, self.strangers[stranger], *place, 20.5, 150.5))
        return lesson

    def film(self, lesson, camera, part, path, rate=10):
        """One part of what a camera sees."""
        start = part * PART_S
        seats = [seat for seat in lesson.seats if seat.camera == camera and seat.come < start + PART_S and seat.go > start]
        inputs, graph, last = [], [f"color=0x405060:s={COLUMNS * TILE}x{ROWS * TILE}:r={rate}:d={PART_S}[v0]"], "v0"
        for i, seat in enumerate(seats):
            inputs += ["-loop", "1", "-r", str(rate), "-t", str(PART_S), "-i", str(seat.picture)]
            swing = f"sin(2*PI*(t+{start}+{7 * seat.place})/23)"
            x, y = seat.place % COLUMNS * TILE, seat.place // COLUMNS * TILE
            graph.append(f"[{i}:v]scale=w='trunc(190+10*{swing})':h=-1:eval=frame[p{i}]")
            graph.append(f"[{last}][p{i}]overlay=x='{x + 8}+6*{swing}':y={y + 6}:"
                         f"enable='gte(t+{start}+0.001,{seat.come})*lt(t+{start}+0.001,{seat.go})':eof_action=pass[v{i + 1}]")
            last = f"v{i + 1}"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *inputs, "-filter_complex", ";".join(graph), "-map", f"[{last}]",
                        "-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-pix_fmt", "yuv420p", path], check=True)
