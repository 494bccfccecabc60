import time
from collections.abc import Callable

import pytest
from hypothesis import assume, event, given, settings

from bot.action import Action
from bot.command import Command
from bot.errors import UsageError
from bot.parse import LIMIT, Commands, Defaults, parse
from tests.samples import ANY_TEXT, COMMANDS, DEFAULTS, TYPED_LINES, actions, command, look, make


def read(text: str, defaults: Defaults = DEFAULTS) -> Action:
    return parse(text, COMMANDS, defaults)


def words_of(text: str) -> tuple[str, ...]:
    return read(f"ec2 stop {text}").words


def refusal(text: str, defaults: Defaults = DEFAULTS, allowed: Callable[[Command], bool] = lambda _: True) -> str:
    with pytest.raises(UsageError) as refused:
        parse(text, COMMANDS, defaults, allowed=allowed)
    return refused.value.sentence


# The law


@settings(deadline=None, max_examples=150)
@given(actions())
def test_what_is_written_reads_back_as_itself(action: Action) -> None:
    assume(len(str(action)) <= LIMIT)
    assert read(str(action)) == action


@settings(deadline=None, max_examples=250)
@given(TYPED_LINES | ANY_TEXT)
def test_whatever_is_typed_is_refused_or_reads_back_as_itself(text: str) -> None:
    try:
        action = read(text)
    except UsageError:
        event("refused")
        return
    event("read")
    assert read(str(action)) == action
    assert str(read(str(action))) == str(action)
    elsewhere = Defaults(DEFAULTS.accounts, {"dev": "us-west-2", "prod": "us-west-2"}, None)
    assert read(str(action), elsewhere) == action


def test_what_could_not_be_read_back_is_refused() -> None:
    assert len(str(read(f'ec2 stop "{"😀" * 390}"'))) < LIMIT
    assert "Written out, that is over 4000 characters" in refusal(f'ec2 stop "{"😀" * 400}"')


# Tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("i-1 \t\r\n i-2 ", ("i-1", "i-2")),
        ('"my web"', ("my web",)),
        ('tag:Name="my web" x', ("tag:Name=my web", "x")),
        ("tag:Name='my web' x", ("tag:Name=my web", "x")),
        ('a"b c"d"e f"', ("ab cde f",)),
        (r'"\"\\\n\u00e9\U0001F600"', ('"\\\né😀',)),
        (r"'\n \"' x", (r"\n \"", "x")),
        (r"a\nb", (r"a\nb",)),
        ("it's 'it's a' rock'n'roll o'", ("it's", "it's a", "rock'n'roll", "o'")),
        ("'' x", None),
        ("a\u00a0b\u2003c\u200b", ("a\u00a0b\u2003c\u200b",)),
        ("a\x0bb\x0cc\x85d", ("a\x0bb\x0cc\x85d",)),
        ('"--all" "-f" "--"', ("--all", "-f", "--")),
        ("a--b a-b", ("a--b", "a-b")),
        ("— …", ("—", "…")),
    ],
)
def test_text_falls_into_words(text: str, words: tuple[str, ...] | None) -> None:
    if words is None:
        assert "THINGS is empty" in refusal(f"ec2 stop {text}")
    else:
        assert words_of(text) == words


@pytest.mark.parametrize(
    "value",
    ["arn:aws:ec2:eu-west-1:012345678901:instance/i-1", "tag:a=b=c", "https://x.y/z?a=1&b=2#c", "a:b:c", "k=v w"],
)
def test_i4_values_with_colons_equals_and_spaces_survive(value: str) -> None:
    assert words_of(f'"{value}"') == (value,)
    assert read(f'ec2 make box --key-name="{value}"').option("key-name") == (value,)
    if " " not in value:
        assert words_of(value) == (value,)
        assert read(f"ec2 make box --key-name {value}").option("key-name") == (value,)


@pytest.mark.parametrize("value", ["$(reboot)", "`id`", "${HOME}", "a;b&&c|d", "{{7*7}}", "%s{0}", "../../x", "*"])
def test_i5_shell_and_template_characters_are_data(value: str) -> None:
    assert words_of(value) == (value,)
    assert read(str(read(f"ec2 stop {value}"))).words == (value,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('ec2 stop "i-1', 'The quote that begins "\\"i-1" has no end: close it'),
        ('ec2 stop i-1" i-2', "has no end"),
        ("ec2 stop 'i-1", "close it, or put double quotes around it"),
        ("ec2 stop name='a", "has no end"),
        ('"', "has no end"),
        (r'ec2 stop "C:\temp"', 'a backslash is written "\\\\"'),
        (r'ec2 stop "\u12"', "I do not know"),
        (r'ec2 stop "\ud800"', r"\ud800 is no character."),
        (r'ec2 stop "\U00110000"', r"\U00110000 is no character."),
        (r'ec2 stop "\u0000"', r"\u0000 is no character."),
        ("ec2 stop \ud83d", "a character that is no text"),
        ("ec2 stop \0", "a character that is no text"),
        ("x" * 4001, "That is 4001 characters long; 4000 is the most I read."),
    ],
)
def test_i2_what_is_not_text_is_refused_in_a_sentence(text: str, says: str) -> None:
    assert says in refusal(text)


