"""What a worker knows of itself and the others, and the variables by which frameworks learn it."""

import contextlib
import json
import os
import socket
from typing import Dict, Iterator, NamedTuple, Optional, Tuple


class Worker(NamedTuple):
    """One of several workers: its rank, the host and a free port of each, and the GPUs that are its own."""

    rank: int
    hosts: Tuple[str, ...]
    ports: Tuple[int, ...]
    gpus: Tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self.hosts)

    def variables(self) -> Dict[str, str]:
        """Give what PyTorch's ``env://``, TensorFlow's cluster resolver and CUDA read.

        https://docs.pytorch.org/docs/stable/distributed.html#environment-variable-initialization
        https://www.tensorflow.org/guide/distributed_training#setting_up_the_tf_config_environment_variable
        """
        ends = ["{}:{}".format(host, port) for host, port in zip(self.hosts, self.ports)]
        place = {"cluster": {"worker": ends}, "task": {"type": "worker", "index": self.rank}}
        return {
            "MASTER_ADDR": self.hosts[0],
            "MASTER_PORT": str(self.ports[0]),
            "RANK": str(self.rank),
            "WORLD_SIZE": str(self.size),
            # Each worker sees its own GPUs only, so to it they begin at 0.
            "LOCAL_RANK": "0",
            "LOCAL_WORLD_SIZE": "1",
            "TF_CONFIG": json.dumps(place),
            "CUDA_VISIBLE_DEVICES": ",".join(self.gpus),
        }


@contextlib.contextmanager
def environment(worker: Worker) -> Iterator[None]:
    """Set the worker's variables, and put back what was before: Spark uses the process again for other tasks."""
    ours = worker.variables()
    before: Dict[str, Optional[str]] = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def bound(host: str) -> socket.socket:
    """Give a socket on a free port of this host, at the address by which others know it or, failing that, at all."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, 0))
    except OSError:  # behind address translation, the address that others use is not the host's own
        found.bind(("", 0))
    return found
