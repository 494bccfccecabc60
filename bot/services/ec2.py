"""EC2 instances: list, show, start, stop, reboot, terminate, launch and read the console.

Selectors are resolved to ids while planning, so what a card shows is what runs. Instances that do not exist or are in
the wrong state are skipped on the card rather than sent: EC2 refuses a whole batch for one bad id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Annotated, Any

from bot.command import Aws, Call, Follow, Plan, Resource, Skipped, Undo
from bot.declare import changes, reads
from bot.errors import UsageError
from bot.params import Choices, Shape
from bot.reply import Code, Fields, Reply, Table, note
from bot.services import _instances
from bot.services._instances import ROWS, SELECTOR, Instance, name_of, named, resource, resources, state_of, tags_of
from bot.services._launching import image, tag_specification, tags_from

Instances = Annotated[tuple[str, ...], SELECTOR, Choices("ec2 list", column=2)]
OneInstance = Annotated[str, SELECTOR, Choices("ec2 list", column=2)]
Running = Annotated[tuple[str, ...], SELECTOR, Choices("ec2 list state=running", column=2)]
Stopped = Annotated[tuple[str, ...], SELECTOR, Choices("ec2 list state=stopped", column=2)]
_SEE = ("ec2:DescribeInstances",)
_GROUP = "aws:autoscaling:groupName"
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FEW = 3
_LINES = 40


def _look(aws: Aws, ids: tuple[str, ...]) -> Mapping[str, str]:
    """Read states by id; EC2 forgets a terminated instance after about an hour, and that is what absence means here."""
    found = {each["InstanceId"]: state_of(each) for each in _instances.described(aws, ids)}
    return {id_: found.get(id_, "terminated") for id_ in ids}


def _made(answer: Mapping[str, Any]) -> tuple[Resource, ...]:
    return tuple(map(resource, answer.get("Instances", ())))


def _find(aws: Aws, call: Call) -> tuple[Resource, ...]:
    """Find what a launch made whose answer was lost, by its client token."""
    return resources(aws, _instances.launched_with(aws, call.params["ClientToken"]))


def _starting(ids: tuple[str, ...]) -> Call:
    return Call("ec2:StartInstances", {"InstanceIds": list(ids)}, ids)


def _stopping(ids: tuple[str, ...], *, hibernate: bool = False, force: bool = False) -> Call:
    return Call("ec2:StopInstances", {"InstanceIds": list(ids), "Hibernate": hibernate, "Force": force}, ids)


@reads(*_SEE, example="ec2 list tag:env=dev state=running")
def list_(aws: Aws, instances: Instances = ()) -> Reply:
    """List instances with their name, state, id, type, private address and launch time.

    Terminated instances are left out unless they are asked for: `state=terminated`, or by their ids.
    """
    found = _instances.select(aws, instances)
    where = f"{aws.account} {aws.region}"
    lost = tuple(note(f"{each.id} {each.why}.") for each in _instances.missing(aws, instances, found))
    if not found:
        return Reply(f"No instances in {where}" + (f" for {' '.join(instances)}" if instances else ""), lost, "ok")
    columns = ("Name", "State", "Instance", "Type", "Private IP", "Launched")
    table = Table(columns, tuple(map(_row, found)), of=ROWS)
    return Reply(f"{_plural(len(found))} in {where}: {_counted(map(state_of, found))}", (table, *lost), "ok")


@reads(*_SEE, example="ec2 show name=web-1", finds=r"i-(?:[0-9a-f]{17}|[0-9a-f]{8})")
def show(aws: Aws, instance: OneInstance) -> Reply:
    """Show one instance: state, type, network, image, tags."""
    each = _instances.one(aws, instance)
    tags = " ".join(f"{key}={value}" for key, value in sorted(tags_of(each).items()))
    groups = ", ".join(group["GroupName"] for group in each.get("SecurityGroups", ()))
    pairs = (
        ("State", state_of(each) + _because(each)),
        ("Type", each["InstanceType"]),
        ("Zone", each["Placement"]["AvailabilityZone"]),
        ("Private IP", each.get("PrivateIpAddress", "–")),
        ("Public IP", each.get("PublicIpAddress", "–")),
        ("Image", each.get("ImageId", "–")),
        ("Subnet", each.get("SubnetId", "–")),
        ("Security groups", groups or "–"),
        ("Key pair", each.get("KeyName", "–")),
        ("Launched", f"{each['LaunchTime']:%Y-%m-%d %H:%M} UTC"),
        ("Tags", tags or "none"),
    )
    title = f"{named(resource(each))} in {aws.account} {aws.region}: {state_of(each)}"
    return Reply(title, (Fields(pairs),), "ok")


@changes(
    "ec2:StartInstances",
    reads=_SEE,
    example="ec2 start name=worker-2",
    follow=Follow(_look, goal="running", via=("pending",)),
    undo=Undo("stop", _stopping, "Stop again", "what it kept in memory"),
)
def start(aws: Aws, instances: Stopped) -> Plan:
    """Start stopped instances."""
    chosen, skipped = _sort_out(aws, instances, fit=("stopped",))
    return _plan("start", (_starting(_ids(chosen)),), chosen, skipped)


@changes(
    "ec2:StopInstances",
    reads=_SEE,
    example="ec2 stop name=web-1",
    follow=Follow(_look, goal="stopped", via=("stopping",), takes="about 40 s"),
    undo=Undo("start", _starting, "Start again", "public IP, memory, instance store"),
)
def stop(
    aws: Aws,
    instances: Running,
    *,
    hibernate: Annotated[bool, "keep the memory on disk"] = False,
    force: Annotated[bool, "do not wait for the operating system"] = False,
) -> Plan:
    """Stop running instances."""
    chosen, skipped = _sort_out(aws, instances, fit=("running", "stopping") if force else ("running",))
    call = _stopping(_ids(chosen), hibernate=hibernate, force=force)
    return _plan("stop", (call,), chosen, skipped, _replaced(chosen))


@changes("ec2:RebootInstances", reads=_SEE, example="ec2 reboot name=web-2")
def reboot(aws: Aws, instances: Running) -> Plan:
    """Reboot running instances."""
    chosen, skipped = _sort_out(aws, instances, fit=("running",))
    calls = (Call("ec2:RebootInstances", {"InstanceIds": [*_ids(chosen)]}, _ids(chosen)),)
    return _plan("reboot", calls, chosen, skipped)


@changes(
    "ec2:TerminateInstances",
    reads=_SEE,
    example="ec2 terminate name=batch-1",
    destroys=True,
    follow=Follow(_look, goal="terminated", via=("shutting-down",)),
)
def terminate(aws: Aws, instances: Instances) -> Plan:
    """Terminate instances for good, with the volumes that go with them.

    One call for each Availability Zone: of a batch with a protected instance in it, EC2 spares that instance's zone and
    terminates the others all the same, so that one call for all could be refused and yet half done.
    """
    found = _found(aws, instances)
    zones = {each["InstanceId"]: each["Placement"]["AvailabilityZone"] for each in found}
    chosen, skipped = _parted(aws, instances, found, fit=("running", "stopped", "pending", "stopping"))
    calls = tuple(
        Call("ec2:TerminateInstances", {"InstanceIds": [*ids]}, ids)
        for zone in sorted({zones[each.id] for each in chosen})
        for ids in [tuple(each.id for each in chosen if zones[each.id] == zone)]
    )
    return _plan("terminate", calls, chosen, skipped, ("This cannot be undone.", *_replaced(chosen)))


@changes(
    "ec2:RunInstances",
    reads=(*_SEE, "ec2:DescribeImages"),
    example="ec2 launch --ami ami-0a1b2c3d4e5f60101 --type t3.micro --name web-9 --tag env=dev",
    follow=Follow(_look, goal="running", via=("pending",), made=_made, find=_find),
)
def launch(
    aws: Aws,
    *,
    ami: Annotated[str, "the image", Shape(r"ami-[0-9a-f]{8,17}", "an AMI id (ami-…)")],
    type: Annotated[str, "the instance type", Shape(r"[a-z0-9-]+\.[a-z0-9-]+", "an instance type (t3.micro)")],  # noqa: A002
    name: Annotated[str | None, "the Name tag"] = None,
    key: Annotated[str | None, "the key pair's name"] = None,
    subnet: Annotated[str | None, "the subnet", Shape(r"subnet-[0-9a-f]{8,17}", "a subnet id (subnet-…)")] = None,
    tag: Annotated[tuple[str, ...], "KEY=VALUE, as often as needed", Shape(r"[^=]+=.*", "KEY=VALUE")] = (),
    count: Annotated[int, "how many", Shape(r"0*([1-9]|[1-4][0-9]|50)", "a number from 1 to 50")] = 1,
) -> Plan:
    """Launch instances from an image."""
    found = image(aws, ami)
    tags = tags_from((*tag, *((f"Name={name}",) if name else ())))
    params: dict[str, Any] = {
        "ImageId": ami,
        "InstanceType": type,
        "MinCount": count,
        "MaxCount": count,
        "ClientToken": aws.token,
        **({"KeyName": key} if key else {}),
        **({"SubnetId": subnet} if subnet else {}),
        **({"TagSpecifications": tag_specification(tags)} if tags else {}),
    }
    what = f"{count} × {type}" + (f" named {name}" if name else "")
    made = Resource(id="new", name=name or "", state="to be launched", tags=tags)
    return Plan(
        f"launch {what}",
        calls=(Call("ec2:RunInstances", params, ids=("new",), makes=count),),
        resources=(made,),
        notes=(f"Image {ami}: {found.get('Name') or 'no name'}",),
    )


@reads("ec2:GetConsoleOutput", *_SEE, example="ec2 console name=web-1", secret=True)
def console(aws: Aws, instance: OneInstance) -> Reply:
    """Read the end of an instance's console output; shown to you alone, and not kept."""
    one = resource(_instances.one(aws, instance))
    answer = aws.client("ec2").get_console_output(InstanceId=one.id)
    lines = _COLOUR.sub("", answer.get("Output", "")).splitlines()  # botocore has undone the base64
    if not lines:
        return Reply(f"{named(one)} in {aws.account} {aws.region} has no console output yet", sign="ok")
    at = f", as of {answer['Timestamp'].astimezone(UTC):%Y-%m-%d %H:%M} UTC" if "Timestamp" in answer else ""
    most = f"The last {_LINES} of " if len(lines) > _LINES else ""
    parts = (Code("\n".join(lines[-_LINES:])), note(f"{most}{len(lines)} lines{at}."))
    return Reply(f"Console of {named(one)} in {aws.account} {aws.region}", parts, "ok")


