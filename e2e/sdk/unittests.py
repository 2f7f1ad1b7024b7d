"""Runs the test suite inside the source distribution of centrifuge-python, one line per test.

Its modules run side by side, because they mostly wait. Many of its tests wait without a limit, so
each gets one here. `SDK_TARGET` is where `cargo xtask test-sdk` put the source distribution.
"""

import asyncio
import concurrent.futures
import functools
import inspect
import os
import pathlib
import subprocess
import sys
import tarfile
import unittest

TEST_SECONDS_MAX = 30
MODULE_SECONDS_MAX = 200
MODULES_AT_ONCE = 4
# Tests with a race of their own get further tries; which and why is said here.
TRIES_MAX = 4
RACY = {
    # Disconnects without waiting for the reply to its first subscription, and then expects to
    # recover from the position that this reply would have told.
    "tests.test_client.TestAutoRecovery.test_auto_recovery",
}


def one_line(text):
    return " ".join(str(text).split())[:300]


class Lines(unittest.TestResult):
    """Prints a line when a test is over; one with a failed part has failed."""

    def __init__(self):
        super().__init__()
        self.again = []
        self.is_last_try = False

    def startTest(self, test):
        super().startTest(test)
        self.why = None
        self.skipped_because = None

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.why = self.why or f"{subtest._subDescription()} {err[0].__name__} {err[1]}"

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.tell(test, err)

    def tell(self, test, err):
        why = f"{err[0].__name__} {err[1]}"
        if isinstance(test, unittest.TestCase):
            self.why = self.why or why
        else:
            # A module or class that could not be set up is not a test that ended.
            print(f"FAIL {test.id()}: {one_line(why)}", flush=True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.skipped_because = reason

    def stopTest(self, test):
        super().stopTest(test)
        if self.skipped_because is not None:
            print(f"SKIP {test.id()}: {one_line(self.skipped_because)}", flush=True)
        elif self.why is not None and test.id() in RACY and not self.is_last_try:
            print(f"AGAIN {test.id()}: {one_line(self.why)}", flush=True)
            self.again.append(test.id())
        elif self.why is not None:
            print(f"FAIL {test.id()}: {one_line(self.why)}", flush=True)
        else:
            print(f"PASS {test.id()}", flush=True)


def limited(method):
    @functools.wraps(method)
    async def within():
        await asyncio.wait_for(method(), TEST_SECONDS_MAX)

    return within


def tests_of(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_of(item)
        else:
            yield item


def run_module(name):
    """In a process of its own: all tests of one module."""
    wanted, result = [name], Lines()
    for number in range(1, TRIES_MAX + 1):
        result.is_last_try = number == TRIES_MAX
        suite = unittest.defaultTestLoader.loadTestsFromNames(wanted)
        for test in tests_of(suite):
            method = getattr(test, test._testMethodName, None)
            if inspect.iscoroutinefunction(method):
                setattr(test, test._testMethodName, limited(method))
        suite.run(result)
        wanted, result.again = result.again, []
        if not wanted:
            return


def run_apart(source, name):
    command = [sys.executable, os.path.abspath(__file__), name]
    try:
        done = subprocess.run(
            command,
            cwd=source,
            env={**os.environ, "PYTHONPATH": str(source)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=MODULE_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode(errors="replace")
        return said + f"\nFAIL {name}: not done in {MODULE_SECONDS_MAX} s\n"
    lines = done.stdout
    if done.returncode != 0:
        lines += f"\nFAIL {name}: ended with {done.returncode}: {one_line(done.stderr[-300:])}\n"
    return lines


def source_distribution():
    folder = pathlib.Path(os.environ["SDK_TARGET"]) / "source"
    archive = max(folder.glob("centrifuge_python-*.tar.gz"))
    unpacked = folder / archive.name.removesuffix(".tar.gz")
    if not unpacked.exists():
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
    return unpacked


def main():
    if len(sys.argv) > 1:
        run_module(sys.argv[1])
        return 0
    source = source_distribution()
    modules = sorted(f"tests.{path.stem}" for path in (source / "tests").glob("test_*.py"))
    failed = False
    # The longest first: it alone needs the server.
    modules.sort(key=lambda name: name != "tests.test_client")
    with concurrent.futures.ThreadPoolExecutor(MODULES_AT_ONCE) as pool:
        for lines in pool.map(functools.partial(run_apart, source), modules):
            for line in lines.splitlines():
                if line.startswith(("PASS ", "FAIL ", "SKIP ", "AGAIN ")):
                    print(line, flush=True)
            failed = failed or "\nFAIL " in f"\n{lines}"
    print("DONE", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
