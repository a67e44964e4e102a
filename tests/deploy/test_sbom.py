"""The image's list of contents: SPDX 2.3 as the specification has it, the same for the same image."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["HOMEROOM_SOURCE"])
sys.path.insert(0, str(SOURCE / "deploy" / "image"))
import outdated
import sbom

ID = re.compile(r"SPDXRef-[A-Za-z0-9.-]+$")
RELATIONS = {"DESCRIBES", "DEPENDS_ON", "STATIC_LINK"}


def problems(document):
    """What SPDX 2.3 asks for and the document has not; used on the image's own list as well."""
    found = []

    def check(true, text):
        if not true:
            found.append(text)

    for field, value in (("spdxVersion", "SPDX-2.3"), ("dataLicense", "CC0-1.0"), ("SPDXID", "SPDXRef-DOCUMENT")):
        check(document.get(field) == value, f"{field} is {document.get(field)!r}")
    check(document.get("name"), "no name")
    check(re.match(r"[a-z]+:[^#\s]+$", document.get("documentNamespace", "")), "documentNamespace is no URI without #")
    info = document.get("creationInfo", {})
    check(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", info.get("created", "")), "creationInfo.created")
    check(info.get("creators") and all(re.match("(Tool|Organization|Person): .", one) for one in info["creators"]), "creators")
    files = {one["SPDXID"]: one for one in document["files"]}
    packages = {one["SPDXID"]: one for one in document["packages"]}
    ids = ["SPDXRef-DOCUMENT", *(one["SPDXID"] for one in document["files"] + document["packages"])]
    check(len(ids) == len(set(ids)), "an SPDXID twice")
    check(all(ID.match(one) for one in ids), "an SPDXID of other characters than letters, digits, . and -")
    for one in files.values():
        sums = {entry["algorithm"]: entry["checksumValue"] for entry in one["checksums"]}
        check(one["fileName"].startswith("./"), f"{one['fileName']} is not relative")
        check(re.match("[0-9a-f]{40}$", sums.get("SHA1", "")), f"{one['fileName']} has no SHA1, which is mandatory")
        check(re.match("[0-9a-f]{64}$", sums.get("SHA256", "")), f"{one['fileName']} has no SHA256")
    owned = [file for one in packages.values() for file in one["hasFiles"]]
    check(sorted(owned) == sorted(files), "a file that belongs to no package, or to two")
    for one in packages.values():
        name = one["name"]
        for field in ("downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"):
            check(one.get(field), f"{name} has no {field}")
        check(re.match("NOASSERTION$|(Organization|Person): .", one.get("supplier", "")), f"supplier of {name}")
        sums = sorted(entry["checksumValue"] for file in one["hasFiles"] if file in files
                      for entry in files[file]["checksums"] if entry["algorithm"] == "SHA1")
        check(one["packageVerificationCode"]["packageVerificationCodeValue"] == hashlib.sha1("".join(sums).encode()).hexdigest(),
              f"verification code of {name}")
        reference, = one["externalRefs"]
        check(reference["referenceCategory"] == "PACKAGE-MANAGER" and reference["referenceType"] == "purl"
              and re.match(r"pkg:(deb/debian|generic)/[a-z0-9.%A-Z-]+(@[^?\s:+]+)?(\?\S+)?$", reference["referenceLocator"]),
              f"package URL of {name}: {reference['referenceLocator']}")
    for one in document["relationships"]:
        check(one["relationshipType"] in RELATIONS, f"relationship {one['relationshipType']}")
        check({one["spdxElementId"], one["relatedSpdxElement"]} <= set(ids), "a relationship with something that is not there")
    check(any(one["relationshipType"] == "DESCRIBES" for one in document["relationships"]), "nothing is described")
    related = {one["relatedSpdxElement"] for one in document["relationships"]}
    check(set(packages) <= related, "a package that nothing is said of")
    return found


def some_packages():
    library = sbom.debian_package("libstdc++6", "1:12.2.0-14+deb12u1", "amd64", "gcc-12", "12.2.0-14+deb12u1", "")
    part = sbom.compiled_in_package("ffmpeg", "7:5.1.9-0+deb12u1", "LGPL-2.1-or-later", "https://ffmpeg.org/")
    packages = [library, part, sbom.homeroom_package("1.2.3"), sbom.model_package("centerface", "MIT"), sbom.database_package()]
    for number, package in enumerate(packages):
        for name in ("a", "b/c d+e"):
            content = f"{number}{name}".encode()
            package.files.append(sbom.File(f"/{number}/{name}", hashlib.sha1(content).hexdigest(), hashlib.sha256(content).hexdigest()))
    return packages


class Sbom(unittest.TestCase):
    def test_it_is_spdx(self):
        document = json.loads(sbom.document(some_packages(), "1.2.3", "x86_64-linux-gnu"))
        self.assertEqual(problems(document), [])
        self.assertEqual(document["name"], "homeroom-1.2.3-amd64")

    def test_versions_are_escaped(self):
        package = some_packages()[0]
        self.assertEqual(package.purl, "pkg:deb/debian/libstdc%2B%2B6@1%3A12.2.0-14%2Bdeb12u1?arch=amd64&distro=bookworm")

    def test_same_image_same_list(self):
        one = sbom.document(some_packages(), "1.2.3", "aarch64-linux-gnu")
        self.assertEqual(one, sbom.document(reversed(some_packages()), "1.2.3", "aarch64-linux-gnu"))
        changed = some_packages()
        changed[0].files[0].sha256 = "0" * 64
        self.assertNotEqual(json.loads(one)["documentNamespace"],
                            json.loads(sbom.document(changed, "1.2.3", "aarch64-linux-gnu"))["documentNamespace"])

    def test_what_is_wrong_would_be_noticed(self):
        good = json.loads(sbom.document(some_packages(), "1.2.3", "x86_64-linux-gnu"))
        for spoil in (
            lambda d: d.update(spdxVersion="SPDX-2.2"),
            lambda d: d["files"].pop(),
            lambda d: d["packages"][0]["hasFiles"].pop(),
            lambda d: d["files"][0]["checksums"].pop(0),
            lambda d: d["packages"][0].pop("downloadLocation"),
            lambda d: d["packages"][0].update(SPDXID="SPDXRef-Package-a+b"),
            lambda d: d["relationships"].pop(0),
            lambda d: d["relationships"].pop(),
        ):
            document = json.loads(json.dumps(good))
            spoil(document)
            self.assertNotEqual(problems(document), [])

    def test_what_debian_has_mended_since_is_found(self):
        document = json.loads(sbom.document(some_packages(), "1.2.3", "x86_64-linux-gnu"))
        built = outdated.packages_of(document)
        self.assertEqual(built, {"libstdc++6": "1:12.2.0-14+deb12u1", "ffmpeg": "7:5.1.9-0+deb12u1"})
        self.assertTrue(outdated.is_older("7:5.1.9-0+deb12u1", "7:5.1.10-0+deb12u1"))
        self.assertFalse(outdated.is_older("1:5.1", "5.2"))  # an epoch counts first
        with tempfile.TemporaryDirectory() as folder:
            said = Path(folder) / "said"
            program = Path(folder) / "apt-cache"
            program.write_text(f"#!/bin/sh\ncat '{said}'\n")
            program.chmod(0o755)
            for newest, status, words in (("7:5.1.10-0", 1, "Debian has 7:5.1.10-0"), ("7:5.1.9-0+deb12u1", 0, "0 mended")):
                said.write_text(f"Package: libavcodec59\nSource: ffmpeg ({newest})\nVersion: {newest}+b1\n\n"
                                "Package: libstdc++6\nSource: gcc-12 (12.2.0-14+deb12u1)\nVersion: 1:12.2.0-14+deb12u1\n")
                listed = Path(folder) / "image.spdx.json"
                listed.write_text(json.dumps(document))
                done = subprocess.run([sys.executable, "-B", outdated.__file__, listed], capture_output=True, text=True,
                                      check=False, env={**os.environ, "HOMEROOM_APT_CACHE": str(program)})
                self.assertEqual(done.returncode, status, done.stdout + done.stderr)
                self.assertIn(words, done.stdout)


if __name__ == "__main__":
    unittest.main()
