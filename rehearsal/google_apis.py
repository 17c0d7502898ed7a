"""Google's APIs beside Dataproc's as one WSGI application: Compute Engine, IAM, Resource Manager, buckets' settings.

Each API is a table of routes; who asks is checked as for Dataproc. What no table has goes to the application behind.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from rehearsal.dataproc_errors import Refused, invalid
from rehearsal.google_login import Login

Answer = Callable[..., Any]  # takes the request and the fields of its path, gives what JSON says, or a response
Route = tuple[str, re.Pattern[str], Answer]
# What a body may have: name -> type, or a table again; a list of one is a list of those; "*" is any name.
Fields = Mapping[str, Any]


class Apis:
    """The routes of several APIs, before another application."""

    def __init__(self, login: Login, routes: Sequence[Route], behind: Any) -> None:
        self._login, self._routes, self._behind = login, routes, behind

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        request = Request(environ)
        for method, path, answer in self._routes:
            match = path.fullmatch(request.path)
            if match and method in {request.method, "*"}:
                return self._answered(request, lambda: answer(request, **match.groupdict()))(environ, start_response)  # noqa: B023 -- called at once
        return self._behind(environ, start_response)

    def _answered(self, request: Request, answer: Callable[[], Any]) -> Response:
        host = f"https://{request.path.split('/')[1]}.googleapis.com/"  # of a token that its owner signed
        try:
            self._login.check(request.headers.get("Authorization", ""), host)
            found = answer()
        except Refused as refused:
            return _json(refused.status, _explained(refused))
        return found if isinstance(found, Response) else _json(200, found)


def route(method: str, path: str, answer: Answer) -> Route:
    """Give a route; ``{name}`` takes a segment, ``{name...}`` all that follows."""
    pattern = re.sub(r"\{(\w+)(\.\.\.)?\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/:]+'})", path)
    return method, re.compile(pattern), answer


def body_of(request: Request, fields: Fields) -> dict[str, Any]:
    """Give a request's body; raises Refused for fields that the API's resource does not have, and for other types."""
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise invalid(f"Invalid JSON payload received. {error}") from error
    _check(body, fields, "")
    return body


def _check(value: Any, wanted: Any, where: str) -> None:
    if value is None:
        return
    if isinstance(wanted, list):
        if not isinstance(value, list):
            raise invalid(f"Invalid JSON payload received. Invalid value at '{where}': it is no list.")
        for each in value:
            _check(each, wanted[0], where)
    elif isinstance(wanted, Mapping):
        _check_table(value, wanted, where)
    elif not isinstance(value, wanted) or isinstance(value, bool) is not (wanted is bool):
        raise invalid(f"Invalid JSON payload received. Invalid value at '{where}' ({wanted.__name__}), {value!r}")


def _check_table(value: Any, wanted: Fields, where: str) -> None:
    if not isinstance(value, Mapping):
        raise invalid(f"Invalid JSON payload received. Invalid value at '{where}': it is no object.")
    for name, each in value.items():
        if name not in wanted and "*" not in wanted:
            at = f" at '{where}'" if where else ""
            raise invalid(f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.')
        _check(each, wanted.get(name, wanted.get("*")), f"{where}.{name}".lstrip("."))


def _explained(refused: Refused) -> dict[str, Any]:
    """Give an error with the list of reasons that the older APIs have.

    https://cloud.google.com/compute/docs/reference/rest/v1/errors
    """
    body = refused.to_json()
    reason = refused.reason or {"NOT_FOUND": "notFound", "ALREADY_EXISTS": "alreadyExists"}.get(refused.code, "invalid")
    body["error"]["errors"] = [{"message": refused.message, "domain": "global", "reason": reason}]
    return body


def _json(status: int | str, body: Any) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json; charset=UTF-8")
