"""What programs and the libraries in them stored by their own code, MSAL Python goes on with."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.azure_cli import AzureCli
from harness.command import MSAL, remember
from harness.directory import CONTOSO, DESKTOP, GRAPH, MANAGEMENT, PASSWORD, RCLONE, TENANT_IDS, WEB
from harness.identity_server import AZURE_CLI
from harness.python_app import claims
from harness.rclone import Rclone

USER = f"user1@{CONTOSO}"
HOST = "https://login.microsoftonline.com"
#: How ADAL Node's application stores tokens, and what the store does not say of them.
ADAL_NODE = {
    "cached": [],
    "response": ["--client-id", DESKTOP.id, "--authority", f"{HOST}/{CONTOSO}"],
}
#: What each library of the web application stores, and what the store does not say.
TOKEN_FILES = {
    "requests-oauthlib": ("token-json", ["--client-id", WEB.id, "--authority", f"{HOST}/{CONTOSO}"]),
    "o365": ("msal-cache", []),
}
SECRET, WEB_SECRET = "CLIENT_SECRET", "WEB_SECRET"

needs_az = pytest.mark.skipif(
    shutil.which("az") is None, reason="Azure CLI is not installed; on Debian: apt-get install azure-cli"
)
needs_rclone = pytest.mark.skipif(
    shutil.which("rclone") is None, reason="rclone is not installed; on Debian: apt-get install rclone"
)


@pytest.fixture(scope="module")
def server(servers):
    return servers("ours", "defaults")


@pytest.fixture
def az(server):
    az = AzureCli(server)
    yield az
    az.stop()


def migrate(server, *arguments, expected=0):
    arguments = [str(argument) for argument in ["migrate", *arguments]]
    environment = {**os.environ, SECRET: RCLONE.secret, WEB_SECRET: WEB.secret}
    command = server.command([MSAL, *arguments])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    remember(arguments, done.stdout, done.stderr)
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout


def planned(server, source, *more, expected=0):
    plan = json.loads(migrate(server, "plan", source, *more, "--format", "json", expected=expected))
    return plan["source"], plan["tokens"], [skip["reason"] for skip in plan["skipped"]]


def check_silent(server, source, target, *more, client, tenant, scope, secret=None):
    """Migrates, and has MSAL Python get a token for the user without anybody's help. The source stays as it is."""
    stored = source.read_bytes()

    migrate(server, "run", source, "--to", target, "--ca-file", server.ca, *more)

    assert source.read_bytes() == stored
    (account,) = json.loads(target.read_text())["Account"].values()
    (found,) = server.ask(
        "odd_store_flows",
        "silent",
        library=None,
        cache=str(target),
        client_id=client,
        secret=secret,
        authority=f"{HOST}/{tenant}",
        scope=scope,
        ids=[account["home_account_id"]],
    )
    token = claims(found["access_token"])
    assert (found["user"], token["upn"], token["appid"]) == (USER, USER, client)


@pytest.mark.parametrize("store", ADAL_NODE)
def test_the_user_whom_adal_node_signed_in_goes_on_silently(server, tmp_path, store):
    source, more = tmp_path / "adal-node.cache.json", ADAL_NODE[store]
    source.write_text(server.ask("adal_node_flows.cjs", store, tenant=CONTOSO, resource=GRAPH))
    assert planned(server, source, *more) == ("adal-node", 1, [])

    target = tmp_path / "msal.cache.json"
    check_silent(server, source, target, *more, client=DESKTOP.id, tenant=CONTOSO, scope=f"{GRAPH}/.default")


@pytest.mark.parametrize("library", TOKEN_FILES)
def test_the_user_of_a_library_that_keeps_tokens_in_files_goes_on_silently(server, tmp_path, library):
    kind, more = TOKEN_FILES[library]
    source = tmp_path / "token.cache.json"
    server.ask("token_file_flows", library, file=str(source))
    assert planned(server, source, *more) == (kind, 1, [])

    more = [*more, "--client-secret-env", f"{WEB.id}={WEB_SECRET}"]
    target, tenant = tmp_path / "msal.cache.json", TENANT_IDS[CONTOSO]
    who = {"client": WEB.id, "secret": WEB.secret, "tenant": tenant}
    check_silent(server, source, target, *more, **who, scope=f"{GRAPH}/.default")


@needs_rclone
def test_the_user_of_a_remote_of_rclone_goes_on_silently(server, tmp_path):
    rclone = Rclone(server, RCLONE)
    try:
        rclone.configure(rclone.authorize())
        rclone.list()
        source = tmp_path / "rclone.cache.conf"
        shutil.copy(rclone.file, source)
    finally:
        rclone.stop()
    more = ["--authority", f"{HOST}/{CONTOSO}"]
    assert planned(server, source, *more) == ("rclone", 1, [])

    more += ["--client-secret-env", f"{RCLONE.id}={SECRET}"]
    target = tmp_path / "msal.cache.json"
    check_silent(server, source, target, *more, client=RCLONE.id, tenant=CONTOSO, scope="Files.Read")


@needs_az
@pytest.mark.parametrize("mode", ["redeem", "copy"])
def test_the_user_of_azure_cli_goes_on_silently_where_its_client_is_named(az, server, tmp_path, mode):
    az.login("-u", USER, "-p", az.secret_file(PASSWORD))
    source = tmp_path / "msal_token.cache.json"
    shutil.copy(Path(az.folder) / "msal_token_cache.json", source)
    assert planned(server, source, expected=4) == ("msal-cache", 0, ["first_party_client"])

    target, tenant = tmp_path / "msal.cache.json", TENANT_IDS[CONTOSO]
    more = ["--client-id", AZURE_CLI, "--mode", mode]
    check_silent(server, source, target, *more, client=AZURE_CLI, tenant=tenant, scope=f"{MANAGEMENT}/.default")


@needs_az
def test_the_secret_of_azure_clis_service_principal_is_skipped_and_not_shown(az, server):
    az.login("--service-principal", "--tenant", CONTOSO, "-u", WEB.id, "-p", az.secret_file(WEB.secret))
    source = Path(az.folder) / "service_principal_entries.json"
    assert WEB.secret in source.read_text()

    assert planned(server, source) == ("token-json", 0, ["service_principal"])
    assert WEB.secret not in migrate(server, "plan", source, "--list")
