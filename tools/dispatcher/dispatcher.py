#!/usr/bin/env python3
"""Hands events to function slots, as Lambda does: the test bed of the workload, and no more than that.

    dispatcher.py serve SETTINGS.json           until it is told to end (TERM)
    dispatcher.py summary RECORD.jsonl [--json] [--since SECONDS]

MinIO's notifications arrive by POST /events. A slot is started for each event that finds none free, up to a limit, and
takes one event at a time; a failed event is tried again after a delay, twice, and then goes to the dead letters; a slot
that had nothing to do for a while is stopped. GET /status tells how things stand.

SETTINGS.json: port, token (what the webhook must send), state (a folder), limit, memory_mb, timeout_s, idle_s,
retry_delays_s, emulator (path), function (name), environment (of the function),
box: {"kind": "runc", "bundle": DIR, "tmp_mb": N} or {"kind": "plain", "command": [...]}.
What is queued is in memory only: events that wait when the dispatcher ends are lost.
"""

import argparse
import hmac
import http.server
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import record
import slots

BODY_LIMIT = 1 << 20
EVENTS_LIMIT = 100_000


class Event:
    def __init__(self, number, notification):
        self.number, self.notification = number, notification
        self.attempt = 1
        self.due = self.arrived = time.monotonic()

    @property
    def key(self):
        """What a person would call it."""
        try:
            s3 = self.notification["Records"][0]["s3"]
            return f"{s3['bucket']['name']}/{urllib.parse.unquote_plus(s3['object']['key'])}"
        except (KeyError, IndexError, TypeError):
            return f"event {self.number}"


class Dispatcher:
    """The queue, the slots, and one lock for both."""

    def __init__(self, settings, slot_type=slots.Slot):
        self.settings, self.slot_type = settings, slot_type
        state = Path(settings["state"])
        self.record = record.Record(state / "record.jsonl")
        self.dead_letters = state / "dead-letters.jsonl"
        self.changed = threading.Condition()
        self.queue = []  # Events: those that are due and those that wait for another try
        self.busy, self.free, self.starting = 0, 0, 0
        self.done, self.dead, self.received, self.slots_made = 0, 0, 0, 0
        self.ending = False
        self.slots, self.threads = set(), []

    # --- events come in ---

    def offer(self, notification):
        """False: the queue is full, or the dispatcher is ending."""
        with self.changed:
            if self.ending or len(self.queue) >= EVENTS_LIMIT:
                return False
            self.received += 1
            self.queue.append(Event(self.received, notification))
            self._note()
        return True

    def _note(self):
        """Something changed; the lock is held."""
        self.record.write(slots=self._slots(), busy=self.busy, waiting=len(self.queue))
        self.changed.notify_all()

    def _slots(self):
        return self.busy + self.free + self.starting

    def _due(self):
        now = time.monotonic()
        return [event for event in self.queue if event.due <= now]

    def status(self):
        with self.changed:
            return {"slots": self._slots(), "busy": self.busy, "waiting": len(self.queue), "received": self.received,
                    "done": self.done, "dead": self.dead, "limit": self.settings["limit"]}

    # --- slots come and go ---

    def run(self):
        """Starts slots while events wait for one; returns when `end` was called and every slot is stopped."""
        with self.changed:
            while not self.ending:
                while len(self._due()) > self.free + self.starting and self._slots() < self.settings["limit"]:
                    self._start_slot()
                self.changed.wait(self._until_next_due())
            threads = list(self.threads)
        for thread in threads:
            thread.join()
        self.record.close()

    def end(self):
        """Now: what the slots are doing is broken off."""
        with self.changed:
            self.ending = True
            self._note()
            for slot in self.slots:
                slot.interrupt()

    def _until_next_due(self):
        """Seconds until a further try is due, or None: until something changes."""
        now = time.monotonic()
        later = [event.due - now for event in self.queue if event.due > now]
        return min(later, default=None)

    def _start_slot(self):
        self.slots_made += 1
        self.starting += 1
        self._note()
        thread = threading.Thread(target=self._keep_slot, args=(self.slot_type(self.slots_made, self.settings),))
        self.threads = [old for old in self.threads if old.is_alive()] + [thread]
        thread.start()

    def _keep_slot(self, slot):
        """The life of one slot, in a thread of its own."""
        try:
            slot.start()
        except (slots.SlotError, OSError) as error:
            self._blame_one_event(str(error))
            return
        with self.changed:
            self.starting -= 1
            self.free += 1
            self.slots.add(slot)
        while (event := self._take()) is not None:
            self._invoke(slot, event)
            if not slot.alive():
                break
        with self.changed:
            self.slots.discard(slot)
        slot.stop()
        with self.changed:
            self.free -= 1
            self._note()

    def _blame_one_event(self, reason):
        """A slot that cannot be started counts as a failed try of the event it was for: so it cannot go on for ever."""
        with self.changed:
            self.starting -= 1
            due = self._due()
            if due:
                self.queue.remove(due[0])
                self._settle(due[0], reason)
            self._note()
        print(reason, file=sys.stderr, flush=True)

    def _take(self):
        """The oldest event that is due; None: there was none for so long that the slot is to be stopped."""
        deadline = time.monotonic() + self.settings["idle_s"]
        with self.changed:
            while not self.ending:
                due = self._due()
                if due:
                    self.queue.remove(due[0])
                    self.free -= 1
                    self.busy += 1
                    self._note()
                    return due[0]
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self.changed.wait(min(left, self._until_next_due() or left))
        return None

    def _invoke(self, slot, event):
        begin, cold = time.monotonic(), slot.invocations == 0
        reason = slot.invoke(json.dumps(event.notification, ensure_ascii=False).encode())
        end = time.monotonic()
        self.record.write(invocation=event.key, attempt=event.attempt, slot=slot.number, cold=cold, reason=reason,
                          waited_ms=round((begin - event.due) * 1000), took_ms=round((end - begin) * 1000))
        with self.changed:
            self.busy -= 1
            self.free += 1
            self._settle(event, reason)
            self._note()

    # --- how an event ends ---

    def _settle(self, event, reason):
        """Done, to be tried again, or given up; the lock is held."""
        delays = self.settings["retry_delays_s"]
        if reason is None:
            self.done += 1
        elif event.attempt <= len(delays):
            event.due = time.monotonic() + delays[event.attempt - 1]
            event.attempt += 1
            self.queue.append(event)
        else:
            self.dead += 1
            self.record.write(dead=event.key, reason=reason)
            letter = {"time": round(time.time(), 3), "condition": "RetriesExhausted", "attempts": event.attempt,
                      "reason": reason, "event": event.notification}
            with open(self.dead_letters, "a", encoding="utf-8") as file:
                file.write(json.dumps(letter, ensure_ascii=False) + "\n")


