"""Settings: where they are looked for, what they may be, and what is said of those that cannot be."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel import settings as settings_module
from harbor.kernel.errors import StartRefused
from harbor.kernel.http.protocol import ConnectionBounds
from harbor.kernel.mail.smtp import SmtpSettings
from harbor.kernel.ratelimit.rules import Rule
from harbor.kernel.settings import GROUPS, SETTINGS, Setting, Settings, find_data, forms, load
from harbor.kernel.webhooks.retries import parse_schedule


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def loaded(
    folder: Path, *, flags: Mapping[str, object] | None = None, file: str | None = None, **environ: str
) -> tuple[Settings, list[str]]:
    if file is not None:
        folder.mkdir(exist_ok=True)
        (folder / "harbor.toml").write_text(file, "utf-8")
    return load(flags=flags or {}, environ=environ, data_dir=folder)


def refusal(folder: Path, **given: Any) -> str:
    with pytest.raises(StartRefused) as refused:
        loaded(folder, **given)
    return str(refused.value)


def test_nothing_said_means_the_defaults(folder: Path) -> None:
    found, warnings = loaded(folder)

    assert warnings == []
    assert found == Settings(data=folder)
    assert (found.host, found.port, found.workers, found.rate_limits, found.clock) == (
        "127.0.0.1",
        8000,
        1,
        True,
        "system",
    )
    assert (found.rate_limit_production, found.rate_limit_sandbox) == ("600:60", "120:30")
    assert (found.database, found.sandbox_port, found.key_file, found.retry_schedule) == (None, None, None, None)
    assert (found.trusted_proxies, found.cors_origins, found.port_of) == ((), (), {})


def test_a_flag_outweighs_the_environment_that_the_file_and_that_the_default(folder: Path) -> None:
    places: dict[str, Any] = {"flags": {"port": 1}, "HARBOR_PORT": "2", "file": "port = 3"}

    found = []
    for place in list(places):
        found.append(loaded(folder, **places)[0].port)
        del places[place]
    (folder / "harbor.toml").unlink()

    assert [*found, loaded(folder)[0].port] == [1, 2, 3, 8000]


def test_it_is_known_which_words_were_given(folder: Path) -> None:
    found, _ = loaded(folder, flags={"port": 8_001}, file="harper_body_bytes = '64 MiB'", HARBOR_WORKERS="1")

    assert found.given == {"port", "workers", "harper_body_bytes"}
    assert found.harper_body_bytes == 64 * 1024**2


@pytest.mark.parametrize("nothing", [None, "", " ", (), [], {}])
def test_an_empty_flag_and_an_empty_variable_are_not_given(folder: Path, nothing: object) -> None:
    found, _ = loaded(folder, flags={"port": nothing, "port_of": nothing}, HARBOR_PORT="", file="port = 3")

    assert (found.port, found.port_of) == (3, {})


@pytest.mark.parametrize("text", ["on", "true", "1", "yes", "TRUE", " On "])
def test_a_switch_is_turned_on_in_many_ways(folder: Path, text: str) -> None:
    assert loaded(folder, HARBOR_WEBHOOK_ALLOW_HTTP=text)[0].webhook_allow_http is True


@pytest.mark.parametrize("text", ["off", "false", "0", "no", "False"])
def test_a_switch_is_turned_off_in_many_ways(folder: Path, text: str) -> None:
    assert loaded(folder, HARBOR_RATE_LIMITS=text)[0].rate_limits is False


def test_the_file_may_use_the_types_of_toml(folder: Path) -> None:
    found, warnings = loaded(
        folder,
        file="""
            rate_limits = false
            port = 8100
            retry_schedule = [0, 300, 1800]
            cors_origins = ["https://a.example", "https://b.example:8443/"]
            port_of = {harvest = 8002, harper = 8003}
            trusted_proxies = "10.0.0.0/24, 127.0.0.1, ::1"
        """,
    )

    assert warnings == []
    assert (found.rate_limits, found.port, found.retry_schedule) == (False, 8100, "0,300,1800")
    assert found.cors_origins == ("https://a.example", "https://b.example:8443")
    assert found.port_of == {"harvest": 8002, "harper": 8003}
    assert found.trusted_proxies == (
        IPv4Network("10.0.0.0/24"),
        IPv4Network("127.0.0.1/32"),
        IPv6Network("::1/128"),
    )


def test_a_flag_given_several_times_is_a_list(folder: Path) -> None:
    found, _ = loaded(folder, flags={"port_of": ("harvest=8002", "harper=8003")})

    assert found.port_of == {"harvest": 8002, "harper": 8003}


def test_paths_in_the_file_are_relative_to_it_and_others_to_the_working_directory(folder: Path) -> None:
    found, _ = loaded(
        folder,
        file='tls_certificate = "tls/chain.pem"\nwebhook_ca_file = "/etc/authorities.pem"',
        flags={"tls_key": Path("tls/key.pem")},
    )

    assert found.tls_certificate == folder / "tls" / "chain.pem"
    assert found.webhook_ca_file == Path("/etc/authorities.pem")
    assert found.tls_key == Path("tls/key.pem")


def test_the_data_directory_is_found_before_its_file(folder: Path) -> None:
    assert find_data(flags={"data": folder}, environ={"HARBOR_DATA": "elsewhere"}) == folder
    assert find_data(flags={}, environ={"HARBOR_DATA": str(folder)}) == folder
    assert find_data(flags={}, environ={}) == Settings().data


def test_a_data_directory_in_the_file_is_a_warning(folder: Path) -> None:
    found, warnings = loaded(folder, file='data = "elsewhere"')

    assert found.data == folder
    assert warnings == [
        f"data in {folder}/harbor.toml has no effect: the file is looked for in that directory. "
        "Use --data or HARBOR_DATA."
    ]


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("HARBOR_PROT", "; the nearest is HARBOR_PORT."),
        ("HARBOR_RATE_LIMIT", "; the nearest is HARBOR_RATE_LIMITS."),
        ("HARBOR_WEBHOOK_ALLOW_CIDR", "; the nearest is HARBOR_WEBHOOK_ALLOW_CIDRS."),
        ("HARBOR_FAVOURITE_COLOUR", "."),
    ],
)
def test_an_unknown_variable_is_a_warning_with_the_nearest_name(folder: Path, name: str, end: str) -> None:
    _, warnings = loaded(folder, **{name: "1"})

    assert warnings == [f"{name} in the environment is no setting and has no effect{end}"]


def test_an_unknown_word_in_the_file_is_a_warning_with_the_nearest_word(folder: Path) -> None:
    _, warnings = loaded(folder, file="prot = 1\n[favourites]\ncolour = 'red'")

    assert warnings == [
        f"favourites in {folder}/harbor.toml is no setting and has no effect.",
        f"prot in {folder}/harbor.toml is no setting and has no effect; the nearest is port.",
    ]


@pytest.mark.parametrize(
    "name",
    ["SECRET_KEY", "API_KEY", "WEBHOOK_SECRET", "ADMIN_KEY", "WORKSPACE", "URL", "TEST_DSN", "TEST_REQUIRE_ALL"],
)
def test_variables_of_client_programs_and_tests_are_passed_over(folder: Path, name: str) -> None:
    assert loaded(folder, **{f"HARBOR_{name}": "x"}, PATH="/bin")[1] == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"HARBOR_PORT": "http"},
            "HARBOR_PORT in the environment is 'http'; it must be a port from 0 (any free one) to 65535. Example: 8080",
        ),
        (
            {"flags": {"rate_limit_sandbox": "120"}},
            "--rate-limit-sandbox is '120'; it must be requests a minute and how many of them at once, like 600:60, "
            "or off. Example: off",
        ),
        (
            {"file": "clock = 5"},
            "clock in FOLDER/harbor.toml is '5'; it must be system or manual. Example: manual",
        ),
        (
            {"HARBOR_LOG_LEVEL": "loud"},
            "HARBOR_LOG_LEVEL in the environment is 'loud'; it must be debug, info, warning or error. Example: warning",
        ),
    ],
)
def test_a_bad_value_stops_the_start_with_its_name_its_place_and_what_would_be_right(
    folder: Path, given: dict[str, Any], sentence: str
) -> None:
    assert refusal(folder, **given) == sentence.replace("FOLDER", str(folder))


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS.values() if setting.is_secret])
def test_a_secret_is_neither_repeated_in_a_refusal_nor_printed(folder: Path, name: str) -> None:
    assert "swordfish" not in refusal(folder, **{name: "swordfish\nmysql://"})
    assert "swordfish" not in repr(Settings(database="swordfish", smtp_password="swordfish", webhook_proxy="swordfish"))


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("host", "http://127.0.0.1:8000"),
        ("port", "-1"),
        ("port", "65536"),
        ("port", "８０"),
        ("sandbox_port", "8001.0"),
        ("port_of", "harvest"),
        ("port_of", "harvest=8002,harvest=8003"),
        ("port_of", "=8002"),
        ("workers", "0"),
        ("drain_seconds", "-5"),
        ("tls_key", "a\x00b"),
        ("production_hosts", "api.example.com:8000"),
        ("production_hosts", "https://api.example.com"),
        ("trusted_proxies", "10.0.0.1/24"),
        ("trusted_proxies", "proxy.example.com"),
        ("trusted_proxies", ",".join(f"10.0.0.{n}" for n in range(101))),
        ("cors_origins", "app.example.com"),
        ("cors_origins", "https://app.example.com/path"),
        ("cors_origins", "https://app.example.com?"),
        ("cors_origins", "https://someone@app.example.com"),
        ("cors_origins", "https://app.example.com:99999"),
        ("cors_origins", "*"),
        ("public_url", "ftp://harbor.example.com"),
        ("database", "mysql://db/harbor"),
        ("database", "postgresql:harbor"),
        ("rate_limits", "maybe"),
        ("rate_limit_production", "60:600"),
        ("rate_limit_production", "600:0"),
        ("harvest_rate_limit", "1000001/1s"),
        ("harvest_reports_rate_limit", "0/900s"),
        ("webhook_proxy", "socks5://proxy:1080"),
        ("retry_schedule", "300,1800"),
        ("retry_schedule", "0,,5"),
        ("retry_schedule_sandbox", ",".join("0" * 51)),
        ("event_retention_days", "36501"),
        ("smtp_port", "0"),
        ("smtp_sender", "Harbor <harbor@example.com>"),
        ("smtp_security", "ssl"),
        ("harper_body_bytes", "63KiB"),
        ("harper_body_bytes", "2 GiB"),
        ("harper_sql_bytes_out", "64 MB"),
        ("harper_operation_token_timeout", "0d"),
        ("harper_refresh_token_timeout", "soon"),
        ("harper_sql_seconds", "0"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, word: str, text: str) -> None:
    assert refusal(folder, flags={word: text}).startswith(f"--{word.replace('_', '-')} ")


@pytest.mark.parametrize("file", ["port = ", b"\xff"])
def test_a_file_that_cannot_be_read_stops_the_start(folder: Path, file: str | bytes) -> None:
    folder.mkdir()
    (folder / "harbor.toml").write_bytes(file if isinstance(file, bytes) else file.encode())

    assert refusal(folder).startswith(f"{folder}/harbor.toml cannot be read: ")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"workers": 4}, "--database"),
        ({"tls_certificate": "chain.pem"}, "tls_certificate and tls_key"),
        ({"tls_key": "key.pem"}, "tls_certificate and tls_key"),
        ({"smtp_host": "mail.example.com"}, "smtp_host and smtp_sender"),
        ({"smtp_username": "harbor"}, "smtp_username and smtp_password"),
        ({"smtp_username": "a", "smtp_password": "b", "smtp_security": "none"}, "starttls or tls"),
        ({"production_hosts": "a.example,b.example", "sandbox_hosts": "B.example."}, "b.example"),
    ],
)
def test_what_does_not_go_together_stops_the_start(folder: Path, flags: dict[str, object], words: str) -> None:
    assert words in refusal(folder, flags=flags)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://harbor@db.example.com/harbor",
        "postgres://harbor:pass@one:5432,two:5433/harbor?target_session_attrs=read-write",
        "postgresql:///harbor?host=/var/run/postgresql",
        "host=/var/run/postgresql dbname=harbor",
    ],
)
def test_more_workers_go_with_a_postgresql_database_however_it_is_named(folder: Path, text: str) -> None:
    found, _ = loaded(folder, flags={"workers": 4, "database": text})

    assert (found.workers, found.database) == (4, text)


def test_settings_do_not_change_and_travel_to_another_process() -> None:
    found = Settings(port_of={"harvest": 8002})

    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(FrozenInstanceError):
        found.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.word)
def test_each_setting_is_explained_and_its_example_is_good(folder: Path, setting: Setting) -> None:
    assert setting.help.endswith(".")
    assert setting.group in GROUPS
    assert setting.example != (setting.default or "")
    setting.form.read(setting.example)
    assert re.fullmatch(r"HARBOR_[A-Z0-9_]+", setting.name)
    assert setting.word in {field.name for field in fields(Settings)}


def test_every_name_of_the_module_is_there() -> None:
    assert all(hasattr(settings_module, name) for name in settings_module.__all__)


@given(st.text(st.sampled_from("0123,-. "), max_size=12) | st.lists(st.integers(0, 3_000_000)).map(lambda n: f"0,{n}"))
def test_a_schedule_is_good_exactly_if_the_retries_can_read_it(text: str) -> None:
    assert accepts(forms.SCHEDULE, text) == accepts(parse_schedule, text)


@given(st.integers(-1, 10**9), st.integers(-1, 10**9))
def test_a_limit_is_good_exactly_if_it_makes_a_rule(quota: int, burst: int) -> None:
    makes_a_rule = accepts(lambda _: Rule(quota=quota, window_s=60, burst=burst), "")

    assert accepts(forms.LIMIT, f"{quota}:{burst}") == makes_a_rule


def test_a_sender_is_one_that_mails_accept(folder: Path) -> None:
    sender = SETTINGS["smtp_sender"].example

    assert SmtpSettings(host="mail.example.com", port=587, sender=sender).sender == sender


def test_the_caps_of_connections_are_those_of_the_server() -> None:
    bounds, found = ConnectionBounds(), Settings()

    assert found.connections_max == bounds.connections_max
    assert found.connections_per_address_max == bounds.connections_per_address_max


@given(st.sampled_from(sorted(SETTINGS)), st.text(max_size=40))
def test_any_text_is_a_value_or_a_refusal(word: str, text: str) -> None:
    try:
        loaded(Path("/nowhere"), flags={word: text})
    except StartRefused as refused:
        sentence = str(refused)
    else:
        sentence = word

    assert word in sentence.replace("-", "_")


def accepts(form: Any, text: str) -> bool:
    try:
        (form.read if isinstance(form, forms.Form) else form)(text)
    except ValueError:
        return False
    return True
