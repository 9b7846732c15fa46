"""InfluxDB over HTTP: line protocol in, InfluxQL out, as 1.8, 2.x and 3.x speak them.

1. ``InfluxServer.write`` sends points; 429, 503 and silence are ``StoreBusy``; a refused
   batch is halved until the refused points stand alone, so that one loses no other.
2. ``rows`` reads one series; ``count`` counts; ``make`` creates the bucket.

One measurement ``ecoviv``; tags site, device, quantity, qualifier; fields value (float),
flags and seq (integer), boot and digest (text: which message said it).  The key of a
point, its series and time, is the same as everywhere, so writing twice changes nothing.
The only file that knows influxdb_client.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, SecretStr

from contract.config import from_environment
from contract.errors import ConfigurationError, StoreError, UnreachableError
from ingest.store.elsewhere import ElsewherePoint
from ingest.store.protocol import StoreBusy
from ingest.values import Series

MEASUREMENT = "ecoviv"
BATCH = 5_000
_EARLIEST, _LATEST = -(2**63) + 2, 2**63 - 2
_BUSY = {0, 429, 500, 502, 503, 504}
_REFUSED = {400, 413, 422}


class _Secrets(BaseModel):
    """``ECOVIV_INFLUX_TOKEN`` or ``ECOVIV_INFLUX_TOKEN_FILE``."""

    token: SecretStr | None = None
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class InfluxPlace:
    """Where the points go, and where the journal lies."""

    url: str
    bucket: str
    org: str
    api: int
    """2: /api/v2/write; 1: /write, for InfluxDB 1.x before 1.8."""
    journal: Path


def influx_place(text: str) -> InfluxPlace:
    """``http://host:8086/BUCKET?org=ORG&journal=FILE[&api=1]``."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _no_place(str(error)) from error
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    bucket = parts.path.strip("/")
    if "@" in parts.netloc:
        raise _no_place("a name or password stands in it, where everybody can read it")
    if parts.scheme not in ("http", "https") or not host:
        raise _no_place("it does not begin with influxdb:http://HOST or influxdb:https://HOST")
    if not bucket or "/" in bucket:
        raise _no_place("after the host it must name one bucket")
    unknown = sorted(set(options) - {"org", "journal", "api"})
    if unknown:
        raise _no_place(f"it has the unknown option {unknown[0]!r}")
    return InfluxPlace(
        f"{parts.scheme}://{parts.netloc}",
        bucket,
        options.get("org", ""),
        1 if options.get("api") == "1" else 2,
        Path(options.get("journal", "ecoviv.db")),
    )


def _no_place(reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"The address of the InfluxDB store cannot be used: {reason}",
        help="Write influxdb:http://127.0.0.1:8086/BUCKET?org=ORG&journal=ecoviv.db;"
        " the token belongs into ECOVIV_INFLUX_TOKEN",
    )


class ServerBusy(StoreBusy):
    """The server does not answer, or not now; a command that does not wait for it exits 4."""

    exit_code = UnreachableError.exit_code


