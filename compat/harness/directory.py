"""The people, applications and APIs that the emulator is given.

Two tenants, a public and a confidential application, and three APIs. Every user name is `NAME@TENANT`.
"""

from dataclasses import dataclass

CONTOSO = "contoso.example"
FABRIKAM = "fabrikam.example"
TENANT_IDS = {
    CONTOSO: "c0ffee00-0001-4000-8000-000000000000",
    FABRIKAM: "c0ffee00-0002-4000-8000-000000000000",
}
PASSWORD = "Sample-Passw0rd"

GRAPH = "https://graph.microsoft.com"
MANAGEMENT = "https://management.core.windows.net/"
ORDERS = "api://orders"
RESOURCES = [GRAPH, MANAGEMENT, ORDERS]


@dataclass(frozen=True)
class Client:
    """An application; one that has a secret is confidential."""

    id: str
    secret: str | None = None
    redirect_uri: str | None = None


LOOPBACK = "http://localhost"
DESKTOP = Client("00c0ffee-0000-4000-8000-000000000001", redirect_uri=LOOPBACK)
WEB = Client("00c0ffee-0000-4000-8000-000000000002", "Sample+secret/of=the&web~app", "https://localhost/callback")
#: As people register rclone: it listens there, and nowhere else.
RCLONE = Client("00c0ffee-0000-4000-8000-000000000008", "Sample+secret/of=rclone", "http://localhost:53682/")
#: A web application on one of the frameworks that keep tokens, each of which has its own address for answers.
FRAMEWORKS = Client("00c0ffee-0000-4000-8000-000000000009", "Sample.secret~of-a_framework")
CALLBACKS = {
    "social-auth": "/complete/azuread-v2-tenant-oauth2/",
    "flask-dance": "/login/azure/authorized",
    "allauth": "/accounts/microsoft/login/callback/",
    "better-auth": "/api/auth/callback/microsoft",
    "auth.js": "/auth/callback/microsoft-entra-id",
    "client": "/callback",
}
#: Proves itself by a certificate.
DAEMON = Client("00c0ffee-0000-4000-8000-000000000003")


def tenant_of(user):
    return user.split("@")[1]


def users(count, tenant):
    """The first users of a tenant, who are as many as one likes."""
    return [f"user{n}@{tenant}" for n in range(1, count + 1)]


def config(
    rotation="reusable",
    signatures="rs256",
    latency_ms=0,
    sign_in="automatic",
    tokens="",
    server="",
    more="",
    faults="",
):
    """The emulator's configuration file; the last four are lines of TOML."""
    tenants = "".join(
        f"""
[[tenant]]
domain = "{domain}"
aliases = ["{domain.split('.')[0]}.onmicrosoft.com"]
id = "{TENANT_IDS[domain]}"
users = {{ pattern = "user{{n}}@{domain}", count = 1000000, password = "{PASSWORD}" }}
{guests}
"""
        for domain, guests in [(CONTOSO, f'[[tenant.guest]]\nupn = "user1@{FABRIKAM}"'), (FABRIKAM, "")]
    )
    return f"""
[tokens]
rotation = "{rotation}"
signatures = "{signatures}"
sign_in = "{sign_in}"
seed = 1
{tokens}

[server]
latency_ms = {latency_ms}
{server}
{tenants}
[[app]]
client_id = "{DESKTOP.id}"
redirects = [{{ uri = "{LOOPBACK}" }}]

[[app]]
client_id = "{WEB.id}"
secrets = ["{WEB.secret}"]
redirects = [{{ uri = "{WEB.redirect_uri}", kind = "web" }}]

[[resource]]
uri = "{ORDERS}"
scopes = ["Orders.Read"]

{more}
{faults}
"""

#: A tenant whose people sign in at a server of their own, and one with rules for some resources.
FEDERATED, STRICT = "adatum.example", "woodgrove.example"
#: The web application, as the API that it is too.
WEB_API = f"api://{WEB.id}"
#: All three, for an emulator.
SPECIAL = f"""
[[resource]]
uri = "{WEB_API}"
id = "{WEB.id}"
scopes = ["access_as_user"]

[[tenant]]
domain = "{FEDERATED}"
federated = true
users = {{ pattern = "user{{n}}@{FEDERATED}", count = 10, password = "{PASSWORD}" }}

[[tenant]]
domain = "{STRICT}"
users = {{ pattern = "user{{n}}@{STRICT}", count = 10, password = "{PASSWORD}" }}
policy = [
    {{ requires = "mfa", resources = ["{MANAGEMENT}"] }},
    {{ requires = "block", resources = ["https://vault.azure.net"] }},
    {{ requires = "consent", resources = ["https://storage.azure.com"] }},
]
"""
