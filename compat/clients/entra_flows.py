"""What only Entra has, through MSAL Python and ADAL Python on their defaults."""

import base64
import re

import adal
import msal
import requests
from azure import identity

from .adal_flows import GRAPH
from .adal_flows import described as described_adal
from .answering import SCOPE, answer_questions
from .msal_flows import code_flow, described, public

FAMILY = "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "1950a258-227b-4e31-a9cf-717495945fc2"
ME = "https://graph.microsoft.com/v1.0/me"


def federated_password_by_adal(ask):
    """The user's realm leads to AD FS, whose assertion Entra takes."""
    here = adal.AuthenticationContext(ask.authority("common"))
    federated = ask.question["federated"]
    return described_adal(here.acquire_token_with_username_password(GRAPH, federated, ask.password, ask.desktop["id"]))


def federated_password_by_msal(ask):
    app = msal.PublicClientApplication(ask.desktop["id"], authority=ask.authority("organizations"))
    result = app.acquire_token_by_username_password(ask.question["federated"], ask.password, [SCOPE])
    return described(result, app)


def family(ask):
    """One member signs in, the other uses its refresh token from the cache they share."""
    cache = msal.SerializableTokenCache()
    first, second = [msal.PublicClientApplication(client_id, token_cache=cache) for client_id in FAMILY]
    described(code_flow(ask, first, ask.desktop["redirectUri"]), first)
    (account,) = second.get_accounts()
    return described(second.acquire_token_silent_with_error([SCOPE], account), second)


def at_authority(ask):
    """Another kind of tenant, at its own host."""
    app = msal.PublicClientApplication(ask.desktop["id"], authority=ask.question["authority"])
    return described(code_flow(ask, app, ask.desktop["redirectUri"]), app)


def at_region(ask):
    """Tokens of an application from the region it runs in, which it asks the machine for."""
    hosts = []
    with requests.Session() as session:
        session.hooks["response"].append(lambda response, **_: hosts.append(response.url.split("/")[2]))
        app = msal.ConfidentialClientApplication(
            ask.web["id"],
            client_credential=ask.web["secret"],
            authority=ask.authority(),
            http_client=session,
            azure_region=msal.ConfidentialClientApplication.ATTEMPT_REGION_DISCOVERY,
        )
        result = described(app.acquire_token_for_client([SCOPE]))
    return {**result, "host": hosts[-1]}


def in_another_cloud(ask):
    """azure-identity, told of a cloud by its name."""
    credential = identity.ClientSecretCredential(
        ask.tenant, ask.web["id"], ask.web["secret"], authority=identity.AzureAuthorityHosts.AZURE_GOVERNMENT
    )
    return {"access_token": credential.get_token(SCOPE).token, "user": None}


def agent(ask):
    """An agent acts as its own user account: its blueprint vouches for it, and it for its user."""
    agent_id, exchange = ask.question["agent"], "api://AzureADTokenExchange/.default"
    blueprint = msal.ConfidentialClientApplication(
        ask.web["id"], client_credential=ask.web["secret"], authority=ask.authority()
    )

    def vouched():
        return described(blueprint.acquire_token_for_client([exchange], fmi_path=agent_id))["access_token"]

    app = msal.ConfidentialClientApplication(
        agent_id, client_credential={"client_assertion": vouched}, authority=ask.authority()
    )
    instance = described(app.acquire_token_for_client([exchange]))["access_token"]
    result = app.acquire_token_by_user_federated_identity_credential([SCOPE], instance, username=ask.user)
    return described(result, app)


def challenged(ask):
    """Continuous access evaluation: an API learns before the token expires that its user was shut out."""
    user = ask.question["user"]
    app = msal.PublicClientApplication(ask.desktop["id"], authority=ask.authority(), client_capabilities=["cp1"])
    sign_in = app.acquire_token_by_username_password
    token = described(sign_in(user, ask.password, [SCOPE]), app)["access_token"]
    before = call(token).status_code
    requests.post(f"{ask.question['admin']}/users/{user}/revoke-sessions", timeout=30).raise_for_status()
    answer = call(token)
    challenge = re.search(r'claims="([^"]+)"', answer.headers["WWW-Authenticate"]).group(1)
    (account,) = app.get_accounts()
    refused = app.acquire_token_silent_with_error(
        [SCOPE], account, claims_challenge=base64.b64decode(challenge).decode()
    )
    again = described(sign_in(user, ask.password, [SCOPE]), app)["access_token"]
    return {
        "status": [before, answer.status_code, call(again).status_code],
        "error": refused["error"],
        "codes": refused["error_codes"],
        "suberror": refused["suberror"],
    }


def call(token):
    return requests.get(ME, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def needs_more(ask):
    """A refresh for an API that asks more of its users than the sign-in did."""
    app = public(ask)
    described(code_flow(ask, app, ask.desktop["redirectUri"]), app)
    (account,) = app.get_accounts()
    result = app.acquire_token_silent_with_error([f"{ask.question['resource']}/.default"], account)
    return {name: result.get(name) for name in ["error", "suberror", "error_codes", "classification"]}


def needs_more_by_adal(ask):
    here = adal.AuthenticationContext(ask.authority("organizations"))
    here.acquire_token_with_username_password(GRAPH, ask.user, ask.password, ask.desktop["id"])
    try:
        here.acquire_token(ask.question["resource"], ask.user, ask.desktop["id"])
    except adal.AdalError as error:
        return error.error_response
    raise AssertionError("nothing more was asked")


if __name__ == "__main__":
    answer_questions(
        {
            "federated-password-adal": federated_password_by_adal,
            "federated-password-msal": federated_password_by_msal,
            "family": family,
            "at-authority": at_authority,
            "at-region": at_region,
            "in-another-cloud": in_another_cloud,
            "agent": agent,
            "challenged": challenged,
            "needs-more": needs_more,
            "needs-more-adal": needs_more_by_adal,
        }
    )
