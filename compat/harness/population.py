"""A cache as a real one would be: two tenants, two clients, three resources, copies, and entries without a user."""

import json
from dataclasses import dataclass

from .adal_app import AdalApp
from .directory import CONTOSO, DESKTOP, FABRIKAM, GRAPH, MANAGEMENT, ORDERS, WEB, users

DESKTOP_USERS = users(14, CONTOSO) + users(8, FABRIKAM)
#: Some are users of both applications.
WEB_USERS = users(4, CONTOSO) + users(3, FABRIKAM) + ["user20@contoso.example"]
GUEST = f"user1@{FABRIKAM}"


@dataclass
class Population:
    """A filled ADAL cache and what is known about it."""

    path: object
    entries: list

    @property
    def users(self):
        return set(DESKTOP_USERS) | set(WEB_USERS)

    @property
    def users_of(self):
        return {DESKTOP: set(DESKTOP_USERS), WEB: set(WEB_USERS)}

    @property
    def refresh_tokens(self):
        """The distinct (refresh token, client) pairs, each of which is to be redeemed once."""
        return {(entry["refreshToken"], entry["_clientId"]) for entry in self.entries if "refreshToken" in entry}

    @property
    def secrets(self):
        fields = ["accessToken", "refreshToken"]
        return {entry[field] for entry in self.entries for field in fields if field in entry}


def populate(emulator, path):
    """Signs everybody in with ADAL and saves its cache."""
    app = AdalApp(emulator)
    app.act_as_itself(CONTOSO)
    app.act_as_itself(FABRIKAM, ORDERS)
    for user in DESKTOP_USERS:
        app.sign_in(user)
    for user in DESKTOP_USERS[::2]:
        app.more(user, MANAGEMENT)
        app.more(user, ORDERS)
    for user in DESKTOP_USERS[::3]:
        app.more(user, GRAPH, tenant="common")
    app.sign_in(DESKTOP_USERS[-1], MANAGEMENT, tenant="common")
    app.more(GUEST, GRAPH, tenant=CONTOSO)
    for user in WEB_USERS:
        app.sign_in_to_web(user)
    for user in WEB_USERS[::2]:
        app.sign_in_to_web(user, ORDERS)
    app.save(path)
    return Population(path, json.loads(path.read_text()))
