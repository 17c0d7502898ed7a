"""A rehearsal of Azure HDInsight: Livy on YARN behind a gateway, Azurite as its storage, a resource manager."""

import datetime as dt
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from launcher import embedded
from rehearsal import azure_account, azurite, gateway, gateway_chaos, livy, parts, providers, yarn
from rehearsal.azure_account import GROUP, NAME, USER, Azure
from rehearsal.azurite import CONTAINER, Account
from rehearsal.clouds import Running, Truth
from rehearsal.gateway import Addresses, Upstreams

__all__ = ["PARTS", "TRUTH", "up"]

HOURS = 4  # until the cluster's end, as a stack writes it into a tag
PARTS = ("hadoop", "azure-connector", "livy", "azurite", "caddy", "pulumi")
TRUTH = Truth(
    real=(
        "Livy 0.7.1 and its API, paging, states and forgetting",
        "YARN 3.4, spark-submit in cluster mode, one ResourceManager and one NodeManager",
        "Hadoop's connector for abfs URIs (ABFS over the Blob API), as on the cluster",
        "Azurite, Microsoft's own storage emulator: its Blob API, create-only included",
        "the gateway's TLS, certificates and basic auth (Caddy)",
        "Pulumi's engine, its state, plans and order; the program of a stack, pulumi_azure_native and pulumi_random",
    ),
    emulated=(
        "the resource manager: groups, networks, storage accounts, identities, roles, clusters, held against the SDKs",
        "Logic Apps: a workflow deletes its group at the time, if its identity has a role that may",
        "Pulumi's providers azure-native and random: the 13 types of an HDInsight stack",
        "Entra's token endpoint for an application with a secret",
    ),
    not_imitated=(
        "HDInsight's own Livy, a patched 0.5, and its Spark 3.3 on Python 3.8",
        "an account with real folders (the dfs API), managed identities on nodes",
        "gateway and storage of a stack's cluster: its addresses lead nowhere, and it takes no jobs",
        "files that a stack uploads, so no wheelhouse",
        "script actions, autoscale, head nodes that fail over, and how long a cluster takes to come up",
        "what anything costs",
    ),
)


def up(folder: Path, chaos: str | None) -> Running:
    """Start everything in ``folder`` and return when a job can be submitted; raises RehearsalError."""
    account, azure = Account(), Azure()
    with ThreadPoolExecutor() as pool:
        storage = pool.submit(azurite.start, folder, account)
        hadoop = pool.submit(_hadoop, folder, account)
        cluster_yarn, livy_port = hadoop.result()
        storage.result()
    upstreams = Upstreams(livy=livy_port, yarn=urlsplit(cluster_yarn.web).port or 0, arm=azure.port)
    if chaos:
        upstreams = replace(upstreams, faults=gateway_chaos.start(folder, upstreams.prefixes(), chaos))
    addresses = gateway.start(folder, upstreams, login=(USER, azure.password))
    programs = [str(providers.program(folder, name)) for name in ("azure-native", "random")]
    return Running(
        cluster=_cluster(folder, account, azure, addresses),
        env=_env(folder, account, azure, addresses) | providers.QUIET,
        path=[programs[0], str(parts.ensure("pulumi") / "bin")],
        addresses={"gateway": addresses.endpoint, "resource manager": addresses.management, "YARN": cluster_yarn.web},
    )


def _hadoop(folder: Path, account: Account) -> tuple[yarn.Yarn, int]:
    started = yarn.start(folder, account.core_site(), [parts.ensure("azure-connector")])
    return started, livy.start(folder, started)


def _cluster(folder: Path, account: Account, azure: Azure, addresses: Addresses) -> dict[str, Any]:
    """Enter the cluster at the resource manager and give the launcher's keys of it."""
    expires_at = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=HOURS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    azure_account.start(folder, azure, addresses.management)
    azure_account.create_cluster(azure, azure_account.cluster_body(azure, account.host, CONTAINER, expires_at))
    return {
        "kind": "hdinsight",
        "staging": account.staging,
        "endpoint": addresses.endpoint,
        "user": USER,
        "subscription": azure.subscription,
        "resource_group": GROUP,
        "cluster_name": NAME,
        "python": sys.executable,
        "spark": embedded.spark().version,
        "expires_at": expires_at,
    }


def _env(folder: Path, account: Account, azure: Azure, addresses: Addresses) -> dict[str, str]:
    config = folder / "az"
    azure_account.configure_az(config, addresses.management)
    bundle = str(addresses.bundle)
    return {
        **azure.env(addresses.management, config),
        "AZURE_STORAGE_CONNECTION_STRING": account.connection_string,
        "SSL_CERT_FILE": bundle,
        "REQUESTS_CA_BUNDLE": bundle,
    }
