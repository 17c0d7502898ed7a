import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs import workloads
from tests.jobs.tables import KeptOutput, written

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def learn(workload: Run) -> Run:
    return functools.partial(workload, "one-vs-rest")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a table of three classes around three places."""
    random = np.random.default_rng(3)
    classes = random.integers(3, size=600)
    places = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])[classes] + random.normal(size=(600, 2))
    rows = [f"{x!r},{y!r},{'abc'[c]}" for (x, y), c in zip(places.tolist(), classes.tolist(), strict=True)]
    return written(tmp_path_factory.mktemp("three") / "a.csv", "\n".join(["x,y,class", *rows, ""]))


def test_each_classifier_tells_the_classes_apart_and_the_best_comes_first(learn: Run, three: Path) -> None:
    output = KeptOutput()
    every = "logistic-regression,linear-svc,random-forest,decision-tree"
    found = learn(three, "--classifiers", every, output=output)
    assert sorted(found["accuracies"]) == sorted(every.split(","))
    assert all(accuracy > 0.85 for accuracy in found["accuracies"].values())
    assert found["accuracy"] == max(found["accuracies"].values()) == found["accuracies"][found["classifier"]]
    assert list(found["f1_by_class"]) == found["classes"] == ["a", "b", "c"]
    assert set(output.figures) == {"confusion", "f1"}
    assert output.tables["f1"][0] == ["class", *every.split(",")]


def test_the_predictions_are_those_of_mllibs_own_model(spark: Any, three: Path) -> None:
    from pyspark.ml.classification import LinearSVC, OneVsRest

    from jobs import labelled, one_vs_rest_models, reading

    args = workloads.parse("one-vs-rest", ["--input", str(three)])
    data = labelled.prepare(reading.find(spark, args), args)
    model = OneVsRest(classifier=LinearSVC(maxIter=20)).fit(data.train.select("features", "label"))
    known = {row["key"]: row["prediction"] for row in model.transform(data.test.select("features", "key")).collect()}
    found = one_vs_rest_models.predicted(model, data.test).collect()
    data.release()
    assert {row["key"]: row["prediction"] for row in found} == known


def test_a_classifier_that_is_not_known_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        workloads.parse("one-vs-rest", ["--input", "x", "--classifiers", "magic"])
    assert "'magic' is none of logistic-regression" in capsys.readouterr().err
