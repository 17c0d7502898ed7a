import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import InputError
from tests.jobs.tables import SAMPLE, written

Run = Callable[..., dict[str, Any]]
GOOD = "x,y\n1,1\n2,2\n9,9\n8,8\n"
NONE_DROPPED = {"missing": 0, "non_numeric": 0, "nan": 0, "infinite": 0, "ragged": 0}


def failure(kmeans: Run, path: Path | str, *arguments: str) -> InputError:
    with pytest.raises(InputError) as caught:
        kmeans(path, "--k", "2", "--restarts", "1", *arguments)
    assert caught.value.hint
    return caught.value


def rows(kmeans: Run, path: Path | str, *arguments: str) -> dict[str, Any]:
    return kmeans(path, "--k", "2", "--restarts", "1", *arguments)


def test_a_path_that_does_not_exist_is_named(kmeans: Run, tmp_path: Path) -> None:
    assert f"there is no file or folder {tmp_path}/gone.csv" in failure(kmeans, tmp_path / "gone.csv").message


def test_a_folder_without_data_files_is_refused(kmeans: Run, tmp_path: Path) -> None:
    written(tmp_path / "data" / "README.md", "nothing")
    written(tmp_path / "data" / "_SUCCESS", "")
    assert "holds no data file" in failure(kmeans, tmp_path / "data").message


def test_an_empty_file_is_refused(kmeans: Run, tmp_path: Path) -> None:
    assert "is empty (0 bytes)" in failure(kmeans, written(tmp_path / "a.csv", "")).message


def test_a_file_of_blank_lines_is_refused(kmeans: Run, tmp_path: Path) -> None:
    assert "is empty" in failure(kmeans, written(tmp_path / "a.csv", "\n\n\n")).message


def test_a_header_without_rows_is_refused(kmeans: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "x,y\n")
    assert "has a header but no rows" in failure(kmeans, path, "--features", "x,y").message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x,y\n1,\x002\n", "it holds binary data"),
        (b"\x01\x02\x03\x04\xff\xfe\xfd" * 50, "it holds binary data"),
        (gzip.compress(GOOD.encode()), "gzip data without .gz"),
        (b"PAR1....", "a Parquet file"),
    ],
    ids=["nul", "bytes", "gzip", "parquet"],
)
def test_a_binary_file_is_not_taken_for_csv(kmeans: Run, tmp_path: Path, content: bytes, message: str) -> None:
    found = failure(kmeans, written(tmp_path / "a.csv", content))
    assert message in found.message
    assert "a.csv" in found.message


def test_text_named_gz_is_not_taken_for_gzip(kmeans: Run, tmp_path: Path) -> None:
    assert "a.csv.gz cannot be read" in failure(kmeans, written(tmp_path / "a.csv.gz", GOOD)).message