def test_i2_the_longest_text_is_read() -> None:
    around = len(str(read("ec2 stop x"))) - 1
    assert len(str(read("ec2 stop " + "x" * (LIMIT - around)))) == LIMIT
    assert f"over {LIMIT} characters" in refusal("ec2 stop " + "x" * (LIMIT - around + 1))


@pytest.mark.parametrize("text", ["", "  ", "\n\t", "hello", "Hello"])
def test_i2_nothing_typed_is_the_word_hello(text: str) -> None:
    assert read(text) == Action("", "hello")


@pytest.mark.parametrize("unit", ['"', '\\"', '"\\', "' ", "='", "a'", '"" ', "--x ", "-", "\\", "a\u0301"])
def test_hostile_text_is_read_in_time(unit: str) -> None:
    begun = time.monotonic()
    for start in ("", "ec2 stop ", 'ec2 stop "', "ec2 stop '", "ec2 make box "):
        try:
            read((start + unit * LIMIT)[:LIMIT])
        except UsageError:
            continue
    assert time.monotonic() - begun < 3


# Actions


def test_an_action_is_complete() -> None:
    assert read("ec2 stop i-1") == Action("ec2", "stop", ("i-1",), (), "dev", "eu-west-1")
    assert read("ec2 stop i-1 --account prod").region == "us-east-1"
    assert read("ec2 stop i-1 --account 012345678901 --region us-east-2 --private") == Action(
        "ec2", "stop", ("i-1",), (), "prod", "us-east-2", private=True
    )


def test_a_bot_word_has_no_account() -> None:
    assert read("help EC2 stop --private") == Action("", "help", ("EC2", "stop"), private=True)
    assert "help has no option --region" in refusal("help --region eu-west-1")
    assert "help has no option --account" in refusal("help --account dev")


@pytest.mark.parametrize(
    "text",
    [
        "ec2 make box --key-name prod --tag a --tag b --count 7 --force-not",
        "EC2 Make box --key-name=prod --tag=a --tag=b --count=7",
        ' ec2  make\tbox  --KEY-NAME   "prod" --tag a --tag b --count 007 ',
        "ec2 make --count=\"7\" --tag 'a' box --tag='b' --Key-Name='prod'",
        '"ec2" "make" "box" --region eu-west-1 --count 7 --key-name pr"od" --tag a --account dev --tag b',
        "ec2 make box --account 111111111111 --tag a --tag b --count 7 --key-name prod",
    ],
)
def test_a7_other_spellings_are_the_same_action(text: str) -> None:
    options = (("count", ("7",)), ("key-name", ("prod",)), ("tag", ("a", "b")))
    if "--force-not" in text:
        text = text.removesuffix(" --force-not")
    assert read(text) == Action("ec2", "make", ("box",), options, "dev", "eu-west-1")


def test_values_are_literal() -> None:
    assert read("ec2 stop WEB-1").words == ("WEB-1",)
    assert "KIND should be a kind (lower case), not Box." in refusal("ec2 make Box")
    assert "I know no account Dev. Did you mean dev?" in refusal("ec2 stop i-1 --account Dev")
    assert "EU-West-1 is no AWS Region that I know. Did you mean eu-west-1" in refusal("ec2 list --region EU-West-1")


def test_a_flag_takes_no_word_with_it() -> None:
    action = read("ec2 stop --force i-1")
    assert (action.words, action.options) == (("i-1",), (("force", ()),))


