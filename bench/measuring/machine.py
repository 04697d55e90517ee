"""The machine a figure was taken on, and what /proc says of a process."""

import datetime
import os
import platform
import resource
import socket
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def describe() -> dict:
    """What must be known to judge a figure."""
    model = next((line.split(":", 1)[1].strip()
                  for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                  if line.startswith("model name")), platform.machine())
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cores": os.cpu_count(),
        "cpu": model,
        "kernel": platform.release(),
        "memory_mb": os.sysconf("SC_PHYS_PAGES") * PAGE_BYTES // 2**20,
        "load_average": [round(value, 2) for value in os.getloadavg()],
    }


def sentence(machine: dict) -> str:
    load = " ".join(f"{value:.2f}" for value in machine["load_average"])
    return (f"machine: {machine['cores']} cores ({machine['cpu']}), Linux {machine['kernel']}, "
            f"{machine['memory_mb']} MB, load {load}, commit {machine['commit']}")


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True,
                              check=False)
        return done.stdout.strip()
    try:
        commit = git("rev-parse", "--short", "HEAD") or "unknown"
        return commit + ("+changes" if git("status", "--porcelain", "--", "src") else "")
    except OSError:
        return "unknown"


def cpu_pair() -> tuple[int, int] | None:
    """The CPU of the proxy and the CPU of generator and backend; None on a single core."""
    cpus = sorted(os.sched_getaffinity(0))
    return (cpus[0], cpus[1]) if len(cpus) > 1 else None


def pinned(cpu: int | None) -> list[str]:
    return [] if cpu is None else ["taskset", "-c", str(cpu)]


def descriptor_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def raise_descriptor_limit() -> None:
    """For a child, before it runs: as many descriptors as the system allows."""
    hard = descriptor_limit()
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def family(pid: int) -> list[int]:
    """The process and its descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*"):
            try:
                found += [int(word) for word in (task / "children").read_text().split()]
            except OSError:
                continue  # it ended while we looked
    return found


def cpu_ns(pid: int) -> int:
    """Run time the scheduler has counted for all threads of the process and its descendants."""
    total = 0
    for member in family(pid):
        for task in Path(f"/proc/{member}/task").glob("*"):
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except OSError:
                continue
    return total


def resident_kb(pid: int) -> int:
    """Resident memory of the largest process of the family: the one that serves."""
    sizes = []
    for member in family(pid):
        try:
            pages = int(Path(f"/proc/{member}/statm").read_text().split()[1])
            sizes.append(pages * PAGE_BYTES // 1024)
        except OSError:
            continue
    return max(sizes, default=0)
