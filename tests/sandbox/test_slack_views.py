"""Views as Slack holds them: opened by a trigger, three deep, within limits, with a hash and what was filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.server import SlackServer
from tests.sandbox.slack_wire import BUTTON, Wire, actions, choice, error_of, field, modal, option, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from slack_sdk import WebClient

ANA = "U0ANA00001"
Json = dict[str, Any]


HOME = {"type": "home", "blocks": [actions(BUTTON)]}


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with SlackServer(redelivery=()) as server:
        yield Wire(server)


@pytest.fixture
def slack(wire: Wire) -> WebClient:
    wire.order("reset")
    return wire.client()


@pytest.fixture
def trigger(wire: Wire) -> Callable[[], str]:
    def made() -> str:
        wire.command()
        return str(wire.payload()["trigger_id"])

    return made


def shown(wire: Wire) -> tuple[list[Json], Json | None]:
    told = wire.get("/_control/views?user=ana")
    return told["modals"], told["home"]


def test_a_view_bears_what_slack_adds_to_it(slack: WebClient, wire: Wire, trigger: Callable[[], str]) -> None:
    form = modal(field("name", initial_value="web-1"), callback_id="form", private_metadata="7")
    view = slack.views_open(trigger_id=trigger(), view=form)["view"]
    assert (view["callback_id"], view["private_metadata"], view["external_id"]) == ("form", "7", "")
    assert (view["root_view_id"], view["previous_view_id"]) == (view["id"], None)
    assert view["hash"]
    assert view["state"]["values"] == {"name": {"typed": {"type": "plain_text_input", "value": "web-1"}}}
    assert shown(wire) == ([view], None)
    assert wire.get("/_control/views?user=ben")["modals"] == []
    assert wire.get("/_control/views?user=nobody")["error"] == "user_not_found"


def test_ids_are_given_where_they_are_missing(slack: WebClient, trigger: Callable[[], str]) -> None:
    nameless = {key: value for key, value in field("x").items() if key != "block_id"}
    nameless["element"] = {"type": "plain_text_input"}
    (block,) = slack.views_open(trigger_id=trigger(), view=modal(nameless))["view"]["blocks"]
    assert block["block_id"]
    assert block["element"]["action_id"]


OPTIONS = [option(str(number)) for number in range(101)]
WRONG = {
    "a title of 25": modal(title=plain("x" * 25)),
    "no title": {key: value for key, value in modal().items() if key != "title"},
    "a submit of 25": modal(submit=plain("x" * 25)),
    "a close of 25": modal(close=plain("x" * 25)),
    "private_metadata of 3001": modal(private_metadata="x" * 3001),
    "a callback_id of 256": modal(callback_id="x" * 256),
    "an external_id of 256": modal(external_id="x" * 256),
    "101 blocks": modal(*[{"type": "divider"}] * 101),
    "no blocks": modal() | {"blocks": None},
    "a home in a modal's place": HOME,
    "an input without submit": {key: value for key, value in modal(field("a")).items() if key != "submit"},
    "the same block_id twice": modal(field("a"), field("a")),
    "a table": modal({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}),
    "markdown": modal({"type": "markdown", "text": "x"}),
    "an input of nothing": modal({"type": "input", "label": plain("x")}),
    "an input without label": modal(field("a") | {"label": None}),
    "a hint of 2001": modal(field("a") | {"hint": plain("x" * 2001)}),
    "a button as input": modal(field("a") | {"element": BUTTON}),
    "a max_length of 3001": modal(field("a", max_length=3001)),
    "a min_length above max_length": modal(field("a", min_length=5, max_length=4)),
    "a min_length below 0": modal(field("a", min_length=-1)),
    "an initial_value that is too long": modal(field("a", max_length=2, initial_value="abc")),
    "a placeholder of 151": modal(field("a", placeholder=plain("x" * 151))),
    "a text input beside a button": modal(actions({"type": "plain_text_input", "action_id": "a"})),
    "101 options": modal(field("a") | {"element": choice("static_select") | {"options": OPTIONS}}),
    "11 checkboxes": modal(field("a") | {"element": choice("checkboxes") | {"options": OPTIONS[:11]}}),
    "a menu's option in markup": modal(actions(choice("static_select") | {"options": [option("a", text="*a*")]})),
    "a description of 76": modal(
        actions(choice("radio_buttons") | {"options": [option("a", description=plain("x" * 76))]})
    ),
    "an initial option not offered": modal(actions(choice("static_select", "a", initial_option=option("b")))),
    "initial options not offered": modal(actions(choice("checkboxes", "a", initial_options=[option("b")]))),
    "a choice of at most 0": modal(actions(choice("multi_static_select", "a", max_selected_items=0))),
    "11 files": modal(field("a", type="file_input", max_files=11)),
    "no file types": modal(field("a", type="file_input", filetypes=[])),
    "a file in a section": modal(
        {"type": "section", "text": plain("x"), "accessory": {"type": "file_input", "action_id": "f"}}
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_modal_beyond_a_limit_is_refused(slack: WebClient, trigger: Callable[[], str], wrong: Json) -> None:
    assert error_of(lambda: slack.views_open(trigger_id=trigger(), view=wrong)) == "invalid_arguments"


RIGHT = {
    "100 blocks": modal(*[{"type": "divider"}] * 100),
    "24 characters of title": modal(title=plain("x" * 24), private_metadata="x" * 3000),
    "no input, no submit": {key: value for key, value in modal({"type": "divider"}).items() if key != "submit"},
    "every kind of block": modal(
        {"type": "header", "text": plain("x")},
        {"type": "section", "text": plain("x"), "accessory": choice("overflow", "a", "b")},
        {"type": "context", "elements": [plain("x")]},
        actions(BUTTON, choice("radio_buttons", "a", initial_option=option("a"))),
        field("text", multiline=True, min_length=1, max_length=3000) | {"hint": plain("x")},
        field("one") | {"element": choice("static_select", "a", "b", initial_option=option("b"))},
        field("many") | {"element": choice("multi_static_select", "a", "b", max_selected_items=2)},
        field("some") | {"element": choice("checkboxes", "a", "b", initial_options=[option("b")])},
        field("file", type="file_input", filetypes=["txt"], max_files=1),
    ),
}


@pytest.mark.parametrize("right", RIGHT.values(), ids=RIGHT)
def test_a_modal_within_the_limits_is_taken(slack: WebClient, trigger: Callable[[], str], right: Json) -> None:
    assert slack.views_open(trigger_id=trigger(), view=right)["ok"]


def test_the_place_of_what_is_wrong_is_told(slack: WebClient, trigger: Callable[[], str]) -> None:
    with pytest.raises(SlackApiError) as refused:
        slack.views_open(trigger_id=trigger(), view=modal({"type": "divider"}, field("a", max_length=9000)))
    (message,) = refused.value.response["response_metadata"]["messages"]
    assert "[json-pointer:/view/blocks/1/element/max_length]" in message


def test_a_view_is_at_most_250_kb(slack: WebClient, trigger: Callable[[], str]) -> None:
    big = modal(*[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2600}}] * 99)
    assert error_of(lambda: slack.views_open(trigger_id=trigger(), view=big)) == "view_too_large"


def test_a_file_input_needs_the_scope_to_read_files(slack: WebClient, wire: Wire, trigger: Callable[[], str]) -> None:
    wire.order("app", without=["files:read"])
    form = modal(field("a", type="file_input"))
    assert error_of(lambda: slack.views_open(trigger_id=trigger(), view=form)) == "missing_scope"


def test_three_modals_stand_on_each_other_and_no_fourth(
    slack: WebClient, wire: Wire, trigger: Callable[[], str]
) -> None:
    assert error_of(lambda: slack.views_push(trigger_id=trigger(), view=modal())) == "not_found"
    first = slack.views_open(trigger_id=trigger(), view=modal())["view"]
    second = slack.views_push(trigger_id=trigger(), view=modal())["view"]
    third = slack.views_push(trigger_id=trigger(), view=modal())["view"]
    assert (third["root_view_id"], third["previous_view_id"]) == (first["id"], second["id"])
    assert error_of(lambda: slack.views_push(trigger_id=trigger(), view=modal())) == "push_limit_reached"
    assert [each["id"] for each in shown(wire)[0]] == [first["id"], second["id"], third["id"]]
    fresh = slack.views_open(trigger_id=trigger(), view=modal())["view"]
    assert [each["id"] for each in shown(wire)[0]] == [fresh["id"]]


def test_a_trigger_pushes_once(slack: WebClient, trigger: Callable[[], str]) -> None:
    used = trigger()
    slack.views_open(trigger_id=used, view=modal())
    assert error_of(lambda: slack.views_push(trigger_id=used, view=modal())) == "exchanged_trigger_id"


def test_an_update_knows_its_view_and_what_it_replaces(slack: WebClient, trigger: Callable[[], str]) -> None:
    view = slack.views_open(trigger_id=trigger(), view=modal(external_id="form-7"))["view"]
    new = slack.views_update(external_id="form-7", view=modal(external_id="form-7"), hash=view["hash"])["view"]
    assert (new["id"], new["hash"] == view["hash"]) == (view["id"], False)

    def updated(**which: Any) -> str:
        return error_of(lambda: slack.views_update(**{"view": modal(), "view_id": view["id"]} | which))

    assert updated(hash=view["hash"]) == "hash_conflict"
    assert updated(hash=new["hash"]) == "no error"
    assert updated(view_id="V0") == "not_found"
    assert error_of(lambda: slack.api_call("views.update", json={"view": modal()})) == "invalid_arguments"
    assert updated(view=HOME) == "invalid_arguments"


def test_an_external_id_is_one_views_alone(slack: WebClient, trigger: Callable[[], str]) -> None:
    slack.views_open(trigger_id=trigger(), view=modal(external_id="only"))
    pushed = error_of(lambda: slack.views_push(trigger_id=trigger(), view=modal(external_id="only")))
    assert pushed == "duplicate_external_id"


def test_a_home_tab_is_published_per_person_and_keeps_its_id(slack: WebClient, wire: Wire) -> None:
    first = slack.views_publish(user_id=ANA, view=HOME)["view"]
    second = slack.views_publish(user_id=ANA, view=HOME, hash=first["hash"])["view"]
    assert (first["id"], shown(wire)) == (second["id"], ([], second))
    stale = error_of(lambda: slack.views_publish(user_id=ANA, view=HOME, hash=first["hash"]))
    assert stale == "hash_conflict"
    for nobody in ("U0DEL00006", "U0NOBODY00"):
        assert error_of(lambda user=nobody: slack.views_publish(user_id=user, view=HOME)) == "user_not_found"
    for wrong in (modal(), HOME | {"blocks": [field("a", type="file_input")]}):
        assert error_of(lambda view=wrong: slack.views_publish(user_id=ANA, view=view)) == "invalid_arguments"


def test_what_was_chosen_stays_where_block_action_and_option_stay(
    slack: WebClient, wire: Wire, trigger: Callable[[], str]
) -> None:
    def form(*regions: str, action_id: str = "typed") -> Json:
        return modal(actions(choice("static_select", *regions)), field("name", action_id=action_id), field("new"))

    view = slack.views_open(trigger_id=trigger(), view=form("dev", "prod"))["view"]
    typed = {"name": {"typed": {"value": "web-1"}}}
    click = {"user": "ana", "view_id": view["id"], "values": typed}
    wire.order("interact", **click, action={"action_id": "chosen", "selected_option": {"value": "prod"}})

    def held(*regions: str, **more: str) -> tuple[Any, Any, Any]:
        state = slack.views_update(view_id=view["id"], view=form(*regions, **more))["view"]["state"]["values"]
        typed = next(iter(state["name"].values()))["value"]
        return state["row"]["chosen"]["selected_option"], typed, state["new"]["typed"]["value"]

    assert held("prod", "test") == (option("prod"), "web-1", None)
    assert held("test") == (None, "web-1", None)
    assert held("test", action_id="other") == (None, None, None)
