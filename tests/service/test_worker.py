#!/usr/bin/env python3
"""homeroom worker: MinIO tells NATS of new videos, workers take them from there; one is killed, one is asked to stop,
NATS goes away and comes back, messages are nonsense."""

import base64
import contextlib
import re
import shutil
import signal
import sqlite3
import urllib.request

from servers import *

PROGRAM, MODELS, PHOTOS = (os.environ.get(f"HOMEROOM_{name}", "") for name in ("PROGRAM", "MODELS", "PHOTOS"))
STUDENTS = "id,name,major,year\n44,Barack,law,senior\n46,Joseph,history,junior\n"
STREAM, SUBJECT, CONSUMER, DEAD = "VIDEOS", "s3.created", "homeroom", "HOMEROOM_DEAD"
EXPECTED = {"obama": b"name,major,year\r\nBarack,law,senior\r\n", "biden": b"name,major,year\r\nJoseph,history,junior\r\n"}


class NatsWithKeys(Nats):
    """Lets only who knows the password in, and speaks TLS with a certificate of its own."""

    def command(self):
        self.certificate = self.folder / "server.crt"
        key = self.folder / "server.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                        "-keyout", key, "-out", self.certificate], check=True, capture_output=True)
        return [*super().command(), "--user", "teacher", "--pass", "open-sesame", "--tls", "--tlscert", self.certificate,
                "--tlskey", key]


class NatsWithMonitor(Nats):
    """Tells over HTTP how many messages wait, as KEDA asks for."""

    def command(self):
        self.monitor = launch.free_port()
        return [*super().command(), "-m", self.monitor]

    def lag(self, account, stream, consumer):
        """As KEDA computes it: https://keda.sh/docs/latest/scalers/nats-jetstream/"""
        url = f"http://{launch.HOST}:{self.monitor}/jsz?acc={account}&consumers=true&config=true"
        with urllib.request.urlopen(url, timeout=10) as reply:
            accounts = json.load(reply)["account_details"]
        streams = next(one for one in accounts if one["name"] == account)["stream_detail"]
        consumers = next(one for one in streams if one["name"] == stream)["consumer_detail"]
        found = next(one for one in consumers if one["name"] == consumer)
        return found["num_pending"] + found["num_ack_pending"]


def make_video(path, photo, seconds=1):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-loop", "1", "-i", PHOTOS / photo, "-t", str(seconds),
                    "-r", "4", "-vf", "scale=320:-2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
                    path], check=True)
    return path.read_bytes()


class Worker:
    """A running `homeroom worker`, its log in a file."""

    def __init__(self, case, *words, url=None, options=None, **variables):
        self.log = case.folder / f"{case.id().rsplit('.', 1)[1]}.{len(case.workers)}.log"
        url = url or f"{case.nats.url}/{STREAM}"
        command = [PROGRAM, "worker", url, "--json", "--threads", "1", *map(str, words)]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=case.settings(**variables), **(options or {}))
        case.workers.append(self)

    def lines(self):
        return [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]

    def text(self):
        return self.log.read_text(encoding="utf-8")

    def end(self, wait_s=60):
        """The exit status."""
        return self.process.wait(wait_s)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.end()


class Case(ServiceCase):
    servers = {"nats": Nats}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        global PHOTOS
        PHOTOS = Path(PHOTOS)
        cls.database = cls.folder / "homeroom.db"
        (cls.folder / "students.csv").write_text(STUDENTS, encoding="utf-8")
        for words in (["import", "students", cls.folder / "students.csv"], ["enroll", "44", PHOTOS / "obama.jpg"],
                      ["enroll", "46", PHOTOS / "biden.jpg"]):
            subprocess.run([PROGRAM, *words, "--db", cls.database, "--models", MODELS], check=True, capture_output=True)

    def setUp(self):
        self.workers = []

    def tearDown(self):
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()
            self.assertNotIn(launch.SECRET, worker.text(), "a secret is in the log")
            self.assertNotIn("ERROR: AddressSanitizer", worker.text())

    def settings(self, **more):
        return self.environment(**{"HOMEROOM_DB": str(self.database), "HOMEROOM_MODELS": MODELS,
                                   "HOMEROOM_OUT": "s3://reports", "HOMEROOM_INPUT": "s3://videos", **more})

    def queue(self):
        queue = jetstream.JetStream(self.nats.url)
        self.addCleanup(queue.close)
        return queue


