"""What a workload raises when something other than the code is wrong: a sentence and what to type next.

StatedError
  InputError    the user's input cannot be used
  WorkerError   a worker failed or was lost
"""


class StatedError(Exception):
    """``message`` says what and where, ``hint`` what to type next.

    ``jobs.main`` writes both into the receipt and ends with exit code 1, without a traceback.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(StatedError):
    """The input cannot be used."""


class WorkerError(StatedError):
    """One of several workers that need each other failed or was lost; the message names it."""
