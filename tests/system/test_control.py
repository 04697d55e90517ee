"""Balancing changed while traffic flows: algorithm, breakers, drain, weight; API and commands."""

import json
import socketserver
import threading
import time

from harness import Case, ask, connect, gateway_to, read_answer, run, wait_until

JSON = {"Content-Type": "application/json"}


class Load:
    """Clients on kept-alive connections; every answer is kept as (asked at, status, address)."""

    def __init__(self, gateway: str, clients: int = 6):
        self.gateway = gateway
        self.answers: list[tuple[float, int, str]] = []
        self.errors: list[str] = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.work) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def work(self):
        try:
            with connect(self.gateway) as sock, sock.makefile("rb") as stream:
                while not self.over.is_set():
                    asked = time.monotonic()
                    sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    answer = read_answer(stream)
                    who = answer.json().get("pid", "") if answer.status == 200 else answer.body
                    self.answers.append((asked, answer.status, who))
        except (OSError, EOFError, ValueError) as error:
            self.errors.append(repr(error))

    def more(self, count: int):
        """Waits for so many answers from now on."""
        until = len(self.answers) + count
        wait_until(f"{count} more answers", lambda: self.errors or len(self.answers) >= until)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def failed(self) -> list:
        return [each for each in self.answers if each[1] != 200] + self.errors


class Switch:
    """An origin that answers what `status` says."""

    def __init__(self, case: Case):
        switch = self
        self.status = 200

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while self.rfile.readline() not in (b"\r\n", b""):
                    pass
                self.wfile.write(b"HTTP/1.1 %d x\r\nContent-Length: 2\r\n"
                                 b"Connection: close\r\n\r\nok" % switch.status)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        case.addCleanup(self.server.server_close)
        case.addCleanup(self.server.shutdown)


class Control(Case):
    def start(self, *endpoints: str, **more):
        _, self.gateway, self.admin = self.serve(gateway_to(*endpoints, **more))

    def service(self) -> dict:
        return ask(self.admin, "/api/services/origin").json()

    def endpoint(self, name: str) -> dict:
        return next(e for e in self.service()["endpoints"] if e["name"] == name)

    def breaker(self) -> dict:
        return ask(self.admin, "/api/circuit-breakers/origin").json()["circuitBreakers"][0]

    def post(self, target: str, **more):
        return ask(self.admin, target, "POST", **more)

    def weir(self, *words: str):
        return run(*words, "--admin", self.admin)

    def load(self, **more) -> Load:
        load = Load(self.gateway, **more)
        self.addCleanup(load.end)
        return load


