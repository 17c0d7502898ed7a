"""What `launcher up` costs over plain `pulumi up`, how long each stack's preview takes, and what its program imports.

    python benchmarks/stacks.py [--rounds 3] [--quick] [--kind emr]

Both make the same stack on the same rehearsal cloud by the same engine, from nothing; `launcher up` also asks the
provider beforehand whether it can be made, and reads the end back. Taking it down is not timed.
The aims: at most 20 % and 5 s more than plain `pulumi up`; a program that imports its own provider's SDK only.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from measured import LAUNCHER, Environment, in_turn, new_home, options, seconds

ROOT = Path(__file__).resolve().parents[1]
REHEARSAL = LAUNCHER.with_name("rehearsal")
SOURCE = "192.0.2.7/32"
# The rehearsal cloud on which a kind is made, and its settings.
KINDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "emr": ("aws", {"region": "eu-central-1"}),
    "dataproc": ("gcp", {"region": "europe-west1", "project": "rehearsal-gcp"}),
    "hdinsight": ("azure", {"region": "westeurope"}),
}
IMPORTED = """\
import json, sys, time
began = time.perf_counter()
import infra.{kind}
print(json.dumps([time.perf_counter() - began, sorted(
    name for name in sys.modules if name.startswith("pulumi_") and "." not in name)]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A kind's stack, made by plain Pulumi from files of its own and by the launcher; ``env`` finds the cloud."""

    kind: str
    settings: Mapping[str, str]
    env: Environment
    folder: Path

    def by_launcher(self) -> float:
        """Make it by the launcher, and take it down; gives the seconds of the making."""
        name = f"b-{secrets.token_hex(4)}"
        place = [word for key, value in self.settings.items() for word in (f"--{key}", value)]
        words = ["--kind", self.kind, *place, "--ssh-source", SOURCE, "--for", "4h"]
        taken = seconds([LAUNCHER, "up", "--cloud", name, *words], self.env)
        seconds([LAUNCHER, "down", "--cloud", name, "--yes"], self.env)
        return taken

    def by_pulumi(self, verb: str = "up") -> float:
        """Make it, or preview it, by plain Pulumi, and take it down; gives the seconds of that."""
        name = f"b-{secrets.token_hex(4)}"
        file = self.folder / f"Pulumi.{name}.yaml"
        pulumi = ["pulumi", "--non-interactive", "-C", str(ROOT)]
        own = ["--stack", name, "--config-file", str(file)]
        self._quietly([*pulumi, "stack", "init", name])
        try:
            until = (datetime.now(UTC) + timedelta(hours=4)).isoformat(timespec="seconds")
            for key, value in {**self.settings, "kind": self.kind, "ssh_source": SOURCE, "until": until}.items():
                self._quietly([*pulumi, "config", "set", *own, key, value])
            words = ["--yes", "--skip-preview"] if verb == "up" else []
            taken = seconds([*pulumi, verb, *own, *words], self.env)
            self._quietly([*pulumi, "destroy", *own, "--yes", "--skip-preview"])
        finally:
            self._quietly([*pulumi, "stack", "rm", name, "--yes", "--force"])
            (ROOT / file.name).unlink(missing_ok=True)
        return taken

    def _quietly(self, argv: list[str]) -> None:
        seconds(argv, self.env)


def main() -> None:
    """Print the comparison."""
    found = options(__doc__, 3, 1, kind={"choices": list(KINDS), "help": "this kind only"})
    times, kinds = found.rounds, [found.kind] if found.kind else list(KINDS)
    with new_home() as home, _clouds(home, kinds):
        state = Path(home["FIRESTEEL_HOME"]) / "by-hand"
        state.mkdir()
        stacks = [
            Stack(kind=kind, settings=KINDS[kind][1], env=_environment(home, KINDS[kind][0], state), folder=state)
            for kind in kinds
        ]
        _print_times({stack.kind: in_turn(_contenders(stack), times) for stack in stacks}, times)
        for stack in stacks:
            if stack.kind == "emr":  # the other emulators do not count
                _print_calls(stack)
    _print_imports(kinds)


def _contenders(stack: Stack) -> Mapping[str, Callable[[], float]]:
    return {
        "pulumi preview": partial(stack.by_pulumi, "preview"),
        "pulumi up": stack.by_pulumi,
        "launcher up": stack.by_launcher,
    }


@contextmanager
def _clouds(home: Environment, kinds: Sequence[str]) -> Iterator[None]:
    try:
        seconds([REHEARSAL, "up", *(KINDS[kind][0] for kind in kinds)], home)
        yield
    finally:
        seconds([REHEARSAL, "down"], home)


def _environment(home: Environment, cloud: str, state: Path) -> Environment:
    """Give the environment that `rehearsal env` makes, in which plain Pulumi has its state in a folder."""
    shown = f'eval "$({REHEARSAL.name} env {cloud})" && env -0'
    path = f"{REHEARSAL.parent}:{home['PATH']}"
    found = subprocess.run(["/bin/sh", "-c", shown], env={**home, "PATH": path}, check=True, capture_output=True)
    variables = dict(each.split("=", 1) for each in found.stdout.decode().split("\0") if "=" in each)
    passphrase = state / "passphrase"
    passphrase.write_text(secrets.token_hex(), encoding="utf-8")
    return {
        **variables,
        "PULUMI_BACKEND_URL": f"{state.as_uri()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


def _print_times(found: Mapping[str, Mapping[str, float]], times: int) -> None:
    print(f"\nfrom nothing to a stack that is up, on its rehearsal cloud; seconds, median of {times}\n")
    print(f"{'':12}{'preview':>10}{'pulumi up':>12}{'launcher up':>14}{'more, s':>10}{'more':>8}")
    for kind, medians in found.items():
        plain, ours = medians["pulumi up"], medians["launcher up"]
        preview = medians["pulumi preview"]
        print(f"{kind:12}{preview:10.1f}{plain:12.1f}{ours:14.1f}{ours - plain:10.1f}{ours / plain - 1:8.0%}")


def _print_calls(stack: Stack) -> None:
    """Print how often the API of EMR and its neighbours is called."""
    numbers = {}
    for name, run in _contenders(stack).items():
        before = _calls(stack)
        run()
        numbers[name] = _calls(stack) - before
    print("\ncalls of EMR's API, up and down again: " + ", ".join(f"{name} {many}" for name, many in numbers.items()))


def _calls(stack: Stack) -> int:
    with urlopen(f"{stack.env['AWS_ENDPOINT_URL']}/_rehearsal/calls") as answer:  # noqa: S310 -- the rehearsal's own
        return len(json.load(answer)["calls"])


def _print_imports(kinds: Sequence[str]) -> None:
    print("\nwhat a stack's program imports\n")
    for kind in kinds:
        began = time.perf_counter()
        words = [sys.executable, "-c", IMPORTED.format(kind=kind)]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        done = subprocess.run(words, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
        taken, modules = json.loads(done.stdout)
        print(f"{kind:12}{taken:6.2f} s of {time.perf_counter() - began:.2f} s: {', '.join(modules)}")


if __name__ == "__main__":
    main()
