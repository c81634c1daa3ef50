"""social-auth-app-django 8.0.0, as Python Social Auth is used with Django."""

from .answering import answer_questions
from .django_application import make, sign_in

BACKEND = "azuread-v2-tenant-oauth2"


def store(ask):
    """The people of the question sign in, tenant by tenant. Only the library writes what it keeps of them."""
    make(
        ask.question["database"],
        ["social_django"],
        urls,
        AUTHENTICATION_BACKENDS=["social_core.backends.azuread_tenant.AzureADV2TenantOAuth2"],
        LOGIN_REDIRECT_URL="/home",
        SOCIAL_AUTH_AZUREAD_V2_TENANT_OAUTH2_KEY=ask.question["application"]["id"],
        SOCIAL_AUTH_AZUREAD_V2_TENANT_OAUTH2_SECRET=ask.question["application"]["secret"],
    )
    from django.conf import settings

    for tenant, users in ask.question["users"].items():
        settings.SOCIAL_AUTH_AZUREAD_V2_TENANT_OAUTH2_TENANT_ID = tenant
        for user in users:
            sign_in(ask, user, f"/login/{BACKEND}/", f"/complete/{BACKEND}/")


def urls():
    from django.urls import include, path

    return [path("", include("social_django.urls", namespace="social"))]


if __name__ == "__main__":
    answer_questions({"store": store})
