"""The emulated EMR of a rehearsal cloud, as a process: ``python -m rehearsal.emr_server FOLDER``.

``FOLDER/emr.json`` has its port, its access key and the chaos, if any; steps run on the YARN in that folder.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from rehearsal.aws_wire import Key, answers
from rehearsal.chaos import Chaos
from rehearsal.emr import Service
from rehearsal.emr_cluster import Pace
from rehearsal.emr_moto import Moto
from rehearsal.image_runner import ImageRunner
from rehearsal.serving import server
from rehearsal.wire import BEGIN, WireChaos
from rehearsal.yarn import Yarn

IMAGE_PYTHON = "/usr/bin/python3.11"  # on all releases that are known here, beside their older own
PACE = Pace(starting=0.5, bootstrapping=0.5, terminating=0.5, log=5.0, look=0.3)


def serve(folder: Path) -> None:
    """Serve until the process is ended."""
    settings = json.loads((folder / "emr.json").read_text(encoding="utf-8"))
    # Meant for our clients. Amazon's SDK in S3A would believe it too, over Hadoop's own configuration.
    os.environ.pop("AWS_ENDPOINT_URL", None)
    Moto.load()  # while YARN starts
    runner = ImageRunner(_yarn(folder), folder, image=IMAGE_PYTHON)
    chaos = Chaos.parse(settings["chaos"]) if settings["chaos"] else None
    keys = {settings["key_id"]: Key(secret=settings["secret"])}
    # As on EMR, cancelling a step ends its spark-submit and not what that has started on YARN.
    service = Service(runner, keys, pace=PACE, chaos=chaos, cancel=runner.interrupt)
    app = _faulty(service, chaos) if chaos else service
    with service:
        server(app, port=settings["port"]).serve_forever()


def _faulty(service: Service, chaos: Chaos) -> Any:
    """Give the service with faults of EMR's API, once its cluster is there; IAM and STS are left alone."""
    faulty = WireChaos(service, chaos, answers, begun=False)

    def serve(environ: Any, start_response: Any) -> Any:
        of_emr = "HTTP_X_AMZ_TARGET" in environ or environ["PATH_INFO"] == BEGIN
        return (faulty if of_emr else service)(environ, start_response)

    return serve


def _yarn(folder: Path) -> Yarn:
    while not (folder / "yarn.json").exists():
        time.sleep(0.1)
    return Yarn.of(folder)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
