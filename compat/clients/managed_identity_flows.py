"""MSAL Python and azure-identity on machines that have an identity. Which machine it is, the variables say."""

import msal
import requests
from azure import identity

from .answering import SCOPE, answer_questions
from .msal_flows import settings

RESOURCE = "https://graph.microsoft.com"


def by_msal(ask):
    client_id = ask.question["clientId"]
    which = msal.UserAssignedManagedIdentity(client_id=client_id) if client_id else msal.SystemAssignedManagedIdentity()
    client = msal.ManagedIdentityClient(which, http_client=requests.Session())
    first = client.acquire_token_for_client(resource=RESOURCE)
    assert "access_token" in first, first
    again = client.acquire_token_for_client(resource=RESOURCE)
    assert (again["token_source"], again["access_token"]) == ("cache", first["access_token"])
    return {"access_token": first["access_token"]}


def by_msal_in_cloud_shell(ask):
    """There it is the person's own token that MSAL asks for, without a page."""
    app = msal.PublicClientApplication(ask.desktop["id"], **settings(ask))
    result = app.acquire_token_interactive([SCOPE], prompt="none")
    assert "access_token" in result, result
    return {"access_token": result["access_token"]}


def refused_in_cloud_shell(ask):
    """Asks for no resource."""
    app = msal.PublicClientApplication(ask.desktop["id"], **settings(ask))
    return app.acquire_token_interactive(["/.default"], prompt="none")


def by_azure_identity(ask):
    credential = identity.ManagedIdentityCredential(client_id=ask.question["clientId"])
    return {"access_token": credential.get_token(SCOPE).token}


def by_default(ask):
    """What finds a credential by itself, and finds the machine's."""
    credential = identity.DefaultAzureCredential(managed_identity_client_id=ask.question["clientId"])
    return {"access_token": credential.get_token(SCOPE).token}


if __name__ == "__main__":
    answer_questions(
        {
            "msal": by_msal,
            "msal-cloud-shell": by_msal_in_cloud_shell,
            "msal-cloud-shell-refused": refused_in_cloud_shell,
            "azure-identity": by_azure_identity,
            "azure-identity-default": by_default,
        }
    )
