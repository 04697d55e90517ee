"""`weir up` and `weir lab web` as a measurement needs them: free ports, a scratch data folder."""

import json
import re
import time
from pathlib import Path

from measuring import machine
from measuring.candidates import weir_binary
from measuring.programs import CannotRun, Program

_ADDRESS = re.compile(r"(?:https?://)?[\w.\[\]:-]*:(\d+)/?$")


class Up(Program):
    """The whole demo without its own traffic. `port` is the gateway's."""

    def __init__(self, folder: Path, seconds: float = 20):
        command = [weir_binary(), "up", "--ports", "auto", "--json", "--traffic", "off",
                   "--data", str(folder / "data")]
        super().__init__("weir up", command, folder / "up.log")
        self.port = 0
        try:
            self._wait_for_table(seconds)
            self.wait_for_answer(self.port, "/", seconds)
        except BaseException:
            self.stop()
            raise

    def _wait_for_table(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = _gateway_port(self.log.read_text(encoding="utf-8", errors="replace"))
            if found:
                self.port = found
                return
            if self.process.poll() is not None:
                raise CannotRun(f"weir up ended with status {self.process.returncode}:\n    "
                                f"{self.last_words()}")
            time.sleep(0.05)
        raise CannotRun("weir up --json did not name its gateway's address within "
                        f"{seconds:.0f} s:\n    {self.last_words()}")

    def children_named(self, name: str) -> list[int]:
        """Processes of the demo service `name`, by their command line."""
        found = []
        for pid in machine.family(self.pid)[1:]:
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if "lab" in words and name in words:
                found.append(pid)
        return found


def _gateway_port(text: str) -> int:
    """The port behind the first key `gateway` of the JSON documents in `text`, or 0."""
    decoder = json.JSONDecoder()
    place = text.find("{")
    while place >= 0:
        try:
            document, end = decoder.raw_decode(text, place)
        except ValueError:
            place = text.find("{", place + 1)
            continue
        port = _find(document)
        if port:
            return port
        place = text.find("{", end)
    return 0


def _find(value: object) -> int:
    """Depth first. A list of listeners as {"name": "gateway", "address": …} counts as well."""
    if isinstance(value, list):
        return next((port for item in value if (port := _find(item))), 0)
    if not isinstance(value, dict):
        return 0
    if "gateway" in value and (port := _port_in(value["gateway"])):
        return port
    if "gateway" in (value.get("name"), value.get("listener")) and (port := _port_in(value)):
        return port
    return next((port for item in value.values() if (port := _find(item))), 0)


def _port_in(value: object) -> int:
    if isinstance(value, bool):
        return 0
    if isinstance(value, int):
        return value if 0 < value < 65536 else 0
    if isinstance(value, str):
        match = _ADDRESS.match(value)
        return int(match.group(1)) if match else 0
    if isinstance(value, dict):
        return next((port for key in ("address", "bind", "url", "port")
                     if key in value and (port := _port_in(value[key]))), 0)
    return 0


class WebServer(Program):
    """One `weir lab web` process, alone."""

    def __init__(self, folder: Path):
        self.port = machine.free_port()
        command = [weir_binary(), "lab", "web", "--port", str(self.port), "--name", "web-1"]
        super().__init__("weir lab web", command, folder / "web.log")
        try:
            self.wait_for_answer(self.port, "/")
        except BaseException:
            self.stop()
            raise
