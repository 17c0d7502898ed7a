"""The wire of Amazon's protocols, on the server's side: signatures, errors.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

Not imitated: presigned URLs, signatures of several regions (SigV4a), unsigned payloads, policies: whoever has a key may
do everything.
"""

import hmac
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Any
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)"
)
CLOCKS_APART = 300  # seconds that a signature's time may be off: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html
Answer = tuple[str, list[tuple[str, str]], bytes]  # status line, headers, body
# The older protocol has other words for the same.
QUERY_WORDS = {
    "UnrecognizedClientException": "InvalidClientTokenId",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "ExpiredTokenException": "ExpiredToken",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "ThrottlingException": "Throttling",
}
# By the service where a protocol is its own: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html and siblings.
XML_ERRORS = {
    "query": "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>{request}</RequestId></ErrorResponse>",
    "ec2": "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>{request}</RequestID></Response>",
    "s3": "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request}</RequestId></Error>",
}


class Refusal(Exception):
    """An answer that is an error: its code, its sentence, its HTTP status, further fields."""

    def __init__(self, code: str, message: str, status: int = 400, **more: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.more = code, message, status, more

    def answer(self, protocol: str) -> Answer:
        """Give it in a protocol: "json", or one of those whose errors are XML."""
        if shape := XML_ERRORS.get(protocol):
            code = escape(QUERY_WORDS.get(self.code, self.code))
            body = shape.format(code=code, message=escape(self.message), request=uuid.uuid4())
            return f"{self.status} REFUSED", [("Content-Type", "text/xml")], body.encode()
        # Both spellings are found in the service's own answers.
        fields = {"__type": self.code, "message": self.message, "Message": self.message, **self.more}
        return json_answer(fields, f"{self.status} REFUSED")


@dataclass(slots=True, kw_only=True)
class Key:
    """The secret half of an access key; with a session token, it expires (seconds since 1970)."""

    secret: str
    token: str = ""
    expires_at: float = inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a request was signed for."""

    key_id: str
    region: str
    service: str


def json_answer(fields: Mapping[str, Any], status: str = "200 OK") -> Answer:
    """Give an answer in the JSON protocol."""
    headers = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", str(uuid.uuid4()))]
    return status, headers, json.dumps(fields).encode()


def answers(kind: str) -> Answer:
    """Give the vendor's own answer for a fault: "throttled", "error" or "expired"."""
    refusals = {
        "throttled": Refusal("ThrottlingException", "Rate exceeded"),
        "error": Refusal("InternalServerException", "an error of the service's own", 500),
        "expired": Refusal("ExpiredTokenException", "The security token included in the request is expired"),
    }
    return refusals[kind].answer("json")


def protocol(environ: Mapping[str, Any]) -> str:
    """Give the protocol in which an error is told: "ec2", "s3", "query" (STS, IAM), or "json"."""
    found = AUTHORIZATION.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    if found and found[3] in XML_ERRORS:
        return found[3]
    return "query" if "x-www-form-urlencoded" in environ.get("CONTENT_TYPE", "") else "json"


def signed(environ: Mapping[str, Any], body: bytes, keys: Mapping[str, Key], now: float) -> Scope:
    """Give what the request is signed for, after computing its signature anew; raises Refusal."""
    found = AUTHORIZATION.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    if not found:
        raise Refusal("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    key_id, region, service, names, signature = found.groups()
    key = _known(keys, key_id, environ)
    scheme: Any = S3SigV4Auth if service == "s3" else SigV4Auth
    signer = scheme(Credentials(key_id, key.secret, key.token or None), service, region)
    wanted = signer.signature(*_signed_text(signer, _request(environ, body, names)))
    if not hmac.compare_digest(wanted, signature):
        said = "The request signature we calculated does not match the signature you provided."
        raise Refusal("InvalidSignatureException", said, 403)
    _check_time(environ, key, now)
    return Scope(key_id=key_id, region=region, service=service)


def _known(keys: Mapping[str, Key], key_id: str, environ: Mapping[str, Any]) -> Key:
    key = keys.get(key_id)
    if key is None or key.token != environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""):
        raise Refusal("UnrecognizedClientException", "The security token included in the request is invalid.", 403)
    return key


def _check_time(environ: Mapping[str, Any], key: Key, now: float) -> None:
    date = environ["HTTP_X_AMZ_DATE"]
    made = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    # By the true time, whatever the rehearsal's clock says: botocore signs by it.
    if abs((datetime.now(UTC) - made).total_seconds()) > CLOCKS_APART:
        raise Refusal("InvalidSignatureException", f"Signature expired: {date} is too far from the present.", 403)
    if now >= key.expires_at:
        raise Refusal("ExpiredTokenException", "The security token included in the request is expired", 403)


def _request(environ: Mapping[str, Any], body: bytes, names: str) -> AWSRequest:
    headers = {name: _header(environ, name) for name in names.split(";")}
    # As it was sent: a server has decoded PATH_INFO, and what is signed is not.
    url = f"http://{environ.get('HTTP_HOST', '')}{environ.get('REQUEST_URI', environ['PATH_INFO'])}"
    request = AWSRequest(method=environ["REQUEST_METHOD"], url=url, data=body, headers=headers)
    request.context["timestamp"] = environ.get("HTTP_X_AMZ_DATE", "")
    return request


def _signed_text(signer: Any, request: AWSRequest) -> tuple[str, AWSRequest]:
    return signer.string_to_sign(request, signer.canonical_request(request)), request


def _header(environ: Mapping[str, Any], name: str) -> str:
    word = name.upper().replace("-", "_")
    return str(environ.get(word if word in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{word}", ""))
