"""What is ordered of every cloud alike, and the committed requests that a person has read."""

import json
from pathlib import Path
from typing import Any

from launcher.backend import Backend
from launcher.model import Application, JobSpec, Run

AWKWARD = ("a b", "it's", '"quoted"', "$HOME", "two\nlines", "back\\slash", "")
DATA = "data/fedcba9876543210"
# workload -> its input below the staging folder, and its arguments
ORDERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "dataframe": ("uber apr.csv.gz", ()),
    "features": ("sentinel2-pixels.csv.gz", ()),
    "hadoop-vs-spark": ("statlog-landsat.csv.gz", ("--positive", "red soil", "--passes", "4")),
    "image-analytics": ("sentinel2-dates.csv.gz", ("--tile", "20", "--bands", "red=B04,nir=B8A")),
    "infer": ("fashion mnist.npz", ("--model", "s3://bucket/runs/train-torch-20261124-101530-4f2a", "--by", "arrow")),
    "kmeans": ("uber apr.csv.gz", ("--k", "8", "--features", "Lat,Lon")),
    "logistic-regression": ("rows.csv", ("--label", "class name", "--cross-validate", "3")),
    "one-vs-rest": ("statlog-landsat.csv.gz", ("--split", "split")),
    "pagerank": ("python-imports.csv.gz", ("--from", "module", "--to", "imports")),
    "pipeline": ("wine-quality.csv.gz", ("--label", "quality")),
    "selftest": ("", ("--line", *AWKWARD)),
    "streaming": ("uber apr.csv.gz", ("--window", "6 hours")),
    "train-horovod": ("fashion mnist.npz", ("--workers", "2")),
    "train-tensorflow": ("fashion mnist.npz", ("--workers", "2", "--batch", "128")),
    "train-torch": ("fashion mnist.npz", ("--workers", "4", "--checkpoint-every", "1")),
    "udf": ("uber apr.csv.gz", ()),
}
CONF = {"spark.executor.instances": "3", "spark.executor.memory": "4g"}
ENV = {"OMP_NUM_THREADS": "1", "GREETING": 'say "$HOME {{PWD}}"'}


def request(backend: Backend, workload: str) -> Any:
    """The native request of a workload."""
    name, args = ORDERS[workload]
    source = ("--input", f"{backend.staging}/{DATA}/{name}") if name else ()
    spec = JobSpec(workload=workload, args=(*source, *args), conf=CONF, env=ENV)
    run_id = f"{workload}-20261124-101530-4f2a"
    apps = f"{backend.staging}/apps/0123456789abcdef"
    app = Application(main=f"{apps}/main.py", py_files=(f"{apps}/jobs.zip",), digest="0123456789abcdef")
    return backend.request(spec, Run(run_id=run_id, app=app, directory=f"{backend.staging}/runs/{run_id}"))


def golden(kind: str, workload: str) -> Any:
    """The request as it was read."""
    return json.loads((Path(__file__).parent / kind / f"{workload}.json").read_text(encoding="utf-8"))
