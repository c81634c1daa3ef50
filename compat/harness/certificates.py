"""Keys and certificates for servers and clients, made anew for each run."""

import datetime
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, both in PEM form."""

    key: str
    certificate: str

    @property
    def thumbprint(self):
        """SHA-1, as Entra's portal shows it."""
        return self._parsed.fingerprint(hashes.SHA1()).hex().upper()

    @property
    def thumbprint_sha256(self):
        return self._parsed.fingerprint(hashes.SHA256()).hex().upper()

    @property
    def _parsed(self):
        return x509.load_pem_x509_certificate(self.certificate.encode())

    def public_numbers(self):
        return self._parsed.public_key().public_numbers()


def client_certificate(name):
    """Self-signed, as one uploads to an application's registration."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return _pem(key, _sign(name, key.public_key(), name, key))


def server_certificate(names):
    """A certificate for host names, and the authority to trust, in PEM form."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _sign("test authority", authority_key.public_key(), "test authority", authority_key, authority=True)
    certificate = _sign(names[0], key.public_key(), "test authority", authority_key, names)
    return _pem(key, certificate), authority.public_bytes(serialization.Encoding.PEM).decode()


def _sign(subject, public_key, issuer, issuer_key, names=(), authority=False):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    return builder.sign(issuer_key, hashes.SHA256())


def _pem(key, certificate):
    encoding = serialization.Encoding.PEM
    text = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Certificate(text.decode(), certificate.public_bytes(encoding).decode())
