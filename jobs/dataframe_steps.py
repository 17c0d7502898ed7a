"""The steps of the tour: small functions from DataFrame to DataFrame, and the actions that ask for their results."""

import argparse
from typing import Any, Dict, List, NamedTuple, Tuple

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs import cells, columns, nyc, plans, reading, reading_faults
from jobs.errors import InputError

NEEDED = ("Lat", "Lon", "Date/Time", "Base")
METRES = 111_320.0  # of a degree of latitude
DATE = r"^(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):"
RANKED = 5  # zones of each borough


class Tour(NamedTuple):
    """Persisted pickups, how many there are, what was dropped, and what each step's plan was."""

    pickups: DataFrame
    rows: int
    dropped: Dict[str, int]
    steps: List[plans.Step]


class Zones(NamedTuple):
    """Rows (Borough, Zone, rows): all, the most frequent, and the first ones of each borough with ``rank``."""

    all: List[Any]
    top: List[Any]
    ranked: List[Any]


def begin(source: reading.Source, args: argparse.Namespace) -> Tour:
    """Give the pickups with hour, base and zone, persisted: the one pass over the input."""
    tour = _read(source, args, multiline=False)
    if tour.dropped.pop("broken_quote"):
        tour.pickups.unpersist()
        tour = _read(source, args, multiline=True)
        tour.dropped.pop("broken_quote")
    return tour


def by_base(tour: Tour) -> List[Any]:
    """Give (base, rows), most first: a group is a wide step, for its rows have to come together."""
    grouped = tour.pickups.groupBy("base").agg(F.count(F.lit(1)).alias("rows")).orderBy(F.desc("rows"), "base")
    tour.steps.append(plans.step("group by base, order, limit, collect", "action", grouped.limit(100)))
    return grouped.limit(100).collect()


def by_zone(tour: Tour, top: int) -> Zones:
    """Give the zones by pickups; a window ranks those of each borough."""
    counted = tour.pickups.filter("LocationID is not null").groupBy("Borough", "Zone")
    zones = counted.agg(F.count(F.lit(1)).alias("rows"))
    order = Window.partitionBy("Borough").orderBy(F.desc("rows"), "Zone")
    ranked = zones.withColumn("rank", F.rank().over(order)).orderBy("Borough", "rank")
    tour.steps.append(plans.step("group by zone", "transformation", zones))
    tour.steps.append(plans.step("rank in the borough by a window, collect", "action", ranked))
    found = ranked.collect()  # as many as there are zones
    most = sorted(found, key=lambda row: (-row["rows"], row["Zone"]))[:top]
    return Zones(found, most, [row for row in found if row["rank"] <= RANKED])


def by_hour(tour: Tour) -> List[Tuple[int, int]]:
    """Give (hour, rows) by SQL on a view of the pickups."""
    view = "pickups_{}".format(id(tour))
    tour.pickups.createOrReplaceTempView(view)
    spark = tour.pickups.sparkSession
    counted = spark.sql("SELECT hour, count(*) AS rows FROM {} GROUP BY hour ORDER BY hour".format(view))  # noqa: S608 -- our own view
    tour.steps.append(plans.step("group by hour in SQL on a view, collect", "action", counted))
    found = [(row["hour"], row["rows"]) for row in counted.collect()]
    spark.catalog.dropTempView(view)
    return found


def timed(frame: DataFrame) -> DataFrame:
    """Give the rows with ``day`` and ``hour`` from ``time`` as 4/1/2014 0:11:00 or 2014-04-01 00:11; null otherwise."""
    parts = [F.regexp_extract("time", DATE, at) for at in range(1, 5)]
    month, day, year, hour = (F.lpad(part, 2, "0") if at != 2 else part for at, part in enumerate(parts))  # noqa: PLR2004 -- the year
    american = F.concat(year, F.lit("-"), month, F.lit("-"), day, F.lit(" "), hour)
    text = F.when(F.col("time").rlike(DATE), american).otherwise(F.regexp_replace("time", "T", " "))
    frame = frame.withColumn("text", F.substring(text, 1, 13))
    frame = frame.withColumn("day", F.expr("try_cast(substring(text, 1, 10) as date)"))
    return frame.withColumn("hour", F.expr("try_cast(substring(text, 12, 2) as int)")).drop("text", "time")


