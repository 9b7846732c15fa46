"""Secrets in foreign messages: taken out before anything is kept, every other byte as it came.

1. A message without a suspicious letter is passed through: most have none.
2. In JSON the value beside a secret's name goes, whatever it is and however deep, also where the JSON is
   cut short, and in JSON written as text inside JSON.
3. Elsewhere ``NAME=VALUE``, and ``NAME: VALUE`` that begins a line or an entry, lose the value: in forms,
   query strings, headers and plain text.
4. So do the credentials in an address (``mqtt://user:password@host``) and what follows ``Bearer``.

``NAMES`` is closed, in any case and with any ``_``, ``-``, ``.`` or space in it.  ``blanked`` is applied
before a message is read, so that what is kept is what was read, and gives the same identity later.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from urllib.parse import unquote

NAMES = frozenset(
    (
        "passkey", "password", "passwd", "pass", "pwd", "passphrase", "passcode", "psk", "wifipassword",
        "wifipass", "wifipsk", "mqttpassword", "mqttpass", "brokerpassword", "userpassword",
        "token", "accesstoken", "authtoken", "bearertoken", "apitoken", "refreshtoken", "sessiontoken",
        "securitytoken", "idtoken", "devicetoken", "xauthtoken",
        "key", "apikey", "apisecret", "accesskey", "secretkey", "privatekey", "encryptionkey", "writekey",
        "readkey", "sharedaccesskey", "accountkey", "presharedkey", "xapikey", "downlinkapikey",
        "appkey", "nwkkey", "genappkey", "appskey", "nwkskey", "fnwksintkey", "snwksintkey", "nwksenckey",
        "applicationkey", "networkkey", "rootkey", "joinserverkey",
        "applicationsessionkey", "networksessionkey", "siteauthenticationkey",
        "secret", "clientsecret", "sharedsecret", "authorization", "credential", "credentials",
    )
)  # fmt: skip
"""Of what is secret: letters and digits alone, in lower case."""
_ENDINGS = ("password", "passwd", "passphrase", "passkey", "secret", "token", "apikey", "appkey")
"""Whatever stands before them, it is secret."""
BLANK = '""'
"""What stands in JSON for a secret; elsewhere nothing does."""
_SUSPICIOUS = re.compile(rb"pass|pwd|psk|token|key|secret|auth|credential|bearer|://|\\u|%", re.I)
_NO_LETTER = re.compile(r"[^a-z0-9.]")
_STRING = re.compile(r'"(?:[^"\\]+|\\.?)*(?:"|\Z)', re.DOTALL)
_COLON = re.compile(r"\s*:\s*")
_UP_TO_THE_NEXT = re.compile(r"[^,}\]\n]*")
_VALUE = r'"(?:value|val|v|n)"\s*:'
_LABELS_AFTER = re.compile(r"[^{}\[\]]{0,200}?" + _VALUE)
_LABELS_BEFORE = re.compile(_VALUE + r"[^{}\[\]]{0,200}$")
_NAMED = re.compile(r"""(?<![\w%.-])([\w.%-]{1,60})['"]?\]?\s*[=:][ \t]*'?""")
_REST = re.compile(r"""(?:(?!\s[\w.%-]{1,60}=|,\s?[\w.%-]{1,60}[=:])[^&;"'<>\r\n])+""")
_NAMED_LAST = re.compile(r"([\w.%-]{1,60})['\]]?\s{0,20}[=:]\s{0,20}$")
_ADDRESS = re.compile(r"(://)[^/@\s\"'<>]{1,400}@")
_BEARER = re.compile(r"\b(bearer\s{1,4})[A-Za-z0-9._~+/=-]{6,}", re.I)
_DEEPEST = 3
"""Texts inside texts that are looked into."""
_DECODER = json.JSONDecoder(strict=False)


def blanked(payload: bytes) -> bytes:
    """``payload`` without the values of its secrets; the very same where it has none."""
    if _SUSPICIOUS.search(payload) is None:
        return payload
    return _without(payload.decode("utf-8", "surrogateescape"), 0).encode("utf-8", "surrogateescape")


@lru_cache(maxsize=4_096)
def is_secret(name: str) -> bool:
    """True where what stands beside ``name`` is never kept; of a path, its last step counts."""
    steps = _NO_LETTER.sub("", unquote(name).lower()).split(".")
    whole, last = "".join(steps), steps[-1]
    return whole in NAMES or last in NAMES or whole.endswith(_ENDINGS)


def _without(text: str, depth: int) -> str:
    """Pieces between JSON strings as plain text, JSON strings by what they name or hold."""
    parts, at = list[str](), 0
    while (found := _STRING.search(text, at)) is not None:
        before = text[at : found.start()]
        parts.append(_plainly(before))
        colon = _COLON.match(text, found.end())
        at = found.end() if colon is None else colon.end()
        if colon is None:
            named = _NAMED_LAST.search(before[-120:])
            parts.append(BLANK if named and is_secret(named[1]) else _inside(found[0], depth))
            continue
        parts.append(text[found.start() : at])
        if is_secret(_content(found[0])):
            end = _end_of_value(text, at)
            if not _is_label(text, found, at, end):
                parts.append(BLANK)
                at = end
    return "".join([*parts, _plainly(text[at:])])


def _inside(string: str, depth: int) -> str:
    """A JSON string; what it holds may be JSON, a form or an address itself."""
    said = _content(string)
    if depth >= _DEEPEST or _SUSPICIOUS.search(said.encode("utf-8", "replace")) is None:
        return string
    kept = _without(said, depth + 1)
    return string if kept == said else json.dumps(kept)


def _content(string: str) -> str:
    try:
        return str(_DECODER.decode(string))
    except ValueError:
        return string.strip('"')


def _end_of_value(text: str, at: int) -> int:
    """Where the JSON value at ``at`` ends; to be safe at the end of all where it is cut short."""
    try:
        return int(_DECODER.raw_decode(text, at)[1])
    except (ValueError, RecursionError):
        found = _UP_TO_THE_NEXT.match(text, at)
        return len(text) if text[at : at + 1] in ("{", "[", '"') or found is None else found.end()


def _is_label(text: str, found: re.Match[str], at: int, end: int) -> bool:
    """``{"key": "temperature", "value": 21}``: the name of a measurement, which is no secret."""
    if found[0].lower() != '"key"' or text[at : at + 1] != '"':
        return False
    before = text[max(0, found.start() - 220) : found.start()]
    return bool(_LABELS_AFTER.match(text, end) or _LABELS_BEFORE.search(before))


def _plainly(text: str) -> str:
    """Text that is no JSON string."""
    if not text or text.isspace():
        return text
    parts, at = list[str](), 0
    while (found := _NAMED.search(text, at)) is not None:
        parts.append(text[at : found.end()])
        at = found.end()
        if is_secret(found[1]) and not _is_prose(text, found):
            rest = _REST.match(text, at)
            at = at if rest is None else rest.end()
    plain = "".join([*parts, text[at:]])
    return _BEARER.sub(r"\1", _ADDRESS.sub(r"\1", plain))


def _is_prose(text: str, found: re.Match[str]) -> bool:
    """``unexpected token: 'x'``: with a colon, a name begins a line or an entry."""
    before = text[max(0, found.start() - 20) : found.start()].rstrip(" \t'")
    return "=" not in found[0] and before[-1:] not in ("", "\n", "\r", "{", ",")
