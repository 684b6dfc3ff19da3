//! Requests as clients send them, and the form of what they get: as Microsoft's pages describe it, and as the clients' own tests
//! have it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "shared/running.rs"]
mod running;

use running::Running;
use serde_json::json;

/// A value of each type, and its null.
const EVERYTHING: &str = "datatable (vnum: int, vdec: decimal, vdate: datetime, vspan: timespan, vobj: dynamic, vb: bool, \
    vreal: real, vstr: string, vlong: long, vguid: guid) [\
    1, decimal(2.00000000000001), datetime(2020-03-04T14:05:01.3109965Z), time(01:23:45.6789000), \
    dynamic({'moshe': 'value'}), true, 0.01, 'asdf', 9223372036854775807, guid(123e27de-1e4e-49d9-b579-fe0b331d3642), \
    int(null), decimal(null), datetime(null), timespan(null), dynamic(null), bool(null), real(null), '', long(null), guid(null)]";

/// The frames that the Go client asks for and asserts: one a line, tables in pieces, errors at the end of a table.
#[test]
fn frames_are_those_that_the_go_client_reads() {
    let server = Running::new(|_| {});
    let body = json!({
        "db": "Logs",
        "csl": EVERYTHING,
        "properties": {"Options": {
            "results_v2_newlines_between_frames": true,
            "results_v2_fragment_primary_tables": true,
            "results_error_reporting_placement": "end_of_table",
        }},
    });
    let answer = server.post("/v2/rest/query", &body).status(200);
    let text = answer.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "[{\"FrameType\":\"DataSetHeader\",\"IsProgressive\":false,\"Version\":\"v2.0\",\"IsFragmented\":true,\
         \"ErrorReportingPlacement\":\"EndOfTable\"}"
    );
    assert!(lines[1].starts_with(
        ",{\"FrameType\":\"DataTable\",\"TableId\":0,\"TableKind\":\"QueryProperties\",\"TableName\":\"@ExtendedProperties\",\
         \"Columns\":[{\"ColumnName\":\"TableId\",\"ColumnType\":\"int\"},{\"ColumnName\":\"Key\",\"ColumnType\":\"string\"},\
         {\"ColumnName\":\"Value\",\"ColumnType\":\"dynamic\"}],\"Rows\":[[1,\"Visualization\",\"{\\\"Visualization\\\":null,"
    ));
    assert!(lines[2].starts_with(
        ",{\"FrameType\":\"TableHeader\",\"TableId\":1,\"TableKind\":\"PrimaryResult\",\"TableName\":\"PrimaryResult\",\
         \"Columns\":[{\"ColumnName\":\"vnum\",\"ColumnType\":\"int\"},{\"ColumnName\":\"vdec\",\"ColumnType\":\"decimal\"}"
    ));
    assert_eq!(
        lines[3],
        ",{\"FrameType\":\"TableFragment\",\"TableFragmentType\":\"DataAppend\",\"TableId\":1,\"Rows\":[[1,\
         \"2.00000000000001\",\"2020-03-04T14:05:01.3109965Z\",\"01:23:45.6789000\",{\"moshe\":\"value\"},true,0.01,\
         \"asdf\",9223372036854775807,\"123e27de-1e4e-49d9-b579-fe0b331d3642\"],\
         [null,null,null,null,null,null,null,\"\",null,null]]}"
    );
    assert_eq!(lines[4], ",{\"FrameType\":\"TableCompletion\",\"TableId\":1,\"RowCount\":2}");
    assert!(lines[5].starts_with(
        ",{\"FrameType\":\"DataTable\",\"TableId\":2,\"TableKind\":\"QueryCompletionInformation\""
    ));
    assert_eq!(lines[6], ",{\"FrameType\":\"DataSetCompletion\",\"HasErrors\":false,\"Cancelled\":false}");
    assert_eq!(lines[7], "]");
    let columns = answer.json()[5]["Columns"].as_array().unwrap().len();
    assert_eq!(columns, 12);
}

