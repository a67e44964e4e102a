#!/usr/bin/env python3
"""homeroom lambda against MinIO, with a runtime API that the test steers, and under Amazon's own emulator."""

import http.server
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

from servers import Emulator, Minio, ServiceCase, main, s3_of, wait_until
from runtime import Runtime

PROGRAM = os.environ["HOMEROOM_PROGRAM"]
MODELS = os.environ["HOMEROOM_MODELS"]
PHOTOS = Path(os.environ["HOMEROOM_PHOTOS"])
NAMES = ("Barack", "Joseph")


def record(key, etag="", name="ObjectCreated:Put", size=1000, bucket="videos"):
    return {"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": name,
            "s3": {"bucket": {"name": bucket},
                   "object": {"key": urllib.parse.quote_plus(key), "size": size, "eTag": etag.strip('"')}}}


def notification(*records):
    return {"Records": list(records)}


def queue_event(*bodies):
    return {"Records": [{"messageId": f"m{i}", "eventSource": "aws:sqs", "attributes": {"ApproximateReceiveCount": "1"},
                         "body": body if isinstance(body, str) else json.dumps(body)}
                        for i, body in enumerate(bodies)]}


def make_video(path, photo, seconds=2, rate=10):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-loop", "1", "-i", PHOTOS / photo, "-t", str(seconds),
                    "-r", str(rate), "-vf", "scale=480:-2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
                    "yuv420p", path], check=True)


