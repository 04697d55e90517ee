#!/usr/bin/env python3
"""Runs the ctest entries of one preset and counts single test cases, not programs.

usage: tools/unit_tests.py PRESET [--only base,net] [--tally FILE]

A test program leaves an XML report per run; an entry without one (tidy) counts as one test. A
program that fails without a failing case (a crash, a sanitizer's report, a leak) counts as one
failure more. The line `passed failed skipped` is appended to the tally file. Exit 1 on failure.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def without_randomised_addresses() -> list[str]:
    """A prefix that turns address randomisation off, which GCC's sanitizers need on some kernels.

    Where the call is refused (some containers) the tests run without it.
    """
    prefix = ["setarch", platform.machine(), "-R"]
    if shutil.which("setarch") is None:
        return []
    works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if works else []


def run_ctest(build: Path, only: list[str], reports: Path) -> tuple[str, Path]:
    """Output and JUnit file of one ctest run."""
    junit = reports / "ctest.xml"
    command = ["ctest", "--test-dir", str(build), "-j", str(os.cpu_count() or 1),
               "--output-on-failure", "--output-junit", str(junit)]
    if only:
        command += ["-R", rf"^unit\.({'|'.join(only)})$"]
    environment = os.environ | {
        "GTEST_OUTPUT": f"xml:{reports}/",
        "TSAN_OPTIONS": "halt_on_error=1 second_deadlock_stack=1",
        "ASAN_OPTIONS": "detect_stack_use_after_return=1 strict_string_checks=1",
        "UBSAN_OPTIONS": "print_stacktrace=1 halt_on_error=1",
    }
    done = subprocess.run([*without_randomised_addresses(), *command], env=environment, cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout, junit


def count(junit: Path, reports: Path) -> tuple[int, int, int, list[str]]:
    """Passed, failed, skipped, and a sentence for each skipped case."""
    passed = failed = skipped = 0
    notes = []
    for entry in ElementTree.parse(junit).getroot().iter("testcase"):
        name, status = entry.get("name", ""), entry.get("status", "")
        report = reports / f"{name.removeprefix('unit.')}_test.xml"
        if not (name.startswith("unit.") and report.exists()):
            passed += status == "run"
            failed += status == "fail"
            skipped += status not in {"run", "fail"}
            continue
        failed_here = 0
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            if case.get("status") != "run":
                continue  # disabled by name
            if case.find("failure") is not None:
                failed_here += 1
            elif case.find("skipped") is not None:
                skipped += 1
                words = (case.find("skipped").get("message") or "").strip().splitlines()
                notes.append(f"{case.get('classname')}.{case.get('name')}: "
                             f"{words[-1] if words else 'no reason given'}")
            else:
                passed += 1
        if status == "fail" and failed_here == 0:
            failed_here = 1
        failed += failed_here
    return passed, failed, skipped, notes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("preset")
    parser.add_argument("--only", default="", help="folders, with commas")
    parser.add_argument("--tally", type=Path)
    options = parser.parse_args()

    build = ROOT / "build" / options.preset
    reports = build / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    start = time.monotonic()
    output, junit = run_ctest(build, [name for name in options.only.split(",") if name], reports)
    if not junit.exists():
        print(output)
        passed, failed, skipped, notes = 0, 1, 0, []
    else:
        passed, failed, skipped, notes = count(junit, reports)
    if failed:
        print(output)
    for note in notes:
        print(f"  skipped: {note}")
    print(f"  {options.preset}: {passed} passed, {failed} failed, {skipped} skipped "
          f"({time.monotonic() - start:.1f} s)")
    if options.tally:
        with options.tally.open("a", encoding="utf-8") as tally:
            tally.write(f"{passed} {failed} {skipped}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
