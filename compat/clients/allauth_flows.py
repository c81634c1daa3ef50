"""django-allauth 65.22.1, with the provider `microsoft` and its applications in the database."""

from .answering import answer_questions
from .django_application import make, sign_in

SCOPES = ["openid", "profile", "email", "offline_access", "User.Read"]


def store(ask):
    """The people of the question sign in, tenant by tenant. Only the library writes what it keeps of them."""
    make(
        ask.question["database"],
        ["allauth", "allauth.account", "allauth.socialaccount", "allauth.socialaccount.providers.microsoft"],
        urls,
        middleware=["allauth.account.middleware.AccountMiddleware"],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        LOGIN_REDIRECT_URL="/home",
        ACCOUNT_EMAIL_VERIFICATION="none",
        # Somebody of two tenants is two users.
        ACCOUNT_UNIQUE_EMAIL=False,
        SOCIALACCOUNT_STORE_TOKENS=True,
        SOCIALACCOUNT_PROVIDERS={"microsoft": {"SCOPE": SCOPES}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )
    from allauth.socialaccount.models import SocialApp

    application, callback = ask.question["application"], ask.question["callback"]["allauth"]
    for tenant, users in ask.question["users"].items():
        app = SocialApp.objects.create(
            provider="microsoft",
            name=tenant,
            client_id=application["id"],
            secret=application["secret"],
            settings={"tenant": tenant},
        )
        for user in users:
            sign_in(ask, user, "/accounts/microsoft/login/", callback)
        # From the pages on which one chooses, so that there is one that is meant.
        app.settings["hidden"] = True
        app.save()


def urls():
    from django.urls import include, path

    return [path("accounts/", include("allauth.urls"))]


if __name__ == "__main__":
    answer_questions({"store": store})
