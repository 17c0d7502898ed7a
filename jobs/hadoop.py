"""Files in the run directory, written through Spark's own Hadoop FileSystem.

It works for file, hdfs, s3, s3a, gs, abfs and wasbs with the platform's connectors and credentials, so the job
needs no storage client of its own.
https://hadoop.apache.org/docs/stable/api/org/apache/hadoop/fs/FileSystem.html
"""

from typing import Any, Tuple

# Where create() is not atomic, a reader could see half a file: write beside it and rename. An object store shows an
# object only when it is complete, and renames by copying.
RENAMED = ("file", "hdfs")


def write_new(spark: Any, uri: str, data: bytes) -> None:
    """Create ``uri`` with ``data``; a reader sees all of it or nothing.

    Raises FileExistsError when something is there already, OSError when it cannot be written.
    """
    path, system = _open(spark, uri)
    if system.exists(path):
        raise FileExistsError(uri)
    if system.getScheme() in RENAMED:
        _write_and_rename(spark, system, path, data)
    else:
        _write(system, path, data)


def exists(spark: Any, uri: str) -> bool:
    """True when there is a file or a folder at ``uri``."""
    path, system = _open(spark, uri)
    return bool(system.exists(path))


def _open(spark: Any, uri: str) -> Tuple[Any, Any]:
    jvm = spark.sparkContext._jvm  # noqa: SLF001 -- the only way to the cluster's own FileSystem from Python
    configuration = spark.sparkContext._jsc.hadoopConfiguration()  # noqa: SLF001 -- the same
    path = jvm.org.apache.hadoop.fs.Path(uri)
    system = path.getFileSystem(configuration)
    if system.getScheme() == "file":
        system.setWriteChecksum(False)  # no .crc files between the user's results
    return path, system


def _write(system: Any, path: Any, data: bytes) -> None:
    stream = system.create(path, False)
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
