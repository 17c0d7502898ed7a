import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jobs.errors import InputError
from tests.jobs.tables import ROOT, SAMPLE, KeptOutput, written

Run = Callable[..., dict[str, Any]]
DAY = 86_400
# A job of its own, so that it can be killed with its Java.
JOB = """
import sys
from pathlib import Path
from pyspark.sql import SparkSession
from jobs import workloads
from tests.jobs.tables import KeptOutput

builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
spark = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
args = workloads.parse("streaming", sys.argv[2:])
args.output = KeptOutput(Path(sys.argv[1]))
workloads.load("streaming").run(spark, args)
"""


@pytest.fixture
def stream(workload: Run) -> Run:
    return functools.partial(workload, "streaming")


def by_window(output: KeptOutput) -> dict[str, int]:
    return {row[0][:10]: row[2] for row in output.tables["windows"][1]}


def by_pandas(path: Path) -> dict[str, int]:
    times = pd.to_datetime(pd.read_csv(path)["Date/Time"], format="%m/%d/%Y %H:%M:%S")
    counts: Any = times.dt.date.value_counts()
    return {str(day): rows for day, rows in counts.items()}


def minutes(*numbers: int) -> str:
    return "\n".join(["time,x", *(f"2024-05-01T10:{number:02d}:00,1" for number in numbers), ""])


def come(folder: Path, *files: str) -> Path:
    """Write files one after the other; Spark takes them by the time of their writing."""
    for number, text in enumerate(files):
        path = written(folder / f"{9 - number}.csv", text)
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    return folder


def test_the_counts_are_those_of_pandas_when_nothing_is_too_late(stream: Run, tmp_path: Path) -> None:
    output = KeptOutput(tmp_path)
    found = stream(SAMPLE, "--files", "3", "--watermark", "40 days", output=output)
    assert by_window(output) == by_pandas(SAMPLE)
    assert (found["records"], found["counted"], found["late"], found["windows"]) == (25_000, 25_000, 0, 30)
    assert (found["batches"], found["batches_before"], found["files"]) == (3, 0, 3)
    assert [row[1] for row in output.tables["batches"][1]] == [
        len(pd.read_csv(next((tmp_path / "stream" / "arriving" / f"000{number}").glob("*.csv")))) for number in range(3)
    ]
    assert sum(row["records"] for row in output.figures["counts"]["data"]["values"]) == 25_000
    assert found["records_per_second"] > 0


def test_a_record_later_than_the_watermark_is_in_no_window(stream: Run, tmp_path: Path) -> None:
    folder = come(tmp_path / "in", minutes(0, 1, 2), minutes(20, 3), minutes(21, 4), minutes(22, 5, 21), minutes(6, 23))
    options = ["--window", "1 minute", "--watermark", "5 minutes", "--checkpoint", str(tmp_path / "c")]
    found = stream(folder, *options)
    # In the second file 10:03 is old, but the watermark moves with the end of a batch; Spark 3.4 and later hold it back
    # for one batch more.
    assert found["records"] == 12
    assert found["late"] in {2, 3}
    assert found["counted"] == 12 - found["late"] == found["windows"] + 1


def test_rows_without_a_time_are_counted_by_reason(stream: Run, tmp_path: Path) -> None:
    text = "id,started at\n1,4/1/2014 0:11\n2,2014-04-01T00:12:30Z\n3,\n4,NA\n5,noon\n6,2014-04-01 00:13:00\n"
    output = KeptOutput(tmp_path / "out")
    found = stream(written(tmp_path / "a.csv", text), "--time", "started at", "--files", "1", output=output)
    assert (found["records"], found["dropped_rows"]) == (3, {"missing": 2, "no_time": 1})
    assert by_window(output) == {"2014-04-01": 3}


