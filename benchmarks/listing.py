"""How the launcher copes with many past runs.

    python benchmarks/listing.py [--rounds 7] [--quick]

The aims: `launcher runs` with 10,000 past runs takes at most 1 s more than `launcher --help`, and `launcher status` of
one run takes the same time among 10 runs and among 10,000.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from measured import LAUNCHER, Environment, in_turn, rounds, seconds

from launcher.model import Application, JobSpec, Run, Submission

FEW, MANY = 10, 10_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
OUTCOME = {"state": "SUCCEEDED", "native": "done", "message": ""}
RECEIPT = {"state": "SUCCEEDED", "exit_code": 0, "message": "", "hint": "", "seconds": {"total": 9.5}}
METRICS = {"k": 8, "cost": 15.79, "sizes": [1] * 8, "centres": [[40.7, -74.0]] * 8}


def main() -> None:
    """Print a row for each command, with what it takes over the help."""
    times = rounds(__doc__, 7, 3)
    with TemporaryDirectory(prefix="firesteel-") as folder:
        few, many = (_home(Path(folder) / str(count), count) for count in (FEW, MANY))
        one = f"local/{_run_id(FEW // 2)}"
        medians = in_turn(
            {
                "launcher --help": partial(seconds, [LAUNCHER, "--help"], many),
                f"launcher runs, {FEW}": partial(seconds, [LAUNCHER, "runs"], few),
                f"launcher runs, {MANY:,}": partial(seconds, [LAUNCHER, "runs"], many),
                f"launcher status, {FEW}": partial(seconds, [LAUNCHER, "status", one], few),
                f"launcher status, {MANY:,}": partial(seconds, [LAUNCHER, "status", one], many),
                f"launcher resume, {MANY:,}": partial(seconds, [LAUNCHER, "resume"], many),
            },
            times,
        )
    base = medians["launcher --help"]
    print(f"\nlisting: seconds, medians of {times}, by number of past runs; aim: runs at most 1 s over --help\n")
    print(f"{'':26}{'s':>8}{'over --help':>13}")
    for name, taken in medians.items():
        print(f"{name:26}{taken:8.3f}{taken - base:13.3f}")


def _home(folder: Path, count: int) -> Environment:
    """Make a home with so many past runs; gives the environment that leads to it."""
    for number in range(count):
        _write_run(folder, _run_id(number))
    return {**os.environ, "FIRESTEEL_HOME": str(folder), "FIRESTEEL_CONFIG": os.devnull, "FIRESTEEL_CLOUD": "local"}


def _run_id(number: int) -> str:
    return f"kmeans-{FIRST + timedelta(minutes=number):%Y%m%d-%H%M%S}-{number % 65536:04x}"


def _write_run(folder: Path, run_id: str) -> None:
    where = folder / "runs" / run_id
    app = Application(main="file:///apps/0/main.py", py_files=("file:///apps/0/jobs.zip",), digest="0")
    run = Run(run_id=run_id, app=app, directory=f"file://{where}")
    intent = Submission(run=run, spec=JobSpec(workload="kmeans"), cloud="local", kind="local")
    accepted = {**intent.to_json(), "job_id": run_id}
    records = {"intent": intent.to_json(), "submission": accepted, "receipt": RECEIPT, "outcome": OUTCOME}
    (where / "output").mkdir(parents=True)
    for name, value in {**records, "output/metrics": METRICS}.items():
        (where / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")


if __name__ == "__main__":
    main()
