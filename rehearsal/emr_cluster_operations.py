"""EMR's operations on clusters: from checked parameters to the fields of the answer.

What moto keeps well (groups, instances, tags, protection) is left to it; states and times are ours.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rehearsal import ec2_rules, emr_fleets, emr_permissions
from rehearsal.aws_wire import Refusal
from rehearsal.emr_call import Call, Operation
from rehearsal.emr_cluster import Cluster
from rehearsal.emr_steps import not_imitated

RELEASES = ("emr-7.13.0", "emr-7.14.0", "emr-spark-8.0.0", "emr-spark-8.1.0")
KEPT = frozenset({
    "Applications", "AutoTerminationPolicy", "BootstrapActions", "Configurations", "EbsRootVolumeSize", "Instances",
    "JobFlowRole", "LogUri", "Name", "ReleaseLabel", "ServiceRole", "StepConcurrencyLevel", "Steps", "Tags",
    "VisibleToAllUsers",
})  # fmt: skip
KEPT_OF_INSTANCES = frozenset({
    "AdditionalMasterSecurityGroups", "AdditionalSlaveSecurityGroups", "Ec2KeyName", "Ec2SubnetId",
    "Ec2SubnetIds", "EmrManagedMasterSecurityGroup", "EmrManagedSlaveSecurityGroup", "InstanceFleets",
    "InstanceGroups", "KeepJobFlowAliveWhenNoSteps",
    "ServiceAccessSecurityGroup", "TerminationProtected",
})  # fmt: skip
LEFT_TO_MOTO = frozenset({
    "AddTags", "ListBootstrapActions", "ListInstances", "RemoveTags", "SetTerminationProtection",
    "SetVisibleToAllUsers",
})  # fmt: skip


def run_job_flow(call: Call) -> dict[str, Any]:
    """Make a cluster; what neither moto nor we would keep is refused."""
    asked = call.asked
    unknown = [*(set(asked) - KEPT), *(set(asked["Instances"]) - KEPT_OF_INSTANCES)]
    if unknown:
        raise not_imitated(f"RunJobFlow with {', '.join(sorted(unknown))}")
    _check_cluster(asked)
    call.moto.check_roles(asked)
    with call.moto.lock:
        ec2_rules.check_network(call.region, ec2_rules.network_of(asked["Instances"]))
        flaw = emr_permissions.flaw(asked, call.region)
    grouped = emr_fleets.as_groups(asked)
    new = Cluster("", call.region, grouped, pace=call.pace, now=call.now)  # refuses before moto has one
    new.fleets, new.flaw = asked["Instances"].get("InstanceFleets", []), flaw
    answer = _with(call, grouped).forward()
    new.id = answer["JobFlowId"]
    call.clusters[new.id] = new
    return answer


def describe_cluster(call: Call) -> dict[str, Any]:
    """Describe a cluster: what it consists of by moto, how it stands by us."""
    cluster = call.cluster()
    fields = call.forward()["Cluster"]
    if not fields.get("KerberosAttributes"):
        fields.pop("KerberosAttributes", None)  # moto gives an empty one, which the vendor's model does not allow
    # The service gives the scheme of a connector that is gone.
    uri = {"LogUri": cluster.log_uri.replace("s3://", "s3n://", 1)} if cluster.log_uri else {}
    ours = {
        "Status": cluster.status(call.now, call.skew),
        "AutoTerminate": not cluster.stays,
        "InstanceCollectionType": "INSTANCE_FLEET" if cluster.fleets else "INSTANCE_GROUP",
        "StepConcurrencyLevel": cluster.concurrency,
        "NormalizedInstanceHours": round(cluster.usage(call.now)["instance_hours"]),
    }
    return {"Cluster": fields | ours | uri}


def list_clusters(call: Call) -> dict[str, Any]:
    """List the clusters of the region, the newest first."""
    if set(call.asked) - {"ClusterStates"}:
        raise not_imitated(f"ListClusters with {', '.join(call.asked)}")
    wanted = call.asked.get("ClusterStates")
    rows = [
        {"Id": cluster.id, "Name": cluster.name, "Status": cluster.status(call.now, call.skew)}
        for cluster in reversed(call.clusters.values())
        if cluster.region == call.region and (not wanted or cluster.state(call.now) in wanted)
    ]
    return {"Clusters": rows}


def list_release_labels(call: Call) -> dict[str, Any]:
    """List the releases that a cluster can be of, the newest first."""
    filters = call.asked.get("Filters", {})
    if set(call.asked) - {"Filters"} or set(filters) - {"Prefix"}:
        raise not_imitated(f"ListReleaseLabels with {', '.join([*call.asked, *filters])}")
    return {"ReleaseLabels": [name for name in reversed(RELEASES) if name.startswith(filters.get("Prefix", ""))]}


def terminate_job_flows(call: Call) -> dict[str, Any]:
    """End clusters; moto refuses for those that are protected."""
    end(call.clusters, call.region, call.asked["JobFlowIds"], call.forward, call.now)
    return {}


def end(
    clusters: Mapping[str, Cluster], region: str, names: list[str], at_moto: Callable[[], object], now: float
) -> None:
    """End clusters of a region, all or none; raises Refusal when one is unknown, or moto's when one is protected."""
    found = [clusters[name] for name in names if name in clusters and clusters[name].region == region]
    if len(found) != len(names):
        raise Refusal("ValidationException", "Specified job flow ID does not exist.")
    at_moto()
    for cluster in found:
        cluster.terminate(now, "Terminated by user request")


