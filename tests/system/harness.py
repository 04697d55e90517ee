"""Starts and ends the programs under test; raw and simple HTTP over sockets."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import contract

ROOT = Path(__file__).resolve().parents[2]
# Admin listeners that tests have started: their answers are held against api/openapi.yaml.
ADMINS: set[str] = set()
BINARY = os.environ.get("WEIR_BIN", str(ROOT / "build/release/weir"))


def wait_until(what: str, condition, seconds: float = 15.0):
    """The first true value of condition(); fails loudly when it does not come in time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {seconds} s: {what}")
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid:
            found.append(int(entry.name))
    return found


class Answer:
    def __init__(self, status: int, fields: list[tuple[str, str]], body: bytes):
        self.status, self.fields, self.body = status, fields, body

    def field(self, name: str) -> str | None:
        return next((v for n, v in self.fields if n.lower() == name.lower()), None)

    def json(self):
        return json.loads(self.body)


def connect(address: str) -> socket.socket:
    host, port = address.rsplit(":", 1)
    sock = socket.create_connection((host.strip("[]"), int(port)), timeout=15)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def read_answer(stream, method: str = "GET") -> Answer:
    """One response from a buffered binary stream. Raises EOFError when there is none."""
    line = stream.readline()
    if not line:
        raise EOFError
    status = int(line.split()[1])
    fields = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, value = line.decode("latin-1").split(":", 1)
        fields.append((name, value.strip()))
    names = {n.lower(): v for n, v in fields}
    if method == "HEAD" or status in (204, 304) or status < 200:
        body = b""
    elif names.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(stream.readline().split(b";")[0], 16):
            body += stream.read(size)
            stream.readline()
        while stream.readline() not in (b"\r\n", b""):
            pass
    elif "content-length" in names:
        body = stream.read(int(names["content-length"]))
    else:
        body = stream.read()
    return Answer(status, fields, body)


def ask(address: str, target: str = "/", method: str = "GET", fields: dict | None = None,
        body: bytes = b"", host: str | None = None) -> Answer:
    """One request on a connection of its own."""
    head = f"{method} {target} HTTP/1.1\r\nHost: {host or address}\r\nConnection: close\r\n"
    for name, value in (fields or {}).items():
        head += f"{name}: {value}\r\n"
    if body or method in ("POST", "PUT"):
        head += f"Content-Length: {len(body)}\r\n"
    with connect(address) as sock:
        sock.sendall(head.encode("latin-1") + b"\r\n" + body)
        with sock.makefile("rb") as stream:
            answer = read_answer(stream, method)
    if address in ADMINS:
        contract.check(method, target, answer)
    return answer


def run(*arguments: str, timeout: float = 30, env: dict | None = None,
        input: str | None = None) -> subprocess.CompletedProcess:
    """`env`: variables beside the test's own; `input`: for its standard input."""
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=timeout,
                          check=False, input=input, env={**os.environ, **(env or {})})


class Case(unittest.TestCase):
    """A test with a directory of its own, whose programs are ended with it."""

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="weir-test-"))
        self.addCleanup(shutil.rmtree, self.directory, True)

    def begin(self, *arguments: str) -> subprocess.Popen:
        errors = open(self.directory / "stderr.txt", "ab")
        self.addCleanup(errors.close)
        process = subprocess.Popen([BINARY, *arguments], stdout=subprocess.PIPE, stderr=errors,
                                   text=True)
        self.addCleanup(self.end, process)
        return process

    def end(self, process: subprocess.Popen, sig: int = signal.SIGTERM) -> int:
        if process.poll() is None:
            process.send_signal(sig)
        try:
            return process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            if process.stdout:
                process.stdout.close()

    def up(self, *arguments: str) -> tuple[subprocess.Popen, dict]:
        process = self.begin("up", "--ports", "auto", "--json", "--traffic", "off", "--data",
                             str(self.directory / "data"), *arguments)
        line = process.stdout.readline()
        self.assertTrue(line, (self.directory / "stderr.txt").read_text())
        table = json.loads(line)
        self.know(table["admin"], table["gateway"])
        return process, table

    def know(self, admin: str, gateway: str):
        """Ports are used again by other tests: an address counts while this test lasts."""
        ADMINS.discard(gateway)
        ADMINS.add(admin)
        self.addCleanup(ADMINS.discard, admin)

    def web(self, *arguments: str) -> str:
        """A demo service; returns its address."""
        process = self.begin("lab", "web", "--port", "0", *arguments)
        line = process.stdout.readline()
        self.assertIn("listening on", line)
        return line.split()[-1]

    def serve(self, text: str, *options: str) -> tuple[subprocess.Popen, str, str]:
        """`weir serve` with this configuration; returns the process, its gateway and admin."""
        path = self.directory / "weir.yaml"
        path.write_text(text)
        process = self.begin("serve", "-c", str(path), "--lanes", "1", *options)
        gateway = process.stdout.readline()
        admin = process.stdout.readline()
        self.assertTrue(admin, (self.directory / "stderr.txt").read_text())
        self.know(admin.split()[-1], gateway.split()[-1])
        return process, gateway.split()[-1], admin.split()[-1]


class Backend:
    """Takes connections on a port of its own until the test ends, each served on a thread."""

    def __init__(self, case: "Case"):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.getsockname()[1]
        case.addCleanup(self.server.close)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock: socket.socket):
        raise NotImplementedError


def gateway_to(*endpoints: str, limits: str = "", extra: str = "", route: str = "") -> str:
    """A configuration with one service behind `/`."""
    listed = ", ".join(f'"{endpoint}"' for endpoint in endpoints)
    bounds = f", limits: {{ {limits} }}" if limits else ""
    return f"""version: 1
listeners:
  web: {{ bind: "127.0.0.1:0"{bounds} }}
admin: {{ bind: "127.0.0.1:0" }}
{extra}
services:
  origin: {{ discovery: [ {{ static: [ {listed} ] }} ] }}
routes:
  - match: {{ path: / }}
    service: origin
{route}"""
