"""The services beside the rehearsed EMR: moto answers, but for what AWS would refuse; schedules are carried out."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from rehearsal import ec2_rules
from rehearsal.aws_wire import Answer, Scope
from rehearsal.emr_moto import Moto
from rehearsal.schedules import End, Schedules


class Neighbours:
    """EC2, IAM, S3, STS and so on; ``end`` ends clusters for a schedule."""

    def __init__(self, moto: Moto, end: End) -> None:
        self._moto, self._schedules = moto, Schedules(end)

    def answer(self, scope: Scope, environ: Mapping[str, Any], body: bytes, in_use: Collection[str]) -> Answer:
        """Answer a request; ``in_use`` is what clusters use of EC2. Raises Refusal."""
        with self._moto.lock:
            if scope.service == "ec2":
                ec2_rules.check_removal(scope.region, body, in_use)
            if scope.service == "scheduler":
                self._schedules.check(scope.region, environ, body)
            return self._moto.forward(scope.service, scope.region, environ, body)

    def tick(self, now: float) -> None:
        """Carry out the schedules that are due."""
        with self._moto.lock:
            self._schedules.run(now)

    def history(self) -> list[dict[str, Any]]:
        """Give what became of each schedule that was due."""
        return [asdict(outcome) for outcome in self._schedules.history]
