"""Buckets and the objects that a program puts into them.

What replaces is "Forces new resource" at https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/storage_bucket
and storage_bucket_object. Not imitated: every other setting of a bucket, an object's own metadata and encryption.
"""

import functools
import mimetypes
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from rehearsal.providers.contents import DIGEST, content, digested
from rehearsal.providers.gcp_calls import Google, unless_gone
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties, shaped

# What the vendor's provider puts on all that it makes: its setting addPulumiAttributionLabel.
ATTRIBUTION = {"goog-pulumi-provisioned": "true"}
# A condition's names with Pulumi and with the service, where these differ.
CONDITION = {"matchesPrefixes": "matchesPrefix", "matchesSuffixes": "matchesSuffix"}
STATES = {"ARCHIVED": False, "LIVE": True}


class Bucket(Kind):
    """A bucket."""

    name = "name"
    replaces = ("location", "name", "project")
    updates = (
        "forceDestroy", "labels", "lifecycleRules", "publicAccessPrevention", "softDeletePolicy",
        "uniformBucketLevelAccess", "versioning",
    )  # fmt: skip
    computed = ("project", "publicAccessPrevention", "softDeletePolicy", "uniformBucketLevelAccess", "versioning")
    defaults = {"forceDestroy": False}  # noqa: RUF012 -- a literal

    def create(self, cloud: Google, inputs: Properties) -> str:
        """Make it."""
        body = {"name": inputs["name"], "location": inputs["location"], **_settings(inputs, frozenset(inputs))}
        body["labels"] = {**inputs.get("labels", {}), **ATTRIBUTION}
        return cloud.ask("storage", "POST", "b", body, project=cloud.project(inputs))["name"]

    def read(self, cloud: Google, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        found = unless_gone(cloud.ask, "storage", "GET", f"b/{resource_id}")
        if found is None:
            return None
        access = found.get("iamConfiguration", {})
        location = state.get("location", "")
        rules = [_rule(row) for row in found.get("lifecycle", {}).get("rule", ())]
        return {
            **labels_of(found),
            "lifecycleRules": shaped(rules, state.get("lifecycleRules")) or None,
            "location": location if location.upper() == found["location"] else found["location"],
            "name": found["name"],
            "publicAccessPrevention": access.get("publicAccessPrevention"),
            "selfLink": found["selfLink"],
            "softDeletePolicy": _seconds(found.get("softDeletePolicy")),
            "uniformBucketLevelAccess": access.get("uniformBucketLevelAccess", {}).get("enabled"),
            "url": f"gs://{found['name']}",
            "versioning": {"enabled": found["versioning"]["enabled"]} if "versioning" in state else None,
        }

    def update(self, cloud: Google, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Change its settings and labels."""
        body = _settings(inputs, changed)
        if "labels" in changed:
            old = cloud.ask("storage", "GET", f"b/{resource_id}").get("labels", {})
            body["labels"] = {**dict.fromkeys(old), **inputs.get("labels", {}), **ATTRIBUTION}
        if body:
            cloud.ask("storage", "PATCH", f"b/{resource_id}", body)

    def delete(self, cloud: Google, resource_id: str, state: Properties) -> None:
        """Remove it; with all that is in it when the program wants that, else refused while it is not empty."""
        if state.get("forceDestroy"):
            _empty(cloud, resource_id)
        unless_gone(cloud.ask, "storage", "DELETE", f"b/{resource_id}")


class Object(Kind):
    """An object of a program's own: a file, or a text."""

    name = "name"
    replaces = ("bucket", "contentType", "name")
    updates = ("content", "source", DIGEST)
    computed = ("contentType",)

    def derived(self, inputs: Properties) -> Properties:
        """Give the digest of what it consists of."""
        return digested(inputs)

    def create(self, cloud: Google, inputs: Properties) -> str:
        """Put it."""
        kind = inputs.get("contentType") or mimetypes.guess_type(inputs["name"])[0] or "application/octet-stream"
        cloud.upload(inputs["bucket"], inputs["name"], content(inputs) or b"", kind)
        return f"{inputs['bucket']}-{inputs['name']}"

    def read(self, cloud: Google, resource_id: str, state: Properties) -> Properties | None:  # noqa: ARG002 -- as all
        """Look whether it is there, and describe it."""
        found = unless_gone(cloud.ask, "storage", "GET", _path(state["bucket"], state["name"]))
        if found is None:
            return None
        return {
            "bucket": found["bucket"],
            "contentType": found["contentType"],
            "crc32c": found["crc32c"],
            "generation": int(found["generation"]),
            "md5hash": found.get("md5Hash"),
            "mediaLink": found.get("mediaLink"),
            "name": found["name"],
            "outputName": found["name"],
            "selfLink": found.get("selfLink"),
        }

    def update(self, cloud: Google, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:  # noqa: ARG002 -- all at once
        """Put it anew."""
        self.create(cloud, inputs)

    def delete(self, cloud: Google, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it."""
        unless_gone(cloud.ask, "storage", "DELETE", _path(state["bucket"], state["name"]))


def labels_of(found: Mapping[str, Any]) -> Properties:
    """Give a resource's labels: the program's own, and all of them."""
    every = found.get("labels", {})
    own = {name: value for name, value in every.items() if name not in ATTRIBUTION}
    return {"labels": own or None, "pulumiLabels": every, "effectiveLabels": every}


def _settings(inputs: Properties, names: frozenset[str]) -> Properties:
    """Give these settings as the service takes them; one that is not given any more is taken back."""
    access: Properties = {}
    body: Properties = {}
    if "uniformBucketLevelAccess" in names:
        access["uniformBucketLevelAccess"] = {"enabled": inputs.get("uniformBucketLevelAccess", False)}
    if "publicAccessPrevention" in names:
        access["publicAccessPrevention"] = inputs.get("publicAccessPrevention", "inherited")
    if access:
        body["iamConfiguration"] = access
    if "versioning" in names:
        body["versioning"] = inputs.get("versioning", {"enabled": False})
    if "softDeletePolicy" in names:
        policy = inputs.get("softDeletePolicy")
        body["softDeletePolicy"] = policy and {"retentionDurationSeconds": str(policy["retentionDurationSeconds"])}
    if "lifecycleRules" in names:
        rules = inputs.get("lifecycleRules", ())
        body["lifecycle"] = {"rule": [{**row, "condition": _condition(row["condition"])} for row in rules]}
    return body


def _condition(given: Mapping[str, Any]) -> Properties:
    found = {CONDITION.get(name, name): value for name, value in given.items() if name != "withState"}
    state = STATES.get(given.get("withState", "ANY"))
    return found if state is None else {**found, "isLive": state}


def _rule(row: Mapping[str, Any]) -> Properties:
    """Give a rule of the service's as Pulumi has it."""
    names = {theirs: ours for ours, theirs in CONDITION.items()}
    condition = {names.get(name, name): value for name, value in row["condition"].items() if name != "isLive"}
    if "isLive" in row["condition"]:
        condition["withState"] = "LIVE" if row["condition"]["isLive"] else "ARCHIVED"
    return {"action": row["action"], "condition": condition}


def _seconds(policy: Mapping[str, Any] | None) -> Properties | None:
    return {"retentionDurationSeconds": int(policy["retentionDurationSeconds"])} if policy else None


def _empty(cloud: Google, bucket: str) -> None:
    """Remove every version of everything in a bucket."""
    while found := unless_gone(functools.partial(cloud.ask, "storage", "GET", f"b/{bucket}/o", versions="true")):
        rows = found.get("items") or ()
        if not rows:
            return
        for row in rows:
            version = {"generation": str(row["generation"])}
            unless_gone(functools.partial(cloud.ask, "storage", "DELETE", _path(bucket, row["name"]), **version))


def _path(bucket: str, name: str) -> str:
    return f"b/{bucket}/o/{quote(name, safe='')}"
