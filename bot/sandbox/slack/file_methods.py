"""The files.* methods of an upload in three steps: a URL, the bytes, and what they are shared with.

A completed upload answers at once with empty shares; its message comes a moment later, as Slack processes files beside
the call. Errors and limits: Slack's pages on files.getUploadURLExternal and files.completeUploadExternal.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.blocks import check
from bot.sandbox.slack.chat import writable
from bot.sandbox.slack.limits import TIER_4
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.web_api import Args, Method
from bot.sandbox.slack.workspace import BOT_USER

if TYPE_CHECKING:
    from bot.sandbox.slack.files import File
    from bot.sandbox.slack.state import Slack
    from bot.sandbox.slack.workspace import Channel

Json = dict[str, Any]
SHARE_SECONDS = 0.05
MOST_ALT_TEXT = 1000
LARGEST_SNIPPET = 1_000_000
LARGEST_FILE = 1_000_000_000
MOST_CHANNELS = 100
SNIPPETS = ("auto", "text", "csv", "json", "yaml", "xml", "markdown", "python", "javascript", "shell", "sql", "diff")


@dataclass
class Upload:
    """A file on its way: `received` once all its bytes came, `completed` once it was finished."""

    file: File
    received: bool = False
    completed: bool = False


def get_upload_url(slack: Slack, args: Args) -> Json:
    name, length = args.required("filename"), args.number("length", 0)
    if length <= 0:
        raise Refusal.with_messages("invalid_arguments", ["missing required field: length"])
    if length > LARGEST_FILE:
        raise Refusal("file_upload_size_restricted")
    if len(args.text("alt_txt")) > MOST_ALT_TEXT:
        raise Refusal("alt_txt_too_large")
    kind = args.text("snippet_type")
    if kind and kind not in SNIPPETS:
        raise Refusal("unknown_snippet_type")
    if kind and length > LARGEST_SNIPPET:
        raise Refusal("snippet_too_large")
    file = slack.files.new(name, BOT_USER, length, alt_txt=args.text("alt_txt"), snippet_type=kind)
    slack.uploads[file.id] = Upload(file)
    return {"upload_url": f"{slack.url}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(slack: Slack, args: Args) -> Json:
    """Every file of the call or none; a second completion finds no upload."""
    uploads = _uploads(slack, args.json("files"))
    places = _places(slack, args)
    text = args.text("initial_comment")
    blocks = [] if text else check(args.json("blocks") or [])
    files = [slack.files.keep(upload.file) for upload in uploads]
    for upload in uploads:
        upload.completed = True
    drafts = [Message(place.id, BOT_USER, text, blocks, thread_ts=args.text("thread_ts") or None) for place in places]
    if drafts:
        slack.spawn(_share_soon(slack, [file.id for file in files], drafts))
    return {"files": [slack.files.json(file) for file in files]}


def _uploads(slack: Slack, named: Any) -> list[Upload]:
    if not isinstance(named, list) or not named or not all(isinstance(each, dict) for each in named):
        raise Refusal.with_messages("invalid_arguments", ["must provide files [json-pointer:/files]"])
    found = []
    for each in named:
        upload = slack.uploads.get(str(each.get("id")))
        if upload is None or upload.completed or not upload.received:
            raise Refusal("file_not_found")
        upload.file = replace(upload.file, title=str(each.get("title") or upload.file.name))
        found.append(upload)
    return found


def _places(slack: Slack, args: Args) -> list[Channel]:
    """Where to share: one conversation by its id, or several, which may be named by a user's id."""
    channel, several = args.text("channel_id"), [each for each in args.text("channels").split(",") if each]
    if channel.startswith(("U", "W")):
        raise Refusal("channel_not_found")
    if len(several) > MOST_CHANNELS or (args.text("thread_ts") and len(several) > 1):
        raise Refusal("invalid_arguments")
    return [writable(slack, ref) for ref in ([channel] if channel else several)]


async def _share_soon(slack: Slack, file_ids: list[str], drafts: list[Message]) -> None:
    await asyncio.sleep(SHARE_SECONDS)
    for draft in drafts:
        share(slack, draft, file_ids)


def share(slack: Slack, draft: Message, file_ids: list[str]) -> Message:
    """Post the message with its files, and note on each where it is now."""
    files = [slack.files.get(each) for each in file_ids]
    shown = tuple(slack.files.json(file) for file in files)
    message = slack.timeline.post(replace(draft, files=shown, subtype="file_share" if files else draft.subtype))
    for file in files:
        slack.files.share(file, message.channel, message.ts)
    return message


def info(slack: Slack, args: Args) -> Json:
    file = slack.files.for_app(args.required("file"), slack.workspace)
    return {"file": slack.files.json(file), "comments": [], "response_metadata": {"next_cursor": ""}}


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, TIER_4, "files:write"),
    "files.completeUploadExternal": Method(complete_upload, TIER_4, "files:write"),
    "files.info": Method(info, TIER_4, "files:read"),
}
