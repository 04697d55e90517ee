#!/usr/bin/env python3
"""What the live feed costs: the CPU of `weir up` with many clients on /api/live, and without.

usage: bench/live_feed.py [--clients 200] [--seconds 20] [--channels overview,services]

Prints percent of one core, of the whole process and of the admin lane. Exit 1 when the clients cost
5 % or more. WEIR_BIN says which binary (default build/release/weir).
"""

import argparse
import json
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/system"))

from harness import BINARY, connect, read_answer  # noqa: E402
from websocket import TEXT, frame, handshake  # noqa: E402

SHARE_MAX = 5.0  # percent of one core, for 200 clients


def cpu(pid: int) -> tuple[float, float]:
    """Seconds on a processor, of the process and of its admin lane. Not from `stat`: its ticks
    miss whoever runs for a millisecond at a time."""
    whole = lane = 0.0
    for task in Path(f"/proc/{pid}/task").iterdir():
        seconds = int((task / "schedstat").read_text().split()[0]) / 1e9
        whole += seconds
        if (task / "comm").read_text().strip() == "admin":
            lane = seconds
    return whole, lane


def share(pid: int, seconds: float, work) -> tuple[float, float]:
    """Percent of one core while work(seconds) runs."""
    before, started = cpu(pid), time.monotonic()
    work(seconds)
    passed = time.monotonic() - started
    after = cpu(pid)
    return tuple((b - a) / passed * 100 for a, b in zip(before, after))


def follow(admin: str, count: int, channels: list[str]) -> selectors.BaseSelector:
    selector = selectors.DefaultSelector()
    for _ in range(count):
        sock = connect(admin)
        sock.sendall(handshake(admin))
        with sock.makefile("rb", buffering=0) as stream:
            status = read_answer(stream).status
        if status != 101:
            raise SystemExit(f"a client got {status}")
        sock.sendall(frame(TEXT, json.dumps({"subscribe": channels}).encode()))
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ)
    return selector


def drain(selector: selectors.BaseSelector, seconds: float) -> int:
    total, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            try:
                total += len(key.fileobj.recv(1 << 20))
            except BlockingIOError:
                pass
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--channels", default="overview,services")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([BINARY, "up", "--ports", "auto", "--json", "--traffic", "25",
                                    "--data", folder], stdout=subprocess.PIPE, text=True)
        try:
            table = json.loads(process.stdout.readline())
            time.sleep(2)  # what starts has started
            without = share(process.pid, options.seconds, time.sleep)
            selector = follow(table["admin"], options.clients, options.channels.split(","))
            drain(selector, 2)
            got = []
            with_them = share(process.pid, options.seconds,
                              lambda seconds: got.append(drain(selector, seconds)))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    each = got[0] / options.clients / options.seconds
    print(f"no clients:  process {without[0]:.2f} %, admin lane {without[1]:.2f} %")
    print(f"{options.clients} clients: process {with_them[0]:.2f} %, admin lane "
          f"{with_them[1]:.2f} %, {each:.0f} bytes/s each ({options.channels})")
    return 0 if with_them[0] - without[0] < SHARE_MAX else 1


if __name__ == "__main__":
    sys.exit(main())
