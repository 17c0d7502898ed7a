"""What `launcher submit` costs on a cloud until the job is accepted: EMR, beside `emr run` of amazon-emr-cli.

    python benchmarks/clouds_submit.py [--rounds 7] [--quick]

Both hand the same package to the same emulated EMR and the same real S3 gateway. The aims: less time than `emr run`;
nothing of the package uploaded twice; 30 submits at once as quick for each as one, with no throttling that a user sees;
30 states by one call.
"""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway_bytes import Counted
from measured import LAUNCHER, Environment, in_turn, new_home, rounds, seconds

from rehearsal import aws, processes, state
from rehearsal.aws_wire import Key, answers
from rehearsal.chaos import Chaos
from rehearsal.emr import Service
from rehearsal.runners import ScriptedRunner
from rehearsal.serving import served
from rehearsal.wire import WireChaos

EMR_CLI = "emr-cli==0.0.19"
MANY = 30
THROTTLED = 0.3  # of the calls, while many submit at once
JOBS = Path(__file__).parents[1] / "jobs"
ENTRY = "import sys\n\nfrom jobs.main import main\n\nsys.exit(main(sys.argv[1:]))\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """An emulated EMR in this process, its gateway's bytes, and what clients need to find both."""

    service: Service
    bytes: Counted
    cluster: Mapping[str, str]
    env: Environment

    def submit(self) -> list[str | Path]:
        """Give the launcher's command."""
        return [LAUNCHER, "submit", "selftest", "--detach", "--cloud", "aws"]


def main() -> None:
    """Print the comparison."""
    times = rounds(__doc__, 7, 3)
    with new_home() as home, TemporaryDirectory(prefix="firesteel-") as folder, _cloud(Path(folder), home) as cloud:
        emr = _emr_cli(Path(folder) / "emr-cli")
        medians = in_turn(_contenders(cloud, emr, Path(folder)), times)
        _print_times(medians, times)
        _print_bytes(cloud)
        _print_calls(cloud)
        _print_many(cloud, medians["launcher submit --detach"])


def _contenders(cloud: Cloud, emr: Path, folder: Path) -> dict[str, Callable[[], float]]:
    project = folder / "project"
    shutil.copytree(JOBS, project / "jobs", ignore=shutil.ignore_patterns("__pycache__"))
    (project / "main.py").write_text(ENTRY, encoding="utf-8")
    run = [
        emr,
        "run",
        "--entry-point",
        "main.py",
        "--cluster-id",
        cloud.cluster["cluster_id"],
        "--job-name",
        "selftest",
    ]
    run += ["--s3-code-uri", f"s3://{aws.BUCKET}/code/", "--job-args", "--workload,selftest"]
    return {
        "launcher submit --detach": partial(seconds, cloud.submit(), cloud.env),
        "emr run --build": partial(_seconds_in, project, [*run, "--build"], cloud.env),
        "emr run, uploaded before": partial(_seconds_in, project, run, cloud.env),
    }


def _print_times(medians: Mapping[str, float], times: int) -> None:
    ours = medians["launcher submit --detach"]
    print(f"\nuntil the step is accepted: seconds, medians of {times}\n")
    for name, median in medians.items():
        print(f"{name:28}{median:8.2f}{'' if median == ours else f'   launcher / this: {ours / median:.2f}'}")


def _print_bytes(cloud: Cloud) -> None:
    with cloud.bytes.counting() as sent:
        seconds(cloud.submit(), cloud.env)
    package, records = (sum(size for key, size in sent.items() if ("/apps/" in key) is apps) for apps in (True, False))
    print(f"\na further submit uploads {package} bytes of the package, {records} bytes of records")


def _print_calls(cloud: Cloud) -> None:
    del cloud.service.calls[:]
    seconds(cloud.submit(), cloud.env)
    print(f"calls of one submit: {dict(Counter(cloud.service.calls))}")


def _print_many(cloud: Cloud, alone: float) -> None:
    """Submit many at once, each a process, while the service throttles; then ask how all stand."""
    before = len(cloud.service.steps())
    with served(WireChaos(cloud.service, Chaos(1, {"throttle": THROTTLED}, budget=10**6), answers)) as url:
        env = {**cloud.env, "AWS_ENDPOINT_URL": url}
        began = time.perf_counter()
        started = [
            subprocess.Popen(cloud.submit(), env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
            for _ in range(MANY)
        ]
        said = [process.communicate()[1].decode() for process in started]
        taken = time.perf_counter() - began
    failed = sum(process.returncode != 0 for process in started)
    throttled = sum("too many requests" in text for text in said)
    print(
        f"\n{MANY} submits at once, {THROTTLED:.0%} of all calls throttled: {taken:.1f} s, {taken / MANY:.2f} s a run"
    )
    print(f"({alone:.2f} s alone); {failed} failed, {throttled} saw the throttling", end="; ")
    print(f"{len(cloud.service.steps()) - before} steps added")
    del cloud.service.calls[:]
    taken = seconds([LAUNCHER, "runs", "--cloud", "aws", "--limit", str(MANY)], cloud.env)
    print(f"launcher runs --limit {MANY}: {taken:.2f} s, calls: {dict(Counter(cloud.service.calls)) or 'none'}")


@contextmanager
def _cloud(folder: Path, home: Environment) -> Generator[Cloud]:
    """Serve EMR with jobs that sleep by the clock, so that nothing else takes this machine's time."""
    with ExitStack() as stack:
        stack.callback(processes.stop, folder)
        key = {"AWS_ACCESS_KEY_ID": "AKIABENCHMARK", "AWS_SECRET_ACCESS_KEY": "benchmark-secret"}
        counted = Counted(aws.gateway(folder, key))
        service = Service(ScriptedRunner(folder), {key["AWS_ACCESS_KEY_ID"]: Key(secret=key["AWS_SECRET_ACCESS_KEY"])})
        env = aws.variables(key, s3=stack.enter_context(served(counted)), emr=stack.enter_context(served(service)))
        stack.enter_context(service)
        cluster = aws.furnished(env, at_a_time=MANY)
        config = folder / "launcher.toml"
        config.write_text(state.toml({"clouds.aws": cluster}), encoding="utf-8")
        os.environ.update(env)  # the scripted jobs write to the bucket from this process
        # As anybody's Python does, whatever this environment says: keep what was compiled, but not in the checkout.
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
        everything = {**home, **env, **compiled, "FIRESTEEL_CONFIG": str(config)}
        yield Cloud(service=service, bytes=counted, cluster=cluster, env=everything)


def _emr_cli(folder: Path) -> Path:
    """Install amazon-emr-cli into an environment of its own and give its command."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    seconds([uv, "venv", "--python", sys.executable, folder])
    seconds([uv, "pip", "install", "--python", folder / "bin" / "python", EMR_CLI])
    return folder / "bin" / "emr"


def _seconds_in(folder: Path, argv: list[str | Path], env: Environment) -> float:
    return seconds(["/bin/sh", "-c", 'cd "$0" && exec "$@"', folder, *argv], env)


if __name__ == "__main__":
    main()
