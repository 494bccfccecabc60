"""Run by Python at the start of every child of the demo: loopback only, or no start at all."""  # noqa: INP001  # not a package: Python imports it by this very name

import os
import sys

try:
    from bot.sandbox.loopback import only_loopback

    only_loopback()
except BaseException as error:  # noqa: BLE001  # Python would report it and go on unprotected
    sys.stderr.write(f"The demo's child cannot be kept to loopback addresses and does not start: {error}\n")
    os._exit(70)
