"""What libraries for web applications stored in databases by their own code, MSAL Python goes on with."""

import json
import os
import subprocess
from dataclasses import dataclass

import pytest

from harness.command import MSAL, remember
from harness.databases import KINDS, PASSWORD, ServerDatabase, SqliteFile
from harness.directory import CALLBACKS, FRAMEWORKS, GRAPH, MANAGEMENT
from harness.odd_people import NORTHWIND, PERSON, TENANTS, VISITORS
from harness.silent import HOST, check_silent

SECRET, READER = "CLIENT_SECRET", "DATABASE_PASSWORD"


@dataclass(frozen=True)
class Library:
    """A library in an application, and the preset for its store."""

    program: str
    #: How its kind of application names a database.
    spelling: str
    preset: str
    #: What the store does not say.
    more: tuple = ()
    tenants: tuple = tuple(VISITORS)


CLIENT = ("--client-id", FRAMEWORKS.id)
LIBRARIES = {
    "social-auth": Library("social_django_flows", "django", "python-social-auth"),
    "allauth": Library("allauth_flows", "django", "django-allauth"),
    "flask-dance": Library("flask_dance_flows", "sqlalchemy", "flask-dance", CLIENT),
    # Its table says of no token where it is from.
    "authlib": Library(
        "authlib_flask_flows",
        "sqlalchemy",
        "authlib",
        (*CLIENT, "--authority", f"{HOST}/{TENANTS[NORTHWIND]}"),
        (NORTHWIND,),
    ),
    "auth.js": Library("auth_js_flows.cjs", "node", "nextauth"),
    "better-auth": Library("better_auth_flows.cjs", "node", "better-auth"),
}


@pytest.fixture(scope="module")
def server(servers):
    return servers("ours", "defaults")


@pytest.fixture(scope="module")
def database_servers():
    running = {}

    def server(kind):
        if not KINDS[kind].installed:
            leave_out = pytest.fail if "MSAL_TEST_ALL" in os.environ else pytest.skip
            leave_out(f"{kind} is not installed; on Debian: apt-get install postgresql mariadb-server")
        if kind not in running:
            running[kind] = KINDS[kind]()
        return running[kind]

    yield server
    for each in running.values():
        each.stop()


@pytest.fixture(params=["sqlite", *KINDS])
def database(request, database_servers, tmp_path):
    if request.param == "sqlite":
        return SqliteFile(tmp_path)
    library = request.getfixturevalue("library")
    return ServerDatabase(database_servers(request.param), "".join(filter(str.isalpha, library)))


@pytest.mark.parametrize("library", LIBRARIES)
def test_everybody_whose_tokens_a_library_stored_goes_on_silently(server, database, library, tmp_path):
    library = LIBRARIES[library]
    store(server, library, database)

    migrated = migrate(server, library, database, tmp_path / "msal.cache.json")

    for resource in [GRAPH, MANAGEMENT]:
        server.grants()
        for tenant in library.tenants:
            check_silent(server, migrated, FRAMEWORKS, tenant, VISITORS[tenant], f"{resource}/.default")
    # Of the second resource nothing was in the cache: the migrated refresh tokens were redeemed for it.
    assert server.grants() == ["refresh_token"] * tokens(library)


def tokens(library):
    return sum(len(VISITORS[tenant]) for tenant in library.tenants)


def store(server, library, database):
    """The users sign in at an application, which keeps their tokens."""
    where = getattr(database, library.spelling)
    server.ask(
        library.program,
        "store",
        # Django has one database in its life, so that each has a process of its own.
        {"APP_DATABASE": json.dumps(where)} if library.spelling == "django" else None,
        database=where,
        application={"id": FRAMEWORKS.id, "secret": FRAMEWORKS.secret},
        users={TENANTS[tenant]: VISITORS[tenant] for tenant in library.tenants},
        callback=CALLBACKS,
    )


def migrate(server, library, database, target):
    """Migrates with the preset, named and found out. The database stays as it is."""
    before = database.state()
    login = ["--database-password-env", READER] if isinstance(database, ServerDatabase) else []
    of = [database.source, *login, *library.more]
    for source in [["--from", library.preset], []]:
        plan = json.loads(msal(server, "plan", *of, *source, "--format", "json"))
        assert (plan["tokens"], plan["skipped"]) == (tokens(library), [])

    secret = ["--client-secret-env", f"{FRAMEWORKS.id}={SECRET}"]
    msal(server, "run", *of, "--from", library.preset, "--to", target, "--ca-file", server.ca, *secret)

    assert database.state() == before
    people = {PERSON[name].home_account_id for tenant in library.tenants for name in VISITORS[tenant]}
    assert {account["home_account_id"] for account in json.loads(target.read_text())["Account"].values()} == people
    return target


def msal(server, *arguments):
    arguments = ["migrate", *map(str, arguments)]
    environment = {**os.environ, SECRET: FRAMEWORKS.secret, READER: PASSWORD}
    done = subprocess.run(
        server.command([MSAL, *arguments]), env=environment, capture_output=True, text=True, timeout=120
    )
    remember(arguments, done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
