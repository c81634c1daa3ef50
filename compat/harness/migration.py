"""`msal migrate run` as the tests need it."""

from .command import msal
from .directory import WEB

#: How the confidential application's secret reaches the command.
SECRET_VARIABLE = "WEB_CLIENT_SECRET"


def arguments(emulator, source, target, *more):
    return [
        *["migrate", "run", source, "--to", target],
        *["--authority", emulator.url, "--ca-file", emulator.ca],
        *["--client-secret-env", f"{WEB.id}={SECRET_VARIABLE}"],
        *more,
    ]


def environment():
    return {SECRET_VARIABLE: WEB.secret}


def migrate(emulator, source, target, *more):
    """Migrates a cache and returns the outcome."""
    return msal(*arguments(emulator, source, target, *more), env=environment())
