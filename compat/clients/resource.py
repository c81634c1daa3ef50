"""An API that gets the tokens: says whose they are, after asking the server that issued them."""

import jwt
import requests

from .answering import answer_questions


def get(ask):
    return requests.get(ask.question["url"], timeout=30).status_code


def who(ask):
    """Of which application and user an access token is; `None` for a user when it has none."""
    return introspected(ask) if ask.name == "oidc-provider" else verified(ask)


def introspected(ask):
    """RFC 7662."""
    form = {"token": ask.question["token"], "client_id": ask.web["id"], "client_secret": ask.web["secret"]}
    answer = requests.post(f"{ask.url}/op/token/introspection", data=form, timeout=30).json()
    assert answer["active"], answer
    return {"client": answer["client_id"], "user": answer.get("sub"), "scope": answer.get("scope")}


def verified(ask):
    """By its signature, with the keys that the server publishes."""
    token = ask.question["token"]
    keys = requests.get(f"{ask.url}/common/discovery/keys", timeout=30).json()["keys"]
    (key,) = [key for key in keys if key["kid"] == jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, jwt.PyJWK(key, "RS256"), ["RS256"], options={"verify_aud": False})
    user = claims.get("upn") or claims.get("preferred_username")
    return {"client": claims.get("appid") or claims.get("azp"), "user": user, "audience": claims["aud"]}


if __name__ == "__main__":
    answer_questions({"get": get, "who": who})
