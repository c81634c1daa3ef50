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


def as_service(az, client, credential):
    az.login("--service-principal", "--tenant", CONTOSO, "-u", client.id, "-p", credential)


SIGN_INS = {
    "browser": (lambda az, _: az.login(), "authorization_code", AZURE_CLI, USER),
    "device-code": (lambda az, _: az.login_by_device_code(), "device_code", AZURE_CLI, USER),
    "password": (lambda az, _: az.login("-u", USER, "-p", az.secret_file(PASSWORD)), "password", AZURE_CLI, USER),
    "client-secret": (
        lambda az, _: as_service(az, WEB, az.secret_file(WEB.secret)),
        *("client_credentials", WEB.id, None),
    ),
    "client-certificate": (
        lambda az, server: as_service(az, DAEMON, server.told()["daemon"]["file"]),
        *("client_credentials", DAEMON.id, None),
    ),
}


@pytest.mark.parametrize(["sign_in", "grant", "application", "user"], SIGN_INS.values(), ids=SIGN_INS)
def test_az_signs_in_and_gets_tokens(az, server, sign_in, grant, application, user):
    server.grants()

    sign_in(az, server)

    assert server.grants()[0] == grant
    (account,) = az.run("account", "list")
    assert account["user"]["name"] == (user or application)
    token = server.ask("resource", "who", token=az.token(MANAGEMENT))
    assert (token["client"], token["user"]) == (application, user)


@pytest.mark.parametrize("server", ["ours"], indirect=True)
def test_az_signs_out(az):
    az.login("-u", USER, "-p", az.secret_file(PASSWORD))
    az.run("logout")
    with pytest.raises(AzureCliFailed, match="az login"):
        az.token(MANAGEMENT)


def test_az_refuses_a_wrong_password(az, server):
    server.grants()
    with pytest.raises(AzureCliFailed):
        az.login("-u", USER, "-p", az.secret_file("not the password"))
    assert server.grants() == []


@pytest.mark.parametrize("server", ["ours"], indirect=True)
def test_az_redeems_its_refresh_token_for_another_resource(az, server):
    az.login("-u", USER, "-p", az.secret_file(PASSWORD))
    server.grants()

    token = server.ask("resource", "who", token=az.token(GRAPH))

    assert server.grants() == ["refresh_token"]
    assert (token["user"], token["audience"]) == (USER, GRAPH)


@pytest.mark.parametrize("server", ["ours"], indirect=True)
def test_azure_identity_takes_the_token_from_az(az, server):
    az.login("-u", USER, "-p", az.secret_file(PASSWORD))

    result = server.ask("azure_identity_flows", "azure-cli", folder=az.folder)

    token = server.ask("resource", "who", token=result["access_token"])
    assert (token["client"], token["user"]) == (AZURE_CLI, USER)
