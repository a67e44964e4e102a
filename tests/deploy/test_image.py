"""The image, as scripts/image builds it: what is in it, that it runs from its own files alone, read-only and as nobody,
and that the arm64 program gives the same answer under user-mode emulation.

Needs root, umoci, runc and qemu-aarch64-static, and minutes the first time; HOMEROOM_SHARED: the folder with the course's
videos. Skipped, loudly, without them.
"""

import hashlib
import json
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

SOURCE = Path(os.environ["HOMEROOM_SOURCE"])
sys.path.insert(0, str(Path(__file__).parent))
from test_sbom import problems

LAYOUT = SOURCE / "build" / "image"
SHARED = os.environ.get("HOMEROOM_SHARED")
NATIVE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
LARGEST_MB = 64
WORK = Path(tempfile.mkdtemp(prefix="homeroom-image-"))
VIDEOS = {  # what the image's own FFmpeg has to read, sound beside it; as the machine's ffmpeg makes them
    "h264.mp4": ["-c:v", "libx264", "-c:a", "aac"],
    "hevc.mkv": ["-c:v", "libx265", "-x265-params", "log-level=none", "-c:a", "libopus"],
    "vp8.webm": ["-c:v", "libvpx", "-c:a", "libvorbis"],
    "vp9.webm": ["-c:v", "libvpx-vp9", "-c:a", "libopus"],
    "av1.mp4": ["-c:v", "libsvtav1", "-c:a", "aac"],
    "mpeg4.avi": ["-c:v", "mpeg4", "-c:a", "libmp3lame"],
    "mpeg2.ts": ["-c:v", "mpeg2video", "-c:a", "mp2"],
    "mpeg2.mpg": ["-c:v", "mpeg2video", "-c:a", "mp2"],
    "h264.flv": ["-c:v", "libx264", "-c:a", "aac"],
    "wmv.asf": ["-c:v", "wmv2", "-c:a", "wmav2"],
    "theora.ogv": ["-c:v", "libtheora", "-c:a", "libvorbis"],
    "h263.3gp": ["-s", "352x288", "-c:v", "h263", "-an"],
    "mjpeg.mov": ["-c:v", "mjpeg", "-c:a", "pcm_s16le"],
    "prores.mov": ["-c:v", "prores_ks", "-an"],
    "ffv1.mkv": ["-c:v", "ffv1", "-c:a", "flac"],
    "h264.h264": ["-c:v", "libx264", "-an"],
}  # fmt: skip


def run(*command, **more):
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def must(*command, **more):
    done = run(*command, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def setUpModule():
    missing = [tool for tool in ("umoci", "runc", "qemu-aarch64-static", "ffmpeg") if shutil.which(tool) is None]
    if os.geteuid() != 0 or NATIVE is None or missing:
        print(f"SKIPPED: the image is not tested: root is needed, and {missing or 'nothing else'}", file=sys.stderr)
        sys.exit(77)
    unittest.addModuleCleanup(shutil.rmtree, WORK, ignore_errors=True)
    done = subprocess.run([SOURCE / "scripts/image", "--arch", "all"])
    assert done.returncode == 0, "scripts/image failed"
    for arch in TRIPLETS:
        must("umoci", "unpack", "--image", f"{LAYOUT}:{arch}", WORK / arch)
    (WORK / "data").mkdir()
    (WORK / "data").chmod(0o777)


def root_of(arch):
    return WORK / arch / "rootfs"


def config_of(arch):
    def blob(descriptor):
        return json.loads((LAYOUT / "blobs" / descriptor["digest"].replace(":", "/")).read_text())

    index = json.loads((LAYOUT / "index.json").read_text())
    descriptor, = [one for one in index["manifests"] if one["annotations"]["org.opencontainers.image.ref.name"] == arch]
    manifest = blob(descriptor)
    return descriptor, manifest, blob(manifest["config"])


def boxed(arch, *words, data=WORK / "data", program=None):
    """Runs the program (or another) in a box as Lambda's: read-only, its own /tmp, no privileges, the image's user; data at /mnt."""
    bundle = WORK / f"box-{arch}"
    bundle.mkdir(exist_ok=True)
    config = json.loads((WORK / arch / "config.json").read_text())
    (root_of(arch) / "mnt").mkdir(exist_ok=True)
    config["process"]["terminal"] = False
    arguments = [program or config["process"]["args"][0], *map(str, words)]
    mounts = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755", "size=64k"]},
        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777", "size=512m"]},
        {"destination": "/mnt", "type": "bind", "source": str(data), "options": ["rbind", "rw"]},
    ]
    if arch != NATIVE:  # the emulator is static: all else comes from the image
        (root_of(arch) / ".emulator").touch()
        mounts.append({"destination": "/.emulator", "type": "bind", "source": shutil.which("qemu-aarch64-static"), "options": ["bind", "ro"]})
        arguments = ["/.emulator", *arguments]
    config["process"] |= {"args": arguments, "capabilities": {}, "noNewPrivileges": True, "rlimits": []}
    config |= {"root": {"path": str(root_of(arch)), "readonly": True}, "mounts": mounts}
    config["linux"] = {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network")],
                       "resources": {"memory": {"limit": 1769 << 20}}}
    (bundle / "config.json").write_text(json.dumps(config))
    return run("runc", "run", "--bundle", bundle, f"homeroom-image-{os.getpid()}-{arch}-{time.monotonic_ns()}")


