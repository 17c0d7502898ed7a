"""Mocks take any name of a property: here each is held against the SDK's own description, however deep it lies."""

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pulumi import _types as described

from tests.infra.planning import Planned, planned
from tests.infra.test_policies import ROWS

ROOT = Path(__file__).resolve().parents[2]
SDKS: Mapping[str, str] = {
    "hdinsight": "pulumi_azure_native pulumi_random",
    "emr": "pulumi_aws",
    "dataproc": "pulumi_gcp",
    "openstack": "pulumi_openstack pulumi_random",
}


def arguments(type_: str) -> type:
    """Give the class of a resource's arguments; the SDK calls it Init where another has its name."""
    package, place, name = type_.split(":")
    module = import_module(
        f"pulumi_{package.replace('-', '_')}.{place.partition('/')[0]}".removesuffix(".index").removesuffix(".")
    )
    return getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")


def classes(hint: Any) -> Iterator[type]:
    """Give the classes of arguments within a type, whatever it wraps them in."""
    if isinstance(hint, type) and described.is_input_type(hint):
        yield hint
    for inner in get_args(hint):
        yield from classes(inner)


def wrong(value: Any, class_: type, path: str) -> Iterator[str]:
    """Give the properties that the class does not have, and those that it demands and are missing."""
    known = described.input_type_types(class_)
    for key, inner in value.items():
        if key not in known:
            yield f"{path}.{key}: unknown"
        else:
            # The keys of a mapping are anybody's: only what they lead to is described.
            named = isinstance(inner, Mapping) and get_origin(known[key]) is Mapping
            inside = list(inner.values()) if named else inner
            yield from wrong_within(inside, list(classes(known[key])), f"{path}.{key}")
    yield from (f"{path}.{key}: missing" for key in demanded(class_) - value.keys())


def wrong_within(value: Any, possible: list[type], path: str) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from wrong_within(each, possible, path)
    elif isinstance(value, Mapping) and possible:
        yield from min((list(wrong(value, class_, path)) for class_ in possible), key=len)


def demanded(class_: type) -> set[str]:
    names = described.input_type_py_to_pulumi_names(class_)
    given = list(inspect.signature(class_).parameters.values())
    return {names[each.name] for each in given if each.default is inspect.Parameter.empty and each.name in names}


@pytest.mark.parametrize(("kind", "config"), ROWS)
def test_every_property_is_one_that_the_sdk_knows(kind: str, config: Mapping[str, str]) -> None:
    plan = planned(kind, **config)
    found = [said for each in plan.resources for said in wrong(each.inputs, arguments(each.type), each.name)]
    assert found == []


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (
            Planned(type="gcp:dataproc/cluster:Cluster", name="a", inputs={"clusterConfg": {}}),
            "a.clusterConfg: unknown",
        ),
        (
            Planned(
                type="gcp:dataproc/cluster:Cluster",
                name="a",
                inputs={"clusterConfig": {"initializationActions": [{"timeoutSecs": 1, "script": "b"}]}},
            ),
            "a.clusterConfig.initializationActions.timeoutSecs: unknown",
        ),
        (Planned(type="gcp:storage/bucket:Bucket", name="a", inputs={}), "a.location: missing"),
    ],
)
def test_a_property_that_the_sdk_does_not_know_is_told(resource: Planned, said: str) -> None:
    assert list(wrong(resource.inputs, arguments(resource.type), resource.name)) == [said]


@pytest.mark.parametrize("kind", SDKS)
def test_a_stack_loads_one_providers_sdk_only(kind: str) -> None:
    program = (
        "import sys; from importlib import import_module; from infra import services;"
        f"import_module(services.COMPONENTS[{kind!r}].partition(':')[0]);"
        "print(*{name.partition('.')[0] for name in sys.modules if name.startswith('pulumi_')})"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert sorted(told.stdout.split()) == sorted(SDKS[kind].split())


def test_no_module_of_the_program_hides_an_sdk_of_its_name() -> None:
    program = (
        "import runpy, sys; sys.path.insert(0, 'infra')\n"
        "try: runpy.run_path('infra', run_name='__main__')\n"
        "except Exception as error: print(type(error).__name__)\n"
        "import openstack; print(openstack.__file__.endswith('__init__.py'))"
    )
    command = [sys.executable, "-W", "ignore", "-c", program]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["ConfigMissingError", "True"]


def test_every_kind_is_held_against_its_sdk() -> None:
    kinds = {kind for kind, _ in ROWS}
    assert kinds == set(SDKS)
    assert all(re.fullmatch(r"pulumi_\w+( pulumi_random)?", names) for names in SDKS.values())
