"""Tables from CSV and Parquet: every row keeps its numbers or the reason why it cannot be used."""

import argparse
import difflib
from dataclasses import dataclass
from functools import reduce
from typing import Any, Dict, List, Optional, Sequence, Tuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType, StringType, StructField, StructType

from jobs import reading_files
from jobs.errors import InputError

# What a row's column `reason` says: 0 is a usable row, N the N-th of these; a ragged row whose text holds a quote
# is told apart, for it may be a piece of a record with a line break in quotes.
REASONS: Tuple[str, ...] = ("missing", "non_numeric", "nan", "infinite", "ragged", "broken_quote")
RAGGED = "firesteel ragged row"
MISSING = ("", "na", "n/a", "null", "none")


@dataclass(frozen=True)
class Source:
    """Where the rows are, in ``size`` stored bytes, and how to read them; Parquet's ``columns`` are known later."""

    spark: Any
    uri: str
    files: Tuple[str, ...]
    size: int
    kind: str
    columns: Tuple[str, ...]
    delimiter: str
    header: bool


@dataclass(frozen=True)
class Table:
    """The features as doubles c0, c1, ... and ``reason`` (see REASONS), one row per row of the source.

    ``raw`` has all columns as f0, f1, ... and ``positions`` says where in it the features are.
    """

    frame: DataFrame
    features: Tuple[str, ...]
    source: Source
    raw: DataFrame
    positions: Tuple[int, ...]


def find(spark: Any, args: argparse.Namespace) -> Source:
    """Find the input's files, their kind and their columns; raises InputError, reads no more than one file's head."""
    found = reading_files.find(spark, args.input)
    kind, files = _of_one_kind(args.input, found, args.format)
    size = sum(file.size for file in found if file.uri in set(files))
    header = not args.no_header
    if kind == "parquet":
        return Source(spark, args.input, files, size, kind, (), args.delimiter, header)
    columns = reading_files.header(spark, files[0], args.delimiter)
    if not header:
        columns = tuple("c{}".format(at) for at in range(len(columns)))
    _require_distinct(files[0], columns)
    return Source(spark, args.input, files, size, kind, columns, args.delimiter, header)


def table(source: Source, features: Sequence[str] = (), *, multiline: bool = False) -> Table:
    """Give the table of ``features``, or of all columns that hold numbers when none is named.

    ``multiline`` reads records with line breaks in quotes, at the price of one task per file.
    Raises InputError for a column that is not there or can hold no numbers.
    """
    raw, names = untyped(source, multiline=multiline)
    chosen = [position(source, names, name) for name in features] or numeric(source, raw, names)
    for at in chosen:
        require_castable(source, names[at], raw.schema[at].dataType)
    return Table(_classified(raw, chosen), tuple(names[at] for at in chosen), source, raw, tuple(chosen))


def untyped(source: Source, *, multiline: bool = False) -> Tuple[DataFrame, Tuple[str, ...]]:
    """Give all columns as f0, f1, ... (of a CSV: text, and after them RAGGED) and their names."""
    raw = _csv(source, multiline=multiline) if source.kind == "csv" else _parquet(source)
    names = source.columns or tuple(raw.columns)
    fields = ["f{}".format(at) for at in range(len(names))]
    return raw.toDF(*fields, *raw.columns[len(names) :]), names


def tally(counts: Sequence[float]) -> Dict[str, int]:
    """Give the dropped rows by reason from counts of ``reason`` (0 first)."""
    dropped = dict(zip(REASONS, (int(count) for count in counts[1:])))
    dropped["ragged"] += dropped.pop("broken_quote")
    return dropped


def value(raw: DataFrame, at: int) -> Column:
    """Give the column as a double, null where it holds none; never raises, whatever ANSI mode says."""
    if isinstance(raw.schema[at].dataType, StringType):
        return F.expr("try_cast(trim(f{}) as double)".format(at))
    return F.col("f{}".format(at)).cast("double")


def missing(raw: DataFrame, at: int) -> Column:
    """Give whether the column holds nothing, or a word for nothing."""
    column = F.col("f{}".format(at))
    if isinstance(raw.schema[at].dataType, StringType):
        return column.isNull() | F.lower(F.trim(column)).isin(*MISSING)
    return column.isNull()


def _of_one_kind(uri: str, found: List[reading_files.DataFile], wanted: str) -> Tuple[str, Tuple[str, ...]]:
    if wanted != "auto":
        named = [file for file in found if file.kind == wanted]
        found = named or [file._replace(kind=wanted) for file in found if not file.kind or len(found) == 1]
    files = [file for file in found if file.kind]
    if not files:
        raise InputError("the folder {} holds no data file".format(uri), "it needs *.csv, *.csv.gz or *.parquet files")
    kind = files[0].kind
    other = next((file.uri for file in files if file.kind != kind), None)
    if other:
        raise InputError(
            "the folder {} mixes CSV and Parquet: {} and {}".format(uri, files[0].uri, other),
            "--format csv (or parquet) takes the files of one kind",
        )
    full = tuple(file.uri for file in files if file.size)
    if not full:
        raise InputError("{} is empty (0 bytes)".format(files[0].uri), "give a file with a header and rows")
    return kind, full