def _plan(
    verb: str,
    calls: tuple[Call, ...],
    chosen: tuple[Resource, ...],
    skipped: tuple[Skipped, ...],
    notes: tuple[str, ...] = (),
) -> Plan:
    return Plan(f"{verb} {_these(chosen)}", calls if chosen else (), chosen, skipped, notes if chosen else ())


def _sort_out(
    aws: Aws, selectors: tuple[str, ...], fit: tuple[str, ...]
) -> tuple[tuple[Resource, ...], tuple[Skipped, ...]]:
    """Part what was named into instances in a fitting state and those to skip, each with its reason."""
    return _parted(aws, selectors, _found(aws, selectors), fit)


def _found(aws: Aws, selectors: tuple[str, ...]) -> list[Instance]:
    found = _instances.select(aws, selectors)
    if not found and not _instances.missing(aws, selectors, found):
        raise UsageError(f"No instance in {aws.account} {aws.region} matches {' '.join(selectors)}. Try: ec2 list")
    return found


def _parted(
    aws: Aws, selectors: tuple[str, ...], found: list[Instance], fit: tuple[str, ...]
) -> tuple[tuple[Resource, ...], tuple[Skipped, ...]]:
    seen = resources(aws, found)
    wrong = tuple(Skipped(each.id, f"is {each.state}", each.name) for each in seen if each.state not in fit)
    chosen = tuple(each for each in seen if each.state in fit)
    return chosen, wrong + _instances.missing(aws, selectors, found)


