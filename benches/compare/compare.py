#!/usr/bin/env python3
"""Runs the same work on kqlite, DuckDB and Polars over the same rows, one after the other, and checks that the answers agree.

Writes a Markdown table of medians and ratios; with --readme into the README too.
"""
import argparse
import itertools
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
import venv

import data
import engines
import work

FOLDER = engines.ROOT / "target" / "compare"
PAUSE = 0.5
FORMS = ("ndjson", "csv", "parquet")
MARKS = ("<!-- compare: begin -->", "<!-- compare: end -->")


def python_with_engines() -> pathlib.Path:
    """A Python of its own with DuckDB and Polars."""
    folder = FOLDER / "venv"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "duckdb", "polars", "pyarrow"], check=True)
        (folder / "complete").touch()
    return python


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def same(ours: list[list[str]], theirs: list[list[str]], tolerance: float) -> bool:
    """The same rows in any order. Numbers may be written differently, and estimates may differ a little."""

    def alike(a: str, b: str) -> bool:
        x, y = number(a), number(b)
        if x is not None and y is not None:
            return abs(x - y) <= tolerance * max(abs(x), abs(y))
        return a.lower() == b.lower()

    def order(row: list[str]) -> list[str]:
        return [cell.lower() for cell in row]

    ours, theirs = sorted(ours, key=order), sorted(theirs, key=order)
    return len(ours) == len(theirs) and all(
        len(a) == len(b) and all(map(alike, a, b)) for a, b in zip(ours, theirs)
    )


def milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.0f}" if seconds >= 0.1 else f"{1e3 * seconds:.1f}"


def ratio(ours: float, theirs: float) -> str:
    text = f"{ours / theirs:.2f}"
    return f"**{text}**" if ours > theirs else text


