"""Tidewater, the small company whose accounts the local AWS holds: everything the demo, docs and tests name."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from moto.core.base_backend import BackendDict
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.amis import Ami
from moto.ec2.models.instances import Instance
from moto.iam.models import iam_backends
from moto.sts.models import AssumedRole, sts_backends

from bot.sandbox.aws.leftovers import seed_leftovers
from bot.sandbox.aws.lifecycle import clear, show
from bot.sandbox.aws.metrics import seed_metrics
from bot.sandbox.aws.names import (
    ACCESS_KEY,
    DEV,
    OTHER_REGION,
    PROD,
    PROD_ROLE,  # noqa: F401 - part of the estate, for whoever asks here
    REGION,
    SECRET_KEY,
)
from bot.sandbox.aws.seeded_functions import seed_functions

AMI: Final = "ami-0a1b2c3d4e5f60101"
OLD_AMI: Final = "ami-0a1b2c3d4e5f60100"
KEY_PAIR: Final = "tidewater-ops"


@dataclass(frozen=True)
class Machine:
    """One instance of the estate; `days` is how long ago it was last started."""

    number: int
    name: str
    type: str
    env: str
    team: str
    days: float
    account: str = DEV
    region: str = REGION
    state: str = "running"
    private: bool = False
    hibernation: bool = False
    protected: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"i-0a1b2c3d4e5f6{self.number:04d}"


ASG: Final = {"aws:autoscaling:groupName": "web-fleet-dev"}
MACHINES: Final = (
    Machine(1, "web-1", "t3.medium", "dev", "web", 12.2),
    Machine(2, "web-2", "t3.medium", "dev", "web", 12.1),
    Machine(3, "api-1", "m6i.large", "dev", "web", 3.4),
    Machine(4, "worker-1", "c6i.xlarge", "dev", "data", 40.6, private=True),
    Machine(5, "worker-2", "c6i.xlarge", "dev", "data", 61.3, state="stopped", private=True),
    Machine(6, "batch-1", "r6i.large", "dev", "data", 1.8, private=True, hibernation=True),
    Machine(7, "web-fleet", "t3.small", "dev", "web", 0.3, tags=ASG),
    Machine(8, "", "t3.micro", "dev", "ops", 210.0),
    Machine(9, "db-staging-1", "r6i.large", "staging", "data", 95.5, private=True, protected=True),
    Machine(10, "web-staging-1", "t3.medium", "staging", "web", 8.7),
    Machine(11, "cdn-log-1", "t3.small", "dev", "ops", 27.9, region=OTHER_REGION),
    Machine(101, "web-prod-1", "m6i.large", "prod", "web", 33.0, account=PROD),
    Machine(102, "web-prod-2", "m6i.large", "prod", "web", 33.0, account=PROD),
    Machine(103, "db-prod-1", "r6i.2xlarge", "prod", "data", 148.2, account=PROD, private=True, protected=True),
)
"""Twelve digits after `i-0a1b2c3d4e5f6`: web-1 is i-0a1b2c3d4e5f60001, db-prod-1 is i-0a1b2c3d4e5f60103."""


@dataclass(frozen=True)
class Network:
    """Where the instances of one account and Region stand."""

    backend: EC2Backend
    public: str
    private: str
    group: str


def seed() -> None:
    """Forget everything in every account and build Tidewater again, but for its buckets (see `layer.Layer`).

    The keys of an assumed role live on until they expire, as AWS's do: whoever holds them does not ask again before.
    """
    sessions = assumed()
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # ours are the ones to launch from; saves 0.1 s a Region
    ec2_backends.clear()  # forgotten at once: moto would first make each anew, default network and all
    BackendDict.reset()
    clear()
    seed_identities()
    for session in sessions:
        iam_backends[session.account_id]["aws"].access_keys[session.access_key_id] = session.access_key
        sts_backends[session.account_id]["aws"].assumed_roles.append(session)
    places = {(m.account, m.region): None for m in MACHINES}
    networks = {place: seed_network(*place, index) for index, place in enumerate(places)}
    for machine in MACHINES:
        seed_machine(machine, networks[machine.account, machine.region])
    seed_metrics()
    seed_functions()
    seed_leftovers()


def assumed() -> list[AssumedRole]:
    now = datetime.now(UTC).replace(tzinfo=None)
    backends = [partitions["aws"] for partitions in sts_backends.values()]
    return [session for backend in backends for session in backend.assumed_roles if session.expiration > now]


def seed_identities() -> None:
    """The bot's own user in dev, and the role in prod it may assume."""
    dev = iam_backends[DEV]["aws"]
    dev.create_user(REGION, "bot")
    key = dev.create_access_key("bot")
    del dev.access_keys[key.access_key_id]
    key.access_key_id, key.secret_access_key = ACCESS_KEY, SECRET_KEY
    dev.access_keys[ACCESS_KEY] = key
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{DEV}:user/bot"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam_backends[PROD]["aws"].create_role("bot", document, "/", None, "The chat bot's hands in prod", [], None)