class Algorithm(Control):
    def test_every_algorithm_under_load_without_a_failed_request(self):
        self.start(self.web(), self.web(), self.web())
        load = self.load()
        used = []
        for name in ("weighted", "least_connections", "least_response_time", "ip_hash",
                     "random_two", "response_time", "round_robin"):
            answer = self.post(f"/algorithm/{name}?service=origin")
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(answer.json()["services"][0]["to"], name)
            self.assertEqual(self.service()["algorithm"], name)
            load.more(60)
            used.append(ask(self.admin, "/request").json()["algorithm_used"])
        self.assertEqual(used[0], "weighted")
        self.assertEqual(used[-1], "round_robin")
        load.end()
        self.assertEqual(load.failed(), [])
        self.assertEqual(self.service()["errors"], 0)

    def test_get_is_for_command_lines_and_not_for_other_sites(self):
        self.start(self.web())
        answer = ask(self.admin, "/algorithm/random_two")
        self.assertEqual((answer.status, answer.json()["algorithm"]), (200, "random_two"))
        self.assertEqual(answer.field("Cache-Control"), "no-store")
        for fields in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                       {"Origin": "http://evil.example"}, {"Referer": "http://evil.example/"},
                       {"Sec-Purpose": "prefetch"}, {"Origin": "null"}):
            for method in ("GET", "POST"):
                if method == "POST" and not {"Origin", "Sec-Fetch-Site"} & set(fields):
                    continue  # the other two mark reads
                answer = ask(self.admin, "/algorithm/weighted", method, fields=fields)
                self.assertEqual(answer.status, 403, (method, fields))
        head = ask(self.admin, "/algorithm/weighted", "HEAD")
        self.assertEqual((head.status, head.field("Allow")), (405, "GET, POST"))
        self.assertEqual(self.service()["algorithm"], "random_two")
        own = {"Origin": f"http://{self.admin}", "X-Weir-Request": "1"}
        self.assertEqual(self.post("/algorithm/weighted", fields=own).status, 200)

    def test_mistakes_say_what_is_possible(self):
        self.start(self.web())
        for target, status, says in (
                ("/algorithm/least_conections", 404, "did you mean least_connections"),
                ("/algorithm/random_two?service=orign", 404, "did you mean origin"),
                ("/algorithm/consistent_hash", 422, "balance.hash_key"),
                ("/algorithm/adaptive?service=origin&pin=random_two", 409, "only adaptive"),
                ("/algorithm/adaptive?pin=random_two", 422, "name the service"),
                ("/algorithm/random_two?service=origin&pin=weighted", 422, "only adaptive"),
                ("/strategy", 422, "strategy: missing"),
                ("/strategy?strategy=respons_time", 422, "did you mean response_time"),
                ("/strategy?strategy=weighted", 422, "round_robin or response_time"),
                ("/strategy?strategy=round_robin&service=7", 404, "origin")):
            answer = self.post(target)
            self.assertEqual(answer.status, status, target)
            self.assertEqual(answer.field("Content-Type"), "application/problem+json", target)
            self.assertIn(says, answer.json()["detail"], target)
        self.assertEqual(ask(self.admin, "/strategy").status, 405)
        self.assertEqual(self.service()["algorithm"], "round_robin")
        answer = self.post("/strategy?strategy=response_time")
        self.assertEqual((answer.status, self.service()["algorithm"]), (200, "response_time"))

    def test_the_command(self):
        self.start(self.web())
        self.assertRegex(self.weir("algorithm").stdout, r"origin +round_robin")
        done = self.weir("algorithm", "origin", "random_two")
        self.assertEqual((done.returncode, done.stdout), (0, "origin: round_robin -> random_two\n"))
        done = self.weir("algorithm", "all", "random_two")
        self.assertEqual(done.stdout, "origin: random_two already\n")
        done = self.weir("algorithm", "origin", "--json")
        shown = json.loads(done.stdout)
        self.assertEqual([(each["service"], each["algorithm"]) for each in shown],
                         [("origin", "random_two")])
        done = self.weir("algorithm", "origin", "randm_two")
        self.assertEqual(done.returncode, 2)
        self.assertIn("did you mean random_two?", done.stderr)
        for words in (["orign"], ["orign", "weighted"]):
            done = self.weir("algorithm", *words)
            self.assertEqual(done.returncode, 3)
            self.assertIn("did you mean origin?", done.stderr)
        self.assertIn("weir algorithm all weighted", self.weir("algorithm", "weighted").stderr)


class Arms(Control):
    """Algorithms side by side on live traffic: adaptive's arms, and the challengers of compare."""

    def arms(self) -> dict:
        return ask(self.admin, "/api/algorithms?service=origin").json()["services"][0]

    def test_one_algorithm_has_the_figures_of_its_service(self):
        self.start(self.web())
        only, = self.arms()["arms"]
        self.assertEqual((only["algorithm"], only["current"], only["share"]),
                         ("round_robin", True, 1))
        self.assertEqual(ask(self.admin, "/api/algorithms?service=orign").status, 404)

    def test_every_request_is_in_one_slice_and_a_pin_moves_the_rest(self):
        self.start(self.web(), self.web())
        self.assertEqual(self.post("/algorithm/adaptive").status, 200)
        load = Load(self.gateway)
        load.more(400)
        pinned = self.weir("algorithm", "origin", "adaptive", "--pin", "least_connections")
        self.assertEqual((pinned.returncode, pinned.stdout),
                         (0, "origin: adaptive, pinned to least_connections\n"))
        wait_until("the pinned arm carries it", lambda: any(
            each["current"] and each["algorithm"] == "least_connections"
            for each in self.arms()["arms"]))
        load.more(400)
        load.end()
        self.assertEqual(load.failed(), [])
        wait_until("every answer is counted", lambda: sum(
            each["requestsTotal"] for each in self.arms()["arms"]) == len(load.answers))
        shown = {each["algorithm"]: each for each in self.arms()["arms"]}
        self.assertEqual(sorted(shown), ["least_connections", "least_response_time", "random_two"])
        for each in shown.values():
            self.assertGreater(each["requestsTotal"], 0, shown)
            self.assertEqual(each["failuresTotal"], 0)
        self.assertEqual(self.arms()["pinned"], "least_connections")
        metrics = ask(self.admin, "/metrics").body
        self.assertIn(b'weir_algorithm_current{service="origin",algorithm="least_connections"} 1',
                      metrics)
        self.assertIn("carries the service", self.weir("algorithm").stdout)


