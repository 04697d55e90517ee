"""Containers behind weir on a private Docker engine: how soon one is used, how soon it is missed.

The engine, the gateway and the load are in a network namespace of their own (see
tests/system/docker_engine.py); nothing of the host's network is touched.
"""

import http.client
import os
import socket
import statistics
import sys
import threading
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from measuring import machine
from measuring.candidates import weir_binary
from measuring.faulty import Gateway
from measuring.programs import CannotRun, Generator, Program

os.environ.setdefault("WEIR_BIN", weir_binary())
sys.path.append(str(machine.ROOT / "tests" / "system"))

from compose import NETWORK, Compose  # noqa: E402
from docker_engine import DockerEngine  # noqa: E402

RATE = 1000
CONNECTIONS = 32
WEB = ["lab", "web", "--bind", "0.0.0.0", "--port", "8080"]

_CONFIG = """version: 1
listeners:
  web: {{ bind: "127.0.0.1:{port}" }}
admin: {{ bind: "127.0.0.1:{admin}" }}
access_log: {{ path: "{access}" }}
services:
  web:
    discovery: [ {{ docker: {{ label: "weir.service=web", network: {network} }} }} ]
    balance: {{ algorithm: round_robin, slow_start: 0s }}
    breaker: {{ open: 1s }}
    scaling: {{ driver: docker, min: 1, max: 20, cooldown: 0s, drain: 5s }}
routes:
  - {{ service: web, timeout: {{ connect: 300ms, attempt: 1s, total: 10s }} }}
"""


