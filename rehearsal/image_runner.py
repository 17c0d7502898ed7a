"""A YARN on which the interpreter of a service's image is found by its name."""

from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal import state
from rehearsal.yarn_runner import YarnRunner


@dataclass(kw_only=True)
class ImageRunner(YarnRunner):
    """Runs jobs by YARN; where they name the image's Python, the rehearsal's nodes have another in its place.

    That is the one of `rehearsal up --python`, or the rehearsal's own: what a cluster of a stack says of its Python is
    true of the image, which is not here.
    """

    image: str

    def start(self, name: str, argv: Sequence[str]) -> None:
        """Start a job and return at once; ``argv`` are the words after ``spark-submit``."""
        super().start(name, [word.replace(self.image, self._python()) for word in argv])

    def _python(self) -> str:
        """Give the nodes' interpreter; the image's own while the cloud comes up, which runs no jobs."""
        record = state.read(self.folder)
        return str(record.running.cluster["python"]) if record else self.image
