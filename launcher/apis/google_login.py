"""How Google's libraries look for credentials: as everywhere, but without a long wait where there are none."""

import os

# What the libraries read once, when they are imported, where the user has not set it. Without credentials google-auth
# looks up to 9 seconds long for the metadata server of a Google machine; gRPC tells stderr that a server said goodbye.
# https://github.com/googleapis/google-auth-library-python/blob/main/google/auth/compute_engine/_metadata.py
DEFAULTS = {"GCE_METADATA_TIMEOUT": "2", "GCE_METADATA_DETECT_RETRIES": "1", "GRPC_VERBOSITY": "ERROR"}


def prepare() -> None:
    """Set the libraries' own variables; to be called before the first of them is imported."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
