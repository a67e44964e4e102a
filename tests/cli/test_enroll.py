"""Enrolment: the verdict on each photo, and what it changes in the database."""

import struct
import unicodedata
import xml.etree.ElementTree

from harness import *


def with_orientation(jpeg, orientation):
    """The JPEG's bytes with an EXIF block that says how to turn it."""
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    block = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


class Enrol(Case):
    def faces(self):
        return {row["id"]: row["faces"] for row in self.run_it("students", "--json").objects()}

    def verdict(self, *words, status):
        """The one verdict of a call, and its text."""
        answers = self.run_it("--json", "enroll", *words, status=status).objects()
        self.assertEqual(len(answers), 1)
        return answers[0]["verdict"], answers[0]["text"]

    def picture(self, name, *filters, of="obama.jpg"):
        path = self.dir / name
        ffmpeg("-i", PHOTOS / of, *(["-vf", ",".join(filters)] if filters else []), "-frames:v", 1, path)
        return path

    def test_enrolled_then_duplicate(self):
        result = self.run_it("enroll", 44, PHOTOS / "obama.jpg")
        self.assertEqual(
            result.out,
            f"{PHOTOS}/obama.jpg: enrolled\n\nverdict   files\nenrolled      1\n",
        )
        self.assertEqual(result.err, "")
        self.assertEqual(self.faces(), {"44": 1})
        result = self.run_it("enroll", 44, PHOTOS / "obama.jpg")
        self.assertEqual(
            result.out,
            f"{PHOTOS}/obama.jpg: duplicate: enrolled already\n\nverdict    files\nduplicate      1\n",
        )
        self.assertEqual(self.faces(), {"44": 1})

    def test_same_picture_in_other_bytes(self):
        self.run_it("enroll", 44, PHOTOS / "obama.jpg")
        verdict, _ = self.verdict(44, self.picture("again.png"), status=OK)
        self.assertEqual(verdict, "duplicate")
        self.assertEqual(self.faces(), {"44": 1})

    def test_a_second_photo(self):
        self.run_it("enroll", 44, PHOTOS / "obama.jpg", PHOTOS / "obama2.jpg")
        self.assertEqual(self.faces(), {"44": 2})

    def test_two_faces(self):
        both = self.dir / "both.jpg"
        ffmpeg("-i", PHOTOS / "obama.jpg", "-i", PHOTOS / "biden.jpg", "-filter_complex",
               "[0]crop=530:690:0:110,scale=-2:500[a];[1]crop=760:840:190:60,scale=-2:500[b];[a][b]hstack",
               "-frames:v", 1, both)  # fmt: skip
        verdict, text = self.verdict(44, both, status=NO)
        self.assertEqual((verdict, text), ("several_faces", "2 faces: crop the picture to the student"))
        self.assertFalse(self.faces())

    def test_bystander(self):
        # One face is clearly what the picture is of; the other is small and at the edge.
        both = self.dir / "both.jpg"
        ffmpeg("-i", PHOTOS / "obama.jpg", "-i", PHOTOS / "biden.jpg", "-filter_complex",
               "[1]crop=760:840:190:60,scale=-2:400,pad=iw:1137:0:700:gray[b];[0][b]hstack", "-frames:v", 1, both)  # fmt: skip
        verdict, text = self.verdict(44, both, status=OK)
        self.assertEqual((verdict, text), ("enrolled", "the most prominent of 2 faces was taken"))
        self.assertEqual(self.run_it("students", 44, "--json").objects()[0]["verdict"], "bystanders")
        self.assertEqual(self.verdict(99, PHOTOS / "obama2.jpg", status=NO)[0], "looks_like")

    def test_no_face(self):
        empty = self.dir / "wall.png"
        ffmpeg("-f", "lavfi", "-i", "color=gray:size=640x480", "-frames:v", 1, empty)
        self.assertEqual(self.verdict(44, empty, status=NO)[0], "no_face")

    def test_too_small(self):
        verdict, text = self.verdict(44, self.picture("tiny.png", "scale=-2:70"), status=NO)
        self.assertEqual(verdict, "too_small")
        self.assertRegex(text, r"^the face is \d+ px wide, 48 needed$")

    def test_small_is_taken_when_there_is_nothing_better(self):
        small = self.picture("small.png", "scale=-2:140")
        verdict, text = self.verdict(44, small, status=OK)
        self.assertEqual(verdict, "enrolled")
        self.assertRegex(text, r"^the face is only \d+ px wide: a larger one would be better$")
        photo = self.run_it("students", 44, "--json").objects()[0]
        self.assertEqual((photo["photo"], photo["verdict"]), ("small.png", "small"))
        self.assertTrue(24 <= photo["face_px"] < 48)
        # Not beside a good one, in whatever order they come.
        for number, photos in enumerate(((small, PHOTOS / "biden.jpg"), (PHOTOS / "biden.jpg", small))):
            other = self.picture(f"other{number}.png", "scale=-2:150", of="biden.jpg")
            photos = [other if photo == small else photo for photo in photos]
            env = {"HOMEROOM_DB": self.dir / f"{number}.db"}
            answers = self.run_it("--json", "enroll", 46, *photos, status=NO, env=env).objects()
            self.assertEqual(sorted(answer["verdict"] for answer in answers), ["enrolled", "too_small"])

    def test_blurred(self):
        verdict, text = self.verdict(44, self.picture("blurred.png", "gblur=sigma=12"), status=NO)
        self.assertEqual(verdict, "blurred")
        self.assertRegex(text, r"^the face is blurred \(sharpness \d+, 15 needed\)$")

    def test_looks_like_another(self):
        self.run_it("enroll", 44, PHOTOS / "obama.jpg")
        answers = self.run_it("--json", "enroll", 99, PHOTOS / "obama2.jpg", status=NO).objects()
        self.assertEqual((answers[0]["verdict"], answers[0]["lookalike"]), ("looks_like", "44"))
        self.assertEqual(self.faces(), {"44": 1})
        self.run_it("enroll", 99, PHOTOS / "obama2.jpg", "--accept-lookalike")
        self.assertEqual(self.faces(), {"44": 1, "99": 1})

    def test_different_people(self):
        self.run_it("enroll", 44, PHOTOS / "obama.jpg")
        self.run_it("enroll", 46, PHOTOS / "biden.jpg")
        self.assertEqual(self.faces(), {"44": 1, "46": 1})

    def test_unreadable(self):
        (self.dir / "text.jpg").write_text("this is not a picture")
        (self.dir / "empty.jpg").touch()
        whole = (PHOTOS / "obama.jpg").read_bytes()
        (self.dir / "cut.jpg").write_bytes(whole[:300])
        for name in ("text.jpg", "empty.jpg", "cut.jpg", "missing.jpg", "."):
            self.assertEqual(self.verdict(44, name, status=NO)[0], "unreadable", name)
        self.assertFalse(self.faces())

    def test_bad_ones_do_not_stop_the_good(self):
        (self.dir / "text.jpg").write_text("this is not a picture")
        result = self.run_it("enroll", 44, "text.jpg", PHOTOS / "obama.jpg", "missing.jpg", PHOTOS / "obama2.jpg", status=NO)
        verdicts = [line.split(": ")[1] for line in result.out.splitlines()[:4]]
        self.assertEqual(verdicts, ["unreadable", "enrolled", "unreadable", "enrolled"])
        self.assertEqual(result.out.splitlines()[4:], ["", "verdict     files", "enrolled        2", "unreadable      2"])
        self.assertEqual(self.faces(), {"44": 2})

    def test_formats(self):
        for number, name in enumerate(("a.png", "b.webp", "c.bmp")):
            self.run_it("enroll", number, self.picture(name), "--accept-lookalike")
        self.assertEqual(len(self.faces()), 3)

    def test_every_kind_in_a_folder(self):
        """What the decoders read is taken, whatever its suffix; other pictures are named once, with the reason."""
        folder = self.dir / "photos"
        folder.mkdir()
        shutil.copy(PHOTOS / "obama.jpg", folder / "1.JFIF")
        shutil.copy(PHOTOS / "biden.jpg", folder / "2.jpe")
        for name in ("3.gif", "4.jp2", "5.tif", "6.bmp"):
            self.picture(f"photos/{name}", *(["scale=-2:400"] if name == "4.jp2" else []))
        if shutil.which("heif-enc"):
            done = subprocess.run(["heif-enc", "-A", "-q", "80", PHOTOS / "obama.jpg", "-o", folder / "7.avif"], capture_output=True)
            if done.returncode:
                (folder / "7.avif").unlink(missing_ok=True)
        taken = len(list(folder.iterdir()))
        for name in ("8.jxl", "9.CR2", "10.txt"):
            (folder / name).write_bytes(b"\0")
        result = self.run_it("enroll", folder, "--create", "--accept-lookalike")
        lines = [line.removeprefix(f"{folder}/") for line in result.out.splitlines()]
        self.assertEqual(len([line for line in lines if line.endswith(": enrolled")]), taken, result)
        self.assertEqual([line for line in lines if "left_out: " in line],
                         ["10.txt: left_out: not a photo", "8.jxl: left_out: JPEG XL is not read: save it as JPEG or PNG",
                          "9.CR2: left_out: a camera's raw picture is not read: save it as JPEG or PNG"])
        # By name, too, it is said what it is.
        (self.dir / "a.jxl").write_bytes(b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(100))
        self.assertEqual(self.verdict(44, "a.jxl", status=NO),
                         ("unreadable", "'a.jxl': not a photo: it is a JPEG XL picture: save it as JPEG or PNG"))

    def test_more_pixels_than_the_limit(self):
        large = self.dir / "phone.jpg"
        ffmpeg("-f", "lavfi", "-i", "color=gray:size=12000x9000", "-frames:v", 1, large)
        self.assertEqual(self.verdict(44, large, status=NO), (
            "unreadable", "'phone.jpg': 12000 x 9000 pixels: the limit is 67108864 in all, as 8192 x 8192 has; make the picture smaller"))

    @unittest.skipUnless(shutil.which("heif-enc"), "NO heif-enc: HEIC is not tested")
    def test_heic(self):
        heic = self.dir / "photo.heic"
        subprocess.run(["heif-enc", "-q", "90", PHOTOS / "obama.jpg", "-o", heic], check=True, capture_output=True)
        self.assertEqual(self.verdict(44, heic, status=OK)[0], "enrolled")
        # And it is the same face as in the JPEG.
        self.assertEqual(self.verdict(99, PHOTOS / "obama2.jpg", status=NO)[0], "looks_like")

    def test_turned_by_exif(self):
        # Lying on its side, with the note that says so: orientation 6 is shown turned clockwise.
        lying = self.picture("lying.jpg", "transpose=cclock")
        turned = self.dir / "turned.jpg"
        turned.write_bytes(with_orientation(lying.read_bytes(), 6))
        self.assertEqual(self.verdict(44, turned, status=OK)[0], "enrolled")
        self.assertEqual(self.verdict(99, PHOTOS / "obama2.jpg", status=NO)[0], "looks_like")

    def test_folder(self):
        folder = self.dir / "class of ’26"
        (folder / "44").mkdir(parents=True)
        (folder / "44" / "deeper").mkdir()
        shutil.copy(PHOTOS / "obama.jpg", folder / "44")
        shutil.copy(PHOTOS / "obama2.jpg", folder / "44" / "Zweites Bild.JPG")
        (folder / "44" / "notes.txt").write_text("ask for a better one")
        shutil.copy(PHOTOS / "biden.jpg", folder / "jöe biden.jpg")
        (folder / ".hidden.jpg").touch()
        (folder / "list.csv").touch()
        result = self.run_it("enroll", folder, "--create")
        self.assertEqual(
            result.out.splitlines(),
            [
                f"{folder}/44/Zweites Bild.JPG: enrolled",
                f"{folder}/44/deeper: left_out: not a photo",
                f"{folder}/44/notes.txt: left_out: not a photo",
                f"{folder}/44/obama.jpg: enrolled",
                f"{folder}/jöe biden.jpg: enrolled",
                f"{folder}/list.csv: left_out: not a photo",
                "",
                "verdict   files",
                "enrolled      3",
                "left_out      3",
            ],
        )
        self.assertEqual(result.err, "")
        self.assertEqual(self.faces(), {"44": 2, "jöe biden": 1})
        again = self.run_it("enroll", folder, "--quiet")
        self.assertEqual(again.out.splitlines()[-2:], ["duplicate      3", "left_out       3"])

    def test_accents_in_two_forms_make_one_student(self):
        folder = self.dir / "class"
        (folder / "Jos\u00e9").mkdir(parents=True)
        (folder / "Jose\u0301").mkdir()
        shutil.copy(PHOTOS / "obama.jpg", folder / "Jos\u00e9")
        shutil.copy(PHOTOS / "obama2.jpg", folder / "Jose\u0301")
        self.run_it("enroll", folder, "--create")
        self.assertEqual(self.faces(), {"Jos\u00e9": 2})

    def test_names_that_cannot_be_ids(self):
        # A folder's name of other bytes than UTF-8 does not end the rest.
        folder = self.dir / "class"
        bad = os.fsencode(folder) + b"/\xff\xfe"
        os.makedirs(bad)
        shutil.copy(PHOTOS / "obama.jpg", bad + b"/a.jpg")
        shutil.copy(PHOTOS / "biden.jpg", folder / "\u001b[2J.jpg")
        shutil.copy(PHOTOS / "biden.jpg", folder / "46.jpg")
        answers = self.run_it("--json", "enroll", folder, "--create").objects()
        self.assertEqual([answer["verdict"] for answer in answers], ["left_out", "enrolled", "left_out"])
        self.assertEqual({answer["text"] for answer in answers[::2]}, {"its name cannot be a student's id"})
        self.assertEqual(answers[2]["file"], f"{folder}/\ufffd\ufffd/a.jpg")
        self.assertEqual(self.faces(), {"46": 1})
        for student in ("", "x" * 256, "two\nlines"):
            result = self.run_it("enroll", student, PHOTOS / "obama.jpg", status=None)
            self.assertIn(result.status, (ARGUMENT, FORMAT, LIMIT))
            self.assertTrue(result.err.startswith("error: the id "), result.err)
            self.assertEqual(result.out, "")

    def test_folder_without_photos(self):
        (self.dir / "empty").mkdir()
        (self.dir / "empty" / "notes.txt").touch()
        result = self.run_it("enroll", "empty", status=NOT_FOUND)
        self.assertIn("no photos in 'empty'", result.err)
        result = self.run_it("enroll", "44", status=NOT_FOUND)
        self.assertIn("'homeroom enroll 44' without photos means a folder", result.err)

    def test_video(self):
        self.assertEqual(self.verdict(44, "--video", self.videos() / "obama.mp4", status=OK)[0], "enrolled")
        self.assertIn(self.faces()["44"], range(1, 6))
        self.assertEqual(self.verdict(44, "--video", self.videos() / "obama.mp4", status=OK)[0], "duplicate")
        self.assertEqual(self.verdict(99, PHOTOS / "obama.jpg", status=NO)[0], "looks_like")

    def test_video_that_is_none(self):
        (self.dir / "text.mp4").write_text("this is not a video")
        self.assertEqual(self.verdict(44, "--video", "text.mp4", status=NO)[0], "unreadable")
        self.assertEqual(self.verdict(44, "--video", "missing.mp4", status=NO)[0], "unreadable")
        self.run_it("enroll", 44, "photo.jpg", "--video", "text.mp4", status=ARGUMENT)

    def test_record_stays(self):
        (self.dir / "table.csv").write_text("id,name,major,year\n44,Barack Obama,Law,senior\n")
        self.run_it("import", "students", "table.csv")
        self.run_it("enroll", 44, PHOTOS / "obama.jpg")
        self.assertEqual(self.run_it("students", "--json").objects()[0]["name"], "Barack Obama")

    def test_messages_name_nobody(self):
        self.run_it("enroll", "obama-44", PHOTOS / "biden.jpg")
        result = self.run_it("enroll", "secret-id", PHOTOS / "biden.jpg", status=NO)
        self.assertEqual(result.err, "")

    def test_no_models(self):
        result = self.run_it("enroll", 44, PHOTOS / "obama.jpg", "--models", self.dir, status=MODEL)
        self.assertIn("centerface.hrm", result.err)
        self.assertFalse(self.db.exists())

    def test_interrupt(self):
        # Each a picture of its own, so that each is looked at.
        whole = (PHOTOS / "obama.jpg").read_bytes()
        photos = []
        for number in range(200):
            photos.append(self.dir / f"{number}.jpg")
            photos[-1].write_bytes(whole + number.to_bytes(2, "big"))
        process = self.start("enroll", 44, *photos)
        self.wait_for(self.db.exists, process)
        process.send_signal(signal.SIGINT)
        result = self.finish(process, DEADLINE)
        self.assertRegex(result.err, r"^error: stopped: \d+ of 200 files were looked at, nothing was changed\n$")
        self.assertEqual(self.faces(), {})


