"""django-allauth 65.22.1, with the provider `microsoft` and its application in the database."""

from .answering import answer_questions
from .django_application import make, sign_in

SCOPES = ["openid", "profile", "email", "offline_access", "User.Read"]


def store(ask):
    """The people of the question sign in. Only the library writes what it keeps of them."""
    make(
        ["allauth", "allauth.account", "allauth.socialaccount", "allauth.socialaccount.providers.microsoft"],
        urls,
        middleware=["allauth.account.middleware.AccountMiddleware"],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        LOGIN_REDIRECT_URL="/home",
        ACCOUNT_EMAIL_VERIFICATION="none",
        SOCIALACCOUNT_STORE_TOKENS=True,
        SOCIALACCOUNT_PROVIDERS={"microsoft": {"SCOPE": SCOPES}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )
    from allauth.socialaccount.models import SocialApp

    application = ask.question["application"]
    SocialApp.objects.create(
        provider="microsoft",
        name="Microsoft",
        client_id=application["id"],
        secret=application["secret"],
        settings={"tenant": ask.tenantId},
    )
    callback = ask.question["callback"]["allauth"]
    return [sign_in(ask, user, "/accounts/microsoft/login/", callback) for user in ask.question["users"]]


def urls():
    from django.urls import include, path

    return [path("accounts/", include("allauth.urls"))]


if __name__ == "__main__":
    answer_questions({"store": store})
