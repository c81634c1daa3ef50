"""Places in Azure where code has an identity of its own, by the variables that tell the code."""

import hashlib
import ssl
from urllib.parse import urlsplit

#: What the emulator takes for the header or key that only code on the machine can know.
HEADER = "emulator-identity-header"
#: Where Azure Arc leaves the key that only privileged programs may read.
ARC_KEY = "/var/opt/azcmagent/tokens/emulator.key"
#: The user-assigned identity.
WORKER = "00c0ffee-0000-4000-8000-000000000006"


def app_service(server):
    return {"IDENTITY_ENDPOINT": f"{server.machine_url}/msi/token", "IDENTITY_HEADER": HEADER}


def arc(server):
    return {
        "IDENTITY_ENDPOINT": f"{server.machine_url}/metadata/identity/oauth2/token",
        "IMDS_ENDPOINT": server.machine_url,
    }


def cloud_shell(server):
    return {"MSI_ENDPOINT": f"{server.machine_url}/oauth2/token", "AZUREPS_HOST_ENVIRONMENT": "cloud-shell/1.0"}


def machine_learning(server):
    return {"MSI_ENDPOINT": f"{server.machine_url}/msi/token", "MSI_SECRET": HEADER}


def service_fabric(server):
    """Over TLS, with a certificate that clients know by its thumbprint."""
    address = urlsplit(server.url)
    certificate = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((address.hostname, address.port)))
    return {
        "IDENTITY_ENDPOINT": f"{server.url}/metadata/identity/oauth2/token",
        "IDENTITY_HEADER": HEADER,
        "IDENTITY_SERVER_THUMBPRINT": hashlib.sha1(certificate).hexdigest(),
    }


def virtual_machine(server):
    """At another address than the one that every virtual machine has."""
    return {"AZURE_POD_IDENTITY_AUTHORITY_HOST": server.machine_url}


def virtual_machine_by_default(server):
    """At the address that every virtual machine has."""
    return {}
