#!/usr/bin/env python3
"""Finishes an image that was written into an OCI layout, and says what is in it.

usage: layout.py LAYOUT TAG SBOM

The layout's index learns for which processor each image is (some tools write the building machine's), blobs of
earlier images are removed, the list of contents is copied out to SBOM, and a table tells what takes the room.
Standard library only.
"""

import json
import os
import sys
import tarfile
from pathlib import Path

LIST = "usr/share/doc/homeroom/sbom.spdx.json"
REF = "org.opencontainers.image.ref.name"
SHOWN = 12


class Layout:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.index = self.read("index.json")

    def read(self, name):
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def blob(self, descriptor):
        algorithm, digest = descriptor["digest"].split(":")
        return Path("blobs", algorithm, digest)

    def image(self, descriptor):
        manifest = self.read(self.blob(descriptor))
        return manifest, self.read(self.blob(manifest["config"]))

    def name_platforms(self):
        # An image whose tag has gone to a newer one stays listed without a name: nobody can ask for it any more.
        self.index["manifests"] = [one for one in self.index["manifests"] if REF in one.get("annotations", {})]
        for descriptor in self.index["manifests"]:
            _, config = self.image(descriptor)
            descriptor["platform"] = {"architecture": config["architecture"], "os": config["os"]}
        self.index["manifests"].sort(key=lambda descriptor: descriptor["annotations"][REF])
        new = self.folder / "index.json.new"
        new.write_text(json.dumps(self.index, indent=1) + "\n", encoding="utf-8")
        os.replace(new, self.folder / "index.json")

    def remove_unused(self):
        used = set()
        for descriptor in self.index["manifests"]:
            manifest, _ = self.image(descriptor)
            used |= {self.blob(one) for one in (descriptor, manifest["config"], *manifest["layers"])}
        for path in self.folder.glob("blobs/*/*"):
            if path.relative_to(self.folder) not in used:
                path.unlink()

    def tagged(self, tag):
        return next(one for one in self.index["manifests"] if one["annotations"][REF] == tag)


def main():
    layout, tag, sbom = Layout(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    layout.name_platforms()
    layout.remove_unused()
    descriptor = layout.tagged(tag)
    manifest, config = layout.image(descriptor)
    files = []
    for layer in manifest["layers"]:
        with tarfile.open(layout.folder / layout.blob(layer)) as archive:
            for member in archive:
                files.append((member.size, member.name))
                if member.name == LIST:
                    sbom.write_bytes(archive.extractfile(member).read())
    files.sort(reverse=True)
    packed, whole = sum(layer["size"] for layer in manifest["layers"]), sum(size for size, _ in files)
    print(f"{tag}: {descriptor['digest']}, for {config['os']}/{config['architecture']}")
    print(f"{whole / 1e6:8.1f} MB, {packed / 1e6:.1f} MB compressed, {len(files)} entries; of these")
    for size, name in files[:SHOWN]:
        print(f"{size / 1e6:8.1f} MB  /{name}")
    print(f"{sum(size for size, _ in files[SHOWN:]) / 1e6:8.1f} MB  the rest")


if __name__ == "__main__":
    main()
