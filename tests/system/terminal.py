"""A program on a terminal of its own: what is on the screen, keys, signals, size."""

import fcntl
import os
import pty
import re
import struct
import signal
import subprocess
import termios
import threading

from harness import BINARY, wait_until

_STEP = re.compile(r"\x1b\[(\d+);1H|\x1b\[2K|\x1b\[2J|\x1b\[[0-9;?]*[A-Za-z]|[^\x1b]+")


def own_terminal():
    """In the child: the terminal is its own, and signals mean what they mean on one, whatever
    nohup or a shell's background made this process ignore."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class Terminal:
    """Shows what `term/screen` writes: lines at places, erased before they are written."""

    def __init__(self, *arguments: str, columns: int = 80, rows: int = 24, env=None):
        self.far, self.near = pty.openpty()
        self.size = (columns, rows)
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.near)
        self.bytes = b""
        self.process = subprocess.Popen(
            [BINARY, *arguments], stdin=self.near, stdout=self.near, stderr=self.near,
            start_new_session=True, env={**os.environ, "TERM": "xterm", **(env or {})},
            preexec_fn=own_terminal)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                some = os.read(self.far, 65536)
            except OSError:
                return
            if not some:
                return
            self.bytes += some

    def resize(self, columns: int, rows: int):
        self.size = (columns, rows)
        fcntl.ioctl(self.far, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: str):
        os.write(self.far, keys.encode())

    def lines(self) -> list[str]:
        rows = [""] * 200
        at = 0
        for step in _STEP.finditer(self.bytes.decode(errors="replace")):
            text = step.group(0)
            if step.group(1):
                at = int(step.group(1)) - 1
            elif text == "\x1b[2J":
                rows = [""] * 200
            elif text == "\x1b[2K":
                rows[at] = ""
            elif not text.startswith("\x1b"):
                rows[at] += text
        return rows[:self.size[1]]

    def screen(self) -> str:
        return "\n".join(self.lines())

    def shows(self, text: str, seconds: float = 15):
        wait_until(f"{text!r} is shown; last seen:\n{self.screen()}",
                   lambda: text in self.screen(), seconds)

    def hides(self, text: str):
        wait_until(f"{text!r} is gone", lambda: text not in self.screen())

    def is_raw(self) -> bool:
        return not termios.tcgetattr(self.near)[3] & termios.ICANON

    def is_restored(self) -> bool:
        """As it was, with the cursor, on the first screen."""
        text = self.bytes
        return (termios.tcgetattr(self.near) == self.before
                and text.rfind(b"\x1b[?1049l") > text.rfind(b"\x1b[?1049h")
                and text.rfind(b"\x1b[?25h") > text.rfind(b"\x1b[?25l"))

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.near)
        self.reader.join(timeout=5)
        os.close(self.far)
