"""Beside scikit-learn, on a split that the test makes itself."""

import functools
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score
from sklearn.preprocessing import StandardScaler

from tests.jobs.tables import ROOT, KeptOutput

pytestmark = pytest.mark.sklearn
Run = Callable[..., dict[str, Any]]
WINE, STATLOG = ROOT / "samples" / "wine-quality.csv.gz", ROOT / "samples" / "statlog-landsat.csv.gz"


@pytest.fixture
def learn(workload: Run) -> Run:
    return functools.partial(workload, "logistic-regression")


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give 30,000 rows of ten numbers on very different scales, and their class."""
    random = np.random.default_rng(11)
    values = random.normal(size=(30_000, 10)) * np.logspace(-3, 3, 10) + np.linspace(-50, 2000, 10)
    standard = (values - values.mean(axis=0)) / values.std(axis=0)
    label = standard @ random.normal(size=10) + random.logistic(size=len(values)) > 0.5
    frame = pd.DataFrame(values, columns=[f"x{at}" for at in range(10)])
    frame["part"] = np.where(random.random(len(values)) < 0.25, "test", "train")
    frame["label"] = label.astype(int)
    path = tmp_path_factory.mktemp("big") / "big.csv"
    frame.to_csv(path, index=False)
    return path


def parts(path: Path, label: str = "label") -> tuple[Any, Any, Any, Any]:
    frame = pd.read_csv(path)
    held = frame["part"] == "test"
    values = frame.drop(columns=["part", label])
    return values[~held], frame[label][~held], values[held], frame[label][held]


def test_two_classes_are_learned_as_by_the_maximum_of_the_likelihood(learn: Run, big: Path) -> None:
    train, known, test, truth = parts(big)
    found = learn(big, "--split", "part")
    scaler = StandardScaler().fit(train)
    peer = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(scaler.transform(train), known)
    np.testing.assert_allclose(np.array(found["coefficients"]) * scaler.scale_, peer.coef_[0], atol=1e-3)
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, peer.predict(scaler.transform(test))), abs=1e-3)
    scores = peer.decision_function(scaler.transform(test))
    assert found["auc"] == pytest.approx(roc_auc_score(truth, scores), abs=1e-4)
    assert found["f1"] == pytest.approx(f1_score(truth, peer.predict(scaler.transform(test))), abs=2e-3)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_penalty_is_the_elastic_net_on_standardized_features(learn: Run, big: Path, share: float) -> None:
    train, known, _, _ = parts(big)
    found = learn(
        big, "--split", "part", "--regularisation", "0.02", "--elastic-net", str(share), "--tolerance", "1e-9"
    )
    spread = train.to_numpy().std(axis=0, ddof=1)
    standard = (train.to_numpy() - train.to_numpy().mean(axis=0)) / spread
    peer = LogisticRegression(
        C=1 / (0.02 * len(train)), l1_ratio=share, solver="saga", tol=1e-7, max_iter=2000, random_state=1
    ).fit(standard, known)
    np.testing.assert_allclose(np.array(found["coefficients"]) * spread, peer.coef_[0], atol=1e-3)


def test_six_classes_are_told_apart_as_well(learn: Run) -> None:
    found = learn(STATLOG, "--split", "split", "--max-iter", "300")
    frame = pd.read_csv(STATLOG)
    held = frame["split"] == "test"
    values = StandardScaler().fit(frame[~held].iloc[:, :36]).transform(frame.iloc[:, :36])
    peer = LogisticRegression(C=np.inf, max_iter=2000).fit(values[~held], frame["class"][~held])
    truth = frame["class"][held]
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, peer.predict(values[held])), abs=0.01)
    f1 = dict(zip(peer.classes_, f1_score(truth, peer.predict(values[held]), average=None), strict=True))
    assert found["f1_by_class"] == pytest.approx(f1, abs=0.02)
    assert np.shape(found["coefficients"]) == (6, 36)
    assert "auc" not in found


def test_the_loss_of_a_fold_is_scikit_learns(learn: Run, big: Path, spark: Any) -> None:

    from jobs import labelled, reading, splitting, workloads

    output = KeptOutput()
    arguments = ["--input", str(big), "--split", "part", "--cross-validate", "2", "--regularisation", "0.1"]
    learn(*arguments[1:], output=output)
    args = workloads.parse("logistic-regression", arguments)
    data = labelled.prepare(reading.find(spark, args), args)
    rows = data.train.select("features", "label", splitting.folds(2).alias("fold")).toPandas()
    data.release()
    values, losses = np.stack([vector.toArray() for vector in rows["features"]]), []
    for fold in range(2):
        inside = (rows["fold"] != fold).to_numpy()
        spread, mean = values[inside].std(axis=0, ddof=1), values[inside].mean(axis=0)
        peer = LogisticRegression(C=1 / (0.1 * inside.sum()), tol=1e-8, max_iter=1000)
        peer.fit((values[inside] - mean) / spread, rows["label"][inside])
        losses.append(log_loss(rows["label"][~inside], peer.predict_proba((values[~inside] - mean) / spread)))
    assert output.tables["regularisation"][1][0][1] == pytest.approx(np.mean(losses), abs=1e-4)


def test_the_colour_of_a_wine_is_told_from_its_chemistry(learn: Run) -> None:
    with gzip.open(WINE, "rt", encoding="utf-8") as lines:
        rows = len(lines.readlines()) - 1
    found = learn(WINE, "--label", "colour")
    assert found["rows"] == rows
    assert found["accuracy"] > 0.98
    assert found["auc"] > 0.99
