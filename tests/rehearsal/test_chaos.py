import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from launcher.errors import UsageError
from rehearsal.chaos import LASTING, SWITCHES, Chaos

QUESTIONS = [(switch, subject) for switch in SWITCHES for subject in ("one", "two") for _ in range(20)]


def answers(chaos: Chaos, questions: list[tuple[str, str]]) -> dict[tuple[str, str], list[bool]]:
    found: dict[tuple[str, str], list[bool]] = {}
    for switch, subject in questions:
        found.setdefault((switch, subject), []).append(chaos.strikes(switch, subject))
    return found


def test_the_same_seed_gives_the_same_faults_in_whatever_order_is_asked() -> None:
    shuffled = QUESTIONS.copy()
    random.Random(1).shuffle(shuffled)  # noqa: S311 -- an order, not a secret
    assert answers(Chaos(17), QUESTIONS) == answers(Chaos(17), shuffled)


def test_another_seed_gives_other_faults() -> None:
    assert answers(Chaos(17), QUESTIONS) != answers(Chaos(18), QUESTIONS)


def test_the_same_seed_gives_the_same_number_of_faults_to_threads() -> None:
    chaos = Chaos(17, {"throttle": 0.3}, budget=1000)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: chaos.strikes("throttle"), range(400)))
    alone = Chaos(17, {"throttle": 0.3}, budget=1000)
    assert sum(told) == sum(alone.strikes("throttle") for _ in range(400))


def test_a_switch_strikes_about_as_often_as_its_rate_says() -> None:
    chaos = Chaos(17, {"slow": 0.2}, budget=10_000)
    assert 350 < sum(chaos.strikes("slow") for _ in range(2000)) < 450


def test_amounts_lie_between_their_limits() -> None:
    chaos = Chaos(17)
    amounts = [chaos.amount("slow", 2, 3) for _ in range(100)]
    assert all(2 <= amount <= 3 for amount in amounts)
    assert len(set(amounts)) == 100


def test_a_switch_leaves_a_subject_alone_when_its_budget_is_spent() -> None:
    chaos = Chaos(17, {"throttle": 1.0}, budget=5)
    assert [chaos.strikes("throttle", "a job") for _ in range(7)] == [True] * 5 + [False] * 2
    assert chaos.strikes("throttle", "another job")


def test_in_calm_nothing_strikes_but_what_is_true_of_a_job_for_good() -> None:
    chaos = Chaos(17, dict.fromkeys(SWITCHES, 1.0))
    chaos.calm()
    assert {switch for switch in SWITCHES if chaos.strikes(switch, "a job")} == LASTING


@pytest.mark.parametrize("switch", sorted(LASTING))
def test_what_is_true_of_a_job_for_good_is_answered_alike_each_time(switch: str) -> None:
    chaos = Chaos(17, {switch: 0.5})
    jobs = [str(number) for number in range(20)]
    first = [(chaos.strikes(switch, job), chaos.amount(switch, 0, 1, job)) for job in jobs]
    assert [(chaos.strikes(switch, job), chaos.amount(switch, 0, 1, job)) for job in jobs] == first
    assert len({strikes for strikes, _ in first}) == 2


def test_every_strike_is_told() -> None:
    chaos = Chaos(17, {"throttle": 1.0, "lie": 1.0})
    chaos.strikes("throttle")
    chaos.strikes("lie", "a job")
    assert chaos.struck == ["throttle", "lie a job"]


def test_a_number_alone_is_a_seed_with_the_usual_rates() -> None:
    chaos = Chaos.parse("17")
    assert (chaos.seed, chaos.rates) == (17, Chaos(17).rates)


def test_named_switches_are_the_only_ones_that_strike() -> None:
    chaos = Chaos.parse("seed=17, throttle=0.5,lie=1")
    assert (chaos.seed, chaos.rates) == (17, {"throttle": 0.5, "lie": 1.0})
    assert not any(chaos.strikes("slow", str(number)) for number in range(100))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed=17,trottle=0.1", "there is no switch 'trottle'"),
        ("throttle=0.1", "has no seed"),
        ("seventeen", "seed='seventeen' is no number"),
        ("seed=17,throttle=often", "throttle='often' is no number"),
        ("seed=17,throttle=7", "throttle=7 is no probability"),
        ("", "seed='' is no number"),
    ],
)
def test_what_cannot_be_understood_is_told_with_what_can(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        Chaos.parse(text)
    assert error.value.hint


def test_asking_for_a_switch_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(UsageError, match="there is no switch 'sleepy'"):
        Chaos(17).strikes("sleepy")
