// Asks a server with azure-kusto-data for Node, and checks what comes back. The argument is the address.
import assert from "node:assert/strict";
import { Client, ClientRequestProperties, KustoConnectionStringBuilder } from "azure-kusto-data";

const address = process.argv[2];
const client = new Client(new KustoConnectionStringBuilder(address));
const database = "NetDefaultDB";
const rows = async (text, properties) => {
    const answer = await client.execute(database, text, properties);
    return [...answer.primaryResults[0].rows()].map((row) => [...row.values()]);
};
const fails = async (act) => {
    try {
        await act();
    } catch (error) {
        return JSON.stringify(error.response?.data ?? "") + String(error);
    }
    assert.fail("it should have failed");
};

// 1: a value of each type.
const [values] = await rows(
    "print int(1), 5, 1.5, true, 'é', datetime(2024-06-30T11:00:00Z), 1h, guid(123e27de-1e4e-49d9-b579-fe0b331d3642), " +
        "dynamic({'a': [1]}), long(null)",
);
assert.deepEqual(values.slice(0, 5), [1, 5, 1.5, true, "é"]);
assert.equal(new Date(values[5]).toISOString(), "2024-06-30T11:00:00.000Z");
assert.equal(values[7], "123e27de-1e4e-49d9-b579-fe0b331d3642");
assert.deepEqual(values[8], { a: [1] });
assert.equal(values[9], null);

// 2, 3: columns and rows.
const answer = await client.execute(database, "Logons | order by User asc");
assert.deepEqual(answer.primaryResults[0].columns.map((column) => [column.name, column.type]), [
    ["User", "string"],
    ["Failures", "long"],
]);
assert.deepEqual(await rows("Logons | summarize sum(Failures)"), [[11]]);

// 4: parameters.
const properties = new ClientRequestProperties();
properties.setParameter("least", 5);
properties.setParameter("who", "b'o");
const text = "declare query_parameters (least: long, who: string); Logons | where Failures > least | project User, who";
assert.deepEqual(await rows(text, properties), [["bob", "b'o"]]);

// 5: options.
const now = new ClientRequestProperties();
now.setOption("query_now", "2020-01-01");
assert.deepEqual(await rows("print getyear(now())", now), [[2020]]);

// 6, 7: mistakes.
const semantic = await fails(() => client.execute(database, "Logons | where Usr == 1"));
assert.match(semantic, /Semantic error: KQL0101/);
assert.match(await fails(() => client.execute(database, "Logons |")), /Syntax error/);

// 8: an answer that was cut.
const few = new ClientRequestProperties();
few.setOption("truncationmaxrecords", 2);
assert.match(await fails(() => client.execute(database, "range x from 1 to 9 step 1", few)), /TOO_LARGE|exceed/);

// 9: commands, and the first version.
const tables = await client.executeMgmt(database, ".show tables | where TableName == 'Logons' | project TableName");
assert.deepEqual([...tables.primaryResults[0].rows()].map((row) => [...row.values()]), [["Logons"]]);
const first = await client.executeQueryV1(database, "Logons | count");
assert.deepEqual([...first.primaryResults[0].rows()].map((row) => [...row.values()]), [[2]]);

// 10: rows come in.
await client.executeMgmt(database, ".create table Names (Name: string)");
await client.executeMgmt(database, ".ingest inline into table Names <| x\ny");
assert.deepEqual(await rows("Names | count"), [[2]]);
console.log("azure-kusto-data for Node: well");
