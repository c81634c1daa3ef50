"""What ADAL Node and the application around it stored, MSAL Python goes on with."""

import json
import subprocess

import pytest

from harness.command import MSAL, remember
from harness.directory import CONTOSO, DESKTOP, GRAPH
from harness.python_app import claims

USER = f"user1@{CONTOSO}"
#: What stores the tokens, and what the store does not say of them.
STORES = {
    "cached": [],
    "response": ["--client-id", DESKTOP.id, "--authority", f"https://login.microsoftonline.com/{CONTOSO}"],
}


@pytest.fixture(scope="module")
def server(servers):
    return servers("ours", "defaults")


def migrate(server, *arguments):
    arguments = [str(argument) for argument in ["migrate", *arguments]]
    done = subprocess.run(server.command([MSAL, *arguments]), capture_output=True, text=True, timeout=120)
    remember(arguments, done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("store", STORES)
def test_the_user_whom_adal_node_signed_in_goes_on_silently(server, tmp_path, store):
    source, target = tmp_path / "adal-node.cache.json", tmp_path / "msal.cache.json"
    source.write_text(server.ask("adal_node_flows.cjs", store, tenant=CONTOSO, resource=GRAPH))
    stored, more = source.read_bytes(), STORES[store]
    plan = json.loads(migrate(server, "plan", source, *more, "--format", "json"))
    assert (plan["source"], plan["tokens"]) == ("adal-node", 1)

    migrate(server, "run", source, "--to", target, "--ca-file", server.ca, *more)

    assert source.read_bytes() == stored
    (account,) = json.loads(target.read_text())["Account"].values()
    (found,) = server.ask(
        "odd_store_flows",
        "silent",
        library=None,
        cache=str(target),
        client_id=DESKTOP.id,
        authority=f"https://login.microsoftonline.com/{CONTOSO}",
        scope=f"{GRAPH}/.default",
        ids=[account["home_account_id"]],
    )
    assert (found["user"], claims(found["access_token"])["upn"]) == (USER, USER)
