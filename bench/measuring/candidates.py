"""The proxies that are compared, each configured to do the same work: one listener, one backend.

The peers are tuned as their own manuals advise for this work; what they would do besides (logging,
closing idle connections during the measurement) is off for all.
"""

import os
import shutil
from pathlib import Path

from measuring import machine
from measuring.programs import BIN, CannotRun, Program

_LONG = "3600s"  # no connection may end of old age during a measurement

NGINX = """
daemon off;
master_process {master};
worker_processes 1;
worker_rlimit_nofile {descriptors};
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log crit;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  keepalive_timeout {long};
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  proxy_max_temp_file_size 0;
  upstream raw {{
    server 127.0.0.1:{backend};
    keepalive 512;
    keepalive_requests 1000000000;
    keepalive_timeout {long};
  }}
  server {{
    listen 127.0.0.1:{port} reuseport backlog=4096;
    location / {{
      proxy_pass http://raw;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn {connections}
  maxpipes 100
defaults
  mode http
  timeout connect 5s
  timeout client {long}
  timeout server {long}
  timeout http-keep-alive {long}
  http-reuse always
  {splice}
frontend web
  bind 127.0.0.1:{port} backlog 4096
  default_backend raw
backend raw
  server raw 127.0.0.1:{backend} pool-purge-delay {long}
"""

WEIR = """
version: 1
listeners:
  web: {{ bind: "127.0.0.1:{port}" }}
admin: {{ bind: "127.0.0.1:{admin}" }}
services:
  raw: {{ discovery: [ {{ static: [ "127.0.0.1:{backend}" ] }} ] }}
routes:
  - {{ match: {{ listener: web, path: / }}, service: raw }}
"""


def weir_binary() -> str:
    path = Path(os.environ.get("WEIR_BIN", BIN / "weir"))
    if not path.exists():
        raise CannotRun(f"{path} is missing: run `make build` first")
    return str(path)


def _installed(name: str) -> str:
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise CannotRun(f"{name} is not installed: run tools/setup")
    return path


class Candidate:
    """One proxy. `start` gives a running one that answers on `port`."""

    name = ""

    def command(self, folder: Path, port: int, backend: int, single: bool) -> list[str]:
        raise NotImplementedError

    def start(self, folder: Path, backend: int, cpu: int | None = None,
              tool: list[str] | None = None, patience: float = 10) -> "Running":
        """`tool` is a prefix such as valgrind's; under one the proxy is a single process."""
        port = machine.free_port()
        command = self.command(folder, port, backend, tool is not None)
        program = Program(self.name, [*machine.pinned(cpu), *(tool or []), *command],
                          folder / f"{self.name}.log")
        try:
            program.wait_for_answer(port, seconds=patience)
        except BaseException:
            program.stop()
            raise
        return Running(self, program, port)


class Running:
    """A candidate that serves. Use as a context manager."""

    def __init__(self, candidate: Candidate, program: Program, port: int):
        self.name = candidate.name
        self.program = program
        self.port = port

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.program.stop()

    @property
    def pid(self) -> int:
        return self.program.pid


class Nginx(Candidate):
    name = "nginx"

    def command(self, folder: Path, port: int, backend: int, single: bool) -> list[str]:
        binary = _installed("nginx")
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(
            master="off" if single else "on", folder=folder, port=port, backend=backend,
            connections=8192, descriptors=min(20000, machine.descriptor_limit()),
            user="user root;" if os.geteuid() == 0 else "", long=_LONG), encoding="utf-8")
        return [binary, "-p", str(folder), "-c", str(config)]


class Haproxy(Candidate):
    """`option splice-response` halves its cost at 1 MiB; `splice-auto`, which leaves the choice to
    HAProxy, never spliced here. The fair peer is the faster one; the other can be asked for.
    """

    def __init__(self, name: str, splice: str):
        self.name = name
        self.splice = splice

    def command(self, folder: Path, port: int, backend: int, single: bool) -> list[str]:
        binary = _installed("haproxy")
        config = folder / f"{self.name}.cfg"
        # It wants two descriptors a connection, two a pipe and some of its own.
        connections = min(8192, (machine.descriptor_limit() - 400) // 2)
        config.write_text(HAPROXY.format(
            port=port, backend=backend, connections=connections, splice=self.splice, long=_LONG),
            encoding="utf-8")
        return [binary, "-db", "-f", str(config)]


class Weir(Candidate):
    name = "weir"

    def command(self, folder: Path, port: int, backend: int, single: bool) -> list[str]:
        binary = weir_binary()
        config = folder / "weir.yaml"
        config.write_text(WEIR.format(port=port, backend=backend, admin=machine.free_port()),
                          encoding="utf-8")
        return [binary, "serve", "-c", str(config), "--lanes", "1"]


DEFAULT = ("weir", "haproxy", "nginx")
CANDIDATES = {candidate.name: candidate for candidate in (
    Weir(), Haproxy("haproxy", "option splice-response"),
    Haproxy("haproxy-auto", "option splice-auto"), Nginx())}
