#!/usr/bin/env python3
"""A function for trying the dispatcher: speaks Lambda's runtime interface and does what the event's key says.

    fail...    answers with an error          crash...   ends without an answer
    slow...    takes longer than it may       eat...     takes more memory than it may
    where...   answers what it finds around it           anything else: works for WORK_MS and writes a line to DONE
"""

import http.client
import json
import os
import sys
import time

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
PREFIX = "/2018-06-01/runtime/invocation"


def exchange(method, path, body=None):
    connection = http.client.HTTPConnection(API)
    connection.request(method, path, body=body)
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    return reply, text


def writable(path):
    try:
        with open(path, "w", encoding="ascii"):
            return True
    except OSError:
        return False


def surroundings():
    return {"uid": os.getuid(), "root_writable": writable("/written"), "tmp_writable": writable("/tmp/written"),
            "memory_mb": os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "greeting": os.environ.get("GREETING")}


def note(line):
    with open(os.environ["DONE"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def work(key):
    if key.startswith("crash"):
        sys.exit(3)
    if key.startswith("fail"):
        raise ValueError(f"cannot work on {key}")
    if key.startswith("slow"):
        time.sleep(60)
    if key.startswith("eat"):
        bytearray(1 << 30)
    if key.startswith("where"):
        return surroundings()
    time.sleep(int(os.environ.get("WORK_MS", "0")) / 1000)
    return "done"


def main():
    while True:
        reply, text = exchange("GET", f"{PREFIX}/next")
        request = reply.headers["Lambda-Runtime-Aws-Request-Id"]
        key = json.loads(text)["Records"][0]["s3"]["object"]["key"]
        try:
            answer = work(key)
            note({"key": key, "pid": os.getpid(), "answer": answer})
            exchange("POST", f"{PREFIX}/{request}/response", json.dumps(answer))
        except ValueError as error:
            note({"key": key, "pid": os.getpid(), "error": str(error)})
            exchange("POST", f"{PREFIX}/{request}/error", json.dumps({"errorType": "ValueError", "errorMessage": str(error)}))


main()
