import pytest

from launcher import workloads
from tests.golden.orders import ORDERS


def test_every_workload_has_its_request() -> None:
    assert set(ORDERS) == set(workloads.table())


@pytest.mark.parametrize("name", ORDERS)
def test_what_is_ordered_is_what_the_workload_takes(name: str) -> None:
    arguments = ORDERS[name][1] if name != "selftest" else ()
    with workloads.checking(name, arguments) as checked:
        assert checked().name == name
