"""The terminal's composition root: what `shell`, `check` and `init` are put together from."""

from __future__ import annotations

import argparse
import os
import pwd
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from tempfile import TemporaryDirectory

from bot.actor import Actor, Place
from bot.aws.identity import identity
from bot.compose import SLACK_API, all_commands, desk, law
from bot.config.botfile import BotFile
from bot.config.settings import Settings, is_loopback
from bot.errors import OperatorError, SlackError, UsageError
from bot.road.desk import Desk, Directory, Files
from bot.road.engine import Asked, Engine
from bot.road.pool import Pool
from bot.road.waiting import Waiting
from bot.slack.calls import SlackCalls, web_client
from bot.slack.identity import People
from bot.slack.shared_files import SharedFiles
from bot.store.database import Database, StoreError, must_be_there
from bot.store.processes import Processes
from bot.terminal.check import Question, assumed, check
from bot.terminal.files import LocalFiles
from bot.terminal.halting import halt_here, resume_here, words_of
from bot.terminal.heartbeat import beating
from bot.terminal.init import Named, Workspace, init
from bot.terminal.options import settings_from
from bot.terminal.replay import replaying
from bot.terminal.shell import PROMPT, Shell, Terminal


def shell(options: argparse.Namespace) -> int:
    """Run the shell; returns its exit code. Raises UsageError where --as is not allowed."""
    settings = settings_from(options)
    with TemporaryDirectory() as scratch:
        url = f"sqlite:///{scratch}/dry.db" if options.dry_run else settings.database_url
        with closing(Database(url)) as database:
            return _on(database, options, settings)


def _on(database: Database, options: argparse.Namespace, settings: Settings) -> int:
    the_law = law(settings)
    directory, asked = _whoever(options, settings, the_law.file)
    database.migrate()
    the_desk = desk(settings, database, directory, the_law)
    the_desk.files = _files(settings) if options.user else LocalFiles()
    processes = Processes(database)
    engine = Engine(the_desk, Pool(1, 0, "shell"), dry=options.dry_run)
    one = Shell(engine, Waiting(the_desk, engine.pool, processes), asked, yes=options.yes)
    try:
        with beating(processes, the_desk.owner):
            return one.one(options.command) if options.command is not None else one.loop(_lines())
    finally:
        engine.pool.close(1)
        the_desk.gateway.close()


def _whoever(options: argparse.Namespace, settings: Settings, file: BotFile) -> tuple[Directory, Asked]:
    """Return who asks in a terminal, and how they are looked up."""
    if not options.user:
        if options.channel:
            raise UsageError("--channel goes with --as: a terminal is in no channel.")
        user = who_runs_this()
        return Terminal(user), Asked("", user, "", kind="terminal")
    sandbox = bool(settings.aws_endpoint_url and is_loopback(settings.aws_endpoint_url))
    if not (options.dry_run or sandbox):
        raise UsageError("--as is for a dry run (--dry-run) or the sandbox: nobody acts as somebody else in AWS.")
    people, team = _people(_calls(settings), file)
    return people, Asked("", options.user, team, channel=options.channel, kind="slack")


def _files(settings: Settings) -> Files:
    """Return the files of somebody at Slack, for whoever acts as them."""
    token = settings.bot_token.get_secret_value() if settings.bot_token else ""
    return SharedFiles(_calls(settings), token, settings.slack_api_url or SLACK_API)