def test_a_second_run_counts_only_the_files_that_are_new(stream: Run, tmp_path: Path) -> None:
    folder = come(tmp_path / "in", minutes(0, 0, 1))
    options = ["--window", "1 minute", "--watermark", "1 hour", "--checkpoint", str(tmp_path / "c")]
    assert stream(folder, *options)["counted"] == 3
    written(folder / "later.csv", minutes(1, 2))
    written(folder / "notes.txt", "no data")
    output = KeptOutput(tmp_path / "out")
    found = stream(folder, *options, output=output)
    assert (found["records"], found["counted"], found["batches"], found["batches_before"]) == (5, 5, 1, 1)
    assert {row[0][-5:]: row[2] for row in output.tables["windows"][1]} == {"00:00": 2, "01:00": 2, "02:00": 1}
    found = stream(folder, *options)
    assert (found["counted"], found["batches"], found["records_per_second"]) == (5, 0, None)


def test_a_checkpoint_of_another_stream_is_refused(stream: Run, tmp_path: Path) -> None:
    folder = come(tmp_path / "in", minutes(0))
    place = str(tmp_path / "c")
    stream(folder, "--window", "1 minute", "--checkpoint", place)
    with pytest.raises(InputError) as caught:
        stream(folder, "--window", "2 minutes", "--checkpoint", place)
    assert "its window is 60, not 120" in caught.value.message


def test_parquet_comes_as_well(stream: Run, tmp_path: Path) -> None:
    times = pd.date_range("2024-05-01", periods=6, freq="12h")
    for number in range(2):
        (tmp_path / "in").mkdir(exist_ok=True)
        frame = pd.DataFrame(
            {"value": range(3), "timestamp": times[3 * number : 3 * number + 3].astype("datetime64[us]")}
        )
        frame.to_parquet(tmp_path / "in" / f"{number}.parquet", index=False)
    output = KeptOutput(tmp_path / "out")
    assert stream(tmp_path / "in", "--files-per-batch", "2", output=output)["batches"] == 1
    assert by_window(output) == {"2024-05-01": 2, "2024-05-02": 2, "2024-05-03": 2}


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("a,b\n1,2\n", [], "no column of"),
        ("date,b\nnoon,2\n", [], "it holds 'noon'"),
        ("date,b\n,2\n", [], "no row of"),
        ("date,b\n2024-05-01,2\n", ["--time", "dat"], "there is no column 'dat'"),
    ],
)
def test_an_input_without_times_is_refused(
    stream: Run, tmp_path: Path, text: str, arguments: list[str], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        stream(written(tmp_path / "a.csv", text), *arguments, output=KeptOutput(tmp_path / "out"))
    assert message in caught.value.message
    assert caught.value.hint


def test_after_kill_9_in_the_middle_every_record_counts_once(stream: Run, tmp_path: Path) -> None:
    place = tmp_path / "checkpoint"
    options = ["--files", "16", "--watermark", "40 days", "--checkpoint", str(place)]
    with job(tmp_path / "killed", "--input", str(SAMPLE), *options) as process:
        until((place / "query" / "commits" / "2").exists, process)
        os.killpg(process.pid, signal.SIGKILL)
    done = len([path for path in (place / "query" / "commits").iterdir() if path.name.isdigit()])
    output = KeptOutput(tmp_path / "second")
    found = stream(SAMPLE, *options, output=output)
    assert by_window(output) == by_pandas(SAMPLE)
    assert (found["counted"], found["late"]) == (25_000, 0)
    assert found["batches_before"] == done
    # A file that the killed job had seen, but had put into no batch yet, comes together with the next one.
    assert found["batches"] in {15 - done, 16 - done}
    assert 0 < found["batches"] < 14


@contextlib.contextmanager
def job(output: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    argv = [sys.executable, "-c", JOB, str(output), *arguments]
    process = subprocess.Popen(argv, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(condition: Callable[[], bool], process: "subprocess.Popen[bytes]", seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "the job ended before it could be killed"
        assert time.monotonic() < deadline, "the stream did not begin"
        time.sleep(0.05)
