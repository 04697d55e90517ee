#!/usr/bin/env python3
"""Slow checks of the C++ sources: every header compiles alone, and clang-tidy finds nothing.

usage: tools/lint.py [--all] [--headers] [FILE...]

Without words it looks at the files that differ from HEAD (at all of them when none does). Flags
come from a configuration of their own in build/lint: the others compile many sources as one, and
know no single file. Nothing is built. Exit 1 when there is a finding.
"""

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "lint"
TIDY = "clang-tidy-19"
# GCC's own warnings and switches that clang does not know.
FOR_CLANG = ["--extra-arg=-Wno-unknown-warning-option",
             "--extra-arg=-Wno-unused-command-line-argument"]


def git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def sources(changed_only: bool) -> list[str]:
    """C++ files of src and bench, relative to the root."""
    every = git("ls-files", "-co", "--exclude-standard", "src", "bench")
    if changed_only:
        changed = set(git("diff", "--name-only", "HEAD"))
        changed |= set(git("ls-files", "-o", "--exclude-standard"))
        every = [path for path in every if path in changed] or every
    return [path for path in every if path.endswith((".cpp", ".hpp")) and (ROOT / path).exists()]


def compile_flags() -> dict[str, list[str]]:
    """Include paths, language and macros of each source file, without its input and output."""
    found = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8")):
        words = shlex.split(entry["command"])
        name = os.path.relpath(os.path.join(entry["directory"], entry["file"]), ROOT)
        compiler = next(i for i, word in enumerate(words) if re.search(r"(\+\+|cc)(-\d+)?$", word))
        flags = words[compiler + 1:]
        for option in ("-o", "-c"):
            if option in flags:
                place = flags.index(option)
                del flags[place:place + 2]
        found[name] = [words[compiler], *flags]
    return found


def flags_for_header(header: str, flags: dict[str, list[str]]) -> list[str] | None:
    """Those of the nearest source: its own .cpp, one of its folder, one of a folder above."""
    own = flags.get(header.removesuffix(".hpp") + ".cpp")
    folder = os.path.dirname(header)
    while own is None and folder:
        own = next((words for name, words in flags.items()
                    if os.path.dirname(name) == folder and not name.endswith("_test.cpp")), None)
        folder = os.path.dirname(folder)
    return own or next(iter(flags.values()), None)


def check_header(header: str, flags: dict[str, list[str]]) -> str:
    """The compiler's words about a file that includes nothing but this header, twice."""
    command = flags_for_header(header, flags)
    line = f'#include "{ROOT / header}"\n'
    done = subprocess.run([*command, "-fsyntax-only", "-x", "c++", "-"], input=line * 2, text=True,
                          capture_output=True, cwd=ROOT, check=False)
    return done.stderr if done.returncode else ""


def check_source(source: str) -> str:
    """clang-tidy's findings in this file and the headers it includes."""
    done = subprocess.run([TIDY, "-p", str(BUILD), "--quiet", *FOR_CLANG, source], text=True,
                          capture_output=True, cwd=ROOT, check=False)
    found = done.stdout.replace(f"{ROOT}/", "")
    if done.returncode and not found.strip():
        found = done.stderr
    return found if re.search(r": (warning|error): ", found) or done.returncode else ""


def findings(text: str) -> list[str]:
    """Blocks that begin with `file:line:column: warning|error`."""
    return [block for block in re.split(r"(?m)^(?=\S+:\d+:\d+: (?:warning|error): )", text)
            if re.match(r"\S+:\d+:\d+: ", block)]


def run(title: str, files: list[str], check) -> int:
    """Runs `check` over the files in parallel; prints each finding once, however many files of
    the run include the header it is in. Returns how many there were."""
    start = time.monotonic()
    seen: set[str] = set()
    broken = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, text in zip(files, pool.map(check, files), strict=True):
            blocks = findings(text)
            if text and not blocks:
                broken += 1
                print(f"{name}: {text.strip()}")
            for block in blocks:
                if block.splitlines()[0] not in seen:
                    seen.add(block.splitlines()[0])
                    print(block.rstrip(), flush=True)
    count = len(seen) + broken
    print(f"lint: {title}: {len(files)} files, {count} findings "
          f"({time.monotonic() - start:.0f} s)", flush=True)
    return count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="only these")
    parser.add_argument("--all", action="store_true", help="every file, not only changed ones")
    parser.add_argument("--headers", action="store_true", help="only that headers compile alone")
    options = parser.parse_args()
    done = subprocess.run(["cmake", "--preset", "release", "-B", str(BUILD), "-DWEIR_JOIN=OFF"],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"lint: cannot configure {BUILD.relative_to(ROOT)}: {done.stderr.strip()}")
        return 2
    if not options.headers and subprocess.run(["which", TIDY], capture_output=True,
                                              check=False).returncode:
        print(f"lint: {TIDY} is not installed: run tools/setup")
        return 2

    files = options.files or sources(changed_only=not options.all)
    flags = compile_flags()
    total = run("headers compile alone", [name for name in files if name.endswith(".hpp")],
                lambda header: check_header(header, flags))
    if not options.headers:
        # A changed header is seen through the sources that are looked at; without one, through
        # its own .cpp or test.
        chosen = {name for name in files if name in flags}
        for name in files:
            stem = name.removesuffix(".hpp")
            near = [f"{stem}.cpp", f"{stem}_test.cpp"]
            chosen |= {path for path in near if name.endswith(".hpp") and path in flags}
        unknown = [name for name in files if name.endswith(".cpp") and name not in flags
                   and not name.endswith("_fuzz.cpp")]
        for name in unknown:
            print(f"{name}: no target compiles it, so that it was not looked at")
        total += len(unknown) + run("clang-tidy", sorted(chosen), check_source)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
