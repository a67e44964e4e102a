"""scripts/cloud: up, used and down again, with stand-ins for the program and what it is given."""

import threading
from unittest import mock

from servers import *

import cloud

PROGRAM = ROOT / "tests/service/stand_in_homeroom.py"


class Cloud(unittest.TestCase):
    """One cloud for all tests; the tests are in the order of their names."""

    @classmethod
    def setUpClass(cls):
        try:
            for name in ("minio", "dynamodb", "emulator"):
                launch.installed(name)
        except NotInstalled as error:
            ServiceCase.lacking = True
            print(f"SKIPPED: {error}", file=sys.stderr)
            raise unittest.SkipTest(str(error)) from error
        cls.folder = Path(tempfile.mkdtemp(prefix="homeroom-cloud-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name in ("students", "encoding", "mapping"):
            (cls.folder / name).write_text(name)
        cls.addClassCleanup(cls.run_cloud, "down")
        done = cls.run_cloud("up", "--program", PROGRAM, "--homeroom", PROGRAM, "--students", cls.folder / "students",
                             "--encoding", cls.folder / "encoding", "--limit", 3, "--idle-s", 1, "--retry-delays-s", "0.1,0.1")
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    @classmethod
    def run_cloud(cls, *words):
        command = [sys.executable, "-B", ROOT / "tools/cloud/cloud.py", "--state", cls.folder / "state", *map(str, words)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False)

    def cloud(self, *words, status=0):
        done = self.run_cloud(*words)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def kept(self):
        return json.loads((self.folder / "state" / "state.json").read_text())

    def s3(self):
        return aws.S3(self.kept()["servers"]["minio"]["url"], ROOT_KEYS)

    def test_1_is_up(self):
        self.assertIn("slots        0 of at most 3", self.cloud("status").stdout)
        self.assertIn("up already", self.cloud("up", "--program", PROGRAM).stdout)
        self.assertEqual((self.folder / "state").stat().st_mode & 0o77, 0, "the folder holds keys")
        self.assertIn("export AWS_ENDPOINT_URL_S3=http://127.0.0.1:", self.cloud("env").stdout)
        tables = aws.DynamoDB(self.kept()["servers"]["dynamodb"]["url"], ROOT_KEYS).call("ListTables")["TableNames"]
        self.assertEqual(tables, ["students"])

    def test_2_workload(self):
        done = self.cloud("workload", "--count", "12", "--mapping", self.folder / "mapping", "--videos", "v", "--rate=3")
        said = json.loads(done.stdout)
        self.assertEqual(said, {"token": False, "words": [
            "--output", "s3://classroom-output", "--input", "s3://classroom-input", "--count", "12",
            "--mapping", str(self.folder / "mapping"), "--videos", "v", "--rate=3",
            "--durations", str(self.folder / "state" / "durations")], "billed": 12})
        self.assertIn("invocations   12: 12 succeeded", done.stderr)
        self.assertRegex(done.stderr, r"instances     0 -> [123] in .* -> 0, ")
        self.assertEqual(self.s3().get("classroom-output", "Stunde 3.mp4.csv"), b"VIDEO")
        self.assertEqual(self.cloud("logs").stdout.count("REPORT RequestId"), 12)

    def test_3_exit_status_is_the_workload_s(self):
        self.cloud("workload", "--count", "1", "--status", "9", status=9)

    def test_4_failure_is_kept(self):
        self.s3().put("classroom-input", "x.mp4", b"bad")
        wait_until(lambda: "1 dead letters" in self.cloud("status").stdout, "the dead letter")
        self.assertIn("ValueError: x.mp4 is bad", Path(self.kept()["settings"]["dead_letters"]).read_text())

    def test_5_workers_and_one_killed(self):
        self.assertEqual(self.cloud("workers", 3).stdout.count("worker "), 3)
        pid = self.kept()["workers"][0]["pid"]
        os.kill(pid, launch.signal.SIGKILL)
        wait_until(lambda: launch.started_at(pid) is None, "the worker to be gone")
        done = self.cloud("workload", "--through", "workers", "--count", "20")
        self.assertIn("s3://worker-input", json.loads(done.stdout)["words"])
        self.assertEqual(len(self.s3().keys_of("worker-output", "Stunde")), 20)
        self.assertNotIn("worker ", self.cloud("workers", 0).stdout)

    def test_6_a_server_that_ended_is_named(self):
        dynamodb = self.kept()["servers"]["dynamodb"]
        launch.end(dynamodb["pid"], dynamodb["start"])
        self.assertIn("ENDED", self.cloud("status", status=1).stdout)
        self.assertIn("dynamodb ended by itself", self.cloud("workload", status=1).stderr)

    def test_7_down_ends_everything_and_clears(self):
        processes = list(self.kept()["servers"].values())
        (self.folder / "state" / "mine").write_text("not the cloud's")
        self.cloud("down")
        self.assertFalse([one for one in processes if launch.started_at(one["pid"]) == one["start"]])
        self.assertEqual(os.listdir(self.folder / "state"), ["mine"])
        self.assertIn("not up", self.cloud("status", status=1).stdout)
        self.assertIn("scripts/cloud up", self.cloud("workload", status=1).stderr)


class Durations(unittest.TestCase):
    """What the workload is told of the slots' logs."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="homeroom-cloud-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def test_all_that_is_new_and_the_last_line_too(self):
        state = cloud.State(self.folder)
        state.settings = {"record": str(self.folder / "record")}
        for number in (1, 2):
            (self.folder / f"slots/{number}").mkdir(parents=True)
        first, second = (self.folder / f"slots/{number}/log" for number in (1, 2))
        first.write_text("an earlier run's\n")
        sizes = {path: path.stat().st_size for path in cloud.slot_logs(state)}
        second.write_text("one\n")
        os.mkfifo(self.folder / "pipe")
        busy = [1, 1, 0]

        def status(_):
            if busy[0] == 0:
                first.write_text("an earlier run's\ntwo\n")  # after the report
            return {"busy": busy.pop(0)}

        with mock.patch.object(cloud, "dispatcher_status", status):
            thread = threading.Thread(target=cloud.tell_durations, args=(state, self.folder / "pipe", sizes, 60), daemon=True)
            thread.start()
            self.assertEqual((self.folder / "pipe").read_text(), "two\none\n")
            thread.join()


class Image(unittest.TestCase):
    """Which image of a layout is taken."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="homeroom-cloud-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def layout(self, *images):
        """As image tools write it: what machine an image is for stands in its configuration only."""
        def blob(name, content):
            path = self.folder / "blobs" / "sha256" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))
            return {"digest": f"sha256:{name}"}

        manifests = [{**blob(tag, {"config": blob(f"{tag}-configuration", {"architecture": machine})}),
                      "annotations": {"org.opencontainers.image.ref.name": tag}} for tag, machine in images]
        (self.folder / "index.json").write_text(json.dumps({"manifests": manifests}))
        return cloud.image_tag(self.folder)

    def test_this_machine_s(self):
        mine = cloud.MACHINES[cloud.platform.machine()]
        self.assertEqual(self.layout(("other", "s390x"), ("mine", mine)), ("mine", "sha256:mine"))

    def test_none(self):
        with self.assertRaisesRegex(cloud.CloudError, "no tagged image for"):
            self.layout(("other", "s390x"))
        with self.assertRaisesRegex(cloud.CloudError, "scripts/image"):
            cloud.image_tag(self.folder / "nowhere")


if __name__ == "__main__":
    main()
