"""Calls made from api/openapi.yaml: valid ones, ones at the edge, and ones that must be refused.

Names and ids of earlier answers are used again, so that calls reach what is there. A call knows
which of its parts are wrong on purpose; what the answer must be follows from that and from the
file. Everything comes from one seed.
"""

import json
import random
from urllib.parse import quote

import contract
from harness import connect, read_answer

ODD_TEXTS = ("", " ", "a b", "'; DROP TABLE users;--", "<script>alert(1)</script>", "../../etc",
             "\u0000", "\u202egnp.exe", "e\u0301", "\U0001f600", "\ufeff", "\ud7ff", "%s%n",
             "a" * 300, "null", "-1", "1e9", "NaN", "${jndi:x}", "a\r\nX: y", "\\", "\"", "{}",
             "+", "&a=b")
# As they stand in a target, with nothing done to them.
PERCENT_TRICKS = ("%00", "%2f", "%2F..", "%2e%2e", "%", "%zz", "%c0%af", "%ff", "%e2%80%ae",
                  "%2561", "%0d%0a", "%5c", "a%", "%u0041", ";a=b", "+", "%ed%a0%80")
ODD_NUMBERS = (-1, 0, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -2**63 - 1, 10**400)
ODD_VALUES = (None, True, False, [], {}, "", "x", 0, -1, 1.5, 1e308, [[]], {"a": {"b": []}},
              2**64, "\u0000")
ODD_METHODS = ("PUT", "OPTIONS", "TRACE", "PATCH", "DELETE", "HEAD", "POST", "GET", "BREW",
               "get", "PROPFIND", "A" * 40)
ODD_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
             "application/jsonp", "", "application/json, text/plain", "json")
# A password's hash costs a tenth of a second and 64 MiB.
COSTLY = {"addUser", "changeUser", "login"}
UNREADABLE = {400, 405, 413, 414, 415, 431}


class Call:
    """One request, and what is wrong with it on purpose."""

    def __init__(self, method: str, path: str):
        self.method, self.path, self.target = method, path, path
        self.fields: dict[str, str] = {}
        self.body = b""
        self.wrong: list[str] = []
        self.is_odd = False  # something was played with that may or may not be refused

    def raw(self, host: str) -> bytes:
        head = f"{self.method} {self.target} HTTP/1.1\r\nHost: {host}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.fields.items())
        if self.body or self.method in ("POST", "PUT", "PATCH"):
            head += f"Content-Length: {len(self.body)}\r\n"
        return head.encode("utf-8", "surrogatepass") + b"\r\n" + self.body


