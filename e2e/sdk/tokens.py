"""Tokens as a developer's backend makes them: HS256 with the secret of examples/sdk.toml."""

import base64
import hashlib
import hmac
import json


def _part(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def token(claims, secret="secret"):
    header = _part(json.dumps({"typ": "JWT", "alg": "HS256"}).encode())
    body = header + b"." + _part(json.dumps(claims).encode())
    return (body + b"." + _part(hmac.digest(secret.encode(), body, hashlib.sha256))).decode()
