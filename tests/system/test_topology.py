"""The graph of all parts, the backends, their numbers: after known traffic, and after a death."""

import os
import signal

from harness import Case, ask, gateway_to, run, wait_until
from test_control import Switch

ROW = """  - match: { path: /two, methods: [GET] }
    service: other
    fallback: { service: origin }
"""


class Topology(Case):
    def start(self, *endpoints: str, **more):
        _, self.gateway, self.admin = self.serve(gateway_to(*endpoints, **more))

    def get(self, target: str) -> dict:
        answer = ask(self.admin, target)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def graph(self) -> tuple[dict, dict]:
        """Nodes by name, edges by id."""
        told = self.get("/api/topology")
        return ({each["name"]: each for each in told["nodes"]},
                {each["id"]: each for each in told["edges"]})

    def counted(self, requests: int):
        """Waits until the numbers, which are of the last second, hold so many requests."""
        wait_until(f"{requests} requests are counted", lambda: sum(
            each["requests"] for each in self.get("/api/backends")["backends"]) == requests)


class Graph(Topology):
    def test_nodes_and_edges_after_known_traffic(self):
        slow, failing = self.web("--latency", "40ms"), Switch(self)
        failing.status = 404  # no error: the answer is the service's
        self.start(slow, failing.address)
        for _ in range(10):
            ask(self.gateway, "/")
        self.counted(10)
        nodes, edges = self.graph()
        self.assertEqual({each["kind"] for each in nodes.values()},
                         {"listener", "service", "endpoint"})
        listener, service = nodes["web"], nodes["origin"]
        self.assertEqual(listener["id"], "listener:web")
        self.assertEqual((listener["address"], listener["state"]), (self.gateway, "listening"))
        self.assertEqual((service["id"], service["state"], service["reason"]),
                         ("service:1", "healthy", ""))
        self.assertEqual((service["requests"], service["breaker"], service["inFlight"]),
                         (10, "closed", 0))
        self.assertGreater(service["requestsPerSecond"], 0)
        self.assertEqual(nodes[slow]["requests"], 5)
        self.assertEqual(nodes[slow]["service"], "service:1")
        self.assertGreaterEqual(nodes[slow]["p50Ms"], 40)
        self.assertLess(nodes[failing.address]["p50Ms"], 40)
        to_service = edges["listener:web>service:1"]
        to_slow = edges[f"service:1>{nodes[slow]['id']}"]
        self.assertEqual(set(edges), {to_service["id"], to_slow["id"],
                                      f"service:1>{nodes[failing.address]['id']}"})
        self.assertEqual(to_service["routes"], [{"host": "*", "path": "/", "methods": []}])
        self.assertEqual(to_service["kind"], "route")
        self.assertEqual((to_slow["kind"], to_slow["state"]), ("endpoint", "eligible"))
        self.assertGreaterEqual(to_slow["p95Ms"], 40)
        self.assertLessEqual(to_slow["p50Ms"], to_slow["p95Ms"])
        self.assertLessEqual(to_slow["p95Ms"], to_slow["p99Ms"])
        self.assertAlmostEqual(to_service["requestsPerSecond"],
                               2 * to_slow["requestsPerSecond"], 2)

    def test_errors_and_an_open_breaker_are_in_the_graph(self):
        failing = Switch(self)
        failing.status = 503
        self.start(failing.address, self.web())
        for _ in range(8):
            ask(self.gateway, "/", "POST")
        wait_until("the errors are counted", lambda:
                   self.graph()[0][failing.address]["errorRate"] > 0.9)
        self.assertEqual(ask(self.admin, f"/api/circuit-breakers/origin/open?endpoint="
                             f"{failing.address}", "POST").status, 200)
        nodes, edges = self.graph()
        node = nodes[failing.address]
        self.assertEqual((node["breaker"], node["healthy"]), ("open", False))
        self.assertEqual(edges[f"service:1>{node['id']}"]["state"], node["state"])
        self.assertNotEqual(node["state"], "eligible")
        self.assertIn(failing.address, nodes["origin"]["reason"])
        self.assertIn("1 of 2 endpoints out", nodes["origin"]["reason"])
        self.assertLess(node["healthScore"], 60)

    def test_a_stopped_service_shows_its_state_and_reason(self):
        process, table = self.up()
        self.admin = table["admin"]
        wait_until("the demo is healthy", lambda: all(
            each["healthy"] for each in self.graph()[0].values()))
        run("service", "payment-service", "stop", "--data", table["data"])
        nodes, edges = self.graph()
        service = nodes["payment-service"]
        self.assertEqual((service["state"], service["healthy"]), ("unhealthy", False))
        self.assertNotEqual(service["reason"], "")
        edge = next(each for each in edges.values()
                    if each["to"] == service["id"] and each["kind"] == "route")
        self.assertEqual((edge["state"], edge["reason"]), ("unhealthy", service["reason"]))
        self.assertEqual(process.poll(), None)

    def test_a_killed_endpoint_shows_its_state_and_reason(self):
        dying = self.begin("lab", "web", "--port", "0")
        address = dying.stdout.readline().split()[-1]
        checks = "health: { check: { path: /health, every: 100ms, timeout: 100ms, fall: 1 } }, "
        text = gateway_to(address, self.web()).replace("origin: { ", "origin: { " + checks)
        _, self.gateway, self.admin = self.serve(text)
        wait_until("both are well", lambda: self.graph()[0]["origin"]["state"] == "healthy")
        os.kill(dying.pid, signal.SIGKILL)
        wait_until("it is out", lambda: not self.graph()[0][address]["healthy"])
        node = self.graph()[0][address]
        backend = next(each for each in self.get("/api/backends")["backends"]
                       if each["name"] == address)
        for told in (node, backend):
            self.assertNotEqual(told["state"], "eligible")
            self.assertTrue(told["reason"], told)
        self.assertEqual(self.graph()[0]["origin"]["state"], "degraded")
        server = next(each for each in self.get("/servers")["servers"]
                      if each["url"] == "http://" + address)
        self.assertEqual(server["health"], "unhealthy")

    def test_edges_of_routes_and_fallbacks(self):
        other = f'  other: {{ discovery: [ {{ static: ["{self.web()}"] }} ] }}\n'
        text = gateway_to(self.web(), route=ROW).replace(
            "  web: {", '  extra: { bind: "127.0.0.1:0" }\n  web: {').replace(
            "services:\n", "services:\n" + other).replace(
            "match: { path: / }", "match: { path: /, listener: web }")
        path = self.directory / "two.yaml"
        path.write_text(text)
        process = self.begin("serve", "-c", str(path), "--lanes", "1")
        lines = [process.stdout.readline() for _ in range(3)]
        self.admin = next(each for each in lines if "admin" in each).split()[-1]
        wait_until("the listeners are counted", lambda: self.get("/api/topology")["time"])
        nodes, edges = self.graph()
        other, origin = nodes["other"]["id"], nodes["origin"]["id"]
        self.assertIn(f"{other}>{origin}:fallback", edges)
        self.assertIsNone(edges[f"{other}>{origin}:fallback"]["requestsPerSecond"])
        self.assertEqual(edges[f"listener:web>{origin}"]["requestsPerSecond"], 0)
        self.assertNotIn(f"listener:extra>{origin}", edges)
        for listener in ("web", "extra"):  # two lead there: nobody knows who sent how much
            edge = edges[f"listener:{listener}>{other}"]
            self.assertIsNone(edge["requestsPerSecond"])
            self.assertEqual(edge["routes"], [{"host": "*", "path": "/two", "methods": ["GET"]}])


