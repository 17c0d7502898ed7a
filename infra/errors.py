"""What is wrong with a stack's configuration, as one line that names the key and what to type."""

from pulumi import RunError


class ConfigInvalid(RunError):
    """A configuration value that cannot be; Pulumi shows its text without a trace."""

    def __init__(self, key: str, said: str, instead: str) -> None:
        super().__init__(f"{key}: {said}; pulumi config set {key} ...: {instead}")
        self.key = key
