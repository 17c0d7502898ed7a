"""A rehearsal of Google Dataproc: the GCS connector on YARN, fake-gcs-server as storage, an emulated Dataproc API."""

import json
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import certifi

from launcher import embedded
from rehearsal import certificates, dataproc, google_login, parts, processes, providers, wire, yarn
from rehearsal.clouds import Running, Truth
from rehearsal.dataproc import Config
from rehearsal.processes import LOOPBACK

__all__ = ["PARTS", "TRUTH", "up"]

PROJECT, REGION, NAME, BUCKET = "rehearsal-gcp", "europe-west1", "firesteel", "firesteel-rehearsal"
LIFE, IDLE = timedelta(hours=4), timedelta(hours=1)  # until Dataproc deletes the cluster
PARTS = ("hadoop", "gcs-connector", "fake-gcs-server", "pulumi")
TRUTH = Truth(
    real=(
        "Google's GCS connector for gs URIs, as on the cluster",
        "YARN 3.4, spark-submit in cluster mode, one ResourceManager and one NodeManager",
        "fake-gcs-server: the JSON API of Cloud Storage, create-only included",
        "Google's own clients, by REST and by gRPC over TLS; a service account's key, whose signature is checked",
        "requests, parsed by Google's own protobuf classes: an unknown field is an error",
        "Pulumi's engine, its state, plans and order; the program of a stack, and pulumi_gcp",
    ),
    emulated=(
        "Dataproc's job and cluster controllers and their long-running operations",
        "the cluster's end by the provider: at a time, or when it is idle",
        "Google's token endpoint for service accounts",
        "Pulumi's provider gcp: the 9 types of a Dataproc stack, held against the SDK's own description",
        "Compute Engine's networks, subnetworks, firewall rules and routes; what is in use is not removed",
        "service accounts, the project's and the buckets' policies, a quota of CPUs: a cluster is refused without them",
        "a bucket's labels, lifecycle and access, before fake-gcs-server, at the address of Dataproc",
    ),
    not_imitated=(
        "IAM: whoever has the key may do everything; the storage asks nobody who he is",
        "the image's Spark 3.5 or 4.1 and its Python, initialization actions",
        "machines, traffic, a bucket's lifecycle and access: listed or kept, not applied",
        "job types other than PySpark, restarts of a driver, batches, sessions, workflow templates",
        "how long a cluster takes to come up, and what anything costs",
    ),
)


def up(folder: Path, chaos: str | None) -> Running:
    """Start everything in ``folder`` and return when a job can be submitted; raises RehearsalError."""
    storage_port, rest_port, grpc_port = processes.free_ports(3)
    where, api = f"http://{LOOPBACK}:{storage_port}", f"http://{LOOPBACK}:{rest_port}"
    with ThreadPoolExecutor() as pool:
        store = pool.submit(storage, folder, storage_port)
        started = pool.submit(yarn.start, folder, core_site(where), [parts.ensure("gcs-connector")]).result()
        _make_bucket(store.result())
    google_login.write_key(folder / dataproc.KEY, project=PROJECT, token_uri=f"{api}/token")
    trust = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(_trust(folder))}
    env = {**variables(where, api, folder / dataproc.KEY), **trust}
    config = Config(
        project=PROJECT, region=REGION, bucket=BUCKET, rest=rest_port, grpc=grpc_port, storage=where, chaos=chaos or ""
    )
    _api(folder, config, env)
    expires_at = _cluster(folder, api)
    if chaos:
        wire.begin(api)
    addresses = {"storage": where, "Dataproc": api, "Dataproc by gRPC": f"localhost:{grpc_port}", "YARN": started.web}
    path = [str(providers.program(folder, "gcp")), str(parts.ensure("pulumi") / "bin")]
    return Running(cluster=_keys(expires_at), env={**env, **providers.QUIET}, addresses=addresses, path=path)


def variables(where: str, api: str, key: Path) -> dict[str, str]:
    """Give the vendor's own variables that send its clients here: to the storage, and to all other services."""
    return {
        "STORAGE_EMULATOR_HOST": where,
        "GOOGLE_APPLICATION_CREDENTIALS": str(key),
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        **endpoints(api),
    }


