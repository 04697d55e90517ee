"""What may be sent again: a POST never, once a byte of it has reached a backend."""

import socket
import struct
import threading

from harness import Backend, Case, ask, connect, gateway_to, read_answer

BODY = b"amount=100&to=bob"
REQUEST = (b"POST /pay HTTP/1.1\r\nHost: shop.example\r\nContent-Type: text/plain\r\n"
           b"Content-Length: %d\r\n\r\n" % len(BODY)) + BODY


class Resetting(Backend):
    """Reads so many bytes of each connection and resets it; notes what every one had sent."""

    def __init__(self, case: Case):
        self.take = 0
        self.lock = threading.Lock()
        self.seen: list[bytes] = []
        super().__init__(case)

    def serve(self, sock: socket.socket):
        with sock:
            sock.settimeout(5)
            got = b""
            try:
                while len(got) < self.take:
                    more = sock.recv(self.take - len(got))
                    if not more:
                        break
                    got += more
            except OSError:
                pass
            with self.lock:
                self.seen.append(got)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Retry(Case):
    def test_a_post_that_is_reset_at_any_byte_is_on_one_connection_only(self):
        backends = [Resetting(self), Resetting(self)]
        _, gateway, _ = self.serve(gateway_to(*[each.address for each in backends]).replace(
            "  origin: { ", "  origin: { breaker: { enabled: false }, "
            "health: { outlier: { enabled: false } }, "))
        # The head that a backend gets is longer: weir adds fields. Beyond it all was read.
        sizes = (*range(0, 60), *range(60, len(REQUEST) + 220, 3))
        for take in sizes:
            for each in backends:
                each.take = take
                each.seen.clear()
            with connect(gateway) as sock, sock.makefile("rb") as stream:
                sock.sendall(REQUEST)
                answer = read_answer(stream)
            self.assertEqual(answer.status, 502, (take, answer.body))
            # A reset before the first byte may be told before anything was sent: that is another
            # matter, and may be tried again.
            reached = [got for each in backends for got in each.seen if got]
            self.assertLessEqual(len(reached), 1, (take, reached))
            self.assertEqual(len(reached), 1 if take else 0, (take, reached))
            if take:
                self.assertEqual(sum(len(each.seen) for each in backends), 1, take)

    def test_a_get_that_is_reset_is_tried_on_the_other_one(self):
        backend, web = Resetting(self), self.web()
        _, gateway, _ = self.serve(gateway_to(backend.address, web))
        for _ in range(20):
            self.assertEqual(ask(gateway, "/").status, 200)
