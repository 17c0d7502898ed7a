"""One retry policy for everything that crosses a network: a few tries, growing pauses with jitter."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 4
LONGEST_PAUSE = 4.0  # seconds
# Words of a passing fault in the errors of HTTP clients, which are otherwise of one class.
PASSING = ("timed out", "timeout", "onnection", "throttl", "SlowDown", "Too Many Requests", "Service Unavailable")


def retried(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Give what ``call`` gives, trying again when it raises something that may pass."""
    try:
        return call(*args, **kwargs)
    except Exception as error:
        if not worth_a_retry(error):
            raise
    # Imported only now: most calls succeed at once, and tenacity costs a command 40 ms.
    from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random_exponential

    policy = retry(
        retry=retry_if_exception(worth_a_retry),
        stop=stop_after_attempt(TRIES - 1),
        wait=wait_random_exponential(multiplier=0.2, max=LONGEST_PAUSE),
        reraise=True,
    )
    return policy(call)(*args, **kwargs)


def worth_a_retry(error: BaseException) -> bool:
    """Tell whether the same call may succeed a moment later."""
    if isinstance(error, (ConnectionError, TimeoutError)):
        return True
    return type(error).__name__ == "GenericError" and any(word in str(error) for word in PASSING)
