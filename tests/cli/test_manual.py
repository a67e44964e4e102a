"""The manual page and the completions: written by the program, held equal to the files, and true."""

import re
import shlex

from harness import *


class Files(Case):
    needs_models = False

    def same(self, word, path):
        self.assertEqual(
            self.run_it("help", word).out, (SOURCE / path).read_text(),
            f"{path} is old: write it with 'homeroom help {word} > {path}'",
        )  # fmt: skip

    def test_files_are_what_the_program_writes(self):
        self.same("man", "docs/homeroom.1")
        self.same("bash", "completions/homeroom.bash")
        self.same("zsh", "completions/_homeroom")

    @unittest.skipUnless(shutil.which("mandoc"), "NO mandoc: the manual page is not checked")
    def test_mandoc_finds_nothing(self):
        done = subprocess.run(["mandoc", "-Tlint", SOURCE / "docs/homeroom.1"], capture_output=True, text=True)
        self.assertEqual(done.stdout + done.stderr, "")
        self.assertEqual(done.returncode, 0)

    def test_everything_is_in_the_manual(self):
        manual = (SOURCE / "docs/homeroom.1").read_text()
        for name in re.findall(r"(?m)^  (\w+)  ", self.run_it("help").out.split("Options")[0]):
            self.assertIn(f".It Ic {name}", manual)
            for option in re.findall(r"(?m)^  (?:-\w, )?--([\w-]+)", self.run_it("help", name).out):
                self.assertRegex(manual, rf"(?m)^\.It .*Fl -{option}\b")

    def complete(self, *words):
        """What bash offers for the last word."""
        script = (
            f"source {shlex.quote(str(SOURCE / 'completions/homeroom.bash'))}; COMP_WORDS=({shlex.join(words)}); "
            f"COMP_CWORD={len(words) - 1}; _homeroom; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        )
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=self.dir, check=True)
        return done.stdout.split()

    def test_bash(self):
        (self.dir / "lesson.mp4").touch()
        (self.dir / "reports").mkdir()
        self.assertEqual(self.complete("homeroom", "rec"), ["recognize", "record"])
        self.assertIn("doctor", self.complete("homeroom", ""))
        self.assertEqual(self.complete("homeroom", "recognize", "--form"), ["--format"])
        self.assertEqual(self.complete("homeroom", "recognize", "--format", ""), ["csv", "json"])
        self.assertEqual(self.complete("homeroom", "recognize", "l"), ["lesson.mp4"])
        self.assertEqual(self.complete("homeroom", "recognize", "--out", ""), ["reports"])
        self.assertEqual(self.complete("homeroom", "import", ""), ["students", "encoding"])
        self.assertEqual(self.complete("homeroom", "import", "students", "le"), ["lesson.mp4"])
        self.assertEqual(self.complete("homeroom", "students", "--yes"), [])
        self.assertEqual(self.complete("homeroom", "--db", "x", "forget", "--y"), ["--yes"])

    @unittest.skipUnless(shutil.which("zsh"), "NO zsh: its completion is not checked")
    def test_zsh_loads(self):
        script = (
            f"fpath=({shlex.quote(str(SOURCE / 'completions'))} $fpath); autoload -Uz compinit; "
            "compinit -u -d ./dump; whence -w $_comps[homeroom]; autoload +X _homeroom; whence -w _homeroom"
        )
        done = subprocess.run(["zsh", "-f", "-c", script], capture_output=True, text=True, cwd=self.dir)
        self.assertEqual(done.stdout, "_homeroom: function\n_homeroom: function\n", done.stderr)
        done = subprocess.run(["zsh", "-n", SOURCE / "completions/_homeroom"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Examples(Case):
    def test_examples_of_the_readme(self):
        for name, source in (("anna-front.jpg", "obama.jpg"), ("photos/46.jpg", "biden.jpg"),
                             ("others/one.png", "astronaut.png")):
            (self.dir / name).parent.mkdir(exist_ok=True)
            shutil.copy(PHOTOS / source, self.dir / name)
        for name in ("monday.mp4", "tuesday.mov", "anna-turns-around.mp4", "incoming/lesson.mp4",
                     "CAM_20261127_075930.mp4"):
            (self.dir / name).parent.mkdir(exist_ok=True)
            shutil.copy(self.videos() / "obama.mp4", self.dir / name)
        # Where heif-enc is missing a JPEG does for the HEIC: what a photo is, its bytes say.
        shutil.copy(PHOTOS / "obama2.jpg", self.dir / "anna-side.heic")
        (self.dir / "class.csv").write_text("id,name,major,year\n17,Anna,Law,senior\n18,Anna,,\n46,Joe,Law,junior\n")
        section = (SOURCE / "README.md").read_text().split("\n## On one machine\n")[1].split("\n## ")[0]
        lines = re.findall(r"(?m)^\$ homeroom (.*)$", section)
        self.assertGreaterEqual(len(lines), 11)
        for line in lines:
            words = shlex.split(line, comments=True)
            if words[0] == "watch":
                process = self.start(*words)
                self.wait_for((self.dir / "reports/lesson.mp4.csv").exists, process)
                process.terminate()
                self.finish(process, OK)
            elif words[0] == "serve":
                process = self.start(*words, env={"HOMEROOM_LISTEN": "127.0.0.1:0"})
                self.assertIn(b"homeroom is at http://127.0.0.1:", process.stdout.readline())
                process.terminate()
                self.finish(process, OK)
            elif words[0] in ("forget", "merge"):
                master, slave = self.terminal()
                os.write(master, b"y\n")
                self.run_it(*words, stdin=slave)
            else:
                self.run_it(*words)
        self.assertEqual((self.dir / "reports/tuesday.csv").read_text().splitlines()[1:], ["Anna,Law,senior"])

    def test_examples_of_the_manual(self):
        shutil.copy(PHOTOS / "obama.jpg", self.dir)
        shutil.copy(PHOTOS / "obama2.jpg", self.dir)
        (self.dir / "students.csv").write_text("id,name,major,year\n44,Barack Obama,Law,senior\n")
        shutil.copy(self.videos() / "obama.mp4", self.dir / "monday.mp4")
        shutil.copy(self.videos() / "stranger.mp4", self.dir / "tuesday.mp4")
        (self.dir / "incoming").mkdir()
        shutil.copy(self.dir / "monday.mp4", self.dir / "incoming")
        lines = re.findall(r"(?m)^\.Dl \$ homeroom (.*)$", (SOURCE / "docs/homeroom.1").read_text())
        self.assertGreaterEqual(len(lines), 9)
        outputs = {line: self.run_it(*shlex.split(line)).out for line in lines}
        self.assertIn("2", outputs["students"].splitlines()[1].split())
        for name, rows in (("reports/monday.csv", 2), ("reports/tuesday.csv", 1), ("reports/monday.mp4.csv", 2)):
            self.assertEqual(len((self.dir / name).read_text().splitlines()), rows, name)
        self.assertEqual(self.run_it("students").out.splitlines(), ["id  name  major  year  faces  models"])


if __name__ == "__main__":
    main()
