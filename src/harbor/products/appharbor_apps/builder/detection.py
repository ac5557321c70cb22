"""What a tree is: its language, its processes, and the commands for what is not said. First match wins.

Source: docs/products/appharbor.md#detection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from harbor.kernel.bounds import MIB
from harbor.products.appharbor_apps.builder.port import Refused

PYTHON_FILES = ("uv.lock", "pyproject.toml", "requirements.txt", "Pipfile", "setup.py", "poetry.lock")
STATIC_FOLDERS = (".", "public", "dist", "static")
PROCESSES_MAX = 50
# The runner serves the folder behind this word itself.
STATIC = "harbor-static"
_PROCESS = re.compile(r"^([A-Za-z][A-Za-z0-9_-]{0,62}):\s*(\S.*)$")
_VERSION = re.compile(r"(\d+)\.(\d+)")


class Language(StrEnum):
    """What is built."""

    PYTHON = "python"
    NODE = "node"
    STATIC = "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A tree as it is understood. `python` is the wish for a version, as major and minor number.

    `has_node` says that there are packages of Node, perhaps for the pages of a Python project.
    """

    language: Language
    processes: Mapping[str, str] = field(default_factory=dict)
    python: tuple[int, int] | None = None
    test_command: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    has_node: bool = False


def detect(tree: Path) -> Found:
    """What the tree is. Raises `Refused` where nothing fits."""
    manifest = _json(tree / "app.json")
    processes = procfile(_text(tree / "Procfile"))
    for kind, name in (("*.sln", ".NET"), ("*.csproj", ".NET"), ("*.fsproj", ".NET")):
        if any(tree.glob(kind)):
            raise Refused(f"This is {name}, and there is no .NET SDK on this machine")
    test_command = _nested(manifest, "environments", "test", "scripts", "test")
    environment = {
        name: str(each["value"]) if isinstance(each, dict) else str(each)
        for name, each in (_nested(manifest, "env") or {}).items()
        if not isinstance(each, dict) or "value" in each
    }
    if any((tree / name).is_file() for name in PYTHON_FILES) or (
        not (tree / "package.json").is_file()
        and any((tree / name).is_file() for name in ("app.py", "main.py", "manage.py"))
    ):
        return Found(
            language=Language.PYTHON,
            processes=processes,
            python=python_wish(tree),
            test_command=test_command if isinstance(test_command, str) else None,
            environment=environment,
            has_node=(tree / "package.json").is_file(),
        )
    if (tree / "package.json").is_file():
        return Found(
            language=Language.NODE,
            processes=processes,
            test_command=test_command if isinstance(test_command, str) else None,
            environment=environment,
            has_node=True,
        )
    command = static_command(tree)
    if command is not None:
        return Found(language=Language.STATIC, processes={"web": command, **processes})
    raise Refused("There is nothing here that can be built: no Python project, no package.json and no index.html")


def static_command(tree: Path) -> str | None:
    """The web process of a static site: the first folder with an index."""
    folder = next((each for each in STATIC_FOLDERS if (tree / each / "index.html").is_file()), None)
    return None if folder is None else f"{STATIC} {folder}"


def procfile(text: str) -> dict[str, str]:
    """The process types of a Procfile; lines that are none are passed over."""
    found = {}
    for line in text.splitlines():
        if match := _PROCESS.match(line.strip()):
            found[match[1]] = match[2]
    if len(found) > PROCESSES_MAX:
        raise Refused(f"The Procfile has more than {PROCESSES_MAX} processes")
    return found


def python_wish(tree: Path) -> tuple[int, int] | None:
    """The minor version a tree wants; exact patch versions are wishes for the minor version."""
    for name in (".python-version", "runtime.txt"):
        if match := _VERSION.search(_text(tree / name)):
            return int(match[1]), int(match[2])
    if match := re.search(r"^requires-python\s*=\s*[\"'](==|~=)\s*(\d+)\.(\d+)", _text(tree / "pyproject.toml"), re.M):
        return int(match[2]), int(match[3])
    return None


def python_command(tree: Path, programs: frozenset[str]) -> str | None:
    """The web process of a Python tree without a Procfile; `programs` are those its environment has."""
    if (tree / "manage.py").is_file():
        modules = sorted(path.parent.name for path in tree.glob("*/wsgi.py"))
        if modules and "gunicorn" in programs:
            return f"gunicorn {modules[0]}.wsgi --bind $HOST:$PORT"
        return "python manage.py runserver $HOST:$PORT --noreload"
    for name in ("app", "main"):
        path = tree / f"{name}.py"
        if not path.is_file():
            continue
        text = _text(path)
        if "uvicorn" in programs and re.search(r"^app\s*(?::[^=]+)?=", text, re.M) and "uvicorn.run" not in text:
            return f"uvicorn {name}:app --host $HOST --port $PORT"
        return f"python {name}.py"
    return None


def _text(path: Path) -> str:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MIB:
        return ""
    return path.read_text("utf-8", "replace")


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path) or "{}")
    except (ValueError, RecursionError):
        return {}


def _nested(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
