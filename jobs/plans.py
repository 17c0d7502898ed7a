"""What Spark plans to do for a DataFrame, read from its explain(): which operators, and whether rows have to move."""

import contextlib
import io
import re
from typing import List, NamedTuple

from pyspark.sql import DataFrame

# A line of a plan: marks of the tree, (a stage of generated code), the operator, its arguments.
LINE = re.compile(r"^[\s:+|-]*(?:\*\(\d+\) |\* )?(?P<operator>[A-Z]\w+)(?P<rest>.*)")
MOST = 300  # characters of a plan in a table


class Step(NamedTuple):
    """A step in a table: its name, action or transformation, narrow or wide, shuffles, broadcasts, operators."""

    name: str
    kind: str
    width: str
    shuffles: int
    broadcasts: int
    operators: str


def step(name: str, kind: str, frame: DataFrame) -> Step:
    """Give what is planned for the frame, back to the input or to what is persisted; runs nothing."""
    operators = planned(frame)
    shuffles, broadcasts = operators.count("Exchange"), operators.count("BroadcastExchange")
    told = [operator for operator in operators if operator not in {"AdaptiveSparkPlan", "WholeStageCodegen"}]
    return Step(name, kind, "wide" if shuffles else "narrow", shuffles, broadcasts, " < ".join(told)[:MOST])


def planned(frame: DataFrame) -> List[str]:
    """Give the operators of the physical plan, from the result to the input."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        frame.explain()
    found = []
    for line in text.getvalue().splitlines():
        match = LINE.match(line)
        if match is None:
            continue
        if match["operator"] == "InMemoryRelation":
            break
        found.append(match["operator"])
    return found
