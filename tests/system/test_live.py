"""The live feed: handshake, channels, what a strange client gets, slow ones and many of them."""

import json
import struct
import time
import unittest

from harness import ROOT, Case, ask, connect, gateway_to, read_answer, wait_until
from test_users import Users
from websocket import BINARY, CLOSE, PING, PONG, TEXT, WebSocket, frame, handshake

try:
    import jsonschema
except ImportError:
    jsonschema = None

CHANNELS = ["overview", "services", "breakers", "algorithms", "logs"]


class Live(Case):
    def setUp(self):
        super().setUp()
        self.process, self.gateway, self.admin = self.serve(gateway_to(self.web()))

    def open(self, *channels: str, fields: dict | None = None) -> WebSocket:
        client = WebSocket(self.admin, fields)
        self.addCleanup(client.__exit__)
        self.assertEqual(client.answer.status, 101)
        if channels:
            client.send({"subscribe": list(channels)})
        return client

    def test_handshake(self):
        client = WebSocket(self.admin)
        with client:
            self.assertEqual(client.answer.field("Upgrade"), "websocket")
            self.assertIsNotNone(client.answer.field("Sec-WebSocket-Accept"))
        plain = ask(self.admin, "/api/live")
        self.assertEqual(plain.status, 426)
        self.assertEqual(plain.field("Upgrade"), "websocket")
        self.assertEqual(ask(self.admin, "/api/live", "POST").status, 405)
        self.assertEqual(ask(self.admin, "/api/live", "HEAD").status, 405)
        with connect(self.admin) as sock, sock.makefile("rb") as stream:
            sock.sendall(handshake(self.admin, version="8"))
            self.assertEqual(read_answer(stream).status, 426)
        own = {"Origin": f"http://{self.admin}", "Sec-Fetch-Site": "same-origin"}
        with WebSocket(self.admin, own) as client:
            self.assertEqual(client.answer.status, 101)
        for fields in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                       {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"},
                       {"Origin": f"https://{self.admin}"}, {"Referer": "http://evil.example/"}):
            with WebSocket(self.admin, fields) as client:
                self.assertEqual(client.answer.status, 403, fields)
        with connect(self.admin) as sock, sock.makefile("rb") as stream:
            sock.sendall(handshake("evil.example"))
            self.assertEqual(read_answer(stream).status, 421)

    def test_every_channel_begins_with_a_snapshot_and_numbers_have_no_gap(self):
        client = self.open(*CHANNELS)
        last: dict = {}
        end = time.monotonic() + 20
        while time.monotonic() < end:
            message = client.message()
            channel = message["channel"]
            if message["type"] == "snapshot":
                self.assertNotIn(channel, last)
            else:
                self.assertEqual(message["seq"], last[channel] + 1, channel)
            last[channel] = message["seq"]
            ask(self.gateway, "/")
            if set(last) == set(CHANNELS) and message["seq"] >= 4:
                break
        self.assertEqual(set(last), set(CHANNELS))

    def test_a_snapshot_with_its_deltas_is_what_the_api_says(self):
        client = self.open("services", "breakers", "algorithms")
        states: dict = {}
        keys = {"services": lambda e: e["id"], "algorithms": lambda e: e["id"],
                "breakers": lambda e: (e["service"], e.get("endpointId"))}

        def take(message: dict) -> None:
            channel, data = message["channel"], message["data"]
            if message["type"] == "snapshot":
                states[channel] = {keys[channel](e): e for e in data}
                return
            for each in data["changed"]:
                states[channel][keys[channel](each)] = each
            for each in data["removed"]:
                key = each if channel != "breakers" else (each["service"], each["endpointId"])
                del states[channel][key]

        while set(states) != {"services", "breakers", "algorithms"}:
            take(client.message())
        self.assertEqual(ask(self.admin, "/algorithm/ip_hash").status, 200)
        self.assertEqual(ask(self.admin, "/api/circuit-breakers/origin/open", "POST").status, 200)
        wanted = ("ip_hash", "ip_hash", "open")

        def told() -> tuple:
            return (states["services"][1]["algorithm"], states["algorithms"][1]["algorithm"],
                    states["breakers"][("origin", None)]["state"])

        while told() != wanted:
            take(client.message())
        api = ask(self.admin, "/api/circuit-breakers").json()["circuitBreakers"]
        self.assertEqual({keys["breakers"](e) for e in api}, set(states["breakers"]))

    def test_the_log_is_followed(self):
        client = self.open("logs")
        self.assertEqual(client.message()["type"], "snapshot")
        client.send({"unsubscribe": ["logs"]})
        wait_until("it is in the log", lambda: "serving" in (
            self.directory / "stderr.txt").read_text())
        client.send({"subscribe": ["logs"]})
        started = client.message(lambda m: '"serving"' in json.dumps(m))
        self.assertEqual(started["data"]["entries"][0]["id"], 1)
        ask(self.admin, "/algorithm/random_two", fields={"User-Agent": "a-script"})
        message = client.message(lambda m: "random_two" in json.dumps(m))
        entries = [e for e in message["data"]["entries"] if e["component"] == "control"]
        self.assertEqual(entries[0]["fields"]["service"], "origin")
        self.assertEqual(message["data"]["skipped"], 0)

    def test_unsubscribing_ends_a_channel(self):
        client = self.open("overview")
        client.message()
        client.send({"unsubscribe": ["overview"], "subscribe": ["logs"]})
        client.message(lambda m: m["channel"] == "logs")
        client.send({"subscribe": ["nothing"]})
        error = client.message(lambda m: m["type"] == "error" or m["channel"] == "overview")
        self.assertEqual(error["type"], "error")
        self.assertIn("no channel 'nothing'", error["detail"])
        client.send({"subscribe": ["overview"]})
        self.assertEqual(client.message(lambda m: m.get("channel") == "overview")["type"],
                         "snapshot")

    def test_pings_are_answered_and_a_close_is(self):
        client = self.open()
        client.send_raw(frame(PING, b"there?"))
        self.assertEqual(client.receive(), (PONG, b"there?"))
        client.send_raw(frame(CLOSE, struct.pack(">H", 1000) + b"bye"))
        self.assertEqual(client.closed()[0], 1000)
        self.assertTrue(client.ended())

    def test_what_came_with_the_handshake_counts(self):
        early = frame(TEXT, b'{"subscribe":["overview"]}')
        with WebSocket(self.admin, early=early) as client:
            self.assertEqual(client.message()["channel"], "overview")

    def test_strange_clients_are_closed_with_the_reason(self):
        rows = (
            ("not JSON", frame(TEXT, b"hello"), 1007),
            ("not UTF-8", frame(TEXT, b'{"subscribe":["\xff"]}'), 1007),
            ("another shape", frame(TEXT, b'{"subscribe":"logs"}'), 1008),
            ("another member", frame(TEXT, b'{"hello":[]}'), 1008),
            ("a list", frame(TEXT, b"[]"), 1008),
            ("binary", frame(BINARY, b"x"), 1003),
            ("not masked", frame(TEXT, b"{}", masked=False), 1002),
            ("nothing goes on", frame(0, b"x"), 1002),
            ("too large", frame(TEXT, b" " * 65537)[:14], 1009),
            ("too many", frame(TEXT, b'{"subscribe":[]}') * 60, 1008),
            ("many pings", frame(PING) * 200, 1008),
            ("many mistakes", frame(TEXT, b'{"subscribe":["x"]}') * 40 + frame(TEXT, b"x"), 1007),
        )
        for name, raw, code in rows:
            with self.subTest(name), WebSocket(self.admin) as client:
                client.send_raw(raw)
                self.assertEqual(client.closed()[0], code)
        self.assertEqual(ask(self.admin, "/health").status, 200)

    def test_weir_says_goodbye_when_it_stops(self):
        clients = [self.open("overview") for _ in range(3)]
        for each in clients:
            each.message()
        started = time.monotonic()
        self.process.terminate()
        for each in clients:
            self.assertEqual(each.closed()[0], 1001)
            each.send_raw(frame(CLOSE, struct.pack(">H", 1001)))
        self.assertEqual(self.process.wait(timeout=20), 0)
        self.assertLess(time.monotonic() - started, 10)

    def test_there_are_at_most_256(self):
        clients = [WebSocket(self.admin) for _ in range(256)]
        for each in clients:
            self.addCleanup(each.__exit__)
        self.assertEqual({each.answer.status for each in clients}, {101})
        with WebSocket(self.admin) as refused:
            self.assertEqual(refused.answer.status, 503)
            self.assertEqual(refused.answer.field("Retry-After"), "5")
        self.assertEqual(ask(self.admin, "/health").status, 200)
        clients[0].__exit__()

        def is_free() -> bool:
            with WebSocket(self.admin) as again:
                return again.answer.status == 101

        wait_until("a place is free again", is_free)

    def test_messages_are_as_the_schema_says(self):
        if jsonschema is None:
            self.skipTest("needs python3-jsonschema")
        schema = json.loads((ROOT / "api/live.schema.json").read_text())
        part = {"$ref": "#/$defs/fromServer", "$defs": schema["$defs"]}
        check = jsonschema.Draft202012Validator(part)
        client = self.open(*CHANNELS)
        client.send({"subscribe": ["nothing"]})
        ask(self.gateway, "/")
        kinds = set()
        while len(kinds) < 9:
            message = client.message()
            check.validate(message)
            kinds.add((message.get("channel"), message["type"]))
            ask(self.admin, f"/algorithm/{'ip_hash' if len(kinds) % 2 else 'random_two'}")
            ask(self.admin, f"/api/circuit-breakers/origin/{'open' if len(kinds) % 2 else 'auto'}",
                "POST")


