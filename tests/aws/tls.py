#!/usr/bin/env python3
"""The tests of test_service.c over TLS: a certificate of an own authority is trusted where AWS_CA_BUNDLE names it, and
nowhere else. Usage: tls.py PROGRAM"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "service"))
from servers import *

PROGRAM = sys.argv.pop(1)


class Tls(ServiceCase):
    servers = {"minio": lambda folder: Minio(folder, tls=True)}

    def run_program(self, environment):
        return subprocess.run([PROGRAM], env=environment, capture_output=True, text=True, timeout=120)

    def test_own_authority(self):
        done = self.run_program(self.environment())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_certificate_of_nobody(self):
        environment = self.environment(CMOCKA_MESSAGE_OUTPUT="stdout")
        del environment["AWS_CA_BUNDLE"]
        done = self.run_program(environment)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the certificate is not to be trusted", done.stdout + done.stderr)
        self.assertIn("AWS_CA_BUNDLE", done.stdout + done.stderr)


if __name__ == "__main__":
    main()
