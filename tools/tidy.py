#!/usr/bin/env python3
"""tidy: the rules of the house that a compiler cannot check (architecture.md, style.md).

usage: tools/tidy.py [--self-test] [--rules] [ROOT]

Prints `file:line: rule: message` for each violation and exits 1 if there is one. Lines that say
`warning` do not fail. It reads only text, so it needs nothing built and takes well under 3 s.
"""

import argparse
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from tidy_rules import coroutines, floors, names, self_test, sizes, walks  # noqa: E402
from tidy_rules.source import Finding, Tree  # noqa: E402

RULES = [
    *names.RULES,
    *floors.RULES,
    *sizes.RULES,
    *coroutines.RULES,
    *walks.RULES,
]


def check(root: Path) -> list[Finding]:
    """All findings of the tree under `root`, sorted by place."""
    tree = Tree(root)
    findings = [finding for rule in RULES for finding in rule(tree)]
    return sorted(findings, key=lambda finding: (finding.path, finding.line, finding.rule))


def main() -> int:
    parser = argparse.ArgumentParser(prog="tidy.py", description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).resolve().parents[1])
    parser.add_argument("--self-test", action="store_true",
                        help="plant one violation of every rule and prove that it is found")
    parser.add_argument("--rules", action="store_true", help="list the rules")
    options = parser.parse_args()
    if options.self_test:
        return self_test.run(check)
    if options.rules:
        for rule in RULES:
            print(f"{rule.__name__.replace('_', '-'):22} {rule.__doc__.splitlines()[0]}")
        return 0

    start = time.monotonic()
    findings = check(options.root)
    for finding in findings:
        print(finding)
    errors = sum(not finding.warning for finding in findings)
    warnings = len(findings) - errors
    print(f"tidy: {errors} violations, {warnings} warnings ({time.monotonic() - start:.2f} s)")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
