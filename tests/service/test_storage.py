#!/usr/bin/env python3
"""s3:// wherever the program takes a path, against MinIO, which checks signatures, keys and conditions."""

import contextlib
import http.client
import http.server
import json
import os
import resource
import shutil
import socket
import sqlite3
import struct
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from servers import Minio, ServiceCase, launch, main, s3_of, wait_until

PROGRAM = os.environ["HOMEROOM_PROGRAM"]
MODELS = os.environ["HOMEROOM_MODELS"]
PHOTOS = Path(os.environ["HOMEROOM_PHOTOS"])
LARGE_MB = int(os.environ.get("HOMEROOM_LARGE_MB") or 40)
OK, ARGUMENT, NOT_FOUND, PERMISSION, FORMAT, UNSUPPORTED, CONFLICT, UNAVAILABLE = 0, 2, 3, 4, 6, 7, 13, 15
OBAMA = b"name,major,year\r\nBarack,law,senior\r\n"
AWKWARD = "Übung 1+2 & 100% \"neu\" 'x' $(id);\u00e9~.mp4"


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, words)], check=True)


def make_video(path, photo):
    ffmpeg("-loop", 1, "-i", PHOTOS / photo, "-t", 2, "-r", 10, "-vf", "scale=480:-2", "-c:v", "libx264",
           "-preset", "ultrafast", "-pix_fmt", "yuv420p", path)


def make_large(path, size_mb):
    """Noise, every picture a picture of its own, and the index at the end of the file."""
    short = path.with_suffix(".part.mov")
    ffmpeg("-f", "lavfi", "-i", "nullsrc=s=640x480:r=25,geq=random(1)*255:128:128", "-t", 2, "-c:v", "mjpeg",
           "-q:v", 1, "-pix_fmt", "yuvj420p", short)
    rounds = size_mb * 1_000_000 // short.stat().st_size + 1
    ffmpeg("-stream_loop", rounds, "-i", short, "-c", "copy", path)
    short.unlink()


