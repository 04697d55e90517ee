"""Starts and stops the programs of a measurement; every one that was started is ended."""

import http.client
import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path

from measuring import machine

BIN = machine.ROOT / "build" / "release"


class CannotRun(Exception):
    """A candidate or a tool that is absent or does not come up; the text says what to do."""


class Program:
    """A child process with its output in a log. Use as a context manager."""

    def __init__(self, name: str, command: list[str], log: Path):
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=machine.raise_descriptor_limit)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.process.pid

    def last_words(self) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace").strip()
        return "\n    ".join(text.splitlines()[-8:]) or "(it printed nothing)"

    def wait_for_answer(self, port: int, path: str = "/s", seconds: float = 10) -> None:
        """Until a GET is answered with 200. Fails: CannotRun with the program's last words."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise CannotRun(f"{self.name} ended with status {self.process.returncode} before "
                                f"it answered:\n    {self.last_words()}")
            if _answers(port, path):
                return
            time.sleep(0.02)
        raise CannotRun(f"{self.name} did not answer GET {path} on port {port} within "
                        f"{seconds:.0f} s:\n    {self.last_words()}")

    def stop(self, number: int = signal.SIGTERM, seconds: float = 15) -> None:
        """Ends the program in order, and its whole session when it does not go."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        response = connection.getresponse()
        response.read()
        return response.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def built(name: str) -> str:
    """The path of a program of the release build; WEIR_BENCH_BIN names another folder."""
    path = Path(os.environ.get("WEIR_BENCH_BIN", BIN)) / name
    if not path.exists():
        raise CannotRun(f"{path} is missing: run `make build` first")
    return str(path)


class Backend(Program):
    """raw_backend on a free port."""

    def __init__(self, folder: Path, cpu: int | None):
        command = [*machine.pinned(cpu), built("raw_backend"), "0"]
        super().__init__("raw_backend", command, folder / "backend.log")
        self.port = 0
        end = time.monotonic() + 5
        while not self.port and time.monotonic() < end:
            words = self.log.read_text(encoding="utf-8").split()
            if len(words) == 2:
                self.port = int(words[1])
            time.sleep(0.01)
        if not self.port:
            self.stop()
            raise CannotRun(f"raw_backend did not tell its port: {self.last_words()}")


class Generator:
    """load_generator held open, so that its connections last from slice to slice."""

    def __init__(self, port: int, path: str, connections: int, cpu: int | None,
                 connection_each: bool = False, body_bytes: int | None = None):
        command = [*machine.pinned(cpu), built("load_generator"), "--port", str(port), "--path",
                   path, "--connections", str(connections), "--interactive", "--json"]
        if connection_each:
            command.append("--new-connection-per-request")
        if body_bytes is not None:
            command += ["--expect-bytes", str(body_bytes)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, preexec_fn=machine.raise_descriptor_limit)

    def __enter__(self) -> "Generator":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def run(self, seconds: float, rate: float = 0) -> dict:
        return self._ask(f"run {seconds} {rate}", seconds + 60)

    def requests(self, count: int, patience: float = 600) -> dict:
        return self._ask(f"requests {count}", patience)

    def _ask(self, line: str, patience: float) -> dict:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], patience)
        answer = self.process.stdout.readline() if ready else ""
        if not answer:
            raise CannotRun(f"load_generator gave no report for `{line}` in {patience:.0f} s")
        return json.loads(answer)


class IdleConnections:
    """`count` keep-alive connections that did one request each and now only stand."""

    def __init__(self, port: int, count: int, hold_seconds: float, cpu: int | None):
        command = [*machine.pinned(cpu), built("load_generator"), "--port", str(port), "--idle",
                   str(count), "--hold-seconds", str(hold_seconds)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=machine.raise_descriptor_limit)
        words = self.process.stdout.readline().split()
        self.open = int(words[1]) if len(words) == 2 and words[0] == "ready" else 0

    def __enter__(self) -> "IdleConnections":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
