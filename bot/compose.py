"""The composition root: settings in, a running bot out. Nothing else knows how the pieces are put together."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from bot import services
from bot.aws.gateway import Gateway
from bot.config.botfile import BotFile
from bot.config.settings import Settings
from bot.config.times import rate_of, seconds_of
from bot.declare import discovered
from bot.errors import OperatorError, SlackError
from bot.parse import Commands
from bot.road.brake import Brake
from bot.road.clicks import Clicks
from bot.road.desk import Desk, Directory, Law
from bot.road.engine import Engine
from bot.road.halt_watch import HaltWatch
from bot.road.halt_words import halt_words
from bot.road.notices import to_operators
from bot.road.occurrences import Occurrences
from bot.road.own_words import bot_words
from bot.road.policy_words import policy_words
from bot.road.pool import Pool
from bot.road.reload import Reload, read_law
from bot.road.reports import report_words
from bot.road.waiting import Waiting
from bot.running import Bot
from bot.schedule import Schedule
from bot.slack.calls import SlackCalls, web_client
from bot.slack.group_news import GroupNews
from bot.slack.identity import People
from bot.slack.listeners import Listeners
from bot.slack.shared_files import SharedFiles
from bot.slack.socket import Socket
from bot.slack.strangers import Lookout
from bot.slack.telling import Teller
from bot.store.audit import Audit
from bot.store.database import Database, new_id
from bot.store.forms import Forms
from bot.store.groups import GroupBook
from bot.store.halts import Halts
from bot.store.limits import Limits
from bot.store.outbox import Outbox
from bot.store.processes import Processes
from bot.store.reports import Reports
from bot.store.runs import Runs

log = logging.getLogger(__name__)

SLACK_API = "https://slack.com/api/"
WORKERS, QUEUE = 16, 64
_PAUSES = (0.5, 1, 2, 4, 8, 15, 15, 15)


def all_commands() -> Commands:
    return Commands((*bot_words(), *halt_words(), *report_words(), *policy_words(), *discovered(services)))


def law(settings: Settings) -> Law:
    """Read bot.yml; a malformed one locks the bot rather than stopping it."""
    found = read_law(settings.config, all_commands(), time.time())
    for problem in found.problems:
        log.error("%s", problem)
    return found


def desk(settings: Settings, database: Database, directory: Directory, the_law: Law) -> Desk:
    """Put the road's pieces together over an open store."""
    return Desk(
        runs=Runs(database),
        reports=Reports(database),
        outbox=Outbox(database),
        audit=Audit(database),
        limits=Limits(database),
        brake=Brake(Halts(database), settings.stop_file),
        gateway=Gateway(the_law.file.accounts, settings.aws_endpoint_url, rate=rate_of(the_law.file.reads.per_api)),
        commands=all_commands(),
        law=the_law,
        directory=directory,
        owner=new_id(),
    )


def on_slack(settings: Settings) -> Bot:
    """Compose the bot for Slack. Raises OperatorError where Slack does not accept the token or the store is closed."""
    bot_token, app_token = settings.tokens()
    client = web_client(bot_token, settings.slack_api_url or SLACK_API)
    calls = SlackCalls(client)
    the_law = law(settings)
    database = Database(settings.database_url)
    people, team = people_of(calls, the_law, GroupBook(database))
    database.migrate()
    the_desk = desk(settings, database, people, the_law)
    announce = partial(to_operators, the_desk)
    people.groups.tell = GroupNews(the_desk.audit, announce, people.group_name)
    teller = Teller(the_desk, calls)
    the_desk.wake = teller.wake
    the_desk.hand_over = teller.below.hand_over
    the_desk.files = SharedFiles(calls, bot_token, settings.slack_api_url or SLACK_API)
    engine = Engine(the_desk, Pool(WORKERS, QUEUE, "worker"))
    processes = Processes(database)
    waiting = Waiting(the_desk, Pool(4, 60, "waiting"), processes)
    socket = Socket(Listeners(Clicks(engine), people, teller, team, Forms(database)).app(client), app_token)
    alive = partial(_alive, processes)
    lookout = Lookout(lambda: socket.state, socket.renew, alive, announce, the_desk.now)
    the_desk.pulse.slack = lambda: _connection(socket, alive())
    _remember_errors(the_desk)
    clock = BackgroundScheduler(timezone=UTC, job_defaults={"max_instances": 1})
    schedule = Schedule(Occurrences(engine), processes)
    halts, reload = HaltWatch(the_desk), Reload(the_desk, settings.config, partial(_watch, people, teller), _apart)
    parts = (processes, people, teller, socket, lookout, clock, schedule, halts, reload)
    return Bot(the_desk, database, engine, waiting, *parts)


def _apart(job: Callable[[], None]) -> None:
    threading.Thread(target=job, name="announce", daemon=True).start()


def _watch(people: People, teller: Teller, file: BotFile) -> None:
    """Know other groups from now on; those that were not known are empty until Slack has answered."""
    people.groups.follow(file.groups, seconds_of(file.membership_age))
    teller.soon(people.refresh_groups)


def identity(calls: SlackCalls, pauses: tuple[float, ...] = _PAUSES) -> dict[str, Any]:
    """Ask Slack whose token this is, for about a minute where it cannot be reached. Raises OperatorError."""
    for pause in pauses:
        try:
            return calls.identity()
        except SlackError as error:
            if error.code not in ("unreachable", "no_answer", "ratelimited") and not error.ambiguous:
                raise OperatorError(f"Slack does not accept SLACK_BOT_TOKEN: {error.sentence}") from error
            log.warning("%s Trying again in %s s.", error.sentence, pause)
            time.sleep(error.retry_after or pause)
    raise OperatorError("Slack could not be reached within a minute. Is there a way out to slack.com, port 443?")


def _alive(processes: Processes) -> dict[str, dict[str, Any]]:
    return processes.alive(time.time())


def _connection(socket: Socket, processes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Say how the line is; a warning of any process on this store is shown by each."""
    state = socket.state
    facts = {"Slack": "connected" if state.connected else "not connected", "Connections": state.num_connections}
    warnings = dict.fromkeys(each for about in processes.values() for each in about.get("warn", ()))
    return {**facts, "Connects": state.connects, **({"Warning": "; ".join(warnings)} if warnings else {})}


class _LastErrors(logging.Handler):
    """Keeps the last errors' first lines for `status`."""

    def __init__(self, the_desk: Desk) -> None:
        super().__init__(logging.ERROR)
        self._desk = the_desk

    def emit(self, record: logging.LogRecord) -> None:
        at = datetime.fromtimestamp(record.created, UTC)
        self._desk.pulse.errors.append(f"{at:%H:%M:%S} {record.getMessage().splitlines()[0][:200]}")


def _remember_errors(the_desk: Desk) -> None:
    logger = logging.getLogger("bot")
    for handler in [each for each in logger.handlers if isinstance(each, _LastErrors)]:
        logger.removeHandler(handler)
    logger.addHandler(_LastErrors(the_desk))


def people_of(calls: SlackCalls, the_law: Law, book: GroupBook) -> tuple[People, str]:
    """Return Slack's directory of the groups that bot.yml names, and our workspace's id."""
    who, file = identity(calls), the_law.file
    groups = file.groups
    team, enterprise = str(who["team_id"]), str(who.get("enterprise_id") or "")
    age = seconds_of(file.membership_age)
    return People(calls, team=team, enterprise=enterprise, now=time.time, groups=groups, age=age, book=book), team
