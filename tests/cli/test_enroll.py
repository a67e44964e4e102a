"""Enrolment: the verdict on each photo, and what it changes in the database."""

import struct

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
               "[0]scale=-2:500[a];[1]scale=-2:500[b];[a][b]hstack", "-frames:v", 1, both)  # fmt: skip
        verdict, text = self.verdict(44, both, status=NO)
        self.assertEqual((verdict, text), ("several_faces", "2 faces: crop the picture to the student"))
        self.assertFalse(self.faces())

    def test_no_face(self):
        empty = self.dir / "wall.png"
        ffmpeg("-f", "lavfi", "-i", "color=gray:size=640x480", "-frames:v", 1, empty)
        self.assertEqual(self.verdict(44, empty, status=NO)[0], "no_face")

    def test_too_small(self):
        verdict, text = self.verdict(44, self.picture("small.png", "scale=-2:140"), status=NO)
        self.assertEqual(verdict, "too_small")
        self.assertRegex(text, r"^the face is \d+ px wide, 48 needed$")

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
        result = self.run_it("enroll", folder)
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

    def test_names_that_cannot_be_ids(self):
        # A folder's name of other bytes than UTF-8 does not end the rest.
        folder = self.dir / "class"
        bad = os.fsencode(folder) + b"/\xff\xfe"
        os.makedirs(bad)
        shutil.copy(PHOTOS / "obama.jpg", bad + b"/a.jpg")
        shutil.copy(PHOTOS / "biden.jpg", folder / "\u001b[2J.jpg")
        shutil.copy(PHOTOS / "biden.jpg", folder / "46.jpg")
        answers = self.run_it("--json", "enroll", folder).objects()
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
        photos = []
        for number in range(200):
            photos.append(self.dir / f"{number}.jpg")
            os.symlink(PHOTOS / "obama.jpg", photos[-1])
        process = self.start("enroll", 44, *photos)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        result = self.finish(process, DEADLINE)
        self.assertRegex(result.err, r"^error: stopped: \d+ of 200 files were done\n$")
        self.assertEqual(self.faces(), {"44": 1})


if __name__ == "__main__":
    main()
