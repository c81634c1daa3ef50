"""MSAL Python on a cache that somebody else wrote, as text."""

import msal

from .answering import answer_questions
from .msal_flows import code_flow


def application(ask):
    cache = msal.SerializableTokenCache()
    cache.deserialize(ask.question.get("cache"))
    settings = {"authority": ask.question["authority"], "token_cache": cache}
    if not ask.question.get("discovers", True):
        settings["instance_discovery"] = False
    return msal.PublicClientApplication(ask.question.get("clientId", ask.desktop["id"]), **settings), cache


def sign_in(ask):
    app, cache = application(ask)
    result = code_flow(ask, app, ask.desktop["redirectUri"], ask.question["scope"])
    assert "access_token" in result, result
    return {"cache": cache.serialize()}


def silent(ask):
    """Whom the library lists, and what it gets for each."""
    app, cache = application(ask)
    results = {}
    for account in app.get_accounts():
        result = app.acquire_token_silent_with_error(
            [ask.question["scope"]], account, force_refresh=ask.question.get("forceRefresh", False)
        )
        result = result or {}
        results[account["username"]] = {
            "token": result.get("access_token"),
            "cached": result.get("token_source") == "cache",
            "error": result.get("error_description"),
        }
    return {"results": results, "cache": cache.serialize()}


if __name__ == "__main__":
    answer_questions({"sign-in": sign_in, "silent": silent})
