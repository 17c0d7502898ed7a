from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error, r2_score

from tests.jobs.tables import ROOT, KeptOutput

pytestmark = pytest.mark.sklearn
WINE = ROOT / "samples" / "wine-quality.csv.gz"


def test_the_quality_of_wine_is_predicted_as_by_scikit_learn(
    workload: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    frame = pd.read_csv(WINE)
    frame["part"] = np.where(np.random.default_rng(4).random(len(frame)) < 0.25, "test", "train")
    frame.to_csv(tmp_path / "wine.csv", index=False)
    output = KeptOutput(tmp_path / "output")
    found = workload("pipeline", tmp_path / "wine.csv", "--label", "quality", "--split", "part", output=output)
    held = frame["part"] == "test"
    values = frame.drop(columns=["quality", "part"]).assign(colour=(frame["colour"] == "red").astype(float))
    peer = LinearRegression().fit(values[~held], frame["quality"][~held])
    guess = peer.predict(values[held])
    assert found["r2"] == pytest.approx(r2_score(frame["quality"][held], guess), abs=1e-3)
    assert found["rmse"] == pytest.approx(mean_squared_error(frame["quality"][held], guess) ** 0.5, abs=1e-3)
    names, weights = zip(*output.tables["coefficients"][1][1:], strict=True)
    assert list(names) == [*values.columns[:-1], "colour = red"]
    np.testing.assert_allclose(np.array(weights) * values[~held].std(), peer.coef_ * values[~held].std(), atol=1e-3)
