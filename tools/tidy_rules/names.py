"""Rules over names and plain text: banned words, include guards, sleeps, paths of a machine."""

import re
from collections.abc import Iterator

from tidy_rules.source import Finding, Tree, line_of

BANNED = {"util", "utils", "helper", "helpers", "common", "misc", "manager"}

# Split so that this file does not name them itself.
_MACHINE_PATH = re.compile(r"(?<![\w.})\]*-])/(?:" + "wo" + "rk|ro" + "ot)/")

# `co_await sleep(...)` waits on a lane's clock and is what the runtime's own tests exercise.
_SLEEP = re.compile(
    r"(?<!runtime::)\b(?:sleep_for|sleep_until)\b"
    r"|(?<![\w.>:])(?:::|std::this_thread::)?(?:u|nano)?sleep\s*\(")


def banned_name(tree: Tree) -> Iterator[Finding]:
    """no file or folder is called util, helper, common, misc or manager"""
    for file in tree.files:
        for word in re.split(r"[/_.\-]", file.path):
            if word.lower() in BANNED:
                yield Finding(file.path, 1, "banned-name",
                              f"'{word}' says nothing: name the file after its one idea")
                break


def pragma_once(tree: Tree) -> Iterator[Finding]:
    """every header says #pragma once"""
    for file in tree.cpp:
        if file.is_header and not re.search(r"^#pragma once$", file.code, re.MULTILINE):
            yield Finding(file.path, 1, "pragma-once", "the header lacks #pragma once")


def test_sleep(tree: Tree) -> Iterator[Finding]:
    """no test sleeps; time is an argument or a manual clock"""
    for file in tree.cpp:
        if not file.path.endswith("_test.cpp"):
            continue
        for match in _SLEEP.finditer(file.code):
            line = line_of(file.code, match.start())
            if not re.search(r"co_await\s+$", file.code[:match.start()]):
                yield Finding(file.path, line, "test-sleep",
                              "a test may not sleep: use the manual clock, a pipe or a signal")


def machine_path(tree: Tree) -> Iterator[Finding]:
    """no file names a path of one particular machine"""
    for file in tree.files:
        for match in _MACHINE_PATH.finditer(file.text or ""):
            yield Finding(file.path, line_of(file.text, match.start()), "machine-path",
                          f"'{match.group()}' exists on one machine only")


RULES = [banned_name, pragma_once, test_sleep, machine_path]
