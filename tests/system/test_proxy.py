"""Real traffic through the real binary: bodies, reuse, limits, logs, other address families."""

import json
import os
import signal
import socket
import threading

from harness import Case, ask, connect, gateway_to, read_answer, wait_until


class Proxy(Case):
    def test_large_bodies_arrive_whole(self):
        _, gateway, _ = self.serve(gateway_to(self.web()))
        for size in (0, 1, 65536, 200_000, 5_000_000):
            answer = ask(gateway, f"/api/data?size={size}")
            self.assertEqual((answer.status, len(answer.body)), (200, size))
        body = os.urandom(700_000)
        self.assertEqual(ask(gateway, "/echo", "POST", body=body).body, body)

    def test_chunked_upload_and_keep_alive(self):
        _, gateway, _ = self.serve(gateway_to(self.web()))
        with connect(gateway) as sock, sock.makefile("rb") as stream:
            for _ in range(3):
                sock.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                             b"5;x=y\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
                self.assertEqual(read_answer(stream).body, b"hello world")

    def test_pipelined_requests_are_answered_in_order_and_an_invalid_one_ends_it(self):
        _, gateway, _ = self.serve(gateway_to(self.web()))
        with connect(gateway) as sock, sock.makefile("rb") as stream:
            one = b"GET /api/data?size=%d HTTP/1.1\r\nHost: a\r\n\r\n"
            sock.sendall(one % 10 + one % 20 + b"GET /x HTTP/1.1\r\nHost: a b\r\n\r\n" + one % 30)
            self.assertEqual(len(read_answer(stream).body), 10)
            self.assertEqual(len(read_answer(stream).body), 20)
            self.assertEqual(read_answer(stream).status, 400)
            self.assertEqual(stream.read(), b"")

    def test_byte_by_byte_over_a_real_socket(self):
        _, gateway, _ = self.serve(gateway_to(self.web()))
        with connect(gateway) as sock, sock.makefile("rb") as stream:
            for byte in b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc":
                sock.sendall(bytes([byte]))
            self.assertEqual(read_answer(stream).body, b"abc")

    def test_slow_clients_are_bounded(self):
        limits = "head_time: 300ms, idle: 300ms, write_idle: 300ms"
        _, gateway, _ = self.serve(gateway_to(self.web(), limits=limits))
        with connect(gateway) as sock:  # a head that never ends
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
            self.assertIn(b"408", sock.makefile("rb").readline())
        with connect(gateway) as sock:  # a connection that says nothing
            self.assertEqual(sock.recv(1), b"")
        with connect(gateway) as sock:  # a client that never reads
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.sendall(b"GET /api/data?size=10000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            wait_until("the gateway gives up", lambda: self.connections() == 0)

    def connections(self) -> int:
        answer = ask(self.admin, "/api/metrics") if hasattr(self, "admin") else None
        return answer.json()["connections"] if answer else 0

    def serve(self, text):
        process, gateway, self.admin = super().serve(text)
        return process, gateway, self.admin

    def test_unix_socket_and_ipv6_endpoints(self):
        path = str(self.directory / "origin.sock")
        with socket.socket(socket.AF_UNIX) as unix, \
                socket.create_server(("::1", 0), family=socket.AF_INET6) as six:
            unix.bind(path)
            unix.listen()
            seen = []

            def answer(server):
                peer, _ = server.accept()
                with peer:
                    peer.recv(65536)
                    seen.append(server.family)
                    peer.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

            threads = [threading.Thread(target=answer, args=(s,)) for s in (unix, six)]
            for thread in threads:
                thread.start()
            _, gateway, _ = self.serve(
                gateway_to(f"unix:{path}", f"[::1]:{six.getsockname()[1]}"))
            self.assertEqual([ask(gateway, "/").status for _ in range(2)], [204, 204])
            for thread in threads:
                thread.join()
            self.assertEqual({socket.AF_UNIX, socket.AF_INET6}, set(seen))

    def test_refused_and_closing_upstreams_are_502_with_a_reason(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            refused = f"127.0.0.1:{closed.getsockname()[1]}"
        _, gateway, _ = self.serve(gateway_to(refused))
        answer = ask(gateway, "/")
        self.assertEqual((answer.status, answer.json()["reason"]), (502, "UR"))

    def test_forwarding_fields_of_untrusted_clients_are_replaced(self):
        _, gateway, _ = self.serve(gateway_to(self.web()))
        given = {"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6",
                 "X_Forwarded_For": "6.6.6.6", "Connection": "X-Secret, close", "X-Secret": "1"}
        text = ask(gateway, "/headers", fields=given).body.decode()
        self.assertNotIn("6.6.6.6", text)
        self.assertNotIn("X-Secret", text)
        self.assertIn("127.0.0.1", text)

    def test_access_log_is_json_lines_with_control_bytes_escaped(self):
        path = self.directory / "access.log"
        process, gateway, _ = self.serve(
            gateway_to(self.web(), extra=f"access_log: {{ path: {path} }}"))
        ask(gateway, "/x?a=1", fields={"User-Agent": 'quote" tab\t'})
        ask(gateway, "/", host="[::1")
        self.end(process)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        self.assertEqual(len(lines), 1)  # a refused request never became an exchange
        self.assertEqual((lines[0]["path"], lines[0]["status"]), ("/x?a=1", 404))

    def test_sigterm_lets_the_request_in_flight_end(self):
        process, gateway, _ = self.serve(gateway_to(self.web("--latency", "500ms")))
        with connect(gateway) as sock, sock.makefile("rb") as stream:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            wait_until("it is in flight", lambda: ask(
                self.admin, "/metrics").body.find(b'weir_upstream_in_flight{') >= 0)
            process.send_signal(signal.SIGTERM)
            answer = read_answer(stream)
            self.assertEqual(answer.status, 200)
            self.assertEqual(stream.read(), b"")
        self.assertEqual(process.wait(timeout=20), 0)

    def test_a_body_that_looks_like_a_request_is_a_body(self):
        _, gateway, _ = self.serve(gateway_to(self.web()))
        evil = b"GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n"
        with connect(gateway) as sock, sock.makefile("rb") as stream:
            for _ in range(2):
                sock.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"
                             % (len(evil), evil))
                self.assertEqual(read_answer(stream).body, evil)
            sock.sendall(b"GET /api/data?size=7 HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(len(read_answer(stream).body), 7)

    def test_requests_already_sent_when_sigterm_comes_are_answered(self):
        process, gateway, _ = self.serve(gateway_to(self.web()))
        socks = [connect(gateway) for _ in range(20)]
        streams = [sock.makefile("rb") for sock in socks]
        for sock, stream in zip(socks, streams):  # every connection is known and idle
            sock.sendall(b"GET /api/data?size=5 HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(len(read_answer(stream).body), 5)
        for sock in socks:
            sock.sendall(b"GET /api/data?size=6 HTTP/1.1\r\nHost: a\r\n\r\n")
        process.send_signal(signal.SIGTERM)
        for sock, stream in zip(socks, streams):
            self.assertEqual(len(read_answer(stream).body), 6)
            stream.close()
            sock.close()
        self.assertEqual(process.wait(timeout=20), 0)

    def test_a_connection_that_carried_a_spliced_body_is_used_again(self):
        _, gateway, admin = self.serve(gateway_to(self.web()))
        for _ in range(4):
            self.assertEqual(len(ask(gateway, "/api/data?size=1000000").body), 1_000_000)
        connects = [line for line in ask(admin, "/metrics").body.decode().splitlines()
                    if line.startswith("weir_upstream_connects_total{")]
        self.assertEqual([line.split()[-1] for line in connects], ["1"])
