"""Everything that can go wrong for a user, by what to do about it.

    LauncherError          a message, a hint (the next command to type), an exit code
    ├── UsageError         fix the command                                   exit 2
    │   ├── CloudNotFound  no cloud of that name
    │   └── ConfigError    fix launcher.toml
    ├── JobNotFound        the service or the storage knows no such run      exit 2
    ├── ResourceNotFound   the provider has nothing of that name             exit 6
    ├── JobRejected        the service refuses this job: never retry it      exit 6
    ├── BackendUnavailable the service did not answer: retry later           exit 6
    ├── StorageError       the storage refused or is full                    exit 6
    │   ├── ObjectNotFound nothing is stored there
    │   └── ObjectExists   something is stored there already
    └── MissingDependency  install an extra, or Java                         exit 2

Only ``launcher.cli`` turns an error into an exit code.
"""

import contextlib
from collections.abc import Generator


@contextlib.contextmanager
def nothing_sent() -> Generator[None]:
    """Mark what fails in the block as having failed before anything was submitted."""
    try:
        yield
    except BackendUnavailable as error:
        error.sent = False
        raise


class LauncherError(Exception):
    """What was wrong and where, and the next command to type."""

    exit_code = 6

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(LauncherError):
    """The command or its arguments cannot work as they are."""

    exit_code = 2


class CloudNotFound(UsageError):
    """No cloud of that name is configured."""


class ConfigError(UsageError):
    """launcher.toml cannot be used."""


class JobNotFound(LauncherError):
    """The service, or the storage, does not know the run: never existed, or forgotten."""

    exit_code = 2


class JobRejected(LauncherError):
    """The service refused the job; the same job will be refused again."""


class ResourceNotFound(LauncherError):
    """The provider has nothing of that name."""


class BackendUnavailable(LauncherError):
    """The service could not be asked; the same call may work later.

    ``sent`` is False when a submission surely did not reach the service.
    """

    sent = True


class StorageError(LauncherError):
    """The storage could not do what was asked."""


class ObjectNotFound(StorageError):
    """Nothing is stored under that name."""


class ObjectExists(StorageError):
    """Something is stored under that name already, and it was to be created."""


class MissingDependency(LauncherError):
    """A package or a Java that this cloud needs is not installed."""

    exit_code = 2
