"""How long the launcher's help takes, against importing click, without which there is no command line.

    python benchmarks/help.py [--rounds 20] [--quick]

The aim is a ratio of at most 3.
"""

import sys

from measured import LAUNCHER, in_turn, rounds, seconds

COMMANDS = {
    'python -c "import click"': [sys.executable, "-c", "import click"],
    "launcher --help": [LAUNCHER, "--help"],
    "launcher submit --help": [LAUNCHER, "submit", "--help"],
}


def main() -> None:
    """Print a row for each command, with its ratio to the first."""
    times = rounds(__doc__, 20, 7)
    medians = in_turn({name: lambda argv=argv: seconds(argv) for name, argv in COMMANDS.items()}, times)
    base = next(iter(medians.values()))
    print(f"\nhelp: seconds, medians of {times}; aim: ratio <= 3\n")
    print(f"{'':26}{'s':>8}{'ratio':>8}")
    for name, taken in medians.items():
        print(f"{name:26}{taken:8.3f}{taken / base:8.2f}")


if __name__ == "__main__":
    main()
