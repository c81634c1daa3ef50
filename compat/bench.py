"""The measurements of `cargo xtask bench`: a table to read and a file for machines.

Every figure is taken beside what it is compared with, in turns, on the same machine, against the same
emulator, each in its own process. Quote ratios: the absolute figures are this machine's.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPSConnection
from pathlib import Path
from ssl import create_default_context
from urllib.parse import urlencode

from harness.command import MSAL
from harness.directory import CONTOSO, DESKTOP, GRAPH, PASSWORD, TENANT_IDS, config
from harness.emulator import Emulator
from harness.measure import Replacements, run
from harness.service_bench import measure_assertions, measure_hits
from harness.table_bench import measure_tables

BARE_CLIENT = os.environ["BARE_CLIENT_BIN"]
REDEEM_LOOP = os.environ["REDEEM_LOOP_BIN"]
SCOPE = f"{GRAPH}/.default"
LATENCY_MS = 100
#: How many requests `msal migrate run` has in flight unless it is told otherwise.
DEFAULT_WIDTH = 256
#: Where HTTP/1.1 costs a client least.
NARROW = 64


def main():
    options = parse()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    for name in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]:
        os.environ.pop(name, None)

    hits, assertions = measure_hits(options.rounds), measure_assertions(options.folder, options.rounds)
    tables = measure_tables(options.folder, options.rows, options.rounds)
    with Emulator(options.folder / "fast", config(signatures="cheap"), audited=False) as emulator:
        tokens = issue(emulator, options.tokens)
        growth = measure_growth(emulator, tokens, options)
        cost = {width: measure_cost(emulator, tokens, options, width) for width in [DEFAULT_WIDTH, NARROW]}
    with Emulator(options.folder / "slow", config(signatures="cheap", latency_ms=LATENCY_MS), audited=False) as emulator:
        latency = measure_latency(emulator, tokens, options)

    results = {
        "tokens": options.tokens,
        "hits": hits,
        "assertions": assertions,
        "tables": tables,
        "growth": growth,
        "cost": cost,
        "latency": latency,
    }
    results["goals"] = goals(results)
    report(results)
    path = options.folder / "results.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\nfor programs: {path}")
    missed = [goal["what"] for goal in results["goals"] if not goal["met"]]
    sys.exit(f"error: missed: {'; '.join(missed)}" if missed else 0)


def parse():
    parser = argparse.ArgumentParser(prog="cargo xtask bench", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--tokens", type=int, default=10_000, help="how many refresh tokens (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (%(default)s)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of a table that is planned (%(default)s)")
    parser.add_argument("--loop", type=int, default=100, help="tokens for the sequential loop (%(default)s)")
    return parser.parse_args()


# What is measured


def measure_growth(emulator, tokens, options):
    """A quarter, half and all of the tokens: what one costs must not depend on how many there are."""
    rows = []
    for share in [4, 2, 1]:
        some = tokens[: len(tokens) // share]
        runs = [ours(emulator, some, options.folder) for _ in range(options.rounds)]
        writes, peak = max(writes for _, writes in runs), max(cost.peak_mib for cost, _ in runs)
        rows.append({"tokens": len(some), **summary(runs, len(some)), "target_writes": writes, "peak_mib": peak})
    return rows


def measure_cost(emulator, tokens, options, width):
    """Processor time beside a client as wide that only asks and parses, in turns: of the loop, which leaves the tokens
    in a cache in memory as the page's loop does, and of the whole migration."""
    us, loop, bare, python = [], [], [], []
    for _ in range(options.rounds):
        us.append(ours(emulator, tokens, options.folder, width))
        loop.append((redeem_loop(emulator, tokens, options.folder, width), None))
        bare.append((bare_client(emulator, tokens, options.folder, width), None))
        python.append((page_loop(emulator, tokens[:1000], options.folder)[0], None))
    return {
        "msal": summary(us, len(tokens)),
        "loop": summary(loop, len(tokens)),
        "bare": summary(bare, len(tokens)),
        "msal_python": summary(python, len(tokens[:1000])),
    }


def measure_latency(emulator, tokens, options):
    """The default width beside the page's sequential loop, at a distance."""
    loop = statistics.median(page_loop(emulator, tokens[: options.loop], options.folder)[1] for _ in range(3))
    runs = [ours(emulator, tokens, options.folder) for _ in range(options.rounds)]
    return {
        "latency_ms": LATENCY_MS,
        "msal": summary(runs, len(tokens)),
        "loop_rate": options.loop / loop,
    }


