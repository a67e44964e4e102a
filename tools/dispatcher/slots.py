"""A slot: one copy of the function with Amazon's Lambda emulator in front, for one event at a time.

The function runs either from its own image under runc, with Lambda's limits (memory, a share of the processor by
memory, a read-only root, a /tmp of its own, no privileges), or as a plain program of this machine, without limits.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

HOST = "127.0.0.1"
INVOKE_PATH = "/2015-03-31/functions/function/invocations"
MB_PER_PROCESSOR = 1769  # Lambda gives one processor's time at this memory size
CPU_PERIOD_US = 100_000
START_PATIENCE_S = 10
STOP_PATIENCE_S = 3
EMULATOR_IN_BOX = "/aws-lambda-rie"


class SlotError(Exception):
    """The slot cannot be started; the text says why."""


def free_ports(count):
    listeners = [socket.socket() for _ in range(count)]
    try:
        for listener in listeners:
            listener.bind((HOST, 0))
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


def lambda_variables(settings):
    """What Lambda itself puts into the environment; the function's own variables come on top."""
    return {"AWS_LAMBDA_FUNCTION_NAME": settings["function"], "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings["memory_mb"]),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(settings["timeout_s"]), "LOG_LEVEL": "warn", **settings["environment"]}


def box_configuration(bundle, settings, command):
    """runc's configuration: the image's own program, user and folder; Lambda's limits and nothing else of the image's."""
    image = json.loads(Path(bundle, "config.json").read_text(encoding="utf-8"))
    process, memory = image["process"], settings["memory_mb"] << 20
    user = process["user"]
    variables = dict(pair.split("=", 1) for pair in process.get("env", []))
    variables.pop("TERM", None)
    variables |= lambda_variables(settings)
    return {
        "ociVersion": image["ociVersion"],
        "process": {"terminal": False, "user": user, "cwd": process.get("cwd", "/"), "noNewPrivileges": True,
                    "args": [EMULATOR_IN_BOX, *command, *process["args"]],
                    "env": [f"{name}={value}" for name, value in variables.items()], "capabilities": {}},
        "root": {"path": str(Path(bundle, image["root"]["path"]).resolve()), "readonly": True},
        "hostname": "function",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755", "size=64k"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
             "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=64m"]},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmp",
             # The function's own: runc gives it the mode of the image's folder, whatever is said here.
             "options": ["nosuid", "nodev", f"uid={user['uid']}", f"gid={user['gid']}",
                         f"size={settings['box'].get('tmp_mb', 512)}m"]},
            {"destination": EMULATOR_IN_BOX, "type": "bind", "source": settings["emulator"], "options": ["bind", "ro"]},
            *settings["box"].get("mounts", []),
        ],
        "linux": {
            # The servers are on this machine's loopback: the network is the only thing that is shared.
            "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")],
            "resources": {
                "devices": [{"allow": False, "access": "rwm"}],
                "memory": {"limit": memory, "swap": memory},
                "cpu": {"period": CPU_PERIOD_US, "quota": CPU_PERIOD_US * settings["memory_mb"] // MB_PER_PROCESSOR},
            },
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    }


def classify(status, body, timeout_text=b"Task timed out after"):
    """The emulator answers 200 to nearly everything; what it was stands in the body. None: it went well."""
    if status == 200 and not body.startswith(timeout_text):
        try:
            answer = json.loads(body)
        except ValueError:
            return None
        if isinstance(answer, dict) and "errorType" in answer and "errorMessage" in answer:
            return f"{answer['errorType']}: {answer['errorMessage']}"
        return None
    if status == 200:
        return body.decode("utf-8", "replace")
    return f"the function ended without an answer ({status}): {body[:300].decode('utf-8', 'replace').strip()}"


class Slot:
    def __init__(self, number, settings):
        self.number, self.settings = number, settings
        self.folder = Path(settings["state"], "slots", str(number))
        self.name = f"homeroom-{os.getpid()}-{number}"
        self.invocations = 0
        self.port = 0
        self._process = None

    def start(self):
        """Returns when the emulator listens; the function itself starts with its first event."""
        self.folder.mkdir(parents=True)
        self.port, api_port = free_ports(2)
        command = ["--runtime-interface-emulator-address", f"{HOST}:{self.port}", "--runtime-api-address", f"{HOST}:{api_port}"]
        box = self.settings["box"]
        if box["kind"] == "runc":
            command, variables = self._boxed(command), None
        else:
            command = [self.settings["emulator"], *command, *box["command"]]
            variables = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **lambda_variables(self.settings)}
        with open(self.folder / "log", "ab") as log:
            # A dispatcher that is killed leaves no slot behind.
            self._process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *command], stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log, env=variables, cwd=self.folder)
        self._wait_until_it_listens()

    def _runc(self, *words):
        return ["runc", "--root", str(Path(self.settings["state"], "runc")), *words]

    def _boxed(self, command):
        configuration = box_configuration(self.settings["box"]["bundle"], self.settings, command)
        path = self.folder / "config.json"
        path.touch(mode=0o600)  # the keys stand in it
        path.write_text(json.dumps(configuration), encoding="utf-8")
        return self._runc("run", "--bundle", str(self.folder), self.name)

    def _wait_until_it_listens(self):
        deadline = time.monotonic() + START_PATIENCE_S
        while time.monotonic() < deadline and self.alive():
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.01)
        log = (self.folder / "log").read_text(encoding="utf-8", errors="replace").strip()
        self.stop()
        raise SlotError(f"slot {self.number} does not start: {log[-500:] or 'it did not say why'}")

    def alive(self):
        return self._process is not None and self._process.poll() is None

    def invoke(self, body):
        """One event. The reason of the failure, or None."""
        self.invocations += 1
        connection = http.client.HTTPConnection(HOST, self.port, timeout=self.settings["timeout_s"] + START_PATIENCE_S)
        try:
            connection.request("POST", INVOKE_PATH, body=body, headers={"content-type": "application/json"})
            reply = connection.getresponse()
            return classify(reply.status, reply.read())
        except (OSError, http.client.HTTPException) as error:
            self.stop()  # whatever it is doing, its answer has nowhere to go
            return f"the slot is gone: {error!r}"
        finally:
            connection.close()

    def stop(self):
        if self._process is None:
            return
        self._signal("TERM")
        try:
            self._process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._signal("KILL")
            self._process.wait()
        if self.settings["box"]["kind"] == "runc":
            subprocess.run(self._runc("delete", "--force", self.name), stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        self._process = None

    def interrupt(self):
        """From another thread: whatever it is doing is to end now. `stop` is still to be called."""
        if self.alive():
            self._signal("TERM")

    def _signal(self, name):
        if self.settings["box"]["kind"] == "runc":
            subprocess.run(self._runc("kill", self.name, name), stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        else:
            self._process.send_signal(getattr(signal, f"SIG{name}"))


def available(box):
    """Why boxes of that kind cannot be had here, or None."""
    if box["kind"] == "runc":
        if os.geteuid() != 0:
            return "limits need root: slots under runc can only be had by root"
        if shutil.which("runc") is None:
            return "there is no runc: run scripts/servers box"
        if not Path(box["bundle"], "config.json").is_file():
            return f"there is no unpacked image in {box['bundle']}"
    return None