/// The Python client sends properties as a text; frames are whole tables then.
#[test]
fn frames_are_whole_tables_otherwise() {
    let server = Running::new(|_| {});
    let body = json!({"db": "Logs", "csl": "Logons | project User", "properties": "{\"Options\":{},\"Parameters\":{}}"});
    let frames = server.post("/v2/rest/query", &body).status(200).json();
    let kinds: Vec<&str> = frames
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["TableKind"].as_str().or_else(|| it["FrameType"].as_str()).unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "DataSetHeader",
            "QueryProperties",
            "PrimaryResult",
            "QueryCompletionInformation",
            "DataSetCompletion"
        ]
    );
    assert_eq!(frames[0]["IsFragmented"], false);
    assert_eq!(frames[2]["Rows"], json!([["ann"], ["bob"]]));
}

#[test]
fn version_1_has_tables_about_the_rows() {
    let server = Running::new(|_| {});
    let answer = server.post("/v1/rest/query", &json!({"db": "Logs", "csl": EVERYTHING})).status(200).json();
    let tables = answer["Tables"].as_array().unwrap();
    assert_eq!(tables.len(), 4);
    let types: Vec<&str> =
        tables[0]["Columns"].as_array().unwrap().iter().map(|it| it["DataType"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "Int32",
            "SqlDecimal",
            "DateTime",
            "TimeSpan",
            "Object",
            "SByte",
            "Double",
            "String",
            "Int64",
            "Guid"
        ]
    );
    assert_eq!(tables[0]["TableName"], "Table_0");
    assert_eq!(tables[0]["Rows"][0][4], json!({"moshe": "value"}));
    assert_eq!(tables[1]["Columns"][0]["ColumnName"], "Value");
    assert_eq!(tables[2]["Rows"][0][4], "Query completed successfully");
    let contents: Vec<(&str, &str)> = tables[3]["Rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it[1].as_str().unwrap(), it[2].as_str().unwrap()))
        .collect();
    assert_eq!(
        contents,
        [
            ("QueryResult", "PrimaryResult"),
            ("QueryProperties", "@ExtendedProperties"),
            ("QueryStatus", "QueryStatus")
        ]
    );
}

/// A command gives one table, on every endpoint; clients of queries send commands too.
#[test]
fn commands_are_taken_everywhere() {
    let server = Running::new(|_| {});
    let answer = server.command(".show tables | project TableName").status(200).json();
    assert_eq!(answer["Tables"].as_array().unwrap().len(), 1);
    assert_eq!(answer["Tables"][0]["Rows"], json!([["Logons"]]));
    for path in ["/v1/rest/query", "/v2/rest/query"] {
        let body = json!({"db": "Logs", "csl": ".show databases | project DatabaseName, PrettyName"});
        assert_eq!(server.post(path, &body).status(200).rows(), json!([["Logs", ""]]));
    }
    // In what commands give, a bool has another name than in what queries give.
    let databases = server.command(".show databases").status(200).json();
    assert_eq!(
        databases["Tables"][0]["Columns"][3],
        json!({"ColumnName": "IsCurrent", "DataType": "Boolean", "ColumnType": "bool"})
    );
    let refused = server.command("print 1").status(400);
    assert!(refused.message().contains("takes commands, which begin with a dot"));
}

/// What Grafana's plugin sends when it connects (grafana/azure-data-explorer-datasource), on the endpoints that it uses.
#[test]
fn grafana_finds_its_schema() {
    let server = Running::new(|_| {});
    server.post("/v1/rest/query", &json!({"db": "", "csl": ".show databases schema"})).status(200);
    for command in
        [".show databases", ".show databases schema as json", ".show databases (['Logs']) schema as json"]
    {
        server.post("/v1/rest/mgmt", &json!({"csl": command, "db": null, "properties": {}})).status(200);
    }
}

/// What the Azure web UI asks for: preflights with headers of its own, from its origin.
#[test]
fn browsers_are_told_who_may_ask() {
    let server = Running::new(|it| it.origins = vec!["https://dataexplorer.azure.com".to_owned()]);
    let preflight = |origin: &str| {
        let headers = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type,x-ms-user-id"),
            ("Access-Control-Request-Private-Network", "true"),
        ];
        server.send("OPTIONS /v2/rest/query", &headers, b"")
    };
    let allowed = preflight("https://dataexplorer.azure.com").status(200);
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://dataexplorer.azure.com"));
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        Some("authorization,content-type,x-ms-user-id")
    );
    assert_eq!(allowed.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(allowed.header("access-control-allow-private-network"), Some("true"));
    assert!(allowed.header("vary").is_some_and(|it| it.to_lowercase().contains("origin")));
    assert_eq!(preflight("https://evil.example").header("access-control-allow-origin"), None);
    // A request that needs no preflight is turned away as well.
    let body = br#"{"db":"Logs","csl":"print 1"}"#;
    let plain = server.send(
        "POST /v2/rest/query",
        &[("Origin", "https://evil.example"), ("Content-Type", "text/plain")],
        body,
    );
    assert!(plain.status(403).message().contains("--allow-origin https://evil.example"));
    let good =
        server.send("POST /v2/rest/query", &[("Origin", "https://dataexplorer.azure.com")], body).status(200);
    assert_eq!(good.header("access-control-allow-origin"), Some("https://dataexplorer.azure.com"));
}

