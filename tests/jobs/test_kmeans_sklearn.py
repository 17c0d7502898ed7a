from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans

from tests.jobs.tables import SAMPLE

pytestmark = pytest.mark.sklearn


def clustered(points: np.ndarray, **settings: Any) -> Any:
    return KMeans(8, **settings).fit(points)


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_the_cost_is_within_half_a_percent_of_the_best_of_ten(
    kmeans: Callable[..., dict[str, Any]], uber: np.ndarray, seed: str
) -> None:
    best = clustered(uber, n_init=10, random_state=int(seed)).inertia_
    assert kmeans(SAMPLE, "--seed", seed)["cost"] <= best * 1.005


def test_the_result_is_a_fixed_point_of_lloyds_algorithm(
    kmeans: Callable[..., dict[str, Any]], uber: np.ndarray
) -> None:
    found = kmeans(SAMPLE, "--tolerance", "0", "--max-iter", "300")
    peer = clustered(uber, init=np.array(found["centres"]), n_init=1, tol=0)
    assert found["cost"] == pytest.approx(peer.inertia_, rel=1e-9)
    np.testing.assert_allclose(found["centres"], peer.cluster_centers_, atol=1e-9)
    assert found["sizes"] == np.bincount(peer.labels_).tolist()
