"""A Dataproc of one project on loopback, as a process: REST, gRPC over TLS, its jobs on the YARN in the same folder.

`python -m rehearsal.dataproc FOLDER` reads FOLDER/dataproc.json, the service account's key and the server's certificate
beside it; before its REST are the services that a stack is made of. What is not imitated: see
``rehearsal.dataproc_service``. Faults of the wire befall Dataproc's REST only.
"""

import json
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from launcher.errors import LauncherError
from rehearsal import compute_machines, dataproc_grpc, serving
from rehearsal.chaos import Chaos
from rehearsal.dataproc_grpc import Tls
from rehearsal.dataproc_neighbours import Neighbours
from rehearsal.dataproc_rest import Rest, answers
from rehearsal.dataproc_service import Service
from rehearsal.google_login import Login
from rehearsal.runners import Runner, YarnRunner
from rehearsal.wire import WireChaos
from rehearsal.yarn import Yarn

CONFIG, KEY = "dataproc.json", "service-account.json"
CERTIFICATE, CERTIFICATE_KEY = "dataproc-server.pem", "dataproc-server-key.pem"
PACE = 0.5  # seconds between two looks at what runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the process serves, and on which ports; ``chaos`` is empty for none."""

    project: str
    region: str
    bucket: str
    rest: int
    grpc: int
    storage: str
    chaos: str = ""

    def write(self, folder: Path) -> None:
        """Write it where ``main`` reads it."""
        (folder / CONFIG).write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def app(service: Service, chaos: Chaos | None = None, *, begun: bool = True) -> Rest | WireChaos:
    """Give the REST API as a WSGI application, with its faults, if any; they may have to wait for the word."""
    return WireChaos(Rest(service), chaos, answers, begun=begun) if chaos else Rest(service)


def neighboured(service: Service, storage: str, quotas: Mapping[str, float] = compute_machines.QUOTAS) -> Neighbours:
    """Give the services beside a Dataproc, whose clusters from now on are made of what these have."""
    place = {"project": service.project, "region": service.region}
    found = Neighbours(service.login, service.clusters.all, **place, storage=storage, quotas=quotas)
    service.clusters.furnished = found.check
    return found


def main(folder: Path) -> None:
    """Serve until the process is ended."""
    config = Config(**json.loads((folder / CONFIG).read_text(encoding="utf-8")))
    chaos = Chaos.parse(config.chaos) if config.chaos else None
    runner: Runner = YarnRunner(Yarn.of(folder), folder)
    service = Service(
        runner,
        Login.of(folder / KEY),
        project=config.project,
        region=config.region,
        folder=f"gs://{config.bucket}",
        chaos=chaos,
    )
    tls = Tls((folder / CERTIFICATE).read_bytes(), (folder / CERTIFICATE_KEY).read_bytes())
    grpc_server, _port = dataproc_grpc.server(service, tls, config.grpc)
    neighbours = neighboured(service, config.storage)
    web = serving.server(neighbours.before(app(service, chaos, begun=False)), port=config.rest)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    while grpc_server:
        _advance(service)
        time.sleep(PACE)


def _advance(service: Service) -> None:
    try:
        service.advance()
    except LauncherError as error:  # of the storage, which may answer the next time
        sys.stderr.write(f"{error.message}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
