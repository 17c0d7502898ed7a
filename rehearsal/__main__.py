"""`python -m rehearsal` is the command `rehearsal`."""

from rehearsal.cli import main

main()