def test_an_empty_value_is_given_in_quotes() -> None:
    assert read('ec2 make box --key-name ""').option("key-name") == ("",)
    assert read("ec2 make box --key-name=''").option("key-name") == ("",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ec2 make box --count 1 --count 2", "--count is there more than once; give it once."),
        ("ec2 make box --count=1 --COUNT 1", "--count is there more than once"),
        ("ec2 stop i-1 --force --force", "--force is there more than once"),
        ("ec2 stop i-1 --private --private", "--private is there more than once"),
        ("ec2 list --region eu-west-1 --region eu-west-1", "--region is there more than once"),
        ("ec2 stop i-1 --force=true", "--force takes no value; give it alone or leave it out."),
        ("ec2 stop i-1 --private=no", "--private takes no value"),
        ("ec2 make box --count", "--count needs a value."),
        (
            "ec2 make box --key-name --count 1",
            "--key-name needs a value, in double quotes where it begins with a dash.",
        ),
        ("ec2 make box --key-name -x", "--key-name needs a value, in double quotes"),
        ("ec2 make box --key-name=", '--key-name= needs a value; write --key-name="…" if it is empty'),
        ("ec2 make box --key-name=--x", "if it is empty or begins with --"),
        ("ec2 make box --count ten", "--count takes a whole number, not ten."),
        ("ec2 make box crate", "I do not know what to do with crate."),
        ("ec2 list web-1", "I do not know what to do with web-1."),
        ("ec2 make box --flavour x", "ec2 make has no option --flavour."),
        ("ec2 make box --cuont 3", "ec2 make has no option --cuont. Did you mean --count or --account?"),
        ("ec2 make box --key_name x", "ec2 make has no option --key_name. Did you mean --key-name?"),
        ('ec2 stop --"force"', "An option stands without quotes"),
        ("ec2 stop i-1 --", "Options are written out behind two dashes"),
        ("ec2 stop i-1 ---force", "ec2 stop has no option ---force. Did you mean --force?"),
        ("ec2 stop i-1 --fo", "ec2 stop has no option --fo."),
        (
            "ec2 stop i-1 --f",
            (
                "Options are written out behind two dashes, not --f. Did you mean --force? "
                "What is no option and begins with a dash goes into double quotes.\nUsage: "
            ),
        ),
        ("ec2 stop i-1 --Xhelp", "ec2 stop has no option --Xhelp."),
        ("ec2 stop i-1 --fo\u200brce", 'ec2 stop has no option "--fo\\u200brce". Did you mean --force?'),
        ("ec2 stop --help", "For help, type: help ec2 stop."),
    ],
)
def test_a8_nothing_is_dropped_silently(text: str, says: str) -> None:
    sentence = refusal(text)
    assert says in sentence
    verb = text.split()[1]
    assert f"\nUsage: ec2 {verb}" in sentence
    assert f"\nExample: ec2 {verb}" in sentence


def test_a7_single_letters_are_no_options() -> None:
    sentence = refusal("ec2 stop i-1 -f")
    assert "Options are written out behind two dashes, not -f. Did you mean --force?" in sentence
    assert "What is no option and begins with a dash goes into double quotes." in sentence
    assert "Did you mean --count?" in refusal("ec2 make box --c=3")
    assert "not -force. Did you mean --force?" in refusal("ec2 stop i-1 -force")


@pytest.mark.parametrize("text", ["ec2 stop", "ec2 stop --force", 'ec2 stop ""', "ec2 stop i-1 ''", "ec2 stop --all"])
def test_a10_no_form_of_nothing_means_everything(text: str) -> None:
    sentence = refusal(text)
    assert any(says in sentence for says in ("THINGS is missing: ids.", "THINGS is empty", "has no option --all"))


# Accounts and Regions


def test_a10_without_a_default_the_account_has_to_be_said() -> None:
    none = Defaults(DEFAULTS.accounts, DEFAULTS.regions, None)
    assert refusal("ec2 list", none).startswith("Say which account: --account dev or prod.")
    assert read("ec2 list --account prod", none).account == "prod"
    assert read("help", none).account == ""


def test_an_unknown_account_or_region_is_answered_with_the_known_ones() -> None:
    assert "I know no account pro. Did you mean prod? Give --account dev or prod." in refusal("ec2 list --account pro")
    assert "I know no account 999999999999." in refusal("ec2 list --account 999999999999")
    assert 'I know no account "".' in refusal('ec2 list --account ""')
    assert "eu-wset-1 is no AWS Region that I know. Did you mean eu-west-1" in refusal("ec2 list --region eu-wset-1")
    assert "One looks like eu-west-1." in refusal('ec2 list --region ""')


def test_no_account_at_all_is_said() -> None:
    assert "I know no AWS account" in refusal("ec2 list", Defaults({}, {}))


def test_an_account_without_a_region_asks_for_one() -> None:
    assert "Say which Region" in refusal("ec2 list", Defaults({"dev": "dev"}, {}, "dev"))


def test_a_default_region_counts_even_where_botocore_does_not_know_it() -> None:
    defaults = Defaults({"dev": "dev"}, {"dev": "moon-base-1"}, "dev")
    action = read("ec2 list", defaults)
    assert action.region == "moon-base-1"
    assert read(str(action), defaults) == action


