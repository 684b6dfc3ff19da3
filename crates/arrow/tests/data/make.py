"""Writes the files beside it, once, with DuckDB 2.0.1, Polars 2.1.0 and pyarrow 26.0.1:

    python make.py

Each but the last two holds the same six rows as far as the writer has the types; what is expected of them is in
../written_by_others.rs, of the last two in ../checksums.rs.
"""

import datetime as dt
import decimal
import pathlib
import uuid

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
utc = dt.timezone.utc
times = [dt.datetime(2024, 6, 30, 12, 0, 0, 123456, utc), None, dt.datetime(1969, 12, 31, 23, 59, 59, 999999, utc)] * 2
names = ["ann", None, "Zoë", "ann", "", "ann"]
counts = [1, None, -3, 4, 5, 6]
ratios = [0.5, None, -1.25, 0.0, 1e300, 2.0]
flags = [True, None, False, True, True, False]
days = [dt.date(2024, 2, 29), None, dt.date(1, 1, 1)] * 2
prices = [decimal.Decimal("12.34"), None, decimal.Decimal("-0.01")] * 2
tags = [["a", None], None, []] * 2
owners = [{"name": "x", "age": 3}, None, {"name": None, "age": 4}] * 2

table = pa.table(
    {
        "Time": pa.array(times, pa.timestamp("us", "UTC")),
        "Name": pa.array(names, pa.string()),
        "Count": pa.array(counts, pa.int64()),
        "Small": pa.array(counts, pa.int8()),
        "Ratio": pa.array(ratios, pa.float64()),
        "Flag": pa.array(flags, pa.bool_()),
        "Day": pa.array(days, pa.date32()),
        "Price": pa.array(prices, pa.decimal128(10, 2)),
        "Tags": pa.array(tags, pa.list_(pa.string())),
        "Owner": pa.array(owners, pa.struct([("name", pa.string()), ("age", pa.int32())])),
    }
)

# pyarrow: both versions of pages, each compression, with dictionaries and without; row groups of four rows.
pq.write_table(table, here / "pyarrow.parquet", row_group_size=4)
for name, options in {
    "pyarrow_v2_zstd": {"data_page_version": "2.0", "compression": "zstd"},
    "pyarrow_gzip_plain": {"compression": "gzip", "use_dictionary": False},
    "pyarrow_lz4": {"compression": "lz4"},
    "pyarrow_delta": {
        "use_dictionary": False,
        "compression": "none",
        "column_encoding": {"Name": "DELTA_BYTE_ARRAY", "Count": "DELTA_BINARY_PACKED"},
    },
}.items():
    pq.write_table(table.select(["Time", "Name", "Count"]), here / f"{name}.parquet", row_group_size=4, **options)
old = table.select(["Time", "Name"])
pq.write_table(old, here / "pyarrow_int96.parquet", use_deprecated_int96_timestamps=True, store_schema=False)
guids = pa.array([uuid.UUID("74be27de-1e4e-49d9-b579-fe0b331d3642").bytes, None], pa.uuid())
jsons = pa.array(['{"a":[1]}', None], pa.json_())
bags = pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64()))
more = pa.table(
    {
        "Id": guids,
        "Json": jsons,
        "Map": bags,
        "Span": pa.array([dt.timedelta(hours=1), None], pa.duration("us")),
        "Clock": pa.array([dt.time(1, 2, 3), None], pa.time64("us")),
        "Word": pa.array(["x", "x"]).dictionary_encode(),
        "None": pa.nulls(2),
        "Bytes": pa.array([b"\xff", None]),
    }
)
pq.write_table(more, here / "pyarrow_more.parquet")
feather.write_feather(table, here / "pyarrow.feather", compression="lz4")
with ipc.new_stream(here / "pyarrow.arrows", more.schema, options=ipc.IpcWriteOptions(compression="zstd")) as out:
    out.write_table(more)

# Polars: views in Arrow files, zstd in Parquet.
frame = pl.from_arrow(table)
frame.write_parquet(here / "polars.parquet", row_group_size=4)
frame.write_ipc(here / "polars.arrow")

# DuckDB: files of the first version, without Arrow's schema.
rows = table.drop_columns(["Time"]).append_column("Time", table["Time"])  # any name that DuckDB finds
duckdb.sql(f"copy (select * from rows) to '{here / 'duckdb.parquet'}'")
duckdb.sql(
    f"copy (select '74be27de-1e4e-49d9-b579-fe0b331d3642'::uuid as Id, 7::utinyint as Small, 18446744073709551615::ubigint as Large,"
    f" timestamp_ns '2024-06-30 12:00:00.123456789' as Fine, map {{'k': 1}} as Map, time '01:02:03' as Clock, interval 1 hour as Span)"
    f" to '{here / 'duckdb_more.parquet'}'"
)

many = pa.table({
    "n": pa.array(range(400), pa.int64()),
    "few": pa.array([["ann", "bob", "eve"][n % 3] for n in range(400)]),
    "text": pa.array([f"text {n * 7919 % 1000}" for n in range(400)]),
})
pq.write_table(many, here / "checksums.parquet", write_page_checksum=True, row_group_size=200, compression="snappy",
               use_dictionary=["few"], write_statistics=False, store_schema=False)
pq.write_table(many.slice(0, 20), here / "brotli.parquet", compression="brotli", write_statistics=False,
               store_schema=False)
