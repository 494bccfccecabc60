from typing import Annotated

import pytest

from bot.action import Action
from bot.command import Aws
from bot.errors import UsageError
from bot.params import Param, Shape, bind, canonical, params_of
from tests.samples import look, make, stop


def run(
    aws: Aws,
    thing: Annotated[str, "which thing", Shape(r"t-[0-9]+", "a thing (t-…)")],
    others: tuple[str, ...] = (),
    *,
    dry_run: bool = False,
    size: Annotated[int, "how big"] = 3,
    note: str | None = None,
) -> None:
    """Run a thing."""


PARAMS = params_of(run)


def act(*words: str, **options: tuple[str, ...]) -> Action:
    named = tuple((name.replace("_", "-"), values) for name, values in options.items())
    return Action("ec2", "run", words, named)


def test_a_signature_says_what_a_command_takes() -> None:
    thing, others, dry_run, size, note = PARAMS
    assert thing == Param("thing", str, "which thing", word=True, required=True, shape=thing.shape)
    assert others == Param("others", str, word=True, many=True, default=())
    assert dry_run.flag
    assert (size.type, size.help, size.default) == (int, "how big", 3)
    assert (note.type, note.required, note.word) == (str, False, False)


def test_usage_shows_what_may_be_left_out() -> None:
    assert [param.usage for param in PARAMS] == ["THING", "[OTHERS…]", "[--dry-run]", "[--size SIZE]", "[--note NOTE]"]


def test_words_and_options_become_arguments_and_the_rest_its_defaults() -> None:
    given = bind(PARAMS, act("t-1", "a", "b", dry_run=(), size=("007",)))
    assert given == {"thing": "t-1", "others": ("a", "b"), "dry_run": True, "size": 7, "note": None}
    assert bind(PARAMS, act("t-1")) == {"thing": "t-1", "others": (), "dry_run": False, "size": 3, "note": None}


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (act(), "THING is missing: which thing."),
        (act("x"), "THING should be a thing (t-…), not x."),
        (act("t-1\n"), r'THING should be a thing (t-…), not "t-1\n".'),
        (act("t-1", ""), "OTHERS is empty: others."),
        (act("t-1", size=("ten",)), "--size takes a whole number, not ten."),
        (act("t-1", size=("-1",)), '--size takes a whole number, not "-1".'),
        (act("t-1", size=("1" * 10,)), "--size takes a whole number, not 1111111111."),
        (act("t-1", size=("\u0661",)), r'--size takes a whole number, not "\u0661".'),
        (act("t-1", size=("1", "2")), "--size was given 2 times; give it once."),
        (act("t-1", size=()), "--size needs a value."),
        (act("t-1", dry_run=("true",)), "--dry-run takes no value; give it alone or leave it out."),
        (act("t-1", all=()), "There is no option --all."),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(action: Action, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        bind(PARAMS, action)
    assert refused.value.sentence == sentence


def test_a8_words_that_no_parameter_takes_are_refused() -> None:
    with pytest.raises(UsageError, match='I do not know what to do with extra "and more"\\.'):
        bind(params_of(look), Action("ec2", "look", ("web", "1", "extra", "and more")))


def test_a10_no_words_never_mean_all_of_them() -> None:
    with pytest.raises(UsageError, match="THINGS is missing"):
        bind(params_of(stop), Action("ec2", "stop"))
    with pytest.raises(UsageError, match="THINGS is empty"):
        bind(params_of(stop), Action("ec2", "stop", ("",)))


def test_a7_numbers_have_one_spelling_and_options_one_order() -> None:
    typed = Action("ec2", "make", ("box",), (("tag", ("b", "a")), ("count", ("007",))))
    written = canonical(params_of(make), typed)
    assert written == Action("ec2", "make", ("box",), (("count", ("7",)), ("tag", ("b", "a"))))
    assert canonical(params_of(look), Action("ec2", "look", ("web", "010"))).words == ("web", "10")
    assert canonical(params_of(make), written) == written
