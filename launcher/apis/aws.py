"""Calls to Amazon Web Services: one retry policy, errors in our words."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from launcher.apis import aws_session
from launcher.errors import BackendUnavailable, ConfigError, JobRejected, LauncherError, ResourceNotFound
from launcher.stores import LONG, ONCE, SOON, TWICE
from launcher.stores.s3 import words

READ_SECONDS = 20.0
LONGEST_PAUSE = 8.0  # seconds; the pauses before a LONG row of tries is over sum up to half a minute


@dataclass(frozen=True, slots=True)
class Fault:
    """What a word of AWS means: our error, the cause, the next command to type, how many tries it is worth.

    ``refused`` when the call was surely not carried out.
    """

    error: type[LauncherError]
    cause: str
    hint: str
    tries: int = ONCE
    refused: bool = False


_WHO = "aws sts get-caller-identity"
_LOGIN = "aws sso login, or renew the credentials of your AWS_PROFILE"
_KEYS = "aws configure, or set AWS_PROFILE"
_NETWORK = "check the network, the proxy, the region and AWS_ENDPOINT_URL"
_BUSY = Fault(BackendUnavailable, "too many requests, for half a minute", "try again in a minute", LONG, refused=True)
_INSIDE = Fault(BackendUnavailable, "the service failed inside", "https://health.aws.amazon.com", SOON)
_DENIED = Fault(
    JobRejected, "these credentials are not permitted to do that", f"{_WHO}; docs/clouds/emr.md has the policy"
)
_EXPIRED = Fault(BackendUnavailable, "the AWS credentials have expired", _LOGIN)
_UNKNOWN = Fault(BackendUnavailable, "AWS does not know these credentials", _KEYS)
_SIGNATURE = Fault(BackendUnavailable, "the secret key is wrong, or this machine's clock is", f"{_KEYS}; timedatectl")
_LARGE = Fault(JobRejected, "the request is too large", "give fewer or shorter arguments; put data into a file")
_DOWN = Fault(BackendUnavailable, "the endpoint cannot be reached", _NETWORK, SOON)
_CUT = Fault(BackendUnavailable, "the connection was cut", _NETWORK, SOON)
# A network that wants a login first answers with its own page, and 200.
_STRANGE = Fault(BackendUnavailable, "the answer is not one of AWS", _NETWORK, SOON)
# https://docs.aws.amazon.com/emr/latest/APIReference/CommonErrors.html, the HTTP status where there is no such code,
# and then https://github.com/boto/botocore/blob/develop/botocore/exceptions.py
FAULTS: dict[str, Fault] = {
    "ThrottlingException": _BUSY,
    "Throttling": _BUSY,
    "TooManyRequestsException": _BUSY,
    "RequestLimitExceeded": _BUSY,
    "429": _BUSY,
    "ExpiredTokenException": _EXPIRED,
    "ExpiredToken": _EXPIRED,
    "UnrecognizedClientException": _UNKNOWN,
    "InvalidClientTokenId": _UNKNOWN,
    "InvalidSignatureException": _SIGNATURE,
    "SignatureDoesNotMatch": _SIGNATURE,
    "IncompleteSignature": _SIGNATURE,
    "MissingAuthenticationTokenException": _UNKNOWN,
    "AccessDeniedException": _DENIED,
    "AccessDenied": _DENIED,
    "OptInRequired": Fault(JobRejected, "the account may not use this service there", "choose another region"),
    "RequestEntityTooLarge": _LARGE,
    "413": _LARGE,
    "InternalServerException": _INSIDE,
    "InternalServerError": _INSIDE,
    "InternalFailure": _INSIDE,
    "ServiceUnavailable": _INSIDE,
    "500": _INSIDE,
    "502": _INSIDE,
    "503": _INSIDE,
    "504": _INSIDE,
    "NoCredentialsError": Fault(BackendUnavailable, "there are no AWS credentials", _KEYS),
    "PartialCredentialsError": Fault(BackendUnavailable, "the AWS credentials are incomplete", _KEYS),
    "CredentialRetrievalError": Fault(BackendUnavailable, "the AWS credentials could not be fetched", _LOGIN),
    "TokenRetrievalError": _EXPIRED,
    "SSOError": _EXPIRED,
    "LoginError": Fault(BackendUnavailable, "the AWS login has ended", "aws login"),
    "ProfileNotFound": Fault(ConfigError, "AWS_PROFILE names no profile", "aws configure list-profiles"),
    "ConfigParseError": Fault(ConfigError, "the AWS configuration cannot be read", "correct ~/.aws/config"),
    "InvalidRegionError": Fault(ConfigError, "that is no name of a region", "correct `region` of the cloud"),
    "ParamValidationError": Fault(
        JobRejected, "the call does not fit the service's model", "launcher submit --dry-run"
    ),
    "ProxyConnectionError": Fault(BackendUnavailable, "the proxy cannot be reached", "check HTTPS_PROXY and NO_PROXY"),
    "SSLError": Fault(BackendUnavailable, "the endpoint's certificate is not trusted", "set AWS_CA_BUNDLE"),
    "ConnectTimeoutError": Fault(BackendUnavailable, _DOWN.cause, _NETWORK),
    "ConnectionError": _DOWN,
    "ReadTimeoutError": Fault(
        BackendUnavailable, "the service accepts the request but does not answer", _NETWORK, TWICE
    ),
    "HTTPClientError": _CUT,
    "IncompleteReadError": _CUT,
    "ResponseParserError": _STRANGE,
}
# IAM, S3 and EventBridge, EC2: NoSuchEntity, NoSuchBucket, ResourceNotFoundException, InvalidVpcID.NotFound.
ABSENT = re.compile(r"^NoSuch|NotFound")
Explain = Callable[[str], LauncherError | None]


def client(service: str, region: str) -> Any:
    """Give the vendor's client, which itself tries every call once.

    What is tried again is decided here: botocore repeats a call whose first try may have been carried out.
    """
    return _client(service, region, aws_session.session())


@functools.lru_cache(maxsize=8)
def _client(service: str, region: str, _session: Any) -> Any:
    return aws_session.client(service, region_name=region, read_seconds=READ_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service in one region. ``where`` begins every message; ``explain`` knows the service's own refusals.

    With ``absent``, a code that says that something is not there is a ResourceNotFound.
    """

    name: str
    region: str
    where: str
    explain: Explain
    tries: int = LONG
    absent: bool = False

    def ask(self, operation: str, *, twice: bool = True, **parameters: Any) -> Any:
        """Give the answer to an operation; raises a LauncherError.

        ``twice`` is False for what must not be carried out twice: then only a call that was refused is made again.
        """
        try:
            answer = self._retried(operation, parameters, twice=twice)
        except Exception as error:
            known = self._known(error)
            if known is None:
                raise
            raise known from error
        if "RequestId" not in answer["ResponseMetadata"]:
            raise _STRANGE.error(f"{self.where}: {_STRANGE.cause}", _STRANGE.hint)
        return answer

    def _retried(self, operation: str, parameters: dict[str, Any], *, twice: bool) -> Any:
        try:
            return self._once(operation, parameters)
        except Exception as error:
            if not self._worth(error, 1, twice=twice):
                raise
        # Imported by the first call that fails: most succeed at once, and tenacity costs a command 40 ms.
        from tenacity import RetryCallState, Retrying, wait_random_exponential

        def over(state: RetryCallState) -> bool:
            error = state.outcome.exception() if state.outcome else None
            return not self._worth(error, state.attempt_number + 1, twice=twice)

        pauses = wait_random_exponential(multiplier=0.25, max=LONGEST_PAUSE)
        return Retrying(stop=over, wait=pauses, reraise=True)(self._once, operation, parameters)

    def _worth(self, error: BaseException | None, tried: int, *, twice: bool) -> bool:
        fault = _fault(error) if isinstance(error, Exception) else None
        return fault is not None and tried < min(self.tries, fault.tries) and (twice or fault.refused)

    def _once(self, operation: str, parameters: dict[str, Any]) -> Any:
        return getattr(client(self.name, self.region), operation)(**parameters)

    def _known(self, error: Exception) -> LauncherError | None:
        """Give the error in our words; None for one that is not of AWS."""
        found = words(error)
        if not found:
            return None
        if self.absent and ABSENT.search(found[0]):
            return ResourceNotFound(f"{self.where}: {_said(error)}")
        fault = _fault(error)
        if fault is None:
            hint = "launcher doctor"
            return self.explain(_said(error)) or JobRejected(f"{self.where}: {_said(error)}", hint)
        return fault.error(f"{self.where}: {fault.cause} ({_said(error)})", fault.hint)


def _fault(error: Exception) -> Fault | None:
    return next((FAULTS[word] for word in words(error) if word in FAULTS), None)


def _said(error: Exception) -> str:
    """Give AWS's own sentence."""
    response: Any = getattr(error, "response", None)
    text = response["Error"].get("Message") or response["Error"].get("Code") if response else ""
    return str(text or error)
