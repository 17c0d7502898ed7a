"""Faults of a provider by seed: refused at the start, carried out but the answer lost, made but not seen yet.

FIRESTEEL_REHEARSAL_CHAOS has the seed and the rates, as `rehearsal up --chaos` takes them, and comes by way of the
engine. Each process of a provider begins anew: the same seed strikes the same resources.
"""

import os

from rehearsal.chaos import Chaos
from rehearsal.providers.errors import ProviderError

VARIABLE = "FIRESTEEL_REHEARSAL_CHAOS"
REFUSED = "An error occurred (InternalError): an internal error has occurred"
LOST = "Connection was closed before we received a valid response"


class Faults:
    """What befalls calls; nothing without a chaos."""

    def __init__(self, chaos: Chaos | None) -> None:
        self._chaos = chaos

    @classmethod
    def of_environment(cls) -> "Faults":
        """Give the faults that the environment names."""
        text = os.environ.get(VARIABLE)
        return cls(Chaos.parse(text) if text else None)

    def before(self, verb: str, subject: str) -> None:
        """Raise ProviderError when the call is refused; nothing was done."""
        if self._strikes("error_before", f"{verb} {subject}"):
            raise ProviderError(f"{REFUSED} ({verb} of {subject})")

    def after(self, verb: str, subject: str) -> None:
        """Raise ProviderError when the answer is lost; the call was carried out."""
        if self._strikes("reset_after", f"{verb} {subject}"):
            raise ProviderError(f"{LOST} ({verb} of {subject})")

    def unseen(self, subject: str) -> bool:
        """Tell whether what was just made cannot be read yet."""
        return self._strikes("stale", subject)

    def _strikes(self, switch: str, subject: str) -> bool:
        return self._chaos is not None and self._chaos.strikes(switch, subject)
