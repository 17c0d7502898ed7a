"""The paths that the emulated resource manager knows, and the API versions that it takes.

https://learn.microsoft.com/rest/api/resources
"""

from werkzeug.routing import Map, Rule

API_VERSION = "2021-06-01"
GROUP = "rehearsal"  # is there from the beginning
SUBSCRIPTION = "/subscriptions/<subscription>"
IN_GROUP = f"{SUBSCRIPTION}/resourceGroups/<group>"
CLUSTERS = f"{IN_GROUP}/providers/Microsoft.HDInsight/clusters"
ONE = f"{CLUSTERS}/<name>"
LOCATION = f"{SUBSCRIPTION}/providers/Microsoft.HDInsight/locations/<location>"
# Each with the API versions that are taken: the SDK's, the az command line's, Pulumi's.
OF_CLUSTERS, OF_GROUPS = {API_VERSION, "2024-08-01-preview"}, {"2021-04-01", "2024-03-01"}


def _group_rules() -> list[Rule]:
    """Give the rules of groups, which Azure's clients spell in two ways."""
    verbs = {"GET": "group", "HEAD": "group", "PUT": "put_group", "DELETE": "delete_group"}
    rules = [Rule(f"{SUBSCRIPTION}/resourcegroups", methods=["GET"], endpoint="groups")]
    for place in (IN_GROUP, IN_GROUP.replace("resourceGroups", "resourcegroups")):
        rules += [Rule(place, methods=[verb], endpoint=endpoint) for verb, endpoint in verbs.items()]
        rules.append(Rule(f"{place}/resources", methods=["GET"], endpoint="resources"))
    return rules


ROUTES = Map([
    Rule("/<tenant>/v2.0/.well-known/openid-configuration", methods=["GET"], endpoint="configuration"),
    Rule("/<tenant>/oauth2/v2.0/token", methods=["POST"], endpoint="token"),
    Rule("/metadata/endpoints", methods=["GET"], endpoint="endpoints"),
    Rule(ONE, methods=["GET"], endpoint="get"),
    Rule(ONE, methods=["PUT"], endpoint="create"),
    Rule(ONE, methods=["PATCH"], endpoint="tag"),
    Rule(ONE, methods=["DELETE"], endpoint="delete"),
    Rule(CLUSTERS, methods=["GET"], endpoint="list"),
    Rule(f"{SUBSCRIPTION}/providers/Microsoft.HDInsight/clusters", methods=["GET"], endpoint="list"),
    Rule(f"{ONE}/executeScriptActions", methods=["POST"], endpoint="script"),
    Rule(f"{ONE}/scriptActions", methods=["GET"], endpoint="scripts"),
    Rule(f"{LOCATION}/azureasyncoperations/<number>", methods=["GET"], endpoint="operation"),
    Rule(f"{LOCATION}/capabilities", methods=["GET"], endpoint="capabilities"),
    Rule(f"{LOCATION}/usages", methods=["GET"], endpoint="usages"),
    Rule(f"{SUBSCRIPTION}/providers/<namespace>", methods=["GET"], endpoint="namespace"),
    Rule(f"{SUBSCRIPTION}/resources", methods=["GET"], endpoint="resources"),
    Rule("/_rehearsal/say", methods=["POST"], endpoint="say"),
    Rule(f"{IN_GROUP}/providers/<path:rest>", methods=["GET", "PUT", "DELETE"], endpoint="resource"),
    *_group_rules(),
])  # fmt: skip
OPEN = {"configuration", "token", "endpoints", "say"}
GROUPWISE = {"groups", "group", "put_group", "delete_group", "resources", "namespace"}
