"""A bucket in Amazon S3, or in anything that speaks its API, through boto3 and its core.

Whatever the AWS CLI takes works here too: AWS_PROFILE and the shared files, single sign-on, AWS_ENDPOINT_URL and
AWS_ENDPOINT_URL_S3, AWS_DEFAULT_REGION, AWS_CA_BUNDLE, the proxies' variables. Creating where nothing is, is asked of
the service (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
"""

import functools
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from launcher.apis import aws_session
from launcher.stores import (
    ABSENT,
    LONG,
    ONCE,
    PRESENT,
    READ_SECONDS,
    SOON,
    TWICE,
    Fault,
    Place,
    class_names,
    last_parts,
)

__all__ = ["FAULTS", "open_store", "words"]

_WHO = "aws sts get-caller-identity"
_LOGIN = "aws sso login, or renew the credentials of your AWS_PROFILE"
_KEYS = "aws configure, or set AWS_PROFILE"
_DENIED = Fault("access denied: it takes s3:ListBucket on {host}, s3:GetObject and s3:PutObject below it", _WHO)
_EXPIRED = Fault("the AWS credentials have expired", _LOGIN)
_INVALID = Fault("AWS does not know these credentials", _KEYS)
_NAME = Fault("{host} is no name of a bucket", "correct the staging in launcher.toml")
_REGION = Fault(
    "the bucket is in another region", "aws s3api get-bucket-location --bucket {host}, then set AWS_DEFAULT_REGION"
)
_SLOW = Fault("the store throttles requests, and did not stop", "try again in a minute", LONG)
_INSIDE = Fault("the store failed inside", "try again in a minute", SOON)
_DOWN = Fault("the endpoint cannot be reached", "check the network, the proxy and AWS_ENDPOINT_URL", SOON)
_FULL = Fault("the store's quota is used up", "remove old runs, or choose another staging")
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
# and, below them, https://github.com/boto/botocore/blob/develop/botocore/exceptions.py
FAULTS: Mapping[str, Fault] = {
    "NoSuchKey": ABSENT,
    "PreconditionFailed": PRESENT,
    "ConditionalRequestConflict": Fault("others write the same object all the time", "try again", SOON),
    "NoSuchBucket": Fault("the bucket {host} does not exist", "aws s3 mb s3://{host}, or choose another staging"),
    "InvalidBucketName": _NAME,
    "AllAccessDisabled": _DENIED,
    "AccessDenied": _DENIED,
    "AccountProblem": Fault("AWS has a problem with the account", "look into the AWS Billing console"),
    "InvalidAccessKeyId": _INVALID,
    "SignatureDoesNotMatch": Fault("the secret key is wrong", _KEYS),
    "ExpiredToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "InvalidToken": Fault("the session token is wrong, or of another account", _KEYS),
    "RequestTimeTooSkewed": Fault("this machine's clock is wrong by more than 15 minutes", "timedatectl set-ntp true"),
    "PermanentRedirect": _REGION,
    "TemporaryRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "EntityTooLarge": Fault("the object is larger than the store takes", "give a smaller input, or split it"),
    "QuotaExceeded": _FULL,
    "InsufficientStorage": _FULL,
    "KeyTooLongError": Fault("the object's name is too long", "choose a shorter staging, or a shorter file name"),
    "NotImplemented": Fault("the store cannot do this; create-only writes are needed", "choose another staging"),
    "SlowDown": _SLOW,
    "TooManyRequests": _SLOW,
    "Throttling": _SLOW,
    "RequestLimitExceeded": _SLOW,
    "ServiceUnavailable": _SLOW,
    "RequestTimeout": Fault("the store waited too long for the data", "check the network", SOON),
    "InternalError": _INSIDE,
    # Where there is no body, as after HEAD, or another server's answer, only the status says what is wrong.
    "301": _REGION,
    "401": _INVALID,
    "403": _DENIED,
    "404": ABSENT,
    "412": PRESENT,
    "413": Fault("the object is larger than the store takes", "give a smaller input, or split it"),
    "429": _SLOW,
    "500": _INSIDE,
    "502": _INSIDE,
    "503": _SLOW,
    "504": _INSIDE,
    "507": _FULL,
    "ParamValidationError": _NAME,
    "NoCredentialsError": Fault("there are no AWS credentials", _KEYS),
    "PartialCredentialsError": Fault("the AWS credentials are incomplete", _KEYS),
    "ProfileNotFound": Fault("AWS_PROFILE names a profile that does not exist", "aws configure list-profiles"),
    "ConfigParseError": Fault("the AWS configuration file cannot be read", "correct ~/.aws/config"),
    "CredentialRetrievalError": Fault("the AWS credentials could not be fetched", _LOGIN),
    "TokenRetrievalError": _EXPIRED,
    "SSOError": _EXPIRED,
    "LoginError": Fault("the AWS login has ended", "aws login"),
    "ProxyConnectionError": Fault("the proxy cannot be reached", "check HTTPS_PROXY and NO_PROXY", SOON),
    "SSLError": Fault("the endpoint's certificate is not trusted", "set AWS_CA_BUNDLE to your CA's file"),
    "RecursionError": Fault("the endpoint redirects every request", "correct AWS_ENDPOINT_URL: https or http"),
    "ConnectTimeoutError": Fault(_DOWN.cause, _DOWN.hint, ONCE),
    "ConnectionError": _DOWN,
    "ReadTimeoutError": Fault("the endpoint accepts requests but does not answer", _DOWN.hint, TWICE),
    "HTTPClientError": Fault("the connection was cut", _DOWN.hint, SOON),
    "IncompleteReadError": Fault("the connection was cut", _DOWN.hint, SOON),
    "ResponseParserError": Fault("the answer was cut, or is not that of an S3", _DOWN.hint, SOON),
}


