"""What MLlib's pipelines share here: names that they take, and what their stages do, as a table."""

import re
from typing import Any, Iterable, List, Set

TITLES = ["stage", "columns in", "columns out"]


def safe(names: Iterable[str], taken: Iterable[str]) -> List[str]:
    """Give names without the dots and backticks that MLlib cannot take, none of them ``taken`` or there twice."""
    seen: Set[str] = set(taken)
    found = []
    for name in names:
        fitting = re.sub("[.`]", "_", name)
        while fitting.lower() in seen:
            fitting += "_"
        seen.add(fitting.lower())
        found.append(fitting)
    return found


def described(model: Any) -> List[List[str]]:
    """Give a row of TITLES for each stage of a fitted pipeline."""
    return [[type(stage).__name__, _columns(stage, "input"), _columns(stage, "output")] for stage in model.stages]


def _columns(stage: Any, which: str) -> str:
    for name in (which + "Cols", which + "Col", "featuresCol" if which == "input" else "predictionCol", "statement"):
        if stage.hasParam(name) and stage.isDefined(name):
            value = stage.getOrDefault(name)
            return ", ".join(value) if isinstance(value, list) else value
    return ""