class Breakers(Control):
    def test_a_forced_breaker_is_503_with_reason_uo_until_it_is_reset(self):
        self.start(self.web())
        self.assertEqual(ask(self.gateway, "/").status, 200)
        answer = self.post("/api/circuit-breakers/origin/open")
        self.assertEqual(answer.status, 200, answer.body)
        answer = ask(self.gateway, "/")
        self.assertEqual((answer.status, answer.json()["reason"]), (503, "UO"))
        shown = self.breaker()
        self.assertEqual((shown["state"], shown["forced"]), ("open", True))
        self.assertIn(b'weir_service_breaker_state{service="origin"} 2',
                      ask(self.admin, "/metrics").body)
        self.assertIn("breaker forced open", self.weir("status").stdout)
        self.assertEqual(self.post("/api/circuit-breakers/origin/reset").status, 200)
        self.assertEqual(ask(self.gateway, "/").status, 200)
        self.assertEqual(self.breaker()["state"], "closed")

    def test_a_breaker_that_opened_says_when_it_probes_and_can_be_reset(self):
        origin = Switch(self)
        self.start(origin.address)
        origin.status = 503
        wait_until("the breaker is open", lambda: b'"UO"' in ask(self.gateway, "/").body)
        answer = ask(self.gateway, "/")
        self.assertEqual(answer.status, 503)
        self.assertTrue(1 <= int(answer.field("Retry-After")) <= 34, answer.field("Retry-After"))
        shown = self.breaker()
        self.assertEqual((shown["state"], shown["failures"]), ("open", 5))
        self.assertTrue(0 < shown["nextProbeMs"] <= 33_000)
        self.assertRegex(self.weir("breaker").stdout, r"origin +5 of 5  open, probes in \d+ s")
        origin.status = 200
        self.assertEqual(self.post("/api/circuit-breakers/reset-all").status, 200)
        self.assertEqual(ask(self.gateway, "/").status, 200)

    def test_an_endpoint_forced_open_gets_nothing_and_auto_lets_it_prove_itself(self):
        first, second = self.web(), self.web()
        self.start(first, second)
        done = self.weir("breaker", first, "open")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("closed -> forced open", done.stdout)
        before = self.endpoint(first)
        self.assertEqual((before["state"], before["reason"]),
                         ("forced open", "forced open: by the operator"))
        self.assertEqual({ask(self.gateway, "/").status for _ in range(10)}, {200})
        self.assertEqual(self.endpoint(first)["requests"], before["requests"])
        self.assertIn("forced open: by the operator", self.weir("status").stdout)
        answer = self.post(f"/api/circuit-breakers/origin/auto?endpoint={before['id']}")
        self.assertEqual(answer.json()["circuitBreakers"][0]["to"], "half-open")

        def closed():
            self.assertEqual(ask(self.gateway, "/").status, 200)
            return self.endpoint(first)["breaker"]["state"] == "closed"

        wait_until("three probes have passed", closed)

    def test_reset_all_by_command_and_every_mistake(self):
        self.start(self.web())
        self.assertEqual(self.post("/api/circuit-breakers/1/close").status, 200)
        self.assertEqual(self.breaker()["forced"], True)
        done = self.weir("breaker", "all", "reset", "--json")
        self.assertEqual(json.loads(done.stdout)["changed"], 1)
        self.assertEqual(self.breaker()["forced"], False)
        for words, code, says in ((["origin", "opened"], 2, "open"), (["all", "open"], 2, "reset"),
                                  (["orign", "open"], 3, "did you mean origin?"),
                                  (["orign"], 3, "did you mean origin?"),
                                  (["origin", "open", "--endpoint", "x"], 3, "no endpoint 'x'")):
            done = self.weir("breaker", *words)
            self.assertEqual(done.returncode, code, words)
            self.assertIn(says, done.stderr, words)
        for target, method, status in (("/api/circuit-breakers/orign/reset", "POST", 404),
                                       ("/api/circuit-breakers/orign", "GET", 404),
                                       ("/api/circuit-breakers/origin/reset", "GET", 405),
                                       ("/api/circuit-breakers/reset-all", "GET", 405),
                                       ("/api/circuit-breakers/reset-all?endpoint=1", "POST", 422)):
            self.assertEqual(ask(self.admin, target, method).status, status, target)
        for fields in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                       {"Cookie": "a=b"}):
            for target in ("/api/circuit-breakers/origin/open", "/api/circuit-breakers/reset-all",
                           "/strategy?strategy=response_time", "/api/endpoints/1/drain"):
                self.assertEqual(self.post(target, fields=fields).status, 403, (target, fields))
        self.assertEqual(self.breaker()["state"], "closed")


