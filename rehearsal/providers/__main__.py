"""A provider's process: ``python -m rehearsal.providers NAME ENGINE``, as ``pulumi-resource-NAME`` starts it."""

import sys
from importlib import import_module

from rehearsal.providers import servicer

# name -> module, imported on use: each loads its own cloud's SDK
PROVIDERS = {
    "aws": "rehearsal.providers.aws",
    "azure-native": "rehearsal.providers.azure",
    "gcp": "rehearsal.providers.gcp",
    "random": "rehearsal.providers.random",
}


def main() -> None:
    """Serve the provider that the command line names until the engine ends it."""
    cloud = import_module(PROVIDERS[sys.argv.pop(1)])
    servicer.serve(cloud.provider(), cloud.VERSION)


if __name__ == "__main__":
    main()
