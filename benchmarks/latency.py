"""How old a line is, from when the job printed it, when `launcher logs -f` shows it.

    python benchmarks/latency.py [--rounds 3] [--quick] [--cloud NAME] [--cancel]

The aim for 95 of 100 lines is less than 1 s on `local` and at most 5 s through a bucket. A round is one job of 150
lines; with --cancel its end is asked for in the middle. Another cloud than `local` is taken as configured:
`eval "$(rehearsal env aws)"` before `--cloud aws`.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import nullcontext

from measured import LAUNCHER, Environment, new_home, options

LINES, RATE = 150, 10  # lines, lines a second
AIMS = {"local": 1}
ELSEWHERE = 5


def main() -> None:
    """Print a row of quantiles."""
    chosen = options(
        __doc__,
        3,
        1,
        cloud={"default": "local", "help": "where the job runs (default: local)"},
        cancel={"action": "store_true", "help": "ask for the end of each job in its middle"},
    )
    with new_home() if chosen.cloud == "local" else nullcontext(dict(os.environ)) as home:
        found = (_ages(home, chosen.cloud, cancel=chosen.cancel) for _ in range(chosen.rounds))
        ages = sorted(age for round_ages in found for age in round_ages)
    cut = statistics.quantiles(ages, n=100)
    aim = AIMS.get(chosen.cloud, ELSEWHERE)
    print(f"\nlatency on {chosen.cloud}: age in seconds of {len(ages)} lines, {RATE} a second, seen by logs -f")
    print(f"aim: p95 at most {aim}{'; each job was cancelled in its middle' if chosen.cancel else ''}\n")
    print(f"{'p50':>8}{'p95':>8}{'p99':>8}{'oldest':>8}")
    print(f"{cut[49]:8.2f}{cut[94]:8.2f}{cut[98]:8.2f}{ages[-1]:8.2f}")


def _ages(home: Environment, cloud: str, *, cancel: bool) -> Iterator[float]:
    words = ["selftest", "--cloud", cloud, "--detach", "--", "--time", "--lines", str(LINES), "--rate", str(RATE)]
    handle = _launched(home, "submit", *words)
    following = [str(LAUNCHER), "logs", "-f", handle]
    with subprocess.Popen(following, env=home, text=True, stdout=subprocess.PIPE) as seen:
        for line in seen.stdout or ():
            printed, _, text = line.partition(" ")
            if text.startswith("line "):
                yield time.time() - float(printed)
            if cancel and text.startswith(f"line {LINES // 2}\n"):
                # Beside the reading, which goes on.
                subprocess.Popen([str(LAUNCHER), "cancel", handle], env=home, stdout=subprocess.DEVNULL)


def _launched(home: Environment, *words: str) -> str:
    done = subprocess.run([str(LAUNCHER), *words], env=home, text=True, stdout=subprocess.PIPE, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
