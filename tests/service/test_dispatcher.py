"""The dispatcher of the local cloud, with a stand-in for the function: nothing lost, slots come and go, failures end
where they can be found."""

from servers import *

import dispatcher
import record
import slots

STAND_IN = str(ROOT / "tests/service/stand_in.py")
LIMIT = 4
DELAYS_S = (0.2, 0.4)


def notification(key, bucket="videos"):
    return {"EventName": "s3:ObjectCreated:Put", "Key": f"{bucket}/{key}",
            "Records": [{"eventSource": "minio:s3", "s3": {"bucket": {"name": bucket}, "object": {"key": key}}}]}


def plain(folder, **settings):
    """Slots without limits: quick."""
    variables = {"DONE": str(folder / "done"), "WORK_MS": "150"}
    return Dispatcher(folder, {"kind": "plain", "command": [sys.executable, STAND_IN]}, variables, limit=LIMIT,
                      retry_delays_s=DELAYS_S, **{"idle_s": 0.5, "timeout_s": 2, **settings})


def boxed(folder):
    """Slots under runc; this machine's own programs, mounted read-only, are the stand-in's image."""
    root = folder / "bundle" / "rootfs"
    for name in ("proc", "dev", "tmp", "usr", "out", "stand-in"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    done = folder / "out"
    done.mkdir()
    done.chmod(0o777)
    configuration = {"ociVersion": "1.0.2", "root": {"path": "rootfs"}, "process": {
        "user": {"uid": 993, "gid": 990}, "cwd": "/", "args": ["/usr/bin/python3", "/stand-in/stand_in.py"],
        "env": ["PATH=/usr/bin", "TERM=xterm", "GREETING=from the image"]}}
    (folder / "bundle" / "config.json").write_text(json.dumps(configuration))
    mounts = [{"destination": to, "type": "bind", "source": str(source), "options": ["rbind", access]}
              for to, source, access in (("/usr", "/usr", "ro"), ("/stand-in", Path(STAND_IN).parent, "ro"), ("/out", done, "rw"))]
    box = {"kind": "runc", "bundle": str(folder / "bundle"), "tmp_mb": 16, "mounts": mounts}
    return Dispatcher(folder, box, {"DONE": "/out/done"}, limit=2, memory_mb=256, timeout_s=5, idle_s=0.5, retry_delays_s=(0.1,))


class DispatcherCase(ServiceCase):
    def settle(self, received):
        """Waits until every event has come to its end and no slot is left."""
        def settled():
            status = self.dispatcher.status()
            return status["done"] + status["dead"] == received and status["slots"] == 0 and status
        return wait_until(settled, f"{received} events to end: {self.dispatcher.status()}", 60)

    def lines(self, path):
        return record.read(path) if path.exists() else []

    def worked_on(self):
        done = Path(self.done)
        return [json.loads(line) for line in done.read_text(encoding="utf-8").splitlines()] if done.exists() else []


class Plain(DispatcherCase):
    """Each test has a dispatcher of its own."""

    def setUp(self):
        try:
            self.start()
        except NotInstalled as error:
            ServiceCase.lacking = True
            print(f"SKIPPED: {error}", file=sys.stderr)
            self.skipTest(str(error))

    def start(self, **settings):
        folder = self.folder / self.id().rpartition(".")[2]
        self.dispatcher = plain(folder, **settings)
        self.done = folder / "done"
        self.addCleanup(self.dispatcher.stop)
        self.dispatcher.start()

    def test_burst(self):
        """30 at once: all handled, as many slots as allowed and no more, and none in the end."""
        keys = [f"test_{number}.mp4" for number in range(30)]
        for key in keys:
            self.dispatcher.send(notification(key))
        self.assertEqual(self.settle(30)["done"], 30)
        self.assertEqual(sorted(line["key"] for line in self.worked_on()), sorted(keys))
        lines = self.lines(self.dispatcher.record)
        slots = [line["slots"] for line in lines if "slots" in line]
        self.assertEqual((slots[0], max(slots), slots[-1]), (0, LIMIT, 0))
        figures = record.summarize(lines)
        self.assertEqual((figures["invocations"], figures["succeeded"], figures["cold_starts"]), (30, 30, LIMIT))
        self.assertEqual(len({line["pid"] for line in self.worked_on()}), LIMIT, "a slot keeps its function")
        self.assertIn(f"0 -> {LIMIT} in ", record.in_words(figures))

    def test_one_event_at_a_time(self):
        for number in range(12):
            self.dispatcher.send(notification(str(number)))
        self.settle(12)
        spans = {}
        for line in self.lines(self.dispatcher.record):
            if "invocation" in line:
                spans.setdefault(line["slot"], []).append((line["time"] - line["took_ms"] / 1000, line["time"]))
        for of_one_slot in spans.values():
            for (_, end), (begin, _) in zip(of_one_slot, of_one_slot[1:]):
                self.assertGreaterEqual(begin, end - 0.01)

    def test_failure_is_tried_twice_more_and_then_a_dead_letter(self):
        self.dispatcher.send(notification("fail ä.mp4"))
        self.dispatcher.send(notification("good.mp4"))
        status = self.settle(2)
        self.assertEqual((status["done"], status["dead"]), (1, 1))
        tries = [line for line in self.lines(self.dispatcher.record) if line.get("invocation") == "videos/fail ä.mp4"]
        self.assertEqual([line["attempt"] for line in tries], [1, 2, 3])
        for delay_s, earlier, later in zip(DELAYS_S, tries, tries[1:]):
            self.assertGreaterEqual(later["time"] - later["took_ms"] / 1000 - earlier["time"], delay_s - 0.05)
        letter, = self.lines(self.dispatcher.dead_letters)
        self.assertEqual((letter["attempts"], letter["event"]), (3, notification("fail ä.mp4")))
        self.assertIn("ValueError: cannot work on fail ä.mp4", letter["reason"])

    def test_function_that_ends_or_takes_too_long(self):
        self.dispatcher.send(notification("crash.mp4"))
        self.dispatcher.send(notification("slow.mp4"))
        self.dispatcher.send(notification("good.mp4"))
        status = self.settle(3)
        self.assertEqual((status["done"], status["dead"]), (1, 2))
        reasons = {letter["event"]["Key"]: letter["reason"] for letter in self.lines(self.dispatcher.dead_letters)}
        self.assertIn("ended without an answer", reasons["videos/crash.mp4"])
        self.assertIn("Task timed out after 2.00 seconds", reasons["videos/slow.mp4"])

    def test_only_who_knows_the_token_is_heard(self):
        self.dispatcher.token = "guessed"
        with self.assertRaises(launch.urllib.error.HTTPError) as caught:
            self.dispatcher.send(notification("a.mp4"))
        self.assertEqual(caught.exception.code, 403)
        self.assertEqual(self.dispatcher.status()["received"], 0)

    def test_end_breaks_off_and_leaves_no_process(self):
        self.dispatcher.send(notification("slow.mp4"))
        wait_until(lambda: self.dispatcher.status()["busy"] == 1, "the event to be worked on")
        starts = self.tasks()
        self.dispatcher.stop()
        wait_until(lambda: not any(launch.started_at(pid) == start for pid, start in starts.items()), "the slots to be gone", 10)

    def tasks(self):
        """The processes that any thread of the dispatcher has started, and when."""
        folder = Path(f"/proc/{self.dispatcher.pid}/task")
        found = [int(pid) for task in folder.iterdir() for pid in (task / "children").read_text(encoding="ascii").split()]
        self.assertTrue(found)
        return {pid: launch.started_at(pid) for pid in found}

    def test_killed_dispatcher_leaves_no_process(self):
        self.dispatcher.send(notification("slow.mp4"))
        wait_until(lambda: self.dispatcher.status()["busy"] == 1, "the event to be worked on")
        starts = self.tasks()
        self.dispatcher.kill()
        wait_until(lambda: not any(launch.started_at(pid) == start for pid, start in starts.items()), "the slots to be gone", 10)


class FromS3(DispatcherCase):
    """MinIO's own notifications."""

    servers = {"dispatcher": plain}

    def test_uploads(self):
        minio = Minio(self.folder / "minio", webhooks={"SLOTS": self.dispatcher.webhook})
        self.started.append(minio)
        s3 = s3_of(minio.start())
        self.done = self.dispatcher.folder / "done"
        s3.make_bucket("videos")
        s3.notify("videos", "SLOTS:webhook")
        keys = [f"Stunde {number}/ä+.mp4" for number in range(10)]
        for key in keys:
            s3.put("videos", key, b"video")
        self.assertEqual(self.settle(10)["done"], 10)
        seen = [line["invocation"] for line in self.lines(self.dispatcher.record) if "invocation" in line]
        self.assertEqual(sorted(seen), sorted(f"videos/{key}" for key in keys))


class Boxed(DispatcherCase):
    """What runc holds a slot to."""

    servers = {"dispatcher": boxed}

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("limits need root")
        super().setUpClass()
        cls.done = cls.dispatcher.folder / "out" / "done"

    def test_surroundings(self):
        self.dispatcher.send(notification("where"))
        self.settle(self.dispatcher.status()["received"])
        answer = next(line["answer"] for line in self.worked_on() if line["key"] == "where")
        self.assertEqual(answer, {"uid": 993, "root_writable": False, "tmp_writable": True, "memory_mb": "256",
                                  "greeting": "from the image"})

    def test_too_much_memory(self):
        self.dispatcher.send(notification("eat.mp4"))
        self.settle(self.dispatcher.status()["received"])
        letter, = self.lines(self.dispatcher.dead_letters)
        self.assertEqual((letter["event"]["Key"], letter["attempts"]), ("videos/eat.mp4", 2))
        self.assertIn("killed", letter["reason"])

    def test_processor_share(self):
        """Only what was asked for, and what the kernel says that it gives."""
        configuration = slots.box_configuration(self.dispatcher.folder / "bundle", {**self.dispatcher.given, "emulator": "/x"}, [])
        cpu = configuration["linux"]["resources"]["cpu"]
        self.assertAlmostEqual(cpu["quota"] / cpu["period"], 256 / 1769, places=3)


class NoSlot(unittest.TestCase):
    def test_slot_that_cannot_start_ends_in_a_dead_letter(self):
        """And not in a loop."""
        folder = Path(tempfile.mkdtemp(prefix="homeroom-service-"))
        self.addCleanup(shutil.rmtree, folder)

        class Broken:
            def __init__(self, number, settings):
                self.number = number

            def start(self):
                raise slots.SlotError("no such image")

        settings = {"state": str(folder), "limit": 2, "idle_s": 0.1, "retry_delays_s": [0.05, 0.05]}
        broken = dispatcher.Dispatcher(settings, Broken)
        runner = dispatcher.threading.Thread(target=broken.run)
        runner.start()
        broken.offer(notification("a.mp4"))
        wait_until(lambda: broken.status()["dead"] == 1, "the dead letter")
        broken.end()
        runner.join(10)
        self.assertFalse(runner.is_alive())
        self.assertEqual((broken.slots_made, record.read(folder / "dead-letters.jsonl")[0]["reason"]), (3, "no such image"))


class Summary(unittest.TestCase):
    def test_figures(self):
        lines = [{"time": 10.0, "slots": 0, "busy": 0, "waiting": 1}, {"time": 10.0, "slots": 1, "busy": 0, "waiting": 1},
                 {"time": 11.0, "slots": 2, "busy": 1, "waiting": 0},
                 {"time": 12.0, "invocation": "b/k", "attempt": 1, "cold": True, "reason": None, "waited_ms": 5, "took_ms": 2000},
                 {"time": 13.0, "invocation": "b/l", "attempt": 2, "cold": False, "reason": "x", "waited_ms": 7, "took_ms": 10},
                 {"time": 13.0, "dead": "b/l", "reason": "x"}, {"time": 16.0, "slots": 0, "busy": 0, "waiting": 0}]
        figures = record.summarize(lines)
        self.assertEqual((figures["slots_highest"], figures["seconds_to_highest"], figures["seconds_to_none"]), (2, 1.0, 3.0))
        self.assertEqual((figures["invocations"], figures["succeeded"], figures["retries"], figures["dead_letters"]), (2, 1, 1, 1))
        self.assertEqual((figures["columns"][0], figures["columns"][5], figures["columns"][30]), (1, 1, 2))
        self.assertEqual(record.summarize(lines, since=12.5)["invocations"], 1)

    def test_nothing(self):
        self.assertEqual(record.in_words(record.summarize([])), "nothing was invoked")


if __name__ == "__main__":
    main()
