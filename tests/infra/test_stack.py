from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from infra import images
from infra.errors import ConfigInvalid
from infra.stack import KINDS
from tests.infra.planning import NOW, planned

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("kind", "emrr", "'emrr' is no service that is known here"),
        ("region", "", "it is not set"),
        ("until", "17:00", "'17:00' is no time"),
        ("until", "2026-11-25T17:00:00", "has no offset from UTC"),
        ("until", NOW.isoformat(), "has passed"),
        ("until", (NOW + timedelta(days=15)).isoformat(), "more than 14 days away"),
        ("ssh_source", "0.0.0.0/0", "lets the whole internet in"),
        ("ssh_source", "0.0.0.0/1,128.0.0.0/1", "lets the whole internet in"),
        ("ssh_source", "::/0", "IPv6"),
        ("ssh_source", "192.0.2.7/24", "no CIDR block"),
        ("ssh_source", " , ", "names nobody"),
        ("workers", "0", "0 is out of range"),
        ("workers", "many", "'many' is no whole number"),
        ("idle_minutes", "1", "1 is out of range"),
        ("image", "emr-6.0.0", "'emr-6.0.0' is no release that is known here"),
    ],
)
def test_what_cannot_be_is_told_with_its_key_before_anything_is_planned(key: str, value: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        planned("emr", **{key: value})
    assert str(caught.value).startswith(f"{key}: ")
    assert said in str(caught.value)
    assert f"pulumi config set {key} ...: " in str(caught.value)


@pytest.mark.parametrize("name", ["Workshop", "-a", "a" * 25, "a_b", "1a"])
def test_a_name_that_a_provider_would_refuse_is_refused(name: str) -> None:
    with pytest.raises(ConfigInvalid, match="no name for a stack"):
        planned("emr", name)


def test_a_time_with_any_offset_means_the_same_instant() -> None:
    found = planned("emr", until="2026-11-25T18:30:00+05:30")
    assert found.cluster["expires_at"] == "2026-11-25T13:00:00Z"


def test_the_end_of_a_releases_support_is_told_90_days_ahead_and_then_refused() -> None:
    image = images.IMAGES["emr"][0]
    assert image.supported_until
    assert images.checked("emr", image.name, image.supported_until - timedelta(days=90)) == (image, "")
    _, warning = images.checked("emr", image.name, image.supported_until - timedelta(days=89))
    assert str(image.supported_until) in warning
    with pytest.raises(ConfigInvalid, match="has had no support since"):
        images.checked("emr", image.name, image.supported_until + timedelta(days=1))


def test_every_release_is_supported_today_or_somebody_has_to_look() -> None:
    today = date.today()  # noqa: DTZ011 -- a day more or less does not matter
    ended = [
        row.name
        for rows in images.IMAGES.values()
        for row in rows
        if row.supported_until and row.supported_until < today
    ]
    assert ended == []


def test_every_key_that_is_read_is_described_and_every_described_one_is_read() -> None:
    described = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    assert all(row["type"] and row["description"] for row in described.values())
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "infra").glob("*.py"))
    assert [key for key in described if f'"{key}"' not in text] == []
    assert described["kind"]["description"] == f"Which service: {', '.join(KINDS)}"
    assert {key for key, row in described.items() if "default" not in row} == {"kind", "until", "ssh_source"}
