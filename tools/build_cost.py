#!/usr/bin/env python3
"""Prints the most expensive translation units of a build, from ninja's own log.

usage: tools/build_cost.py [PRESET] [COUNT]

The times are seconds of wall clock of each step: on a machine that does nothing else they are close
to CPU seconds. A clean release build may cost 200 of them.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def last_durations(log: Path) -> dict[str, float]:
    """Seconds of the newest run of each step; the log appends, so later lines win."""
    found = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        parts = line.split("\t")
        if len(parts) == 5 and not line.startswith("#"):
            found[parts[3]] = (int(parts[1]) - int(parts[0])) / 1000
    return found


def main() -> int:
    preset = sys.argv[1] if len(sys.argv) > 1 else "release"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    log = ROOT / "build" / preset / ".ninja_log"
    if not log.exists():
        print(f"build_cost: {log.relative_to(ROOT)} is missing: build first")
        return 1
    steps = last_durations(log)
    for name, seconds in sorted(steps.items(), key=lambda item: -item[1])[:count]:
        print(f"{seconds:7.1f} s  {name}")
    print(f"{sum(steps.values()):7.1f} s  all {len(steps)} steps of {preset}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
