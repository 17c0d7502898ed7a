"""The proxy between the gateway and the real Livy in a rehearsal with faults: it does what the chaos says."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

from rehearsal import processes, serving
from rehearsal.chaos import Chaos
from rehearsal.livy_answers import faulty
from rehearsal.livy_faults import LivyFaults
from rehearsal.processes import LOOPBACK
from rehearsal.wire import WireChaos

PATIENCE = 180.0  # seconds: to end a batch, Livy waits until YARN has it
OWN = {"connection", "transfer-encoding", "content-length", "content-encoding", "date", "server"}  # of each connection


class Forwarded:
    """A WSGI application that passes requests on: what begins with a prefix to that prefix's server."""

    def __init__(self, upstreams: dict[str, str]) -> None:
        self._upstreams = upstreams
        self._client = httpx.Client(timeout=PATIENCE, trust_env=False)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass one request on, and its answer back."""
        path: str = environ["PATH_INFO"]
        prefix = next(prefix for prefix in self._upstreams if path.startswith(prefix))
        url = httpx.URL(f"{self._upstreams[prefix]}{path.removeprefix(prefix)}?{environ['QUERY_STRING']}")
        headers = {"X-Requested-By": environ["HTTP_X_REQUESTED_BY"]} if "HTTP_X_REQUESTED_BY" in environ else {}
        headers["Content-Type"] = environ.get("CONTENT_TYPE") or "application/json"
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = self._client.request(environ["REQUEST_METHOD"], url, content=body, headers=headers)
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in OWN]
        start_response(f"{answer.status_code} {answer.reason_phrase}", kept)
        return [answer.content]


def start(folder: Path, upstreams: dict[str, int], chaos: str) -> int:
    """Start the proxy in ``folder`` and give its port when it answers; ``upstreams`` are ports by prefix."""
    port = processes.free_port()
    words = {"port": port, "upstreams": upstreams, "chaos": chaos}
    (folder / "chaos.json").write_text(json.dumps(words), encoding="utf-8")
    root = Path(__file__).resolve().parent.parent
    argv = [sys.executable, "-m", "rehearsal.gateway_chaos", str(folder)]
    processes.wait_port(processes.start(folder, "chaos", argv, cwd=root), port)
    return port


def main(folder: Path) -> None:
    """Serve what ``chaos.json`` in a folder says."""
    words = json.loads((folder / "chaos.json").read_text(encoding="utf-8"))
    chaos = Chaos.parse(words["chaos"])
    upstreams = {prefix: f"http://{LOOPBACK}:{port}" for prefix, port in words["upstreams"].items()}
    app = WireChaos(LivyFaults(Forwarded(upstreams), chaos), chaos, faulty)
    serving.server(app, port=words["port"]).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
