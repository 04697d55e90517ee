"""A gateway over four backends, one of which is made to fail while load runs."""

import json
import signal
import threading
import time
import urllib.request
from pathlib import Path

from measuring import machine
from measuring.candidates import weir_binary
from measuring.programs import Backend, CannotRun, Generator, Program

RATE = 2000
CONNECTIONS = 64

_HEAD = """version: 1
listeners:
  web: {{ bind: "127.0.0.1:{port}" }}
admin: {{ bind: "127.0.0.1:{admin}" }}
routes:
  - {{ service: web-server, timeout: {{ attempt: {attempt}, total: 10s }} }}
services:
  web-server:
    balance: {{ algorithm: {algorithm}, slow_start: 1s }}
    health: {{ check: {{ path: /health, every: 1s, timeout: 900ms }} }}
    breaker: {{ open: 1s }}
"""


class Gateway(Program):
    """`weir serve` in front of four web-server processes: its own children, or `addresses`."""

    def __init__(self, folder: Path, addresses: list[str] | None = None, attempt: str = "2s",
                 algorithm: str = "round_robin"):
        self.port, self.admin = machine.free_port(), machine.free_port()
        text = _HEAD.format(port=self.port, admin=self.admin, attempt=attempt,
                            algorithm=algorithm)
        if addresses is None:
            text += "    discovery: [ { process: {} } ]\n"
            text += (f"    process: {{ command: [\"{weir_binary()}\", lab, web, --port, \"0\"], "
                     "replicas: 4, ready: /health }\n")
        else:
            listed = ", ".join(f'"{address}"' for address in addresses)
            text += f"    discovery: [ {{ static: [ {listed} ] }} ]\n"
        config = folder / "weir.yaml"
        config.write_text(text, encoding="utf-8")
        super().__init__("weir serve", [weir_binary(), "serve", "-c", str(config)],
                         folder / "weir.log")
        try:
            self.wait_for_answer(self.port, "/")
            self.wait_until(lambda states: list(states.values()).count("eligible") == 4, 15)
        except BaseException:
            self.stop()
            raise

    def endpoints(self) -> list[dict]:
        url = f"http://127.0.0.1:{self.admin}/api/services"
        with urllib.request.urlopen(url, timeout=5) as answer:
            document = json.load(answer)
        services = document["services"] if isinstance(document, dict) else document
        return services[0]["endpoints"]

    def states(self) -> dict[str, str]:
        return {str(each["id"]): each["state"] for each in self.endpoints()}

    def wait_until(self, holds, seconds: float) -> float:
        """Seconds until `holds(states)`. Fails: CannotRun."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            states = self.states()
            if holds(states):
                return time.monotonic() - begun
            time.sleep(0.005)
        raise CannotRun(f"the endpoints' states stayed {states}")

    def children(self) -> list[int]:
        found = []
        for pid in machine.family(self.pid)[1:]:
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if "lab" in words and "child-exec" not in words[1]:
                found.append(pid)
        return found


def under_load(gateway: Gateway, seconds: float, after: float, act) -> dict:
    """The report of `seconds` at RATE, `act()` called `after` seconds in."""
    with Generator(gateway.port, "/", CONNECTIONS, None) as generator:
        generator.run(0.5, RATE)
        timer = threading.Timer(after, act)
        timer.start()
        try:
            return generator.run(seconds, RATE)
        finally:
            timer.join()


class Raw:
    """Four raw backends; refuse and reset faults on one of them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.backends = []
        for i in range(4):
            place = folder / str(i)
            place.mkdir(exist_ok=True)
            self.backends.append(Backend(place, None))
        self.addresses = [f"127.0.0.1:{each.port}" for each in self.backends]

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.backends:
            each.stop()

    def refuse(self, i: int) -> None:
        self.backends[i].stop(signal.SIGKILL)

    def revive(self, i: int) -> None:
        port = self.backends[i].port
        command = [self.backends[i].process.args[-2], str(port)]
        place = self.folder / str(i)
        self.backends[i] = _OnPort(command, place / "again.log", port)

    def reset(self, i: int) -> None:
        self.backends[i].process.send_signal(signal.SIGUSR1)

    def end_reset(self, i: int) -> None:
        self.backends[i].process.send_signal(signal.SIGUSR2)


class _OnPort(Program):
    def __init__(self, command: list[str], log: Path, port: int):
        super().__init__("raw_backend", command, log)
        self.port = port
        self.wait_for_answer(port)
