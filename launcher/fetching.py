"""A run's output, copied to this machine, and the report made of it."""

import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from launcher.errors import UsageError
from launcher.progress import Progress
from launcher.runs import Cloud, Standing


def fetch(cloud: Cloud, standing: Standing, folder: Path) -> list[Path]:
    """Copy everything below the run's ``output/`` into ``folder``; gives the files.

    Raises UsageError when a file cannot be written; a file is there whole or not at all.
    """
    prefix = f"runs/{standing.submission.run.run_id}/output/"
    names = cloud.storage.objects(prefix.rstrip("/"))
    with Progress("fetching results", len(names)) as progress:
        return [_copy(cloud, name, folder / _inside(name.removeprefix(prefix)), progress) for name in names]


def write_report(cloud: Cloud, standing: Standing, path: Path) -> Path:
    """Write the run's report, one HTML page, to ``path``."""
    from launcher import report

    with tempfile.TemporaryDirectory(prefix="firesteel-") as scratch:
        fetch_for_report(cloud, standing, Path(scratch))
        try:
            report.write(Path(scratch), _record(standing), path.absolute())
        except OSError as error:
            hint = "name a file in a folder that can be written"
            raise UsageError(f"report {path}: {error.strerror}", hint) from error
    return path


def fetch_for_report(cloud: Cloud, standing: Standing, folder: Path) -> None:
    """Copy only what the report shows: metrics, figures, tables; a model may be large."""
    prefix = f"runs/{standing.submission.run.run_id}/output/"
    for part in ("metrics.json", "figures", "tables"):
        for name in cloud.storage.objects(prefix + part) or ([prefix + part] if part.endswith(".json") else []):
            data = cloud.storage.get_or_none(name)
            if data is not None:
                target = folder / _inside(name.removeprefix(prefix))
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)


def _record(standing: Standing) -> dict[str, Any]:
    """Give what the report knows of the run besides its output."""
    submission = standing.submission
    spec = submission.spec
    return {
        **standing.to_json(),
        "workload": spec.workload,
        "cloud": submission.cloud,
        "kind": submission.kind,
        "args": list(spec.args),
        "conf": dict(spec.conf),
        "env": dict(spec.env),
        "submitted_at": submission.submitted_at,
        "receipt": standing.receipt,
    }


def _inside(name: str) -> str:
    """Give a name that cannot leave the folder it is put into."""
    return str(PurePosixPath(*(part for part in PurePosixPath(name).parts if part not in {"..", "/"})))


def _copy(cloud: Cloud, name: str, target: Path, progress: Progress) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.part")
        draft.write_bytes(cloud.storage.get(name))
        draft.replace(target)
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror}", "name a folder that can be written") from error
    progress.advance(1)
    return target
