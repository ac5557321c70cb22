"""Processes that end, hang, flood and are rude; and runners that are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

from msgspec.structs import replace
from tests.products.appharbor_apps.runner.conftest import APP, Quay, opened

from harbor.kernel.bounds import MIB
from harbor.products.appharbor_apps.builder import watch
from harbor.products.appharbor_apps.runner import process
from harbor.products.appharbor_apps.runner.applications import QUICK_ENDS_MAX
from harbor.products.appharbor_apps.runner.keeping import Keeping
from harbor.products.appharbor_apps.runner.model import Formation, Kept


async def test_a_process_that_ends_is_started_again_and_reported(quay: Quay) -> None:
    await quay.deploy(quay.release(1))
    (first,) = quay.processes()

    os.kill(first.pids()[-1], signal.SIGKILL)

    await quay.until(lambda: quay.processes() and quay.processes()[0] is not first)
    assert (await quay.get())[0] == 200
    (report,) = quay.supervisor.reports.after(0)
    assert (report.kind, report.about["process"], report.about["account_id"]) == ("crashed", "web.1", "acc_1")
    quay.supervisor.reports.acknowledge(report.number)
    assert list((quay.folder / "apps" / "reports").iterdir()) == []


async def test_a_worker_ends_for_good_with_0_and_is_given_up_after_ten_quick_ends(quay: Quay) -> None:
    commands = {"web": "exec python3 app.py", "done": "echo all done", "bad": "exit 5"}
    await quay.deploy(quay.release(1, commands=commands))

    await quay.until(lambda: any("Crashed: it ended 10 times" in line for line in quay.logs))

    ended = [line for line in quay.logs if "worker[bad.1]: Process ended with code 5" in line]
    assert len(ended) == QUICK_ENDS_MAX
    assert len([line for line in quay.logs if "worker[done.1]: all done" in line]) == 1
    assert quay.supervisor.reports.after(0)[-1].kind == "crash_loop"
    assert (await quay.get())[0] == 200


async def test_a_process_that_hears_no_sigterm_is_killed_with_all_it_started(quay: Quay) -> None:
    commands = {"web": "sleep 1000 & sleep 1000 & exec python3 app.py"}
    await quay.deploy(quay.release(1, commands=commands, environment={"DEAF": "1"}))
    (web,) = quay.processes()
    pids = web.pids()
    assert len(pids) == 3

    await web.stop(term_s=0.2)

    assert [pid for pid in pids if process.ticks_of(pid) is not None] == []
    assert not any(Path(folder).exists() for folder in web.instance.groups)


async def test_a_flood_of_lines_holds_nobody_up_and_is_counted(quay: Quay) -> None:
    flood = "import sys; [sys.stdout.write('x' * 99 + chr(10)) for _ in range(60000)]; print('the end')"
    await quay.deploy(quay.release(1))

    code, lines = await quay.supervisor.run(1, f'python3 -c "{flood}"; printf "no end of line"; printf "\\377\\n"', 20)

    assert code == 0
    assert any("lines were left out" in line for line in lines)
    size = sum(path.stat().st_size for path in (quay.folder / "apps/1/logs").iterdir())
    assert size < 4 * MIB


async def test_a_bad_release_is_taken_back(quay: Quay) -> None:
    quay.supervisor.world.look_s = 0.05
    await quay.deploy(quay.release(1))
    await quay.deploy(quay.release(2, environment={"BAD": ""}))
    assert (await quay.get())[1].startswith("v2")

    for _ in range(25):
        await quay.get("/bad")

    await quay.until(lambda: quay.supervisor.reports.after(0))
    (report,) = quay.supervisor.reports.after(0)
    assert (report.kind, report.about["release"], report.about["former"]) == ("rolled_back", 2, 1)
    assert (await quay.get())[1].startswith("v1")
    assert any("Release v2 is taken back: " in line and line.endswith("ended with 5xx") for line in quay.logs)


async def test_scaling_starts_what_is_ready_and_drains_what_is_too_much(quay: Quay) -> None:
    await quay.deploy(quay.release(1))

    await quay.supervisor.scale(1, {"web": Formation(quantity=3, memory_mb=64)})
    await quay.until(lambda: len(quay.processes()) == 3)
    entry = quay.supervisor.applications[1].entry()
    await quay.supervisor.scale(1, {"web": Formation(quantity=1)})
    await quay.until(lambda: len(quay.supervisor.applications[1].processes) == 1)

    assert entry is not None
    assert len(entry.upstreams) == 3
    assert (await quay.get())[0] == 200


async def test_a_process_that_takes_too_much_memory_ends_alone(quay: Quay) -> None:
    await quay.deploy(quay.release(1, formation={"run": Formation(memory_mb=64)}))

    code, _ = await quay.supervisor.run(1, "python3 -c \"x = bytearray(300 * 1024 * 1024); print('had it')\"", 20)

    assert code != 0
    assert (await quay.get())[0] == 200


async def test_the_next_runner_takes_over_what_runs_and_ends_what_nobody_knows(tmp_path: Path) -> None:
    async with opened(tmp_path) as first:
        await first.deploy(first.release(1, commands={"web": "exec python3 app.py", "worker": "sleep 1000"}))
        await first.until(lambda: first.processes("worker"))
        before = {each.instance.pid for kind in ("web", "worker") for each in first.processes(kind)}
        app = first.supervisor.applications[1]
        stray = app.launch(app.kept.current or first.release(1), "worker", 7)  # as a kill before the file was written
    async with opened(tmp_path) as second:
        await second.until(lambda: process.ticks_of(stray.instance.pid) is None)
        after = {each.instance.pid for kind in ("web", "worker") for each in second.processes(kind)}
        answered = await second.get()
        (web,) = second.processes()
        os.kill(web.pids()[-1], signal.SIGTERM)
        await web.exited.wait()
        await second.supervisor.remove(1)
        left = sorted(path.name for path in (tmp_path / "apps" / "1").iterdir())

    assert after == before
    assert answered[0] == 200
    assert web.code is not None  # bubblewrap has written it down
    assert left == []


async def test_what_is_kept_is_sealed_and_whole(tmp_path: Path, quay: Quay) -> None:
    made = quay.release(1, environment={"PASSWORD": "owls-of-the-harbour"})
    keeping = Keeping(tmp_path / "kept")
    keeping.save(1, Kept(current=made))
    sealed = (tmp_path / "kept/1/processes.json").read_bytes()

    assert b"owls" not in sealed
    assert [(id_, kept.current) for id_, kept in Keeping(tmp_path / "kept").load()] == [(1, made)]
    (tmp_path / "kept/2").mkdir()
    (tmp_path / "kept/2/processes.json").write_bytes(sealed)  # another application's
    (tmp_path / "kept/3").mkdir()
    (tmp_path / "kept/3/processes.json").write_bytes(b"torn")
    assert [id_ for id_, _ in Keeping(tmp_path / "kept").load()] == [1]


async def test_whoever_goes_away_in_the_middle_leaves_the_old_release(quay: Quay) -> None:
    await quay.deploy(quay.release(1))
    slow = replace(quay.release(2), commands={"web": "sleep 2; exec python3 app.py"})
    asking = asyncio.create_task(quay.deploy(slow))
    await quay.until(lambda: len(quay.supervisor.applications[1].processes) == 2)

    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    await quay.until(lambda: len(quay.supervisor.applications[1].processes) == 1)
    assert (await quay.get())[1].startswith("v1")
    assert (await quay.deploy(quay.release(3, {"app.py": APP}))).is_live


async def test_without_a_sandbox_processes_start_and_end_all_the_same(tmp_path: Path) -> None:
    async with opened(tmp_path, bwrap=None) as quay:
        made = quay.release(1, commands={"web": "sleep 1000 & exec python3 app.py"})
        deployed = await quay.deploy(made)
        answered = await quay.get()
        (web,) = quay.processes()
        pids = web.pids()
        await quay.supervisor.remove(1)

    assert deployed.is_live
    assert answered[0] == 200
    assert len(pids) == 2
    assert [pid for pid in pids if process.ticks_of(pid) is not None] == []


def test_groups_that_a_killed_process_has_left_are_swept(tmp_path: Path) -> None:
    for name, age_s in (("harbor-old", 7_200), ("harbor-new", 1), ("others", 7_200), ("harbor-full", 7_200)):
        (tmp_path / name).mkdir()
        if name == "harbor-full":
            (tmp_path / name / "process").touch()
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)

    watch.sweep([tmp_path])

    assert sorted(path.name for path in tmp_path.iterdir()) == ["harbor-full", "harbor-new", "others"]


async def test_applications_that_were_ended_stay_so_until_the_next_runner(tmp_path: Path) -> None:
    async with opened(tmp_path) as first:
        assert (await first.deploy(first.release(1))).is_live
        (web,) = first.processes()
        await first.supervisor.end()
        assert not web.is_alive
        assert first.supervisor.applications[1].kept.instances == []
    async with opened(tmp_path) as second:
        await second.until(lambda: second.processes())
        assert (await second.get())[0] == 200
        await second.supervisor.remove(1)
