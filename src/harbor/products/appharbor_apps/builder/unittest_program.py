"""Runs an application's own unittest tests and writes a JUnit report. Run by the application's Python, without Harbor.

Usage: unittest_program.py REPORT. Ends with 0 if nothing failed, 1 if something did, 5 if there are no tests.
"""

from __future__ import annotations

import sys
import time
import traceback
import unittest
from typing import Any
from xml.sax.saxutils import escape, quoteattr


class Result(unittest.TestResult):
    """Remembers how long each test took and what came of it."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = True
        self.cases: list[tuple[str, str, float, str, str, str]] = []
        self.began = 0.0

    def startTest(self, test: Any) -> None:
        """Note when it began."""
        super().startTest(test)
        self.began = time.perf_counter()

    def addSuccess(self, test: Any) -> None:
        """It passed."""
        super().addSuccess(test)
        self._note(test, "")

    def addFailure(self, test: Any, err: Any) -> None:
        """An assertion failed."""
        super().addFailure(test, err)
        self._note(test, "failure", str(err[1]), "".join(traceback.format_exception(*err)))

    def addError(self, test: Any, err: Any) -> None:
        """Something else went wrong."""
        super().addError(test, err)
        self._note(test, "error", str(err[1]), "".join(traceback.format_exception(*err)))

    def addSkip(self, test: Any, reason: str) -> None:
        """It was left out."""
        super().addSkip(test, reason)
        self._note(test, "skipped", reason)

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        """It failed as it should."""
        super().addExpectedFailure(test, err)
        self._note(test, "")

    def addUnexpectedSuccess(self, test: Any) -> None:
        """It passed although it should not."""
        super().addUnexpectedSuccess(test)
        self._note(test, "failure", "unexpected success")

    def _note(self, test: Any, kind: str, message: str = "", trace: str = "") -> None:
        name, _, method = test.id().rpartition(".")
        seconds = time.perf_counter() - self.began if self.began else 0.0
        self.cases.append((name or "tests", method or test.id(), seconds, kind, message, trace))


def clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return "".join(
        letter if letter in "\t\n\r" or (ord(letter) >= 32 and not 0xD800 <= ord(letter) < 0xE000) else "?"
        for letter in text
    )


def written(result: Result) -> str:
    """The report."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<testsuites><testsuite>"]
    for name, method, seconds, kind, message, trace in result.cases:
        about = f'classname={quoteattr(clean(name))} name={quoteattr(clean(method))} time="{seconds:.6f}"'
        inner = f"<{kind} message={quoteattr(clean(message))}>{escape(clean(trace))}</{kind}>" if kind else ""
        lines.append(f"<testcase {about}>{inner}</testcase>")
    return "\n".join([*lines, "</testsuite></testsuites>"])


def main(report: str) -> int:
    """Discover, run, write."""
    sys.path.insert(0, ".")
    suite = unittest.defaultTestLoader.discover(".")
    result = Result()
    suite.run(result)
    with open(report, "w", encoding="utf-8") as file:
        file.write(written(result))
    if not result.cases:
        return 5
    failed = [case for case in result.cases if case[3] in ("failure", "error")]
    for name, method, _, kind, message, _ in failed:
        sys.stderr.write(f"{kind}: {name}.{method}: {message}\n")
    sys.stderr.write(f"{len(result.cases)} tests, {len(failed)} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
