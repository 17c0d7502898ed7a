"""The provider `aws` of the rehearsal: the resource types that an EMR stack consists of, made by boto3.

Where it works is told by the vendor's own variables: AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, the access key, the region.

Not imitated: every other resource type, settings but for `region` and `defaultTags`, import, minutes of waiting.
"""

import functools
import json
import os
import threading
from collections.abc import Mapping
from typing import Any

from rehearsal.providers.aws_kinds import KINDS
from rehearsal.providers.errors import ProviderError
from rehearsal.providers.faults import Faults
from rehearsal.providers.provider import CloudProvider, Lookup
from rehearsal.providers.values import UNKNOWN, Properties

VERSION = "7.51.1"  # of the SDK whose types these are
# Settings that change nothing here, and those that do.
HARMLESS = {
    "skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId", "version",
}  # fmt: skip
IMITATED = {"region", "defaultTags"}


class Aws:
    """The clients of one account and region."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Give a service's client; "s3" has the objects, "s3-settings" what the gateway does not keep of a bucket."""
        with self._lock:  # a session is not made for several threads
            if service not in self._clients:
                self._clients[service] = self._made(service)
            return self._clients[service]

    @functools.cached_property
    def account(self) -> str:
        """The account's number."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def arn(self, service: str, what: str, *, region: bool = True) -> str:
        """Give the ARN of something in the account."""
        return f"arn:aws:{service}:{self.region if region else ''}:{self.account}:{what}"

    def _made(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        where = {"endpoint_url": os.environ.get("AWS_ENDPOINT_URL")} if service == "s3-settings" else {}
        config = Config(retries={"mode": "standard", "total_max_attempts": 4}, s3={"addressing_style": "path"})
        return boto3.client(service.removesuffix("-settings"), region_name=self.region, config=config, **where)  # pyright: ignore[reportArgumentType, reportCallIssue] -- a name by rule


class AwsProvider(CloudProvider):
    """The provider `aws`."""

    def __init__(self) -> None:
        super().__init__(KINDS, LOOKUPS, Faults.of_environment())
        self._tags: dict[str, str] = {}

    def configured(self, settings: Properties) -> Aws:
        """Take the region, by the order of the vendor's provider, and the tags for everything."""
        if other := settings.keys() - HARMLESS - IMITATED:
            raise ProviderError(f"the rehearsal's provider aws does not imitate its setting {', '.join(sorted(other))}")
        region = settings.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if not region:
            raise ProviderError("the provider aws has no region: pulumi config set aws:region, or AWS_REGION")
        found = settings.get("defaultTags", {})
        self._tags = (json.loads(found) if isinstance(found, str) else found).get("tags", {})
        return Aws(region)

    def tagged(self, inputs: Properties) -> Properties:
        """Give all tags of a resource: the provider's, and over them its own."""
        own = inputs.get("tags", {})
        return {"tagsAll": own if own == UNKNOWN else {**self._tags, **own}}


def provider() -> AwsProvider:
    """Give the provider."""
    return AwsProvider()


def _identity(cloud: Aws, _: Properties) -> Properties:
    found = cloud.client("sts").get_caller_identity()
    return {"accountId": found["Account"], "arn": found["Arn"], "id": found["Account"], "userId": found["UserId"]}


def _region(cloud: Aws, _: Properties) -> Properties:
    name = cloud.region
    return {"id": name, "name": name, "region": name, "description": name, "endpoint": f"ec2.{name}.amazonaws.com"}


def _partition(_cloud: Aws, _: Properties) -> Properties:
    return {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


def _zones(cloud: Aws, asked: Properties) -> Properties:
    if other := asked.keys() - {"state", "region"}:
        raise ProviderError(f"the rehearsal does not imitate getAvailabilityZones with {', '.join(sorted(other))}")
    found = cloud.client("ec2").describe_availability_zones()["AvailabilityZones"]
    names, ids = [zone["ZoneName"] for zone in found], [zone["ZoneId"] for zone in found]
    return {"id": cloud.region, "names": names, "zoneIds": ids, "groupNames": [cloud.region], "region": cloud.region}


LOOKUPS: Mapping[str, Lookup] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
}
