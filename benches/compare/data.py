"""The rows that all engines work on: mail logs, deterministic, with the cardinalities of real ones.

Unique message ids, 20,000 recipients, a long tail of senders, few-valued actions, JSON in a text column, arrays.
It must not know the work that is done on them.
"""
import pathlib

# Column, DuckDB's type in a file, an expression over the macros below. `i` is the row, `s` its sender.
COLUMNS = [
    ("Timestamp", "TIMESTAMP", "timestamp '2024-06-30 12:00:00' - to_microseconds(pick(i, 1, 5184000000000))"),
    ("NetworkMessageId", "VARCHAR", "md5('network' || i)"),
    ("InternetMessageId", "VARCHAR", "'<' || md5('internet' || i) || '@Mail' || s % 977 || '.Example>'"),
    ("SenderDisplayName", "VARCHAR", "NAMES[s % 8 + 1] || if(s % 3 = 0, ' ' || s % 500, '')"),
    ("SenderFromAddress", "VARCHAR", "'User' || s || '@domain' || s % 977 || '.example'"),
    ("SenderMailFromAddress", "VARCHAR", "'bounce' || s || '@domain' || s % 977 || '.example'"),
    ("SenderIPv4", "VARCHAR", "'203.' || s % 251 || '.' || s % 13 || '.' || pick(i, 2, 250)"),
    ("RecipientEmailAddress", "VARCHAR", "'person' || pick(i, 3, 20000) || '@corp.example'"),
    ("Subject", "VARCHAR", "SUBJECTS[pick(i, 4, 8) + 1] || ' #' || pick(i, 5, 10000000) || ' from Person' || s % 300"),
    ("DeliveryAction", "VARCHAR", "if(pick(i, 6, 10) < 8, 'Delivered', if(pick(i, 6, 10) = 8, 'Blocked', 'Junked'))"),
    ("DeliveryLocation", "VARCHAR", "LOCATIONS[pick(i, 7, 5) + 1]"),
    ("EmailDirection", "VARCHAR", "DIRECTIONS[greatest(pick(i, 8, 9) - 5, 1)]"),
    ("OrgLevelAction", "VARCHAR", "ACTIONS[pick(i, 9, 5) + 1]"),
    ("UserLevelAction", "VARCHAR", "if(pick(i, 10, 5) = 0, 'Block', '')"),
    ("ThreatTypes", "VARCHAR", "THREATS[pick(i, 11, 4) + 1]"),
    ("DetectionMethods", "VARCHAR", "if(pick(i, 12, 2) = 0, '', 'URL reputation')"),
    ("AuthenticationDetails", "VARCHAR",
     "'{\"SPF\":\"' || CHECKS[pick(i, 13, 4) + 1] || '\",\"DKIM\":\"' || CHECKS[pick(i, 14, 4) + 1] || '\",\"Score\":' "
     "|| pick(i, 15, 100000) || ',\"Hops\":[\"mx' || pick(i, 16, 90) || '\",\"edge' || pick(i, 17, 90) || '\"]}'"),
    ("To", "VARCHAR[]", "list_transform(range(1 + pick(i, 18, 3)), lambda k: 'person' || pick(i, 19 + k, 20000) || '@corp.example')"),
    ("EmailSize", "INTEGER", "1000 + pick(i, 30, 499000)"),
    ("UrlCount", "INTEGER", "pick(i, 31, 30)"),
]

CONSTANTS = {
    "NAMES": ["Microsoft Account Team", "Contoso HR", "Microsoft Teams", "Newsletter", "GitHub", "Bob Miller",
              "Azure DevOps", "microsoft billing"],
    "SUBJECTS": ["RE: Your invoice", "FW: Meeting notes", "Invoice", "Order confirmation", "RE: invoices overdue",
                 "Weekly report", "Password expires", "Action required"],
    "LOCATIONS": ["Inbox/folder", "Inbox/folder", "Inbox/folder", "Junk folder", "Quarantine"],
    "DIRECTIONS": ["Inbound", "Outbound", "Intra-org"],
    "ACTIONS": ["", "", "", "Allow", "Block"],
    "THREATS": ["", "", "Phish", "Spam"],
    "CHECKS": ["pass", "pass", "fail", "none"],
}


def columns_as(kinds: dict[str, str]) -> str:
    """The columns with their types as DuckDB's file readers take them."""
    return "{" + ", ".join(f"'{name}': '{kinds.get(name, kind)}'" for name, kind, _ in COLUMNS) + "}"


def generate(duckdb, folder: pathlib.Path, rows: int) -> dict[str, pathlib.Path]:
    """The same rows as NDJSON, CSV and Parquet; they are made once."""
    files = {form: folder / f"EmailEvents-{rows}.{form}" for form in ("ndjson", "csv", "parquet")}
    if all(path.exists() for path in files.values()):
        return files
    con = duckdb.connect()
    # A number below n that depends on the row and on the column alone: the same in every version of DuckDB.
    con.execute("create macro pick(i, k, n) as (md5_number_lower(i || ':' || k) % n)::bigint")
    for name, values in CONSTANTS.items():
        con.execute(f"create macro {name}() as {values!r}")
    expressions = [(name, expression) for name, _, expression in COLUMNS]
    for name in CONSTANTS:
        expressions = [(column, expression.replace(f"{name}[", f"({name}())[")) for column, expression in expressions]
    # Senders: a long tail of 50,000.
    sender = "(least(pow((pick(i, 0, 1000000) + 1) / 1000001, -1.25), 1e9)::bigint) % 50000"
    select = ", ".join(f"{expression} as {name}" for name, expression in expressions)
    con.execute(f"create table e as select {select} from (select i, {sender} as s from range({rows}) t(i))")
    text = "* replace (strftime(Timestamp, '%Y-%m-%dT%H:%M:%S.%fZ') as Timestamp"
    written = {
        "ndjson": (f"select {text}) from e", "format json"),
        "csv": (f"select {text}, to_json(\"To\") as \"To\") from e", "format csv, header"),
        "parquet": ("from e", "format parquet"),
    }
    for form, (query, options) in written.items():
        unfinished = files[form].with_suffix(".part")
        con.execute(f"copy ({query}) to '{unfinished}' ({options})")
        unfinished.rename(files[form])
    con.close()
    return files
