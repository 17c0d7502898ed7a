"""Where Pulumi works: the program, the state, the passphrase, and the engine itself.

By hand it is the same: ``pulumi`` in the program's folder, with these variables.
"""

import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from launcher import home
from launcher.errors import ConfigError, MissingDependency, UsageError

PROJECT = "firesteel"
OLDEST = (3, 200, 0)
HOW_TO_GET = "https://www.pulumi.com/docs/iac/download-install/, then the same command again"
# What a stack's name may be is what infra/stack.py says.
NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?")


def stack(name: str, *, new: bool) -> Any:
    """Give Pulumi's stack of that name, made when it is ``new`` and not there.

    Raises MissingDependency without an engine or its SDK, UsageError for a name that cannot be or is not there.
    """
    automation = _automation()
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a cloud that Pulumi makes", "a-z, 0-9, -, at most 24, a letter first"
        )
    _check_engine()
    options = automation.LocalWorkspaceOptions(
        work_dir=str(program()), env_vars=dict(variables()), secrets_provider="passphrase"
    )
    workspace = automation.LocalWorkspace(**vars(options))
    make = automation.Stack.create_or_select if new else automation.Stack.select
    try:
        return make(name, workspace)
    except automation.StackNotFoundError as error:
        raise UsageError(f"no stack is called {name!r}", "launcher clouds lists what there is") from error
    except automation.CommandError as error:
        raise unreadable(name, str(error)) from error


SAME_WORD = "is PULUMI_CONFIG_PASSPHRASE what it was when the stack was made?"
CUT_SHORT = "its file of state was cut short, or the one beside it that ends in .attrs; delete that, or take the .bak"


def unreadable(name: str, text: str) -> ConfigError:
    """Give the error of a stack that Pulumi cannot open, from what it said."""
    hint = CUT_SHORT if "failed to load checkpoint" in text else SAME_WORD
    return ConfigError(f"the stack {name!r} cannot be opened: {_last_line(text)}", hint)


def program() -> Path:
    """Give the folder of Pulumi.yaml: the checkout's, or a copy of what was installed with the launcher."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "Pulumi.yaml").is_file():
        return checkout
    shipped = checkout / "launcher" / "stack"
    copy = _ours("program")
    # Configuration of stacks lies beside the program; what was installed may be read-only, and goes with an update.
    for part in ("infra", "bootstrap"):
        shutil.rmtree(copy / part, ignore_errors=True)
        shutil.copytree(shipped / part, copy / part)
    shutil.copy(shipped / "Pulumi.yaml", copy / "Pulumi.yaml")
    return copy


def variables() -> Mapping[str, str]:
    """Give what Pulumi needs in its environment, beside what is there: the user's own settings win."""
    found = {
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
        # Where no virtual environment is active, the program still runs with the SDKs that are installed here.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }
    if not os.environ.get("PULUMI_BACKEND_URL") and not _logged_in():
        # Without files of attributes: they are written in place, and one that a kill left empty shuts the stack.
        found["PULUMI_BACKEND_URL"] = f"{_ours('state').as_uri()}?metadata=skip"
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & set(os.environ):
        found["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase())
    return found


def _automation() -> Any:
    try:
        return import_module("pulumi.automation")
    except ImportError as error:
        raise MissingDependency(
            f"a package that makes clouds is not installed: {error.name}", "pip install 'firesteel[aws-stack]'"
        ) from error


def _check_engine() -> None:
    engine = shutil.which("pulumi")
    if engine is None:
        raise MissingDependency("pulumi is not installed: it makes the clouds", HOW_TO_GET)
    said = subprocess.run([engine, "version"], capture_output=True, text=True, check=False, env=_quiet()).stdout
    numbers = tuple(map(int, re.findall(r"\d+", said)[:3]))
    # Some builds do not know their version.
    if numbers and numbers != (0, 0, 0) and numbers < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise MissingDependency(f"{engine} is {said.strip()}; {wanted} or newer is needed", HOW_TO_GET)


def _quiet() -> dict[str, str]:
    return {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}


def _logged_in() -> bool:
    """Tell whether the user has chosen a backend with ``pulumi login``."""
    folder = Path(os.environ.get("PULUMI_HOME") or "~/.pulumi").expanduser()
    file = folder / "credentials.json"
    return file.is_file() and '"current"' in file.read_text(encoding="utf-8")


def _passphrase() -> Path:
    """Give the file with the passphrase of this machine's stacks, made when it is not there."""
    file = _ours("") / "passphrase"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file
    with os.fdopen(descriptor, "w", encoding="ascii") as new:
        new.write(secrets.token_urlsafe(24))
    return file


def _ours(name: str) -> Path:
    folder = home.home() / "stacks" / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("stderr: ").removeprefix("error: ") if lines else "no message"
