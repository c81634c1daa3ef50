"""MSAL Python 1.39.0."""

from urllib.parse import parse_qsl, urlsplit

import msal

from .answering import SCOPE, answer_questions


def settings(ask, tenant=None):
    """On its defaults it is told the tenant at most."""
    if ask.defaults:
        return {"authority": ask.authority(tenant)} if tenant else {}
    return {"authority": ask.authority(tenant), "instance_discovery": False}


def public(ask, tenant=None):
    return msal.PublicClientApplication(ask.desktop["id"], **settings(ask, tenant))


def confidential(ask):
    return msal.ConfidentialClientApplication(
        ask.web["id"], client_credential=ask.web["secret"], **settings(ask, ask.tenant)
    )


def by_certificate(ask, **credential):
    return msal.ConfidentialClientApplication(
        ask.daemon["id"],
        client_credential={"private_key": ask.daemon["key"], **credential},
        **settings(ask, ask.tenant),
    )


def described(result, app=None):
    """The token, and the user whose account the application has now."""
    assert "access_token" in (result or {}), result
    users = [account["username"] for account in app.get_accounts()] if app else [None]
    assert len(users) == 1, users
    return {"access_token": result["access_token"], "user": users[0]}


def authorization_code(ask):
    """With PKCE, state and nonce, which MSAL adds and checks."""
    app = public(ask)
    return described(code_flow(ask, app, ask.desktop["redirectUri"]), app)


def authorization_code_confidential(ask):
    app = confidential(ask)
    return described(code_flow(ask, app, ask.web["redirectUri"]), app)


def code_flow(ask, app, redirect_uri, scope=SCOPE):
    return app.acquire_token_by_auth_code_flow(*signed_in_at_page(ask, app, redirect_uri, scope))


def signed_in_at_page(ask, app, redirect_uri, scope=SCOPE):
    """A flow that was started, and the answer to it."""
    flow = app.initiate_auth_code_flow([scope], redirect_uri=redirect_uri)
    return flow, dict(parse_qsl(urlsplit(ask.person.visit(flow["auth_uri"], redirect_uri)).query))


def interactive(ask):
    """Opens the browser and listens on a port of its own."""
    app = public(ask)
    return described(app.acquire_token_interactive([SCOPE], timeout=30), app)


def signed_in(ask):
    app = public(ask)
    result = code_flow(ask, app, ask.desktop["redirectUri"])
    return app, result, app.get_accounts()[0]


def silent(ask):
    app, first, account = signed_in(ask)
    second = app.acquire_token_silent([SCOPE], account)
    assert (second["token_source"], second["access_token"]) == ("cache", first["access_token"])
    return described(second, app)


def refresh(ask):
    app, first, account = signed_in(ask)
    second = described(app.acquire_token_silent_with_error([SCOPE], account, force_refresh=True), app)
    assert second["access_token"] != first["access_token"]
    return second


def another_resource(ask):
    app, _, account = signed_in(ask)
    scope = "https://management.core.windows.net//.default"
    return described(app.acquire_token_silent_with_error([scope], account), app)


def refresh_token_of_another_library(ask):
    _, first, _ = signed_in(ask)
    app = public(ask)
    return described(app.acquire_token_by_refresh_token(first["refresh_token"], [SCOPE]), app)


def sign_out(ask):
    app, first, account = signed_in(ask)
    app.remove_account(account)
    assert app.get_accounts() == []
    return described(first)


def device_code(ask):
    app = public(ask)
    flow = app.initiate_device_flow([SCOPE])
    assert flow["user_code"] in flow["message"]
    ask.person.enter(flow["verification_uri"], flow["user_code"])
    return described(app.acquire_token_by_device_flow(flow), app)


def password(ask):
    """Of one tenant: Entra refuses this grant at `common`, which is the default."""
    app = public(ask, ask.tenant)
    return described(app.acquire_token_by_username_password(ask.user, ask.password, [SCOPE]), app)


def client_secret(ask):
    return described(confidential(ask).acquire_token_for_client([SCOPE]))


def client_certificate(ask):
    """A SHA-1 thumbprint, so `x5t` and RS256."""
    return described(by_certificate(ask, thumbprint=ask.daemon["thumbprint"]).acquire_token_for_client([SCOPE]))


def client_certificate_by_issuer(ask):
    """The certificate itself, so `x5t#S256`, `x5c` and PS256."""
    app = by_certificate(ask, public_certificate=ask.daemon["certificate"])
    return described(app.acquire_token_for_client([SCOPE]))


def on_behalf_of(ask):
    """A desktop calls the web application's API, which calls Microsoft Graph for its user."""
    result = code_flow(ask, public(ask), ask.desktop["redirectUri"], f"{ask.web['api']}/.default")
    app = confidential(ask)
    return described(app.acquire_token_on_behalf_of(result["access_token"], [SCOPE]), app)


def refused(result):
    """What a server says against an attempt."""
    return {"error": result["error"]}


def wrong_secret(ask):
    app = msal.ConfidentialClientApplication(ask.web["id"], client_credential="wrong", **settings(ask, ask.tenant))
    return refused(app.acquire_token_for_client([SCOPE]))


def wrong_password(ask):
    return refused(public(ask, ask.tenant).acquire_token_by_username_password(ask.user, "wrong", [SCOPE]))


def made_up_refresh_token(ask):
    return refused(public(ask).acquire_token_by_refresh_token("made up", [SCOPE]))


def wrong_verifier(ask):
    app = public(ask)
    flow, answer = signed_in_at_page(ask, app, ask.desktop["redirectUri"])
    return refused(app.acquire_token_by_auth_code_flow({**flow, "code_verifier": "x" * 43}, answer))


def spent_code(ask):
    app = public(ask)
    flow, answer = signed_in_at_page(ask, app, ask.desktop["redirectUri"])
    described(app.acquire_token_by_auth_code_flow(flow, answer), app)
    return refused(app.acquire_token_by_auth_code_flow(flow, answer))


if __name__ == "__main__":
    answer_questions(
        {
            "wrong-secret": wrong_secret,
            "wrong-password": wrong_password,
            "made-up-refresh-token": made_up_refresh_token,
            "wrong-verifier": wrong_verifier,
            "spent-code": spent_code,
            "authorization-code": authorization_code,
            "authorization-code-confidential": authorization_code_confidential,
            "interactive": interactive,
            "silent": silent,
            "refresh": refresh,
            "another-resource": another_resource,
            "refresh-token-of-another-library": refresh_token_of_another_library,
            "sign-out": sign_out,
            "device-code": device_code,
            "password": password,
            "client-secret": client_secret,
            "client-certificate": client_certificate,
            "client-certificate-by-issuer": client_certificate_by_issuer,
            "on-behalf-of": on_behalf_of,
        }
    )
