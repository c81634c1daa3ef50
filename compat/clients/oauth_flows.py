"""requests-oauthlib 2.0.0 and Authlib 1.9.10, which know no servers: they are given the endpoints."""

from authlib.integrations.requests_client import OAuth2Session as Authlib
from requests_oauthlib import OAuth2Session as RequestsOauthlib

from .answering import answer_questions

def endpoints(ask):
    base = f"{ask.authority()}/oauth2/v2.0"
    return f"{base}/authorize", f"{base}/token"


def requests_oauthlib(ask):
    page, token_endpoint = endpoints(ask)
    app = getattr(ask, ask.question["application"])
    client = {"client_id": app["id"], "client_secret": app.get("secret")}
    here = RequestsOauthlib(app["id"], redirect_uri=app["redirectUri"], scope=ask.question["scope"].split(), pkce="S256")
    url, _ = here.authorization_url(page)
    answer = ask.person.visit(url, app["redirectUri"])
    # It wants TLS of every address, and nobody listens at a loopback one.
    answer = answer.replace("http://localhost", "https://localhost")
    signed_in = here.fetch_token(
        token_endpoint, authorization_response=answer, include_client_id=True, client_secret=app.get("secret")
    )
    # A session that is made of a stored token knows no scope, so its refresh names none.
    later = RequestsOauthlib(app["id"], token=dict(signed_in))
    same = later.refresh_token(token_endpoint, **client)
    later.scope = ask.question["other"].split()
    other = later.refresh_token(token_endpoint, **client)
    return described(signed_in, same, other)


def authlib(ask):
    page, token_endpoint = endpoints(ask)
    app = getattr(ask, ask.question["application"])
    client = {
        "client_id": app["id"],
        "client_secret": app.get("secret"),
        "token_endpoint_auth_method": "client_secret_post" if app.get("secret") else "none",
    }
    verifier = "a-verifier-of-at-least-forty-three-characters-as-rfc-7636-asks"
    with Authlib(
        **client, redirect_uri=app["redirectUri"], scope=ask.question["scope"], code_challenge_method="S256"
    ) as here:
        url, state = here.create_authorization_url(page, code_verifier=verifier)
        answer = ask.person.visit(url, app["redirectUri"])
        signed_in = here.fetch_token(
            token_endpoint, authorization_response=answer, code_verifier=verifier, state=state
        )
    with Authlib(**client, token=dict(signed_in), token_endpoint=token_endpoint) as later:
        same = later.refresh_token(token_endpoint)
        other = later.refresh_token(token_endpoint, scope=ask.question["other"])
    return described(signed_in, same, other)


def described(signed_in, same, other):
    return {name: token["access_token"] for name, token in [("signedIn", signed_in), ("same", same), ("other", other)]}


if __name__ == "__main__":
    answer_questions({"requests-oauthlib": requests_oauthlib, "authlib": authlib})
