"""What a form became: the texts that were filled in as an action, or what is wrong with each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.action import Action
from bot.errors import UsageError
from bot.params import Param, missing
from bot.parse import Begun
from bot.road.blanks import ACCOUNT


def written(found: Begun, texts: Mapping[str, tuple[str, ...]]) -> tuple[Action, Mapping[str, str]]:
    """Write what was filled in as an action; says what is wrong with it by parameter."""
    params = found.command.params
    kept = {param.name: texts[param.name] for param in params if texts.get(param.name)}
    wrong = {param.name: problem for param in params if (problem := _problem(param, kept.get(param.name)))}
    if ACCOUNT in texts and not texts[ACCOUNT]:
        wrong[ACCOUNT] = "Say which account."
    if wrong:
        return found.action, wrong
    words = tuple(text for param in params if param.word for text in kept.get(param.name, ()))
    options = tuple(
        sorted(
            (each.option, () if each.flag else kept[each.name])
            for each in params
            if not each.word and each.name in kept
        )
    )
    account = (texts.get(ACCOUNT) or (found.action.account,))[0]
    action = replace(found.action, words=words, options=options, account=account)
    return action, _gaps(params, kept) or {param.name: _needed(param) for param in missing(params, action)}


def _problem(param: Param, texts: tuple[str, ...] | None) -> str:
    if not texts:
        return _needed(param) if param.required else ""
    if param.flag:
        return ""
    try:
        param.written(texts)
    except UsageError as error:
        return error.sentence
    return ""


def _needed(param: Param) -> str:
    return f"This is needed: {param.help or param.option}."


def _gaps(params: tuple[Param, ...], kept: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Find words left out before one that was filled in: words are told apart by their order."""
    words = [param for param in params if param.word]
    last = max((n for n, param in enumerate(words) if param.name in kept), default=-1)
    return {
        param.name: f"Fill this in as well: {words[last].label} stands behind it."
        for param in words[:last]
        if param.name not in kept
    }
