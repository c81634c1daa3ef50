"""Clients that are not made for Entra alone, and older ones that are: what each library asks, unmodified."""

import shutil
from pathlib import Path

import pytest

from harness.directory import CONTOSO, DESKTOP, GRAPH, MANAGEMENT, ORDERS, RCLONE, TENANT_IDS, WEB
from harness.rclone import Rclone
from harness.worker import GO_PATH

USER = f"user1@{CONTOSO}"
PLACES = ["port", "defaults"]
GRAPH_ID = "00000003-0000-0000-c000-000000000000"
AZURE_AD_GRAPH = "spn:00000002-0000-0000-c000-000000000000"

#: Programs by library.
LIBRARIES = {
    "openid-client-5": "openid_client_flows.cjs",
    "openid-client-6": "openid_client_flows.cjs",
    "requests-oauthlib": "oauth_flows",
    "authlib": "oauth_flows",
}
#: Those that only know the endpoints they are given need but one place.
AT = [(place, library) for library in LIBRARIES for place in PLACES if place == "port" or "openid" in library]
APPLICATIONS = {"desktop": DESKTOP, "web": WEB}
#: The scope of a sign-in, and the audience of its tokens.
SCOPES = {
    "graph": ("openid profile email offline_access User.Read", GRAPH_ID),
    "api": (f"openid profile offline_access {ORDERS}/Orders.Read", ORDERS),
}
#: oauthlib takes a scope that differs from what was asked for as an error, and Entra's always does.
VARIABLES = {"OAUTHLIB_RELAX_TOKEN_SCOPE": "1"}


@pytest.fixture(params=PLACES)
def server(servers, request):
    server = servers("ours", request.param)
    server.grants()
    return server


def who(server, token):
    token = server.ask("resource", "who", token=token)
    return token["client"], token["user"], token["audience"]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("application", APPLICATIONS)
@pytest.mark.parametrize(["server", "library"], AT, indirect=["server"])
def test_a_client_signs_in_and_refreshes_with_and_without_a_scope(server, library, application, scope):
    asked, audience = SCOPES[scope]
    result = server.ask(
        LIBRARIES[library],
        library,
        VARIABLES,
        application=application,
        scope=asked,
        other=f"openid offline_access {MANAGEMENT}/.default",
        userInfo=scope == "graph",
    )
    assert server.grants() == ["authorization_code", "refresh_token", "refresh_token"]
    client = APPLICATIONS[application].id
    assert who(server, result["signedIn"]) == (client, USER, audience)
    assert who(server, result["same"]) == (client, USER, audience)
    assert who(server, result["other"]) == (client, USER, MANAGEMENT)
    if library.startswith("openid-client"):
        assert result["user"] == USER
    if "userInfo" in result:
        assert result["userInfo"]["email"] == USER


@pytest.mark.parametrize("tenant", ["common", "organizations"])
@pytest.mark.parametrize("library", ["openid-client-5", "openid-client-6"])
def test_openid_client_knows_the_issuers_of_many_tenants_at_microsofts_name(servers, library, tenant):
    server = servers("ours", "defaults")
    asked, audience = SCOPES["graph"]
    result = server.ask(
        LIBRARIES[library],
        library,
        VARIABLES,
        application="desktop",
        tenant=tenant,
        scope=asked,
        other="openid User.Read",
        userInfo=True,
    )
    assert (result["user"], result["userInfo"]["email"]) == (USER, USER)
    assert who(server, result["same"]) == (DESKTOP.id, USER, audience)


@pytest.mark.parametrize("tenant", [CONTOSO, TENANT_IDS[CONTOSO]], ids=["domain", "id"])
def test_passport_azure_ad_reads_the_v1_user_info(server, tenant):
    result = server.ask("passport_azure_ad_flows.cjs", "v1", tenant=tenant)
    assert server.grants() == ["authorization_code"]
    assert (result["user"], result["sub"], result["userInfo"]["sub"]) == (USER, result["sub_of_id_token"], result["sub"])
    assert who(server, result["access_token"]) == (WEB.id, USER, AZURE_AD_GRAPH)


def test_passport_azure_ad_reads_the_user_info_of_many_tenants(server):
    issuers = [f"{server.url}/{TENANT_IDS[CONTOSO]}/", f"https://sts.windows.net/{TENANT_IDS[CONTOSO]}/"]
    result = server.ask("passport_azure_ad_flows.cjs", "v1", tenant="common", issuer=issuers)
    assert (result["user"], result["userInfo"]["sub"]) == (USER, result["sub_of_id_token"])


