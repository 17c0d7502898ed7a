"""The services beside Dataproc: what it looks at before it makes a cluster, and which of its machines they see.

https://cloud.google.com/dataproc/docs/concepts/configuring-clusters/service-accounts
https://cloud.google.com/dataproc/docs/concepts/configuring-clusters/network

A cluster that names no network, account or bucket gets the project's own, which the rehearsal does not imitate: these
are not looked at.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from google.cloud import dataproc_v1 as dp

from rehearsal import compute_machines
from rehearsal.compute import Compute
from rehearsal.dataproc_errors import Refused, invalid
from rehearsal.gcs_buckets import Buckets
from rehearsal.google_apis import Apis
from rehearsal.google_iam import SERVICE_ACCOUNT, Iam
from rehearsal.google_login import Login

WORKER = "roles/dataproc.worker"


class Neighbours:
    """One project's networks, accounts and buckets; ``clusters`` gives the clusters that have machines."""

    def __init__(  # noqa: PLR0913 -- each by name
        self,
        login: Login,
        clusters: Callable[[], Sequence[dp.Cluster]],
        *,
        project: str,
        region: str,
        storage: str,
        quotas: Mapping[str, float] = compute_machines.QUOTAS,
    ) -> None:
        self._login = login
        self.compute = Compute(project, region, lambda: compute_machines.of(clusters()), quotas)
        self.iam = Iam(project, login.email)
        self.buckets = Buckets(project, storage, self.iam)

    def before(self, app: Any) -> Apis:
        """Give these services as an application, before that of Dataproc."""
        return Apis(self._login, [*self.compute.routes(), *self.iam.routes(), *self.buckets.routes()], app)

    def check(self, cluster: dp.Cluster) -> None:
        """Return if a cluster can be made of what it names; raises Refused."""
        machines: Any = cluster.config.gce_cluster_config
        if machines.subnetwork_uri:
            self._reachable(machines.subnetwork_uri)
        if machines.service_account:
            self._works(machines.service_account)
        for bucket in filter(None, (cluster.config.config_bucket, cluster.config.temp_bucket)):
            if not self.buckets.known(bucket):
                raise invalid(f"Bucket not found: '{bucket}'.")
        self._fits(compute_machines.of([cluster]))

    def _reachable(self, subnetwork: str) -> None:
        try:
            self.compute.path_of(subnetwork)
        except Refused as refused:
            raise invalid(f"Subnetwork '{subnetwork}' does not exist: {refused.message}") from refused

    def _works(self, email: str) -> None:
        if not self.iam.known(email):
            raise invalid(f"Service account '{email}' does not exist.")
        if SERVICE_ACCOUNT + email not in self.iam.policy.members(WORKER):
            said = f"Service Account '{email}' is missing required permissions: [dataproc.agents.create]"
            raise invalid(f"{said}. Service Accounts must have either 'Dataproc/Dataproc Worker' role or all of them.")

    def _fits(self, asked: Iterable[compute_machines.Machine]) -> None:
        """Return if the quota is large enough: https://cloud.google.com/dataproc/quotas."""
        new = list(asked)
        for row in compute_machines.quotas(self.compute.quotas, [*self.compute.machines(), *new]):
            if row["usage"] > row["limit"]:
                wanted = sum(compute_machines.cpus(each.type) for each in new)
                free = row["limit"] - row["usage"] + wanted
                raise invalid(f"Insufficient '{row['metric']}' quota. Requested {wanted:.1f}, available {free:.1f}.")
