"""Holds every answer of an admin listener against api/openapi.yaml: status, type, fields, body.

`harness.ask` calls check() for the listeners that tests start, so the whole suite is a test of the
description. Without python3-yaml and python3-jsonschema nothing is checked; test_openapi.py is
skipped then and says so.
"""

import json
import re
from functools import cache
from pathlib import Path

try:
    import jsonschema
    import yaml
except ImportError:
    jsonschema = yaml = None

FILE = Path(__file__).resolve().parents[2] / "api/openapi.yaml"
IS_CHECKED = yaml is not None and jsonschema is not None
# What any path may answer to what is no proper HTTP, before it is looked at.
NO_PROPER_HTTP = {400, 408, 414, 417, 431, 501, 505}
PROBLEM = {"$ref": "#/components/schemas/Problem"}


@cache
def description() -> dict:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(FILE.read_text(encoding="utf-8"), loader)


def resolved(part: dict) -> dict:
    while "$ref" in part:
        found = description()
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


@cache
def templates() -> list[tuple[list[str], str]]:
    """Paths as segments, those without parameters first."""
    paths = sorted(description()["paths"], key=lambda path: (path.count("{"), path))
    return [(path.split("/"), path) for path in paths]


def segments_of(target: str) -> list[str]:
    """Without dot segments (RFC 3986, 5.2.4) and doubled slashes, which weir takes out."""
    out: list[str] = []
    parts = re.sub("/+", "/", target.split("?", 1)[0]).split("/")
    for number, part in enumerate(parts):
        plain = part.lower().replace("%2e", ".")
        if plain in (".", ".."):
            del out[max(1, len(out) - 1) if plain == ".." else len(out):]
            out += [""] if number == len(parts) - 1 else []
        else:
            out.append(part)
    return out


def template_of(target: str) -> str | None:
    segments = segments_of(target)
    for wanted, path in templates():
        if len(wanted) == len(segments) and all(
                a == b or (a.startswith("{") and b) for a, b in zip(wanted, segments)):
            return path
    return None


@cache
def validator(schema: str):
    whole = json.loads(schema) | {"components": description()["components"]}
    return jsonschema.Draft202012Validator(whole)


def mistakes(schema: dict, value) -> str:
    """What is wrong with `value`, or nothing."""
    found = list(validator(json.dumps(schema)).iter_errors(value))
    if not found:
        return ""
    deepest = jsonschema.exceptions.best_match(found)
    where = "/".join(str(each) for each in deepest.absolute_path) or "the body"
    return f"{where}: {deepest.message[:400]}"


def expected(method: str, target: str, status: int) -> dict | None:
    """What the file says of this status; None: nothing."""
    path = template_of(target)
    operations = description()["paths"].get(path, {})
    operation = operations.get(method.lower()) if method.isupper() else None
    plain = {"content": {"application/problem+json": {"schema": PROBLEM}}}
    if operation is None:
        wanted = {405} if path else {404}
        return plain if status in wanted | {401, 403, 415, 421, 503} | NO_PROPER_HTTP else None
    responses = operation["responses"]
    said = responses.get(str(status)) or responses.get(f"{status // 100}XX")
    if said is not None:
        return resolved(said)
    return plain if status in NO_PROPER_HTTP else None


def judge(method: str, target: str, answer) -> str:
    """What contradicts the file, or nothing."""
    said = expected(method, target, answer.status)
    if said is None:
        return f"the status {answer.status} is not described"
    if answer.status == 405 and not answer.field("Allow"):
        return "405 without Allow"
    for name, header in said.get("headers", {}).items():
        if resolved(header).get("required") and answer.field(name) is None:
            return f"the field {name} is missing"
    content = said.get("content")
    if method == "HEAD" or content is None:
        return "" if not answer.body else "there is a body, and none is described"
    kind = (answer.field("Content-Type") or "").split(";")[0]
    if kind not in content:
        return f"the type {kind!r} is not described, but {', '.join(content)}"
    if not kind.endswith("json"):
        return ""
    try:
        value = json.loads(answer.body)
    except ValueError as error:
        return f"the body is no JSON: {error}"
    if kind == "application/problem+json" and value.get("status") != answer.status:
        return "the problem tells of another status"
    return mistakes(content[kind]["schema"], value)


def check(method: str, target: str, answer) -> None:
    if not IS_CHECKED:
        return
    wrong = judge(method, target, answer)
    assert not wrong, (f"{method} {target} -> {answer.status} is not as api/openapi.yaml says: "
                       f"{wrong}\n{answer.body[:2000]!r}")