def summary(runs, count):
    """Medians over (cost, _) pairs."""
    costs = [cost for cost, _ in runs]

    def per_token(seconds):
        return statistics.median(seconds(cost) for cost in costs) / count * 1e6

    return {
        "rate": 1e6 / per_token(lambda cost: cost.seconds),
        "us_per_token": per_token(lambda cost: cost.seconds),
        "user_us_per_token": per_token(lambda cost: cost.user_seconds),
        "system_us_per_token": per_token(lambda cost: cost.system_seconds),
        "cpu_us_per_token": per_token(lambda cost: cost.user_seconds + cost.system_seconds),
    }


# What is run


def ours(emulator, tokens, folder, width=DEFAULT_WIDTH):
    """The whole command, from reading the source to the verified target: its cost, and the writes of the target."""
    source, home = folder / "source.json", folder / "run"
    adal_cache(emulator, tokens, source)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    target = home / "target.json"
    command = [MSAL, "migrate", "run", source, "--to", target, "--authority", emulator.url, "--ca-file", emulator.ca]
    command += ["--concurrency", width] if width != DEFAULT_WIDTH else []
    with Replacements(target) as replacements:
        cost = run([*command, "--quiet"])
        writes = replacements.count()
    if cost.code != 0:
        sys.exit(f"error: migrating failed with exit code {cost.code}:\n{cost.out}")
    stored = len(json.loads(target.read_text())["RefreshToken"])
    if stored != len(tokens):
        sys.exit(f"error: {stored} of {len(tokens)} refresh tokens are in the target")
    return cost, writes


def bare_client(emulator, tokens, folder, width):
    forms = folder / "forms.txt"
    forms.write_text("".join(f"{form(token)}\n" for _, token in tokens))
    cost = run([BARE_CLIENT, f"{emulator.authority(CONTOSO)}/oauth2/v2.0/token", emulator.ca, forms, width])
    if cost.code != 0 or int(cost.out) != len(tokens):
        sys.exit(f"error: the bare client redeemed {cost.out.strip() or 'nothing'}")
    return cost


def redeem_loop(emulator, tokens, folder, width):
    """The library in a loop: refresh tokens in, a token cache in memory out."""
    file = folder / "tokens.txt"
    file.write_text("".join(f"{token}\n" for _, token in tokens))
    cost = run([REDEEM_LOOP, emulator.authority(CONTOSO), emulator.ca, DESKTOP.id, SCOPE, file, width])
    if cost.code != 0 or int(cost.out) != len(tokens):
        sys.exit(f"error: the loop redeemed {cost.out.strip() or 'nothing'}")
    return cost


def page_loop(emulator, tokens, folder):
    """The loop's cost, and the seconds it took without Python's start."""
    source = folder / "loop.json"
    adal_cache(emulator, tokens, source)
    script = Path(__file__).with_name("page_loop.py")
    cost = run([sys.executable, script, source, emulator.authority(CONTOSO), emulator.ca, DESKTOP.id, len(tokens)])
    if cost.code != 0:
        sys.exit("error: the loop failed")
    return cost, float(cost.out)


# What it is run on


def issue(emulator, count):
    """Signs users in with their passwords: (user, refresh token) of each."""

    def sign_in(numbers):
        host, port = emulator.host_and_port.split(":")
        connection = HTTPSConnection(host, int(port), context=create_default_context(cafile=emulator.ca))
        found = []
        for number in numbers:
            user = f"user{number}@{CONTOSO}"
            body = urlencode(
                {
                    "grant_type": "password",
                    "client_id": DESKTOP.id,
                    "username": user,
                    "password": PASSWORD,
                    "scope": f"{SCOPE} openid profile offline_access",
                }
            )
            headers = {"content-type": "application/x-www-form-urlencoded"}
            connection.request("POST", f"/{CONTOSO}/oauth2/v2.0/token", body, headers)
            found.append((user, json.load(connection.getresponse())["refresh_token"]))
        connection.close()
        return found

    print(f"signing in {count} users", file=sys.stderr)
    lanes = 4
    with ThreadPoolExecutor(lanes) as pool:
        parts = pool.map(sign_in, [range(first, count + 1, lanes) for first in range(1, lanes + 1)])
        return [pair for part in parts for pair in part]


def adal_cache(emulator, tokens, path):
    """Writes the tokens as ADAL Python would have."""
    entries = [
        {
            "tokenType": "Bearer",
            "expiresIn": 3599,
            "expiresOn": "2020-01-01 00:00:00.000000",
            "resource": GRAPH,
            "accessToken": "expired-long-ago",
            "refreshToken": token,
            "tenantId": TENANT_IDS[CONTOSO],
            "userId": user,
            "isUserIdDisplayable": True,
            "isMRRT": True,
            "_clientId": DESKTOP.id,
            "_authority": emulator.authority(CONTOSO),
        }
        for user, token in tokens
    ]
    path.write_text(json.dumps(entries))