class BucketCase(Case):
    """Each test has new buckets and new streams."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with jetstream.JetStream(cls.nats.url) as queue:
            cls.make_streams(queue)
        cls.minio = Minio(cls.folder / "minio", nats={"WORKERS": (cls.nats.address, SUBJECT), "PUTS": (cls.nats.address, "s3.written")})
        cls.started.append(cls.minio)
        cls.minio.start()
        cls.s3 = s3_of(cls.minio)
        for bucket, target in (("videos", "WORKERS"), ("reports", "PUTS")):
            cls.s3.make_bucket(bucket)
            cls.s3.notify(bucket, f"{target}:nats")
        cls.video = {name: make_video(cls.folder / f"{name}.mp4", f"{name}.jpg") for name in EXPECTED}

    @classmethod
    def make_streams(cls, queue):
        for name in (STREAM, DEAD, "PUTS"):
            try:
                queue.request(f"$JS.API.STREAM.DELETE.{name}")
            except jetstream.JetStreamError:
                pass
        queue.make_stream(STREAM, SUBJECT)
        queue.make_stream("PUTS", "s3.written", retention="limits")

    def setUp(self):
        super().setUp()
        self.jetstream = self.queue()
        for bucket in ("videos", "reports"):
            for key in self.s3.keys_of(bucket):
                self.s3.delete(bucket, key)
        self.make_streams(self.jetstream)

    def upload(self, count):
        """{key of the report: what it must say}"""
        names = list(EXPECTED)
        for number in range(count):
            self.s3.put("videos", f"lesson {number}.mp4", self.video[names[number % 2]])
        wait_until(lambda: self.jetstream.stream_state(STREAM)["last_seq"] >= count, "MinIO's notifications")
        return {f"lesson {number}.csv": EXPECTED[names[number % 2]] for number in range(count)}

    def long_video(self):
        """A second of work, also for a fast program."""
        path = self.folder / "long.mp4"
        return path.read_bytes() if path.exists() else make_video(path, "obama.jpg", seconds=60)

    def consumer(self):
        return self.jetstream.request(f"$JS.API.CONSUMER.INFO.{STREAM}.{CONSUMER}")

    def in_hand(self):
        try:
            return self.consumer()["num_ack_pending"]
        except jetstream.JetStreamError:
            return 0

    def await_empty(self, stream=STREAM, patience_s=120):
        wait_until(lambda: self.jetstream.stream_state(stream)["messages"] == 0, f"the stream {stream} empty", patience_s)

    def messages(self, stream):
        """(headers, body) of each."""
        state, found = self.jetstream.stream_state(stream), []
        for sequence in range(state["first_seq"], state["last_seq"] + 1) if state["messages"] else ():
            message = self.jetstream.request(f"$JS.API.STREAM.MSG.GET.{stream}", json.dumps({"seq": sequence}).encode())["message"]
            headers = base64.b64decode(message.get("hdrs", "")).decode().split("\r\n")[1:]
            found.append((dict(line.split(": ", 1) for line in headers if ": " in line),
                          base64.b64decode(message.get("data", ""))))
        return found

    def puts(self):
        """The keys that were written to the reports' bucket, as MinIO told of them, in order."""
        return [json.loads(body)["Key"].split("/", 1)[1] for _, body in self.messages("PUTS")]

    def check_reports(self, expected):
        self.await_empty()
        self.assertEqual({key: self.s3.get("reports", key) for key in self.s3.keys_of("reports")}, expected)
        wait_until(lambda: self.jetstream.stream_state("PUTS")["messages"] >= len(expected), "MinIO's word of the reports")
        self.assertEqual(sorted(self.puts()), sorted(expected), "a report was written twice")

    def hold_one(self, worker):
        """Freezes the only worker while it has a message in hand whose report is not written."""
        while True:
            wait_until(lambda: self.in_hand() == 1, "a message in hand")
            worker.process.send_signal(signal.SIGSTOP)
            time.sleep(0.2)  # what it has sent arrives
            consumer = self.consumer()
            if consumer["num_ack_pending"] == 1 and len(self.s3.keys_of("reports")) == consumer["delivered"]["consumer_seq"] - 1:
                return
            worker.process.send_signal(signal.SIGCONT)


