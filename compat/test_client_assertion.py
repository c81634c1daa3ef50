"""Assertions that a client signs: read by PyJWT, and beside those of MSAL Python."""

import json
import os
import subprocess
import time
from pathlib import Path
from urllib.parse import unquote_plus

import jwt
import msal
import pytest
from cryptography.x509 import load_pem_x509_certificate

from harness.certificates import client_certificate

ASSERTIONS = os.environ["ASSERTIONS_BIN"]
CLIENT = "00c0ffee-0000-4000-8000-0000000000da"
AUTHORITY = "https://login.microsoftonline.com/c0ffee00-0001-4000-8000-000000000000"
SCOPE = "https://graph.microsoft.com/.default"
FIXTURES = Path(__file__).parents[1] / "crates/msal-client/tests/certificates"


def ours(pem):
    """The form that our library sends for this certificate, and where to."""
    printed = subprocess.run([ASSERTIONS, pem, "0"], check=True, capture_output=True, text=True)
    report = json.loads(printed.stdout)
    form = {name: unquote_plus(value) for name, value in report["form"].items()}
    return report["url"], form


class Recorder:
    """An HTTP client that keeps the last form, and refuses it."""

    class Answer:
        def __init__(self, status_code, body):
            self.status_code, self.text, self.headers = status_code, json.dumps(body), {}

    def get(self, url, **_):
        endpoints = {
            "issuer": f"{AUTHORITY}/v2.0",
            "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
            "token_endpoint": f"{AUTHORITY}/oauth2/v2.0/token",
        }
        return self.Answer(200, endpoints)

    def post(self, url, data=None, **_):
        # What `requests` would write into a form.
        text = {name: v.decode() if isinstance(v, bytes) else str(v) for name, v in data.items()}
        self.url, self.form = url, text
        return self.Answer(400, {"error": "invalid_grant"})

    def close(self):
        pass


def theirs(certificate):
    """The same from MSAL Python."""
    http = Recorder()
    credential = {
        "private_key": certificate.key,
        "public_certificate": certificate.certificate,
    }
    app = msal.ConfidentialClientApplication(
        CLIENT,
        authority=AUTHORITY,
        client_credential=credential,
        http_client=http,
    )
    app.acquire_token_by_refresh_token("token", [SCOPE])
    return http.url, http.form


def read(assertion, key, audience):
    return jwt.decode(
        assertion,
        key,
        algorithms=["ES256", "PS256"],
        audience=audience,
        issuer=CLIENT,
        options={"require": ["aud", "exp", "iat", "iss", "jti", "nbf", "sub"]},
    )


@pytest.mark.parametrize(
    "name", ["ec-pkcs8.pem", "ec-sec1.pem", "rsa-pkcs1.pem", "rsa-pkcs8.pem", "named-chain.pem"]
)
def test_pyjwt_accepts_an_assertion(name):
    url, form = ours(FIXTURES / name)
    blocks = (FIXTURES / name).read_text().split("-----BEGIN CERTIFICATE-----")[1:]
    leaf = blocks[2] if name == "named-chain.pem" else blocks[0]
    certificate = load_pem_x509_certificate(b"-----BEGIN CERTIFICATE-----" + leaf.encode())
    claims = read(form["client_assertion"], certificate.public_key(), url)
    assert claims["sub"] == CLIENT
    assert [type(claims[name]) for name in ["exp", "iat", "nbf"]] == [int] * 3
    assert claims["exp"] - claims["iat"] == 600
    assert abs(claims["iat"] - time.time()) < 60


def test_the_request_has_what_msal_python_sends(tmp_path):
    certificate = client_certificate("app")
    pem = tmp_path / "app.pem"
    pem.write_text(certificate.key + certificate.certificate)
    our_url, our_form = ours(pem)
    their_url, their_form = theirs(certificate)
    assert our_url == their_url
    random = ["client_assertion"]
    assert without(our_form, random) == without(their_form, random)

    key = load_pem_x509_certificate(certificate.certificate.encode()).public_key()
    ours_read = read(our_form["client_assertion"], key, our_url)
    theirs_read = jwt.decode(
        their_form["client_assertion"], key, algorithms=["PS256"], audience=their_url
    )
    # RFC 7519 §4.1.5 allows a time before which it may not be used; theirs has fractions of seconds.
    assert set(ours_read) == set(theirs_read) | {"nbf"}
    for name in ["aud", "iss", "sub"]:
        assert ours_read[name] == theirs_read[name]

    our_header = jwt.get_unverified_header(our_form["client_assertion"])
    their_header = jwt.get_unverified_header(their_form["client_assertion"])
    # RFC 7515 §2 omits the padding, which theirs has; they send the certificate along unasked.
    their_header["x5t#S256"] = their_header["x5t#S256"].rstrip("=")
    assert our_header == without(their_header, ["x5c"])


def without(values, names):
    return {name: value for name, value in values.items() if name not in names}