def endpoints(api: str) -> dict[str, str]:
    """Give the variables that send Google's tools, and Pulumi's provider of Google's, to the services at this address.

    https://cloud.google.com/sdk/gcloud/reference/config (api_endpoint_overrides)
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/guides/provider_reference#custom-endpoints
    """
    v1, gcloud, pulumi = f"{api}/v1/", "CLOUDSDK_API_ENDPOINT_OVERRIDES_", "_CUSTOM_ENDPOINT"
    compute, storage = f"{api}/compute/v1/", f"{api}/storage/v1/"
    return {
        f"{gcloud}DATAPROC": api,
        f"{gcloud}COMPUTE": compute,
        f"{gcloud}STORAGE": storage,
        f"{gcloud}IAM": f"{api}/",
        f"{gcloud}CLOUDRESOURCEMANAGER": f"{api}/",
        f"GOOGLE_DATAPROC{pulumi}": v1,
        f"GOOGLE_COMPUTE{pulumi}": compute,
        f"GOOGLE_STORAGE{pulumi}": storage,
        f"GOOGLE_IAM{pulumi}": v1,
        f"GOOGLE_RESOURCE_MANAGER{pulumi}": v1,
    }


def core_site(storage: str) -> dict[str, str]:
    """Give what Hadoop must know to reach this storage by gs URIs.

    https://github.com/GoogleCloudDataproc/hadoop-connectors/blob/branch-2.2.x/gcs/CONFIGURATION.md
    """
    return {
        "fs.gs.impl": "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem",
        "fs.AbstractFileSystem.gs.impl": "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFS",
        "fs.gs.project.id": PROJECT,
        "fs.gs.storage.root.url": storage,
        # Else the connector takes the key that GOOGLE_APPLICATION_CREDENTIALS names, and asks Google for a token.
        "fs.gs.auth.service.account.enable": "false",
        "fs.gs.auth.null.enable": "true",
    }


def storage(folder: Path, port: int) -> str:
    """Start fake-gcs-server and give its URL."""
    url = f"http://{LOOPBACK}:{port}"
    argv = [str(parts.ensure("fake-gcs-server")), "-scheme", "http", "-host", LOOPBACK, "-port", str(port)]
    argv += ["-backend", "memory", "-external-url", url, "-public-host", f"{LOOPBACK}:{port}", "-log-level", "warn"]
    process = processes.start(folder, "fake-gcs-server", argv)
    processes.wait_http(process, f"{url}/storage/v1/b?project={PROJECT}")
    return url


def _make_bucket(url: str) -> None:
    body = json.dumps({"name": BUCKET, "location": REGION}).encode()
    made = urllib.request.Request(f"{url}/storage/v1/b?project={PROJECT}", body, {"Content-Type": "application/json"})  # noqa: S310 -- our own http address
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(made, timeout=10):
        pass


def _trust(folder: Path) -> Path:
    """Write the API's certificate, and give the file with it and the public ones, for clients."""
    certificate, key = certificates.loopback()
    (folder / dataproc.CERTIFICATE).write_bytes(certificate)
    (folder / dataproc.CERTIFICATE_KEY).touch(mode=0o600)
    (folder / dataproc.CERTIFICATE_KEY).write_bytes(key)
    bundle = folder / "bundle.pem"
    bundle.write_bytes(certificate + Path(certifi.where()).read_bytes())
    return bundle


def _api(folder: Path, config: Config, env: dict[str, str]) -> None:
    config.write(folder)
    process = processes.start(folder, "dataproc", [sys.executable, "-m", "rehearsal.dataproc", str(folder)], env=env)
    processes.wait_port(process, config.grpc)
    processes.wait_port(process, config.rest)


def _cluster(folder: Path, api: str) -> str:
    """Create the cluster as a stack does, with its end written into it; gives when that is."""
    sdk: Any = import_module("google.cloud.dataproc_v1")
    account: Any = import_module("google.oauth2.service_account").Credentials
    login = account.from_service_account_file(folder / dataproc.KEY)
    client = sdk.ClusterControllerClient(credentials=login, transport="rest", client_options={"api_endpoint": api})
    end = (datetime.now(UTC) + LIFE).replace(microsecond=0)
    config = {
        "config_bucket": BUCKET,
        "worker_config": {"num_instances": 1},
        "software_config": {"image_version": "3.0-debian13"},
        "lifecycle_config": {"auto_delete_time": end, "idle_delete_ttl": IDLE},
    }
    cluster = {"project_id": PROJECT, "cluster_name": NAME, "config": config, "labels": {"firesteel-stack": "gcp"}}
    client.create_cluster(project_id=PROJECT, region=REGION, cluster=cluster).result(timeout=60)
    return f"{end:%Y-%m-%dT%H:%M:%SZ}"


def _keys(expires_at: str) -> dict[str, Any]:
    return {
        "kind": "dataproc",
        "staging": f"gs://{BUCKET}/staging",
        "project": PROJECT,
        "region": REGION,
        "cluster_name": NAME,
        "python": sys.executable,
        "spark": embedded.spark().version,
        "expires_at": expires_at,
    }
