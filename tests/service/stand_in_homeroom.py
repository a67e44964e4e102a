#!/usr/bin/env python3
"""In the program's place, for trying scripts/cloud: the commands that it calls, without any recognising.

A "video" is a text; its report is that text in capitals. The text "bad" is an error.
"""

import http.client
import json
import os
import socket
import sys
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "cloud"))
import aws


def s3():
    keys = aws.Keys(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ.get("AWS_SESSION_TOKEN", ""))
    return aws.S3(os.environ["AWS_ENDPOINT_URL_S3"], keys)


def option(name, otherwise=None):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else otherwise


def must_be_refused(call, *arguments):
    try:
        call(*arguments)
    except aws.Refused:
        return
    raise ValueError(f"a function may not do this: {call.__name__} {arguments}")


def recognise(notification):
    """Reads and writes as a function may, with borrowed keys."""
    assert os.environ["AWS_SESSION_TOKEN"], "a function has a session token"
    client, target = s3(), os.environ["HOMEROOM_OUT"].removeprefix("s3://")
    database = os.environ["HOMEROOM_DB"].removeprefix("s3://").partition("/")
    assert client.get(database[0], database[2]) == b"class", "the class"
    for entry in notification["Records"]:
        key = urllib.parse.unquote_plus(entry["s3"]["object"]["key"])
        video = client.get(entry["s3"]["bucket"]["name"], key)
        if video == b"bad":
            raise ValueError(f"{key} is bad")
        client.put(target, f"{key}.csv", video.upper())
        must_be_refused(client.delete, entry["s3"]["bucket"]["name"], key)
        must_be_refused(client.put, *database[::2], b"another class")


def run_lambda():
    prefix = "/2018-06-01/runtime/invocation"
    while True:
        connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        connection.request("GET", f"{prefix}/next")
        reply = connection.getresponse()
        request, event = reply.headers["Lambda-Runtime-Aws-Request-Id"], json.load(reply)
        try:
            recognise(event)
            path, answer = "response", {}
        except (ValueError, AssertionError, aws.Refused) as error:
            path, answer = "error", {"errorType": type(error).__name__, "errorMessage": str(error)}
        connection.request("POST", f"{prefix}/{request}/{path}", json.dumps(answer))
        connection.getresponse().read()


def run_worker(url):
    """Takes messages from the stream one by one, and acknowledges each when its report is written."""
    where = urllib.parse.urlsplit(url)
    connection = socket.create_connection((where.hostname, where.port))
    stream, name = connection.makefile("rb"), where.path.strip("/")
    consumer = {"stream_name": name, "config": {"durable_name": "worker", "ack_policy": "explicit", "ack_wait": 2_000_000_000}}
    body = json.dumps(consumer).encode()
    connection.sendall(b"CONNECT {}\r\nSUB in 1\r\nPUB $JS.API.CONSUMER.DURABLE.CREATE.%s.worker in %d\r\n%s\r\n"
                       % (name.encode(), len(body), body))
    while line := stream.readline():
        if line.startswith(b"PING"):
            connection.sendall(b"PONG\r\n")
        if not line.startswith(b"MSG"):
            continue
        words = line.split()
        message = json.loads(stream.read(int(words[-1]) + 2))
        if "Records" in message:
            recognise(message)
            connection.sendall(b"PUB %s 4\r\n+ACK\r\n" % words[3])
        connection.sendall(b"PUB $JS.API.CONSUMER.MSG.NEXT.%s.worker in 1\r\n1\r\n" % name.encode())


def run_workload():
    said = {"words": sys.argv[2:], "token": "AWS_SESSION_TOKEN" in os.environ}
    source, target = (option(name).removeprefix("s3://") for name in ("--input", "--output"))
    keys, client = [f"Stunde {number}.mp4" for number in range(int(option("--count", "8")))], s3()
    for key in keys:
        client.put(source, key, b"video")
    deadline = time.monotonic() + 60
    while not {f"{key}.csv" for key in keys} <= set(client.keys_of(target)):
        if time.monotonic() > deadline:
            return 1
        time.sleep(0.1)
    if durations := option("--durations", None):
        said["billed"] = Path(durations).read_text().count("REPORT RequestId")
    print(json.dumps(said))
    return int(option("--status", "0"))


def main():
    command = sys.argv[1]
    if command == "lambda":
        run_lambda()
    if command == "worker":
        run_worker(sys.argv[2])
    if command == "workload":
        return run_workload()
    if command == "import" and "--db" in sys.argv:
        Path(option("--db")).write_bytes(b"class")
    return 0


sys.exit(main())
