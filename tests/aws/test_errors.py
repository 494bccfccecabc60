"""Every exception of botocore is told as what it is, and above all whether a change may have been done."""

from __future__ import annotations

import inspect
from string import Formatter
from types import ModuleType
from typing import Any

import pytest
from botocore import exceptions, parsers
from botocore.exceptions import BotoCoreError, ClientError

from bot.aws.errors import translate, translated
from bot.aws.families import DENIED, EXPIRED, FAMILIES, NO_CAPACITY, THROTTLED, Family, family_of
from bot.errors import AwsError, AwsRefused, AwsUnknown, AwsUnsent, GuardError

STOP = "ec2:StopInstances"


def classes_of(module: ModuleType) -> list[type[Exception]]:
    """Every exception defined in a module; its warnings are never raised."""
    found = [each for _, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == module.__name__]
    return [each for each in found if issubclass(each, Exception) and not issubclass(each, Warning)]


ALL = [*classes_of(exceptions), *classes_of(parsers)]


def made(cls: type[Any]) -> Exception:
    """One of any exception of botocore's, with something in every field of its sentence."""
    if issubclass(cls, ClientError):
        return answered("SomeCode", cls=cls)
    if not hasattr(cls, "fmt"):
        return cls("something")
    fields = {name: "something" for _, name, _, _ in Formatter().parse(cls.fmt) if name}
    known = inspect.signature(cls.__init__).parameters
    fields |= {name: "something" for name in ("last_response",) if name in known}
    return cls(**fields)


