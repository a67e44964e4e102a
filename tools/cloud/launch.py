"""Starts real servers on free ports of this machine's loopback and ends them again, each by the pid it was started with.

A Server keeps everything in one folder: its data, its configuration and its log. scripts/servers gets and builds the
programs; they stand in the folder that HOMEROOM_SERVERS names. Python's standard library only.
"""

import glob
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import aws

HOST = "127.0.0.1"
REGION = "us-east-1"
KEY, SECRET = "classroomtest", "classroomtestsecret"  # DynamoDB Local takes letters and digits only
MB_PER_PROCESSOR = 1769  # the memory at which Lambda gives a function one processor


class LaunchError(Exception):
    """A server cannot be started; the text says why."""


class NotInstalled(LaunchError):
    """Nobody said that there are servers: HOMEROOM_SERVERS is not set."""


def _servers_folder(name):
    folder = os.environ.get("HOMEROOM_SERVERS")
    if not folder:
        raise NotInstalled(f"{name}: HOMEROOM_SERVERS does not name the folder that scripts/servers fills")
    return folder


def installed(name, *parts):
    """The path of a part of what `scripts/servers NAME` makes."""
    path = Path(_servers_folder(name), name, *parts)
    if not path.exists():
        raise LaunchError(f"{name}: there is no {path}: run scripts/servers {name}")
    return path


def program(name, made_by):
    """The path of a program that `scripts/servers MADE_BY` installs."""
    _servers_folder(made_by)
    path = shutil.which(name)
    if path is None:
        raise LaunchError(f"there is no {name} on this machine: run scripts/servers {made_by}")
    return path


def free_port():
    """A port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]


def started_at(pid):
    """When the process started, in the kernel's ticks: with the pid, it names one process for good. None: it is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return None
    return None if words[0] == "Z" else int(words[19])


def end(pid, start, patience_s=10.0):
    """TERM, and KILL when that is not heard. Only that process, never another one that has its pid by now."""
    for number, wait_s in ((signal.SIGTERM, patience_s), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + wait_s
        while started_at(pid) == start:
            if number is not None:
                os.kill(pid, number)
                number = None
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        if started_at(pid) != start:
            return


def answers(url, context=None):
    """Does something speak HTTP there? Any status will do."""
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as reply:
            return reply.status < 500
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False


class Server:
    """One server. `detached` servers outlive the program that started them; the others do not."""

    name = "server"
    patience_s = 60

    def __init__(self, folder, detached=False):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.detached = detached
        self.port = 0
        self.pid = None
        self.start_ticks = None
        self._process = None

    @property
    def address(self):
        return f"{HOST}:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}"

    @property
    def log(self):
        return self.folder / f"{self.name}.log"

    def command(self):
        raise NotImplementedError

    def environment(self):
        """What the server's environment has beside ours."""
        return {}

    def ready(self):
        return answers(self.url)

    def start(self):
        """Returns when it answers. Another program may take the port before the server does: then another port."""
        for left in (2, 1, 0):
            self.port = free_port()
            if self._try_start():
                return self
            if left == 0 or "in use" not in self.log.read_text(encoding="utf-8", errors="replace"):
                raise LaunchError(f"{self.name} does not start; the end of {self.log}:\n{self.tail()}")
        return self

    def start_at(self, port):
        """On this port and no other: somebody has been told of it already."""
        self.port = port
        if not self._try_start():
            raise LaunchError(f"{self.name} does not start on port {port}; the end of {self.log}:\n{self.tail()}")
        return self

    def _try_start(self):
        command = [str(word) for word in self.command()]
        if not self.detached:  # a test that is killed leaves no server behind
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env={**clean_environment(), **self.environment()}, start_new_session=self.detached)
        self.pid, self.start_ticks = self._process.pid, started_at(self._process.pid)
        deadline = time.monotonic() + self.patience_s
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            if self.ready():
                return True
            time.sleep(0.05)
        self.stop()
        raise LaunchError(f"{self.name} does not answer after {self.patience_s} s; the end of {self.log}:\n{self.tail()}")

    def stop(self):
        if self.pid is not None and self.start_ticks is not None:
            end(self.pid, self.start_ticks)
        if self._process is not None:
            self._process.wait()
        self.pid = self._process = None

    def kill(self):
        """As when the machine loses power: no farewell."""
        self._process.kill()
        self.stop()

    def tail(self, lines=15):
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except OSError:
            return "(no log)"

    def settings(self):
        """What a program under test must find in its environment to use this server."""
        return {}

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


