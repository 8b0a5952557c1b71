"""What the tests of the sign-in share: second factors of users, and signing in as a browser does."""

import hashlib
import json
import secrets
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

from registry.access.models import AccessEvent
from tests.factories import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def app_of(user: Any) -> str:
    """Give the user an authenticator app and recovery codes; answers its secret."""
    totp.TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return SECRET


def code(secret: str = SECRET, steps: int = 0) -> str:
    """The code of now, or of some steps of 30 seconds away: a code works once."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + steps))


def recovery_codes(user: Any) -> list[str]:
    return RecoveryCodes.activate(user).get_unused_codes()


def password(client: Any, name: str, typed: str = PASSWORD, **more: Any) -> Any:
    return client.post(reverse("login"), {"username": name, "password": typed}, **more)


def sign_in(client: Any, user: Any, typed: str | None = None) -> Any:
    """Both steps."""
    password(client, user.get_username())
    return client.post(reverse("mfa_authenticate"), {"code": typed or code()})


def confirm(client: Any, **sent: Any) -> Any:
    """Say once more who one is, by password or by code."""
    return client.post(reverse("mfa_reauthenticate" if "code" in sent else "account_reauthenticate"), sent)


def signed_in(client: Any) -> bool:
    return client.get(reverse("account")).status_code == 200


def kinds() -> list[str]:
    return list(AccessEvent.objects.order_by("id").values_list("kind", flat=True))


class SoftKey:
    """A passkey in software: what a browser would send for it. Its user has given a PIN or a finger, or not."""

    HOST = "testserver"

    def __init__(self, *, verified: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.flags = AuthenticatorData.FLAG.UP | (AuthenticatorData.FLAG.UV if verified else 0)
        self.owner = ""

    def _data(self, credential: Any = None) -> AuthenticatorData:
        flags = self.flags | (AuthenticatorData.FLAG.AT if credential else 0)
        return AuthenticatorData.create(
            hashlib.sha256(self.HOST.encode()).digest(), flags, 0, credential or b""
        )

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": f"webauthn.{kind}", "challenge": challenge, "origin": origin}).encode()

    def _sent(self, **response: Any) -> dict[str, Any]:
        name = websafe_encode(self.id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                key: websafe_encode(value) if isinstance(value, bytes) else value
                for key, value in response.items()
            },
        }

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        public = options["publicKey"]
        self.owner = public["user"]["id"]
        credential = AttestedCredentialData.create(
            Aaguid.NONE, self.id, ES256.from_cryptography_key(self.key.public_key())
        )
        made = AttestationObject.create("none", self._data(credential), {})
        client = self._client("create", public["challenge"], f"https://{self.HOST}")
        return self._sent(clientDataJSON=client, attestationObject=bytes(made))

    def answer(self, options: dict[str, Any], origin: str = f"https://{HOST}") -> dict[str, Any]:
        data = self._data()
        client = self._client("get", options["publicKey"]["challenge"], origin)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._sent(
            authenticatorData=bytes(data), clientDataJSON=client, signature=signature, userHandle=self.owner
        )


def passkey_of(user: Any, name: str = "Phone") -> tuple[SoftKey, Authenticator]:
    """Give the user a passkey."""
    from allauth.account.utils import user_pk_to_url_str

    key = SoftKey()
    owner = websafe_encode(user_pk_to_url_str(user).encode())
    made = key.make({"publicKey": {"challenge": websafe_encode(b"any"), "user": {"id": owner}}})
    return key, WebAuthn.add(user, name, made).instance