def near(frame: DataFrame, metres: int) -> DataFrame:
    """Give the rows with the ``LocationID`` of the nearest place within so many metres, else null.

    The zone table has no coordinates and the pickups no LocationID, so a pickup far from all places has no zone here.
    """
    places = F.array(
        *(
            F.struct(F.lit(zone).alias("zone"), F.lit(lat).alias("lat"), F.lit(lon).alias("lon"))
            for zone, _, lat, lon in nyc.places()
        )
    )
    nearest = F.array_min(F.transform(places, lambda place: F.struct(_distance(place).alias("m"), place["zone"])))
    found = frame.withColumn("nearest", nearest)
    inside = F.when(F.col("nearest")["m"] <= metres, F.col("nearest")["zone"])
    return found.withColumn("LocationID", inside).drop("nearest")


def with_zone(frame: DataFrame, zones: DataFrame) -> DataFrame:
    """Give the rows with Borough and Zone: the small table goes to all tasks, so no row of the large one moves."""
    return frame.join(F.broadcast(zones), "LocationID", "left")


def _read(source: reading.Source, args: argparse.Namespace, *, multiline: bool) -> Tour:
    held = _held(source, args, multiline=multiline)
    held.release()  # what is kept is the joined table
    words = dict(zip(NEEDED[2:], held.words))
    named = held.frame.select(
        F.col("numbers")[0].alias("lat"),
        F.col("numbers")[1].alias("lon"),
        F.col("w{}".format(words["Date/Time"])).alias("time"),
        F.col("w{}".format(words["Base"])).alias("base"),
        "reason",
    )
    known = named.transform(timed)
    zones = source.spark.createDataFrame(nyc.zones(), "LocationID int, Borough string, Zone string")
    located = known.transform(lambda frame: near(frame, args.within))
    joined = located.transform(lambda frame: with_zone(frame, zones))
    steps = [
        plans.step("read, select four columns", "transformation", named),
        plans.step("day and hour from the text", "transformation", known),
        plans.step("filter: the morning of the first of April", "transformation", known.filter(_morning())),
        plans.step("zone of the nearest place", "transformation", located),
        plans.step("join with the zone table, broadcast", "transformation", joined),
        plans.step(
            "the same join without broadcast", "not run", located.join(zones.hint("merge"), "LocationID", "left")
        ),
    ]
    return _counted(held, joined.persist(StorageLevel.MEMORY_AND_DISK), steps, args)


def _held(source: reading.Source, args: argparse.Namespace, *, multiline: bool) -> cells.Cells:
    _, names = reading.untyped(source)
    at = [reading.position(source, names, name, "an input with the column") for name in NEEDED]
    chosen = columns.Columns(names, None, (at[0], at[1]), (at[2], at[3]))
    return cells.of(source, chosen, seed=args.seed, multiline=multiline)


def _counted(held: cells.Cells, joined: DataFrame, steps: List[plans.Step], args: argparse.Namespace) -> Tour:
    """Give the tour with the rows that can be used; raises InputError when there are none."""
    untimed = F.col("day").isNull() | F.col("hour").isNull()
    reason = F.when((F.col("reason") == 0) & untimed, -1).otherwise(F.col("reason")).alias("reason")
    grouped = joined.groupBy(reason).agg(F.count(F.lit(1)).alias("rows"))
    steps.append(plans.step("count the rows by what is wrong, collect", "action", grouped))
    counts = {row["reason"]: row["rows"] for row in grouped.collect()}
    dropped = {**cells.tally(counts), "time": counts.get(-1, 0), "broken_quote": counts.get(cells.BROKEN_QUOTE, 0)}
    if not dropped["broken_quote"]:
        reading_faults.check_usable(held.table(), counts.get(0, 0) + dropped["time"], dropped, args.ragged)
        if not counts.get(0, 0):
            raise InputError(
                "no row of {} has a time as 4/1/2014 0:11:00 or 2014-04-01 00:11".format(held.source.uri),
                "the column Date/Time says when",
            )
    return Tour(joined.filter((F.col("reason") == 0) & ~untimed), counts.get(0, 0), dropped, steps)


def _morning() -> Column:
    return (F.month("day") == 4) & (F.dayofmonth("day") == 1) & (F.col("hour") < 12)  # noqa: PLR2004 -- as it says


def _distance(place: Column) -> Column:
    """Give metres on a map that is flat around the place: right to 0.1 % within some kilometres."""
    up = (F.col("lat") - place["lat"]) * METRES
    across = (F.col("lon") - place["lon"]) * METRES * F.cos(F.radians(place["lat"]))
    return F.sqrt(up * up + across * across)
