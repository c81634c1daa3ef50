"""Flask-Dance 7.1.0 with its SQLAlchemy storage."""

import os
from urllib.parse import urlsplit

from flask import Flask, redirect, session
from flask_dance.consumer.storage.sqla import OAuthConsumerMixin, SQLAlchemyStorage
from flask_dance.contrib.azure import make_azure_blueprint
from flask_sqlalchemy import SQLAlchemy

from harness.person import Person

from .answering import answer_questions

SCOPES = ["openid", "profile", "email", "offline_access", "https://graph.microsoft.com/User.Read"]


def store(ask):
    """The people of the question sign in, tenant by tenant. Only the library writes what it keeps of them."""
    # oauthlib takes a scope that differs from what was asked for as an error, and Entra's always does.
    os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"
    for tenant, users in ask.question["users"].items():
        app = application(ask, tenant)
        for user in users:
            sign_in(ask, app, user)


def sign_in(ask, app, user):
    browser, callback = app.test_client(), ask.question["callback"]["flask-dance"]
    browser.get(f"/as/{user}", base_url="https://localhost")
    page = browser.get("/login/azure", base_url="https://localhost")
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

    class User(database.Model):
        id = database.Column(database.Integer, primary_key=True)
        name = database.Column(database.String(100))

    class OAuth(OAuthConsumerMixin, database.Model):
        """As its documentation has it, with whose token it is."""

        user_id = database.Column(database.Integer, database.ForeignKey(User.id))
        user = database.relationship(User)

    def user():
        return database.session.get(User, session["user"])

    mine = ask.question["application"]
    blueprint = make_azure_blueprint(
        client_id=mine["id"],
        client_secret=mine["secret"],
        tenant=tenant,
        scope=SCOPES,
        redirect_url="/home",
        storage=SQLAlchemyStorage(OAuth, database.session, user=user),
    )
    app.register_blueprint(blueprint, url_prefix="/login")

    @app.get("/as/<name>")
    def known(name):
        user = User(name=name)
        database.session.add(user)
        database.session.commit()
        session["user"] = user.id
        return redirect("/login/azure")

    with app.app_context():
        database.create_all()
    return app


if __name__ == "__main__":
    answer_questions({"store": store})
