"""Which columns of a table are a scene's bands, of which date, and the indices that they give.

A band's column is a letter and a number, and of several dates the date after it: B04, B8A_20150711.
Indices: https://custom-scripts.sentinel-hub.com/custom-scripts/sentinel-2/indexdb/
"""

import argparse
import re
from typing import Dict, List, NamedTuple, Sequence, Tuple

from jobs.errors import InputError

BAND = re.compile(r"(?P<band>[a-z]{1,2}\d{1,2}[a-z]?)(?:_(?P<date>\d{8}))?", re.IGNORECASE)
DATED = re.compile(r"(?P<band>.+)_(?P<date>\d{8})")
ROLES = {"blue": "B02", "green": "B03", "red": "B04", "nir": "B08", "swir": "B11"}  # Sentinel-2's names
# (a - b) / (a + b) of two roles: vegetation; open water; what is built or bare.
INDICES = {"ndvi": ("nir", "red"), "ndwi": ("green", "nir"), "ndbi": ("swir", "nir")}
NATURAL, FALSE = ("red", "green", "blue"), ("nir", "red", "green")


class Index(NamedTuple):
    """An index of one date (empty where columns have none): (a - b) / (a + b) of the places ``plus`` and ``minus``."""

    name: str
    date: str
    plus: int
    minus: int


class Bands(NamedTuple):
    """The bands' columns, the dates that are in their names, and each role's band where it is known."""

    columns: Tuple[str, ...]
    dates: Tuple[str, ...]
    roles: Dict[str, str]

    @property
    def names(self) -> Tuple[str, ...]:
        """The bands without their dates."""
        matches = ((name, DATED.fullmatch(name)) for name in self.columns)
        return tuple(dict.fromkeys(match["band"] if match else name for name, match in matches))

    @property
    def indices(self) -> List[Index]:
        """The indices that the bands of each date give."""
        found = []
        for date in self.dates:
            for name, roles in INDICES.items():
                plus, minus = (self.place(role, date) for role in roles)
                if min(plus, minus) >= 0:
                    found.append(Index(name, date, plus, minus))
        return found

    def place(self, role: str, date: str) -> int:
        """Give the place of a role's band among the columns, -1 where there is none."""
        name = _column(self.roles.get(role, ""), date)
        return self.columns.index(name) if name in self.columns else -1

    def shown(self, date: str) -> Tuple[str, Tuple[int, ...]]:
        """Give what a picture of the date shows, and the places of its red, green and blue."""
        for told, roles in (("false colour: vegetation is red", FALSE), ("true colour", NATURAL)):
            places = tuple(self.place(role, date) for role in roles)
            if min(places) >= 0:
                return told, places
        last = min(2, len(self.columns) - 1)
        return "first bands", (0, min(1, last), last)


def found(names: Sequence[str], args: argparse.Namespace) -> Bands:
    """Give the bands among a table's columns, or those that ``--features`` names; raises InputError without any."""
    columns = tuple(args.features) or tuple(name for name in names if BAND.fullmatch(name))
    if not columns:
        raise InputError(
            "no column of {} is named like a band, as B04 or B04_20150711".format(", ".join(names)),
            "--features NAME,NAME says which columns are bands",
        )
    matches = [DATED.fullmatch(name) for name in columns]
    dates = tuple(sorted({match["date"] for match in matches if match})) or ("",)
    bands = Bands(columns, dates, {**ROLES, **args.bands})
    _require_known(args.bands, bands.names)
    return bands


def roles(text: str) -> Dict[str, str]:
    """Give the bands by role from ``red=B04,nir=B08``; raises ArgumentTypeError."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    for role, _, band in pairs:
        if role.strip() not in ROLES or not band.strip():
            raise argparse.ArgumentTypeError("give ROLE=BAND,... with roles of {}".format(", ".join(ROLES)))
    return {role.strip(): band.strip() for role, _, band in pairs}


def _require_known(named: Dict[str, str], known: Sequence[str]) -> None:
    for role, band in named.items():
        if band not in known:
            raise InputError(
                "--bands names {} for {}; the bands are {}".format(band, role, ", ".join(sorted(known))),
                "--bands red=BAND,nir=BAND,...",
            )


def _column(name: str, date: str) -> str:
    return "{}_{}".format(name, date) if date else name
