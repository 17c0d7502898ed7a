"""What a workload raises when the user's input, not the code, is wrong."""


class InputError(Exception):
    """The input cannot be used; ``message`` says what and where, ``hint`` what to type next.

    ``jobs.main`` writes both into the receipt and ends with exit code 1, without a traceback.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