/// A page whose name points at this machine asks by that name.
#[test]
fn other_names_are_not_answered() {
    let server = Running::new(|_| {});
    let by =
        |host: &str| server.send("GET /v1/rest/query?db=Logs&csl=print+1", &[("Host", host)], b"").status;
    assert_eq!(by("localhost:8080"), 200);
    assert_eq!(by("127.0.0.1"), 200);
    assert_eq!(by("[::1]:80"), 200);
    assert_eq!(by("evil.example:8080"), 403);
}

#[test]
fn a_token_is_asked_for() {
    let server = Running::new(|it| it.token = Some("0123456789abcdef".to_owned()));
    let body = br#"{"db":"Logs","csl":"print 1"}"#;
    let with = |value: &str| server.send("POST /v2/rest/query", &[("Authorization", value)], body);
    let refused = with("Bearer 0123456789abcdeX").status(401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    assert_eq!(refused.json()["error"]["code"], "Unauthorized");
    assert!(refused.message().contains("Bearer TOKEN"), "{}", refused.message());
    assert_eq!(with("Basic x").status, 401);
    assert_eq!(with("Bearer").status, 401);
    assert_eq!(server.query("print 1").status, 401);
    for line in [
        "GET /metrics",
        "GET /v1/rest/query",
        "POST /v1/rest/mgmt",
        "POST /v1/rest/ingest/Logs/Logons",
        "GET /v1/workspaces/any/query",
    ] {
        assert_eq!(server.send(line, &[], b"").status, 401, "{line}");
    }
    with("Bearer 0123456789abcdef").status(200);
    // Clients ask how to log in before they have a token; with one, the server may be called by any name.
    assert_eq!(server.send("GET /v1/rest/auth/metadata", &[], b"").status(200).text(), "{\"AzureAD\":null}");
    server.send("GET /healthz", &[("Host", "kqlite.example")], b"").status(200);
}

#[test]
fn ids_are_given_back() {
    let server = Running::new(|_| {});
    let body = br#"{"db":"Logs","csl":"print 1"}"#;
    let answer =
        server.send("POST /v2/rest/query", &[("x-ms-client-request-id", "KPC.execute;12")], body).status(200);
    assert_eq!(answer.header("x-ms-client-request-id"), Some("KPC.execute;12"));
    let activity = answer.header("x-ms-activity-id").unwrap().to_owned();
    assert_eq!(answer.json()[3]["Rows"][0][1], "KPC.execute;12");
    assert_eq!(answer.json()[3]["Rows"][0][2], activity);
    let other = server.query("print 1");
    assert_ne!(other.header("x-ms-activity-id"), Some(activity.as_str()));
    assert!(other.header("x-ms-client-request-id").is_some());
}

#[test]
fn mistakes_are_told_as_kusto_tells_them() {
    let server = Running::new(|_| {});
    let semantic = server.query("Logons | where Usr == 'x'").status(400);
    let error = semantic.json()["error"].clone();
    assert_eq!(error["code"], "General_BadRequest");
    assert_eq!(error["@type"], "Kusto.Data.Exceptions.SemanticException");
    assert_eq!(error["@permanent"], true);
    assert_eq!(error["@errorCode"], "KQL0101");
    let message = semantic.message();
    assert!(message.starts_with("Semantic error: KQL0101: "), "{message}");
    assert!(message.contains(" --> query:1:16"), "{message}");
    assert!(message.contains("did you mean 'User'?"), "{message}");
    assert_eq!(error["@diagnostics"][0]["code"], "KQL0101");
    let syntax = server.query("Logons | where").status(400);
    assert_eq!(syntax.json()["error"]["code"], "BadRequest_SyntaxError");
    assert_eq!(syntax.json()["error"]["@type"], "Kusto.Data.Exceptions.SyntaxException");
    assert!(syntax.message().starts_with("Syntax error: "));
    let command = server.command(".show tabels").status(400);
    assert!(command.message().contains("did you mean '.show tables'?"), "{}", command.message());
    let unknown = server.post("/v2/rest/query", &json!({"db": "Other", "csl": "print 1"})).status(400);
    assert_eq!(unknown.json()["error"]["@type"], "Kusto.Data.Exceptions.EntityNotFoundException");
    assert!(unknown.message().contains("'Other' of kind 'Database'"));
    server.post("/v1/rest/query", &json!({"db": "Other", "csl": "print 1"})).status(400);
    server.post("/v1/rest/mgmt", &json!({"db": "Other", "csl": ".show tables"})).status(400);
    let failed = server.query("print assert(1 == 2, 'no')").status(400);
    assert!(failed.message().contains("no"), "{}", failed.message());
}

#[test]
fn parameters_come_as_texts_or_as_json() {
    let server = Running::new(|_| {});
    let ask = |properties: serde_json::Value| {
        let text = "declare query_parameters (n: long, d: dynamic, s: string = 'none', t: datetime = datetime(null)); \
            print n + 1, d[0], s, t";
        server.post("/v2/rest/query", &json!({"db": "Logs", "csl": text, "properties": properties}))
    };
    // The Python client, then Microsoft's page, then the client for Node.
    let text = "{\"Options\":{},\"Parameters\":{\"n\":\"5\",\"d\":\"dynamic(['a'])\",\"s\":\"it's\"}}";
    assert_eq!(ask(json!(text)).status(200).rows(), json!([[6, "a", "it's", null]]));
    let page =
        json!({"Parameters": {"n": 10, "d": "dynamic([\"ATLANTIC SOUTH\"])", "t": "datetime(2024-06-30)"}});
    assert_eq!(
        ask(page).status(200).rows(),
        json!([[11, "ATLANTIC SOUTH", "none", "2024-06-30T00:00:00.0000000Z"]])
    );
    assert_eq!(
        ask(json!({"Parameters": {"n": 5, "d": ["b"]}})).status(200).rows(),
        json!([[6, "b", "none", null]])
    );
    let wrong = ask(json!({"Parameters": {"n": "five", "d": []}})).status(400);
    assert!(wrong.message().contains("the parameter 'n' is of type long"), "{}", wrong.message());
    let more = ask(json!({"Parameters": {"n": 5, "d": [], "m": 1}})).status(400);
    assert!(more.message().contains("declares no parameter 'm'"), "{}", more.message());
    assert!(ask(json!({})).status(400).message().contains("'n'"));
}

#[test]
fn charts_are_told() {
    let server = Running::new(|_| {});
    let frames = server
        .query("Logons | order by User | render columnchart with (title='T', kind=stacked, accumulate=true)");
    let frames = frames.status(200).json();
    let shown: serde_json::Value = serde_json::from_str(frames[1]["Rows"][0][2].as_str().unwrap()).unwrap();
    assert_eq!(shown["Visualization"], "columnchart");
    assert_eq!(shown["Title"], "T");
    assert_eq!(shown["Kind"], "stacked");
    assert_eq!(shown["Accumulate"], true);
    assert_eq!(shown["IsQuerySorted"], true);
    assert_eq!(shown["Ymin"], "NaN");
}

/// Kusto sends the rows up to the limit, and says that there are more: among the rows, or at the end of the table.
#[test]
fn large_answers_are_cut_and_say_so() {
    let server = Running::new(|it| it.resources.records = 3);
    let text = "range x from 1 to 10 step 1";
    let frames = server.query(text).status(200).json();
    assert_eq!(frames[0]["ErrorReportingPlacement"], "InData");
    let rows = frames[2]["Rows"].as_array().unwrap();
    assert_eq!(rows[..3], [json!([1]), json!([2]), json!([3])]);
    let error = &rows[3]["OneApiErrors"][0]["error"];
    assert_eq!(error["code"], "LimitsExceeded");
    assert!(error["@message"].as_str().unwrap().contains("E_QUERY_RESULT_SET_TOO_LARGE"));
    assert_eq!(frames[4]["HasErrors"], true);
    assert_eq!(frames[4]["OneApiErrors"][0]["error"]["code"], "LimitsExceeded");
    let ask = |path: &str, text: &str, options: serde_json::Value| {
        server
            .post(path, &json!({"db": "Logs", "csl": text, "properties": {"Options": options}}))
            .status(200)
            .json()
    };
    let go = json!({"results_v2_fragment_primary_tables": true, "results_error_reporting_placement": "end_of_table"});
    let frames = ask("/v2/rest/query", text, go);
    assert_eq!(frames[3]["Rows"], json!([[1], [2], [3]]));
    assert_eq!(frames[4]["RowCount"], 3);
    assert_eq!(frames[4]["OneApiErrors"][0]["error"]["code"], "LimitsExceeded");
    let v1 = ask("/v1/rest/query", text, json!({}));
    assert_eq!(v1["Tables"][0]["Rows"].as_array().unwrap().len(), 4);
    assert!(v1["Exceptions"][0].as_str().unwrap().contains("80DA0003"));
    // The request, or the query itself, may ask for other limits.
    let count = |frames: serde_json::Value| frames[2]["Rows"].as_array().unwrap().len();
    assert_eq!(count(ask("/v2/rest/query", text, json!({"notruncation": true}))), 10);
    assert_eq!(count(ask("/v2/rest/query", text, json!({"truncationmaxrecords": 20}))), 10);
    assert_eq!(count(ask("/v2/rest/query", &format!("set notruncation; {text}"), json!({}))), 10);
    assert_eq!(count(ask("/v2/rest/query", text, json!({"query_take_max_records": 2}))), 2);
    let bytes = ask("/v2/rest/query", text, json!({"truncationmaxsize": 10}));
    assert!(bytes[4]["OneApiErrors"][0]["error"]["@message"].as_str().unwrap().contains("limit of 10 bytes"));
}

#[test]
fn options_are_followed() {
    let server = Running::new(|_| {});
    let ask = |options: serde_json::Value, text: &str| {
        server.post("/v2/rest/query", &json!({"db": "Logs", "csl": text, "properties": {"Options": options}}))
    };
    let now = ask(json!({"query_now": "2020-01-02T03:04:05Z"}), "print now()").status(200);
    assert_eq!(now.rows(), json!([["2020-01-02T03:04:05.0000000Z"]]));
    assert_eq!(ask(json!({}), "print now()").rows(), json!([["2024-06-30T12:00:00.0000000Z"]]));
    let slow = "range x from 1 to 100000000000 step 1 | summarize sum(x)";
    let late = ask(json!({"servertimeout": "00:00:00.1"}), slow).status(504);
    // As the page on the errors of Kusto.Data has it: https://learn.microsoft.com/kusto/api/netfx/kusto-data-client-errors.
    let error = late.json()["error"].clone();
    assert_eq!(error["@type"], "Kusto.Data.Exceptions.KustoServiceTimeoutException");
    assert_eq!((&error["code"], &error["@permanent"]), (&json!("RequestExecutionTimeout"), &json!(false)));
    assert!(
        ask(json!({"query_language": "sql"}), "SELECT 1").status(400).message().contains("no other language")
    );
    assert!(
        ask(json!({"query_datetimescope_from": "2020-01-01"}), "print 1")
            .status(400)
            .message()
            .contains("not supported")
    );
    ask(
        json!({"queryconsistency": "strongconsistency", "query_language": "csl", "unheard_of": 1}),
        "print 1",
    )
    .status(200);
}

#[test]
fn several_tables_have_their_names() {
    let server = Running::new(|_| {});
    let frames = server.query("Logons | fork all = (count) (where Failures > 5)").status(200).json();
    let names: Vec<&str> = frames
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["TableKind"] == "PrimaryResult")
        .map(|it| it["TableName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["all", "PrimaryResult"]);
    assert_eq!(frames[1]["Rows"].as_array().unwrap().len(), 2);
}

#[test]
fn reals_and_times_have_the_forms_of_kusto() {
    let server = Running::new(|_| {});
    let rows = server
        .query("print real(nan), real(+inf), real(-inf), 5.0, 1d, -1tick, dynamic('a'), '\\n\\u2028\"'")
        .rows();
    assert_eq!(
        rows,
        json!([[
            "NaN",
            "Infinity",
            "-Infinity",
            5.0,
            "1.00:00:00",
            "-00:00:00.0000001",
            "a",
            "\n\u{2028}\""
        ]])
    );
}

#[test]
fn bodies_are_packed_both_ways() {
    use std::io::{Read, Write};
    let server = Running::new(|it| it.writable = true);
    let pack = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let body = pack(br#"{"db":"Logs","csl":"range x from 1 to 1000 step 1"}"#);
    let headers = [("Content-Encoding", "gzip"), ("Accept-Encoding", "gzip, deflate")];
    let answer = server.send("POST /v2/rest/query", &headers, &body).status(200);
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text).unwrap();
    assert!(text.contains("[1000]"));
    // Streaming ingestion of the Python client.
    let rows = pack(b"2024-06-30T11:00:00Z,cid,3\n");
    let path = "POST /v1/rest/ingest/Logs/Logons?streamFormat=csv";
    let answer = server.send(path, &[("Content-Encoding", "gzip")], &rows).status(200);
    assert_eq!(answer.rows(), json!([[1, "Inactive", "Unknown", ""]]));
    assert_eq!(server.query("Logons | where User == 'cid' | project Failures").rows(), json!([[3]]));
}

#[test]
fn rows_are_ingested() {
    let server = Running::new(|it| it.writable = true);
    let path = |more: &str| format!("POST /v1/rest/ingest/{more}");
    let json_rows = b"{\"User\":\"dan\",\"Failures\":4}\n{\"User\":\"eve\",\"Failures\":5}\n";
    server.send(&path("Logs/Logons?streamFormat=Json"), &[], json_rows).status(200);
    assert_eq!(server.query("Logons | count").rows(), json!([[4]]));
    let unknown = server.send(&path("Logs/Logins?streamFormat=csv"), &[], b"x").status(400);
    assert!(unknown.message().contains("'Logins' of kind 'Table'"));
    let mapped = server.send(&path("Logs/Logons?streamFormat=json&mappingName=m"), &[], b"{}").status(400);
    assert!(mapped.message().contains("mappings are not supported"));
    server.send(&path("Logs/Logons?streamFormat=avro"), &[], b"x").status(400);
    server.send(&path("Other/Logons?streamFormat=csv"), &[], b"x").status(400);
    let broken = server.send(&path("Logs/Logons?streamFormat=json"), &[], b"{").status(400);
    assert!(broken.message().contains("is no JSON"), "{}", broken.message());
    assert_eq!(server.query("Logons | count").rows(), json!([[4]]));
}

#[test]
fn nothing_is_changed_unless_it_is_allowed() {
    let server = Running::new(|_| {});
    let refused = server.command(".drop table Logons").status(403);
    assert!(refused.message().contains("--writable"));
    let error = refused.json()["error"].clone();
    assert_eq!(error["@type"], "Kusto.Data.Exceptions.KustoRequestDeniedException");
    assert_eq!((&error["code"], &error["@permanent"]), (&json!("Forbidden"), &json!(true)));
    server.send("POST /v1/rest/ingest/Logs/Logons?streamFormat=csv", &[], b"x").status(403);
    assert_eq!(server.query("Logons | count").rows(), json!([[2]]));
    let server = Running::new(|it| it.writable = true);
    let body = br#"{"db":"Logs","csl":".drop table Logons"}"#;
    server.send("POST /v1/rest/mgmt", &[("x-ms-readonly", "true")], body).status(403);
    let body = json!({"db": "Logs", "csl": ".drop table Logons", "properties": {"Options": {"request_readonly": true}}});
    server.post("/v1/rest/mgmt", &body).status(403);
    // A link changes nothing.
    server.send("GET /v2/rest/query?db=Logs&csl=.drop+table+Logons", &[], b"").status(403);
    server.command(".set Copy <| Logons").status(200);
    assert_eq!(server.query("Copy | count").rows(), json!([[2]]));
    server.command(".drop table Copy").status(200);
    server.query("Copy | count").status(400);
}

/// What azure-monitor-query sends.
#[test]
fn log_analytics_is_understood() {
    let server = Running::new(|_| {});
    let path = "/v1/workspaces/00000000-0000-0000-0000-000000000000/query";
    let ask = |body: serde_json::Value| server.post(path, &body);
    let answer = ask(json!({"query": "Logons | project User, Failures"})).status(200).json();
    assert_eq!(
        answer,
        json!({"tables": [{"name": "PrimaryResult",
            "columns": [{"name": "User", "type": "string"}, {"name": "Failures", "type": "long"}],
            "rows": [["ann", 2], ["bob", 9]]}]})
    );
    // The timespan is about TimeGenerated, beside what the query says.
    let users = |span: &str| {
        ask(json!({"query": "Logons | project User", "timespan": span})).status(200).json()["tables"][0]["rows"].clone()
    };
    assert_eq!(users("PT1H"), json!([["ann"]]));
    assert_eq!(users("P7D"), json!([["ann"], ["bob"]]));
    assert_eq!(users("2024-06-28T00:00:00Z/2024-06-29T00:00:00Z"), json!([["bob"]]));
    let wrong = ask(json!({"query": "Logons | where Usr == 1"})).status(400).json();
    assert_eq!(wrong["error"]["code"], "BadArgumentError");
    assert_eq!(wrong["error"]["innererror"]["code"], "SemanticError");
    assert_eq!(wrong["error"]["innererror"]["innererror"]["code"], "KQL0101");
    ask(json!({"query": "print 1", "timespan": "yesterday"})).status(400);
    ask(json!({"query": "print 1", "workspaces": ["other"]})).status(400);
    ask(json!({})).status(400);
    let prefer = [("Prefer", "wait=600,include-render=true")];
    let body = br#"{"query":"Logons | render piechart"}"#;
    let shown = server.send(&format!("POST {path}"), &prefer, body).status(200).json();
    assert_eq!(shown["render"]["visualization"], "piechart");
    let by_get = server.send(&format!("GET {path}?query=print+x%3D1&timespan=P1D"), &[], b"").status(200);
    assert_eq!(by_get.json()["tables"][0]["rows"], json!([[1]]));
}

#[test]
fn the_server_is_watched() {
    let server = Running::new(|_| {});
    assert_eq!(server.send("GET /healthz", &[], b"").status(200).text(), "ok");
    server.query("Logons").status(200);
    server.query("Logons |").status(400);
    let metrics = server.send("GET /metrics", &[], b"").status(200).text();
    for line in [
        "kqlite_requests_total{route=\"v2_query\",status=\"200\"} 1",
        "kqlite_requests_total{route=\"v2_query\",status=\"400\"} 1",
        "kqlite_work_seconds_count 2",
        "kqlite_answer_rows_total 2",
        "kqlite_running 0",
        "kqlite_waiting 0",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}\n{metrics}");
    }
    assert!(metrics.ends_with("# EOF\n"));
}
