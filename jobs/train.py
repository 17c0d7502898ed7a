"""What all trainings on images share but the framework: their arguments, and what their session needs."""

import argparse
from typing import Any, Dict

from jobs import barrier, options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which images are learned from, by how many workers, and for how long."""
    parser.add_argument(
        "--input",
        required=True,
        metavar="URI",
        help="a folder of idx files (gz or not) with images and labels, or a folder or file of npz",
    )
    parser.add_argument(
        "--workers",
        type=options.at_least_one,
        default=0,
        metavar="N",
        help="tasks that train together, each on its part of the images (default: 2, or 1 where there is one slot)",
    )
    parser.add_argument(
        "--epochs",
        type=options.at_least_one,
        default=0,
        metavar="N",
        help="passes over the images (default: as many as make 150,000 images, from 3 to 30)",
    )
    parser.add_argument(
        "--batch",
        type=options.at_least_one,
        default=64,
        metavar="N",
        help="images of one step over all workers (default: 64)",
    )
    parser.add_argument(
        "--learning-rate",
        type=options.positive,
        default=0.05,
        metavar="R",
        help="its peak, after a tenth of the steps; it falls to 0 at the end (default: 0.05)",
    )
    parser.add_argument(
        "--test",
        type=options.fraction,
        default=0.2,
        metavar="SHARE",
        help="share held for the test, by a hash of the image and the seed, when no file's name says test, t10k or val "
        "(default: 0.2)",
    )
    parser.add_argument(
        "--checkpoint-every",
        type=options.at_least_one,
        default=0,
        metavar="N",
        help="keep the model after every N epochs, and go on from there when a worker is lost (default: never)",
    )
    options.add_seed_argument(parser)


def properties(conf: Any, args: argparse.Namespace) -> Dict[str, str]:
    """Give what the session needs for the workers to run together."""
    return barrier.properties(conf, args.workers)
