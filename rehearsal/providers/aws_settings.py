"""Settings of a bucket, each a resource of its own.

The rehearsal's gateway keeps and applies versioning and policies. Encryption, lifecycle and the block of public access
are refused by it, and kept by moto under the bucket's name, not applied.

What replaces is "Forces new resource" at
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket_versioning and so on.
"""

import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.providers.aws_calls import unless_gone
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties, camel, pascal, shaped

# Names whose spelling follows no rule, as Pulumi and as Amazon spells them.
ODD = {"ID": "Id", "SSEAlgorithm": "SseAlgorithm", "KMSMasterKeyID": "KmsMasterKeyId"}
FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


class Setting(Kind):
    """A setting of a bucket, whose id is the bucket's name: put as a whole, read as far as the program gave it."""

    replaces = ("bucket",)
    service: ClassVar[str] = "s3-settings"
    # Names of the calls, and of what they take and give.
    words: ClassVar[tuple[str, str, str, str]]

    @abstractmethod
    def asked(self, inputs: Properties) -> Any:
        """Give the setting as S3 takes it."""

    @abstractmethod
    def found(self, answer: Mapping[str, Any], state: Properties) -> Properties:
        """Give the properties from what S3 answers."""

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Put it."""
        put, _, _, name = self.words
        getattr(cloud.client(self.service), put)(Bucket=inputs["bucket"], **{name: self.asked(inputs)})
        return inputs["bucket"]

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Get it."""
        answer = unless_gone(getattr(cloud.client(self.service), self.words[1]), Bucket=resource_id)
        return self.found(answer, state) | {"bucket": resource_id} if answer else None

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:  # noqa: ARG002 -- all at once
        """Put it anew."""
        self.create(cloud, inputs)

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it."""
        unless_gone(getattr(cloud.client(self.service), self.words[2]), Bucket=resource_id)


class Encryption(Setting):
    """How the bucket encrypts what comes without a wish of its own."""

    updates = ("rules",)
    words = (
        "put_bucket_encryption", "get_bucket_encryption", "delete_bucket_encryption",
        "ServerSideEncryptionConfiguration",
    )  # fmt: skip

    def asked(self, inputs: Properties) -> Any:
        """Give the rules."""
        return {"Rules": _amazon(inputs["rules"])}

    def found(self, answer: Mapping[str, Any], state: Properties) -> Properties:
        """Give the rules."""
        return {"rules": shaped(_ours(answer["ServerSideEncryptionConfiguration"]["Rules"]), state.get("rules"))}


class Lifecycle(Setting):
    """What the bucket forgets, and when."""

    updates = ("rules",)
    words = (
        "put_bucket_lifecycle_configuration", "get_bucket_lifecycle_configuration", "delete_bucket_lifecycle",
        "LifecycleConfiguration",
    )  # fmt: skip

    def asked(self, inputs: Properties) -> Any:
        """Give the rules."""
        return {"Rules": _amazon(inputs.get("rules", []))}

    def found(self, answer: Mapping[str, Any], state: Properties) -> Properties:
        """Give the rules."""
        return {"rules": shaped(_ours(answer["Rules"]), state.get("rules"))}


class PublicAccessBlock(Setting):
    """What keeps the bucket from being made public."""

    updates = FLAGS
    defaults = dict.fromkeys(FLAGS, False)
    words = (
        "put_public_access_block", "get_public_access_block", "delete_public_access_block",
        "PublicAccessBlockConfiguration",
    )  # fmt: skip

    def asked(self, inputs: Properties) -> Any:
        """Give the flags."""
        return pascal({name: inputs[name] for name in FLAGS})

    def found(self, answer: Mapping[str, Any], state: Properties) -> Properties:  # noqa: ARG002 -- as all
        """Give the flags."""
        return {name: bool(value) for name, value in camel(answer["PublicAccessBlockConfiguration"]).items()}


class Policy(Setting):
    """Who may do what in the bucket."""

    updates = ("policy",)
    service = "s3"
    words = ("put_bucket_policy", "get_bucket_policy", "delete_bucket_policy", "Policy")

    def asked(self, inputs: Properties) -> Any:
        """Give the policy as text."""
        return inputs["policy"] if isinstance(inputs["policy"], str) else json.dumps(inputs["policy"])

    def found(self, answer: Mapping[str, Any], state: Properties) -> Properties:  # noqa: ARG002 -- as all
        """Give the policy."""
        return {"policy": answer["Policy"]}


class Versioning(Setting):
    """Whether the bucket keeps what was overwritten."""

    updates = ("versioningConfiguration",)
    service = "s3"
    words = ("put_bucket_versioning", "get_bucket_versioning", "", "VersioningConfiguration")

    def asked(self, inputs: Properties) -> Any:
        """Give the status."""
        return {"Status": inputs["versioningConfiguration"]["status"]}

    def found(self, answer: Mapping[str, Any], state: Properties) -> Properties:  # noqa: ARG002 -- as all
        """Give the status."""
        return {"versioningConfiguration": {"status": answer.get("Status", "Disabled")}}

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Suspend it: what has been versioned once stays so."""
        suspended = {"Status": "Suspended"}
        put = cloud.client(self.service).put_bucket_versioning
        unless_gone(put, Bucket=resource_id, VersioningConfiguration=suspended)


def _amazon(rules: list[Any]) -> Any:
    return _renamed(pascal(rules), {ours: theirs for theirs, ours in ODD.items()})


def _ours(rules: list[Any]) -> Any:
    return camel(_renamed(rules, ODD))


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {names.get(name, name): _renamed(item, names) for name, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value