class Backends(Topology):
    def test_numbers_filter_and_shape(self):
        failing = Switch(self)
        failing.status = 500
        good = self.web()
        self.start(good, failing.address)
        for _ in range(6):
            ask(self.gateway, "/", "POST")
        self.counted(6)
        told = self.get("/api/backends?service=origin")
        self.assertEqual(told["total"], 2)
        by_name = {each["name"]: each for each in told["backends"]}
        well, ill = by_name[good], by_name[failing.address]
        self.assertEqual((well["requests"], well["errors"], well["errorRate"]), (3, 0, 0))
        self.assertEqual((ill["requests"], ill["errors"], ill["errorRate"]), (3, 3, 1))
        self.assertEqual((well["kind"], well["service"], well["partition"]),
                         ("http", "origin", None))
        self.assertGreater(well["healthScore"], ill["healthScore"])
        self.assertEqual(self.get("/api/backends?service=1"), told)
        metrics = {each["name"]: each for each in self.get("/metrics?format=json")["backends"]}
        for each in told["backends"]:
            self.assertEqual(metrics[each["name"]], {
                "id": each["id"], "name": each["name"], "service": "origin",
                "health": "healthy" if each["healthy"] else "unhealthy",
                "healthy": each["healthy"], "state": each["state"],
                "requests": each["requests"], "errors": each["errors"],
                "score": each["healthScore"]})
        unknown = ask(self.admin, "/api/backends?service=orign")
        self.assertEqual(unknown.status, 404)
        self.assertIn("did you mean origin", unknown.json()["detail"])

    def test_pages_are_the_same_on_every_list(self):
        self.start(*(self.web() for _ in range(3)))
        for target, name, total in (("/api/backends", "backends", 3),
                                    ("/api/services", "services", 1),
                                    ("/api/circuit-breakers", "circuitBreakers", 4),
                                    ("/api/users", "users", 0), ("/api/tokens", "tokens", 0)):
            whole = self.get(target)
            self.assertEqual((whole["total"], whole["limit"], whole["offset"],
                              whole["nextOffset"]), (total, 1000, 0, None), target)
            seen, at = [], 0
            while at is not None:
                page = self.get(f"{target}?limit=1&offset={at}")
                self.assertLessEqual(len(page[name]), 1)
                seen, at = seen + page[name], page["nextOffset"]
            self.assertEqual(len(seen), total, target)
            self.assertEqual(self.get(f"{target}?offset=99")[name], [])
            self.assertEqual(len(self.get(f"{target}?limit=1000")[name]), total)
            for query, says in (("limit=0", "limit"), ("limit=1001", "limit"), ("limit=", "limit"),
                                ("limit=x", "limit"), ("limit=-1", "limit"), ("limit=1.5", "limit"),
                                ("offset=-1", "offset"), ("offset=", "offset"),
                                ("offset=99999999999999999999", "offset")):
                wrong = ask(self.admin, f"{target}?{query}")
                self.assertEqual(wrong.status, 422, f"{target}?{query}")
                self.assertTrue(wrong.json()["detail"].startswith(says + ":"), wrong.body)
