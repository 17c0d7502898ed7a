"""The rehearsed Google without its YARN, as an account that stacks are made in."""

import json
import os
import re
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account

from rehearsal import dataproc, gcp, google_login, parts, processes, providers
from rehearsal.compute_machines import QUOTAS
from rehearsal.dataproc_neighbours import Neighbours
from rehearsal.dataproc_service import Service
from rehearsal.google_login import Login
from rehearsal.runners import ScriptedRunner
from rehearsal.serving import served
from tests.homes import home_below
from tests.stacks.conftest import ROOT, Account

SECONDS = 0.3  # that creating, changing and deleting a cluster take
PROJECT = gcp.PROJECT
PLACE = f"projects/{PROJECT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GcpAccount(Account):
    """A project at the rehearsed Google; ``service`` is its Dataproc, where it runs in the test's own process."""

    service: Service | None = None
    neighbours: Neighbours | None = None
    kind: tuple[str, ...] = (
        "--kind", "dataproc", "--project", PROJECT, "--region", gcp.REGION, "--ssh-source", "192.0.2.7/32",
        "--for", "4h",
    )  # fmt: skip

    looked_at: tuple[str, ...] = ("dataproc", "storage", "iam", "cloudresourcemanager", "compute")
    changes: int = 11
    replacing: tuple[str, str] = ("worker_type=n2-standard-2", "worker_type=n2-standard-4")

    @property
    def secrets(self) -> list[str]:
        key = json.loads(Path(self.variables["GOOGLE_APPLICATION_CREDENTIALS"]).read_text(encoding="utf-8"))
        return key["private_key"].splitlines()[1:3]

    def rest(self, api: str, method: str, path: str, body: Any = None, **parameters: str) -> Any:
        """Ask one of Google's APIs as anybody may."""
        login = service_account.Credentials.from_service_account_file(
            self.variables["GOOGLE_APPLICATION_CREDENTIALS"], scopes=["https://www.googleapis.com/auth/cloud-platform"]
        )
        url = self.variables[f"GOOGLE_{api.upper()}_CUSTOM_ENDPOINT"] + path
        with AuthorizedSession(login) as session:
            answer = session.request(method, url, json=body, params=parameters, timeout=20)
            assert answer.ok, answer.text
            return answer.json() if answer.content else {}

    def cluster(self, name: str) -> Any:
        """Describe the cluster of a stack."""
        return self.rest("dataproc", "GET", f"{PLACE}/regions/{gcp.REGION}/clusters/firesteel-{name}")

    @property
    def one_of_each(self) -> dict[str, int]:
        return {
            "clusters": 1, "buckets": 2, "networks": 1, "rules": 2, "subnets": 1, "accounts": 1, "members": 1,
        }  # fmt: skip

    def called(self, cluster: Mapping[str, Any]) -> str:
        return cluster["cluster_name"]

    def ended(self, cluster: str, now: float) -> bool:  # noqa: ARG002 -- its service has the clock
        assert self.service is not None
        return all(each.cluster_name != cluster for each in self.service.clusters.all())

    def labels(self, name: str) -> dict[str, str]:
        # As Google takes them: https://cloud.google.com/dataproc/docs/guides/creating-managing-labels
        found = self.cluster(name)["labels"]
        return {
            "firesteel:stack": found["firesteel-stack"],
            "firesteel:expires-at": re.sub(r"t(..)-(..)-(..)z", r"T\1:\2:\3Z", found["firesteel-expires-at"]),
        }

    def end(self, name: str) -> datetime:
        return datetime.fromisoformat(self.cluster(name)["config"]["lifecycleConfig"]["autoDeleteTime"])

    @contextmanager
    def endless(self, name: str) -> Generator[None]:
        end = self.end(name)
        self._set_end(name, None)
        yield
        self._set_end(name, end)

    def _set_end(self, name: str, end: datetime | None) -> None:
        config = {"lifecycleConfig": {"autoDeleteTime": end.isoformat()} if end else {}}
        path = f"{PLACE}/regions/{gcp.REGION}/clusters/firesteel-{name}"
        self.rest("dataproc", "PATCH", path, {"config": config}, updateMask="config.lifecycleConfig.autoDeleteTime")
        while self.cluster(name)["status"]["state"] != "RUNNING":
            time.sleep(0.1)

    def litter(self, name: str, bucket: str) -> None:
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        client = storage.Client(
            PROJECT, AnonymousCredentials(), client_options={"api_endpoint": self.variables["STORAGE_EMULATOR_HOST"]}
        )
        for text in ("1", "2"):
            client.bucket(bucket).blob("firesteel/runs/a").upload_from_string(text)
        [network] = [
            row["selfLink"] for row in self._rows(f"{PLACE}/global/networks") if f"firesteel-{name}-" in row["name"]
        ]
        rule = {"name": f"somebodys-{name}", "network": network, "allowed": [{"IPProtocol": "icmp"}]}
        self.rest("compute", "POST", f"{PLACE}/global/firewalls", rule)
        route = {"name": f"somebodys-{name}", "network": network, "destRange": "192.0.2.0/24", "nextHopIp": "10.77.0.9"}
        self.rest("compute", "POST", f"{PLACE}/global/routes", route)

    def clusters(self, name: str) -> list[str]:
        rows = self.rest("dataproc", "GET", f"{PLACE}/regions/{gcp.REGION}/clusters").get("clusters", ())
        return [row["clusterName"] for row in rows if row["clusterName"] == f"firesteel-{name}"]

    def things(self, name: str) -> dict[str, int]:
        prefix = f"firesteel-{name}"
        policy = self.rest("resource_manager", "POST", f"{PLACE}:getIamPolicy", {})
        named = {
            "clusters": self.clusters(name),
            "buckets": self._names("storage", "b", "items", project=PROJECT),
            "networks": self._names("compute", f"{PLACE}/global/networks", "items"),
            "rules": self._names("compute", f"{PLACE}/global/firewalls", "items"),
            "subnets": self._names("compute", f"{PLACE}/regions/{gcp.REGION}/subnetworks", "items"),
        }
        counted = {kind: sum(word.startswith(prefix) for word in words) for kind, words in named.items()}
        accounts = [row["email"] for row in self.rest("iam", "GET", f"{PLACE}/serviceAccounts").get("accounts", ())]
        members = [member for row in policy["bindings"] for member in row["members"]]
        for kind, words in (("accounts", accounts), ("members", members)):
            counted[kind] = sum(f"spark-{name}@" in word for word in words)
        return {kind: count for kind, count in counted.items() if count}

    def _rows(self, path: str) -> list[Any]:
        return self.rest("compute", "GET", path).get("items", [])

    def _names(self, api: str, path: str, key: str, **parameters: str) -> list[str]:
        return [row["name"] for row in self.rest(api, "GET", path, None, **parameters).get(key, ())]


