#!/usr/bin/env python3
"""A small cloud on this machine's loopback, for trying the function and the workload; scripts/cloud calls it.

S3 is MinIO, the table DynamoDB Local, the queue NATS JetStream; the function runs in slots as Lambda has them (see
tools/dispatcher). Everything lies in one folder, which only its owner can read: it holds keys.
"""

import argparse
import contextlib
import json
import os
import platform
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "dispatcher"))
import aws
import dispatcher
import jetstream
import launch
import record

ROOT = Path(__file__).resolve().parents[2]
# What is put into an input bucket is recognised, and its report goes to the output bucket beside it in this list.
BUCKETS = {"slots": ("classroom-input", "classroom-output"), "workers": ("worker-input", "worker-output")}
DATABASE, GALLERY = "class.db", "gallery/homeroom.db"  # here, and in each output bucket
TABLE, TABLE_KEY = "students", "id"
DURATIONS = "durations"  # a pipe
STREAM, SUBJECT = "VIDEOS", "s3.created"
WORKER_ACK_S = 60
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


class CloudError(Exception):
    """What went wrong and what to do about it, in a line for a person."""


# --- the folder ---

class State:
    """What `up` has started, so that `down` ends that and nothing else."""

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.path = self.folder / "state.json"
        self.servers, self.settings, self.workers = {}, {}, []

    def load(self):
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return False
        self.servers, self.settings, self.workers = kept["servers"], kept["settings"], kept["workers"]
        return True

    def save(self):
        partial = self.path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps({"servers": self.servers, "settings": self.settings, "workers": self.workers}, indent=1))
        partial.replace(self.path)

    def make_folder(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(stat.S_IRWXU)

    def note(self, server):
        self.servers[server.name] = {"pid": server.pid, "start": server.start_ticks, "url": server.url, "log": str(server.log)}
        self.save()

    def alive(self, name):
        return name in self.servers and is_alive(self.servers[name])

    def url(self, name):
        return self.servers[name]["url"]


def is_alive(process):
    return launch.started_at(process["pid"]) == process["start"]


def need_up(state):
    if not state.load() or not any(is_alive(server) for server in state.servers.values()):
        raise CloudError("the local cloud is not up: scripts/cloud up")
    if dead := [name for name in state.servers if not state.alive(name)]:
        raise CloudError(f"{', '.join(dead)} ended by itself (its log: {state.servers[dead[0]]['log']}): scripts/cloud down, then up")


# --- what runs in a slot ---

def image_tag(image):
    """The tag of the image for this machine in an OCI layout, and its digest."""
    def blob(descriptor):
        return json.loads(Path(image, "blobs", *descriptor["digest"].split(":")).read_text(encoding="utf-8"))

    try:
        manifests = json.loads(Path(image, "index.json").read_text(encoding="utf-8"))["manifests"]
    except FileNotFoundError:
        raise CloudError(f"there is no image in {image}: run scripts/image, or take the program itself with "
                         "--program build/release/bin/homeroom (slots without limits)") from None
    wanted = MACHINES.get(platform.machine(), platform.machine())
    for manifest in manifests:
        tag = manifest.get("annotations", {}).get("org.opencontainers.image.ref.name")
        if tag and blob(blob(manifest)["config"])["architecture"] == wanted:
            return tag, manifest["digest"]
    raise CloudError(f"{image} has no tagged image for {wanted}: run scripts/image")


def unpacked(image, folder):
    """The image as a bundle for runc, unpacked once."""
    tag, digest = image_tag(image)
    bundle, made_from = folder / "bundle", folder / "bundle.digest"
    if made_from.exists() and made_from.read_text(encoding="ascii") == digest:
        return bundle
    made_from.unlink(missing_ok=True)
    shutil.rmtree(bundle, ignore_errors=True)
    done = subprocess.run([launch.program("umoci", "box"), "unpack", "--image", f"{image}:{tag}", bundle], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise CloudError(f"unpacking {image}:{tag}: {(done.stdout.strip().splitlines() or ['umoci did not say why'])[-1]}")
    made_from.write_text(digest, encoding="ascii")
    return bundle


def box_for(options, folder):
    if options.program:
        return {"kind": "plain", "command": [str(Path(options.program).resolve()), "lambda"]}
    box = {"kind": "runc", "bundle": str(unpacked(Path(options.image).resolve(), folder)), "tmp_mb": options.tmp_mb}
    if reason := dispatcher.slots.available(box):
        raise CloudError(reason)
    return box


def role(source, target):
    """What a function may do, as deploy/template.yaml has it; its keys are borrowed under this policy."""
    def allow(actions, *resources):
        return {"Effect": "Allow", "Action": [f"s3:{action}" for action in actions],
                "Resource": [f"arn:aws:s3:::{resource}" for resource in resources]}

    return {"Version": "2012-10-17", "Statement": [
        allow(["GetObject", "GetObjectVersion"], f"{source}/*"),
        allow(["ListBucket"], source, target),
        allow(["GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload"],
              *(f"{target}/{keys}" for keys in ("*.csv", "*.error.json", ".homeroom/*"))),
        allow(["GetObject"], f"{target}/{GALLERY}")]}


def borrowed_variables(s3, through):
    source, target = BUCKETS[through]
    keys = s3.borrow_keys(role(source, target))
    return {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret, "AWS_SESSION_TOKEN": keys.token,
            "HOMEROOM_INPUT": f"s3://{source}", "HOMEROOM_OUT": f"s3://{target}", "HOMEROOM_DB": f"s3://{target}/{GALLERY}",
            "HOMEROOM_STUDENTS": f"dynamodb:{TABLE}"}


def server_variables(state):
    """The way to the servers; the keys come beside."""
    identity = {name: value for name, value in launch.identity().items() if "KEY" not in name}
    return {**identity, "AWS_ENDPOINT_URL_S3": state.url("minio"), "AWS_ENDPOINT_URL_DYNAMODB": state.url("dynamodb")}


def own_variables(state):
    """For who works with the cloud from outside: root's keys."""
    return {**server_variables(state), **{name: value for name, value in launch.identity().items() if "KEY" in name}}


# --- up ---

def homeroom(state, options, *words):
    """Runs the program, with the local cloud around it; what it prints is for the person."""
    command = [str(options.homeroom), *map(str, words)]
    done = subprocess.run(command, env={**launch.clean_environment(), **own_variables(state),
                                         "HOMEROOM_MODELS": str(options.models)}, check=False)
    if done.returncode != 0:
        raise CloudError(f"homeroom {' '.join(map(str, words[:2]))} ended with status {done.returncode}")


def start_servers(state, options):
    """Order matters: MinIO wants to know where its notifications go, and NATS's stream must be there before them."""
    def started(server):
        state.note(server.start())
        return server

    nats = started(launch.Nats(state.folder / "nats", detached=True))
    with jetstream.JetStream(nats.url) as queue:
        queue.make_stream(STREAM, SUBJECT)
    started(launch.DynamoDB(state.folder / "dynamodb", detached=True))
    # MinIO is told of the dispatcher before there is one: the dispatcher needs keys that MinIO lends.
    slots = launch.Dispatcher(state.folder / "dispatcher", box_for(options, state.folder), limit=options.limit,
                              memory_mb=options.memory_mb, timeout_s=options.timeout_s, idle_s=options.idle_s,
                              retry_delays_s=options.retry_delays_s, detached=True)
    slots.port = launch.free_port()
    minio = started(launch.Minio(state.folder / "minio", webhooks={"SLOTS": slots.webhook},
                                 nats={"WORKERS": (nats.address, SUBJECT)}, detached=True))
    return minio, slots


def fill(state, options, s3):
    """Buckets, the table, and the class."""
    for bucket in (*BUCKETS["slots"], *BUCKETS["workers"]):
        s3.make_bucket(bucket)
    aws.DynamoDB(state.url("dynamodb"), root_keys()).make_table(TABLE, TABLE_KEY)
    database = options.db
    if options.students:
        homeroom(state, options, "import", "students", options.students, "--students", f"dynamodb:{TABLE}")
    if options.students and options.encoding and not database:
        database = state.folder / DATABASE
        database.unlink(missing_ok=True)
        homeroom(state, options, "import", "students", options.students, "--db", database)
        homeroom(state, options, "import", "encoding", options.encoding, "--db", database)
    if database:
        for _, target in BUCKETS.values():
            s3.put(target, GALLERY, Path(database).read_bytes())
    else:
        print("WARNING: no class was given (--students and --encoding, or --db): the function knows nobody", file=sys.stderr)


def root_keys():
    return aws.Keys(launch.KEY, launch.SECRET)


def up(state, options):
    if state.load() and any(is_alive(server) for server in state.servers.values()):
        need_up(state)
        print("the local cloud is up already; scripts/cloud status tells more")
        return 0
    state.servers, state.workers = {}, []
    state.make_folder()
    try:
        minio, slots = start_servers(state, options)
        s3 = aws.S3(minio.url, root_keys())
        fill(state, options, s3)
        variables = {**server_variables(state), **borrowed_variables(s3, "slots")}
        if options.program:
            variables["HOMEROOM_MODELS"] = str(options.models)
        slots.given["environment"] = {**variables, **options.set}
        state.note(slots.start_at(slots.port))
        state.settings = {"homeroom": str(options.homeroom), "models": str(options.models), "record": str(slots.record),
                          "dead_letters": str(slots.dead_letters), "set": options.set, "limit": options.limit}
        state.save()
        s3.notify(BUCKETS["slots"][0], "SLOTS:webhook")
        s3.notify(BUCKETS["workers"][0], "WORKERS:nats")
    except BaseException:
        end_all(state)
        raise
    status(state, options)
    return 0


# --- down ---

def end_all(state):
    for process in [*state.workers, *reversed(state.servers.values())]:
        launch.end(process["pid"], process["start"])
    dispatcher.remove_old_boxes(state.folder / "dispatcher")
    state.servers, state.workers = {}, []
    if state.path.exists():
        state.save()


def down(state, options):
    if not state.load():
        print("the local cloud is not up")
        return 0
    end_all(state)
    if options.keep:
        print(f"ended; what it left lies in {state.folder}")
        return 0
    # Nothing but what `up` makes; the unpacked image stays, which takes its time and holds no secret.
    for name in ("nats", "dynamodb", "minio", "dispatcher", "workers"):
        shutil.rmtree(state.folder / name, ignore_errors=True)
    for name in (DATABASE, DURATIONS, state.path.name):
        (state.folder / name).unlink(missing_ok=True)
    print("ended and cleared")
    return 0


# --- looking ---

def dispatcher_status(state):
    with urllib.request.urlopen(f"{state.url('dispatcher')}/status", timeout=5) as reply:
        return json.load(reply)


def status(state, options):
    if not state.load() or not state.servers:
        print("the local cloud is not up")
        return 1
    for name, server in state.servers.items():
        print(f"{name:12} {'pid ' + str(server['pid']) if is_alive(server) else 'ENDED, see ' + server['log']:12} {server['url']}")
    for number, worker in enumerate(state.workers, 1):
        print(f"{'worker ' + str(number):12} {'pid ' + str(worker['pid']) if is_alive(worker) else 'ENDED, see ' + worker['log']}")
    for through, (source, target) in BUCKETS.items():
        print(f"{'buckets':12} s3://{source} -> {through} -> s3://{target}")
    if not all(is_alive(server) for server in state.servers.values()):
        return 1
    now = dispatcher_status(state)
    print(f"{'slots':12} {now['slots']} of at most {now['limit']}, {now['busy']} busy; events: {now['received']} received, "
          f"{now['waiting']} waiting, {now['done']} done, {now['dead']} dead letters"
          + (f" in {state.settings['dead_letters']}" if now["dead"] else ""))
    return 0


def show_environment(state, options):
    need_up(state)
    for name, value in own_variables(state).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def summary(state, options):
    need_up(state)
    print(record.in_words(record.summarize(record.read(state.settings["record"]))))
    return 0


def logs(state, options):
    """Of every slot since it is up: the function's own lines, and the emulator's REPORT of each event."""
    need_up(state)
    for path in slot_logs(state):
        sys.stdout.write(path.read_text(encoding="utf-8", errors="replace"))
    return 0


def slot_logs(state):
    return sorted(Path(state.settings["record"]).parent.glob("slots/*/log"), key=lambda path: int(path.parent.name))


# --- workers ---

def worker_command(state):
    return [state.settings["homeroom"], "worker", f"{state.url('nats')}/{STREAM}"]


def set_workers(state, wanted):
    """That many are running afterwards."""
    state.workers = [worker for worker in state.workers if is_alive(worker)]
    while len(state.workers) > wanted:
        worker = state.workers.pop()
        launch.end(worker["pid"], worker["start"], patience_s=WORKER_ACK_S)
    folder = state.folder / "workers"
    folder.mkdir(exist_ok=True)
    s3 = aws.S3(state.url("minio"), root_keys())
    while len(state.workers) < wanted:
        variables = {**launch.clean_environment(), **server_variables(state), **borrowed_variables(s3, "workers"),
                     "HOMEROOM_MODELS": state.settings["models"], **state.settings["set"]}
        log_path = folder / f"{time.time_ns()}.log"
        with open(log_path, "ab") as log:
            process = subprocess.Popen(worker_command(state), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables,
                                       cwd=folder, start_new_session=True)
        state.workers.append({"pid": process.pid, "start": launch.started_at(process.pid), "log": str(log_path)})
    state.save()


def workers(state, options):
    need_up(state)
    set_workers(state, options.count)
    time.sleep(0.5)  # one that cannot start ends at once
    return status(state, options)


# --- workload ---

def wait_for_slots(state, what, patience_s):
    """Until none is "busy", or there are no "slots" any more."""
    deadline = time.monotonic() + patience_s
    while dispatcher_status(state)[what] and time.monotonic() < deadline:
        time.sleep(0.2)


def tell_durations(state, pipe, sizes, patience_s):
    """What the slots say they were billed for, from the sizes that their logs had. The program opens the pipe when its
    reports are in, and a REPORT line comes after the report: until no slot is busy, some are missing."""
    with contextlib.suppress(BrokenPipeError), open(pipe, "wb") as out:
        wait_for_slots(state, "busy", patience_s)
        for path in slot_logs(state):
            with open(path, "rb") as log:
                log.seek(sizes.get(path, 0))
                shutil.copyfileobj(log, out)


def has_option(words, option):
    return any(word == option or word.startswith(f"{option}=") for word in words)


def workload(state, options):
    """The program's own workload, with the local cloud's buckets; its exit status is ours."""
    need_up(state)
    source, target = BUCKETS[options.through]
    words = list(options.words)
    for option, value in (("--input", f"s3://{source}"), ("--output", f"s3://{target}"), ("--videos", options.videos),
                          ("--mapping", options.mapping)):
        if value and not has_option(words, option):
            words = [option, str(value), *words]
    if options.through == "slots" and not has_option(words, "--durations"):
        pipe, sizes = state.folder / DURATIONS, {path: path.stat().st_size for path in slot_logs(state)}
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe, 0o600)
        words += ["--durations", str(pipe)]
        # A program that ends early never opens the pipe: nobody waits for this thread.
        threading.Thread(target=tell_durations, args=(state, pipe, sizes, options.wait_s), daemon=True).start()
    begin = time.time()
    process = subprocess.Popen([state.settings["homeroom"], "workload", *words],
                               env={**launch.clean_environment(), **own_variables(state)})
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program has it, too, and says how far it came
    code = process.wait()
    if options.through == "slots":
        wait_for_slots(state, "slots", options.wait_s)
        figures = record.summarize(record.read(state.settings["record"]), since=begin)
        print(record.in_words(figures), file=sys.stderr)  # standard output is the workload's
    return code if code >= 0 else 128 - code


# --- the command line ---

def pair(text):
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"NAME=VALUE is wanted, not '{text}'")
    return name, value


