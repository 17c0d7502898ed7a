"""Clusters of EMR.

What replaces is everything but what `updates` has; https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/emr_cluster
changes the number of workers in place too. Not imitated: steps, which are the launcher's; Kerberos, own images,
placement groups, autoscaling.
"""

import json
import time
from collections.abc import Mapping
from typing import Any

from rehearsal.providers.aws_calls import tag_list, unless_gone
from rehearsal.providers.aws_emr_machines import instances
from rehearsal.providers.aws_network import TAGS, tags_of
from rehearsal.providers.errors import Incomplete, ProviderError
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties, camel, pascal, shaped

LOOK = 0.2  # seconds
STARTS_WITHIN, ENDS_WITHIN = 300.0, 300.0  # seconds: an hour and ten minutes with the vendor's provider
READY, ENDED = frozenset({"RUNNING", "WAITING"}), frozenset({"TERMINATED", "TERMINATED_WITH_ERRORS"})


class Cluster(Kind):
    """A cluster: there when it takes steps, gone when it has ended, however that came about."""

    name = "name"
    replaces = (
        "applications", "bootstrapActions", "configurations", "configurationsJson", "coreInstanceFleet",
        "coreInstanceGroup", "ebsRootVolumeSize", "ec2Attributes", "keepJobFlowAliveWhenNoSteps", "logUri",
        "masterInstanceFleet", "masterInstanceGroup", "name", "releaseLabel", "serviceRole", "steps",
    )  # fmt: skip
    updates = (
        "autoTerminationPolicy", "stepConcurrencyLevel", "terminationProtection", "visibleToAllUsers", *TAGS,
    )  # fmt: skip
    defaults = {  # noqa: RUF012 -- a literal
        "keepJobFlowAliveWhenNoSteps": True,
        "stepConcurrencyLevel": 1,
        "terminationProtection": False,
        "visibleToAllUsers": True,
    }
    computed = ("autoTerminationPolicy",)

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Ask for it, and wait until it takes steps."""
        if "steps" in inputs:
            raise ProviderError("steps of aws:emr/cluster:Cluster are not imitated: they are the launcher's")
        emr = cloud.client("emr")
        made = emr.run_job_flow(**_asked(inputs))["JobFlowId"]
        status = _waited(emr, made, READY | ENDED, STARTS_WITHIN)
        if status["State"] not in READY:
            reason = status.get("StateChangeReason", {})
            said = f"{made} is {status['State']}: {reason.get('Code', '')} {reason.get('Message', '')}"
            raise Incomplete(made, said, clusterState=status["State"])
        return made

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        emr = cloud.client("emr")
        found = _described(emr, resource_id)
        if found is None or found["Status"]["State"] in ENDED:
            return None
        policy = emr.get_auto_termination_policy(ClusterId=resource_id).get("AutoTerminationPolicy")
        attributes = {key[0].lower() + key[1:]: value for key, value in found["Ec2InstanceAttributes"].items()}
        return {
            "arn": found["ClusterArn"],
            "autoTerminationPolicy": camel(policy) if policy else None,
            "clusterState": found["Status"]["State"],
            "ec2Attributes": state["ec2Attributes"] | _groups(attributes, state["ec2Attributes"]),
            "masterPublicDns": found.get("MasterPublicDnsName"),
            "name": found["Name"],
            "releaseLabel": found["ReleaseLabel"],
            "stepConcurrencyLevel": found["StepConcurrencyLevel"],
            "terminationProtection": found["TerminationProtected"],
            **tags_of(found, state),
        }

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set what can be set while it runs."""
        emr = cloud.client("emr")
        if "stepConcurrencyLevel" in changed:
            emr.modify_cluster(ClusterId=resource_id, StepConcurrencyLevel=inputs["stepConcurrencyLevel"])
        if "autoTerminationPolicy" in changed:
            _set_idle(emr, resource_id, inputs.get("autoTerminationPolicy"))
        if "terminationProtection" in changed:
            protected = inputs["terminationProtection"]
            emr.set_termination_protection(JobFlowIds=[resource_id], TerminationProtected=protected)
        if "visibleToAllUsers" in changed:
            emr.set_visible_to_all_users(JobFlowIds=[resource_id], VisibleToAllUsers=inputs["visibleToAllUsers"])
        if "tagsAll" in changed:
            _retag(emr, resource_id, inputs["tagsAll"])

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """End it, and wait until it has ended."""
        emr = cloud.client("emr")
        found = _described(emr, resource_id)
        if found is None or found["Status"]["State"] in ENDED:
            return
        emr.set_termination_protection(JobFlowIds=[resource_id], TerminationProtected=False)
        emr.terminate_job_flows(JobFlowIds=[resource_id])
        _waited(emr, resource_id, ENDED, ENDS_WITHIN)

    def broken(self, state: Properties) -> str:
        """Tell that it ended while it was made: it does not come back."""
        return "clusterState" if state.get("clusterState") in ENDED else ""


