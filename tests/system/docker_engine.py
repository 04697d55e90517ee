"""A Docker engine of the test's own: a private dockerd in a network namespace of its own.

    with DockerEngine() as engine:
        web = engine.run("web-1", {"weir.service": "web"}, ["lab", "web", "--bind", "0.0.0.0",
                                                             "--port", "8080"])
        with engine.inside():               # this thread's sockets and children live there now
            ...                             # weir serve with DOCKER_HOST=engine.host
        engine.kill(web)

No registry is asked: the image is the binary under test with the libraries it needs. Nothing of the
host's network is changed, and another engine on the machine is not touched: rules, bridges and
addresses belong to the namespace. Where it cannot be, entering raises SkipTest that says why.

Why so: `ip netns exec` would remount /sys and hide the cgroups from dockerd, hence nsenter; the
directory's path is short because a socket's path may have 107 bytes; --bridge=none would delete
another engine's docker0, so it is never given.
"""

import contextlib
import ctypes
import http.client
import io
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
import unittest
import urllib.parse
from pathlib import Path

from harness import BINARY, wait_until

IMAGE = "weir:dev"
API = "/v1.41"
_CLONE_NEWNET = 0x40000000
_numbers = itertools.count(1)


class EngineError(Exception):
    def __init__(self, status: int, message: str):
        super().__init__(f"Docker answered {status}: {message}")
        self.status = status


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float):
        super().__init__("docker", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def why_not() -> str | None:
    """What is missing for a private engine, or None."""
    if os.geteuid() != 0:
        return "root (a private dockerd needs it)"
    for program, package in (("dockerd", "docker.io"), ("ip", "iproute2"),
                             ("iptables", "iptables"), ("nsenter", "util-linux"),
                             ("ldd", "libc-bin")):
        if shutil.which(program) is None:
            return f"{program} (package {package})"
    if not os.path.exists(BINARY):
        return f"the binary {BINARY}"
    return None


def closure(binary: str) -> bytes:
    """A tar of the binary as /bin/weir and of every library that ldd names."""
    out = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    libraries = {word for line in out.splitlines() for word in line.split() if word[0] == "/"}
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", dereference=True) as tar:
        tar.add(binary, "bin/weir")
        for library in sorted(libraries):
            tar.add(library, library.lstrip("/"))
    return data.getvalue()


class DockerEngine:
    def __init__(self):
        self.directory: Path | None = None
        self.namespace: str | None = None
        self.process: subprocess.Popen | None = None
        self.driver = ""
        self.ready_after = 0.0

    # ---- life

    def __enter__(self) -> "DockerEngine":
        missing = why_not()
        if missing:
            raise unittest.SkipTest(f"needs {missing}")
        try:
            self.prepare()
            failures = [self.start(driver) for driver in ("overlay2", "vfs")
                        if self.process is None]
            if self.process is None:
                raise unittest.SkipTest("needs a kernel that lets dockerd start: "
                                        + " | ".join(failures))
            self.load_image()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def prepare(self):
        self.directory = Path(tempfile.mkdtemp(prefix="wd.", dir="/tmp"))
        (self.directory / "daemon.json").write_text("{}")
        name = f"weir-{os.getpid()}-{next(_numbers)}"
        made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True,
                              check=False)
        if made.returncode != 0:
            raise unittest.SkipTest(f"needs network namespaces: {made.stderr.strip()}")
        self.namespace = name
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)

    def start(self, driver: str) -> str:
        """Tries to start dockerd; sets `process`, or returns why it did not start."""
        log = self.directory / "log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.namespace}", "dockerd",
                 "--config-file", str(self.directory / "daemon.json"),
                 "--data-root", str(self.directory / "data"),
                 "--exec-root", str(self.directory / "exec"),
                 "--pidfile", str(self.directory / "pid"),
                 "-H", self.host, "--userland-proxy=false", "--storage-driver", driver,
                 "--log-level", "warn", "--bip", "172.29.0.1/24",
                 "--default-address-pool", "base=172.29.128.0/17,size=24"],
                stdout=output, stderr=output, start_new_session=True)
        begin = time.monotonic()
        while process.poll() is None and time.monotonic() - begin < 20:
            with contextlib.suppress(OSError, http.client.HTTPException, EngineError):
                self.call("GET", "/_ping", timeout=2)
                self.process, self.driver = process, driver
                self.ready_after = time.monotonic() - begin
                return ""
            time.sleep(0.02)
        self.end_process(process)
        lines = log.read_text(errors="replace").strip().splitlines()
        return f"{driver}: {lines[-1] if lines else 'no answer within 20 s'}"[:300]

    @staticmethod
    def end_process(process: subprocess.Popen):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()  # its containerd dies with it
            process.wait()

    def restart_engine(self):
        """Ends dockerd in order, which stops its containers, and starts it again on its data."""
        self.end_process(self.process)
        self.process = None
        why = self.start(self.driver)
        if self.process is None:
            raise AssertionError(f"dockerd did not come back: {why}")

    def freeze(self):
        """dockerd answers nothing, until thaw()."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        if self.process:
            self.thaw()
            with contextlib.suppress(OSError, EngineError, http.client.HTTPException):
                for each in self.call("GET", f"{API}/containers/json?all=1"):
                    self.remove(each["Id"])
            self.end_process(self.process)
            self.process = None
        if self.namespace:
            subprocess.run(["ip", "netns", "del", self.namespace], check=False)
            self.namespace = None
        if self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = None

    # ---- where it is

    @property
    def socket_path(self) -> str:
        return str(self.directory / "docker.sock")

    @property
    def host(self) -> str:
        """For DOCKER_HOST."""
        return f"unix://{self.socket_path}"

    @contextlib.contextmanager
    def inside(self):
        """This thread is in the engine's network namespace: sockets it makes, and children and
        threads it starts, are there and stay there."""
        libc = ctypes.CDLL(None, use_errno=True)

        def enter(fd: int):
            if libc.setns(fd, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/run/netns/{self.namespace}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter(there)
            try:
                yield self
            finally:
                enter(before)
        finally:
            os.close(before)
            os.close(there)

    # ---- calls

    def call(self, method: str, path: str, body=None, timeout: float = 30, kind: str | None = None):
        """The decoded answer, or None when it has no JSON. Raises EngineError by the status."""
        connection = _UnixConnection(self.socket_path, timeout)
        try:
            fields = {}
            if body is not None and not isinstance(body, bytes):
                body, kind = json.dumps(body).encode(), "application/json"
            if kind:
                fields["Content-Type"] = kind
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        text = data.decode("utf-8", "replace")
        if answer.status >= 400:
            raise EngineError(answer.status, text.strip()[:300])
        if "json" in (answer.getheader("Content-Type") or "") and text:
            return json.loads(text.strip().splitlines()[-1])
        return None

    def load_image(self):
        query = urllib.parse.urlencode({"fromSrc": "-", "repo": IMAGE.split(":")[0],
                                        "tag": IMAGE.split(":")[1],
                                        "changes": 'ENTRYPOINT ["/bin/weir"]'})
        self.call("POST", f"{API}/images/create?{query}", closure(BINARY), kind="application/x-tar")

    def network(self, name: str) -> str:
        return self.call("POST", f"{API}/networks/create",
                         {"Name": name, "CheckDuplicate": True})["Id"]

    def create(self, name: str, labels: dict, command: list[str], *, network: str = "bridge",
               ports: tuple[int, ...] = (), **more) -> str:
        """A container that does not run yet; `more` goes into the body: Healthcheck, Env."""
        body = {"Image": IMAGE, "Cmd": command, "Labels": labels,
                "ExposedPorts": {f"{port}/tcp": {} for port in ports},
                "HostConfig": {"NetworkMode": network, "Init": False}, **more}
        return self.call("POST", f"{API}/containers/create?name={name}", body)["Id"]

    def run(self, name: str, labels: dict, command: list[str], **more) -> str:
        container = self.create(name, labels, command, **more)
        self.start_container(container)
        return container

    def run_web(self, name: str, service: str = "web", port: int = 8080, **more) -> str:
        """A demo web service."""
        labels = {"weir.service": service, **more.pop("labels", {})}
        return self.run(name, labels, ["lab", "web", "--bind", "0.0.0.0", "--port", str(port),
                                       "--name", name], ports=(port,), **more)

    def start_container(self, container: str):
        self.call("POST", f"{API}/containers/{container}/start")

    def stop(self, container: str, grace: int = 1):
        self.call("POST", f"{API}/containers/{container}/stop?t={grace}")

    def kill(self, container: str):
        self.call("POST", f"{API}/containers/{container}/kill")

    def restart(self, container: str, grace: int = 1):
        self.call("POST", f"{API}/containers/{container}/restart?t={grace}")

    def pause(self, container: str):
        self.call("POST", f"{API}/containers/{container}/pause")

    def unpause(self, container: str):
        self.call("POST", f"{API}/containers/{container}/unpause")

    def connect(self, network: str, container: str):
        self.call("POST", f"{API}/networks/{network}/connect", {"Container": container})

    def disconnect(self, network: str, container: str):
        self.call("POST", f"{API}/networks/{network}/disconnect",
                  {"Container": container, "Force": True})

    def remove(self, container: str):
        """Also one that is gone already."""
        try:
            self.call("DELETE", f"{API}/containers/{container}?force=true&v=true")
        except EngineError as error:
            if error.status != 404:
                raise

    def inspect(self, container: str) -> dict:
        return self.call("GET", f"{API}/containers/{container}/json")

    def labelled(self, label: str) -> list[dict]:
        """Rows of the containers that have it, "key" or "key=value", also of those that ended."""
        query = urllib.parse.urlencode({"all": 1, "filters": json.dumps({"label": [label]})})
        return self.call("GET", f"{API}/containers/json?{query}")

    def address(self, container: str, network: str = "bridge") -> str:
        return self.inspect(container)["NetworkSettings"]["Networks"][network]["IPAddress"]

    def wait_accepting(self, container: str, port: int = 8080, network: str = "bridge"):
        """Until its application accepts connections."""
        def accepts():
            with contextlib.suppress(OSError):
                with socket.create_connection((self.address(container, network), port), 0.5):
                    return True
            return False

        with self.inside():
            wait_until(f"container {container[:12]} accepts", accepts)
