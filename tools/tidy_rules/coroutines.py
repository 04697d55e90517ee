"""No capturing lambda is a coroutine: its captures die with the lambda, the frame lives on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tidy_rules.source import Finding, SourceFile, Tree, line_of

_SUSPENDS = re.compile(r"\bco_(?:await|return|yield)\b")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass
class Lambda:
    start: int
    captures: str
    body: tuple[int, int]
    inner: list["Lambda"] = field(default_factory=list)


def coroutine_lambda(tree: Tree) -> Iterator[Finding]:
    """no lambda with captures contains co_await, co_return or co_yield"""
    for file in tree.cpp:
        if not _SUSPENDS.search(file.code):
            continue
        for found in lambdas(file):
            if found.captures and _SUSPENDS.search(_own_body(file.statements, found)):
                yield Finding(file.path, line_of(file.statements, found.start), "coroutine-lambda",
                              f"a coroutine may not capture [{found.captures}]: hand it over as "
                              "parameters")


def lambdas(file: SourceFile) -> list[Lambda]:
    """Every lambda of the file, outermost first, each knowing those inside it."""
    text = file.statements
    found: list[Lambda] = []
    for match in re.finditer(r"\[", text):
        candidate = _lambda_at(text, match.start())
        if candidate is None:
            continue
        for outer in found:
            if outer.body[0] <= candidate.start < outer.body[1]:
                outer.inner.append(candidate)
        found.append(candidate)
    return found


def _own_body(text: str, found: Lambda) -> str:
    """The body without the bodies of lambdas inside it: theirs is theirs."""
    body = text[found.body[0]:found.body[1]]
    for inner in found.inner:
        first, last = inner.body[0] - found.body[0], inner.body[1] - found.body[0]
        body = body[:first] + " " * (last - first) + body[last:]
    return body


def _lambda_at(text: str, start: int) -> Lambda | None:
    before = re.search(r"(\w+|\S)?\s*$", text[max(0, start - 80):start]).group(1) or ""
    is_keyword = before in {"return", "co_return", "co_await", "co_yield", "case", "else"}
    if text.startswith("[[", start) or before == "[":
        return None  # an attribute
    if before and not is_keyword and (before[-1].isalnum() or before[-1] in "_)]\""):
        return None  # a subscript or an array's size
    end = _close(text, start)
    if end is None:
        return None
    captures = " ".join(text[start + 1:end].split())
    place = _skip_space(text, end + 1)
    if text.startswith("<", place):
        place = _skip_space(text, text.find(">", place) + 1)
    if text.startswith("(", place):
        closed = _close(text, place)
        if closed is None:
            return None
        place = closed + 1
    specifiers = re.compile(r"[\w\s:<>,&*\->()]*").match(text, place)
    opening = specifiers.end()
    if opening >= len(text) or text[opening] != "{":
        return None
    closed = _close(text, opening)
    return Lambda(start, captures, (opening + 1, closed)) if closed is not None else None


def _skip_space(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _close(text: str, start: int) -> int | None:
    """Where the bracket at `start` closes, counting only its own kind."""
    opening, closing = text[start], _CLOSING[text[start]]
    depth = 0
    for match in re.compile("[" + re.escape(opening + closing) + "]").finditer(text, start):
        depth += 1 if match.group() == opening else -1
        if depth == 0:
            return match.start()
    return None


RULES = [coroutine_lambda]
