"""What a cluster runs: uploaded as ``main.py`` beside ``jobs.zip``."""

import sys

from jobs.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