# What to type instead


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("e2c list", "I do not know e2c. A command begins with its service. Did you mean ec2?"),
        ("hlep", "Did you mean help?"),
        ("stop i-1", "Did you mean ec2 stop?"),
        ("make", "Did you mean ec2 make or s3 make?"),
        ("frobnicate", "You can begin with ec2, hello, help, s3 or status.\nUsage: hello\nExample: hello"),
        ("--region eu-west-1 ec2 list", 'I do not know "--region". A command begins with its service.'),
        ('"" list', 'I do not know "".'),
        ("ec2", "Say what to do with ec2. You can say ec2 stop, make, look or list.\nUsage: ec2 stop THINGS…"),
        ("ec2 --region eu-west-1", "Say what to do with ec2."),
        ("EC2 Stpo i-1", "ec2 has no verb Stpo. Did you mean stop?"),
        ("ec2 lsit", "\nUsage: ec2 list\nExample: ec2 list"),
        ("ec2 \u202estop", 'ec2 has no verb "\\u202estop". Did you mean stop?'),
    ],
)
def test_an_unknown_command_is_answered_with_what_was_meant(text: str, says: str) -> None:
    assert says in refusal(text)


def test_a14_suggestions_name_only_what_the_asker_may_run() -> None:
    def only_list(command: Command) -> bool:
        return command.name in ("ec2 list", "help")

    for text in ("stop i-1", "ec2 stpo", "e2c", "s4 make", "ec2", "s3 mak", "s3", "ec2 stop i-1 --cuont", "ec2 stop"):
        sentence = refusal(text, allowed=only_list)
        rest = sentence.replace("ec2 stop", "", 1) if text.startswith("ec2 stop") else sentence.replace(text, "")
        for hidden in ("stop", "make", "look", "s3 make", "--force", "THINGS", "status"):
            assert hidden not in rest.replace("I do not know stop", "")
    assert "You can say ec2 list." in refusal("ec2", allowed=only_list)
    assert refusal("s3", allowed=only_list) == "Say what to do with s3."
    assert refusal("ec2 stop --x", allowed=only_list) == (
        "I cannot read what stands behind ec2 stop. To see what you may run, type: help."
    )
    assert refusal("nothing", allowed=lambda _: False) == ("I do not know nothing. A command begins with its service.")


def test_a14_what_can_be_read_is_read_whoever_asks() -> None:
    assert parse("ec2 stop i-1", COMMANDS, DEFAULTS, allowed=lambda _: False).verb == "stop"


def test_a13_the_sentence_shows_typed_text_without_its_tricks() -> None:
    sentence = refusal("ec2 stop i-1 extra\u202e --hard=\x1b[31m")
    assert "\u202e" not in sentence
    assert "\x1b" not in sentence
    assert len(refusal("x" * 4000)) < 400


# The registry


def test_the_registry_finds_commands_by_service_and_verb() -> None:
    assert COMMANDS.find("ec2", "stop") is COMMANDS.of(Action("ec2", "stop"))
    assert COMMANDS.find("ec2", "fly") is None
    assert COMMANDS.services() == ("ec2", "s3")
    assert COMMANDS.verbs("ec2") == ("stop", "make", "look", "list")
    assert [each.name for each in COMMANDS][:2] == ["hello", "help"]


def test_an_action_whose_command_is_gone_is_refused() -> None:
    with pytest.raises(UsageError, match=r"There is no command ec2 fly\."):
        COMMANDS.of(Action("ec2", "fly"))


def shadowing(aws: object, region: str) -> None: ...


def short(aws: object, *, x: str = "") -> None: ...


def greedy(aws: object, first: tuple[str, ...], second: str) -> None: ...


def backwards(aws: object, first: str = "", *, second: str = "", third: int = 0) -> None: ...


@pytest.mark.parametrize(
    "commands",
    [
        [command("ec2", "stop", make), command("ec2", "stop", look)],
        [command("", "ec2"), command("ec2", "stop")],
        [command("EC2", "stop")],
        [command("ec2", "stop now")],
        [command("ec2", "")],
        [command("ec2", "stop", shadowing)],
        [command("ec2", "stop", short)],
        [command("ec2", "stop", greedy)],
    ],
)
def test_a_registry_that_could_be_misread_is_not_built(commands: list[Command]) -> None:
    with pytest.raises(ValueError, match=r"two commands|cannot have|Both a bot word"):
        Commands(commands)


def test_a_registry_without_doubt_is_built() -> None:
    assert Commands([command("ec2", "stop", backwards)]).verbs("ec2") == ("stop",)
