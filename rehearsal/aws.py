"""The rehearsal cloud `aws`: a real S3 gateway and a real YARN, behind an emulated EMR."""

import json
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyspark

from rehearsal import parts, processes, providers, wire, yarn
from rehearsal.clouds import Running, Truth
from rehearsal.errors import RehearsalError
from rehearsal.processes import LOOPBACK

TRUTH = Truth(
    real=(
        "versitygw as S3: signatures, conditional writes, regions, the files of every run",
        "S3A, Hadoop's connector, for s3:// and s3a://",
        "YARN: ResourceManager and NodeManager; spark-submit in cluster mode, by command-runner's arguments",
        "boto3 with the vendor's own variables",
        "Pulumi's engine, its state, plans and order; the program of a stack, and pulumi_aws",
    ),
    emulated=(
        "EMR's API: requests held against botocore's model, signatures, queue, states, paging, cancelling",
        "EMR's cluster: times, auto-termination, instance hours, steps' logs in the bucket",
        "Pulumi's provider aws: the 21 types of an EMR stack, held against the SDK's own description",
        "STS, IAM, EC2's networks and groups, tags: moto; what is in use is not removed",
        "EventBridge Scheduler: a cluster is ended at the time, if the schedule's role may do that",
    ),
    not_imitated=(
        "machines, networks, bootstrap actions, configurations of applications: kept, not applied",
        "a bucket's encryption, lifecycle, block of public access: kept, not applied",
        "IAM's policies: a known key may do everything; only what EMR's and a schedule's role need is asked for",
        "fleets: one type, no interruptions; managed scaling, sessions, runtime roles: refused",
        "EMRFS and the images: Spark here is pip's, without Amazon's changes; their Python is the rehearsal's own",
        "start times: seconds instead of minutes",
    ),
)
PARTS = ("versitygw", "hadoop", "s3a", "pulumi")
REGION = "eu-central-1"
BUCKET = "firesteel-rehearsal"
IDLE = 4 * 3600  # seconds
AT_A_TIME = 3  # steps: what YARN has memory for
PATIENCE = 60.0  # seconds
SERVICE_ROLE, NODE_PROFILE = "EMR_DefaultRole", "EMR_EC2_DefaultRole"


def up(folder: Path, chaos: str | None) -> Running:
    """Start the gateway, YARN and EMR, and make a bucket and a cluster."""
    folder.chmod(0o700)  # its files hold the access key
    key = {
        "AWS_ACCESS_KEY_ID": f"AKIA{secrets.token_hex(8).upper()}",
        "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(30),
    }
    port = processes.free_port()
    env = variables(key, s3=gateway(folder, key), emr=f"http://{LOOPBACK}:{port}")
    process = _emr(folder, port, env, chaos)
    web = yarn.start(folder, core_site(env["AWS_ENDPOINT_URL_S3"], key), [parts.ensure("s3a")]).web
    processes.wait_http(process, f"{env['AWS_ENDPOINT_URL']}/_rehearsal/calls", patience=PATIENCE)
    addresses = {"s3": env["AWS_ENDPOINT_URL_S3"], "emr": env["AWS_ENDPOINT_URL"], "yarn": web}
    cluster = furnished(env, at_a_time=AT_A_TIME)
    if chaos:
        wire.begin(env["AWS_ENDPOINT_URL"])
    path = [str(providers.program(folder, "aws")), str(parts.ensure("pulumi") / "bin")]
    return Running(cluster=cluster, env={**env, **providers.QUIET}, addresses=addresses, path=path)