class Videos(BucketCase):
    def test_a_killed_worker_loses_nothing_and_nothing_is_done_twice(self):
        victim = Worker(self, "--ack-wait", 3)
        expected = self.upload(24)
        wait_until(lambda: len(self.s3.keys_of("reports")) >= 2, "the first reports")
        self.hold_one(victim)
        others = [Worker(self), Worker(self)]
        victim.process.kill()
        self.check_reports(expected)
        self.assertEqual([worker.stop() for worker in others], [0, 0])
        lines = [line for worker in others for line in worker.lines()]
        again = [line for line in lines if line["message"] == "the message comes again"]
        self.assertEqual([line["deliveries"] for line in again], [2])
        done = [line for line in lines if line.get("request_id") == again[0]["request_id"] and line["message"] == "video"]
        self.assertEqual([line["verdict"] for line in done], ["done"])
        self.assertTrue(all(any(line["message"] == "video" for line in worker.lines()) for worker in others))

    def test_a_worker_that_is_asked_to_stop_finishes_its_video(self):
        worker = Worker(self, "--ack-wait", 3600)
        expected = self.upload(6)
        self.hold_one(worker)
        written = len(self.s3.keys_of("reports"))
        worker.process.send_signal(signal.SIGTERM)
        worker.process.send_signal(signal.SIGCONT)
        self.assertEqual(worker.end(), 0)
        self.assertEqual(len(self.s3.keys_of("reports")), written + 1)
        self.assertEqual([line for line in worker.lines() if line["level"] in ("error", "warning")], [])
        self.assertEqual(Worker(self, "--once").end(120), 0)
        self.check_reports(expected)

    def test_a_video_that_cannot_be_finished_goes_back_at_once(self):
        self.s3.put("videos", "long.mp4", self.long_video())
        wait_until(lambda: self.jetstream.stream_state(STREAM)["messages"] == 1, "the notification")
        worker = Worker(self, "--ack-wait", 3600, "--fps", 4, "--grace", 0)
        wait_until(lambda: self.in_hand() == 1, "the video in hand")
        self.assertEqual(worker.stop(), 0)
        self.assertEqual(self.s3.keys_of("reports"), [])
        self.assertEqual([line["message"] for line in worker.lines()], ["waiting for videos", "the message goes back to the queue"])
        # Not after an hour.
        self.assertEqual(Worker(self, "--once").end(120), 0)
        self.check_reports({"long.csv": EXPECTED["obama"]})

    def test_an_idle_worker_ends_when_it_is_asked_to(self):
        worker = Worker(self)
        wait_until(lambda: "waiting for videos" in worker.text(), "the worker")
        self.assertEqual(worker.stop(), 0)
        self.assertEqual([line["message"] for line in worker.lines()], ["waiting for videos"])

    def test_a_worker_keeps_to_the_times_of_its_class(self):
        """One face is too old at the start, and is removed; another grows too old before the hour is over."""
        class_db, over = self.folder / "kept.db", time.time() + 20
        shutil.copy(self.database, class_db)
        with contextlib.closing(sqlite3.connect(class_db)) as db, db:
            db.execute("INSERT INTO keeping(kind, days) VALUES ('faces', 1)")
            db.execute("UPDATE faces SET created_us = ? WHERE student = 1", (int((over - 86400) * 1e6),))
            db.execute("UPDATE faces SET created_us = created_us - 86400000000 WHERE student = 2")
        expected = self.upload(2)
        worker = Worker(self, HOMEROOM_DB=str(class_db))
        wait_until(lambda: len(self.s3.keys_of("reports")) == 2, "the first reports")
        self.assertLess(time.time(), over, "this machine is too slow for the test")
        time.sleep(max(0, over - time.time()) + 0.1)
        self.s3.put("videos", "lesson 3.mp4", self.video["obama"])
        nobody = b"name,major,year\r\n"
        wait_until(lambda: len(self.s3.keys_of("reports")) == 3, "the last report")
        self.check_reports({"lesson 0.csv": expected["lesson 0.csv"], "lesson 1.csv": nobody, "lesson 3.csv": nobody})
        self.assertEqual(worker.stop(), 0)
        self.assertEqual([line["message"] for line in worker.lines()].count("what was kept for too long is removed"), 1)
        with contextlib.closing(sqlite3.connect(class_db)) as db:
            self.assertEqual(db.execute("SELECT DISTINCT student FROM faces").fetchall(), [(1,)])

    def test_the_same_news_twice(self):
        expected = self.upload(1)
        self.jetstream.publish(SUBJECT, self.messages(STREAM)[0][1])
        worker = Worker(self, "--once")
        self.assertEqual(worker.end(), 0)
        self.check_reports(expected)
        self.assertEqual([line["verdict"] for line in worker.lines() if line["message"] == "video"], ["done", "duplicate"])

    def test_work_that_takes_longer_than_the_queue_waits(self):
        self.s3.put("videos", "long.mp4", self.long_video())
        wait_until(lambda: self.jetstream.stream_state(STREAM)["messages"] == 1, "the notification")
        workers = [Worker(self, "--ack-wait", 0.5, "--fps", 4) for _ in range(2)]
        self.check_reports({"long.csv": EXPECTED["obama"]})
        self.assertEqual([worker.stop() for worker in workers], [0, 0])
        lines = [line for worker in workers for line in worker.lines()]
        self.assertEqual([line["verdict"] for line in lines if line["message"] == "video"], ["done"])
        self.assertEqual([line for line in lines if line["message"] == "the message comes again"], [])
        total_ms = next(line["total_ms"] for line in lines if line["message"] == "video")
        self.assertGreater(total_ms, 600, "the video is too short for this test")

    def test_what_is_no_notification_is_put_aside(self):
        self.jetstream.publish(SUBJECT, b'{"a": "word\\r\\nof"} trouble')
        expected = self.upload(1)
        worker = Worker(self, "--once")
        self.assertEqual(worker.end(), 0)
        self.check_reports(expected)
        (headers, body), = self.messages(DEAD)
        self.assertEqual(body, b'{"a": "word\\r\\nof"} trouble')
        self.assertEqual((headers["Homeroom-Stream"], headers["Homeroom-Sequence"], headers["Homeroom-Code"]), (STREAM, "1", "format"))
        self.assertTrue(headers["Homeroom-Reason"])
        self.assertEqual([line["request_id"] for line in worker.lines() if line["message"] == "the message is put aside"], ["VIDEOS-1"])

    def test_a_bad_video_is_done(self):
        self.s3.put("videos", "bad.mp4", b"this is no video")
        wait_until(lambda: self.jetstream.stream_state(STREAM)["messages"] == 1, "the notification")
        self.assertEqual(Worker(self, "--once").end(), 0)
        self.await_empty()
        self.assertEqual(self.s3.keys_of("reports"), ["bad.error.json"])
        self.assertEqual(self.messages(DEAD), [])

    def test_a_failure_is_tried_again_and_put_aside_in_the_end(self):
        self.upload(1)
        worker = Worker(self, "--max-deliver", 2, AWS_SECRET_ACCESS_KEY="wrong")
        self.await_empty()
        self.assertEqual(worker.stop(), 0)
        (headers, body), = self.messages(DEAD)
        self.assertEqual(headers["Homeroom-Code"], "permission")
        self.assertEqual(json.loads(body)["Key"], "videos/lesson 0.mp4")
        self.assertEqual([line["message"] for line in worker.lines()],
                         ["waiting for videos", "video", "the message goes back to the queue", "the message comes again", "video",
                          "the message is put aside"])
        delay_ms = next(line["delay_ms"] for line in worker.lines() if "delay_ms" in line)
        self.assertTrue(2500 <= delay_ms <= 5000, delay_ms)
        # What was put aside can be sent again.
        self.jetstream.publish(SUBJECT, body)
        self.assertEqual(Worker(self, "--once").end(), 0)
        self.check_reports({"lesson 0.csv": EXPECTED["obama"]})

    def test_nats_goes_away_and_comes_back(self):
        worker = Worker(self)
        wait_until(lambda: "waiting for videos" in worker.text(), "the worker")
        port = self.nats.port
        self.nats.kill()
        wait_until(lambda: "the queue is away" in worker.text(), "the worker's word of it")
        self.nats.start_at(port)
        wait_until(lambda: "the queue is back" in worker.text(), "the worker's word of it")
        self.jetstream = self.queue()
        expected = self.upload(1)
        self.check_reports(expected)
        self.assertEqual(worker.stop(), 0)


