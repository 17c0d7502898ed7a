"""Files of the input, found and sniffed through Spark's own Hadoop FileSystem."""

import csv
import io
from typing import Any, Dict, List, NamedTuple, Tuple

from py4j.protocol import Py4JJavaError

from jobs.errors import InputError

HEAD = 256 * 1024  # bytes that must hold the header
MAGIC: Dict[bytes, str] = {
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "gzip data without .gz at the end of its name",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\x89PNG": "a PNG image",
    b"%PDF": "a PDF",
}
TEXT_CONTROLS = b"\t\n\r\f\x1b"


class DataFile(NamedTuple):
    """One file of the input: ``size`` in bytes as stored, ``kind`` csv, parquet or empty when its name says neither."""

    uri: str
    size: int
    kind: str


def find(spark: Any, uri: str) -> List[DataFile]:
    """Give the file at ``uri``, or those below it, sorted; names that begin with ``_`` or ``.`` are left out.

    A file that is named itself is CSV unless its name says otherwise.

    Raises InputError when nothing is there or it cannot be listed.
    """
    try:
        return _list(spark, uri)
    except Py4JJavaError as error:
        raise _unreadable(uri, error) from error


def kind(name: str) -> str:
    """Give ``csv``, ``parquet`` or, for a name that says neither, an empty string."""
    lower = name.rsplit("/", 1)[-1].lower()
    for suffix in (".gz", ".bz2"):
        lower = lower[: -len(suffix)] if lower.endswith(suffix) else lower
    if lower.endswith((".parquet", ".pq")):
        return "parquet"
    return "csv" if lower.endswith(".csv") or (lower.startswith("part-") and "." not in lower) else ""


def head(spark: Any, uri: str, size: int = HEAD) -> bytes:
    """Give the first bytes of a file, unpacked when its name ends like a compressed one; raises InputError."""
    jvm, path, system = _open(spark, uri)
    codec = jvm.org.apache.hadoop.io.compress.CompressionCodecFactory(system.getConf()).getCodec(path)
    try:
        stream = system.open(path)
        try:
            inner = codec.createInputStream(stream) if codec is not None else stream
            return bytes(jvm.org.apache.commons.io.IOUtils.toByteArray(_limited(jvm, inner, size)))
        finally:
            stream.close()
    except Py4JJavaError as error:
        raise _unreadable(uri, error) from error


def header(spark: Any, uri: str, delimiter: str) -> Tuple[str, ...]:
    """Give the fields of a CSV file's first record; raises InputError when the file is empty or is no text."""
    start = head(spark, uri)
    _require_text(uri, start)
    text = start.decode("utf-8-sig", "replace")
    first = next((row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)), None)
    if first is None:
        raise InputError("{} is empty".format(uri), "give a file with a header and rows")
    return tuple(name.strip() for name in first)


def _list(spark: Any, uri: str) -> List[DataFile]:
    _, root, system = _open(spark, uri)
    status = system.getFileStatus(root)
    if status.isFile():
        file = status.getPath().toString()
        return [DataFile(file, status.getLen(), kind(file) or "csv")]
    base = status.getPath().toString().rstrip("/") + "/"
    found = []
    entries = system.listFiles(status.getPath(), True)
    while entries.hasNext():
        entry = entries.next()
        file = entry.getPath().toString()
        if not any(part.startswith(("_", ".")) for part in file[len(base) :].split("/")):
            found.append(DataFile(file, entry.getLen(), kind(file)))
    return sorted(found)


def _open(spark: Any, uri: str) -> Tuple[Any, Any, Any]:
    jvm = spark.sparkContext._jvm  # noqa: SLF001 -- the only way to the cluster's own FileSystem from Python
    path = jvm.org.apache.hadoop.fs.Path(uri)
    configuration = spark.sparkContext._jsc.hadoopConfiguration()  # noqa: SLF001 -- the same
    return jvm, path, path.getFileSystem(configuration)


def _limited(jvm: Any, stream: Any, size: int) -> Any:
    return jvm.org.apache.commons.io.input.BoundedInputStream(stream, size)


def _require_text(uri: str, start: bytes) -> None:
    for magic, what in MAGIC.items():
        if start.startswith(magic):
            raise InputError("{} is not CSV text: it looks like {}".format(uri, what), "give a CSV or a Parquet file")
    controls = sum(byte < 32 and byte not in TEXT_CONTROLS for byte in start)  # noqa: PLR2004 -- ASCII's controls
    wrong = start.decode("utf-8", "replace").count("\ufffd")
    if b"\0" in start or 50 * controls > len(start) or 3 * wrong > len(start):
        raise InputError("{} is not CSV text: it holds binary data".format(uri), "give a CSV or a Parquet file")


def _unreadable(uri: str, error: Py4JJavaError) -> InputError:
    thrown = error.java_exception
    reason = "{}: {}".format(thrown.getClass().getSimpleName(), thrown.getMessage())
    if "Permission denied" in reason or "AccessControl" in reason or "AccessDenied" in reason:
        return InputError("{} may not be read: permission denied".format(uri), "give the job's user read permission")
    if "FileNotFound" in reason:
        return InputError("there is no file or folder {}".format(uri), "check the path")
    if "No FileSystem for scheme" in reason:
        return InputError(
            "{} is on a storage this cluster cannot read ({})".format(uri, reason), "copy the data nearer"
        )
    return InputError("{} cannot be read ({})".format(uri, reason.splitlines()[0]), "check that the file is whole")
