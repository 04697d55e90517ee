"""2,000 calls made from api/openapi.yaml: no 5xx, no answer that the file does not describe.

WEIR_FUZZ_SEED=N makes the same calls again, WEIR_FUZZ_CALLS=N more or fewer of them.
"""

import os
import random
import unittest

import contract
from api_fuzz import Fuzzer
from harness import BINARY, alive, ask
from test_users import Users

CALLS = int(os.environ.get("WEIR_FUZZ_CALLS", "2000"))


@unittest.skipUnless(contract.IS_CHECKED, "needs python3-yaml and python3-jsonschema")
class ApiFuzz(Users):
    def config(self) -> str:
        return f"""version: 1
listeners:
  web: {{ bind: "127.0.0.1:0" }}
admin: {{ bind: "127.0.0.1:0" }}
services:
  origin: {{ discovery: [ {{ static: ["{self.web()}", "{self.web()}"] }} ] }}
  kids:
    discovery: [ {{ process: {{}} }} ]
    process: {{ command: ["{BINARY}", lab, web, --port, "0"], replicas: 2, ready: /health }}
    scaling: {{ min: 1, max: 4, cooldown: 0s, drain: 1s }}
routes:
  - {{ match: {{ path: / }}, service: origin }}
  - {{ match: {{ path: /kids }}, service: kids }}
"""

    def test_no_call_breaks_the_description(self):
        seed = int(os.environ.get("WEIR_FUZZ_SEED") or random.SystemRandom().randrange(2**32))
        print(f"seed {seed}: WEIR_FUZZ_SEED={seed} tests/system/run.py test_api_fuzz", flush=True)
        self.assertEqual(self.add("ada", "admin").returncode, 0)
        callers = {role: self.token("t-" + role, "--role", role)
                   for role in ("viewer", "operator", "admin")}
        callers |= {"metrics": self.token("t-metrics", "--metrics"), "wrong": "weir_" + "A" * 43,
                    "nobody": ""}
        process, gateway, admin = self.serve(self.config(), "--data", self.data)
        for number in range(5):
            ask(gateway, f"/{number}")
        fuzzer = Fuzzer(admin, seed, callers, {"1", "2", "3", "4"})
        found = fuzzer.run(CALLS)
        self.assertEqual(process.poll(), None, "weir ended")
        self.assertTrue(alive(process.pid))
        self.assertEqual(found[:5], [], f"{len(found)} of {CALLS} calls, seed {seed}\n"
                         + "\n".join(found[:5]))
        answer = ask(admin, "/api/me", fields={"Authorization": "Bearer " + callers["admin"]})
        self.assertEqual(answer.json()["role"], "admin")
        print(f"{CALLS} calls, {len(fuzzer.reached)} of {len(fuzzer.operations)} operations, "
              f"answers {dict(sorted(fuzzer.statuses.items()))}", flush=True)
        if CALLS >= 2000:
            self.assertEqual(len(fuzzer.reached), len(fuzzer.operations))
            self.assertGreater(fuzzer.statuses.get(200, 0), CALLS // 10, "too few succeed")


del Users  # its tests are in test_users.py
