"""Signing in at a browser, through MSAL Python and through ours."""

import pytest

from harness.directory import CONTOSO, DESKTOP, WEB
from harness.pair.side import Settings

USER = f"user1@{CONTOSO}"


def test_a_public_client(pair):
    def case(side):
        side.sign_in(USER)
        side.accounts()

    pair("code-public", case, Settings(DESKTOP))
