"""What moto keeps belongs to the process, and the tests of a process share it."""


def forget() -> None:
    """Let moto be as it begins."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
