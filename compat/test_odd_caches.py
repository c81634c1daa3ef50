"""Caches as other libraries leave them, one cloud under several names among them, used in turns with `msal token`."""

import json
import subprocess

import pytest

from harness.command import MSAL, remember
from harness.directory import CONTOSO, DESKTOP, FABRIKAM, GRAPH, TENANT_IDS

ALIASES = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]
SCOPE = f"{GRAPH}/User.Read"
USER = f"user1@{CONTOSO}"
PYTHON, NODE = "caches", "caches.cjs"


@pytest.fixture
def server(servers):
    return servers("ours", "defaults")


@pytest.fixture(params=[PYTHON, NODE], ids=["msal", "msal-node"])
def writer(request):
    return request.param


def authority(host, tenant=TENANT_IDS[CONTOSO]):
    return f"https://{host}/{tenant}"


def signed_in(server, program, host, user=USER, tenant=CONTOSO, cache=None):
    where = authority(host, TENANT_IDS[tenant])
    answer = server.ask(program, "sign-in", authority=where, scope=SCOPE, cache=cache, told={"user": user})
    return json.loads(answer["cache"])


def moved(cache, host):
    """The cache as if all of it had been written under another name of the cloud."""
    text = json.dumps(cache)
    for alias in ALIASES:
        text = text.replace(f'"{alias}"', f'"{host}"').replace(f"-{alias}-", f"-{host}-")
    return json.loads(text)


def expired(cache):
    for token in cache["AccessToken"].values():
        token["expires_on"] = token["extended_expires_on"] = "1700000000"
    return cache


def merged(*caches):
    out = {}
    for cache in caches:
        for section, entries in cache.items():
            out.setdefault(section, {}).update(entries)
    return out


def written(path, cache):
    path.write_text(json.dumps(cache))
    path.chmod(0o600)
    return path


def run(server, *arguments, secret_output=False):
    """Runs the command where the names of the cloud are this machine."""
    arguments = [str(argument) for argument in [*arguments, "--ca-file", server.ca]]
    done = subprocess.run(server.command([MSAL, *arguments]), capture_output=True, text=True)
    remember(arguments, "" if secret_output else done.stdout, done.stderr)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ours(server, tmp_path, cache, host):
    """What `msal token` gets, and the cache it leaves."""
    path = written(tmp_path / "cache.json", cache)
    arguments = ["token", path, "--account", USER, "--scope", SCOPE, "--client-id", DESKTOP.id]
    out = run(server, *arguments, "--authority", authority(host), "--format", "json", secret_output=True)
    return json.loads(out)["access_token"], json.loads(path.read_text())


def theirs(server, program, cache, host, **more):
    answer = server.ask(program, "silent", authority=authority(host), scope=SCOPE, cache=json.dumps(cache), **more)
    return answer["results"], json.loads(answer["cache"])


def node_account(cache):
    """The account as an application keeps it that MSAL Node gave it to."""
    ((home, local),) = {(entry["home_account_id"], entry["local_account_id"]) for entry in cache["Account"].values()}
    return {
        "homeAccountId": home,
        "environment": "login.windows.net",
        "tenantId": TENANT_IDS[CONTOSO],
        "username": USER,
        "localAccountId": local,
    }


def who_gets_a_token(server, cache):
    """What each reader gets: MSAL Python and MSAL Node, under each name, with instance discovery and without."""
    found = {}
    for host in ALIASES:
        for discovers in [True, False]:
            results, _ = theirs(server, PYTHON, cache, host, discovers=discovers)
            found["msal", host, discovers] = results.get(USER, {"token": None, "cached": False})
        results, _ = theirs(server, NODE, cache, host, account=node_account(cache))
        found["msal-node", host, True] = results[USER]
    return found


@pytest.mark.parametrize("host", ALIASES[:2])
@pytest.mark.parametrize("alias", ALIASES)
def test_a_token_that_we_renewed_is_found_under_every_name_of_the_cloud(server, writer, tmp_path, alias, host):
    cache = expired(moved(signed_in(server, writer, host), alias))

    token, after = ours(server, tmp_path, cache, host)

    for (reader, name, discovers), result in who_gets_a_token(server, after).items():
        if discovers or name == alias:
            assert (result["token"], result["cached"]) == (token, True), (reader, name, discovers)


