"""A table's numbers and words by row, cached: the input is read once, whatever is asked of it afterwards.

All numbers of a row are one array, and what is asked of each is asked by Spark's functions on arrays: code that Spark
would generate for each column by itself takes seconds to compile where there are dozens.
"""

from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType, StringType

from jobs import reading
from jobs.columns import Columns

MISSING, NON_NUMERIC, NAN, INFINITE, RAGGED, BROKEN_QUOTE = range(1, 7)  # places in reading.REASONS, from 1
UNPACKED = 8  # a packed file's rows take about so many times its size, and it is one partition
SMALL = 8 << 20  # bytes of rows that are not worth dealing out
LARGEST_WHOLE = 1e15  # up to here a double tells neighbouring whole numbers apart


@dataclass(frozen=True)
class Cells:
    """The cells of some columns; ``names`` are all of the table's, and a column's number is its place among them.

    ``frame`` is persisted: ``numbers`` (an array of doubles, of the columns of that name in their order), for each N in
    ``words`` the text wN (null where it is missing), ``reason`` why a row cannot be used (0, or a place in
    reading.REASONS) and ``key``, a hash of the whole row and the seed. ``raw`` is what it was made from.
    """

    source: reading.Source
    names: Tuple[str, ...]
    raw: DataFrame
    frame: DataFrame
    numbers: Tuple[int, ...]
    words: Tuple[int, ...]

    def release(self) -> None:
        """Free the memory that the cells take on the workers."""
        self.frame.unpersist()

    def table(self) -> reading.Table:
        """Give the table of the numbers for the checks of reading_faults."""
        names = tuple(self.names[at] for at in self.numbers)
        return reading.Table(self.frame, names, self.source, self.raw, self.numbers)


def of(  # noqa: PLR0913 -- what may be missing, and how to read
    source: reading.Source,
    chosen: Columns,
    *,
    seed: int,
    forgiven: bool = False,
    unlabelled: bool = False,
    multiline: bool = False,
) -> Cells:
    """Give the cells of the chosen columns; nothing is read yet.

    ``forgiven`` lets features be missing or NaN (they are NaN then); else rows with such are not usable.
    ``unlabelled`` lets words be missing.
    """
    raw, names = reading.untyped(source, multiline=multiline)
    numbers, words = (*chosen.required, *chosen.features), chosen.words
    for at in numbers:
        reading.require_castable(source, names[at], raw.schema[at].dataType)
    typed = _spread(source, raw).select(
        F.array(*(reading.value(raw, at) for at in numbers)).alias("numbers"),
        F.array(*(F.col("f{}".format(at)).cast("string") for at in numbers)).alias("texts"),
        *(F.when(~reading.missing(raw, at), _word(raw, at)).alias("w{}".format(at)) for at in words),
        _ragged(raw).alias("ragged"),
        F.xxhash64(F.lit(seed), *(F.col("f{}".format(at)) for at in range(len(names)))).alias("key"),
    )
    frame = typed.select(
        F.transform("numbers", lambda number: F.coalesce(number, F.lit(float("nan")))).alias("numbers"),
        *("w{}".format(at) for at in words),
        _reason(len(chosen.required if forgiven else numbers), () if unlabelled else words).alias("reason"),
        "key",
    )
    return Cells(source, names, raw, frame.persist(StorageLevel.MEMORY_AND_DISK), numbers, words)


def tally(counts: Dict[int, int]) -> Dict[str, int]:
    """Give the dropped rows by reason from rows by the column ``reason``."""
    return reading.tally([counts.get(at, 0) for at in range(len(reading.REASONS) + 1)])


def _spread(source: reading.Source, raw: DataFrame) -> DataFrame:
    """Give the rows dealt out over the cores, where packed files would leave them to fewer."""
    packed = any(file.lower().endswith((".gz", ".bz2")) for file in source.files)
    cores = raw.sparkSession.sparkContext.defaultParallelism
    many = packed and len(source.files) < cores and source.size * UNPACKED > SMALL
    return raw.repartition(cores) if many else raw


def _word(raw: DataFrame, at: int) -> Column:
    """Give the cell as text; a whole number the same way, however the files write it."""
    text = F.trim(F.col("f{}".format(at)).cast("string"))
    if not isinstance(raw.schema[at].dataType, (NumericType, StringType)):
        return text
    number = reading.value(raw, at)
    whole = (F.abs(number) < LARGEST_WHOLE) & (number == F.floor(number))
    return F.when(whole, number.cast("bigint").cast("string")).otherwise(text)


def _ragged(raw: DataFrame) -> Column:
    if reading.RAGGED not in raw.columns:
        return F.lit(0)
    text = F.col("`{}`".format(reading.RAGGED))
    return F.when(text.isNull(), 0).when(text.contains('"'), BROKEN_QUOTE).otherwise(RAGGED)


def _reason(required: int, words: Sequence[int]) -> Column:
    """Give the first reason that holds; the first ``required`` numbers and the ``words`` have to be there."""
    numbers, texts = F.col("numbers"), F.col("texts")
    needed = F.slice(numbers, 1, required), F.slice(texts, 1, required)
    causes: List[Column] = [F.when(F.col("ragged") > 0, F.col("ragged"))]
    causes += [F.when(F.col("w{}".format(at)).isNull(), MISSING) for at in words]
    causes += [
        F.when(F.forall(numbers, _good), 0),
        F.when(F.exists(needed[1], _blank), MISSING),
        F.when(F.exists(F.arrays_zip("numbers", "texts"), _no_number), NON_NUMERIC),
        F.when(F.exists(needed[0], F.isnan), NAN),
        F.when(F.exists(numbers, lambda number: F.abs(number) == float("inf")), INFINITE),
    ]
    return F.coalesce(*causes, F.lit(0))


def _good(number: Column) -> Column:
    return number.isNotNull() & ~F.isnan(number) & (F.abs(number) != float("inf"))


def _blank(text: Column) -> Column:
    return text.isNull() | F.lower(F.trim(text)).isin(*reading.MISSING)


def _no_number(cell: Column) -> Column:
    return cell["numbers"].isNull() & ~_blank(cell["texts"])