class Door(http.server.BaseHTTPRequestHandler):
    """Where notifications come in. MinIO asks with HEAD whether anyone is there."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def _answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self._answer(200)

    def do_GET(self):
        if self.path == "/status":
            self._answer(200, json.dumps(self.server.dispatcher.status()).encode())
        else:
            self._answer(404)

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            self.close_connection = True
            self._answer(413)
            return
        body = self.rfile.read(int(length))
        if not hmac.compare_digest(self.headers.get("authorization", "").encode(), self.server.authorization):
            self._answer(403)
            return
        try:
            notification = json.loads(body) if body else {}
            events = notification.get("Records") or []
        except (ValueError, AttributeError):
            self._answer(400)
            return
        # One event each, as S3 sends them to Lambda. A notification without records is MinIO's knock at the door.
        taken = all([self.server.dispatcher.offer({**notification, "Records": [event]}) for event in events])
        self._answer(202 if taken else 503)

    def log_message(self, *_):
        pass


class Doorway(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512  # a hundred uploads at once are a hundred notifications at once

    def __init__(self, settings, dispatcher):
        super().__init__(("127.0.0.1", settings["port"]), Door)
        self.dispatcher = dispatcher
        self.authorization = f"Bearer {settings['token']}".encode()


def remove_old_boxes(state):
    """Of a run that was killed: they are ours, since this folder of runc's is ours."""
    folder = Path(state, "runc")
    if shutil.which("runc") is None or not folder.is_dir():
        return
    listed = subprocess.run(["runc", "--root", folder, "list", "--quiet"], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, check=False)
    for name in listed.stdout.split():
        subprocess.run(["runc", "--root", folder, "delete", "--force", name], stdin=subprocess.DEVNULL, check=False)


def serve(path):
    settings = json.loads(Path(path).read_text(encoding="utf-8"))
    reason = slots.available(settings["box"])
    if reason is not None:
        print(f"dispatcher: {reason}", file=sys.stderr)
        return 1
    remove_old_boxes(settings["state"])
    shutil.rmtree(Path(settings["state"], "slots"), ignore_errors=True)
    dispatcher = Dispatcher(settings)
    try:
        door = Doorway(settings, dispatcher)
    except OSError as error:
        print(f"dispatcher: 127.0.0.1:{settings['port']}: {error.strerror}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=dispatcher.end).start())
    threading.Thread(target=door.serve_forever, daemon=True).start()
    dispatcher.run()
    door.shutdown()
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve").add_argument("settings")
    summary = commands.add_parser("summary")
    summary.add_argument("record")
    summary.add_argument("--json", action="store_true")
    summary.add_argument("--since", type=float, default=0.0, help="leave out what was before this time (seconds since 1970)")
    options = parser.parse_args()
    if options.command == "serve":
        return serve(options.settings)
    figures = record.summarize(record.read(options.record), options.since)
    print(json.dumps(figures) if options.json else record.in_words(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
