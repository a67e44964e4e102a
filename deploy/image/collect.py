#!/usr/bin/env python3
"""Puts together what goes into the image, inside its build stage, and lists it.

usage: collect.py TRIPLET OUT

OUT gets four folders, one for each layer of the image, from what changes least to what changes most:
system (the shared libraries that the program really needs, the C library, the certificates), models, program and
database. Each file is noted with the package it came from; sbom.py writes the list into the image.
Standard library only.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import sbom

PROGRAM = Path("/build/homeroom")
PARTS = Path("/opt/homeroom-parts/parts")
MODELS = Path("/models")
DATABASE = Path("/baked/homeroom.db")
SOURCE = Path("/homeroom")

# What is compiled into the program: Debian's source package, the licence of what we use of it, its home.
COMPILED_IN = {
    "ffmpeg": ("LGPL-2.1-or-later", "https://ffmpeg.org/"),
    "libheif": ("LGPL-3.0-or-later", "https://github.com/strukturag/libheif"),
    "curl": ("curl", "https://curl.se/"),
}
# Headers whose functions are compiled into ours: Debian's package, the name of its source, licence, home.
HEADERS = ("libxxhash-dev", "xxhash", "BSD-2-Clause", "https://xxhash.com/")
MODEL_LICENCES = {"centerface.hrm": "MIT", "dlib-resnet.hrm": "CC0-1.0",
                  "face-reidentification-retail-0095.hrm": "Apache-2.0"}

USER = 65532
ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/:/usr/sbin/nologin\n"
    f"homeroom:x:{USER}:{USER}:homeroom:/tmp:/usr/sbin/nologin\n",
    "etc/group": f"root:x:0:\nhomeroom:x:{USER}:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def needed(path):
    """The names of the shared libraries that a file asks for, and its interpreter."""
    text = output("readelf", "--wide", "--dynamic", "--program-headers", path)
    names = re.findall(r"\(NEEDED\).*\[(.*)\]", text)
    interpreter = re.search(r"Requesting program interpreter: (.*)\]", text)
    return names, interpreter and interpreter.group(1)


def find_library(name, triplet):
    for folder in (f"/usr/lib/{triplet}", f"/lib/{triplet}"):
        path = Path(folder, name)
        if path.exists():
            return path
    sys.exit(f"collect.py: the program needs {name}, and there is none for {triplet}")


def package_of(path):
    """Debian's package that owns a file; since /lib is a link to /usr/lib it may be known by either name."""
    real = os.path.realpath(path)
    names = {str(path), real, real.removeprefix("/usr"), str(path).removeprefix("/usr")}
    for name in sorted(names):
        found = subprocess.run(["dpkg-query", "-S", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if found.returncode == 0:
            return found.stdout.rsplit(": ", 1)[0].split(",")[0]
    sys.exit(f"collect.py: no package owns {path}")


class Image:
    def __init__(self, out, triplet):
        self.out = out
        self.triplet = triplet
        self.packages = {}

    def put(self, layer, source, target, package, mode=0o644):
        path = self.out / layer / target
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, str):
            path.write_text(source)
        else:
            shutil.copyfile(source, path)
        path.chmod(mode)
        content = path.read_bytes()
        package.files.append(
            sbom.File("/" + target, hashlib.sha1(content).hexdigest(), hashlib.sha256(content).hexdigest())
        )

    def debian(self, name):
        """The package, and its copyright file, once."""
        if name not in self.packages:
            fields = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Homepage}"
            plain, version, arch, source, source_version, home = output("dpkg-query", "-W", "-f", fields, name).split("\t")
            package = sbom.debian_package(plain, version, arch, source, source_version, home)
            self.packages[name] = package
            target = f"usr/share/doc/{plain}/copyright"
            self.put("system", Path("/", target), target, package)
        return self.packages[name]

    def add_libraries(self, program):
        names, interpreter = needed(program)
        loader = Path(interpreter)
        self.put("system", loader, interpreter.lstrip("/"), self.debian(package_of(loader)), 0o755)
        waiting, seen = names, {loader.name}
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            library = find_library(name, self.triplet)
            self.put("system", library, f"usr/lib/{self.triplet}/{name}", self.debian(package_of(library)))
            waiting += needed(library)[0]

    def add_program(self, version):
        program = self.packages["homeroom"] = sbom.homeroom_package(version)
        self.put("program", PROGRAM, "usr/bin/homeroom", program, 0o755)
        for name in ("LICENSE", "THIRD-PARTY.md"):
            self.put("program", SOURCE / name, f"usr/share/doc/homeroom/{name}", program)
        for target, text in ACCOUNTS.items():
            self.put("system", text, target, program)
        for name, (licence, home) in COMPILED_IN.items():
            part = self.packages[name + " (source)"] = sbom.compiled_in_package(
                name, (PARTS / name / "version").read_text().strip(), licence, home
            )
            self.put("program", PARTS / name / "copyright", f"usr/share/doc/homeroom/{name}.copyright", part)

        package, name, licence, home = HEADERS
        version = output("dpkg-query", "-W", "-f", "${source:Version}\n", package).split()[0]
        part = self.packages[name + " (source)"] = sbom.compiled_in_package(name, version, licence, home)
        self.put("program", Path("/usr/share/doc", package, "copyright"), f"usr/share/doc/homeroom/{name}.copyright", part)

    def add_models(self):
        for path in sorted(MODELS.glob("*.hrm")):
            licence = MODEL_LICENCES.get(path.name)
            if licence is None:
                sys.exit(f"collect.py: {path.name} is a model whose licence is not known here")
            package = self.packages[path.name] = sbom.model_package(path.stem, licence)
            self.put("models", path, f"usr/share/homeroom/models/{path.name}", package)

    def add_rest(self):
        certificates = "etc/ssl/certs/ca-certificates.crt"
        self.put("system", Path("/", certificates), certificates, self.debian("ca-certificates"))
        (self.out / "system/tmp").mkdir(parents=True)
        (self.out / "system/tmp").chmod(0o1777)
        (self.out / "database/opt/homeroom").mkdir(parents=True)
        if DATABASE.exists():
            package = self.packages["database"] = sbom.database_package()
            self.put("database", DATABASE, "opt/homeroom/homeroom.db", package)


def main():
    triplet, out = sys.argv[1], Path(sys.argv[2])
    os.umask(0o022)
    version = re.search(r"project\(homeroom VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text()).group(1)
    image = Image(out, triplet)
    image.add_libraries(PROGRAM)
    image.add_models()
    image.add_program(version)
    image.add_rest()
    target = out / "program/usr/share/doc/homeroom/sbom.spdx.json"
    target.write_text(sbom.document(image.packages.values(), version, triplet))
    target.chmod(0o644)


if __name__ == "__main__":
    main()
