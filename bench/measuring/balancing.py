"""Measurements of part 2 beyond single faults: one slow process of four, overload, a service that
fails altogether, simulated worlds. Each gives its rows; accept_02 judges."""

import http.server
import json
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from measuring import worlds
from measuring.candidates import weir_binary
from measuring.programs import Backend, CannotRun, Generator

FIXED = ("round_robin", "weighted", "least_connections", "least_response_time", "ip_hash",
         "consistent_hash", "random_two", "response_time")
CACHE = "c"  # affinity pays only for who carries the whole service: a slice cannot show it


def slow_one(folder: Path, rounds: int, seconds: float, say) -> dict:
    """p99 of each proxy in front of the same four processes, one of them 10x slower, at 70 % of
    their capacity; slices in turn."""
    with worlds.Fleet(folder, [(4, 1), (4, 1), (4, 1), (40, 1)]) as fleet:
        rate = round(0.7 * fleet.capacity)
        proxies = {}
        generators = {}
        rows: dict = {}
        try:
            proxies["haproxy leastconn"] = worlds.haproxy(folder, fleet.addresses)
            proxies["nginx least_conn"] = worlds.nginx(folder, fleet.addresses)
            for name in ("least_response_time", "adaptive"):
                proxies[name] = worlds.weir(
                    folder, fleet.addresses, f"    balance: {{ algorithm: {name} }}", name=name)
            for name, proxy in proxies.items():
                generators[name] = Generator(proxy.port, "/", 128, None)
                rows[name] = []
            # adaptive begins with its first arm; it must have had the time to find the best.
            generators["adaptive"].run(45, rate)
            for turn in range(rounds):
                for name, generator in generators.items():
                    generator.run(2, rate)  # the processes' lines are this proxy's own again
                    row = generator.run(seconds, rate)
                    rows[name].append({key: row[key] for key in (
                        "p50_us", "p95_us", "p99_us", "done", "errors", "lag_p99_us")})
                say(f"    round {turn + 1}: " + ", ".join(
                    f"{name} p99 {rows[name][-1]['p99_us'] / 1000:.1f} ms" for name in rows))
            current = [arm["algorithm"] for arm in proxies["adaptive"].get(
                "/api/algorithms")["services"][0]["arms"] if arm["current"]]
        finally:
            for generator in generators.values():
                generator.__exit__()
            for proxy in proxies.values():
                proxy.stop()
    return {"rate": rate, "rows": rows, "adaptive_arm": current[0],
            "p99_ms": {name: statistics.median(r["p99_us"] for r in each) / 1000
                       for name, each in rows.items()}}


def overload(folder: Path, seconds: float) -> dict:
    """Goodput and p99 at the peak, at three times the capacity, and when it is over."""
    with worlds.Fleet(folder, [(10, 4)] * 4) as fleet:
        shape = "    concurrency: {}\n    balance: { algorithm: least_connections }"
        with (worlds.weir(folder, fleet.addresses, shape, name="peak") as proxy,
              Generator(proxy.port, "/", 64, None) as closed):
            closed.run(3)
            peak = closed.run(seconds)
        proxy = worlds.weir(folder, fleet.addresses, shape)
        try:
            with Generator(proxy.port, "/", 1500, None) as generator:
                generator.run(2, 0.7 * fleet.capacity)
                normal = generator.run(seconds, 0.7 * fleet.capacity)
                over = generator.run(2 * seconds, 3 * fleet.capacity)
                after = [generator.run(1, 0.7 * fleet.capacity) for _ in range(10)]
        finally:
            proxy.stop()
    keys = ("rate", "done", "errors", "p50_us", "p99_us", "lag_p99_us")
    keep = lambda row: {key: row[key] for key in keys}  # noqa: E731
    back = next((i + 1 for i, row in enumerate(after)
                 if row["errors"] == 0 and row["p99_us"] <= 1.5 * normal["p99_us"]), None)
    return {"capacity": fleet.capacity, "peak": keep(peak), "normal": keep(normal),
            "over": keep(over), "after": [keep(row) for row in after],
            "recovered_after_s": back}


