#!/usr/bin/env python3
"""Schemathesis, a foreign fuzzer, against the real binary and api/openapi.yaml.

usage: tests/system/schemathesis_run.py [OPTION OF SCHEMATHESIS...]     e.g. --seed 1 -n 50

It is installed from PyPI into build/schemathesis at the first run; without PyPI this is skipped.
The listener has an admin's token, so that it reaches everything; all of it is on 127.0.0.1.
"""

import os
import subprocess
import sys
import unittest
import venv

from harness import ROOT
from test_api_fuzz import ApiFuzz

PLACE = ROOT / "build/schemathesis"
PROGRAM = PLACE / "bin/schemathesis"
VERSION = "4.32.5"
# Not those that need another sender (ignored_auth) or take a change for a creation.
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
          "unsupported_method,allow_header_conformance")
# GET /request says by 502 that no endpoint answered; the file says so.
SETTINGS = """[[operations]]
include-path = "/request"
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", "502"]
"""
# A WebSocket, and what ends the admin's own token.
LEFT_OUT = ("/api/live", "/api/tokens/{token}")


def install() -> str:
    """Empty, or what is missing."""
    if PROGRAM.exists():
        return ""
    venv.create(PLACE, with_pip=True)
    pip = [str(PLACE / "bin/pip"), "install", "-q", "--disable-pip-version-check", "--retries", "1"]
    try:
        done = subprocess.run([*pip, f"schemathesis=={VERSION}"], capture_output=True, text=True,
                              timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return "needs PyPI"
    return "" if done.returncode == 0 else "needs PyPI"


class Schemathesis(ApiFuzz):
    """Uses the set-up of the own fuzzer."""

    def runTest(self):
        self.assertEqual(self.add("ada", "admin").returncode, 0)
        token = self.token("t", "--role", "admin")
        process, _, admin = self.serve(self.config(), "--data", self.data)
        (self.directory / "schemathesis.toml").write_text(SETTINGS)
        command = [str(PROGRAM), "run", str(ROOT / "api/openapi.yaml"), "--url", f"http://{admin}",
                   "-H", f"Authorization: Bearer {token}", "--checks", CHECKS, "--warnings", "off",
                   "--phases", "examples,coverage,fuzzing", "--continue-on-failure"]
        for path in LEFT_OUT:
            command += ["--exclude-path", path]
        done = subprocess.run(command + sys.argv[1:], check=False, cwd=self.directory,
                              env=os.environ | {"NO_COLOR": "1"})
        self.assertEqual(process.poll(), None, "weir ended")
        self.assertEqual(done.returncode, 0)


def main() -> int:
    missing = install()
    if missing:
        print(f"skipped: {missing}")
        return 0
    result = unittest.TextTestRunner().run(Schemathesis())
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