class Scaling(Case):
    """What deploy/kubernetes.yaml relies on: its Job makes what KEDA then counts."""

    servers = {"nats": NatsWithMonitor}

    def test_messages_are_counted_where_keda_looks(self):
        manifest = (ROOT / "deploy" / "kubernetes.yaml").read_text(encoding="utf-8")
        account, stream, consumer = (re.search(rf"(?m)^ +{name}: (\S+)", manifest)[1] for name in ("account", "stream", "consumer"))
        args = re.search(r"args: \[worker, \$\(HOMEROOM_NATS\), (.*--once.*)\]", manifest)[1].split(", ")
        self.assertEqual(Worker(self, *args, url=f"{self.nats.url}/{stream}").end(), 0)
        self.assertEqual(self.nats.lag(account, stream, consumer), 0)
        removed = {"Records": [{"eventVersion": "2.1", "eventSource": "minio:s3", "eventName": "s3:ObjectRemoved:Delete",
                                "s3": {"bucket": {"name": "videos"}, "object": {"key": "lesson.mp4"}}}]}
        for _ in range(3):
            self.queue().publish(SUBJECT, json.dumps(removed).encode())
        self.assertEqual(self.nats.lag(account, stream, consumer), 3)
        self.assertEqual(Worker(self, "--once", url=f"{self.nats.url}/{stream}").end(), 0)
        self.assertEqual(self.nats.lag(account, stream, consumer), 0)


