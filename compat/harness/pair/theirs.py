"""MSAL Python 1.39.0."""

import threading
import time
import types
import warnings
import webbrowser
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msal
from msal.exceptions import MsalError
from msal.oauth2cli import oauth2

from .side import Side, refusal, tokens


class Theirs(Side):
    """As it comes, told only which certificate to trust and which proxy to use."""

    def start(self):
        world, settings = self.world, self.settings
        self._store = msal.SerializableTokenCache()
        if self.cache.exists():
            self._store.deserialize(self.cache.read_text())
        made = {
            "verify": str(world.ca),
            "proxies": {"https": world.recorder.proxy},
            "token_cache": self._store,
            "client_capabilities": list(settings.capabilities) or None,
            "app_name": settings.app_name,
            "app_version": settings.app_version,
        }
        if settings.oidc_authority:
            made["oidc_authority"] = settings.oidc_authority
        else:
            made["authority"] = world.authority(settings.tenant)
        credential = self._credential()
        if credential:
            made["client_credential"] = credential
        kind = msal.ConfidentialClientApplication if credential else msal.PublicClientApplication
        #: The same application at another tenant.
        self._at = lambda authority: kind(settings.client.id, **{**made, "authority": authority})
        self.app = kind(settings.client.id, **made)

    def _credential(self):
        settings = self.settings
        if settings.certificate:
            key, certificate = self.world.certificate.key, self.world.certificate.certificate
            return {"private_key": key, "public_certificate": certificate}
        if settings.assertion_file:
            return {"client_assertion": lambda: Path(settings.assertion_file).read_text().strip()}
        return settings.secret or settings.client.secret

    def initiate(self, scopes, redirect_uri, **options):
        flow = self.app.initiate_auth_code_flow(scopes, redirect_uri=redirect_uri, **options)
        return flow, flow["auth_uri"]

    def finish(self, flow, address, form=None):
        address = urlsplit(address)
        answer = form or dict(parse_qsl(address.query or address.fragment))
        return self._keep(lambda: self.app.acquire_token_by_auth_code_flow(flow, answer))

    def acquire_interactive(self, scopes, open_page, answer_in_query=False, **options):
        webbrowser.register("pair", None, Browser(open_page), preferred=True)
        return self._described(lambda: self.app.acquire_token_interactive(scopes, timeout=30, **options))

    def begin_device(self, scopes, **options):
        flow = self.app.initiate_device_flow(scopes, **options)
        if "error" in flow:
            return None, self.keep(refusal(flow))
        # Some servers write no message.
        return flow, {name: flow.get(name) for name in ["user_code", "verification_uri", "message", "interval"]}

    def finish_device(self, flow, **options):
        clock = SteppingClock(self, flow["expires_at"] - flow["expires_in"])
        oauth2.time, real = clock.module(), oauth2.time
        try:
            return self._keep(lambda: self.app.acquire_token_by_device_flow(flow, **options))
        finally:
            oauth2.time = real
            self.kept.waits += clock.waits()

    def password(self, user, password, scopes, **options):
        return self._keep(lambda: self.app.acquire_token_by_username_password(user, password, scopes, **options))

    def silent(self, user, scopes, force_refresh=False, claims_challenge=None, tenant=None):
        def acquire():
            app = self._at(self.world.authority(tenant)) if tenant else self.app
            (account,) = app.get_accounts(user)
            return app.acquire_token_silent_with_error(
                scopes, account, force_refresh=force_refresh, claims_challenge=claims_challenge
            )

        return self._keep(acquire)

    def by_refresh_token(self, token, scopes, **options):
        return self._keep(lambda: self.app.acquire_token_by_refresh_token(token, scopes, **options))

    def for_client(self, scopes, tenant=None, **options):
        app = self._at(self.world.authority(tenant)) if tenant else self.app
        return self._keep(lambda: app.acquire_token_for_client(scopes, **options))

    def forget_client(self):
        self.app.remove_tokens_for_client()
        self._save()

    def on_behalf_of(self, assertion, scopes, **options):
        return self._keep(lambda: self.app.acquire_token_on_behalf_of(assertion, scopes, **options))

    def accounts(self):
        names = ["home_account_id", "environment", "realm", "local_account_id", "username"]
        accounts = [{name: account[name] for name in names} for account in self.app.get_accounts()]
        self.kept.accounts.append(sorted(accounts, key=lambda account: account["username"]))
        return accounts

    def sign_out(self, user):
        (account,) = self.app.get_accounts(user)
        self.app.remove_account(account)
        self._save()

    def _keep(self, call):
        return self.keep(self._described(call))

    def _described(self, call):
        try:
            with warnings.catch_warnings():
                # That passwords are deprecated is known.
                warnings.simplefilter("ignore", DeprecationWarning)
                result = call()
        except (ValueError, RuntimeError, MsalError) as error:
            return refusal(None, f"{type(error).__name__}: {error}")
        finally:
            self._save()
        if result is None:
            return refusal(None, "None")
        if "error" in result:
            return refusal(result)
        scope, refresh_on = result.get("scope"), result.get("refresh_on")
        return tokens(
            result["access_token"],
            result["token_type"],
            result["expires_in"],
            result["token_source"],
            scope.split() if scope is not None else None,
            result.get("id_token_claims"),
            refresh_on and refresh_on - time.time(),
        )

    def _save(self):
        if self._store.has_state_changed:
            self.cache.write_text(self._store.serialize())
            self._store.has_state_changed = False


class Browser(webbrowser.BaseBrowser):
    """Opens a page while the library listens for what comes of it."""

    def __init__(self, open_page):
        super().__init__("pair")
        self._open_page = open_page

    def open(self, url, new=0, autoraise=True):
        threading.Thread(target=self._open_page, args=[url], daemon=True).start()
        return True


class SteppingClock:
    """The time that the library's loop over a device code sees: its waits take none."""

    def __init__(self, side, start):
        self._side = side
        self._start = start
        self._slept = 0
        #: The seconds slept by how many requests had been sent: the library sleeps a second at a time.
        self._after = {}

    def module(self):
        return types.SimpleNamespace(time=lambda: self._start + self._slept, sleep=self._sleep)

    def _sleep(self, seconds):
        self._slept += seconds
        sent = self._side.world.recorder.count()
        self._after[sent] = self._after.get(sent, 0) + seconds
        self._side.waited(seconds)

    def waits(self):
        return list(self._after.values())
