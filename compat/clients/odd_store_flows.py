"""Programs that have a store between them: ADAL Python 1.2.7 fills it, MSAL Python 1.39.0 goes on with it."""

import json
from pathlib import Path
from urllib.parse import urlencode

import adal
import msal

from harness.person import Person

from .adal_flows import code_of
from .answering import answer_questions
from .msal_flows import code_flow


def fill(ask):
    """The cache of an application, after people signed in at authorities for resources, under client ids."""
    cache, entries = adal.TokenCache(), []
    for sign_in in ask.question["sign_ins"]:
        if sign_in["authority"].endswith("/consumers"):
            entries.append(personal(ask, **sign_in))
        else:
            sign_in_with_adal(ask, cache, **sign_in)
    return json.loads(cache.serialize()) + entries


def sign_in_with_adal(ask, cache, user, authority, resource, client):
    """At the browser. The cache has one refresh token for each user, the newest, in all their entries."""
    redirect_uri = ask.desktop["redirectUri"]
    query = {"response_type": "code", "client_id": client, "redirect_uri": redirect_uri, "resource": resource}
    person = Person(user, ask.password)
    code = code_of(person.visit(f"{authority}/oauth2/authorize?{urlencode(query)}", redirect_uri))
    context = adal.AuthenticationContext(authority, cache=cache)
    context.acquire_token_with_authorization_code(code, redirect_uri, resource, client)


def personal(ask, user, authority, resource, client):
    """ADAL's endpoints know personal accounts as guests only. This is another library's token, as ADAL would keep it."""
    ask.person = Person(user, ask.password)
    app = msal.PublicClientApplication(client, authority=authority)
    result = code_flow(ask, app, ask.desktop["redirectUri"], f"{resource}/.default")
    return {
        "tokenType": "Bearer",
        "accessToken": result["access_token"],
        "refreshToken": result["refresh_token"],
        "expiresIn": 3599,
        "expiresOn": "2026-11-22 14:22:23.786223",
        "resource": resource,
        "identityProvider": "live.com",
        "userId": user,
        "isUserIdDisplayable": True,
        "isMRRT": True,
        "_clientId": client,
        "_authority": authority,
    }


def silent(ask):
    """The accounts of these ids at an authority, and what MSAL gets for each without anybody's help."""
    cache = msal.SerializableTokenCache()
    cache.deserialize(Path(ask.question["cache"]).read_text())
    authority, scopes = ask.question["authority"], [ask.question["scope"]]
    client_id, secret = ask.question["client_id"], ask.question.get("secret")
    if secret:
        app = msal.ConfidentialClientApplication(client_id, secret, authority=authority, token_cache=cache)
    else:
        app = msal.PublicClientApplication(client_id, authority=authority, token_cache=cache)
    found = []
    for account in app.get_accounts():
        if account["home_account_id"] in ask.question["ids"]:
            result = app.acquire_token_silent_with_error(scopes, account) or {}
            found.append({"user": account["username"], "id": account["home_account_id"], **result})
    return found


if __name__ == "__main__":
    answer_questions({"fill": fill, "silent": silent})
