"""What a role may do, by its own policies and those attached to it: for the few calls where the rehearsal asks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

Not imitated: conditions (taken as met), NotAction and NotResource (match nothing), boundaries, policies of resources.
"""

import fnmatch
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rehearsal.emr_moto import ACCOUNT


def role_named(name_or_arn: str) -> Any:
    """Give a role of moto's IAM by its name or ARN; None when there is none."""
    name = name_or_arn.rpartition("/")[2]
    return next((role for role in _iam().get_roles() if role.name == name), None)


def role_of_profile(name_or_arn: str) -> Any:
    """Give the role of an instance profile; None when it has none."""
    name = name_or_arn.rpartition("/")[2]
    return next((role for one in _iam().get_instance_profiles() if one.name == name for role in one.roles), None)


def trusts(role: Any, service: str) -> bool:
    """Tell whether a service may take a role."""
    return any(
        statement.get("Effect") == "Allow" and service in _listed(_principals(statement).get("Service"))
        for statement in _statements(json.loads(role.assume_role_policy_document))
    )


def allows(role: Any, action: str, resource: str) -> bool:
    """Tell whether a role's policies allow an action on a resource, and none denies it."""
    found = [one.get("Effect") for one in _rules(role) if _matches(one, action, resource)]
    return "Allow" in found and "Deny" not in found


def attached(role: Any, policy: str) -> bool:
    """Tell whether a policy of this name is attached to a role."""
    return any(arn.rpartition("/")[2] == policy for arn in role.managed_policies)


def _iam() -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[ACCOUNT]["aws"]


def _rules(role: Any) -> Iterator[Mapping[str, Any]]:
    managed = (
        version.document for one in role.managed_policies.values() for version in one.versions if version.is_default
    )
    for document in (*role.policies.values(), *managed):
        yield from _statements(json.loads(document) if isinstance(document, str) else document)


def _matches(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    actions = (word.lower() for word in _listed(statement.get("Action")))
    return _any(actions, action.lower()) and _any(_listed(statement.get("Resource")), resource)


def _any(patterns: Iterable[str], text: str) -> bool:
    return any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns)


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _principals(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    found = statement.get("Principal", {})
    return found if isinstance(found, Mapping) else {"Service": found}


def _listed(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]