def variables(key: Mapping[str, str], *, s3: str, emr: str) -> dict[str, str]:
    """Give the vendor's own variables that send its clients here."""
    return {
        **key,
        "AWS_SESSION_TOKEN": "",
        "AWS_ENDPOINT_URL": emr,
        "AWS_ENDPOINT_URL_S3": s3,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def furnished(env: Mapping[str, str], *, at_a_time: int) -> dict[str, str]:
    """Make the roles, a bucket and a cluster that waits for steps; gives the cluster as the launcher takes it."""
    make_roles(env)
    make_bucket(env)
    return {
        "kind": "emr",
        "staging": f"s3://{BUCKET}/staging",
        "region": REGION,
        "cluster_id": make_cluster(env, f"s3://{BUCKET}/logs/", at_a_time),
        "python": sys.executable,
        "spark": pyspark.__version__,
    }


def core_site(url: str, key: Mapping[str, str]) -> dict[str, str]:
    """Give what S3A needs to reach the gateway, under both schemes, as on an image of EMR without EMRFS.

    https://hadoop.apache.org/docs/r3.4.2/hadoop-aws/tools/hadoop-aws/index.html
    """
    s3a = {
        "endpoint": url,
        "endpoint.region": REGION,
        "path.style.access": "true",
        "connection.ssl.enabled": "false",
        "aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "access.key": key["AWS_ACCESS_KEY_ID"],
        "secret.key": key["AWS_SECRET_ACCESS_KEY"],
    }
    schemes = {f"fs.{scheme}.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem" for scheme in ("s3", "s3a")}
    return {f"fs.s3a.{name}": value for name, value in s3a.items()} | schemes


def make_bucket(env: Mapping[str, str]) -> None:
    """Make the bucket."""
    _client("s3", env).create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


def make_roles(env: Mapping[str, str]) -> None:
    """Make the roles of EMR and of a cluster's nodes."""
    iam = _client("iam", env)
    for role, service in ((SERVICE_ROLE, "elasticmapreduce"), (NODE_PROFILE, "ec2")):
        principal = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [principal]})
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)
    iam.create_instance_profile(InstanceProfileName=NODE_PROFILE)
    iam.add_role_to_instance_profile(InstanceProfileName=NODE_PROFILE, RoleName=NODE_PROFILE)


def make_cluster(env: Mapping[str, str], logs: str, at_a_time: int) -> str:
    """Make a cluster as a stack would, and give its id when it waits for steps; its roles are there."""
    emr = _client("emr", env)
    groups = (("MASTER", 1), ("CORE", 2))
    answer = emr.run_job_flow(
        Name="firesteel-rehearsal",
        ReleaseLabel="emr-spark-8.1.0",
        Applications=[{"Name": "Spark"}],
        ServiceRole=SERVICE_ROLE,
        JobFlowRole=NODE_PROFILE,
        StepConcurrencyLevel=at_a_time,
        AutoTerminationPolicy={"IdleTimeout": IDLE},
        Tags=[{"Key": "firesteel:stack", "Value": "rehearsal"}],
        Instances={
            "InstanceGroups": [
                {"InstanceRole": role, "InstanceType": "m5.xlarge", "InstanceCount": count} for role, count in groups
            ],
            "KeepJobFlowAliveWhenNoSteps": True,
        },
        **({"LogUri": logs} if logs else {}),
    )
    _wait_for(emr, answer["JobFlowId"])
    return str(answer["JobFlowId"])


def gateway(folder: Path, key: Mapping[str, str]) -> str:
    """Start an S3 gateway whose root has this key, and give its URL."""
    port = processes.free_port()
    for name in ("data", "iam", "versions"):
        (folder / "s3" / name).mkdir(parents=True)
    argv = [
        str(parts.ensure("versitygw")),
        "--port",
        f"{LOOPBACK}:{port}",
        "--quiet",
        "--keep-alive",
        "--region",
        REGION,
    ]
    # Without a folder for versions it would refuse to keep any.
    argv += ["--iam-dir", str(folder / "s3" / "iam"), "posix", "--versioning-dir", str(folder / "s3" / "versions")]
    argv += [str(folder / "s3" / "data")]
    root = {"ROOT_ACCESS_KEY_ID": key["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_ACCESS_KEY": key["AWS_SECRET_ACCESS_KEY"]}
    processes.wait_port(processes.start(folder, "versitygw", argv, env=root), port)
    return f"http://{LOOPBACK}:{port}"


def _emr(folder: Path, port: int, env: Mapping[str, str], chaos: str | None) -> processes.Process:
    key_id, secret = env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]
    settings = folder / "emr.json"
    settings.touch(0o600)
    settings.write_text(
        json.dumps({"port": port, "key_id": key_id, "secret": secret, "chaos": chaos}), encoding="utf-8"
    )
    return processes.start(folder, "emr", [sys.executable, "-m", "rehearsal.emr_server", str(folder)], env=env)


def _client(service: str, env: Mapping[str, str]) -> Any:
    from boto3.session import Session
    from botocore.config import Config

    return Session().client(
        service,
        region_name=REGION,
        endpoint_url=env["AWS_ENDPOINT_URL_S3" if service == "s3" else "AWS_ENDPOINT_URL"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "total_max_attempts": 10}),
    )


def _wait_for(emr: Any, cluster_id: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while (state := emr.describe_cluster(ClusterId=cluster_id)["Cluster"]["Status"]["State"]) != "WAITING":
        if time.monotonic() > deadline:
            raise RehearsalError(f"the cluster {cluster_id} is {state} after {PATIENCE:.0f} s", "rehearsal down aws")
        time.sleep(processes.POLL)