def _asked(inputs: Properties) -> dict[str, Any]:
    """Give the call's parameters."""
    whole = {
        "Name": inputs["name"],
        "ReleaseLabel": inputs["releaseLabel"],
        "ServiceRole": inputs["serviceRole"],
        "JobFlowRole": inputs.get("ec2Attributes", {}).get("instanceProfile"),
        "LogUri": inputs.get("logUri"),
        "Applications": [{"Name": name} for name in inputs.get("applications", ())],
        "BootstrapActions": [_action(one) for one in inputs.get("bootstrapActions", ())],
        "Configurations": json.loads(inputs.get("configurationsJson") or inputs.get("configurations") or "[]"),
        "AutoTerminationPolicy": pascal(inputs.get("autoTerminationPolicy")),
        "EbsRootVolumeSize": inputs.get("ebsRootVolumeSize"),
        "StepConcurrencyLevel": inputs["stepConcurrencyLevel"],
        "VisibleToAllUsers": inputs["visibleToAllUsers"],
        "Tags": tag_list(inputs["tagsAll"]),
        "Instances": instances(inputs),
    }
    return {name: value for name, value in whole.items() if value not in (None, [])}


def _action(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"Name": one["name"], "ScriptBootstrapAction": {"Path": one["path"], "Args": one.get("args", [])}}


def _described(emr: Any, cluster: str) -> dict[str, Any] | None:
    try:
        answer = unless_gone(emr.describe_cluster, ClusterId=cluster)
    except emr.exceptions.InvalidRequestException:  # its word for a cluster that it does not know
        return None
    return answer and answer["Cluster"]


def _waited(emr: Any, cluster: str, states: frozenset[str], seconds: float) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while (status := emr.describe_cluster(ClusterId=cluster)["Cluster"]["Status"])["State"] not in states:
        if time.monotonic() > deadline:
            raise Incomplete(cluster, f"{cluster} is still {status['State']} after {seconds:.0f} s")
        time.sleep(LOOK)
    return status


def _groups(found: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the security groups that the service names, where the program named one."""
    names = [name for name in given if name.endswith("SecurityGroup") and found.get(name)]
    return shaped({name: found[name] for name in names}, given)


def _set_idle(emr: Any, cluster: str, policy: Mapping[str, Any] | None) -> None:
    if policy:
        emr.put_auto_termination_policy(ClusterId=cluster, AutoTerminationPolicy=pascal(policy))
    else:
        emr.remove_auto_termination_policy(ClusterId=cluster)


def _retag(emr: Any, cluster: str, wanted: Mapping[str, str]) -> None:
    found = emr.describe_cluster(ClusterId=cluster)["Cluster"].get("Tags", [])
    if other := [tag["Key"] for tag in found if tag["Key"] not in wanted]:
        emr.remove_tags(ResourceId=cluster, TagKeys=other)
    if wanted:
        emr.add_tags(ResourceId=cluster, Tags=tag_list(wanted))
