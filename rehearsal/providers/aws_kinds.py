"""The resource types that the provider `aws` imitates: those of which an EMR stack consists."""

from collections.abc import Mapping

from rehearsal.providers import aws_bucket, aws_emr, aws_groups, aws_identity, aws_network, aws_schedule, aws_settings
from rehearsal.providers.kinds import Kind

KINDS: Mapping[str, Kind] = {
    "aws:ec2/routeTable:RouteTable": aws_network.RouteTable(),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": aws_network.RouteTableAssociation(),
    "aws:ec2/securityGroup:SecurityGroup": aws_groups.SecurityGroup(),
    "aws:ec2/subnet:Subnet": aws_network.Subnet(),
    "aws:ec2/vpc:Vpc": aws_network.Vpc(),
    "aws:ec2/vpcEndpoint:VpcEndpoint": aws_network.VpcEndpoint(),
    "aws:emr/cluster:Cluster": aws_emr.Cluster(),
    "aws:iam/instanceProfile:InstanceProfile": aws_identity.InstanceProfile(),
    "aws:iam/role:Role": aws_identity.Role(),
    "aws:iam/rolePolicy:RolePolicy": aws_identity.RolePolicy(),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": aws_identity.RolePolicyAttachment(),
    "aws:s3/bucket:Bucket": aws_bucket.Bucket(),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": aws_settings.Lifecycle(),
    "aws:s3/bucketObjectv2:BucketObjectv2": aws_bucket.Object(),
    "aws:s3/bucketPolicy:BucketPolicy": aws_settings.Policy(),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": aws_settings.PublicAccessBlock(),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": aws_settings.Encryption(),
    "aws:s3/bucketVersioning:BucketVersioning": aws_settings.Versioning(),
    "aws:scheduler/schedule:Schedule": aws_schedule.Schedule(),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": aws_groups.Rule(egress=True),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": aws_groups.Rule(egress=False),
}
