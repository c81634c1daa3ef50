"""social-auth-core 7.0.0, the core of Python Social Auth, in a web application that keeps nothing."""

from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

from social_core.backends.azuread import AzureADOAuth2, AzureADOAuth2V2
from social_core.backends.azuread_tenant import AzureADTenantOAuth2, AzureADV2TenantOAuth2
from social_core.strategy import BaseStrategy

from .answering import answer_questions

BACKENDS = [AzureADOAuth2, AzureADOAuth2V2, AzureADTenantOAuth2, AzureADV2TenantOAuth2]


class Nonces:
    """What was given out and not come back."""

    def __init__(self):
        self._known = set()

    def use(self, *nonce):
        known = nonce in self._known
        self._known.add(nonce)
        return not known

    def consume(self, *nonce):
        known = nonce in self._known
        self._known.discard(nonce)
        return known


class Application(BaseStrategy):
    """The application's side: its settings, one session and the request that it answers."""

    def __init__(self, settings):
        super().__init__(storage=SimpleNamespace(nonce=Nonces()))
        self._settings = settings
        self._session = {}
        self.request = {}

    def get_setting(self, name):
        return self._settings[name]

    def get_request_data(self, merge=True):
        return self.request

    def session_get(self, name, default=None):
        return self._session.get(name, default)

    def session_set(self, name, value):
        self._session[name] = value

    def session_pop(self, name):
        return self._session.pop(name, None)

    def build_absolute_uri(self, path=None):
        return path

    def redirect(self, url):
        return url


def take_user(backend, response, **_):
    """The last step of the pipeline, where an application finds or makes its user."""
    details = backend.get_user_details(response)
    return {"user": SimpleNamespace(uid=backend.get_user_id(details, response), details=details, response=response)}


def sign_in(backend_class):
    def flow(ask):
        settings = {
            "KEY": ask.web["id"],
            "SECRET": ask.web["secret"],
            "TENANT_ID": ask.question["tenant"],
            "AUTHORITY_HOST": ask.host,
            "PIPELINE": [f"{__package__}.social_core_flows.take_user"],
            **ask.question["settings"],
        }
        application = Application({f"SOCIAL_AUTH_{name}": value for name, value in settings.items()})
        redirect_uri = ask.web["redirectUri"]
        page = backend_class(application, redirect_uri).start()
        application.request = dict(parse_qsl(urlsplit(ask.person.visit(page, redirect_uri)).query))
        backend = backend_class(application, redirect_uri)
        user = backend.complete()
        return {
            "uid": user.uid,
            "sub": user.response["sub"],
            "email": user.details["email"],
            "signedIn": user.response["access_token"],
            "same": refreshed(backend, user.response),
        }

    return flow


def refreshed(backend, response):
    """The backends that ask for no `offline_access` get no refresh token at v2.0."""
    if "refresh_token" not in response:
        return None
    return backend.refresh_token(response["refresh_token"])["access_token"]


if __name__ == "__main__":
    answer_questions({backend.name: sign_in(backend) for backend in BACKENDS})
