"""Valid and invalid TLS certificates for the loopback address."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def write_certificate(folder: Path, *, name: str = "localhost", age: timedelta = timedelta(0)) -> Path:
    """Write a key and its self-signed certificate into one file; `age` shifts its one valid day into the past."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.now(UTC) - timedelta(minutes=1) - age
    builder = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), begin, begin + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    signed = builder.sign(key, hashes.SHA256())
    file = folder / f"{name}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + signed.public_bytes(Encoding.PEM))
    return file


def make_server_context(file: Path) -> ssl.SSLContext:
    """Return a TLS context for a server with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def make_client_context(file: Path) -> ssl.SSLContext:
    """Return a TLS context for a client that trusts only this certificate."""
    return ssl.create_default_context(cafile=str(file))