def words(error: BaseException) -> tuple[str, ...]:
    """Give S3's code and the HTTP status, or the names of botocore's classes."""
    if isinstance(error, RecursionError):  # botocore looks for the bucket's region for ever when all is redirected
        return ("RecursionError",)
    if not type(error).__module__.startswith(("botocore.", "boto3.", "s3transfer.")):
        return ()
    if type(error).__name__ == "S3UploadFailedError" and error.__context__:  # tells the cause in its text only
        return words(error.__context__)
    answer: Any = getattr(error, "response", None) or {}
    codes = (answer.get("Error", {}).get("Code"), answer.get("ResponseMetadata", {}).get("HTTPStatusCode"))
    return (*(str(code) for code in codes if code), *class_names(error))


def open_store(root: str) -> "S3":
    """Give the store on a bucket; contacts nobody."""
    return S3(Place.of(root))


class S3:
    """The objects of a bucket; see ``launcher.stores.Store`` for what each method gives and raises."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._client = _client(tries=1)  # the launcher tries again itself

    def get(self, name: str) -> bytes:
        # Not as a context, which would give the bare stream, whose errors are another library's.
        with closing(self._client.get_object(**self._at(name))["Body"]) as body:
            return bytes(body.read())

    def head(self, name: str) -> None:
        self._client.head_object(**self._at(name))

    def put(self, name: str, data: bytes) -> None:
        self._client.put_object(**self._at(name), Body=data)

    def create(self, name: str, data: bytes) -> None:
        self._client.put_object(**self._at(name), Body=data, IfNoneMatch="*")

    def upload(self, name: str, file: Path) -> None:
        self._transfers.upload_file(str(file), **self._at(name))

    def delete(self, name: str) -> None:
        self._client.delete_object(**self._at(name))

    def folders(self, prefix: str) -> list[str]:
        pages = self._pages(prefix, Delimiter="/")
        return last_parts(row["Prefix"] for page in pages for row in page.get("CommonPrefixes", ()))

    def objects(self, prefix: str) -> list[str]:
        return self._place.names(row["Key"] for page in self._pages(prefix) for row in page.get("Contents", ()))

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self._place.host, "Key": self._place.key(name)}

    def _pages(self, prefix: str, **more: str) -> Any:
        pages = self._client.get_paginator("list_objects_v2")
        return pages.paginate(Bucket=self._place.host, Prefix=self._place.folder(prefix), **more)

    @functools.cached_property
    def _transfers(self) -> Any:
        """A client that repeats a part that failed, so that a large file is not sent again from its beginning."""
        return _client(tries=SOON, transfers=True)


def _client(**options: Any) -> Any:
    client = aws_session.client("s3", read_seconds=READ_SECONDS, **options)
    host = urlsplit(str(client.meta.endpoint_url)).hostname or ""
    chosen = aws_session.session().get_scoped_config().get("s3", {})
    if ".amazonaws." in f".{host}." or "addressing_style" in chosen or _is_address(host):
        return client
    # Other servers seldom have a host name for each bucket; for an address, the SDK itself does not ask for one.
    return aws_session.client("s3", read_seconds=READ_SECONDS, s3={"addressing_style": "path"}, **options)


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit()