def delays(text):
    return [float(word) for word in text.split(",") if word]


def whole(lowest):
    def parse(text):
        number = int(text)
        if number < lowest:
            raise argparse.ArgumentTypeError(f"{lowest} or more, not {text}")
        return number
    return parse


def resolved(text):
    return Path(text).resolve()


def existing(path):
    return path if path.exists() else None


def parser():
    course = Path(os.environ.get("HOMEROOM_SHARED") or ROOT / ".." / "shared") / "classroom"
    top = argparse.ArgumentParser(prog="scripts/cloud", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--state", default=ROOT / "build" / "cloud", metavar="DIR", help="where everything lies (build/cloud)")
    commands = top.add_subparsers(dest="command", required=True)

    one = commands.add_parser("up", help="start it and fill it", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    one.set_defaults(call=up)
    what = one.add_mutually_exclusive_group()
    what.add_argument("--image", default=ROOT / "build" / "image", metavar="DIR", help="the function's image (OCI layout)")
    what.add_argument("--program", metavar="FILE", help="instead of an image: this program with 'lambda', in slots without limits")
    one.add_argument("--homeroom", type=resolved, default=ROOT / "build/release/bin/homeroom", metavar="FILE", help="program for the rest")
    one.add_argument("--models", type=resolved, default=ROOT / "build/models", metavar="DIR")
    one.add_argument("--limit", type=whole(1), default=4, help="most slots at a time")
    one.add_argument("--memory-mb", type=whole(128), default=launch.MB_PER_PROCESSOR, help="of a slot; its share of a processor goes by it")
    one.add_argument("--tmp-mb", type=whole(1), default=512, help="size of a slot's /tmp")
    one.add_argument("--timeout-s", type=whole(1), default=60, help="of one event")
    one.add_argument("--idle-s", type=float, default=10.0, help="a slot with nothing to do for so long is stopped")
    one.add_argument("--retry-delays-s", type=delays, default=[5.0, 10.0], metavar="S,S",
                     help="before the further tries of a failed event; Lambda has 60,120")
    one.add_argument("--students", type=Path, default=existing(course / "student_data.json"), metavar="FILE", help="student table")
    one.add_argument("--encoding", type=Path, default=existing(course / "encoding"), metavar="FILE", help="pickle of enrolled faces")
    one.add_argument("--db", type=Path, metavar="FILE", help="a database of homeroom's instead of --encoding")
    one.add_argument("--set", type=pair, action="append", default=[], metavar="NAME=VALUE", help="for the function's environment")

    one = commands.add_parser("down", help="end it and clear its folder")
    one.set_defaults(call=down)
    one.add_argument("--keep", action="store_true", help="leave logs, records and data where they are")
    for name, call, text in (("status", status, "what runs, and what it has done"),
                             ("summary", summary, "slots over time since it is up"),
                             ("logs", logs, "what the function said in its slots since it is up; workload --durations takes such a log"),
                             ("env", show_environment, "lines for a shell, to use the cloud by hand")):
        commands.add_parser(name, help=text).set_defaults(call=call)
    one = commands.add_parser("workers", help="have COUNT workers take events from the queue, outside of slots")
    one.set_defaults(call=workers)
    one.add_argument("count", type=whole(0))

    one = commands.add_parser("workload", help="homeroom workload with the local cloud's buckets", allow_abbrev=False, usage=(
        "scripts/cloud workload [--through slots|workers] [--wait-s S] [OPTION OF homeroom workload...]"))
    one.set_defaults(call=workload, videos=existing(course / "videos"), mapping=existing(course / "mapping"))
    one.add_argument("--through", choices=sorted(BUCKETS), default="slots")
    one.add_argument("--wait-s", type=float, default=60.0, help="for the slots to be stopped again, before the summary")
    return top


def main():
    top = parser()
    options, rest = top.parse_known_args()
    if rest and options.command != "workload":
        top.error(f"what is '{rest[0]}'?")
    options.words = rest
    if options.command == "up":
        options.set = dict(options.set)
    try:
        return options.call(State(options.state), options)
    except (CloudError, launch.LaunchError, aws.Refused, jetstream.JetStreamError, OSError) as error:
        print(f"cloud: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
