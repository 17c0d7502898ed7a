"""What moto does behind the rehearsed EMR: what a cluster consists of, its tags, and the services beside it.

https://docs.getmoto.org
"""

import functools
import io
import json
import threading
from collections.abc import Mapping
from typing import Any

from werkzeug.test import run_wsgi_app

from rehearsal.aws_wire import Answer, Refusal

HOSTS = {
    "elasticmapreduce": "elasticmapreduce.{region}.amazonaws.com",
    "sts": "sts.{region}.amazonaws.com",
    "iam": "iam.amazonaws.com",
    "ec2": "ec2.{region}.amazonaws.com",
    "scheduler": "scheduler.{region}.amazonaws.com",
    "s3": "s3.{region}.amazonaws.com",  # settings of buckets that the gateway does not keep
    "tagging": "tagging.{region}.amazonaws.com",
}
ACCOUNT = "123456789012"


class Moto:
    """Moto's server application, called in process, one call at a time."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # moto's models are not made for several threads

    @staticmethod
    @functools.cache
    def load() -> Any:
        """Give the application; the first time, it takes seconds."""
        from moto.core.config import default_user_config
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        # With Amazon's own policies, of which EMR's service role takes one.
        default_user_config["iam"] = {"load_aws_managed_policies": True}
        return DomainDispatcherApplication(create_backend_app)

    def forward(self, service: str, region: str, environ: Mapping[str, Any], body: bytes) -> Answer:
        """Give moto's answer to a request; the region is in the host's name, as moto wants it."""
        ours = {"HTTP_HOST": HOSTS[service].format(region=region), "wsgi.input": io.BytesIO(body)}
        with self.lock:
            answered, status, headers = run_wsgi_app(self.load(), {**environ, **ours}, buffered=True)
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return status, kept, b"".join(answered)

    def ask(self, region: str, environ: Mapping[str, Any], body: bytes) -> dict[str, Any]:
        """Give moto's answer to an EMR request, as JSON; raises Refusal when it refuses."""
        status, _, answer = self.forward("elasticmapreduce", region, environ, body)
        fields = json.loads(answer or b"{}")
        if not status.startswith("200"):
            said = str(fields.get("message", fields.get("Message", "")))
            raise Refusal(str(fields.get("__type", "InternalServerException")), said, int(status.split()[0]))
        return fields

    def end(self, region: str, clusters: list[str]) -> None:
        """Let moto's clusters end; raises Refusal when one is protected."""
        from moto.emr.exceptions import ValidationException
        from moto.emr.models import emr_backends

        try:
            emr_backends[ACCOUNT][region].terminate_job_flows(clusters)
        except ValidationException as error:
            raise Refusal("ValidationException", str(error.message)) from error

    def check_roles(self, asked: Mapping[str, Any]) -> None:
        """Return when IAM has the roles that a cluster is to have; raises Refusal as EMR does."""
        from moto.iam.models import iam_backends

        iam = iam_backends[ACCOUNT]["aws"]
        for name, known, said in (
            ("ServiceRole", {role.name for role in iam.get_roles()}, "Invalid ServiceRole: {}."),
            ("JobFlowRole", {p.name for p in iam.get_instance_profiles()}, "Invalid InstanceProfile: {}."),
        ):
            given = str(asked.get(name, "")).rpartition("/")[2]
            if given not in known:
                raise Refusal("ValidationException", said.format(given or "none is given"))
