#!/usr/bin/env python3
"""What Debian has mended since an image was built.

    outdated.py build/image-amd64.spdx.json

Holds the image's list of contents against the newest versions that apt knows (run 'apt-get update' first). A fault that
becomes known in a library is mended by Debian with a newer version: exit status 1 and the list of them; build the image
anew with scripts/image --fresh. Faults that Debian has not mended yet are not seen.
"""

import json
import os
import re
import subprocess
import sys
import urllib.parse


def packages_of(document):
    """{binary package: version} of what comes from Debian."""
    found = {}
    for package in document["packages"]:
        for reference in package.get("externalRefs", []):
            match = re.match(r"pkg:deb/debian/([^@?]+)@([^?]+)", reference["referenceLocator"])
            if match:
                found[urllib.parse.unquote(match[1])] = urllib.parse.unquote(match[2])
    return found


def newest_of(names):
    """{package, or source package: the newest version that apt knows}; those it does not know are left out."""
    said = subprocess.run([os.environ.get("HOMEROOM_APT_CACHE", "apt-cache"), "dumpavail"], check=True, capture_output=True, text=True,
                          env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}).stdout
    found = {}
    for paragraph in said.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Source|Version): (.*)$", paragraph, re.M))
        if "Package" not in fields:
            continue
        source, _, version = fields.get("Source", fields["Package"]).partition(" (")
        for name, version in ((fields["Package"], fields["Version"]), (source, version.rstrip(")") or fields["Version"])):
            if name in names and (name not in found or is_older(found[name], version)):
                found[name] = version
    return found


def is_older(version, other):
    return subprocess.run(["dpkg", "--compare-versions", version, "lt", other], check=False).returncode == 0


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        built = packages_of(json.load(file))
    if not built:
        sys.exit(f"outdated.py: {sys.argv[1]} lists no package of Debian's")
    newest = newest_of(built)
    old = {name for name in built if name in newest and is_older(built[name], newest[name])}
    for name in sorted(old):
        print(f"{name}: {built[name]} is in the image, Debian has {newest[name]}")
    unknown = sorted(set(built) - set(newest))
    if unknown:
        print(f"apt does not know: {', '.join(unknown)}")
    print(f"{len(built)} packages: {len(old)} mended since, {len(unknown)} not known here")
    sys.exit(1 if old or unknown else 0)


if __name__ == "__main__":
    main()