class LiveUsers(Users):
    def test_only_who_may_read_may_listen_and_no_longer_than_that(self):
        self.assertEqual(self.add("ada", "admin").returncode, 0)
        admin = self.token("admin", "--role", "admin")
        self.token("viewer", "--role", "viewer")
        scraper = self.token("prom", "--metrics")
        self.start()
        viewer = self.send("/api/tokens", "POST", {"name": "v", "role": "viewer"}, admin).json()
        for fields, status in (({}, 401), ({"Authorization": f"Bearer {scraper}"}, 403),
                               ({"Authorization": "Bearer weir_no"}, 401),
                               ({"Cookie": "weir-session=no"}, 401)):
            with WebSocket(self.admin, fields) as client:
                self.assertEqual(client.answer.status, status, fields)
        cookie = self.log_in("ada").field("Set-Cookie").split(";")[0]
        with WebSocket(self.admin, {"Cookie": cookie}) as person, \
                WebSocket(self.admin, {"Authorization": f"Bearer {viewer['token']}"}) as program:
            for client in (person, program):
                self.assertEqual(client.answer.status, 101)
                client.send({"subscribe": ["overview"]})
                client.message(lambda m: m["type"] == "delta")
            self.send(f"/api/tokens/{viewer['id']}", "DELETE", token=admin)
            self.assertEqual(program.closed()[0], 1008)
            person.message()
            self.send("/api/logout", "POST", fields={"Cookie": cookie, "X-Weir-Request": "1"})
            self.assertEqual(person.closed()[0], 1008)


if __name__ == "__main__":
    unittest.main()
