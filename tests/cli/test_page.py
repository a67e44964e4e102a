"""The page in a browser: from the first start to a finished, corrected and exported lesson, by mouse and by keyboard alone, at
a desk and on a phone, in light and dark; the rules of accessibility on every screen; nothing that its policy forbids.

HOMEROOM_SCREENSHOTS=DIR keeps a picture of each screen."""

import contextlib
import sqlite3
import zipfile

from harness import *
from serve import PASSWORD, Server

VENV = sorted(Path(os.environ.get("HOMEROOM_SERVERS", "/nowhere")).glob("page/lib/python3*/site-packages"))
CHROMIUM = shutil.which("chromium")
if VENV:
    sys.path.append(str(VENV[0]))
    from playwright.sync_api import expect, sync_playwright
SHOTS = os.environ.get("HOMEROOM_SCREENSHOTS")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
STUDENTS = "id,name,major,year\n44,Barack Obama,law,senior\n46,Joe Biden,history,junior\n48,<b>Cleo</b> <script>alert(1)</script>,art,junior\n49,\u202eDora\u202c,art,senior\n"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@unittest.skipUnless(VENV and CHROMIUM, "no browser: scripts/servers page gets it")
class Page(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.playwright = sync_playwright().start()
        cls.addClassCleanup(cls.playwright.stop)
        switches = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
                    "--disable-gpu"]
        try:
            cls.browser = cls.playwright.chromium.launch(executable_path=CHROMIUM, args=switches)
        except Exception as error:  # the machine's browser, not the page
            raise unittest.SkipTest(f"NO browser, {CHROMIUM} does not start: {error}") from error
        expect.set_options(timeout=30000)
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.server = Server(self.start)
        self.clicks = 0

    def tearDown(self):
        status, said = self.server.end()
        self.assertEqual(status, OK, said[-4000:])
        super().tearDown()

    def open(self, size=DESK, dark=False, **options):
        options.setdefault("locale", "en-GB")
        context = self.browser.new_context(viewport=size, color_scheme="dark" if dark else "light", accept_downloads=True,
                                           base_url=f"http://127.0.0.1:{self.server.port}", **options)
        self.addCleanup(context.close)
        page = context.new_page()
        page.set_default_timeout(30000)
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("dialog", lambda dialog: page.complaints.append(f"a script spoke: {dialog.message}"))
        return page

    def click(self, target):
        self.clicks += 1
        target.click()

    def counted(self, most, what):
        self.assertLessEqual(self.clicks, most, what)
        self.clicks = 0

    def film(self, name, photo, seconds):
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-loop", "1", "-r", "1", "-i", PHOTOS / photo, "-t", str(seconds),
                        "-vf", "scale=400:-2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", self.dir / name], check=True)
        return self.dir / name

    def setup_address(self):
        self.wait_for(lambda: "#/setup?token=" in self.server.said(), self.server.process)
        return "/#/setup?token=" + self.server.said().split("#/setup?token=")[1].split()[0]

    def no_complaints(self, page):
        self.assertEqual(page.complaints, [])

    # --- looking ---

    def look(self, page, name):
        """The rules on this screen, as it is; and that nothing stands out of a narrow window."""
        if not hasattr(page, "axe"):
            page.axe = next(Path(VENV[0]).glob("selenium_axe_python/axe-core/axe.min.js")).read_text()
        page.wait_for_timeout(400)  # pictures, and what follows from them; "idle" it never is: it listens to what changes
        # By the debugger, which the page's policy does not concern.
        page.evaluate(page.axe)
        found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)["violations"]
        told = [(one["id"], one["help"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found]
        self.assertEqual(told, [], f"{name} {page.viewport_size}")
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), page.viewport_size["width"], name)
        self.assertEqual(page.locator("h1").count(), 1, name)
        if SHOTS:
            scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
            width = "phone" if page.viewport_size["width"] < 500 else "desk"
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)

    def look_on_a_phone_at_night(self, page, name):
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="dark")
        self.look(page, name)
        page.set_viewport_size(DESK)
        page.emulate_media(color_scheme="light")

    # --- the way ---

    def choose(self, page, name, files):
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name=name).click()
        chooser.value.set_files(files)

    def set_up(self, page, photos=True, table=STUDENTS.encode()):
        """Account, class, students, photos, as the page leads."""
        page.goto(self.setup_address())
        page.get_by_label("User name").fill("ada")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password again").fill(PASSWORD)
        self.look(page, "first-run")
        page.get_by_role("button", name="Make account").click()
        page.get_by_label("Short name").fill("8b")
        page.get_by_label("Title").fill("Art, 8b")
        page.get_by_label("Time zone").fill("UTC")
        page.get_by_label("Keep pictures and faces").fill("14")
        page.get_by_role("button", name="Make class").click()
        (self.dir / "class.csv").write_bytes(table)
        page.get_by_label("CSV file").set_input_files(self.dir / "class.csv")
        page.get_by_role("button", name="Add students").click()
        if not photos:
            return
        names = (("44", "obama.jpg"), ("46", "biden.jpg"))
        self.choose(page, "Choose photos", [shutil.copy(PHOTOS / photo, self.dir / f"{student}.jpg") for student, photo in names])
        expect(page.get_by_text("Photos taken: 2")).to_be_visible(timeout=120000)
        page.get_by_role("link", name="Done: to the first video").click()
        expect(page.get_by_role("heading", level=1, name="Today")).to_be_visible()

    def send(self, page, *videos):
        """Two clicks from a video to its roll; the system's own window to choose a file not counted."""
        page.goto("/#/")
        self.clicks = 0
        with page.expect_file_chooser() as chooser:
            self.click(page.get_by_role("button", name="Choose videos"))
        chooser.value.set_files(videos)
        roll = page.get_by_role("main").get_by_role("link", name="Open the roll")
        expect(roll).to_have_count(len(videos), timeout=60000)
        self.click(roll.first)
        expect(page.get_by_role("table").first).to_be_visible()
        self.counted(2, "from a video to the roll")

    def test_from_the_first_start_to_an_exported_lesson(self):
        page = self.open()
        self.set_up(page)
        self.send(page, self.film("2026-11-20_08-00-00.mp4", "obama.jpg", 70), self.film("2026-11-20_08-00-30.mp4", "astronaut.png", 35))
        row = page.get_by_role("row").filter(has_text="Barack Obama")
        expect(row).to_contain_text("present")
        expect(page.get_by_text("<script>alert(1)</script>").first).to_be_visible()  # as text, and nothing more
        self.look(page, "lesson")
        # An unknown person is named in three clicks.
        self.clicks = 0
        self.click(page.get_by_role("button", name=re.compile("^Name ")).first)
        self.click(page.get_by_role("dialog").get_by_role("button", name=re.compile("Cleo")).first)
        expect(page.get_by_role("row").filter(has_text="Cleo")).to_contain_text(re.compile("present|late|left early"))
        self.counted(3, "naming somebody unknown")
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("row").filter(has_text="Cleo")).not_to_contain_text("present")
        # By hand, and the export in two clicks.
        page.get_by_role("row").filter(has_text="Cleo").get_by_role("button", name=re.compile("hand", re.I)).or_(
            page.get_by_role("button", name=re.compile("Cleo"))).last.click()
        page.get_by_role("dialog").get_by_role("button", name=re.compile("excused")).click()
        expect(page.get_by_role("row").filter(has_text="Cleo")).to_contain_text("excused")
        page.get_by_role("button", name="Finish").click()
        expect(page.get_by_text("finished", exact=True).first).to_be_visible()
        self.clicks = 0
        self.click(page.get_by_text("Export", exact=True).first)
        with page.expect_download() as download:
            self.click(page.get_by_role("link", name=re.compile("CSV", re.I)).first)
        self.counted(2, "exporting a roll")
        rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text())))
        self.assertEqual({row[0]: row[2] for row in rows[1:]}["48"], "excused", rows)
        self.no_complaints(page)

    def test_who_refuses_is_not_offered_and_an_older_roll_says_what_became_of_it(self):
        page = self.open()
        self.set_up(page)
        self.send(page, self.film("2026-11-20_08-00-00.mp4", "obama.jpg", 40), self.film("2026-11-20_08-00-20.mp4", "astronaut.png", 20))
        lesson = page.url.split("#")[1]
        expect(page.get_by_role("row").filter(has_text="Barack Obama")).to_contain_text("present")
        page.get_by_role("button", name="Finish").click()
        expect(page.get_by_text("finished", exact=True).first).to_be_visible()
        page.goto("/#/student/44")
        page.get_by_role("button", name="Consent is refused").click()
        page.get_by_role("dialog").get_by_role("button", name="Consent is refused").click()
        expect(page.get_by_text("no photos are kept")).to_be_visible()
        page.goto(f"/#{lesson}")
        row = page.get_by_role("row").filter(has_text="Barack Obama")
        expect(row).to_contain_text("deleted when consent was taken back")
        expect(row).to_contain_text("not seen")  # the bar has nothing
        page.get_by_role("button", name="Reopen").click()
        expect(row).to_contain_text("does not agree to be recognised")
        page.get_by_role("button", name=re.compile("^Name ")).first.click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("button", name=re.compile("Biden"))).to_be_visible()
        expect(dialog.get_by_role("button", name=re.compile("Obama"))).to_have_count(0)
        dialog.get_by_role("button", name="Cancel").click()
        page.goto("/#/class/8b/unknown")
        page.get_by_role("button", name=re.compile("^Name ")).first.click()
        expect(dialog.get_by_role("button", name=re.compile("Obama"))).to_have_count(0)
        dialog.get_by_role("button", name="Cancel").click()
        page.goto(f"/#{lesson}/review")
        page.get_by_label(re.compile("unknown", re.I)).check()
        page.get_by_label("Or search the class").fill("Bi")
        expect(page.get_by_role("button", name=re.compile("Biden")).first).to_be_visible()
        page.get_by_label("Or search the class").fill("Ob")
        expect(page.get_by_text("Nobody found.")).to_be_visible()
        # By hand he is marked as anybody is.
        page.goto(f"/#{lesson}")
        page.get_by_role("button", name="Mark Barack Obama by hand").click()
        page.get_by_role("dialog").get_by_role("button", name=re.compile("present")).click()
        expect(row).to_contain_text("by hand")
        self.no_complaints(page)

    def test_somebody_unknown_is_a_new_student(self):
        page = self.open()
        self.set_up(page)
        self.send(page, self.film("2026-11-20_08-00-00.mp4", "astronaut.png", 40))
        self.clicks = 0
        self.click(page.get_by_role("button", name=re.compile("^Name ")).first)
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("The face is learnt")).to_be_visible()
        self.click(dialog.get_by_text("A new student"))
        self.look(page, "new-student")
        self.look_on_a_phone_at_night(page, "new-student")
        dialog.get_by_label("ID", exact=True).fill("44")
        dialog.get_by_label("Name", exact=True).fill("Eileen Collins")
        self.click(dialog.get_by_role("button", name="Add and name"))
        self.counted(3, "making somebody unknown a new student")
        expect(dialog.get_by_text("There is a student 44 already")).to_be_visible()
        dialog.get_by_label("ID", exact=True).fill("60")
        dialog.get_by_role("button", name="Add and name").click()
        expect(page.get_by_text("The face was learnt from 1 sight.")).to_be_visible()
        expect(page.get_by_role("row").filter(has_text="Eileen Collins")).to_contain_text("present")
        page.get_by_role("button", name="Undo").first.click()
        expect(page.get_by_role("row").filter(has_text="Eileen Collins")).not_to_contain_text("present")
        page.goto("/#/class/8b")
        expect(page.get_by_role("link", name="Eileen Collins")).to_be_visible()
        self.assertEqual([text for text in page.complaints if "409" not in text], [])

    def test_the_timetable_is_asked_for_seen_and_changed(self):
        page = self.open()
        page.goto(self.setup_address())
        page.get_by_label("User name").fill("ada")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password again").fill(PASSWORD)
        page.get_by_role("button", name="Make account").click()
        page.get_by_label("Short name").fill("8b")
        page.get_by_label("Title").fill("Art, 8b")
        page.get_by_label("Time zone").fill("UTC")
        page.get_by_role("button", name="Add a time").click()
        page.get_by_label("Weekday").select_option("Friday")
        page.get_by_label("Start", exact=True).fill("10:00")
        page.get_by_label("End", exact=True).fill("10:45")
        self.look(page, "class-with-timetable")
        page.get_by_role("button", name="Make class").click()
        expect(page.get_by_label("CSV file")).to_be_visible()
        page.goto("/#/class/8b")
        expect(page.get_by_text("Friday 10:00–10:45")).to_be_visible()
        page.get_by_text("Change the timetable").click()
        page.get_by_role("button", name="Add a time").click()
        page.get_by_role("button", name="Save").first.click()
        expect(page.get_by_text("Monday 08:00–08:45")).to_be_visible()
        expect(page.get_by_text("Friday 10:00–10:45")).to_be_visible()
        self.no_complaints(page)

    def test_look_alikes_thin_enrolments_and_the_calibration(self):
        page = self.open()
        self.set_up(page)
        page.goto("/#/class/8b")
        page.get_by_text("2 students have fewer than 3 good photos").click()
        expect(page.get_by_text("1 photo").first).to_be_visible()
        expect(page.get_by_text("nearer to each other than is safe")).to_have_count(0)
        # Joe Biden gets the face of Barack Obama, as a mistaken photo would give it.
        with contextlib.closing(sqlite3.connect(self.dir / "homeroom.db")) as database, database:
            database.execute("UPDATE faces SET vector = (SELECT o.vector FROM faces AS o JOIN students AS s ON s.key = o.student"
                             " WHERE s.id = '44' AND o.model_id = faces.model_id) WHERE student = (SELECT key FROM students WHERE id = '46')")
        page.reload()
        expect(page.get_by_text("nearer to each other than is safe")).to_be_visible()
        self.look(page, "look-alikes")
        self.look_on_a_phone_at_night(page, "look-alikes")
        page.goto("/#/settings")
        page.get_by_text("Show how alike the students of a class are").click()
        expect(page.get_by_role("img", name=re.compile("the line is at 0"))).to_be_visible()
        expect(page.get_by_text("2 students with a face")).to_be_visible()
        self.look(page, "calibration")
        self.look_on_a_phone_at_night(page, "calibration")
        self.no_complaints(page)

    def test_a_guessed_start_is_said_and_mended(self):
        page = self.open()
        self.set_up(page)
        film = self.film("lesson.mp4", "obama.jpg", 40)
        os.utime(film, (1795000000, 1795000000))
        self.send(page, film)
        expect(page.get_by_text("from when the file was last changed").first).to_be_visible()
        self.look(page, "guessed-start")
        self.look_on_a_phone_at_night(page, "guessed-start")
        page.get_by_role("button", name="Change the start of lesson.mp4").first.click()
        page.get_by_role("dialog").get_by_label("The recording began at").fill("2026-11-20T08:10")
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        row = page.get_by_role("row").filter(has_text="Barack Obama")
        expect(row).to_contain_text("08:10")
        expect(page.get_by_text("from when the file was last changed")).to_have_count(0)
        self.no_complaints(page)

    def in_german(self, page, *texts):
        """What is wanted is there, and no English sentence: neither ours nor the server's."""
        for text in texts:
            expect(page.get_by_text(text).first).to_be_visible(timeout=60000)
        said = page.evaluate("""() => {
            for (const part of document.querySelectorAll('details')) part.open = true;
            const copy = document.body.cloneNode(true);
            copy.querySelectorAll('bdi, footer, script, style, option, [lang]').forEach((part) => part.remove());
            const labels = [...document.querySelectorAll('[aria-label]')].map((part) => part.getAttribute('aria-label'));
            return [copy.textContent, ...labels].join(' | ');
        }""")
        english = re.findall(r".{0,40}\b(?:the|and|of|is|with|that|this|not|there|has|are|been|seen|to|for|student|line)\b.{0,40}", said)
        self.assertEqual(english, [])

    def test_german_is_german_throughout(self):
        page = self.open(locale="de-DE")
        page.goto(self.setup_address())
        page.get_by_label("Benutzername").fill("ada")
        for password in ("kurz", PASSWORD):
            page.get_by_label("Passwort", exact=True).fill(password)
            page.get_by_label("Passwort wiederholen").fill(password)
            page.get_by_role("button", name="Konto anlegen").click()
            if password != PASSWORD:
                self.in_german(page, "mindestens 10, höchstens 512 Zeichen")
        page.get_by_label("Kürzel").fill("8b")
        page.get_by_label("Bezeichnung").fill("Kunst")
        page.get_by_label("Zeitzone").fill("Mond/Meer")
        page.get_by_label("Bilder und Gesichter").fill("14")
        page.get_by_role("button", name="Klasse anlegen").click()
        self.in_german(page, "Mond/Meer ist keine Zeitzone")
        page.get_by_label("Zeitzone").fill("UTC")
        page.get_by_role("button", name="Klasse anlegen").click()
        page.get_by_label("Oder Zeilen einfügen").fill("id,name\n44,Barack Obama\n46,Joe Biden\n46,Jo\n48,Cleo\n")
        page.get_by_role("button", name="Personen hinzufügen").click()
        self.in_german(page, "Dieselbe Kennung wie in Zeile 3")
        page.get_by_role("button", name="Weiter zu den Fotos").click()
        (self.dir / "46.jpg").write_bytes(b"no picture")
        (self.dir / "48.jpg").write_bytes((PHOTOS / "obama.jpg").read_bytes())
        self.choose(page, "Fotos auswählen", [shutil.copy(PHOTOS / "obama.jpg", self.dir / "44.jpg"), self.dir / "46.jpg", self.dir / "48.jpg"])
        self.in_german(page, "übernommen.", "kein lesbares Bild", "zeigt anscheinend eine andere Person")
        page.goto("/#/")
        (self.dir / "2026-11-20_10-00-00.mp4").write_bytes(b"no video")
        films = [self.dir / "2026-11-20_10-00-00.mp4", self.film("2026-11-20_08-00-00.mp4", "obama.jpg", 40), self.film("stunde.mp4", "astronaut.png", 20)]
        self.choose(page, "Videos auswählen", films)
        self.in_german(page, "kein Video, oder es ist beschädigt", "1 sicher erkannt, 0 unbekannt", "0 sicher erkannt, 1 unbekannt")
        lessons = [link.get_attribute("href") for link in page.get_by_role("main").get_by_role("link", name="Liste öffnen").all()]
        self.assertEqual(len(lessons), 2)
        # Somebody in doubt, as the database may have him.
        with contextlib.closing(sqlite3.connect(self.dir / "homeroom.db")) as database, database:
            database.execute("UPDATE decisions SET band = 'review', reason = 'weak' WHERE student IS NOT NULL")
            database.execute("UPDATE tracks SET band = 'review', reason = 'weak' WHERE student IS NOT NULL")
        for address in (lessons[0], lessons[1]):
            page.goto(f"/{address}")
            self.in_german(page, "kein Foto: von Hand eintragen")
        self.assertTrue(any("vermutet" in self.text_of(page, address) for address in lessons))
        doubtful = next(address for address in lessons if "könnte diese Person sein" in self.text_of(page, address))
        page.goto(f"/{doubtful}/review")
        self.in_german(page, "nicht ähnlich genug")
        page.goto(f"/{doubtful}")
        page.get_by_role("button", name="Abschließen").click()
        self.in_german(page, "Die Stunde ist abgeschlossen")
        page.get_by_role("button", name="Barack Obama von Hand eintragen").click()
        page.get_by_role("dialog").get_by_role("button", name=re.compile("entschuldigt")).click()
        self.in_german(page, "zum Ändern wieder öffnen")
        page.get_by_role("dialog").get_by_role("button", name="Abbrechen").click()
        for address, text in (("class/8b", "Stundenplan"), ("class/8b/unknown", "Unbekannte"), ("student/44", "Einwilligung"), ("settings", "Verwaltung"),
                              ("setup", "Neue Klasse"), ("student/99", "niemanden mit der Kennung 99")):
            page.goto(f"/#/{address}")
            self.in_german(page, text)
        page.goto("/#/settings")
        page.get_by_text("Zeigen, wer was getan hat").click()
        self.in_german(page, "Foto übernommen", "Stunde abgeschlossen")
        page.context.clear_cookies()
        page.goto("/#/class/8b")
        page.reload()
        page.get_by_label("Benutzername").fill("ada")
        page.get_by_label("Passwort", exact=True).fill("nicht das Passwort")
        page.get_by_role("button", name="Anmelden").last.click()
        self.in_german(page, "Name oder Passwort stimmt nicht")

    def text_of(self, page, address):
        page.goto(f"/{address}")
        page.reload()
        expect(page.get_by_role("table").first).to_be_visible()
        return page.get_by_role("main").inner_text()

    def test_every_screen_by_the_rules(self):
        page = self.open()
        self.set_up(page)
        self.send(page, self.film("2026-11-20_08-00-00.mp4", "obama.jpg", 40), self.film("2026-11-20_08-00-20.mp4", "astronaut.png", 20))
        lesson = page.url.split("#")[1]
        state = page.context.storage_state()
        for size in (DESK, PHONE):
            for dark in (False, True):
                other = self.open(size, dark, storage_state=state)
                for name, address in (("today", "/"), ("lesson", lesson), ("review", f"{lesson}/review"), ("class", "/class/8b"), ("student", "/student/44"),
                                      ("unknown", "/class/8b/unknown"), ("settings", "/settings"), ("new-class", "/setup")):
                    with self.subTest(f"{name} {size['width']} {'dark' if dark else 'light'}"):
                        other.goto(f"/#{address}")
                        expect(other.get_by_role("heading", level=1)).to_be_visible()
                        self.look(other, name)
                self.no_complaints(other)
        signed_out = self.open()
        signed_out.goto("/")
        expect(signed_out.get_by_role("button", name="Sign in")).to_be_visible()
        self.look(signed_out, "sign-in")

    def test_with_the_keyboard_alone(self):
        page = self.open()
        self.set_up(page)
        self.send(page, self.film("2026-11-20_08-00-00.mp4", "astronaut.png", 40))

        def go_to(target):
            """With Tab, as somebody without a mouse does; and it is seen where one is."""
            for _ in range(80):
                page.keyboard.press("Tab")
                if target.evaluate("element => element === document.activeElement"):
                    style = target.evaluate("element => { const s = getComputedStyle(element); return s.outlineStyle + s.outlineWidth + s.boxShadow }")
                    self.assertNotEqual(style.replace("none", ""), "0px", "the focus is not seen")
                    return
            self.fail(f"Tab does not lead to {target}")

        go_to(page.get_by_role("link", name=re.compile("^Review|Go through", re.I)).first)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/review$"))
        unknown = page.get_by_label(re.compile("unknown", re.I)).first
        if unknown.count():
            go_to(unknown)
            page.keyboard.press("Space")
        page.keyboard.press("/")
        page.keyboard.type("Dora")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Undo").first).to_be_visible()
        page.keyboard.press("Escape")
        page.goto(page.url.replace("/review", ""))
        expect(page.get_by_role("row").filter(has_text="Dora")).to_contain_text(re.compile("present|late|left"))
        go_to(page.get_by_role("button", name="Finish").first)
        page.keyboard.press("Enter")
        expect(page.get_by_text("finished", exact=True).first).to_be_visible()
        self.no_complaints(page)

    def test_photos_in_a_zip(self):
        """Deflated and stored, in folders and not; and what must not come out of one."""
        page = self.open()
        self.set_up(page, photos=False)
        obama, biden = (PHOTOS / "obama.jpg").read_bytes(), (PHOTOS / "biden.jpg").read_bytes()
        with zipfile.ZipFile(self.dir / "photos.zip", "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("class/44/front.jpg", obama)
            file.writestr("46.jpg", biden, zipfile.ZIP_STORED)
            file.writestr("notes.txt", "no picture")
            file.writestr("../44.jpg", obama)
            file.writestr("__MACOSX/44.jpg", b"x")
            file.writestr("44_2.jpg", bytes(8 << 20))  # a thousand times as much as it takes
            link = zipfile.ZipInfo("46_2.jpg")
            link.external_attr = 0o120777 << 16
            file.writestr(link, "/etc/passwd")
        (self.dir / "bad.zip").write_bytes((self.dir / "photos.zip").read_bytes()[:2000])
        self.choose(page, "Choose photos", [self.dir / "bad.zip"])
        expect(page.get_by_text("the archive is damaged")).to_be_visible()
        page.complaints.clear()  # the browser says that it was refused
        self.choose(page, "Choose photos", [self.dir / "photos.zip"])
        expect(page.get_by_text("Photos taken: 2. Not taken: 4.")).to_be_visible(timeout=60000)
        self.no_complaints(page)

    def test_a_table_as_a_school_has_it(self):
        """Semicolons, two columns for the name, a heading in German, in an old encoding."""
        page = self.open()
        self.set_up(page, photos=False, table="Sch\u00fcler-Nr;Nachname;Vorname;Jahrgang\n44;Obama;Barack;2026\n46;M\u00fcller;J\u00f6rg;2026\n".encode("latin-1"))
        page.goto("/#/class/8b")
        for name in ("Barack Obama", "J\u00f6rg M\u00fcller"):
            expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
        self.assertEqual(page.get_by_role("row").count(), 3)

    def test_an_ended_session_comes_back_to_where_it_was(self):
        page = self.open()
        self.set_up(page)
        page.context.clear_cookies()
        page.goto("/#/class/8b")
        page.reload()
        page.get_by_label("User name").fill("ada")
        page.get_by_label("Password", exact=True).fill("not the password")
        page.get_by_role("button", name="Sign in").last.click()
        expect(page.get_by_text("not right").first).to_be_visible()
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").last.click()
        expect(page.get_by_role("heading", level=1, name="Art, 8b")).to_be_visible()


if __name__ == "__main__":
    main()
