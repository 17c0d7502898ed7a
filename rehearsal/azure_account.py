"""The Azure around a rehearsed cluster: a tenant, a subscription, the cluster's own entry, and az's settings for it."""

import configparser
import json
import secrets
import sys
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from rehearsal import processes
from rehearsal.arm import API_VERSION, GROUP
from rehearsal.entra import Entra

NAME = "firesteel"
USER = "admin"
CLOUD = "FiresteelRehearsal"


def _id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True, kw_only=True)
class Azure:
    """What identifies us to the resource manager; made anew for each rehearsal."""

    port: int = field(default_factory=processes.free_port)
    subscription: str = field(default_factory=_id)
    tenant: str = field(default_factory=_id)
    client_id: str = field(default_factory=_id)
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def path(self) -> str:
        """Give the cluster's id at the resource manager."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{GROUP}"
        return f"{group}/providers/Microsoft.HDInsight/clusters/{NAME}"

    def env(self, management: str, config: Path) -> dict[str, str]:
        """Give the variables by which az, azure-identity and the launcher find this Azure."""
        return {
            "AZURE_CONFIG_DIR": str(config),
            "AZURE_AUTHORITY_HOST": management,
            "AZURE_TENANT_ID": self.tenant,
            "AZURE_CLIENT_ID": self.client_id,
            "AZURE_CLIENT_SECRET": self.client_secret,
            "FIRESTEEL_HDINSIGHT_PASSWORD": self.password,
            **self.arm_env(management),
        }

    def arm_env(self, management: str) -> dict[str, str]:
        """Give the variables by which Pulumi's provider azure-native finds this Azure.

        https://www.pulumi.com/registry/packages/azure-native/installation-configuration/
        """
        return {
            "ARM_METADATA_HOSTNAME": management.removeprefix("https://"),
            "ARM_SUBSCRIPTION_ID": self.subscription,
            "ARM_TENANT_ID": self.tenant,
            "ARM_CLIENT_ID": self.client_id,
            "ARM_CLIENT_SECRET": self.client_secret,
        }


def start(folder: Path, azure: Azure, management: str) -> None:
    """Start the resource manager, whose public URL is ``management``, and return when it answers."""
    entra = Entra(
        authority=management, tenant=azure.tenant, client_id=azure.client_id, client_secret=azure.client_secret
    )
    path = folder / "arm.json"
    path.touch(mode=0o600)
    words = {"port": azure.port, "subscription": azure.subscription, "entra": asdict(entra)}
    path.write_text(json.dumps(words), encoding="utf-8")
    process = processes.start(folder, "arm", [sys.executable, "-m", "rehearsal.arm", str(folder)], cwd=_ROOT)
    processes.wait_port(process, azure.port)


def create_cluster(azure: Azure, cluster: dict[str, Any]) -> None:
    """Create the cluster's entry, as a stack does; ``cluster`` is the body of the request."""
    with httpx.Client(base_url=f"http://{processes.LOOPBACK}:{azure.port}", trust_env=False) as client:
        form = {"grant_type": "client_credentials", "client_id": azure.client_id, "scope": "rehearsal/.default"}
        login = client.post(f"/{azure.tenant}/oauth2/v2.0/token", data={**form, "client_secret": azure.client_secret})
        headers = {"Authorization": f"Bearer {login.raise_for_status().json()['access_token']}"}
        made = client.put(azure.path, params={"api-version": API_VERSION}, json=cluster, headers=headers)
        made.raise_for_status()


def cluster_body(azure: Azure, storage: str, container: str, expires_at: str) -> dict[str, Any]:
    """Give the body that creates a small Spark cluster with its end in a tag."""
    gateway = {
        "restAuthCredential.isEnabled": True,
        "restAuthCredential.username": USER,
        "restAuthCredential.password": azure.password,
    }
    roles = {"headnode": 2, "workernode": 1, "zookeepernode": 3}
    return {
        "location": "rehearsal",
        "tags": {"firesteel:stack": "azure", "firesteel:expires-at": expires_at},
        "properties": {
            "clusterVersion": "5.1",
            "osType": "Linux",
            "tier": "Standard",
            "clusterDefinition": {
                "kind": "Spark",
                "componentVersion": {"Spark": "3.3"},
                "configurations": {"gateway": gateway},
            },
            "computeProfile": {
                "roles": [{"name": name, "targetInstanceCount": count} for name, count in roles.items()]
            },
            "storageProfile": {"storageaccounts": [{"name": storage, "isDefault": True, "fileSystem": container}]},
        },
    }


def configure_az(config: Path, management: str) -> None:
    """Write what ``az cloud register`` and ``az cloud set`` write, so that az and the launcher use this Azure."""
    config.mkdir(parents=True, exist_ok=True)
    endpoints = ("resource_manager", "management", "active_directory", "active_directory_resource_id")
    clouds = {CLOUD: {f"endpoint_{name}": management for name in endpoints}}
    for name, content in (("clouds.config", clouds), ("config", {"cloud": {"name": CLOUD}})):
        parser = configparser.ConfigParser()
        parser.read_dict(content)
        with (config / name).open("w", encoding="utf-8") as file:
            parser.write(file)


_ROOT = Path(__file__).resolve().parent.parent
