"""Databases that applications write: files of SQLite, and those of servers, each in a folder of its own.

The servers listen on a socket in it, which programs in a sealed network reach as well.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

#: May do nothing but read.
READER, PASSWORD = "reader", "read:only"
#: How long a server may take to begin.
PATIENCE = 120


class Postgres:
    """Whoever gets at the socket may do everything as `postgres`; the reader needs a password."""

    account = "postgres"
    word = "ready to accept connections"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))

    def __init__(self):
        self.folder = folder_of(self.account)
        data = self.folder / "data"
        programs = self.installed[-1].parent
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D", data]
        subprocess.run(within(self.account, programs / "initdb", *options), check=True, stdout=subprocess.DEVNULL)
        (data / "pg_hba.conf").write_text("local all postgres trust\nlocal all all scram-sha-256\n")
        settings = ["-c", "listen_addresses=", "-c", "fsync=off"]
        command = within(self.account, programs / "postgres", "-D", data, "-k", self.folder, *settings)
        self._process = started(command, self)
        self.sql("postgres", f"create role {READER} login password '{PASSWORD}'")

    def create(self, name):
        self.sql("postgres", f"create database {name}")
        self.sql(name, f"alter default privileges grant select on tables to {READER}")

    def sql(self, database, statement):
        command = ["psql", "-h", self.folder, "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-qAtX", "-c"]
        return subprocess.run([*command, statement], check=True, stdout=subprocess.PIPE, text=True).stdout

    def url(self, name):
        return f"postgres://{READER}@/{name}?host={self.folder}"

    def django(self, name):
        return {"ENGINE": "django.db.backends.postgresql", "HOST": str(self.folder), "NAME": name, "USER": "postgres"}

    def sqlalchemy(self, name):
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def node(self, name):
        return {"kind": "postgres", "host": str(self.folder), "database": name, "user": "postgres"}

    def stop(self):
        # Without waiting for the programs that are connected.
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=PATIENCE)
        shutil.rmtree(self.folder)


class MariaDb:
    """Whoever gets at the socket may do everything as `root`; the reader needs a password."""

    account = "mysql"
    word = "ready for connections"
    installed = [path for path in [Path("/usr/sbin/mariadbd")] if path.exists()]

    def __init__(self):
        self.folder = folder_of(self.account)
        self.socket = self.folder / "socket"
        data = f"--datadir={self.folder / 'data'}"
        options = ["--auth-root-authentication-method=normal", "--skip-test-db", f"--user={self.account}", data]
        subprocess.run(["mariadb-install-db", "--no-defaults", *options], check=True, stdout=subprocess.DEVNULL)
        unsynced = ["--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite", "--skip-sync-frm"]
        options = ["--skip-networking", "--innodb-buffer-pool-size=32M", *unsynced, data, f"--socket={self.socket}"]
        self._process = started(within(self.account, self.installed[-1], "--no-defaults", *options), self)
        self.sql("", f"create user {READER}@localhost identified by '{PASSWORD}'")

    def create(self, name):
        self.sql("", f"create database {name} character set utf8mb4; grant select on {name}.* to {READER}@localhost")

    def sql(self, database, statement):
        command = ["mariadb", "--no-defaults", "-u", "root", "-N", "-B", "--socket", self.socket, database]
        return subprocess.run(command, input=statement, check=True, stdout=subprocess.PIPE, text=True).stdout

    def url(self, name):
        return f"mysql://{READER}@localhost/{name}?socket={self.socket}"

    def django(self, name):
        return {"ENGINE": "django.db.backends.mysql", "HOST": str(self.socket), "NAME": name, "USER": "root"}

    def sqlalchemy(self, name):
        return f"mysql+pymysql://root@localhost/{name}?unix_socket={self.socket}"

    def node(self, name):
        return {"kind": "mariadb", "socketPath": str(self.socket), "database": name, "user": "root"}

    def stop(self):
        # Nobody needs what it would still put in order.
        self._process.kill()
        self._process.wait(timeout=PATIENCE)
        shutil.rmtree(self.folder)


KINDS = {"postgres": Postgres, "mariadb": MariaDb}


class SqliteFile:
    """A file that a library writes."""

    def __init__(self, folder):
        self.source = str(folder / "app.cache.db")
        self.django = {"ENGINE": "django.db.backends.sqlite3", "NAME": self.source}
        self.sqlalchemy = f"sqlite:///{self.source}"
        self.node = {"kind": "sqlite", "file": self.source}

    def state(self):
        """What must be as it was when the file was only read."""
        beside = sorted(path.name for path in Path(self.source).parent.glob("app.cache.db*"))
        return beside, Path(self.source).read_bytes()


class ServerDatabase:
    """A new database on a server. Where it is, is what the reader is told."""

    def __init__(self, server, name):
        server.create(name)
        self.source = server.url(name)
        self.django, self.sqlalchemy, self.node = server.django(name), server.sqlalchemy(name), server.node(name)

    def state(self):
        """Nobody who may only read could change it."""


def folder_of(account):
    folder = Path(tempfile.mkdtemp(prefix="msal-"))
    if os.geteuid() == 0:
        shutil.chown(folder, account, account)
    return folder


def within(account, *command):
    """No server of databases runs as root."""
    command = [str(part) for part in command]
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid", account, "--regid", account, "--clear-groups", *command]


def started(command, server):
    """The process, once it says that it is ready."""
    log = server.folder / "log"
    with open(log, "w") as errors:
        process = subprocess.Popen(command, stderr=errors)
    deadline = time.monotonic() + PATIENCE
    while server.word not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(log.read_text())
        time.sleep(0.05)
    return process
