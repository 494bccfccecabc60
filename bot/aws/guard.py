"""The guard: a call leaves only if the running command declared it and the decision in force grants it.

Every client the gateway makes refuses everything. A run gets copies of those clients, armed with its pass: the copy has
its own event emitter and shares the connection pool, so the pass goes wherever the client goes (threads, paginators,
waiters, presigned URLs). Two events carry it: `provide-client-params` sees the operation and its parameters and stamps
the request's context; `before-sign` refuses a signature whose request bears no stamp of this pass for this operation (a
presigned POST shows the first event a CreateBucket, and signs a PutObject). A third masks what comes back. An armed
client's emitter is sealed: nothing comes between the two. `hold_every_session` has every other session of the process
refuse everything.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import botocore
from s3transfer.utils import signal_not_transferring, signal_transferring

from bot.aws.foreign import Home, foreign
from bot.aws.masks import mask_answer
from bot.errors import GuardError

_PARAMS = "provide-client-params"
_SIGN = "before-sign"
_STAMP = "bot-pass"


@dataclass(frozen=True, slots=True)
class Within:
    """An operation with exactly these parameters, beside those that only sending can tell (`free`: a part's body)."""

    operation: str
    exact: Mapping[str, Any]
    free: frozenset[str] = frozenset()

    def allows(self, operation: str, params: Mapping[str, Any]) -> bool:
        bound = {name: value for name, value in params.items() if name not in self.free}
        return operation == self.operation and bound == dict(self.exact)


@dataclass(frozen=True, eq=False)
class Pass:
    """What one run may send: `reads` with any parameters, `exactly` with these parameters and no others.

    `within` is for a change that takes several calls to send: an upload in parts. Nothing passes that names what is of
    another account or Region than `home`; the bot's own calls, which get it there, have none.
    """

    reads: frozenset[str] = frozenset()
    exactly: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=())
    within: tuple[Within, ...] = ()
    home: Home | None = None

    def allows(self, operation: str, params: Mapping[str, Any]) -> bool:
        return (
            operation in self.reads
            or any(operation == granted and dict(params) == dict(exact) for granted, exact in self.exactly)
            or any(each.allows(operation, params) for each in self.within)
        )


NOTHING = Pass()


def hold(events: Any, pass_: Pass = NOTHING) -> None:
    """Let through an emitter what a pass allows and nothing else, whatever pass held it before."""
    for name, hook in HOOKS.items():
        events.unregister(name, unique_id=name)
        events.register(name, hook(pass_), unique_id=name)


def hold_every_session() -> None:
    """Let through no session that is made in this process from now on, whoever makes it, until a pass holds it."""
    let_sessions_be()
    botocore.register_initializer(hold_session)


def let_sessions_be() -> None:
    """Take that back; a process that only asks for it twice has it once."""
    with contextlib.suppress(ValueError):
        botocore.unregister_initializer(hold_session)


def hold_session(session: Any) -> None:
    hold(session.get_component("event_emitter"))


def armed(client: Any, pass_: Pass) -> Any:
    """Return a copy of a client that lets through what the pass allows, and nothing else."""
    twin = object.__new__(type(client))  # copy.copy would ask botocore's __getattr__ for names it answers with itself
    twin.__dict__.update(client.__dict__)
    events = copy.copy(client.meta.events)
    twin.meta = copy.copy(client.meta)
    twin._request_signer = copy.copy(client._request_signer)  # noqa: SLF001 - botocore has no public door here
    twin._request_signer._event_emitter = events  # noqa: SLF001 - as above
    twin._endpoint = copy.copy(client._endpoint)  # noqa: SLF001 - as above
    twin._endpoint._event_emitter = events  # noqa: SLF001 - as above
    created = f"request-created.{client.meta.service_model.service_id.hyphenize()}"
    events.unregister(created, client._request_signer.handler)  # noqa: SLF001 - as above
    events.register(created, twin._request_signer.handler)
    hold(events, pass_)
    events.register_last("after-call", _mask)
    twin.meta.events = Sealed(events)
    return twin


def _mask(http_response: Any, parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """Keep what botocore marks as sensitive from whoever uses the client; last, so that nothing decodes it later.

    botocore reads an error from 301 on, and what comes with 300 as an answer.
    """
    mask_answer(parsed, model, failed=http_response.status_code > 300)


def listen(client: Any, event: str, handler: Callable[..., None]) -> None:
    """Hear what an armed client does, from within the gateway's part."""
    getattr(client.meta.events, "inside", client.meta.events).register(event, handler)


class Sealed:
    """An emitter that nobody adds to or takes from: what happens between check and signature is the guard's choice."""

    def __init__(self, inside: Any) -> None:
        self.inside = inside
        self.emit = inside.emit
        self.emit_until_response = inside.emit_until_response

    def __copy__(self) -> Sealed:
        return Sealed(copy.copy(self.inside))

    def register(self, event_name: str, handler: Any, *_: Any, **__: Any) -> None:
        """Take what s3transfer registers with every transfer, to count its bytes, and nothing else."""
        if handler not in (signal_transferring, signal_not_transferring):
            self._refuse(event_name)
        place = self.inside.register_first if handler is signal_not_transferring else self.inside.register_last
        place(event_name, handler, unique_id=handler.__name__)

    register_first = register_last = register

    def unregister(self, event_name: str, *_: Any, **__: Any) -> None:
        self._refuse(event_name)

    def _refuse(self, event_name: str) -> NoReturn:
        raise GuardError(f"A handler of {event_name} cannot be changed on a client that is armed.")


def _check_params(pass_: Pass) -> Any:
    def check(params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        operation = f"{model.service_model.service_name}:{model.name}"
        if not pass_.allows(operation, params):
            raise GuardError(f"{operation} is not granted to this run.")
        theirs = foreign(operation, params, pass_.home) if pass_.home else ""
        if theirs:
            raise GuardError(f"{theirs} of {operation} is of another account or Region than this run's.")
        context[_STAMP] = (pass_, model.name)

    return check


def _check_signature(pass_: Pass) -> Any:
    def check(request: Any, operation_name: str, **_: Any) -> None:
        if request.context.get(_STAMP) != (pass_, operation_name):
            raise GuardError(f"A signature for {operation_name} was asked for without a granted call.")

    return check


HOOKS: dict[str, Callable[[Pass], Any]] = {_PARAMS: _check_params, _SIGN: _check_signature}
