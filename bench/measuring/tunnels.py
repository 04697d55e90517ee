"""Open WebSockets that exchange a frame at a steady rate, and the server that sends them back.

Each tunnel expects exactly the bytes it sent, in order: what comes back otherwise, an end, or a
frame that stays away is a drop. A frame's time counts from when it was due (open model).
"""

import base64
import hashlib
import os
import selectors
import socket
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from measuring import machine
from measuring.programs import CannotRun

sys.path.insert(0, str(machine.ROOT / "tests/system"))

from websocket import BINARY, frame, handshake  # noqa: E402

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_PATIENCE_S = 10.0  # a frame that took longer counts as lost
_FILLER = os.urandom(2048)


class Echo:
    """Takes every upgrade on a port of its own and sends back the bytes that follow."""

    def __init__(self):
        self._server = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._server.setblocking(False)
        self.address = "127.0.0.1:%d" % self._server.getsockname()[1]
        self.taken = 0
        self._heads: dict[socket.socket, bytes | None] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="echo")
        self._thread.start()

    def __enter__(self) -> "Echo":
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for each in (*self._heads, self._server):
            each.close()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ)
            while not self._over.is_set():
                for key, _ in selector.select(0.2):
                    if key.fileobj is self._server:
                        sock, _ = self._server.accept()
                        self._heads[sock] = b""
                        selector.register(sock, selectors.EVENT_READ)
                    elif not self._answer(key.fileobj):
                        selector.unregister(key.fileobj)
                        del self._heads[key.fileobj]
                        key.fileobj.close()

    def _answer(self, sock: socket.socket) -> bool:
        """False at its end. Frames are small and few: a blocking send is enough."""
        try:
            got = sock.recv(1 << 16)
            head = self._heads[sock]
            if not got:
                return False
            if head is None:
                sock.sendall(got)
                return True
            self._heads[sock] = head = head + got
            if b"\r\n\r\n" in head:
                self._heads[sock] = None
                sock.sendall(_switch(head))
                self.taken += 1
            return True
        except OSError:
            return False


def _switch(head: bytes) -> bytes:
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if b"sec-websocket-key" not in lines:
        return b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n"
    key = next(line.split(b": ", 1)[1] for line in head.split(b"\r\n")
               if line.lower().startswith(b"sec-websocket-key: "))
    accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
    return (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")


@dataclass
class _Tunnel:
    number: int
    sock: socket.socket
    sent: int = 0
    due: deque = field(default_factory=deque)  # (due at, bytes that must come back)
    part: bytes = b""


class Tunnels:
    """`count` WebSockets through the gateway on `port`, each a frame `rate` times a second."""

    def __init__(self, port: int, target: str, count: int, rate: float):
        self.frames = 0
        self.drops: list[str] = []
        self.times_us: list[float] = []
        self._pause = 1 / (count * rate)
        self._begun = time.monotonic()
        self._over = threading.Event()
        self._tunnels = [_Tunnel(i, _open(port, target)) for i in range(count)]
        self._open = {each.sock: each for each in self._tunnels}
        self._thread = threading.Thread(target=self._exchange, name="tunnels")
        self._thread.start()

    def __enter__(self) -> "Tunnels":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def open(self) -> int:
        return len(self._open)

    def end(self) -> None:
        """Waits for the frames under way, then closes. What stayed away is a drop."""
        self._over.set()
        self._thread.join()
        for each in self._tunnels:
            each.sock.close()

    def figures(self) -> dict:
        times = sorted(self.times_us) or [0.0]
        return {"tunnels": len(self._tunnels), "dropped": len(self.drops),
                "drops": self.drops[:20], "frames": self.frames,
                "p50_us": round(times[len(times) // 2], 1),
                "p99_us": round(times[int(len(times) * 0.99)], 1)}

    def _exchange(self) -> None:
        selector = selectors.DefaultSelector()
        for sock in self._open:
            selector.register(sock, selectors.EVENT_READ)
        turn, next_at = 0, time.monotonic()
        end = None
        while end is None or (any(each.due for each in self._open.values())
                              and time.monotonic() < end):
            now = time.monotonic()
            if self._over.is_set():
                end = end or now + _PATIENCE_S
            while end is None and next_at <= now and self._open:
                self._send(self._tunnels[turn % len(self._tunnels)], next_at, selector)
                turn, next_at = turn + 1, next_at + self._pause
            for key, _ in selector.select(max(0.0, min(next_at - time.monotonic(), 0.1))
                                          if end is None else 0.1):
                if key.fileobj in self._open:
                    self._receive(self._open[key.fileobj], selector)
        for each in list(self._open.values()):
            if each.due:
                self._drop(each, f"{len(each.due)} frames never came back", selector)
        selector.close()

    def _send(self, tunnel: _Tunnel, due_at: float, selector: selectors.BaseSelector) -> None:
        if tunnel.sock not in self._open:
            return
        if tunnel.due and time.monotonic() - tunnel.due[0][0] > _PATIENCE_S:
            self._drop(tunnel, f"a frame stayed away for {_PATIENCE_S:.0f} s", selector)
            return
        size = 16 + (tunnel.sent * 37 + tunnel.number) % 1500
        payload = b"%6d %8d " % (tunnel.number, tunnel.sent) + _FILLER[:size]
        raw = frame(BINARY, payload)
        tunnel.sent += 1
        tunnel.due.append((due_at, raw))
        try:
            tunnel.sock.sendall(raw)
        except OSError as error:
            self._drop(tunnel, f"sending: {error}", selector)

    def _receive(self, tunnel: _Tunnel, selector: selectors.BaseSelector) -> None:
        try:
            got = tunnel.sock.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError as error:
            self._drop(tunnel, f"receiving: {error}", selector)
            return
        if not got:
            self._drop(tunnel, f"ended with {len(tunnel.due)} frames under way", selector)
            return
        tunnel.part += got
        while tunnel.due and len(tunnel.part) >= len(tunnel.due[0][1]):
            due_at, raw = tunnel.due.popleft()
            if tunnel.part[:len(raw)] != raw:
                self._drop(tunnel, f"frame {self.frames} came back otherwise", selector)
                return
            tunnel.part = tunnel.part[len(raw):]
            self.frames += 1
            self.times_us.append((time.monotonic() - due_at) * 1e6)
        if tunnel.part and not tunnel.due:
            self._drop(tunnel, f"{len(tunnel.part)} bytes came that nobody sent", selector)

    def _drop(self, tunnel: _Tunnel, why: str, selector: selectors.BaseSelector) -> None:
        self.drops.append(f"{time.monotonic() - self._begun:.2f} s, tunnel {tunnel.number}, "
                          f"frame {tunnel.sent}: {why}")
        self._open.pop(tunnel.sock, None)
        selector.unregister(tunnel.sock)


def _open(port: int, target: str) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(handshake(f"127.0.0.1:{port}", target=target))
    head = b""
    while b"\r\n\r\n" not in head:
        got = sock.recv(4096)
        if not got:
            raise CannotRun(f"the WebSocket {target} was refused: {head[:200]!r}")
        head += got
    if b" 101 " not in head.split(b"\r\n")[0] or not head.endswith(b"\r\n\r\n"):
        raise CannotRun(f"the WebSocket {target} was refused: {head[:200]!r}")
    return sock
