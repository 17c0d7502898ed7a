"""The services that a stack can be made of; a component is imported, with its provider's SDK, when it is built."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pulumi

from infra.stack import Stack

COMPONENTS: Mapping[str, str] = {
    "emr": "infra.emr:Emr",
    "dataproc": "infra.dataproc:Dataproc",
    "hdinsight": "infra.hdinsight:HDInsight",
    "openstack": "infra.openstack:OpenStack",
}


def build(stack: Stack) -> Mapping[str, Any]:
    """Build the stack's service and give its cluster object; raises ConfigInvalid for an unknown kind."""
    module, _, name = COMPONENTS[stack.kind].partition(":")
    component = getattr(import_module(module), name)(stack)
    pulumi.log.info(f"the cluster ends at {stack.expires_at}, whatever happens here")
    return {"kind": stack.kind, **component.cluster, "expires_at": stack.expires_at}
