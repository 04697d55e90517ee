"""Worlds of real processes: services with a line in front of their workers, and the proxies that
balance over them."""

import json
import os
import shutil
import urllib.request
from pathlib import Path

from measuring import machine
from measuring.candidates import weir_binary
from measuring.programs import CannotRun, Program

NGINX = """
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log crit;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  keepalive_timeout 3600s;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream fleet {{
    least_conn;
{servers}
    keepalive 512;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{port} reuseport backlog=4096;
    location / {{
      proxy_pass http://fleet;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
  http-reuse always
frontend web
  bind 127.0.0.1:{port} backlog 4096
  default_backend fleet
backend fleet
  balance leastconn
{servers}
"""

WEIR = """version: 1
listeners:
  web: {{ bind: "127.0.0.1:{port}" }}
admin: {{ bind: "127.0.0.1:{admin}" }}
services:
  fleet:
    discovery: [ {{ static: [ {servers} ] }} ]
{service}
routes:
  - match: {{ path: / }}
    service: fleet
{route}
"""


class Fleet:
    """`weir lab web` processes: (milliseconds of work, workers) of each."""

    def __init__(self, folder: Path, shapes: list[tuple[float, int]]):
        self.programs = []
        self.addresses = []
        self.capacity = sum(workers * 1000 / ms for ms, workers in shapes)
        for i, (ms, workers) in enumerate(shapes):
            port = machine.free_port()
            command = [weir_binary(), "lab", "web", "--port", str(port), "--latency",
                       f"{int(ms * 1000)}us", "--at-once", str(workers)]
            self.programs.append(Program(f"web {i}", command, folder / f"web-{i}.log"))
            self.addresses.append(f"127.0.0.1:{port}")

    def __enter__(self) -> "Fleet":
        try:
            for program, address in zip(self.programs, self.addresses):
                program.wait_for_answer(int(address.split(":")[1]), "/")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for program in self.programs:
            program.stop()


class Proxy(Program):
    """One that answers on `port`. weir's has `admin` too."""

    admin = 0

    def metric(self, line: str) -> float:
        """The value of the sample that begins with `line` in weir's /metrics; 0 when absent."""
        url = f"http://127.0.0.1:{self.admin}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            for each in answer.read().decode().splitlines():
                if each.startswith(line):
                    return float(each.rsplit(" ", 1)[1])
        return 0.0

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=5) as answer:
            return json.load(answer)


def _found(name: str) -> str:
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise CannotRun(f"{name} is not installed: run tools/setup")
    return path


def _begin(name: str, folder: Path, port: int, command: list[str]) -> Proxy:
    proxy = Proxy(name, command, folder / f"{name}.log")
    proxy.port = port
    try:
        proxy.wait_for_answer(port, "/")
    except BaseException:
        proxy.stop()
        raise
    return proxy


def haproxy(folder: Path, addresses: list[str]) -> Proxy:
    port = machine.free_port()
    servers = "\n".join(f"  server s{i} {each}" for i, each in enumerate(addresses))
    config = folder / "haproxy.cfg"
    config.write_text(HAPROXY.format(port=port, servers=servers), encoding="utf-8")
    return _begin("haproxy", folder, port, [_found("haproxy"), "-db", "-f", str(config)])


def nginx(folder: Path, addresses: list[str]) -> Proxy:
    port = machine.free_port()
    servers = "\n".join(f"    server {each} max_fails=0;" for each in addresses)
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(NGINX.format(port=port, servers=servers, folder=folder, user=user),
                      encoding="utf-8")
    return _begin("nginx", folder, port, [_found("nginx"), "-p", str(folder), "-c", str(config)])


def weir(folder: Path, addresses: list[str], service: str = "", route: str = "",
         name: str = "weir") -> Proxy:
    """`service`, `route`: further lines of the file, indented by four."""
    port, admin = machine.free_port(), machine.free_port()
    config = folder / f"{name}.yaml"
    config.write_text(WEIR.format(port=port, admin=admin, service=service, route=route,
                                  servers=", ".join(f'"{each}"' for each in addresses)),
                      encoding="utf-8")
    proxy = _begin(name, folder, port, [weir_binary(), "serve", "-c", str(config)])
    proxy.admin = admin
    return proxy
