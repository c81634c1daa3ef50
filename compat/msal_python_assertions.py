"""Signs assertions with MSAL Python, for whoever measures what they cost: `msal_python_assertions.py CERTIFICATE COUNT`.

The key is as its documentation has it: the text of a PEM file.
"""

import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.x509 import load_pem_x509_certificate
from msal.oauth2cli import JwtAssertionCreator


def main(path, count):
    pem = Path(path).read_text()
    thumbprint = load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex()
    creator = JwtAssertionCreator(pem, algorithm="PS256", sha256_thumbprint=thumbprint)
    for _ in range(count):
        creator.create_normal_assertion("https://id.example/token", "00c0ffee-0000-4000-8000-0000000000da")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
