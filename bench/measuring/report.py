"""Tables for people, JSON for later: one record a run in bench/results/."""

import json
from pathlib import Path

from measuring import machine

RESULTS = machine.ROOT / "bench" / "results"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Columns as wide as their widest cell; all but the first to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells: list[str]) -> str:
        first, *rest = (cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(cells, widths, strict=True)))
        return "  " + "  ".join([first, *rest]).rstrip()
    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)])


def paired_table(result: dict) -> str:
    """One case: a row a candidate, its ratios to the others as median (quarters)."""
    names = list(result["candidates"])
    head = [result["title"], "requests/s", "CPU us/request", "p50 us", "p99 us", "errors",
            *(f"CPU x {name}" for name in names)]
    rows = []
    for name, figures in result["candidates"].items():
        ratios = []
        for peer in names:
            ratio = result["ratios"].get(f"{name}/{peer}", {}).get("cpu_us")
            ratios.append("" if ratio is None
                          else f"{ratio['median']:.2f} ({ratio['low']:.2f}-{ratio['high']:.2f})")
        rows.append([name, f"{figures['rate']:,.0f}", f"{figures['cpu_us']:.2f}",
                     f"{figures['p50_us']:.0f}", f"{figures['p99_us']:.0f}",
                     str(figures["errors"]), *ratios])
    return table(head, rows)


def record(name: str, content: dict, path: Path | None = None) -> Path:
    """Writes the record; `path` overrides bench/results/NAME.json."""
    path = path or RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def without_slices(result: dict) -> dict:
    """The figures of a case without the single slices, which only the full record keeps."""
    candidates = {name: {key: value for key, value in figures.items() if key != "slices"}
                  for name, figures in result["candidates"].items()}
    return result | {"candidates": candidates}
