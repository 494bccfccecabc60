"""Which family each of botocore's exceptions belongs to, and each of AWS's error codes that many services share.

Every exception class of botocore stands here by name; a test walks them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from botocore import exceptions as raised
from botocore.parsers import ResponseParserError

from bot.aws.advice import DID_NOT_RUN


class Family(Enum):
    """What a botocore exception says about the request."""

    ANSWERED = auto()
    """AWS answered with an error of its own."""
    LEFT = auto()
    """It may have left, and no whole answer came."""
    NOT_CONNECTED = auto()
    """It found no way to AWS."""
    NO_CREDENTIALS = auto()
    """It could not be signed."""
    MISCONFIGURED = auto()
    """Whoever runs the bot has given settings that botocore cannot use."""
    UNSENDABLE = auto()
    """It could not be made from what was asked."""


MEMBERS: Mapping[Family, tuple[type[Exception], ...]] = {
    Family.ANSWERED: (raised.ClientError,),
    Family.LEFT: (
        raised.BotoCoreError,  # the root: a class that botocore adds tomorrow may have left
        raised.HTTPClientError,
        raised.ConnectionError,
        raised.ReadTimeoutError,
        raised.ConnectionClosedError,
        raised.IncompleteReadError,
        raised.ResponseStreamingError,
        raised.EventStreamError,
        raised.ChecksumError,
        raised.FlexibleChecksumError,
        raised.AwsChunkedWrapperError,
        raised.UnseekableStreamError,
        raised.SSLError,
        raised.WaiterError,
        raised.PaginationError,
        ResponseParserError,
    ),
    Family.NOT_CONNECTED: (
        raised.EndpointConnectionError,
        raised.ConnectTimeoutError,
        raised.ProxyConnectionError,
        raised.CapacityNotAvailableError,
    ),
    Family.NO_CREDENTIALS: (
        raised.NoCredentialsError,
        raised.PartialCredentialsError,
        raised.CredentialRetrievalError,
        raised.UnknownCredentialError,
        raised.ProfileNotFound,
        raised.InfiniteLoopConfigError,
        raised.RefreshWithMFAUnsupportedError,
        raised.MetadataRetrievalError,
        raised.InvalidIMDSEndpointError,
        raised.InvalidIMDSEndpointModeError,
        raised.SSOError,
        raised.SSOTokenLoadError,
        raised.UnauthorizedSSOTokenError,
        raised.LoginError,
        raised.LoginAuthorizationCodeError,
        raised.LoginInsufficientPermissions,
        raised.LoginRefreshRequired,
        raised.LoginTokenLoadError,
        raised.TokenRetrievalError,
        raised.NoAuthTokenError,
        raised.UnknownTokenProviderError,
    ),
    Family.MISCONFIGURED: (
        raised.ConfigNotFound,
        raised.ConfigParseError,
        raised.InvalidConfigError,
        raised.InvalidChecksumConfigError,
        raised.InvalidDefaultsMode,
        raised.InvalidEndpointConfigurationError,
        raised.InvalidEndpointDiscoveryConfigurationError,
        raised.InvalidMaxRetryAttemptsError,
        raised.InvalidProxiesConfigError,
        raised.InvalidRetryConfigurationError,
        raised.InvalidRetryModeError,
        raised.InvalidS3AddressingStyleError,
        raised.InvalidS3UsEast1RegionalEndpointConfigError,
        raised.InvalidSTSRegionalEndpointsConfigError,
        raised.UnsupportedS3ConfigurationError,
        raised.UnsupportedS3AccesspointConfigurationError,
        raised.UnsupportedS3ControlConfigurationError,
        raised.NoRegionError,
        raised.MD5UnavailableError,
        raised.MissingDependencyException,
        raised.ApiVersionNotFoundError,
        raised.DataNotFoundError,
        raised.UndefinedModelAttributeError,
        raised.MissingServiceIdError,
        raised.UnknownServiceStyle,
        raised.UnsupportedServiceProtocolsError,
        raised.UnknownSignatureVersionError,
        raised.UnsupportedSignatureVersionError,
    ),
    Family.UNSENDABLE: (
        raised.ParamValidationError,
        raised.ValidationError,
        raised.MissingParametersError,
        raised.UnknownParameterError,
        raised.AliasConflictParameterError,
        raised.UnknownKeyError,
        raised.RangeError,
        raised.InvalidDNSNameError,
        raised.InvalidHostLabelError,
        raised.InvalidExpressionError,
        raised.InvalidRegionError,
        raised.UnknownRegionError,
        raised.ServiceNotInRegionError,
        raised.UnknownServiceError,
        raised.UnknownClientMethodError,
        raised.OperationNotPageableError,
        raised.WaiterConfigError,
        raised.BaseEndpointResolverError,
        raised.EndpointVariantError,
        raised.UnknownEndpointError,
        raised.UnknownFIPSEndpointError,
        raised.EndpointProviderError,
        raised.EndpointResolutionError,
        raised.UnknownEndpointResolutionBuiltInName,
        raised.UnsupportedOutpostResourceError,
        raised.UnsupportedS3ArnError,
        raised.UnsupportedS3ControlArnError,
        raised.StubResponseError,
        raised.StubAssertionError,
        raised.UnStubbedResponseError,
    ),
}
FAMILIES: Mapping[type[BaseException], Family] = {
    each: family for family, members in MEMBERS.items() for each in members
}
ROOTS = (
    raised.BotoCoreError,
    raised.ClientError,
    raised.UndefinedModelAttributeError,
    ResponseParserError,
)


def family_of(error: Exception) -> Family:
    """Return an exception's family; a class unknown to us belongs where its nearest known ancestor does."""
    if isinstance(error, raised.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Family.NOT_CONNECTED  # any other trouble with TLS may come while the answer is read
    return next((FAMILIES[each] for each in type(error).__mro__ if each in FAMILIES), Family.LEFT)


THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "SlowDown",
        "PriorRequestNotComplete",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "TransactionInProgressException",
        "EC2ThrottledException",
    }
)
TURNED_AWAY_UNREAD = THROTTLED - {"LimitExceededException", "TransactionInProgressException"}
EXPIRED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "AuthFailure",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "InvalidToken",
        "InvalidSignatureException",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "RequestTimeTooSkewed",
        "TokenRefreshRequired",
    }
)
DENIED = frozenset(
    {
        "UnauthorizedOperation",
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "UnauthorizedAccess",
        "Forbidden",
        "403",
    }
)
NO_CAPACITY = frozenset(
    {
        "InsufficientAddressCapacity",
        "InsufficientCapacity",
        "InsufficientHostCapacity",
        "InsufficientInstanceCapacity",
        "InsufficientReservedInstanceCapacity",
        "InsufficientVolumeCapacity",
    }
)
"""EC2 says these with status 500, and yet it means no."""
NOTHING_DONE = THROTTLED | NO_CAPACITY | frozenset(DID_NOT_RUN)
FOR_CREDENTIALS = frozenset(
    {"AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials", "CreateToken", "CreateOAuth2Token"}
)
"""What botocore sends to get or refresh credentials, before the request that needs them is sent."""