class Run:
    """The measurements of one run: (rows, threads, name) → engine → seconds."""

    def __init__(self, given: argparse.Namespace, python: pathlib.Path):
        self.given = given
        self.python = python
        self.seconds: dict[tuple[int, int, str], dict[str, float]] = {}
        self.peaks: dict[str, int] = {}
        self.versions: dict[str, str] = {}

    def engines(self, threads: int, files: dict[str, pathlib.Path]):
        found = {
            "kqlite": engines.Kqlite(FOLDER, threads, files),
            "DuckDB": engines.Other("DuckDB", self.python, threads, files),
            "Polars": engines.Other("Polars", self.python, threads, files),
        }
        return {name: engine for name, engine in found.items() if name in self.given.engines}

    def chosen(self) -> list[work.Work]:
        return [item for item in work.WORK if self.given.only in item.name]

    def check(self, files: dict[str, pathlib.Path]) -> None:
        """Every engine gives the same answer to everything."""
        asked = self.engines(max(self.given.threads), files)
        for item in self.chosen():
            answers = {name: engine.answer(item) for name, engine in asked.items()}
            # Polars has no way to ask for the check of a large answer.
            small = [name for name in answers if name != "Polars" or not item.check_kql]
            for name in small:
                if not same(answers["kqlite"], answers[name], item.tolerance):
                    raise SystemExit(f"{item.name}: kqlite answers {sorted(answers['kqlite'])[:3]}, "
                                     f"{name} {sorted(answers[name])[:3]}")
        for name, engine in asked.items():
            self.versions[name] = engine.version()
            engine.close()

    def measure(self, rows: int, threads: int, files: dict[str, pathlib.Path]) -> None:
        for form in self.given.forms:
            found = {}
            for name, engine in self.engines(threads, files).items():
                found[name], peak = engine.from_file(form, self.given.repeat)
                if form == "ndjson" and (rows, threads) == (min(self.given.rows), min(self.given.threads)):
                    self.peaks[name] = peak
                engine.close()
            self.keep(rows, threads, f"{form.upper() if form != 'parquet' else 'Parquet'} load and the seed", found)
        asked = self.engines(threads, files)
        for item in self.chosen():
            found = {}
            for name, engine in asked.items():
                # What the engine before still has to do, such as giving back memory, is done.
                time.sleep(PAUSE)
                found[name] = engine.median(item, self.given.repeat)
            self.keep(rows, threads, item.name, found)
        for engine in asked.values():
            engine.close()

    def keep(self, rows: int, threads: int, name: str, found: dict[str, float]) -> None:
        self.seconds[rows, threads, name] = found
        shown = ", ".join(f"{engine} {milliseconds(seconds)} ms" for engine, seconds in found.items())
        print(f"{rows:,} rows, {threads} threads, {name}: {shown}", file=sys.stderr, flush=True)

    def table(self, rows: int, threads: int) -> list[str]:
        others = [name for name in ("DuckDB", "Polars") if name in self.given.engines]
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        lines = [
            f"{rows:,} rows, {threads} thread{'s' if threads > 1 else ''}; {versions}; medians of {self.given.repeat}, "
            "in milliseconds",
            "",
            "| work | kqlite | " + " | ".join(others) + " | " + " | ".join(f"kqlite / {name}" for name in others) + " |",
            "|---|" + "--:|" * (1 + 2 * len(others)),
        ]
        ratios = {name: [] for name in others}
        for (_, _, work_name), found in self.of(rows, threads):
            cells = [milliseconds(found[name]) for name in ("kqlite", *others)]
            for name in others:
                ratios[name].append(found["kqlite"] / found[name])
            cells += [ratio(found["kqlite"], found[name]) for name in others]
            lines.append(f"| {work_name} | " + " | ".join(cells) + " |")
        means = [f"{statistics.geometric_mean(ratios[name]):.2f}" for name in others]
        lines.append("| geometric mean |" + " |" * (1 + len(others)) + " " + " | ".join(means) + " |")
        return lines

    def of(self, rows: int, threads: int):
        return [(key, found) for key, found in self.seconds.items() if key[:2] == (rows, threads)]

    def scaling(self) -> list[str]:
        """How kqlite's time grows with the rows, and what a second thread brings."""
        lines = []
        for small, large in itertools.pairwise(self.given.rows):
            for threads in self.given.threads:
                growth = {key[2]: self.seconds[large, threads, key[2]]["kqlite"] / found["kqlite"]
                          for key, found in self.of(small, threads)}
                worst = max(growth, key=growth.get)
                lines.append(f"From {small:,} to {large:,} rows with {threads} thread{'s' if threads > 1 else ''} kqlite "
                             f"takes {statistics.geometric_mean(growth.values()):.1f} times as long (geometric mean); "
                             f"at most {growth[worst]:.1f} times ({worst}).")
        if len(self.given.threads) > 1:
            one, more = self.given.threads[0], self.given.threads[-1]
            heavy = {item.name for item in work.WORK if item.heavy}
            for rows in self.given.rows:
                gain = {key[2]: found["kqlite"] / self.seconds[rows, more, key[2]]["kqlite"]
                        for key, found in self.of(rows, one) if key[2] in heavy}
                if gain:
                    least = min(gain, key=gain.get)
                    lines.append(f"{more} threads make kqlite {statistics.geometric_mean(gain.values()):.2f} times as fast "
                                 f"on the heavy work over {rows:,} rows; at least {gain[least]:.2f} times ({least}).")
        return lines

    def slower(self) -> str:
        names = sorted({key[2] for key, found in self.seconds.items()
                        if any(found["kqlite"] > seconds for seconds in found.values())})
        return f"kqlite is slower than another engine at: {', '.join(names)}." if names else \
            "kqlite is slower at none of these."

    def report(self) -> str:
        parts = ["\n".join(self.table(rows, threads)) for rows in self.given.rows for threads in self.given.threads]
        words = [self.slower(), *self.scaling()]
        if self.peaks:
            peaks = ", ".join(f"{name} {peak / 1e6:.0f} MB" for name, peak in self.peaks.items())
            words.append(f"Most memory held while {min(self.given.rows):,} rows of NDJSON are loaded and the seed is run: {peaks}.")
        return "\n\n".join([*parts, "\n".join(f"- {line}" for line in words)])


def write_readme(report: str) -> None:
    path = engines.ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    path.write_text(f"{before}{MARKS[0]}\n{report}\n{MARKS[1]}{after}", encoding="utf-8")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help="sizes, ascending")
    options.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="thread counts, ascending")
    options.add_argument("--repeat", type=int, default=5)
    options.add_argument("--engines", nargs="+", default=["kqlite", "DuckDB", "Polars"])
    options.add_argument("--only", default="", help="work whose name has this text")
    options.add_argument("--forms", nargs="*", default=FORMS, help="kinds of files to load")
    options.add_argument("--readme", action="store_true", help="put the tables into README.md")
    options.add_argument("--no-build", dest="build", action="store_false", help="take the binary that is there")
    given = options.parse_args()
    python = python_with_engines()
    if pathlib.Path(sys.prefix) != FOLDER / "venv":
        # From here on with the engines at hand.
        os.execv(python, [str(python), __file__, *sys.argv[1:]])
    given.build and subprocess.run(["cargo", "build", "--profile", "dist", "-p", "kqlite-cli", "--features", "parquet"], check=True,
                   cwd=engines.ROOT)
    import duckdb
    run = Run(given, python)
    for rows in given.rows:
        files = data.generate(duckdb, FOLDER, rows)
        run.check(files)
        for threads in given.threads:
            run.measure(rows, threads, files)
    report = run.report()
    (FOLDER / "result.md").write_text(f"{platform.machine()}, {os.cpu_count()} cores\n\n{report}\n", encoding="utf-8")
    if given.readme:
        write_readme(report)
    print(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