def list_instance_groups(call: Call) -> dict[str, Any]:
    """List the groups of instances; a cluster of fleets has none."""
    if call.cluster().fleets:
        raise Refusal("InvalidRequestException", emr_fleets.ONLY_FLEETS)
    return call.forward()


def list_instance_fleets(call: Call) -> dict[str, Any]:
    """List the fleets of instances."""
    cluster = call.cluster()
    if not cluster.fleets:
        raise Refusal("InvalidRequestException", emr_fleets.ONLY_GROUPS)
    return {"InstanceFleets": emr_fleets.described(cluster.fleets, cluster.id, cluster.state(call.now))}


def modify_cluster(call: Call) -> dict[str, Any]:
    """Change how many steps run at a time."""
    if set(call.asked) != {"ClusterId", "StepConcurrencyLevel"}:
        raise not_imitated(f"ModifyCluster with {', '.join(call.asked)}")
    cluster = call.cluster()
    cluster.concurrency = _concurrency(call.asked)
    return {"StepConcurrencyLevel": cluster.concurrency}


def put_auto_termination_policy(call: Call) -> dict[str, Any]:
    """Set after how many idle seconds the cluster ends."""
    call.cluster().idle_timeout = _idle_timeout(call.asked)
    return {}


def get_auto_termination_policy(call: Call) -> dict[str, Any]:
    """Give after how many idle seconds the cluster ends; nothing when it does not."""
    seconds = call.cluster().idle_timeout
    return {"AutoTerminationPolicy": {"IdleTimeout": seconds}} if seconds else {}


def remove_auto_termination_policy(call: Call) -> dict[str, Any]:
    """Let the cluster stay when it is idle."""
    call.cluster().idle_timeout = None
    return {}


def _with(call: Call, asked: Mapping[str, Any]) -> Call:
    """Give a call that asks moto for something else."""
    body = json.dumps(asked).encode()
    return replace(call, body=body, environ={**call.environ, "CONTENT_LENGTH": str(len(body))})


def _check_cluster(asked: Mapping[str, Any]) -> None:
    if asked.get("ReleaseLabel") not in RELEASES:
        said = f"The supplied release label is invalid: {asked.get('ReleaseLabel')}."
        raise Refusal("ValidationException", f"{said} The rehearsal knows {', '.join(RELEASES)}.")
    if set(asked["Name"]) & set("<>$|`"):
        raise Refusal("ValidationException", "Cluster name contains invalid characters.")
    if asked.get("LogUri") and not asked["LogUri"].startswith(("s3://", "s3n://")):
        raise Refusal("ValidationException", f"Invalid LogUri: {asked['LogUri']}.")
    _concurrency(asked)
    if "AutoTerminationPolicy" in asked:
        _idle_timeout(asked)


def _concurrency(asked: Mapping[str, Any]) -> int:
    level = int(asked.get("StepConcurrencyLevel", 1))
    if not 1 <= level <= 256:  # noqa: PLR2004 -- https://docs.aws.amazon.com/emr/latest/APIReference/API_RunJobFlow.html
        raise Refusal("ValidationException", f"StepConcurrencyLevel {level} must be between 1 and 256.")
    return level


def _idle_timeout(asked: Mapping[str, Any]) -> int:
    seconds = int(asked.get("AutoTerminationPolicy", {}).get("IdleTimeout", 0))
    if not 60 <= seconds <= 604800:  # noqa: PLR2004 -- https://docs.aws.amazon.com/emr/latest/APIReference/API_AutoTerminationPolicy.html
        raise Refusal("ValidationException", f"IdleTimeout {seconds} must be between 60 and 604800 seconds.")
    return seconds


OPERATIONS: dict[str, Operation] = {
    "DescribeCluster": describe_cluster,
    "GetAutoTerminationPolicy": get_auto_termination_policy,
    "ListClusters": list_clusters,
    "ListInstanceFleets": list_instance_fleets,
    "ListInstanceGroups": list_instance_groups,
    "ListReleaseLabels": list_release_labels,
    "ModifyCluster": modify_cluster,
    "PutAutoTerminationPolicy": put_auto_termination_policy,
    "RemoveAutoTerminationPolicy": remove_auto_termination_policy,
    "RunJobFlow": run_job_flow,
    "TerminateJobFlows": terminate_job_flows,
    **dict.fromkeys(LEFT_TO_MOTO, Call.forward),
}