class Rubbish(http.server.ThreadingHTTPServer):
    """Answers everything with a page, as a proxy does that wants a password."""

    daemon_threads = True

    class Page(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("content-length") or 0))
            page = b"<html><body>Please log in</body></html>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Page)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Function(ServiceCase):
    servers = {"minio": Minio}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.s3 = s3_of(cls.minio)
        cls.s3.make_bucket("videos")
        cls.s3.make_bucket("reports")
        cls.database = cls.folder / "homeroom.db"
        (cls.folder / "students.csv").write_text("id,name,major,year\n44,Barack,law,senior\n46,Joseph,history,junior\n")
        for words in (["import", "students", cls.folder / "students.csv"], ["enroll", "44", PHOTOS / "obama.jpg"],
                      ["enroll", "46", PHOTOS / "biden.jpg"]):
            subprocess.run([PROGRAM, *words, "--db", cls.database, "--models", MODELS], check=True, capture_output=True)
        make_video(cls.folder / "obama.mp4", "obama2.jpg")
        make_video(cls.folder / "biden.mp4", "biden.jpg")
        cls.video = (cls.folder / "obama.mp4").read_bytes()
        cls.other = (cls.folder / "biden.mp4").read_bytes()
        cls.expected = b"name,major,year\r\nBarack,law,senior\r\n"

    def setUp(self):
        self.open_runtimes = []
        self.temporary = tempfile.mkdtemp(dir=self.folder)
        for bucket in ("videos", "reports"):
            for key in self.s3.keys_of(bucket):
                self.s3.delete(bucket, key)

    def tearDown(self):
        for runtime in self.open_runtimes:
            runtime.close()
        self.assertEqual(os.listdir(self.temporary), [], "something was left in the temporary folder")

    def settings(self, **more):
        return self.environment(**{"HOMEROOM_DB": str(self.database), "HOMEROOM_MODELS": MODELS,
                                   "HOMEROOM_OUT": "s3://reports", "HOMEROOM_INPUT": "s3://videos",
                                   "TMPDIR": self.temporary, **more})

    def runtime(self, **more):
        runtime = Runtime(PROGRAM, self.settings(**more), self.folder / f"lambda-{len(os.listdir(self.folder))}.log")
        self.open_runtimes.append(runtime)
        return runtime

    def put(self, key, body):
        """The ETag."""
        return dict((k.lower(), v) for k, v in dict(self.s3.put("videos", key, body)).items())["etag"]

    def report(self, key):
        return self.s3.get("reports", key)

    # --- the everyday ---

    def test_a_video_gives_its_report_and_the_log_names_nobody(self):
        etag = self.put("test_0.mp4", self.video)
        runtime = self.runtime()
        what, body, _ = runtime.invoke(notification(record("test_0.mp4", etag)))
        self.assertEqual((what, body), ("response", {"objects": 1}))
        self.assertEqual(self.report("test_0.csv"), self.expected)
        line = runtime.videos()[0]
        self.assertEqual((line["verdict"], line["key"], line["students"], line["unknown"]), ("done", "test_0.mp4", 1, 0))
        self.assertEqual(line["request_id"], "request-1")
        for stage in ("open_ms", "decode_ms", "detect_ms", "track_ms", "write_ms", "total_ms"):
            self.assertGreater(line[stage], 0, stage)
        text = runtime.lines_text()
        for name in NAMES + (self.environment()["AWS_SECRET_ACCESS_KEY"],):
            self.assertNotIn(name, text)

    def test_metrics_are_what_cloudwatch_reads(self):
        etag = self.put("a.mp4", self.video)
        runtime = self.runtime()
        runtime.invoke(notification(record("a.mp4", etag)))
        line = next(line for line in runtime.lines() if "_aws" in line)
        directive = line["_aws"]["CloudWatchMetrics"][0]
        self.assertEqual(directive["Namespace"], "homeroom")
        self.assertEqual(directive["Dimensions"], [["FunctionName"]])
        self.assertEqual(line["FunctionName"], "homeroom")
        self.assertLess(abs(line["_aws"]["Timestamp"] / 1000 - time.time()), 600)
        for metric in directive["Metrics"]:
            self.assertIn(metric["Name"], line)
            self.assertIn(metric["Unit"], ("Count", "Milliseconds"))
        self.assertEqual((line["Videos"], line["Recognised"], line["Unknown"], line["Frames"]), (1, 1, 0, 4))

    def test_keys_of_every_kind(self):
        keys = ["with space.mp4", "plus+plus.mp4", "100%.mp4", "b\u00fcro/\u2603.mp4", "quo'te\"s.mp4", "$(touch x);`y`&|.mp4",
                "a%2Fb.mp4", "deep/er/and+deeper/v.mp4", "suffix.MOV"]
        runtime = self.runtime()
        for key in keys:
            etag = self.put(key, self.video)
            self.assertEqual(runtime.invoke(notification(record(key, etag)))[0], "response", key)
            report = key[:-4] + ".csv" if key.endswith(".mp4") else key + ".csv"
            self.assertEqual(self.report(report), self.expected, key)

    def test_no_two_videos_share_a_report(self):
        runtime = self.runtime()
        keys = {"l.mp4": "l.csv", "l.MP4": "l.MP4.csv", "l.mov": "l.mov.csv", "l.mov.mp4": "l.mov.mp4.csv",
                "l.mp4.mp4": "l.mp4.mp4.csv", "l.error.mp4": "l.error.mp4.csv"}
        for key in keys:
            runtime.invoke(notification(record(key, self.put(key, self.video))))
        self.assertEqual(sorted(self.s3.keys_of("reports")), sorted(keys.values()))
        # A broken namesake takes nobody's report away.
        runtime.invoke(notification(record("l.MP4", self.put("l.MP4", b"not a video" * 200))))
        self.assertEqual(self.report("l.csv"), self.expected)
        self.assertIn("l.MP4.error.json", self.s3.keys_of("reports"))

    def test_every_record_is_handled_and_other_news_are_not(self):
        etag = self.put("a.mp4", self.video)
        other = self.put("b.mp4", self.other)
        self.put("notes.txt", b"hello")
        runtime = self.runtime()
        runtime.invoke(notification(record("notes.txt"), record("gone.mp4", name="ObjectRemoved:Delete"),
                                    record("a.mp4", etag), record("folder/", size=0), record("b.mp4", other)))
        self.assertEqual([line["verdict"] for line in runtime.videos()], ["skipped", "skipped", "done", "skipped", "done"])
        self.assertEqual(sorted(self.s3.keys_of("reports")), ["a.csv", "b.csv"])
        self.assertEqual(runtime.invoke({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "videos"})[0], "response")

    # --- once ---

    def test_the_same_event_again_does_nothing(self):
        etag = self.put("a.mp4", self.video)
        runtime = self.runtime()
        event = notification(record("a.mp4", etag))
        runtime.invoke(event)
        before = self.s3.request("HEAD", "/reports/a.csv")[0]
        runtime.invoke(event)
        self.assertEqual([line["verdict"] for line in runtime.videos()], ["done", "duplicate"])
        self.assertEqual(dict(self.s3.request("HEAD", "/reports/a.csv")[0])["Last-Modified"], dict(before)["Last-Modified"])

    def test_two_at_once_do_the_work_once_in_effect(self):
        etag = self.put("a.mp4", self.video)
        one, two = self.runtime(), self.runtime()
        for runtime in (one, two):
            self.assertTrue(runtime.asked.wait(30))
        event = notification(record("a.mp4", etag))
        first, second = one.send(event), two.send(event)
        self.assertEqual((one.answer_to(first)[0], two.answer_to(second)[0]), ("response", "response"))
        self.assertEqual(sorted(r.videos()[0]["verdict"] for r in (one, two)), ["done", "duplicate"])
        self.assertEqual(self.report("a.csv"), self.expected)

    def test_events_out_of_order_end_with_the_newest_video(self):
        old = self.put("a.mp4", self.video)
        new = self.put("a.mp4", self.other)
        runtime = self.runtime()
        runtime.invoke(notification(record("a.mp4", new)))
        runtime.invoke(notification(record("a.mp4", old)))
        self.assertEqual([line["verdict"] for line in runtime.videos()], ["done", "superseded"])
        self.assertIn(b"Joseph", self.report("a.csv"))

    def test_a_video_put_again_is_reported_again(self):
        runtime = self.runtime()
        runtime.invoke(notification(record("a.mp4", self.put("a.mp4", self.video))))
        runtime.invoke(notification(record("a.mp4", self.put("a.mp4", self.other))))
        self.assertEqual([line["verdict"] for line in runtime.videos()], ["done", "done"])
        self.assertIn(b"Joseph", self.report("a.csv"))

    def test_an_event_of_a_deleted_object_is_no_failure(self):
        runtime = self.runtime()
        self.assertEqual(runtime.invoke(notification(record("gone.mp4", '"abc"')))[0], "response")
        self.assertEqual(runtime.videos()[0]["verdict"], "superseded")

    # --- what goes wrong ---

    def test_a_bad_video_leaves_an_error_report_and_is_done(self):
        runtime = self.runtime()
        etag = self.put("bad.mp4", b"this is no video at all" * 50)
        self.assertEqual(runtime.invoke(notification(record("bad.mp4", etag)))[0], "response")
        failure = json.loads(self.report("bad.error.json"))
        self.assertEqual((failure["code"], failure["video"]), ("format", "bad.mp4"))
        self.assertEqual(self.s3.keys_of("reports"), ["bad.error.json"])
        # Mended, the error report goes; damaged again, the report goes.
        runtime.invoke(notification(record("bad.mp4", self.put("bad.mp4", self.video))))
        self.assertEqual(self.s3.keys_of("reports"), ["bad.csv"])
        runtime.invoke(notification(record("bad.mp4", self.put("bad.mp4", self.video[:700]))))
        self.assertEqual(self.s3.keys_of("reports"), ["bad.error.json"])

    def test_of_a_queue_only_what_failed_comes_again(self):
        etag = self.put("a.mp4", self.video)
        runtime = self.runtime()
        what, body, _ = runtime.invoke(queue_event("good morning", notification(record("a.mp4", etag)),
                                                   {"Event": "s3:TestEvent"},
                                                   notification(record("x.mp4", '"e"', bucket="there-is-none"))))
        self.assertEqual(what, "response")
        # A bucket that is not there is an object that is not there.
        self.assertEqual(body, {"batchItemFailures": [{"itemIdentifier": "m0"}]})
        self.assertEqual(self.report("a.csv"), self.expected)

    def test_a_service_that_is_away_is_a_failure_to_be_tried_again(self):
        etag = self.put("a.mp4", self.video)
        runtime = self.runtime(HOMEROOM_OUT="s3://no-such-bucket")
        what, body, kind = runtime.invoke(notification(record("a.mp4", etag)))
        self.assertEqual((what, kind), ("error", body["errorType"]))
        self.assertTrue(kind.startswith("homeroom."))
        self.assertIsInstance(body["stackTrace"], list)
        away = self.runtime(AWS_ENDPOINT_URL_S3="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="2")
        what, body, kind = away.invoke(queue_event(notification(record("a.mp4", etag))))
        self.assertEqual((what, body), ("response", {"batchItemFailures": [{"itemIdentifier": "m0"}]}))
        self.assertEqual(away.videos()[0]["code"], "unavailable")

    def test_a_table_that_answers_rubbish_is_no_fault_of_the_video(self):
        etag = self.put("a.mp4", self.video)
        with Rubbish() as table:
            runtime = self.runtime(HOMEROOM_STUDENTS="dynamodb:students", AWS_ENDPOINT_URL_DYNAMODB=table.url,
                                   AWS_MAX_ATTEMPTS="2")
            what, body, _ = runtime.invoke(queue_event(notification(record("a.mp4", etag))))
        self.assertEqual((what, body), ("response", {"batchItemFailures": [{"itemIdentifier": "m0"}]}))
        self.assertEqual(self.s3.keys_of("reports"), [])
        # Nothing was said of the video: when the table is mended, it gets its report.
        runtime = self.runtime()
        runtime.invoke(notification(record("a.mp4", etag)))
        self.assertEqual(self.s3.keys_of("reports"), ["a.csv"])

    def test_what_is_no_event_is_refused(self):
        runtime = self.runtime()
        what, body, kind = runtime.invoke({"hello": "world"})
        self.assertEqual((what, kind), ("error", "homeroom.format"))

    def test_a_wrong_secret_is_said_and_not_shown(self):
        etag = self.put("a.mp4", self.video)
        wrong = "w" + "r0ng" * 9
        runtime = self.runtime(AWS_SECRET_ACCESS_KEY=wrong)
        what, body, kind = runtime.invoke(notification(record("a.mp4", etag)))
        self.assertEqual((what, kind), ("error", "homeroom.permission"))
        self.assertNotIn(wrong, json.dumps(body) + runtime.lines_text())

    def test_reports_into_the_input_are_refused_at_the_start(self):
        for out in ("s3://videos", "s3://videos/reports/"):
            runtime = self.runtime(HOMEROOM_OUT=out)
            wait_until(lambda: runtime.init_error, "an error of the start")
            self.assertEqual(runtime.init_error["errorType"], "homeroom.argument")
            self.assertIn("videos", runtime.init_error["errorMessage"])
            self.assertNotEqual(runtime.process.wait(30), 0)

    def test_no_gallery_is_said_at_the_start(self):
        runtime = self.runtime(HOMEROOM_DB=str(self.folder / "none.db"))
        wait_until(lambda: runtime.init_error, "an error of the start")
        self.assertIn("none.db", runtime.init_error["errorMessage"])

    def test_sigterm_ends_it_while_it_waits(self):
        runtime = self.runtime()
        self.assertTrue(runtime.asked.wait(30))
        runtime.invoke({"Event": "s3:TestEvent"})
        runtime.process.send_signal(signal.SIGTERM)
        self.assertEqual(runtime.process.wait(10), 0)

    def test_a_gallery_in_a_bucket_is_read_again_when_it_has_changed(self):
        """Enrolled and forgotten while the function runs."""
        self.s3.make_bucket("gallery")
        place = "s3://gallery/homeroom.db"

        def homeroom(*words):
            subprocess.run([PROGRAM, *words, "--db", place, "--models", MODELS], check=True, capture_output=True,
                           env=self.environment())

        self.s3.put("gallery", "homeroom.db", self.database.read_bytes())
        homeroom("forget", "44", "--yes")
        runtime = self.runtime(HOMEROOM_DB=place, HOMEROOM_REFRESH="0")
        for i, there in enumerate((False, True, False)):
            if there:
                homeroom("enroll", "44", PHOTOS / "obama.jpg", "--create")
            elif i > 0:
                homeroom("forget", "44", "--yes")
            runtime.invoke(notification(record(f"{i}.mp4", self.put(f"{i}.mp4", self.video))))
            self.assertEqual(self.report(f"{i}.csv"), b"name,major,year\r\n" + (b"44,,\r\n" if there else b""))

    # --- long videos ---

    # All of each frame is looked at: what stands still would be done at once.
    SLOWLY = {"HOMEROOM_FPS": "15", "HOMEROOM_WHOLE_FRAMES": "1"}

    def long_video(self):
        path = self.folder / "long.mp4"
        if not path.exists():
            make_video(path, "obama2.jpg", seconds=24, rate=30)
        return path.read_bytes()

    def test_a_video_too_long_for_one_go_gives_the_report_of_one_go(self):
        etag = self.put("long.mp4", self.long_video())
        whole = self.runtime(**self.SLOWLY)
        whole.invoke(notification(record("long.mp4", etag)), deadline_s=300)
        expected = self.report("long.csv")
        self.s3.delete("reports", "long.csv")
        parts = self.runtime(**self.SLOWLY, HOMEROOM_PART_MIN_MB="0")
        for tries in range(60):
            what, body, kind = parts.invoke(notification(record("long.mp4", etag)), deadline_s=2)
            if what == "response":
                break
            self.assertEqual(kind, "homeroom.deadline")
            kept = [key for key in self.s3.keys_of("reports") if key.startswith(".homeroom/")]
            self.assertEqual(len(kept), 1)
        self.assertGreater(tries, 1)
        print(f"in {tries + 1} parts", end=" ", file=sys.stderr)
        self.assertEqual(self.report("long.csv"), expected)
        self.assertEqual(self.s3.keys_of("reports"), ["long.csv"])

    def test_what_was_kept_and_is_damaged_is_not_used(self):
        etag = self.put("long.mp4", self.long_video())
        runtime = self.runtime(**self.SLOWLY, HOMEROOM_PART_MIN_MB="0")
        self.assertEqual(runtime.invoke(notification(record("long.mp4", etag)), deadline_s=2)[0], "error")
        kept = next(key for key in self.s3.keys_of("reports") if key.startswith(".homeroom/"))
        self.s3.put("reports", kept, b"rubbish" * 99)
        self.assertEqual(runtime.invoke(notification(record("long.mp4", etag)), deadline_s=300)[0], "response")
        self.assertEqual(self.report("long.csv"), self.expected)


class UnderAmazonsEmulator(ServiceCase):
    servers = {"minio": Minio}

    def test_an_event_is_answered(self):
        s3 = s3_of(self.minio)
        s3.make_bucket("videos")
        s3.make_bucket("reports")
        database = self.folder / "homeroom.db"
        subprocess.run([PROGRAM, "enroll", "44", PHOTOS / "obama.jpg", "--db", database, "--models", MODELS], check=True,
                       capture_output=True)
        make_video(self.folder / "a.mp4", "obama2.jpg")
        s3.put("videos", "a.mp4", (self.folder / "a.mp4").read_bytes())
        variables = self.environment(HOMEROOM_DB=str(database), HOMEROOM_MODELS=MODELS, HOMEROOM_OUT="s3://reports")
        with Emulator(self.folder / "emulator", [PROGRAM, "lambda"], variables, timeout_s=60) as emulator:
            status, body = emulator.invoke(json.dumps(notification(record("a.mp4"))).encode())
            self.assertEqual((status, json.loads(body)), (200, {"objects": 1}), emulator.tail())
            status, body = emulator.invoke(b'{"nothing": 1}')
            self.assertEqual(json.loads(body)["errorType"], "homeroom.format")
            status, body = emulator.invoke(json.dumps(notification(record("a.mp4"))).encode())
            self.assertEqual(json.loads(body), {"objects": 1})
        self.assertEqual(s3.get("reports", "a.csv"), b"name,major,year\r\n44,,\r\n")


if __name__ == "__main__":
    main()
