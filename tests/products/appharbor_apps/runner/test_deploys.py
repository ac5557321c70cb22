"""Releases come up beside the old one, or not at all; and nobody who asks meanwhile notices."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

from tests.products.appharbor_apps.runner.conftest import DOMAIN, Quay


async def test_a_release_answers_by_the_name_of_its_application(quay: Quay) -> None:
    deployed = await quay.deploy(quay.release(1, environment={"TZ": "UTC"}))

    assert (deployed.is_live, deployed.reason) == (True, "")
    assert await quay.get() == (200, f"v1 tides.{DOMAIN}")
    assert (await quay.get(host=f"nobody.{DOMAIN}"))[0] == 404
    assert any("app[web.1]: listening" in line for line in quay.logs)


async def test_a_release_that_is_not_ready_leaves_the_old_one_alone(quay: Quay) -> None:
    await quay.deploy(quay.release(1))
    ends = await quay.deploy(quay.release(2, {"app.py": "raise SystemExit(7)"}))
    quay.supervisor.world.ready_s = 0.7
    bad = await quay.deploy(quay.release(3, environment={"BAD": "1"}, health_check_path="/bad"))

    assert not ends.is_live
    assert "ended with code 7" in ends.reason
    assert not bad.is_live
    assert await quay.get() == (200, f"v1 tides.{DOMAIN}")
    assert len(quay.processes()) == 1


async def test_no_request_fails_while_releases_replace_one_another_under_load(quay: Quay) -> None:
    await quay.deploy(quay.release(1))
    answers: list[tuple[int, str]] = []
    ends = asyncio.Event()

    async def load() -> None:
        asked, began, waiting = 0, time.monotonic(), set[asyncio.Task[Any]]()
        while not ends.is_set():
            if asked >= (time.monotonic() - began) * 200:
                await asyncio.sleep(0.002)
                continue
            asked += 1
            task = asyncio.create_task(quay.get("/wait/0.05" if asked % 10 == 0 else "/"))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
            task.add_done_callback(lambda done: answers.append(done.result()))
        while waiting:
            await asyncio.sleep(0.01)

    loading = asyncio.create_task(load())
    for number in range(2, 8):
        assert (await quay.deploy(quay.release(number))).is_live
        await quay.until(partial(_is_heard, f"v{number} tides.{DOMAIN}", answers))
    ends.set()
    await loading

    assert {status for status, _ in answers} == {200}
    assert len(answers) > 60
    app = quay.supervisor.applications[1]
    await quay.until(lambda: len(app.processes) == 1)


async def test_a_release_command_that_fails_keeps_the_old_release(quay: Quay) -> None:
    await quay.deploy(quay.release(1))
    commands = {"web": "exec python3 app.py", "release": "echo migrating; exit 4"}

    refused = await quay.deploy(quay.release(2, commands=commands))
    taken = await quay.deploy(quay.release(3, commands={**commands, "release": "echo $HARBOR_RELEASE; exit 0"}))

    assert refused.reason == "The release command ended with code 4"
    assert taken.is_live
    assert "Running echo $HARBOR_RELEASE; exit 0: v3" in quay.said
    assert (await quay.get())[1].startswith("v3")


async def test_a_static_site_is_served_without_a_process_and_shows_nothing_outside(quay: Quay) -> None:
    files = {"public/index.html": "<h1>Tides</h1>", "public/sub/index.html": "sub", "secret.txt": "secret",
             "public/404.html": "gone"}  # fmt: skip
    deployed = await quay.deploy(quay.release(1, files, commands={"web": "harbor-static public"}))

    assert deployed.is_live
    assert quay.processes() == []
    assert await quay.get() == (200, "<h1>Tides</h1>")
    assert (await quay.get("/sub"))[0] == 301
    assert await quay.get("/sub/") == (200, "sub")
    for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub/../../secret.txt", "//etc/passwd"):
        assert (await quay.get(path))[0] == 404, path
    assert not (await quay.deploy(quay.release(2, files, commands={"web": "harbor-static ../.."}))).is_live
    assert not (await quay.deploy(quay.release(3, files, commands={"web": "harbor-static nowhere"}))).is_live


async def test_a_canonical_name_is_where_all_others_lead(quay: Quay) -> None:
    names = ["tides.example.test", "www.example.test", "*.wild.example.test"]
    await quay.deploy(quay.release(1, hostnames=names))
    assert await quay.get(host="a.wild.example.test") == (200, "v1 a.wild.example.test")

    await quay.supervisor.name(1, names, "tides.example.test")

    assert (await quay.get("/x?y=1", host="www.example.test"))[0] == 301
    url = f"http://127.0.0.1:{quay.port}/x?y=1"
    async with quay.client.post(url, headers={"Host": "www.example.test"}, allow_redirects=False) as reply:
        assert (reply.status, reply.headers["Location"]) == (308, "http://tides.example.test/x?y=1")
    assert await quay.get(host="tides.example.test") == (200, "v1 tides.example.test")


async def test_a_release_that_writes_has_its_own_tree_and_a_folder_that_stays(quay: Quay) -> None:
    writing = "date > here; echo more >> $HARBOR_FILES/kept; cat $HARBOR_FILES/kept | wc -l; exec python3 app.py"
    for number in (1, 2):
        made = quay.release(number, commands={"web": writing}, is_file_system_writable=True)
        assert (await quay.deploy(made)).is_live
        await quay.until(partial(_is_logged, f"[web.1]: {number}", quay))
    refused = await quay.deploy(quay.release(3, commands={"web": "date > here || exit 9; exec python3 app.py"}))

    assert "ended with code 9" in refused.reason
    artefact = quay.folder / "apps" / "1" / "artefacts"
    assert {path.name for tree in artefact.iterdir() for path in tree.iterdir()} == {"app.py"}


async def test_an_application_sees_nothing_of_the_installation(quay: Quay) -> None:
    look = f"ls {quay.folder} / /root /home 2>&1; cat {quay.folder}/apps/runner.key && echo READ; env; id; ls /proc | grep -c '^[0-9]'"
    await quay.deploy(quay.release(1))
    code, lines = await quay.supervisor.run(1, look, 10)

    assert code == 0
    assert "READ" not in lines
    assert any("No such file" in line and str(quay.folder) in line for line in lines)
    known = {"PATH", "LC_ALL", "HOME", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "HARBOR_RELEASE", "HOST", "DYNO",
             "HARBOR_INSTANCE", "PWD", "OLDPWD", "SHLVL", "_"}  # fmt: skip
    assert {line.partition("=")[0] for line in lines if "=" in line and not line.startswith("uid=")} <= known
    assert int(lines[-1]) < 12


async def test_what_an_application_is_told_counts_only_inside_and_the_settings_of_the_machine_are_not_its_own(
    quay: Quay,
) -> None:
    # Every program that is loaded with these variables and may write here leaves a file, as it would load LD_PRELOAD.
    traced = {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(quay.folder / "trace"), "EMPTY": "", "LINES": "a\nb"}
    release = quay.release(1, environment=traced)

    deployed = await quay.deploy(release)
    told = 'unset LD_DEBUG; echo "=$EMPTY=$LINES=$LD_DEBUG_OUTPUT"; ls /proc/self/fd; test -w /proc/sys/kernel/core_pattern'
    code, lines = await quay.supervisor.run(1, told, 10)

    assert deployed.is_live
    assert (code, lines[-6:]) == (1, ["==a", f"b={quay.folder}/trace", "0", "1", "2", "3"])
    assert list(quay.folder.glob("trace*")) == []
    environ = await asyncio.to_thread(Path(f"/proc/{quay.processes()[0].instance.pid}/environ").read_bytes)
    assert b"HARBOR_INSTANCE=" in environ
    assert b"LD_DEBUG" not in environ


async def test_an_application_writes_into_bounded_memory_and_nowhere_else_outside_its_files(quay: Quay) -> None:
    await quay.deploy(quay.release(1))

    code, lines = await quay.supervisor.run(1, "touch /x /dev/x; df -m --output=size /tmp /dev/shm /home /run", 10)

    assert code == 0
    assert [line.strip() for line in lines[-4:]] == ["256"] * 4
    assert len([line for line in lines if "Read-only" in line]) == 2


async def test_a_variable_that_is_more_than_one_is_no_variable(quay: Quay) -> None:
    for name, value in (("A", "1\0--bind\0/\0/app"), ("A\0B", "1"), ("A=B", "1"), ("", "1")):
        deployed = await quay.deploy(quay.release(1, environment={name: value}))

        assert "cannot be started" in deployed.reason


async def test_a_folder_of_somebody_else_is_no_environment(quay: Quay) -> None:
    (quay.folder / "secret").mkdir()
    for named in (str(quay.folder), str(quay.folder / "secret"), "/root", "../.."):
        app_release = quay.release(1, virtual_env=named)
        await quay.deploy(app_release)
        assert quay.supervisor.applications[1].places(app_release).virtual_env is None


def _is_heard(text: str, answers: list[tuple[int, str]]) -> bool:
    return any(each == text for _, each in answers)


def _is_logged(ending: str, quay: Quay) -> bool:
    return any(line.endswith(ending) for line in quay.logs)
