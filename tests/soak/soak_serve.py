"""'homeroom serve' under a school's hands: what grows? See scripts/soak."""

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from growth import judge, look  # noqa: E402
from serve import PASSWORD, Server  # noqa: E402
from soak import MINUTES, MODELS, PHOTOS, PROGRAM, make_videos  # noqa: E402

ROUND_S, QUIET_S = 2, 30


class Visit:
    """Everything that was asked for, and every answer that is not as it should be."""

    def __init__(self):
        self.counts, self.wrong = {}, []

    def __call__(self, what, answer, *expected):
        self.counts[what] = self.counts.get(what, 0) + 1
        if answer.status not in (expected or (200, 201, 204)):
            self.wrong.append(f"{what}: {answer}"[:300])
        return answer


def listen(client, seconds):
    """A page that is open, and closed without a word."""
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as line:
        line.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: {client.cookie}\r\n\r\n".encode())
        line.settimeout(0.2)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if not line.recv(65536):
                    return
            except TimeoutError:
                pass


def begin(server, visit):
    client = server.client()
    while "#/setup?token=" not in server.said():
        time.sleep(0.1)
    token = server.said().split("#/setup?token=")[1].split()[0]
    visit("setup", client.request("POST", "/setup", {"token": token, "name": "ada", "password": PASSWORD}))
    visit("class", client.request("POST", "/classes", {"id": "8b", "title": "Art", "zone": "UTC"}))
    visit("class", client.request("PATCH", "/classes/8b", {"keep_days": 14}))
    visit("students", client.request("POST", "/classes/8b/students", b"id,name\n44,Barack Obama\n46,Joe Biden\n", {"Content-Type": "text/csv"}))
    for student, photo in ((44, "obama.jpg"), (46, "biden.jpg")):
        enrol(client, visit, student, photo)
    return client


def enrol(client, visit, student, photo):
    return visit("photo", client.request("POST", f"/students/{student}/photos?name={photo}", (PHOTOS / photo).read_bytes(),
                                         {"Content-Type": "image/jpeg"}))


def come_and_go(client, visit):
    """Somebody is enrolled, and forgotten."""
    visit("students", client.request("POST", "/classes/8b/students", b"id,name\n99,Somebody Else\n", {"Content-Type": "text/csv"}))
    enrol(client, visit, 99, "obama2.jpg")
    visit("held", client.get("/students/99/held"))
    visit("forget", client.request("DELETE", "/students/99"))


def sign_in(server, visit):
    other = server.client()
    visit("sign in", other.sign_in("ada"))
    visit("page", other.get("/"))
    for path in ("/me", "/classes", "/tasks", "/audit"):
        visit("page", other.get(path))
    visit("sign out", other.request("DELETE", "/session"))
    # Without a session: refused, and nothing is kept of it.
    visit("refused", other.get("/classes"), 401)


def show_roll(client, visit):
    lessons = visit("class", client.get("/classes/8b")).json["lessons"]
    if not lessons:
        return
    number = random.choice(lessons)["lesson"]
    lesson = visit("roll", client.get(f"/lessons/{number}")).json
    for row in lesson["students"][:2]:
        if row.get("picture"):
            visit("picture", client.get(f"/tracks/{row['picture']}/picture"))
    visit("mark", client.request("PUT", f"/lessons/{number}/marks/46", {"status": "excused", "note": "ill"}))
    visit("export", client.get("/classes/8b/attendance?as=csv"))
    if len(lessons) > 30:
        visit("remove", client.request("DELETE", f"/lessons/{lessons[0]['lesson']}"))


def upload(client, visit, video, number):
    """The same forty lessons again and again: what was seen is replaced."""
    data = video.read_bytes()
    name = f"8b_2026-{number % 40 // 28 + 1:02d}-{number % 28 + 1:02d}_08-00-00{video.suffix}"
    if number % 7 == 3:  # begun, and never ended
        visit("begun", client.request("POST", "/uploads", headers={
            "Tus-Resumable": "1.0.0", "Upload-Length": str(len(data)),
            "Upload-Metadata": "filename bGVmdC5tcDQ=,class OGI="}), 201, 409, 413, 507)
        return False
    return visit("upload", client.upload(name, data, **{"class": "8b"}), 201, 400, 409).status == 201


def rest(client, visit, listeners):
    """Until nothing is done and no page is open: what there is then is what it keeps."""
    for one in listeners:
        one.join(timeout=20)
    until = time.monotonic() + 30
    while time.monotonic() < until and any(task["state"] not in ("done", "failed")
                                           for task in visit("tasks", client.get("/tasks")).json["tasks"]):
        time.sleep(0.5)
    time.sleep(2)


def main():
    place = Path(tempfile.mkdtemp(prefix="homeroom-soak-"))
    videos_in = place / "made"
    videos_in.mkdir()
    videos = make_videos(videos_in)
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), "HOMEROOM_MODELS": MODELS, "HOMEROOM_DB": str(place / "homeroom.db")}

    def start(*words):
        return subprocess.Popen([PROGRAM, *words], cwd=place, env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    server, visit = Server(start), Visit()
    client = begin(server, visit)
    points, uploads, rounds, began = [], 0, 0, time.monotonic()
    next_look = began + QUIET_S
    listeners = []
    while (now := time.monotonic()) < began + 60 * MINUTES and server.process.poll() is None:
        rounds += 1
        open_tasks = [task for task in visit("tasks", client.get("/tasks")).json["tasks"] if task["state"] not in ("done", "failed")]
        if len(open_tasks) < 3:
            uploads += upload(client, visit, random.choice(videos), rounds)
        listeners = [one for one in listeners if one.is_alive()]
        if len(listeners) < 6:
            listeners.append(threading.Thread(target=listen, args=(client, random.uniform(0.2, 15)), daemon=True))
            listeners[-1].start()
        show_roll(client, visit)
        if rounds % 5 == 0:
            sign_in(server, visit)
        if rounds % 9 == 0:
            come_and_go(client, visit)
        if now >= next_look:
            rest(client, visit, listeners)
            points.append((now - began, look(server.process.pid)))
            next_look = time.monotonic() + QUIET_S
            if len(points) % 2 == 0:
                print(f"{(now - began) / 60:6.1f} min, {rounds} rounds: {json.dumps(points[-1][1])}", flush=True)
        time.sleep(ROUND_S)
    for one in listeners:
        one.join(timeout=20)
    tasks = [task["state"] for task in client.get("/tasks").json["tasks"]] if server.process.poll() is None else []
    alive = server.process.poll() is None
    status, said = server.end()
    slopes, grown = judge(points)
    print(f"{rounds} rounds in {MINUTES} minutes, {uploads} videos ({tasks.count('done')} of those still listed done, {tasks.count('failed')} failed); "
          f"asked: {json.dumps(visit.counts)}; not as expected: {len(visit.wrong)}; ended by itself: {not alive}; exit status {status}; "
          f"growth per hour: {json.dumps(slopes)}; too much: {grown}")
    good = alive and status == 0 and not visit.wrong and not grown
    if good:
        shutil.rmtree(place)
    else:
        print("\n".join(visit.wrong[:10]))
        print(said[-2000:])
        print(f"kept: {place}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
