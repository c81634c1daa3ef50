"""An application of ADAL Python's days: it signs people in and leaves their tokens in ADAL's cache."""

from urllib.parse import parse_qs, urlencode, urlsplit

import adal

from .directory import DESKTOP, GRAPH, PASSWORD, WEB, tenant_of


class AdalApp:
    """Everything that ADAL 1.2.7 puts in a cache comes from ADAL 1.2.7 here."""

    def __init__(self, emulator):
        self.emulator = emulator
        self.cache = adal.TokenCache()

    def sign_in(self, user, resource=GRAPH, tenant=None):
        """With a password, as the public application."""
        context = self._context(tenant or tenant_of(user))
        context.acquire_token_with_username_password(resource, user, PASSWORD, DESKTOP.id)

    def more(self, user, resource, tenant=None):
        """A token for another resource or tenant from the refresh token at hand: one more copy of it."""
        context = self._context(tenant or tenant_of(user))
        context.acquire_token(resource, user, DESKTOP.id)

    def sign_in_to_web(self, user, resource=GRAPH):
        """In the browser, as the confidential application."""
        tenant = tenant_of(user)
        query = urlencode(
            {
                "response_type": "code",
                "client_id": WEB.id,
                "redirect_uri": WEB.redirect_uri,
                "resource": resource,
                "login_hint": user,
            }
        )
        page = f"{self.emulator.authority(tenant)}/oauth2/authorize?{query}"
        redirect = self.emulator.http.get(page, allow_redirects=False).headers["Location"]
        (code,) = parse_qs(urlsplit(redirect).query)["code"]
        self._context(tenant).acquire_token_with_authorization_code(
            code, WEB.redirect_uri, resource, WEB.id, WEB.secret
        )

    def act_as_itself(self, tenant, resource=GRAPH):
        """As the confidential application, without a user.

        Asked with the shared cache, ADAL answers from any entry of that client; so it gets an empty one.
        """
        alone = AdalApp(self.emulator)
        alone._context(tenant).acquire_token_with_client_credentials(resource, WEB.id, WEB.secret)
        self.cache.add([entry for _, entry in alone.cache.read_items()])

    def save(self, path):
        path.write_text(self.cache.serialize())

    def _context(self, tenant):
        return adal.AuthenticationContext(
            self.emulator.authority(tenant),
            validate_authority=False,
            cache=self.cache,
            verify_ssl=str(self.emulator.ca),
        )

