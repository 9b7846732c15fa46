"""The QR code of a claim, for a screen or a label: what a device must know to present its code.

    ecoviv:claim?v=1&host=…&port=…&site=…&device=…&code=…&cert=…

``cert`` is the SHA-256 of the broker's certificate (DER), so that a device that knows no
authority yet can tell the broker from an impostor before it says the code.  The label is of
no use to anybody once the code was used or its time is over; a lasting secret is never
printed.
"""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from urllib.parse import urlencode

from contract.errors import ConfigurationError, UsageError
from contract.places import Territory
from gateway.certificates.authority import check_library, read_pem
from gateway.enrol.claims import Claim

_KINDS = (".svg", ".png")


def claim_link(claim: Claim, territory: Territory, folder: Path, port: int = 8883) -> str:
    """The text of the QR code."""
    from gateway.certificates import x509

    certificate = read_pem(folder / "server.crt")
    fields = {
        "v": 1,
        "host": x509.first_host(certificate),
        "port": port,
        "site": territory.device_by_id[claim.device].site,
        "device": claim.device,
        "code": claim.code,
        "cert": hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.decode())).hexdigest(),
    }
    return f"ecoviv:claim?{urlencode(fields)}"


def check_label(out: str) -> None:
    """Before a code is made: ``out`` is a name that ``draw`` can write, and its libraries are here."""
    import segno  # noqa: F401

    check_library()

    if out != "-" and Path(out).suffix not in _KINDS:
        raise UsageError(
            f"{out} is neither .svg nor .png", help="Write --qr label.svg, or --qr - for the terminal"
        )


def draw(link: str, out: str) -> str:
    """Write the QR code to the file ``out`` (.svg or .png); for ``-``, the text for a terminal."""
    import segno

    code = segno.make_qr(link, error="m")
    if out == "-":
        return _for_terminal([list(row) for row in code.matrix_iter(border=2)])
    path = Path(out)
    try:
        path.touch(mode=0o600)
        code.save(out, scale=4 if path.suffix == ".png" else 1, border=4, kind=path.suffix[1:])
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error}", help="Choose another --qr") from error
    return ""


def _for_terminal(rows: list[list[int]]) -> str:
    """Two rows a line; white on black is asked for, so that a blank is dark on every screen."""
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    marks = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
    pairs = zip(rows[::2], rows[1::2], strict=True)
    lines = ["".join(marks[bool(a), bool(b)] for a, b in zip(top, low, strict=True)) for top, low in pairs]
    return "\n".join(f"\x1b[97;40m{line}\x1b[0m" for line in lines)
