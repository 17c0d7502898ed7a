from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.preprocessing import StandardScaler

from jobs import reading, scene, workloads
from tests.jobs.tables import ROOT

pytestmark = pytest.mark.sklearn
SAMPLE = ROOT / "samples" / "sentinel2-pixels.csv.gz"
WEIGHT = 0.001  # of the penalty, the workload's default


def test_the_land_use_of_a_scene_is_told_as_by_scikit_learn(
    spark: Any, workload: Callable[..., dict[str, Any]]
) -> None:
    found = workload("image-analytics", SAMPLE)
    args = workloads.parse("image-analytics", ["--input", str(SAMPLE)])
    read = scene.read(reading.find(spark, args), args)
    known = read.frame.filter("label is not null").select("features", "label", "held").collect()
    read.release()
    features, label = np.array([row["features"].toArray() for row in known]), np.array([row["label"] for row in known])
    held = np.array([row["held"] for row in known])
    values = StandardScaler().fit(features[~held]).transform(features)
    peer = LogisticRegression(C=1 / (WEIGHT * (~held).sum()), max_iter=5000, tol=1e-6)
    guess = peer.fit(values[~held], label[~held]).predict(values[held])
    assert found["accuracy"] == pytest.approx(accuracy_score(label[held], guess), abs=0.01)
    f1 = dict(zip(found["classes"], f1_score(label[held], guess, average=None), strict=True))
    assert found["f1_by_class"] == pytest.approx(f1, abs=0.05)


def test_the_hectares_of_the_register_are_those_of_its_pixels(workload: Callable[..., dict[str, Any]]) -> None:
    frame = pd.read_csv(SAMPLE)
    found = workload("image-analytics", SAMPLE, "--classifier", "random-forest")
    assert sum(found["hectares"].values()) == pytest.approx(len(frame) / 100)
    assert sum(found["hectares_corrected"].values()) == pytest.approx(len(frame) / 100)
    assert found["classes"] == ["artificial surface", "forest", "grassland", "shrubland"]
    assert found["warnings"][0].startswith("'cultivated land' has only 11 pixels")
