"""A program of a test on Spark's local-cluster: executors that are processes of their own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.jobs.tables import ROOT


def answer_of(program: str, *arguments: str) -> dict[str, Any]:
    """Give the JSON that the program prints last; ``app`` in it is the id of its Spark application."""
    import pyspark

    environment = {
        **os.environ,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", program, *arguments, str(ROOT)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    # A local-cluster writes its executors' logs into the installed package, whatever SPARK_WORKER_DIR says.
    shutil.rmtree(Path(pyspark.__path__[0]) / "work" / answer["app"], ignore_errors=True)
    return answer
