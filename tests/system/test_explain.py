"""Decisions: an exchange that failed is explained, and a request that is not sent."""

import json
import socket

from harness import Case, ask, gateway_to, run

ASKING = {"weir-explain": "1"}
TRUSTED = 'trusted_proxies: ["127.0.0.0/8"]'


def closed_port() -> str:
    """An address nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % sock.getsockname()[1]


class Explain(Case):
    def start(self, *endpoints: str, **more):
        _, self.gateway, self.admin = self.serve(gateway_to(*endpoints, **more))

    def weir(self, *words: str):
        return run("explain", *words, "--admin", self.admin)

    def test_an_exchange_that_failed_is_explained(self):
        first, second = closed_port(), closed_port()
        self.start(first, second)
        answer = ask(self.gateway, "/a?b=c")
        self.assertEqual(answer.status, 502, answer.body)
        request_id = answer.field("X-Request-Id")
        told = ask(self.admin, f"/api/decisions/{request_id}")
        self.assertEqual(told.status, 200, told.body)
        decision = told.json()
        self.assertEqual((decision["reason"], decision["status"]), ("UR", 502))
        self.assertEqual((decision["method"], decision["path"]), ("GET", "/a?b=c"))
        self.assertEqual({each["endpoint"] for each in decision["attempts"]}, {first, second})
        self.assertEqual(decision["attempts"][0]["then"], "retry")
        self.assertEqual(decision["attempts"][1]["then"], "no other endpoint")
        done = self.weir(request_id)
        self.assertEqual(done.returncode, 0, done.stderr)
        for says in ("GET /a?b=c from 127.0.0.1", "Route / leads to service origin",
                     f"on {first}: failed: connecting to the endpoint failed (UR)",
                     "It was repeated at once", "there was no other endpoint to try",
                     "The client got 502"):
            self.assertIn(says, done.stdout)
        self.assertEqual(json.loads(self.weir(request_id, "--json").stdout)["requestId"],
                         request_id)

    def test_who_asks_by_header_gets_the_attempts_and_the_picks(self):
        good = self.web()
        self.start(good, closed_port(), extra=TRUSTED)
        for _ in range(3):
            answer = ask(self.gateway, "/", fields=ASKING)
            self.assertEqual(answer.status, 200)
            self.assertIn(answer.field("weir-attempts"), ("1", "2"))
            text = self.weir(answer.field("X-Request-Id")).stdout
            self.assertIn("Pick 1: ", text)
            self.assertIn("<- chosen", text)
            self.assertIn(f"on {good}: answered 200", text)
        self.assertIsNone(ask(self.gateway, "/").field("weir-attempts"))

    def test_a_stranger_may_not_ask(self):
        self.start(self.web())
        ask(self.gateway, "/")  # the first one of a lane is always kept
        answer = ask(self.gateway, "/", fields=ASKING)
        self.assertIsNone(answer.field("weir-attempts"))
        self.assertEqual(ask(self.admin, f"/api/decisions/{answer.field('X-Request-Id')}").status,
                         404)

    def test_an_unknown_id_says_what_is_kept(self):
        self.start(self.web())
        answer = ask(self.admin, "/api/decisions/nope")
        self.assertEqual(answer.status, 404)
        self.assertIn("one in 2,000", answer.json()["action"])
        done = self.weir("nope")
        self.assertEqual(done.returncode, 3)
        self.assertIn("weir-explain: 1", done.stderr)

    def test_decisions_are_listed_newest_first_and_bounded(self):
        self.start(self.web(), extra=TRUSTED)
        ids = [ask(self.gateway, f"/{i}", fields=ASKING).field("X-Request-Id") for i in range(6)]
        listed = ask(self.admin, "/api/decisions?limit=4").json()
        self.assertEqual([each["requestId"] for each in listed["decisions"]], ids[:1:-1])
        self.assertEqual(ask(self.admin, "/api/decisions?reason=UC").json()["count"], 0)
        self.assertEqual(ask(self.admin, "/api/decisions?reason=OK&service=1").json()["count"], 6)
        for target, status, says in (("?limit=0", 422, "1 to 1000"), ("?limit=1001", 422, "1000"),
                                     ("?limit=x", 422, "limit"), ("?reason=XX", 422, "UC"),
                                     ("?service=orign", 404, "did you mean origin")):
            answer = ask(self.admin, "/api/decisions" + target)
            self.assertEqual(answer.status, status, target)
            self.assertIn(says, answer.json()["detail"], target)

    def test_decisions_of_every_lane(self):
        _, table = self.up("--lanes", "3")
        run("service", "payment-service", "stop", "--data", table["data"])
        ids = {ask(table["gateway"], "/payments/").field("X-Request-Id") for _ in range(24)}
        listed = ask(table["admin"], "/api/decisions?limit=500&reason=NH").json()["decisions"]
        self.assertEqual({each["requestId"] for each in listed}, ids)
        self.assertGreater(len({each["lane"] for each in listed}), 1)
        for each in ids:
            self.assertEqual(ask(table["admin"], f"/api/decisions/{each}").status, 200)

    def counters(self) -> list:
        wanted = ("weir_requests_total", "weir_endpoint_requests_total", "weir_retries_total")
        lines = ask(self.admin, "/metrics").body.decode().splitlines()
        return sorted(line for line in lines if line.startswith(wanted))

    def test_a_request_is_explained_without_being_sent(self):
        first, second = self.web(), self.web()
        self.start(first, second)
        ask(self.gateway, "/")
        run("drain", second, "--admin", self.admin)
        self.assertTrue(self.counters())
        before = self.counters(), ask(self.admin, "/api/services/origin").json()["requests"]
        for _ in range(5):
            done = self.weir("--request", "GET /x", "--header", "Host: shop", "--header", "X-A: b")
            self.assertEqual(done.returncode, 0, done.stderr)
        for says in ("GET /x from 127.0.0.1, as of now. Nothing was sent.",
                     "Route / matches and leads to service origin", "1 of 2 endpoints",
                     "by round_robin", "draining: by the operator", f"{first} would be picked"):
            self.assertIn(says, done.stdout)
        after = self.counters(), ask(self.admin, "/api/services/origin").json()["requests"]
        self.assertEqual(before, after)
        run("algorithm", "origin", "random_two", "--admin", self.admin)
        run("drain", second, "--undo", "--admin", self.admin)
        told = json.loads(self.weir("--request", "/x", "--json").stdout)
        self.assertEqual((told["sent"], told["draws"], told["wouldWin"]), (False, True, []))
        self.assertAlmostEqual(sum(each["share"] for each in told["pick"]["candidates"]), 1, 2)
        self.assertIn("share", self.weir("--request", "/x").stdout)

    def test_mistakes(self):
        self.start(self.web())
        for words, code, says in (
                ([], 2, "request id"), (["a", "--request", "/x"], 2, "request id"),
                (["--request", "GET"], 2, "GET /x"), (["--request", "GET x y"], 2, "GET /x"),
                (["--request", "/x", "--header", "Host"], 2, "Host: a"),
                (["id", "--header", "Host: a"], 2, "--request"),
                (["--request", "/x", "--client", "me"], 3, "IP address"),
                (["--request", "/x", "--listener", "wbe"], 3, "did you mean web?")):
            done = self.weir(*words)
            self.assertEqual(done.returncode, code, (words, done.stderr))
            self.assertIn(says, done.stderr, words)
        self.assertIn("weir would answer 400 by itself", self.weir("--request", "/%00").stdout)
        self.assertEqual(ask(self.admin, "/api/explain?path=/%0d%0a").status, 422)
        self.assertEqual(ask(self.admin, "/api/explain", "POST").status, 405)
        done = run("explain", "--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("Examples:", done.stdout)