class InfluxServer:
    """``PointsElsewhere`` in one bucket, over HTTP."""

    def __init__(self, place: InfluxPlace, timeout_ms: int = 10_000) -> None:
        try:
            import influxdb_client
        except ImportError as error:
            raise ConfigurationError(
                "InfluxDB needs influxdb-client, which is not installed", help="pip install 'ecoviv[ingest]'"
            ) from error
        self.place = place
        self._client: Any = influxdb_client.InfluxDBClient(  # type: ignore[attr-defined]
            place.url, token=_token(), org=place.org or "-", timeout=timeout_ms
        )

    def write(self, points: Sequence[tuple[Series, ElsewherePoint]]) -> dict[int, str]:
        """Write ``points``: (position, reason) of those that the server refuses."""
        refused: dict[int, str] = {}
        lines = [(line(series, point), at) for at, (series, point) in enumerate(points)]
        for start in range(0, len(lines), BATCH):
            refused.update(self._write(lines[start : start + BATCH]))
        return refused

    def rows(self, series: Series, start: int, end: int, before: int = 0) -> list[ElsewherePoint]:
        """Points within [start, end) and ``before`` more just before it, sorted."""
        where = f"{_tags(series)} AND time >= {max(start, _EARLIEST)} AND time < {min(end, _LATEST)}"
        found = list(self._points(f"WHERE {where}"))
        if before and start > _EARLIEST:
            where = f"{_tags(series)} AND time < {start}"
            found += self._points(f"WHERE {where} ORDER BY time DESC LIMIT {before}")
        return sorted(found)

    def count(self) -> int:
        """Points in the bucket."""
        answer = self._ask(f"SELECT count(value) FROM {MEASUREMENT}")
        return int(answer[0][1]) if answer else 0

    def make(self) -> None:
        """Create the bucket (or database) unless it is there."""
        if self.place.api == 1:
            self._call("/query", "POST", [("q", f'CREATE DATABASE "{self.place.bucket}"')], "")
            return
        buckets = self._client.buckets_api()
        try:
            if buckets.find_bucket_by_name(self.place.bucket) is None:
                buckets.create_bucket(bucket_name=self.place.bucket, org=self.place.org)
        except Exception as error:
            raise self._explained(error) from error

    def close(self) -> None:
        """Release its connections."""
        self._client.close()

    def _write(self, lines: Sequence[tuple[str, int]]) -> list[tuple[int, str]]:
        if self.place.api == 1:
            path, query = "/write", [("db", self.place.bucket), ("precision", "ns")]
        else:
            org, bucket = ("org", self.place.org), ("bucket", self.place.bucket)
            path, query = "/api/v2/write", [org, bucket, ("precision", "ns")]
        try:
            self._call(path, "POST", query, "\n".join(line for line, _ in lines))
        except _Refusal as error:
            if len(lines) == 1:
                return [(lines[0][1], str(error))]
            half = len(lines) // 2
            return self._write(lines[:half]) + self._write(lines[half:])
        return []

    def _points(self, condition: str) -> Iterator[ElsewherePoint]:
        for row in self._ask(f"SELECT value, flags, boot, seq, digest FROM {MEASUREMENT} {condition}"):
            time, value, flags, boot, seq, digest = row
            yield ElsewherePoint(int(time), float(value), int(flags), str(boot), int(seq), str(digest))

    def _ask(self, question: str) -> list[list[Any]]:
        query = [("db", self.place.bucket), ("epoch", "ns"), ("q", question)]
        answer = self._call("/query", "GET", query, None)
        result = answer["results"][0]
        if "error" in result:
            raise StoreError(f"InfluxDB cannot answer: {result['error']}", help="Run `ecoviv ingest init`")
        return [row for series in result.get("series", []) for row in series["values"]]

    def _call(self, path: str, method: str, query: list[tuple[str, str]], body: str | None) -> Any:
        try:
            return self._client.api_client.call_api(
                path,
                method,
                query_params=query,
                body=body,
                header_params={"Content-Type": "text/plain; charset=utf-8"},
                response_type=None if body is not None else object,
                _return_http_data_only=True,
                _preload_content=True,
            )
        except Exception as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> Exception:
        status = getattr(error, "status", None) or 0
        where = f"InfluxDB at {self.place.url}"
        reason = str(getattr(error, "body", None) or error).strip()[:300]
        if status in _REFUSED:
            return _Refusal(reason)
        if status in (401, 403):
            return ConfigurationError(
                f"{where} refuses the token", help="Set ECOVIV_INFLUX_TOKEN to one that may"
            )
        if status == 404:
            return UnreachableError(
                f"{where} has no {self.place.bucket!r}: {reason}", help="Run `ecoviv ingest init`"
            )
        if status in _BUSY:
            said = f"is not ready ({status})" if status else f"does not answer ({_cause(error)})"
            return ServerBusy(
                f"{where} {said}", help="Check the address and the server; `ecoviv ingest run` waits for it"
            )
        return StoreError(f"{where} answers {status}: {reason}", help="Check the server")


def _cause(error: Exception) -> str:
    """What lies at the bottom, without the client library's own words."""
    bottom: Any = error
    while isinstance(getattr(bottom, "reason", None), Exception):
        bottom = bottom.reason
    return str(bottom).rpartition(": ")[2][:200] or type(bottom).__name__


class _Refusal(Exception):
    """The server says that what was written is wrong."""


def line(series: Series, point: ElsewherePoint) -> str:
    """One point in line protocol."""
    tags = ",".join(
        f"{name}={_escaped(value)}"
        for name, value in (
            ("device", series.device),
            ("qualifier", series.qualifier),
            ("quantity", series.quantity),
            ("site", series.site),
        )
        if value
    )
    return (
        f"{MEASUREMENT},{tags} value={point.value!r},flags={point.flags}i,seq={point.seq}i,"
        f'boot="{point.boot}",digest="{point.digest}" {point.time}'
    )


def _escaped(tag: str) -> str:
    return tag.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def _tags(series: Series) -> str:
    pairs: Iterable[tuple[str, str]] = (
        ("site", series.site),
        ("device", series.device),
        ("quantity", series.quantity),
        ("qualifier", series.qualifier),
    )
    return " AND ".join(f"{name} = '{value}'" for name, value in pairs)


def _token() -> str:
    secrets = from_environment(_Secrets, "ECOVIV_INFLUX_")
    if secrets.token is not None:
        return secrets.token.get_secret_value()
    if secrets.token_file is None:
        return ""
    try:
        return secrets.token_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(
            f"{secrets.token_file} cannot be read: {error}", help="Check the file"
        ) from error
