"""scripts/deploy and scripts/destroy, from outside: what they say to Amazon's program, to skopeo and to homeroom.

Those are replaced by one small program that writes down how it was called and answers as it is told. The standard
library only; no network.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["HOMEROOM_SOURCE"])
ACCOUNT, REGION = "123456789012", "eu-central-1"
DIGEST = "sha256:" + "5ec" * 21 + "a"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
PASSWORD = "the-login-of-ecr"

STAND_IN = f"""#!{sys.executable}
import json, os, sys
folder = os.environ["STAND_IN"]
words = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
stdin = "" if sys.stdin.isatty() or words[:2] != ["skopeo", "login"] else sys.stdin.read()
with open(folder + "/calls", "a") as calls:
    calls.write(json.dumps([words, stdin]) + "\\n")
line = " ".join(words)
if words[0] == "image":
    os.makedirs("build/image", exist_ok=True)
    with open("build/image/index.json", "w") as index:
        json.dump({{"manifests": [{{"digest": "sha256:" + "0" * 64, "annotations": {{"org.opencontainers.image.ref.name": "other"}}}},
            *[{{"digest": "{DIGEST}", "annotations": {{"org.opencontainers.image.ref.name": arch}}}} for arch in ("amd64", "arm64")]]}}, index)
for wanted, status, answer in json.load(open(folder + "/answers")):
    if wanted in line:
        if isinstance(answer, list):
            turn = folder + "/turn-" + str(len(wanted))
            number = int(open(turn).read()) if os.path.exists(turn) else 0
            open(turn, "w").write(str(number + 1))
            answer = answer[min(number, len(answer) - 1)]
        print(answer)
        sys.exit(status)
