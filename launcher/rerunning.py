"""The same run once more, on any cloud: same package, same input, same arguments."""

from collections.abc import Iterator
from dataclasses import replace

from launcher import package, runs
from launcher.errors import ObjectExists, StorageError, UsageError
from launcher.model import Run, Submission
from launcher.progress import Progress
from launcher.runs import Cloud
from launcher.storage import local_path


def planned(source: Cloud, run_id: str, target: Cloud) -> Submission:
    """Give the submission that repeats a run on ``target``, of which nothing exists yet.

    Raises JobNotFound without a record of the run, StorageError when its package or its input is gone, and UsageError
    when it reads the output of another run, which is not copied.
    """
    first = source.records.submission(run_id)
    missing = [name for name in _needed(first) if not _stored(source, name)]
    if missing:
        raise StorageError(
            f"{first.handle} cannot be repeated: {source.storage.uri(missing[0])} was removed",
            f"launcher submit {first.spec.workload} --cloud {target.name}",
        )
    here = f"{first.run.staging}/"
    _require_nothing_of_another_run(first, target)
    args = tuple(
        target.storage.uri(word.removeprefix(here)) if _inside(word, here) else word for word in first.spec.args
    )
    plan = runs.planned(target, replace(first.spec, args=args))
    return replace(plan, run=_with_package(plan.run, first.run.app.digest, target))


def copy(source: Cloud, run_id: str, target: Cloud) -> int:
    """Store the run's package and input at the target, what is there already not again; gives the bytes sent."""
    first = source.records.submission(run_id)
    names = [name for wanted in _needed(first) for name in _objects(source, wanted)]
    sent = 0
    with Progress(f"copying to {target.name}", len(names)) as progress:
        for name in names:
            sent += _copied(source, name, target)
            progress.advance(1)
    return sent


def _needed(first: Submission) -> Iterator[str]:
    """Give what the run reads of its staging folder: main.py and the zips, and an input that was uploaded."""
    here = f"{first.run.staging}/"
    # main.py last: where it is, the rest of the package is too.
    for uri in (*first.run.app.py_files, first.run.app.main, *first.spec.args):
        if _inside(uri, here):
            yield uri.removeprefix(here)


def _inside(word: str, here: str) -> bool:
    return word.startswith((f"{here}data/", f"{here}apps/"))


def _require_nothing_of_another_run(first: Submission, target: Cloud) -> None:
    """Raise UsageError when the run went on from another one, whose output the target may not be able to read."""
    directories = f"{first.run.staging}/runs/"
    for word in first.spec.args if target.storage.root != first.run.staging else ():
        if word.startswith(directories):
            other = f"{first.cloud}/{word.removeprefix(directories).partition('/')[0]}"
            raise UsageError(
                f"{first.handle} reads what {other} left: {target.name} may not be able to",
                f"launcher results {other} FOLDER, then launcher submit with FOLDER in its place",
            )


def _stored(cloud: Cloud, name: str) -> bool:
    return bool(_objects(cloud, name))


def _objects(cloud: Cloud, name: str) -> list[str]:
    return [name] if cloud.storage.exists(name) else cloud.storage.objects(name)


def _copied(source: Cloud, name: str, target: Cloud) -> int:
    if target.storage.exists(name):
        return 0
    if folder := local_path(source.storage.root):
        target.storage.upload(name, folder / name)  # of any size
        return (folder / name).stat().st_size
    data = source.storage.get(name)
    try:
        target.storage.create(name, data)
    except ObjectExists:
        return 0  # another launcher was faster; the name holds the content's digest
    return len(data)


def _with_package(run: Run, digest: str, target: Cloud) -> Run:
    return replace(run, app=package.application(target.storage.uri("apps"), digest))
