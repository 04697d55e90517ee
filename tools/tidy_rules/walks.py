"""A walk through the code names files; each must exist, or the walk has gone stale."""

import re
from collections.abc import Iterator

from tidy_rules.floors import FLOORS
from tidy_rules.source import Finding, Tree

_NAMED = re.compile(r"`(?:src/)?([a-z0-9_]+)/([a-z0-9_*]+)(\.[a-z]+)?`")


def walk_file(tree: Tree) -> Iterator[Finding]:
    """every file a walk in docs/walks/ names exists under src/"""
    stems = {re.sub(r"\.(hpp|cpp)$", "", file.path.removeprefix("src/"))
             for file in tree.cpp if file.path.startswith("src/")}
    paths = {file.path.removeprefix("src/") for file in tree.files}
    for file in tree.files:
        if not (file.path.startswith("docs/walks/") and file.suffix == ".md"):
            continue
        for number, line in enumerate(file.lines, 1):
            for match in _NAMED.finditer(line):
                folder, stem, suffix = match.groups()
                if folder in FLOORS and not _exists(f"{folder}/{stem}", suffix, stems, paths):
                    yield Finding(file.path, number, "walk-file",
                                  f"there is no src/{folder}/{stem}{suffix or '.hpp or .cpp'}")


def _exists(name: str, suffix: str | None, stems: set[str], paths: set[str]) -> bool:
    pool = stems if suffix is None else paths
    if "*" not in name:
        return name + (suffix or "") in pool
    pattern = re.compile(re.escape(name).replace(r"\*", r"\w+") + re.escape(suffix or ""))
    return any(pattern.fullmatch(candidate) for candidate in pool)


RULES = [walk_file]
