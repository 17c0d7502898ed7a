"""Buckets and the objects that a program puts into them, on the rehearsal's S3 gateway.

A bucket of the same name is made at moto, which keeps the settings that the gateway does not (`aws_settings`).

What replaces is "Forces new resource" at
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket and s3_object.
Not imitated: settings inside of a bucket's own properties, ACLs, locks, an object's own encryption and storage class.
"""

import mimetypes
from collections.abc import Iterator
from typing import Any

from rehearsal.providers.aws_calls import completing, persistently, tag_list, unless_gone
from rehearsal.providers.aws_network import TAGS, tags_of
from rehearsal.providers.contents import DIGEST, content, digested
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties

FIRST_REGION = "us-east-1"  # whose buckets have no constraint


class Bucket(Kind):
    """A bucket."""

    name = "bucket"
    replaces = ("bucket",)
    updates = ("forceDestroy", *TAGS)
    defaults = {"forceDestroy": False}  # noqa: RUF012 -- a literal

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it at the gateway and at moto."""
        name = inputs["bucket"]
        where = {"CreateBucketConfiguration": {"LocationConstraint": cloud.region}}
        for service in ("s3", "s3-settings"):
            cloud.client(service).create_bucket(Bucket=name, **({} if cloud.region == FIRST_REGION else where))
        with completing(name):
            _label(cloud, name, inputs["tagsAll"])
        return name

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Look whether it is there, and describe it."""
        s3 = cloud.client("s3")
        if unless_gone(s3.head_bucket, Bucket=resource_id) is None:
            return None
        found = unless_gone(s3.get_bucket_tagging, Bucket=resource_id) or {}
        return {
            "arn": f"arn:aws:s3:::{resource_id}",
            "bucket": resource_id,
            "bucketDomainName": f"{resource_id}.s3.amazonaws.com",
            "bucketRegion": cloud.region,
            "bucketRegionalDomainName": f"{resource_id}.s3.{cloud.region}.amazonaws.com",
            **tags_of({"Tags": found.get("TagSet")}, state),
        }

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set tags."""
        if "tagsAll" in changed:
            _label(cloud, resource_id, inputs["tagsAll"])

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:
        """Remove it; with all that is in it when the program wants that, else refused by S3 while it is not empty."""
        s3 = cloud.client("s3")
        if state.get("forceDestroy"):
            _empty(s3, resource_id)
        persistently(s3.delete_bucket, Bucket=resource_id)
        unless_gone(cloud.client("s3-settings").delete_bucket, Bucket=resource_id)


class Object(Kind):
    """An object of a program's own: a file, or a text."""

    name = "key"
    replaces = ("bucket", "key")
    updates = ("content", "contentType", "source", DIGEST, *TAGS)
    computed = ("contentType",)

    def derived(self, inputs: Properties) -> Properties:
        """Give the digest of what it consists of."""
        return digested(inputs)

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Put it."""
        kind = inputs.get("contentType") or mimetypes.guess_type(inputs["key"])[0] or "application/octet-stream"
        where = {"Bucket": inputs["bucket"], "Key": inputs["key"]}
        s3 = cloud.client("s3")
        s3.put_object(**where, Body=content(inputs) or b"", ContentType=kind)
        if inputs["tagsAll"]:
            s3.put_object_tagging(**where, Tagging={"TagSet": tag_list(inputs["tagsAll"])})
        return f"{inputs['bucket']}/{inputs['key']}"

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Look whether it is there, and describe it."""
        bucket, _, key = resource_id.partition("/")
        found = unless_gone(cloud.client("s3").head_object, Bucket=bucket, Key=key)
        if not found:
            return None
        return {
            "arn": f"arn:aws:s3:::{resource_id}",
            "bucket": bucket,
            "contentType": found["ContentType"],
            "etag": found["ETag"].strip('"'),
            "key": key,
            "versionId": found.get("VersionId"),
            "tagsAll": state.get("tagsAll"),
        }

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:  # noqa: ARG002 -- all at once
        """Put it anew."""
        self.create(cloud, inputs)

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it, in all its versions."""
        bucket, _, key = resource_id.partition("/")
        _empty(cloud.client("s3"), bucket, key)


def _label(cloud: Any, bucket: str, tags: dict[str, str]) -> None:
    for service in ("s3", "s3-settings"):
        s3 = cloud.client(service)
        if tags:
            s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_list(tags)})
        else:
            unless_gone(s3.delete_bucket_tagging, Bucket=bucket)


def _empty(s3: Any, bucket: str, key: str = "") -> None:
    """Remove every version of everything in a bucket, or of one object."""
    for found in _versions(s3, bucket, key):
        s3.delete_object(Bucket=bucket, **found)


def _versions(s3: Any, bucket: str, key: str) -> Iterator[dict[str, str]]:
    while page := unless_gone(s3.list_object_versions, Bucket=bucket, Prefix=key):
        found = [one for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())) if key in {"", one["Key"]}]
        if not found:
            return
        for one in found:
            yield {"Key": one["Key"], "VersionId": one["VersionId"]}
