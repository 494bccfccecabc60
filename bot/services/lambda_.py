"""Lambda functions: list, show, invoke and read their logs.

An invocation is decided on its function's unqualified ARN and tags, whatever version or alias is named, so that a rule
about a function cannot be walked round with `--qualifier`. Values of environment variables are never shown, nor is the
link to the code: GetFunctionConfiguration is asked, not GetFunction.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from bot.command import Aws, Call, Plan, Resource
from bot.declare import changes, reads
from bot.errors import UsageError
from bot.glob import matches
from bot.params import Choices, Lines, Shape
from bot.reply import Code, Fields, Reply, Rows, Table, note
from bot.services import _invoked, _logged

ARN = r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}"
Function = Annotated[
    str,
    "the function's name or ARN",
    Shape(rf"[A-Za-z0-9_-]{{1,64}}|{ARN}", "a function's name or its ARN without a version"),
    Choices("lambda list"),
]
_SEE = ("lambda:GetFunctionConfiguration", "lambda:ListTags")
_WAIT_SECONDS = 120
"""How long an answer is waited for; a function may run for 900."""
_STATES_READ = 25
"""ListFunctions leaves out the state, which is asked for each function; of more than these it is not."""


@reads(
    "lambda:ListFunctions",
    "lambda:GetFunctionConfiguration",
    example="lambda list",
)
def list_(aws: Aws, functions: Annotated[tuple[str, ...], "name=report-*"] = ()) -> Reply:
    """List functions with their runtime, memory, time-out, last change and state.

    The state is read one by one and shown for up to 25 functions; narrow the list to see it.
    """
    wanted = tuple(map(_pattern, functions))
    pages = aws.client("lambda").get_paginator("list_functions").paginate()
    named = [each for page in pages for each in page["Functions"]]
    found = sorted((each for each in named if not wanted or matches(wanted, each["FunctionName"])), key=_name)
    where = f"{aws.account} {aws.region}"
    if not found:
        return Reply(f"No functions in {where}" + (f" for {' '.join(functions)}" if functions else ""), (), "ok")
    states = _states(aws, found)
    rows = tuple((*_row(each), states.get(each["FunctionName"], "–")) for each in found)
    can = Rows("lambda", ("show", "invoke", "logs"))
    table = Table(("Function", "Runtime", "Memory", "Time-out", "Changed", "State"), rows, of=can)
    left_out = (note(f"States are read for up to {_STATES_READ} functions: narrow with name=…"),) if not states else ()
    counted = ", ".join(f"{count} {state}" for state, count in Counter(states.values()).most_common())
    summary = f"{_plural(len(found), 'function')} in {where}" + (f": {counted}" if counted else "")
    return Reply(summary, (table, *left_out), "ok", facts=tuple(states.items()))


@reads(
    "lambda:GetFunctionConfiguration",
    "lambda:ListTags",
    "lambda:GetFunctionConcurrency",
    example="lambda show nightly-report",
    finds=ARN,
)
def show(aws: Aws, function: Function) -> Reply:
    """Show one function: state, runtime, limits, role, layers, network, and which variables it has."""
    about = _configuration(aws, function)
    concurrency = aws.client("lambda").get_function_concurrency(FunctionName=about["FunctionName"])
    reserved = concurrency.get("ReservedConcurrentExecutions")
    state = _state(about)
    pairs = (
        ("State", state + (f": {about['StateReason']}" if about.get("StateReason") else "")),
        ("Last update", about.get("LastUpdateStatus", "–")),
        ("Changed", _moment(about)),
        ("Runtime", _runtime(about)),
        ("Handler", about.get("Handler") or "–"),
        ("Memory", f"{about['MemorySize']:,} MB"),
        ("Time-out", f"{about['Timeout']} s"),
        ("Reserved concurrency", "none" if reserved is None else f"{reserved:,}"),
        ("Role", about["Role"].rpartition(":")[2]),
        ("Layers", ", ".join(":".join(each["Arn"].split(":")[-2:]) for each in about.get("Layers") or ()) or "none"),
        ("Network", _network(about.get("VpcConfig") or {})),
        ("Log group", _logged.group_of(about)),
        ("Environment", _masked((about.get("Environment") or {}).get("Variables") or {})),
        ("Tags", " ".join(f"{key}={value}" for key, value in sorted(_tags(aws, about).items())) or "none"),
    )
    described = (note(about["Description"]),) if about.get("Description") else ()
    return Reply(f"{_name(about)} in {aws.account} {aws.region}: {state}", (Fields(pairs), *described), "ok")


@changes(
    "lambda:Invoke",
    reads=_SEE,
    example="""lambda invoke thumbnailer --payload '{"key": "cat.jpg"}'""",
    outcome=_invoked.outcome,
)
def invoke(
    aws: Aws,
    function: Function,
    *,
    payload: Annotated[str | None, """the event, as JSON: '{"key": "cat.jpg"}'""", Lines()] = None,
    qualifier: Annotated[
        str | None, "a version or an alias", Shape(r"\$LATEST|[\w-]{1,128}", "a version or an alias")
    ] = None,
    async_: Annotated[bool, "hand it in and do not wait for its answer"] = False,
    dry_run: Annotated[bool, "only ask Lambda whether it could be invoked"] = False,
) -> Plan:
    """Invoke a function and show its answer, its error and the end of its log.

    The answer is waited for up to two minutes. With --async Lambda takes the event in and runs the function by itself.
    """
    if async_ and dry_run:
        raise UsageError("--async runs the function and --dry-run does not: give one of them.")
    about = _configuration(aws, function)
    name = _name(about)
    kind = "Event" if async_ else "DryRun" if dry_run else "RequestResponse"
    params = {
        "FunctionName": name,
        "InvocationType": kind,
        **({"LogType": "Tail"} if kind == "RequestResponse" else {}),
        **({"Payload": _json(payload)} if payload is not None else {}),
        **({"Qualifier": qualifier} if qualifier else {}),
    }
    version = f" ({qualifier})" if qualifier else ""
    how = {"Event": " without waiting", "DryRun": ", as a dry run"}.get(kind, "")
    call = Call("lambda:Invoke", params, ids=(name,), seconds=_WAIT_SECONDS if kind == "RequestResponse" else 20)
    this = Resource(name, state=_state(about), tags=_tags(aws, about), arn=about["FunctionArn"])
    return Plan(f"invoke {name}{version}{how}", (call,), (this,), notes=_slow(about, kind))


@reads("logs:FilterLogEvents", "lambda:GetFunctionConfiguration", example="lambda logs thumbnailer", secret=True)
def logs(
    aws: Aws,
    function: Function,
    *,
    minutes: Annotated[
        int, "how far back", Shape(r"0*([1-9]\d{0,3}|10080)", "a number of minutes from 1 to 10080 (7 days)")
    ] = 60,
    find: Annotated[str | None, "only events that hold this text, letter for letter"] = None,
) -> Reply:
    """Read the last lines of a function's log; shown to you alone, and not kept."""
    about = _configuration(aws, function)
    read = _logged.last_lines(aws, _logged.group_of(about), minutes, find)
    holding = f" that hold {find}" if find else ""
    where = f"{_name(about)} in {aws.account} {aws.region}"
    if not read.lines:
        return Reply(f"{where} logged nothing{holding} in the last {_plural(read.minutes, 'minute')}", read.notes, "ok")
    title = f"{where}: the last {_plural(len(read.lines), 'line')}{holding} of {_plural(read.minutes, 'minute')}"
    return Reply(title, (Code("\n".join(read.lines)), *read.notes), "ok")


