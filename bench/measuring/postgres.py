"""A private PostgreSQL: own files, a Unix socket in its own folder, ended with the `with`."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from measuring import machine
from measuring.programs import CannotRun

_INSTALLED = Path("/usr/lib/postgresql")


class Postgres:
    """Started by construction. It can be stopped and started again, and stand still."""

    def __init__(self):
        found = sorted(_INSTALLED.glob("*/bin/initdb"))
        if not found:
            raise CannotRun("skipped: needs PostgreSQL (Debian: postgresql-15)")
        self._binaries = found[-1].parent
        self._folder = Path(tempfile.mkdtemp(prefix="weir-pg-"))
        self._as: dict = {}
        self._server: subprocess.Popen | None = None
        try:
            if os.geteuid() == 0:  # the server refuses to be root
                self._become("postgres")
            done = subprocess.run(
                [self._binaries / "initdb", "-D", self._folder / "data", "-U", "weir", "-A",
                 "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
                cwd=self._folder, capture_output=True, text=True, check=False, **self._as)
            if done.returncode != 0:
                raise CannotRun(f"skipped: needs an initdb that works: {done.stderr}")
            self.start()
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> "Postgres":
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self.go_on()
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _become(self, name: str) -> None:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            raise CannotRun(f"skipped: needs a user `{name}`, since PostgreSQL refuses to run as "
                            "root") from None
        os.chown(self._folder, user.pw_uid, user.pw_gid)
        self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    @property
    def folder(self) -> str:
        return str(self._folder)

    @property
    def url(self) -> str:
        return f"postgres://weir@/postgres?host={self._folder}"

    def start(self) -> None:
        settings = {"listen_addresses": "", "shared_buffers": "16MB", "max_connections": "40",
                    "unix_socket_directories": str(self._folder)}
        words = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
        with (self._folder / "server.log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._folder / "data", *words],
                cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **self._as)
        end = time.monotonic() + 30
        while self.ask("SELECT 1") != "1":
            if self._server.poll() is not None or time.monotonic() > end:
                raise CannotRun("skipped: needs a PostgreSQL that starts; it said: "
                                + (self._folder / "server.log").read_text()[-500:])
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends its sessions and stops; whoever connects now is refused."""
        self._server.send_signal(signal.SIGINT)
        try:
            self._server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
        self._server = None

    def stand_still(self) -> None:
        """As a machine that hangs: sessions stay, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        for pid in machine.family(self._server.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def ask(self, statement: str) -> str:
        """What psql prints, without a head; empty when the server does not answer."""
        done = subprocess.run([self._binaries / "psql", "-XAtq", "-d", self.url, "-c",
                               statement], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""
