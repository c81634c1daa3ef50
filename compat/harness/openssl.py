"""Keys and certificates as people make them with the command `openssl`."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.x509 import load_pem_x509_certificate

PASSPHRASE = "Sample passphrase of a certificate"
KINDS = {
    "rsa-2048": ["-newkey", "rsa:2048"],
    "rsa-3072": ["-newkey", "rsa:3072"],
    "p-256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
}
#: What a file is made of, and how; the key is in PKCS #8 form at first.
KEYS = {
    "pkcs8": None,
    # PKCS #1 for RSA, SEC 1 for elliptic curves.
    "traditional": "pkey -in key.pem -traditional",
    "encrypted": "pkcs8 -topk8 -in key.pem -passout env:PASSPHRASE",
    "encrypted-older": "pkcs8 -topk8 -v2 des3 -v2prf hmacWithSHA1 -in key.pem -passout env:PASSPHRASE",
}
BUNDLES = {
    "pfx": "",
    "pfx-older": "-legacy",
    "pfx-with-chain": "-certfile issuer.pem",
}
CHAIN = ["pem-with-chain", "pfx-with-chain"]
FORMS = [*KEYS, "pem-with-chain", *BUNDLES]


@dataclass(frozen=True)
class Made:
    """A key with its certificate, in every form."""

    folder: Path
    files: dict

    @property
    def pem(self):
        """The certificate, as it is uploaded to a registration."""
        return (self.folder / "certificate.pem").read_text()

    @property
    def public_key(self):
        return load_pem_x509_certificate(self.pem.encode()).public_key()


def make(kind, folder):
    folder.mkdir(parents=True)

    def openssl(line, *more):
        command, environment = ["openssl", *line.split(), *more], {**os.environ, "PASSPHRASE": PASSPHRASE}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=issuer -keyout issuer-key.pem -out issuer.pem")
    openssl("req -new -nodes -subj /CN=application -keyout key.pem -out request.pem", *KINDS[kind])
    openssl(
        "x509 -req -days 2 -in request.pem -CA issuer.pem -CAkey issuer-key.pem -CAcreateserial"
        " -out certificate.pem"
    )
    certificate, issuer = (folder / "certificate.pem").read_text(), (folder / "issuer.pem").read_text()
    key, files = (folder / "key.pem").read_text(), {}
    for form, line in KEYS.items():
        files[form] = folder / f"{form}.pem"
        files[form].write_text((openssl(line) if line else key) + certificate)
    files["pem-with-chain"] = folder / "pem-with-chain.pem"
    # The issuer first: which of them is the application's, its key says.
    files["pem-with-chain"].write_text(issuer + key + certificate)
    for form, options in BUNDLES.items():
        files[form] = folder / f"{form}.pfx"
        openssl(f"pkcs12 -export -inkey key.pem -in certificate.pem -passout env:PASSPHRASE -out {form}.pfx {options}")
    return Made(folder, files)
