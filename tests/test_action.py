import unicodedata

import pytest

from bot.action import Action, quote, shown


def test_an_action_is_written_as_it_would_be_typed() -> None:
    action = Action(
        "ec2", "stop", ("i-1", "my web"), (("force", ()), ("tag", ("a=b", "c d"))), "dev", "eu-west-1", private=True
    )
    assert str(action) == (
        'ec2 stop i-1 "my web" --force --tag a=b --tag "c d" --account dev --region eu-west-1 --private'
    )


def test_a_bot_word_is_written_bare() -> None:
    assert str(Action("", "help", ("ec2", "stop"))) == "help ec2 stop"


def test_an_action_knows_a_flag_from_an_option_that_was_not_given() -> None:
    action = Action("ec2", "stop", (), (("force", ()), ("tag", ("a",))))
    assert action.option("force") == ()
    assert action.option("tag") == ("a",)
    assert action.option("hard") is None


@pytest.mark.parametrize(
    "word", ["i-0a1b", "name=web-*", "tag:env=dev", "arn:aws:s3:::b/k", "ann@example.com", "a,b+c%[1]?"]
)
def test_plain_words_need_no_quotes(word: str) -> None:
    assert quote(word) == word


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("", '""'),
        ("--all", '"--all"'),
        ("-", '"-"'),
        ("my web", '"my web"'),
        ("it's", '"it\'s"'),
        ('say "hi"', r'"say \"hi\""'),
        ("a\\b", r'"a\\b"'),
        ("a\nb\tc\rd", r'"a\nb\u0009c\u000dd"'),
        ("`x`|", r'"\u0060x\u0060\u007c"'),
        ("@here", r'"\u0040here"'),
        ("ask #ops", r'"ask \u0023ops"'),
        ("ann@b c", '"ann@b c"'),
        ("Zoë 中文", '"Zoë 中文"'),
        ("a\u00a0b\u200bc\u202ed\u2026", r'"a\u00a0b\u200bc\u202ed\u2026"'),
        ("e\u0301", r'"e\u0301"'),
        ("\u212b", r'"\u212b"'),
        ("\u3164\u1100\u1161", r'"\u3164\u1100\u1161"'),
        ("\u02bc\u02cb", r'"\u02bc\u02cb"'),
        ("\u05d0\u0661", r'"\u05d0\u0661"'),
        ("\U0001f600", r'"\U0001f600"'),
        ("\x1b[0m", r'"\u001b[0m"'),
    ],
)
def test_other_words_are_quoted_and_what_hides_or_changes_is_written_by_number(word: str, written: str) -> None:
    assert quote(word) == written


ASSIGNED = "".join(map(chr, [*range(128, 0x32000), *range(0xE0000, 0xE0200)]))


def test_no_letter_that_stands_as_it_is_can_change_hide_or_join_another() -> None:
    kept = "".join(char for char in quote(ASSIGNED) if not char.isascii())
    assert len(kept) > 50_000
    assert unicodedata.normalize("NFC", kept) == kept
    assert kept.isprintable()
    seconds = {second for char in ASSIGNED for second in _pair(char)[1:]}
    assert len(seconds) > 30
    assert not seconds & set(kept)


def _pair(char: str) -> list[str]:
    parts = unicodedata.decomposition(char).split()
    if len(parts) == 2 and not parts[0].startswith("<") and unicodedata.is_normalized("NFC", char):
        return [chr(int(part, 16)) for part in parts]
    return []


def test_what_is_repeated_in_a_sentence_is_quoted_and_cut() -> None:
    assert shown("i-1", "a\nb") == r'i-1 "a\nb"'
    assert len(shown("x y" * 100)) == 80
    assert shown("\U0001f600" * 50).endswith("…")
