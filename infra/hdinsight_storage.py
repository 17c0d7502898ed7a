"""The storage of an HDInsight stack: an account with real folders, which only an identity of the cluster's opens.

https://learn.microsoft.com/azure/hdinsight/hdinsight-hadoop-use-data-lake-storage-gen2
"""

from pathlib import Path

import pulumi
import pulumi_azure_native as azure
from pulumi_azure_native.hdinsight import ScriptActionArgsDict

from infra.hdinsight_deadline import assigned
from infra.stack import Stack

BOOTSTRAP = Path(__file__).resolve().parent.parent / "bootstrap"
SCRIPTS = ("hdinsight.sh", "common.sh")
FOLDER = "bootstrap"
CONTAINER = "cluster"
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
BLOB_OWNER = "b7e6dc6d-f1b7-4753-a033-0f276bb0955b"
LONGEST_NAME = 24


class Storage:
    """The account, the container, the identity; ``rules`` has to be in force before the cluster is made."""

    def __init__(self, stack: Stack, group: azure.resources.ResourceGroup, child: pulumi.ResourceOptions) -> None:
        self._stack, self._group, self._child = stack, group, child
        self.identity = azure.managedidentity.UserAssignedIdentity(
            stack.prefix, resource_group_name=group.name, location=stack.region, tags=stack.tags, opts=child
        )
        self.account = self._account()
        self.container = azure.storage.BlobContainer(
            stack.prefix, resource_group_name=group.name, account_name=self.account.name, container_name=CONTAINER,
            public_access=azure.storage.PublicAccess.NONE, opts=child,
        )  # fmt: skip
        self._forget()
        self.rules: list[pulumi.Resource] = [
            assigned(f"{stack.prefix}-storage", self.identity.principal_id, BLOB_OWNER, self.account.id, child),
            *(self._script(name) for name in (SCRIPTS if stack.wheelhouse else ())),
        ]

    def _account(self) -> azure.storage.StorageAccount:
        """Make the account; its name is Pulumi's, with 8 random letters: such names are unique in the world."""
        stack = self._stack
        name = f"fs{stack.name.replace('-', '')}"[: LONGEST_NAME - 8]
        return azure.storage.StorageAccount(
            name, resource_group_name=self._group.name, location=stack.region, kind="StorageV2",
            sku={"name": "Standard_LRS"}, is_hns_enabled=True, enable_https_traffic_only=True,
            minimum_tls_version="TLS1_2", allow_blob_public_access=False, allow_cross_tenant_replication=False,
            # Keys are for Pulumi, which uploads by nothing else: https://github.com/pulumi/pulumi-azure-native/issues/2015
            allow_shared_key_access=bool(stack.wheelhouse), tags=stack.tags, opts=self._child,
        )  # fmt: skip

    def _forget(self) -> None:
        """Keep what was deleted for a day, as an account with folders has no versions, and runs for their days."""
        stack, group, account = self._stack, self._group.name, self.account.name
        azure.storage.BlobServiceProperties(
            stack.prefix, resource_group_name=group, account_name=account, blob_services_name="default",
            delete_retention_policy={"enabled": True, "days": 1}, opts=self._child,
        )  # fmt: skip
        old: azure.storage.ManagementPolicyRuleArgsDict = {
            "name": "runs", "type": "Lifecycle", "enabled": True,
            "definition": {
                "filters": {"blob_types": ["blockBlob"], "prefix_match": [f"{CONTAINER}/firesteel/runs/"]},
                "actions": {"base_blob": {"delete": {"days_after_modification_greater_than": stack.days_kept}}},
            },
        }  # fmt: skip
        azure.storage.ManagementPolicy(
            stack.prefix, resource_group_name=group, account_name=account, management_policy_name="default",
            policy={"rules": [old]}, opts=self._child,
        )  # fmt: skip

    def _script(self, name: str) -> azure.storage.Blob:
        return azure.storage.Blob(
            f"{self._stack.prefix}-{name}", resource_group_name=self._group.name, account_name=self.account.name,
            container_name=self.container.name, blob_name=f"{FOLDER}/{name}", content_type="text/x-shellscript",
            source=pulumi.FileAsset(str(BOOTSTRAP / name)), opts=self._child,
        )  # fmt: skip

    @property
    def host(self) -> pulumi.Output[str]:
        """Give the account's address, as the Hadoop connector takes it."""
        return pulumi.Output.concat(self.account.name, ".dfs.core.windows.net")

    def uri(self, path: str) -> pulumi.Output[str]:
        """Give the address of something in the container."""
        return pulumi.Output.concat("abfss://", self.container.name, "@", self.host, "/", path)

    def script_actions(self) -> list[ScriptActionArgsDict]:
        """Give what every node runs before its services; nothing without a wheelhouse to install from.

        On the cluster's own storage it needs no signed address: the cluster's identity fetches it.
        https://learn.microsoft.com/azure/hdinsight/configure-azure-blob-storage
        """
        stack = self._stack
        if not stack.wheelhouse:
            return []
        script = pulumi.Output.concat(
            "https://", self.account.name, ".blob.core.windows.net/", self.container.name, f"/{FOLDER}/hdinsight.sh"
        )
        words = pulumi.Output.concat(
            self.uri(f"{FOLDER}/common.sh"), " ", self.uri(stack.wheelhouse), f" {stack.python}"
        )
        return [{"name": "packages", "uri": script, "parameters": words}]
