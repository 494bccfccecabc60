"""A store that is up to date is opened without Alembic, and the name of the newest migration is the true one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.store import database
from bot.store.database import HEAD, Database


def test_the_newest_migration_is_the_one_that_is_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(database._MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_alembic_is_loaded_for_a_new_store_alone(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path}/bot.db")
    made.migrate()
    made.close()
    script = (
        "import sys; from bot.store.database import Database\n"
        f"one = Database('sqlite:///{tmp_path}/' + sys.argv[1]); one.migrate(); one.close()\n"
        "print('alembic' in sys.modules)"
    )
    for name, loaded in (("bot.db", "False"), ("new.db", "True")):
        run = subprocess.run([sys.executable, "-c", script, name], capture_output=True, text=True, check=True)
        assert run.stdout.strip() == loaded
