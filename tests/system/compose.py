"""docker-compose or `docker compose`, whichever is installed, on a private engine.

The file stays in the subset that both read: version 3.8, one service `node` that --scale grows.
Compose speaks to the engine over its socket, so it need not be in the engine's namespace.
"""

import os
import shutil
import subprocess
import unittest
from pathlib import Path

from docker_engine import IMAGE, DockerEngine

PROJECT = "weirtest"
NETWORK = f"{PROJECT}_back"  # both versions name it so

FILE = f"""version: "3.8"
services:
  node:
    image: {IMAGE}
    command: [lab, web, --bind, 0.0.0.0, --port, "8080"]
    expose: ["8080"]
    labels:
      weir.service: web
      weir.port: "8080"
    networks: [back]
networks:
  back: {{}}
"""


def program() -> list[str] | None:
    """The words that start compose, or None."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if shutil.which("docker"):
        asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["docker", "compose"]
    return None


class Compose:
    """Containers of one project. Its containers are the engine's, and end with it."""

    def __init__(self, engine: DockerEngine, directory: Path):
        words = program()
        if words is None:
            raise unittest.SkipTest("needs docker-compose (package docker-compose)")
        self.engine = engine
        file = directory / "compose.yaml"
        file.write_text(FILE)
        self.words = [*words, "-p", PROJECT, "-f", str(file)]

    def run(self, *words: str):
        done = subprocess.run([*self.words, *words], capture_output=True, text=True, timeout=120,
                              env=os.environ | {"DOCKER_HOST": self.engine.host}, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: {done.stdout}{done.stderr}")

    def scale(self, count: int):
        """So many containers of it. They have been started, or ended and removed, at its return."""
        self.run("up", "-d", "--no-recreate", "--scale", f"node={count}")

    def down(self):
        self.run("down", "-t", "2")

    def containers(self) -> list[str]:
        return [each["Id"]
                for each in self.engine.labelled(f"com.docker.compose.project={PROJECT}")]
