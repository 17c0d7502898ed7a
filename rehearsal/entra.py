"""Entra's token endpoint for one application with a secret (OAuth 2.0 client credentials).

Not imitated: users, certificates, consent, other grants, instance discovery, keys to verify a token with: only the
resource manager that runs beside it can.
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import hmac
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt

LIFETIME = 3600  # seconds of a token
ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entra:
    """One tenant with one application; ``authority`` is its public URL."""

    authority: str
    tenant: str
    client_id: str
    client_secret: str
    lifetime: int = LIFETIME
    key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    principal: str = field(default_factory=lambda: str(uuid.uuid4()))  # the application's object in the tenant

    def configuration(self) -> dict[str, Any]:
        """Give the OpenID document that the client library reads first."""
        base = f"{self.authority}/{self.tenant}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }

    def token(self, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Give status and body of the answer to a request for a token."""
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", f"AADSTS70003: grant {form.get('grant_type')!r}")
        if form.get("client_id") != self.client_id:
            said = f"AADSTS700016: Application with identifier '{form.get('client_id')}' was not found"
            return _error(400, "unauthorized_client", said)
        if not hmac.compare_digest(form.get("client_secret", "").encode(), self.client_secret.encode()):
            return _error(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        if not form.get("scope", "").endswith("/.default"):
            return _error(400, "invalid_scope", f"AADSTS1002012: scope {form.get('scope')!r}")
        now = int(time.time())
        audience = form["scope"].removesuffix("/.default")
        who = {"appid": self.client_id, "oid": self.principal, "tid": self.tenant}
        claims = {"aud": audience, **who, "iat": now, "exp": now + self.lifetime}
        signed = jwt.encode(claims, self.key, ALGORITHM)
        return 200, {"token_type": "Bearer", "expires_in": self.lifetime, "access_token": signed}

    def holder(self, authorization: str) -> str:
        """Give the object of whom a token is for that `refusal` has let in."""
        token = authorization.partition(" ")[2]
        return str(jwt.decode(token, self.key, [ALGORITHM], options={"verify_aud": False})["oid"])

    def refusal(self, authorization: str) -> str:
        """Give ARM's code for a header that admits nobody, empty for a token of ours that holds."""
        kind, _, token = authorization.partition(" ")
        try:
            if kind != "Bearer":
                return "AuthenticationFailed"
            jwt.decode(token, self.key, [ALGORITHM], options={"verify_aud": False})
        except jwt.ExpiredSignatureError:
            return "ExpiredAuthenticationToken"
        except jwt.InvalidTokenError:
            return "InvalidAuthenticationToken"
        return ""


def _error(status: int, code: str, text: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": code, "error_description": text}
