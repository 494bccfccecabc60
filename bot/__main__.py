"""The command line: `python -m bot run | shell | check | init | health | halt | resume | demo`.

What each does lives elsewhere.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from bot import logs
from bot.errors import BotError


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.loopback_only:
        from bot.sandbox.loopback import only_loopback  # noqa: PLC0415 - the sandbox is an extra

        only_loopback()
    if options.dies_with_parent:
        from bot.sandbox.parent import die_with_parent  # noqa: PLC0415 - as above

        die_with_parent()
    logs.begin(os.environ.get("BOT_LOG", options.log), os.environ.get("BOT_LOG_FORMAT", options.log_format))
    try:
        return int(options.do(options))
    except BotError as error:
        print(error.sentence, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m bot", description="Run AWS from Slack.")
    parser.add_argument("--loopback-only", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--dies-with-parent", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(log="warning", log_format="human")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, help="the allowlist (default: BOT_CONFIG or bot.yml)")
    common.add_argument("--env-file", type=Path, help="a .env file; none is read unless named")
    common.add_argument("--database-url", help="the store (default: BOT_DATABASE_URL or sqlite:///bot.db)")
    common.add_argument("--slack-api-url", help="another server that speaks Slack's API")
    common.add_argument("--aws-endpoint-url", help="another server that speaks AWS's API")
    run = verbs.add_parser("run", parents=[common], help="run the bot on Slack")
    run.set_defaults(do=_run, log="info", log_format="auto")
    shell = verbs.add_parser("shell", parents=[common], help="the same bot in a terminal")
    shell.add_argument("-c", dest="command", help="one command, then exit")
    shell.add_argument("--yes", action="store_true", help="confirm changes")
    shell.add_argument("--dry-run", action="store_true", help="decide, and send nothing")
    shell.add_argument("--as", dest="user", help="a Slack user id; against the sandbox or in a dry run only")
    shell.add_argument("--channel", default="", help="the channel it is asked in, with --as")
    shell.set_defaults(do=_shell)
    health = verbs.add_parser("health", parents=[common], help="exit 0 if the bot on this store is well")
    health.add_argument("--live", action="store_true", help="liveness alone: does it work at all?")
    health.set_defaults(do=_health)
    demo = verbs.add_parser("demo", help="a local Slack, a local AWS and the real bot between them")
    demo.add_argument("--port", type=int, default=8765, help="the page's port")
    demo.add_argument("--dir", type=Path, help="a folder of the demo's own for its files (default: .demo/PORT)")
    demo.set_defaults(do=_demo)
    _add_check(verbs, common)
    _add_halt(verbs, common)
    return parser


def _add_check(verbs: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    check = verbs.add_parser("check", parents=[common], help="validate bot.yml; with a command, decide it")
    check.add_argument("command", nargs="?", help='what would be typed: "ec2 stop i-1"')
    check.add_argument("--user", help="whose request: U…")
    check.add_argument("--group", action="append", default=[], help="a user group of theirs: S…")
    check.add_argument("--channel", default="", help="where it is asked: C…")
    check.add_argument(
        "--replay", type=Path, metavar="FILE", help="what this bot.yml would have said to what was asked"
    )
    check.add_argument("--days", type=float, default=30.0, help="how far back, with --replay (default: 30)")
    check.set_defaults(do=_check)
    init = verbs.add_parser("init", parents=[common], help="ask Slack and AWS for the ids and write a first bot.yml")
    init.set_defaults(do=_init)


def _guard() -> None:
    """Have every AWS session of this process refuse every call but those that the gateway lets through."""
    from bot.aws.guard import hold_every_session  # noqa: PLC0415 - each verb imports what it needs

    hold_every_session()


def _add_halt(verbs: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    what = argparse.ArgumentParser(add_help=False)
    scope = what.add_mutually_exclusive_group()
    scope.add_argument("--user", help="one person alone: U…")
    scope.add_argument("--account", help="one account alone: its name in bot.yml, or its 12 digits")
    halt = verbs.add_parser("halt", parents=[common, what], help="stop every bot on this store, at once")
    halt.add_argument("reason", nargs="*", help="why; it is told to everybody who is stopped")
    halt.set_defaults(do=_halt)
    resume = verbs.add_parser("resume", parents=[common, what], help="let go on what was halted")
    resume.set_defaults(do=_resume)


def _run(options: argparse.Namespace) -> int:
    _guard()
    from bot.compose import on_slack  # noqa: PLC0415 - as above
    from bot.terminal.check import missing  # noqa: PLC0415 - as above
    from bot.terminal.options import settings_from  # noqa: PLC0415 - as above

    settings = settings_from(options)
    logs.begin(settings.log, settings.log_format)
    if not settings.config.exists():
        logging.getLogger("bot").warning("%s", missing(settings.config))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C does: wherever the main thread waits
    bot = on_slack(settings)
    signal.signal(signal.SIGHUP, lambda *_: _aside(bot.reload.look, settled=True))
    with contextlib.suppress(KeyboardInterrupt):
        bot.start()
        print("Connected. Type /aws in Slack.", flush=True)
        threading.Event().wait()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if not bot.stop():
        logging.getLogger("bot").warning("Some AWS calls had not answered; their runs are looked up at the next start.")
        logging.shutdown()
        os._exit(0)
    return 0


def _aside(job: Callable[..., object], **options: bool) -> None:
    """Do something away from the signal that asked for it, which may have interrupted anything."""
    threading.Thread(target=job, kwargs=options, daemon=True).start()


def _shell(options: argparse.Namespace) -> int:
    _guard()
    from bot.compose_terminal import shell  # noqa: PLC0415 - as above

    return shell(options)


def _health(options: argparse.Namespace) -> int:
    from bot.terminal.health import health  # noqa: PLC0415 - as above
    from bot.terminal.options import settings_from  # noqa: PLC0415 - as above

    return health(settings_from(options).database_url, live=options.live)


def _halt(options: argparse.Namespace) -> int:
    from bot.compose_terminal import halting  # noqa: PLC0415 - as above

    return halting(options)


def _resume(options: argparse.Namespace) -> int:
    from bot.compose_terminal import resuming  # noqa: PLC0415 - as above

    return resuming(options)


def _check(options: argparse.Namespace) -> int:
    _guard()
    from bot.compose_terminal import checking  # noqa: PLC0415 - as above

    return checking(options)


def _init(options: argparse.Namespace) -> int:
    _guard()
    from bot.compose_terminal import initial  # noqa: PLC0415 - as above

    return initial(options)


def _demo(options: argparse.Namespace) -> int:
    try:
        from bot.sandbox.demo import demo  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise BotError(
            f"The demo is not part of this installation ({error.name} is missing): run it from a checkout, `make demo`."
        ) from error

    return demo(options.port, options.dir or Path(".demo") / str(options.port))


if __name__ == "__main__":
    sys.exit(main())