def _configuration(aws: Aws, word: str) -> Mapping[str, Any]:
    """Read a function's settings by its name or ARN. Raises UsageError where there is none here."""
    client = aws.client("lambda")
    name = word.rpartition(":")[2]
    nowhere = f"There is no function {name} in {aws.account} {aws.region}. Try: lambda list"
    try:
        about: Mapping[str, Any] = client.get_function_configuration(FunctionName=name)
    except client.exceptions.ResourceNotFoundException:
        raise UsageError(nowhere) from None
    if word != name and about["FunctionArn"] != word:
        raise UsageError(f"{word} is in another account or Region. {nowhere}")
    return about


def _tags(aws: Aws, about: Mapping[str, Any]) -> dict[str, str]:
    tags: dict[str, str] = aws.client("lambda").list_tags(Resource=about["FunctionArn"]).get("Tags") or {}
    return tags


def _states(aws: Aws, found: list[Mapping[str, Any]]) -> dict[str, str]:
    if len(found) > _STATES_READ:
        return {}
    client = aws.client("lambda")
    return {_name(each): _state(client.get_function_configuration(FunctionName=_name(each))) for each in found}


def _json(payload: str) -> str:
    """Return a payload as it was typed. Raises UsageError with the place where it stops being JSON."""
    try:
        json.loads(payload, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        near = payload[max(0, error.pos - 10) : error.pos + 10]
        raise UsageError(
            f"--payload is not JSON: {error.msg.lower()} at character {error.pos + 1}, near {near or 'its end'}\n"
            """Example: lambda invoke thumbnailer --payload '{"key": "cat.jpg"}'"""
        ) from None
    return payload


def _no_constant(name: str) -> None:
    raise UsageError(f"--payload is not JSON: {name} is no number that JSON knows. Leave it out, or write null.")


def _slow(about: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    if kind != "RequestResponse" or about["Timeout"] < _WAIT_SECONDS:
        return ()
    return (f"It may run for {about['Timeout']} s, and I wait {_WAIT_SECONDS} s. If it takes longer, use --async.",)


def _pattern(word: str) -> str:
    key, _, value = word.partition("=")
    if key != "name" or not value:
        raise UsageError(f"{word!r} names no function. Use name=report-* (* is any text).")
    return value


def _name(about: Mapping[str, Any]) -> str:
    return str(about["FunctionName"])


def _state(about: Mapping[str, Any]) -> str:
    return str(about.get("State") or "–")


def _runtime(about: Mapping[str, Any]) -> str:
    return str(about.get("Runtime") or ("container image" if about.get("PackageType") == "Image" else "–"))


def _moment(about: Mapping[str, Any]) -> str:
    return f"{about['LastModified'][:16].replace('T', ' ')} UTC"


def _row(about: Mapping[str, Any]) -> tuple[str, ...]:
    memory, timeout = f"{about['MemorySize']:,} MB", f"{about['Timeout']} s"
    return (_name(about), _runtime(about), memory, timeout, _moment(about).removesuffix(" UTC"))


def _network(vpc: Mapping[str, Any]) -> str:
    if not vpc.get("VpcId"):
        return "no VPC"
    return ", ".join([vpc["VpcId"], *vpc.get("SubnetIds", ()), *vpc.get("SecurityGroupIds", ())])


def _masked(variables: Mapping[str, str]) -> str:
    return " ".join(f"{name}=•••" for name in sorted(variables)) or "none"


def _plural(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("s" if count != 1 else "")
