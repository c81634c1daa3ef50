"""What programs and the libraries in them stored by their own code, MSAL Python goes on with."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.azure_cli import AzureCli
from harness.command import MSAL, remember
from harness.directory import CONTOSO, DESKTOP, GRAPH, MANAGEMENT, PASSWORD, RCLONE, TENANT_IDS, WEB, Client
from harness.identity_server import AZURE_CLI
from harness.odd_people import AT_HOME, TENANTS, VISITORS
from harness.rclone import USER, Rclone
from harness.silent import HOST, check_silent, silent

#: What each library of a web application stores, and whether the store lacks its client and tenant.
TOKEN_FILES = {"requests-oauthlib": ("token-json", True), "o365": ("msal-cache", False)}
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


@pytest.fixture(scope="module")
def cache_of_azure_cli(server, tmp_path_factory):
    """What Azure CLI stored when people signed in, one after the other."""
    az = AzureCli(server)
    try:
        for name in (name for names in AT_HOME.values() for name in names):
            az.login("-u", name, "-p", az.secret_file(PASSWORD))
        source = tmp_path_factory.mktemp("azure-cli") / "msal_token.cache.json"
        shutil.copy(Path(az.folder) / "msal_token_cache.json", source)
    finally:
        az.stop()
    return source


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
    return plan["source"], plan["tokens"], {skip["reason"]: skip["count"] for skip in plan["skipped"]}


def run(server, source, target, *more):
    """Migrates. The source stays as it is."""
    stored = source.read_bytes()

    migrate(server, "run", source, "--to", target, "--ca-file", server.ca, *more)

    assert source.read_bytes() == stored


def visits():
    """Who signs in, with the number of the visit."""
    return enumerate((tenant, name) for tenant, names in VISITORS.items() for name in names)


def test_the_users_whom_adal_node_signed_in_with_passwords_go_on_silently(server, tmp_path):
    source, target = tmp_path / "adal-node.cache.json", tmp_path / "msal.cache.json"
    source.write_text(server.ask("adal_node_flows.cjs", "cached", users=AT_HOME, resource=GRAPH))
    assert planned(server, source) == ("adal-node", sum(map(len, AT_HOME.values())), {})

    run(server, source, target)

    for tenant, names in AT_HOME.items():
        check_silent(server, target, DESKTOP, tenant, names, f"{GRAPH}/.default")


def test_the_users_whom_adal_node_signed_in_at_the_browser_go_on_silently(server, tmp_path):
    target = tmp_path / "msal.cache.json"
    for visit, (tenant, name) in visits():
        source = tmp_path / f"{visit}.cache.json"
        source.write_text(server.ask("adal_node_flows.cjs", "response", tenant=tenant, person=name, resource=GRAPH))
        more = ["--client-id", DESKTOP.id, "--authority", f"{HOST}/{tenant}"]
        assert planned(server, source, *more) == ("adal-node", 1, {})
        run(server, source, target, *more)

    for tenant, names in VISITORS.items():
        check_silent(server, target, DESKTOP, tenant, names, f"{GRAPH}/.default")


@pytest.mark.parametrize("library", TOKEN_FILES)
def test_the_users_of_a_library_that_keeps_tokens_in_files_go_on_silently(server, tmp_path, library):
    kind, says_little = TOKEN_FILES[library]
    target = tmp_path / "msal.cache.json"
    for visit, (tenant, name) in visits():
        source = tmp_path / f"{visit}.cache.json"
        server.ask("token_file_flows", library, file=str(source), tenant=TENANTS[tenant], person=name)
        more = ["--client-id", WEB.id, "--authority", f"{HOST}/{tenant}"] if says_little else []
        assert planned(server, source, *more) == (kind, 1, {})
        run(server, source, target, *more, "--client-secret-env", f"{WEB.id}={WEB_SECRET}")

    for tenant, names in VISITORS.items():
        check_silent(server, target, WEB, tenant, names, f"{GRAPH}/.default")


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
    assert planned(server, source, *more) == ("rclone", 1, {})

    more += ["--client-secret-env", f"{RCLONE.id}={SECRET}"]
    target = tmp_path / "msal.cache.json"
    run(server, source, target, *more)

    (account,) = json.loads(target.read_text())["Account"].values()
    ((user, _, _, tenant, client),) = silent(
        server, target, RCLONE, CONTOSO, [account["home_account_id"]], "Files.Read"
    )
    assert (user, tenant, client) == (USER, TENANT_IDS[CONTOSO], RCLONE.id)


@needs_az
@pytest.mark.parametrize("mode", ["redeem", "copy"])
def test_the_users_of_azure_cli_go_on_silently_where_its_client_is_named(server, cache_of_azure_cli, tmp_path, mode):
    count, target = sum(map(len, AT_HOME.values())), tmp_path / "msal.cache.json"
    assert planned(server, cache_of_azure_cli, expected=4) == ("msal-cache", 0, {"first_party_client": count})

    run(server, cache_of_azure_cli, target, "--client-id", AZURE_CLI, "--mode", mode)

    for tenant, names in AT_HOME.items():
        check_silent(server, target, Client(AZURE_CLI), tenant, names, f"{MANAGEMENT}/.default")


@needs_az
def test_the_secret_of_azure_clis_service_principal_is_skipped_and_not_shown(az, server):
    az.login("--service-principal", "--tenant", CONTOSO, "-u", WEB.id, "-p", az.secret_file(WEB.secret))
    source = Path(az.folder) / "service_principal_entries.json"
    assert WEB.secret in source.read_text()

    assert planned(server, source, expected=4) == ("token-json", 0, {"service_principal": 1})
    assert WEB.secret not in migrate(server, "plan", source, "--list", expected=4)
