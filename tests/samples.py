"""A small registry of commands of no real service, and text to try the grammar with."""

from typing import Annotated

from hypothesis import strategies as st

from bot.action import Action, quote
from bot.command import Aws, Command, Effect
from bot.params import Shape, params_of
from bot.parse import Commands, Defaults
from bot.reply import Reply


def stop(aws: Aws, things: Annotated[tuple[str, ...], "ids"], *, force: bool = False, hard: bool = False) -> None:
    """Stop things."""


def make(
    aws: Aws,
    kind: Annotated[str, "what to make", Shape(r"[a-z]+", "a kind (lower case)")],
    *,
    count: int = 1,
    tag: tuple[str, ...] = (),
    key_name: str | None = None,
) -> None:
    """Make things."""


def look(aws: Aws, thing: str = "", depth: int = 1) -> None:
    """Look at a thing."""


def words(aws: Aws, topics: tuple[str, ...] = ()) -> None:
    """Say something."""


def nothing(aws: Aws) -> None:
    """Take nothing."""


def _unused(_aws: Aws, _action: Action) -> Reply:
    return Reply("never shown")


def command(service: str, verb: str, function: object = nothing, example: str = "") -> Command:
    params = params_of(function)  # type: ignore[arg-type]
    example = example or f"{service} {verb}".strip()
    return Command(service, verb, "Does it.", Effect.READS, ("ec2:DescribeInstances",), example, _unused, params)


COMMANDS = Commands(
    [
        command("", "hello"),
        command("", "help", words),
        command("", "status"),
        command("ec2", "stop", stop, "ec2 stop web-1"),
        command("ec2", "make", make, "ec2 make box --count 2"),
        command("ec2", "look", look, "ec2 look web-1"),
        command("ec2", "list"),
        command("s3", "make", make, "s3 make bucket"),
    ]
)
DEFAULTS = Defaults(
    accounts={"dev": "dev", "prod": "prod", "111111111111": "dev", "012345678901": "prod"},
    regions={"dev": "eu-west-1", "prod": "us-east-1"},
    account="dev",
)

NASTY = [
    *"\"'\\-=:`<>&|@#*_~$;{}()%!?,./ \t\r\n",
    *"\u2018\u2019\u201c\u201d\u201e\u2013\u2014\u2026\u00a0\u202f\u200b\u200d\u2060\ufeff\u202e\u2066\u00ad",
    *"aZ7é\u0301\u212b\u00e5ß\u0130\u3164\uff21\u1100\u1161\uac00\u05d0\u0661\uf900中\u02cb\u02cd\u2217\u223c\U0001f600\x07\x1b\x7f",
    "\r\n",
    "--",
    "--region",
    "--force",
    "-f",
    "\\n",
    "\\u0041",
    "&lt;",
    "&amp;",
    "<@U1|ann>",
    "https://x.y/z",
    ":tada:",
    "@here",
    "it's",
]
ANY_TEXT = st.lists(st.sampled_from(NASTY) | st.characters(exclude_categories=["Cs"], exclude_characters="\0")).map(
    "".join
)
SOME_TEXT = ANY_TEXT.filter(bool)


@st.composite
def actions(draw: st.DrawFn) -> Action:
    """Complete actions of the samples, whatever their words and values hold."""
    where = {
        "account": draw(st.sampled_from(["dev", "prod"])),
        "region": draw(st.sampled_from(["eu-west-1", "us-east-2"])),
    }
    private = draw(st.booleans())
    if draw(st.booleans()):
        flags = draw(st.sets(st.sampled_from(["force", "hard"])))
        things = draw(st.lists(SOME_TEXT, min_size=1, max_size=4))
        return Action(
            "ec2", "stop", tuple(things), tuple((flag, ()) for flag in sorted(flags)), **where, private=private
        )
    options = {
        "count": draw(st.integers(0, 999_999_999).map(lambda count: (str(count),)) | st.none()),
        "key-name": draw(st.tuples(ANY_TEXT) | st.none()),
        "tag": draw(st.lists(ANY_TEXT, min_size=1, max_size=3).map(tuple) | st.none()),
    }
    given = tuple((name, values) for name, values in options.items() if values is not None)
    return Action("s3", "make", ("bucket",), given, **where, private=private)


_FRAGMENTS = st.sampled_from(
    [*NASTY, "ec2", "stop", "make", "help", " ", " ", " --tag ", " --count 007", " --key-name=", "'a b'", '"a b"']
)
TYPED_LINES = st.lists(_FRAGMENTS | SOME_TEXT.map(quote), max_size=12).flatmap(
    lambda parts: st.sampled_from(["", "EC2 Stop ", "ec2 make box ", "help "]).map(lambda start: start + "".join(parts))
)
