#!/usr/bin/env python3
"""System tests: the real binary, real sockets, real child processes, free ports.

usage: tests/system/run.py [NAME...]      WEIR_BIN says which binary (default build/release/weir)

Closes with `N passed, N failed, N skipped`. A test that needs a missing part is skipped and says
what it needs.
"""

import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


class Result(unittest.TextTestResult):
    """Prints one line a test, with its time."""

    def startTest(self, test):
        self.started_at = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.successes = getattr(self, "successes", 0) + 1


def main() -> int:
    loader = unittest.defaultTestLoader
    suite = loader.discover(str(HERE), pattern="test_*.py")
    if len(sys.argv) > 1:
        loader.testNamePatterns = [f"*{name}*" for name in sys.argv[1:]]
        suite = loader.discover(str(HERE), pattern="test_*.py")
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result)
    result = runner.run(suite)
    failed = len(result.failures) + len(result.errors)
    for test, why in result.skipped:
        print(f"skipped: {test}: {why}")
    print(f"{getattr(result, 'successes', 0)} passed, {failed} failed, "
          f"{len(result.skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
