import subprocess
import sys
from pathlib import Path

import pytest

from jobs import workloads

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (["--k", "0"], "'0' is less than 1"),
        (["--k", "many"], "'many' is not a whole number"),
        (["--seed", "-1"], "'-1' is negative"),
        (["--seed", str(2**63)], "above the largest seed"),
        (["--restarts", "0"], "'0' is less than 1"),
        (["--max-iter", "0"], "'0' is less than 1"),
        (["--tolerance", "nan"], "not a finite number"),
        (["--features", "Lat,,Lon"], "empty column name"),
        (["--features", ""], "empty column name"),
        (["--features", "Lat,Lat"], "names column 'Lat' twice"),
        (["--delimiter", "::"], "not one character"),
        (["--engine", "magic"], "invalid choice: 'magic'"),
        (["--feat", "Lat"], "unrecognized arguments: --feat"),
    ],
)
def test_a_wrong_value_is_refused_with_its_reason(
    argument: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        workloads.parse("kmeans", ["--input", "x.csv", *argument])
    assert message in capsys.readouterr().err


def test_a_column_name_may_hold_a_comma_a_dot_a_space_and_a_slash() -> None:
    args = workloads.parse("kmeans", ["--input", "x", "--features", '"a,b", v1.0,Date/Time,two words'])
    assert args.features == ("a,b", "v1.0", "Date/Time", "two words")


def test_the_largest_seed_is_taken() -> None:
    assert workloads.parse("kmeans", ["--input", "x", "--seed", str(2**63 - 1)]).seed == 2**63 - 1


def test_checking_arguments_imports_neither_spark_nor_numpy() -> None:
    code = (
        "import sys; from jobs import workloads; workloads.parse('kmeans', ['--input', 'x']);"
        "print([name for name in ('pyspark', 'numpy', 'pandas', 'pyarrow', 'py4j') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
