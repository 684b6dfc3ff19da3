#!/usr/bin/env python3
"""Runs the same work on kqlite and DuckDB over the same rows, and writes a Markdown table of medians and ratios."""
import argparse
import csv
import datetime as dt
import io
import json
import pathlib
import random
import statistics
import subprocess
import sys
import time
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "compare"
NOW = "2024-06-30T12:00:00Z"

# Name, KQL, SQL. Both give the same rows, in any order.
QUERIES = [
    (
        "substring in a unique column",
        "EmailEvents | where NetworkMessageId contains 'abc' | summarize n = count()",
        "select count(*) n from e where contains(lower(NetworkMessageId), 'abc')",
    ),
    (
        "equality and contains, few values",
        "EmailEvents | where DeliveryAction == 'Delivered' and SenderDisplayName contains 'microsoft' | summarize n = count()",
        "select count(*) n from e where DeliveryAction = 'Delivered' and contains(lower(SenderDisplayName), 'microsoft')",
    ),
    (
        "group by few keys",
        "EmailEvents | summarize n = count(), s = sum(EmailSize) by DeliveryAction, EmailDirection",
        "select DeliveryAction, EmailDirection, count(*) n, sum(EmailSize)::bigint s from e group by all",
    ),
    (
        "group by many keys",
        "EmailEvents | summarize n = count() by SenderFromAddress",
        "select SenderFromAddress, count(*) n from e group by all",
    ),
    (
        "time bins",
        "EmailEvents | summarize n = count() by t = bin(Timestamp, 1h) | summarize m = max(n), k = count()",
        "select max(n)::bigint m, count(*) k from (select count(*) n from e group by time_bucket(interval 1 hour, Timestamp))",
    ),
    (
        "distinct count",
        "EmailEvents | summarize n = count_distinct(RecipientEmailAddress) by EmailDirection",
        "select EmailDirection, count(distinct RecipientEmailAddress) n from e group by all",
    ),
    (
        "join with an aggregate",
        "EmailEvents | summarize n = count() by SenderFromAddress | where n > 20 "
        "| join kind=inner EmailEvents on SenderFromAddress | summarize rows = count()",
        "select count(*) rows from (select SenderFromAddress, count(*) n from e group by all having n > 20) a "
        "join e using (SenderFromAddress)",
    ),
    (
        "top 100",
        "EmailEvents | top 100 by EmailSize | summarize n = min(EmailSize)",
        "select min(EmailSize) n from (select EmailSize from e order by EmailSize desc limit 100)",
    ),
]


def generate(rows: int) -> pathlib.Path:
    """Deterministic rows with the cardinalities of mail logs: unique ids, a long tail of senders, few-valued actions."""
    path = WORK / f"EmailEvents-{rows}.ndjson"
    if path.exists():
        return path
    pick = random.Random(7)
    now = dt.datetime(2024, 6, 30, 12)
    names = ["Microsoft Account Team", "Contoso HR", "Microsoft Teams", "Newsletter", "GitHub", "Bob Miller"]
    with open(path, "w", encoding="utf-8") as out:
        for _ in range(rows):
            sender = int(pick.paretovariate(0.8)) % 50_000
            at = now - dt.timedelta(seconds=pick.randrange(60 * 86_400))
            out.write(json.dumps({
                "Timestamp": at.isoformat() + "Z",
                "NetworkMessageId": f"{pick.getrandbits(128):032x}",
                "SenderDisplayName": names[sender % len(names)] + ("" if sender % 3 else f" {sender % 500}"),
                "SenderFromAddress": f"user{sender}@domain{sender % 977}.example",
                "RecipientEmailAddress": f"person{pick.randrange(20_000)}@corp.example",
                "DeliveryAction": pick.choice(["Delivered"] * 8 + ["Blocked", "Junked"]),
                "EmailDirection": pick.choice(["Inbound"] * 7 + ["Outbound", "Intra-org"]),
                "Subject": pick.choice(["RE: ", "FW: ", "", ""]) + f"Subject line {pick.randrange(100_000)}",
                "EmailSize": pick.randrange(1_000, 500_000),
            }) + "\n")
    return path


def duckdb_module():
    """DuckDB, installed into a folder of its own."""
    folder = WORK / "venv"
    if not folder.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", "duckdb"], check=True)
    sys.path[:0] = [str(next((folder / "lib").glob("python*")) / "site-packages")]
    import duckdb
    return duckdb


def kqlite(*arguments: str) -> str:
    binary = ROOT / "target" / "release" / "kqlite"
    return subprocess.run([binary, *arguments], check=True, capture_output=True, text=True).stdout


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=300_000)
    options.add_argument("--repeat", type=int, default=7)
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    data = generate(given.rows)
    duckdb = duckdb_module()
    con = duckdb.connect(config={"threads": given.threads})
    con.execute(f"create table e as select * replace (Timestamp::timestamp as Timestamp) from read_json_auto('{data}')")
    common = ["--data", f"EmailEvents={data}", "--now", NOW, "--threads", str(given.threads)]
    lines = [f"{given.rows:,} rows, {given.threads} thread(s), DuckDB {duckdb.__version__}, medians of {given.repeat}", "",
             "| work | kqlite ms | DuckDB ms | ratio |", "|---|--:|--:|--:|"]
    ratios = []
    for name, kql, sql in QUERIES:
        query = WORK / "query.kql"
        query.write_text(kql, encoding="utf-8")
        ours = list(csv.reader(io.StringIO(kqlite("run", str(query), "--format", "csv", *common))))[1:]
        theirs = [[str(cell) for cell in row] for row in con.execute(sql).fetchall()]
        if sorted(ours) != sorted(theirs):
            print(f"{name}: the answers differ: {sorted(ours)[:3]} and {sorted(theirs)[:3]}", file=sys.stderr)
            return 1
        timed = json.loads(kqlite("bench", str(query), "--repeat", str(given.repeat), *common))
        mine = timed["compile_median_s"] + timed["execute_median_s"]
        times = []
        for _ in range(given.repeat):
            start = time.perf_counter()
            con.execute(sql).fetchall()
            times.append(time.perf_counter() - start)
        other = statistics.median(times)
        ratios.append(mine / other)
        lines.append(f"| {name} | {1e3 * mine:.1f} | {1e3 * other:.1f} | {mine / other:.2f} |")
    lines.append(f"| geometric mean | | | {statistics.geometric_mean(ratios):.2f} |")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
