"""`python -m bot halt` and `resume`: the stop button on the bot's own host, where no second person is needed.

It goes through the store, which every bot on it reads; where that cannot be written, the file halts this host. Exit: 0
done, 1 not (all) done, 2 usage.
"""

from __future__ import annotations

from bot.actor import Actor
from bot.errors import UsageError
from bot.reply import Reply
from bot.road.brake import OF_FILE
from bot.road.desk import Desk
from bot.road.halt_words import scoped, told
from bot.road.halted import said, scope_words
from bot.store.database import StoreError, new_id
from bot.store.halts import EVERYTHING, Halt
from bot.store.processes import Processes
from bot.store.runs import Run, State
from bot.text import plain

DONE, FAILED = 0, 1


def halt_here(desk: Desk, processes: Processes, user: str, what: tuple[str, ...]) -> int:
    """Halt, and print what was voided, what still runs, and how many bots there are to see it."""
    scope, name, reason = scoped(desk, what)
    actor = Actor("terminal", user, name=user)
    put = desk.brake.put_on(Halt(scope, name, actor.key, f"{user} on the host", reason, desk.now()))
    reply = told(desk, put, _noted(desk, user, "halt", what))
    print(plain(reply))
    print(_seen_by(desk, processes))
    return FAILED if reply.sign == "fail" else DONE


def resume_here(desk: Desk, user: str, what: tuple[str, ...]) -> int:
    """Resume what was halted from anywhere; a file that halts is removed. Raises StoreError."""
    scope, _, _ = scoped(desk, what)
    found = [halt for halt in desk.brake.in_force() if halt.scope == scope]
    if not found:
        left = "; ".join(f"{said(each)} ({scope_words(each)})" for each in desk.brake.in_force())
        raise UsageError(f"That is not halted. What is: {left}" if left else "Nothing is halted.")
    return max([_ended(desk, halt, user, what) for halt in found])


def _ended(desk: Desk, halt: Halt, user: str, what: tuple[str, ...]) -> int:
    if halt.by == OF_FILE:
        assert desk.brake.file
        try:
            desk.brake.file.unlink(missing_ok=True)
        except OSError as error:
            print(f"The file {desk.brake.file} cannot be removed ({error.strerror}): it still halts this host.")
            return FAILED
    else:
        desk.brake.halts.end(halt, desk.now(), f"{user} on the host")
    run = _noted(desk, user, "resume", what)
    desk.audit.write(desk.now(), "resumed", run, scope=halt.scope, halted_by=halt.by, why=halt.reason)
    print(plain(Reply(f"Resumed {scope_words(halt)}. {said(halt)}.", sign="ok")))
    return DONE


def words_of(user: str | None, account: str | None, reason: list[str]) -> tuple[str, ...]:
    """Write the options of the command line as they are typed in Slack."""
    if user:
        return ("user", user, *reason)
    return ("account", account, *reason) if account else (EVERYTHING, *reason)


def _noted(desk: Desk, user: str, verb: str, what: tuple[str, ...]) -> Run:
    """Return a run for the audit alone."""
    words = " ".join((verb, *what))
    return Run(new_id(), State.DONE, actor_kind="terminal", user=user, text=words, created_at=desk.now())


def _seen_by(desk: Desk, processes: Processes) -> str:
    try:
        bots = [facts for facts in processes.alive(desk.now()).values() if "live" in facts]
    except StoreError as error:
        return error.sentence
    if not bots:
        return "No bot works on this store just now. Is it the right one?"
    return f"Seen at once by {len(bots)} bot process{'' if len(bots) == 1 else 'es'} on this store."
