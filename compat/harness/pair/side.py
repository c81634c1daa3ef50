"""What both sides have in common: how a case asks, and what is written down of it."""

import json
import re
from dataclasses import dataclass, field

from harness.directory import CONTOSO, GRAPH, Client
from harness.python_app import claims

SCOPE = f"{GRAPH}/User.Read"
#: Claims that differ with the moment or by chance.
PASSING = {"aio", "auth_time", "exp", "iat", "jti", "nbf", "nonce", "rh", "sid", "uti", "xms_ftd", "at_hash", "s_hash"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z")
#: Where a result of MSAL Python has what the server said.
SAID = ["error", "suberror", "error_codes", "claims", "classification"]


@dataclass
class Transcript:
    """What one side did in a case."""

    requests: list = field(default_factory=list)
    #: Addresses that the user was sent to.
    pages: list = field(default_factory=list)
    results: list = field(default_factory=list)
    accounts: list = field(default_factory=list)
    #: The seconds between two questions.
    waits: list = field(default_factory=list)
    cache: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """An application."""

    client: Client
    tenant: str = CONTOSO
    capabilities: tuple = ()
    app_name: str | None = None
    app_version: str | None = None
    #: A PEM file, for a client that signs.
    certificate: str | None = None
    passphrase: str | None = None
    send_chain: bool = False
    #: A file with an assertion that somebody else has signed.
    assertion_file: str | None = None
    #: An issuer that is not Microsoft's.
    oidc_authority: str | None = None
    #: A wrong one, to be refused.
    secret: str | None = None


class Side:
    """An application on one of the two libraries. Each call's result is kept, and given back."""

    def __init__(self, world, settings, cache):
        self.world = world
        self.settings = settings
        self.cache = cache
        self.kept = Transcript()
        #: Called with the seconds of a wait, when it is over.
        self.on_wait = lambda seconds: None
        self.start()

    def sign_in(self, user, scopes=(SCOPE,), **options):
        """By the authorization code flow."""
        return self.finish(*self.begin(user, scopes, **options))

    def begin(self, user, scopes=(SCOPE,), redirect_uri=None, hint=True, **options):
        """A flow, and what the user brings back from its page: an address, and a form where one is posted."""
        redirect_uri = redirect_uri or self.settings.client.redirect_uri
        if hint:
            options["login_hint"] = user
        flow, page = self.initiate(list(scopes), redirect_uri, **options)
        self.kept.pages.append(page)
        return (flow, *self.world.person(user).answer(page, redirect_uri))

    def interactive(self, user, scopes=(SCOPE,), **options):
        def open_page(page):
            self.kept.pages.append(page)
            self.world.person(user).visit(page)

        return self.keep(self.acquire_interactive(list(scopes), open_page, login_hint=user, **options))

    def begin_again(self, change):
        """As after a restart, with access tokens changed in the cache meanwhile."""
        self.stop()
        cache = json.loads(self.cache.read_text())
        for entry in cache["AccessToken"].values():
            change(entry)
        self.cache.write_text(json.dumps(cache, indent=4))
        self.start()

    def keep(self, result):
        self.kept.results.append(result)
        return result

    def waited(self, seconds):
        self.world.pass_time(seconds)
        self.on_wait(seconds)

    def ended(self):
        """What was kept, when nothing more is asked."""
        self.kept.requests += self.world.recorder.take()
        self.stop()
        if self.cache.exists():
            self.kept.cache = json.loads(self.cache.read_text())
        return self.kept

    def stop(self):
        """Nothing runs."""


def tokens(access_token, token_type, expires_in, token_source, scopes, id_token_claims, refresh_in):
    """A result with a token, without what differs by chance."""
    return {
        "access_token": access_token,
        "about": lasting(claims(access_token)) if access_token.count(".") == 2 else None,
        "token_type": token_type,
        "expires_in": about(expires_in),
        "token_source": token_source,
        "scopes": sorted(scopes) if scopes is not None else None,
        "id_token_claims": lasting(id_token_claims),
        "refresh_in": about(refresh_in),
    }


def refusal(service, said=None):
    """A result without one. `said` is what the library says by itself."""
    description = (service or {}).get("error_description")
    return {
        # An empty list of codes is none.
        **{name: (service or {}).get(name) or None for name in SAID},
        "description": MOMENT.sub("a moment", description.split(" Trace ID:")[0]) if description else None,
        "said": said,
    }


def lasting(claims):
    return claims and {name: value for name, value in claims.items() if name not in PASSING}


def about(seconds):
    """A time in whole minutes: a test takes less than one, and no two begin in the same second."""
    return None if seconds is None else round(seconds / 60)
