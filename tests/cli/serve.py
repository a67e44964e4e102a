"""homeroom serve as its page and other programs see it: a client of its API for tests."""

import base64
import http.client
import json
import re
import subprocess
import threading
import urllib.parse

PASSWORD = "a long sentence"


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.body[:600]!r}"


class Client:
    """A browser with one cookie, or a program with a token."""

    def __init__(self, port):
        self.port, self.cookie, self.csrf, self.token = port, None, None, None

    def request(self, method, path, body=None, headers=None, csrf=True):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if self.cookie:
            headers.setdefault("Cookie", self.cookie)
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if csrf and self.csrf and method not in ("GET", "HEAD"):
            headers.setdefault("X-CSRF-Token", self.csrf)
        try:
            connection.request(method, path if path.startswith("/api") or path == "/" or path.endswith((".js", ".css", ".svg")) else f"/api/v1{path}", body, headers)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        cookie = answer.headers.get("Set-Cookie")
        if cookie:
            self.cookie = cookie.split(";")[0]
        if answer.status in (200, 201) and path in ("/setup", "/session", "/me", "/me/password"):
            self.csrf = answer.json.get("csrf")
        return answer

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def sign_in(self, name, password=PASSWORD):
        return self.request("POST", "/session", {"name": name, "password": password})

    def upload(self, name, data, piece=1 << 20, **about):
        """tus 1.0; gives the address."""
        about = {"filename": name, **about}
        pairs = ",".join(f"{key} {base64.b64encode(str(value).encode()).decode()}" for key, value in about.items())
        made = self.request("POST", "/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": str(len(data)), "Upload-Metadata": pairs})
        if made.status != 201:
            return made
        address = made.headers["Location"]
        for at in range(0, len(data), piece):
            sent = self.send_part(address, at, data[at : at + piece])
            if sent.status != 204:
                return sent
        return made

    def send_part(self, address, at, data):
        return self.request("PATCH", address, data, {"Tus-Resumable": "1.0.0", "Upload-Offset": str(at),
                                                     "Content-Type": "application/offset+octet-stream"})


class Server:
    """`start` starts the program, as harness.py does."""

    def __init__(self, start, *words, **options):
        self.process = start("serve", "--listen", "127.0.0.1:0", *words, **options)
        self.lines = []
        line = self.process.stdout.readline().decode()
        found = re.search(r":(\d+)$", line.strip())
        if found is None:
            raise AssertionError(f"it does not listen: {line!r} {self.process.communicate()}")
        self.port, self.setup = int(found[1]), None
        # What it says is read, so that it never waits for a reader.
        self.readers = [threading.Thread(target=self.read, args=(stream,), daemon=True) for stream in (self.process.stdout, self.process.stderr)]
        for reader in self.readers:
            reader.start()

    def read(self, stream):
        for line in stream:
            self.lines.append(line.decode())

    def end(self):
        """In order: a sanitizer has its last word then. Gives the exit status, and what was said."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=60)
        for reader in self.readers:
            reader.join(timeout=10)
        return self.process.returncode, self.said()

    def said(self):
        return "".join(self.lines)

    def client(self):
        return Client(self.port)
