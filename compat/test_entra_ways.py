"""What only Entra does, by unmodified clients on their defaults, so against ours only."""

import pytest

from harness.directory import CONTOSO, DESKTOP, MANAGEMENT, WEB
from harness.identity_server import AZURE_CLI
from harness.directory import FEDERATED, STRICT
from harness.ours import AGENT

USER = f"user1@{CONTOSO}"
PROGRAM, NODE = "entra_flows", "entra_flows.cjs"


AUTHORITIES = {
    "b2c": "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_susi",
    "ciam": "https://contoso.ciamlogin.com/contoso.onmicrosoft.com",
    "ciam-short": "https://contoso.ciamlogin.com",
    "ad-fs": "https://adfs.contoso.example/adfs",
    "another-cloud": f"https://login.microsoftonline.us/{CONTOSO}",
    "another-name": f"https://login.windows.net/{CONTOSO}",
}


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


@pytest.mark.parametrize("program", [PROGRAM, NODE], ids=["msal", "msal-node"])
@pytest.mark.parametrize("authority", AUTHORITIES.values(), ids=AUTHORITIES)
def test_a_person_signs_in_at_another_kind_of_tenant(server, program, authority):
    user = f"user1@{FEDERATED}" if authority == AUTHORITIES["ad-fs"] else USER
    result = server.ask(program, "at-authority", authority=authority, told={"user": user})
    assert server.grants() == ["authorization_code"]
    assert (result["user"], *who(server, result)) == (user, DESKTOP.id, user)


@pytest.mark.parametrize("program", [PROGRAM, NODE], ids=["msal", "msal-node"])
def test_an_agent_acts_as_its_own_user(server, program):
    result = server.ask(program, "agent", agent=AGENT)
    assert server.grants() == ["client_credentials", "client_credentials", "user_fic"]
    assert (result["user"], *who(server, result)) == (USER, AGENT, USER)


def test_an_application_asks_the_region_it_runs_in(server):
    result = server.ask(PROGRAM, "at-region")
    assert result["host"] == "westus2.login.microsoft.com"
    assert who(server, result) == (WEB.id, None)


def test_azure_identity_uses_its_refresh_token_for_another_resource(server):
    result = server.ask("azure_identity_flows", "another-resource")
    assert server.grants() == ["authorization_code", "refresh_token"]
    token = server.ask("resource", "who", token=result["access_token"])
    assert (token["user"], token["audience"]) == (USER, MANAGEMENT)


def test_azure_identity_asks_another_cloud(server):
    result = server.ask(PROGRAM, "in-another-cloud")
    assert who(server, result) == (WEB.id, None)


def test_an_api_sends_a_client_back_whose_user_was_shut_out(server):
    result = server.ask(PROGRAM, "challenged", user=f"user77@{CONTOSO}", admin=server.admin_url)
    assert result["status"] == [200, 401, 200]
    assert (result["error"], result["suberror"], result["codes"]) == ("invalid_grant", "bad_token", [50173])


RULES = {
    "second-factor": (MANAGEMENT, 50076, "basic_action"),
    "blocked": ("https://vault.azure.net", 53003, "message_only"),
    "consent": ("https://storage.azure.com", 65001, "consent_required"),
}


@pytest.mark.parametrize(["resource", "code", "suberror"], RULES.values(), ids=RULES)
def test_msal_python_classifies_a_refresh_that_needs_the_person(server, resource, code, suberror):
    result = server.ask(PROGRAM, "needs-more", resource=resource, told={"user": f"user1@{STRICT}"})
    assert result == {
        **{"error": "invalid_grant", "error_codes": [code], "suberror": suberror},
        "classification": suberror,
    }


@pytest.mark.parametrize(["resource", "code", "suberror"], RULES.values(), ids=RULES)
def test_msal_node_asks_for_interaction_then(server, resource, code, suberror):
    result = server.ask(NODE, "needs-more", resource=resource, told={"user": f"user1@{STRICT}"})
    assert result == {
        **{"error": "invalid_grant", "error_codes": [code], "suberror": suberror},
        "interaction": True,
    }


def test_adal_is_told_of_the_second_factor_in_the_words_of_version_1(server):
    result = server.ask(PROGRAM, "needs-more-adal", resource=MANAGEMENT, told={"user": f"user1@{STRICT}"})
    assert (result["error"], result["error_codes"], result["suberror"]) == (
        "interaction_required",
        [50076],
        "basic_action",
    )
