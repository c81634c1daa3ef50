"""A web application with Django 5.2.19 and its database: what the libraries for sign-in have in common there."""

from types import ModuleType
from urllib.parse import urlsplit

import django
import pymysql
from django.conf import settings

from harness.person import Person

HOST = "localhost"


def make(database, apps, urls, **more):
    """Configures Django with the database, and makes the tables. Once in a process."""
    pymysql.install_as_MySQLdb()
    settings.configure(
        SECRET_KEY="of an application that lives for one test",
        ALLOWED_HOSTS=[HOST],
        DATABASES={"default": database},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            *apps,
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            *more.pop("middleware", []),
        ],
        ROOT_URLCONF=ModuleType("urls"),
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        **more,
    )
    django.setup()
    from django.core.management import call_command

    settings.ROOT_URLCONF.urlpatterns = urls()
    call_command("migrate", verbosity=0)


def sign_in(ask, user, start, callback):
    """A user goes through the application's own pages, and Microsoft's in between."""
    from django.test import Client

    browser = Client(SERVER_NAME=HOST, headers={"host": HOST})
    page = browser.post(start, secure=True)
    assert page.status_code == 302, page.content
    answer = Person(user, ask.password).visit(page.headers["Location"], f"https://{HOST}{callback}")
    parts = urlsplit(answer)
    done = browser.get(f"{parts.path}?{parts.query}", secure=True)
    assert (done.status_code, done.headers.get("Location")) == (302, "/home"), done.content
