"""A workload's arguments as its job gets them: an input by the URI of its copy, a run by that of its directory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from launcher import inputs, runs
from launcher.errors import UsageError
from launcher.model import HANDLE, JobState
from launcher.runs import Cloud
from launcher.workloads import Workload

INPUT, MODEL = "--input", "--model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A local file or folder, and the name that its copy has, or will have, in the storage."""

    path: Path
    name: str


Argument = str | Local


def located(cloud: Cloud, workload: Workload, source: str | None, arguments: tuple[str, ...]) -> tuple[Argument, ...]:
    """Give the job's arguments, with the samples for what is not named; nothing is sent.

    ``source`` is what ``--input`` names. A whole CLOUD/RUN_ID becomes that run's directory, so one run can go on from
    another. Raises UsageError for what is not there, or cannot be read on this cloud; JobNotFound for an unknown run.
    """
    words = tuple(_split(workload, arguments))
    if INPUT in words or any(word.startswith(f"{INPUT}=") for word in words):
        raise UsageError("--input belongs to the launcher", f"launcher submit {workload.name} --input PATH -- ...")
    data = workload.sample if source is None else source
    found: list[Argument] = [INPUT, _copied(data, "input")] if data or source is not None else []
    if workload.model and MODEL not in words:
        found += [MODEL, _copied(workload.model, "model")]
    for before, word in zip(("", *words), words, strict=False):
        model = workload.model and before == MODEL
        found.append(_model(cloud, word) if model else _directory(cloud, word) or word)
    return tuple(found)


def _split(workload: Workload, arguments: tuple[str, ...]) -> Iterator[str]:
    """Give the words, with ``--model=X`` as two of them."""
    for word in arguments:
        joined = workload.model and word.startswith(f"{MODEL}=")
        yield from word.split("=", 1) if joined else (word,)


def _model(cloud: Cloud, text: str) -> Argument:
    found = HANDLE.fullmatch(text)
    whole = f"{cloud.name}/{text}" if found and not found["cloud"] else text
    return _directory(cloud, whole) or _copied(text, "model")


def _copied(text: str, what: str) -> Argument:
    found = inputs.located(text, what)
    return Local(path=found, name=inputs.place(found)) if isinstance(found, Path) else found


def _directory(cloud: Cloud, word: str) -> str:
    """Give the directory of the run whose handle the word is; nothing for any other word."""
    found = HANDLE.fullmatch(word)
    if found is None or not found["cloud"]:
        return ""
    if found["cloud"] != cloud.name:
        raise UsageError(
            f"{word} left its output on {found['cloud']}: {cloud.name} may not be able to read it",
            f"launcher results {word} FOLDER, and FOLDER in its place",
        )
    standing = runs.look(cloud, found["run_id"])
    if standing.status.state is not JobState.SUCCEEDED:
        next_step = "logs" if standing.status.state.final else "wait"
        raise UsageError(
            f"{word} is {standing.status.state}: it left nothing to go on from", f"launcher {next_step} {word}"
        )
    return standing.submission.run.directory
