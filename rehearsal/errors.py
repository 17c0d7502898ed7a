"""What can go wrong with a rehearsal cloud.

    LauncherError
    └── RehearsalError       the cloud could not be started, or is not well     exit 6
        ├── PartError        a real part could not be built or fetched
        ├── ProcessDied      a process of the cloud ended, or never became ready
        └── CloudMissing     this installation has no such rehearsal cloud

Only ``rehearsal.cli`` turns an error into an exit code.
"""

from launcher.errors import LauncherError


class RehearsalError(LauncherError):
    """The rehearsal cloud could not be started, or is not well."""


class PartError(RehearsalError):
    """A real part could not be built or fetched; the cache is as it was."""


class ProcessDied(RehearsalError):
    """A process of the cloud ended, or never became ready."""


class CloudMissing(RehearsalError):
    """This installation has no such rehearsal cloud."""
