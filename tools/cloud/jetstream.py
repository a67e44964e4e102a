"""As much of NATS JetStream as setting up and looking into a test needs: its requests are JSON over NATS's text protocol."""

import json
import secrets
import socket
import urllib.parse


class JetStreamError(Exception):
    pass


class JetStream:
    """One connection; use it as a context manager."""

    def __init__(self, url, timeout_s=10):
        where = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((where.hostname, where.port), timeout=timeout_s)
        self.stream = self.socket.makefile("rb")
        self._line(b"INFO")
        self.inbox = f"_INBOX.{secrets.token_hex(8)}"
        options = json.dumps({"verbose": False, "pedantic": False, "name": "homeroom-tests", "lang": "python", "version": "1"})
        self.socket.sendall(f"CONNECT {options}\r\nSUB {self.inbox} 1\r\nPING\r\n".encode())
        self._line(b"PONG")

    def _line(self, wanted):
        """The next line that begins so; pings in between are answered."""
        while True:
            line = self.stream.readline()
            if not line or line.startswith(b"-ERR"):
                raise JetStreamError(f"NATS closed the connection: {line.decode('utf-8', 'replace').strip()}")
            if line.startswith(b"PING"):
                self.socket.sendall(b"PONG\r\n")
            elif line.startswith(wanted):
                return line

    def request(self, subject, payload=b""):
        self.socket.sendall(f"PUB {subject} {self.inbox} {len(payload)}\r\n".encode() + payload + b"\r\n")
        length = int(self._line(b"MSG").split()[-1])
        reply = json.loads(self.stream.read(length + 2)[:length])
        if "error" in reply:
            raise JetStreamError(f"{subject}: {reply['error'].get('description')}")
        return reply

    def publish(self, subject, payload):
        """Returns when the stream has it."""
        return self.request(subject, payload)

    def make_stream(self, name, *subjects, **configuration):
        """Making the same stream again is no error. Durations in `configuration` are nanoseconds."""
        wanted = {"name": name, "subjects": list(subjects), "retention": "workqueue", "storage": "file", **configuration}
        return self.request(f"$JS.API.STREAM.CREATE.{name}", json.dumps(wanted).encode())

    def stream_state(self, name):
        return self.request(f"$JS.API.STREAM.INFO.{name}")["state"]

    def consumers(self, name):
        return self.request(f"$JS.API.CONSUMER.LIST.{name}", b"{}").get("consumers") or []

    def close(self):
        self.stream.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
