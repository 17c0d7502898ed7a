"""Where a workload leaves what a person wants to see: metrics, figures, tables, models."""

import contextlib
import json
import time
from typing import Any, Dict, Iterator, List, Optional

from jobs import hadoop


class Output:
    """The ``output/`` folder of one run; every name may be written once. ``seconds`` gets what the phases took."""

    def __init__(self, spark: Any, root: str, seconds: Optional[Dict[str, float]] = None) -> None:
        self._spark = spark
        self._root = root.rstrip("/")
        self._seconds = {} if seconds is None else seconds

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what happens inside as ``name`` (read, compute) in the receipt's seconds; phases may come again."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + time.monotonic() - began

    def uri(self, name: str) -> str:
        """Give the URI of ``name`` below the output folder, for models and data frames."""
        return "{}/{}".format(self._root, name)

    def metrics(self, metrics: Dict[str, Any]) -> None:
        """Write ``metrics.json``; figures that are no number in JSON (NaN, infinity) become null."""
        self._write("metrics.json", finite(metrics))

    def figure(self, name: str, spec: Dict[str, Any]) -> None:
        """Write a Vega-Lite v5 specification whose data is inlined, to ``figures/NAME.vl.json``."""
        self._write("figures/{}.vl.json".format(name), finite(spec))

    def table(self, name: str, columns: List[str], rows: List[List[Any]]) -> None:
        """Write a small table (a person reads it) to ``tables/NAME.json``."""
        self._write("tables/{}.json".format(name), finite({"columns": columns, "rows": rows}))

    def _write(self, name: str, value: Any) -> None:
        hadoop.write_new(self._spark, self.uri(name), encode(value))


def encode(value: Any) -> bytes:
    """Give ``value`` as JSON in UTF-8, with a line end; raises ValueError for NaN."""
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode("utf-8", "replace")


def finite(value: Any) -> Any:
    """Give ``value`` with every float that JSON cannot hold replaced by None."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value
