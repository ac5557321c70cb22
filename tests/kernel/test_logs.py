"""The log: its two forms, what it leaves out, and what it takes in from libraries."""

from __future__ import annotations

import io
import json
import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel import logs


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The logging of other tests is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_how_grave_where_and_what(stream: io.StringIO) -> None:
    logs.configure("info", "json", stream)

    structlog.get_logger("harbor.jobs").warning("job_failed", job="job_1", attempts=3)

    (line,) = lines(stream)
    assert list(line) == ["timestamp", "level", "logger", "event", "job", "attempts"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
    assert (line["level"], line["logger"], line["event"]) == ("warning", "harbor.jobs", "job_failed")
    assert (line["job"], line["attempts"]) == ("job_1", 3)


def test_what_is_below_the_level_is_not_written(stream: io.StringIO) -> None:
    logs.configure("warning", "json", stream)

    structlog.get_logger("harbor.jobs").info("job_ended")
    logging.getLogger("aiohttp.client").info("connected")

    assert stream.getvalue() == ""


def test_the_level_changes_and_the_place_stays(stream: io.StringIO) -> None:
    logs.configure("info", "json", stream)
    logs.set_level("error")
    structlog.get_logger("harbor.test").warning("unheard")
    logging.getLogger("library").warning("unheard")
    logs.set_level("debug")
    structlog.get_logger("harbor.test").debug("heard")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["heard"]


def test_a_logger_made_before_follows_the_latest_configuration(stream: io.StringIO) -> None:
    log = structlog.get_logger("harbor.jobs")
    logs.configure("info", "json", io.StringIO())
    log.info("first")
    logs.configure("info", "json", stream)
    log.info("second")

    assert [line["event"] for line in lines(stream)] == ["second"]


@pytest.mark.parametrize(("terminal", "is_json"), [(io.StringIO(), True), (Terminal(), False)])
def test_without_a_wish_a_terminal_gets_text_and_anything_else_json(terminal: io.StringIO, is_json: bool) -> None:
    logs.configure("info", "auto", terminal)

    structlog.get_logger("harbor.serve").info("ready")

    assert terminal.getvalue().startswith("{") is is_json
    assert "ready" in terminal.getvalue()


@pytest.mark.parametrize("logger", ["uvicorn.error", "aiohttp.client", "asyncio"])
def test_libraries_are_heard_in_the_same_form(stream: io.StringIO, logger: str) -> None:
    logs.configure("info", "json", stream)

    logging.getLogger(logger).error("lost %s", "hb_live_abc")

    (line,) = lines(stream)
    assert (line["level"], line["logger"], line["event"]) == ("error", logger, "lost hb_live_[redacted]")


def test_libraries_are_heard_once_after_a_second_configuration(stream: io.StringIO) -> None:
    logs.configure("info", "json", stream)
    logs.configure("info", "json", stream)

    logging.getLogger("uvicorn.error").error("lost")

    assert len(lines(stream)) == 1


def test_libraries_speak_of_details_only_when_debugging(stream: io.StringIO) -> None:
    logs.configure("info", "json", stream)
    logging.getLogger("aiohttp.client").info("connected")
    logs.configure("debug", "json", stream)
    logging.getLogger("aiohttp.client").debug("closed")

    assert [line["event"] for line in lines(stream)] == ["closed"]


def test_warnings_of_python_are_lines(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logs.configure("info", "json", stream)
        warnings.warn("an old way", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(False)

    (line,) = lines(stream)
    assert line["logger"] == "py.warnings"
    assert "an old way" in line["event"]


@pytest.mark.parametrize(
    "key",
    ["secret", "signing_secret", "secret_key", "password", "smtp_password", "token", "access-token", "Authorization"],
)
def test_what_is_named_like_a_secret_is_left_out(stream: io.StringIO, key: str) -> None:
    logs.configure("info", "json", stream)

    structlog.get_logger("harbor.test").info("seen", **{key: "swordfish"}, inside={"deeper": [{key: "swordfish"}]})

    (line,) = lines(stream)
    assert line[key] == "[redacted]"
    assert "swordfish" not in stream.getvalue()


@pytest.mark.parametrize("key", ["secretary", "tokens_left", "passwordless", "key_id"])
def test_what_only_sounds_like_a_secret_is_written(key: str) -> None:
    assert logs.redacted({key: "kept"}) == {key: "kept"}


def test_that_a_secret_is_absent_may_be_known() -> None:
    assert logs.redacted({"secret": None, "has_secret": True}) == {"secret": None, "has_secret": True}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key hb_live_0aB9, refused", "key hb_live_[redacted], refused"),
        ("hb_test_x hb_admin_y", "hb_test_[redacted] hb_admin_[redacted]"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw+/==", "whsec_[redacted]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("Basic dXNlcjpwYXNz", "Basic [redacted]"),
        ("postgresql://harbor:pass@db/harbor", "postgresql://harbor:[redacted]@db/harbor"),
        ("http://127.0.0.1:8000/v1/events", "http://127.0.0.1:8000/v1/events"),
        ("a bearer", "a bearer"),
    ],
)
def test_what_looks_like_a_secret_is_left_out_of_any_text(text: str, shown: str) -> None:
    assert logs.redacted(text) == shown
    assert logs.redacted([{"note": (text,)}]) == [{"note": [shown]}]
    assert repr(shown)[1:-1] in logs.redacted(ValueError(text))


@pytest.mark.parametrize("format_", ["json", "text"])
def test_an_exception_is_told_without_its_secrets(stream: io.StringIO, format_: logs.Format) -> None:
    logs.configure("info", format_, stream)

    try:
        raise ValueError("hb_live_swordfish is no key")
    except ValueError as error:
        structlog.get_logger("harbor.test").exception("refused")
        structlog.get_logger("harbor.test").error("refused", error=error)
        logging.getLogger("asyncio").exception("refused")

    assert "swordfish" not in stream.getvalue()
    assert stream.getvalue().count("Traceback (most recent call last)") == 2
    assert stream.getvalue().count("ValueError: hb_live_[redacted] is no key") == 2


def test_what_comes_from_outside_neither_forges_a_line_nor_steers_a_terminal(stream: io.StringIO) -> None:
    logs.configure("info", "text", stream)

    structlog.get_logger("harbor.test").info(
        "seen", name="a\n2026-05-25 [info] forged\x1b[2J\u2028", inside={"b": "\n\x1b"}
    )
    logging.getLogger("uvicorn.error").error("bad\r\nrequest")

    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b" not in stream.getvalue()


def test_a_long_text_is_cut(stream: io.StringIO) -> None:
    logs.configure("info", "json", stream)

    structlog.get_logger("harbor.test").info("seen", body="x" * 1_000_000)

    assert len(stream.getvalue()) < logs.TEXT_LENGTH_MAX + 500


def test_a_line_fits_a_stream_of_another_encoding() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    logs.configure("info", "text", stream)

    structlog.get_logger("harbor.test").info("Überraschung", name="\ud800")

    assert b"\\xdcberraschung" in raw.getvalue()
    assert rb"\ud800" in raw.getvalue()


def test_a_log_that_cannot_be_written_stops_nobody(stream: io.StringIO) -> None:
    logs.configure("info", "json", stream)
    stream.close()

    structlog.get_logger("harbor.test").info("seen")
    logging.getLogger("uvicorn.error").error("lost")


def test_a_thing_that_cannot_describe_itself_stops_nobody() -> None:
    class Mute:
        def __str__(self) -> str:
            raise RuntimeError

    assert logs.redacted({"thing": Mute()}) == {"thing": "<Mute>"}


def test_a_thing_that_contains_itself_ends() -> None:
    endless: list[object] = []
    endless.append(endless)

    assert json.dumps(logs.redacted(endless)) == "[" * 8 + '"[[...]]"' + "]" * 8


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9) | st.integers(), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_any_value_becomes_strict_json(value: object) -> None:
    plain = logs.redacted(value)

    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
