#!/usr/bin/env python3
"""--students dynamodb:TABLE against Amazon's own DynamoDB Local, and against a server that checks signatures."""

import http.server
import json
import os
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request
import zlib
from pathlib import Path

from servers import DynamoDB, Moto, ServiceCase, aws, dynamodb_of, launch, main

PROGRAM = os.environ["HOMEROOM_PROGRAM"]
MODELS = os.environ["HOMEROOM_MODELS"]
PHOTOS = Path(os.environ["HOMEROOM_PHOTOS"])
OK, ARGUMENT, NOT_FOUND, PERMISSION, UNSUPPORTED, CONFLICT, THROTTLED = 0, 2, 3, 4, 7, 13, 14


class Students(ServiceCase):
    """One video with Barack in it; in the database he is 44, and 46 is Joseph."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = cls.folder / "homeroom.db"
        (cls.folder / "local.csv").write_text("id,name,major,year\n44,Barack,local,local\n46,Joseph,local,local\n")
        for words in (["import", "students", cls.folder / "local.csv"], ["enroll", "44", PHOTOS / "obama.jpg"],
                      ["enroll", "46", PHOTOS / "biden.jpg"]):
            subprocess.run([PROGRAM, *words, "--db", cls.database, "--models", MODELS], check=True, capture_output=True)
        cls.photo = PHOTOS / "obama2.jpg"

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(dir=self.folder))
        self.table = f"test-{self._testMethodName}"

    def run_it(self, *words, status=OK, env=None):
        environment = {**self.environment(), "HOME": str(self.dir), "HOMEROOM_DB": str(self.database), **(env or {})}
        done = subprocess.run([PROGRAM, *map(str, words)], cwd=self.dir, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=200, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertNotIn(launch.SECRET, done.stdout + done.stderr)
        return done

    def recognize(self, *words, **rest):
        """The rows of the report."""
        out = self.run_it("recognize", self.photo, "--out", "-", "--students", f"dynamodb:{self.table}", *words, **rest).stdout
        return out.splitlines()[1:]

    def load(self, text, *words, status=OK, **rest):
        (self.dir / "table.csv").write_text(text)
        return self.run_it("import", "students", "table.csv", "--students", f"dynamodb:{self.table}", *words,
                           status=status, **rest)


class Table(Students):
    servers = {"dynamodb": DynamoDB}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = dynamodb_of(cls.dynamodb)

    def item(self, **key):
        found = self.service.call("GetItem", TableName=self.table, Key=key)
        return found.get("Item")

    def put(self, **item):
        self.service.call("PutItem", TableName=self.table, Item=item)

    def test_loaded_and_read(self):
        self.load("id,name,major,year,room\n44,Barack,law,senior,12\n46,Joseph,history,junior,\n", "--create-table")
        self.assertEqual(self.item(id={"S": "44"}), {"id": {"S": "44"}, "name": {"S": "Barack"}, "major": {"S": "law"},
                                                     "year": {"S": "senior"}, "room": {"S": "12"}})
        self.assertNotIn("room", self.item(id={"S": "46"}))
        self.assertEqual(self.recognize(), ["Barack,law,senior"])
        again = self.load("id,name,major,year,room\n44,Barack,law,senior,12\n46,Joseph,geology,junior,\n", "--create-table")
        self.assertIn("0 new, 1 changed, 1 as before", again.stderr)
        self.assertNotIn("Barack", again.stderr)

    def test_a_change_is_seen_by_the_next_video(self):
        self.load("id,name,major,year\n44,Barack,law,senior\n", "--create-table")
        self.put(id={"S": "44"}, name={"S": "Barack"}, major={"S": "physics"}, year={"S": "senior"})
        self.assertEqual(self.recognize(), ["Barack,physics,senior"])

    def test_kinds_of_attributes(self):
        self.load("id,name,major,year\n", "--create-table")
        self.put(id={"S": "44"}, name={"S": "Zoë \"陈\", J."}, major={"S": "law"}, Year={"N": "2026"}, absent={"BOOL": False},
                 note={"NULL": True}, photo={"B": "AAAA"}, tags={"SS": ["x"]}, size={"N": "1.5"}, long={"S": "x" * 5000})
        report = json.loads(self.run_it("recognize", self.photo, "--out", "-", "--format", "json",
                                        "--students", f"dynamodb:{self.table}").stdout)
        student, = report["students"]
        self.assertEqual((student["name"], student["year"]), ('Zoë "陈", J.', "2026"))
        self.assertEqual(student.get("extra"), {"absent": "false", "size": "1.5"})

    def test_numbers_as_key(self):
        self.service.call("CreateTable", TableName=self.table, BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
        self.load("id,name,major,year\n44,Barack,law,senior\n")
        self.assertEqual(self.item(id={"N": "44"})["id"], {"N": "44"})
        self.assertEqual(self.recognize(), ["Barack,law,senior"])
        self.assertIn("cannot be one", self.load("id,name\na1,X\n", status=ARGUMENT).stderr)

    def test_names_as_key(self):
        """As the course's own table has them."""
        self.service.make_table(self.table, "name")
        self.put(name={"S": "Barack"}, major={"S": "law"}, year={"S": "senior"})
        self.assertEqual(self.recognize(), ["Barack,law,senior"])
        self.assertEqual(self.recognize("--columns", "id,name,major"), ["44,Barack,law"])
        self.load("id,name,major,year\n44,Barack,medicine,senior\n46,Joseph,history,junior\n")
        self.assertEqual(self.recognize(), ["Barack,medicine,senior"])
        twice = self.load("id,name,major\n1,Same,x\n2,Same,y\n", status=CONFLICT)
        self.assertIn("nothing was written", twice.stderr)
        self.assertNotIn("Same", twice.stderr)
        self.assertIsNone(self.item(name={"S": "Same"}))

    def test_without_a_record(self):
        self.load("id,name,major,year\n46,Joseph,history,junior\n", "--create-table")
        done = self.run_it("recognize", self.photo, "--out", "-", "--students", f"dynamodb:{self.table}")
        self.assertEqual(done.stdout.splitlines()[1:], ["Barack,,"], "the name is known here")
        self.assertIn("has no record", done.stderr)

    def test_no_such_table(self):
        self.assertIn("--create-table makes it", self.load("id,name\n1,X\n", status=NOT_FOUND).stderr)
        self.recognize(status=NOT_FOUND)
        self.run_it("recognize", self.photo, "--out", "-", "--students", "dynamodb:no!", status=ARGUMENT)
        self.run_it("recognize", self.photo, "--out", "-", "--students", "students", status=ARGUMENT)
        self.run_it("import", "students", self.folder / "local.csv", "--create-table", status=ARGUMENT)

    def test_another_key(self):
        self.service.call("CreateTable", TableName=self.table, BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "term")],
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "term", "KeyType": "RANGE"}])
        self.assertIn("with a sort key", self.load("id,name\n1,X\n", status=UNSUPPORTED).stderr)

    def test_many(self):
        rows = "".join(f"{number},Student {number},major,year\n" for number in range(1234))
        self.assertIn("1234 new", self.load("id,name,major,year\n" + rows, "--create-table").stderr)
        self.assertEqual(self.service.call("DescribeTable", TableName=self.table)["Table"]["ItemCount"], 1234)
        self.assertIn("1234 as before", self.load("id,name,major,year\n" + rows).stderr)


