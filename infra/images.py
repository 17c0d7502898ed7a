"""Releases of the services' software: what is in them, and until when their provider supports them.

Every row has its source; `checked` warns before the end of a release and refuses one that has ended.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from infra.errors import ConfigInvalid

NOTICE = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A release: the version of Spark, the interpreter that jobs run with, the last day of standard support."""

    name: str
    spark: str
    python: str
    supported_until: date | None  # None: the provider has announced no end
    source: str


EMR_RELEASES = "https://docs.aws.amazon.com/emr/latest/ReleaseGuide"
DATAPROC_RELEASES = "https://cloud.google.com/dataproc/docs/concepts/versioning/dataproc-release"
# The first of a kind is the default.
IMAGES: dict[str, tuple[Image, ...]] = {
    "emr": (
        Image(
            name="emr-7.13.0", spark="3.5", python="/usr/bin/python3.11", supported_until=date(2028, 4, 21),
            source=f"{EMR_RELEASES}/emr-7130-release.html",
        ),
        Image(
            name="emr-7.14.0", spark="3.5", python="/usr/bin/python3.11", supported_until=date(2028, 9, 22),
            source=f"{EMR_RELEASES}/emr-standard-support.html",
        ),
        Image(
            name="emr-spark-8.1.0", spark="4.1", python="/usr/bin/python3.11", supported_until=date(2029, 9, 7),
            source=f"{EMR_RELEASES}/emr-spark810-release.html",
        ),
        Image(
            name="emr-spark-8.0.0", spark="4.0", python="/usr/bin/python3.11", supported_until=date(2027, 5, 20),
            source=f"{EMR_RELEASES}/emr-spark800-release.html",
        ),
    ),
    # 3.0 (Spark 4.1) is not here: its interpreter is Pixi's, and no page says where.
    "dataproc": (
        Image(
            name="2.3-debian12", spark="3.5", python="/opt/conda/default/bin/python",
            supported_until=date(2027, 6, 9), source=f"{DATAPROC_RELEASES}-2.3",
        ),
        Image(
            name="2.2-debian12", spark="3.5", python="/opt/conda/default/bin/python",
            supported_until=date(2027, 3, 31), source=f"{DATAPROC_RELEASES}-2.2",
        ),
    ),
    "hdinsight": (
        Image(
            name="5.1", spark="3.3", python="/usr/bin/miniforge/envs/py38/bin/python", supported_until=None,
            source="https://learn.microsoft.com/azure/hdinsight/hdinsight-component-versioning",
        ),
    ),
    # The servers' own image is the operator's: this is what is installed on it.
    "openstack": (
        Image(
            name="spark-4.1", spark="4.1", python="/opt/firesteel/bin/python", supported_until=None,
            source="https://spark.apache.org/versioning-policy.html",
        ),
    ),
}  # fmt: skip


def checked(kind: str, name: str, today: date) -> tuple[Image, str]:
    """Give the release of that name, or the default, and a warning when its support ends soon.

    Raises ConfigInvalid for one that is not in the table or has no support any more.
    """
    known = {image.name: image for image in IMAGES[kind]}
    image = known.get(name) if name else IMAGES[kind][0]
    if image is None:
        raise ConfigInvalid("image", f"{name!r} is no release that is known here", f"one of {', '.join(known)}")
    end = image.supported_until
    if end is None or today <= end - NOTICE:
        return image, ""
    if today > end:
        others = [other.name for other in known.values() if not other.supported_until or today <= other.supported_until]
        raise ConfigInvalid("image", f"{image.name} has had no support since {end}", f"one of {', '.join(others)}")
    return image, f"{image.name} is supported until {end} only: {image.source}"
