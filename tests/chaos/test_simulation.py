import random
import time

import pytest

from tests.chaos.simulation import Simulation
from tests.crash.faults import Killed


def simulated(seed: int) -> tuple[Simulation, list[str]]:
    simulation, seen = Simulation(random.Random(seed)), []  # noqa: S311 -- an order, not a secret

    def actor(name: str) -> None:
        for number in range(5):
            simulation.step()
            seen.append(f"{name}{number}")
            time.sleep(1)

    with simulation.clock():
        simulation.run(lambda: actor("a"), lambda: actor("b"))
    return simulation, seen


def test_actors_live_side_by_side_in_the_order_of_the_seed() -> None:
    orders = {tuple(simulated(seed)[1]) for seed in range(20)}
    assert len(orders) > 5
    assert simulated(3)[1] == simulated(3)[1]


def test_nobody_really_sleeps() -> None:
    simulation, began = Simulation(random.Random(1)), time.monotonic()  # noqa: S311 -- an order, not a secret
    with simulation.clock():
        moment = time.time(), time.monotonic()
        simulation.run(lambda: time.sleep(3600), lambda: time.sleep(60))
        assert time.time() - moment[0] == pytest.approx(3600)
        assert time.monotonic() - moment[1] == pytest.approx(3600)
    assert time.monotonic() - began < 10


def test_a_mortal_actor_is_killed_at_its_step() -> None:
    simulation, steps = Simulation(random.Random(1)), []  # noqa: S311 -- an order, not a secret

    def actor() -> None:
        simulation.mortal(2)
        while True:
            simulation.step()
            steps.append(1)

    with pytest.raises(Killed):
        simulation.run(actor)
    assert len(steps) == 2


def test_an_error_that_nobody_catches_is_told_after_the_others_have_ended() -> None:
    simulation, ended = Simulation(random.Random(1)), []  # noqa: S311 -- an order, not a secret

    def other() -> None:
        for _ in range(5):
            simulation.step()
        ended.append(1)

    with pytest.raises(KeyError):
        simulation.run(lambda: {}["nothing"], other)
    assert ended
