"""Every check of Vitrine. Run them all with: sh .ci/check

Nothing is installed into virtual environments: the tools are Go's own, Debian's packages, and what .ci/tools/go.mod
pins. A component that is missing and cannot be installed is an error where CI=true, and a named skip elsewhere.
"""

import filecmp
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import nox

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / ".ci"))
import gotest  # noqa: E402, it lies there

nox.options.default_venv_backend = "none"
nox.options.sessions = ["test", "move", "schema", "lint", "browser", "image", "compose", "systemd", "nix", "docs", "site"]

ROOT = pathlib.Path(__file__).resolve().parent
SCRATCH = ROOT / ".nox"
CI = os.environ.get("CI") == "true"
SERVERS = ["go", "run", "./src/testkit/servers/with", "--"]  # runs a command with a PostgreSQL and a MariaDB of its own
RACED = ["./src/datafolder", "./src/live", "./src/listen", "./src/blob", "./src/intake", "./src/web/player",
         "./src/testkit/servers"]
TAGS = "browser,compose,atlascli,nix,docs,site"  # of tests that need more than Go
IMAGES = ["golang:1.26-bookworm", "mariadb:11.8", "postgres:17", "caddy:2"]
MACHINE = "debian:bookworm"  # what src/testkit/machine makes its images of
VULNERABILITIES = "https://vuln.go.dev/index/db.json"


def need(session, what, package, found=None):
    """Finds a program, or installs the Debian package that holds it. False: it is not to be had, and that is allowed.

    found tells whether it is there; without it, the program is looked for in PATH.
    """
    found = found or (lambda: shutil.which(what))
    if found():
        return True
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and (not root or shutil.which("sudo")):
        session.log(f"installing {package}, because {what} is missing")
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        install = [*root, "apt-get", "install", "-qq", "-y", "--no-install-recommends", package]
        for command in ([*root, "apt-get", "update", "-qq"], install):
            subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    if found():
        return True
    if CI:
        session.error(f"{what} is missing and could not be installed (Debian package {package}).")
    session.warn(f"SKIPPED: {what} is missing (Debian package {package}).")
    return False


