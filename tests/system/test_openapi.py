"""api/openapi.yaml: it is served, it names exactly the paths that weir serves, and it is strict."""

import json
import re
import unittest

import contract
from harness import Case, ask, gateway_to
from test_users import Users


@unittest.skipUnless(contract.IS_CHECKED, "needs python3-yaml and python3-jsonschema")
class OpenApi(Case):
    def setUp(self):
        super().setUp()
        _, _, self.admin = self.serve(gateway_to(self.web()))

    def test_paths_and_methods_are_those_weir_serves(self):
        served = ask(self.admin, "/").json()["links"]
        described = {}
        for path, operations in contract.description()["paths"].items():
            plain = re.sub(r"{\w+}", "{id}", path)
            described[plain] = {method.upper() for method in operations}
        self.assertEqual(described, {path: set(methods.split(", "))
                                     for path, methods in served.items()})
        for path, methods in served.items():  # and Allow says the same
            answer = ask(self.admin, path.replace("{id}", "x"), "PUT",
                         {"Content-Type": "application/json"})
            wanted = 405
            self.assertEqual((answer.status, answer.field("Allow")), (wanted, methods), path)

    def test_it_is_served_as_it_is(self):
        yaml_text = ask(self.admin, "/api/openapi.yaml")
        self.assertEqual(yaml_text.body, contract.FILE.read_bytes())
        self.assertEqual(yaml_text.field("Content-Type"), "application/yaml")
        as_json = ask(self.admin, "/api/openapi.json")
        self.assertEqual(as_json.field("Content-Type"), "application/json")
        self.assertEqual(as_json.json(), contract.description())

    def test_it_is_complete(self):
        ids = []
        for path, operations in contract.description()["paths"].items():
            for method, operation in operations.items():
                name = f"{method} {path}"
                ids.append(operation["operationId"])
                self.assertIn(operation["x-role"],
                              ("nobody", "metrics", "viewer", "operator", "admin"), name)
                self.assertEqual("security" in operation, operation["x-role"] == "nobody", name)
                given = {each["name"] for each in map(contract.resolved,
                                                      operation.get("parameters", []))
                         if each["in"] == "path"}
                self.assertEqual(given, set(re.findall(r"{(\w+)}", path)), name)
                self.assertIn("4XX" if method == "head" else "421", operation["responses"], name)
        self.assertEqual(len(ids), len(set(ids)))

    def test_every_schema_is_closed(self):
        for name, schema in contract.description()["components"]["schemas"].items():
            jsonschema = contract.jsonschema
            jsonschema.Draft202012Validator.check_schema(schema)
            if schema.get("type") == "object":
                self.assertIn("additionalProperties", schema, name)
                self.assertLessEqual(set(schema.get("required", [])), set(schema["properties"]))

    def test_examples_are_right(self):
        text = json.dumps(contract.description())
        self.assertGreater(text.count('"example"'), 20)
        for path, operations in contract.description()["paths"].items():
            for operation in operations.values():
                for media in contract.resolved(operation.get("requestBody", {})).get(
                        "content", {}).values():
                    self.assertEqual(contract.mistakes(media["schema"], media["example"]), "", path)
                for each in map(contract.resolved, operation.get("parameters", [])):
                    if "example" in each:
                        self.assertEqual(contract.mistakes(each["schema"], each["example"]), "")

    def test_an_answer_that_differs_is_found(self):
        answer = ask(self.admin, "/api/me")
        self.assertEqual(contract.judge("GET", "/api/me", answer), "")
        good = answer.json()
        for body in (good | {"more": 1}, {k: v for k, v in good.items() if k != "role"},
                     good | {"users": "no"}, []):
            answer.body = json.dumps(body).encode()
            self.assertNotEqual(contract.judge("GET", "/api/me", answer), "", body)
        answer.body, answer.status = json.dumps(good).encode(), 418
        self.assertIn("418", contract.judge("GET", "/api/me", answer))
        answer.status, answer.fields = 200, [("Content-Type", "text/plain")]
        self.assertIn("text/plain", contract.judge("GET", "/api/me", answer))


@unittest.skipUnless(contract.IS_CHECKED, "needs python3-yaml and python3-jsonschema")
class Roles(Users):
    MAY = {"nobody": {"nobody"}, "metrics": {"nobody", "metrics"},
           "viewer": {"nobody", "metrics", "viewer"},
           "operator": {"nobody", "metrics", "viewer", "operator"},
           "admin": {"nobody", "metrics", "viewer", "operator", "admin"}}

    def test_the_role_of_every_operation_is_the_one_that_is_asked_for(self):
        self.assertEqual(self.add("ada", "admin").returncode, 0)
        tokens = {role: self.token("t-" + role, "--role", role)
                  for role in ("viewer", "operator", "admin")}
        tokens |= {"metrics": self.token("t-metrics", "--metrics"), "nobody": ""}
        self.start()
        for path, operations in contract.description()["paths"].items():
            target = re.sub(r"{\w+}", "none", path)
            for method, operation in operations.items():
                for caller, may in self.MAY.items():
                    body = {} if "requestBody" in operation else None
                    answer = self.send(target, method.upper(), body, tokens[caller])
                    name = f"{method} {path} by {caller}: {answer.status} {answer.body!r}"
                    if operation["x-role"] in may:
                        self.assertNotIn(answer.status, (401, 403), name)
                    else:
                        self.assertEqual(answer.status, 401 if caller == "nobody" else 403, name)


del Users  # its tests are in test_users.py
