"""ADAL Python 1.2.7, version 1 of the endpoints."""

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import adal

from .answering import answer_questions

GRAPH = "https://graph.microsoft.com"
MANAGEMENT = "https://management.core.windows.net/"


def context(ask, tenant=None):
    """On its defaults it looks the host up; a host of one's own it would refuse."""
    return adal.AuthenticationContext(
        ask.authority(tenant), validate_authority=None if ask.defaults else False, cache=adal.TokenCache()
    )


def described(answer):
    return {"access_token": answer["accessToken"], "user": answer.get("userId")}


def authorization_code(ask):
    """With PKCE (RFC 7636), as the public application."""
    verifier = secrets.token_urlsafe(32)
    return described(redeem(ask, code_for_desktop(ask, verifier), verifier))


def code_for_desktop(ask, verifier):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "client_id": ask.desktop["id"],
        "redirect_uri": ask.desktop["redirectUri"],
        "resource": GRAPH,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    page = f"{ask.authority('common')}/oauth2/authorize?{urlencode(query)}"
    return code_of(ask.person.visit(page, ask.desktop["redirectUri"]))


def redeem(ask, code, verifier):
    return context(ask, "common").acquire_token_with_authorization_code(
        code, ask.desktop["redirectUri"], GRAPH, ask.desktop["id"], code_verifier=verifier
    )


def authorization_code_confidential(ask):
    query = {
        "response_type": "code",
        "client_id": ask.web["id"],
        "redirect_uri": ask.web["redirectUri"],
        "resource": GRAPH,
    }
    page = f"{ask.authority()}/oauth2/authorize?{urlencode(query)}"
    code = code_of(ask.person.visit(page, ask.web["redirectUri"]))
    answer = context(ask).acquire_token_with_authorization_code(
        code, ask.web["redirectUri"], GRAPH, ask.web["id"], ask.web["secret"]
    )
    return described(answer)


def code_of(redirect):
    return parse_qs(urlsplit(redirect).query)["code"][0]


def password(ask):
    return described(signed_in(ask)[1])


def signed_in(ask):
    here = context(ask)
    return here, here.acquire_token_with_username_password(GRAPH, ask.user, ask.password, ask.desktop["id"])


def silent(ask):
    here, first = signed_in(ask)
    second = here.acquire_token(GRAPH, ask.user, ask.desktop["id"])
    assert second["accessToken"] == first["accessToken"]
    return described(second)


def another_resource(ask):
    """From the refresh token of the first."""
    here, first = signed_in(ask)
    second = here.acquire_token(MANAGEMENT, ask.user, ask.desktop["id"])
    assert second["resource"] == MANAGEMENT
    return described(second)


def refresh(ask):
    here, first = signed_in(ask)
    answer = here.acquire_token_with_refresh_token(first["refreshToken"], ask.desktop["id"], GRAPH)
    assert answer["accessToken"] != first["accessToken"]
    return described({**first, **answer})


def device_code(ask):
    here = context(ask, "common")
    code = here.acquire_user_code(GRAPH, ask.desktop["id"])
    assert code["user_code"] in code["message"]
    ask.person.enter(code["verification_url"], code["user_code"])
    return described(here.acquire_token_with_device_code(GRAPH, code, ask.desktop["id"]))


def client_secret(ask):
    return described(context(ask).acquire_token_with_client_credentials(GRAPH, ask.web["id"], ask.web["secret"]))


def client_certificate(ask):
    daemon = ask.daemon
    return described(
        context(ask).acquire_token_with_client_certificate(GRAPH, daemon["id"], daemon["key"], daemon["thumbprint"])
    )


def client_certificate_by_issuer(ask):
    """Sends the certificate along (`x5c`)."""
    daemon = ask.daemon
    return described(
        context(ask).acquire_token_with_client_certificate(
            GRAPH, daemon["id"], daemon["key"], daemon["thumbprint"], daemon["certificate"]
        )
    )


def refused(attempt, *arguments):
    """What a server says against an attempt."""
    try:
        attempt(*arguments)
    except adal.AdalError as error:
        return {"error": error.error_response["error"]}
    raise AssertionError("nobody objected")


def wrong_secret(ask):
    return refused(context(ask).acquire_token_with_client_credentials, GRAPH, ask.web["id"], "wrong")


def wrong_password(ask):
    return refused(context(ask).acquire_token_with_username_password, GRAPH, ask.user, "wrong", ask.desktop["id"])


def made_up_refresh_token(ask):
    return refused(context(ask).acquire_token_with_refresh_token, "made up", ask.desktop["id"], GRAPH)


def wrong_verifier(ask):
    return refused(redeem, ask, code_for_desktop(ask, secrets.token_urlsafe(32)), secrets.token_urlsafe(32))


def spent_code(ask):
    verifier = secrets.token_urlsafe(32)
    code = code_for_desktop(ask, verifier)
    redeem(ask, code, verifier)
    return refused(redeem, ask, code, verifier)


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
            "password": password,
            "silent": silent,
            "another-resource": another_resource,
            "refresh": refresh,
            "device-code": device_code,
            "client-secret": client_secret,
            "client-certificate": client_certificate,
            "client-certificate-by-issuer": client_certificate_by_issuer,
        }
    )