def test_a_truncated_gzip_is_named(kmeans: Run, tmp_path: Path) -> None:
    whole = SAMPLE.read_bytes()
    written(tmp_path / "data" / "a.csv.gz", whole)
    written(tmp_path / "data" / "b.csv.gz", whole[: len(whole) * 3 // 4])
    found = failure(kmeans, tmp_path / "data", "--features", "Lat,Lon")
    assert "b.csv.gz cannot be read to its end" in found.message


def test_a_parquet_that_is_none_is_named(kmeans: Run, tmp_path: Path) -> None:
    found = failure(kmeans, written(tmp_path / "a.parquet", "x,y\n1,2\n" * 20))
    assert "a.parquet" in found.message
    assert "no Parquet file" in found.message


def test_a_ragged_row_is_named_with_file_line_and_content(kmeans: Run, tmp_path: Path) -> None:
    written(tmp_path / "data" / "a.csv", GOOD)
    written(tmp_path / "data" / "b.csv", "x,y\n1,1\n2,2,\x1b[31mred\n3\n")
    found = failure(kmeans, tmp_path / "data")
    assert "2 rows do not fit the header" in found.message
    assert "b.csv, line 3" in found.message
    assert "2,2,\\x1b[31mred" in found.message
    assert "--ragged drop" in found.hint


def test_ragged_rows_are_dropped_and_counted_on_request(kmeans: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", GOOD + "1,2,3\n4\n")
    found = rows(kmeans, path, "--ragged", "drop")
    assert (found["rows"], found["dropped_rows"]) == (4, {**NONE_DROPPED, "ragged": 2})


def test_a_missing_column_is_answered_with_the_columns_and_the_nearest(kmeans: Run) -> None:
    found = failure(kmeans, SAMPLE, "--features", "Lat,Long")
    assert "no column 'Long'" in found.message
    assert "Date/Time, Lat, Lon, Base" in found.message
    assert "--features Lon" in found.hint


def test_a_column_of_words_is_not_numeric(kmeans: Run) -> None:
    found = failure(kmeans, SAMPLE, "--features", "Lat,Base")
    assert "column 'Base'" in found.message
    assert "not numeric" in found.message


def test_a_table_without_numbers_is_refused(kmeans: Run, tmp_path: Path) -> None:
    assert "no column of" in failure(kmeans, written(tmp_path / "a.csv", "a,b\nu,v\nw,x\n")).message


def test_rows_that_cannot_be_used_are_counted_by_reason(kmeans: Run, tmp_path: Path) -> None:
    bad = ",1\nNA,1\nfive,1\nNaN,1\ninf,1\n-Infinity,1\n1e999,1\n"
    found = rows(kmeans, written(tmp_path / "a.csv", GOOD + bad), "--features", "x,y")
    assert found["rows"] == 4
    assert found["dropped_rows"] == {"missing": 2, "non_numeric": 1, "nan": 1, "infinite": 3, "ragged": 0}


def test_a_table_that_loses_all_its_rows_says_why(kmeans: Run, tmp_path: Path) -> None:
    found = failure(kmeans, written(tmp_path / "a.csv", "x,y\n1,\n2,\nnan,3\n"), "--features", "x,y")
    assert "2 missing, 1 nan" in found.message


def test_files_with_different_headers_are_both_named(kmeans: Run, tmp_path: Path) -> None:
    written(tmp_path / "data" / "a.csv", GOOD)
    written(tmp_path / "data" / "b.csv", "y,x\n1,2\n")
    found = failure(kmeans, tmp_path / "data")
    assert "a.csv has x,y" in found.message
    assert "b.csv has y,x" in found.message


def test_a_folder_of_csv_and_parquet_is_refused_unless_one_is_chosen(kmeans: Run, spark: Any, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    written(folder / "a.csv", GOOD)
    spark.createDataFrame([(1.0, 2.0)], "x double, y double").write.parquet(str(folder / "b.parquet"))
    assert "mixes CSV and Parquet" in failure(kmeans, folder).message
    assert rows(kmeans, folder, "--format", "csv")["rows"] == 4


def test_a_header_that_names_a_column_twice_is_refused(kmeans: Run, tmp_path: Path) -> None:
    assert "names column 'x' twice" in failure(kmeans, written(tmp_path / "a.csv", "x,x\n1,2\n")).message


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.rstrip("\n"),
        '"x","y"\n"1","1"\n2,2\n"9",9\n8,8\n',
        "x, y\n1, 1\n2, 2\n\n9, 9\n8, 8\n",
        '\ufeff"x",y,note\r\n1,1,"two ""words"", here"\r\n2,2,\r\n9,9,a\r\n8,8,b\r\n',
        'x,y,note\n1,1,"two\nlines"\n2,2,\n9,9,a\n8,8,"three\n\nlines"\n',
        'note,x,y\n"two\nlines",1,1\n,2,2\na,9,9\nb,8,8\n',
    ],
    ids=["bom", "crlf", "no last line end", "quotes", "spaces", "all", "line breaks last", "line breaks first"],
)
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_csv_in_the_forms_that_programs_write_is_read(kmeans: Run, tmp_path: Path, name: str, text: str) -> None:
    data = gzip.compress(text.encode()) if name.endswith("gz") else text.encode()
    found = rows(kmeans, written(tmp_path / name, data), "--features", "x,y")
    assert found["sizes"] == [2, 2]
    assert sorted(found["centres"]) == [[1.5, 1.5], [8.5, 8.5]]
    assert found["dropped_rows"] == NONE_DROPPED


def test_a_delimiter_and_a_missing_header_are_told(kmeans: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", GOOD.replace(",", "\t").split("\n", 1)[1])
    found = rows(kmeans, path, "--delimiter", "tab", "--no-header")
    assert (found["features"], found["rows"]) == (["c0", "c1"], 4)


def test_hidden_files_and_files_below_a_hidden_folder_are_ignored(kmeans: Run, tmp_path: Path) -> None:
    folder = tmp_path / "_data [1]" / "with space"
    written(folder / "part-0.csv", GOOD)
    written(folder / "more" / "part-1.csv.gz", gzip.compress(GOOD.encode()))
    written(folder / "_part-2.csv", "a\nb\n")
    written(folder / ".part-3.csv", "a\nb\n")
    written(folder / "_temporary" / "part-4.csv", "a\nb\n")
    assert rows(kmeans, folder)["rows"] == 8


def test_columns_with_dots_spaces_slashes_and_backticks_are_found(kmeans: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "v1.0,two words,a/b,c`d,\n1,2,3,4,x\n5,6,7,8,y\n")
    found = rows(kmeans, path, "--features", "v1.0,two words,a/b,c`d")
    assert found["features"] == ["v1.0", "two words", "a/b", "c`d"]
    assert found["rows"] == 2


def test_numeric_columns_are_found_by_their_content(kmeans: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "name,x,empty,y\nu,1,,1\nv,2,,oops\nw,3,,3\n")
    found = rows(kmeans, path)
    assert found["features"] == ["x", "y"]
    assert found["dropped_rows"]["non_numeric"] == 1


def test_parquet_types_that_are_numbers_are_features(kmeans: Run, spark: Any, tmp_path: Path) -> None:
    frame = spark.createDataFrame(
        [(1, 1.5, "a", True, None), (5, 2.5, "b", False, 2.0)], "i int, f float, s string, b boolean, d double"
    )
    frame.write.parquet(str(tmp_path / "p"))
    found = rows(kmeans, tmp_path / "p", "--k", "1")
    assert found["features"] == ["i", "f", "d"]
    assert found["dropped_rows"]["missing"] == 1


def test_a_parquet_column_of_dates_is_not_numeric(kmeans: Run, spark: Any, tmp_path: Path) -> None:
    spark.sql("select 1.0D as x, date'2014-04-01' as day").write.parquet(str(tmp_path / "p"))
    assert "it holds date" in failure(kmeans, tmp_path / "p", "--features", "x,day").message