def amplification(folder: Path, seconds: float) -> dict:
    """Upstream attempts / client requests when every attempt is reset, breakers off."""
    with Backend(folder, None) as first:
        second_folder = folder / "second"
        second_folder.mkdir()
        with Backend(second_folder, None) as second:
            addresses = [f"127.0.0.1:{each.port}" for each in (first, second)]
            proxy = worlds.weir(folder, addresses, "    breaker: { enabled: false }\n"
                                "    health: { outlier: { enabled: false } }")
            try:
                import signal
                first.process.send_signal(signal.SIGUSR1)
                second.process.send_signal(signal.SIGUSR1)
                with Generator(proxy.port, "/", 64, None) as generator:
                    generator.run(10, 100)  # the budget's window: what it lets through at first
                    before = _attempts(proxy)
                    generator.run(seconds, 100)
                    after = _attempts(proxy)
            finally:
                proxy.stop()
    return {"requests": after[0] - before[0], "attempts": after[1] - before[1]}


def _attempts(proxy: worlds.Proxy) -> tuple[int, int]:
    service = proxy.get("/api/services")["services"][0]
    return service["requests"], sum(each["requests"] for each in service["endpoints"])


class _Counting(http.server.ThreadingHTTPServer):
    """Answers what `status` says, and keeps when it was asked."""

    daemon_threads = True

    def __init__(self):
        server = self
        self.status = 503
        self.asked: list[float] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802
                server.asked.append(time.monotonic())
                self.send_response(server.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, *_):
        """A peer that leaves is none of our business."""

    def begin(self) -> "_Counting":
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self


def _get(port: int) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return answer.status, answer.headers.get("weir-fallback", "")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("weir-fallback", "")


def breaker(folder: Path, open_seconds: float = 30) -> dict:
    """One service on a real clock: five failures, the pause, three probes, closed; and again with
    one failed probe."""
    server = _Counting().begin()
    proxy = None
    try:
        address = f"127.0.0.1:{server.server_address[1]}"
        server.status = 200
        proxy = worlds.weir(
            folder, [address], f"    breaker: {{ open: {int(open_seconds * 1000)}ms }}\n"
            "    health: { outlier: { enabled: false } }",
            "    retry: { attempts: 1 }\n"
            "    fallback: { static: { status: 200 } }")
        out: dict = {}

        def open_it() -> None:
            server.status = 503
            server.asked.clear()
            for _ in range(12):
                _get(proxy.port)

        open_it()
        out["failures_to_open"] = len(server.asked)
        out["fallback"] = _get(proxy.port)[1]
        opened = time.monotonic()
        server.status = 200
        server.asked.clear()
        while not server.asked and time.monotonic() - opened < open_seconds * 1.5 + 5:
            _get(proxy.port)
            time.sleep(0.05)
        out["first_probe_after_s"] = server.asked[0] - opened if server.asked else None
        for _ in range(4):
            _get(proxy.port)
        out["state_after_probes"] = proxy.get("/api/services")["services"][0]["breaker"]["state"]
        # Again: this time a probe fails.
        open_it()
        out["second_failures_to_open"] = len(server.asked)
        server.asked.clear()
        opened = time.monotonic()
        while not server.asked and time.monotonic() - opened < open_seconds * 1.5 + 5:
            _get(proxy.port)
            time.sleep(0.05)
        for _ in range(5):
            _get(proxy.port)
        out["probes_until_reopened"] = len(server.asked)
        return out
    finally:
        if proxy is not None:
            proxy.stop()
        server.shutdown()
        server.server_close()


def simulated(say) -> dict:
    """p95 of adaptive against the best of its arms in worlds a to l, and 24 hours of world a."""
    def run(*words: str) -> dict:
        done = subprocess.run([weir_binary(), "simulate", "--json", *words], capture_output=True,
                              text=True, timeout=900, check=False)
        if done.returncode != 0:
            raise CannotRun(done.stderr)
        return json.loads(done.stdout)

    ratios = {}
    told = run("--world", ",".join("abcdefghijkl"), "--algorithms", ",".join(("adaptive", *FIXED)))
    for world in told["worlds"]:
        p95 = {each["algorithm"]: each["p95_ms"] for each in world["algorithms"]}
        ratios[world["world"]] = p95["adaptive"] / min(p95[each] for each in FIXED)
    say("    adaptive's p95 / the best fixed algorithm's: " + ", ".join(
        f"{world} {ratio:.3f}" for world, ratio in ratios.items()))
    day = run("--world", "a", "--algorithms", "adaptive", "--requests", "86400000")
    outcome = day["worlds"][0]["algorithms"][0]
    return {"ratios": ratios, "day_s": outcome["length_s"], "day_requests": outcome["sent"],
            "day_switches": len(outcome["switches"])}
