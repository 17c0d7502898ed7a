"""What Dataproc keeps of a driver's output in the staging bucket, and how it speaks of a job that failed.

https://cloud.google.com/dataproc/docs/guides/dataproc-job-output
"""

from google.cloud import dataproc_v1 as dp

from launcher.storage import Storage

CHUNK = 1 << 20  # bytes of an object


class Output:
    """A driver's output below a common name, in objects with nine digits behind it; the last one grows."""

    def __init__(self, uri: str) -> None:
        folder, _, self._name = uri.rpartition("/")
        self._storage = Storage(folder)
        self._stored: int | None = None

    def store(self, output: bytes) -> None:
        """Write what is new since the last time; raises StorageError."""
        if len(output) == self._stored:
            return
        for start in range((self._stored or 0) // CHUNK * CHUNK, max(len(output), 1), CHUNK):
            self._storage.put(f"{self._name}.{start // CHUNK:09d}", output[start : start + CHUNK])
        self._stored = len(output)


def failure(job: dp.Job) -> str:
    """Give the details of a job that ended in ERROR."""
    project, job_id = job.reference.project_id, job.reference.job_id
    return (
        "Google Cloud Dataproc Agent reports job failure. If logs are available, they can be found at:\n"
        f"https://console.cloud.google.com/dataproc/jobs/{job_id}?project={project}\n"
        f"gcloud dataproc jobs wait '{job_id}' --project '{project}'\n"
        f"{job.driver_output_resource_uri}.*"
    )
