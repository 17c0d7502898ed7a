"""The program that draws one chart: a JSON request on stdin, SVG on stdout, a reason on stderr with exit code 1.

It is a process of its own because a specification can end it: the library aborts on text that it cannot lay out and
on too much memory, and holds the interpreter's lock while it computes, so that nothing inside could interrupt it.
"""

from __future__ import annotations

import json
import sys

import vl_convert


def main() -> int:
    """Draw the request's `vl_spec` with the other arguments that vl_convert.vegalite_to_svg takes."""
    try:
        drawing = vl_convert.vegalite_to_svg(**json.load(sys.stdin))
    except ValueError as error:
        sys.stderr.buffer.write(str(error).encode())
        return 1
    sys.stdout.buffer.write(drawing.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
