"""What holds for every source file, whatever it is about. What may import what is in pyproject.toml (import-linter)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HARBOR = ROOT / "src" / "harbor"
SDK = ROOT / "sdks" / "python" / "src"

LINES_MAX = 400
CODE = {".py", ".ts", ".js", ".mjs"}
TEXT = CODE | {".css", ".html", ".md", ".sh", ".sql", ".toml"}
NOT_OURS = {"node_modules", "dist", "__pycache__", ".venv"}

# Written so that this line is not found itself.
FORBIDDEN_WORDS = re.compile(r"\b(?:T[O]DO|F[I]XME|X{3})\b")

SQL = re.compile(
    r"\bSELECT\s|\bINSERT\s+INTO\b|\bUPDATE\s+\S+\s+SET\b|\bDELETE\s+FROM\b|\bWITH\s+\w+\s+AS\s*\("
    r"|\b(?:CREATE|ALTER|DROP)\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|VIEW)\b"
)
# A store under another name, because it is one of several of its slice; and readers of SQL, who know its words.
SQL_ELSEWHERE = {
    "kernel/eventlog/snapshots.py",
    "products/harper_tables/sql/cursor.py",
    "products/harper_tables/sql/parser.py",
}

ENVIRONMENT = {"environ", "environb", "getenv", "getenvb"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_file_is_longer_than_400_lines() -> None:
    too_long = {
        _name(path): lines
        for top in (HARBOR, *sorted(ROOT.glob("sdks/*/src")))
        for path in _files(top, CODE)
        if (lines := len(path.read_text("utf-8").splitlines())) > LINES_MAX
    }

    assert too_long == {}


def test_nothing_is_left_for_later() -> None:
    marks = [
        f"{_name(path)}:{number}: {line.strip()}"
        for top in ("src", "sdks", "tests", "benchmarks", "docs", "scripts")
        for path in _files(ROOT / top, TEXT)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if FORBIDDEN_WORDS.search(line)
    ]

    assert marks == []


def test_every_public_function_and_class_says_what_it_gives() -> None:
    silent = [
        f"{_name(path)}:{node.lineno}: {name}"
        for top in (HARBOR.parent, SDK)
        for path in _python(top)
        for name, node in _public(_parsed(path))
        if not ast.get_docstring(node) and not _overrides(_module(path, top), name)
    ]

    assert silent == []


def test_sql_is_written_in_stores_and_migrations() -> None:
    astray = [
        f"{_name(path)}:{line}" for path in _python(HARBOR) if not _may_hold_sql(path) for line in _sql_lines(path)
    ]

    assert astray == []


@pytest.mark.parametrize("exception", sorted(SQL_ELSEWHERE))
def test_an_exception_for_sql_is_still_needed(exception: str) -> None:
    assert list(_sql_lines(HARBOR / exception))


def test_the_environment_is_read_in_the_composition_root_and_in_the_options_of_commands() -> None:
    readers = {_name(path) for path in _python(HARBOR) if _environment_lines(path)}

    # The words for this machine hand the environment on to the table of settings.
    assert readers <= {"src/harbor/app/__init__.py", "src/harbor/cli/local.py", "src/harbor/cli/options.py"}


def test_the_python_client_reads_the_environment_in_its_settings() -> None:
    readers = {_name(path) for path in _python(SDK) if _environment_lines(path)}

    assert readers <= {"sdks/python/src/harbor_sdk/settings.py"}


def test_a_store_is_used_by_its_own_slice() -> None:
    strangers = [
        f"{_name(path)}:{line}: {module}"
        for path in _python(HARBOR / "products")
        for line, module in _imports(path)
        if (slice_ := re.fullmatch(r"(harbor\.products\.\w+\.\w+)\.(?:\w+_)?store", module))
        and not _module(path, HARBOR.parent).startswith(slice_[1])
    ]

    assert strangers == []


def test_the_rules_find_what_they_look_for(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(
        '"""SELECT in a docstring is prose."""\n'
        "import os\n"
        "from harbor.products.one.things import store as s\n"
        "def loud():\n"
        '    """Speaks."""\n'
        "def silent():\n"
        '    return f"UPDATE {silent} SET x = 1", os.environ["HARBOR_DATA"]\n'
        "class Public:\n"
        '    """Speaks."""\n'
        "    def method(self): ...\n"
        "    def _private(self): ...\n"
        "class _Private:\n"
        "    def method(self): ...\n"
    )

    silent = [name for name, node in _public(_parsed(path)) if not ast.get_docstring(node)]
    assert silent == ["silent", "Public.method"]
    assert _overrides("json.decoder", "JSONDecodeError.__reduce__")
    assert not _overrides("json.decoder", "JSONDecoder.decode")
    assert list(_sql_lines(path)) == [7]
    assert _environment_lines(path) == [7]
    assert (3, "harbor.products.one.things.store") in _imports(path)
    assert FORBIDDEN_WORDS.search("# todo: later".upper())
    assert not FORBIDDEN_WORDS.search("# mastodons, todos".upper())


def _files(top: Path, endings: set[str]) -> Iterator[Path]:
    for path in sorted(top.rglob("*")):
        if path.suffix in endings and path.is_file() and NOT_OURS.isdisjoint(path.relative_to(top).parts):
            yield path


def _python(top: Path) -> list[Path]:
    return list(_files(top, {".py"}))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _module(path: Path, top: Path) -> str:
    return ".".join(path.relative_to(top).with_suffix("").parts).removesuffix(".__init__")


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def _public(scope: ast.Module | ast.ClassDef, owner: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    for node in scope.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_") or _repeats_another(node):
            continue
        name = f"{owner}.{node.name}" if owner else node.name
        yield name, node
        if isinstance(node, ast.ClassDef):
            yield from _public(node, name)


def _overrides(module: str, name: str) -> bool:
    """Whether this is a method that a base class has too, and that is described there, be it somebody else's."""
    owner, _, method = name.rpartition(".")
    if not owner:
        return False
    return any(method in vars(base) for base in attrgetter(owner)(import_module(module)).__mro__[1:])