class Contents(unittest.TestCase):
    def each(self):
        for arch in TRIPLETS:
            with self.subTest(arch):
                yield arch

    def test_configuration(self):
        for arch in self.each():
            descriptor, manifest, config = config_of(arch)
            self.assertEqual(descriptor["platform"]["architecture"], arch)
            self.assertEqual((config["architecture"], config["os"]), (arch, "linux"))
            self.assertEqual(config["created"], "1970-01-01T00:00:00Z")
            self.assertEqual(config["config"]["Entrypoint"], ["/usr/bin/homeroom"])
            self.assertEqual(config["config"]["Cmd"], ["lambda"])
            self.assertEqual(config["config"]["User"], "65532:65532")
            self.assertLessEqual(len(manifest["layers"]), 6)

    def test_everything_is_listed_and_nothing_else(self):
        for arch in self.each():
            document = json.loads((root_of(arch) / "usr/share/doc/homeroom/sbom.spdx.json").read_text())
            self.assertEqual(problems(document), [])
            self.assertEqual(document, json.loads((SOURCE / f"build/image-{arch}.spdx.json").read_text()))
            listed = {one["fileName"]: one["checksums"][1]["checksumValue"] for one in document["files"]}
            there = {f"./{path.relative_to(root_of(arch))}": hashlib.sha256(path.read_bytes()).hexdigest()
                     for path in root_of(arch).rglob("*")
                     if path.is_file() and path.name not in ("sbom.spdx.json", ".emulator")}
            self.assertEqual(listed, there)
            names = {one["name"] for one in document["packages"]}
            self.assertLessEqual({"homeroom", "ffmpeg", "libheif", "curl", "xxhash", "libc6", "libssl3", "ca-certificates",
                                  *("model-" + path.stem for path in (SOURCE / "build/models").glob("*.hrm"))}, names)
            versions = {one["name"]: one["versionInfo"] for one in document["packages"] if "versionInfo" in one}
            self.assertIn("+deb12u", versions["ffmpeg"])

    def test_small_readable_and_harmless(self):
        for arch in self.each():
            total = 0
            for path in root_of(arch).rglob("*"):
                mode = path.lstat().st_mode
                self.assertFalse(mode & (stat.S_ISUID | stat.S_ISGID), path)
                self.assertFalse(stat.S_ISLNK(mode) and "bin" in path.parts, path)
                if path.is_dir():
                    self.assertEqual(mode & 0o555, 0o555, path)
                else:
                    self.assertEqual(mode & 0o444, 0o444, path)
                    self.assertEqual(mode & 0o022, 0, path)
                    total += path.stat().st_size
            self.assertLess(total, LARGEST_MB * 1e6)
            self.assertEqual([path.name for path in (root_of(arch) / "usr/bin").iterdir()], ["homeroom"], "no shell, no tool")

    def test_hardened(self):
        for arch in self.each():
            text = must("readelf", "--wide", "--dynamic", "--program-headers", root_of(arch) / "usr/bin/homeroom")
            for wanted in ("GNU_RELRO", "DF_1_NOW" if "DF_1_NOW" in text else "NOW", "PIE"):
                self.assertIn(wanted, text)
            self.assertNotIn("RUNPATH", text)

    def test_a_registry_takes_it(self):
        registry = shutil.which("docker-registry")
        if registry is None or shutil.which("skopeo") is None:
            self.skipTest("there is no docker-registry")
        import socket
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = WORK / "registry.yml"
        settings.write_text(f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {WORK}/registry}}}}\n"
                            f"http: {{addr: '127.0.0.1:{port}'}}\nlog: {{level: error}}\n")
        server = subprocess.Popen([registry, "serve", settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        target = f"127.0.0.1:{port}/homeroom:1"
        said = must(SOURCE / "scripts/image", "--arch", NATIVE, "--push", target, "--plain-http")
        told = json.loads(must("skopeo", "inspect", "--tls-verify=false", f"docker://{target}"))
        self.assertEqual(told["Digest"], config_of(NATIVE)[0]["digest"])
        self.assertIn(f"127.0.0.1:{port}/homeroom@{told['Digest']}", said)
        self.assertEqual(told["Architecture"], NATIVE)


class Running(unittest.TestCase):
    def test_version(self):
        said = set()
        for arch in TRIPLETS:
            done = boxed(arch, "version")
            self.assertEqual(done.returncode, 0, done.stderr)
            for codec in ("h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "jpeg", "png", "webp", "heic"):
                self.assertIn(codec, done.stdout.split("; not")[0])
            said.add(done.stdout)
        self.assertEqual(len(said), 1, "both were built from the same")

    def test_whoever_decodes_can_do_nothing_else(self):
        """The tries of tests/sandbox/escape.c, from inside the box; linked to nothing, as the image has no cmocka."""
        sources = [SOURCE / "tests/sandbox/escape.c", *sorted((SOURCE / "src/sandbox").glob("*.c")), SOURCE / "src/base/status.c"]
        must("gcc", "-std=c17", "-D_GNU_SOURCE", "-DHR_VERSION=\"test\"", "-static", f"-I{SOURCE}/include", f"-I{SOURCE}/src",
             "-o", WORK / "data" / "escape", *sources, "-lseccomp")
        done = boxed(NATIVE, program="/mnt/escape")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("user 65532: limits, no new privileges, Landlock, system calls\n", done.stdout)
        self.assertGreater(done.stdout.count("Operation not permitted"), 30)
        self.assertNotIn("SUCCEEDED", done.stdout)
        said = boxed(NATIVE, "doctor", "--db", "/mnt/none.db").stdout
        self.assertIn("videos are decoded in a process apart: limits, no new privileges, Landlock, system calls", said)

    def test_nothing_can_be_written_but_tmp(self):
        done = boxed(NATIVE, "import", "students", "/etc/passwd", "--db", "/opt/homeroom/x.db")
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse((root_of(NATIVE) / "opt/homeroom/x.db").exists())

    def test_videos_of_all_kinds(self):
        photos = SOURCE / "build/photos"
        data = WORK / "kinds"
        data.mkdir()
        data.chmod(0o777)
        tested = []
        for name, options in VIDEOS.items():
            made = run("ffmpeg", "-v", "error", "-nostdin", "-y", "-loop", "1", "-framerate", "5", "-t", "2", "-i", photos / "obama.jpg",
                       "-f", "lavfi", "-t", "2", "-i", "sine=frequency=440", "-vf", "scale=640:480,format=yuv420p", "-shortest",
                       *options, data / name)
            if made.returncode != 0:
                print(f"SKIPPED: this machine's ffmpeg cannot make {name}: {made.stderr.strip()[-120:]}", file=sys.stderr)
                (data / name).unlink(missing_ok=True)
                continue
            tested.append(name)
        self.assertGreaterEqual(len(tested), 12)
        shutil.copy(photos / "obama.jpg", data / "44.jpg")
        (data / "class.csv").write_text("id,name,major,year\n44,Barack Obama,constitutional_law,senior\n")
        for words in (["import", "students", "/mnt/class.csv"], ["enroll", "44", "/mnt/44.jpg"]):
            done = boxed(NATIVE, *words, "--db", "/mnt/homeroom.db", data=data)
            self.assertEqual(done.returncode, 0, done.stderr)
        for name in tested:
            with self.subTest(name):
                done = boxed(NATIVE, "recognize", f"/mnt/{name}", "--db", "/mnt/homeroom.db", "--out", "-", data=data)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("Barack Obama,constitutional_law,senior", done.stdout, done.stderr)

    @unittest.skipIf(SHARED is None, "HOMEROOM_SHARED is not set: NO CLIP OF THE COURSE IS RECOGNISED IN THE IMAGE")
    def test_both_processors_recognise_a_clip_of_the_course_alike(self):
        course, data = Path(SHARED) / "classroom", WORK / "data"
        expected = dict(line.strip().split(":") for line in (course / "mapping").read_text().splitlines())
        shutil.copy(course / "student_data.json", data)
        shutil.copy(course / "encoding", data)
        for words in (["students", "/mnt/student_data.json"], ["encoding", "/mnt/encoding"]):
            done = boxed(NATIVE, "import", *words, "--db", "/mnt/homeroom.db")
            self.assertEqual(done.returncode, 0, done.stderr)
        (data / "homeroom.db").chmod(0o444)
        # One look at one clip: the emulator takes half a minute of processor for each frame.
        clip = "test_4.mp4"
        shutil.copy(course / "videos" / clip, data)
        answers = {}
        for arch in TRIPLETS:
            done = boxed(arch, "recognize", f"/mnt/{clip}", "--db", "/mnt/homeroom.db", "--out", "-", "--fps", "0.5")
            self.assertEqual(done.returncode, 0, done.stderr)
            answers[arch] = done.stdout
        self.assertEqual(answers["amd64"], answers["arm64"])
        self.assertIn(expected[clip], answers["arm64"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
