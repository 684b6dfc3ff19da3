"""The engines, each behind the same three questions: the answer, the times, and a query straight from a file.

DuckDB and Polars run in a process of their own, so that each thread count is set before the engine starts. It must not
know what is compared.
"""
import csv
import io
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import data
import work

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOW = work.NOW.isoformat() + "Z"
BINARY = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "dist" / "kqlite"

# Each engine runs so often before it is timed.
WARM_RUNS = 2
WARM = ["--warmup", str(WARM_RUNS)]


class Kqlite:
    """The command line, run anew for each question."""

    def __init__(self, folder: pathlib.Path, threads: int, files: dict[str, pathlib.Path]):
        self.query = folder / "query.kql"
        self.threads = threads
        self.files = files

    def _run(self, command: str, kql: str, form: str, *more: str) -> str:
        self.query.write_text(kql, encoding="utf-8")
        arguments = [command, str(self.query), "--data", f"EmailEvents={self.files[form]}", "--now", NOW,
                     "--threads", str(self.threads), *more]
        return subprocess.run([BINARY, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout

    def version(self) -> str:
        return subprocess.run([BINARY, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()[1]

    def answer(self, item: work.Work) -> list[list[str]]:
        text = self._run("run", item.check_kql or item.kql, "parquet", "--format", "csv")
        return list(csv.reader(io.StringIO(text)))[1:]

    def median(self, item: work.Work, repeat: int) -> float:
        timed = json.loads(self._run("bench", item.kql, "parquet", *WARM, "--repeat", str(repeat)))
        return timed["compile_median_s"] + timed["execute_median_s"]

    def from_file(self, form: str, repeat: int) -> tuple[float, int]:
        """Seconds of loading and running, and the most bytes that a process held that did it once."""
        once = json.loads(self._run("bench", work.SEED, form, "--reload", "--warmup", "0", "--repeat", "1"))
        timed = json.loads(self._run("bench", work.SEED, form, "--reload", *WARM, "--repeat", str(repeat)))
        return timed["total_median_s"], once["peak_memory_bytes"]

    def close(self) -> None:
        pass


class Other:
    """DuckDB or Polars, in a worker process that answers one line of JSON with another."""

    def __init__(self, name: str, python: pathlib.Path, threads: int, files: dict[str, pathlib.Path]):
        self.start = [str(python), __file__, name, str(threads), json.dumps({k: str(v) for k, v in files.items()})]
        self.worker = None

    def _ask(self, **question):
        if self.worker is None:
            self.worker = subprocess.Popen(self.start, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.worker.stdin.write(json.dumps(question) + "\n")
        self.worker.stdin.flush()
        line = self.worker.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker ended: {question}")
        return json.loads(line)

    def version(self) -> str:
        return self._ask(do="version")

    def answer(self, item: work.Work) -> list[list[str]]:
        return self._ask(do="answer", name=item.name)

    def median(self, item: work.Work, repeat: int) -> float:
        return self._ask(do="time", name=item.name, repeat=repeat)

    def from_file(self, form: str, repeat: int) -> tuple[float, int]:
        """As of kqlite: the worker has loaded nothing else before."""
        _, peak = self._ask(do="file", form=form, repeat=1)
        seconds, _ = self._ask(do="file", form=form, repeat=repeat)
        return seconds, peak

    def close(self) -> None:
        if self.worker is not None:
            self.worker.stdin.close()
            self.worker.wait()
            self.worker = None


def timed(run, repeat: int) -> float:
    """The median; a single run is not preceded by others, so that it tells the memory of one."""
    for _ in range(WARM_RUNS if repeat > 1 else 0):
        run()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


class DuckDb:
    def __init__(self, threads: int, files: dict[str, str]):
        import duckdb
        self.version = duckdb.__version__
        self.files = files
        self.con = duckdb.connect(config={"threads": threads})
        self.loaded = False

    def _source(self, form: str) -> str:
        if form == "ndjson":
            return f"read_json('{self.files[form]}', format='newline_delimited', columns={data.columns_as({})})"
        if form == "csv":
            return f"read_csv('{self.files[form]}', header=true, columns={data.columns_as({'To': 'VARCHAR'})})"
        return f"read_parquet('{self.files[form]}')"

    def _load(self) -> None:
        if not self.loaded:
            self.con.execute(f"create table e as from {self._source('parquet')}")
            self.loaded = True

    def answer(self, item: work.Work) -> list[list[str]]:
        self._load()
        return [[str(cell) for cell in row] for row in self.con.execute(item.check_sql or item.sql).fetchall()]

    def time(self, item: work.Work, repeat: int) -> float:
        self._load()
        return timed(lambda: self.con.sql(item.sql).to_arrow_table(), repeat)

    def file(self, form: str, repeat: int) -> float:
        sql = work.SEED_SQL.replace(" from e", f" from {self._source(form)}")
        return timed(lambda: self.con.sql(sql).to_arrow_table(), repeat)


class Polars:
    def __init__(self, threads: int, files: dict[str, str]):
        os.environ["POLARS_MAX_THREADS"] = str(threads)
        import polars
        self.pl = polars
        self.version = polars.__version__
        self.files = files
        self.loaded = None

    def _scan(self, form: str):
        kinds = {"VARCHAR": self.pl.String, "INTEGER": self.pl.Int32, "TIMESTAMP": self.pl.Datetime("us")}
        # Times are text in these files.
        schema = {name: kinds.get(kind, self.pl.List(self.pl.String)) for name, kind, _ in data.COLUMNS}
        schema["Timestamp"] = self.pl.String
        read_time = self.pl.col("Timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us")
        if form == "ndjson":
            return self.pl.scan_ndjson(self.files[form], schema=schema).with_columns(read_time)
        if form == "csv":
            return self.pl.scan_csv(self.files[form], schema=schema | {"To": self.pl.String}).with_columns(read_time)
        return self.pl.scan_parquet(self.files[form])

    def _frame(self):
        if self.loaded is None:
            self.loaded = self._scan("parquet").collect()
        return self.loaded.lazy()

    def answer(self, item: work.Work) -> list[list[str]]:
        frame = item.polars(self.pl, self._frame()).collect()
        return [[str(cell) for cell in row] for row in frame.rows()]

    def time(self, item: work.Work, repeat: int) -> float:
        frame = self._frame()
        return timed(lambda: item.polars(self.pl, frame).collect(), repeat)

    def file(self, form: str, repeat: int) -> float:
        return timed(lambda: work.seed_polars(self.pl, self._scan(form)).collect(), repeat)


def peak_memory() -> int:
    """The most bytes that this process has held."""
    with open("/proc/self/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def serve(name: str, threads: int, files: dict[str, str]) -> None:
    engine = {"DuckDB": DuckDb, "Polars": Polars}[name](threads, files)
    items = {item.name: item for item in work.WORK}
    for line in sys.stdin:
        question = json.loads(line)
        match question["do"]:
            case "version":
                reply = engine.version
            case "answer":
                reply = engine.answer(items[question["name"]])
            case "time":
                reply = engine.time(items[question["name"]], question["repeat"])
            case "file":
                reply = (engine.file(question["form"], question["repeat"]), peak_memory())
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]))
