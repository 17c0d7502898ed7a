"""What every notebook needs: a Spark session, the samples, and workloads whose figures and tables show up in place."""

import argparse
import contextlib
import html
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from IPython.display import HTML, display

import jobs
from jobs import workloads
from launcher import java, samples

CORES = 2
JOBS = str(Path(jobs.__file__).parents[1])  # where Spark's Python tasks find the workloads
LOG = Path(__file__).with_name("log4j2.properties")
PROPERTIES = {
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={LOG.as_uri()}",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
DEEP = Path(sys.prefix) / "deep" / "bin" / "python"  # where `make deep` puts PyTorch and TensorFlow
VEGA_LITE = "application/vnd.vegalite.v5+json"
SHOWN = 20  # rows of a table


class Shown:
    """Takes what a workload writes, as jobs.output.Output does, and shows it below the cell; models go to a folder."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="firesteel-"))

    @contextlib.contextmanager
    def phase(self, _name: str) -> Iterator[None]:
        """Run what is inside: on a cluster its seconds are written down."""
        yield

    def uri(self, name: str) -> str:
        """Give the URI of ``name`` in the folder."""
        return (self.folder / name).as_uri()

    def figure(self, name: str, spec: dict[str, Any]) -> None:
        """Show a Vega-Lite specification."""
        show(spec, name)

    def table(self, name: str, columns: list[str], rows: list[list[Any]]) -> None:
        """Show the first rows of a table."""
        display(HTML(_table(name, columns, rows[:SHOWN])))


def session(python: Path | str = sys.executable, **properties: str) -> Any:
    """Give a Spark session on this machine, on two of its cores; ``python`` runs its Python tasks."""
    from pyspark.sql import SparkSession

    os.environ["JAVA_HOME"] = str(java.find().home)
    os.environ["PYSPARK_PYTHON"] = str(python)
    os.environ["PYTHONPATH"] = JOBS
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master(f"local[{CORES}]").appName("notebook")
    for name, value in (PROPERTIES | properties).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def sample(name: str) -> str:
    """Give the path of a sample: `launcher workloads -v` lists them."""
    return str(samples.path(name))


def arguments(name: str, *given: str) -> argparse.Namespace:
    """Give a workload's arguments as the launcher would: with its own sample where no ``--input`` is given."""
    own = [] if "--input" in given else ["--input", sample(workloads.WORKLOADS[name].sample)]
    args = workloads.parse(name, [*own, *given])
    args.output = Shown()
    return args


def run(spark: Any, name: str, *given: str) -> dict[str, Any]:
    """Run a workload here, show its figures and tables, and give its metrics."""
    return workloads.load(name).run(spark, arguments(name, *given))


def show(spec: dict[str, Any], title: str = "") -> None:
    """Show a Vega-Lite specification below the cell."""
    display({VEGA_LITE: {"title": title, **spec}, "text/plain": title or "figure"}, raw=True)


def _table(name: str, columns: list[str], rows: list[list[Any]]) -> str:
    head = "".join(f"<th>{html.escape(str(column))}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>" for row in rows
    )
    return f"<table><caption>{html.escape(name)}</caption><tr>{head}</tr>{body}</table>"


def _cell(value: Any) -> str:
    return html.escape(f"{value:.4g}" if isinstance(value, float) else str(value))