class Between(http.server.ThreadingHTTPServer):
    """Between the program and MinIO. `watch(number, path, headers)` is called before each GET but those of databases is
    passed on, and says how many bytes of the answer's body come through before the connection is reset; None:
    all."""

    daemon_threads = True

    def __init__(self, minio, watch):
        self.target, self.watch, self.gets = minio.address, watch, []
        super().__init__(("127.0.0.1", 0), Passing)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        limit = None
        if self.command == "GET" and not self.path.endswith(".db"):
            self.server.gets.append(dict(self.headers))
            limit = self.server.watch(len(self.server.gets), self.path, self.headers)
        connection = http.client.HTTPConnection(self.server.target)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        reply = connection.getresponse()
        data = reply.read()
        self.send_response_only(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding"):
                self.send_header(name, value)
        length = reply.getheader("content-length") if self.command == "HEAD" else len(data)
        self.send_header("Content-Length", str(length or 0))
        self.end_headers()
        self.wfile.write(data if limit is None else data[:limit])
        if limit is not None:
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = pass_on

    def log_message(self, *_):
        pass


class Storage(ServiceCase):
    servers = {"minio": Minio}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.s3 = s3_of(cls.minio)
        cls.database = cls.folder / "homeroom.db"
        (cls.folder / "students.csv").write_text("id,name,major,year\n44,Barack,law,senior\n46,Joseph,history,junior\n")
        for words in (["import", "students", cls.folder / "students.csv"], ["enroll", "44", PHOTOS / "obama.jpg"],
                      ["enroll", "46", PHOTOS / "biden.jpg"]):
            subprocess.run([PROGRAM, *words, "--db", cls.database, "--models", MODELS], check=True, capture_output=True)
        make_video(cls.folder / "obama.mp4", "obama2.jpg")
        make_video(cls.folder / "biden.mp4", "biden.jpg")
        cls.obama = (cls.folder / "obama.mp4").read_bytes()
        cls.biden = (cls.folder / "biden.mp4").read_bytes()

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(dir=self.folder))
        self.bucket = f"test-{self.dir.name.lower().replace('_', '-')}".rstrip("-")
        self.s3.make_bucket(self.bucket)

    def at(self, key):
        return f"s3://{self.bucket}/{key}"

    def put(self, key, body, **headers):
        return self.s3.put(self.bucket, key, body, **headers)

    def get(self, key):
        return self.s3.get(self.bucket, key)

    def keys(self, prefix=""):
        return self.s3.keys_of(self.bucket, prefix)

    def start(self, *words, env=None, **options):
        environment = {**self.environment(), "HOME": str(self.dir), "HOMEROOM_DB": str(self.database), **(env or {})}
        process = subprocess.Popen([PROGRAM, *map(str, words)], cwd=self.dir, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def finish(self, process, status=OK):
        out, err = process.communicate(timeout=250)
        self.assertEqual(process.returncode, status, out + err)
        self.assertNotIn(launch.SECRET, out + err)
        return out, err

    def run_it(self, *words, status=OK, **options):
        return self.finish(self.start(*words, **options), status)

    def traffic(self, err):
        """(bytes, requests) of each video that was read, as the program counted."""
        lines = [json.loads(line) for line in err.splitlines()]
        return [(line["bytes"], line["requests"]) for line in lines if line["message"] == "read from S3"]


class Recognize(Storage):
    def test_from_bucket_to_bucket(self):
        self.put("in/" + AWKWARD, self.obama)
        _, err = self.run_it("recognize", "--json", "--verbose", self.at("in/" + AWKWARD), "--out", self.at("out"))
        name = AWKWARD.replace(".mp4", ".csv")
        self.assertEqual(self.keys("out/"), ["out/" + name])
        headers, body = self.s3.request("GET", f"/{self.bucket}/out/{name}")
        self.assertEqual(body, OBAMA)
        self.assertEqual(headers["Content-Type"], "text/csv; charset=utf-8")
        self.assertEqual(self.traffic(err), [(len(self.obama), 1)], "a short clip is one request")

    def test_several_and_a_missing_one(self):
        self.put("a.mp4", self.obama)
        self.put("b.mp4", self.biden)
        out, err = self.run_it("recognize", self.at("a.mp4"), self.at("none.mp4"), self.at("b.mp4"), "--out", "-",
                               status=NOT_FOUND)
        self.assertEqual(out.splitlines(), ["video,name,major,year", self.at("a.mp4") + ",Barack,law,senior",
                                            self.at("b.mp4") + ",Joseph,history,junior"])
        self.assertIn(f"s3://{self.bucket}/none.mp4", err)

    def test_no_such_bucket(self):
        self.assertIn("s3://no-such-bucket-here", self.run_it("recognize", "s3://no-such-bucket-here/a.mp4", "--out", "-",
                                                              status=NOT_FOUND)[1])
        self.run_it("recognize", "s3://X/a.mp4", "--out", "-", status=ARGUMENT)
        self.assertIn("names a bucket", self.run_it("recognize", self.at(""), "--out", "-", status=ARGUMENT)[1])

    def test_wrong_secret_is_said(self):
        self.put("a.mp4", self.obama)
        wrong = "wrongsecret0123456789"
        _, err = self.run_it("recognize", self.at("a.mp4"), "--out", "-", status=PERMISSION,
                             env={"AWS_SECRET_ACCESS_KEY": wrong})
        self.assertIn("SignatureDoesNotMatch", err)
        self.assertNotIn(wrong, err)

    def test_may_not_read(self):
        self.put("a.mp4", self.obama)
        keys = self.s3.borrow_keys({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": [f"arn:aws:s3:::{self.bucket}/*"]}]})
        self.run_it("recognize", self.at("a.mp4"), "--out", "-", status=PERMISSION,
                    env={"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret,
                         "AWS_SESSION_TOKEN": keys.token})

    def test_not_a_video(self):
        self.put("a.mp4", b"nothing of the kind" * 1000)
        self.put("empty.mp4", b"")
        self.run_it("recognize", self.at("a.mp4"), "--out", "-", status=FORMAT)
        self.run_it("recognize", self.at("empty.mp4"), "--out", "-", status=FORMAT)

    def test_files_need_no_cloud(self):
        """Not even settings that make sense."""
        out, _ = self.run_it("recognize", self.folder / "obama.mp4", "--out", "-",
                             env={"AWS_PROFILE": "none", "AWS_CONFIG_FILE": "/nowhere", "AWS_ENDPOINT_URL_S3": "nonsense"})
        self.assertEqual(out.encode(), OBAMA.replace(b"\r\n", b"\n"))


class Large(Storage):
    """Larger than memory is meant to be; HOMEROOM_LARGE_MB=1000 for the long run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large = cls.folder / "large.mov"
        make_large(cls.large, LARGE_MB)
        cls.size = cls.large.stat().st_size
        cls.s3.make_bucket("large")
        cls.s3.timeout_s = 300
        cls.s3.put("large", "large.mov", cls.large.read_bytes())
        cls.s3.put("large", "homeroom.db", cls.database.read_bytes())
        head = cls.large.read_bytes()[:64]
        assert b"moov" not in head

    def measured(self, place, env=None):
        """(stderr, peak in MiB). Not a byte can be written to any file meanwhile: the kernel would end the program."""
        process = self.start("recognize", "--json", "--verbose", "--fps", "0.5", "--threads", 2, place, "--out", "-",
                             env={"HOMEROOM_DB": "s3://large/homeroom.db", **(env or {})},
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
        peaks = [0]
        watcher = threading.Thread(target=self.look_at_memory, args=(process, peaks), daemon=True)
        watcher.start()
        _, err = self.finish(process)
        watcher.join()
        return err, max(peaks) / 1024

    @staticmethod
    def look_at_memory(process, peaks):
        """The most KiB so far, again and again until the process is gone."""
        while process.returncode is None:
            try:
                lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            except OSError:
                return
            peaks += [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
            time.sleep(0.02)

    def test_index_at_the_end(self):
        _, from_disk = self.measured(self.large)
        err, from_s3 = self.measured("s3://large/large.mov")
        (read, requests), = self.traffic(err)
        print(f"large: {self.size / 1e6:.1f} MB: {read / 1e6:.1f} MB in {requests} requests; "
              f"peak {from_s3:.0f} MiB, from disk {from_disk:.0f} MiB", flush=True)
        self.assertLess(read, self.size + 2_000_000, "every byte once, and the index")
        self.assertLess(requests, self.size / 2_500_000 + 10)
        self.assertLess(from_s3, from_disk + 45)

    def test_reset_in_the_middle(self):
        """Only the broken range is fetched again."""
        def reset(number, _path, _headers):
            return 100_000 if number in (3, 6) else None
        with Between(self.minio, reset) as between:
            err, _ = self.measured("s3://large/large.mov", {"AWS_ENDPOINT_URL_S3": between.url})
        (read, requests), = self.traffic(err)
        self.assertLess(read, self.size + 2_000_000)
        self.assertEqual(len(between.gets), requests + 2)
        self.assertTrue(all("If-Match" in headers for headers in between.gets[1:]))

    def test_replaced_between_ranges(self):
        self.s3.make_bucket("changing")
        self.s3.put("changing", "a.mov", self.large.read_bytes())
        def replace(number, _path, _headers):
            if number == 4:
                self.s3.put("changing", "a.mov", self.obama)
        with Between(self.minio, replace) as between:
            _, err = self.run_it("recognize", "s3://changing/a.mov", "--out", "-", status=CONFLICT,
                                 env={"AWS_ENDPOINT_URL_S3": between.url})
        self.assertIn("was replaced by another object while it was being read", err)


class Recordings(Storage):
    """A camera (a file that is over soon, and called again) whose parts go to a bucket."""

    def record(self, seconds, status=None, **options):
        # The camera is gone when the time is over, more often than not.
        process = self.start("record", self.folder / "obama.mp4", "--seconds", seconds, "--out", self.at("room"), **options)
        out, err = process.communicate(timeout=120)
        self.assertIn(process.returncode, (OK, UNAVAILABLE) if status is None else (status,), err)
        return err

    def unsent(self):
        return sorted(path for path in (self.dir / ".local/share/homeroom/unsent").rglob("*") if path.is_file())

    def test_parts_are_sent(self):
        self.record(4)
        keys = self.keys("room/")
        self.assertGreaterEqual(len(keys), 1)
        self.assertEqual(self.unsent(), [])
        for key in keys:
            self.assertRegex(key, r"^room/camera_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.mp4$")
            (self.dir / "part.mp4").write_bytes(self.get(key))
            ffmpeg("-i", self.dir / "part.mp4", "-f", "null", "-")

    def test_what_cannot_be_sent_waits_and_nothing_is_replaced(self):
        err = self.record(3, status=UNAVAILABLE, env={"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"})
        waiting = self.unsent()
        self.assertGreaterEqual(len(waiting), 1)
        self.assertIn("is tried again", err)
        self.assertIn("the next 'homeroom record' with this --out sends", err)
        self.assertEqual(waiting[0].parent.stat().st_mode & 0o777, 0o700)
        self.put(f"room/{waiting[0].name}", b"somebody else's")
        held = {path.name: path.read_bytes() for path in waiting}
        err = self.record(1, status=UNAVAILABLE)
        self.assertIn("it is not replaced", err)
        self.assertEqual(self.get(f"room/{waiting[0].name}"), b"somebody else's")
        self.assertEqual(waiting[0].read_bytes(), held[waiting[0].name])
        # It was sent by a program that was killed before it removed it.
        self.put(f"room/{waiting[0].name}", held[waiting[0].name])
        self.record(1)
        self.assertEqual(self.unsent(), [])
        for name, body in held.items():
            self.assertEqual(self.get(f"room/{name}"), body)


class Database(Storage):
    def test_made_changed_and_read(self):
        db = {"HOMEROOM_DB": self.at("class/homeroom.db")}
        self.put("students.csv", (self.folder / "students.csv").read_bytes())
        self.put("obama.jpg", (PHOTOS / "obama.jpg").read_bytes())
        self.assertIn("there is no database", self.run_it("students", env=db, status=NOT_FOUND)[1])
        self.run_it("import", "students", self.at("students.csv"), env=db)
        out, _ = self.run_it("enroll", "44", self.at("obama.jpg"), env=db)
        self.assertIn("enrolled", out)
        self.put("v/a.mp4", self.obama)
        out, _ = self.run_it("recognize", self.at("v/a.mp4"), "--out", "-", env=db)
        self.assertEqual(out.encode(), OBAMA.replace(b"\r\n", b"\n"))
        self.assertIn("Joseph", self.run_it("students", env=db)[0])
        self.assertIn("schema", self.run_it("doctor", env=db)[0])
        self.assertIn("older versions", self.run_it("forget", "--yes", "44", env=db)[0])
        self.run_it("enroll", self.at("photos"), env=db, status=UNSUPPORTED)
        self.assertNotIn(b"Barack", self.get("class/homeroom.db"))
        self.assertEqual(sorted(path.name for path in self.dir.iterdir()), [], "nothing was written here")

    def test_enrolled_from_a_video(self):
        self.put("obama.mp4", self.obama)
        db = {"HOMEROOM_DB": self.at("homeroom.db")}
        self.run_it("enroll", "44", "--video", self.at("obama.mp4"), env=db)
        self.assertIn("duplicate", self.run_it("enroll", "44", "--video", self.at("obama.mp4"), env=db)[0])

    def test_changed_by_two_at_once(self):
        db = {"HOMEROOM_DB": self.at("homeroom.db")}
        self.put("homeroom.db", self.database.read_bytes())
        pipe = self.dir / "photo.jpg"
        os.mkfifo(pipe)
        process = self.start("enroll", "99", pipe, "--create", env=db)
        with open(pipe, "wb") as photo:  # opens when the program does, which has read the database by then
            self.run_it("import", "students", self.folder / "students.csv", env=db)
            self.run_it("forget", "--yes", "46", env=db)
            changed = self.get("homeroom.db")
            photo.write((PHOTOS / "astronaut.png").read_bytes())
        _, err = self.finish(process, CONFLICT)
        self.assertIn("was changed by somebody else meanwhile", err)
        self.assertEqual(self.get("homeroom.db"), changed)

    def test_is_not_a_database(self):
        self.put("homeroom.db", b"x" * 5000)
        self.assertIn("not a homeroom database", self.run_it("students", env={"HOMEROOM_DB": self.at("homeroom.db")}, status=12)[1])


class Watch(Storage):
    def once(self, *places, status=OK, **options):
        return self.run_it("watch", *places, "--once", "--interval", "0.1", status=status, **options)

    def stamp(self, key):
        return self.s3.request("HEAD", f"/{self.bucket}/{key}")[0]["Last-Modified"], self.get(key)

    def test_bucket_to_bucket(self):
        for name in ("obama.mp4", AWKWARD, "deeper/not.mp4", ".hidden.mp4", "text.txt"):
            self.put("in/" + name, self.obama)
        self.put("in/bad.mp4", b"bad" * 500)
        self.once(self.at("in"), self.at("out/"), status=FORMAT)
        self.assertEqual(sorted(self.keys("out/")), sorted(
            [f"out/{AWKWARD}.csv", "out/bad.mp4.error.json", "out/obama.mp4.csv"]))
        headers = self.s3.request("HEAD", f"/{self.bucket}/out/obama.mp4.csv")[0]
        self.assertRegex(headers["x-amz-meta-homeroom-source"], "^[0-9a-f]{64}$")

        time.sleep(1.1)  # a second is what S3's clock shows
        before = [self.stamp(key) for key in self.keys("out/")]
        self.once(self.at("in"), self.at("out/"))
        self.assertEqual([self.stamp(key) for key in self.keys("out/")], before, "nothing is done twice")

        self.put("in/obama.mp4", self.biden)
        self.put("in/bad.mp4", self.biden)
        self.s3.delete(self.bucket, f"out/{AWKWARD}.csv")
        self.once(self.at("in"), self.at("out/"))
        self.assertEqual(sorted(self.keys("out/")), sorted(
            [f"out/{AWKWARD}.csv", "out/bad.mp4.csv", "out/obama.mp4.csv"]))
        self.assertIn(b"Joseph", self.get("out/obama.mp4.csv"))

    def test_folder_and_bucket(self):
        (self.dir / "in").mkdir()
        shutil.copy(self.folder / "obama.mp4", self.dir / "in")
        self.once("in", self.at("out"))
        self.assertEqual(self.get("out/obama.mp4.csv"), OBAMA)
        before = self.stamp("out/obama.mp4.csv")
        time.sleep(1.1)
        self.once("in", self.at("out"))
        self.assertEqual(self.stamp("out/obama.mp4.csv"), before)
        self.put("videos/obama.mp4", self.obama)
        self.once(self.at("videos/"), "reports")
        self.assertEqual((self.dir / "reports" / "obama.mp4.csv").read_bytes(), OBAMA)

    def test_database_is_read_again_when_it_changed(self):
        self.put("homeroom.db", self.database.read_bytes())
        process = self.start("watch", self.at("in"), self.at("out"), "--interval", "0.1",
                             env={"HOMEROOM_DB": self.at("homeroom.db")})
        self.put("in/a.mp4", self.obama)
        wait_until(lambda: self.keys("out/") == ["out/a.mp4.csv"], "the first report")
        self.assertEqual(self.get("out/a.mp4.csv"), OBAMA)
        self.run_it("forget", "--yes", "44", env={"HOMEROOM_DB": self.at("homeroom.db")})
        self.put("in/b.mp4", self.obama)
        wait_until(lambda: "out/b.mp4.csv" in self.keys("out/"), "the second report")
        self.assertEqual(self.get("out/b.mp4.csv"), b"name,major,year\r\n")
        process.terminate()
        self.finish(process)

    def test_a_face_that_grows_too_old_is_left_out_and_nothing_is_written(self):
        class_db = self.dir / "class.db"
        shutil.copy(self.database, class_db)
        over = time.time() + 15
        with contextlib.closing(sqlite3.connect(class_db)) as db, db:
            db.execute("INSERT INTO keeping(kind, days) VALUES ('faces', 1)")
            db.execute("UPDATE faces SET created_us = ? WHERE student = 1", (int((over - 86400) * 1e6),))
        self.put("homeroom.db", class_db.read_bytes())
        process = self.start("watch", self.at("in"), self.at("out"), "--interval", "0.1",
                             env={"HOMEROOM_DB": self.at("homeroom.db")})
        self.put("in/a.mp4", self.obama)
        wait_until(lambda: self.keys("out/") == ["out/a.mp4.csv"], "the first report")
        self.assertLess(time.time(), over, "this machine is too slow for the test")
        self.assertEqual(self.get("out/a.mp4.csv"), OBAMA)
        time.sleep(max(0, over - time.time()) + 0.1)
        self.put("in/b.mp4", self.obama)
        wait_until(lambda: "out/b.mp4.csv" in self.keys("out/"), "the second report")
        self.assertEqual(self.get("out/b.mp4.csv"), b"name,major,year\r\n")
        process.terminate()
        self.finish(process)
        self.assertEqual(self.get("homeroom.db"), class_db.read_bytes())
        out, _ = self.run_it("purge", env={"HOMEROOM_DB": self.at("homeroom.db")})
        self.assertIn("remove them there", out)
        (self.dir / "purged.db").write_bytes(self.get("homeroom.db"))
        with contextlib.closing(sqlite3.connect(self.dir / "purged.db")) as db:
            self.assertEqual(db.execute("SELECT DISTINCT student FROM faces").fetchall(), [(2,)])

    def test_comes_back_after_the_service_was_away(self):
        self.put("in/a.mp4", self.obama)
        away = threading.Event()
        away.set()
        def watch(_number, _path, _headers):
            return 0 if away.is_set() else None
        with Between(self.minio, watch) as between:
            process = self.start("watch", self.at("in"), self.at("out"), "--interval", "0.1",
                                 env={"AWS_ENDPOINT_URL_S3": between.url, "AWS_MAX_ATTEMPTS": "2"})
            wait_until(lambda: len(between.gets) >= 4, "several attempts")
            away.clear()
            wait_until(lambda: self.keys("out/") == ["out/a.mp4.csv"], "the report")
            process.terminate()
            self.finish(process)

    def test_more_than_a_page(self):
        """A listing comes by the thousand."""
        connection_count = 8
        names = [f"in/{number:04}.txt" for number in range(1010)]
        def put_some(part):
            for name in names[part::connection_count]:
                self.put(name, b"x")
        threads = [threading.Thread(target=put_some, args=(part,)) for part in range(connection_count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.put("in/zz.mp4", self.obama)
        self.once(self.at("in"), self.at("out"))
        self.assertEqual(self.get("out/zz.mp4.csv"), OBAMA)


if __name__ == "__main__":
    main()
