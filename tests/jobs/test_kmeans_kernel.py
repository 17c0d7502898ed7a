import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import kmeans_kernel, kmeans_seeds, kmeans_summary

SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 60), st.integers(1, 7), st.integers(0, 2**32 - 1))


def data(width: int, rows: int, k: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give points as the kernel takes them, the same as rows, and centres."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(width, rows)).round(1)  # rounded: with duplicates and ties
    centres = random.normal(size=(2, k, width))
    return kmeans_kernel.augmented(values, np.zeros(width), np.ones(width)), values.T, centres


def squares(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return ((rows[:, None, :] - centres[None]) ** 2).sum(axis=2)


@settings(max_examples=60, deadline=None)
@given(SHAPES)
def test_totals_equal_those_of_the_plain_definition(shape: tuple[int, int, int, int]) -> None:
    points, rows, centres = data(*shape)
    found = kmeans_kernel.totals(points, centres)
    for one, total in zip(centres, found, strict=True):
        labels = squares(rows, one).argmin(axis=1)
        for at in range(len(one)):
            np.testing.assert_allclose(total[at, :-1], rows[labels == at].sum(axis=0), atol=1e-9)
            assert total[at, -1] == (labels == at).sum()


@settings(max_examples=60, deadline=None)
@given(SHAPES)
def test_scores_hold_the_cost(shape: tuple[int, int, int, int]) -> None:
    points, rows, centres = data(*shape)
    costs = kmeans_kernel.scores(points, centres)[:, :, -1].sum(axis=1)
    np.testing.assert_allclose(costs, [squares(rows, one).min(axis=1).sum() for one in centres])


@settings(max_examples=60, deadline=None)
@given(SHAPES)
def test_silhouettes_equal_those_from_all_pairs(shape: tuple[int, int, int, int]) -> None:
    points, rows, centres = data(*shape)
    labels = kmeans_kernel.nearest(points, centres[0])
    if len(set(labels)) < 2:
        return
    found = kmeans_kernel.silhouettes(points, labels, kmeans_kernel.scores(points, centres)[0], centres[0])
    np.testing.assert_allclose(found, pairwise_silhouettes(rows, labels), atol=1e-6)


def pairwise_silhouettes(rows: np.ndarray, labels: np.ndarray) -> list[float]:
    distance = squares(rows, rows)
    found = []
    for at, label in enumerate(labels):
        others = (labels == label) & (np.arange(len(labels)) != at)
        if not others.any():
            found.append(0.0)
            continue
        inside = distance[at, others].mean()
        outside = min(distance[at, labels == other].mean() for other in set(labels) - {label})
        found.append((outside - inside) / max(inside, outside) if max(inside, outside) > 0 else 0.0)
    return found


def test_weights_count_as_repeated_points() -> None:
    points, _, centres = data(2, 20, 3, 1)
    weights = np.arange(20) % 4
    repeated = np.repeat(points, weights, axis=1)
    expected = kmeans_kernel.totals(repeated, centres)
    np.testing.assert_allclose(kmeans_kernel.totals(points, centres, weights), expected, atol=1e-12)


def test_of_equally_near_centres_the_first_is_taken() -> None:
    points = kmeans_kernel.augmented(np.array([[0.0, 0.0]]), np.zeros(1), np.ones(1))
    assert kmeans_kernel.nearest(points, np.array([[1.0], [-1.0], [1.0]])).tolist() == [0, 0]


def test_more_centres_than_a_byte_counts_are_told_apart() -> None:
    values = np.arange(300.0)[None]
    points = kmeans_kernel.augmented(values, np.zeros(1), np.ones(1))
    assert kmeans_kernel.nearest(points, values.T).tolist() == list(range(300))


def sampled(parts: list[np.ndarray], limit: int, seed: int = 1) -> kmeans_seeds.Sample:
    sampler = kmeans_seeds.Sampler(parts[0].shape[0], seed, limit)
    for part in parts:
        sampler.add(part)
    return sampler.result()


def test_the_sample_does_not_depend_on_order_or_blocks() -> None:
    values = np.random.default_rng(1).integers(0, 40, size=(2, 3000)).astype(float)
    shuffled = values[:, np.random.default_rng(2).permutation(3000)]
    whole, pieces = sampled([values], 100), sampled(np.array_split(shuffled, 37, axis=1), 100)
    for left, right in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(left, right)


def test_the_sample_counts_every_occurrence_of_its_rows() -> None:
    values = np.random.default_rng(1).integers(0, 40, size=(2, 3000)).astype(float)
    found = sampled(np.array_split(values, 37, axis=1), 100)
    for row, count in zip(found.values.T, found.counts, strict=True):
        assert count == (row == values.T).all(axis=1).sum()


def test_another_seed_draws_another_sample() -> None:
    values = np.random.default_rng(1).normal(size=(2, 3000))
    assert set(sampled([values], 100, 1).values[0]) != set(sampled([values], 100, 2).values[0])


def test_a_sample_below_its_limit_holds_every_distinct_row() -> None:
    values = np.random.default_rng(1).integers(0, 5, size=(2, 3000)).astype(float)
    assert len(sampled(np.array_split(values, 7, axis=1), 100).counts) == 25


def test_a_centre_without_points_moves_to_the_farthest_point() -> None:
    points = kmeans_kernel.augmented(np.array([[0.0, 1.0, 50.0]]), np.zeros(1), np.ones(1))
    centres = np.array([[[0.0], [1000.0]]])
    totals = kmeans_kernel.totals(points, centres)
    assert kmeans_seeds.means(totals, centres, points)[0, 1, 0] == 50.0


def test_moments_of_pieces_are_those_of_the_whole_without_cancelling() -> None:
    values = 1e9 + np.random.default_rng(1).normal(size=(2, 5000))
    blocks = [(np.zeros(7), part) for part in np.array_split(values, 9, axis=1)]
    (found,) = kmeans_summary.summarized(blocks, 2, 1, 10)
    np.testing.assert_allclose(found.moments.mean, values.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.moments.deviations / 5000, values.var(axis=1), rtol=1e-5)
