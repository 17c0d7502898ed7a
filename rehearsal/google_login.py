"""Google's credentials for one rehearsal cloud: a service account with a key of its own, and who checks its tokens.

A service account's client signs its own tokens (https://google.aip.dev/auth/4111) or trades a signed claim for one at
the token endpoint (https://developers.google.com/identity/protocols/oauth2/service-account#httprest). Not imitated:
scopes, people's logins, keys that are rotated or disabled.
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import exceptions, jwt

from rehearsal.dataproc_errors import FAULTS, Refused

LIFETIME = 3600  # seconds
# Whom Google's library names as the reader of its claim, wherever it sends that.
# https://github.com/googleapis/google-auth-library-python/blob/main/google/oauth2/service_account.py
AUDIENCE = "https://oauth2.googleapis.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A service account's e-mail and public key, and the tokens that were issued to it."""

    email: str
    public: str
    token_uri: str
    now: Callable[[], float] = time.time
    issued: dict[str, float] = field(default_factory=dict)  # token -> when it ends

    @classmethod
    def of(cls, key_file: Path) -> Self:
        """Give who checks the tokens of the account in this key file."""
        account = json.loads(key_file.read_text(encoding="utf-8"))
        private = serialization.load_pem_private_key(account["private_key"].encode(), password=None)
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        public = private.public_key().public_bytes(encoding, form).decode()
        return cls(email=account["client_email"], public=public, token_uri=account["token_uri"])

    def check(self, authorization: str, audience: str) -> None:
        """Return if the header's token is ours and still good for this service; raises Refused."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            message = "Request is missing required authentication credential. Expected OAuth 2 access token."
            raise Refused("UNAUTHENTICATED", message, "CREDENTIALS_MISSING")
        if self.issued.get(token, 0) > self.now():
            return
        if token in self.issued or self._claims(token, audience) is None:
            raise FAULTS["expired"]

    def token(self, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer a request to the token endpoint: HTTP's status and the body."""
        if form.get("grant_type") != GRANT:
            told = f"Invalid grant_type: {form.get('grant_type')}"
            return 400, {"error": "unsupported_grant_type", "error_description": told}
        if self._claims(form.get("assertion", ""), self.token_uri, AUDIENCE) is None:
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self.issued[token] = self.now() + LIFETIME
        return 200, {"access_token": token, "expires_in": LIFETIME, "token_type": "Bearer"}

    def _claims(self, token: str, *audiences: str) -> Mapping[str, Any] | None:
        """Give the claims of a token that is signed by our account, for one of these audiences, and not expired."""
        try:
            claims: Mapping[str, Any] = jwt.decode(token, certs=self.public, audience=list(audiences))
        except (ValueError, exceptions.GoogleAuthError):
            return None
        return claims if claims.get("iss") == self.email else None


def write_key(path: Path, *, project: str, token_uri: str) -> None:
    """Write a service account's key file with a fresh key, as the console gives it, readable by its owner only."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(encoding, form, serialization.NoEncryption()).decode()
    account = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": secrets.token_hex(20),
        "private_key": pem,
        "client_email": f"rehearsal@{project}.iam.gserviceaccount.com",
        "client_id": "100000000000000000000",
        "token_uri": token_uri,
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(account, indent=1), encoding="utf-8")
