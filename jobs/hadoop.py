"""Files in the run directory, written through Spark's own Hadoop FileSystem.

It works for file, hdfs, s3, s3a, gs, abfs and wasbs with the platform's connectors and credentials, so the job
needs no storage client of its own.
https://hadoop.apache.org/docs/stable/api/org/apache/hadoop/fs/FileSystem.html
"""

from typing import Any, List, Tuple

# Where create() is not atomic, a reader could see half a file: write beside it and rename. Azure's connector is one of
# these: it creates an empty blob, then appends. Other object stores show an object only when it is complete, and rename
# by copying.
RENAMED = ("file", "hdfs", "abfs", "abfss", "wasb", "wasbs")
# Asks S3A to let the bucket refuse a second object of a name; its create() without it looks first and then writes, so
# that of two at once the last one wins (seen with 3.4.2). A connector that does not know the option ignores it.
# https://hadoop.apache.org/docs/r3.4.2/hadoop-project-dist/hadoop-common/filesystem/fsdataoutputstreambuilder.html
CONDITIONAL = "fs.option.create.conditional.overwrite"
# What the second one gets; of Google's connector, when it looked before the first one was complete, "conditionNotMet".
TAKEN = ("FileAlreadyExistsException", "RemoteFileChangedException", "PreconditionFailed", "conditionNotMet")


def write_new(spark: Any, uri: str, data: bytes) -> None:
    """Create ``uri`` with ``data``; a reader sees all of it or nothing.

    Raises FileExistsError when something is there already, OSError when it cannot be written.
    """
    path, system = _open(spark, uri)
    if system.exists(path):
        raise FileExistsError(uri)
    if system.getScheme() in RENAMED:
        _write_and_rename(spark, system, path, data)
        return
    try:
        _write(system, path, data)
    except Exception as error:
        if any(word in str(error) for word in TAKEN):
            raise FileExistsError(uri) from error
        raise


def read(spark: Any, uri: str) -> bytes:
    """Give the content of a small file; nothing when there is none."""
    path, system = _open(spark, uri)
    if not system.exists(path):
        return b""
    stream = system.open(path)
    try:
        return bytes(spark.sparkContext._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))  # noqa: SLF001 -- as below
    finally:
        stream.close()


def exists(spark: Any, uri: str) -> bool:
    """True when there is a file or a folder at ``uri``."""
    path, system = _open(spark, uri)
    return bool(system.exists(path))


def is_file(spark: Any, uri: str) -> bool:
    """True when there is a file at ``uri``, and no folder."""
    path, system = _open(spark, uri)
    return bool(system.exists(path)) and bool(system.getFileStatus(path).isFile())


def names(spark: Any, uri: str) -> List[str]:
    """Give the names of what lies in the folder ``uri``; none when there is no such folder."""
    path, system = _open(spark, uri)
    return [status.getPath().getName() for status in system.listStatus(path)] if system.exists(path) else []


def remove(spark: Any, uri: str) -> None:
    """Remove what is at ``uri`` with everything below it; nothing there is as well."""
    path, system = _open(spark, uri)
    system.delete(path, True)


def _open(spark: Any, uri: str) -> Tuple[Any, Any]:
    jvm = spark.sparkContext._jvm  # noqa: SLF001 -- the only way to the cluster's own FileSystem from Python
    configuration = spark.sparkContext._jsc.hadoopConfiguration()  # noqa: SLF001 -- the same
    path = jvm.org.apache.hadoop.fs.Path(uri)
    system = path.getFileSystem(configuration)
    if system.getScheme() == "file":
        system.setWriteChecksum(False)  # no .crc files between the user's results
    return path, system


def _write(system: Any, path: Any, data: bytes) -> None:
    stream = system.createFile(path).create().overwrite(False).recursive().opt(CONDITIONAL, "true").build()
    try:
        stream.write(data)
    finally:
        stream.close()


def _write_and_rename(spark: Any, system: Any, path: Any, data: bytes) -> None:
    jvm = spark.sparkContext._jvm  # noqa: SLF001 -- as above
    unique = jvm.java.util.UUID.randomUUID().toString()
    temporary = jvm.org.apache.hadoop.fs.Path(path.getParent(), "_" + unique)
    try:
        _write(system, temporary, data)
        if not system.rename(temporary, path):
            raise FileExistsError(path.toString())
    finally:
        system.delete(temporary, False)