def _csv(source: Source, *, multiline: bool) -> DataFrame:
    # Spark 3.3 sees that a row is ragged only when it parses all columns, and knows no option for it, only a setting.
    source.spark.conf.set("spark.sql.csv.parser.columnPruning.enabled", "false")
    schema = StructType([StructField(name, StringType()) for name in (*source.columns, RAGGED)])
    reader = source.spark.read.schema(schema).options(
        columnNameOfCorruptRecord=RAGGED,
        header=source.header,
        enforceSchema=False,  # each file's header is compared with the schema, by the task that reads the file
        sep=source.delimiter,
        quote='"',
        escape='"',  # RFC 4180: a quote in quotes is doubled; Spark's own default is a backslash
        multiLine=multiline,
        ignoreLeadingWhiteSpace=True,
        ignoreTrailingWhiteSpace=True,
    )
    return reader.csv([literal(file) for file in source.files])


def _parquet(source: Source) -> DataFrame:
    return source.spark.read.parquet(*map(literal, source.files))


def literal(uri: str) -> str:
    """Give the path with the characters escaped that Hadoop would take for a pattern."""
    return "".join("\\" + letter if letter in "{}[]*?\\" else letter for letter in uri)


def _classified(raw: DataFrame, chosen: List[int]) -> DataFrame:
    values = [value(raw, at) for at in chosen]
    named = raw.select(
        *(number.alias("c{}".format(at)) for at, number in enumerate(values)),
        _any(missing(raw, at) for at in chosen).alias("missing"),
        *([F.col("`{}`".format(RAGGED)).alias("ragged")] if RAGGED in raw.columns else []),
    )
    columns = [F.col("c{}".format(at)) for at in range(len(chosen))]
    reason = F.when(F.col("missing"), 1).when(_any(column.isNull() for column in columns), 2)
    reason = reason.when(_any(F.isnan(column) for column in columns), 3)
    reason = reason.when(_any(F.abs(column) == float("inf") for column in columns), 4).otherwise(0)
    if "ragged" in named.columns:
        ragged = F.when(F.col("ragged").contains('"'), 6).otherwise(5)
        reason = F.when(F.col("ragged").isNotNull(), ragged).otherwise(reason)
    return named.select(*columns, reason.alias("reason"))


def _any(conditions: Any) -> Column:
    return reduce(lambda left, right: left | right, conditions)


def numeric(source: Source, raw: DataFrame, names: Sequence[str]) -> List[int]:
    """Give the columns of a number type, and of text those where more than half of what is there is a number.

    Costs a pass over the input; raises InputError when there is none.
    """
    found = [at for at in range(len(names)) if isinstance(raw.schema[at].dataType, NumericType)]
    texts = [at for at in range(len(names)) if isinstance(raw.schema[at].dataType, StringType)]
    if texts:
        counts: Any = raw.select(
            *(F.count(value(raw, at)) for at in texts), *(_present(raw, at) for at in texts)
        ).first()
        found += [at for place, at in enumerate(texts) if 2 * counts[place] > counts[place + len(texts)]]
    if not found:
        raise InputError(
            "no column of {} holds numbers; its columns are {}".format(source.files[0], ", ".join(names)),
            "at least one column must hold numbers",
        )
    return sorted(found)


def _present(raw: DataFrame, at: int) -> Column:
    return F.count(F.when(~missing(raw, at), 1))


def position(source: Source, names: Sequence[str], name: str, option: str = "--features") -> int:
    """Give where the column is; raises InputError with the nearest name for ``option``."""
    if name in names:
        return list(names).index(name)
    lower: Dict[str, str] = {known.lower(): known for known in names}
    near: Optional[str] = next((lower[key] for key in difflib.get_close_matches(name.lower(), lower, 1, 0.5)), None)
    raise InputError(
        "there is no column {!r} in {}; its columns are {}".format(name, source.files[0], ", ".join(names)),
        "did you mean {} {}".format(option, near) if near else "{} takes names from the header".format(option),
    )


def require_castable(source: Source, name: str, kind: Any) -> None:
    """Raise InputError for a column whose type can hold no numbers."""
    if not isinstance(kind, (NumericType, StringType)):
        raise InputError(
            "column {!r} of {} is not numeric: it holds {}".format(name, source.files[0], kind.simpleString()),
            "--features takes columns that hold numbers",
        )


def _require_distinct(uri: str, columns: Sequence[str]) -> None:
    seen = set()
    for name in columns:
        if name.lower() in seen:
            raise InputError("the header of {} names column {!r} twice".format(uri, name), "rename one of them")
        seen.add(name.lower())
