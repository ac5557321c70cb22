"""Which Pythons this machine has, and the one that an application gets. Source: docs/products/appharbor.md#interpreters."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harbor.products.appharbor_apps.builder.port import Refused

_NAME = re.compile(r"python(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One Python: its minor version, its program, and the folder it lives in."""

    version: tuple[int, int]
    program: Path

    @property
    def home(self) -> Path:
        """What must be readable for it to run."""
        return self.program.resolve().parent.parent

    @property
    def name(self) -> str:
        """Like `3.11`."""
        return ".".join(map(str, self.version))


def installed(folders: Sequence[Path] = ()) -> list[Interpreter]:
    """The Pythons in these folders and in the system's, the one that runs Harbor first."""
    own = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    found = {sys.version_info[:2]: Interpreter(sys.version_info[:2], own)}
    for folder in (*folders, Path("/usr/local/bin"), Path("/usr/bin")):
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            if match := _NAME.fullmatch(name):
                version = int(match[1]), int(match[2])
                found.setdefault(version, Interpreter(version, (folder / name).resolve()))
    return list(found.values())


def chosen(wish: tuple[int, int] | None, present: Sequence[Interpreter]) -> Interpreter:
    """The Python for a wish; without one the first. Raises `Refused` that names what there is."""
    for interpreter in present:
        if wish is None or interpreter.version == wish:
            return interpreter
    assert wish is not None
    names = ", ".join(interpreter.name for interpreter in present)
    raise Refused(f"Python {wish[0]}.{wish[1]} is not on this machine; {names} is")
