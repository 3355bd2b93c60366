"""Ed25519 keys in PEM files (PKCS #8 and SubjectPublicKeyInfo, as openssl writes them). Errors: UserError naming the file."""

from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tools.errors import UserError


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key that signs."""
    key = _read(path, lambda data: serialization.load_pem_private_key(data, None), "openssl genpkey -algorithm ed25519 -out KEY.pem")
    if not isinstance(key, Ed25519PrivateKey):
        raise _refusal(path, f"a {type(key).__name__}", "openssl genpkey -algorithm ed25519 -out KEY.pem")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """The key that verifies."""
    key = _read(path, serialization.load_pem_public_key, "openssl pkey -in KEY.pem -pubout -out PUBLIC.pem")
    if not isinstance(key, Ed25519PublicKey):
        raise _refusal(path, f"a {type(key).__name__}", "openssl pkey -in KEY.pem -pubout -out PUBLIC.pem")
    return key


def signs(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is that of `data` by the owner of `key`."""
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _read(path: Path, parse, command: str):
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise _refusal(path, error.strerror, command) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _refusal(path, "no such PEM, or an encrypted one", command) from error


def _refusal(path: Path, found: str, command: str) -> UserError:
    return UserError(f"{path}: no Ed25519 key; got {found}, want a PEM. Fix: {command}")
