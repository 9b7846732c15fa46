"""What names a station in its push, and what of it nobody may read later.

1. ``fields_of`` takes the form apart; names in lower case, stray spaces gone.
2. ``key_of`` finds what names the station: PASSKEY, MAC address or ID, which are secrets too.
3. ``name_of`` turns that into eight digits of a hash, which may be stored and shown.
4. ``blanked`` is the push without its secrets, also where it is no form at all.

PASSKEY is the MD5 of the MAC address, so either of them in the territory finds the station.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote_to_bytes

_KEYS = ("passkey", "mac", "macaddress", "id", "stationid", "wid")
"""What names a station, in the order in which it counts."""
_SECRETS = frozenset(
    (*_KEYS, "password", "passwd", "pass", "key", "apikey", "api_key", "appkey", "application_key", "token",
     "siteid", "siteauthenticationkey")
)  # fmt: skip
_FIELD = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}", re.ASCII)
_MAX_FIELDS = 1_000
NOBODY = "nobody"
"""The name of a station that does not say who it is."""
_FEWEST_LETTERS = 6
"""Of a secret that is looked for elsewhere in the push; shorter ones would blank measurements."""
_MOST_SECRETS = 20
"""Of one push that are looked for elsewhere in it; a station has two."""
_LONG = "|".join(sorted((one for one in _SECRETS if len(one) > 6), key=len, reverse=True)).encode()
_SHORT = "|".join(sorted((one for one in _SECRETS if len(one) <= 6), key=len, reverse=True)).encode()
_ELSEWHERE = re.compile(
    rb'(?i)((?:%s|(?<![a-z0-9_])(?:%s))["\']?\s*(?:[:=]\s*|(?<=["\'])\s+)["\']?)' % (_LONG, _SHORT)
    + rb'([^&\s"\',;}<]+)'
)
"""A secret in JSON, in parts of a form, or on a line of its own."""
_MAC = re.compile(r"[0-9A-F]{2}([:-]?[0-9A-F]{2}){5}")
_BARE = re.compile(
    rb"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{2}(?:(?::|%3[Aa]|-)[0-9A-Fa-f]{2}){5})(?![0-9A-Za-z])"
)
"""What looks like a PASSKEY or a MAC address, wherever it stands."""


def fields_of(form: bytes) -> dict[str, str]:
    """The fields of a push by name, the first of each; empty where it is no form."""
    text = form.decode("utf-8", "replace").strip().lstrip("?&")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="replace")
    except ValueError:
        return {}
    fields: dict[str, str] = {}
    for name, value in pairs:
        if _FIELD.fullmatch(plain := name.strip().lower()):
            fields.setdefault(plain, value.strip())
    return fields


def key_of(fields: dict[str, str]) -> str:
    """What names the station; empty where nothing does."""
    return next((fields[name] for name in _KEYS if fields.get(name)), "")


def name_of(key: str) -> str:
    """Eight hexadecimal digits for a PASSKEY, MAC address or ID, however written; ``NOBODY`` for none."""
    plain = key.strip().upper()
    if not plain:
        return NOBODY
    if _MAC.fullmatch(plain):
        digits = re.sub("[:-]", "", plain)
        mac = ":".join(digits[at : at + 2] for at in range(0, 12, 2))
        plain = hashlib.md5(mac.encode(), usedforsecurity=False).hexdigest().upper()
    return hashlib.sha256(f"station {plain}".encode()).hexdigest()[:8]


def blanked(push: bytes, known: Iterable[str] = ()) -> bytes:
    """``push`` with the value of each secret taken out, every other byte as it came.

    ``known``: secrets that are taken out wherever they stand, such as the addresses of a territory.
    """
    parts, secrets = list[bytes](), list[bytes]()
    for part in push.split(b"&"):
        name, equals, value = part.partition(b"=")
        if equals and _plain(name).lstrip(b"?").lower().decode("latin-1") in _SECRETS:
            secrets += [value.strip(), _plain(value)]
            parts.append(name + b"=")
        else:
            parts.append(part)
    kept = b"&".join(parts)
    secrets += [match[2] for match in _ELSEWHERE.finditer(_plain(kept))]
    sought = {*(one.encode() for one in known), *secrets[:_MOST_SECRETS]}
    for secret in sorted(sought, key=len, reverse=True):
        if len(secret) >= _FEWEST_LETTERS:
            spellings = b"|".join({re.escape(secret), re.escape(quote(secret, safe="").encode())})
            kept = re.sub(b"(?i)" + spellings, b"", kept)
    return _BARE.sub(b"", _ELSEWHERE.sub(rb"\1", kept))


def _plain(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" ")).strip()


def is_secret(name: str) -> bool:
    """True for the name, in lower case, of a field whose value is never stored."""
    return name in _SECRETS
