"""How long a hit of MSAL Python takes: `msal_python_hits.py TENANTS` prints nanoseconds, the median of many batches.

Each tenant has ten tokens, and an answer that is made in the process. An application is for one tenant, so that many tenants
are many applications; which of them a tenant has is not looked up here.
"""

import json
import random
import statistics
import sys
import time

import msal

TOKENS, BATCH, BATCHES = 10, 20, 301
LOGIN = "https://login.microsoftonline.com"


class Answer:
    status_code, headers = 200, {}

    def __init__(self, body):
        self.text = json.dumps(body)

    def raise_for_status(self):
        pass


class Answering:
    """An HTTP client with the identity platform in it."""

    def get(self, url, **_):
        tenant = url.removeprefix(LOGIN).split("/")[1]
        endpoints = {name: f"{LOGIN}/{tenant}/{name}" for name in ["authorization_endpoint", "token_endpoint"]}
        return Answer({"issuer": f"{LOGIN}/{tenant}/v2.0", **endpoints})

    def post(self, url, **_):
        return Answer({"access_token": "A" * 1800, "expires_in": 86399, "token_type": "Bearer"})


def application(number):
    return msal.ConfidentialClientApplication(
        tenant(0),
        client_credential="secret",
        authority=f"{LOGIN}/{tenant(number)}",
        instance_discovery=False,
        http_client=Answering(),
    )


def tenant(number):
    return f"c0ffee00-0000-4000-8000-{number:012}"


def main(tenants):
    applications = [application(number) for number in range(tenants)]
    scopes = [[f"https://api{api}.example/.default"] for api in range(TOKENS)]
    for app in applications:
        for scope in scopes:
            assert app.acquire_token_for_client(scope)["token_source"] == "identity_provider"
    batches = []
    for _ in range(BATCHES):
        calls = [(random.choice(applications), random.choice(scopes)) for _ in range(BATCH)]
        start = time.perf_counter_ns()
        for app, scope in calls:
            app.acquire_token_for_client(scope)
        batches.append((time.perf_counter_ns() - start) / BATCH)
        assert app.acquire_token_for_client(scope)["token_source"] == "cache"
    print(statistics.median(batches))


if __name__ == "__main__":
    main(int(sys.argv[1]))
