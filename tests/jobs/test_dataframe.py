import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs import nyc
from jobs.errors import InputError
from tests.jobs.tables import SAMPLE, KeptOutput, written

Run = Callable[..., dict[str, Any]]
EARTH = 6_371_000.0


@pytest.fixture
def tour(workload: Run) -> Run:
    return functools.partial(workload, "dataframe")


def great_circle(lat: Any, lon: Any, place: tuple[float, float]) -> Any:
    """Give metres by the haversine formula."""
    up, across = np.radians(lat - place[0]) / 2, np.radians(lon - place[1]) / 2
    inside = np.sin(up) ** 2 + np.cos(np.radians(lat)) * np.cos(np.radians(place[0])) * np.sin(across) ** 2
    return 2 * EARTH * np.arcsin(np.sqrt(inside))


def test_the_counts_are_those_of_pandas_and_of_great_circles(tour: Run) -> None:
    output = KeptOutput()
    found = tour(SAMPLE, output=output)
    frame = pd.read_csv(SAMPLE)
    assert found["rows"] == len(frame)
    assert found["bases"] == frame["Base"].value_counts().to_dict()
    hours = pd.to_datetime(frame["Date/Time"], format="%m/%d/%Y %H:%M:%S").dt.hour
    assert found["busiest_hour"] == hours.value_counts().idxmax()
    assert [row["value"] for row in output.figures["hours"]["data"]["values"]] == [*hours.value_counts().sort_index()]
    distances = np.array([great_circle(frame["Lat"], frame["Lon"], place[2:]) for place in nyc.places()])
    names = {zone: name for zone, _, name in nyc.zones()}
    nearest = pd.Series([names[nyc.places()[at][0]] for at in distances.argmin(axis=0)])
    known: Any = nearest.loc[distances.min(axis=0) <= 1000].value_counts()
    # A flat map and a round earth differ by a few metres in a thousand, so by a few pickups at the edge.
    assert found["near_rows"] == pytest.approx(known.sum(), rel=0.005)
    assert found["top_zones"] == pytest.approx(known[list(found["top_zones"])].to_dict(), rel=0.02)


def test_each_step_tells_whether_rows_have_to_move(tour: Run) -> None:
    output = KeptOutput()
    tour(SAMPLE, output=output)
    steps = {row[0]: row[1:] for row in output.tables["steps"][1]}
    assert steps["zone of the nearest place"][:4] == ["transformation", "narrow", 0, 0]
    assert steps["join with the zone table, broadcast"][1:4] == ["narrow", 0, 1]
    assert steps["the same join without broadcast"][1:4] == ["wide", 2, 0]
    assert steps["group by hour in SQL on a view, collect"][:3] == ["action", "wide", 2]
    assert "Exchange" in steps["group by zone"][4]


def test_every_place_lies_in_a_zone_and_every_zone_is_there_once() -> None:
    zones = [zone for zone, _, _ in nyc.zones()]
    assert zones == list(range(1, 266))
    assert {zone for zone, _, _, _ in nyc.places()} <= set(zones)
    assert all(40 < lat < 41.2 and -74.3 < lon < -73.5 for _, _, lat, lon in nyc.places())


def test_rows_without_time_or_place_are_counted_and_left_out(tour: Run, tmp_path: Path) -> None:
    rows = ["4/1/2014 0:11:00,40.758,-73.9855,B1", "2014-04-01T23:59:59,40.758,-73.9855,B1", "4/31/2014 1:00:00,1,1,B2"]
    rows += ["noon,40.7,-74,B2", ",40.7,-74,B2", "4/1/2014 1:00:00,,-74,B2", "4/1/2014 1:00:00,x,-74,B2"]
    found = tour(written(tmp_path / "a.csv", "\n".join(["Date/Time,Lat,Lon,Base", *rows, ""])))
    assert (found["rows"], found["near_rows"], found["bases"]) == (2, 2, {"B1": 2})
    assert found["top_zones"] == {"Times Sq/Theatre District": 2}
    assert {name: count for name, count in found["dropped_rows"].items() if count} == {
        "missing": 2,
        "non_numeric": 1,
        "time": 2,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Date/Time,Lat,Long,Base\n1,2,3,4\n", "there is no column 'Lon'"),
        ("Date/Time,Lat,Lon,Base\nnoon,2,3,4\n", "no row of"),
        ("Date/Time,Lat,Lon,Base\n4/1/2014 0:11:00,x,3,4\n", "column 'Lat'"),
        ("Date/Time,Lat,Lon,Base\n", "has a header but no rows"),
    ],
)
def test_another_table_is_refused(tour: Run, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        tour(written(tmp_path / "a.csv", text))
    assert message in caught.value.message
    assert caught.value.hint
