"""What Google would refuse of a Dataproc stack, before anything is made: as far as its APIs tell.

Whether Dataproc has an image version no API tells: the stack's program knows those that it was tested with.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from launcher.apis.google_rest import Google
from launcher.errors import JobRejected, LauncherError, ResourceNotFound, UsageError
from launcher.providers.dataproc_finders import Stack

# One permission for each thing that is made, as testIamPermissions knows them.
# https://cloud.google.com/iam/docs/permissions-reference
NEEDED: Mapping[str, str] = {
    "dataproc.clusters.create": "roles/dataproc.editor",
    "compute.networks.create": "roles/compute.networkAdmin",
    "compute.firewalls.create": "roles/compute.securityAdmin",
    "iam.serviceAccounts.create": "roles/iam.serviceAccountAdmin",
    "iam.serviceAccounts.actAs": "roles/iam.serviceAccountUser",
    "resourcemanager.projects.setIamPolicy": "roles/resourcemanager.projectIamAdmin",
    "storage.buckets.create": "roles/storage.admin",
}
USUAL = "n2-standard-4"  # what the stack's program takes without a type
WORKERS = "2"


def problems(stack: Stack, settings: Mapping[str, str]) -> Iterator[LauncherError]:
    """Give what would keep a stack from being made, the worst first; raises a LauncherError when nobody answers."""
    google, project = stack.google, stack.google.project
    yield from _denied(google)
    stack.clusters(f"clusterName = {stack.prefix}")  # is there a Dataproc, in this region?
    try:
        region = google.ask("compute", "GET", f"projects/{project}/regions/{stack.region}")
    except ResourceNotFound:
        yield UsageError(f"Google has no region {stack.region}", "--region europe-west1, for instance")
        return
    zone = str(region["zones"][0]).rpartition("/")[2]
    types = [settings.get("leader_type") or USUAL, *_workers(settings)]
    cpus = dict.fromkeys(types, 0)
    for name in cpus:
        try:
            found = google.ask("compute", "GET", f"projects/{project}/zones/{zone}/machineTypes/{name}")
        except ResourceNotFound:
            yield UsageError(f"{zone} has no machines of type {name}", "gcloud compute machine-types list")
            return
        cpus[name] = int(found["guestCpus"])
    yield from _short(region, types, cpus)


def _workers(settings: Mapping[str, str]) -> list[str]:
    number = settings.get("workers") or WORKERS
    kind = settings.get("worker_type") or USUAL
    return [kind] * (int(number) if number.isdigit() else 0)  # what is no number, the program refuses


def _denied(google: Google) -> Iterator[LauncherError]:
    path = f"projects/{google.project}:testIamPermissions"
    held = google.ask("cloudresourcemanager", "POST", path, {"permissions": list(NEEDED)}).get("permissions", ())
    if lacking := [name for name in NEEDED if name not in held]:
        hint = f"gcloud projects add-iam-policy-binding {google.project} --member YOU --role {NEEDED[lacking[0]]}"
        yield JobRejected(f"these credentials may not: {', '.join(lacking)}", hint)


def _short(region: Mapping[str, Any], types: list[str], cpus: Mapping[str, int]) -> Iterator[LauncherError]:
    """Give the quotas of CPUs that are too small: https://cloud.google.com/compute/resource-usage."""
    quotas = {row["metric"]: row for row in region.get("quotas", ())}
    wanted: dict[str, int] = {}
    for name in types:
        own = f"{name.partition('-')[0].upper()}_CPUS"
        metric = own if own in quotas else "CPUS"
        wanted[metric] = wanted.get(metric, 0) + cpus[name]
    for metric, number in wanted.items():
        row = quotas.get(metric)
        free = row["limit"] - row["usage"] if row else number
        if number > free:
            said = f"{number} CPUs are wanted, and of the quota {metric} in {region['name']} {free:.0f} are free"
            yield JobRejected(said, "fewer --workers, or https://console.cloud.google.com/iam-admin/quotas")
