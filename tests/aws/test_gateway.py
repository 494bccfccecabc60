"""The door to AWS: the right account, credentials from everywhere boto3 finds them, and a change that leaves once."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

from bot.aws.gateway import CHANGING, READING, Door, Gateway
from bot.aws.guard import Pass
from bot.aws.identity import identity
from bot.command import Call, Upload
from bot.errors import AwsError, AwsRefused, AwsUnknown, AwsUnsent, UsageError
from bot.sandbox.aws.estate import ACCESS_KEY, DEV, PROD, PROD_ROLE, REGION, SECRET_KEY
from tests.aws.conftest import ACCOUNTS, Known, Watched
from tests.sandbox.slack_wire import until

WEB = "i-0a1b2c3d4e5f60001"
PROD_WEB = "i-0a1b2c3d4e5f60101"
SEE = ("ec2:DescribeInstances",)
STOP = Call("ec2:StopInstances", {"InstanceIds": [WEB]}, (WEB,))
NOBODY = "999999999999"


def look(gateway: Gateway, account: str = "dev") -> set[str]:
    """The accounts that own what this account's credentials can see."""
    found = gateway.reading(account, REGION, SEE).client("ec2").describe_instances()["Reservations"]
    return {each["OwnerId"] for each in found}


def operations(watched: Watched) -> list[str]:
    return [operation for operation, _ in watched.seen()]


def without_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


def keys(section: str) -> str:
    return f"[{section}]\naws_access_key_id={ACCESS_KEY}\naws_secret_access_key={SECRET_KEY}\n"


# The right account


def test_i4_the_wrong_account_is_refused_and_nothing_else_is_sent(watched: Watched) -> None:
    gateway = watched.to(dev=Known(NOBODY))
    for go in (lambda: gateway.reading("dev", REGION, SEE), lambda: gateway.send("dev", REGION, STOP)):
        with pytest.raises(AwsUnsent) as caught:
            go()
        assert caught.value.code == "WrongAccount"
        assert caught.value.sentence == (
            f"The credentials for dev belong to another account (…{DEV[-4:]}, not …9999): nothing was sent. "
            "Whoever runs the bot must mend accounts: in bot.yml or the credentials."
        )
    assert set(operations(watched)) == {"GetCallerIdentity"}


def test_i4_a_role_in_the_wrong_account_is_refused(watched: Watched) -> None:
    gateway = watched.to(prod=Known(NOBODY, role=PROD_ROLE))
    with pytest.raises(AwsUnsent, match="another account"):
        gateway.send("prod", REGION, STOP)
    assert watched.seen() == [("AssumeRole", DEV), ("GetCallerIdentity", PROD)]


def test_who_it_is_is_asked_once_for_each_set_of_credentials(watched: Watched) -> None:
    for _ in range(3):
        look(watched.gateway)
        look(watched.gateway, "prod")
    watched.gateway.send("dev", REGION, STOP)
    assert [each for each in watched.seen() if each[0] in ("GetCallerIdentity", "AssumeRole")] == [
        ("GetCallerIdentity", DEV),
        ("AssumeRole", DEV),
        ("GetCallerIdentity", PROD),
    ]


@pytest.mark.parametrize("kind", ["denied", "expired"])
def test_a_failure_to_ask_who_it_is_is_not_remembered(watched: Watched, kind: str) -> None:
    watched.aws.fault(kind, "GetCallerIdentity")
    with pytest.raises(AwsRefused):
        watched.gateway.send("dev", REGION, STOP)
    assert operations(watched) == ["GetCallerIdentity"]
    assert look(watched.gateway) == {DEV}


def test_a_slow_account_keeps_no_other_waiting(watched: Watched) -> None:
    watched.aws.fault("slow", "AssumeRole", seconds=4)
    slow = Thread(target=look, args=(watched.gateway, "prod"))
    slow.start()
    until(lambda: "AssumeRole" in operations(watched))
    assert look(watched.gateway) == {DEV}
    assert slow.is_alive()
    assert ("DescribeInstances", PROD) not in watched.seen()
    slow.join(60)
    assert ("DescribeInstances", PROD) in watched.seen()