"""

OUTPUTS = [(f"OutputKey=='{key}'", 0, value) for key, value in (
    ("StudentTable", "homeroom-Students-1"), ("GalleryBucketName", "the-gallery"), ("InputBucketName", "the-input"),
    ("OutputBucketName", "the-output"), ("FunctionName", "the-function"), ("DashboardUrl", "https://x"),
    ("LogGroupName", "/homeroom/homeroom"))]
WHO = [("sts get-caller-identity", 0, ACCOUNT), ("configure get region", 0, REGION), ("ecr get-login-password", 0, PASSWORD)]
NEW = [("ecr describe-repositories", 254, ""), ("ecr describe-images", 254, "")]


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="homeroom deploy "))
        self.addCleanup(shutil.rmtree, self.folder)
        self.root = self.folder / "root"
        shutil.copytree(SOURCE / "deploy", self.root / "deploy")
        (self.root / "scripts").mkdir()
        for name in ("deploy", "destroy", "lib.sh"):
            shutil.copy(SOURCE / "scripts" / name, self.root / "scripts" / name)
        programs = self.folder / "programs"
        programs.mkdir()
        for path in (programs / "aws", programs / "skopeo", programs / "homeroom", self.root / "scripts" / "image"):
            path.write_text(STAND_IN)
            path.chmod(0o755)
        self.database = self.folder / "my students.db"
        self.database.write_text("vectors")
        self.students = self.folder / "class of '26.csv"
        self.students.write_text("id,name\n")
        self.photos = self.folder / "photos"
        self.photos.mkdir()

    def run_script(self, name, *options, answers=(), stdin="", environment=()):
        (self.folder / "calls").unlink(missing_ok=True)
        (self.folder / "answers").write_text(json.dumps([*answers, *WHO, *OUTPUTS]))
        done = subprocess.run(
            [self.root / "scripts" / name, *options], cwd=self.root, input=stdin, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={"PATH": f"{self.folder / 'programs'}:{os.environ['PATH']}", "HOME": str(self.folder), "TMPDIR": str(self.folder),
                 "STAND_IN": str(self.folder), "HOMEROOM_PROGRAM": str(self.folder / "programs/homeroom"), **dict(environment)})
        self.output = done.stdout
        lines = (self.folder / "calls").read_text().splitlines() if (self.folder / "calls").exists() else []
        self.calls = [words for words, _ in map(json.loads, lines)]
        self.stdins = {" ".join(words[:2]): stdin for words, stdin in map(json.loads, lines)}
        return done.returncode

    def find(self, *words):
        """The one call in which these words stand one after the other."""
        found = [call for call in self.calls if any(call[i:i + len(words)] == list(words) for i in range(len(call)))]
        self.assertEqual(len(found), 1, f"{words}: {len(found)} of {self.calls}\n{self.output}")
        return found[0]

    def never(self, *words):
        self.assertFalse([call for call in self.calls if any(call[i:i + len(words)] == list(words) for i in range(len(call)))],
                         f"{words} was called\n{self.output}")

    def order(self, *calls):
        places = [self.calls.index(call) for call in calls]
        self.assertEqual(places, sorted(places), self.calls)


class Deploy(Case):
    def deploy(self, *options, **more):
        return self.run_script("deploy", *options, **more)

    def test_from_nothing_to_the_first_video(self):
        status = self.deploy("--students", self.students, "--photos", self.photos, "--db", self.database, "--memory", "3008",
                             "--email", "it@example.org", "--kms-key", "arn:of:key", "--trail", "audit", answers=NEW)
        self.assertEqual(status, 0, self.output)
        imported = self.find("homeroom", "import", "students", str(self.students), "--db", str(self.database))
        enrolled = self.find("homeroom", "enroll", str(self.photos), "--db", str(self.database))
        made = self.find("ecr", "create-repository")
        self.assertIn("IMMUTABLE", made)
        self.assertIn("scanOnPush=true", made)
        policy = json.loads(self.find("ecr", "set-repository-policy")[-1])
        self.assertEqual(policy["Statement"][0]["Condition"]["StringEquals"]["aws:SourceAccount"], ACCOUNT)
        json.loads(self.find("ecr", "put-lifecycle-policy")[-1])
        built = self.find("image", "--arch", "amd64")
        self.assertNotIn("--db", built)
        login = self.find("skopeo", "login")
        self.assertEqual(login[-1], REGISTRY)
        self.assertEqual(self.stdins["skopeo login"].strip(), PASSWORD)
        pushed = self.find("skopeo", "copy")
        self.assertEqual(pushed[-2:], [f"oci:{self.root}/build/image:amd64", f"docker://{REGISTRY}/homeroom:amd64-{DIGEST[7:23]}"])
        stack = self.find("cloudformation", "deploy")
        self.assertEqual(stack[stack.index("--template-file") + 1], f"{self.root}/deploy/template.yaml")
        self.assertEqual(sorted(stack[stack.index("--parameter-overrides") + 1:]), [
            "AlarmEmail=it@example.org", "Architecture=x86_64", "Database=bucket", f"ImageUri={REGISTRY}/homeroom@{DIGEST}",
            "KmsKey=arn:of:key", "MemorySize=3008", "TrailBucket=audit"])
        table = self.find("homeroom", "import", "students", str(self.students), "--students", "dynamodb:homeroom-Students-1")
        taken = self.find("s3", "cp", "--only-show-errors", str(self.database), "s3://the-gallery/homeroom.db")
        self.order(imported, enrolled, made, built, login, pushed, stack, table, taken)
        self.assertIn("s3 cp monday.mp4 s3://the-input/", self.output)
        for call in self.calls:
            if call[0] == "aws" and "configure" not in call:
                self.assertEqual(call[1:3], ["--region", REGION])

    def test_a_sealed_database_goes_there_with_its_keys(self):
        keys = Path(f"{self.database}.keys")
        keys.write_text("keys")
        self.assertEqual(self.deploy("--photos", self.photos, "--db", self.database, answers=NEW), 0, self.output)
        first = self.find("s3", "cp", "--only-show-errors", str(keys), "s3://the-gallery/homeroom.db.keys")
        self.order(first, self.find("s3", "cp", "--only-show-errors", str(self.database), "s3://the-gallery/homeroom.db"))

    def test_a_refused_photo_does_not_end_it(self):
        """It finishes, and lists them at the end, with the reason."""
        verdicts = ("photos/17/a.jpg: enrolled\nphotos/17/b.jpg: duplicate: enrolled already\nphotos/18.jpg: no_face\n"
                    "photos/19.jpg: unreadable: 'x': damaged\nphotos/list.csv: left_out: not a photo\n\n"
                    "verdict   files\nno_face       1")
        status = self.deploy("--photos", self.photos, "--db", self.database, answers=[("homeroom enroll", 1, verdicts), *NEW])
        self.assertEqual(status, 0, self.output)
        self.find("cloudformation", "deploy")
        self.find("s3", "cp", "--only-show-errors", str(self.database), "s3://the-gallery/homeroom.db")
        end = self.output[self.output.index("homeroom is up"):]
        self.assertIn("WARNING: these photos were refused", end)
        self.assertEqual(end[end.index("WARNING"):].splitlines()[1:], ["photos/18.jpg: no_face", "photos/19.jpg: unreadable: 'x': damaged"])
        # Any other failure is one, and nothing has gone to Amazon.
        status = self.deploy("--photos", self.photos, "--db", self.database, answers=[("homeroom enroll", 12, ""), *NEW])
        self.assertEqual(status, 1, self.output)
        self.never("cloudformation", "deploy")
        status = self.deploy("--photos", self.photos, "--db", self.database, answers=NEW)
        self.assertNotIn("refused", self.output)

    def test_the_login_is_in_no_command_line_and_does_not_stay(self):
        self.assertEqual(self.deploy(answers=NEW), 0, self.output)
        self.assertNotIn(PASSWORD, json.dumps(self.calls) + self.output)
        keys = self.find("skopeo", "copy")
        self.assertFalse(Path(keys[keys.index("--authfile") + 1]).parent.exists())
        self.assertNotEqual(self.deploy(answers=[("skopeo copy", 1, "no route"), *NEW]), 0)
        keys = self.find("skopeo", "copy")
        self.assertFalse(Path(keys[keys.index("--authfile") + 1]).parent.exists())
        self.assertIn("pushing the image failed", self.output)
        self.never("cloudformation", "deploy")

    def test_again_nothing_is_made_or_pushed_twice(self):
        self.assertEqual(self.deploy(), 0, self.output)
        self.never("ecr", "create-repository")
        self.never("skopeo", "copy")
        stack = self.find("cloudformation", "deploy")
        self.assertIn("--no-fail-on-empty-changeset", stack)
        self.assertIn(f"ImageUri={REGISTRY}/homeroom@{DIGEST}", stack)

    def test_faces_go_nowhere_unless_asked(self):
        place = self.folder / ".local/share/homeroom"
        place.mkdir(parents=True)
        (place / "homeroom.db").write_text("vectors")
        self.assertEqual(self.deploy(answers=[("s3api head-object", 254, "")]), 0, self.output)
        self.never("s3", "cp")
        self.never("homeroom", "import")
        self.assertIn("nobody is enrolled there yet", self.output)
        self.assertFalse([word for word in self.find("cloudformation", "deploy") if word.startswith("Database=")])

    def test_baked_into_the_image(self):
        self.assertEqual(self.deploy("--bake", "--db", self.database, "--arch", "arm64"), 0, self.output)
        self.find("image", "--arch", "arm64", "--db", str(self.database))
        stack = self.find("cloudformation", "deploy")
        self.assertIn("Database=image", stack)
        self.assertIn("Architecture=arm64", stack)
        self.never("s3", "cp")

    def test_an_image_that_is_there(self):
        self.assertEqual(self.deploy("--image", "elsewhere/x@sha256:1"), 0, self.output)
        self.assertIn("ImageUri=elsewhere/x@sha256:1", self.find("cloudformation", "deploy"))
        self.assertFalse([call for call in self.calls if call[0] in ("image", "skopeo")])

    def test_the_other_region_and_name(self):
        self.assertEqual(self.deploy("--name", "north-3", "--region", "us-east-1", answers=NEW), 0, self.output)
        self.assertIn(f"docker://{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/north-3:", self.find("skopeo", "copy")[-1])
        self.assertIn("north-3", self.find("cloudformation", "deploy"))

    def test_what_is_wrong_is_said_before_anything_is_done(self):
        for options, answers, said in (
            (["--name", "Upper"], [], "--name"),
            (["--name", "much-too-long-a-name-x"], [], "--name"),
            (["--arch", "mips"], [], "--arch"),
            (["--students", "/nowhere"], [], "no file /nowhere"),
            (["--photos", "/nowhere"], [], "no folder /nowhere"),
            (["--db", "/nowhere"], [], "enrol somebody first"),
            (["--bake", "--image", "x"], [], "not with --image"),
            (["--memory"], [], "--memory needs a value"),
            ([], [("configure get region", 1, "")], "aws configure"),
            ([], [("sts get-caller-identity", 254, "")], "does not know these credentials"),
        ):
            with self.subTest(said):
                self.assertNotEqual(self.deploy(*options, answers=answers), 0)
                self.assertIn(said, self.output)
                self.never("ecr", "create-repository")
                self.never("cloudformation", "deploy")

    def test_a_function_that_was_stopped_is_started_again(self):
        self.assertEqual(self.deploy(answers=[("get-function-concurrency", 0, "0")]), 0, self.output)
        self.find("lambda", "delete-function-concurrency", "--function-name", "the-function")
        self.assertEqual(self.deploy(answers=[("get-function-concurrency", 0, "5")]), 0, self.output)
        self.never("lambda", "delete-function-concurrency")

    def test_a_stack_that_fails_says_where_to_look(self):
        self.assertEqual(self.deploy("--db", self.database, answers=[("cloudformation deploy", 255, "no")]), 1)
        self.assertIn("describe-stack-events --stack-name homeroom", self.output)
        self.never("s3", "cp")

    def test_a_photo_that_fails_stops_it(self):
        self.assertNotEqual(self.deploy("--photos", self.photos, "--db", self.database, answers=[("homeroom enroll", 6, "no face")]), 0)
        self.never("cloudformation", "deploy")

    def test_help(self):
        self.assertEqual(self.deploy("--help"), 0)
        self.assertEqual(self.deploy("--what", "x"), 2)
        self.assertEqual(self.calls, [])


class Destroy(Case):
    LISTS = ("s3api list-object-versions", 0, ['{"Objects": [{"Key": "a b", "VersionId": "null"}]}', '{"Objects": []}'])

    def destroy(self, *options, **more):
        return self.run_script("destroy", *options, **more)

    def test_in_the_right_order(self):
        self.assertEqual(self.destroy("--yes", answers=[self.LISTS]), 0, self.output)
        self.order(self.find("lambda", "put-function-concurrency"), self.find("s3api", "delete-objects"),
                   self.find("cloudformation", "delete-stack"), self.find("wait", "stack-delete-complete"),
                   self.find("ecr", "delete-repository"))
        self.assertIn("--force", self.find("ecr", "delete-repository"))
        listed = {call[call.index("--bucket") + 1] for call in self.calls if "list-object-versions" in call}
        self.assertEqual(listed, {"the-input", "the-output", "the-gallery"})

    def test_it_asks(self):
        for answer in ("", "yes\n", "y\n", "homeroom2\n"):
            with self.subTest(answer):
                self.assertEqual(self.destroy(stdin=answer), 1)
                self.assertIn("nothing was deleted", self.output)
                self.assertIn("the-gallery", self.output)
                for call in self.calls:
                    self.assertFalse({"delete-objects", "delete-stack", "delete-repository", "put-function-concurrency"} & set(call))
        self.assertEqual(self.destroy(stdin="homeroom\n", answers=[self.LISTS]), 0, self.output)

    def test_what_cannot_be_deleted_stops_it(self):
        self.assertEqual(self.destroy("--yes", answers=[
            ("s3api delete-objects", 0, '{"Errors": [{"Message": "Access Denied"}]}'), self.LISTS]), 1)
        self.assertIn("Access Denied", self.output)
        self.never("cloudformation", "delete-stack")
        self.never("ecr", "delete-repository")

    def test_a_stack_that_stays_keeps_the_images(self):
        self.assertEqual(self.destroy("--yes", answers=[self.LISTS, ("stack-delete-complete", 255, "")]), 1)
        self.assertIn("describe-stack-events", self.output)
        self.never("ecr", "delete-repository")

    def test_nothing_there(self):
        nothing = [("ecr describe-repositories", 254, ""), ("cloudformation describe-stacks", 254, "")]
        self.assertEqual(self.destroy(answers=nothing), 0)
        self.assertIn("there is nothing called homeroom", self.output)

    def test_half_of_it_there(self):
        self.assertEqual(self.destroy("--yes", answers=[("cloudformation describe-stacks", 254, "")]), 0, self.output)
        self.find("ecr", "delete-repository")
        self.never("cloudformation", "delete-stack")


if __name__ == "__main__":
    unittest.main(verbosity=1)
