"""A WebSocket client for tests: one connection, frames as they are."""

import base64
import json
import os
import socket
import struct
import time

from harness import connect, read_answer

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", fin: bool = True, masked: bool = True) -> bytes:
    head = bytes([(0x80 if fin else 0) | opcode])
    bit = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def handshake(address: str, fields: dict | None = None, target: str = "/api/live",
              version: str = "13") -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    head = (f"GET {target} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: {version}\r\n"
            f"Sec-WebSocket-Key: {key}\r\n")
    for name, value in (fields or {}).items():
        head += f"{name}: {value}\r\n"
    return head.encode() + b"\r\n"


class WebSocket:
    """Opened on construction; `answer` is what the handshake got. Pings are answered by hand."""

    def __init__(self, address: str, fields: dict | None = None, early: bytes = b""):
        self.sock = connect(address)
        self.sock.sendall(handshake(address, fields) + early)
        self.stream = self.sock.makefile("rb")
        self.answer = read_answer(self.stream)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.sock.close()

    def send(self, value) -> None:
        self.sock.sendall(frame(TEXT, json.dumps(value).encode()))

    def send_raw(self, raw: bytes) -> None:
        self.sock.sendall(raw)

    def receive(self, seconds: float = 10) -> tuple[int, bytes]:
        """The next frame: opcode and payload. Raises EOFError at the end."""
        self.sock.settimeout(seconds)
        head = self.stream.read(2)
        if len(head) < 2:
            raise EOFError
        assert head[0] & 0xf0 == 0x80 and head[1] & 0x80 == 0, head
        size = head[1]
        if size == 126:
            size = struct.unpack(">H", self.stream.read(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.stream.read(8))[0]
        return head[0] & 0x0f, self.stream.read(size)

    def message(self, condition=lambda message: True, seconds: float = 10) -> dict:
        """The next text message that fulfils the condition."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            opcode, payload = self.receive(seconds)
            assert opcode != CLOSE, payload
            if opcode == TEXT and condition(value := json.loads(payload)):
                return value
        raise AssertionError("no such message came")

    def closed(self, seconds: float = 10) -> tuple[int, str]:
        """Code and reason of the Close that comes, whatever comes before."""
        while True:
            opcode, payload = self.receive(seconds)
            if opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0] if payload else 1005
                return code, payload[2:].decode()

    def ended(self) -> bool:
        """Nothing but the end comes now."""
        self.sock.settimeout(10)
        try:
            while self.stream.read(4096):
                pass
        except (ConnectionResetError, socket.timeout):
            return False
        return True
