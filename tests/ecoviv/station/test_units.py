"""The systemd units are valid, small in rights, and hold no secret."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contract.errors import ConfigurationError
from ecoviv.station.cli import register
from ecoviv.station.units import SERVICES, StationPlan, sysusers, units, write

EXAMPLE = Path(__file__).resolve().parents[3] / "ecoviv" / "example" / "territory.toml"
MOST_EXPOSED = 2.0


@pytest.fixture
def choice(tmp_path: Path) -> StationPlan:
    """All services, with a program that exists."""
    territory = tmp_path / "territory.toml"
    shutil.copy(EXAMPLE, territory)
    return StationPlan(
        territory,
        services=SERVICES,
        secrets=tmp_path / "secrets",
        claims=tmp_path / "broker",
        program=Path("/usr/bin/env"),
    )


def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


def with_secrets(choice: StationPlan, *names: str) -> StationPlan:
    choice.secrets.mkdir()
    for name in names:
        (choice.secrets / name).write_text("hush-hush")
    return choice


def test_a_dry_run_prints_every_unit_and_writes_none(choice: StationPlan) -> None:
    result = CliRunner().invoke(
        app(), ["station", "install", "--territory", str(choice.territory), "--dry-run"]
    )
    assert result.exit_code == 0
    for name in (
        "sysusers.d/ecoviv.conf",
        *(f"ecoviv-{one}.service" for one in ("gateway", "edge", "ingest")),
    ):
        assert f"# {name}" in result.stdout
    assert not Path("/etc/systemd/system/ecoviv-edge.service").exists()


@pytest.mark.parametrize("service", SERVICES)
def test_systemd_finds_no_fault_and_little_exposure(
    choice: StationPlan, tmp_path: Path, service: str
) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    name = f"ecoviv-{service}.service"
    path = tmp_path / name
    path.write_text(units(with_secrets(choice, f"{service}.password", "ca.crt"))[name])
    told = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
    assert [line for line in told.stderr.splitlines() if name in line] == []
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", path], capture_output=True, text=True, check=False
    )
    level = float(judged.stdout.rpartition("service: ")[2].split()[0])
    assert level <= MOST_EXPOSED


def test_a_password_is_a_credential_and_is_asked_for_only_where_it_lies(choice: StationPlan) -> None:
    texts = units(replace(with_secrets(choice, "gateway.password", "ca.crt"), broker="mqtts://field.example"))
    gateway, edge = texts["ecoviv-gateway.service"], texts["ecoviv-edge.service"]
    assert f"LoadCredential=broker-password:{choice.secrets}/gateway.password" in gateway.splitlines()
    assert "Environment=ECOVIV_BROKER_USERNAME=service.gateway" in gateway.splitlines()
    assert "LoadCredential" not in edge
    assert "USERNAME" not in edge
    for text in texts.values():
        assert f"Environment=ECOVIV_BROKER_CA_FILE={choice.secrets}/ca.crt" in text.splitlines()
        assert "hush-hush" not in text


def test_without_tls_no_authority_is_named(choice: StationPlan) -> None:
    texts = units(with_secrets(choice, "ca.crt"))
    assert [name for name, text in texts.items() if "CA_FILE" in text] == []


def test_the_edge_reads_the_clips_and_writes_its_own_folder_only(choice: StationPlan) -> None:
    lines = units(choice)["ecoviv-edge.service"].splitlines()
    assert "BindReadOnlyPaths=-/var/lib/ecoviv/gateway/clips" in lines
    assert "Group=ecoviv" in lines
    assert [line for line in lines if line.startswith(("ReadWritePaths", "BindPaths"))] == []
    assert "m ecoviv-edge ecoviv" in sysusers(choice).splitlines()


def test_sound_is_for_gateway_and_edge_worker_alone(choice: StationPlan) -> None:
    texts = {name: text.splitlines() for name, text in units(choice).items()}
    edge, ingest = texts["ecoviv-edge.service"], texts["ecoviv-ingest.service"]
    assert "StateDirectoryMode=0700" in edge
    assert any(" --kept /var/lib/ecoviv/edge/kept" in line for line in edge)
    for folder in ("gateway", "edge"):
        assert f"InaccessiblePaths=-/var/lib/ecoviv/{folder}" in ingest
    assert "Group=ecoviv" not in ingest
    members = [line for line in sysusers(choice).splitlines() if line.startswith("m ")]
    assert members == ["m ecoviv-gateway ecoviv", "m ecoviv-edge ecoviv"]


def test_claims_run_as_the_broker_s_user_and_write_its_folder_only(choice: StationPlan) -> None:
    lines = units(choice)["ecoviv-claims.service"].splitlines()
    assert "User=mosquitto" in lines
    assert f"ReadWritePaths={choice.claims}" in lines
    assert "mosquitto" not in sysusers(choice)
    with pytest.raises(ConfigurationError, match="not said"):
        units(replace(choice, claims=None))


def test_further_options_reach_their_own_service(choice: StationPlan) -> None:
    texts = units(replace(choice, options=(("gateway", "--daily-mb 20"), ("edge", "--least 0.5"))))
    assert " --daily-mb 20\n" in texts["ecoviv-gateway.service"]
    assert " --least 0.5\n" in texts["ecoviv-edge.service"]
    assert "--daily-mb" not in texts["ecoviv-ingest.service"]


@pytest.mark.parametrize("unreadable", ["--daily-mb 20; reboot", "--daily-mb '2\n0'", "--daily-mb $X", "a%h"])
def test_an_option_that_systemd_would_read_otherwise_is_refused(choice: StationPlan, unreadable: str) -> None:
    with pytest.raises(ConfigurationError, match="means something else to systemd"):
        units(replace(choice, options=(("gateway", unreadable),)))


@pytest.mark.parametrize(
    ("name", "broker"),
    [("No Slug", "mqtt://127.0.0.1"), ("north", "http://x"), ("north", "mqtt://a b"), ("north", "mqtt://%h")],
)
def test_wrong_arguments_are_told_before_the_next_boot(choice: StationPlan, name: str, broker: str) -> None:
    with pytest.raises(ConfigurationError):
        units(replace(choice, gateway=name, broker=broker))


@pytest.mark.parametrize(
    "name", ["my territory.toml", "a%h.toml", "a\nUser=root\n.toml", "a;b.toml", "$HOME.toml"]
)
def test_a_path_that_systemd_would_read_otherwise_is_refused(choice: StationPlan, name: str) -> None:
    path = choice.territory.parent / name
    shutil.copy(choice.territory, path)
    with pytest.raises(ConfigurationError, match="means something else to systemd"):
        units(replace(choice, territory=path))


@pytest.mark.parametrize("hidden", ["/home/eva/ecoviv/bin/ecoviv", "/root/e/bin/ecoviv", "/tmp/e/bin/ecoviv"])
def test_what_the_boxed_in_services_could_not_read_is_told_at_once(choice: StationPlan, hidden: str) -> None:
    folder = Path("/nonexistent/units")
    with pytest.raises(ConfigurationError, match="cannot read"):
        write(replace(choice, program=Path(hidden)), folder, folder / "people")


def test_users_and_units_are_written_together(
    choice: StationPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecoviv.station.units._HIDDEN", ("/home/",))  # tests live below /tmp
    made = write(choice, tmp_path / "units", tmp_path / "people.conf")
    assert sorted(path.name for path in made) == sorted([*units(choice), "people.conf"])
    assert (tmp_path / "people.conf").read_text().startswith("g ecoviv -\n")
    assert (tmp_path / "units" / "ecoviv-edge.service").read_text() == units(choice)["ecoviv-edge.service"]


def test_a_service_that_does_not_exist_is_named(choice: StationPlan) -> None:
    with pytest.raises(ConfigurationError, match="'kettle' is no service"):
        units(replace(choice, services=("gateway", "kettle")))
