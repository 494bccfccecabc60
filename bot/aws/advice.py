"""What to do about an error of AWS's, where its own words do not say: by operation, and by AWS's error code.

`DID_NOT_RUN` are the codes with which Lambda says, with status 502, that the function was not run: its own trouble with
a network, a key or a file came first. Source: the errors of Lambda's Invoke in its API reference.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.aws.s3_errors import S3

_NETWORK = "its VPC settings keep Lambda from running it. Whoever owns the function must mend them"
_KEY = "Lambda cannot decrypt its environment. Whoever owns the KMS key must let the function's role use it"
_FILES = "Lambda cannot mount its file system. Whoever owns the function must mend it"
_SNAPSHOT = "Lambda's snapshot of it is not ready or does not start. Try again in a minute, or publish it anew"

DID_NOT_RUN: Mapping[str, str] = {
    "EC2AccessDeniedException": _NETWORK,
    "EC2UnexpectedException": _NETWORK,
    "ENILimitReachedException": "its subnet has no network interface left. Try again later, or use another subnet",
    "ENINotReadyException": "its network interface is not ready yet. Try again in a minute",
    "InvalidSecurityGroupIDException": _NETWORK,
    "InvalidSubnetIDException": _NETWORK,
    "SubnetIPAddressLimitReachedException": "its subnet has no address left. Try again later, or use another subnet",
    "KMSAccessDeniedException": _KEY,
    "KMSDisabledException": "the KMS key of its environment is disabled. Whoever owns the key must enable it",
    "KMSInvalidStateException": _KEY,
    "KMSNotFoundException": "the KMS key of its environment is gone. Whoever owns the function must name another",
    "InvalidRuntimeException": "its runtime is not supported (any more). Whoever owns the function must name another",
    "InvalidZipFileException": "its code cannot be unpacked. Whoever owns the function must deploy it again",
    "EFSIOException": _FILES,
    "EFSMountConnectivityException": _FILES,
    "EFSMountFailureException": _FILES,
    "EFSMountTimeoutException": _FILES,
    "ResourceNotReadyException": "it is being set up after a pause. Try again in a minute",
    "SnapStartException": _SNAPSHOT,
    "SnapStartNotReadyException": _SNAPSHOT,
    "SnapStartTimeoutException": _SNAPSHOT,
}
_INVOKE: Mapping[str, str] = {
    **DID_NOT_RUN,
    "ResourceNotFoundException": "there is no such function, version or alias. Try: lambda list",
    "ResourceConflictException": "it is being changed right now. Try again in a minute",
    "RequestTooLargeException": "the payload is too large (6 MB at once, 1 MB with --async). Hand in where it lies",
    "InvalidRequestContentException": "the payload is not JSON that Lambda can read. Mend it and ask again",
    "UnsupportedMediaTypeException": "the payload is not JSON that Lambda can read. Mend it and ask again",
    "RecursiveInvocationException": "Lambda stopped a loop of functions that invoke each other. Mend the loop first",
    "TooManyRequestsException": "as many of it run as may run at once. Try again in a minute, or --async, which waits",
}
ADVICE: Mapping[str, Mapping[str, str]] = {"lambda:Invoke": _INVOKE, "s3": S3}
"""By operation, or by service."""


def advice(operation: str, code: str) -> str:
    """Return what is the matter and what to do next, or nothing where AWS's own words have to do."""
    known = ADVICE.get(operation) or ADVICE.get(operation.partition(":")[0], {})
    return known.get(code, "")
