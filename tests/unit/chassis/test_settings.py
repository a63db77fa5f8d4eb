from pathlib import Path

import pytest

from services.chassis.settings import ChassisSettings, SettingsRejected, read_settings


class IngestSettings(ChassisSettings):
    largest_webhook: int = 25


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in IngestSettings.model_fields:
        monkeypatch.delenv(f"TRELLIS_{field.upper()}", raising=False)


def test_without_a_variable_everything_lies_in_the_data_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRELLIS_DATA", "/srv/trellis")
    settings = read_settings(ChassisSettings)
    assert settings.event_store.get_secret_value() == "sqlite:///srv/trellis/events.sqlite"
    assert settings.artifacts.get_secret_value() == "file:///srv/trellis/artifacts"
    assert settings.identity_public_key == Path("/srv/trellis/identity/public.pem")
    assert (settings.host, settings.git_origins) == ("127.0.0.1", ("https://github.com",))


def test_a_variable_wins_and_an_argument_wins_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_PORT", "8601")
    monkeypatch.setenv("TRELLIS_LARGEST_WEBHOOK", "10")
    settings = read_settings(IngestSettings)
    assert (settings.port, settings.largest_webhook) == (8601, 10)
    assert read_settings(IngestSettings, port=1).port == 1


def test_origins_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_GIT_ORIGINS", "https://github.com, http://127.0.0.1:8080")
    assert read_settings(ChassisSettings).git_origins == (
        "https://github.com",
        "http://127.0.0.1:8080",
    )


@pytest.mark.parametrize(
    "origin", ["github.com", "https://github.com/", "https://u:p@github.com", "https://", "*"]
)
def test_what_is_no_origin_is_refused(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("TRELLIS_GIT_ORIGINS", origin)
    with pytest.raises(SettingsRejected, match="TRELLIS_GIT_ORIGINS: "):
        read_settings(ChassisSettings)


def test_every_refused_variable_is_named_and_no_value_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRELLIS_PORT", "hunter2")
    monkeypatch.setenv("TRELLIS_LOG_LEVEL", "loud")
    with pytest.raises(SettingsRejected) as refusal:
        read_settings(ChassisSettings)
    assert set(refusal.value.refusals) == {"TRELLIS_PORT", "TRELLIS_LOG_LEVEL"}
    assert "TRELLIS_PORT: " in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_a_lease_that_one_late_heartbeat_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_LEASE_SECONDS", "6")
    with pytest.raises(SettingsRejected, match="TRELLIS_LEASE_SECONDS"):
        read_settings(ChassisSettings)


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_NATS", "nats://trellis:hunter2@bus:4222")
    settings = read_settings(ChassisSettings)
    assert "hunter2" not in repr(settings)
    assert settings.bus_url() == "nats://trellis:hunter2@bus:4222"


def test_the_embedded_bus_is_found_in_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRELLIS_DATA", str(tmp_path))
    settings = read_settings(ChassisSettings)
    with pytest.raises(SettingsRejected, match="TRELLIS_NATS: set it to nats://"):
        settings.bus_url()
    (tmp_path / "bus").mkdir()
    (tmp_path / "bus" / "url").write_text("nats://trellis:x@127.0.0.1:4222\n")
    assert settings.bus_url() == "nats://trellis:x@127.0.0.1:4222"
