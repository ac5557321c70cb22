"""Taking a backup over the client."""

from __future__ import annotations

import pytest
from sdks.python.tests.loopback import Answer, Loopback, refusal

from harbor_sdk import Harbor, HarborError, PermissionDeniedError


def test_a_backup_comes_in_chunks_and_says_how_long_it_will_be(harbor: Harbor, server: Loopback) -> None:
    server.script = [Answer(chunks=[b"abc", b"def"], headers={"Harbor-Backup-Size": "6"})]

    with harbor.admin.backup() as backup:
        assert backup.size_bytes == 6
        assert b"".join(backup) == b"abcdef"

    assert (server.last.method, server.last.path, server.last.query) == ("POST", "/admin/v1/backup", [])


def test_the_key_comes_only_when_it_is_asked_for(harbor: Harbor, server: Loopback) -> None:
    server.script = [Answer(chunks=[b"abc"])]

    with harbor.admin.backup(include_key=True) as backup:
        assert backup.size_bytes is None
        assert b"".join(backup) == b"abc"

    assert server.last.query == [("include_key", "true")]


def test_a_refused_backup_says_why(harbor: Harbor, server: Loopback) -> None:
    server.script = [refusal(403, "permission_denied")]

    with pytest.raises(PermissionDeniedError), harbor.admin.backup():
        pass


def test_a_backup_that_nobody_answers_is_a_connection_error(harbor: Harbor, server: Loopback) -> None:
    server.script = [Answer(drops=True)]

    with pytest.raises(HarborError) as failed, harbor.admin.backup():
        pass

    assert failed.value.code == "connection_error"
    assert len(server.seen) == 1
