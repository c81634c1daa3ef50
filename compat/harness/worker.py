"""A program that uses one client library and does what it is asked, one flow after the other.

It stays up between flows, so that a library is loaded once. Its answers are lines of JSON.
"""

import json
import os
import selectors
import subprocess
import sys
from pathlib import Path

COMPAT = Path(__file__).parent.parent
#: Where distributions keep the sources of Go packages.
GO_PATH = Path("/usr/share/gocode")
#: How long a flow may take.
PATIENCE = 60
AZURE = ("AZURE_", "IDENTITY_", "IMDS_", "MSI_")


class Worker:
    """One program, started when it is first asked for something."""

    def __init__(self, command, environment, errors):
        self._command = command
        self._environment = environment
        self._errors = errors
        self._process = None

    def ask(self, flow, **question):
        """The answer to a question; what went wrong there is raised here."""
        process = self._started()
        process.stdin.write(json.dumps({"flow": flow, **question}) + "\n")
        process.stdin.flush()
        answer = self._answer(flow)
        if "error" in answer:
            raise FlowFailed(answer["error"])
        return answer.get("result")

    def stop(self):
        if self._process:
            self._process.stdin.close()
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process.stdout.close()
            self._process = None

    def _started(self):
        if self._process is None:
            with open(self._errors, "a") as errors:
                self._process = subprocess.Popen(
                    self._command,
                    env={**surroundings(), **self._environment},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                )
        return self._process

    def _answer(self, flow):
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            ready = selector.select(PATIENCE)
        line = self._process.stdout.readline() if ready else ""
        if line:
            return json.loads(line)
        self.stop()
        return {"error": f"{flow}: " + ("the program ended" if ready else f"no answer in {PATIENCE} s")}


def surroundings():
    """This process's environment, but for what would tell a program that it runs in Azure or who it is."""
    return {name: value for name, value in os.environ.items() if not name.startswith(AZURE)}


class FlowFailed(AssertionError):
    """A client did not get through a flow."""


def start(place, program, environment, errors):
    """A program of `clients/`, `node/` or `go/`, by its name."""
    kind = {".cjs": node_worker, ".go": go_worker}.get(Path(program).suffix, python_worker)
    return kind(place, program, environment, errors)


def python_worker(place, module, environment, errors):
    """A program of `clients/`."""
    command = place.command([sys.executable, "-m", f"clients.{module}"])
    return Worker(command, {**environment, "PYTHONPATH": str(COMPAT)}, errors)


def node_worker(place, script, environment, errors):
    """A program of `node/`."""
    return Worker(place.command(["node", str(COMPAT / "node" / script)]), environment, errors)


def go_worker(place, source, environment, errors):
    """A program of `go/`, built from what the distribution has."""
    program = errors.parent / Path(source).stem
    cache = Path(sys.prefix).parent / "go-cache"
    tools = {"GO111MODULE": "off", "GOFLAGS": "", "GOPATH": str(GO_PATH), "GOCACHE": str(cache)}
    command = ["go", "build", "-o", str(program), str(COMPAT / "go" / source)]
    subprocess.run(command, env={**surroundings(), **tools}, check=True)
    return Worker(place.command([program]), environment, errors)
