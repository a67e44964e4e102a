"""The image's list of what is in it, as SPDX 2.3 in JSON: packages, their files, and how they belong together.

Nothing in it depends on the time or the machine: the same image has the same list.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field

ARCHITECTURES = {"x86_64-linux-gnu": "amd64", "aarch64-linux-gnu": "arm64"}
CREATED = "1970-01-01T00:00:00Z"  # as the image's own timestamps


@dataclass
class File:
    name: str
    sha1: str
    sha256: str


@dataclass
class Package:
    name: str
    version: str
    licence: str
    home: str
    supplier: str
    purl: str
    source: str = ""
    compiled_in: bool = False
    files: list = field(default_factory=list)


def escape(text):
    """A package URL's: + and : stand for themselves only when written as %2B and %3A."""
    return text.replace("%", "%25").replace("+", "%2B").replace(":", "%3A")


def debian_package(name, version, arch, source, source_version, home):
    return Package(
        name, version, "NOASSERTION", home, "Organization: Debian",
        f"pkg:deb/debian/{escape(name)}@{escape(version)}?arch={arch}&distro=bookworm",
        f"built by Debian from its source package {source} {source_version}; "
        f"the licences stand in /usr/share/doc/{name}/copyright",
    )  # fmt: skip


def compiled_in_package(name, version, licence, home):
    return Package(
        name, version, licence, home, "Organization: Debian",
        f"pkg:deb/debian/{escape(name)}@{escape(version)}?arch=source&distro=bookworm",
        f"compiled into the program, in part, from Debian's source package; "
        f"the licences stand in /usr/share/doc/homeroom/{name}.copyright",
        compiled_in=True,
    )  # fmt: skip


def homeroom_package(version):
    return Package(
        "homeroom", version, "Apache-2.0", "NOASSERTION", "NOASSERTION", f"pkg:generic/homeroom@{version}"
    )  # fmt: skip


def model_package(name, licence):
    return Package(
        f"model-{name}", "NOASSERTION", licence, "NOASSERTION", "NOASSERTION", f"pkg:generic/{name}",
        "compiled by tools/compile_model.py; where it came from stands in THIRD-PARTY.md and in the file itself",
    )  # fmt: skip


def database_package():
    return Package(
        "student-database", "NOASSERTION", "NONE", "NOASSERTION", "NOASSERTION", "pkg:generic/student-database",
        "the owner's students and the vectors of their faces, put in by scripts/image --db",
    )  # fmt: skip


def identifier(kind, text):
    return f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]", "-", text)


def package_id(package):
    return identifier("Package", package.name + ("-source" if package.compiled_in else ""))


def file_id(file):
    return identifier("File", file.name.strip("/") + "-" + file.sha1[:8])


def verification_code(files):
    """SPDX 2.3, 7.9: the SHA-1 of the files' SHA-1 sums, sorted and put together."""
    return hashlib.sha1("".join(sorted(file.sha1 for file in files)).encode()).hexdigest()


def describe_package(package):
    return {
        "SPDXID": package_id(package),
        "name": package.name,
        **({"versionInfo": package.version} if package.version != "NOASSERTION" else {}),
        "supplier": package.supplier,
        "downloadLocation": "NOASSERTION",
        "homepage": package.home or "NOASSERTION",
        "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": verification_code(package.files)},
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": package.licence,
        "copyrightText": "NOASSERTION",
        **({"sourceInfo": package.source} if package.source else {}),
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": package.purl,
            }
        ],
        "hasFiles": [file_id(file) for file in package.files],
    }


def describe_file(file):
    return {
        "SPDXID": file_id(file),
        "fileName": "." + file.name,
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": file.sha1},
            {"algorithm": "SHA256", "checksumValue": file.sha256},
        ],
    }


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def document(packages, version, triplet):
    packages = sorted(packages, key=package_id)
    files = sorted((file for package in packages for file in package.files), key=lambda file: file.name)
    program = next(package_id(package) for package in packages if package.name == "homeroom")
    relations = [relation("SPDXRef-DOCUMENT", "DESCRIBES", program)]
    for package in packages:
        if package_id(package) != program:
            kind = "STATIC_LINK" if package.compiled_in else "DEPENDS_ON"
            relations.append(relation(program, kind, package_id(package)))
    content = hashlib.sha256("".join(file.name + file.sha256 for file in files).encode()).hexdigest()
    arch = ARCHITECTURES[triplet]
    return json.dumps(
        {
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"homeroom-{version}-{arch}",
            "documentNamespace": f"urn:homeroom:image:{version}:{arch}:{content}",
            "creationInfo": {"created": CREATED, "creators": [f"Tool: homeroom-collect-{version}"]},
            "packages": [describe_package(package) for package in packages],
            "files": [describe_file(file) for file in files],
            "relationships": relations,
        },
        indent=1,
    ) + "\n"
