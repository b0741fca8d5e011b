"""The connection goes to the address that was checked, under the name that was asked for."""

import datetime
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from channels.types import TransportError
from channels.whatsapp.media import fetch_media
from channels.whatsapp.types import MediaRef

NAME = "files.desk.example"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key with a certificate for NAME that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    today = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def asked_for() -> list[str | None]:
    """The names that clients named when they connected."""
    return []


@pytest.fixture
def port(certificate: Path, asked_for: list[str | None]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(str(self.headers["Host"]).encode())

        def log_message(self, *args: object) -> None:
            pass

    class Server(HTTPServer):
        def handle_error(self, *args: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def fetch(name: str, port: int, certificate: Path) -> bytes:
    return fetch_media(
        MediaRef(f"https://{name}:{port}/a", ""),
        resolve=lambda _host, _port: ["127.0.0.1"],
        ca_file=str(certificate),
    ).content


def test_case_49_the_name_is_checked_although_the_address_is_connected_to(
    port: int, certificate: Path, asked_for: list[str | None], settings: Any
) -> None:
    settings.TWILIO_API_BASE = f"https://{NAME}:{port}"
    assert fetch(NAME, port, certificate) == f"{NAME}:{port}".encode()
    assert asked_for == [NAME]
    settings.TWILIO_API_BASE = f"https://other.example:{port}"
    with pytest.raises(TransportError) as raised:
        fetch("other.example", port, certificate)
    assert not raised.value.permanent