class Together(Case):
    """All photos of a call are looked at before any is kept."""

    OBAMA = ("obama.jpg", "obama2.jpg", "obama3.jpg")

    def verdicts(self, *words, status=None, env=None):
        answers = self.run_it("--json", "enroll", *words, status=status, env=env).objects()
        return {Path(answer["file"]).name: answer["verdict"] for answer in answers}, answers

    def photos_of(self, student, env=None):
        return sorted(photo["photo"] for photo in self.run_it("students", student, "--json", env=env).objects())

    def test_the_odd_one_out_wherever_it_stands(self):
        for place in range(4):
            photos = [PHOTOS / name for name in self.OBAMA]
            photos.insert(place, PHOTOS / "biden.jpg")
            env = {"HOMEROOM_DB": self.dir / f"{place}.db"}
            verdicts, answers = self.verdicts(44, *photos, status=NO, env=env)
            self.assertEqual(verdicts.pop("biden.jpg"), "disagrees")
            self.assertEqual(set(verdicts.values()), {"enrolled"})
            text = next(answer["text"] for answer in answers if answer["verdict"] == "disagrees")
            self.assertRegex(text, r"^does not show the same person as 'obama\d?\.jpg', 'obama\d?\.jpg', 'obama\d?\.jpg'$")
            self.assertEqual(self.photos_of(44, env), sorted(self.OBAMA))

    def test_two_that_disagree(self):
        verdicts, answers = self.verdicts(44, PHOTOS / "obama.jpg", PHOTOS / "biden.jpg", status=NO)
        self.assertEqual(set(verdicts.values()), {"disagrees"})
        self.assertIn("offer one more photo", answers[0]["text"])
        self.assertEqual(self.run_it("students", "--json").objects(), [])

    def test_what_was_enrolled_wrongly_is_outvoted(self):
        self.verdicts(44, PHOTOS / "biden.jpg", status=OK)
        verdicts, answers = self.verdicts(44, PHOTOS / "obama.jpg", status=NO)
        self.assertEqual(verdicts["obama.jpg"], "disagrees") # one against one: who was there stays
        self.assertIn("homeroom forget ID --photo NAME", answers[0]["text"])
        verdicts, _ = self.verdicts(44, PHOTOS / "obama.jpg", PHOTOS / "obama2.jpg", status=NO)
        self.assertEqual(verdicts, {"obama.jpg": "enrolled", "obama2.jpg": "enrolled", "biden.jpg": "removed"})
        self.assertEqual(self.photos_of(44), ["obama.jpg", "obama2.jpg"])

    def test_one_person_under_two_ids_in_one_call(self):
        for number, order in enumerate((("44", "99"), ("99", "44"))):
            folder = self.dir / f"class{number}"
            for place, student in enumerate(order):
                (folder / student).mkdir(parents=True)
                shutil.copy(PHOTOS / self.OBAMA[place], folder / student)
            env = {"HOMEROOM_DB": self.dir / f"two{number}.db"}
            _, answers = self.verdicts(folder, "--create", status=NO, env=env)
            self.assertEqual([answer["verdict"] for answer in answers], ["looks_like"] * 2)
            self.assertEqual({answer["lookalike"] for answer in answers}, {"44", "99"})
            for answer in answers:
                self.assertRegex(answer["text"], r"^students (44 and 99|99 and 44) look like one person .*both are left without a face")
            self.assertEqual(self.run_it("students", "--json", env=env).objects(), [])

    def test_of_two_the_one_with_more_photos_stays(self):
        folder = self.dir / "class"
        for student, names in (("44", self.OBAMA[:2]), ("99", self.OBAMA[2:])):
            (folder / student).mkdir(parents=True)
            for name in names:
                shutil.copy(PHOTOS / name, folder / student)
        verdicts, _ = self.verdicts(folder, "--create", status=NO)
        self.assertEqual(verdicts, {"obama.jpg": "enrolled", "obama2.jpg": "enrolled", "obama3.jpg": "looks_like"})

    def test_who_looks_like_somebody_enrolled(self):
        self.verdicts(44, PHOTOS / "obama.jpg", status=OK)
        _, answers = self.verdicts(99, PHOTOS / "obama2.jpg", PHOTOS / "obama3.jpg", status=NO)
        for answer in answers:
            self.assertEqual((answer["verdict"], answer["lookalike"]), ("looks_like", "44"))
            self.assertRegex(answer["text"], r"^student 99 looks like student 44 .*: 99 is left without a face; 'homeroom merge'")

    def test_a_misplaced_photo_is_called_by_its_owner(self):
        self.verdicts(46, PHOTOS / "biden.jpg", status=OK)
        again = self.dir / "again.png"
        ffmpeg("-i", PHOTOS / "biden.jpg", "-vf", "hflip,crop=760:840:20:60", "-frames:v", 1, again)
        verdicts, answers = self.verdicts(44, PHOTOS / "obama.jpg", again, PHOTOS / "obama2.jpg", status=NO)
        self.assertEqual(verdicts, {"obama.jpg": "enrolled", "again.png": "looks_like", "obama2.jpg": "enrolled"})
        self.assertIn("looks like student 46, and not like ", answers[1]["text"])

    def test_the_same_call_twice(self):
        words = (44, *(PHOTOS / name for name in self.OBAMA))
        self.verdicts(*words, status=OK)
        verdicts, _ = self.verdicts(*words, status=OK)
        self.assertEqual(set(verdicts.values()), {"duplicate"})
        self.assertEqual(self.photos_of(44), sorted(self.OBAMA))

    def test_the_same_photo_twice_in_one_call(self):
        copy = shutil.copy(PHOTOS / "obama.jpg", self.dir / "copy.jpg")
        verdicts, answers = self.verdicts(44, PHOTOS / "obama.jpg", copy, status=OK)
        self.assertEqual(verdicts, {"obama.jpg": "enrolled", "copy.jpg": "duplicate"})
        self.assertEqual(answers[1]["text"], "the same file as 'obama.jpg'")

    def test_damaged(self):
        whole = (PHOTOS / "obama.jpg").read_bytes()
        (self.dir / "cut.jpg").write_bytes(whole[: len(whole) // 3])
        verdicts, answers = self.verdicts(44, "cut.jpg", status=NO)
        self.assertEqual(verdicts, {"cut.jpg": "damaged"})
        self.assertIn("get the file again", answers[0]["text"])
        self.assertEqual(self.run_it("students", "--json").objects(), [])


class Names(Case):
    """Folders and files are matched with the table by id or name."""

    def table(self, text="id,name\n44,Barack Obama\n46,Joe Biden\n47,Jürgen Müller\n48,Joe Biden\n"):
        (self.dir / "table.csv").write_text(text)
        self.run_it("import", "students", "table.csv")

    def folder(self, *files):
        folder = self.dir / "class"
        for source, name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PHOTOS / source, folder / name)
        return folder

    def enrolled_as(self, folder, *words, status=OK):
        answers = self.run_it("--json", "enroll", folder, *words, status=status).objects()
        return {Path(answer["file"]).name: (answer["verdict"], answer["student"]) for answer in answers}, answers

    def test_by_name_in_any_form(self):
        self.table("id,name\n44,Barack Obama\n46,Jürgen Müller\n")
        folder = self.folder(("obama.jpg", "barack_OBAMA/one.jpg"), ("obama2.jpg", "44/two.jpg"),
                             ("biden.jpg", unicodedata.normalize("NFD", "JÜRGEN  müller") + ".jpg"))
        answers, _ = self.enrolled_as(folder)
        self.assertEqual(sorted(answers.values()), [("enrolled", "44"), ("enrolled", "44"), ("enrolled", "46")])

    def test_who_is_in_no_table(self):
        self.table()
        folder = self.folder(("obama.jpg", "Barak Obama.jpg"))
        _, answers = self.enrolled_as(folder, status=NO)
        self.assertEqual(answers[0]["verdict"], "unknown_student")
        self.assertEqual(answers[0]["text"], "no student has the id or name 'Barak Obama'; near: 44 (Barack Obama)")
        self.assertEqual({row["id"] for row in self.run_it("students", "--json").objects()}, {"44", "46", "47", "48"})
        answers, _ = self.enrolled_as(folder, "--create")
        self.assertEqual(answers["Barak Obama.jpg"], ("enrolled", "Barak Obama"))

    def test_two_of_one_name(self):
        self.table()
        _, answers = self.enrolled_as(self.folder(("biden.jpg", "Joe Biden.jpg")), status=NO)
        self.assertEqual(answers[0]["verdict"], "unknown_student")
        self.assertRegex(answers[0]["text"], r"may be several students: say which by the id: 4[68], 4[68]$")

    def test_an_id_on_the_command_line(self):
        # Without a table it is taken as it is; with one, a slip is found.
        self.run_it("enroll", "new", PHOTOS / "obama.jpg")
        self.table()
        answers = self.run_it("--json", "enroll", "nw", PHOTOS / "biden.jpg", status=NO).objects()
        self.assertEqual(answers[0]["verdict"], "unknown_student")
        self.run_it("enroll", "nw", PHOTOS / "biden.jpg", "--create")
        self.run_it("enroll", "barack obama", PHOTOS / "obama2.jpg", "--accept-lookalike")
        faces = {row["id"]: row["faces"] for row in self.run_it("students", "--json").objects()}
        self.assertEqual(faces, {"44": 1, "46": 0, "47": 0, "48": 0, "new": 1, "nw": 1})


class People(Case):
    """rename, merge, and forgetting one photo."""

    def rows(self):
        return {row["id"]: (row["name"], row["major"], row["faces"]) for row in self.run_it("students", "--json").objects()}

    def test_rename(self):
        self.enrolled()
        result = self.run_it("rename", 44, "b-44", "--name", "Barack H. Obama")
        self.assertEqual(result.out, "44 is now b-44 (Barack H. Obama)\n")
        self.assertEqual(self.rows(), {"46": ("Joe Biden", "History", 1), "b-44": ("Barack H. Obama", "Law", 1)})
        self.assertNotIn(b"Barack Obama", self.db.read_bytes())
        rows = self.run_it("recognize", "-o-", self.videos() / "obama.mp4", "-c", "id").rows()
        self.assertEqual(rows[1:], [["b-44"]])
        self.assertIn("'homeroom merge' joins", self.run_it("rename", "b-44", 46, status=CONFLICT).err)
        self.run_it("rename", "b-44", status=ARGUMENT)
        self.run_it("rename", "nobody", "x", status=NOT_FOUND)
        self.run_it("rename", "b-44", "two\nlines", status=None)
        self.assertEqual(set(self.rows()), {"46", "b-44"})

    def test_merge(self):
        self.enrolled()
        self.run_it("enroll", "twice", PHOTOS / "obama.jpg", PHOTOS / "obama2.jpg", "--create", "--accept-lookalike")
        self.run_it("merge", 44, "twice", status=ARGUMENT) # nobody can be asked
        result = self.run_it("merge", "barack obama", "twice", "--yes")
        self.assertRegex(result.out, r"^twice is now a part of 44: \d+ face vectors? moved")
        self.assertEqual(self.rows(), {"44": ("Barack Obama", "Law", 2), "46": ("Joe Biden", "History", 1)})
        self.run_it("merge", 44, 44, "--yes", status=ARGUMENT)

    def test_forget_a_photo(self):
        self.enrolled()
        self.run_it("enroll", 44, PHOTOS / "obama2.jpg")
        result = self.run_it("forget", 44, "--photo", "nothing.jpg", "--yes", status=NOT_FOUND)
        self.assertIn("there are 'obama.jpg', 'obama2.jpg'", result.err)
        result = self.run_it("forget", 44, "--photo", "obama.jpg", "--yes")
        self.assertRegex(result.out, rf"^forgotten: {len(VECTORS)} face vectors?; every byte of the database file was looked at, nothing of them is left\n$")
        photos = self.run_it("students", 44, "--json").objects()
        self.assertEqual([photo["photo"] for photo in photos], ["obama2.jpg"])
        self.assertIn("has no face any more", self.run_it("forget", 44, "--photo", "obama2.jpg", "--yes").out)
        self.assertEqual(self.rows()["44"], ("Barack Obama", "Law", 0))

    def test_a_script_forgets_by_id_only(self):
        self.enrolled()
        result = self.run_it("forget", "joe biden", "--yes", status=ARGUMENT)
        self.assertIn("'joe biden' is a way to say '46'", result.err)
        self.assertEqual(set(self.rows()), {"44", "46"})

    def test_photos_of_a_student(self):
        self.enrolled()
        lines = self.run_it("students", "Barack OBAMA").out.splitlines()
        self.assertEqual(lines[0].split(), ["photo", "verdict", "quality", "face_px", "views", "created", "models"])
        self.assertRegex(lines[1], r"^obama\.jpg  enrolled +0\.\d\d +\d+ +1  20\d\d-\S+  \S+$")


class Evaluate(Case):
    """Measuring: what it answers is true of pictures whose truth is known."""

    def people(self):
        folder = self.dir / "people"
        for person, photo, crops in (("a", "obama.jpg", 3), ("b", "biden.jpg", 3)):
            (folder / person).mkdir(parents=True)
            for number in range(crops):
                ffmpeg("-i", PHOTOS / photo, "-vf", f"scale=-2:{500 + 60 * number}", "-frames:v", 1, folder / person / f"{number}.png")
        (folder / "strangers").mkdir()
        shutil.copy(PHOTOS / "astronaut.png", folder / "strangers")
        shutil.copy(PHOTOS / "astronaut.png", folder / "loose.png")
        return folder

    def test_people_and_strangers(self):
        folder = self.people()
        result = self.run_it("evaluate", folder, "--photos", "2,1", "--draws", "3", "--json")
        self.assertIn("6 pictures of 2 people, 2 of strangers", result.err)
        rows = [row for row in result.objects() if "curve" not in row]
        self.assertEqual([(row["students"], row["photos"]) for row in rows], [(2, 2), (2, 1)])
        for row, probes in zip(rows, (3 * 2, 3 * 4)):
            self.assertEqual(row["found_certain"]["count"] + row["found_review"]["count"], probes)
            self.assertEqual(row["found_certain"]["of"], probes)
            self.assertEqual(row["misnamed_certain"]["count"], 0)
            self.assertEqual(row["strangers_certain"], {**row["strangers_certain"], "count": 0, "of": 6, "low": 0.0})
        curve = [row for row in result.objects() if "curve" in row]
        found = [row["found_certain"]["count"] for row in curve]
        self.assertEqual(found, sorted(found, reverse=True)) # the stricter the fewer
        again = self.run_it("evaluate", folder, "--photos", "2,1", "--draws", "3", "--json")
        self.assertEqual(again.out, result.out)

    def test_a_smaller_gallery_makes_strangers_of_the_rest(self):
        result = self.run_it("evaluate", self.people(), "--gallery", "1", "--photos", "2", "--draws", "4", "--json", "-q")
        row = result.objects()[0]
        self.assertEqual((row["students"], row["found_certain"]["of"], row["strangers_certain"]["of"]), (1, 4, 4 * 5))
        self.run_it("evaluate", self.dir / "people", "--gallery", "3", "--photos", "2", status=ARGUMENT)
        self.run_it("evaluate", self.dir / "people", "--gallery", "two", status=ARGUMENT)

    def test_singles(self):
        folder = self.people()
        result = self.run_it("evaluate", folder / "a", "--singles", "--gallery", "1", "--photos", "1", "--draws", "2", "--json", "-q")
        # Three pictures of one person taken for three people: each stranger is taken for the one who is enrolled.
        self.assertEqual(result.objects()[0]["strangers_certain"]["count"] + result.objects()[0]["strangers_review"]["count"], 4)

    def test_the_class_in_the_database(self):
        self.enrolled()
        folder = self.people()
        before = self.db.read_bytes()
        rows = self.run_it("evaluate", "--strangers", folder / "strangers", "--json", "-q").objects()
        self.assertEqual((rows[0]["students"], rows[0]["strangers_certain"]["count"], rows[0]["strangers_certain"]["of"]), (2, 0, 1))
        rows = self.run_it("evaluate", "--strangers", folder / "b", "--json", "-q").objects()
        self.assertEqual(rows[0]["strangers_certain"]["count"], 3)
        self.assertEqual(self.db.read_bytes(), before)
        self.run_it("evaluate", status=ARGUMENT)

    def test_curve(self):
        self.run_it("evaluate", self.people(), "--photos", "2", "--draws", "1", "--svg", "curve.svg", "-q")
        picture = xml.etree.ElementTree.parse(self.dir / "curve.svg").getroot()
        lines = [element for element in picture if element.tag.endswith("polyline")]
        self.assertEqual(len(lines), 2)
        self.assertEqual({len(line.get("points").split()) for line in lines}, {12})

    def test_bad_pictures_are_left_out(self):
        folder = self.people()
        (folder / "a" / "text.jpg").write_text("this is not a picture")
        (folder / "a" / "more.jxl").touch()
        (folder / "a" / "notes.txt").touch()
        result = self.run_it("evaluate", folder, "--photos", "1", "--draws", "1")
        self.assertIn(f"left out: '{folder}/a/more.jxl': JPEG XL is not read: save it as JPEG or PNG\n", result.err)
        self.assertNotIn("notes", result.err)
        self.assertIn("left out: '", result.err)
        self.assertIn("6 pictures of 2 people", result.err)
        (self.dir / "none").mkdir()
        self.run_it("evaluate", "none", status=NOT_FOUND)


if __name__ == "__main__":
    main()
