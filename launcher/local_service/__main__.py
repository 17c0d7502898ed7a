"""The process that looks after one job: takes its place in the queue, runs it, writes how it ended.

Reads the job as JSON from standard input, answers one line when the service has it, then lives as long as the job.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# What is imported here keeps the submitter waiting: what few jobs need is imported on use.
from launcher import locks
from launcher.local_service.spool import MARK, Job, Spool

POLL = 0.1  # seconds
FULL = 1 << 20  # bytes of free disk below which a job that failed has failed for that
GRACE = 3.0  # seconds between asking processes to end and ending them
SIGNALS = 128  # a shell's exit code for a process that a signal ended, less the signal
DEATH_SIGNAL, CHILD_SUBREAPER = 1, 36  # https://man7.org/linux/man-pages/man2/prctl.2.html


def main() -> None:
    """Serve the job on standard input to its end."""
    text = sys.stdin.buffer.read()
    if not text.endswith(b"\n"):
        return  # the launcher was killed in mid-sentence: there is no job
    if os.fork():
        return  # the launcher waits for this process, not for the job
    os.setsid()
    job_order: dict[str, Any] = json.loads(text)
    spool, run_id = Spool(root=Path(job_order["spool"])), str(job_order["run_id"])
    lock = _accept(spool, run_id, job_order)
    if lock is None:
        return
    with lock:
        job = spool.job(run_id)
        try:
            word, message = _serve(spool, run_id, job, job_order)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is how the job ended, and nobody else can tell
            word, message = "failed", f"the job could not be run: {error}"
        spool.close(run_id, word, message, swept=_childless())
    from launcher import embedded

    # Makes later jobs start quicker; only now, so that this one did not have to share the processors with it.
    embedded.prepare_fast_start(job_order["python"])


def _accept(spool: Spool, run_id: str, job_order: Mapping[str, Any]) -> Any:
    """Make the job known in one step and say so; None when it was known before or cannot be written."""
    try:
        spool.prepare()
        draft = spool.root / "jobs" / f".draft-{run_id}-{os.getpid()}"
        try:
            return _publish(spool, run_id, job_order, draft)
        finally:
            if draft.exists():
                import shutil

                shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        _answer(f"{error.strerror}: {error.filename}")
    return None


def _publish(spool: Spool, run_id: str, job_order: Mapping[str, Any], draft: Path) -> Any:
    draft.mkdir(mode=0o700)
    (draft / "request.json").write_text(json.dumps(job_order["request"], indent=1), encoding="utf-8")
    (draft / "scratch").mkdir()
    (draft / "service.log").touch()
    lock = locks.take(draft / "lock")
    accepted = spool.enqueue(run_id, draft)
    _answer("accepted")
    return lock if accepted else None


def _answer(word: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # the launcher was killed; the job goes on, and a resume will find it
        os.write(1, f"{word}\n".encode())
    # The launcher waits for the end of these streams, and may be gone before the job is.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _serve(spool: Spool, run_id: str, job: Job, job_order: Mapping[str, Any]) -> tuple[str, str]:
    while not job.cancelled and not spool.take_turn(run_id, int(job_order["parallel"])):
        time.sleep(POLL)
    if job.cancelled:
        return "cancelled", "before it started"
    process = _start(job, job_order)
    while not _ended(process):
        if job.cancelled:
            _end(process)
            return "cancelled", ""
    return _word(process.returncode, job)


def _ended(process: "subprocess.Popen[bytes]") -> bool:
    try:
        process.wait(POLL)
    except subprocess.TimeoutExpired:
        return False
    return True


def _start(job: Job, job_order: Mapping[str, Any]) -> "subprocess.Popen[bytes]":
    _control(CHILD_SUBREAPER, 1)
    own = os.getpid()
    with (job.folder / "service.log").open("ab") as log:
        return subprocess.Popen(
            job_order["argv"],
            env={**job_order["env"], MARK: str(job.folder)},
            cwd=job.folder / "scratch",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # When this process is killed the job must not go on: nobody could say how it ended.
            preexec_fn=lambda: _die_with(own),  # noqa: PLW1509 -- this process has one thread
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _childless() -> bool:
    """Tell whether surely no process of the job is left: on Linux, those whose parents are gone are children here."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return False
    return sys.platform == "linux"


def _word(code: int, job: Job) -> tuple[str, str]:
    if code == 0:
        return "done", ""
    from launcher.storage import free_bytes

    if free_bytes(job.folder) < FULL:
        return "failed", f"the disk is full: {job.folder}"
    if code < 0 or code > SIGNALS:
        number = -code if code < 0 else code - SIGNALS
        return "killed", f"ended by signal {number}" + (" (out of memory?)" if number == signal.SIGKILL else "")
    return "failed", f"exit code {code}"


def _die_with(parent: int) -> None:
    """Let this process end with its parent, also when that has ended already."""
    _control(DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _control(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main()
