"""A provider in a process of its own, asked by lines of JSON as the engine asks it by gRPC.

Of its own because `pulumi.provider` and Google's clients cannot be imported by one process.
"""

import asyncio
import json
import os
import sys
from importlib import import_module
from typing import Any

from pulumi.provider.experimental import provider as wire

from rehearsal.providers.__main__ import PROVIDERS
from rehearsal.providers.properties import plain, wrapped

Fields = dict[str, Any]


class Answering:
    """A provider, and the questions that it can be asked."""

    def __init__(self, name: str) -> None:
        self._provider = import_module(PROVIDERS[name]).provider()

    def configure(self, env: Fields, settings: Fields) -> Fields:
        for name, value in env.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        asked = wire.ConfigureRequest({}, wrapped(settings), accept_secrets=False, accept_resources=False)
        asyncio.run(self._provider.configure(asked))
        return {}

    def check(self, urn: str, inputs: Fields) -> Fields:
        answer = asyncio.run(self._provider.check(wire.CheckRequest(urn, {}, wrapped(inputs), b"")))
        failures = [[one.property, one.reason] for one in answer.failures or ()]
        return {"inputs": plain(answer.inputs or {}), "failures": failures}

    def create(self, urn: str, inputs: Fields) -> Fields:
        answer = asyncio.run(self._provider.create(wire.CreateRequest(urn, wrapped(inputs), 0, preview=False)))
        return {"id": answer.resource_id, "state": plain(answer.properties)}

    def diff(self, urn: str, made: str, state: Fields, inputs: Fields) -> Fields:
        answer = asyncio.run(self._provider.diff(wire.DiffRequest(urn, made, wrapped(state), wrapped(inputs), [])))
        first = answer.delete_before_replace
        return {"changes": answer.changes, "replaces": answer.replaces, "diffs": answer.diffs, "deletes_first": first}

    def update(self, urn: str, made: str, state: Fields, inputs: Fields) -> Fields:
        asked = wire.UpdateRequest(urn, made, wrapped(state), wrapped(inputs), 0, [], preview=False)
        return {"state": plain(asyncio.run(self._provider.update(asked)).properties)}

    def read(self, urn: str, made: str, state: Fields) -> Fields:
        answer = asyncio.run(self._provider.read(wire.ReadRequest(urn, made, wrapped(state), wrapped(state))))
        return {"id": answer.resource_id, "state": plain(answer.properties)}

    def delete(self, urn: str, made: str, state: Fields) -> Fields:
        asyncio.run(self._provider.delete(wire.DeleteRequest(urn, made, wrapped(state), 0)))
        return {}


def main() -> None:
    """Answer until stdin ends; the command line names the provider."""
    answering = Answering(sys.argv[1])
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = getattr(answering, asked.pop("verb"))(**asked)
        except Exception as error:  # noqa: BLE001 -- for the test to judge
            kept = {"resource_id": getattr(error, "resource_id", ""), "state": getattr(error, "state", {})}
            answer = {"error": type(error).__name__, "message": str(error), **kept}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