def seed_network(account: str, region: str, index: int) -> Network:
    backend = ec2_backends[account][region]
    stage = "prod" if account == PROD else "dev"
    vpc = backend.create_vpc(f"10.{20 + index}.0.0/16", tags=[{"Key": "Name", "Value": f"tidewater-{stage}"}])
    subnets = []
    for number, side in enumerate(("public", "private"), start=1):
        cidr = f"10.{20 + index}.{number}.0/24"
        subnet = backend.create_subnet(vpc.id, cidr, availability_zone=f"{region}{'ab'[number - 1]}")
        subnet.add_tag("Name", f"{stage}-{side}-{'ab'[number - 1]}")
        subnet.map_public_ip_on_launch = side == "public"
        subnets.append(subnet.id)
    group = backend.create_security_group("tidewater-app", "Application servers", vpc.id)
    backend.create_key_pair(KEY_PAIR, "ed25519", {})
    for ami, built in ((OLD_AMI, "2025-08"), (AMI, "2025-11")):
        backend.amis[ami] = image(backend, ami, f"tidewater-base-al2023-{built}")
    return Network(backend, subnets[0], subnets[1], group.id)


def image(backend: EC2Backend, ami: str, name: str) -> Ami:
    return Ami(
        backend,
        ami,
        name=name,
        description="Amazon Linux 2023 with Tidewater's agents",
        virtualization_type="hvm",
        architecture="x86_64",
        hypervisor="xen",
        root_device_type="ebs",
        root_device_name="/dev/xvda",
        creation_date=datetime.now(UTC).replace(tzinfo=None) - timedelta(days=20),
        tags={"Name": name},
    )


def seed_machine(machine: Machine, network: Network) -> None:
    reservation = network.backend.run_instances(
        AMI,
        1,
        None,
        [],
        instance_type=machine.type,
        is_instance_type_default=True,  # as moto may take it: it need not look ours up among 800
        region_name=machine.region,
        subnet_id=network.private if machine.private else network.public,
        associate_public_ip=not machine.private,
        key_name=KEY_PAIR,
        security_group_ids=[network.group],
        hibernation_options={"Configured": machine.hibernation},
        disable_api_termination=machine.protected,
        lifecycle="spot" if machine.tags == ASG else None,
        client_token="",
    )
    finish(reservation.instances[0], machine)


def finish(instance: Instance, machine: Machine) -> None:
    """What cannot be asked of moto: the id, the launch time, tags of AWS's own, and a stop in the past."""
    instance.id = machine.id
    started = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=machine.days)
    instance.launch_time = started
    named = {"Name": machine.name} if machine.name else {}
    instance.add_tags({**named, "env": machine.env, "team": machine.team, **machine.tags})
    if machine.state == "stopped":
        instance.stop()
        stopped = started + timedelta(days=2, hours=7)
        show(instance, "stopped", f"User initiated ({stopped:%Y-%m-%d %H:%M:%S} GMT)", instance.state_reason)
