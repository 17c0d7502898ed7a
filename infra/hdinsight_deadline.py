"""What ends an HDInsight stack, as HDInsight ends nothing itself: a Logic App that deletes the group it is in.

https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-definition-language
"""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_azure_native as azure

from infra.stack import Stack

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
MANAGER = "https://management.azure.com"
SCHEMA = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"


def end(stack: Stack, group: azure.resources.ResourceGroup, child: pulumi.ResourceOptions) -> Sequence[pulumi.Resource]:
    """Have Azure delete the group at the time, and each hour after it, by a call that it makes itself."""
    app = azure.logic.Workflow(
        f"{stack.prefix}-end", resource_group_name=group.name, location=stack.region, state="Enabled",
        identity={"type": "SystemAssigned"}, definition=group.id.apply(lambda path: _definition(stack, path)),
        tags=stack.tags, opts=child,
    )  # fmt: skip
    identity = app.identity.apply(lambda found: found.principal_id if found else "")
    # It may do in this group, which is the stack's alone, what it takes to delete it, and nothing elsewhere.
    return [app, assigned(f"{stack.prefix}-end", identity, CONTRIBUTOR, group.id, child)]


def assigned(
    name: str,
    principal: pulumi.Output[str],
    role: str,
    scope: pulumi.Output[str],
    child: pulumi.ResourceOptions,
) -> azure.authorization.RoleAssignment:
    """Give an identity of Azure's a built-in role in one place; the type spares waiting until Entra knows it."""
    definition = scope.apply(
        lambda path: "/".join([*path.split("/")[:3], "providers/Microsoft.Authorization/roleDefinitions", role])
    )
    return azure.authorization.RoleAssignment(
        name, principal_id=principal, principal_type="ServicePrincipal", role_definition_id=definition, scope=scope,
        opts=child,
    )  # fmt: skip


def _definition(stack: Stack, group: str) -> dict[str, Any]:
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "triggers": {
            "at-the-end": {
                "type": "Recurrence",
                "recurrence": {"frequency": "Hour", "interval": 1, "startTime": stack.expires_at},
            }
        },
        "actions": {
            "delete-the-group": {
                "type": "Http",
                "inputs": {
                    "method": "DELETE",
                    "uri": f"{MANAGER}{group}?api-version=2021-04-01",
                    "authentication": {"type": "ManagedServiceIdentity", "audience": f"{MANAGER}/"},
                    "retryPolicy": {"type": "exponential", "interval": "PT20S", "count": 8},
                },
                # What it would wait for is the end of itself.
                "operationOptions": "DisableAsyncPattern",
                "runAfter": {},
            }
        },
    }
