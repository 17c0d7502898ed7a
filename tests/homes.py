"""Homes for the launcher's state that tests throw away."""

from pathlib import Path

from launcher.home import cache

# Taken before any test points elsewhere: the class-data archive takes a minute to build and depends on no test.
SHARED = cache()


def home_below(folder: Path) -> Path:
    """Make a home below ``folder`` that shares only the cache with the others."""
    where = folder / "home"
    where.mkdir()
    SHARED.mkdir(parents=True, exist_ok=True)
    (where / "cache").symlink_to(SHARED, target_is_directory=True)
    return where
