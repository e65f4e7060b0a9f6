"""Runs go test as a person would read it, and remembers what the end of a long run should say again.

summary     what go test said of each package and each test that failed
unsteady    tests that failed once and passed alone, with the last words of their failure
last_words  the last words of every failure that stands
"""

import json
import pathlib
import re
import subprocess
import sys
import threading

CHECK = pathlib.Path(__file__).resolve().parent.parent / ".nox"
SUMMARY, UNSTEADY, LAST_WORDS = CHECK / "summary", CHECK / "unsteady", CHECK / "last_words"

WORDS = 40  # lines of a failure that are said again
TOLD = 10  # failures of one command that are said again
AGAIN = 3  # tests of one command that may be run again

# What no second run can excuse: the test did not end by itself, or two goroutines met at the same memory.
INEXCUSABLE = re.compile(r"panic: |fatal error: |WARNING: DATA RACE|\*\*\* Test killed")
# What go test -v alone prints of the way of a test.
WAY = re.compile(r"\s*(=== (RUN|PAUSE|CONT|NAME)|--- (PASS|SKIP):)")


class Outcome:
    """What go test made of its packages, from its events (go doc test2json)."""

    def __init__(self, verbose):
        self.verbose = verbose
        self.open = set()  # (package, test at the top) that has begun and not ended
        self.said = {}  # the same: its output so far, as pairs of a test, which may be a part of it, and a line
        self.parts = set()  # (package, part of a test) that failed
        self.failed = {}  # (package, test at the top) that failed: its output
        self.loose = {}  # package: the output that belongs to no test
        self.broken = {}  # package that failed for another reason than a test that ended: its output
        self.inexcusable = False
        self.closing = []  # what go test says of each package at its end

    def take(self, line):
        """Takes a line of go test -json; returns what is to be shown of it."""
        if not line.startswith("{"):
            return line
        event = json.loads(line)
        package = event.get("Package") or event.get("ImportPath", "").split(" ")[0]
        test = event.get("Test", "")
        key = (package, test.split("/")[0])
        match event["Action"]:
            case "output" | "build-output":
                return self.output(key, test, event["Output"])
            case "build-fail":
                self.broken[package] = self.loose.get(package, [])
            case "fail" if not test:
                return self.end(package)
            case "fail" if test != key[1]:
                self.parts.add((package, test))
            case "run" if test == key[1]:
                self.open.add(key)
            case "pass" | "skip" if test == key[1]:
                self.open.discard(key)
                self.said.pop(key, None)
            case "fail":
                self.open.discard(key)
                self.failed[key] = [text for name, text in self.said.pop(key, []) if self.tells(package, name, text)]
                return "" if self.verbose else "".join(self.failed[key])
        return ""

    def output(self, key, test, text):
        """Keeps a piece of output, which may be less than a line."""
        if test:
            self.said.setdefault(key, []).append((test, text))
            return text if self.verbose else ""
        self.loose.setdefault(key[0], []).append(text)
        if re.match(r"(ok|FAIL|\?)\s+\S", text) and "[no test files]" not in text:
            self.closing.append(text)
        return "" if text == "PASS\n" and not self.verbose else text

    def tells(self, package, test, text):
        """Tells whether a line is of the failure, and not of a part that passed."""
        return not WAY.match(text) and ("/" not in test or (package, test) in self.parts)

    def end(self, package):
        """Judges a package that failed; returns what is still to be shown of it."""
        named = [text for (of, _), lines in self.failed.items() if of == package for text in lines]
        unfinished = [text for key in self.open if key[0] == package for _, text in self.said.pop(key, [])]
        loose = self.loose.get(package, [])
        self.inexcusable |= any(INEXCUSABLE.match(text) for text in [*named, *unfinished, *loose])
        if unfinished or not any(of == package for of, _ in self.failed):
            self.broken[package] = [*unfinished, *loose]
        return "" if self.verbose else "".join(unfinished)

    def excusable(self):
        """Names the tests that may be run once more: a few, and nothing worse happened."""
        return [] if self.broken or self.inexcusable or len(self.failed) > AGAIN else list(self.failed)


def words(lines):
    """Returns the last words of a failure; of a panic the first, since all goroutines follow it."""
    lines = "".join(lines).splitlines(keepends=True)
    for at, line in enumerate(lines):
        if INEXCUSABLE.match(line):
            return lines[at:at + WORDS]
    return lines[-WORDS:]


def place(package):
    """Spells a package as one names it at the root of the repository."""
    return re.sub(r"^vitrine\b", ".", package)


def remember(file, lines):
    CHECK.mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as kept:
        kept.writelines(line if line.endswith("\n") else line + "\n" for line in lines)


def stream(command, root, environment, show):
    """Runs a command and hands each line of its output to show. Returns its status and what it said of errors."""
    errors = []

    def listen(process):
        for line in process.stderr:
            print(line, end="", file=sys.stderr, flush=True)
            errors.append(line)

    with subprocess.Popen(command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace") as process:
        listener = threading.Thread(target=listen, args=[process])
        listener.start()
        for line in process.stdout:
            show(line)
        listener.join()
    return process.returncode, errors


def run(before, arguments, root, environment):
    """Runs go test once, shows it as it comes, and returns whether it went well, and its outcome."""
    outcome = Outcome("-v" in arguments)
    command = [*before, "go", "test", "-json", *arguments]
    status, errors = stream(command, root, environment, lambda line: print(outcome.take(line), end="", flush=True))
    if status and not outcome.failed and not outcome.broken:
        outcome.broken[" ".join(command)] = errors
    return status == 0, outcome


def test(before, arguments, root, environment, again=True):
    """Runs go test, and a few tests that failed once more, each alone. Returns whether all went well in the end.

    before is a command that takes go test as its arguments.
    """
    well, outcome = run(before, arguments, root, environment)
    for package, name in outcome.excusable() if again else []:
        what = f"{name} in {place(package)}"
        print(f"Once more, alone: {what}", flush=True)
        flags = [argument for argument in arguments if not argument.startswith("./")]
        passed, alone = run(before, [*flags, "-count=1", "-run", f"^{name}$", package], root, environment)
        if passed and "no tests to run" not in "".join(alone.closing):
            first = words(outcome.failed.pop((package, name)))
            remember(UNSTEADY, [f"UNSTEADY: {what} failed once and passed alone; its first words:", *first])
            well = not outcome.failed
    fallen = {package for package, _ in outcome.failed} | set(outcome.broken)
    for line in outcome.closing:
        verdict, package = line.split()[:2]
        mended = verdict == "FAIL" and package not in fallen
        remember(SUMMARY, [f"ok  \t{package}\tat the second time, UNSTEADY" if mended else line])
    failures = [(f"{name} in {place(package)}", lines) for (package, name), lines in outcome.failed.items()]
    failures += [(place(package), lines) for package, lines in outcome.broken.items()]
    remember(SUMMARY, [f"--- FAIL: {what}" for what, _ in failures])
    for what, lines in failures[:TOLD]:
        remember(LAST_WORDS, [f"LAST WORDS of {what}:", *words(lines)])
    return well
