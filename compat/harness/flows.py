"""The flows of each client library, and where each can run."""

from dataclasses import dataclass

from .directory import DAEMON, DESKTOP, WEB
from .identity_server import AZURE_CLI


@dataclass(frozen=True)
class Flow:
    """A flow of a library, with what a server must have seen and issued at its end."""

    name: str
    #: The grants that were answered with tokens, in order.
    grants: tuple
    #: The application that the token is for.
    application: str = DESKTOP.id
    #: Whether the token is a person's.
    person: bool = True
    #: Whether the library has the person's account then.
    account: bool = True


CODE, REFRESH, DEVICE, PASSWORD = "authorization_code", "refresh_token", "device_code", "password"
CREDENTIALS, ON_BEHALF_OF = "client_credentials", "jwt-bearer"


def of_itself(name, application):
    return Flow(name, (CREDENTIALS,), application, person=False, account=False)


SECRET = of_itself("client-secret", WEB.id)
CERTIFICATE = of_itself("client-certificate", DAEMON.id)
CERTIFICATE_BY_ISSUER = of_itself("client-certificate-by-issuer", DAEMON.id)

MSAL = [
    Flow("authorization-code", (CODE,)),
    Flow("authorization-code-confidential", (CODE,), WEB.id),
    Flow("interactive", (CODE,)),
    Flow("silent", (CODE,)),
    Flow("refresh", (CODE, REFRESH)),
    Flow("another-resource", (CODE, REFRESH)),
    Flow("refresh-token-of-another-library", (CODE, REFRESH)),
    Flow("sign-out", (CODE,), account=False),
    Flow("device-code", (DEVICE,)),
    Flow("password", (PASSWORD,)),
    SECRET,
    CERTIFICATE,
    CERTIFICATE_BY_ISSUER,
    Flow("on-behalf-of", (CODE, ON_BEHALF_OF), WEB.id),
]

#: By the program that uses the library.
FLOWS = {
    "adal_flows": [
        Flow("authorization-code", (CODE,)),
        Flow("authorization-code-confidential", (CODE,), WEB.id),
        Flow("password", (PASSWORD,)),
        Flow("silent", (PASSWORD,)),
        Flow("refresh", (PASSWORD, REFRESH)),
        Flow("another-resource", (PASSWORD, REFRESH)),
        Flow("device-code", (DEVICE,)),
        SECRET,
        CERTIFICATE,
        CERTIFICATE_BY_ISSUER,
    ],
    "msal_flows": MSAL,
    "msal_node_flows.cjs": MSAL,
    "azure_identity_flows": [
        Flow("authorization-code", (CODE,), WEB.id),
        Flow("interactive", (CODE,), AZURE_CLI),
        Flow("device-code", (DEVICE,), AZURE_CLI),
        Flow("password", (PASSWORD,)),
        SECRET,
        CERTIFICATE,
        CERTIFICATE_BY_ISSUER,
        of_itself("client-assertion", DAEMON.id),
        of_itself("environment", WEB.id),
        of_itself("workload-identity", DAEMON.id),
        Flow("on-behalf-of", (CODE, ON_BEHALF_OF), WEB.id),
    ],
}

#: What oidc-provider cannot do, and how it says so. These run against ours only.
NOT_OIDC = {
    # It has no such grant: the token of one API for the token of another is Entra's own use of RFC 7523.
    "on-behalf-of": "unsupported_grant_type",
    # RFC 6749 §6: a refresh "MUST NOT include any scope not originally granted"; Entra's tokens are for any resource.
    "another-resource": "invalid_scope",
}

#: What needs a server on port 443: MSAL Python, on which azure-identity stands, leaves the port out when it asks for
#: the realm of a user.
NEEDS_443 = {("msal_flows", "password"), ("azure_identity_flows", "password")}

#: What every server refuses, by how RFC 6749 §5.2 has it say so. None but the last gives a token before.
REFUSALS = {
    "wrong-secret": "invalid_client",
    "wrong-password": "invalid_grant",
    "made-up-refresh-token": "invalid_grant",
    "wrong-verifier": "invalid_grant",
    "spent-code": "invalid_grant",
}
REFUSED_CLIENTS = ["adal_flows", "msal_flows", "msal_node_flows.cjs"]
