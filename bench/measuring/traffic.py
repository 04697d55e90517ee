"""Load that runs beside a measurement: open-model slices, one after the other, on a thread."""

import threading
import time

from measuring.programs import CannotRun, Generator


class Traffic:
    """`rate` requests a second on the same connections until the end of the `with`.

    A slice's answers are all awaited before the next begins: a few milliseconds between two.
    """

    def __init__(self, port: int, path: str, rate: float, connections: int = 64,
                 slice_s: float = 2.0, body_bytes: int | None = None):
        self.rate = rate  # may be changed: from the next slice on
        self.rows: list[dict] = []
        self.began = self.began_with = 0.0  # the slice under way: wall time, rate
        self._slice_s = slice_s
        self._generator = Generator(port, path, connections, None, body_bytes=body_bytes)
        self._over = threading.Event()
        self._failure: Exception | None = None
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="traffic")

    def __enter__(self) -> "Traffic":
        self._generator.run(0.5, self.rate)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._generator.__exit__()

    def _work(self) -> None:
        try:
            while not self._over.is_set():
                with self._news:
                    began, asked, self.began = time.monotonic(), self.rate, time.time()
                    self.began_with = asked
                    self._news.notify_all()
                row = self._generator.run(self._slice_s, asked)
                with self._news:
                    self.rows.append(row | {"at": began, "ended": time.monotonic(),
                                            "asked": asked})
                    self._news.notify_all()
        except (CannotRun, OSError, ValueError) as error:
            with self._news:
                self._failure = error
                self._news.notify_all()

    def next(self, count: int) -> list[dict]:
        """The next `count` whole slices that begin from now on."""
        with self._news:
            first = len(self.rows) + 1  # the one under way began before
            self._news.wait_for(lambda: self._failure or len(self.rows) >= first + count,
                                (count + 1) * (self._slice_s + 40))
            self._check()
            return self.rows[first:first + count]

    def since(self, at: float) -> list[dict]:
        """Slices that were not over at `at`; waits for the one under way."""
        with self._news:
            here = len(self.rows)
            self._news.wait_for(lambda: self._failure or len(self.rows) > here,
                                self._slice_s + 40)
            self._check()
            return [row for row in self.rows if row["ended"] >= at]

    def step(self, rate: float) -> float:
        """Another rate; the wall time from which on it runs."""
        with self._news:
            self.rate = rate
            self._news.wait_for(lambda: self._failure or self.began_with == rate,
                                self._slice_s + 40)
            self._check()
            return self.began

    def _check(self) -> None:
        if self._failure:
            raise CannotRun(f"the load ended: {self._failure}")


def median(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0


def summed(rows: list[dict]) -> dict:
    """Requests and errors of the slices together; of their percentiles the median and the worst."""
    kinds: dict[str, int] = {}
    for row in rows:
        for kind, count in row["error_kinds"].items():
            if count:
                kinds[kind] = kinds.get(kind, 0) + count
    return {"slices": len(rows), "done": sum(row["done"] for row in rows),
            "errors": sum(row["errors"] for row in rows), "error_kinds": kinds,
            "rate": median([row["rate"] for row in rows]),
            "p50_us": median([row["p50_us"] for row in rows]),
            "p99_us": median([row["p99_us"] for row in rows]),
            "p99_us_worst": max((row["p99_us"] for row in rows), default=0.0)}
