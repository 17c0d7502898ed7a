import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import schedule

ROWS = st.integers(1, 2000)
WORKERS = st.integers(1, 60)


@settings(deadline=None)  # the machine may be busy
@given(rows=ROWS, size=st.integers(1, 300), seed=st.integers(0, 2**63 - 1))
def test_an_epoch_has_every_row_once(rows: int, size: int, seed: int) -> None:
    order = np.concatenate(list(schedule.batches(rows, size, seed, 0)))
    assert sorted(order) == list(range(rows))


@settings(deadline=None)  # the machine may be busy
@given(rows=ROWS, workers=WORKERS)
def test_every_row_has_one_owner(rows: int, workers: int) -> None:
    owned = [schedule.owned(rows, rank, workers) for rank in range(workers)]
    assert sorted(np.concatenate(owned)) == list(range(rows))


@settings(deadline=None)  # the machine may be busy
@given(rows=st.integers(200, 2000), workers=st.integers(1, 12))
def test_workers_have_equal_parts_of_a_batch_within_a_few_rows(rows: int, workers: int) -> None:
    batch = next(schedule.batches(rows, 96, 1, 0))
    sizes = [sum(map(len, schedule.parts(batch, rank, workers))) for rank in range(workers)]
    assert sum(sizes) == len(batch)
    assert max(sizes) - min(sizes) <= 8


@pytest.mark.parametrize("workers", [2, 4])
def test_a_lane_has_the_same_rows_for_one_and_more_workers(workers: int) -> None:
    batch = next(schedule.batches(1000, 64, 1, 3))
    alone = schedule.parts(batch, 0, 1)
    shared = [part.tolist() for rank in range(workers) for part in schedule.parts(batch, rank, workers)]
    assert sorted(shared) == sorted(part.tolist() for part in alone)


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    orders = {tuple(next(schedule.batches(500, 500, seed, epoch))) for seed in (1, 2) for epoch in (0, 1)}
    assert len(orders) == 4
