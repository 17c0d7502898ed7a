"""A run's log as lines for a terminal: read from the run directory's chunks, as they come."""

import codecs
from collections.abc import Iterator

from launcher.records import Records
from launcher.visible import visible

LONGEST_LINE = 64 * 1024  # characters; a longer one is shown in pieces, so that memory stays bounded


class Tail:
    """The lines of one run's log, from its beginning; ``new`` gives those that have come since the last call."""

    def __init__(self, records: Records, run_id: str) -> None:
        self._records, self._run_id = records, run_id
        self._chunks = 0
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="backslashreplace")

    def new(self) -> Iterator[str]:
        """Give the complete lines that have come, safe to print."""
        while (data := self._records.log_chunk(self._run_id, self._chunks + 1)) is not None:
            self._chunks += 1
            *lines, self._rest = (self._rest + self._decoder.decode(data)).split("\n")
            yield from (visible(line.rstrip("\r")) for line in lines)
            while len(self._rest) > LONGEST_LINE:
                yield visible(self._rest[:LONGEST_LINE])
                self._rest = self._rest[LONGEST_LINE:]

    def last(self) -> Iterator[str]:
        """Give what remains when the run has ended: the last lines, also one without a line end."""
        yield from self.new()
        rest, self._rest = self._rest + self._decoder.decode(b"", final=True), ""
        if rest:
            yield visible(rest)

    @property
    def empty(self) -> bool:
        """True while the run has logged nothing."""
        return self._chunks == 0