class Moody(http.server.ThreadingHTTPServer):
    """In front of DynamoDB: `mood(number, operation, arguments)` gives (status, answer) instead of its, or None.
    `alter(operation, arguments, answer)` may change an answer."""

    daemon_threads = True

    def __init__(self, target, mood, alter=None):
        self.target, self.mood, self.alter, self.calls = target, mood, alter, []
        super().__init__(("127.0.0.1", 0), MoodyCall)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class MoodyCall(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        operation, arguments = self.headers["x-amz-target"].split(".")[1], json.loads(body)
        self.server.calls.append((operation, arguments))
        reply = self.server.mood(len(self.server.calls), operation, arguments)
        if reply is None:
            request = urllib.request.Request(self.server.target, data=body, headers=dict(self.headers))
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    reply = answer.status, json.loads(answer.read())
            except urllib.error.HTTPError as error:
                reply = error.code, json.loads(error.read())
            if self.server.alter:
                reply = reply[0], self.server.alter(operation, arguments, reply[1])
        data = json.dumps(reply[1]).encode()
        self.send_response(reply[0])
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("x-amz-crc32", str(zlib.crc32(data)))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def refusal(kind):
    return 400, {"__type": f"com.amazonaws.dynamodb.v20120810#{kind}", "message": "slow down"}


class Moods(Students):
    servers = {"dynamodb": DynamoDB}

    def setUp(self):
        super().setUp()
        self.load("id,name,major,year\n44,Barack,law,senior\n46,Joseph,history,junior\n", "--create-table")

    def through(self, mood, alter=None):
        moody = Moody(self.dynamodb.url, mood, alter)
        self.addCleanup(moody.server_close)
        self.addCleanup(moody.shutdown)
        return moody, {"AWS_ENDPOINT_URL_DYNAMODB": moody.url}

    def test_one_question_per_video(self):
        moody, env = self.through(lambda *_: None)
        self.assertEqual(self.recognize(env=env), ["Barack,law,senior"])
        self.assertEqual([operation for operation, _ in moody.calls], ["DescribeTable", "BatchGetItem"])
        asked = moody.calls[1][1]["RequestItems"][self.table]
        self.assertEqual(asked, {"Keys": [{"id": {"S": "44"}}], "ConsistentRead": True})

    def test_nobody_seen_asks_nothing(self):
        moody, env = self.through(lambda *_: None)
        self.photo = PHOTOS / "astronaut.png"
        self.assertEqual(self.recognize(env=env), [])
        self.assertEqual(moody.calls, [])

    def test_throttled_for_a_while(self):
        for kind in ("ProvisionedThroughputExceededException", "ThrottlingException"):
            moody, env = self.through(lambda number, *_, kind=kind: refusal(kind) if number in (2, 3) else None)
            self.assertEqual(self.recognize(env=env), ["Barack,law,senior"])
            self.assertEqual(len(moody.calls), 4)

    def test_unprocessed_keys_are_asked_again(self):
        def alter(operation, arguments, answer):
            if operation == "BatchGetItem" and len(moody.calls) < 5:
                return {"Responses": {self.table: []}, "UnprocessedKeys": arguments["RequestItems"]}
            return answer
        moody, env = self.through(lambda *_: None, alter)
        self.assertEqual(self.recognize(env=env), ["Barack,law,senior"])
        self.assertEqual(len(moody.calls), 5)

    def test_unprocessed_items_are_put_again(self):
        rows = "".join(f"{number},Student {number},major,year\n" for number in range(100, 160))
        def mood(_number, operation, arguments):
            items = arguments.get("RequestItems", {}).get(self.table, [])
            if operation == "BatchWriteItem" and len(items) > 10:
                return self.half(arguments)
            return None
        moody, env = self.through(mood)
        done = self.load("id,name,major,year\n" + rows, env=env)
        self.assertIn("60 new", done.stderr)
        count = dynamodb_of(self.dynamodb).call("DescribeTable", TableName=self.table)["Table"]["ItemCount"]
        self.assertEqual(count, 62)
        self.assertLessEqual(max(len(arguments["RequestItems"][self.table]) for operation, arguments in moody.calls
                                 if operation == "BatchWriteItem"), 25)

    def half(self, arguments):
        """Writes the first ten and leaves the rest over, as the service may."""
        items = arguments["RequestItems"][self.table]
        dynamodb_of(self.dynamodb).call("BatchWriteItem", RequestItems={self.table: items[:10]})
        return 200, {"UnprocessedItems": {self.table: items[10:]}}

    def test_an_error_at_writing_is_written_again(self):
        failed = []
        def mood(_number, operation, arguments):
            if operation == "BatchWriteItem" and not failed:
                failed.append(True)
                dynamodb_of(self.dynamodb).call("BatchWriteItem", **arguments)
                return 500, {"__type": "InternalServerError", "message": "done, but who knows"}
            return None
        _, env = self.through(mood)
        self.load("id,name,major,year\n47,New,x,y\n", env=env)
        self.assertEqual(dynamodb_of(self.dynamodb).call("GetItem", TableName=self.table, Key={"id": {"S": "47"}})
                         ["Item"]["name"], {"S": "New"})


class Signed(Students):
    """A server that checks who asks."""

    servers = {"moto": lambda folder: Moto(folder, unchecked=1000)}

    def test_signature(self):
        anyone = aws.Client(self.moto.url, "iam", aws.Keys(launch.KEY, launch.SECRET))
        form = {"content-type": "application/x-www-form-urlencoded"}
        def iam(action, **arguments):
            body = "&".join(f"{name}={urllib.parse.quote(value)}" for name, value in
                            {"Action": action, "Version": "2010-05-08", **arguments}.items())
            return anyone.request("POST", "/", body=body.encode(), headers=form)[1].decode()
        iam("CreateUser", UserName="teacher")
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}]}
        iam("PutUserPolicy", UserName="teacher", PolicyName="all", PolicyDocument=json.dumps(policy))
        answer = iam("CreateAccessKey", UserName="teacher")
        key, secret = (answer.split(f"<{name}>")[1].split("<")[0] for name in ("AccessKeyId", "SecretAccessKey"))
        self.moto.check_from_now_on()
        env = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
        self.load("id,name,major,year\n44,Barack,law,senior\n", "--create-table", env=env)
        self.assertEqual(self.recognize(env=env), ["Barack,law,senior"])
        wrong = self.run_it("recognize", self.photo, "--out", "-", "--students", f"dynamodb:{self.table}",
                            env={**env, "AWS_SECRET_ACCESS_KEY": secret[::-1]}, status=PERMISSION)
        self.assertNotIn(secret[::-1], wrong.stderr)


if __name__ == "__main__":
    main()
