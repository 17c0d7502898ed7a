"""One request to the rehearsed EMR, and what the service has to answer it with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.aws_wire import Refusal
from rehearsal.chaos import Chaos
from rehearsal.emr_cluster import Cluster, Pace
from rehearsal.emr_moto import Moto


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request with checked parameters."""

    asked: Mapping[str, Any]
    region: str
    environ: Mapping[str, Any]
    body: bytes
    now: float
    skew: float
    clusters: dict[str, Cluster]
    moto: Moto
    pace: Pace
    chaos: Chaos | None

    def cluster(self, *, job_flow: bool = False) -> Cluster:
        """Give the cluster that is asked about; raises Refusal in the words of the operation's generation."""
        name = self.asked["JobFlowId" if job_flow else "ClusterId"]
        found = self.clusters.get(name)
        if found is None or found.region != self.region:
            if job_flow:
                raise Refusal("ValidationException", "Specified job flow ID does not exist.")
            said = f"Cluster id '{name}' is not valid."
            raise Refusal("InvalidRequestException", said, ErrorCode="NoSuchCluster")
        return found

    def strikes(self, switch: str, subject: str) -> bool:
        """Tell whether a fault befalls the subject."""
        return self.chaos is not None and self.chaos.strikes(switch, subject)

    def amount(self, switch: str, low: float, high: float, subject: str) -> float:
        """Give how much of a fault."""
        return self.chaos.amount(switch, low, high, subject) if self.chaos else 0.0

    def forward(self) -> dict[str, Any]:
        """Give moto's answer."""
        return self.moto.ask(self.region, self.environ, self.body)


Operation = Callable[[Call], dict[str, Any]]