def _replaced(chosen: tuple[Resource, ...]) -> tuple[str, ...]:
    """Warn of what an Auto Scaling group will do about it."""
    grouped = [(named(each), (each.tags or {})[_GROUP]) for each in chosen if _GROUP in (each.tags or {})]
    return tuple(f"{name} belongs to the Auto Scaling group {group}, which may replace it." for name, group in grouped)


def _ids(chosen: tuple[Resource, ...]) -> tuple[str, ...]:
    return tuple(each.id for each in chosen)


def _these(chosen: tuple[Resource, ...]) -> str:
    return f"{len(chosen)} instances" if len(chosen) > _FEW else " and ".join(each.name or each.id for each in chosen)


def _row(each: Instance) -> tuple[str, ...]:
    ip = each.get("PrivateIpAddress", "–")
    launched = f"{each['LaunchTime']:%Y-%m-%d %H:%M}"
    return (name_of(each) or "–", state_of(each), each["InstanceId"], each["InstanceType"], ip, launched)


def _because(each: Instance) -> str:
    return f" ({each['StateTransitionReason']})" if each.get("StateTransitionReason") else ""


def _counted(states: Iterable[str]) -> str:
    return ", ".join(f"{count} {state}" for state, count in Counter(states).most_common())


def _plural(count: int) -> str:
    return f"{count} instance" + ("s" if count != 1 else "")
