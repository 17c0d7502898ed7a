"""How old a line is, from when the job printed it, when `launcher logs -f` shows it.

    python benchmarks/latency.py [--rounds 3] [--quick]

The aim on `local` is less than 1 s for 95 of 100 lines. A round is one job of 150 lines.
"""

import statistics
import subprocess
import time
from collections.abc import Iterator

from measured import LAUNCHER, Environment, new_home, rounds

LINES, RATE = 150, 10  # lines, lines a second


def main() -> None:
    """Print a row of quantiles."""
    times = rounds(__doc__, 3, 1)
    with new_home() as home:
        ages = sorted(age for _ in range(times) for age in _ages(home))
    cut = statistics.quantiles(ages, n=100)
    print(f"\nlatency: age in seconds of {len(ages)} lines, {RATE} a second, seen by logs -f; aim: p95 < 1\n")
    print(f"{'p50':>8}{'p95':>8}{'p99':>8}{'oldest':>8}")
    print(f"{cut[49]:8.2f}{cut[94]:8.2f}{cut[98]:8.2f}{ages[-1]:8.2f}")


def _ages(home: Environment) -> Iterator[float]:
    submit = [LAUNCHER, "submit", "selftest", "--detach", "--", "--time", "--lines", LINES, "--rate", RATE]
    handle = subprocess.run([*map(str, submit)], env=home, text=True, stdout=subprocess.PIPE, check=True).stdout.strip()
    following = [str(LAUNCHER), "logs", "-f", handle]
    with subprocess.Popen(following, env=home, text=True, stdout=subprocess.PIPE) as seen:
        for line in seen.stdout or ():
            printed, _, text = line.partition(" ")
            if text.startswith("line "):
                yield time.time() - float(printed)


if __name__ == "__main__":
    main()
