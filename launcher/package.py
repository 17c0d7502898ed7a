"""The shipped package: ``jobs/`` as one zip, named by the digest of its content and uploaded once per content."""

import hashlib
import io
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from launcher.errors import ObjectExists, StorageError
from launcher.model import Application

if TYPE_CHECKING:
    from launcher.storage import Storage

EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip can hold: the same on every machine


def folder() -> Path:
    """Give the folder of the jobs package, without importing it."""
    found = find_spec("jobs")
    if found is None or found.origin is None:
        message = "the jobs package is not installed beside the launcher"
        raise ModuleNotFoundError(message)
    return Path(found.origin).parent


def digest() -> str:
    """Give the digest of the sources, which names the package: the same on machines whose zlib packs differently."""
    return _digest(_sources())


def build() -> tuple[bytes, bytes, str]:
    """Give main.py, jobs.zip and the digest of the sources."""
    sources = _sources()
    return sources["__main__.py"], _zip(sources), _digest(sources)


def upload(storage: "Storage", digest: str) -> None:
    """Put the package of that digest under ``apps/<digest>/``; the second time nothing is sent.

    Raises StorageError when it is not there and is not this launcher's own, or when the storage cannot create-only.
    """
    if storage.exists(f"apps/{digest}/main.py"):
        return
    main, archive, own = build()
    if digest != own:
        raise StorageError(
            f"the package {digest} is not in {storage.root}/apps", "launcher submit, with today's package"
        )
    storage.require_create_only()  # on the first use of a staging, and with each new version of the package
    # main.py goes last: where it is, the zip is too.
    for name, data in (("jobs.zip", archive), ("main.py", main)):
        _create(storage, f"apps/{digest}/{name}", data)


def application(apps: str, digest: str) -> Application:
    """Give the application that lies, or will lie, below the ``apps`` URI."""
    return Application(main=f"{apps}/{digest}/main.py", py_files=(f"{apps}/{digest}/jobs.zip",), digest=digest)


def _sources() -> dict[str, bytes]:
    return {path.relative_to(folder()).as_posix(): path.read_bytes() for path in sorted(folder().rglob("*.py"))}


def _digest(sources: dict[str, bytes]) -> str:
    found = hashlib.sha256()
    for name, source in sources.items():
        found.update(f"{name}\0{len(source)}\0".encode() + source)
    return found.hexdigest()[:32]


def _create(storage: "Storage", name: str, data: bytes) -> None:
    try:
        storage.create(name, data)
    except ObjectExists:
        return  # another launcher was faster; the name is the content's digest


def _zip(sources: dict[str, bytes]) -> bytes:
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, source in sources.items():
            entry = zipfile.ZipInfo(f"jobs/{name}", EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, source, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
