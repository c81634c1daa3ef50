"""Authlib's client for Flask, with the table of its documentation."""

from urllib.parse import urlsplit

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session
from flask_sqlalchemy import SQLAlchemy

from harness.person import Person

from .answering import answer_questions

SCOPE = "openid profile email offline_access https://graph.microsoft.com/User.Read"


def store(ask):
    """The people of the question sign in, tenant by tenant.

    What the library gives, the application stores as the documentation says.
    """
    for tenant, users in ask.question["users"].items():
        app = application(ask, tenant)
        for user in users:
            sign_in(ask, app, user)


def sign_in(ask, app, user):
    browser, callback = app.test_client(), ask.question["callback"]["client"]
    page = browser.get(f"/as/{user}", base_url="https://localhost")
    answer = Person(user, ask.password).visit(page.location, f"https://localhost{callback}")
    parts = urlsplit(answer)
    done = browser.get(f"{parts.path}?{parts.query}", base_url="https://localhost")
    assert done.location == "/home", done.get_data(as_text=True)


def application(ask, tenant):
    app = Flask(__name__)
    app.config.update(
        TESTING=True,
        SECRET_KEY="of an application that lives for one test",
        SQLALCHEMY_DATABASE_URI=ask.question["database"],
    )
    database = SQLAlchemy(app)

    class OAuth2Token(database.Model):
        """https://docs.authlib.org: "Design Database" for clients."""

        __tablename__ = "oauth2_token"
        id = database.Column(database.Integer, primary_key=True)
        name = database.Column(database.String(40))
        user = database.Column(database.String(100))
        token_type = database.Column(database.String(40))
        access_token = database.Column(database.Text)
        refresh_token = database.Column(database.Text)
        expires_at = database.Column(database.Integer)

    mine = ask.question["application"]
    microsoft = OAuth(app).register(
        "microsoft",
        client_id=mine["id"],
        client_secret=mine["secret"],
        server_metadata_url=f"{ask.authority(tenant)}/v2.0/.well-known/openid-configuration",
        client_kwargs={"scope": SCOPE},
    )

    @app.get("/as/<name>")
    def known(name):
        session["user"] = name
        return microsoft.authorize_redirect(f"https://localhost{ask.question['callback']['client']}")

    @app.get(ask.question["callback"]["client"])
    def authorized():
        token = microsoft.authorize_access_token()
        kept = {name: token[name] for name in ["token_type", "access_token", "refresh_token", "expires_at"]}
        database.session.add(OAuth2Token(name="microsoft", user=session["user"], **kept))
        database.session.commit()
        return redirect("/home")

    with app.app_context():
        database.create_all()
    return app


if __name__ == "__main__":
    answer_questions({"store": store})