def form(token):
    return urlencode(
        {
            "client_id": DESKTOP.id,
            "grant_type": "refresh_token",
            "refresh_token": token,
            "scope": f"{SCOPE} offline_access openid profile",
            "client_info": "1",
        }
    )


# What is said about it


def goals(results):
    growth, cost, latency = results["growth"], results["cost"], results["latency"]
    return [
        goal("time per token, all / a quarter", growth[-1]["us_per_token"] / growth[0]["us_per_token"], at_most=1.2),
        goal(
            "processor time per token, all / a quarter",
            growth[-1]["cpu_us_per_token"] / growth[0]["cpu_us_per_token"],
            at_most=1.2,
        ),
        goal("writes of the target, all tokens", growth[-1]["target_writes"], at_most=10),
        *[
            goal(
                f"processor time per token, {name} / bare client, {width} wide",
                cost[width][what]["cpu_us_per_token"] / cost[width]["bare"]["cpu_us_per_token"],
                at_most=3,
            )
            for name, what in [("library in a loop", "loop"), ("whole migration", "msal")]
            for width in cost
        ],
        goal(
            f"rate at {latency['latency_ms']} ms, msal / the page's loop",
            latency["msal"]["rate"] / latency["loop_rate"],
            at_least=100,
        ),
        *[
            goal(
                f"time of a hit for the client, msal / azure_identity, tenants: {tenants}",
                figures["msal, for client"] / figures["azure_identity, for client"],
                at_most=1,
            )
            for tenants, figures in results["hits"].items()
        ],
        goal(
            "PS256 assertions a second, msal / openssl",
            results["assertions"]["msal"] / results["assertions"]["openssl"],
            at_least=0.94,
        ),
    ]


def goal(what, value, at_most=None, at_least=None):
    met = value <= at_most if at_most is not None else value >= at_least
    return {"what": what, "value": value, "at_most": at_most, "at_least": at_least, "met": met}


def report(results):
    def row(name, count, figures, more=""):
        user, system = figures["user_us_per_token"], figures["system_us_per_token"]
        print(f"{name:<34} {count:>7} {figures['rate']:>10,.0f} {user + system:>8.1f} ({user:.0f} + {system:.0f})  {more}")

    cost, latency = results["cost"], results["latency"]
    print(f"\n{'':<34} {'tokens':>7} {'tokens/s':>10} {'cpu µs/token (user + system)':>30}")
    for figures in results["growth"]:
        writes = f"target written {figures['target_writes']} times, {figures['peak_mib']:.0f} MiB at the peak"
        row(f"msal, {DEFAULT_WIDTH} wide", figures["tokens"], figures, writes)
    for width, figures in cost.items():
        row(f"msal, {width} wide, beside the next", results["tokens"], figures["msal"])
        row(f"library in a loop, {width} wide", results["tokens"], figures["loop"])
        row(f"bare client, {width} wide", results["tokens"], figures["bare"])
        row("MSAL Python, sequential", min(1000, results["tokens"]), figures["msal_python"])
    at = f"at {latency['latency_ms']} ms"
    row(f"msal, default width, {at}", results["tokens"], latency["msal"])
    print(f"{'MSAL Python, sequential, ' + at:<34} {'':>7} {latency['loop_rate']:>10,.1f}")
    print(f"\n{'':<34} {'tenants or users':>17} {'µs/hit':>10}")
    for size, figures in results["hits"].items():
        for name, time in figures.items():
            print(f"{name:<34} {size:>17,} {time:>10.2f}")
    print(f"\n{'PS256, one thread':<34} {'assertions/s':>17}")
    for name, rate in results["assertions"].items():
        print(f"{name:<34} {rate:>17,.0f}")
    print(f"\n{'a table':<34} {'rows':>17} {'rows/s':>10} {'cpu µs/row':>11}")
    for name, figures in results["tables"].items():
        peak = f"{figures['peak_mib']:.0f} MiB at the peak"
        print(f"{name:<34} {figures['rows']:>17,} {figures['rate']:>10,.0f} {figures['cpu_us_per_row']:>11.2f}  {peak}")
    print()
    for each in results["goals"]:
        bound = f"at most {each['at_most']}" if each["at_most"] is not None else f"at least {each['at_least']}"
        print(f"{'met' if each['met'] else 'MISSED':<7}{each['what']}: {each['value']:.2f} ({bound})")


if __name__ == "__main__":
    main()
