#!/usr/bin/env python3
"""Real servers for the service tests.

In a Python test, a class of tests shares the servers it names:

    from servers import *

    class Uploads(ServiceCase):
        servers = {"minio": Minio, "dynamodb": DynamoDB}

        def test_put(self):
            s3 = s3_of(self.minio).put("bucket", "key", b"...")   # self.environment() is for a program under test

Around any other test program (its environment then names the servers):

    servers.py run minio,dynamodb -- PROGRAM [ARGUMENT...]

HOMEROOM_SERVERS names the folder that scripts/servers fills. Where it is not set the tests are skipped, loudly (status
77); where it is, a server that is not there is a failure. When a test fails, the servers' logs are kept and the folder
is printed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "cloud"))
sys.path.insert(0, str(ROOT / "tools" / "dispatcher"))
import aws
import jetstream
import launch
from launch import Dispatcher, DynamoDB, Emulator, Minio, Moto, Nats, NotInstalled

SKIPPED = 77
KINDS = {"minio": Minio, "dynamodb": DynamoDB, "moto": Moto, "nats": Nats}
# What the tests themselves are told; what a person has set for the program (HOMEROOM_DB ...) is not for them.
TOLD = ("SERVERS", "PROGRAM", "SOURCE", "MODELS", "PHOTOS", "SHARED", "PYTHON")
ROOT_KEYS = aws.Keys(launch.KEY, launch.SECRET)


def s3_of(minio, keys=ROOT_KEYS):
    return aws.S3(minio.url, keys, ca_file=minio.certificate if minio.tls else None)


def dynamodb_of(server, keys=ROOT_KEYS):
    return aws.DynamoDB(server.url, keys)


def environment_for(*servers):
    """For a program under test: nothing of the machine's own AWS settings, and the way to these servers."""
    variables = launch.clean_environment()
    variables |= {f"HOMEROOM_{name}": os.environ[f"HOMEROOM_{name}"] for name in TOLD if f"HOMEROOM_{name}" in os.environ}
    variables |= launch.identity()
    for server in servers:
        variables |= server.settings()
    return variables


def wait_until(true, what, patience_s=30.0):
    """The value of `true()` once it is one."""
    deadline = time.monotonic() + patience_s
    while not (value := true()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not after {patience_s} s")
        time.sleep(0.05)
    return value


class ServiceCase(unittest.TestCase):
    """`servers`: name -> a function that takes a folder and gives a Server. Each is an attribute of the class then."""

    servers = {}
    lacking = False  # a class of the module was skipped for want of servers
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="homeroom-service-"))
        cls.started, cls.failed = [], False
        cls.addClassCleanup(cls._clear)
        try:
            for name, make in cls.servers.items():
                server = make(cls.folder / name)
                setattr(cls, name, server)
                cls.started.append(server)
                server.start()
        except NotInstalled as error:
            print(f"SKIPPED: {cls.__name__}: {error}", file=sys.stderr)
            ServiceCase.lacking = True
            raise unittest.SkipTest(str(error)) from error
        except BaseException:
            cls.failed = True
            raise

    @classmethod
    def _clear(cls):
        for server in reversed(cls.started):
            server.stop()
        if cls.failed:
            print(f"{cls.__name__}: the servers' logs are kept in {cls.folder}", file=sys.stderr)
        else:
            shutil.rmtree(cls.folder, ignore_errors=True)

    def run(self, result=None):
        result = result or self.defaultTestResult()
        bad = len(result.errors) + len(result.failures)
        super().run(result)
        type(self).failed |= len(result.errors) + len(result.failures) > bad
        return result

    @classmethod
    def environment(cls, **more):
        return {**environment_for(*cls.started), **more}


def main():
    """For a module of tests: status 77 when servers are lacking, so that ctest says "skipped", too."""
    result = unittest.main(module="__main__", exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if ServiceCase.lacking else 0)


def run_with(names, command):
    folder = Path(tempfile.mkdtemp(prefix="homeroom-service-"))
    started, status = [], 1
    try:
        for name in names:
            server = KINDS[name](folder / name)
            started.append(server)
            server.start()
        status = subprocess.run(command, env=environment_for(*started), check=False).returncode
    except NotInstalled as error:
        print(f"SKIPPED: {error}", file=sys.stderr)
        status = SKIPPED
    except (launch.LaunchError, OSError) as error:
        print(f"servers: {error}", file=sys.stderr)
    finally:
        for server in reversed(started):
            server.stop()
        if status in (0, SKIPPED):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"servers: their logs are kept in {folder}", file=sys.stderr)
    return status if status >= 0 else 128 - status


def command_line():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="action", required=True)
    run = commands.add_parser("run")
    run.add_argument("names", help=f"of {', '.join(KINDS)}; several with commas")
    run.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    names = options.names.split(",")
    if unknown := [name for name in names if name not in KINDS]:
        parser.error(f"there is no server '{unknown[0]}'")
    command = options.command[options.command[:1] == ["--"]:]
    if not command:
        parser.error("no program to run")
    return run_with(names, command)


if __name__ == "__main__":
    sys.exit(command_line())
