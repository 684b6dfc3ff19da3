"""Asks a server with azure-kusto-data, and checks what comes back. The arguments are the address and the guide, whose Python
runs too."""

import gzip
import io
import sys
import uuid
from contextlib import redirect_stdout
from datetime import datetime, timedelta, timezone

from azure.kusto.data import ClientRequestProperties, KustoClient, KustoConnectionStringBuilder
from azure.kusto.data.exceptions import KustoServiceError
from azure.kusto.data.helpers import dataframe_from_result_table

address, guide = sys.argv[1:]
client = KustoClient(KustoConnectionStringBuilder(address))
DATABASE = "NetDefaultDB"


def rows(text, properties=None):
    return [list(row) for row in client.execute(DATABASE, text, properties).primary_results[0]]


def fails(act):
    try:
        act()
    except KustoServiceError as error:
        return error
    raise AssertionError("it should have failed")


# 1: a value of each type.
[values] = rows(
    "print int(1), 9223372036854775807, 1.5, decimal(2.5), true, 'é\"', datetime(2024-06-30T11:00:00.1234567Z), time(1.02:03:04.5),"
    " guid(123e27de-1e4e-49d9-b579-fe0b331d3642), dynamic({'a': [1, null]}), long(null), ''"
)
assert values[:6] == [1, 9223372036854775807, 1.5, values[3], True, 'é"'], values
assert float(values[3]) == 2.5, values[3]
assert values[6].replace(microsecond=0) == datetime(2024, 6, 30, 11, tzinfo=timezone.utc), values[6]
assert values[7] == timedelta(days=1, hours=2, minutes=3, seconds=4.5), values[7]
assert uuid.UUID(str(values[8])) == uuid.UUID("123e27de-1e4e-49d9-b579-fe0b331d3642"), values[8]
assert values[9] == {"a": [1, None]} and values[10] is None and values[11] == "", values

# 2: types of a frame.
answer = client.execute(DATABASE, "Logons | order by User asc | extend At = now(), Share = Failures / 11.0")
frame = dataframe_from_result_table(answer.primary_results[0])
assert list(frame["User"]) == ["ann", "bob"] and frame["Failures"].sum() == 11, frame
assert str(frame["At"].dtype).startswith("datetime64"), frame.dtypes
assert str(frame["Share"].dtype).lower() == "float64", frame.dtypes

# 3: parameters.
properties = ClientRequestProperties()
properties.set_parameter("least", 5)
properties.set_parameter("who", "b'o\"b")
text = "declare query_parameters (least: long, who: string); Logons | where Failures > least | project User, Who = who"
assert rows(text, properties) == [["bob", "b'o\"b"]]

# 4: options, and the id.
properties = ClientRequestProperties()
properties.set_option("query_now", "2020-01-01")
properties.set_option(ClientRequestProperties.request_timeout_option_name, timedelta(seconds=30))
properties.client_request_id = "test;1"
assert rows("print now()", properties)[0][0].year == 2020

# 5: what `render` asks for.
shown = client.execute(DATABASE, "Logons | render piechart with (title='T')").tables
assert any("piechart" in str(row) for table in shown for row in table.rows), shown

# 6: a mistake of the query.
error = fails(lambda: client.execute(DATABASE, "Logons | where Usr == 1"))
assert error.is_semantic_error() and "did you mean 'User'?" in str(error), error
# 7: and one of its syntax; a database that is not there.
assert "Syntax error" in str(fails(lambda: client.execute(DATABASE, "Logons | where")))
assert "was not found" in str(fails(lambda: client.execute("Other", "print 1")))

# 8: an answer that was cut.
properties = ClientRequestProperties()
properties.set_option("truncationmaxrecords", 2)
error = fails(lambda: client.execute(DATABASE, "range x from 1 to 9 step 1", properties))
assert "E_QUERY_RESULT_SET_TOO_LARGE" in str(error), error

# 9: commands, with a query behind them, and what the Model Context Protocol server of Fabric asks for.
for command, count in {
    ".show version": 1,
    ".show databases | project DatabaseName, PrettyName": 1,
    ".show tables | project-away DatabaseName": 1,
    ".show table Logons cslschema": 1,
    ".show functions": 0,
    ".show databases entities with (showObfuscatedStrings=true) | where EntityType == 'Table'": 1,
    ".show schema as json": 1,
    ".show queryplan <| Logons | count": 2,
}.items():
    table = client.execute_mgmt(DATABASE, command).primary_results[0]
    assert len(table) == count, command

# 10: rows come in, by a command and by a stream, which the caller packs.
client.execute_mgmt(DATABASE, ".create table Sizes (Name: string, Size: long)")
client.execute_mgmt(DATABASE, ".ingest inline into table Sizes <| a,1\nb,2")
client.execute_streaming_ingest(DATABASE, "Sizes", io.BytesIO(gzip.compress(b"c,3\n")), None, "csv")
assert rows("Sizes | summarize sum(Size), count()") == [[6, 3]]

# 11: a change that the request itself does not allow.
properties = ClientRequestProperties()
properties.set_option("request_readonly", True)
error = fails(lambda: client.execute_mgmt(DATABASE, ".drop table Sizes", properties)).get_api_error()
assert error.code == "Forbidden" and error.permanent and "read-only" in error.description, error

# Frame by frame, as it comes.
streamed = client.execute_streaming_query(DATABASE, "Logons | project User | order by User asc")
first = next(streamed.iter_primary_results())
assert [list(row) for row in first] == [["ann"], ["bob"]]

# What the guide shows.
with open(guide, encoding="utf-8") as file:
    program = file.read().split("```python\n")[1].split("```")[0].replace("http://127.0.0.1:8080", address)
printed = io.StringIO()
with redirect_stdout(printed):
    exec(program, {})
assert "ann" in printed.getvalue() and "9" in printed.getvalue(), printed.getvalue()
print("azure-kusto-data for Python: well")
