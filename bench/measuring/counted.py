"""What can be counted instead of timed: instructions, allocations, system calls, resident memory.

Counts come from two runs, of N and of 2N requests: the difference is what N requests cost, without
start-up. Both runs last equally long, so that work done once a second falls out as well.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measuring import machine
from measuring.candidates import CANDIDATES
from measuring.programs import Backend, CannotRun, Generator, IdleConnections

ALLOCATORS = {"malloc", "calloc", "realloc", "memalign", "aligned_alloc", "posix_memalign",
              "valloc", "pvalloc", "reallocarray"}
WAITS = ("epoll_wait", "epoll_pwait", "epoll_pwait2")
DATA_CALLS = {"recv", "recvfrom", "recvmsg", "recvmmsg", "read", "readv", "send", "sendto",
              "sendmsg", "sendmmsg", "write", "writev", "splice", "sendfile"}


@dataclass(frozen=True)
class Tool:
    """A program the proxy runs under, and how to read what it counted."""

    name: str
    command: Callable[[Path], list[str]]
    read: Callable[[Path], dict[str, float]]
    saw_work: Callable[[dict[str, float]], bool]
    child: bool  # the proxy is a child of the tool, so the signal must go to the child


def _callgrind(folder: Path) -> list[str]:
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind.out",
            f"--log-file={folder}/valgrind.log"]


def _read_callgrind(folder: Path) -> dict[str, float]:
    """Instructions of the whole run, and calls into the allocator from anywhere."""
    names: dict[str, str] = {}
    counts = {"instructions": 0.0, "allocations": 0.0}
    callee = ""
    path = folder / "callgrind.out"
    if not path.exists():
        raise CannotRun("valgrind left no counts; the proxy must end in order on SIGTERM")
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith(("fn=", "cfn=")):
                key, _, name = line.split("=", 1)[1].strip().partition(" ")
                if name:
                    names[key] = name
                if line.startswith("cfn="):
                    callee = names.get(key, "")
            elif line.startswith("calls=") and callee.split("'")[0] in ALLOCATORS:
                counts["allocations"] += int(line[6:].split()[0])
            elif line.startswith(("summary:", "totals:")):
                counts["instructions"] = max(counts["instructions"], float(line.split()[1]))
    return counts


def _strace(folder: Path) -> list[str]:
    return ["strace", "-f", "-c", "-U", "calls,name", "-o", f"{folder}/strace.out"]


def _read_strace(folder: Path) -> dict[str, float]:
    text = (folder / "strace.out").read_text(encoding="utf-8")
    return {name: float(calls)
            for calls, name in re.findall(r"^\s*(\d+)\s+([a-z]\w*)\s*$", text, re.MULTILINE)
            if name != "total"}


def data_calls(counts: dict[str, float]) -> float:
    return sum(value for name, value in counts.items() if name in DATA_CALLS)


def waits(counts: dict[str, float]) -> float:
    return sum(counts.get(name, 0) for name in WAITS)


CALLGRIND = Tool("valgrind", _callgrind, _read_callgrind,
                 saw_work=lambda row: row["instructions"] > 100, child=False)
STRACE = Tool("strace", _strace, _read_strace, saw_work=lambda row: data_calls(row) > 1,
              child=True)


def per_request(name: str, tool: Tool, requests: int, connections: int = 64,
                path: str = "/s", keep: Path | None = None) -> dict[str, float]:
    """Counts per request in steady state. `keep`: a folder for the tool's own output of the longer
    run, for callgrind_annotate. Fails: CannotRun.
    """
    if shutil.which(tool.name) is None:
        raise CannotRun(f"{tool.name} is not installed: run tools/setup")
    twice, lasted = _run(name, tool, 2 * requests, connections, path, 0, keep)
    once, _ = _run(name, tool, requests, connections, path, lasted, None)
    row = {key: (twice.get(key, 0) - once.get(key, 0)) / requests
           for key in sorted(twice.keys() | once.keys())}
    if tool.saw_work(row):
        return row
    raise CannotRun(f"{name}: {tool.name} saw none of the work; it follows a program, not a script "
                    "that starts one")


def _run(name: str, tool: Tool, requests: int, connections: int, path: str, at_least: float,
         keep: Path | None) -> tuple[dict[str, float], float]:
    """The tool's counts, and how long the proxy lived from its first answer on."""
    cpus = machine.cpu_pair()
    proxy_cpu, load_cpu = cpus if cpus else (None, None)
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as scratch:
        folder = Path(scratch)
        with Backend(folder, load_cpu) as backend, CANDIDATES[name].start(
                folder, backend.port, proxy_cpu, tool.command(folder), patience=60) as running:
            start = time.monotonic()
            with Generator(running.port, path, connections, load_cpu) as generator:
                report = generator.requests(requests)
                if report["errors"]:
                    raise CannotRun(f"{name} under {tool.name}: {report['errors']} of {requests} "
                                    f"requests failed {report['error_kinds']}")
                time.sleep(max(0.0, at_least - (time.monotonic() - start)))
                lasted = time.monotonic() - start
                _end(running, tool)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            for output in folder.glob("*.out"):
                shutil.copy(output, keep / f"{name}-{output.name}")
        return tool.read(folder), lasted


def _end(running, tool: Tool) -> None:
    """SIGTERM to the proxy itself; the tool then writes its counts and ends too."""
    members = machine.family(running.pid)
    os.kill(members[1] if tool.child and len(members) > 1 else running.pid, signal.SIGTERM)
    try:
        running.program.process.wait(60)
    except subprocess.TimeoutExpired:
        raise CannotRun(f"{running.name} did not end within 60 s of SIGTERM under {tool.name}, "
                        "so nothing was counted") from None


def idle_memory(name: str, connections: int) -> dict[str, float]:
    """Resident memory of a fresh proxy before and with idle keep-alive connections, in kB."""
    cpus = machine.cpu_pair()
    proxy_cpu, load_cpu = cpus if cpus else (None, None)
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as scratch:
        folder = Path(scratch)
        with Backend(folder, load_cpu) as backend, CANDIDATES[name].start(
                folder, backend.port, proxy_cpu) as running:
            before = machine.resident_kb(running.pid)
            with IdleConnections(running.port, connections, 120, load_cpu) as idle:
                if idle.open != connections:
                    raise CannotRun(f"{name}: only {idle.open} of {connections} connections stand")
                time.sleep(2)
                return {"before_kb": before, "resident_kb": machine.resident_kb(running.pid),
                        "connections": connections}
