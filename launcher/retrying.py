"""One retry policy for everything that crosses a network: a few tries, growing pauses with jitter."""

import functools
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 4
LONGEST_PAUSE = 4.0  # seconds


def retried(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Give what ``call`` gives, trying again when it raises something that may pass."""
    return retried_by(_tries, functools.partial(call, *args, **kwargs))


def retried_by(tries: Callable[[BaseException], int], call: Callable[[], T]) -> T:
    """Give what ``call`` gives; ``tries`` tells how often in all it is worth a try when it raises that error."""
    try:
        return call()
    except Exception as error:
        if tries(error) <= 1:
            raise
    # Imported only now: most calls succeed at once, and tenacity costs a command 40 ms.
    from tenacity import Retrying, wait_random_exponential

    def enough(state: Any) -> bool:
        return state.attempt_number + 1 >= tries(state.outcome.exception())

    pauses = wait_random_exponential(multiplier=0.2, max=LONGEST_PAUSE)
    return Retrying(stop=enough, wait=pauses, reraise=True)(call)


def patiently(look: Callable[[], T | None], patience: float, pause: float) -> T | None:
    """Give what ``look`` finds; its None is believed when it was asked ``patience`` seconds or more after the first.

    A request whose connection was cut may be carried out some time afterwards, and lists may be older than it.
    """
    believed = time.monotonic() + patience
    while True:
        asked = time.monotonic()
        found = look()
        if found is not None or asked >= believed:
            return found
        time.sleep(pause)


def worth_a_retry(error: BaseException) -> bool:
    """Tell whether the same call may succeed a moment later."""
    return isinstance(error, (ConnectionError, TimeoutError))


def _tries(error: BaseException) -> int:
    return TRIES if worth_a_retry(error) else 1
