"""MSAL Python 1.39.0 in a program that shares its cache file with others, by msal-extensions 1.3.1."""

from urllib.parse import parse_qsl, urlsplit

import msal
from msal_extensions import FilePersistence, PersistedTokenCache

from .answering import SCOPE, answer_questions


def application(ask):
    cache = PersistedTokenCache(FilePersistence(ask.question["cache"]))
    return msal.PublicClientApplication(
        ask.desktop["id"], authority=ask.authority(), instance_discovery=False, token_cache=cache
    )


def sign_in(ask):
    """Signs people in, one after the other, where no page asks them for anything."""
    app, redirect_uri = application(ask), ask.desktop["redirectUri"]
    for user in ask.question["users"]:
        flow = app.initiate_auth_code_flow([SCOPE], redirect_uri=redirect_uri, login_hint=user)
        answer = dict(parse_qsl(urlsplit(ask.person.visit(flow["auth_uri"], redirect_uri)).query))
        result = app.acquire_token_by_auth_code_flow(flow, answer)
        assert "access_token" in result, result


def refreshed(ask):
    """The users of the file, each with the name that a token says which their refresh token gives."""
    app, users = application(ask), {}
    for account in app.get_accounts():
        result = app.acquire_token_silent_with_error([SCOPE], account, force_refresh=True) or {}
        users[account["username"]] = result.get("id_token_claims", {}).get("preferred_username")
    return users


if __name__ == "__main__":
    answer_questions({"sign-in": sign_in, "refreshed": refreshed})
