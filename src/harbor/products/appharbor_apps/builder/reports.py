"""From what test programs write to the tree of tests: JUnit's XML, and TAP where there is none.

Source: docs/products/appharbor.md#tests.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from harbor.kernel.bounds import MIB
from harbor.products.appharbor_apps.test_results.model import Case, Group, Status

REPORTS_MAX = 200
REPORT_BYTES_MAX = 32 * MIB
_TAP = re.compile(r"^(not )?ok\b(?:\s+\d+)?(?:\s*-)?\s*([^#]*)(?:#\s*(skip|todo)\b\s*(.*))?$", re.IGNORECASE)


def of_folder(folder: Path) -> list[Group]:
    """The groups of all reports in a folder, in the order of the files' names; what is no report is passed over."""
    found: list[Group] = []
    paths = sorted(
        Path(parent, name) for parent, _, names in os.walk(folder) for name in names if name.endswith(".xml")
    )
    for path in paths[:REPORTS_MAX]:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > REPORT_BYTES_MAX:
            continue
        found.extend(junit(path.read_bytes()))
    return found


def junit(raw: bytes) -> list[Group]:
    """The groups of a JUnit report: one for each class of tests, in the order in which they first come."""
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:  # no honest report has any; entities grow without bound
        return []
    try:
        root = ElementTree.fromstring(raw)  # noqa: S314 (declarations are refused above)
    except (ElementTree.ParseError, ValueError):
        return []
    # Node puts tests that are in no suite beside the suites.
    beside = [root] if root.tag == "testsuites" else []
    suites = [*beside, *root.iter("testsuite")] if root.tag in ("testsuite", "testsuites") else []
    groups: dict[str, list[Case]] = {}
    for suite in suites:
        for element in suite.findall("testcase"):
            name = element.get("classname") or suite.get("name") or "tests"
            groups.setdefault(name, []).append(_case(element))
    return [Group(name=name, items=cases) for name, cases in groups.items()]


def _case(element: ElementTree.Element) -> Case:
    status, message, trace = Status.PASSED, None, None
    for child in element:
        if child.tag in ("failure", "error"):
            status, message, trace = Status.FAILED, child.get("message"), child.text
        elif child.tag == "skipped" and status is Status.PASSED:
            status, message = Status.SKIPPED, child.get("message")
    output = "\n".join(
        child.text.strip() for child in element if child.tag in ("system-out", "system-err") and child.text
    )
    return Case(
        name=element.get("name") or "test",
        status=status,
        duration_us=_microseconds(element.get("time")),
        message=message,
        stack_trace=trace.strip() if trace else None,
        output=output if status is Status.FAILED else None,
    )


def _microseconds(text: str | None) -> int:
    try:
        seconds = float((text or "0").replace(",", ""))
    except ValueError:
        return 0
    return round(seconds * 1_000_000) if 0 <= seconds < 1_000_000 else 0


def tap(output: str) -> list[Group]:
    """The one group of a TAP stream; nothing if there is none."""
    cases = list(_taps(output))
    return [Group(name="tests", items=cases)] if cases else []


def _taps(output: str) -> Iterator[Case]:
    if not re.search(r"^(?:TAP version 1[34]|1\.\.\d+)", output, re.MULTILINE):
        return
    for line in output.splitlines():
        if (match := _TAP.match(line)) is None:
            continue
        failed, name, directive, reason = match.groups()
        # A test that is to be done may fail; so says the standard of TAP.
        status = Status.SKIPPED if directive else Status.FAILED if failed else Status.PASSED
        yield Case(name=name.strip() or "test", status=status, message=reason or None)


def from_exit_code(command: str, code: int, output: str) -> Group:
    """One group with one test, for a command that left no report."""
    case = Case(
        name=command,
        status=Status.PASSED if code == 0 else Status.FAILED,
        message=None if code == 0 else f"The command ended with code {code}",
        output=output if code else None,
    )
    return Group(name="tests", items=[case])


def with_exit_code(groups: Sequence[Group], command: str, code: int, output: str) -> list[Group]:
    """The groups, and one more if the command failed although no test did."""
    if code == 0 or any(group.status is Status.FAILED for group in groups):
        return list(groups)
    return [*groups, from_exit_code(command, code, output)]
