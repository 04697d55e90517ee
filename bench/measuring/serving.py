"""`weir serve` from a text of configuration, its admin interface and its log."""

import http.client
import json
import os
import signal
import time
from pathlib import Path

from measuring import machine
from measuring.candidates import weir_binary
from measuring.programs import CannotRun, Program


class Serve(Program):
    """`config` is a text with {port} and {admin}; both are free ones."""

    def __init__(self, folder: Path, config, *options: str, ready: str = "/health"):
        """`config(port, admin)` gives the text; `ready`: what the admin interface must answer."""
        self.port, self.admin = machine.free_port(), machine.free_port()
        self.config = folder / "weir.yaml"
        self.config.write_text(config(self.port, self.admin), encoding="utf-8")
        super().__init__("weir serve", [weir_binary(), "serve", "-c", str(self.config), *options],
                         folder / "weir.log")
        self._read = 0
        self._rest = ""
        try:
            self.wait_for_answer(self.admin, ready)
        except BaseException:
            self.stop()
            raise

    def call(self, method: str, target: str, body: dict | None = None,
             seconds: float = 10) -> tuple[int, dict | str]:
        """Status and JSON (or text). Fails: OSError, http.client.HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=seconds)
        try:
            text = None if body is None else json.dumps(body)
            fields = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, target, text, {"Connection": "close"} | fields)
            answer = connection.getresponse()
            got = answer.read().decode("utf-8", errors="replace")
            is_json = "json" in (answer.headers["Content-Type"] or "")
            return answer.status, json.loads(got) if is_json and got else got
        finally:
            connection.close()

    def must(self, method: str, target: str, body: dict | None = None) -> dict:
        """The answer of a call that has to be 200. Fails: CannotRun."""
        try:
            status, answer = self.call(method, target, body)
        except (OSError, http.client.HTTPException) as error:
            raise CannotRun(f"{method} {target}: {error!r}; weir: {self.last_words()}") from error
        if status != 200 or not isinstance(answer, dict):
            raise CannotRun(f"{method} {target} was answered with {status}: {answer}")
        return answer

    def service(self, name: str) -> dict:
        return self.must("GET", f"/api/services/{name}")

    def eligible(self, name: str) -> int:
        return sum(each["state"] == "eligible" for each in self.service(name)["endpoints"])

    def wait_until(self, what: str, condition, seconds: float = 20, pause: float = 0.01) -> float:
        """Seconds until condition(). Fails: CannotRun."""
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > seconds:
                raise CannotRun(f"did not happen within {seconds:.0f} s: {what}")
            time.sleep(pause)
        return time.monotonic() - begun

    def reload(self, text: str, by_signal: bool) -> float:
        """Seconds that it took weir to apply `text`; the plan must change something."""
        following = self.config.with_suffix(".next")
        following.write_text(text, encoding="utf-8")
        following.rename(self.config)
        self.news()
        begun = time.monotonic()
        if by_signal:
            os.kill(self.pid, signal.SIGHUP)
            said = ""

            def told() -> bool:
                nonlocal said
                said = next((each["message"] for each in self.news()
                             if each["component"] == "config"
                             and "reloaded" in each["message"]), "")
                return bool(said)
            self.wait_until("weir says that it has reloaded", told, pause=0.001)
            took = time.monotonic() - begun
            if not said.startswith("reloaded: ") or "nothing changes" in said:
                raise CannotRun(f"SIGHUP: {said}")
            return took
        answer = self.must("POST", "/api/config/reload")
        took = time.monotonic() - begun
        if not answer["applied"] or answer["plan"] == ["nothing changes"]:
            raise CannotRun(f"reload: {answer}")
        return took

    def news(self) -> list[dict]:
        """Lines of the log since the last call, as JSON."""
        with self.log.open(encoding="utf-8", errors="replace") as file:
            file.seek(self._read)
            text = self._rest + file.read()
            self._read = file.tell()
        *lines, self._rest = text.split("\n")
        return [json.loads(line) for line in lines if line.startswith("{")]

    def own(self) -> dict:
        """Memory, descriptors and threads of weir itself, without its children."""
        place = Path(f"/proc/{self.pid}")
        pages = int((place / "statm").read_text(encoding="utf-8").split()[1])
        return {"memory_mb": round(pages * machine.PAGE_BYTES / 2**20, 2),
                "descriptors": sum(1 for _ in (place / "fd").iterdir()),
                "threads": sum(1 for _ in (place / "task").iterdir())}
