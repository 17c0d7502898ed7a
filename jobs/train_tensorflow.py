"""A convolutional network for images, learned by several workers at once, in TensorFlow over its own collectives.

https://www.tensorflow.org/guide/distributed_training#multiworkermirroredstrategy
"""

import argparse
from typing import Any, Dict

from jobs.train import add_arguments, properties

__all__ = ["add_arguments", "properties", "run"]


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Train and give the metrics, which do not depend on the number of workers beyond rounding.

    Raises InputError for what is wrong with the input or missing on the nodes, WorkerError when a worker is lost.
    """
    from jobs import image_training

    return image_training.run(spark, args, "tensorflow", image_training.work_of("jobs.training_tensorflow"))
