"""Files that come from their maker: where scripts/fetch.py looks, what it refuses, and what it says.

    test_fetch.py SOURCE_ROOT

No test touches a network: the address is answered by the test.
"""

import contextlib
import email.message
import hashlib
import io
import os
import pathlib
import sys
import tempfile
import unittest
import unittest.mock
import urllib.error
import urllib.request
import urllib.response

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(sys.argv[1]) / "scripts"))

import fetch  # noqa: E402

GOOD = b"the model's bytes" * 100
ADDRESS = "https://maker.example/models/face.bin"
WITHOUT = "names are less sure"


class BreaksOff(io.BytesIO):
    """An answer whose connection ends after a few bytes."""

    def read(self, size=-1):
        if self.tell() > 0:
            raise ConnectionResetError("reset by peer")
        return super().read(min(size, 100))


class Https(urllib.request.HTTPSHandler):
    """The network behind the opener: every address answers so. It knows no http: that would be an error of its own."""

    def __init__(self, code, headers=(), content=b""):
        super().__init__()
        self.code, self.headers, self.content = code, dict(headers), content
        self.asked, self.waits = [], []

    def https_open(self, req):
        self.asked.append(req.full_url)
        self.waits.append(req.timeout)
        headers = email.message.Message()
        for name, value in self.headers.items():
            headers[name] = value
        answer = urllib.response.addinfourl(io.BytesIO(self.content), headers, req.full_url, self.code)
        answer.msg = "said so"
        return answer


