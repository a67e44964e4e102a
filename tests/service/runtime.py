"""Lambda's runtime API as a test wants it: events when the test says so, answers kept, the deadline the test's.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html; Amazon's own emulator has its own tests.
"""

import http.server
import json
import queue
import subprocess
import threading
import time


class Runtime:
    """One function environment: `homeroom lambda` and the API that it talks to."""

    def __init__(self, program, environment, log, **options):
        self.events, self.answers = queue.Queue(), {}
        self.answered = threading.Condition()
        self.init_error, self.asked, self.number = None, threading.Event(), 0
        self.traces = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a function that is killed breaks its connections
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.log = open(log, "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [program, "lambda"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_address[1]}",
                 "AWS_LAMBDA_FUNCTION_NAME": "homeroom", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}, **options)

    def _handler(runtime):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def _reply(self, status, body=b"", headers=None):
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                runtime.asked.set()
                if not self.path.endswith("/invocation/next"):
                    time.sleep(3600)  # the extension's next event never comes
                identity, event, deadline_s = runtime.events.get()
                self._reply(200, event, {
                    "Lambda-Runtime-Aws-Request-Id": identity,
                    "Lambda-Runtime-Deadline-Ms": str(int((time.time() + deadline_s) * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:homeroom",
                    "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path.endswith("/extension/register"):
                    self._reply(200, b"{}", {"Lambda-Extension-Identifier": "8c5a4f4e-1111"})
                    return
                if self.path.endswith("/init/error"):
                    runtime.init_error = json.loads(body)
                else:
                    identity, what = self.path.split("/")[-2:]
                    with runtime.answered:
                        runtime.answers[identity] = (what, json.loads(body),
                                                     self.headers.get("Lambda-Runtime-Function-Error-Type"))
                        runtime.answered.notify_all()
                self._reply(202, b"{}")

        return Handler

    def send(self, event, deadline_s=60):
        self.number += 1
        identity = f"request-{self.number}"
        self.events.put((identity, event if isinstance(event, bytes) else json.dumps(event).encode(), deadline_s))
        return identity

    def answer_to(self, identity, patience_s=90):
        """("response", body, None) or ("error", body, type)."""
        with self.answered:
            if not self.answered.wait_for(lambda: identity in self.answers, patience_s):
                raise AssertionError(f"no answer to {identity} after {patience_s} s; the log:\n{self.lines_text()}")
            return self.answers[identity]

    def invoke(self, event, deadline_s=60):
        return self.answer_to(self.send(event, deadline_s))

    def lines_text(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8") as log:
            return log.read()

    def lines(self):
        return [json.loads(line) for line in self.lines_text().splitlines() if line.startswith("{")]

    def videos(self):
        """The log's lines about videos."""
        return [line for line in self.lines() if line.get("message") == "video"]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.server.shutdown()
        self.server.server_close()
        self.log.close()
