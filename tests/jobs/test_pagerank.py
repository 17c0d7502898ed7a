import functools
import gzip
import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs import pagerank as pagerank_workload
from jobs import workloads
from jobs.errors import InputError
from tests.jobs.tables import ROOT, KeptOutput, written

Run = Callable[..., dict[str, Any]]
SAMPLE = ROOT / "samples" / "python-imports.csv.gz"


@pytest.fixture
def pagerank(workload: Run) -> Run:
    return functools.partial(workload, "pagerank")


@pytest.fixture(scope="module")
def edges() -> list[tuple[str, str]]:
    """Eight vertices with two that no edge leaves, one that no edge reaches, a loop and a part of its own."""
    return [(pair[0], pair[1]) for pair in ("ab", "ac", "bc", "ca", "cd", "ee", "ef", "fg", "gf", "hd")]


def settled(edges: list[tuple[str, str]], damping: float = 0.85) -> dict[str, float]:
    """Give the ranks as the solution of their equations."""
    names = sorted({name for edge in edges for name in edge})
    follow = np.zeros((len(names), len(names)))
    for start, end in edges:
        follow[names.index(end), names.index(start)] = 1
    outs = follow.sum(axis=0)
    follow = np.where(outs > 0, follow / np.where(outs > 0, outs, 1), 1 / len(names))
    ranks = np.linalg.solve(np.eye(len(names)) - damping * follow, np.full(len(names), (1 - damping) / len(names)))
    return dict(zip(names, ranks, strict=True))


def listed(edges: list[tuple[str, str]], between: str = ",") -> list[str]:
    return [between.join(edge) for edge in edges]


def test_the_ranks_are_those_of_networkx(pagerank: Run, tmp_path: Path) -> None:
    networkx = pytest.importorskip("networkx")
    found = pagerank(SAMPLE, "--tolerance", "1e-6", output=KeptOutput(tmp_path))
    table = pd.read_csv(SAMPLE)
    graph = networkx.from_pandas_edgelist(table, *table.columns, create_using=networkx.DiGraph)
    wanted = pd.Series(networkx.pagerank(graph, tol=1e-12, max_iter=1000))
    got = pd.read_parquet(tmp_path / "ranks").set_index("name")
    assert (found["vertices"], found["edges"]) == (graph.number_of_nodes(), graph.number_of_edges())
    assert found["dangling"] == sum(not out for _, out in graph.out_degree())
    assert (got["rank"] - wanted).abs().max() < 1e-6
    assert (got["graphx"] - wanted).abs().max() < 1e-5
    assert found["top_vertices"] == pytest.approx(wanted.nlargest(20).to_dict(), abs=1e-6)
    assert got["ins"].to_dict() == dict(graph.in_degree())
    assert found["difference"] < 1e-5


def test_vertices_without_a_way_out_give_their_rank_to_all(
    pagerank: Run, tmp_path: Path, edges: list[tuple[str, str]]
) -> None:
    rows = ["start,end", *listed(edges), "a,b", "a,", "NA,b"]
    output, options = KeptOutput(tmp_path / "out"), ["--damping", "0.7", "--tolerance", "1e-6"]
    found = pagerank(written(tmp_path / "a.csv", "\n".join(rows)), *options, output=output)
    assert found["top_vertices"] == pytest.approx(settled(edges, 0.7), abs=1e-5)
    assert found["difference"] < 1e-5
    assert (found["vertices"], found["edges"], found["dangling"], found["repeated_edges"]) == (8, 10, 1, 1)
    assert found["dropped_rows"] == {"missing": 2, "ragged": 0}
    assert set(output.figures) == {"top", "settling"}
    assert not (tmp_path / "out" / "pagerank-steps").exists()


@pytest.mark.parametrize("between", ["\t", "comma and comments"])
def test_a_list_as_collections_publish_it_needs_no_options(
    pagerank: Run, tmp_path: Path, edges: list[tuple[str, str]], between: str
) -> None:
    lines = ["# Directed graph, 8 nodes", "", *listed(edges, between if len(between) == 1 else ", "), "% the end"]
    random.Random(3).shuffle(lines[2:])  # noqa: S311 -- an order
    packed = gzip.compress("\r\n".join(lines).encode())
    found = pagerank(
        written(tmp_path / "web.txt.gz", packed), "--tolerance", "1e-3", output=KeptOutput(tmp_path / "out")
    )
    assert found["top_vertices"] == pytest.approx(settled(edges), abs=5e-3)


def test_columns_are_taken_by_name_and_numbers_are_names_too(pagerank: Run, tmp_path: Path) -> None:
    pd.DataFrame({"weight": [0.5, 2], "to": [8, 7], "from": [7, 5_000_000_000]}).to_parquet(tmp_path / "a.parquet")
    arguments = ["--from", "from", "--to", "to", "--max-iter", "2"]
    found = pagerank(tmp_path / "a.parquet", *arguments, output=KeptOutput(tmp_path / "out"))
    assert list(found["top_vertices"]) == ["8", "7", "5000000000"]
    assert found["warnings"][0].startswith("not settled after 2 iterations: the last changed the ranks by ")


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("1,2\n2,3\n", [], "that is an edge"),
        ("a\nb\n", [], "no line of"),
        ("# nothing\n", [], "holds no edge"),
        ("a,b\n,x\n", [], "no row of"),
        ("a,b\n1,2\n", ["--to", "c"], "there is no column 'c'"),
        ("a,b\n1,2\n", ["--to", "a"], "to itself"),
        ("a,b\n1,2\n1,2,3\n", [], "1 rows do not fit the header"),
    ],
)
def test_what_is_no_list_of_edges_is_refused(
    pagerank: Run, tmp_path: Path, text: str, arguments: list[str], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        pagerank(written(tmp_path / "a.csv", text), *arguments)
    assert message in caught.value.message
    assert caught.value.hint


def test_by_spark_connect_it_says_that_there_is_no_graphx() -> None:
    session = SimpleNamespace(version="4.1.0")  # of Connect's, what matters is what it lacks
    with pytest.raises(InputError) as caught:
        pagerank_workload.run(session, workloads.parse("pagerank", ["--input", "edges.csv"]))
    assert "GraphX needs a classic session" in caught.value.message
