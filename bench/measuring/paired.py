"""Paired, interleaved slices: candidates take turns in slices of half a second, so that a machine
that slows down slows all of them down. Ratios are taken round by round, then their median.
"""

import contextlib
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measuring import machine
from measuring.candidates import CANDIDATES
from measuring.programs import Backend, CannotRun, Generator


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    path: str
    connections: int
    connection_each: bool = False
    rate: float = 0


CASES = {case.name: case for case in (
    Case("s64", "128 B, 64 connections", "/s", 64),
    Case("s512", "128 B, 512 connections", "/s", 512),
    Case("m64", "16 KiB, 64 connections", "/m", 64),
    Case("l16", "1 MiB, 16 connections", "/l", 16),
    Case("newconn", "128 B, a connection each", "/s", 64, connection_each=True),
    Case("rate", "128 B at 6,000 requests/s", "/s", 64, rate=6000),
)}

SLICE_SECONDS = 0.5


def measure(case: Case, names: list[str], rounds: int, folder: Path,
            say: Callable[[str], None]) -> dict:
    """Figures of one case: for each candidate CPU per request, rate and p50, slice by slice."""
    cpus = machine.cpu_pair()
    proxy_cpu, load_cpu = cpus if cpus else (None, None)
    slices: dict[str, list[dict]] = {}
    with contextlib.ExitStack() as stack:
        backend = stack.enter_context(Backend(folder, load_cpu))
        sides = {}
        for name in names:
            try:
                running = stack.enter_context(
                    CANDIDATES[name].start(folder, backend.port, proxy_cpu))
            except CannotRun as reason:
                say(f"  {name} is left out: {reason}")
                continue
            generator = stack.enter_context(
                Generator(running.port, case.path, case.connections, load_cpu,
                          case.connection_each))
            sides[name] = (running, generator)
            slices[name] = []
            generator.run(SLICE_SECONDS, case.rate)  # opens the connections, warms the caches
        order = list(sides)
        for number in range(rounds):
            shift = number % max(1, len(order))
            for name in order[shift:] + order[:shift]:
                slices[name].append(_slice(case, *sides[name]))
    return _summary(case, slices)


def _slice(case: Case, running, generator: Generator) -> dict:
    before = machine.cpu_ns(running.pid)
    report = generator.run(SLICE_SECONDS, case.rate)
    spent = machine.cpu_ns(running.pid) - before
    return {"cpu_us": spent / 1e3 / max(1, report["done"]), "rate": report["rate"],
            "p50_us": report["p50_us"], "p99_us": report["p99_us"], "done": report["done"],
            "errors": report["errors"]}


def _summary(case: Case, slices: dict[str, list[dict]]) -> dict:
    result = {"case": case.name, "title": case.title, "rounds": 0, "candidates": {}, "ratios": {}}
    for name, rows in slices.items():
        result["rounds"] = len(rows)
        result["candidates"][name] = {
            "cpu_us": _median(rows, "cpu_us"), "rate": _median(rows, "rate"),
            "p50_us": _median(rows, "p50_us"), "p99_us": _median(rows, "p99_us"),
            "requests": sum(row["done"] for row in rows),
            "errors": sum(row["errors"] for row in rows), "slices": rows}
    for name, rows in slices.items():
        for peer, peer_rows in slices.items():
            if peer == name:
                continue
            result["ratios"][f"{name}/{peer}"] = {
                figure: _ratios([row[figure] for row in rows], [row[figure] for row in peer_rows])
                for figure in ("cpu_us", "p50_us")}
    return result


def _median(rows: list[dict], figure: str) -> float:
    return round(statistics.median(row[figure] for row in rows), 3) if rows else 0


def _ratios(mine: list[float], other: list[float]) -> dict:
    """Median of the per-round ratios, with the quarters around it."""
    ratios = sorted(a / b for a, b in zip(mine, other, strict=True) if b > 0)
    if not ratios:
        return {"median": 0, "low": 0, "high": 0}
    quarter = len(ratios) // 4
    return {"median": round(statistics.median(ratios), 3), "low": round(ratios[quarter], 3),
            "high": round(ratios[-1 - quarter], 3)}
