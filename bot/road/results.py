"""Clicks on a stored answer: another page, a filter, a row, an export, sharing. None of them asks AWS again.

Whoever clicks must be allowed to run the same read there and then; what was shown to one person stays theirs. What a
row's button asks for is a new request on the road: the id comes from the store, never from the message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot.action import Action
from bot.actor import Actor, Place
from bot.command import Audience, Command, Effect
from bot.errors import Refused
from bot.parse import parse
from bot.policy.decide import Decision, reachable
from bot.reply import Button, Buttons, Fields, File, Part, Reply, Rows, User, note, to_json
from bot.road import pages
from bot.road.click import Click
from bot.road.engine import Asked, Engine
from bot.road.exports import written
from bot.road.pages import Listing, View
from bot.road.reading import NOT_HERE, postable
from bot.store.database import new_id
from bot.store.outbox import QUESTION
from bot.store.runs import Run, State

_ACT = "row:"
_GONE = "This button belongs to nothing I know of (any more). Ask again."

Step = Callable[[Run, Actor, Click], Reply | None]


class Results:
    """What can be done with an answer that was read once. A step returns what whoever clicked is told alone."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.desk = engine.desk
        self._steps: Mapping[str, Step] = {
            pages.NEXT: lambda run, actor, click: self._turned(run, actor, click, 1),
            pages.PREVIOUS: lambda run, actor, click: self._turned(run, actor, click, -1),
            pages.FIND: self._find,
            pages.ALL: self._find,
            pages.ROW: self._pick,
            pages.CSV: self._export,
            pages.JSON: self._export,
            pages.SHARE: self._share,
        }

    def step(self, does: str) -> Step | None:
        """Return what a button of a stored answer does; None for every other button."""
        return self._act if does.startswith(_ACT) else self._steps.get(does)

    def _authorised(self, run: Run, actor: Actor) -> Decision:
        """Decide the read anew, for whoever clicked. Raises Refused."""
        command = self._read(run)
        if run.audience == "asker" and actor.key != run.asker:
            raise Refused(f"This was answered to {run.user_name or run.user} alone.", layer="audience")
        self.desk.law.open(run.account, run.region)
        decision = self.engine.reading.decide(run, actor, self._place(run), command)
        if decision.audience == Audience.ASKER and run.audience != "asker":
            why = f"This is shown to whoever asks alone now. Ask for it yourself: {run.action}"
            raise Refused(why, layer="audience")
        return decision

    def _read(self, run: Run) -> Command:
        """Return the command of a run that read something and ended well. Raises Refused for any other run."""
        service, _, verb = run.action.partition(" ")
        command = self.desk.commands.find(service, verb.split(" ")[0])
        if command is None or command.effect is not Effect.READS or run.state is not State.DONE or not run.reply:
            raise Refused(_GONE, layer="result")
        return command

    def _listing(self, run: Run) -> Listing:
        found = pages.listing(run)
        if found is None:
            raise Refused(_GONE, layer="result")
        return found

    def _place(self, run: Run) -> Place:
        return self.desk.directory.place(run.channel, run.thread)

    # ── another page, and a filter ──

    def _turned(self, run: Run, actor: Actor, click: Click, by: int) -> None:
        self._authorised(run, actor)
        self._look(run, click, lambda found: replace(found.view, page=found.page + by))

    def _find(self, run: Run, actor: Actor, click: Click) -> None:
        """Filter, or show all again: `text` is what was typed into the form, nothing where a button was clicked."""
        self._authorised(run, actor)
        wanted = click.text.strip()[: pages.LONGEST_FIND]
        self._look(run, click, lambda found: replace(found.view, page=0, find=wanted))

    def _look(self, run: Run, click: Click, anew: Callable[[Listing], View]) -> None:
        """Change how an answer is looked at, and show it so: in its own message, edited in place."""
        with self.desk.runs.together():
            now = self.desk.runs.get(run.id) or run
            seen = self.desk.runs.note(now, view=pages.view_json(anew(self._listing(now))))
        self._shown(seen, click)

    def _shown(self, run: Run, click: Click) -> None:
        if click.replace:
            click.replace(pages.face(self.desk, run))
            return
        self.desk.outbox.mark(run.id, QUESTION, self.desk.now())
        self.desk.wake()

    # ── one row ──

    def _pick(self, run: Run, actor: Actor, click: Click) -> Reply:
        """Show one row, to whoever picked it alone, with what they may do with it."""
        self._authorised(run, actor)
        found, of, row = self._row(run, click)
        buttons = tuple(self._verbs(run, actor, of, row, click))
        none = note(f"There is nothing you may do with it in {run.account}.")
        parts: tuple[Part, ...] = (Fields(tuple(zip(found.table.columns, row, strict=False))),)
        return Reply(pages.label_of(row, of), (*parts, Buttons(buttons) if buttons else none), "")

    def _row(self, run: Run, click: Click) -> tuple[Listing, Rows, tuple[str, ...]]:
        found = self._listing(run)
        of, rows = found.table.of, found.table.rows
        if of is None or click.row is None or click.row >= len(rows) or not rows[click.row][of.column : of.column + 1]:
            raise Refused(_GONE, layer="result")
        return found, of, rows[click.row]

    def _verbs(self, run: Run, actor: Actor, of: Rows, row: tuple[str, ...], click: Click) -> list[Button]:
        """Offer the verbs that this person may use here, but not those whose end the row has reached already."""
        commands = [found for verb in of.verbs if (found := self.desk.commands.find(of.service, verb))]
        place, about = self._place(run), f"{run.id}.{click.row}"
        return [
            Button(_label(each), f"{_ACT}{each.verb}", about, "danger" if each.effect is Effect.DESTROYS else "default")
            for each in commands
            if self._may(run, actor, place, each) and not _reached(each, row)
        ]

    def _may(self, run: Run, actor: Actor, place: Place, command: Command) -> bool:
        """Whether any rule could allow it in this account and Region; what is clicked is decided anew."""
        file, now = self.desk.law.file, self.desk.now()
        return all(reachable(file, actor, place, each, run.account, run.region, at=now) for each in command.calls)

    def _act(self, run: Run, actor: Actor, click: Click) -> None:
        """Put what a row's button asks for on the road, as whoever clicked: decided and confirmed like any other."""
        self._authorised(run, actor)
        _, of, row = self._row(run, click)
        verb = click.does.removeprefix(_ACT)
        if verb not in of.verbs or not self.desk.commands.find(of.service, verb):
            raise Refused(_GONE, layer="result")
        words = (*of.words, row[of.column])
        private = parse(run.action, self.desk.commands, self.desk.law.defaults).private
        action = Action(of.service, verb, words, account=run.account, region=run.region, private=private)
        self._ask(run, click, str(action))

    def _ask(self, run: Run, click: Click, words: str) -> None:
        asked = Asked(words, click.user, click.team, run.channel, run.thread, kind=click.kind)
        new = self.engine.new_run(asked)
        with self.desk.hands.holding(new.id):
            if self.desk.runs.receive(new, f"{_ACT}{click.delivery}"[:64] if click.delivery else ""):
                if click.keep:
                    click.keep(new.id)
                self.engine.work(new)

    # ── handing on ──

    def _export(self, run: Run, actor: Actor, click: Click) -> Reply | None:
        """Make a file of all the rows that the filter leaves, and hand it over below the answer or in person."""
        self._authorised(run, actor)
        found = self._listing(run)
        if not found.numbers:
            raise Refused("The filter hides every row: there is nothing to export. Show all, then export.", layer="")
        file = written(_file_name(run), click.does, found.table.columns, found.rows)
        left, total = len(found.numbers), len(found.table.rows)
        count = f"{left:,} of {total:,} rows" if left < total else f"{total:,} rows"
        self.desk.audit.write(
            self.desk.now(), "exported", run, user=actor.user, by=actor.user, file=file.name, rows=left
        )
        if self.desk.hand_over(run, file, f"{count}, exported by {actor.name or actor.user}.", actor):
            return None
        return Reply(f"{file.name} is in your direct messages.", sign="ok")

    def _share(self, run: Run, actor: Actor, click: Click) -> Reply | None:
        """Tell a private answer to everybody where it was asked, once. Raises Refused where it must not be."""
        command = self._read(run)
        decision = self._authorised(run, actor)
        if run.audience != "asker" or command.secret or decision.audience == Audience.ASKER:
            raise Refused(f"{command.name} is shown to whoever asks alone, so it cannot be shared.", layer="audience")
        if not postable(self._place(run)):
            raise Refused("I am not in that channel: invite me (/invite), then share.", layer="place")
        shared = self._copy(run, decision)
        if not self._written(shared, run):
            raise Refused("This was shared before: look in the channel.", layer="audience")
        self._shown(self.desk.runs.note(run, view=pages.view_json(replace(pages.view_of(run), shared=True))), click)
        return None

    def _copy(self, run: Run, decision: Decision) -> Run:
        """Make the run whose message everybody sees: the same stored answer, looked at from its beginning."""
        reply = pages.stored(run.reply)
        kept = tuple(part for part in reply.parts if not isinstance(part, File) and part != NOT_HERE)
        told = replace(reply, parts=(*kept, note("Shared by ", User(run.user), ".")))
        now = self.desk.now()
        fresh = replace(run, id=new_id(), owner=self.desk.owner, created_at=now, ended_at=now, due_at=0.0, by=run.user)
        words, rules = f"[shared from {run.id}]", ", ".join(decision.rules)
        view = pages.view_json(replace(pages.view_of(run), shared=False))
        return replace(fresh, audience="channel", text=words, reply=to_json(told), rules=rules, view=view)

    def _written(self, shared: Run, run: Run) -> bool:
        with self.desk.runs.together():
            if not self.desk.runs.receive(shared, f"share/{run.id}"):
                return False
            self.desk.audit.write(self.desk.now(), "shared", shared, by=run.user, shared=run.id)
            self.desk.mark(shared)
        self.desk.wake()
        return True


def _label(command: Command) -> str:
    return command.verb[:1].upper() + command.verb[1:]


def _reached(command: Command, row: tuple[str, ...]) -> bool:
    """Whether a row says that it is, or is becoming, what the command would make of it."""
    return command.follow is not None and not {command.follow.goal, *command.follow.via}.isdisjoint(row)


def _file_name(run: Run) -> str:
    """Name an export by what was asked, where, and the day it was read (UTC): `ec2-list-dev-2026-03-01`."""
    words = run.action.split(" ")[:2]
    day = datetime.fromtimestamp(run.ended_at or run.created_at, UTC)
    return "-".join([*(each for each in (*words, run.account) if each), f"{day:%Y-%m-%d}"])