class Drain(Control):
    def test_a_drain_under_load_loses_nothing_and_the_endpoint_gets_nothing_new(self):
        first, second = self.web("--latency", "20ms"), self.web("--latency", "20ms")
        self.start(first, second)
        pid = ask(first, "/").json()["pid"]
        load = self.load(clients=8)
        load.more(40)
        done = self.weir("drain", first)
        drained = time.monotonic()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"gets no new request, \d+ in flight")
        load.more(80)
        self.assertNotIn(pid, {who for asked, _, who in load.answers if asked > drained})
        wait_until("nothing is in flight", lambda: self.endpoint(first)["reason"] ==
                   "draining: by the operator, 0 in flight")
        self.assertEqual(self.endpoint(first)["state"], "draining")
        self.assertEqual(self.service()["state"], "degraded")
        self.assertIn("draining: by the operator", self.weir("status").stdout)
        back = time.monotonic()
        self.assertIn("takes requests again", self.weir("drain", first, "--undo").stdout)
        wait_until("it gets requests", lambda: load.errors or any(
            asked > back and who == pid for asked, _, who in load.answers))
        load.end()
        self.assertEqual(load.failed(), [])
        self.assertEqual(self.service()["errors"], 0)

    def test_weights_and_an_endpoints_breaker_under_load_lose_nothing(self):
        first, second = self.web("--latency", "5ms"), self.web("--latency", "5ms")
        self.start(first, second)
        load = self.load()
        for action in ("open", "auto", "close", "open", "reset"):
            for weight in (b"5", b"1", b"null"):
                answer = ask(self.admin, f"/api/endpoints/{first}", "PATCH", JSON,
                             b'{"weight":%s}' % weight)
                self.assertEqual(answer.status, 200)
                load.more(10)
            answer = self.post(f"/api/circuit-breakers/{first}/{action}")
            self.assertEqual(answer.status, 200)
            load.more(30)
        load.end()
        self.assertEqual(load.failed(), [])
        self.assertEqual(self.endpoint(first)["breaker"]["state"], "closed")

    def test_a_drained_process_stays_drained_when_it_is_started_again(self):
        _, table = self.up()
        data = ["--data", table["data"]]
        self.assertEqual(run("drain", "payment-service-1", *data).returncode, 0)
        self.assertEqual(run("service", "payment-service", "restart", *data).returncode, 0)
        answer = ask(table["admin"], "/api/endpoints/payment-service-1").json()
        self.assertEqual((answer["state"], answer["healthy"]), ("draining", False))

    def test_weights_and_mistakes(self):
        first, second = self.web(), self.web()
        self.start(first, second)
        self.post("/algorithm/weighted")
        answer = ask(self.admin, f"/api/endpoints/{first}", "PATCH", JSON, b'{"weight":3}')
        self.assertEqual((answer.status, answer.json()["weight"]), (200, 3))
        before = self.endpoint(first)["requests"]
        for _ in range(40):
            ask(self.gateway, "/")
        wait_until("three of four", lambda: self.endpoint(first)["requests"] - before == 30)
        answer = ask(self.admin, f"/api/endpoints/{first}", "PATCH", JSON, b'{"weight":null}')
        self.assertEqual(answer.json()["weight"], 1)
        for target, method, body, status in (
                (f"/api/endpoints/{first}", "PATCH", b'{"weight":0}', 422),
                (f"/api/endpoints/{first}", "PATCH", b'{"weigth":2}', 422),
                (f"/api/endpoints/{first}", "PATCH", b'{', 400),
                ("/api/endpoints/99", "PATCH", b'{"weight":2}', 404),
                ("/api/endpoints/99/drain", "POST", b"", 404),
                ("/api/endpoints/1/drain", "GET", b"", 405)):
            fields = JSON if body else None
            self.assertEqual(ask(self.admin, target, method, fields, body).status, status, target)
        last = self.weir("drain", first), self.weir("drain", second)
        self.assertIn("its clients get 503", last[1].stderr)
        self.assertEqual(ask(self.gateway, "/").json()["reason"], "NH")
        done = self.weir("drain", "127.0.0.1:1")
        self.assertEqual(done.returncode, 3)
        self.assertIn(first, done.stderr)  # what there is

    def test_changes_are_in_the_log_with_who_made_them(self):
        first = self.web()
        self.start(first)
        ask(self.admin, "/algorithm/random_two", fields={"User-Agent": "a-script"})
        self.weir("drain", first)
        log = self.directory / "stderr.txt"

        def logged() -> dict:
            lines = [json.loads(line) for line in log.read_text().splitlines()
                     if '"component":"control"' in line]
            return {line["by"]: line for line in lines if "by" in line}

        wait_until("both are logged", lambda: len(logged()) == 2)
        self.assertEqual(logged()["127.0.0.1 a-script"]["message"],
                         "algorithm: round_robin -> random_two")
        self.assertEqual(logged()["127.0.0.1 weir-cli"]["endpoint"], first)

    def test_every_command_has_help_with_examples(self):
        for word in ("algorithm", "breaker", "drain"):
            done = run(word, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Examples:", done.stdout)
