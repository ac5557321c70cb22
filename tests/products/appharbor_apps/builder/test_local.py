"""Building for real: Python projects and static sites, their tests, and code that wants more than it may."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.products.appharbor_apps.builder.conftest import LIMITS, Yard

from harbor.products.appharbor_apps.builder.limits import Limits
from harbor.products.appharbor_apps.builder.port import Built, Refused
from harbor.products.appharbor_apps.builder.sandbox import Sandbox, Step, enclosing, usable_bwrap
from harbor.products.appharbor_apps.test_results.model import Case, Status

APP = {"app.py": "print('tides')\n", "requirements.txt": ""}
TESTS = """
import unittest

class Tides(unittest.TestCase):
    def test_high_water(self):
        pass

    @unittest.skip("no moon")
    def test_neaps(self):
        pass

    def test_ebb(self):
        print("looking at the ebb")
        {ebb}
"""


def names(built: Built) -> list[str]:
    assert built.archive is not None
    with tarfile.open(built.archive) as tar:
        return tar.getnames()


def cases(built: Built) -> dict[str, Case]:
    return {case.name: case for group in built.groups for case in group.items if isinstance(case, Case)}


async def probed(yard: Yard, code: str, **fields: Any) -> tuple[Built, str]:
    """What comes of a test command of Python, and what it printed."""
    built = await yard.build({**APP, "probe.py": code}, test_command="python probe.py", **fields)
    return built, next(
        (text for line, text in yard.details.items() if line.startswith("Test") or "stopped" in line), ""
    )


async def test_a_python_project_is_built_and_the_same_tree_gives_the_same_bytes(yard: Yard) -> None:
    first = await yard.build(APP)
    bytes_of_first = first.archive.read_bytes() if first.archive else b""
    second = await yard.build(APP)

    assert first.is_good
    assert names(second) == ["app.py", "requirements.txt"]
    assert second.archive is not None
    assert second.archive.read_bytes() == bytes_of_first
    assert first.commands == {"web": "python app.py"}
    assert first.environment["VIRTUAL_ENV"] in first.environment["PATH"]
    assert yard.said[-3:-1] == ["Dependencies are unchanged", "There are no tests"]
    assert not list((yard.folder / "apps" / "1").glob("work-*/"))


async def test_a_static_site_is_served_from_where_its_page_is(yard: Yard) -> None:
    built = await yard.build({"public/index.html": "<h1>Tides</h1>", "README": ""})

    assert (built.is_good, built.commands) == (True, {"web": "harbor-static public"})


async def test_a_wrapping_folder_is_dropped(yard: Yard) -> None:
    built = await yard.build({"tides-main/index.html": "x", "tides-main/tides-main/x": "y"})

    assert names(built) == ["index.html", "tides-main", "tides-main/x"]


async def test_a_procfile_says_what_runs(yard: Yard) -> None:
    built = await yard.build({**APP, "Procfile": "# x\nweb: python -m tides\nworker:  python w.py \nnonsense\n"})

    assert built.commands == {"web": "python -m tides", "worker": "python w.py"}


async def test_the_tests_of_a_project_are_run_and_told(yard: Yard) -> None:
    built = await yard.build({**APP, "test_tides.py": TESTS.format(ebb="self.assertEqual(1, 2)")})

    assert (built.is_good, built.archive) == (False, None)
    (group,) = built.groups
    assert (group.name, group.status) == ("test_tides.Tides", Status.FAILED)
    found = cases(built)
    assert {name: case.status for name, case in found.items()} == {
        "test_ebb": Status.FAILED,
        "test_high_water": Status.PASSED,
        "test_neaps": Status.SKIPPED,
    }
    assert (found["test_ebb"].message, found["test_neaps"].message) == ("1 != 2", "no moon")
    assert "AssertionError" in (found["test_ebb"].stack_trace or "")
    assert "Tests failed" in yard.said


async def test_good_tests_let_a_build_pass_and_leave_nothing_in_it(yard: Yard) -> None:
    built = await yard.build({**APP, "test_tides.py": TESTS.format(ebb="pass")})

    assert built.is_good
    assert names(built) == ["app.py", "requirements.txt", "test_tides.py"]


async def test_a_failing_test_is_let_pass_where_somebody_wants_that(yard: Yard) -> None:
    built = await yard.build({**APP, "test_tides.py": TESTS.format(ebb="1/0")}, fail_on_test_failure=False)

    assert built.is_good
    assert built.groups[0].status is Status.FAILED


@pytest.mark.parametrize(
    ("command", "statuses"),
    [
        ("true", {"true": Status.PASSED}),
        ("exit 3", {"exit 3": Status.FAILED}),
        ("printf '1..2\\nok 1 - high\\nnot ok 2 - low\\n'; exit 1", {"high": Status.PASSED, "low": Status.FAILED}),
        ("printf '1..1\\nok 1 - high # SKIP moon\\n'", {"high": Status.SKIPPED}),
        (
            'echo \'<testsuite name="t"><testcase name="a"/></testsuite>\' > $HARBOR_TEST_REPORTS/x.xml',
            {"a": Status.PASSED},
        ),
    ],
)
async def test_any_command_can_be_the_test(yard: Yard, command: str, statuses: dict[str, Status]) -> None:
    built = await yard.build({"index.html": "x"}, test_command=command)

    assert {name: case.status for name, case in cases(built).items()} == statuses


async def test_a_wheel_of_the_project_is_installed_once(yard: Yard) -> None:
    files = {
        "app.py": "import ebb\n",
        "requirements.txt": "./vendor/ebb-1.0-py3-none-any.whl\n",
        "vendor/ebb-1.0-py3-none-any.whl": _wheel(),
        "test_ebb.py": "import ebb, unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(ebb.N, 1)\n",
    }
    first = await yard.build(files)
    second = await yard.build(files)

    assert first.is_good, yard.details
    assert second.is_good
    assert yard.said.count("Dependencies are unchanged") == 1


async def test_uv_makes_the_environment_where_it_is_there(make_yard: Callable[..., Yard]) -> None:
    yard = make_yard(uv=shutil.which("uv"))

    built = await yard.build({**APP, "test_tides.py": TESTS.format(ebb="pass")})

    assert built.is_good, yard.details


async def test_dependencies_that_are_not_to_be_had_are_said(yard: Yard) -> None:
    with pytest.raises(Refused, match=r"Dependencies were not installed: .*nowhere"):
        await yard.build({**APP, "requirements.txt": "nowhere==1\n"})

    assert list((yard.folder / "apps" / "1" / "environments").glob("[!.]*")) == []


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"README": "x"}, "nothing here that can be built"),
        ({"tides.csproj": "x"}, "no .NET SDK"),
        ({"package.json": "{}"}, "nothing to run"),
        ({"package.json": '{"dependencies": {"gone": "file:./gone.tgz"}}'}, "Packages of Node were not installed"),
        ({"package.json": '{"scripts": {"build": "exit 3"}}'}, "npm run build failed: it ended with code 3"),
        ({"requirements.txt": ""}, "nothing to run"),
        ({**APP, "runtime.txt": "python-2.6.1"}, r"Python 2\.6 is not on this machine; 3\."),
    ],
)
async def test_what_cannot_be_built_is_refused_with_a_reason(yard: Yard, files: dict[str, str], why: str) -> None:
    with pytest.raises(Refused, match=why):
        await yard.build(files)


async def test_a_build_command_runs_with_the_variables_and_its_failure_is_told(yard: Yard) -> None:
    built = await yard.build({"index.html": "x"}, build_command="echo $SECRET > made")
    assert "made" in names(built)

    with pytest.raises(Refused, match="it ended with code 7"):
        await yard.build({"index.html": "x"}, build_command="exit 7")


async def test_tests_see_no_variables_no_network_and_nothing_of_others(yard: Yard) -> None:
    (yard.folder / "apps" / "2").mkdir(parents=True)
    (yard.folder / "apps" / "2" / "secret").write_text("hunter2")
    code = f"""
