"""Files that come from their maker: where scripts/fetch.py looks, what it refuses, and what it says.

    test_fetch.py SOURCE_ROOT

No test touches a network: the address is answered by the test.
"""

import contextlib
import hashlib
import io
import os
import pathlib
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(sys.argv[1]) / "scripts"))

import fetch  # noqa: E402

GOOD = b"the model's bytes" * 100
ADDRESS = "https://maker.example/models/face.bin"
WITHOUT = "names are less sure"


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
            return io.BytesIO(content)
        return opener

    def get(self, answer=OSError("no network"), folders=(), none_here=False, **changes):
        """(is it there, what was said)"""
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            there = fetch.get_from_maker(self.maker(**changes), str(self.cache), folders, none_here,
                                         self.answers(answer))
        self.assertEqual([path.name for path in self.folder.rglob("*.partial*")], [], "nothing half made stays")
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

    def test_then_at_its_address(self):
        self.assertEqual(self.get(GOOD, [str(self.folder / "not there")]), (True, ""))
        self.assertEqual(self.asked, [ADDRESS])

    def test_what_is_there_is_not_fetched_again(self):
        self.get(GOOD)
        self.assertEqual(self.get(), (True, ""))
        self.assertEqual(self.asked, [ADDRESS])

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
