"""What libraries for web applications stored in databases by their own code, MSAL Python goes on with."""

import json
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from harness.command import MSAL, remember
from harness.databases import KINDS, PASSWORD
from harness.directory import CALLBACKS, CONTOSO, FRAMEWORKS, GRAPH, MANAGEMENT, TENANT_IDS
from harness.python_app import claims

USERS = [f"user1@{CONTOSO}", f"user2@{CONTOSO}"]
HOST = "https://login.microsoftonline.com"
SECRET, READER = "CLIENT_SECRET", "DATABASE_PASSWORD"


class SqliteFile:
    """A file that a library writes, and that the migration must leave as it is."""

    def __init__(self, folder):
        self.source = str(folder / "app.cache.db")

    django = property(lambda self: {"ENGINE": "django.db.backends.sqlite3", "NAME": self.source})
    sqlalchemy = property(lambda self: f"sqlite:///{self.source}")
    login = []

    def state(self):
        beside = sorted(path.name for path in Path(self.source).parent.glob("app.cache.db*"))
        return beside, Path(self.source).read_bytes()

    def column(self, table, column):
        with sqlite3.connect(self.source) as connection:
            return [value for (value,) in connection.execute(f"select {column} from {table}")]


class ServerDatabase:
    """A database on a server, which the migration reads as somebody who may do nothing else."""

    def __init__(self, server, name):
        server.create(name)
        self._server, self._name = server, name
        self.source = server.url(name)
        self.login = ["--database-password-env", READER]

    @property
    def django(self):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": str(self._server.folder),
            "NAME": self._name,
            "USER": "postgres",
        }

    @property
    def pg(self):
        return {"host": str(self._server.folder), "database": self._name, "user": "postgres"}

    @property
    def sqlalchemy(self):
        return f"mysql+pymysql://root@localhost/{self._name}?unix_socket={self._server.socket}"

    def state(self):
        """Nobody who may only read could change it."""

    def column(self, table, column):
        return self._server.sql(self._name, f"select {column} from {table}").splitlines()


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


@pytest.fixture
def database(request, database_servers, tmp_path):
    kind = request.param
    if kind == "sqlite":
        return SqliteFile(tmp_path)
    name = "".join(letter for letter in request.node.originalname if letter.isalpha())
    return ServerDatabase(database_servers(kind), name[-40:])


def on(*kinds):
    return pytest.mark.parametrize("database", kinds, indirect=True)


def store(server, program, url):
    """The users sign in at an application, which keeps their tokens."""
    server.ask(
        program,
        "store",
        {"APP_DATABASE": json.dumps(url)},
        application={"id": FRAMEWORKS.id, "secret": FRAMEWORKS.secret},
        users=USERS,
        callback=CALLBACKS,
    )


def msal(server, *arguments):
    arguments = ["migrate", *map(str, arguments)]
    environment = {**os.environ, SECRET: FRAMEWORKS.secret, READER: PASSWORD}
    done = subprocess.run(
        server.command([MSAL, *arguments]), env=environment, capture_output=True, text=True, timeout=120
    )
    remember(arguments, done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check(server, database, target, preset, *more):
    """Migrates with the preset, named and found out, and has MSAL Python get tokens for all without anybody's help."""
    before = database.state()
    for source in [["--from", preset], []]:
        plan = json.loads(msal(server, "plan", database.source, *database.login, *source, *more, "--format", "json"))
        assert (plan["tokens"], plan["skipped"]) == (len(USERS), [])

    secret = ["--client-secret-env", f"{FRAMEWORKS.id}={SECRET}"]
    arguments = ["--from", preset, "--to", target, "--ca-file", server.ca, *secret, *more]
    msal(server, "run", database.source, *database.login, *arguments)

    assert database.state() == before
    accounts = json.loads(target.read_text())["Account"].values()
    for resource in [GRAPH, MANAGEMENT]:
        server.grants()
        found = server.ask(
            "odd_store_flows",
            "silent",
            library=None,
            cache=str(target),
            client_id=FRAMEWORKS.id,
            secret=FRAMEWORKS.secret,
            authority=f"{HOST}/{TENANT_IDS[CONTOSO]}",
            scope=f"{resource}/.default",
            ids=[account["home_account_id"] for account in accounts],
        )
        tokens = [claims(each["access_token"]) for each in found]
        assert sorted(each["user"] for each in found) == USERS
        assert sorted(token["upn"] for token in tokens) == USERS
        assert {token["appid"] for token in tokens} == {FRAMEWORKS.id}
    # Of the second resource nothing was in the cache: the migrated refresh tokens were redeemed for it.
    assert server.grants() == ["refresh_token"] * len(USERS)


@on("sqlite", "postgres")
def test_the_users_of_python_social_auth_with_django_go_on_silently(server, database, tmp_path):
    store(server, "social_django_flows", database.django)
    assert len(database.column("social_auth_usersocialauth", "extra_data")) == len(USERS)

    check(server, database, tmp_path / "msal.cache.json", "python-social-auth")


@on("sqlite", "mariadb")
def test_the_users_of_flask_dance_go_on_silently(server, database, tmp_path):
    store(server, "flask_dance_flows", database.sqlalchemy)
    assert len(database.column("flask_dance_oauth", "token")) == len(USERS)

    check(server, database, tmp_path / "msal.cache.json", "flask-dance", "--client-id", FRAMEWORKS.id)


@on("sqlite", "postgres")
def test_the_users_of_django_allauth_go_on_silently(server, database, tmp_path):
    store(server, "allauth_flows", database.django)
    assert len(database.column("socialaccount_socialtoken", "token_secret")) == len(USERS)

    check(server, database, tmp_path / "msal.cache.json", "django-allauth")


@on("postgres")
def test_the_users_of_better_auth_go_on_silently(server, database, tmp_path):
    store(server, "better_auth_flows.cjs", database.pg)
    assert len(database.column("account", '"refreshToken"')) == len(USERS)

    check(server, database, tmp_path / "msal.cache.json", "better-auth")


@on("postgres")
def test_the_users_of_auth_js_go_on_silently(server, database, tmp_path):
    store(server, "auth_js_flows.cjs", database.pg)
    assert len(database.column("accounts", "refresh_token")) == len(USERS)

    check(server, database, tmp_path / "msal.cache.json", "nextauth")


@on("sqlite", "mariadb")
def test_the_users_of_authlib_go_on_silently(server, database, tmp_path):
    store(server, "authlib_flask_flows", database.sqlalchemy)
    assert len(database.column("oauth2_token", "refresh_token")) == len(USERS)

    authority = f"{HOST}/{TENANT_IDS[CONTOSO]}"
    more = ["--client-id", FRAMEWORKS.id, "--authority", authority]
    check(server, database, tmp_path / "msal.cache.json", "authlib", *more)
