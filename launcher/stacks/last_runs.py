"""The runs of a cloud that is to be taken down: which still compute, and what of them is kept."""

from collections.abc import Callable
from pathlib import Path

from launcher import fetching, overview, runs
from launcher.errors import LauncherError, UsageError

Say = Callable[[str], None]


def ended(name: str, *, cancel: bool, say: Say) -> None:
    """Return when no run computes; with ``cancel`` those that do are cancelled, else raises UsageError with them.

    A cloud that cannot be asked is taken down all the same: it may be half gone.
    """
    try:
        cloud = runs.open_cloud(name)
        found = overview.standings(cloud, cloud.records.run_ids())
    except LauncherError as error:
        say(f"its runs cannot be seen: {error.message}")
        return
    computing = [each.submission for each in found if not each.status.state.final]
    if computing and not cancel:
        handles = ", ".join(each.handle for each in computing[:3]) + (", ..." if len(computing) > 3 else "")  # noqa: PLR2004 -- as many as fit a line
        raise UsageError(
            f"{len(computing)} runs of {name} have not ended: {handles}",
            f"launcher wait {computing[0].handle}, or launcher down --cloud {name} --cancel-runs",
        )
    for each in computing:
        runs.cancel(cloud, each.run.run_id)
        say(f"  cancelled {each.handle}")


def keep(name: str, folder: Path, say: Say) -> None:
    """Copy the output of every run, with its report, to ``folder/RUN_ID``; raises a LauncherError."""
    cloud = runs.open_cloud(name)
    for run_id in cloud.records.run_ids():
        target = folder / run_id
        if (target / "report.html").exists():
            continue  # of a `down` that was interrupted
        standing = runs.look(cloud, run_id)
        copied = fetching.fetch(cloud, standing, target)
        target.mkdir(parents=True, exist_ok=True)
        fetching.write_report(cloud, standing, target / "report.html")
        say(f"  kept {name}/{run_id}: {len(copied)} files")
