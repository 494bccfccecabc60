"""The bytes of files over HTTP: taken from the app by an upload URL, given to it with its token, shown to the page."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.web_api import hang_up, require_scope
from bot.sandbox.slack.workspace import BOT_TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.slack.file_methods import Upload
    from bot.sandbox.slack.files import File
    from bot.sandbox.slack.state import Slack

SIGN_IN = (
    "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to your workspace</body></html>"
)


class FileRoutes:
    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """POST /upload/v1/{id}: the bytes, raw or as a form, exactly as many as were announced."""
        upload = self._slack.uploads.get(request.match_info["id"])
        if upload is None or upload.received:
            return web.Response(status=404, text="no such upload")
        broken = self._slack.faults.take("file_upload", "api_500", "api_slow", "api_hang_after")
        if broken and broken.kind == "api_500":
            return web.Response(status=500, text="Internal Server Error")
        if broken and broken.kind == "api_slow":
            await asyncio.sleep(broken.seconds)
        size = await self._receive(request, upload)
        upload.received = size == upload.file.size
        self._slack.journal.record("file_upload", ok=upload.received, file=upload.file.id, size=size)
        if not upload.received:
            return web.Response(status=400, text=f"expected {upload.file.size} bytes, received {size}")
        return hang_up(request) if broken and broken.kind == "api_hang_after" else web.Response(text=f"OK - {size}")

    async def _receive(self, request: web.Request, upload: Upload) -> int:
        """Write to disk as it comes, and no more than one chunk beyond what was announced."""
        size = 0
        with self._slack.files.path(upload.file.id).open("wb") as stored:
            async for chunk in _body(request):
                size += len(chunk)
                if size > upload.file.size:
                    break
                stored.write(chunk)
        return size

    async def download(self, request: web.Request) -> web.StreamResponse:
        """url_private_download; whoever may not have the file gets Slack's sign-in page, with status 200."""
        slack, bearer = self._slack, request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        broken = slack.faults.take("file_download", "api_500", "api_429", "api_hang_after")
        if broken and broken.kind != "api_hang_after":
            status = int(broken.kind.removeprefix("api_"))
            return web.Response(status=status, headers={"Retry-After": str(int(broken.seconds))})
        try:
            file = self._permitted(request.match_info["id"], bearer)
        except Refusal as refusal:
            slack.journal.record("file_download", ok=False, file=request.match_info["id"], error=refusal.error)
            return web.Response(text=SIGN_IN, content_type="text/html")
        slack.journal.record("file_download", ok=True, file=file.id, size=file.size)
        return await self._give(request, file, cut=broken is not None)

    def _permitted(self, file_id: str, bearer: str) -> File:
        if bearer != BOT_TOKEN:
            raise Refusal("not_authed")
        require_scope(self._slack, "files:read")
        return self._slack.files.for_app(file_id, self._slack.workspace)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """GET /_control/files/{id}: the page and the tests need no token."""
        try:
            file = self._slack.files.get(request.match_info["id"])
        except Refusal as refusal:
            return web.json_response(refusal.json(), status=404)
        return await self._give(request, file)

    async def _give(self, request: web.Request, file: File, *, cut: bool = False) -> web.StreamResponse:
        """Send chunk by chunk; `cut` hangs up after the first."""
        headers = {
            "Content-Type": file.mimetype,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "X-Content-Type-Options": "nosniff",
        }
        response = web.StreamResponse(headers=headers)
        response.content_length = file.size
        await response.prepare(request)
        for chunk in self._slack.files.chunks(file):
            await response.write(chunk[: len(chunk) // 2] if cut else chunk)
            if cut:
                return hang_up(request)
        return response


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    if not request.content_type.startswith("multipart/"):
        async for chunk in request.content.iter_chunked(65_536):
            yield chunk
        return
    part = await (await request.multipart()).next()
    while part is not None and hasattr(part, "read_chunk") and (chunk := await part.read_chunk(65_536)):
        yield chunk
