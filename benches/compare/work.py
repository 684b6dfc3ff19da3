"""The work: the same question in KQL, in DuckDB's SQL and in Polars' expressions.

It must not know how it is timed. Every answer is small or is cut down by a check of its own, so that the engines' answers
can be compared; where two ways to ask an engine were tried, the faster one stands here.
"""
import dataclasses
import datetime as dt
import pathlib

NOW = dt.datetime(2024, 6, 30, 12)
SEED = (pathlib.Path(__file__).parent / "seed.kql").read_text(encoding="utf-8")
SEED_SQL = (pathlib.Path(__file__).parent / "seed.sql").read_text(encoding="utf-8")
SENDERS = [f"uSER{n * 37}@domain{n * 37 % 977}.example" for n in range(100)]
LOWER_SENDERS = [sender.lower() for sender in SENDERS]


@dataclasses.dataclass
class Work:
    """One question. `check_*` replace it where the whole answer is too large to compare."""

    name: str
    kql: str
    sql: str
    polars: object
    check_kql: str = ""
    check_sql: str = ""
    # Estimates may differ by this share.
    tolerance: float = 0.0
    # Dominated by work that two threads can share.
    heavy: bool = False


def quoted(values: list[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def seed_polars(pl, e):
    contains = lambda column, text: pl.col(column).str.to_lowercase().str.contains(text, literal=True)
    known = (
        e.filter(
            (pl.col("Timestamp") < NOW - dt.timedelta(days=30))
            & (pl.col("DeliveryAction") == "Delivered")
            & contains("SenderDisplayName", "microsoft")
        )
        .group_by("SenderFromAddress").len().filter(pl.col("len") > 3).select("SenderFromAddress")
    )
    keys = ["SenderDisplayName", "SenderFromAddress", "NetworkMessageId", "SenderMailFromAddress",
            "RecipientEmailAddress", "DeliveryAction", "DeliveryLocation", "ThreatTypes", "DetectionMethods", "NewMsg",
            "Subject"]
    return (
        e.filter(
            (pl.col("Timestamp") > NOW - dt.timedelta(days=1))
            & (pl.col("DeliveryAction") == "Delivered")
            & (pl.col("EmailDirection") == "Inbound")
            & (pl.col("OrgLevelAction") != "Block")
            & (pl.col("UserLevelAction") != "Block")
            & contains("SenderDisplayName", "microsoft")
        )
        .with_columns(
            NewMsg=pl.when(contains("Subject", "re:")).then(False).when(contains("Subject", "fw:")).then(False)
            .otherwise(True)
        )
        .join(known, on="SenderFromAddress", how="anti")
        .group_by(keys).len()
    )


def series_polars(pl, e):
    half = dt.timedelta(hours=12)
    daily = e.group_by("RecipientEmailAddress", d=(pl.col("Timestamp") - half).dt.truncate("1d") + half).agg(n=pl.len())
    days = pl.LazyFrame({"d": pl.datetime_range(dt.datetime(2024, 5, 1, 12), dt.datetime(2024, 6, 29, 12), "1d",
                                                time_unit="us", eager=True)})
    return (
        e.select(pl.col("RecipientEmailAddress").unique()).join(days, how="cross")
        .join(daily, on=["RecipientEmailAddress", "d"], how="left").with_columns(pl.col("n").fill_null(0)).sort("d")
        .group_by("RecipientEmailAddress").agg("n")
        .select(pl.len(), items=pl.col("n").list.len().cast(pl.Int64).sum(), rows=pl.col("n").list.sum().cast(pl.Int64).sum())
    )


# Networks of senders: one of 16 bits for each second byte, one of 24 for each third one. An address is in one or two.
NETWORKS = (
    "let Networks = range a from 0 to 250 step 1 | mv-expand b = range(-1, 11, 1) to typeof(long) "
    "| project site = a * 13 + b, network = strcat('203.', a, iff(b < 0, '.0.0/16', strcat('.', b, '.0/24'))); "
)
NETWORKS_SQL = (
    "(select a * 13 + b site, (203 * 256 + a) * 65536 + greatest(b, 0) * 256 low, "
    "(203 * 256 + a) * 65536 + if(b < 0, 65535, b * 256 + 255) high from range(251) t(a), range(-1, 12) u(b))"
)
ADDRESS_SQL = "list_reduce(string_split(SenderIPv4, '.')::bigint[], lambda x, y: x * 256 + y)"


def networks_polars(pl, e):
    networks = [(a * 13 + b, (203 * 256 + a) * 65536 + max(b, 0) * 256,
                 (203 * 256 + a) * 65536 + (65535 if b < 0 else b * 256 + 255)) for a in range(251) for b in range(-1, 12)]
    table = pl.LazyFrame(networks, schema=["site", "low", "high"], orient="row")
    part = pl.col("SenderIPv4").str.split(".").list
    address = sum(part.get(at).cast(pl.Int64) * 256 ** (3 - at) for at in range(4))
    return (
        e.select(address=address).join_where(table, pl.col("address") >= pl.col("low"), pl.col("address") <= pl.col("high"))
        .select(pl.len(), pl.col("site").sum())
    )


SEED_WORK = Work("the seed: a published detection", SEED, SEED_SQL, seed_polars, heavy=True)

WORK = [
    SEED_WORK,
    Work(
        "substring in a unique column",
        "EmailEvents | where InternetMessageId contains 'ABC1' | summarize n = count()",
        "select count(*) n from e where contains(lower(InternetMessageId), 'abc1')",
        lambda pl, e: e.filter(
            pl.col("InternetMessageId").str.to_lowercase().str.contains("abc1", literal=True)).select(pl.len()),
        heavy=True,
    ),
    Work(
        "term search",
        "EmailEvents | where Subject has 'invoice' | summarize n = count()",
        "select count(*) n from e where regexp_matches(Subject, '(?i)\\binvoice\\b')",
        lambda pl, e: e.filter(pl.col("Subject").str.contains(r"(?i)\binvoice\b")).select(pl.len()),
        heavy=True,
    ),
    Work(
        "regular expression",
        "EmailEvents | where Subject matches regex '#[0-9]*77[0-9]+ from Person1[0-9]$' | summarize n = count()",
        "select count(*) n from e where regexp_matches(Subject, '#[0-9]*77[0-9]+ from Person1[0-9]$')",
        lambda pl, e: e.filter(
            pl.col("Subject").str.contains("#[0-9]*77[0-9]+ from Person1[0-9]$")).select(pl.len()),
        heavy=True,
    ),
    Work(
        "in~ of 100 values",
        f"EmailEvents | where SenderFromAddress in~ ({quoted(SENDERS)}) | summarize n = count()",
        f"select count(*) n from e where lower(SenderFromAddress) in ({quoted(LOWER_SENDERS)})",
        lambda pl, e: e.filter(pl.col("SenderFromAddress").str.to_lowercase().is_in(LOWER_SENDERS)).select(pl.len()),
    ),
    Work(
        "group by few keys",
        "EmailEvents | summarize n = count(), s = sum(EmailSize) by DeliveryAction, EmailDirection",
        "select DeliveryAction, EmailDirection, count(*) n, sum(EmailSize)::bigint s from e group by all",
        lambda pl, e: e.group_by("DeliveryAction", "EmailDirection").agg(pl.len(), pl.col("EmailSize").cast(pl.Int64).sum()),
    ),
    Work(
        "group by many keys",
        "EmailEvents | summarize n = count(), s = max(EmailSize) by SenderFromAddress, RecipientEmailAddress "
        "| summarize count(), max(n), sum(s)",
        "select count(*), max(n), sum(s)::bigint from (select count(*) n, max(EmailSize) s from e "
        "group by SenderFromAddress, RecipientEmailAddress)",
        lambda pl, e: e.group_by("SenderFromAddress", "RecipientEmailAddress")
        .agg(n=pl.len(), s=pl.col("EmailSize").max()).select(pl.len(), pl.col("n").max(), pl.col("s").cast(pl.Int64).sum()),
        heavy=True,
    ),
    Work(
        "group by unique keys",
        "EmailEvents | summarize n = count() by NetworkMessageId | summarize count(), max(n)",
        "select count(*), max(n) from (select count(*) n from e group by NetworkMessageId)",
        lambda pl, e: e.group_by("NetworkMessageId").agg(n=pl.len()).select(pl.len(), pl.col("n").max()),
        heavy=True,
    ),
    Work(
        "time bins",
        "EmailEvents | summarize n = count() by bin(Timestamp, 1h), DeliveryAction | summarize count(), max(n)",
        "select count(*), max(n) from (select count(*) n from e "
        "group by time_bucket(interval 1 hour, Timestamp), DeliveryAction)",
        lambda pl, e: e.group_by(pl.col("Timestamp").dt.truncate("1h"), "DeliveryAction").agg(n=pl.len())
        .select(pl.len(), pl.col("n").max()),
    ),
    Work(
        "make-series, a series for each recipient",
        "EmailEvents | make-series n = count() on Timestamp from datetime(2024-05-01 12:00) to datetime(2024-06-30 12:00) "
        "step 1d by RecipientEmailAddress | summarize count(), sum(array_length(n)), sum(tolong(array_sum(n)))",
        "with daily as (select RecipientEmailAddress r, "
        "time_bucket(interval 1 day, Timestamp, timestamp '2024-05-01 12:00') d, count(*) n from e group by all) "
        "select count(*), sum(len(s))::bigint, sum(list_sum(s))::bigint from (select r, list(coalesce(n, 0) order by d) s "
        "from (select distinct RecipientEmailAddress r from e) cross join (select unnest(generate_series("
        "timestamp '2024-05-01 12:00', timestamp '2024-06-29 12:00', interval 1 day)) d) left join daily using (r, d) "
        "group by r)",
        series_polars,
        heavy=True,
    ),
    Work(
        "scan, sessions of each recipient",
        "EmailEvents | sort by RecipientEmailAddress asc, Timestamp asc | scan declare (session: long = 0) with (step s: true => "
        "session = iff(RecipientEmailAddress == s.RecipientEmailAddress and Timestamp - s.Timestamp <= 6h, "
        "s.session, s.session + 1);) | summarize count(), max(session)",
        "select count(*), max(session)::bigint from (select sum(begins) over (order by r, t rows unbounded preceding) session "
        "from (select RecipientEmailAddress r, Timestamp t, if(lag(RecipientEmailAddress) over w = RecipientEmailAddress "
        "and Timestamp - lag(Timestamp) over w <= interval 6 hour, 0, 1) begins from e "
        "window w as (order by RecipientEmailAddress, Timestamp)))",
        lambda pl, e: e.select("RecipientEmailAddress", "Timestamp").sort("RecipientEmailAddress", "Timestamp")
        .select(goes_on=(pl.col("RecipientEmailAddress") == pl.col("RecipientEmailAddress").shift(1))
                & (pl.col("Timestamp") - pl.col("Timestamp").shift(1) <= dt.timedelta(hours=6)))
        .select(pl.len(), session=(~pl.col("goes_on").fill_null(False)).cum_sum().max().cast(pl.Int64)),
        heavy=True,
    ),
    Work(
        "dcount",
        "EmailEvents | summarize dcount(NetworkMessageId), dcount(RecipientEmailAddress) by EmailDirection",
        "select EmailDirection, count(distinct NetworkMessageId), count(distinct RecipientEmailAddress) "
        "from e group by all",
        lambda pl, e: e.group_by("EmailDirection").agg(
            pl.col("NetworkMessageId").n_unique(), pl.col("RecipientEmailAddress").n_unique()),
        tolerance=0.2,
        heavy=True,
    ),
    Work(
        "arg_max(*) by a key",
        "EmailEvents | summarize arg_max(Timestamp, *) by RecipientEmailAddress",
        "select * exclude (r) from (select *, row_number() over (partition by RecipientEmailAddress "
        "order by Timestamp desc) r from e) where r = 1",
        lambda pl, e: e.group_by("RecipientEmailAddress").agg(pl.all().get(pl.col("Timestamp").arg_max())),
        check_kql="EmailEvents | summarize arg_max(Timestamp, *) by RecipientEmailAddress "
        "| summarize count(), sum(EmailSize), sum(UrlCount), countif(Subject has 'invoice')",
        check_sql="select count(*), sum(EmailSize)::bigint, sum(UrlCount)::bigint, "
        "count(*) filter (regexp_matches(Subject, '(?i)\\binvoice\\b')) from (select *, row_number() over "
        "(partition by RecipientEmailAddress order by Timestamp desc) r from e) where r = 1",
    ),
    Work(
        "make_set",
        "EmailEvents | summarize s = make_set(SenderIPv4) by RecipientEmailAddress | summarize sum(array_length(s))",
        "select sum(len(s))::bigint from (select list(distinct SenderIPv4) s from e group by RecipientEmailAddress)",
        lambda pl, e: e.group_by("RecipientEmailAddress").agg(s=pl.col("SenderIPv4").unique())
        .select(pl.col("s").list.len().sum()),
        heavy=True,
    ),
    Work(
        "make_list",
        "EmailEvents | summarize s = make_list(EmailSize) by SenderIPv4 | summarize count(), sum(array_length(s))",
        "select count(*), sum(len(s))::bigint from (select list(EmailSize) s from e group by SenderIPv4)",
        lambda pl, e: e.group_by("SenderIPv4").agg(s=pl.col("EmailSize")).select(pl.len(), pl.col("s").list.len().sum()),
    ),
    Work(
        "inner join with an aggregate",
        "EmailEvents | summarize n = count() by SenderFromAddress | where n > 20 "
        "| join kind=inner EmailEvents on SenderFromAddress | summarize count(), sum(n), sum(EmailSize)",
        "select count(*), sum(n)::bigint, sum(EmailSize)::bigint from (select SenderFromAddress, count(*) n from e "
        "group by all having n > 20) a join e using (SenderFromAddress)",
        lambda pl, e: e.group_by("SenderFromAddress").agg(n=pl.len()).filter(pl.col("n") > 20)
        .join(e, on="SenderFromAddress").select(pl.len(), pl.col("n").cast(pl.Int64).sum(), pl.col("EmailSize").cast(pl.Int64).sum()),
        heavy=True,
    ),
    Work(
        "anti join",
        "EmailEvents | join kind=leftanti (EmailEvents | where UrlCount == 7 | distinct NetworkMessageId) "
        "on NetworkMessageId | summarize count(), sum(EmailSize)",
        "select count(*), sum(EmailSize)::bigint from e anti join (select distinct NetworkMessageId from e "
        "where UrlCount = 7) using (NetworkMessageId)",
        lambda pl, e: e.join(e.filter(pl.col("UrlCount") == 7).select("NetworkMessageId").unique(),
                             on="NetworkMessageId", how="anti").select(pl.len(), pl.col("EmailSize").cast(pl.Int64).sum()),
        heavy=True,
    ),
    Work(
        "top 100",
        "EmailEvents | top 100 by Timestamp",
        "select * from e order by Timestamp desc limit 100",
        lambda pl, e: e.sort("Timestamp", descending=True).head(100),
        check_kql="EmailEvents | top 100 by Timestamp | project NetworkMessageId",
        check_sql="select NetworkMessageId from e order by Timestamp desc limit 100",
    ),
    Work(
        "full sort, all columns",
        "EmailEvents | sort by SenderFromAddress asc, Timestamp asc",
        "select * from e order by SenderFromAddress, Timestamp",
        lambda pl, e: e.sort("SenderFromAddress", "Timestamp"),
        check_kql="EmailEvents | sort by SenderFromAddress asc, Timestamp asc | extend r = row_number() "
        "| where r % 9973 == 0 | project r, SenderFromAddress, EmailSize",
        check_sql="select r, SenderFromAddress, EmailSize from (select *, row_number() over "
        "(order by SenderFromAddress, Timestamp) r from e) where r % 9973 = 0",
        heavy=True,
    ),
    Work(
        "split and lower-case, then group",
        "EmailEvents | summarize n = count() by host = tolower(tostring(split(InternetMessageId, '@')[1]))",
        "select lower(split_part(InternetMessageId, '@', 2)) host, count(*) n from e group by all",
        lambda pl, e: e.group_by(
            pl.col("InternetMessageId").str.split("@").list.get(1).str.to_lowercase()).agg(pl.len()),
        heavy=True,
    ),
    Work(
        "JSON path",
        "EmailEvents | extend d = parse_json(AuthenticationDetails) "
        "| summarize n = count(), s = sum(tolong(d.Score)) by spf = tostring(d.SPF), dkim = tostring(d.DKIM)",
        "select AuthenticationDetails ->> '$.SPF' spf, AuthenticationDetails ->> '$.DKIM' dkim, count(*) n, "
        "sum((AuthenticationDetails ->> '$.Score')::bigint)::bigint s from e group by all",
        lambda pl, e: e.group_by(
            spf=pl.col("AuthenticationDetails").str.json_path_match("$.SPF"),
            dkim=pl.col("AuthenticationDetails").str.json_path_match("$.DKIM"),
        ).agg(pl.len(), pl.col("AuthenticationDetails").str.json_path_match("$.Score").cast(pl.Int64).sum()),
        heavy=True,
    ),
    Work(
        "mv-expand of arrays",
        "EmailEvents | mv-expand To to typeof(string) | summarize n = count() by To | summarize count(), max(n)",
        "select count(*), max(n) from (select t, count(*) n from (select unnest(\"To\") t from e) group by t)",
        lambda pl, e: e.select("To").explode("To").group_by("To").agg(n=pl.len()).select(pl.len(), pl.col("n").max()),
        heavy=True,
    ),
    Work(
        "mv-expand of JSON text",
        "EmailEvents | mv-expand hop = parse_json(AuthenticationDetails).Hops to typeof(string) "
        "| summarize n = count() by hop",
        "select hop, count(*) n from (select unnest(from_json(AuthenticationDetails -> '$.Hops', '[\"VARCHAR\"]')) hop "
        "from e) group by all",
        lambda pl, e: e.select(
            pl.col("AuthenticationDetails").str.json_decode(pl.Struct({"Hops": pl.List(pl.String)})).struct.field("Hops")
        ).explode("Hops").group_by("Hops").agg(pl.len()),
        heavy=True,
    ),
    Work(
        "parse",
        "EmailEvents | parse Subject with * '#' number:long ' from ' who "
        "| summarize n = count(), s = sum(number) by who",
        "select regexp_extract(Subject, '#([0-9]+) from (.*)', 2) who, count(*) n, "
        "sum(regexp_extract(Subject, '#([0-9]+) from ', 1)::bigint)::bigint s from e group by all",
        lambda pl, e: e.select(pl.col("Subject").str.extract_groups("#(?<number>[0-9]+) from (?<who>.*)").alias("g"))
        .unnest("g").group_by("who").agg(pl.len(), pl.col("number").cast(pl.Int64).sum()),
        heavy=True,
    ),
    Work(
        "pivot",
        "EmailEvents | project RecipientEmailAddress, DeliveryAction "
        "| evaluate pivot(DeliveryAction) : (RecipientEmailAddress: string, Delivered: long, Blocked: long, Junked: long) "
        "| summarize count(), sum(Delivered), max(Blocked), max(Junked)",
        "select count(*), sum(Delivered)::bigint, max(Blocked), max(Junked) from (pivot (select RecipientEmailAddress, "
        "DeliveryAction from e) on DeliveryAction in ('Delivered', 'Blocked', 'Junked') using count(*) "
        "group by RecipientEmailAddress)",
        lambda pl, e: e.group_by("RecipientEmailAddress").agg(
            **{it: (pl.col("DeliveryAction") == it).cast(pl.Int64).sum() for it in ("Delivered", "Blocked", "Junked")})
        .select(pl.len(), pl.col("Delivered").sum(), pl.col("Blocked").max(), pl.col("Junked").max()),
        heavy=True,
    ),
    Work(
        "ipv4_lookup",
        f"{NETWORKS}EmailEvents | evaluate ipv4_lookup(Networks, SenderIPv4, network) | summarize count(), sum(site)",
        f"select count(*), sum(site)::bigint from (select {ADDRESS_SQL} address from e) "
        f"join {NETWORKS_SQL} on address between low and high",
        networks_polars,
        heavy=True,
    ),
]
