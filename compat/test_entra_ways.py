"""What only Entra does, by unmodified clients on their defaults, so against ours only."""

import pytest

from harness.directory import CONTOSO, DESKTOP, MANAGEMENT, WEB
from harness.identity_server import AZURE_CLI, FEDERATED, STRICT

USER = f"user1@{CONTOSO}"
PROGRAM = "entra_flows"


@pytest.fixture
def server(servers):
    server = servers("ours", "defaults")
    server.grants()
    return server


def who(server, result):
    token = server.ask("resource", "who", token=result["access_token"])
    return token["client"], token["user"]


@pytest.mark.parametrize("library", ["adal", "msal"])
def test_a_federated_user_signs_in_with_an_assertion_of_ad_fs(server, library):
    user = f"user1@{FEDERATED}"
    result = server.ask(PROGRAM, f"federated-password-{library}", federated=user)
    assert server.grants() in [["saml1_1-bearer"], ["saml2-bearer"]]
    assert (result["user"], *who(server, result)) == (user, DESKTOP.id, user)


def test_the_other_member_of_the_family_uses_the_refresh_token(server):
    result = server.ask(PROGRAM, "family")
    assert server.grants() == ["authorization_code", "refresh_token"]
    client, user = who(server, result)
    assert (client != AZURE_CLI, user) == (True, USER)


@pytest.mark.parametrize(
    "authority",
    [
        "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_susi",
        "https://contoso.ciamlogin.com",
        "https://adfs.contoso.example/adfs",
        f"https://login.microsoftonline.us/{CONTOSO}",
        f"https://login.windows.net/{CONTOSO}",
    ],
)
def test_msal_signs_in_at_other_kinds_of_tenants(server, authority):
    user = f"user1@{FEDERATED}" if "adfs" in authority else USER
    result = server.ask(PROGRAM, "at-authority", authority=authority, told={"user": user})
    assert server.grants() == ["authorization_code"]
    assert (result["user"], *who(server, result)) == (user, DESKTOP.id, user)


def test_an_application_asks_the_region_it_runs_in(server):
    result = server.ask(PROGRAM, "at-region")
    assert result["host"] == "westus2.login.microsoft.com"
    assert who(server, result) == (WEB.id, None)


def test_azure_identity_asks_another_cloud(server):
    result = server.ask(PROGRAM, "in-another-cloud")
    assert who(server, result) == (WEB.id, None)


def test_an_api_sends_a_client_back_whose_user_was_shut_out(server):
    result = server.ask(PROGRAM, "challenged", user=f"user77@{CONTOSO}", admin=server.admin_url)
    assert result["status"] == [200, 401, 200]
    assert (result["error"], result["suberror"], result["codes"]) == ("invalid_grant", "bad_token", [50173])


@pytest.mark.parametrize(
    ["resource", "code", "suberror"],
    [
        (MANAGEMENT, 50076, "basic_action"),
        ("https://vault.azure.net", 53003, "message_only"),
        ("https://storage.azure.com", 65001, "consent_required"),
    ],
)
def test_a_refresh_that_needs_the_person_is_classified(server, resource, code, suberror):
    strict = {"user": f"user1@{STRICT}"}
    result = server.ask(PROGRAM, "needs-more", resource=resource, told=strict)
    assert (result["error"], result["suberror"], result["error_codes"]) == ("invalid_grant", suberror, [code])
    assert result["classification"] == suberror