class ContainerGateway(Gateway):
    """`weir serve` in front of the containers that carry weir.service=web."""

    def __init__(self, folder: Path, network: str):
        self.port, self.admin = machine.free_port(), machine.free_port()
        config = folder / "weir.yaml"
        self.access = folder / "access.log"
        self.access.unlink(missing_ok=True)
        config.write_text(_CONFIG.format(port=self.port, admin=self.admin, network=network,
                                         access=self.access), encoding="utf-8")
        Program.__init__(self, "weir serve", [weir_binary(), "serve", "-c", str(config)],
                         folder / "weir.log")
        try:
            self.wait_for_answer(self.admin, "/health")
        except BaseException:
            self.stop()
            raise

    def eligible(self) -> set[str]:
        return {each["name"] for each in self.endpoints() if each["state"] == "eligible"}

    def wait_eligible(self, holds: Callable[[set[str]], bool], seconds: float = 30) -> float:
        """The time (monotonic) at which it was seen to hold. Fails: CannotRun."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds(self.eligible()):
                return time.monotonic()
            time.sleep(0.001)
        raise CannotRun(f"eligible stayed {sorted(self.eligible())}:\n    {self.last_words()}")

    def failures(self) -> list[str]:
        """Lines of the first requests that were not answered with 200: their reason is in them."""
        lines = self.access.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if '"status":200' not in line][:5]

    def scale(self, replicas: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=30)
        connection.request("POST", "/api/scale", '{"service":"web","replicas":%d}' % replicas,
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 200:
            raise CannotRun(f"weir did not scale to {replicas}: {answer.status} {text}")
        self.wait_eligible(lambda names: len(names) == replicas)


class Load:
    """Open-loop GETs at RATE in slices of a second until the block ends; then their sums."""

    def __init__(self, port: int):
        self.port = port
        self.slices: list[dict] = []
        self.over = threading.Event()
        self.failure: Exception | None = None

    def __enter__(self) -> "Load":
        self.thread = threading.Thread(target=self._work)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        if self.failure is not None:
            raise self.failure

    def _work(self) -> None:
        try:
            with Generator(self.port, "/", CONNECTIONS, None) as generator:
                while not self.over.is_set():
                    self.slices.append(generator.run(1, RATE))
        except (CannotRun, OSError, ValueError) as error:
            self.failure = error

    @property
    def done(self) -> int:
        return sum(each["done"] for each in self.slices)

    @property
    def errors(self) -> int:
        return sum(each["errors"] for each in self.slices)


def _spread(seconds: list[float]) -> dict:
    """Milliseconds."""
    return {"median_ms": round(statistics.median(seconds) * 1000, 1),
            "worst_ms": round(max(seconds) * 1000, 1), "n": len(seconds)}


def _accepts_at(engine: DockerEngine, container: str, told: list[float]) -> None:
    """When its application accepted a connection for the first time."""
    end = time.monotonic() + 20
    address = ""
    while time.monotonic() < end:
        try:
            address = address or engine.address(container, "back")
            if address:
                socket.create_connection((address, 8080), 1).close()
                told.append(time.monotonic())
                return
        except OSError:
            pass
        time.sleep(0.001)


def _first_answer_of(port: int, name: str, told: list[float]) -> None:
    """Asks one GET after the other until that container answers one."""
    end = time.monotonic() + 20
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    while time.monotonic() < end:
        connection.request("GET", "/")
        if f'"{name}"'.encode() in connection.getresponse().read():
            told.append(time.monotonic())
            break
    connection.close()


def _starts(engine: DockerEngine, gateway: ContainerGateway, n: int) -> tuple[dict, dict]:
    """From the first accepted connection, and from the call of start, to the first answer."""
    after_accept, after_call = [], []
    for i in range(n):
        name = f"new-{i}"
        container = engine.create(name, {"weir.service": "web"}, [*WEB, "--name", name],
                                  network="back", ports=(8080,))
        accepted, answered = [], []
        threads = [threading.Thread(target=_accepts_at, args=(engine, container, accepted)),
                   threading.Thread(target=_first_answer_of, args=(gateway.port, name, answered))]
        for thread in threads:
            thread.start()
        called = time.monotonic()
        engine.start_container(container)
        for thread in threads:
            thread.join()
        if not accepted or not answered:
            raise CannotRun(f"container {name} got no request within 20 s")
        after_accept.append(max(0.0, answered[0] - accepted[0]))
        after_call.append(answered[0] - called)
        engine.remove(container)
        gateway.wait_eligible(lambda names, name=name: name not in names)
    return _spread(after_accept), _spread(after_call)


def _fault(engine: DockerEngine, gateway: ContainerGateway, n: int, act, undo) -> dict:
    """From the call of `act` until the container is out of the set that is picked from."""
    seconds = []
    with Load(gateway.port) as load:
        for i in range(n):
            name = f"victim-{i}"
            container = engine.run_web(name, network="back")
            gateway.wait_eligible(lambda names, name=name: name in names)
            time.sleep(1)  # it has requests under way, and idle connections
            called = time.monotonic()
            doing = threading.Thread(target=act, args=(container,))
            doing.start()
            seconds.append(
                gateway.wait_eligible(lambda names, name=name: name not in names) - called)
            doing.join()
            time.sleep(1.5)  # what was under way has met its attempt's end
            undo(container)
            engine.remove(container)
            gateway.wait_eligible(lambda names, name=name: name not in names)
    return _spread(seconds) | {"requests": load.done, "failed": load.errors}


def _compose(engine: DockerEngine, folder: Path) -> dict:
    """5 -> 12 by compose, -> 14 -> 12 by weir, -> 5 by compose, -> 3 by docker rm -f."""
    compose = Compose(engine, folder)
    compose.scale(5)
    with ContainerGateway(folder, NETWORK) as gateway:
        gateway.wait_eligible(lambda names: len(names) == 5)
        begun = time.monotonic()
        with Load(gateway.port) as load:
            compose.scale(12)
            gateway.wait_eligible(lambda names: len(names) == 12)
            gateway.scale(14)
            gateway.scale(12)
            compose.scale(5)
            gateway.wait_eligible(lambda names: len(names) == 5)
            for container in sorted(compose.containers())[:2]:
                engine.remove(container)
            gateway.wait_eligible(lambda names: len(names) == 3)
        lasted = time.monotonic() - begun
    failures = gateway.failures()  # written when it has ended
    compose.down()
    kinds: dict[str, int] = {}
    for each in load.slices:
        for kind, count in each["error_kinds"].items():
            kinds[kind] = kinds.get(kind, 0) + count
    return {"requests": load.done, "failed": load.errors, "seconds": round(lasted, 1),
            "rate": round(load.done / max(1, len(load.slices))), "error_kinds": kinds,
            "failures": failures,
            "worst_p99_ms": round(max(each["p99_us"] for each in load.slices) / 1000, 1)}


def docker_figures(folder: Path, n: int = 5,
                   say: Callable[[str], None] = lambda text: None) -> dict:
    """What weir does with the containers of a real Docker engine, `n` events of each kind.

    `folder`: an existing scratch folder for logs and configurations. Takes about 20 s and 15 s
    for each of n. Returns, with spreads as {"median_ms", "worst_ms", "n"}:
      start_to_routed   first accepted connection of a new container -> first answer through weir
                        (goal: worst <= 300 ms; 0 when weir was before our own look)
      call_to_routed    the same from the call of `docker start` on; most of it is the engine's
      kill, pause, disconnect
                        call of it -> no new picks, under GETs at 1,000/s; besides "requests" and
                        "failed" of the load (goals: kill worst <= 300 ms, pause and disconnect
                        <= 1,000 ms, failed 0)
      compose           5 -> 12 by compose, -> 14 -> 12 by weir, -> 5 by compose, -> 3 by
                        docker rm -f, under GETs at 1,000/s: {"requests", "failed", "seconds",
                        "rate", "error_kinds", "failures" (their access log lines), "worst_p99_ms"}
                        (goal: failed 0)
    Fails: CannotRun, which says what is missing (root, dockerd, docker-compose) or what did not
    happen.
    """
    before = os.environ.get("DOCKER_HOST")
    try:
        with DockerEngine() as engine, engine.inside():
            os.environ["DOCKER_HOST"] = engine.host
            engine.network("back")
            out = {}
            stay = [engine.run_web(f"stay-{i}", network="back") for i in range(4)]
            with ContainerGateway(folder, "back") as gateway:
                gateway.wait_eligible(lambda names: len(names) == 4)
                out["start_to_routed"], out["call_to_routed"] = _starts(engine, gateway, n)
                say(f"start to routed: {out['start_to_routed']}")
                for name, act, undo in (
                        ("kill", engine.kill, lambda _: None),
                        ("pause", engine.pause, engine.unpause),
                        ("disconnect", lambda c: engine.disconnect("back", c), lambda _: None)):
                    out[name] = _fault(engine, gateway, n, act, undo)
                    say(f"{name}: {out[name]}")
            for container in stay:
                engine.remove(container)
            out["compose"] = _compose(engine, folder)
            say(f"compose: {out['compose']}")
            return out
    except unittest.SkipTest as missing:
        raise CannotRun(str(missing)) from None
    finally:
        if before is None:
            os.environ.pop("DOCKER_HOST", None)
        else:
            os.environ["DOCKER_HOST"] = before
