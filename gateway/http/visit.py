"""What a request brings: who may enter, which road it takes, what the gateway gets, what it is told.

1. ``road_of``: the token is a segment of the path, a Bearer token, or the password that a station of
   Weather Underground sends; what is left of the path is a road that is known.
2. A station's push is blanked, named and numbered, one message a push.
3. ``/v1/readings`` takes our own messages, one or a list, and answers which are kept and which not.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

from contract import topics
from contract.errors import UnreadableMessage
from contract.places import SLUG_PATTERN, Territory
from contract.reading import Readings
from gateway.formats.native import read_native
from gateway.formats.stations.push import StationPush, push_topic
from gateway.formats.stations.secrets import blanked, fields_of, key_of, name_of
from gateway.http.box import Brought
from gateway.http.request import Refusal, RequestHead, split_target

READINGS = ("v1", "readings")
_STATIONS = (
    ("ecowitt",), ("ambient",), ("wunderground",), ("data", "report"), ("data",),
    ("weatherstation", "updateweatherstation.php"), (),
)  # fmt: skip
"""Roads of stations: our own words, and those that their firmware asks for by itself; longest first."""
MAX_MESSAGES = 500
"""Of one request."""
_SLUG = re.compile(SLUG_PATTERN)
_NOBODY = topics.sensor("-", "-", "readings")
"""Where a message is put whose site and device are not legible."""
_PUSH = StationPush()


class Visit(NamedTuple):
    """A request that was let in."""

    brought: tuple[Brought, ...]
    answer: bytes
    """What it is told with status 200, once all is on disk."""
    content_type: str = "text/plain"


@dataclass(slots=True)
class Porter:
    """Lets requests in.  ``token`` is empty where the door is on this machine only and asks for none."""

    territory: Territory
    token: str = ""
    _secrets: tuple[str, ...] = field(init=False)
    """What stands nowhere in what is kept: the token, and by what stations are known."""
    _boot: str = field(default_factory=lambda: f"http-{secrets.token_hex(4)}", init=False)
    """New at each start: the numbers below begin anew."""
    _last: dict[str, int] = field(default_factory=dict, init=False)
    """Number of each device's latest push."""

    def __post_init__(self) -> None:
        self.adopt(self.territory)

    def adopt(self, territory: Territory) -> None:
        """Who comes from now on is looked up in ``territory``."""
        self.territory, self._secrets = territory, (self.token, *territory.device_by_address)

    def admit(self, head: RequestHead, body: bytes, arrived: int) -> Visit:
        """What the request brings that ``arrived`` then [ns UTC]; ``Refusal`` where it may not enter."""
        target = split_target(head.target)
        path = unquote(target.path.decode("utf-8", "replace"))
        segments = [part.strip() for part in path.split("/") if part.strip()]
        bearer = head.headers.get("authorization", "")
        if tuple(segments) == READINGS:
            self._check(self._is_token(bearer.removeprefix("Bearer ").strip()))
            if head.method != "POST":
                raise Refusal(405, "send readings with POST")
            _check_content(body)
            return self._readings(body.replace(self.token.encode(), b"") if self.token else body)
        form = b"&".join(part for part in (target.query, body.strip()) if part)
        fields = fields_of(form)
        left = [part for part in segments if not (self.token and self._is_token(part))]
        self._check(
            len(left) < len(segments)
            or self._is_token(bearer.removeprefix("Bearer ").strip())
            or self._is_token(fields.get("password", ""))
        )
        named = _station_on(left, fields)
        if head.method not in ("GET", "POST"):
            raise Refusal(405, "stations push with GET or POST")
        _check_content(form)
        return self._push(form, self._named(named) or name_of(key_of(fields)), arrived)

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "replace"), self.token.encode())

    def _check(self, is_known: bool) -> None:
        if self.token and not is_known:
            raise Refusal(401, "the token is missing or wrong")

    def _named(self, segment: str) -> str:
        """The station that a path names, by a device of the territory or by what was ever the address of one;
        empty where it names none."""
        if segment in self.territory.device_by_id:
            return segment
        return name_of(segment) if segment in self.territory.device_by_address else ""

    def _push(self, form: bytes, station: str, arrived: int) -> Visit:
        kept = blanked(form, self._secrets)
        known = push_topic(station, self._boot, 1, arrived)
        try:
            device = _PUSH.read(known, kept, self.territory).device
        except UnreadableMessage:
            once = push_topic(station, f"http-{secrets.token_hex(8)}", 1, arrived)
            return Visit((Brought(once, kept),), b"success\n")
        number = self._last[device] = self._last.get(device, 0) + 1
        return Visit((Brought(push_topic(station, self._boot, number, arrived), kept),), b"success\n")

    def _readings(self, body: bytes) -> Visit:
        """Each message on its own topic, its bytes as they came."""
        kept: list[dict[str, object]] = []
        refused: list[dict[str, object]] = []
        brought: list[Brought] = []
        for at, text in enumerate(_messages(body)):
            one = Brought(_topic_of(text), text)
            brought.append(one)
            place = topics.parse(one.topic)
            assert isinstance(place, topics.SensorTopic)
            try:
                message = read_native(place, *one, self.territory).message
            except UnreadableMessage as error:
                refused.append({"at": at, "reason": error.message})
                continue
            kept.append({"at": at, "device": place.device, "boot": message.boot, "seq": message.seq})
            if isinstance(message, Readings):
                refused.extend({"at": at, "reason": reason} for reason in message.set_aside)
        answer = json.dumps({"kept": kept, "refused": refused}).encode() + b"\n"
        return Visit(tuple(brought), answer, "application/json")


def _check_content(body: bytes) -> None:
    if not body.strip():
        raise Refusal(400, "there is nothing in it")


def _station_on(segments: list[str], fields: dict[str, str]) -> str:
    """What the path says beside a station's road, empty for nothing; ``Refusal`` for another road."""
    lower = [segment.lower() for segment in segments]
    for road in _STATIONS:
        rest = segments[len(road) :]
        if tuple(lower[: len(road)]) == road and len(rest) <= 1:
            if not road and (rest or not key_of(fields)):
                break  # nothing says that this is a station
            return rest[0] if rest else ""
    raise Refusal(404, "there is nothing here: see the page of the HTTP door for the paths it knows")


def _messages(body: bytes) -> list[bytes]:
    """The messages of ``body``, each as it was written; ``body`` itself where it is no JSON."""
    try:
        text = body.decode()
        found = json.loads(text)
        if not isinstance(found, list):
            return [body.strip()]
        if len(found) > MAX_MESSAGES:
            raise Refusal(413, f"more than {MAX_MESSAGES} messages at once")
        decoder, at, messages = json.JSONDecoder(), text.index("[") + 1, list[bytes]()
        for _ in found:
            at = _after_comma(text, at)
            end = decoder.raw_decode(text, at)[1]
            messages.append(text[at:end].encode())
            at = end
    except (ValueError, RecursionError):
        return [body]
    return messages or [body]


def _after_comma(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _topic_of(message: bytes) -> str:
    try:
        said = json.loads(message)
    except (ValueError, RecursionError):
        return _NOBODY
    if not isinstance(said, dict):
        return _NOBODY
    site, device = str(said.get("site")), str(said.get("device"))
    if not (_SLUG.match(site) and _SLUG.match(device)):
        return _NOBODY
    return topics.sensor(site, device, "readings")