def answered(
    code: str, status: int = 400, message: str = "", operation: str = "StopInstances", cls: Any = ClientError
) -> ClientError:
    metadata = {"HTTPStatusCode": status, "RequestId": "req-1"}
    error: ClientError = cls({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, operation)
    return error


def test_there_are_exceptions_to_walk() -> None:
    assert len(ALL) > 80


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_every_exception_has_a_family_of_its_own(cls: type[Exception]) -> None:
    assert cls in FAMILIES


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("changes", [True, False], ids=["change", "read"])
def test_every_exception_becomes_one_sentence_of_its_kind(cls: type[Exception], changes: bool) -> None:
    with pytest.raises(AwsError) as caught, translated(STOP, changes=changes):
        raise made(cls)
    told = caught.value
    family = FAMILIES[cls]
    kinds = {Family.ANSWERED: AwsRefused, Family.LEFT: AwsUnknown if changes else AwsUnsent}
    assert type(told) is kinds.get(family, AwsUnsent)
    assert told.code in (cls.__name__, "SomeCode")
    assert "Traceback" not in told.sentence
    assert "\n" not in told.sentence
    assert len(told.sentence) < 500


def test_families_do_not_overlap() -> None:
    from bot.aws.families import MEMBERS

    assert sum(len(members) for members in MEMBERS.values()) == len(FAMILIES)


@pytest.mark.parametrize(
    "name", ["ReadTimeoutError", "ConnectionClosedError", "IncompleteReadError", "HTTPClientError"]
)
def test_x2_what_may_have_left_is_never_told_as_failed(name: str) -> None:
    told = translate(made(getattr(exceptions, name)), STOP, changes=True)
    assert isinstance(told, AwsUnknown)
    assert "may have been done" in told.sentence


@pytest.mark.parametrize("name", ["EndpointConnectionError", "ConnectTimeoutError", "NoCredentialsError"])
def test_what_never_left_is_told_so(name: str) -> None:
    told = translate(made(getattr(exceptions, name)), STOP, changes=True)
    assert isinstance(told, AwsUnsent)
    assert "not sent" in told.sentence or "nothing was sent" in told.sentence


def test_an_exception_that_botocore_adds_tomorrow_may_have_left() -> None:
    class Tomorrow(BotoCoreError):
        fmt = "never seen"

    class Cousin(exceptions.ConnectTimeoutError):
        pass

    assert family_of(Tomorrow()) is Family.LEFT
    assert isinstance(translate(Tomorrow(), STOP, changes=True), AwsUnknown)
    assert family_of(Cousin(endpoint_url="x")) is Family.NOT_CONNECTED


def test_tls_that_fails_before_the_request_is_told_from_tls_that_fails_after_it() -> None:
    untrusted = exceptions.SSLError(endpoint_url="x", error="[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired")
    broken = exceptions.SSLError(endpoint_url="x", error="[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC]")
    assert isinstance(translate(untrusted, STOP, changes=True), AwsUnsent)
    assert isinstance(translate(broken, STOP, changes=True), AwsUnknown)


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("code", ["InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable", "Anything"])
def test_an_internal_error_leaves_a_change_unknown_and_a_read_refused(code: str, status: int) -> None:
    assert isinstance(translate(answered(code, status), STOP, changes=True), AwsUnknown)
    assert isinstance(translate(answered(code, status), STOP, changes=False), AwsRefused)


@pytest.mark.parametrize("code", sorted(THROTTLED))
@pytest.mark.parametrize("status", [400, 503])
def test_x3_throttling_means_nothing_was_done_and_says_whether_it_was_read(code: str, status: int) -> None:
    told = translate(answered(code, status), STOP, changes=True)
    assert isinstance(told, AwsRefused)
    assert told.unread is (code not in ("LimitExceededException", "TransactionInProgressException"))
    assert "nothing was done" in told.sentence
    assert "throttling" in told.sentence


@pytest.mark.parametrize("code", sorted(NO_CAPACITY))
def test_no_capacity_is_a_no_even_with_status_500(code: str) -> None:
    told = translate(answered(code, 500, "There is none."), "ec2:RunInstances", changes=True)
    assert isinstance(told, AwsRefused)
    assert not told.unread
    assert "There is none." in told.sentence


@pytest.mark.parametrize("code", sorted(EXPIRED))
def test_x3_credentials_that_aws_does_not_take_are_the_operators_affair(code: str) -> None:
    told = translate(answered(code, 403, "The canonical string was: host:secret"), STOP, changes=True)
    assert isinstance(told, AwsRefused)
    assert "credentials" in told.sentence
    assert "Whoever runs the bot" in told.sentence
    assert "canonical" not in told.sentence


@pytest.mark.parametrize("code", sorted(DENIED))
def test_a_denial_by_iam_names_operation_and_code_and_quotes_nothing(code: str) -> None:
    words = "User: arn:aws:iam::111111111111:user/bot is not authorized. Encoded authorization failure message: QUJD"
    told = translate(answered(code, 403, words), STOP, changes=True)
    assert isinstance(told, AwsRefused)
    assert STOP in told.sentence
    assert code in told.sentence
    assert "111111111111" not in told.sentence
    assert "QUJD" not in told.sentence


def test_o9_aws_words_are_quoted_without_account_ids_blobs_and_line_breaks() -> None:
    words = (
        "arn:aws-cn:ec2:cn-north-1:111111111111:instance/i-0a1b2c3d4e5f60001 of account 222222222222 is\n not 1 of"
        "  i-012345678901. Encoded authorization failure message: 4d8xQ_-abc "
    )
    told = translate(answered("SomeCode", 400, words), STOP, changes=True)
    assert told.sentence == (
        "AWS refused ec2:StopInstances: arn:aws-cn:ec2:cn-north-1:…:instance/i-0a1b2c3d4e5f60001 of account … is not "
        "1 of i-012345678901. (SomeCode)"
    )


def test_long_words_are_cut_and_missing_ones_are_said_to_be() -> None:
    assert len(translate(answered("SomeCode", 400, "word " * 500), STOP, changes=True).sentence) < 400
    assert "no reason given" in translate(answered("SomeCode"), STOP, changes=True).sentence
    assert translate(ClientError({}, "StopInstances"), STOP, changes=True).code == "Unknown"


def test_the_request_id_is_kept() -> None:
    for status in (400, 500):
        assert translate(answered("SomeCode", status), STOP, changes=True).request_id == "req-1"


def test_an_operation_is_named_as_aws_was_asked_for_it() -> None:
    told = translate(answered("SomeCode", operation="DescribeInstances"), STOP, changes=False)
    assert "ec2:DescribeInstances" in told.sentence


@pytest.mark.parametrize("status", [403, 500])
def test_credentials_that_could_not_be_had_mean_that_the_change_was_not_sent(status: int) -> None:
    told = translate(answered("AccessDenied", status, operation="AssumeRole"), STOP, changes=True)
    assert isinstance(told, AwsUnsent)
    assert "AssumeRole" in told.sentence
    assert "not sent" in told.sentence
    asked = translate(answered("AccessDenied", 403, operation="AssumeRole"), "sts:AssumeRole", changes=False)
    assert isinstance(asked, AwsRefused)


def test_a_client_s_own_exception_classes_are_answers() -> None:
    class IncorrectInstanceState(ClientError):
        pass

    told = translate(answered("IncorrectInstanceState", cls=IncorrectInstanceState), STOP, changes=True)
    assert isinstance(told, AwsRefused)


def test_a_mistake_of_the_bots_own_leaves_a_change_unknown_and_a_read_a_mistake() -> None:
    with pytest.raises(AwsUnknown) as caught, translated(STOP, changes=True):
        raise KeyError("secret-in-an-error")
    assert caught.value.code == "KeyError"
    assert "secret" not in caught.value.sentence
    with pytest.raises(KeyError), translated(STOP, changes=False):
        raise KeyError


def test_a_refusal_by_the_guard_passes_as_it_is() -> None:
    with pytest.raises(GuardError), translated(STOP, changes=True):
        raise GuardError("not granted")
