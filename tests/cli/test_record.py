"""record: a camera that comes and goes, a program that is killed, a disk that is full. The camera is an HTTP server that
sends what ffmpeg makes, as it makes it."""

import http.server
import resource
import socketserver
import threading

from harness import *

UNAVAILABLE = 15


class Camera(http.server.BaseHTTPRequestHandler):
    """Pictures as they come, ten a second, until somebody pulls the plug."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "video/mp2t")
        self.end_headers()
        making = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "quiet", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10", "-f", "lavfi", "-i",
                                   "sine", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10", "-c:a", "aac", "-f", "mpegts", "-"],
                                  stdout=subprocess.PIPE)
        self.server.making.append(making)
        try:
            while data := making.stdout.read1(65536):
                self.wfile.write(data)
        except OSError:
            pass
        finally:
            making.kill()
            making.wait()
            making.stdout.close()

    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Camera)
        self.making = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/live.ts"

    def pull_the_plug(self):
        self.shutdown()
        self.server_close()
        for making in self.making:
            making.kill()


class Record(Case):
    needs_models = False

    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(lambda: self.server.pull_the_plug())

    def seconds(self, path):
        """How long it plays, of pictures that can be decoded."""
        done = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_type,nb_read_frames", "-of", "csv=p=0", path],
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.stderr, "")
        lines = done.stdout.split()
        self.assertEqual([line.split(",")[0] for line in lines], ["video"])  # and no sound
        return int(lines[0].split(",")[1]) / 10

    def parts(self):
        return sorted((self.dir / "out").glob("*.mp4"))

    def test_a_part_plays_and_says_when_it_began(self):
        result = self.run_it("record", self.server.url, "--out", "out", "--seconds", 6, "--zone", "Asia/Tokyo")
        part, = self.parts()
        self.assertRegex(part.name, r"^camera_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.mp4$")
        self.assertIn(part.name, result.err)
        self.assertGreater(self.seconds(part), 2)
        self.assertEqual(part.stat().st_mode & 0o777, 0o600)
        said = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "format_tags=creation_time", "-of", "csv=p=0", part], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.strip()
        began = time.mktime(time.strptime(part.name[7:26], "%Y-%m-%d_%H-%M-%S")) - 9 * 3600  # Tokyo's clock
        self.assertLessEqual(abs(time.mktime(time.strptime(said[:19], "%Y-%m-%dT%H:%M:%S")) - began), 1)

    def test_what_was_there_when_it_was_killed_plays(self):
        process = self.start("record", self.server.url, "--out", "out")
        self.wait_for(lambda: any(path.stat().st_size > 20000 for path in (self.dir / "out").glob(".camera*")), process)
        time.sleep(2)
        process.kill()
        process.communicate()
        hidden, = (self.dir / "out").glob(".camera*.homeroom-part")
        self.assertGreater(self.seconds(hidden), 1)
        self.assertEqual(self.parts(), [])
        result = self.run_it("record", self.server.url, "--out", "out", "--seconds", 4)
        self.assertIn("left by a program that was killed", result.err)
        self.assertEqual(len(self.parts()), 2)
        self.assertEqual(list((self.dir / "out").glob(".camera*")), [])

    def test_a_camera_that_goes_and_comes_back(self):
        process = self.start("record", self.server.url, "--out", "out")
        hidden = lambda: [path for path in (self.dir / "out").glob(".camera*") if path.stat().st_size > 20000]
        port = self.server.server_port
        for gone in range(2):
            self.wait_for(hidden, process)
            self.server.pull_the_plug()
            self.wait_for(lambda: len(self.parts()) == gone + 1, process)
            time.sleep(1)
            self.server = Server(port)
        self.wait_for(hidden, process)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        result = self.finish(process, OK)
        self.assertEqual(len(self.parts()), 3)
        for part in self.parts():
            self.assertGreater(self.seconds(part), 0.5)
        self.assertEqual(result.err.count("no picture: "), 2)
        self.assertEqual(result.err.count("the picture is back after "), 2)

    def test_a_full_disk(self):
        def little():
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

        result = self.run_it("record", self.server.url, "--out", "out", "--seconds", 60, status=IO, preexec_fn=little)
        self.assertIn("writing 'out/", result.err)
        part, = self.parts()
        self.assertGreater(self.seconds(part), 0.5)

    def test_by_the_timetable(self):
        (self.dir / "class.csv").write_text("id,name\n1,Ada\n")
        now = time.time()
        day = time.strftime("%a", time.gmtime(now)).lower()
        start, end = time.gmtime(now - 60), time.gmtime(now + 120)
        if start.tm_yday != end.tm_yday or (end.tm_hour, end.tm_min) < (start.tm_hour, start.tm_min):
            self.skipTest("a lesson over midnight is none")
        self.run_it("import", "students", "class.csv")
        self.run_it("class", "new", "8b", "--zone", "UTC")
        self.assertIn("meets at no time", self.run_it("record", self.server.url, "--class", "8b", "--out", "out", status=NOT_FOUND).err)
        self.run_it("class", "meets", "8b", day, f"{start.tm_hour:02}:{start.tm_min:02}-{end.tm_hour:02}:{end.tm_min:02}")
        self.run_it("record", self.server.url, "--class", "8b", "--out", "out", "--seconds", 5)
        part, = self.parts()
        self.assertTrue(part.name.startswith("8b_"))
        other = time.strftime("%a", time.gmtime(now + 2 * 86400)).lower()
        self.run_it("class", "meets", "8b", day, f"{start.tm_hour:02}:{start.tm_min:02}-{end.tm_hour:02}:{end.tm_min:02}", "--not-any-more")
        self.run_it("class", "meets", "8b", other, "08:00-08:45")
        result = self.run_it("record", self.server.url, "--class", "8b", "--out", "out", "--seconds", 1)
        self.assertIn("the next lesson is recorded from ", result.err)
        self.assertIn("07:59:00", result.err)
        self.assertEqual(len(self.parts()), 1)

    @unittest.skipUnless("HOMEROOM_FAKE_CAMERA" in os.environ, "HOMEROOM_FAKE_CAMERA names the library that plays a camera")
    def test_a_camera_of_this_machine(self):
        """Its plug is pulled after twelve pictures; then it is there again."""
        env = {"LD_PRELOAD": os.environ["HOMEROOM_FAKE_CAMERA"], "ASAN_OPTIONS": "verify_asan_link_order=0",
               "FAKE_CAMERA_PICTURE": PHOTOS / "obama.jpg", "FAKE_CAMERA_COUNT": 12}
        result = self.run_it("record", "/dev/video0", "--out", "out", "--seconds", 5, env=env, status=None)
        self.assertIn("no picture: recording: No such device", result.err)
        self.assertIn("the picture is back", result.err)
        first = self.parts()[0]
        probed = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames",
                                 "-of", "csv=p=0", first], check=True, stdout=subprocess.PIPE, text=True).stdout
        codec, frames = probed.strip().split(",")
        self.assertEqual(codec, "mjpeg")
        self.assertIn(int(frames), (11, 12))  # the one that lay there when it was opened is not of now
        self.assertIn("no picture at its end", self.run_it("record", "/dev/video9", "--out", "out", "--seconds", 1, status=UNAVAILABLE).err)

    def test_what_is_refused(self):
        for url, status, text in (("rtsp://192.0.2.1/cam", PERMISSION, "--insecure"), ("http://camera.example/", PERMISSION, "--insecure"),
                                  ("gopher://127.0.0.1/", ARGUMENT, "a camera is called"), ("http://127.0.0.1:9/x", UNAVAILABLE, "no picture at its end")):
            with self.subTest(url):
                self.assertIn(text, self.run_it("record", url, "--out", "out", "--seconds", 1, status=status).err)


if __name__ == "__main__":
    main()