@contextmanager
def account(
    folder: Path, clock: Callable[[], float] = time.time, quotas: Mapping[str, float] = QUOTAS
) -> Generator[GcpAccount]:
    """Serve a project for the length of a block; what is left of the test's stacks on this machine goes."""
    store, programs = folder / "storage", folder / "programs"
    for each in (store, programs):
        each.mkdir(parents=True)
    names: list[str] = []
    rest, port = processes.free_ports(2)
    api, key = f"http://{processes.LOOPBACK}:{rest}", folder / dataproc.KEY
    google_login.write_key(key, project=PROJECT, token_uri=f"{api}/token")
    path = [str(providers.program(programs, "gcp")), str(parts.ensure("pulumi") / "bin"), os.environ["PATH"]]
    try:
        where = gcp.storage(store, port)
        service = _service(folder, key, clock)
        neighbours = dataproc.neighboured(service, where, quotas)
        with served(neighbours.before(dataproc.app(service)), port=rest), _advancing(service):
            variables = {**gcp.variables(where, api, key), "PATH": os.pathsep.join(path)}
            home = home_below(folder)
            yield GcpAccount(service=service, neighbours=neighbours, home=home, variables=variables, names=names)
    finally:
        processes.stop(store)
        for name in names:
            (ROOT / f"Pulumi.{name}.yaml").unlink(missing_ok=True)


def _service(folder: Path, key: Path, clock: Callable[[], float]) -> Service:
    return Service(
        ScriptedRunner(folder), Login.of(key), project=PROJECT, region=gcp.REGION, folder=f"file://{folder}",
        now=lambda: datetime.fromtimestamp(clock(), UTC), seconds=SECONDS,
    )  # fmt: skip


@contextmanager
def _advancing(service: Service) -> Generator[None]:
    """Let what runs by itself go on, as the service's own process does."""
    over = threading.Event()

    def advance() -> None:
        while not over.wait(0.1):
            service.advance()

    thread = threading.Thread(target=advance)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
