#!/usr/bin/env python3
"""What a clean build costs, in CPU seconds, and its most expensive translation units.

usage: tools/build_cost.py [--preset release] [--top 20] [--match TEXT]

Compiles every translation unit once more, its output thrown away, and asks the kernel what each
compiler spent. That takes as long as a clean build. Linking is not counted.
"""

import argparse
import json
import os
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def command_of(entry: dict) -> list[str]:
    words = shlex.split(entry["command"])
    if "-o" in words:
        words[words.index("-o") + 1] = "/dev/null"
    return words


def cpu_seconds(entry: dict) -> tuple[float, str]:
    """User and system time of one compilation, with the compiler's own children."""
    pid = os.posix_spawn("/usr/bin/env", ["env", "-C", entry["directory"], *command_of(entry)],
                         os.environ)
    _, status, usage = os.wait4(pid, 0)
    name = os.path.relpath(os.path.join(entry["directory"], entry["file"]), ROOT)
    if status:
        name += " (failed)"
    return usage.ru_utime + usage.ru_stime, name


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="release")
    parser.add_argument("--top", type=int, default=20, help="how many lines to print")
    parser.add_argument("--match", default="", help="only files whose path holds this text")
    options = parser.parse_args()
    commands = ROOT / "build" / options.preset / "compile_commands.json"
    if not commands.exists():
        print(f"build_cost: {commands.relative_to(ROOT)} is missing: build first")
        return 1
    entries = [entry for entry in json.loads(commands.read_text(encoding="utf-8"))
               if options.match in entry["file"]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        costs = sorted(pool.map(cpu_seconds, entries), reverse=True)
    for seconds, name in costs[:options.top]:
        print(f"{seconds:7.1f} s  {name}")
    tests = sum(seconds for seconds, name in costs if name.endswith("_test.cpp"))
    print(f"{sum(seconds for seconds, _ in costs):7.1f} s  {len(costs)} translation units of "
          f"{options.preset}, {tests:.1f} s of them tests")
    return 0


if __name__ == "__main__":
    sys.exit(main())
