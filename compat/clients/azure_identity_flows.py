"""azure-identity 1.27.0."""

import time
import uuid
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from azure import identity

from .answering import SCOPE, answer_questions, variables



def settings(ask):
    return {} if ask.defaults else {"authority": ask.url, "disable_instance_discovery": True}


def described(token, user=None):
    assert token.expires_on > time.time()
    return {"access_token": token.token, "user": user}


def authorization_code(ask):
    query = {
        "response_type": "code",
        "client_id": ask.web["id"],
        "redirect_uri": ask.web["redirectUri"],
        "scope": f"openid profile offline_access {SCOPE}",
    }
    page = f"{ask.authority()}/oauth2/v2.0/authorize?{urlencode(query)}"
    redirect = ask.person.visit(page, ask.web["redirectUri"])
    credential = identity.AuthorizationCodeCredential(
        ask.tenant,
        ask.web["id"],
        parse_qs(urlsplit(redirect).query)["code"][0],
        ask.web["redirectUri"],
        client_secret=ask.web["secret"],
        **settings(ask),
    )
    first = credential.get_token(SCOPE)
    # The code is spent: a second one can only come from the cache.
    assert credential.get_token(SCOPE).token == first.token
    return described(first, ask.user)


def interactive(ask):
    credential = identity.InteractiveBrowserCredential(timeout=30, **settings(ask))
    record = credential.authenticate(scopes=[SCOPE])
    return described(credential.get_token(SCOPE), record.username)


def another_resource(ask):
    """From the refresh token of the first, without the person."""
    credential = identity.InteractiveBrowserCredential(
        timeout=30, disable_automatic_authentication=True, **settings(ask)
    )
    record = credential.authenticate(scopes=[SCOPE])
    return described(credential.get_token("https://management.core.windows.net//.default"), record.username)


def device_code(ask):
    credential = identity.DeviceCodeCredential(
        prompt_callback=lambda page, code, _: ask.person.enter(page, code), **settings(ask)
    )
    record = credential.authenticate(scopes=[SCOPE])
    return described(credential.get_token(SCOPE), record.username)


def password(ask):
    credential = identity.UsernamePasswordCredential(
        ask.desktop["id"], ask.user, ask.password, tenant_id=ask.tenant, **settings(ask)
    )
    record = credential.authenticate(scopes=[SCOPE])
    return described(credential.get_token(SCOPE), record.username)


def client_secret(ask):
    credential = identity.ClientSecretCredential(ask.tenant, ask.web["id"], ask.web["secret"], **settings(ask))
    return described(credential.get_token(SCOPE))


def client_certificate(ask):
    daemon = ask.daemon
    credential = identity.CertificateCredential(ask.tenant, daemon["id"], daemon["file"], **settings(ask))
    return described(credential.get_token(SCOPE))


def client_certificate_by_issuer(ask):
    daemon = ask.daemon
    credential = identity.CertificateCredential(
        ask.tenant, daemon["id"], daemon["file"], send_certificate_chain=True, **settings(ask)
    )
    return described(credential.get_token(SCOPE))


def environment(ask):
    """Tenant, application and secret from variables."""
    web = ask.web
    with variables(AZURE_TENANT_ID=ask.tenant, AZURE_CLIENT_ID=web["id"], AZURE_CLIENT_SECRET=web["secret"]):
        return described(identity.EnvironmentCredential(**settings(ask)).get_token(SCOPE))


def client_assertion(ask):
    """An assertion that the program makes itself (RFC 7523 §2.2)."""
    credential = identity.ClientAssertionCredential(
        ask.tenant, ask.daemon["id"], lambda: signed_assertion(ask), **settings(ask)
    )
    return described(credential.get_token(SCOPE))


def workload_identity(ask):
    """An assertion from a file, which somebody else keeps fresh."""
    file = Path(ask.daemon["file"]).with_suffix(".jwt")
    file.write_text(signed_assertion(ask))
    credential = identity.WorkloadIdentityCredential(
        tenant_id=ask.tenant, client_id=ask.daemon["id"], token_file_path=str(file), **settings(ask)
    )
    return described(credential.get_token(SCOPE))


def signed_assertion(ask):
    daemon = ask.daemon
    now = int(time.time())
    claims = {
        "iss": daemon["id"],
        "sub": daemon["id"],
        "aud": f"{ask.authority()}/oauth2/v2.0/token",
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + 300,
    }
    return jwt.encode(claims, daemon["key"], "RS256", {"x5t": daemon["x5t"]})


def azure_cli(ask):
    """From Azure CLI, which somebody is signed in to."""
    # A command that collects telemetry leaves a process behind that goes on writing to the folder.
    with variables(AZURE_CONFIG_DIR=ask.question["folder"], AZURE_CORE_COLLECT_TELEMETRY="no"):
        return described(identity.AzureCliCredential(process_timeout=60).get_token(SCOPE), ask.user)


def on_behalf_of(ask):
    user = identity.InteractiveBrowserCredential(client_id=ask.desktop["id"], timeout=30, **settings(ask))
    assertion = user.get_token(f"{ask.web['api']}/.default").token
    credential = identity.OnBehalfOfCredential(
        ask.tenant, ask.web["id"], client_secret=ask.web["secret"], user_assertion=assertion, **settings(ask)
    )
    return described(credential.get_token(SCOPE), ask.user)


if __name__ == "__main__":
    answer_questions(
        {
            "authorization-code": authorization_code,
            "interactive": interactive,
            "another-resource": another_resource,
            "device-code": device_code,
            "password": password,
            "client-secret": client_secret,
            "client-certificate": client_certificate,
            "client-certificate-by-issuer": client_certificate_by_issuer,
            "client-assertion": client_assertion,
            "environment": environment,
            "workload-identity": workload_identity,
            "azure-cli": azure_cli,
            "on-behalf-of": on_behalf_of,
        }
    )
