"""A folder as the program ``openssl`` makes one: authority, table, list, four certificates."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

LOST, KEPT, MIC = (
    0x797748C6B658991EC30ED864F5BD005A,
    0x7AAF0D1E8959B836A61A67B67F947B44,
    0x5B03B66BF59CBD422D65596FDE51143C,
)
"""Serials: of soil-1 one that was revoked and one that counts, and of mic-1."""
REVOKED = "261124141605Z"
_ENDS = "290226141605Z"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_CONFIG = """[ca]
default_ca = here
[here]
database = issued
default_md = sha256
default_crl_days = 3650
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid:always
"""


def make_former(folder: Path) -> None:
    """In ``folder``, which does not exist; the test is skipped where there is no such program."""
    if shutil.which("openssl") is None:
        pytest.skip("the program openssl is not installed")
    folder.mkdir(mode=0o700)
    _openssl(
        folder, "req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.crt", "-days", "3650",
        "-subj", "/CN=EcoViv local authority", "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    hosts = "subjectAltName=DNS:gateway.local,IP:10.0.0.5\nextendedKeyUsage=serverAuth\n"
    _certificate(folder, "server", "gateway.local", 0x51, hosts)
    for stem, name, serial in (("mic-1", "mic-1", MIC), ("soil-1", "soil-1", KEPT)):
        _certificate(folder, stem, name, serial, "extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n")
    lines = (("V", "", MIC, "mic-1"), ("R", REVOKED, LOST, "soil-1"), ("V", "", KEPT, "soil-1"))
    table = "".join(f"{s}\t{_ENDS}\t{r}\t{n:X}\tunknown\t/CN={name}\n" for s, r, n, name in lines)
    (folder / "issued").write_text(table)
    (folder / "config").write_text(_CONFIG)
    _openssl(
        folder, "ca", "-config", "config", "-gencrl", "-keyfile", "ca.key", "-cert", "ca.crt",
        "-out", "revoked.crl",
    )  # fmt: skip
    for path in folder.iterdir():
        if path.name in ("config", "ext", "csr") or path.name.startswith("issued."):
            path.unlink()
        else:
            path.chmod(0o600)


def _certificate(folder: Path, stem: str, name: str, serial: int, extensions: str) -> None:
    (folder / "ext").write_text(f"basicConstraints=critical,CA:FALSE\n{extensions}")
    _openssl(folder, "req", "-new", *_KEY, "-keyout", f"{stem}.key", "-out", "csr", "-subj", f"/CN={name}")
    _openssl(
        folder, "x509", "-req", "-in", "csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", f"{serial}",
        "-days", "825", "-extfile", "ext", "-out", f"{stem}.crt",
    )  # fmt: skip
    (folder / f"{stem}.key").unlink()


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=True)
