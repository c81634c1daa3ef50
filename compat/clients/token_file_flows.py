"""requests-oauthlib 2.0.0 and O365 2.1.10, which keep a user's tokens in a file."""

import json
import os
from pathlib import Path

from O365 import Account, FileSystemTokenBackend
from requests_oauthlib import OAuth2Session

from harness.person import Person

from .answering import answer_questions

SCOPES = ["https://graph.microsoft.com/User.Read", "offline_access"]


def requests_oauthlib(ask):
    """As its documentation says, the application saves what the library gives."""
    # It takes a scope that differs from what was asked for as an error, and Entra's always does.
    os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"
    web, base = ask.web, f"{ask.authority(ask.question['tenant'])}/oauth2/v2.0"
    session = OAuth2Session(web["id"], redirect_uri=web["redirectUri"], scope=["openid", "profile", *SCOPES])
    page, _ = session.authorization_url(f"{base}/authorize")
    answer = person(ask).visit(page, web["redirectUri"])
    token = session.fetch_token(
        f"{base}/token", authorization_response=answer, include_client_id=True, client_secret=web["secret"]
    )
    Path(ask.question["file"]).write_text(json.dumps(token))


def o365(ask):
    """The library saves by itself."""
    file = Path(ask.question["file"])
    account = Account(
        (ask.web["id"], ask.web["secret"]),
        tenant_id=ask.question["tenant"],
        token_backend=FileSystemTokenBackend(token_path=file.parent, token_filename=file.name),
    )
    redirect_uri = ask.web["redirectUri"]
    page, flow = account.get_authorization_url(requested_scopes=SCOPES[:1], redirect_uri=redirect_uri)
    assert account.request_token(person(ask).visit(page, redirect_uri), flow=flow, redirect_uri=redirect_uri)


def person(ask):
    return Person(ask.question["person"], ask.password)


if __name__ == "__main__":
    answer_questions({"requests-oauthlib": requests_oauthlib, "o365": o365})
