"""An application on MSAL Python 1.39.0 with its cache in a file."""

import base64
import functools
import json
from urllib.parse import parse_qsl, urlsplit

import msal

from .directory import LOOPBACK, tenant_of


class PythonApp:
    """MSAL Python as it comes, told only which certificate to trust and where the tenant is."""

    def __init__(self, emulator, client, path, tenant):
        self.emulator = emulator
        self.path = path
        self.cache = msal.SerializableTokenCache()
        if path.exists():
            self.cache.deserialize(path.read_text())
        settings = {
            "authority": emulator.authority(tenant),
            "instance_discovery": False,
            "verify": str(emulator.ca),
            "token_cache": self.cache,
        }
        if client.secret:
            self.app = msal.ConfidentialClientApplication(client.id, client_credential=client.secret, **settings)
        else:
            self.app = msal.PublicClientApplication(client.id, **settings)

    def users(self):
        return sorted(account["username"] for account in self.app.get_accounts())

    def account(self, user):
        (account,) = self.app.get_accounts(user)
        return account

    def silent(self, user, scope, force_refresh=False):
        """The whole result of `acquire_token_silent_with_error`, which is None when nothing fits."""
        return self.app.acquire_token_silent_with_error([scope], self.account(user), force_refresh=force_refresh)

    def sign_in(self, user, scope):
        """In the browser, where the user is signed in already.

        Not with a password: MSAL Python then asks for the user's realm on port 443, whatever the authority's port.
        """
        flow = self.app.initiate_auth_code_flow([scope], redirect_uri=LOOPBACK, login_hint=user)
        redirect = self.emulator.http.get(flow["auth_uri"], allow_redirects=False).headers["Location"]
        answer = dict(parse_qsl(urlsplit(redirect).query))
        result = self.app.acquire_token_by_auth_code_flow(flow, answer)
        assert "access_token" in result, result.get("error_description")

    def remove(self, user):
        self.app.remove_account(self.account(user))

    def save(self):
        self.path.write_text(self.cache.serialize())


def app_of(emulator, client, path):
    """Applications for all tenants on the same cache: a function from a user to the one of their tenant."""

    @functools.cache
    def of_tenant(tenant):
        return PythonApp(emulator, client, path, tenant)

    return lambda user: of_tenant(tenant_of(user))


def claims(token):
    """What a JWT says, unverified."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
