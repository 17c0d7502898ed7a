"""What the comparisons share: contenders take turns, so that a change of load meets all; shown are medians."""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

LAUNCHER = Path(sys.executable).with_name("launcher")
Environment = Mapping[str, str]


def rounds(description: str | None, usual: int, quick: int) -> int:
    """Give the number of rounds that the command line asks for."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=usual, help=f"how often each takes its turn (default: {usual})")
    parser.add_argument("--quick", action="store_true", help=f"{quick} rounds")
    options = parser.parse_args()
    return quick if options.quick else options.rounds


def in_turn(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Give each contender's median of so many rounds; one more, before the first, is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            seconds = run()
            if number:
                taken[name].append(seconds)
    return {name: statistics.median(values) for name, values in taken.items()}


def seconds(argv: Sequence[str | Path], environment: Environment | None = None) -> float:
    """Give how long a command takes; ends the comparison, with what it printed, when it fails."""
    began = time.perf_counter()
    done = subprocess.run([*map(str, argv)], capture_output=True, text=True, check=False, env=environment)
    taken = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{argv}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return taken


@contextmanager
def new_home() -> Iterator[Environment]:
    """Give an environment in which the launcher has a home of its own, with the cache of the usual one."""
    from launcher.home import cache

    shared = cache()
    with TemporaryDirectory(prefix="firesteel-") as folder:
        if shared.is_dir():
            (Path(folder) / "cache").symlink_to(shared, target_is_directory=True)
        os.environ["FIRESTEEL_HOME"] = folder
        os.environ.pop("FIRESTEEL_CLOUD", None)
        os.environ["FIRESTEEL_CONFIG"] = os.devnull
        yield dict(os.environ)
