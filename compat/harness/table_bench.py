"""The figures of planning a large table: `msal migrate plan` beside its SELECT alone, read by the same driver, in turns."""

import json
import os
import sqlite3
import statistics
import sys

from harness.command import MSAL
from harness.databases import PASSWORD, READER, Postgres
from harness.directory import CONTOSO, DESKTOP, TENANT_IDS
from harness.measure import run

SELECT_ROWS = os.environ["SELECT_ROWS_BIN"]
TABLE = "social_auth_usersocialauth"
SELECT = f"select id, provider, uid, extra_data from {TABLE}"
#: As social-auth-app-django 5 makes it, without its foreign key.
SCHEMA = f"create table {TABLE} (id {{key}}, provider varchar(32), uid varchar(255), extra_data text)"
#: What each row has beside its token: a thousand characters of it differ from row to row, as Entra's do.
EXTRA = {
    "auth_time": 1_764_000_000,
    "access_token": "a" * 1200,
    "refresh_token": "TOKEN",
    "oid": "OID",
    "tid": TENANT_IDS[CONTOSO],
    "token_type": "Bearer",
    "expires_on": "1764003600",
}


def measure_tables(folder, rows, rounds):
    print(f"filling two tables with {rows} rows", file=sys.stderr)
    file = folder / "table.sqlite3"
    fill_sqlite(file, rows)
    server = Postgres()
    try:
        fill_postgres(server, rows)
        settings = f"host={server.folder} dbname=rows user={READER} password={PASSWORD}"
        programs = {
            "plan of SQLite": [MSAL, "migrate", "plan", file],
            "SELECT alone, SQLite": [SELECT_ROWS, "sqlite", file, SELECT],
            "plan of PostgreSQL": [MSAL, "migrate", "plan", server.url("rows")],
            "SELECT alone, PostgreSQL": [SELECT_ROWS, "postgres", settings, SELECT],
        }
        costs = [{name: read(command, rows) for name, command in programs.items()} for _ in range(rounds)]
    finally:
        server.stop()
        file.unlink()
    return {name: summary([each[name] for each in costs], rows) for name in programs}


def read(command, rows):
    plans = command[0] == MSAL
    if plans:
        command = [*command, "--client-id", DESKTOP.id, "--format", "json"]
    cost = run(command, env={"PGPASSWORD": PASSWORD})
    count = json.loads(cost.out)["tokens"] if plans and cost.code == 0 else cost.out.strip()
    if cost.code != 0 or int(count) != rows:
        sys.exit(f"error: {command[:2]} read {cost.out[:300] or 'nothing'}")
    return cost


def summary(costs, rows):
    return {
        "rows": rows,
        "rate": rows / statistics.median(cost.seconds for cost in costs),
        "cpu_us_per_row": statistics.median(cost.user_seconds + cost.system_seconds for cost in costs) / rows * 1e6,
        "peak_mib": max(cost.peak_mib for cost in costs),
    }


def fill_sqlite(file, rows):
    database = sqlite3.connect(file)
    database.executescript("pragma journal_mode = off; pragma synchronous = off")
    database.execute(SCHEMA.format(key="integer primary key"))
    before, between, after = parts()
    oid = "printf('%08x-0000-4000-8000-000000000000', n)"
    extra = f"'{before}' || '1.A' || hex(randomblob(500)) || '{between}' || {oid} || '{after}'"
    numbers = f"with recursive row(n) as (select 1 union all select n + 1 from row where n < {rows})"
    some = f"select n, 'azuread-tenant-oauth2', 'user' || n || '@{CONTOSO}', {extra} from row"
    database.execute(f"{numbers} insert into {TABLE} {some}")
    database.commit()
    database.close()


def fill_postgres(server, rows):
    server.create("rows")
    server.sql("rows", SCHEMA.format(key="bigint primary key"))
    before, between, after = parts()
    oid = "lpad(to_hex(n), 8, '0') || '-0000-4000-8000-000000000000'"
    token = "(select string_agg(md5(n::text || part), '') from generate_series(1, 31) part)"
    extra = f"'{before}' || '1.A' || {token} || '{between}' || {oid} || '{after}'"
    some = f"select n, 'azuread-tenant-oauth2', 'user' || n || '@{CONTOSO}', {extra} from generate_series(1, {rows}) n"
    server.sql("rows", f"insert into {TABLE} {some}")
    server.sql("rows", f"vacuum analyze {TABLE}")


def parts():
    """The text of a row around its token and its user."""
    before, rest = json.dumps(EXTRA).split("TOKEN")
    return [before, *rest.split("OID")]
