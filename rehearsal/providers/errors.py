"""What can go wrong in a provider.

ProviderError            the engine shows the message and fails the resource
├── Incomplete           it exists, but is not as it should be: the engine keeps it in the state, marked
└── NotFound             what was just made cannot be read yet; asked again
"""


class ProviderError(Exception):
    """The resource could not be made, changed or removed; the engine shows the message."""


class Incomplete(ProviderError):
    """The resource exists under an id, but is not as it should be; ``state`` is what is known of it."""

    def __init__(self, resource_id: str, message: str, **state: object) -> None:
        super().__init__(message)
        self.resource_id, self.state = resource_id, state


class NotFound(ProviderError):
    """What was just made cannot be read yet."""
