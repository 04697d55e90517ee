"""The admin listener: shapes, errors, and what it refuses to browsers and strangers."""

import shutil
import subprocess

from harness import Case, ask, connect, gateway_to, read_answer


class Admin(Case):
    def setUp(self):
        super().setUp()
        _, self.gateway, self.admin = self.serve(gateway_to(self.web(), self.web()))

    def test_health_readiness_and_front(self):
        self.assertEqual(ask(self.admin, "/health").json(), {"status": "ok"})
        self.assertEqual(ask(self.admin, "/readyz").json(), {"status": "ready"})
        front = ask(self.admin, "/").json()
        self.assertEqual(front["name"], "weir")
        self.assertIn("/api/services", front["links"])
        page = ask(self.admin, "/", fields={"Accept": "text/html"})
        self.assertIn(b"<h1>weir", page.body)
        self.assertIn("frame-ancestors 'none'", page.field("Content-Security-Policy"))
        self.assertEqual(page.field("X-Content-Type-Options"), "nosniff")

    def test_contract_shapes(self):
        for _ in range(4):
            ask(self.gateway, "/")
        stats = ask(self.admin, "/stats").json()
        self.assertEqual(set(stats), {"total_servers", "healthy_servers", "total_requests",
                                      "algorithm", "server_stats"})
        self.assertEqual(set(stats["server_stats"][0]),
                         {"id", "name", "healthy", "connections", "avg_response_time", "cpu_usage",
                          "memory_usage", "last_check"})
        one = ask(self.admin, "/request").json()
        self.assertTrue(one["success"])
        self.assertEqual(set(one), {"success", "server_id", "server_name", "server_url",
                                    "algorithm_used", "active_connections", "response_time"})
        other = ask(self.admin, "/request").json()
        self.assertNotEqual(one["server_id"], other["server_id"])  # through the balancer
        services = ask(self.admin, "/api/services").json()
        self.assertEqual(services["services"][0]["state"], "healthy")
        self.assertEqual(ask(self.admin, "/api/services/1").json()["name"], "origin")
        self.assertEqual(len(ask(self.admin, "/servers").json()["servers"]), 2)
        self.assertIn("requestsPerSecond", ask(self.admin, "/api/metrics").json())
        self.assertEqual(len(ask(self.admin, "/metrics?format=json").json()["backends"]), 2)

    def test_metrics_are_clean_for_promtool(self):
        ask(self.gateway, "/")
        text = ask(self.admin, "/metrics").body
        self.assertIn(b'weir_http_requests_total{service="origin"', text)
        if shutil.which("promtool") is None:
            self.skipTest("needs promtool")
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_contract_errors(self):
        for target, method, status in (("/nothing", "GET", 404), ("/api/services/9", "GET", 404),
                                       ("/health", "POST", 405), ("/request", "HEAD", 405),
                                       ("/stats?service=nothing", "GET", 404),
                                       ("/request?service=nothing", "GET", 404),
                                       ("/api/services/origin/output?limit=0", "GET", 422),
                                       ("/api/services/origin/stop", "POST", 422)):
            answer = ask(self.admin, target, method)
            self.assertEqual(answer.status, status, target)
            if method != "HEAD":
                self.assertEqual(answer.field("Content-Type"), "application/problem+json", target)
            if status == 405:
                self.assertIn("GET", answer.field("Allow"))

    def test_strangers_are_refused(self):
        evil = ask(self.admin, "/api/services", host="evil.example")
        self.assertEqual(evil.status, 421)  # DNS rebinding
        before = ask(self.admin, "/stats").json()["total_requests"]
        for fields in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                       {"Origin": "http://evil.example"}, {"Referer": "http://evil.example/"},
                       {"Sec-Purpose": "prefetch"}):
            self.assertEqual(ask(self.admin, "/request", fields=fields).status, 403, fields)
        self.assertEqual(ask(self.admin, "/stats").json()["total_requests"], before)
        stop = "/api/services/origin/stop"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(ask(self.admin, stop, "POST", form, b"a=b").status, 415)
        self.assertEqual(ask(self.admin, stop, "POST", {"Origin": "http://evil.example"}).status,
                         403)
        self.assertEqual(ask(self.admin, stop, "POST", {"Cookie": "a=b"}).status, 403)

    def test_an_oversized_body_is_413(self):
        with connect(self.admin) as sock, sock.makefile("rb") as stream:
            sock.sendall(b"POST /api/services/origin/stop HTTP/1.1\r\nHost: localhost\r\n"
                         b"Content-Type: application/json\r\nContent-Length: 2000000\r\n\r\n")
            sock.sendall(b"x" * 1_100_000)
            self.assertEqual(read_answer(stream).status, 413)