def test_passport_azure_ad_reads_the_id_token_when_it_asked_for_a_resource(server):
    result = server.ask("passport_azure_ad_flows.cjs", "v1-resource", tenant=CONTOSO, resource=GRAPH)
    assert (result["user"], result["sub"]) == (USER, result["sub_of_id_token"])
    assert who(server, result["access_token"]) == (WEB.id, USER, GRAPH)


def test_passport_azure_ad_signs_in_at_v2(server):
    result = server.ask("passport_azure_ad_flows.cjs", "v2", tenant=CONTOSO)
    assert result["userInfo"]["preferred_username"] == USER
    assert who(server, result["access_token"]) == (WEB.id, USER, GRAPH)


#: Backends of social-core by where they ask, and the audience of the tokens they get.
BACKENDS = {
    "azuread-oauth2": ("common", AZURE_AD_GRAPH),
    "azuread-tenant-oauth2": (TENANT_IDS[CONTOSO], AZURE_AD_GRAPH),
    "azuread-oauth2-v2": ("common", GRAPH_ID),
    "azuread-v2-tenant-oauth2": (TENANT_IDS[CONTOSO], GRAPH_ID),
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_social_core_signs_in(server, backend):
    tenant, audience = BACKENDS[backend]
    result = server.ask("social_core_flows", backend, tenant=tenant, settings={})
    assert (result["email"], result["uid"]) == (USER, result["sub"])
    assert who(server, result["signedIn"]) == (WEB.id, USER, audience)
    if backend == "azuread-oauth2-v2":
        assert (server.grants(), result["same"]) == (["authorization_code"], None)
    else:
        assert server.grants() == ["authorization_code", "refresh_token"]
        assert who(server, result["same"]) == (WEB.id, USER, audience)


@pytest.mark.parametrize("backend", ["azuread-oauth2", "azuread-tenant-oauth2"])
def test_social_core_asks_for_the_resource_of_its_settings(server, backend):
    tenant, _ = BACKENDS[backend]
    result = server.ask("social_core_flows", backend, tenant=tenant, settings={"RESOURCE": GRAPH})
    assert who(server, result["signedIn"]) == (WEB.id, USER, GRAPH)
    assert who(server, result["same"]) == (WEB.id, USER, GRAPH)


HARNESS = Path(__file__).parent / "harness"
needs_go = pytest.mark.skipif(
    shutil.which("go") is None or not (GO_PATH / "src/golang.org/x/oauth2").is_dir(),
    reason="Go and its oauth2 package are not installed; on Debian: apt-get install golang-go golang-golang-x-oauth2-dev",
)


@needs_go
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("application", APPLICATIONS)
def test_x_oauth2_refreshes_without_a_scope(server, application, scope):
    asked, audience = SCOPES[scope]
    result = server.ask("x_oauth2.go", "sign-in", application=application, scope=asked, harness=str(HARNESS))
    assert server.grants() == ["authorization_code", "refresh_token", "refresh_token"]
    for token in ["signedIn", "same", "again"]:
        assert who(server, result[token]) == (APPLICATIONS[application].id, USER, audience)


@needs_go
def test_x_oauth2_gets_a_token_of_the_application(server):
    result = server.ask("x_oauth2.go", "client-credentials", scope=f"{ORDERS}/.default")
    assert server.grants() == ["client_credentials"]
    assert who(server, result["signedIn"]) == (WEB.id, None, ORDERS)


@pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not installed; on Debian: apt-get install rclone")
def test_rclone_signs_in_and_refreshes(servers):
    server = servers("ours", "defaults")
    server.grants()
    rclone = Rclone(server, RCLONE)
    try:
        first = rclone.authorize()
        assert who(server, first["access_token"]) == (RCLONE.id, USER, GRAPH_ID)
        assert server.grants() == ["authorization_code"]

        rclone.configure({**first, "expiry": "2020-01-01T00:00:00Z"})
        errors, second = rclone.list()
        # It got to the drive, which is not there.
        assert "failed to get root" in errors, errors
        assert server.grants() == ["refresh_token"]
        assert who(server, second["access_token"]) == (RCLONE.id, USER, GRAPH_ID)
        assert second["access_token"] != first["access_token"]
        assert second["refresh_token"]
    finally:
        rclone.stop()
