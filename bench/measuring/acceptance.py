"""Lines of an acceptance run: what was promised, what was measured, PASS or MISS."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from measuring.programs import CannotRun


@dataclass
class Line:
    name: str
    target: str
    figure: str
    passed: bool
    hard: bool = False


@dataclass
class Acceptance:
    """Collects lines. A missed hard line fails the run; a missed figure is shown and recorded."""

    say: Callable[[str], None]
    lines: list[Line] = field(default_factory=list)

    def add(self, name: str, target: str, figure: str, passed: bool, hard: bool = False) -> None:
        line = Line(name, target, figure, passed, hard)
        self.lines.append(line)
        self.say(_text(line))

    def at_most(self, name: str, limit: float, value: float, unit: str = "", hard: bool = False,
                digits: int = 2) -> None:
        self.add(name, f"<= {limit:,.{digits}f}{unit}", f"{value:,.{digits}f}{unit}",
                 value <= limit, hard)

    def attempt(self, name: str, measure: Callable[[], None], hard: bool = False) -> None:
        """Runs a measurement; one that cannot run is a missed line that says why."""
        try:
            measure()
        except CannotRun as reason:
            self.add(name, "can be measured", str(reason), False, hard)

    def conclude(self) -> int:
        """Prints the sum; the exit status."""
        missed = [line for line in self.lines if not line.passed]
        hard = [line for line in missed if line.hard]
        self.say(f"\n{len(self.lines) - len(missed)} PASS, {len(missed)} MISS "
                 f"({len(hard)} of them hard gates)")
        for line in missed:
            self.say(_text(line))
        return 1 if hard else 0

    def records(self) -> list[dict]:
        return [asdict(line) for line in self.lines]


def _text(line: Line) -> str:
    kind = "hard gate" if line.hard else "figure"
    return (f"{'PASS' if line.passed else 'MISS'}  {line.name:46}  target {line.target:16} "
            f"measured {line.figure}  [{kind}]")
