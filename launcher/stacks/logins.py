"""The password that a stack has made up, in the system's keyring, where the backend of its kind looks for it.

The stack has it in its encrypted state as the output ``login``: host, user, password. It is on no command line.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

Say = Callable[[str], None]
OUTPUT = "login"


def of(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Give the login among a stack's outputs; empty when it has none."""
    found = outputs.get(OUTPUT)
    return dict(found.value) if found else {}


def keep(login: dict[str, str], before: dict[str, str], name: str, say: Say) -> None:
    """Put a login into the keyring, and take out what it replaces; says what to do where there is no keyring."""
    if before.get("host") != login.get("host"):
        forget(before)
    if not login:
        return
    import keyring
    from keyring.errors import KeyringError

    from launcher.apis.gateway import PASSWORD

    try:
        keyring.set_password(login["host"], login["user"], login["password"])
    except KeyringError:
        say(f"this machine has no keyring for the password of {login['user']!r} at {login['host']}")
        say(f"hint:  export {PASSWORD}=..., from: pulumi stack output {OUTPUT} --show-secrets --stack {name}")


def forget(login: dict[str, str]) -> None:
    """Take a login out of the keyring, if it is there."""
    if not login:
        return
    import keyring
    from keyring.errors import KeyringError

    with suppress(KeyringError):
        keyring.delete_password(login["host"], login["user"])
