"""Google's signing key, access tokens and the tokens of pushes, as the double issues them."""

import base64
import json
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

Claims = dict[str, object]


class SigningKey:
    """An RSA key with a certificate of its own, as Google publishes them by key id."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gmail-double")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .sign(self._key, hashes.SHA256())
        )
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def private_pem(self) -> str:
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode("ascii")

    def sign(self, claims: Claims, *, header: Claims | None = None) -> str:
        """A JWT (RFC 7519) with RS256."""
        full = {"alg": "RS256", "typ": "JWT", "kid": self.key_id, **(header or {})}
        signed = f"{_encode(full)}.{_encode(claims)}"
        signature = self._key.sign(signed.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64(signature)}"


class TokenService:
    """Answers grants; `invalid_grant` makes it refuse them all, as after a revocation."""

    LIFETIME = 3_600

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._issued: dict[str, float] = {}
        self.invalid_grant = False

    def grant(self, form: dict[str, str]) -> tuple[int, Claims]:
        """The status and the body for a token request (RFC 6749, RFC 7523)."""
        kind = form.get("grant_type", "")
        if kind == "refresh_token":
            complete = bool(form.get("refresh_token") and form.get("client_id"))
        elif kind == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            complete = form.get("assertion", "").count(".") == 2
        else:
            return 400, {"error": "unsupported_grant_type"}
        if self.invalid_grant or not complete:
            description = "Token has been expired or revoked."
            return 400, {"error": "invalid_grant", "error_description": description}
        token = f"ya29.{secrets.token_urlsafe(24)}"
        with self._lock:
            self._issued[token] = time.monotonic() + self.LIFETIME
        return 200, {"access_token": token, "expires_in": self.LIFETIME, "token_type": "Bearer"}

    def accepts(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        with self._lock:
            return scheme == "Bearer" and self._issued.get(token, 0.0) > time.monotonic()

    def revoke_all(self) -> None:
        """Every access token is refused from here on; new ones may be asked for."""
        with self._lock:
            self._issued.clear()


def push_claims(*, audience: str, service_account: str, now: float | None = None) -> Claims:
    """What Google puts into the token of a push."""
    issued = int(time.time() if now is None else now)
    return {
        "aud": audience,
        "azp": "113774264463038321964",
        "email": service_account,
        "email_verified": True,
        "exp": issued + 3_600,
        "iat": issued,
        "iss": "https://accounts.google.com",
        "sub": "113774264463038321964",
    }


def _encode(value: Claims) -> str:
    return _base64(json.dumps(value).encode("utf-8"))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
