"""Which code runs."""

from __future__ import annotations

from pathlib import Path

from harbor.products.appharbor_apps.runner.code import code_of, running_code


def test_code_is_another_once_a_file_of_it_is(tmp_path: Path) -> None:
    (tmp_path / "tides").mkdir()
    (tmp_path / "tides" / "ebb.py").write_text("1")
    before = code_of([tmp_path])
    (tmp_path / "tides" / "ebb.pyc").write_text("made of it")
    assert code_of([tmp_path]) == before

    (tmp_path / "tides" / "ebb.py").write_text("12")

    assert code_of([tmp_path]) != before
    assert running_code() == running_code()
