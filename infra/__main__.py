"""What `pulumi up` runs: the configuration's service, and its cluster object as output."""

import sys
from pathlib import Path

# Pulumi puts this folder first: a module here would hide an SDK of the same name (openstack), and `infra` is not found.
HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(place for place in sys.path if place and Path(place).resolve() != HERE)]

import pulumi  # noqa: E402 -- after the path is right

from infra import services, stack  # noqa: E402 -- the same

found = stack.read(pulumi.Config(), pulumi.get_stack())
pulumi.export("cluster", services.build(found))