class Fuzzer:
    """`callers`: role → token; `kept`: ids of tokens that must not be revoked."""

    def __init__(self, admin: str, seed: int, callers: dict[str, str], kept: set[str]):
        self.admin, self.seed, self.callers, self.kept = admin, seed, callers, kept
        self.random = random.Random(seed)
        self.known: dict[str, list[str]] = {}
        self.sock = self.stream = None
        self.statuses: dict[int, int] = {}
        self.operations = [(method, path, operation)
                           for path, all_of in contract.description()["paths"].items()
                           for method, operation in all_of.items()]
        self.reached: set[str] = set()

    # ---- values

    def valid(self, schema: dict, name: str = ""):
        schema, pick = contract.resolved(schema), self.random.choice
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return pick(schema["enum"])
        if "examples" in schema:
            return pick(schema["examples"])
        kind = schema.get("type")
        kind = pick(kind) if isinstance(kind, list) else kind
        if kind == "integer":
            least, most = schema.get("minimum", 0), schema.get("maximum", 2**40)
            return pick([least, most, least + 1, min(most, 10), self.random.randint(least, most)])
        if kind == "boolean":
            return pick([True, False])
        if kind == "null":
            return None
        if kind == "array":
            return [pick(["X-A: b", "Accept: */*", "Host: shop"]) for _ in range(pick([1, 2]))]
        if kind == "object":
            return self.valid_object(schema)
        return self.valid_text(schema, name)

    def valid_text(self, schema: dict, name: str) -> str:
        known = self.known.get(name)
        if known and self.random.random() < 0.8:
            return self.random.choice(known)
        texts = [schema.get("example"), "origin", "kids", "1", "2", "90d", "correct horse",
                 "fuzz-%d" % self.random.randint(1, 30), "/", "127.0.0.1", "all"]
        fitting = [each for each in texts
                   if each is not None and not contract.mistakes(schema, each)]
        return self.random.choice(fitting or ["x" * schema.get("minLength", 1)])

    def valid_object(self, schema: dict) -> dict:
        for _ in range(20):
            needed = schema.get("required", [])
            value = {name: self.valid(each, name) for name, each in schema["properties"].items()
                     if name in needed or self.random.random() < 0.5}
            if not contract.mistakes(schema, value):
                return value
        return value

    def odd(self):
        return self.random.choice(ODD_TEXTS + tuple(str(each) for each in ODD_NUMBERS))

    # ---- one call

    def make(self) -> Call:
        while True:
            method, path, operation = self.random.choice(self.operations)
            if operation["operationId"] not in COSTLY or self.random.random() < 0.3:
                break
        self.reached.add(operation["operationId"])
        call = Call(method.upper(), path)
        mischief = self.random.choice(["none"] * 5 + ["parameter"] * 3 + ["body"] * 3 + [
            "path", "percent", "method", "type", "caller", "header", "query"])
        self.add_caller(call, mischief == "caller")
        self.add_parameters(call, operation, mischief)
        self.add_body(call, operation, mischief)
        if mischief == "method":
            call.method, call.is_odd = self.random.choice(ODD_METHODS), True
        if mischief == "header":
            self.add_odd_field(call)
        if mischief == "query":
            call.target += ("&" if "?" in call.target else "?") + self.random.choice(
                ("a", "=", "&&&", "%", "%00=%00", "limit=1&limit=x", "a=" + "b" * 7000, "?",
                 "service"))
            call.is_odd = True
        self.spare_own_tokens(call)
        return call

    def add_caller(self, call: Call, other: bool):
        role = self.random.choice(list(self.callers)) if other else "admin"
        if self.callers[role]:
            call.fields["Authorization"] = "Bearer " + self.callers[role]
        call.is_odd |= other

    def add_parameters(self, call: Call, operation: dict, mischief: str):
        query = []
        parameters = [contract.resolved(each) for each in operation.get("parameters", [])]
        spoiled = self.random.choice(parameters or [None]) if mischief == "parameter" else None
        for each in parameters:
            name, schema = each["name"], each["schema"]
            value = self.valid(schema, name)
            if each is spoiled and each["in"] != "header":
                value = self.odd()
                self.note_wrong(call, each, value)
            if each["in"] == "path":
                self.put_segment(call, name, str(value), mischief)
            elif each["in"] == "query" and (each is spoiled or each.get("required")
                                            or self.random.random() < 0.4):
                for one in value if isinstance(value, list) else [value]:
                    query.append(f"{name}={quote(str(one), safe='', errors='surrogatepass')}")
            elif each["in"] == "header" and self.random.random() < 0.2:
                call.fields[name] = str(value)
        if query:
            call.target += "?" + "&".join(query)

    def note_wrong(self, call: Call, parameter: dict, value: str):
        """Whether the file says that this value must be refused."""
        call.is_odd = True
        schema = contract.resolved(parameter["schema"])
        typed = value
        if schema.get("type") == "integer":
            typed = int(value) if value.isdecimal() and value.isascii() else value
        is_said = "enum" in schema or schema.get("type") == "integer"
        if parameter["in"] == "query" and is_said and contract.mistakes(schema, typed):
            call.wrong.append(f"{parameter['name']}={value[:40]!r}")

    def put_segment(self, call: Call, name: str, value: str, mischief: str):
        text = quote(value, safe="", errors="surrogatepass")
        if mischief in ("path", "percent"):
            call.is_odd = True
            text = (self.random.choice(PERCENT_TRICKS) if mischief == "percent"
                    else self.random.choice((text + "/", "/" + text, "a/../" + text, ".", "..",
                                             quote(self.odd(), safe=""), "x" * 9000)))
        call.target = call.target.replace("{" + name + "}", text)

    def add_odd_field(self, call: Call):
        call.is_odd = True
        name, value = self.random.choice((
            ("Idempotency-Key", "a b"), ("Idempotency-Key", "k" * 129), ("Origin", "null"),
            ("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Cookie", "a=b"),
            ("Cookie", "weir-session=x; ; =;"), ("Accept", "text/html"), ("Accept", "*/*, ,"),
            ("X-Weir-Request", ""), ("Authorization", "Basic YTpi"), ("Expect", "200-ok"),
            ("Authorization", "Bearer"), ("Content-Encoding", "gzip"), ("Range", "bytes=0-1"),
            ("Upgrade", "websocket"), ("If-Match", "*"), ("X-Forwarded-For", "::1")))
        call.fields[name] = value

    # ---- bodies

    def add_body(self, call: Call, operation: dict, mischief: str):
        content = contract.resolved(operation.get("requestBody", {})).get("content")
        if content is None:
            if mischief == "body" and call.method != "GET":
                call.body, call.is_odd = b'{"a":1}', True
                call.fields["Content-Type"] = "application/json"
            return
        schema = contract.resolved(content["application/json"]["schema"])
        value = self.valid(schema)
        call.fields["Content-Type"] = "application/json"
        if mischief == "type":
            call.fields["Content-Type"] = self.random.choice(ODD_TYPES)
            call.wrong.append("Content-Type")
        call.body = json.dumps(value).encode()
        if mischief == "body":
            call.is_odd = True
            self.spoil_body(call, schema, value)

    def spoil_body(self, call: Call, schema: dict, value: dict):
        kind = self.random.choice(("member", "member", "unknown", "drop", "bytes"))
        value = dict(value)
        name = self.random.choice(list(schema["properties"]))
        if kind == "member":
            value[name] = self.random.choice(ODD_VALUES + ODD_NUMBERS[:-1] + ODD_TEXTS)
        elif kind == "unknown":
            value[self.random.choice(("more", "", "__proto__", "Name", "\u0000", "a" * 500))] = 1
        elif kind == "drop":
            value.pop(name, None)
        if kind != "bytes":
            call.body = json.dumps(value).encode()
            if contract.mistakes(schema, value):
                call.wrong.append("the body")
            return
        good = call.body
        call.body = self.random.choice((
            good[:-1], good + good, good + b" x", b"", b"[]", b"null", b"1", b'"x"',
            b"\xef\xbb\xbf" + good, b"{" + b'"a":{' * 40 + b"}" * 41, b"[" * 20000,
            b'{"weight":1e999}', b'{"a":"\xff"}',
            good.replace(b'"', b"'"), b'{"a":' + b"9" * 400 + b"}", b'{"a":"\\ud800"}',
            b" " * (1 << 20) + good))
        call.wrong.append("the body")

    def spare_own_tokens(self, call: Call):
        if call.path == "/api/tokens/{token}" and any(
                call.target.split("?")[0].endswith("/" + each) for each in self.kept):
            call.target = "/api/tokens/9999"

    # ---- sending and judging

    def send(self, call: Call):
        """The answer; a connection is used again while the other side keeps it."""
        for is_last in (self.sock is None, True):
            if self.sock is None:
                self.sock = connect(self.admin)
                self.stream = self.sock.makefile("rb")
            try:
                try:
                    self.sock.sendall(call.raw(self.admin))
                except (BrokenPipeError, ConnectionResetError):
                    pass  # a large body was refused: the answer may be there all the same
                answer = read_answer(self.stream, call.method)
            except (EOFError, ConnectionError):
                self.close()
                if is_last:
                    raise
                continue
            if (answer.field("Connection") or "").lower() == "close" or answer.status == 101:
                self.close()
            return answer
        raise AssertionError("not reached")

    def close(self):
        if self.sock is not None:
            self.stream.close()
            self.sock.close()
        self.sock = None

    def learn(self, call: Call, answer):
        """Names and ids to use again, by the names of the parameters that take them."""
        if answer.status >= 300 or not (answer.field("Content-Type") or "").endswith("json"):
            return
        body = json.loads(answer.body) if answer.body else None
        sources = {"/api/services": (("services", "name", "service"),
                                     ("services", "id", "service")),
                   "/api/backends": (("backends", "name", "endpoint"),
                                     ("backends", "id", "endpoint")),
                   "/api/users": (("users", "name", "name"),),
                   "/api/tokens": (("tokens", "id", "token"),),
                   "/api/store": (("tables", "table", "table"),),
                   "/api/config": (("overlay", "key", "key"),),
                   "/api/decisions": (("decisions", "requestId", "requestId"),)}
        for listed, member, parameter in sources.get(call.path, ()):
            if isinstance(body, dict) and isinstance(body.get(listed), list):
                known = self.known.setdefault(parameter, [])
                known += [text for each in body[listed] if (text := str(each[member])) not in known]

    def judge(self, call: Call, answer) -> str:
        """What is wrong with the answer, or nothing."""
        if answer.status >= 500:
            is_said = (call.path, answer.status) in (("/readyz", 503), ("/request", 502))
            is_refused = call.is_odd and answer.status in (501, 505)  # no method of HTTP
            if not is_said and not is_refused:
                return f"the status is {answer.status}"
        wrong = contract.judge(call.method, call.target, answer)
        if wrong:
            return wrong
        if call.wrong and answer.status < 400:
            return f"accepted in spite of {', '.join(call.wrong)}"
        if not call.is_odd and not call.wrong and answer.status in UNREADABLE:
            return "a valid call was not understood"
        return ""

    def run(self, calls: int) -> list[str]:
        """Makes so many calls; what was wrong, each with its request."""
        found = []
        for number in range(calls):
            call = self.make()
            answer = self.send(call)
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            wrong = self.judge(call, answer)
            if wrong:
                found.append(f"call {number}: {wrong}\n  {call.raw(self.admin)[:1500]!r}\n"
                             f"  {answer.status} {answer.body[:600]!r}")
            else:
                self.learn(call, answer)
        self.close()
        return found
