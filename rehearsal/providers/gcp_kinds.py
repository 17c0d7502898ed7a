"""The resource types that the provider `gcp` imitates: those of which a Dataproc stack consists."""

from collections.abc import Mapping

from rehearsal.providers import gcp_dataproc, gcp_identity, gcp_network, gcp_storage
from rehearsal.providers.kinds import Kind

KINDS: Mapping[str, Kind] = {
    "gcp:compute/firewall:Firewall": gcp_network.Firewall(),
    "gcp:compute/network:Network": gcp_network.Network(),
    "gcp:compute/subnetwork:Subnetwork": gcp_network.Subnetwork(),
    "gcp:dataproc/cluster:Cluster": gcp_dataproc.Cluster(),
    "gcp:projects/iAMMember:IAMMember": gcp_identity.ProjectMember(),
    "gcp:serviceaccount/account:Account": gcp_identity.Account(),
    "gcp:storage/bucket:Bucket": gcp_storage.Bucket(),
    "gcp:storage/bucketIAMMember:BucketIAMMember": gcp_identity.BucketMember(),
    "gcp:storage/bucketObject:BucketObject": gcp_storage.Object(),
}