# Where credentials come from


def test_the_environment_s_key(watched: Watched) -> None:
    assert look(watched.gateway) == {DEV}


def test_the_account_s_role(watched: Watched) -> None:
    assert look(watched.gateway, "prod") == {PROD}


def test_a_role_is_asked_for_in_the_account_s_region_and_four_times_at_most(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    watched.aws.fault("500", "AssumeRole", times=9)
    with pytest.raises(AwsRefused):
        look(watched.to(prod=Known(PROD, region="eu-north-1", role=PROD_ROLE)), "prod")
    assert [(each["operation"], each["region"]) for each in watched.aws.log()] == [("AssumeRole", "eu-north-1")] * 4


def test_a_profile_s_own_settings_count(home: Path) -> None:
    (home / "config").write_text("[profile work]\nuse_fips_endpoint=true\n")
    (home / "credentials").write_text(keys("work"))
    gateway = Gateway({"dev": Known(DEV, region="us-east-1", profile="work")})
    ec2 = gateway._made(gateway._way("dev"), "us-east-1", "ec2", READING)
    assert ec2.meta.endpoint_url == "https://ec2-fips.us-east-1.amazonaws.com"
    gateway.close()


def test_a_profile_of_the_shared_file(watched: Watched, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_key(monkeypatch)
    (home / "credentials").write_text(keys("work"))
    assert look(watched.to(dev=Known(DEV, profile="work"))) == {DEV}


def test_a_profile_that_becomes_a_role_itself(watched: Watched, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_key(monkeypatch)
    (home / "credentials").write_text(keys("base"))
    (home / "config").write_text(f"[profile there]\nrole_arn={PROD_ROLE}\nsource_profile=base\nregion={REGION}\n")
    assert look(watched.to(prod=Known(PROD, profile="there")), "prod") == {PROD}
    assert watched.seen()[0] == ("AssumeRole", DEV)


def test_a_web_identity(watched: Watched, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_key(monkeypatch)
    (home / "token").write_text("a-token-of-the-cluster")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(home / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", PROD_ROLE)
    assert look(watched.to(prod=Known(PROD)), "prod") == {PROD}
    assert operations(watched)[0] == "AssumeRoleWithWebIdentity"


@pytest.mark.parametrize("profile", [None, "nobody"])
def test_no_credentials_are_told_and_looked_for_again(
    watched: Watched, home: Path, monkeypatch: pytest.MonkeyPatch, profile: str | None
) -> None:
    without_key(monkeypatch)
    gateway = watched.to(dev=Known(DEV, profile=profile))
    for go in (lambda: look(gateway), lambda: gateway.send("dev", REGION, STOP)):
        with pytest.raises(AwsUnsent, match="credentials"):
            go()
    assert watched.seen() == []
    (home / "credentials").write_text(keys(profile or "default"))
    assert look(gateway) == {DEV}


def test_a_role_that_may_not_be_assumed_is_told_as_such(watched: Watched) -> None:
    gateway = watched.to(prod=Known(PROD, role=f"{PROD_ROLE}-admin"))
    with pytest.raises(AwsRefused) as caught:
        look(gateway, "prod")
    assert "sts:AssumeRole" in caught.value.sentence
    assert PROD not in caught.value.sentence


def later(watched: Watched, account: str, minutes: float) -> None:
    """Let the account's credentials believe that time has passed."""
    session = watched.gateway._ways[account].session
    assert session
    found: Any = session.get_credentials()
    real = found._time_fetcher
    found._time_fetcher = lambda: real() + timedelta(minutes=minutes)


def test_a_role_is_assumed_again_before_its_credentials_expire(watched: Watched) -> None:
    look(watched.gateway, "prod")
    later(watched, "prod", 30)
    look(watched.gateway, "prod")
    assert operations(watched).count("AssumeRole") == 1
    later(watched, "prod", 20)
    look(watched.gateway, "prod")
    assert operations(watched).count("AssumeRole") == 2


@pytest.mark.parametrize(("fault", "kind"), [("denied", AwsRefused), ("code", AwsRefused)])
def test_a_role_that_cannot_be_assumed_again_means_that_the_change_never_left(
    watched: Watched, fault: str, kind: type[AwsError]
) -> None:
    look(watched.gateway, "prod")
    later(watched, "prod", 90)
    more = {"code": "InvalidThing", "status": 400} if fault == "code" else {}
    watched.aws.fault(fault, "AssumeRole", **more)
    with pytest.raises(kind):
        watched.gateway.send("prod", REGION, Call("ec2:StopInstances", {"InstanceIds": [PROD_WEB]}))
    assert "StopInstances" not in operations(watched)


def test_whose_credentials_they_are_can_be_asked_before_there_is_a_bot_yml(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = identity(watched.aws.url)
    assert (found.account, found.arn, found.region) == (DEV, f"arn:aws:iam::{DEV}:user/bot", "")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    assert identity(watched.aws.url).region == "us-east-2"
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(AwsUnsent, match="credentials"):
        identity(watched.aws.url)


def test_without_a_region_of_its_own_the_question_goes_to_one_that_every_account_has(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity(watched.aws.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    identity(watched.aws.url)
    assert [entry["region"] for entry in watched.aws.log()] == ["us-east-1", "us-east-2"]


@pytest.fixture
def role_of_a_profile(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_key(monkeypatch)
    (home / "credentials").write_text(keys("base"))
    (home / "config").write_text(f"[profile there]\nrole_arn={PROD_ROLE}\nsource_profile=base\nregion={REGION}\n")
    monkeypatch.setenv("AWS_PROFILE", "there")


@pytest.mark.usefixtures("role_of_a_profile")
def test_whose_credentials_they_are_is_said_of_a_profile_s_role_too(watched: Watched) -> None:
    assert identity(watched.aws.url).account == PROD
    assert watched.seen() == [("AssumeRole", DEV), ("GetCallerIdentity", PROD)]


@pytest.mark.usefixtures("role_of_a_profile")
@pytest.mark.parametrize("operation", ["AssumeRole", "GetCallerIdentity"])
def test_whose_credentials_they_are_is_asked_four_times_at_most_and_nothing_can_have_been_done(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    watched.aws.fault("500", operation, times=9)
    with pytest.raises((AwsRefused, AwsUnsent)):
        identity(watched.aws.url)
    assert operations(watched).count(operation) == 4


def mistaken(*_: object) -> None:
    raise TypeError("a mistake")


@pytest.mark.parametrize(
    "go",
    [
        lambda gateway: identity(gateway._endpoint_url),
        lambda gateway: gateway.warm("dev"),
        lambda gateway: gateway.reading("dev", REGION, SEE),
        lambda gateway: gateway.send("dev", REGION, STOP),
        lambda gateway: gateway.decoded("dev", REGION, "x"),
    ],
    ids=["identity", "warm", "reading", "send", "decoded"],
)
def test_a_mistake_of_the_bot_s_own_before_anything_left_is_told_as_none_of_aws(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, go: Callable[[Gateway], object]
) -> None:
    for module in ("gateway", "identity"):
        monkeypatch.setattr(f"bot.aws.{module}.guarded", mistaken)
    with pytest.raises(TypeError, match="a mistake"):
        go(watched.gateway)
    assert watched.seen() == []


@pytest.mark.parametrize(
    "go",
    [lambda gateway: gateway.send("dev", REGION, STOP), lambda gateway: gateway.decoded("dev", REGION, "x")],
    ids=["send", "decoded"],
)
def test_a_mistake_of_the_bot_s_own_with_a_client_that_has_sent_nothing_leaves_no_doubt(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, go: Callable[[Gateway], object]
) -> None:
    look(watched.gateway)
    watched.aws.control("clear", {})
    monkeypatch.setattr("bot.aws.gateway.watch", mistaken)
    with pytest.raises(TypeError, match="a mistake"):
        go(watched.gateway)
    assert watched.seen() == []


def test_configured_endpoints_count_for_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    astray = "http://127.0.0.1:9"
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_STS"):
        monkeypatch.setenv(name, astray)
    (home / "config").write_text(f"[profile work]\nendpoint_url={astray}\n")
    (home / "credentials").write_text(keys("work"))
    for profile in (None, "work"):
        gateway = Gateway({"dev": Known(DEV, profile=profile)})
        ec2 = gateway._made(gateway._way("dev"), REGION, "ec2", READING)
        source = gateway._ways["dev"].source
        assert source
        assert ec2.meta.endpoint_url == f"https://ec2.{REGION}.amazonaws.com"
        assert source._client("sts", region_name=REGION).meta.endpoint_url == f"https://sts.{REGION}.amazonaws.com"
        gateway.close()


@pytest.mark.parametrize("named", [False, True], ids=["home", "AWS_DATA_PATH"])
def test_models_in_somebody_s_folder_count_for_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    for name in ("ec2", "sts"):
        service = home / name / "2099-01-01"
        service.mkdir(parents=True)
        (service / "service-2.json").write_text("{}")
    if named:
        monkeypatch.setenv("AWS_DATA_PATH", str(home))
    else:
        monkeypatch.setattr(Loader, "CUSTOMER_DATA_PATH", str(home))
    assert Session().get_component("data_loader").determine_latest_version("ec2", "service-2") == "2099-01-01"
    gateway = Gateway({"dev": Known(DEV)})
    assert gateway._made(gateway._way("dev"), REGION, "ec2", READING).meta.service_model.api_version == "2016-11-15"
    source = gateway._ways["dev"].source
    assert source
    assert source._client("sts", region_name=REGION).meta.service_model.api_version == "2011-06-15"
    gateway.close()


# A change leaves once


def test_a_change_is_made_and_answered(watched: Watched) -> None:
    answer = watched.gateway.send("dev", REGION, STOP)
    assert answer["StoppingInstances"][0]["CurrentState"]["Name"] == "stopping"
    assert answer["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize("setting", [{}, {"AWS_MAX_ATTEMPTS": "5", "AWS_RETRY_MODE": "adaptive"}])
def test_x2_a_read_time_out_leaves_the_change_sent_once_and_unknown(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, setting: dict[str, str]
) -> None:
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    look(watched.gateway)
    watched.aws.fault("lost_reply", "StopInstances", seconds=20)
    impatient = CHANGING.merge(Config(read_timeout=1))
    granted = Pass(exactly=((STOP.operation, STOP.params),))
    with pytest.raises(AwsUnknown) as caught:
        watched.gateway._once(Door(watched.gateway, "dev", REGION, granted, impatient), STOP)
    assert caught.value.code == "ReadTimeoutError"
    assert operations(watched).count("StopInstances") == 1
    assert watched.naps == []
    assert watched.aws.state(WEB) == "stopping"


@pytest.mark.parametrize(
    ("fault", "code"),
    [("lost_reply", "ConnectionClosedError"), ("refuse_connection", "ConnectionClosedError"), ("500", "InternalError")],
)
def test_x2_a_change_without_a_true_answer_is_unknown_and_not_sent_again(
    watched: Watched, fault: str, code: str
) -> None:
    watched.aws.fault(fault, "StopInstances")
    with pytest.raises(AwsUnknown) as caught:
        watched.gateway.send("dev", REGION, STOP)
    assert caught.value.code == code
    assert operations(watched).count("StopInstances") == 1
    assert watched.naps == []


def test_x2_a_change_to_an_address_where_nobody_listens_was_not_sent(watched: Watched) -> None:
    look(watched.gateway)
    watched.gateway._endpoint_url = "http://127.0.0.1:9"
    with pytest.raises(AwsUnsent, match="not sent"):
        watched.gateway.send("dev", REGION, STOP)


@pytest.mark.parametrize(("bound", "naps"), [(0, [0.5, 1.0, 2.0]), (1, [0.75, 1.5, 3.0])])
@pytest.mark.parametrize("times", [1, 3])
def test_x3_a_throttled_change_is_sent_again_with_growing_pauses(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, times: int, bound: int, naps: list[float]
) -> None:
    monkeypatch.setattr("bot.aws.gateway.random.uniform", lambda *bounds: bounds[bound])
    watched.aws.fault("throttle", "StopInstances", times=times)
    watched.gateway.send("dev", REGION, STOP)
    assert operations(watched).count("StopInstances") == times + 1
    assert watched.aws.state(WEB) == "stopping"
    assert watched.naps == naps[:times]


def test_a_change_that_must_not_leave_any_more_is_asked_about_each_time_it_is_about_to(watched: Watched) -> None:
    asked: list[int] = []

    def still() -> None:
        asked.append(operations(watched).count("StopInstances"))
        if len(asked) == 2:
            raise AwsUnsent("It was stopped.", code="Stopped")

    watched.aws.fault("throttle", "StopInstances", times=9)
    with pytest.raises(AwsUnsent, match="It was stopped"):
        watched.gateway.send("dev", REGION, STOP, still=still)
    assert asked == [0, 1]
    assert operations(watched).count("StopInstances") == 1


def test_a_change_waits_for_its_answer_as_long_as_it_says(watched: Watched) -> None:
    watched.gateway.send("dev", REGION, replace(STOP, seconds=45))
    (config,) = [config for _, service, config in watched.gateway._ways["dev"].clients if service == "ec2"]
    assert (config.read_timeout, config.connect_timeout) == (45, 3)
    assert config.retries["total_max_attempts"] == 1


def test_x3_a_change_throttled_for_good_is_told_as_not_done(watched: Watched) -> None:
    watched.aws.fault("throttle", "StopInstances", times=9)
    with pytest.raises(AwsRefused) as caught:
        watched.gateway.send("dev", REGION, STOP)
    assert caught.value.unread
    assert operations(watched).count("StopInstances") == 4
    assert watched.aws.control("clear", {}) == {"ok": True}
    assert watched.aws.state(WEB) == "running"


@pytest.mark.parametrize("fault", ["denied", "expired"])
def test_x3_a_change_that_aws_refuses_is_not_sent_again(watched: Watched, fault: str) -> None:
    watched.aws.fault(fault, "StopInstances")
    with pytest.raises(AwsRefused) as caught:
        watched.gateway.send("dev", REGION, STOP)
    assert not caught.value.unread
    assert operations(watched).count("StopInstances") == 1


def test_a_read_is_tried_again_without_being_asked(watched: Watched) -> None:
    watched.aws.fault("throttle", "DescribeInstances")
    assert look(watched.gateway) == {DEV}
    assert operations(watched).count("DescribeInstances") == 2
    assert watched.naps == []


# Clients


def test_clients_are_kept_by_account_region_service_and_purpose(watched: Watched) -> None:
    made = [
        watched.gateway.client(account, region, service, config)
        for account in ("dev", "prod")
        for region in (REGION, "us-east-1")
        for service in ("ec2", "s3")
        for config in (READING, CHANGING)
    ]
    assert len({id(each) for each in made}) == 16
    assert watched.gateway.client("dev", REGION, "ec2", READING) is made[0]
    assert watched.gateway.client("dev", REGION, "ec2", CHANGING) is made[1]


def test_sixteen_threads_at_once_make_one_client_and_ask_once(watched: Watched) -> None:
    barrier = Barrier(16)

    def first(_: int) -> int:
        barrier.wait(60)
        watched.gateway.reading("dev", REGION, SEE).client("ec2").describe_instances()
        return id(watched.gateway.client("dev", REGION, "ec2", READING))

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(first, range(16)))) == 1
    assert operations(watched).count("GetCallerIdentity") == 1
    assert operations(watched).count("DescribeInstances") == 16


@pytest.mark.parametrize(
    ("config", "read_timeout", "mode", "attempts"),
    [
        (READING, 10, "adaptive", 4),
        (CHANGING, 20, "standard", 1),
    ],
)
def test_clients_have_time_outs_and_their_number_of_attempts(
    watched: Watched, config: Config, read_timeout: int, mode: str, attempts: int
) -> None:
    about = watched.gateway.client("dev", REGION, "ec2", config).meta.config
    assert (about.connect_timeout, about.read_timeout) == (3, read_timeout)
    assert about.retries == {"mode": mode, "total_max_attempts": attempts}
    assert about.max_pool_connections == 32


def test_closing_ends_every_connection(watched: Watched) -> None:
    gateway = watched.to(prod=Known(PROD, role=PROD_ROLE))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(look, [gateway] * 4, ["prod"] * 4)) == [{PROD}] * 4
    way = gateway._ways["prod"]
    assert way.source
    clients = [*way.clients.values(), *way.source._clients]
    assert len(clients) == 3
    pools = [each._endpoint.http_session._manager.pools for each in clients]
    assert all(len(each) for each in pools)
    gateway.close()
    assert not any(len(each) for each in pools)
    del gateway, way, clients, pools
    gc.collect()


def test_a_gateway_that_was_closed_can_be_used_again(watched: Watched) -> None:
    look(watched.gateway)
    watched.gateway.close()
    assert look(watched.gateway) == {DEV}
    assert operations(watched).count("GetCallerIdentity") == 2


# Ready before it is asked


@pytest.mark.parametrize("account", ["dev", "prod"])
def test_a_warmed_account_has_its_client_and_aws_was_asked_nothing(watched: Watched, account: str) -> None:
    watched.gateway.warm(account)
    assert (REGION, "ec2", READING) in watched.gateway._ways[account].clients
    assert watched.seen() == []


def test_what_keeps_an_account_from_being_warmed_is_said(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    watched.to(dev=Known(DEV, region="no where")).warm("dev")
    without_key(monkeypatch)
    watched.to(dev=Known(DEV)).warm("dev")
    wrong, none = caplog.messages
    assert wrong.startswith("dev: ec2:DescribeInstances could not be sent: ")
    assert none.startswith("dev: The bot has no valid AWS credentials for this account: nothing was sent. ")


# What a run has in hand


def test_a_run_has_its_own_token_and_files_and_no_others(watched: Watched) -> None:
    upload = Upload("F1", "ebb.bin", 3)
    door = watched.gateway.reading("dev", REGION, SEE, "a-token", {"F1": upload}.__getitem__)
    assert (door.account, door.account_id, door.region, door.token) == ("dev", DEV, REGION, "a-token")
    assert door.file("F1") is upload
    bare = watched.gateway.reading("dev", REGION, SEE)
    assert bare.token == ""
    with pytest.raises(UsageError) as caught:
        bare.file("F1")
    assert caught.value.sentence == "No file can be handed in here."


# Accounts of another bot.yml


@pytest.mark.parametrize(
    "changed", [{"id": PROD}, {"region": "us-east-1"}, {"role": PROD_ROLE}, {"profile": "work"}], ids=str
)
def test_an_account_that_is_another_now_begins_anew_and_its_neighbour_keeps_its_clients(
    watched: Watched, changed: Mapping[str, str]
) -> None:
    gateway = watched.gateway
    for name in ACCOUNTS:
        look(gateway, name)
    before = dict(gateway._ways)
    clients = dict(before["prod"].clients)
    gateway.use({"dev": replace(ACCOUNTS["dev"], **changed), "prod": replace(ACCOUNTS["prod"]), "new": Known(DEV)})
    assert gateway._ways["prod"] is before["prod"]
    assert before["prod"].clients == clients
    assert gateway._ways["dev"] is not before["dev"]
    assert (before["dev"].clients, before["dev"].session, before["dev"].source) == ({}, None, None)
    assert look(gateway, "new") == {DEV}


def test_i4_a_run_that_began_before_bot_yml_changed_uses_no_credentials_that_nobody_compared(watched: Watched) -> None:
    door = watched.gateway.reading("dev", REGION, ("ec2:DescribeInstances",))
    watched.gateway.use({"dev": Known(DEV, role=PROD_ROLE)})
    with pytest.raises(AwsUnsent) as caught:
        door.client("ec2")
    assert caught.value.code == "WrongAccount"
    watched.gateway.use({})
    with pytest.raises(AwsUnsent) as caught:
        _ = door.account_id
    assert caught.value.code == "NoAccount"
    assert caught.value.sentence == "dev is no account of bot.yml any more: nothing was sent."
