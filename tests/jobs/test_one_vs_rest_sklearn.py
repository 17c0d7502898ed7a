from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

from tests.jobs.tables import ROOT

pytestmark = pytest.mark.sklearn
STATLOG = ROOT / "samples" / "statlog-landsat.csv.gz"
FEATURES = ["c_b1", "c_b2", "c_b3", "c_b4"]


def test_the_soil_of_landsat_pixels_is_told_as_by_scikit_learn(workload: Callable[..., dict[str, Any]]) -> None:
    arguments = ["--split", "split", "--features", ",".join(FEATURES), "--classifiers", "logistic-regression"]
    found = workload("one-vs-rest", STATLOG, *arguments)
    frame = pd.read_csv(STATLOG)
    held = frame["split"] == "test"
    values = StandardScaler().fit(frame[~held][FEATURES]).transform(frame[FEATURES])
    peer = OneVsRestClassifier(LogisticRegression(C=np.inf, max_iter=1000)).fit(values[~held], frame["class"][~held])
    truth, guess = frame["class"][held], peer.predict(values[held])
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, guess), abs=0.01)
    f1 = dict(zip(found["classes"], f1_score(truth, guess, average=None, labels=found["classes"]), strict=True))
    assert found["f1_by_class"] == pytest.approx(f1, abs=0.02)
