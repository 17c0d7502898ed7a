"""What is wrong with an input, said with the file, the line and the next step; looked for only after a failure."""

import contextlib
from typing import Any, Callable, Dict, Iterator, Optional
from urllib.parse import unquote

from pyspark.sql import functions as F

from jobs import reading, reading_files
from jobs.errors import InputError

SHOWN = 80  # characters of a row
BROKEN_PACKING = (
    "EOFException",
    "ZipException",
    "not a gzip file",
    "incorrect header check",
    "incorrect data check",
    "invalid stored block",
    "invalid block type",
    "invalid distance",
    "invalid code",
    "invalid bit length",
)
NO_PARQUET = ("is not a Parquet file", "ParquetDecodingException", "ooter for file", "cannot be converted in file")


@contextlib.contextmanager
def explained(source: reading.Source) -> Iterator[None]:
    """Turn a failure that the input's files explain into InputError; any other failure passes unchanged."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        found = _explanation(source, str(error))
        if found is None:
            raise
        raise found from error


def check_usable(table: reading.Table, rows: int, dropped: Dict[str, int], ragged: str) -> None:
    """Raise InputError when rows are ragged and shall not be dropped, or when no row is left."""
    if dropped["ragged"] and ragged == "fail":
        raise _ragged(table, dropped["ragged"])
    if rows:
        return
    where = table.source.files[0]
    if not any(dropped.values()):
        raise InputError("{} has a header but no rows".format(where), "give a file with rows")
    _require_numbers(table)
    reasons = ", ".join("{} {}".format(count, reason) for reason, count in dropped.items() if count)
    raise InputError("no row of {} can be used: {}".format(table.source.uri, reasons), "choose other --features")


def printable(text: str) -> str:
    """Give the text on one line, cut, with control characters escaped."""
    escaped = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    return escaped if len(escaped) <= SHOWN else escaped[:SHOWN] + "..."


def _explanation(source: reading.Source, text: str) -> Optional[InputError]:
    if "CSV header" in text:
        return _other_header(source)
    if any(word in text for word in BROKEN_PACKING):
        return _broken_file(source, "it is cut short or was damaged", "fetch the file again")
    if any(word in text for word in NO_PARQUET):
        return _broken_file(
            source, "it is no Parquet file, is damaged, or differs in its columns", "give Parquet files"
        )
    return None


def _other_header(source: reading.Source) -> Optional[InputError]:
    for file in source.files:
        header = reading_files.header(source.spark, file, source.delimiter)
        if header != source.columns:
            return InputError(
                "the files have different headers: {} has {}, {} has {}".format(
                    source.files[0], printable(",".join(source.columns)), file, printable(",".join(header))
                ),
                "give files of one table",
            )
    return None


def _broken_file(source: reading.Source, what: str, hint: str) -> Optional[InputError]:
    for file in source.files:
        if _fails(_reader(source, file)):
            return InputError("{} cannot be read to its end: {}".format(file, what), hint)
    return None


def _reader(source: reading.Source, file: str) -> Callable[[], object]:
    frames = source.spark.read
    if source.kind == "csv":
        return lambda: frames.text(reading.literal(file)).select(F.max(F.length("value"))).first()
    return lambda: frames.parquet(reading.literal(file)).write.format("noop").mode("overwrite").save()


def _fails(action: Callable[[], object]) -> bool:
    try:
        action()
    except Exception:  # noqa: BLE001 -- whatever it raises, this is the file that the failed job stumbled over
        return True
    return False


def _ragged(table: reading.Table, count: int) -> InputError:
    raw, source = table.raw, table.source
    rows = raw.withColumn("file", F.input_file_name()).withColumn("place", F.monotonically_increasing_id())
    first: Any = rows.filter(F.col("`{}`".format(reading.RAGGED)).isNotNull()).orderBy("file", "place").first()
    file, text = unquote(first["file"]), first[reading.RAGGED]
    reason = "has another number of fields than the {} columns of the header".format(len(source.columns))
    return InputError(
        "{} rows do not fit the header; the first, {}line {}, {}: {}".format(
            count, file + ", ", _line(source, first["file"], text), reason, printable(text)
        ),
        "--ragged drop leaves such rows out and counts them",
    )


def _line(source: reading.Source, file: str, record: str) -> int:
    """Give the number of the first line of ``record`` in ``file``, from 1."""
    wanted = record.splitlines()[0] if record else record
    lines = source.spark.sparkContext.textFile(reading.literal(unquote(file))).zipWithIndex()
    found = lines.filter(lambda line: line[0].rstrip("\r") == wanted).take(1)
    return found[0][1] + 1 if found else 0


def _require_numbers(table: reading.Table) -> None:
    for at, name in enumerate(table.features):
        position = table.positions[at]
        present = table.raw.filter(~reading.missing(table.raw, position))
        row: Any = present.select(F.count(reading.value(table.raw, position)), F.first("f{}".format(position))).first()
        if row[1] is not None and row[0] == 0:
            raise InputError(
                "column {!r} of {} is not numeric: it holds {!r}".format(
                    name, table.source.uri, printable(str(row[1]))
                ),
                "--features takes columns that hold numbers",
            )
