#!/usr/bin/env python3
"""A sealed database in S3, its ring beside it, under a key that a key service wraps: MinIO and moto's KMS."""

import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))
from serve import PASSWORD, Server
from servers import ROOT_KEYS, Minio, Moto, ServiceCase, aws, main, s3_of

PROGRAM = os.environ["HOMEROOM_PROGRAM"]
MODELS = os.environ["HOMEROOM_MODELS"]
PHOTOS = Path(os.environ["HOMEROOM_PHOTOS"])
OK, NO, ARGUMENT, NOT_FOUND, PERMISSION, CONFLICT = 0, 1, 2, 3, 4, 13
CLASS = "id,name,major,year\n44,Barack Of The Long Name,law,senior\n46,Joseph Of The Long Name,history,junior\n"


class Counter(http.server.ThreadingHTTPServer):
    """Stands before the key service and counts what it is asked."""

    def __init__(self, url):
        self.url, self.asked = url, []
        super().__init__(("127.0.0.1", 0), Forward)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Forward(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.headers["X-Amz-Target"].split(".")[1])
        request = urllib.request.Request(self.server.url, body, {name: self.headers[name] for name in ("X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date")})
        try:
            with urllib.request.urlopen(request) as answer:
                status, told = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, told = error.code, error.read()
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *words):
        pass