def _repeats_another(node: Function | ast.ClassDef) -> bool:
    """An overload, or the setter of a property, which is described where it is read."""
    return any(
        getattr(decorator, "id", getattr(decorator, "attr", "")) in {"overload", "setter", "deleter"}
        for decorator in node.decorator_list
    )


def _may_hold_sql(path: Path) -> bool:
    parts = path.relative_to(HARBOR).parts
    is_store = path.name in ("store.py", "sql_views.py") or path.name.endswith("_store.py")
    return is_store or parts[:2] == ("kernel", "storage") or "/".join(parts) in SQL_ELSEWHERE


def _sql_lines(path: Path) -> list[int]:
    return [line for line, text in _texts(path).items() if SQL.search(text)]


def _texts(path: Path) -> dict[int, str]:
    """The texts of a file by line, without its docstrings; what is filled into a text is one word of it."""
    tree = _parsed(path)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "filled" for part in node.values]
            texts[node.lineno] = texts.get(node.lineno, "") + "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            texts[node.lineno] = texts.get(node.lineno, "") + " " + node.value
    return texts


def _environment_lines(path: Path) -> list[int]:
    """Where a file reads the environment, itself or by an option of a command."""
    lines = []
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT:
            lines.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            lines += [alias.lineno for alias in node.names if alias.name in ENVIRONMENT]
        elif isinstance(node, ast.keyword) and node.arg in {"envvar", "auto_envvar_prefix"}:
            lines.append(node.value.lineno)
    return lines


def _imports(path: Path) -> list[tuple[int, str]]:
    """The modules a file imports, with their lines; of `from a import b` both `a` and `a.b`."""
    found = []
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.lineno, node.module))
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found
