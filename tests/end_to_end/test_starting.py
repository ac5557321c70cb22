"""A start that cannot be is refused in a sentence, and leaves alone what it found."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.end_to_end.server import HARBOR, LOOPBACK, Installation, environment, install, run, serving


def refusal(installation: Installation, *words: str, env: dict[str, str] | None = None) -> str:
    """The sentence with which a start is refused, where a trace would be a fault."""
    ended = run("serve", "--data", str(installation.data), "--port", "0", "--operations-port", "0", *words, env=env)
    assert ended.returncode == 1, (ended.returncode, ended.stdout, ended.stderr)
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) <= 2, ended.stderr
    return ended.stderr


def test_a_second_server_on_a_data_directory_is_refused(installation: Installation) -> None:
    with serving(installation) as first:
        sentence = refusal(installation)
        by_init = run("init", "--data", str(installation.data))

    assert f"in use by another Harbor process (process {first.process.pid})" in sentence
    assert "in use" in by_init.stderr
    assert by_init.returncode == 1


def test_a_taken_port_is_refused_with_what_to_do(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = refusal(installation, "--port", str(port))

    assert f"Port {port} on 127.0.0.1 is taken by another program" in sentence
    assert "--port" in sentence


def test_a_directory_without_an_installation_is_refused(installation: Installation, tmp_path: Path) -> None:
    missing = Installation(data=tmp_path / "nothing", made={})
    assert "harbor init" in refusal(missing)

    inside_a_file = Installation(data=tmp_path / "file" / "data", made={})
    (tmp_path / "file").write_text("x")
    assert str(inside_a_file.data) in refusal(inside_a_file)


def test_a_missing_instance_key_is_refused(installation: Installation) -> None:
    (installation.data / "instance.key").unlink()

    assert "instance.key" in refusal(installation)


def test_the_instance_key_of_another_installation_is_refused(installation: Installation, tmp_path: Path) -> None:
    other = install(tmp_path / "other")
    shutil.copy(other.data / "instance.key", installation.data / "instance.key")

    assert "key" in refusal(installation)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"this is no database" * 1_000),
        lambda path: path.write_bytes(path.read_bytes()[:5_000]),
        lambda path: path.write_bytes(path.read_bytes()[:100] + os.urandom(8_000) + path.read_bytes()[8_100:]),
        lambda path: path.write_bytes(b""),
    ],
    ids=["no database", "cut off", "damaged", "empty"],
)
def test_a_spoiled_database_file_is_refused_and_left_alone(
    installation: Installation, spoil: Callable[[Path], object]
) -> None:
    path = installation.data / "harbor.db"
    spoil(path)
    before = path.read_bytes()

    sentence = refusal(installation)

    assert re.search(r"database|harbor\.db", sentence)
    assert path.read_bytes() == before or not before


def test_a_database_file_that_another_program_holds_is_refused(installation: Installation) -> None:
    with sqlite3.connect(installation.data / "harbor.db", isolation_level=None) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        sentence = refusal(installation)
        other.execute("ROLLBACK")
    other.close()

    assert re.search(r"database|harbor\.db", sentence)


def test_tables_of_a_newer_program_are_refused(installation: Installation) -> None:
    with sqlite3.connect(installation.data / "harbor.db") as database:
        database.execute(
            "INSERT INTO migrations (area, number, name, digest, applied_at) "
            "SELECT area, 9999, '9999_from_the_future', digest, applied_at FROM migrations WHERE area = 'kernel' LIMIT 1"
        )
    database.close()

    assert "newer" in refusal(installation)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HARBOR_RETRY_SCHEDULE", "5,10"),
        ("HARBOR_WEBHOOK_ALLOW_CIDRS", "everywhere"),
        ("HARBOR_DATABASE", "mysql://x"),
    ],
)
def test_a_bad_setting_is_named(installation: Installation, name: str, value: str) -> None:
    ended = run("serve", "--data", str(installation.data), "--port", "0", "--operations-port", "0", env={name: value})

    assert ended.returncode in (1, 2)
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_server_that_is_not_there_is_refused(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]

    sentence = refusal(installation, "--database", f"postgresql://harbor:s3cret@127.0.0.1:{port}/harbor")

    assert re.search(r"database|PostgreSQL", sentence)
    assert "s3cret" not in sentence


def test_switches_for_development_are_printed_at_start(installation: Installation) -> None:
    words = [str(HARBOR), "serve", "--data", str(installation.data), "--port", "0", "--operations-port", "0"]
    with subprocess.Popen(
        words,
        env=environment({**LOOPBACK, "HARBOR_RATE_LIMITS": "off"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        told = process.stderr.read().decode()

    assert b"Harbor is ready" in ready
    for word in ("HARBOR_WEBHOOK_ALLOW_HTTP", "127.0.0.0/8", "HARBOR_RATE_LIMITS"):
        assert word in told
    assert process.returncode == 0
