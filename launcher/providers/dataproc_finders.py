"""What carries a Dataproc stack's label or name, or lies in its network, whoever made it, service by service."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from launcher.apis import dataproc as dataproc_api
from launcher.apis.google_rest import Google
from launcher.providers import Left

LABEL = "firesteel-stack"
# Dataproc's own label on the machines and disks that it makes.
# https://cloud.google.com/dataproc/docs/guides/creating-managing-labels#automatically_applied_labels
MACHINES = "goog-dataproc-cluster-name"
# What the stack makes itself: service, and Pulumi's name of the type.
MADE = {
    "cluster": ("dataproc", "gcp:dataproc/cluster:Cluster"),
    "bucket": ("storage", "gcp:storage/bucket:Bucket"),
    "role on the project": ("cloudresourcemanager", "gcp:projects/iAMMember:IAMMember"),
    "account": ("iam", "gcp:serviceaccount/account:Account"),
    "firewall rule": ("compute", "gcp:compute/firewall:Firewall"),
    "subnet": ("compute", "gcp:compute/subnetwork:Subnetwork"),
    "network": ("compute", "gcp:compute/network:Network"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack and where it is looked for; ``prefix`` is what the names of its parts begin with."""

    name: str
    prefix: str
    region: str
    where: dataproc_api.Where
    google: Google

    @property
    def email(self) -> str:
        """The e-mail of the nodes' account."""
        return f"spark-{self.name}@{self.google.project}.iam.gserviceaccount.com"

    @property
    def mark(self) -> str:
        """What descriptions of the stack's parts begin with: networks, rules and accounts have no labels."""
        return f"firesteel-stack={self.name}:"

    def clusters(self, wanted: str) -> list[Any]:
        """Give the clusters that a filter lets through."""
        request = {"project_id": self.google.project, "region": self.region, "filter": wanted}
        return list(dataproc_api.ask(self.where, "ClusterController", "list_clusters", request))


Finder = Callable[[Stack], Iterator[Left]]


def clusters(stack: Stack) -> Iterator[Left]:
    """Give the clusters with the label, and that of the name; one that is being deleted still costs."""
    for wanted in (f"labels.{LABEL} = {stack.name}", f"clusterName = {stack.prefix}"):
        for row in stack.clusters(wanted):
            path = f"projects/{stack.google.project}/regions/{stack.region}/clusters/{row.cluster_name}"
            yield _left("cluster", path, f"called {row.cluster_name}, {row.status.state.name}")


def buckets(stack: Stack) -> Iterator[Left]:
    """Give the buckets with the label, and those whose name Pulumi made and which have no label yet."""
    made = re.compile(re.escape(stack.prefix) + r"(-temp)?-[0-9a-f]{7}")
    for row in stack.google.rows("storage", "b", "items", project=stack.google.project, prefix=f"{stack.prefix}-"):
        label = row.get("labels", {}).get(LABEL)
        if label == stack.name:
            yield _left("bucket", row["name"], f"labelled {LABEL}={stack.name}")
        elif label is None and made.fullmatch(row["name"]):
            yield _left("bucket", row["name"], "by its name")


def accounts(stack: Stack) -> Iterator[Left]:
    """Give the nodes' account."""
    path = f"projects/{stack.google.project}/serviceAccounts"
    for row in stack.google.rows("iam", path, "accounts"):
        if row["email"] == stack.email:
            yield _left("account", row["name"], "by its name")


def roles(stack: Stack) -> Iterator[Left]:
    """Give the account's roles on the project, also those that are left of one that was deleted."""
    project = stack.google.project
    policy = stack.google.ask("cloudresourcemanager", "POST", f"projects/{project}:getIamPolicy", {})
    for binding in policy.get("bindings", ()):
        for member in binding["members"]:
            if is_of(member, stack.email):
                yield _left("role on the project", f"{project}/{binding['role']}/{member}", f"names {stack.email}")


def is_of(member: str, email: str) -> bool:
    """Tell whether a policy's member is this account, there or deleted."""
    return member.removeprefix("deleted:").partition("?")[0] == f"serviceAccount:{email}"


def network(stack: Stack) -> Iterator[Left]:
    """Give the stack's networks, all that lies in them, and machines and disks of its cluster, whoever made them."""
    root = f"projects/{stack.google.project}"
    links: set[str] = set()
    for row in stack.google.rows("compute", f"{root}/global/networks", "items"):
        if row.get("description", "").startswith(stack.mark):
            links.add(row["selfLink"])
            yield _left("network", _path(row), f"its description says {stack.mark}")
    places = (
        (f"{root}/global/firewalls", "firewall rule"),
        (f"{root}/global/routes", "route"),
        (f"{root}/regions/{stack.region}/subnetworks", "subnet"),
    )
    for place, word in places:
        for row in stack.google.rows("compute", place, "items"):
            if row["network"] in links and not _goes_with(row):
                links |= {row["selfLink"]} if word == "subnet" else set()
                yield _left(word, _path(row), f"in {row['network'].rpartition('/')[2]}")
    yield from _machines(stack, links)


def _machines(stack: Stack, links: set[str]) -> Iterator[Left]:
    for kind, word in (("instances", "instance"), ("disks", "disk")):
        for zone in _zones(stack, kind):
            for row in zone.get(kind, ()):
                within = {
                    each.get(key) for each in row.get("networkInterfaces", ()) for key in ("network", "subnetwork")
                }
                if row.get("labels", {}).get(MACHINES) == stack.prefix:
                    yield _left(word, _path(row), f"labelled {MACHINES}={stack.prefix}")
                elif within & links:
                    yield _left(word, _path(row), "in its network")


def _zones(stack: Stack, kind: str) -> Iterator[Mapping[str, Any]]:
    place = f"projects/{stack.google.project}/aggregated/{kind}"
    # Its rows come in a table by zone: https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList
    token: dict[str, str] = {}
    while True:
        page = stack.google.ask("compute", "GET", place, None, **token)
        yield from page.get("items", {}).values()
        if not page.get("nextPageToken"):
            return
        token = {"pageToken": page["nextPageToken"]}


def _goes_with(row: Mapping[str, Any]) -> bool:
    """Tell whether a route comes and goes with its network: the default one, and those of its subnets."""
    return row["name"].startswith("default-route-") or "nextHopNetwork" in row


def _path(row: Mapping[str, Any]) -> str:
    link = str(row["selfLink"])
    return link[link.index("projects/") :]


def _left(word: str, id_: str, why: str) -> Left:
    service, token = MADE.get(word, ("compute", ""))
    return Left(service=service, type=word, id=id_, why=why, token=token)


FINDERS: dict[str, Finder] = {
    "dataproc": clusters,
    "storage": buckets,
    "iam": accounts,
    "cloudresourcemanager": roles,
    "compute": network,
}