class Refusals(Case):
    """A worker that cannot start says why."""

    servers = {"nats": NatsWithKeys}
    KEYS = {"HOMEROOM_NATS_USER": "teacher", "HOMEROOM_NATS_PASSWORD": "open-sesame"}

    @property
    def address(self):
        return f"tls://{self.nats.address}"

    def said(self, *words, url=None, ca=True, status, **variables):
        trust = {"HOMEROOM_NATS_CA": str(self.nats.certificate)} if ca else {}
        worker = Worker(self, *words, "--once", url=url or self.address, **trust, **variables)
        self.assertEqual(worker.end(), status, worker.text())
        self.assertNotIn("open-sesame", worker.text(), "a password is in the log")
        self.assertNotIn("wrong-word", worker.text(), "a password is in the log")
        return worker.lines()[-1]

    def test_1_no_stream(self):
        line = self.said(status=3, **self.KEYS)
        self.assertIn("there is no stream 'VIDEOS'", line["message"])
        self.assertIn("--create-stream", line["message"])

    def test_2_the_stream_is_made(self):
        for _ in range(2):
            self.assertEqual(self.said("--create-stream", status=0, **self.KEYS)["message"], "waiting for videos")
        url = f"tls://teacher:open-sesame@{self.nats.address}/{STREAM}"
        self.assertEqual(self.said(url=url, status=0)["stream"], STREAM)

    def test_3_wrong_password(self):
        for variables in ({}, {**self.KEYS, "HOMEROOM_NATS_PASSWORD": "wrong-word"}, {"HOMEROOM_NATS_TOKEN": "wrong-word"}):
            line = self.said(status=4, **variables)
            self.assertEqual((line["code"], line["message"]), ("permission", "connecting to NATS: Authorization Violation"))
        self.assertEqual(self.said(url=f"tls://teacher:wrong-word@{self.nats.address}", status=4)["code"], "permission")

    def test_4_unknown_certificate(self):
        self.assertIn("connecting to NATS", self.said(ca=False, status=15, **self.KEYS)["message"])

    def test_5_nobody_there(self):
        self.assertEqual(self.said(url="nats://127.0.0.1:1", status=15)["code"], "unavailable")

    def test_6_reports_among_the_videos(self):
        line = self.said(status=2, HOMEROOM_INPUT="s3://reports/", **self.KEYS)
        self.assertIn("choose another --out", line["message"])


if __name__ == "__main__":
    main()
