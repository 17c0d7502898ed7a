"""The shipped package: ``jobs/`` as one zip, named by the digest of its content and uploaded once per content."""

import hashlib
import io
import zipfile
from importlib.util import find_spec
from pathlib import Path

from launcher.errors import ObjectExists
from launcher.model import Application
from launcher.storage import Storage

EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip can hold: the same on every machine


def folder() -> Path:
    """Give the folder of the jobs package, without importing it."""
    found = find_spec("jobs")
    if found is None or found.origin is None:
        message = "the jobs package is not installed beside the launcher"
        raise ModuleNotFoundError(message)
    return Path(found.origin).parent


def build() -> tuple[bytes, bytes, str]:
    """Give main.py, jobs.zip and the digest of the sources: the same on machines whose zlib packs differently."""
    sources = {path.relative_to(folder()).as_posix(): path.read_bytes() for path in sorted(folder().rglob("*.py"))}
    digest = hashlib.sha256()
    for name, source in sources.items():
        digest.update(f"{name}\0{len(source)}\0".encode() + source)
    return sources["__main__.py"], _zip(sources), digest.hexdigest()[:32]


def upload(storage: Storage) -> Application:
    """Put what is not there yet under ``apps/<digest>/``; the second time nothing is sent."""
    main, archive, digest = build()
    app = application(storage.uri("apps"), digest)
    # main.py goes last: where it is, the zip is too.
    if not storage.exists(f"apps/{digest}/main.py"):
        for name, data in (("jobs.zip", archive), ("main.py", main)):
            _create(storage, f"apps/{digest}/{name}", data)
    return app


def application(apps: str, digest: str) -> Application:
    """Give the application that lies, or will lie, below the ``apps`` URI."""
    return Application(main=f"{apps}/{digest}/main.py", py_files=(f"{apps}/{digest}/jobs.zip",), digest=digest)


def _create(storage: Storage, name: str, data: bytes) -> None:
    try:
        storage.create(name, data)
    except ObjectExists:
        return  # another launcher was faster; the name is the content's digest


def _zip(sources: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, source in sources.items():
            entry = zipfile.ZipInfo(f"jobs/{name}", EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, source, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