def who_runs_this() -> str:
    """Return the operating system's name of the user whose process this is: not what the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"


def _lines() -> Iterator[str]:
    """Read from a person with a prompt, and from a pipe without."""
    prompt = PROMPT if sys.stdin.isatty() else ""
    while True:
        try:
            yield input(prompt)
        except EOFError:
            return


def halting(options: argparse.Namespace) -> int:
    """Halt every bot on the store, as whoever runs this. Raises BotError."""
    what = words_of(options.user, options.account, options.reason)
    with closing(_store(options)) as database:
        return halt_here(_desk(options, database), Processes(database), who_runs_this(), what)


def resuming(options: argparse.Namespace) -> int:
    """Resume what was halted, as whoever runs this. Raises BotError."""
    what = words_of(options.user, options.account, [])
    with closing(_store(options)) as database:
        return resume_here(_desk(options, database), who_runs_this(), what)


def _store(options: argparse.Namespace) -> Database:
    """Open a store that is there. Raises OperatorError."""
    url = settings_from(options).database_url
    must_be_there(url)
    return Database(url)


def _desk(options: argparse.Namespace, database: Database) -> Desk:
    """Put a desk together for what needs neither Slack nor AWS, nor a bot.yml that is right."""
    settings = settings_from(options)
    with suppress(StoreError):  # it is said where it is written
        database.migrate()
    return desk(settings, database, Terminal(who_runs_this()), law(settings))


def checking(options: argparse.Namespace) -> int:
    """Validate bot.yml, or decide a command. Raises ConfigError and UsageError."""
    settings = settings_from(options)
    if options.replay:
        return replaying(options.replay, options.days, settings.database_url, all_commands())
    if options.command is None and (options.user or options.group or options.channel):
        raise UsageError('Say which command to decide: python -m bot check --user U… --channel C… "ec2 stop i-1"')
    if options.command is not None and not options.user:
        raise UsageError("Say whose request to decide: --user U…")
    asked = options.command and Question(options.command, options.user, tuple(options.group), options.channel)
    return check(settings.config, all_commands(), asked, lambda file, question: _vouched(settings, file, question))


def _vouched(settings: Settings, file: BotFile, question: Question) -> tuple[Actor, Place, str]:
    """Ask Slack who somebody is where there is a token and no group was named; else take them at their word."""
    if question.groups or not settings.bot_token:
        return assumed(question)
    try:
        people, team = _people(_calls(settings), file)
        actor = people.actor(question.user, (team,))
        place = people.place(question.channel) if question.channel else Place()
    except SlackError as error:
        actor, place, told = assumed(question)
        return actor, place, f"{error.sentence}\n{told}"
    groups = ", ".join(sorted(actor.groups)) or "none that bot.yml names"
    return actor, place, f"Slack was asked: {actor.name}, user groups: {groups}."


def _calls(settings: Settings) -> SlackCalls:
    if not settings.bot_token:
        raise OperatorError("SLACK_BOT_TOKEN is not set, so Slack cannot be asked.")
    return SlackCalls(web_client(settings.bot_token.get_secret_value(), settings.slack_api_url or SLACK_API))


def _people(calls: SlackCalls, file: BotFile) -> tuple[People, str]:
    """Return Slack's directory, its groups read, and our workspace's id. Raises SlackError at the first failure."""
    who = calls.identity()
    team, enterprise = str(who["team_id"]), str(who.get("enterprise_id") or "")
    people = People(calls, team=team, enterprise=enterprise, now=time.time, groups=file.groups)
    people.refresh_groups()
    return people, team


def initial(options: argparse.Namespace) -> int:
    """Write a first bot.yml. Raises OperatorError where there is one."""
    settings = settings_from(options)
    return init(
        settings.config,
        slack=lambda: _workspace(_calls(settings)),
        aws=lambda: identity(settings.aws_endpoint_url),
        user=who_runs_this(),
    )


def _workspace(calls: SlackCalls) -> Workspace:
    """Ask Slack for the ids that an allowlist is made of. Raises SlackError where it does not even say who we are."""
    who = calls.identity()
    missing: list[str] = []
    groups: tuple[Named, ...] = ()
    channels: tuple[Named, ...] = ()
    try:
        living = (each for each in calls.groups() if not each.get("date_delete"))
        groups = tuple(Named(each["id"], f"@{each.get('handle', '')}") for each in living)
    except SlackError as error:
        missing.append(f"the user groups: {error.sentence}")
    try:
        channels = tuple(Named(each["id"], f"#{each.get('name', '')}") for each in calls.own_channels())
    except SlackError as error:
        missing.append(f"the bot's channels: {error.sentence}")
    return Workspace(Named(str(who["team_id"]), str(who.get("team", ""))), groups, channels, tuple(missing))