def clean_environment():
    """Ours, without what would lead a server or a program elsewhere."""
    led_astray = ("AWS_", "MINIO_", "HOMEROOM_", "http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {name: value for name, value in os.environ.items() if not name.startswith(led_astray)}


def identity():
    """The keys that every server here takes, and no way to the credentials of the person who runs the tests."""
    return {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}


class Minio(Server):
    """S3 that checks signatures, clocks, body hashes, session tokens and policies.

    webhooks: {ID: (URL, bearer token)}; nats: {ID: (address, subject)}: where buckets may send notifications, as
    arn:minio:sqs:REGION:ID:webhook and ...:nats. tls: HTTPS with a certificate of its own, in `certificate`.
    """

    name = "minio"

    def __init__(self, folder, webhooks=None, nats=None, tls=False, domain=None, **rest):
        super().__init__(folder, **rest)
        self.webhooks, self.nats, self.tls, self.domain = webhooks or {}, nats or {}, tls, domain
        self.certificate = self.folder / "certificates" / "public.crt"

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.address}"

    def command(self):
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        command = [installed("minio", "minio"), "server", data, "--address", self.address, "--quiet"]
        if self.tls:
            self._make_certificate()
            command += ["--certs-dir", self.certificate.parent]
        return command

    def _make_certificate(self):
        if self.certificate.exists():
            return
        self.certificate.parent.mkdir()
        subprocess.run(
            [program("openssl", "minio"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
             "-keyout", self.certificate.parent / "private.key", "-out", self.certificate],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def environment(self):
        variables = {"MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET, "MINIO_REGION": REGION,
                     "MINIO_BROWSER": "off", "MINIO_UPDATE": "off", "HOME": str(self.folder)}
        if self.domain:
            variables["MINIO_DOMAIN"] = self.domain
        for target, (url, token) in self.webhooks.items():
            variables |= {f"MINIO_NOTIFY_WEBHOOK_ENABLE_{target}": "on", f"MINIO_NOTIFY_WEBHOOK_ENDPOINT_{target}": url,
                          f"MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_{target}": token}
        for target, (address, subject) in self.nats.items():
            variables |= {f"MINIO_NOTIFY_NATS_ENABLE_{target}": "on", f"MINIO_NOTIFY_NATS_ADDRESS_{target}": address,
                          f"MINIO_NOTIFY_NATS_SUBJECT_{target}": subject, f"MINIO_NOTIFY_NATS_JETSTREAM_{target}": "on"}
        return variables

    def ready(self):
        """Its own health check says yes while it refuses requests still; and notifications come last of all."""
        client = aws.S3(self.url, aws.Keys(KEY, SECRET), ca_file=self.certificate if self.tls else None, timeout_s=5)
        try:
            if client.exchange("GET", "/")[0] != 200:
                return False
            status, _, body = client.exchange("GET", "/minio/admin/v3/info")
            targets = {arn.split(":", 4)[4] for arn in json.loads(body).get("sqsARN") or []} if status == 200 else set()
        except (OSError, ValueError, http.client.HTTPException):
            return False
        wanted = {f"{name}:webhook" for name in self.webhooks} | {f"{name}:nats" for name in self.nats}
        return status == 200 and wanted <= targets

    def settings(self):
        return {"AWS_ENDPOINT_URL_S3": self.url} | ({"AWS_CA_BUNDLE": str(self.certificate)} if self.tls else {})

    def version(self):
        done = subprocess.run([installed("minio", "minio"), "--version"], check=True, capture_output=True, text=True)
        return done.stdout.splitlines()[0]


class DynamoDB(Server):
    """Amazon's own. It validates requests and keeps data in memory; it does not check signatures."""

    name = "dynamodb"

    def command(self):
        folder = installed("dynamodb")
        return [program("java", "dynamodb"), "-Xmx256m", "-cp", f"{folder}/*",
                "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
                "-inMemory", "-sharedDb", "-disableTelemetry", "-port", self.port]

    def settings(self):
        return {"AWS_ENDPOINT_URL_DYNAMODB": self.url}

    def version(self):
        jar = glob.glob(f"{installed('dynamodb')}/DynamoDBLocal-*.jar")[0]
        return Path(jar).stem


class Moto(Server):
    """DynamoDB, SQS, IAM ... that check signatures once `unchecked` requests have set things up."""

    name = "moto"

    def __init__(self, folder, unchecked=None, **rest):
        super().__init__(folder, **rest)
        self.unchecked = unchecked

    def command(self):
        return [installed("moto", "bin", "python"), "-m", "moto.server", "-H", HOST, "-p", self.port]

    def environment(self):
        return {} if self.unchecked is None else {"INITIAL_NO_AUTH_ACTION_COUNT": str(self.unchecked)}

    def check_from_now_on(self):
        """Every request from here on needs a right signature."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"})
        urllib.request.urlopen(request, timeout=10).close()

    def settings(self):
        return {"AWS_ENDPOINT_URL_DYNAMODB": self.url, "AWS_ENDPOINT_URL_SQS": self.url}

    def version(self):
        done = subprocess.run([installed("moto", "bin", "python"), "-c", "import moto; print('moto', moto.__version__)"],
                              check=True, capture_output=True, text=True)
        return done.stdout.strip()


class Nats(Server):
    """NATS with JetStream, its streams on disk."""

    name = "nats"

    @property
    def url(self):
        return f"nats://{self.address}"

    def command(self):
        return [program("nats-server", "nats"), "-a", HOST, "-p", self.port, "-js", "-sd", self.folder / "data"]

    def ready(self):
        try:
            with socket.create_connection((HOST, self.port), timeout=2) as connection:
                return connection.recv(4) == b"INFO"
        except OSError:
            return False

    def settings(self):
        return {"HOMEROOM_TEST_NATS": self.url}

    def version(self):
        done = subprocess.run([program("nats-server", "nats"), "--version"], check=True, capture_output=True, text=True)
        return done.stdout.strip()


class Emulator(Server):
    """Amazon's Lambda emulator in front of one program; it takes one invocation at a time and breaks on two.

    The program is started at the first invocation, not before.
    """

    name = "emulator"

    def __init__(self, folder, function, variables=None, timeout_s=30, memory_mb=512, **rest):
        super().__init__(folder, **rest)
        self.function, self.variables = function, variables or {}
        self.timeout_s, self.memory_mb = timeout_s, memory_mb
        self.api_port = 0

    def command(self):
        self.api_port = free_port()
        return [installed("emulator", "aws-lambda-rie"), "--runtime-interface-emulator-address", self.address,
                "--runtime-api-address", f"{HOST}:{self.api_port}", *self.function]

    def environment(self):
        return {"AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.timeout_s), "AWS_LAMBDA_FUNCTION_NAME": "homeroom",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb), "LOG_LEVEL": "warn", **identity(), **self.variables}

    def ready(self):
        try:
            socket.create_connection((HOST, self.port), timeout=2).close()
        except OSError:
            return False
        return True

    def invoke(self, event, wait_s=None):
        """(status, body) of one invocation; `event` is the body, in bytes."""
        request = urllib.request.Request(f"{self.url}/2015-03-31/functions/function/invocations", data=event)
        try:
            with urllib.request.urlopen(request, timeout=wait_s or self.timeout_s + 10) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


class Dispatcher(Server):
    """Function slots that events are handed to as Lambda does (tools/dispatcher). `box` says what a slot is."""

    name = "dispatcher"
    patience_s = 20

    def __init__(self, folder, box, variables=None, limit=4, memory_mb=MB_PER_PROCESSOR, timeout_s=60, idle_s=5.0,
                 retry_delays_s=(60, 120), **rest):
        super().__init__(folder, **rest)
        self.token = secrets.token_hex(16)
        self.given = {"box": box, "environment": variables or {}, "limit": limit, "memory_mb": memory_mb,
                      "timeout_s": timeout_s, "idle_s": idle_s, "retry_delays_s": list(retry_delays_s),
                      "function": "homeroom", "token": self.token, "state": str(self.folder)}

    @property
    def record(self):
        return self.folder / "record.jsonl"

    @property
    def dead_letters(self):
        return self.folder / "dead-letters.jsonl"

    @property
    def webhook(self):
        """Where notifications go, and what they must carry: as Minio takes it."""
        return f"{self.url}/events", self.token

    def command(self):
        path = self.folder / "settings.json"
        path.touch(mode=0o600)  # the function's keys stand in it
        settings = {**self.given, "port": self.port, "emulator": str(installed("emulator", "aws-lambda-rie"))}
        path.write_text(json.dumps(settings, indent=1), encoding="utf-8")
        return [sys.executable, "-B", Path(__file__).parents[1] / "dispatcher" / "dispatcher.py", "serve", path]

    def ready(self):
        return answers(f"{self.url}/status")

    def status(self):
        with urllib.request.urlopen(f"{self.url}/status", timeout=10) as reply:
            return json.load(reply)

    def send(self, notification):
        """As MinIO sends it."""
        request = urllib.request.Request(f"{self.url}/events", data=json.dumps(notification).encode(),
                                         headers={"authorization": f"Bearer {self.token}"})
        urllib.request.urlopen(request, timeout=10).close()