import os, socket
assert "SECRET" not in os.environ
assert os.environ["CI"] == "true" and os.environ["ENVIRONMENT"] == "Test"
for host in ("169.254.169.254", "1.1.1.1"):
    try:
        socket.create_connection((host, 80), timeout=2)
        raise SystemExit("reached " + host)
    except OSError:
        pass
for path in ({str(yard.folder / "apps" / "2" / "secret")!r}, {str(yard.folder / "blobs")!r}, "/root/.cache", "/etc/shadow", "/var/lib"):
    assert not os.path.exists(path), path
try:
    open("/usr/x", "w")
    raise SystemExit("wrote to the system")
except OSError:
    pass
assert len([p for p in os.listdir("/proc") if p.isdigit()]) < 10
"""
    built, output = await probed(yard, code)

    assert built.is_good, output


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import time\nwhile True: time.sleep(1)", "longer than"),
        (
            "import os, time\nfor _ in range(200):\n    try:\n        if not os.fork(): time.sleep(60)\n    except OSError: pass\ntime.sleep(60)",
            "too many processes|longer than",
        ),
        ("x = []\nwhile True: x.append(bytearray(8_000_000))", "memory|code -9|code 137|MemoryError"),
        (
            "f = open('big', 'wb')\nwhile True: f.write(bytes(1_000_000)); f.flush()",
            "filled the disk|File too large|longer than",
        ),
    ],
    ids=["sleeps", "forks", "eats", "fills"],
)
async def test_what_takes_too_much_is_stopped_and_told(make_yard: Callable[..., Yard], code: str, reason: str) -> None:
    import re

    limits = Limits(
        test_s_max=4,
        processes_max=40,
        memory_bytes_max=200 * 1024 * 1024,
        file_bytes_max=60_000_000,
        tree_bytes_max=50_000_000,
    )
    yard = make_yard(limits)

    built, output = await probed(yard, code)

    assert not built.is_good
    told = " ".join([*yard.said, output, *(case.message or "" for case in cases(built).values())])
    assert re.search(reason, told), told


def test_without_a_sandbox_nothing_is_built_unless_that_was_allowed() -> None:
    with pytest.raises(Refused, match="no sandbox"):
        Sandbox(LIMITS, None)


def _wheel() -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as wheel:
        wheel.writestr("ebb.py", "N = 1\n")
        wheel.writestr("ebb-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: ebb\nVersion: 1.0\n")
        wheel.writestr(
            "ebb-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(
            "ebb-1.0.dist-info/RECORD",
            "ebb.py,,\nebb-1.0.dist-info/METADATA,,\nebb-1.0.dist-info/WHEEL,,\nebb-1.0.dist-info/RECORD,,\n",
        )
    return raw.getvalue()


async def test_variables_that_a_tree_names_reach_its_tests_and_nothing_outside_of_them(
    yard: Yard, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    env = {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(trace)}
    code = "import os; print('told', os.environ['LD_DEBUG_OUTPUT'])"
    tree = {**APP, "probe.py": code, "app.json": json.dumps({"env": env})}

    built = await yard.build(tree, test_command="python probe.py")

    assert built.is_good
    assert any(f"told {trace}" in text for text in yard.details.values())
    assert list(tmp_path.glob("trace*")) == []
    for bad in ("1\0--bind\0/\0/app", "\0"):
        with pytest.raises(Refused, match="no variable"):
            await yard.build({**tree, "app.json": json.dumps({"env": {"A": bad}})}, test_command="python probe.py")


async def test_an_installation_that_lies_among_the_systems_folders_is_hidden() -> None:
    bwrap = await usable_bwrap()
    assert bwrap is not None
    for hidden, is_seen in ((Path("/usr/share"), False), (Path("/var/lib/harbor"), True), (None, True)):
        process = await asyncio.create_subprocess_exec(
            *enclosing(bwrap, "quay", 1_048_576, hidden=hidden),
            "--",
            "/bin/ls",
            "/usr/share",
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        assert (process.returncode, said != b"") == (0, is_seen), hidden


async def test_nothing_outside_the_work_tree_holds_more_than_it_may(tmp_path: Path) -> None:
    sandbox = Sandbox(Limits(temporary_bytes_max=1_048_576), await usable_bwrap())
    command = """
        for folder in /tmp /dev/shm /home/app /run; do
            head -c 500000 /dev/zero > $folder/some && echo "$folder holds some"
            head -c 2000000 /dev/zero > $folder/more && echo "$folder holds more"
        done
        for folder in / /dev /usr /home/..; do touch $folder/x && echo "$folder is written to"; done
        touch x && echo x > /dev/null && echo "the work tree is written to"
    """
    step = Step(
        argv=["/bin/sh", "-c", f"({command}) 2> /dev/null"], environment={}, work=tmp_path, timeout_s=10, network=False
    )

    outcome = await sandbox.run(step)

    assert outcome.output.splitlines() == [
        *(f"{folder} holds some" for folder in ("/tmp", "/dev/shm", "/home/app", "/run")),
        "the work tree is written to",
    ]
