"""A convolutional network for images, learned by several workers at once, by Horovod's calls in PyTorch.

Horovod is deprecated, and not needed here: ``jobs.ring`` has its calls. For new programs there is train-torch.
https://docs.databricks.com/aws/en/archive/machine-learning/train-model/horovod-runner
"""

import argparse
from typing import Any, Dict

from jobs.train import add_arguments, properties

__all__ = ["add_arguments", "properties", "run"]


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Train and give the metrics; with one, two and four workers they are the same to the last bit.

    Raises InputError for what is wrong with the input or missing on the nodes, WorkerError when a worker is lost.
    """
    from jobs import image_training

    return image_training.run(spark, args, "torch", image_training.work_of("jobs.training_horovod"))