class Makers(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)
        self.cache = self.folder / "cache"
        self.target = self.cache / "parts/models/face.bin"
        self.asked = []

    def maker(self, **changes):
        file = {"address": ADDRESS, "target": "models/face.bin", "bytes": len(GOOD),
                "sha256": hashlib.sha256(GOOD).hexdigest()} | changes
        return {"name": "face-net", "without": WITHOUT, "files": [file]}

    def folder_with(self, name, content):
        (self.folder / name).mkdir()
        (self.folder / name / "face.bin").write_bytes(content)
        return str(self.folder / name)

    def answers(self, content):
        """An opener whose address answers so."""
        def opener(address):
            self.asked.append(address)
            if isinstance(content, Exception):
                raise content
            return content if isinstance(content, io.IOBase) else io.BytesIO(content)
        return opener

    def nothing_half_made(self):
        there = {path.name for path in self.cache.rglob("*") if path.is_file()}
        self.assertLessEqual(there, {"face.bin", "face.xml"}, "nothing half made stays")

    def get(self, answer=OSError("no network"), folders=(), none_here=False, **changes):
        """(is it there, what was said)"""
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            there = fetch.get_from_maker(self.maker(**changes), str(self.cache), folders, none_here,
                                         self.answers(answer))
        self.nothing_half_made()
        self.assertEqual(there, self.target.exists() and self.target.read_bytes() == GOOD)
        return there, said.getvalue()

    def missing(self, reason, **how):
        there, said = self.get(**how)
        self.assertFalse(there)
        last = said.splitlines()[-1]
        for part in ("face-net is not here", "face.bin", reason, WITHOUT):
            self.assertIn(part, last)
        return said

    def test_found_in_a_folder(self):
        self.assertEqual(self.get(folders=[self.folder_with("a", GOOD)]), (True, ""))
        self.assertEqual(self.asked, [])

    def test_a_wrong_file_is_said_and_the_next_folder_is_looked_at(self):
        folders = [self.folder_with("a", GOOD[:-1] + b"!"), self.folder_with("b", GOOD)]
        there, said = self.get(folders=folders)
        self.assertTrue(there)
        self.assertEqual(len(said.splitlines()), 1)
        self.assertIn("a/face.bin is not used: it does not match its SHA-256", said)

    def test_a_longer_file_is_not_read_to_its_end(self):
        _, said = self.get(folders=[self.folder_with("a", GOOD + b"more")])
        self.assertIn(f"longer than the {len(GOOD)} bytes", said)

    def test_what_is_no_file_is_passed_over(self):
        (self.folder / "a/face.bin").mkdir(parents=True)
        self.assertEqual(self.get(folders=[str(self.folder / "a"), self.folder_with("b", GOOD)]), (True, ""))

    def test_no_good_file_in_any_folder_is_said_of_each_and_the_address_is_asked(self):
        folders = [self.folder_with("a", b"wrong"), self.folder_with("b", GOOD + b"!")]
        there, said = self.get(GOOD, folders)
        self.assertTrue(there)
        self.assertEqual([line.split(" is not used")[0] for line in said.splitlines()],
                         [f"WARNING: {folder}/face.bin" for folder in folders])
        self.assertEqual(self.asked, [ADDRESS])

    def test_then_at_its_address(self):
        self.assertEqual(self.get(GOOD, [str(self.folder / "not there")]), (True, ""))
        self.assertEqual(self.asked, [ADDRESS])

    def test_what_is_there_is_not_fetched_again(self):
        self.get(GOOD)
        before = self.target.stat()
        self.assertEqual(self.get(folders=[self.folder_with("a", GOOD)]), (True, ""))
        self.assertEqual(self.asked, [ADDRESS])
        after = self.target.stat()
        self.assertEqual((after.st_ino, after.st_mtime_ns), (before.st_ino, before.st_mtime_ns), "not written either")

    def test_what_is_there_and_damaged_is(self):
        self.target.parent.mkdir(parents=True)
        self.target.write_bytes(b"damaged")
        self.assertTrue(self.get(GOOD)[0])

    def test_an_address_that_cannot_be_reached_is_one_line(self):
        self.assertEqual(len(self.missing("cannot be reached (no network)").splitlines()), 1)

    def test_an_address_that_answers_otherwise(self):
        self.missing("answers 404", answer=urllib.error.HTTPError(ADDRESS, 404, "Not Found", {}, None))
        self.missing("does not match its SHA-256", answer=b"something else")
        self.missing("longer than", answer=GOOD + b"!")
        self.missing("does not match", answer=GOOD[:-1])

    def test_a_connection_that_breaks_off(self):
        self.missing("cannot be reached (reset by peer)", answer=BreaksOff(GOOD))

    def test_what_was_there_is_not_lost_to_a_wrong_answer(self):
        self.get(GOOD)
        # --none-here asks the address though the cache has the file.
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertFalse(fetch.get_from_maker(self.maker(), str(self.cache), [], True, self.answers(b"wrong")))
        self.nothing_half_made()
        self.assertEqual(self.target.read_bytes(), GOOD)

    def test_all_files_of_a_maker_are_needed(self):
        digest = hashlib.sha256(GOOD).hexdigest()
        maker = self.maker()
        maker["files"].append({"address": "https://maker.example/models/face.xml", "target": "models/face.xml",
                               "bytes": len(GOOD), "sha256": digest})
        for missing in ("face.xml", "face.bin"):
            with self.subTest(missing=missing), tempfile.TemporaryDirectory() as cache:
                asked, said = [], io.StringIO()

                def opener(address, missing=missing, asked=asked):
                    asked.append(address.rsplit("/", 1)[1])
                    if address.endswith(missing):
                        raise OSError("no network")
                    return io.BytesIO(GOOD)

                with contextlib.redirect_stderr(said):
                    self.assertFalse(fetch.get_from_maker(maker, cache, [], False, opener))
                self.assertEqual(len(said.getvalue().splitlines()), 1)
                self.assertIn(f"face-net is not here ({missing}: ", said.getvalue())
                self.assertEqual(asked[-1], missing, "what is missing is said once, and no more is asked for")

    def test_none_here_is_as_on_a_bare_machine(self):
        self.get(GOOD)
        self.assertTrue(self.target.exists())
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            there = fetch.get_from_maker(self.maker(), str(self.cache), [self.folder_with("a", GOOD)], True,
                                         self.answers(OSError("no network")))
        self.assertFalse(there)
        self.assertIn(WITHOUT, said.getvalue())

    def test_only_https(self):
        with self.assertRaisesRegex(fetch.FetchError, "only https"):
            fetch.open_address("http://maker.example/face.bin")
        with self.assertRaisesRegex(fetch.FetchError, "only https"):
            fetch.open_address("file:///etc/passwd")
        request = urllib.request.Request(ADDRESS)
        with self.assertRaisesRegex(fetch.FetchError, "away from https"):
            fetch.HttpsOnly().redirect_request(request, None, 302, "Found", {}, "http://elsewhere.example/face.bin")
        there = fetch.HttpsOnly().redirect_request(request, None, 302, "Found", {}, "https://elsewhere.example/face.bin")
        self.assertEqual(there.full_url, "https://elsewhere.example/face.bin")

    def network(self, network):
        """(is it there, what was said), with the program's own opener in front of that network."""
        build, said = urllib.request.build_opener, io.StringIO()
        with unittest.mock.patch.object(urllib.request, "build_opener", lambda *own: build(*own, network)):
            with contextlib.redirect_stderr(said):
                there = fetch.get_from_maker(self.maker(), str(self.cache), [], False)
        self.nothing_half_made()
        return there, said.getvalue()

    def test_the_address_is_asked_with_a_time_limit(self):
        network = Https(200, content=GOOD)
        self.assertEqual(self.network(network), (True, ""))
        self.assertEqual(network.asked, [ADDRESS])
        self.assertEqual(network.waits, [fetch.CONNECT_TIMEOUT_S])

    def test_an_answer_that_leads_away_from_https_is_not_followed(self):
        for address in ("http://elsewhere.example/face.bin", "ftp://elsewhere.example/face.bin"):
            network = Https(302, {"Location": address})
            there, said = self.network(network)
            self.assertFalse(there)
            self.assertEqual(len(said.splitlines()), 1)
            self.assertNotIn("cannot be reached", said)
            self.assertIn(WITHOUT, said)
            self.assertEqual(network.asked, [ADDRESS])
        self.assertIn("away from https", self.network(Https(302, {"Location": "http://elsewhere.example/"}))[1])

    def test_answers_that_are_errors_are_told_by_their_number(self):
        for code in (403, 404, 500):
            there, said = self.network(Https(code))
            self.assertFalse(there)
            self.assertIn(f"face-net is not here (face.bin: its maker's address answers {code}): {WITHOUT}", said)

    # --- the lock file and the program ---

    def lock(self, text):
        path = self.folder / "lock"
        path.write_text(text)
        return str(path)

    def test_lines_of_the_lock(self):
        good = f"maker face-net {WITHOUT}\nfrom {ADDRESS} models/face.bin 12 abc  # a comment\n"
        _, makers = fetch.read_lock(self.lock(good))
        self.assertEqual(makers[0]["without"], WITHOUT)
        self.assertEqual(makers[0]["files"][0]["bytes"], 12)
        for bad in ("from a b 1 c\n", "maker alone\n", good + "from a b many c\n", good + "from a b 1\n", "rubbish\n"):
            with self.assertRaisesRegex(fetch.FetchError, r"lock:\d+: not a line"):
                fetch.read_lock(self.lock(bad))

    def test_a_line_that_is_none_is_told_by_its_number(self):
        good = (f"# a comment\n\nfile p 1 p.whl abc\ntake a b c\nmaker face-net {WITHOUT}\n"
                f"from {ADDRESS} models/face.bin 12 abc\n")
        fetch.read_lock(self.lock(good))
        for first, bad in ((good, "rubbish"), (good, "maker alone"), (good, "from a b many c"), (good, "from a b -1 c"),
                           (good, "from a b 1 c d"), (good, "file p 1 p.whl abc win"), (good, "file p 1 p.whl"),
                           (good, "take a b"), ("", "from a b 1 c"), ("\n# nothing yet\n", "take a b c")):
            with self.subTest(bad=bad):
                number = first.count("\n") + 1
                with self.assertRaisesRegex(fetch.FetchError, rf"lock:{number}: not a line of this lock file$"):
                    fetch.read_lock(self.lock(f"{first}{bad}\n"))

    def run_main(self, lock, *options):
        """(its exit status, what was said)"""
        said = io.StringIO()
        arguments = ["fetch.py", lock, str(self.cache), *options]
        with unittest.mock.patch.object(sys, "argv", arguments), contextlib.redirect_stderr(said):
            status = fetch.main()
        self.nothing_half_made()
        return status, said.getvalue()

    def lock_of(self, *names, before=""):
        """Each of a maker of its own, at an address that is refused without a network."""
        digest = hashlib.sha256(GOOD).hexdigest()
        return self.lock(before + "".join(
            f"maker the-{name} {WITHOUT}\nfrom http://maker.example/{name} models/{name} {len(GOOD)} {digest}\n"
            for name in names))

    def test_one_maker_that_is_missing_keeps_no_other_away(self):
        status, said = self.run_main(self.lock_of("face.xml", "face.bin"), "--folder", self.folder_with("a", GOOD))
        self.assertEqual(status, fetch.SOMETHING_MISSING)
        self.assertEqual(len(said.splitlines()), 1)
        self.assertIn("the-face.xml is not here", said)
        self.assertEqual(self.target.read_bytes(), GOOD)

    def test_the_folders_are_looked_at_in_their_order(self):
        folders = [self.folder_with("a", b"wrong"), self.folder_with("b", GOOD)]
        status, said = self.run_main(self.lock_of("face.bin"), "--folder", folders[0], "--folder", folders[1])
        self.assertEqual(status, 0)
        self.assertEqual(len(said.splitlines()), 1)
        self.assertIn("a/face.bin is not used", said)

    def test_the_option_for_a_bare_machine(self):
        folder = self.folder_with("a", GOOD)
        self.assertEqual(self.run_main(self.lock_of("face.bin"), "--folder", folder), (0, ""))
        status, said = self.run_main(self.lock_of("face.bin"), "--folder", folder, "--none-here")
        self.assertEqual(status, fetch.SOMETHING_MISSING)
        self.assertIn(WITHOUT, said)

    def test_a_lock_that_cannot_be_read_is_a_failure_and_fetches_nothing(self):
        status, said = self.run_main(self.lock_of("face.bin", before="rubbish\n"), "--folder",
                                     self.folder_with("a", GOOD))
        self.assertEqual(status, 1)
        self.assertRegex(said, r"^fetch: \S*lock:1: not a line of this lock file\n$")
        self.assertFalse(self.target.exists())
        status, said = self.run_main(str(self.folder / "no such lock"))
        self.assertEqual(status, 1)
        self.assertRegex(said, r"^fetch: [^\n]*no such lock[^\n]*\n$")

    def test_what_is_missing_is_a_status_of_its_own(self):
        digest = hashlib.sha256(GOOD).hexdigest()
        lock = self.lock(f"maker face-net {WITHOUT}\nfrom http://maker.example/face.bin models/face.bin {len(GOOD)} {digest}\n")
        before, sys.argv = sys.argv, ["fetch.py", lock, str(self.cache)]
        try:
            with contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(fetch.main(), fetch.SOMETHING_MISSING)
            self.assertIn(WITHOUT, said.getvalue())
            sys.argv += ["--folder", self.folder_with("a", GOOD)]
            self.assertEqual(fetch.main(), 0)
            self.assertEqual(self.target.read_bytes(), GOOD)
        finally:
            sys.argv = before

    def test_the_real_lock_can_be_read(self):
        _, makers = fetch.read_lock(pathlib.Path(sys.argv[1]) / "scripts/downloads.lock")
        for file in (file for maker in makers for file in maker["files"]):
            self.assertTrue(file["address"].startswith("https://"))
            self.assertEqual(len(file["sha256"]), 64)
            self.assertEqual(os.path.basename(file["address"]), os.path.basename(file["target"]))
        self.assertTrue(makers)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
