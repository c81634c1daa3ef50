"""Azure CLI as the distribution has it, on its defaults, against the two servers."""

import shutil

import pytest

from harness.azure_cli import USER, AzureCli, AzureCliFailed
from harness.directory import CONTOSO, DAEMON, GRAPH, MANAGEMENT, PASSWORD, WEB
from harness.identity_server import AZURE_CLI

pytestmark = pytest.mark.skipif(
    shutil.which("az") is None, reason="Azure CLI is not installed; on Debian: apt-get install azure-cli"
)


@pytest.fixture(params=["ours", "oidc-provider"])
def server(servers, request):
    return servers(request.param, "defaults")


@pytest.fixture
def az(server):
    az = AzureCli(server)
    yield az
    az.stop()


def in_the_browser(az, _):
    az.login()
    return AZURE_CLI, USER


def by_device_code(az, _):
    az.login_by_device_code()
    return AZURE_CLI, USER


def by_password(az, _):
    az.login("-u", USER, "-p", az.secret_file(PASSWORD))
    return AZURE_CLI, USER


def by_client_secret(az, _):
    az.login("--service-principal", "--tenant", CONTOSO, "-u", WEB.id, "-p", az.secret_file(WEB.secret))
    return WEB.id, None


def by_client_certificate(az, server):
    file = server.told()["daemon"]["file"]
    az.login("--service-principal", "--tenant", CONTOSO, "-u", DAEMON.id, "-p", file)
    return DAEMON.id, None


SIGN_INS = [
    (in_the_browser, "authorization_code"),
    (by_device_code, "device_code"),
    (by_password, "password"),
    (by_client_secret, "client_credentials"),
    (by_client_certificate, "client_credentials"),
]


@pytest.mark.parametrize(["sign_in", "grant"], SIGN_INS, ids=[sign_in.__name__ for sign_in, _ in SIGN_INS])
def test_az_signs_in_and_gets_tokens(az, server, sign_in, grant):
    server.grants()

    application, user = sign_in(az, server)

    assert server.grants()[0] == grant
    (account,) = az.run("account", "list")
    assert account["user"]["name"] == (user or application)
    token = server.ask("resource", "who", token=az.token(MANAGEMENT))
    assert (token["client"], token["user"]) == (application, user)


@pytest.mark.parametrize("server", ["ours"], indirect=True)
def test_az_signs_out(az, server):
    by_password(az, server)
    az.run("logout")
    with pytest.raises(AzureCliFailed, match="az login"):
        az.token(MANAGEMENT)


def test_az_refuses_a_wrong_password(az, server):
    server.grants()
    with pytest.raises(AzureCliFailed, match="AADSTS50126|wrong user name or password"):
        az.login("-u", USER, "-p", az.secret_file("not the password"))
    assert server.grants() == []


@pytest.mark.parametrize("server", ["ours"], indirect=True)
def test_az_redeems_its_refresh_token_for_another_resource(az, server):
    by_password(az, server)
    server.grants()

    token = server.ask("resource", "who", token=az.token(GRAPH))

    assert server.grants() == ["refresh_token"]
    assert (token["user"], token["audience"]) == (USER, GRAPH)


@pytest.mark.parametrize("server", ["ours"], indirect=True)
def test_azure_identity_takes_the_token_from_az(az, server):
    by_password(az, server)

    result = server.ask("azure_identity_flows", "azure-cli", folder=az.folder)

    token = server.ask("resource", "who", token=result["access_token"])
    assert (token["client"], token["user"]) == (AZURE_CLI, USER)
