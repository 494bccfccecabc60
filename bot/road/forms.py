"""Forms: a command that was begun and lacks something is filled in, checked here, and put on the road like typed text.

Opening a form decides whether its asker may run the command at all before AWS is read for them; submitting it decides
nothing: what it writes is canonical text, which goes through the engine and is decided, planned and confirmed there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.actor import Actor, Place
from bot.command import Effect
from bot.errors import BotError, Refused, SlackError, UsageError
from bot.parse import Begun, begun, parse
from bot.reply import Reply
from bot.road.blanks import ACCOUNT, Asking, Options, Sheet, blanks
from bot.road.engine import UNSEEN, Asked, Engine, Received
from bot.road.filled import written
from bot.road.halted import refuse_halted
from bot.road.reading import postable
from bot.store.database import new_id
from bot.store.forms import Form, Forms
from bot.store.runs import Run

log = logging.getLogger(__name__)

LONGEST = 3000
"""Characters of a field: what was typed must fit into it."""
OVER = "This form is gone: it is good for an hour and for whoever asked for it. Type the command again."


class Surface(Protocol):
    """Where a form is shown to whoever asked. All raise SlackError."""

    def open(self) -> None:
        """Show that something is coming, at once."""
        ...

    def show(self, sheet: Sheet) -> None: ...

    def say(self, reply: Reply) -> None:
        """Say why there is nothing to fill in."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A form that is asked for.

    `offered` are choices known beforehand, by parameter; `taken` hears of the run where no form can be shown and the
    text goes on the road as it was typed.
    """

    asked: Asked
    surface: Surface
    offered: Mapping[str, Options] = field(default_factory=dict)
    taken: Callable[[Run], None] = lambda _run: None


class Filling:
    """Opens forms and takes them back in."""

    def __init__(self, engine: Engine, forms: Forms) -> None:
        self.engine = engine
        self.desk = engine.desk
        self.forms = forms

    def lacking(self, text: str) -> Begun | None:
        """Return a change that was typed with something missing; None for all that goes on the road as it is."""
        found = self._begun(text)
        if found is None or not found.lacks or found.command.effect is Effect.READS:
            return None
        return found if len(str(found.action)) <= LONGEST else None

    def _begun(self, text: str) -> Begun | None:
        if self.desk.law.locked:
            return None
        found = begun(text, self.desk.commands, self.desk.law.defaults)
        return found if found and found.command.service else None

    # ── opening ──

    def receive(self, wanted: Wanted) -> Received:
        """Take the wish for a form in, on the ack path: one write, no network."""
        asked = wanted.asked
        form = Form(new_id(), asked.team, asked.user, asked.channel, asked.thread, asked.text, self.desk.now())
        return self.engine.admit(lambda: self.forms.receive(form, asked.delivery), self.work, form, wanted)

    def work(self, form: Form, wanted: Wanted) -> None:
        """Open a form and fill it in as far as is known; where none can be opened, the text goes on the road."""
        try:
            wanted.surface.open()
        except SlackError as error:
            log.info("No form could be opened (%s): %s goes on the road as typed", error.code, form.id)
            self._as_typed(wanted)
            return
        try:
            self._fill(form, wanted)
        except SlackError as error:
            log.info("Form %s could not be shown: %s", form.id, error.code)  # closed meanwhile, usually

    def _as_typed(self, wanted: Wanted) -> None:
        run = self.engine.new_run(wanted.asked)
        with self.desk.hands.holding(run.id):
            self.desk.runs.receive(run, "")
            wanted.taken(run)
            self.engine.work(run)

    def _fill(self, form: Form, wanted: Wanted) -> None:
        try:
            wanted.surface.show(self._sheet(form, wanted))
        except SlackError:
            raise
        except BotError as error:
            wanted.surface.say(Reply(error.sentence, sign="no"))
        except Exception:
            log.exception("Form %s failed by a mistake of the bot's", form.id)
            wanted.surface.say(Reply(f"Something went wrong in the bot itself. Reference {form.id}.", sign="fail"))

    def _sheet(self, form: Form, wanted: Wanted) -> Sheet:
        desk = self.desk
        run = replace(self.engine.new_run(wanted.asked), id=form.id)
        with self._audited(run):
            actor = desk.directory.actor(form.user, (form.team,))
        place = desk.directory.place(form.channel, form.thread)
        found = self._readable(form)
        run = replace(run, action=str(found.action), account=found.action.account, region=found.action.region)
        run = replace(run, user_name=actor.name)
        with self._audited(run):
            self._allowed(run, actor, place, found)
        asking = Asking(run, actor, place, found, wanted.offered)
        about, where = found.command.summary, f"{desk.law.marked(run.account)} {run.region}" if run.account else ""
        return Sheet(form.id, found.command.name, about, where, blanks(self.desk, asking))

    @contextmanager
    def _audited(self, run: Run) -> Iterator[None]:
        """Write a refusal down: a form that is refused becomes no run that would say it."""
        try:
            yield
        except Refused as error:
            why = f"{error.layer}: {error.sentence}"
            self.desk.audit.write(self.desk.now(), "refused", run, why=why, form=True)
            raise

    def _readable(self, form: Form) -> Begun:
        found = self._begun(form.text)
        if found is None:
            raise UsageError(f"Locked: {self.desk.law.locked}" if self.desk.law.locked else OVER)
        return found

    def _allowed(self, run: Run, actor: Actor, place: Place, found: Begun) -> None:
        """Refuse whoever could not run it anyway, before anything is read from AWS for them. Raises Refused."""
        desk, command = self.desk, found.command
        refuse_halted(desk, run, actor)
        if not run.account:
            if not desk.may(actor, place, command):
                raise Refused(desk.refusal(actor, place, command, ""), layer="allowlist")
            return
        desk.law.open(run.account, run.region)
        if command.effect is Effect.READS:
            self.engine.reading.decide(run, actor, place, command)
            return
        desk.first_look(actor, place, run, command)
        if not found.action.private and not postable(place):
            raise Refused(UNSEEN, layer="place")

    # ── submitting ──

    def submitted(
        self, id_: str, user: str, team: str, texts: Mapping[str, tuple[str, ...]]
    ) -> Mapping[str, str] | Received:
        """Take a filled-in form in, on the ack path; returns what is wrong, by parameter, or what became of it.

        A form counts once, for whoever asked for it. Raises Refused where it is gone.
        """
        form = self.forms.get(id_, self.desk.now())
        found = self._begun(form.text) if form else None
        if form is None or found is None:
            raise Refused(OVER, layer="form")
        asked = Asked("", user, team, form.channel, form.thread, delivery=f"form/{form.id}")
        if form.user != user or form.team != team:
            with self._audited(replace(self.engine.new_run(asked), id=form.id)):
                raise Refused(OVER, layer="form")
        action, wrong = written(found, texts)
        if not wrong:
            try:
                parse(str(action), self.desk.commands, self.desk.law.defaults)
            except UsageError as error:
                wrong = {next(iter(texts), ACCOUNT): error.sentence.partition("\n")[0]}
        if wrong:
            return wrong
        return self.engine.receive(replace(asked, text=str(action)))