def need_servers(session):
    """Finds or installs the databases that tests start. Debian's packages may start their own; those are left alone."""
    need(session, "PostgreSQL", "postgresql", lambda: shutil.which("initdb") or
         any(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")))
    need(session, "MariaDB", "mariadb-server", lambda: shutil.which("mariadbd") or pathlib.Path("/usr/sbin/mariadbd").exists())
    need(session, "PgBouncer", "pgbouncer", lambda: shutil.which("pgbouncer") or pathlib.Path("/usr/sbin/pgbouncer").exists())


def need_proxies(session):
    """Finds or installs the proxies whose recipes a test runs. They need not run, and those that do are left alone."""
    for program in ("nginx", "caddy"):
        need(session, program, program, lambda p=program: shutil.which(p) or pathlib.Path("/usr/sbin", p).exists())


def need_compiler(session):
    """Finds or installs a C compiler and the headers that it needs."""
    command = ["gcc", "-E", "-x", "c", "-include", "stdlib.h", "/dev/null"]
    return need(session, "gcc", "gcc") and need(
        session, "stdlib.h", "libc6-dev", lambda: subprocess.run(command, capture_output=True, check=False).returncode == 0)


def need_engine(session, *wanted):
    """Finds a Docker engine with its compose plugin, and gets the images that are wanted onto it."""
    if not need(session, "docker", "docker.io"):
        return False
    if subprocess.run(["docker", "version"], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode != 0:
        what = "no Docker engine answers: start it (systemctl start docker), and be allowed to use it"
        if CI:
            session.error(what)
        session.warn(f"SKIPPED: {what}.")
        return False
    # It says of each image whether it is the real one or a stand-in made here.
    if subprocess.run(["compose/offline/prepare", *wanted], cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode == 0:
        return True
    what = "the images that these checks need are not to be had: " + " ".join(wanted)
    if CI:
        session.error(what)
    session.warn(f"SKIPPED: {what}.")
    return False


def go_test(session, *arguments, cgo=False, servers=False, again=True):
    """Runs go test, and once more alone what failed of it if that is little, unless again says no. See .ci/gotest.py."""
    session.log(" ".join(["go", "test", *arguments]))
    environment = dict(os.environ, CGO_ENABLED="1" if cgo else "0")
    if not gotest.test(SERVERS if servers else [], arguments, ROOT, environment, again):
        session.error("go test found something wrong")


def go_bench(session, *arguments, servers=False):
    """Runs go test, shows what it prints as it comes, and returns that."""
    session.log(" ".join(["go", "test", *arguments]))
    printed = []

    def show(line):
        print(line, end="", flush=True)
        printed.append(line)

    command = [*(SERVERS if servers else []), "go", "test", *arguments]
    status, _ = gotest.stream(command, ROOT, dict(os.environ, CGO_ENABLED="0"), show)
    if status:
        session.error(f"go test ended with status {status}")
    return printed


def tracked(*patterns):
    """Names the files of the repository that match, new ones too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted({name for name in names if (ROOT / name).is_file()})


@nox.session
def test(session):
    """Tests without a network or a browser; then a few packages under the race detector, which needs a C compiler."""
    need_servers(session)
    need_proxies(session)
    go_test(session, "./...", "./.ci/release", servers=True)  # ./... leaves out folders that begin with a dot
    if need_compiler(session):
        go_test(session, "-race", *RACED, cgo=True, servers=True)
        go_test(session, "-race", "-run", "^TestNodesStreams$", "./src/web", cgo=True, servers=True)


@nox.session
def faults(session):
    """Breaks databases and nodes in every way that the tests know, 50 times, or as often as given: nox -s faults -- 10"""
    need_servers(session)
    os.environ["VT_ROUNDS"] = session.posargs[0] if session.posargs else "50"
    go_test(session, "-count=1", "-timeout=60m", "./src/database", "./src/archive", "./src/vitrine", servers=True, again=False)


@nox.session
def move(session):
    """Moves an installation from SQLite to MariaDB, PostgreSQL and back, serving in between, and prints the checksums."""
    need_servers(session)
    go_test(session, "-count=1", "-v", "-run", "^TestMove$", "./src/vitrine", servers=True)


@nox.session
def schema(session):
    """Compares the schema of real databases with what is declared, also as Atlas' own command line tool sees them."""
    need_servers(session)
    tool = atlas(session)
    if tool:
        os.environ["VT_ATLAS"] = str(tool)
        go_test(session, "-count=1", "-tags", "atlascli", "./schema/...", servers=True)
    else:
        go_test(session, "-count=1", "./schema/...", servers=True)


def atlas(session):
    """Builds Atlas' command line tool, which needs a C compiler for its SQLite, and returns its path.

    Its newest version that is a module is an old one, which fails on PostgreSQL 17. None: it cannot be built.
    """
    if not need_compiler(session):
        return None
    program = SCRATCH / "atlas"
    command = ["go", "build", "-modfile=.ci/atlas/go.mod", "-o", str(program), "ariga.io/atlas/cmd/atlas"]
    session.log(" ".join(command))
    environment = dict(os.environ, CGO_ENABLED="1")
    if subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode == 0:
        return program
    if CI:
        session.error("Atlas' command line tool could not be built.")
    session.warn("SKIPPED: the tests with Atlas' command line tool, which could not be built.")
    return None


@nox.session
def lint(session):
    """Looks at the source without running it."""
    unformatted = subprocess.run(["gofmt", "-l", *tracked("*.go")], cwd=ROOT, check=True, capture_output=True,
                                 text=True).stdout
    if unformatted:
        session.error("Not formatted; run gofmt -w on:\n" + unformatted)
    session.run("go", "vet", "./...", "./.ci/release", external=True)
    session.run("go", "vet", "-tags", TAGS, "./...", "./.ci/release", external=True)
    tool = ["go", "tool", "-modfile=.ci/tools/go.mod"]
    session.run(*tool, "staticcheck", "-tags", TAGS, "./...", "./.ci/release", external=True)
    if vulnerabilities_reachable():
        session.run(*tool, "govulncheck", "./...", external=True)
    else:
        session.warn(f"SKIPPED: govulncheck, because its database ({VULNERABILITIES}) cannot be reached from here.")
    session.run("go", "vet", "-C", ".ci/containers", ".", external=True)
    session.run("go", "test", "-C", ".ci/containers", ".", external=True)
    session.run("go", "run", "-C", ".ci/containers", ".", str(ROOT), external=True)
    if need(session, "shellcheck", "shellcheck"):
        session.run("shellcheck", *scripts(), external=True)
    session.run(sys.executable, "-m", "py_compile", *tracked("*.py"), external=True)
    if importlib.util.find_spec("pyflakes"):
        session.run(sys.executable, "-m", "pyflakes", *tracked("*.py"), external=True)


def vulnerabilities_reachable():
    try:
        with urllib.request.urlopen(VULNERABILITIES, timeout=10) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def scripts():
    """Names the files that a shell runs."""
    names = []
    for name in tracked():
        with (ROOT / name).open("rb") as file:
            first = file.readline(80)
        if re.match(rb"#!.*\b(ba|da)?sh\b", first):
            names.append(name)
    return names


@nox.session
def browser(session):
    """Plays the path of a new user in Debian's chromium."""
    names = [name for name in tracked("*_test.go") if tagged(name)]
    tests = [test for name in names for test in re.findall(r"^func (Test\w+)\(", (ROOT / name).read_text(encoding="utf-8"),
                                                          re.MULTILINE)]
    if not tests:
        session.error("There are no browser tests.")
    os.environ.setdefault("VT_SHOTS", str(ROOT / "dist" / "browser"))  # pictures of every step, to look at
    need_servers(session)
    if need(session, "chromium", "chromium"):
        packages = sorted({"./" + str(pathlib.Path(name).parent) for name in names})
        only = "^(" + "|".join(tests) + ")$"  # the others are run by session test
        # One package after another: some tests look at every frame, and a browser that waits for the processor drops some.
        go_test(session, "-tags", "browser", "-count=1", "-p", "1", "-run", only, *packages, servers=True)


@nox.session
def image(session):
    """Builds the images for every machine on the engine, runs them, and lists what is in them; see dist/image."""
    if need_engine(session, "--emulation", IMAGES[0]):
        go_test(session, "-tags", "compose", "-count=1", "-timeout", "30m", "-v", "-run", "^TestImage", "./compose")
        bill_of_materials(session)


def bill_of_materials(session):
    """Writes what the program of each image is made of as CycloneDX, from what the compiler noted in it."""
    dist = ROOT / "dist" / "image"
    dist.mkdir(parents=True, exist_ok=True)
    tool = ["go", "tool", "-modfile=.ci/containers/go.mod", "cyclonedx-gomod"]
    for tag in ("latest", "arm64", "armv7"):
        name = "vitrine-check" if tag == "latest" else f"vitrine-check-{tag}"
        machine = subprocess.run(["docker", "image", "inspect", "--format", "{{.Architecture}}{{.Variant}}", name],
                                 capture_output=True, text=True, check=True).stdout.strip()
        box = subprocess.run(["docker", "create", name], capture_output=True, text=True, check=True).stdout.strip()
        program, bill = dist / f"vitrine-{machine}", dist / f"vitrine-{machine}.cdx.json"
        session.run("docker", "cp", "--quiet", f"{box}:/vitrine", str(program), external=True)
        session.run("docker", "rm", "--volumes", box, external=True, silent=True)
        session.run(*tool, "bin", "-json", "-output", str(bill), str(program), external=True)
        session.log(f"{bill.relative_to(ROOT)}: {len(json.loads(bill.read_text())['components'])} modules")


@nox.session
def compose(session):
    """Runs the Compose files on the engine, each from nothing to clean-up, and breaks them as self-hosters do."""
    need_servers(session)
    if need_engine(session, *IMAGES) and need(session, "chromium", "chromium"):
        go_test(session, "-tags", "compose", "-count=1", "-timeout", "60m", "-v", "-parallel", "4", "-skip", "^TestImage",
                "./compose")


@nox.session
def systemd(session):
    """Installs what docs/systemd holds under a real systemd, in a container, by the commands of docs/systemd.md."""
    if need_engine(session, MACHINE):
        go_test(session, "-tags", "nix", "-count=1", "-timeout", "30m", "./src/testkit/machine", "./docs/systemd")


@nox.session
def release(session):
    """Builds the tarballs of the bare program into dist/release, once more elsewhere, compares, and installs what came out."""
    out = ROOT / "dist" / "release"
    session.run("go", "run", "./.ci/release", "-out", str(out), external=True)
    with tempfile.TemporaryDirectory() as folder:
        copy, again = pathlib.Path(folder) / "copy", pathlib.Path(folder) / "again"
        for name in tracked():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        command = ["go", "run", "./.ci/release", "-out", str(again)]
        environment = dict(os.environ, GOCACHE=str(pathlib.Path(folder) / "cache"))
        session.log("the same in another folder, without what is compiled already")
        subprocess.run(command, cwd=copy, env=environment, stdin=subprocess.DEVNULL, check=True)
        names = sorted({path.name for path in [*out.iterdir(), *again.iterdir()]})
        unlike = [name for name in names if not ((out / name).is_file() and (again / name).is_file()
                                                 and filecmp.cmp(out / name, again / name, shallow=False))]
        if unlike:
            session.error("built twice, these are not the same byte for byte: " + ", ".join(unlike))
    session.log("the same byte for byte, from two folders: " + ", ".join(names))
    if need_engine(session, "--emulation", MACHINE):
        os.environ["VT_RELEASE"] = str(out)
        go_test(session, "-tags", "nix", "-count=1", "-timeout", "30m", "./docs/systemd")


@nox.session
def nix(session):
    """Checks the flake, and what is in nix/, with Nix but without nixpkgs: see docs/nix.md."""
    found = [need(session, program, package) for program, package in (
        ("nix-instantiate", "nix-bin"), ("systemd-analyze", "systemd"), ("nginx", "nginx"), ("caddy", "caddy"))]
    if all(found) and need_engine(session, MACHINE):
        if not os.environ.get("VT_NIXPKGS_LIB"):
            session.warn("SKIPPED: five tests that evaluate the NixOS module anew, because no lib of nixpkgs is at hand "
                         "(VT_NIXPKGS_LIB); what it made when it was last evaluated is checked.")
        go_test(session, "-tags", "nix", "-count=1", "-timeout", "30m", "./nix/...")


@nox.session
def docs(session):
    """Does what the guides tell one to do, on the engine and with programs that it builds."""
    need_servers(session)
    doors = "" if need_engine(session, IMAGES[0]) else "Program$"
    go_test(session, "-tags", "docs", "-count=1", "-timeout", "30m", "-v", "-run", "^Test(QuickStart|Upgrade)" + doors,
            "./docs")


@nox.session
def site(session):
    """Makes a site of the documents in dist/site, follows its links and searches in it; pictures go to dist/browser."""
    os.environ.setdefault("VT_SHOTS", str(ROOT / "dist" / "browser"))
    material = pathlib.Path("/usr/share/mkdocs/themes/material")
    if need(session, "mkdocs", "mkdocs") and need(session, str(material), "mkdocs-material", material.is_dir) \
            and need(session, "chromium", "chromium"):
        session.run("python3", ".ci/make_site.py", "dist/site", external=True)
        os.environ["VT_SITE"] = str(ROOT / "dist" / "site")
        go_test(session, "-tags", "site", "-count=1", "-run", "^TestSite$", "./docs")


@nox.session
def bench(session):
    """Measures, prints, and writes docs/figures.md; no figure fails. A part: sh .ci/check -s bench -- program (or images)"""
    load = os.getloadavg()[0]
    need_servers(session)
    printed = []
    if session.posargs != ["images"]:
        for program in ("sqlite3", "pgloader", "zstd"):  # rivals
            need(session, program, program)
        packages = {"./" + str(pathlib.Path(name).parent) for name in tracked("src/*_test.go")
                    if re.search(r"^func Benchmark", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)}
        printed += go_bench(session, "-timeout", "60m", "-run", "^$", "-bench", ".", "-benchtime", "10x", *sorted(packages),
                            servers=True)
    if session.posargs != ["program"] and need_engine(session, "--emulation", *IMAGES):
        printed += go_bench(session, "-tags", "compose", "-timeout", "60m", "-run", "^$", "-bench", ".", "-benchtime", "1x",
                            "./compose")
    output = SCRATCH / "bench.txt"
    output.write_text("".join(printed), encoding="utf-8")
    session.run(sys.executable, ".ci/figures.py", str(output), str(load), external=True)


def tagged(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.search(r"^//go:build .*\bbrowser\b", text, re.MULTILINE) is not None


@nox.session
def fuzz(session):
    """Runs every fuzz target for a few seconds, or for as long as given: nox -s fuzz -- 60s"""
    duration = session.posargs[0] if session.posargs else "5s"
    for name in tracked("*_test.go"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"^func (Fuzz\w+)\(", text, re.MULTILINE):
            package = "./" + str(pathlib.Path(name).parent)
            go_bench(session, "-run=^$", f"-fuzz=^{target}$", f"-fuzztime={duration}", package)
