"""Writes docs/figures.md from what Go's benchmarks printed, and prints it: figures.py OUTPUT LOAD, as session bench does.

LOAD is how many programs were running when the benchmarks began.

A benchmark that is new appears in the second table by itself. An aim has a row in AIMS.
"""

import datetime
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What, the aim as a number and its unit, whether it is the most or the least; the package, the benchmark and the metric
# that measure it, and by what that is multiplied to be in the unit of the aim. Without a benchmark it is not measured.
AIMS = [
    ("compressed image for amd64", "≤", 12, "MB", "compose", "Image/amd64", "MB-compressed", 1),
    ("compressed image for arm64", "≤", 12, "MB", "compose", "Image/arm64", "MB-compressed", 1),
    ("compressed image for arm/v7", "≤", 12, "MB", "compose", "Image/armv7", "MB-compressed", 1),
    ("process start to ready, empty SQLite, migrations included", "≤", 150, "ms", "src/vitrine", "Start/sqlite/empty",
     "ns/op", 1e-6),
    ("the second start", "≤", 50, "ms", "src/vitrine", "Start/sqlite/up_to_date", "ns/op", 1e-6),
    ("idle memory of its own", "≤", 30, "MB", "src/vitrine", "Idle", "MB-own", 1),
    ("idle memory, pages of the program's file included", "≤", 30, "MB", "src/vitrine", "Idle", "MB-resident", 1),
    ("a change reaches the last of 8,000 screens (the aim is for 10,000)", "≤", 250, "ms", "src/web/player",
     "Change/screens=8000", "ms/change", 1),
    ("memory for each of these screens", "≤", 40, "KiB", "src/web/player", "Change/screens=8000", "KiB/screen", 1),
    ("layers that a changed line makes new", "≤", 1, "", "compose", "Rebuild", "layers-changed", 1),
    ("serving a large video, beside nginx", "≥", 0.9, "×", "", "", "", 1),
    ("storing a large upload, beside cp and fsync", "≥", 0.8, "×", "", "", "", 1),
    ("backup, beside tar and zstd", "≥", 0.9, "×", "src/archive", "Backup", "x-tar-zstd", 1),
    ("moving SQLite to MariaDB, beside a dump into its client", "≥", 2, "×", "src/vitrine", "Copy/mariadb", "times-faster", 1),
    ("moving SQLite to PostgreSQL, beside pgloader", "≥", 1, "×", "src/vitrine", "Copy/postgres", "times-faster", 1),
]


def main():
    figures = parse(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    if not figures:
        sys.exit("figures: no benchmark printed anything")
    text = "\n".join([
        "# Figures", "",
        "Written by `sh .ci/check -s bench`; not by hand. Each is the mean of a few runs, taken one after another.", "",
        machine(), "", *aims(figures), "", *containers(figures), "## All of them", "", *everything(figures), ""])
    print(text)
    (ROOT / "docs" / "figures.md").write_text(text, encoding="utf-8")


def parse(output):
    """Returns the metrics of each benchmark by its package and name. The last run of one counts."""
    figures, package = {}, ""
    for line in output.splitlines():
        if found := re.match(r"pkg: vitrine/(\S+)", line):
            package = found[1]
        elif found := re.match(r"Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.+)", line):
            words = found[2].split()
            figures[package, found[1]] = {unit: float(value) for value, unit in zip(words[::2], words[1::2])}
    return figures


def machine():
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = re.search(r"^model name\s*: (.+)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    versions = [version("Go", ["go", "env", "GOVERSION"])]
    postgres = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    mariadb = "/usr/sbin/mariadbd"
    for name, variable, command in (("PostgreSQL", "VT_POSTGRES_URL", [*map(str, postgres[-1:]), "--version"]),
                                    ("MariaDB", "VT_MARIADB_URL", [mariadb, "--no-defaults", "--version"])):
        versions.append(f"the {name} of {variable}" if os.environ.get(variable) else version(name, command))
    processor = f" ({model[1].strip()})" if model else ""
    return (f"Measured on {datetime.date.today():%-d %B %Y} on Linux with {cores} cores{processor} and {memory:.0f} GiB of "
            f"memory; {', '.join(versions)}. When it began, {float(sys.argv[2]):.1f} other programs were running at once: "
            "with more than a few tenths of one, the times are too long.")


def version(name, command):
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return f"no {name}"
    return f"{name} {re.search(r'[0-9]+([.][0-9]+)+', said)[0]}"


def aims(figures):
    yield from ("| what | aim | measured | held |", "|---|---|---|---|")
    for what, sign, aim, unit, package, name, metric, factor in AIMS:
        value = figures.get((package, name), {}).get(metric)
        measured, held = "no benchmark yet" if not name else "not in this run", ""
        if value is not None:
            value *= factor
            measured, held = f"{number(value)} {unit}".strip(), "yes" if (value <= aim) == (sign == "≤") else "no"
        yield f"| {what} | {f'{sign} {aim} {unit}'.strip()} | {measured} | {held} |"


def containers(figures):
    """The images, and what starting them from each combination of Compose files takes."""
    of = {name: metrics for (package, name), metrics in figures.items() if package == "compose"}
    if not of:
        return
    yield from ("## Images and Compose files", "", "| image for | compressed | layers |", "|---|---|---|")
    for name, metrics in of.items():
        if name.startswith("Image/"):
            yield f"| {name.split('/')[1]} | {number(metrics['MB-compressed'])} MB | {number(metrics['layers'])} |"
    yield from ("", "| file | from `up` to ready | to healthy | memory in use |", "|---|---|---|---|")
    for name, metrics in of.items():
        if name.startswith("Start/"):
            used = [f"{unit.removeprefix('MiB-')} {number(value)} MiB" for unit, value in metrics.items() if "MiB-" in unit]
            yield (f"| {name.split('/')[1]}.yaml | {number(metrics['s-to-ready'])} s | {number(metrics['s-to-healthy'])} s | "
                   f"{', '.join(used)} |")
    yield ""


def everything(figures):
    yield from ("| package | benchmark | measured |", "|---|---|---|")
    for (package, name), metrics in figures.items():
        shown = [readable(value, unit) for unit, value in metrics.items() if (unit, value) != ("ns/op", 0)]
        yield f"| {package} | {name.replace('_', ' ')} | {', '.join(shown)} |"


def readable(value, unit):
    if unit == "ns/op":
        for size, name in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
            if value >= size:
                return f"{number(value / size)} {name}"
    if unit == "B/op" and value >= 1e6:
        return f"{number(value / 1e6)} MB allocated"
    return f"{number(value)} {unit}"


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