class Keys(ServiceCase):
    servers = {"minio": Minio, "moto": Moto}

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(dir=self.folder))
        self.bucket = f"test-{self.dir.name.lower().replace('_', '-')}".rstrip("-")
        self.s3 = s3_of(self.minio)
        self.s3.make_bucket(self.bucket)
        self.kms = aws.Client(self.moto.url, "kms", ROOT_KEYS)
        (self.dir / "class.csv").write_text(CLASS)
        self.kms_key = self.ask_kms("CreateKey")["KeyMetadata"]["KeyId"]
        self.db = f"s3://{self.bucket}/homeroom.db"

    def ask_kms(self, operation, **body):
        headers = {"X-Amz-Target": f"TrentService.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        status, _, answer = self.kms.exchange("POST", "/", body=json.dumps(body).encode(), headers=headers)
        self.assertEqual(status, 200, answer)
        return json.loads(answer or b"{}")

    def run_it(self, *words, status=OK, db=None, env=None):
        environment = {**self.environment(), "AWS_ENDPOINT_URL_KMS": self.moto.url, "HOME": str(self.dir), **(env or {})}
        done = subprocess.run([PROGRAM, *map(str, words), "--db", db or self.db, "--models", MODELS], cwd=self.dir,
                              env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, f"{words}: {done.stdout}{done.stderr}")
        return done

    def object(self, name):
        return self.s3.get(self.bucket, name)

    def ids(self, **more):
        return [row["id"] for row in json.loads(self.run_it("export", "--what", "json", **more).stdout)["students"]]

    def test_the_service_opens_what_it_has_wrapped(self):
        self.run_it("import", "students", "class.csv", "--kms-key", self.kms_key)
        self.run_it("enroll", 44, PHOTOS / "obama.jpg")  # the ring says whom to ask
        self.run_it("enroll", 46, PHOTOS / "biden.jpg")
        self.assertNotIn(b"Of The Long Name", self.object("homeroom.db"))
        report = self.run_it("recognize", "--out", "-", PHOTOS / "obama2.jpg").stdout
        self.assertIn("Barack Of The Long Name", report)
        urllib.request.urlopen(f"{self.moto.url}/moto-api/reset", data=b"").close()  # the service has lost its keys
        result = self.run_it("students", status=PERMISSION)
        self.assertIn("TrentService.Decrypt", result.stderr)
        self.assertNotIn("Of The Long Name", result.stdout + result.stderr)

    def test_an_older_object_has_forgotten_as_well(self):
        (self.dir / "key").touch(0o600)
        (self.dir / "key").write_text("5a" * 32)
        self.run_it("import", "students", "class.csv", "--key-file", "key")
        self.run_it("enroll", 44, PHOTOS / "obama.jpg", "--key-file", "key")
        backup = self.object("homeroom.db")
        keys = self.object("homeroom.db.keys")
        self.run_it("forget", 44, "--yes", "--key-file", "key")
        self.assertNotEqual(keys, self.object("homeroom.db.keys"))
        self.assertEqual(self.ids(env={"HOMEROOM_KEY": "5a" * 32}), ["46"])
        self.s3.put(self.bucket, "homeroom.db", backup)
        self.assertEqual(self.ids(env={"HOMEROOM_KEY": "5a" * 32}), ["46"])
        self.assertIn("1 student and ", self.run_it("keys", "--key-file", "key").stdout)
        result = self.run_it("recognize", "--out", "-", "--format", "json", PHOTOS / "obama2.jpg", "--key-file", "key")
        self.assertNotIn('"44"', result.stdout)
        self.run_it("keys", "prune", "--yes", "--key-file", "key")
        self.assertNotIn("student and", self.run_it("keys", "--key-file", "key").stdout)
        self.run_it("students", status=PERMISSION)
        self.run_it("students", status=PERMISSION, env={"HOMEROOM_KEY": "5b" * 32})

    def test_the_page_asks_the_service_once(self):
        """As long as it is the same key: a new one is asked for, and who is forgotten is forgotten at once."""
        db = self.dir / "homeroom.db"
        self.run_it("import", "students", "class.csv", "--kms-key", self.kms_key, db=str(db))
        counter = Counter(self.moto.url)
        self.addCleanup(counter.shutdown)
        environment = {**self.environment(), "AWS_ENDPOINT_URL_KMS": f"http://127.0.0.1:{counter.server_port}", "HOME": str(self.dir)}
        start = lambda *words: subprocess.Popen([PROGRAM, *words, "--db", str(db), "--models", MODELS], cwd=self.dir, env=environment,
                                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        server = Server(start)
        self.addCleanup(server.end)
        client = server.client()
        while "token=" not in server.said():
            self.assertIsNone(server.process.poll(), server.said())
        token = server.said().split("#/setup?token=")[1].split()[0]
        self.assertEqual(client.request("POST", "/setup", {"token": token, "name": "ada", "password": PASSWORD}).status, 201)
        name = lambda: client.get("/students/44").json.get("name")
        threads = [threading.Thread(target=name) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(20):
            self.assertEqual(name(), "Barack Of The Long Name")
        self.assertEqual(counter.asked, ["Decrypt"])
        self.run_it("keys", "renew", "--kms-key", self.kms_key, db=str(db))
        for _ in range(5):
            self.assertEqual(name(), "Barack Of The Long Name")
        self.assertEqual(counter.asked, ["Decrypt", "Decrypt"])
        self.run_it("forget", 44, "--yes", db=str(db))
        self.assertEqual(client.get("/students/44").status, 404)
        self.assertEqual(client.get("/students/46").json["name"], "Joseph Of The Long Name")
        self.assertEqual(counter.asked, ["Decrypt", "Decrypt"])
        self.assertEqual(server.end()[0], OK)

    def test_sealed_renewed_and_back(self):
        self.run_it("import", "students", "class.csv")
        self.assertIn(b"Of The Long Name", self.object("homeroom.db"))
        self.run_it("keys", "seal", "--kms-key", self.kms_key)
        self.assertNotIn(b"Of The Long Name", self.object("homeroom.db"))
        self.run_it("keys", "seal", "--kms-key", self.kms_key, status=CONFLICT)
        old = self.object("homeroom.db.keys"), self.object("homeroom.db")
        self.run_it("keys", "renew", "--kms-key", self.kms_key)
        self.assertEqual(self.ids(), ["44", "46"])
        self.s3.put(self.bucket, "homeroom.db", old[1])  # the database from before the renewal
        self.assertEqual(self.ids(), [])
        self.s3.put(self.bucket, "homeroom.db.keys", old[0])
        self.assertEqual(self.ids(), ["44", "46"])
        self.run_it("keys", "unseal", "--yes")
        self.assertIn(b"Of The Long Name", self.object("homeroom.db"))
        self.assertEqual(self.s3.keys_of(self.bucket), ["homeroom.db"])
        self.assertEqual(self.ids(), ["44", "46"])

    def test_two_who_write_at_once(self):
        """The second one's keys must not replace the first one's."""
        env = {"HOMEROOM_KEY": "5a" * 32}
        self.run_it("import", "students", "class.csv", env=env)
        for round_ in range(4):
            tables = [self.dir / f"more-{round_}-{i}.csv" for i in range(3)]
            started = []
            for i, table in enumerate(tables):
                table.write_text(f"id,name\n{100 + 10 * round_ + i},New\n")
                started.append(subprocess.Popen(
                    [PROGRAM, "import", "students", table, "--db", self.db, "--models", MODELS], cwd=self.dir,
                    env={**self.environment(), "HOME": str(self.dir), **env}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
            done = {str(100 + 10 * round_ + i) for i, process in enumerate(started) if (process.communicate(), process.returncode)[1] == OK}
            self.assertTrue(done)
            self.assertLessEqual(done, set(self.ids(env=env)))
            self.assertNotIn("have no key", self.run_it("keys", env=env).stdout)

    def test_a_ring_and_its_database_lie_in_one_kind_of_place(self):
        result = self.run_it("import", "students", "class.csv", "--keyring", "here.keys", status=ARGUMENT,
                             env={"HOMEROOM_KEY": "5a" * 32})
        self.assertIn("must both be files, or both be in S3", result.stderr)


if __name__ == "__main__":
    main()