@pytest.mark.parametrize("program", [PYTHON, NODE], ids=["by-msal", "by-msal-node"])
@pytest.mark.parametrize("host", ALIASES)
def test_a_token_that_they_renewed_is_found_by_us(server, writer, tmp_path, program, host):
    cache = expired(moved(signed_in(server, writer, ALIASES[0]), ALIASES[1]))
    account = {"account": node_account(cache)} if program == NODE else {}
    results, after = theirs(server, program, cache, host, **account)
    server.grants()

    for name in ALIASES:
        token, unchanged = ours(server, tmp_path, after, name)
        assert token == results[USER]["token"]
        assert unchanged == after
    assert server.grants() == []


@pytest.mark.parametrize("host", ALIASES[:2])
@pytest.mark.parametrize("first", [PYTHON, NODE], ids=["msal-first", "msal-node-first"])
def test_nobody_loses_a_user_who_stands_under_two_names(server, tmp_path, first, host):
    """MSAL Python and MSAL Node have written one file, each under its own name of the cloud."""
    of_python = moved(signed_in(server, PYTHON, ALIASES[0]), ALIASES[0])
    of_node = moved(signed_in(server, NODE, ALIASES[0]), ALIASES[1])
    cache = expired(merged(*[of_python, of_node][:: 1 if first == PYTHON else -1]))
    before = who_gets_a_token(server, cache)

    _, after = ours(server, tmp_path, cache, host)

    found = who_gets_a_token(server, after)
    assert [who for who in before if before[who]["token"] and not found[who]["token"]] == []


def test_an_older_token_for_some_of_the_scopes_is_not_in_the_way(server, writer, tmp_path):
    """MSAL Node throws away all tokens for a scope when it finds two."""
    cache = expired(signed_in(server, writer, ALIASES[0]))
    ((key, narrow),) = cache["AccessToken"].items()
    narrow["target"] = f"openid profile {SCOPE}"
    before_scopes = key.split("-email")[0].split("-openid")[0]
    cache["AccessToken"] = {f"{before_scopes}-{narrow['target'].lower()}": narrow}

    token, after = ours(server, tmp_path, cache, ALIASES[0])

    for program in [PYTHON, NODE]:
        more = {"account": node_account(cache)} if program == NODE else {}
        results, _ = theirs(server, program, after, ALIASES[0], **more)
        assert (results[USER]["token"], results[USER]["cached"]) == (token, True), program


def migrated(server, source, target, sdk):
    run(server, "migrate", "run", source, "--to", target, "--sdk", sdk)
    return json.loads(target.read_text())


@pytest.mark.parametrize("sdk", ["python", "node"])
def test_a_user_who_is_migrated_hides_nobody(server, writer, tmp_path, sdk):
    """MSAL Python looks under another name of the cloud only while nobody is under its own."""
    other = f"user2@{CONTOSO}"
    target = written(tmp_path / "target.json", signed_in(server, writer, ALIASES[0]))
    source = written(tmp_path / "source.json", signed_in(server, PYTHON, ALIASES[0], user=other))

    after = migrated(server, source, target, sdk)

    for program in [PYTHON, NODE]:
        results, _ = theirs(server, program, after, ALIASES[0])
        listed = {user for user, result in results.items() if result["cached"]}
        assert USER in listed, program
        assert other in listed or (program, sdk) == (PYTHON, "node"), program


@pytest.mark.parametrize("tenants", [[FABRIKAM], [CONTOSO], [FABRIKAM, CONTOSO], [CONTOSO, FABRIKAM]], ids="+".join)
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "new"])
def test_msal_node_lists_a_guest_in_each_tenant(server, tmp_path, tenants, is_known):
    """It has one account for all tenants of a user; where it finds two, it forgets what they say."""
    guest = f"user1@{FABRIKAM}"
    cache, expected = {}, set(tenants)
    if is_known:
        at_home = signed_in(server, NODE, ALIASES[0], guest, FABRIKAM)
        cache = signed_in(server, NODE, ALIASES[0], guest, CONTOSO, json.dumps(at_home))
        expected = {FABRIKAM, CONTOSO}
    target = written(tmp_path / "target.json", cache)

    for tenant in tenants:
        source = signed_in(server, PYTHON, ALIASES[0], guest, tenant)
        cache = migrated(server, written(tmp_path / f"{tenant}.json", source), target, "node")

    # And once more after it has itself renewed a token.
    for force_refresh in [True, False]:
        where = authority(ALIASES[0], TENANT_IDS[tenants[-1]])
        question = {"cache": json.dumps(cache), "forceRefresh": force_refresh, "authority": where}
        answer = server.ask(NODE, "silent", scope=SCOPE, **question)
        assert {account["tenantId"] for account in answer["listed"]} == {TENANT_IDS[tenant] for tenant in expected}
        assert answer["results"][guest]["error"] is None
        cache = json.loads(answer["cache"])
