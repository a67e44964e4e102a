"""serve: the API behind the page, from the first start to a finished lesson, and who may do what."""

import socket
import sys
import threading
import types
import urllib.parse

from harness import *
from serve import PASSWORD, Client, Server

sys.path.insert(0, str(SOURCE / "tests" / "bombs"))
import archives

CLASS = "id,name,major,year\n44,Barack Obama,law,senior\n46,Joe Biden,history,junior\n48,<script>alert('Cleo')</script>,art,junior\n"


class Serve(Case):
    def setUp(self):
        super().setUp()
        self.server = Server(self.start)

    def tearDown(self):
        status, said = self.server.end()
        self.assertEqual(status, OK, said[-4000:])
        super().tearDown()

    def restart(self, number=signal.SIGKILL):
        self.server.process.send_signal(number)
        self.server.process.wait()
        self.server = Server(self.start)

    def setup_token(self):
        self.wait_for(lambda: "#/setup?token=" in self.server.said(), self.server.process)
        return self.server.said().split("#/setup?token=")[1].split()[0]

    def administrator(self):
        client = self.server.client()
        made = client.request("POST", "/setup", {"token": self.setup_token(), "name": "ada", "password": PASSWORD})
        self.assertEqual(made.status, 201, str(made))
        return client

    def check(self, answer, status=200):
        self.assertEqual(answer.status, status, str(answer))
        return answer

    def make_class(self, client):
        self.check(client.request("POST", "/classes", {"id": "8b", "title": "Art", "zone": "UTC"}), 201)
        told = self.check(client.request("POST", "/classes/8b/students", CLASS.encode(), {"Content-Type": "text/csv"})).json
        self.assertEqual((told["added"], told["enrolled"], told["problems"]), (3, 3, []))
        for student, photo in ((44, "obama.jpg"), (46, "biden.jpg")):
            told = self.check(client.request("POST", f"/students/{student}/photos?name={photo}", (PHOTOS / photo).read_bytes(),
                                             {"Content-Type": "image/jpeg"})).json
            self.assertEqual(told["verdict"], "enrolled", told)

    def film(self, photo, seconds):
        path = self.dir / f"{photo}.mp4"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-loop", "1", "-r", "1", "-i", PHOTOS / photo, "-t", str(seconds),
                        "-vf", "scale=400:-2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", path], check=True)
        return path.read_bytes()

    def tasks(self, client):
        return self.check(client.get("/tasks")).json["tasks"]

    def wait_for_tasks(self, client, count=1):
        self.wait_for(lambda: sum(task["state"] in ("done", "failed") for task in self.tasks(client)) >= count, self.server.process)
        return self.tasks(client)

    def nothing_is_left(self):
        """A moment behind the word that it is done."""
        self.wait_for(lambda: os.listdir(self.dir / "videos") == [".lock"], self.server.process, seconds=20)

    # --- the whole way ---

    def test_from_the_first_start_to_a_finished_lesson(self):
        client = self.administrator()
        self.make_class(client)
        self.check(client.request("PATCH", "/classes/8b", {"keep_days": 14}))
        self.check(client.upload("8b_2026-11-20_08-00-00.mp4", self.film("obama.jpg", 70), **{"class": "8b"}), 201)
        self.check(client.upload("8b_2026-11-20_08-01-10.mp4", self.film("astronaut.png", 40), **{"class": "8b"}), 201)
        tasks = self.wait_for_tasks(client, 2)
        self.assertEqual([task["state"] for task in tasks], ["done", "done"], tasks)
        self.nothing_is_left()
        lessons = self.check(client.get("/classes/8b")).json["lessons"]
        self.assertEqual([(one["day"], one["start"][:5]) for one in lessons], [("2026-11-20", "08:00"), ("2026-11-20", "08:01")])
        lesson = self.check(client.get(f"/lessons/{lessons[0]['lesson']}")).json
        row = {one["id"]: one for one in lesson["students"]}
        self.assertEqual((row["44"]["status"], row["44"]["arrived"]), ("present", "08:00:00"), lesson["students"])
        self.assertEqual(row["46"]["status"], "absent")
        self.assertEqual(row["48"]["status"], "unmarked")
        picture = self.check(client.get(f"/tracks/{row['44']['picture']}/picture"))
        self.assertEqual((picture.headers["Content-Type"], picture.body[:2]), ("image/jpeg", b"\xff\xd8"))
        # Somebody unknown is Cleo, and known from then on.
        other = lessons[1]["lesson"]
        person = self.check(client.get("/classes/8b/unknown")).json["people"]
        self.assertEqual(len(person), 1)
        said = self.check(client.request("POST", f"/lessons/{other}/corrections", {"person": person[0]["person"], "kind": "is", "student": "48"}), 201).json
        self.assertEqual({one["id"]: one["status"] for one in said["students"]}["48"], "present")
        undone = self.check(client.request("DELETE", f"/lessons/{other}/corrections/{said['correction']}")).json
        self.assertEqual(len(undone["unknown"]), 1)
        marked = self.check(client.request("PUT", f"/lessons/{other}/marks/48", {"status": "excused", "note": "ill"})).json
        self.assertEqual({one["id"]: (one["status"], one["note"]) for one in marked["students"]}["48"], ("excused", "ill"))
        self.assertTrue(self.check(client.request("POST", f"/lessons/{other}/finish")).json["finished"])
        self.assertEqual(self.check(client.request("POST", f"/lessons/{other}/finish"), 409).json["code"], "conflict")
        rows = self.check(client.get(f"/lessons/{other}/attendance?as=csv")).body.decode()
        self.assertIn("excused", rows)
        self.assertIn("<script>", self.check(client.get(f"/classes/8b/attendance?as=csv")).body.decode())
        notes = self.check(client.get("/audit")).json["audit"]
        self.assertEqual({note["who"] for note in notes if note["what"] in ("enrol", "mark", "finish_lesson")} - {"ada"}, set(), notes)

    # --- who may ---

    def test_every_route_is_closed(self):
        """Not signed in, with a stale cookie, without the token of the page, as a teacher of another class."""
        client = self.administrator()
        self.make_class(client)
        lesson = self.check(client.request("POST", "/classes/8b/lessons", {"day": "2026-11-20", "start": "08:00", "end": "08:45"}), 201).json["lesson"]
        self.check(client.request("POST", "/accounts", {"name": "bob", "role": "teacher", "password": PASSWORD, "classes": []}), 201)
        self.check(client.request("POST", "/classes", {"id": "9z", "zone": "UTC"}), 201)
        api = self.check(client.get("/api/v1/openapi.json")).json
        self.assertEqual(api["openapi"], "3.1.0")
        teacher = self.server.client()
        self.check(teacher.sign_in("bob"))
        words = {"class": "8b", "student": "44", "lesson": lesson, "recording": 1, "correction": 1, "track": 1, "task": 1, "account": "bob", "upload": 32 * "0"}
        walked = 0
        for path, methods in api["paths"].items():
            for method, about in methods.items():
                open_to_all = about.get("security") == []
                address = path.format(**words)
                body, headers = None, {}
                for kind in about.get("requestBody", {}).get("content", {}):
                    body, headers = (b"{}" if "json" in kind else b"x"), {"Content-Type": kind, "Tus-Resumable": "1.0.0"}
                with self.subTest(f"{method} {path}"):
                    walked += 1
                    nobody = self.server.client()
                    answer = nobody.request(method.upper(), address, body, headers)
                    if open_to_all:
                        self.assertNotEqual(answer.status, 401)
                        continue
                    self.assertEqual(answer.status, 401, str(answer))
                    stale = self.server.client()
                    stale.cookie = "homeroom_session=" + 64 * "a"
                    self.assertEqual(stale.request(method.upper(), address, body, headers).status, 401)
                    if method not in ("get", "head"):
                        answer = client.request(method.upper(), address, body, headers, csrf=False)
                        self.assertEqual((answer.status, answer.json["code"]), (403, "csrf"))
                        answer = client.request(method.upper(), address, body, {**headers, "Sec-Fetch-Site": "cross-site"})
                        self.assertEqual(answer.status, 403)
                    if path in ("/session", "/me/password", "/tokens", "/classes", "/tasks", "/events", "/uploads", "/photos"):
                        continue  # of every account
                    answer = teacher.request(method.upper(), address, body, headers)
                    self.assertIn(answer.status, (403, 404, 412, 415) if "upload" in path or "task" in path else (403, 404), str(answer))
        self.assertGreater(walked, 40)
        self.assertEqual(self.check(teacher.get("/classes")).json["classes"], [])
        self.assertEqual([one["id"] for one in self.check(client.get("/classes")).json["classes"]], ["8b", "9z"])
        self.check(client.get("/students/44"))  # nothing was done to him

    def test_a_student_of_two_classes(self):
        """What a teacher sees of him, and may do to him, ends at the classes that he may see."""
        client = self.administrator()
        self.make_class(client)
        self.check(client.request("POST", "/classes", {"id": "9z", "zone": "UTC"}), 201)
        self.check(client.request("POST", "/classes/9z/students", b"id,name,major,year\n44,Barack Obama,law,senior\n70,Another,,\n", {"Content-Type": "text/csv"}))
        for lesson_class, note in (("8b", "seen"), ("9z", "not for others")):
            lesson = self.check(client.request("POST", f"/classes/{lesson_class}/lessons", {"day": "2026-11-20", "start": "08:00", "end": "08:45"}), 201).json["lesson"]
            self.check(client.request("PUT", f"/lessons/{lesson}/marks/44", {"status": "excused", "note": note}))
        self.check(client.request("POST", "/accounts", {"name": "bob", "role": "teacher", "password": PASSWORD, "classes": "9z"}), 400)
        self.check(client.request("POST", "/accounts", {"name": "bob", "role": "teacher", "password": PASSWORD, "classes": ["9z", "9z"]}), 201)
        bob = self.server.client()
        self.check(bob.sign_in("bob"))
        self.assertEqual([one["why"] for one in self.check(bob.get("/students/44")).json["lessons"]], ["not for others"])
        for method, path, body in (("GET", "/students/44/held", None), ("DELETE", "/students/44", None), ("PUT", "/students/44/consent", {"consent": False}),
                                   ("DELETE", "/students/44/photos?origin=obama.jpg", None)):
            self.assertIn("an administrator", self.check(bob.request(method, path, body), 403).json["detail"])
        # A photo is no way to ask who somebody is.
        told = self.check(bob.request("POST", "/students/70/photos?name=x.jpg", (PHOTOS / "biden.jpg").read_bytes(), {"Content-Type": "image/jpeg"})).json
        self.assertEqual((told["verdict"], told.get("lookalike")), ("looks_like", None), told)
        self.assertNotIn("46", told["text"])
        # Another scheme of Authorization is no token of a program.
        self.assertEqual(self.check(bob.request("POST", "/classes", {"id": "x"}, {"Authorization": "Basic YTpi"}, csrf=False), 403).json["code"], "csrf")
        self.check(client.request("PUT", "/accounts/bob", {"classes": ["8b", "9z"]}), 204)
        self.check(bob.get("/students/44/held"))

    def test_one_server_for_one_folder(self):
        result = self.run_it("serve", "--listen", "127.0.0.1:0", status=CONFLICT)
        self.assertIn("another homeroom serves", result.err)

    def test_slow_strangers_keep_nobody_out(self):
        client = self.administrator()
        head = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        lines = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(60)]
        for line in lines:
            line.sendall(head)
        for _ in range(13):
            self.check(client.get("/classes"))  # whoever is signed in does not notice
            for line in lines:
                with contextlib.suppress(OSError):
                    line.sendall(b" ")
            time.sleep(1)
        for line in lines:  # and they are not waited for
            line.settimeout(5)
            with contextlib.suppress(ConnectionResetError):
                while line.recv(4096):
                    pass
            line.close()
        self.check(self.server.client().sign_in("ada"))

    def test_signing_in_is_throttled_and_sessions_end(self):
        client = self.administrator()
        self.check(client.request("POST", "/setup", {"token": "0", "name": "eve", "password": PASSWORD}), 409)
        other = self.server.client()
        tries, wait = 0, 0
        while wait < 4:  # a second, two, four: the right password is asked for within the longest
            answer = other.sign_in("ada", "not the password")
            self.assertIn(answer.status, (401, 429), str(answer))
            tries += answer.status == 401
            if answer.status == 429:
                wait = int(answer.headers["Retry-After"])
                self.assertGreater(tries, 5)
                time.sleep(wait + 0.1 if wait < 4 else 0)
        self.check(other.sign_in("ada"), 429)
        self.check(client.request("PUT", "/me/password", {"old": PASSWORD, "new": "another sentence"}), 429)
        time.sleep(wait + 0.5)
        cookie = client.cookie
        self.check(client.request("PUT", "/me/password", {"old": PASSWORD, "new": "another sentence"}))
        self.assertNotEqual(client.cookie, cookie)
        self.check(client.get("/classes"))
        stale = self.server.client()
        stale.cookie = cookie
        self.check(stale.get("/classes"), 401)
        token = self.check(client.request("POST", "/tokens", {"label": "a program"}), 201).json["token"]
        program = self.server.client()
        program.token = token
        self.check(program.request("POST", "/classes", {"id": "8b", "zone": "UTC"}), 201)  # without a CSRF token
        self.check(client.request("DELETE", "/session"), 204)
        self.check(client.get("/classes"), 401)

    # --- archives of photos ---

    def send_archive(self, client, data, status=201, kind="application/zip"):
        return self.check(client.request("POST", "/photos", data, {"Content-Type": kind}), status).json

    def nothing_of_albums_is_left(self):
        self.assertEqual([name for name in os.listdir(self.dir / "videos") if name.startswith("album-")], [])

    def test_an_archive_of_photos_is_taken_apart(self):
        client = self.administrator()
        self.check(client.request("POST", "/classes", {"id": "8b", "zone": "UTC"}), 201)
        self.check(client.request("POST", "/classes/8b/students", CLASS.encode(), {"Content-Type": "text/csv"}))
        obama, biden = (PHOTOS / "obama.jpg").read_bytes(), (PHOTOS / "biden.jpg").read_bytes()
        zipped = archives.zipped(("44/front.jpg", obama), ("46.jpg", biden), ("M\u00fcller.txt", b"text"), ("__MACOSX/._46.jpg", b"x"), ("44/", b""))
        tarred = archives.tarred("w:gz", ("44/front.jpg", archives.tarfile.REGTYPE, obama, ""), ("46.jpg", archives.tarfile.REGTYPE, biden, ""))
        for data, left_out in ((tarred, []), (zipped, [("M\u00fcller.txt", "no_picture")])):
            told = self.send_archive(client, data)
            verdicts = [(one["name"], one["verdict"]) for one in told["entries"]]
            self.assertEqual(verdicts, [("44/front.jpg", "picture"), ("46.jpg", "picture"), *left_out])
            for student, entry in ((44, 0), (46, 1)):
                address = f"/students/{student}/photos?name=a.jpg&album={told['album']}&entry={entry}"
                said = self.check(client.request("POST", address)).json
                self.assertEqual(said["verdict"], "enrolled" if data is tarred else "duplicate")
                self.assertEqual(self.check(client.request("POST", address), 404).json["code"], "not_found")  # it is not kept
            self.nothing_of_albums_is_left()
        # They are whose who sent them.
        told = self.send_archive(client, zipped)
        self.check(client.request("POST", "/accounts", {"name": "bob", "role": "teacher", "password": PASSWORD, "classes": ["8b"]}), 201)
        bob = self.server.client()
        self.check(bob.sign_in("bob"))
        self.check(bob.request("POST", f"/students/44/photos?name=a.jpg&album={told['album']}&entry=0"), 404)
        for album, entry in ((told["album"], "../0"), (told["album"], "archive"), ("..", "0"), (told["album"], "99")):
            query = urllib.parse.urlencode({"name": "a.jpg", "album": album, "entry": entry})
            self.check(client.request("POST", f"/students/44/photos?{query}"), 404)

    def test_hostile_archives_are_told_and_leave_nothing(self):
        client = self.administrator()
        made = {name: make() for name, make in {**archives.SMALL, **archives.LARGE}.items()}
        listing = lambda name: {one["name"]: one["verdict"] for one in self.send_archive(client, made[name])["entries"]}
        told = self.send_archive(client, made["names.zip"])["entries"]
        names = [one["name"] for one in told]
        self.assertEqual([one["verdict"] for one in told], len(archives.HOSTILE_NAMES) * ["outside"] + len(archives.ODD_NAMES) * ["picture"], names)
        self.assertIn("M\u00fcller.jpg", names)
        self.assertFalse(any(ord(letter) < 32 for name in names for letter in name), names)
        self.assertEqual(listing("links.zip")["link.jpg"], "link")
        self.assertEqual(listing("links.tar"), {"soft.jpg": "link", "hard.jpg": "link", "null.jpg": "special", "../up.jpg": "outside"})
        self.assertEqual(set(listing("42.zip").values()), {"nested"})
        self.assertEqual(listing("encrypted.zip"), {"a.jpg": "encrypted"})
        self.assertEqual(listing("large.zip"), {"a.jpg": "large"})
        self.assertIn(listing("lying.zip")["a.jpg"], ("damaged", "large"))
        self.assertEqual(listing("empty.zip"), {})
        self.assertEqual(len(self.send_archive(client, made["overlapping.zip"])["entries"]), 1)  # the same bytes are one file
        for name, status, text in (("ratio.zip", 413, "100 times"), ("ratio.tgz", 413, "100 times"),  ("many.zip", 413, "more than 5000"), ("nothing.zip", 422, "no zip or tar"), ("cut.zip", 422, "damaged")):
            with self.subTest(name):
                self.assertIn(text, self.send_archive(client, made[name], status)["detail"])
        self.check(client.request("POST", "/photos", b"", {"Content-Type": "application/zip", "Content-Length": str((1 << 30) + 1)}), 413)
        self.assertEqual(self.check(client.get("/me")).status, 200)
        left = [name for name in os.listdir(self.dir / "videos") if name.startswith("album-")]
        self.assertEqual(len(left), 2, left)  # of names.zip and overlapping.zip
        self.assertTrue(all(name.isdigit() for name in os.listdir(self.dir / "videos" / left[0])))
        old = time.time() - 4000
        for name in left:
            os.utime(self.dir / "videos" / name, (old, old))
        self.restart()
        self.wait_for(lambda: not any((self.dir / "videos" / name).exists() for name in left), self.server.process)

    # --- uploads and tasks ---

    def test_an_upload_goes_on_over_kills_and_is_done_once(self):
        client = self.administrator()
        self.make_class(client)
        data = self.film("obama.jpg", 30) + bytes(3 << 20)
        pairs = "filename " + base64.b64encode(b"2026-11-20_08-00-00.mp4").decode() + ",class " + base64.b64encode(b"8b").decode()
        made = self.check(client.request("POST", "/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": str(len(data)),
                                                                      "Upload-Metadata": pairs}), 201)
        address = made.headers["Location"]
        for _ in range(3):
            at = int(self.check(client.request("HEAD", address, headers={"Tus-Resumable": "1.0.0"})).headers["Upload-Offset"])
            with socket.create_connection(("127.0.0.1", self.server.port)) as line:
                head = (f"PATCH {address} HTTP/1.1\r\nHost: x\r\nCookie: {client.cookie}\r\nX-CSRF-Token: {client.csrf}\r\nTus-Resumable: 1.0.0\r\n"
                        f"Upload-Offset: {at}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {len(data) - at}\r\n\r\n")
                line.sendall(head.encode() + data[at : at + (1 << 20)])
                folder = self.dir / "videos" / address.rsplit("/", 1)[1]
                self.wait_for(lambda: folder.stat().st_size > at, self.server.process)
                self.restart()
            client.port = self.server.port
        at = int(self.check(client.request("HEAD", address, headers={"Tus-Resumable": "1.0.0"})).headers["Upload-Offset"])
        self.assertGreater(at, 0)
        self.check(client.send_part(address, at + 1, b"x"), 409)
        self.check(client.send_part(address, at, data[at:]), 204)
        self.check(client.request("HEAD", address, headers={"Tus-Resumable": "1.0.0"}), 404)
        task = self.wait_for_tasks(client)[0]
        self.assertEqual(task["state"], "done", task)
        self.assertEqual(len(self.check(client.get(f"/lessons/{task['lesson']}")).json["recordings"]), 1)
        self.nothing_is_left()

    def test_many_small_parts(self):
        """One right behind the other, each on a connection of its own."""
        client = self.administrator()
        self.check(client.request("POST", "/classes", {"id": "8b", "zone": "UTC"}), 201)
        self.check(client.upload("2026-11-20_08-00-00.mp4", bytes(40_000), piece=100, **{"class": "8b"}), 201)
        self.assertEqual(self.wait_for_tasks(client)[0]["state"], "failed")  # it is no video

    def test_a_task_that_was_broken_off_goes_on(self):
        client = self.administrator()
        self.make_class(client)
        self.check(client.upload("2026-11-20_08-00-00.mp4", self.film("obama.jpg", 600), **{"class": "8b"}), 201)
        self.wait_for(lambda: self.tasks(client)[0]["state"] == "running", self.server.process)
        self.restart()
        client.port = self.server.port
        task = self.wait_for_tasks(client)[0]
        self.assertEqual(task["state"], "done", task)
        self.assertEqual(len(self.check(client.get(f"/lessons/{task['lesson']}")).json["recordings"]), 1)

    def test_bad_videos_are_said_and_removed(self):
        client = self.administrator()
        self.make_class(client)
        self.check(client.upload("notes.txt", b"x", **{"class": "8b"}), 415)
        self.check(client.upload("a.mp4", b"x", **{"class": "9z"}), 404)
        self.check(client.upload("a.mp4", b"this is not a video", **{"class": "8b"}), 201)
        task = self.wait_for_tasks(client)[0]
        self.assertEqual(task["state"], "failed")
        self.assertIn("a.mp4", task["message"])
        self.nothing_is_left()
        self.check(client.request("DELETE", f"/tasks/{task['task']}"), 204)
        self.assertEqual(self.tasks(client), [])

    def test_what_is_wrong_has_a_word_that_stays_the_same(self):
        client = self.administrator()
        self.make_class(client)
        api = self.check(client.get("/api/v1/openapi.json")).json
        self.assertLessEqual({"code", "reason", "value", "detail"}, set(api["components"]["schemas"]["Problem"]["properties"]))
        lesson = self.check(client.request("POST", "/classes/8b/lessons", {"day": "2026-11-20", "start": "08:00", "end": "08:45"}), 201).json["lesson"]
        self.check(client.request("POST", f"/lessons/{lesson}/finish"))
        for method, path, body, status, reason, value in (
            ("POST", "/session", {"name": "ada", "password": "not the password"}, 401, "wrong_password", ""),
            ("POST", "/accounts", {"name": "bob", "role": "teacher", "password": "short"}, 400, "password_length", ""),
            ("POST", "/classes", {"id": "8b", "zone": "UTC"}, 409, "class_taken", "8b"),
            ("POST", "/classes", {"id": "9z", "zone": "Nowhere/Land"}, 400, "zone", "Nowhere/Land"),
            ("PUT", "/classes/8b/slots", {"slots": [{"weekday": 1, "start": "09:00", "end": "08:00"}]}, 400, "slot", ""),
            ("POST", "/classes/8b/lessons", {"day": "2026-11-20", "start": "09:00", "end": "08:45"}, 400, "lesson_times", ""),
            ("PUT", f"/lessons/{lesson}/marks/44", {"status": "absent"}, 409, "lesson_finished", ""),
            ("POST", f"/lessons/{lesson}/finish", None, 409, "lesson_finished", ""),
            ("GET", "/students/99", None, 404, "no_student", "99"),
            ("GET", "/lessons/99", None, 404, "no_lesson", ""),
        ):
            with self.subTest(reason):
                answer = self.check(client.request(method, path, body), status)
                self.assertEqual((answer.json["reason"], answer.json["value"]), (reason, value), str(answer))
                self.assertNotEqual(answer.json["detail"], "")
        told = self.check(client.request("POST", "/classes/8b/students", b"id,name\n50,A\n50,B\n,\n51,C,D\n", {"Content-Type": "text/csv"})).json
        self.assertEqual([(one["line"], one["reason"], one["value"]) for one in told["problems"]], [(3, "same_id", "2"), (5, "cells", "")])
        self.check(client.upload("a.mp4", b"this is not a video", **{"class": "8b"}), 201)
        self.assertEqual(self.wait_for_tasks(client)[0]["reason"], "format")

    def test_a_recording_that_began_at_another_time(self):
        client = self.administrator()
        self.make_class(client)
        self.check(client.request("PUT", "/classes/8b/slots", {"slots": [{"weekday": 5, "start": "08:00", "end": "08:45"}]}))
        film = self.film("obama.jpg", 40)
        self.check(client.upload("lesson.mp4", film, modified=1795000000000, **{"class": "8b"}), 201)
        task = self.wait_for_tasks(client)[0]
        self.assertEqual((task["state"], task["certain"], task["unknown"]), ("done", 1, 0), task)
        guessed = self.check(client.get(f"/lessons/{task['lesson']}")).json
        recording = guessed["recordings"][0]
        self.assertEqual(recording["start_by"], "modified")
        path = f"/lessons/{task['lesson']}/recordings/{recording['recording']}"
        self.assertEqual(self.check(client.request("PUT", path, {"start": "yesterday"}), 400).json["reason"], "start")
        self.check(client.request("PUT", f"/lessons/{task['lesson']}/recordings/999", {"start": "08:00:00"}), 404)
        # Into the lesson of the timetable, with a roll of its own; the one that was made by the guess has nothing left.
        moved = self.check(client.request("PUT", path, {"start": "2026-11-20T08:10:00"})).json
        self.assertNotEqual(moved["lesson"], task["lesson"])
        self.assertEqual((moved["day"], moved["start"], moved["recordings"][0]["start"], moved["recordings"][0]["start_by"]),
                         ("2026-11-20", "08:00:00", "08:10:00", "said"))
        self.assertEqual({one["id"]: one["arrived"] for one in moved["students"]}["44"], "08:10:00")
        self.check(client.get(f"/lessons/{task['lesson']}"), 404)
        # Within its lesson the roll follows.
        path = f"/lessons/{moved['lesson']}/recordings/{recording['recording']}"
        again = self.check(client.request("PUT", path, {"start": "08:00:00"})).json
        self.assertEqual((again["lesson"], {one["id"]: one["arrived"] for one in again["students"]}["44"]), (moved["lesson"], "08:00:00"))
        self.check(client.request("POST", f"/lessons/{moved['lesson']}/finish"))
        self.assertEqual(self.check(client.request("PUT", path, {"start": "08:01:00"}), 409).json["reason"], "lesson_finished")

    def test_events_tell_what_changes(self):
        client = self.administrator()
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as line:
            line.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: {client.cookie}\r\n\r\n".encode())
            told = b""
            while b"\r\n\r\n" not in told:
                told += line.recv(4096)
            self.check(client.request("POST", "/classes", {"id": "8b", "zone": "UTC"}), 201)
            while b'"id":"8b"' not in told:
                told += line.recv(4096)
        self.assertIn(b"text/event-stream", told)
        self.assertIn(b'data: {"kind":"class","id":"8b"}', told)
        # Whoever comes back is told what was missed.
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as line:
            line.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: {client.cookie}\r\nLast-Event-ID: 0\r\n\r\n".encode())
            told = b""
            while b'"id":"8b"' not in told:
                told += line.recv(4096)

    def listen(self, client):
        """A stream of events that is read all the time; what it has told so far, and whether it has ended."""
        line = socket.create_connection(("127.0.0.1", self.server.port), timeout=60)
        self.addCleanup(line.close)
        line.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: {client.cookie}\r\nLast-Event-ID: 0\r\n\r\n".encode())
        stream = types.SimpleNamespace(told=b"", ended=False)

        def read():
            with contextlib.suppress(OSError):
                while piece := line.recv(4096):
                    stream.told += piece
                    if piece.endswith(b"0\r\n\r\n"):
                        break
            stream.ended = True

        threading.Thread(target=read, daemon=True).start()
        self.wait_for(lambda: b"200 OK" in stream.told, self.server.process)
        return stream

    def test_events_are_of_the_classes_that_one_may_see(self):
        """Two teachers with a class each, and nothing of the one is told to the other."""
        client = self.administrator()
        self.make_class(client)
        self.check(client.request("POST", "/classes", {"id": "9z", "zone": "UTC"}), 201)
        self.check(client.request("POST", "/classes/9z/students", b"id,name,major,year\n70,Another,,\n", {"Content-Type": "text/csv"}))
        who = {}
        for name, class_id in (("bob", "8b"), ("eve", "9z")):
            self.check(client.request("POST", "/accounts", {"name": name, "role": "teacher", "password": PASSWORD, "classes": [class_id]}), 201)
            who[name] = self.server.client()
            self.check(who[name].sign_in(name))
        bob, eve, all_of_it = self.listen(who["bob"]), self.listen(who["eve"]), self.listen(client)
        made = {}
        for name, class_id in (("bob", "8b"), ("eve", "9z")):
            lesson = {"day": "2026-11-20", "start": "08:00", "end": "08:45"}
            made[class_id] = self.check(who[name].request("POST", f"/classes/{class_id}/lessons", lesson), 201).json["lesson"]
        self.check(who["bob"].request("PUT", f"/lessons/{made['8b']}/marks/48", {"status": "excused"}))
        self.check(who["eve"].request("PUT", f"/lessons/{made['9z']}/marks/70", {"status": "excused"}))
        self.check(who["bob"].request("DELETE", "/students/48"), 204)
        self.check(who["bob"].upload("8b_2026-11-20_08-00-00.mp4", b"no video at all", **{"class": "8b"}), 201)
        task = self.wait_for_tasks(client)[0]["task"]
        self.check(who["eve"].request("PATCH", "/classes/9z", {"title": "last"}))
        kinds = lambda stream: {tuple(json.loads(found).values()) for found in re.findall(rb"data: (.*)", stream.told)}
        of_bob = {("class", "8b"), ("lesson", str(made["8b"])), ("task", str(task))}
        of_eve = {("class", "9z"), ("lesson", str(made["9z"]))}
        self.wait_for(lambda: kinds(bob) == of_bob and kinds(eve) == of_eve and kinds(all_of_it) == of_bob | of_eve, self.server.process)
        self.assertFalse(bob.ended or eve.ended)
        # Another class is his from now on, and this one is not.
        self.check(client.request("PUT", "/accounts/bob", {"classes": ["9z"]}), 204)
        self.wait_for(lambda: bob.ended, self.server.process)
        again = self.listen(who["bob"])
        self.check(client.request("PATCH", "/classes/8b", {"title": "not for bob"}))
        self.check(client.request("PATCH", "/classes/9z", {"title": "for bob"}))
        self.wait_for(lambda: ("class", "9z") in kinds(again), self.server.process)
        self.assertLessEqual(kinds(again), of_eve)
        # Of a class that is gone he hears no more, not even where another gets its name; and signed out, nothing.
        self.check(client.request("DELETE", "/classes/9z"), 204)
        self.wait_for(lambda: again.ended and eve.ended, self.server.process)
        last = self.listen(who["eve"])
        self.check(who["eve"].request("DELETE", "/session"), 204)
        self.wait_for(lambda: last.ended, self.server.process)
        self.assertEqual(kinds(last), set())

    def test_what_was_changed_meanwhile_is_not_overwritten(self):
        client = self.administrator()
        self.make_class(client)
        tag = self.check(client.get("/classes/8b")).headers["ETag"]
        self.check(client.request("PATCH", "/classes/8b", {"title": "one"}, {"If-Match": tag}))
        answer = self.check(client.request("PATCH", "/classes/8b", {"title": "two"}, {"If-Match": tag}), 412)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        seen = self.check(client.get("/classes/8b"))
        self.assertEqual(seen.json["title"], "one")
        self.check(client.get("/classes/8b", headers={"If-None-Match": seen.headers["ETag"]}), 304)

    # --- hostile requests ---

    def raw(self, data, wait=5):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=wait) as line:
            line.sendall(data)
            told = b""
            try:
                while piece := line.recv(65536):
                    told += piece
                    if b"\r\n\r\n" in told and b"Connection: close" not in told and len(told) > 200:
                        break
            except OSError:
                pass
        return told.split(b"\r\n")[0], b"onnection: close" in told

    def test_hostile_requests_are_refused_and_the_server_lives(self):
        client = self.administrator()
        good = b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\n"
        post = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        for name, data, statuses in (
            ("length and encoding", post + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400,)),
            ("two lengths", post + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", (400,)),
            ("two equal lengths", post + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", (400,)),
            ("two encodings", post + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400,)),
            ("another encoding", post + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", (400,)),
            ("a strange length", post + b"Content-Length: +2\r\n\r\n{}", (400,)),
            ("two hosts", good + b"Host: y\r\n\r\n", (400,)),
            ("no host", b"GET /api/v1/me HTTP/1.1\r\n\r\n", (400,)),
            ("a blank before the colon", good + b"X-A : b\r\n\r\n", (400,)),
            ("NUL in the path", b"GET /api/v1/classes/%00 HTTP/1.1\r\nHost: x\r\n\r\n", (400,)),
            ("a broken escape", b"GET /api/v1/classes/%zz HTTP/1.1\r\nHost: x\r\n\r\n", (422,)),
            ("not UTF-8", b"GET /api/v1/classes/%ff HTTP/1.1\r\nHost: x\r\n\r\n", (422,)),
            ("up the tree", b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", (404,)),
            ("an absolute address", b"GET http://other/api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n", (400,)),
            ("64 kB of header", good + b"X-Long: " + 65536 * b"a" + b"\r\n\r\n", (400, 413, 414, 431)),
            ("many headers", good + b"".join(b"X-%d: y\r\n" % i for i in range(200)) + b"\r\n", (431,)),
            ("too much JSON", post + b"Content-Length: 300000\r\n\r\n", (413,)),
            ("too much JSON in pieces", post + b"Transfer-Encoding: chunked\r\n\r\n" + 30 * (b"2710\r\n" + 10000 * b"a" + b"\r\n") + b"0\r\n\r\n", (413,)),
            ("another method", b"BREW /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n", (405,)),
            ("no JSON", post + b"Content-Length: 1\r\n\r\n{", (422,)),
            ("deep JSON", post + b"Content-Length: 100000\r\n\r\n" + 100000 * b"[", (422,)),
        ):
            with self.subTest(name):
                line, closes = self.raw(data)
                self.assertIn(int(line.split()[1]), statuses, line)
                if statuses == (400,):
                    self.assertTrue(closes, line)
        # Slow ones and silent ones take nobody's place.
        slow = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(100)]
        for line in slow:
            line.sendall(b"GET /api/v1/me HTTP/1.1\r\nHo")
        self.check(client.get("/me"))
        for line in slow:
            line.close()
        self.assertIsNone(self.server.process.poll())

    def test_the_page_is_served_with_its_rules(self):
        client = self.server.client()
        page = self.check(client.get("/"))
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])
        self.assertNotIn("unsafe", page.headers["Content-Security-Policy"])
        self.assertEqual(page.headers["Content-Encoding"], "gzip")
        self.check(client.get("/", headers={"If-None-Match": page.headers["ETag"]}), 304)
        self.check(client.get("/app.js"))
        self.check(client.get("/nothing.js"), 404)
        files = sorted((Path(os.environ["HOMEROOM_SOURCE"]) / "src/web/page").iterdir())
        sizes = {path.name: len(self.check(client.get("/" if path.suffix == ".html" else f"/{path.name}")).body) for path in files}
        self.assertLess(sum(sizes.values()), 60_000, sizes)


class Listening(Case):
    needs_models = False

    def test_what_is_refused(self):
        for words, status, text in ((("--listen", "0.0.0.0:0"), PERMISSION, "--certificate"), (("--listen", "nowhere"), ARGUMENT, "127.0.0.1:8080"),
                                    (("--certificate", "x.pem"), ARGUMENT, "go together"), (("--db", "s3://bucket/x"), ARGUMENT, "is a file")):
            with self.subTest(words):
                self.assertIn(text, self.run_it("serve", *words, status=status).err)
        (self.dir / "videos").mkdir(exist_ok=True)
        (self.dir / "videos").chmod(0o755)
        self.assertIn("open to others", self.run_it("serve", "--listen", "127.0.0.1:0", status=PERMISSION).err)


if __name__ == "__main__":
    main()
