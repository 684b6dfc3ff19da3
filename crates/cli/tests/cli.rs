//! The command line from outside: exit codes, output, and the texts of errors, kept as files in `expected`.
//! With UPDATE_EXPECTED=1 the files are written anew; read the difference before it is kept.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "shared/program.rs"]
mod program;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use program::{kqlite, kqlite_reading};

const TOTALS: &str = "Orders | summarize Total = sum(Total) by Customer | order by Customer asc";

#[test]
fn a_query_from_everywhere() {
    let expected = "Customer  Total\n────────  ─────\nann        10.0\nbob        20.0\n2 rows, 2 columns\n";
    let data = ["--data", "shop"];
    kqlite(&[&["run", TOTALS], &data[..]].concat()).code(0).out(expected);
    kqlite(&[&["run", "totals.kql"], &data[..]].concat()).code(0).out(expected);
    kqlite(&[&["run", "--query-file", "totals.kql"], &data[..]].concat()).code(0).out(expected);
    kqlite_reading(&[&["run", "-"], &data[..]].concat(), TOTALS.as_bytes()).code(0).out(expected);
    kqlite(&["run", TOTALS, "--data", "shop/Orders.csv"]).code(0).out(expected);
    kqlite(&["run", &TOTALS.replace("Orders", "T"), "--data", "T=shop/Orders.csv"]).code(0).out(expected);
}

#[cfg(not(feature = "repl"))]
#[test]
fn a_build_without_a_prompt_says_how_to_get_one() {
    for arguments in [&["repl"][..], &["--data", "shop"]] {
        let called = kqlite(arguments).code(2).out("");
        assert!(called.err.contains("--features repl -- repl --data FOLDER"), "{}", called.err);
    }
}

#[test]
fn what_is_not_known_is_a_warning() {
    let query = "Customers | extend Site = url_decode(strcat(Name, '%')) | project Site | take 1";
    kqlite(&["run", query, "--data", "shop", "--format", "csv"])
        .code(0)
        .out("Site\nann%\n")
        .err_file("run-warning.txt");
    let strict = kqlite(&["run", query, "--data", "shop", "--strict"]).code(1).out("");
    assert!(
        strict.err.starts_with("error[KQL0305]: it is not known what the real engine gives"),
        "{}",
        strict.err
    );
}

#[test]
fn where_and_for_whom_a_query_runs() {
    let query = "print d = current_database(), c = current_cluster_endpoint(), p = current_principal()";
    let given = ["--database", "Logs", "--cluster", "logs.example.com", "--principal", "aaduser=1;2"];
    let run = |more: &[&str]| kqlite(&[&["run", query, "--format", "csv"], more].concat()).code(0).out;
    assert_eq!(run(&given), "d,c,p\nLogs,logs.example.com,aaduser=1;2\n");
    assert_eq!(run(&[]), "d,c,p\nNetDefaultDB,localhost,\n");
}

#[test]
fn every_form_of_answer() {
    let run = |format: &str| kqlite(&["run", "totals.kql", "--data", "shop", "--format", format]).code(0).out;
    assert_eq!(
        run("json"),
        "[{\"Customer\":\"ann\",\"Total\":10.0},\n {\"Customer\":\"bob\",\"Total\":20.0}]\n"
    );
    assert_eq!(
        run("ndjson"),
        "{\"Customer\":\"ann\",\"Total\":10.0}\n{\"Customer\":\"bob\",\"Total\":20.0}\n"
    );
    assert_eq!(run("csv"), "Customer,Total\nann,10.0\nbob,20.0\n");
    assert_eq!(run("markdown"), "| Customer | Total |\n| --- | ---: |\n| ann | 10.0 |\n| bob | 20.0 |\n");
    let kusto: serde_json::Value = serde_json::from_str(&run("kusto")).unwrap();
    let columns = serde_json::json!([
        {"ColumnName": "Customer", "ColumnType": "string"},
        {"ColumnName": "Total", "ColumnType": "real"}
    ]);
    let table = serde_json::json!({"TableName": "Table_0", "Columns": columns, "Rows": [["ann", 10.0], ["bob", 20.0]]});
    assert_eq!(kusto, serde_json::json!({"Tables": [table]}));
}

#[test]
fn a_folder_is_a_database() {
    let query =
        "Customers | mv-expand Tags | join kind=inner Orders on $left.Name == $right.Customer | count";
    kqlite(&["run", query, "--data", "shop", "--format", "csv"]).code(0).out("Count\n5\n");
    // However a name is written, its table is not taken for an empty one.
    for name in ["['Orders']", "[@'Orders']", "[\"Or\\u0064ers\"]", "table('Orders')"] {
        let called = kqlite(&["run", &format!("{name} | count"), "--data", "shop", "--format", "csv"]);
        assert!(called.out == "Count\n3\n" || called.code == 1, "{name}: {}{}", called.out, called.err);
    }
    let spaced = ["--data", "my orders=shop/Orders.csv", "--format", "csv"];
    kqlite(&[&["run", "['my orders'] | count"], &spaced[..]].concat()).code(0).out("Count\n3\n");
    // A table that the query does not name is not even read.
    kqlite(&["run", "print 1", "--data", "bad.ndjson", "--format", "csv"]).code(0).out("print_0\n1\n");
}

#[test]
fn compressed_data() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("Packed.csv.gz");
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = flate2::write::GzEncoder::new(file, flate2::Compression::default());
    writer.write_all(b"x\n1\n2\n").unwrap();
    writer.finish().unwrap();
    let path = path.to_str().unwrap();
    kqlite(&["run", "Packed | summarize sum(x)", "--data", path, "--format", "csv"])
        .code(0)
        .out("sum_x\n3\n");
}

#[test]
fn the_time_and_parameters_are_given() {
    let now = ["--now", "2024-06-30T12:00:00Z", "--format", "csv"];
    kqlite(&[&["run", "Orders | where At > ago(1h) | count", "--data", "shop"], &now[..]].concat())
        .code(0)
        .out("Count\n1\n");
    let query = "declare query_parameters(n: long, who: string = 'ann'); Orders | where Customer == who | take n | count";
    kqlite(&["run", query, "--data", "shop", "--param", "n=1", "--format", "csv"]).code(0).out("Count\n1\n");
    kqlite(&["run", query, "--data", "shop", "--param", "n=many"])
        .code(1)
        .out("")
        .err_file("parameter-type.txt");
    kqlite(&["run", query, "--data", "shop"]).code(1).out("").err_file("parameter-missing.txt");
}

#[test]
fn external_data_is_a_file() {
    let query = "externaldata(Code: string, Price: real) ['https://x.example/p?a=b'] | where Price < 2";
    let external = ["--external", "https://x.example/p?a=b=prices.csv", "--format", "csv"];
    kqlite(&[&["run", query], &external[..]].concat()).code(0).out("Code,Price\n007,1.5\n");
    kqlite(&["run", query]).code(1).out("").err_file("external-missing.txt");
    // Columns are taken by their places: the header is a row.
    let query = "externaldata(Price: string, Code: real) ['https://x.example/p?a=b'] | where Code != 2 or Price == 'Code'";
    kqlite(&[&["run", query], &external[..]].concat()).code(0).out("Price,Code\nCode,\n007,1.5\n");
    kqlite(&["run", query, "--external", "nothing"]).code(2);
    kqlite(&["run", query, "--external", "https://x=nothing.csv"]).code(2);
}

#[test]
fn external_data_is_found_in_a_folder() {
    let folder = ["--external", "feeds", "--format", "csv"];
    let run = |query: &str| kqlite(&[&["run", query], &folder[..]].concat());
    run("externaldata(Ip: string) ['https://x.example/a/ips.txt?sig=1'] | where Ip !startswith '#' | count")
        .code(0)
        .out("Count\n2\n");
    let with = "with (format='csv', ignoreFirstRecord=true)";
    run(&format!("externaldata(Ip: string, Score: long) ['https://x.example/packed.csv.gz', 'https://x.example/one.zip'] {with}"))
        .code(0)
        .out("Ip,Score\n10.0.0.1,7\n10.0.0.2,8\n");
    let two = run("externaldata(Ip: string) ['https://x.example/two.zip']").code(1);
    assert!(two.err.contains("the archive has 2 files"), "{}", two.err);
    let missing =
        run("externaldata(Ip: string) ['https://x.example/ips.txt', 'https://x.example/other.txt']").code(1);
    assert!(missing.err.contains("external location 'https://x.example/other.txt'"), "{}", missing.err);
}

#[test]
fn addresses_have_places() {
    let query = "datatable (Ip: string) ['203.0.113.9', '198.51.100.200', '2001:db8::1'] \
        | project Place = tostring(geo_info_from_ip_address(Ip))";
    let expected = [
        r#"{"Place":"{\"country\":\"Norway\",\"state\":\"Oslo County\",\"city\":\"Oslo\",\"latitude\":59.9,\"longitude\":10.75}"}"#,
        r#"{"Place":"{\"country\":\"United States\",\"latitude\":37.751,\"longitude\":-97.822}"}"#,
        r#"{"Place":"{\"country\":\"Iceland\"}"}"#,
        "",
    ];
    for file in ["places.mmdb", "places.csv"] {
        let found =
            kqlite(&["run", query, "--geoip", file, "--format", "ndjson"]).code(0).out(&expected.join("\n"));
        assert_eq!(found.err, "", "{file}");
    }
    let unknown = "print Place = geo_info_from_ip_address('198.51.100.1')";
    let found =
        kqlite(&["run", unknown, "--geoip", "places.mmdb", "--format", "csv"]).code(0).out("Place\n\"\"\n");
    assert!(found.err.contains("an address whose place is not known"), "{}", found.err);
    let found = kqlite(&["run", unknown, "--format", "csv"]).code(0).out("Place\n\"\"\n");
    assert!(found.err.contains("--geoip FILE"), "{}", found.err);
    kqlite(&["run", unknown, "--geoip", "prices.csv"]).code(1);
    kqlite(&["run", unknown, "--geoip", "bad.mmdb"]).code(2);
}

#[test]
fn what_rules_call_is_given() {
    let watchlist = "Orders | join kind=inner (_GetWatchlist('vips') | project Customer = SearchKey, Team) on Customer \
        | distinct Customer, Team | where Team == 'red'";
    kqlite(&["run", watchlist, "--data", "shop", "--watchlist", "vips=vips.csv", "--format", "csv"])
        .code(0)
        .out("Customer,Team\nann,red\n");
    let missing = kqlite(&["run", watchlist, "--data", "shop"]).code(1);
    assert!(missing.err.contains("--watchlist NAME=FILE"), "{}", missing.err);
    let profile = "print SHA1 = 'AA' | invoke FileProfile(SHA1) | project GlobalPrevalence, Signer";
    kqlite(&["run", profile, "--data", "FileProfile=profiles.csv", "--format", "csv"])
        .code(0)
        .out("GlobalPrevalence,Signer\n3,Contoso\n");
    let missing = kqlite(&["run", profile]).code(1);
    assert!(missing.err.contains("--data FileProfile=FILE"), "{}", missing.err);
    let both =
        "union withsource=From Orders, workspace(\"east\").Orders | summarize Rows = count() by From | count";
    kqlite(&["run", both, "--data", "shop", "--workspace", "east=shop", "--format", "csv"])
        .code(0)
        .out("Count\n2\n");
    let parser = "imOrders(customer='ann') | distinct Customer";
    let functions = ["--data", "shop", "--functions", "../parsers/parsers.kql", "--format", "csv"];
    kqlite(&[&["run", parser], &functions[..]].concat()).code(0).out("Customer\nann\n");
    kqlite(&[&["run", "AllOrders | where Customer == 'ann' | distinct Customer"], &functions[..]].concat())
        .code(0)
        .out("Customer\nann\n");
    let missing = kqlite(&["run", parser, "--data", "shop"]).code(1);
    assert!(missing.err.contains("--functions FILE"), "{}", missing.err);
    for query in [watchlist, profile, parser] {
        let line = format!(
            "{}\n",
            serde_json::json!({"id": 1, "query": query.replace("Orders |", "SigninLogs | extend Customer = UserId |")})
        );
        kqlite_reading(&["check", "--format", "json", "-"], line.as_bytes()).code(0);
    }
}

#[test]
fn tables_without_data_are_empty() {
    kqlite(&["run", "EmailEvents | count", "--format", "csv"]).code(0).out("Count\n0\n");
    let query = "Logs | summarize max(At)";
    kqlite(&["run", query, "--schema", "people.schema.json", "--format", "csv"])
        .code(0)
        .out("max_At\n\"\"\n");
}

#[test]
fn wrong_queries() {
    kqlite(&["run", "wrong.kql", "--data", "shop"]).code(1).out("").err_file("unknown-column.txt");
    kqlite(&["run", "Ordes | count", "--data", "shop"]).code(1).out("").err_file("unknown-table.txt");
    kqlite(&["run", "Orders | where (Total > 1", "--data", "shop"]).code(1).out("").err_file("syntax.txt");
    kqlite(&["run", "wrong.yaml"]).code(1).out("").err_file("rule-query.txt");
    kqlite(&["run", "broken.yaml"]).code(1).out("").err_file("rule-yaml.txt");
}

#[test]
fn wrong_data() {
    let people = ["--data", "People=bad.ndjson", "--schema", "people.schema.json", "--format", "csv"];
    kqlite(&[&["run", "People | where Age > 0 | count"], &people[..]].concat())
        .code(1)
        .out("")
        .err_file("bad-row.txt");
    // A column that the query does not read is not checked against its type, but the rows must be well-formed.
    let names = kqlite(&[&["run", "People | project Name"], &people[..]].concat()).code(1).out("");
    assert!(names.err.contains("bad.ndjson, line 3, character 20: no valid JSON object"), "{}", names.err);
    kqlite(&[&["run", "People | count", "--on-bad-row", "skip"], &people[..]].concat())
        .code(0)
        .out("Count\n2\n")
        .err_file("skipped-rows.txt");
    let logs = ["--data", "Logs=bad.ndjson", "--schema", "people.schema.json"];
    kqlite(&[&["run", "Logs | count"], &logs[..]].concat())
        .code(1)
        .out("")
        .err_file("unknown-data-column.txt");
}

/// A file of many rows in the folder for temporary files.
fn rows(name: &str, row: impl Fn(usize) -> String) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let text: Vec<String> = (0..5000).map(row).collect();
    std::fs::write(&path, text.join("\n") + "\n").unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_is_not_read_still_tells_the_types() {
    // A column whose type only a late row tells, and one that only a late row has.
    let late = rows("Late.ndjson", |row| match row {
        4500 => "{\"a\":1,\"b\":\"x\",\"c\":2.5}".to_owned(),
        _ => format!("{{\"a\":{row},\"b\":{row}}}"),
    });
    let run = |query: &str, path: &str| kqlite(&["run", query, "--data", path, "--format", "csv"]);
    run("Late | getschema | project ColumnName, ColumnType", &late)
        .code(0)
        .out("ColumnName,ColumnType\na,long\nb,dynamic\nc,real\n");
    run("Late | summarize sum(a)", &late).code(0).out("sum_a\n12493001\n");
    run("Late | summarize sum(c)", &late).code(0).out("sum_c\n2.5\n");
    run("Late | extend t = gettype(b) | summarize count() by t | order by t asc", &late)
        .code(0)
        .out("t,count_\nlong,4999\nstring,1\n");
    run("Late | count", &late).code(0).out("Count\n5000\n");
    assert!(run("Late | summarize sum(d)", &late).code(1).err.contains("available columns: a, b, c"));

    let fields = rows("Fields.csv", |row| match row {
        0 => "a,b".to_owned(),
        4500 => "1.5,never".to_owned(),
        _ => format!("{row},2024-01-01"),
    });
    run("Fields | summarize max(a), min(b)", &fields).code(0).out("max_a,min_b\n4999.0,2024-01-01\n");
    run("Fields | where a > 4990 | summarize count() by b", &fields).code(0).out("b,count_\n2024-01-01,9\n");
}

#[test]
fn rows_that_a_query_cannot_need_change_nothing() {
    let path = rows("Big.ndjson", |row| {
        format!("{{\"n\":{row},\"kind\":\"k{}\",\"id\":\"id{row}\",\"x\":{}}}", row % 5, row as f64 / 4.0)
    });
    let run = |query: &str| kqlite(&["run", query, "--data", &path, "--format", "csv"]).code(0).out;
    assert_eq!(run("Big | where n % 1000 == 7 | project id"), "id\nid7\nid1007\nid2007\nid3007\nid4007\n");
    // Two scans with filters of their own, and one without.
    let two = "let a = Big | where n < 10 | summarize c = count(); let b = Big | where kind == 'k1' | summarize c = count();";
    assert_eq!(run(&format!("{two} union a, b | order by c asc")), "c\n10\n1000\n");
    assert_eq!(run("Big | where n in ((Big | where n > 4997 | project n)) | count"), "Count\n2\n");
    assert_eq!(
        run(
            "Big | where n > 4990 | join kind=inner (Big | summarize t = count()) on $left.n == $right.t | count"
        ),
        "Count\n0\n"
    );
    assert_eq!(run("Big | where n > toscalar(Big | summarize max(n) - 3) | count"), "Count\n3\n");
    assert_eq!(run("Big | where n > 10 and rand() < 2 | count"), "Count\n4989\n");
    assert_eq!(run("Big | serialize | where prev(n) == n - 1 | count"), "Count\n4999\n");
    assert_eq!(run("Big | serialize r = row_number() | where n > 4990 and r % 2 == 0 | count"), "Count\n5\n");
}

/// Files of many blocks are read while the query runs.
#[test]
fn a_file_that_is_read_by_and_by_gives_what_it_gives_as_a_whole() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = |name: &str, first: &str, row: &dyn Fn(usize) -> String| {
        let rows: Vec<String> = (0..50_000).map(row).collect();
        std::fs::write(path.join(name), format!("{first}{}\n", rows.join("\n"))).unwrap();
        path.join(name).to_str().unwrap().to_owned()
    };
    let filler = "a text that makes the file so long that it has several blocks of rows";
    let ndjson = file("Parts.ndjson", "", &|row| match row {
        40_000 => format!("{{\"n\":\"x\",\"k\":\"late\",\"t\":\"{filler}\"}}"),
        _ => format!("{{\"n\":{row},\"k\":\"k{}\",\"t\":\"{filler}\"}}", row % 7),
    });
    let csv = file("Parts.csv", "n,k,t\n", &|row| match row {
        40_000 => format!("x,late,{filler}"),
        _ => format!("{row},k{},{filler}", row % 7),
    });
    let schema = path.join("parts.schema.json");
    std::fs::write(&schema, "{\"Parts\":{\"n\":\"long\",\"k\":\"string\",\"t\":\"string\"}}").unwrap();
    let schema = schema.to_str().unwrap();
    for (data, inferred) in [(&ndjson, "dynamic"), (&csv, "string")] {
        for threads in ["1", "2", "3"] {
            let call = |query: &str, more: &[&str]| {
                let arguments = ["run", query, "--data", data, "--format", "csv", "--threads", threads];
                kqlite(&[&arguments[..], more].concat())
            };
            // The first rows are there before the late one is met; other queries see that it makes another type.
            call("Parts | take 2 | project n, s = gettype(n)", &[]).code(0).out("n,s\n0,long\n1,long\n");
            call("Parts | getschema | where ColumnName == 'n' | project ColumnType", &[])
                .code(0)
                .out(&format!("ColumnType\n{inferred}\n"));
            call("Parts | summarize count() by k | where count_ < 9", &[]).code(0).out("k,count_\nlate,1\n");
            call("Parts | where n == 'x' | project k", &[]).code(0).out("k\nlate\n");
            call("Parts | where k == 'k1' | take 1 | project s = strcat(n, gettype(n))", &[])
                .code(0)
                .out(if inferred == "string" { "s\n1string\n" } else { "s\n1long\n" });
            call("Parts | count", &[]).code(0).out("Count\n50000\n");

            // Types that are given do not change.
            let given = ["--schema", schema];
            call("Parts | take 2 | project n", &given).code(0).out("n\n0\n1\n");
            let line = if data == &csv { 40_002 } else { 40_001 };
            let wrong = call("Parts | summarize sum(n)", &given).code(1).out("");
            let told = format!("{data}, line {line}, column 'n': 'x' is not of the type long\n");
            assert_eq!(wrong.err, format!("error[KQL0401]: {told}"));
            call("Parts | where k == 'late' | count", &given).code(0).out("Count\n1\n");
            call("Parts | join kind=inner (Parts | where k == 'late') on t | count", &given)
                .code(0)
                .out("Count\n50000\n");
            // Which rows are skipped does not depend on the query.
            let skip = ["--schema", schema, "--on-bad-row", "skip"];
            for (query, out) in [
                ("Parts | take 1 | project n", "n\n0\n"),
                ("Parts | where n > 40005 | take 1 | project n", "n\n40006\n"),
                ("Parts | summarize sum(n)", "sum_n\n1249935000\n"),
            ] {
                assert_eq!(call(query, &skip).code(0).out(out).err, format!("skipped: {told}"));
            }
        }
    }
}

/// A gzip member of some text, stored as it is.
fn gzip(text: &[u8]) -> Vec<u8> {
    let crc = text.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks: Vec<&[u8]> = text.chunks(0xffff).collect();
    for (at, block) in blocks.iter().enumerate() {
        let length = u16::try_from(block.len()).unwrap();
        out.push(u8::from(at + 1 == blocks.len()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend_from_slice(&(!crc).to_le_bytes());
    out.extend_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
    out
}

#[test]
fn packed_data_that_is_wrong_is_told_as_data() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("Packed.csv.gz");
    let run = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        kqlite(&["run", "Packed | count", "--data", path.to_str().unwrap(), "--format", "csv"])
    };
    let whole = gzip(b"a,b\n1,2\n3,4\n");
    run(&whole).code(0).out("Count\n2\n");
    // Zero bytes fill up blocks of a tape; a member may come behind another one, and behind such bytes.
    run(&[&whole[..], &[0; 700]].concat()).code(0).out("Count\n2\n");
    run(&[&whole[..], &[0; 3], &gzip(b"5,6\n")].concat()).code(0).out("Count\n3\n");
    let wrong = |bytes: &[u8], line: usize, what: &str| {
        let called = run(bytes).code(1).out("");
        let told = format!("error[KQL0401]: {}, line {line}: {what}", path.display());
        assert!(called.err.starts_with(&told), "{}", called.err);
    };
    wrong(b"a,b\n1,2\n3,4\n5,6\n", 1, "this is no gzip data");
    wrong(&whole[..whole.len() - 9], 3, "the gzip data is cut off");
    let mut flipped = whole.clone();
    flipped[20] ^= 1;
    wrong(&flipped, 4, "the gzip data is broken behind byte ");
    wrong(&[&whole[..], b"more"].concat(), 4, "the gzip data is ");
}

#[test]
fn loading_is_held_to_limits() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let run = |query: &str, file: &str, megabytes: &str| {
        kqlite(&["run", query, "--data", file, "--format", "csv", "--max-load-mb", megabytes])
    };
    let help = " = help: --max-load-mb N allows more\n";
    // A row of three million bytes, and four megabytes or one allowed.
    let long = path("Long.ndjson");
    std::fs::write(&long, format!("{{\"a\":1}}\n{{\"a\":\"{}\"}}\n", "x".repeat(3_000_000))).unwrap();
    run("Long | count", &long, "512").code(0).out("Count\n2\n");
    let told = run("Long | count", &long, "128").code(1).err;
    assert_eq!(told, format!("error[KQL0401]: {long}, line 2: the row is longer than 1 MB\n{help}"));
    // Texts of some megabytes that two places read, so that they are held; one place needs no memory.
    let many = path("Many.ndjson");
    let rows: Vec<String> =
        (0..30_000).map(|row| format!("{{\"a\":\"{row} {}\"}}", "y".repeat(80))).collect();
    std::fs::write(&many, rows.join("\n")).unwrap();
    run("Many | count", &many, "1").code(0).out("Count\n30000\n");
    run("Many | where a has '7' | count", &many, "1").code(0).out("Count\n1\n");
    let twice = "Many | join kind=leftanti (Many | extend a = strcat(a, '')) on a | count";
    run(twice, &many, "9").code(0).out("Count\n0\n");
    let told = run(twice, &many, "1").code(1).err;
    assert_eq!(told, format!("error[KQL0401]: {many}: the table takes more memory than 1 MB\n{help}"));
    // What was hardly packed may unpack to more than that.
    let packed = path("Zeros.csv.gz");
    std::fs::write(&packed, gzip(format!("a\n{}", "0\n".repeat(600_000)).as_bytes())).unwrap();
    run("Zeros | count", &packed, "1").code(0).out("Count\n600000\n");
}

/// A pipe in a folder would wait for ever; one that is named is read.
#[cfg(unix)]
#[test]
fn folders_are_read_for_files_alone() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pipes");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("T.csv"), "a\n1\n").unwrap();
    std::os::unix::fs::symlink("T.csv", folder.join("Link.csv")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.join("Zero.csv")).unwrap();
    let names = ["Pipe.csv", "rule.yaml", "query.kql", "rule.test.yaml"];
    assert!(Command::new("mkfifo").args(names).current_dir(&folder).status().unwrap().success());
    let name = folder.to_str().unwrap();
    let called = kqlite(&["run", "union T, Link | count", "--data", name, "--format", "csv"]);
    let called = called.code(0).out("Count\n2\n");
    for passed in ["Pipe.csv", "Zero.csv"] {
        assert!(called.err.contains(&format!("{passed} is no file, and passed over")), "{}", called.err);
    }
    let called = kqlite(&["check", name]).code(2);
    assert!(called.err.contains("there is nothing to check in"), "{}", called.err);
    kqlite(&["test", name]);
    let zero = format!("T={name}/Zero.csv");
    let called = kqlite(&["run", "T | count", "--data", &zero, "--max-load-mb", "128"]).code(1);
    assert!(called.err.contains("Zero.csv: a row is longer than 1 MB"), "{}", called.err);
    let pipe = folder.join("Pipe.csv");
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::write(pipe, "a\n7\n")
    });
    let data = format!("T={}", pipe.display());
    kqlite(&["run", "T | summarize sum(a)", "--data", &data, "--format", "csv"]).code(0).out("sum_a\n7\n");
    writer.join().unwrap().unwrap();
}

#[test]
fn wrong_calls() {
    let usage = |arguments: &[&str], part: &str| {
        let called = kqlite(arguments).code(2).out("");
        assert!(called.err.contains(part), "{}", called.err);
    };
    usage(&[], "Usage: kqlite");
    usage(&["run"], "a query is missing");
    usage(&["run", "absent.kql"], "absent.kql: No such file");
    usage(&["run", "T", "--format", "xml"], "possible values");
    usage(&["run", "T", "--now", "soon"], "'soon' is no time");
    usage(&["run", "T", "--param", "x"], "is not NAME=VALUE");
    usage(&["run", "T", "--data", "T=totals.kql"], "the name must end in");
    usage(&["run", "T", "--data", "T=absent.csv"], "absent.csv: No such file");
    usage(&["run", "T", "--data", "T=a.csv", "--data", "T=b.csv"], "the table 'T' is given twice");
    usage(&["check", "-", "totals.kql"], "- stands alone");
    usage(&["bench", "totals.kql", "--repeat", "0"], "--repeat");
}

#[test]
fn check_answers_json_lines() {
    let input = concat!(
        "{\"id\":\"a\",\"query\":\"People | where Age > 3 | project Name\"}\n",
        "{\"id\":2,\"query\":\"People | where Agee > 3\"}\n",
        "\n",
        "{\"id\":\"é\",\"query\":\"print 'é' | where ) | nonsense Agee\"}\n",
        "oops\n",
        "[1]\n",
        "{\"id\":\"n\"}\n",
        "{\"id\":\"last\",\"query\":\"\"}",
    );
    let called = kqlite_reading(
        &["check", "--format", "json", "--schema", "people.schema.json", "-"],
        input.as_bytes(),
    )
    .code(1);
    let answers: Vec<serde_json::Value> =
        called.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 7, "{}", called.out);
    assert_eq!(
        answers[0],
        serde_json::json!({"id": "a", "ok": true, "errors": [], "unsupported": [],
            "columns": [{"name": "Name", "type": "string"}]})
    );
    let error = &answers[1]["errors"][0];
    assert_eq!((&answers[1]["id"], &error["kind"]), (&serde_json::json!(2), &serde_json::json!("semantic")));
    assert_eq!((error["start"].as_u64(), error["end"].as_u64()), (Some(15), Some(19)));
    // Bytes are counted, and where the text is broken only that counts.
    assert_eq!(answers[2]["errors"][0]["start"].as_u64(), Some(18));
    assert!(answers[2]["errors"].as_array().unwrap().iter().all(|error| error["kind"] == "syntax"));
    assert_eq!(answers[2]["columns"], serde_json::Value::Null);
    // Microsoft's parser has nothing against an empty text.
    assert_eq!(answers[6]["ok"], true);
    for odd in &answers[3..6] {
        assert_eq!(odd["ok"], false, "{odd}");
    }
    assert_eq!((&answers[5]["id"], &answers[6]["id"]), (&"n".into(), &"last".into()));
}

#[test]
fn check_reads_folders() {
    let called = kqlite(&["check", "."]).code(1).out_file("check-human.txt");
    assert!(called.err.ends_with(" files: 4 with errors\n"), "{}", called.err);
    kqlite_reading(&["check", "-"], b"{\"id\":1,\"query\":\"EmailEvents | take 1\"}").code(0).out("");
}

#[test]
fn bench_prints_times() {
    let called =
        kqlite(&["bench", "totals.kql", "--data", "shop", "--repeat", "3", "--threads", "1"]).code(0);
    let report: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!(report["rows"], 2);
    for key in ["compile_median_s", "execute_median_s", "load_s"] {
        assert!(report[key].as_f64().is_some_and(|time| time > 0.0), "{key}: {report}");
    }
}

#[test]
fn bench_compiles_against_all_columns() {
    // What the query compares and nobody reads is not loaded, and is known to the compiler all the same.
    let query = "Orders | summarize arg_max(At, Id) by Customer | count";
    kqlite(&["bench", query, "--data", "shop", "--repeat", "1", "--threads", "1"]).code(0);
}

#[test]
fn several_tables_come_with_their_names() {
    let query = "Orders | fork large = (where Total > 10 | project Id) (count)";
    kqlite(&["run", query, "--data", "shop"]).code(0).out_file("run-tables.txt");
    let json = kqlite(&["run", query, "--data", "shop", "--format", "json"]).code(0);
    json.out("{\"large\":[{\"Id\":2}],\n\"Table_1\":[{\"Count\":3}]}\n");
    let called = kqlite(&["run", query, "--data", "shop", "--format", "csv"]).code(2);
    assert!(called.err.contains("the query gives 2 tables (large, Table_1)"), "{}", called.err);
}

#[test]
fn plans_are_printed() {
    let query = "Orders | extend Twice = Total * 2 | where Customer == 'ann' | project Id, Twice";
    kqlite(&["plan", query, "--data", "shop"]).code(0).out_file("plan.txt");
    kqlite(&["plan", query, "--data", "shop", "--each"]).code(0).out_file("plan-each.txt");
}

#[test]
fn fmt_writes_in_place() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fmt");
    std::fs::create_dir_all(&folder).unwrap();
    let (file, broken) = (folder.join("a.kql"), folder.join("b.kql"));
    std::fs::write(&file, "T|where x>1 // why\n|count").unwrap();
    let _ = std::fs::remove_file(&broken);
    let path = folder.to_str().unwrap();
    assert!(kqlite(&["fmt", "--check", path]).code(1).out.ends_with("a.kql\n"));
    kqlite(&["fmt", path]).code(0).out("");
    let expected = "T\n| where x > 1 // why\n| count\n";
    assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);
    kqlite(&["fmt", "--check", path]).code(0).out("");
    kqlite_reading(&["fmt", "-"], b"T|where x>1 // why\n|count").code(0).out(expected);
    kqlite_reading(&["fmt", "--check", "-"], b"T|count").code(1).out("");

    // What is no KQL stays as it is.
    std::fs::write(&broken, "T | where (").unwrap();
    let called = kqlite(&["fmt", path]).code(1).out("");
    assert!(called.err.contains("b.kql:1:12"), "{}", called.err);
    assert_eq!(std::fs::read_to_string(&broken).unwrap(), "T | where (");
    let called = kqlite(&["fmt", "broken.yaml"]).code(1).out("");
    assert!(called.err.contains("broken.yaml:3"), "{}", called.err);
}

#[test]
fn docs_explain_every_kind() {
    for (name, file) in [
        ("summarize", "docs-summarize.txt"),
        ("let", "docs-let.txt"),
        ("fork", "docs-fork.txt"),
        ("bag_unpack", "docs-bag-unpack.txt"),
        ("datetime", "docs-datetime.txt"),
        // A source of rows and a function.
        ("range", "docs-range.txt"),
    ] {
        let called = kqlite(&["docs", name]).code(0).out_file(file);
        assert_eq!(called.err, "");
    }
}

#[test]
fn docs_find_what_is_meant() {
    let first_line = |words: &[&str]| {
        let called = kqlite(&[&["docs"], words].concat()).code(0);
        called.out.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(first_line(&["strlen"]), "strlen  (String functions)");
    for (words, expected) in [
        // Other spellings.
        (&["order"][..], "sort  (Tabular operators)"),
        (&["limit"], "take  (Tabular operators)"),
        (&["mvexpand"], "mv-expand  (Tabular operators)"),
        (&["contains_cs"], "contains_cs  (Operators)"),
        (&["notcontains"], "!contains  (Operators)"),
        (&["<>"], "!=  (Operators)"),
        (&["-"], "-  (Operators)"),
        (&["double"], "real  (Data types)"),
        (&["query_parameters"], "declare query_parameters  (Statements)"),
        // As it stands in a query.
        (&["sort", "by"], "sort  (Tabular operators)"),
        (&["| where x > 1"], "where  (Tabular operators)"),
        (&["strlen(s)"], "strlen  (String functions)"),
        (&["Join"], "join  (Tabular operators)"),
        (&["matches", "regex"], "matches regex  (Operators)"),
    ] {
        assert_eq!(first_line(words), expected, "{words:?}");
    }
    // A name of several things has them all.
    let headings = |name: &str| -> Vec<String> {
        let out = kqlite(&["docs", name]).code(0).out;
        let is_heading = |line: &&str| line.starts_with(&format!("{name}  ("));
        out.lines().filter(is_heading).map(str::to_owned).collect()
    };
    assert_eq!(headings("range"), ["range  (Sources of rows)", "range  (Array functions)"]);
    assert_eq!(headings("count"), ["count  (Tabular operators)", "count  (Aggregate functions)"]);
}

#[test]
fn docs_say_what_there_is_not() {
    let error = |name: &str| kqlite(&["docs", name]).code(1).out("").err;
    assert_eq!(
        error("sumarise"),
        "error: nothing in the language is called 'sumarise'\n = help: similar names: summarize, sum\n"
    );
    assert_eq!(error("strlenn").lines().last(), Some(" = help: similar names: strlen"));
    assert_eq!(
        error("qwertz"),
        "error: nothing in the language is called 'qwertz'\n = help: kqlite docs lists everything\n"
    );
    assert_eq!(error("make-graph"), "error: the operator 'make-graph' is not supported yet\n");
    assert_eq!(error("make-graph by"), "error: the operator 'make-graph' is not supported yet\n");
    assert_eq!(
        error("inline_external_table"),
        "error: the source 'inline_external_table' is not supported yet\n"
    );
    assert_eq!(
        error("sql_request"),
        "error: the plugin 'sql_request' is not supported yet\n \
         = help: it asks a database server over the network, and the engine opens no connections\n \
         = help: save what the server gives as CSV, JSON or Parquet, and load that as a table\n"
    );
}

#[test]
fn docs_list_everything() {
    let out = kqlite(&["docs"]).code(0).out;
    let below = |heading: &str| -> Vec<String> {
        let lines = out.lines().skip_while(|line| *line != heading).skip(1);
        let text: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
        text.join("  ").split("  ").map(str::to_owned).filter(|name| !name.is_empty()).collect()
    };
    assert_eq!(
        below("Statements"),
        [
            "alias",
            "declare pattern",
            "declare query_parameters",
            "let",
            "restrict",
            "set",
            "tabular expression"
        ]
    );
    for (heading, name) in [
        ("Sources of rows", "datatable"),
        ("Tabular operators", "mv-apply"),
        ("Tabular functions", "toscalar"),
        ("Data types", "dynamic"),
        ("Operators", "matches regex"),
        ("String functions", "strlen"),
        ("Aggregate functions", "arg_max"),
        ("Plugins", "bag_unpack"),
        ("Tabular operators, not supported yet", "make-graph"),
        ("Sources of rows, not supported yet", "inline_external_table"),
        ("Plugins, not supported yet", "python"),
    ] {
        assert!(
            below(heading).iter().any(|it| it == name),
            "{heading}: {name} is not in {:?}",
            below(heading)
        );
    }
    assert!(out.lines().all(|line| line.chars().count() <= 100 && line.trim_end() == line), "{out}");
}

#[test]
fn a_reader_that_stops_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kqlite"))
        .args(["run", "range x from 1 to 100000 step 1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), String::from_utf8(done.stderr).unwrap()), (Some(0), String::new()));
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_build_without_parquet_says_which_has_it() {
    let help = " = help: a build with the feature 'parquet' does, such as: \
        cargo run --release --features parquet -- run …\n";
    let called = kqlite(&["run", "T", "--data", "T.parquet"]).code(2);
    assert_eq!(
        called.err,
        format!("error: T.parquet: this build does not read Parquet and Arrow files\n{help}")
    );
    let called = kqlite(&["run", "print 1", "--format", "parquet"]).code(2);
    assert_eq!(called.err, format!("error: this build does not write Parquet and Arrow files\n{help}"));
}

#[test]
fn rules_are_checked_beside_their_queries() {
    let called = kqlite(&["check", "../rules"]).code(1).out_file("rules-human.txt");
    assert_eq!(called.err, "2 files with 3 queries: 3 with errors, 2 warnings\n");
    let called = kqlite(&["check", "--format", "json", "../rules/mail.yaml"]).code(1);
    let answer: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!((&answer["ok"], &answer["errors"]), (&false.into(), &serde_json::json!([])));
    assert_eq!(answer["rule"]["name"], "Many mails of one sender");
    assert_eq!(answer["findings"][0]["code"], "RULE201");
    assert_eq!((&answer["findings"][0]["line"], &answer["findings"][0]["column"]), (&7.into(), &14.into()));
    // Plain queries have no such keys.
    let called =
        kqlite_reading(&["check", "--format", "json", "-"], b"{\"id\":1,\"query\":\"print 1\"}").code(0);
    assert!(!called.out.contains("findings"), "{}", called.out);
}

#[test]
fn findings_go_to_other_programs() {
    let called = kqlite(&["check", "--format", "github", "../rules/mail.yaml", "broken.yaml"]).code(1);
    let lines: Vec<&str> = called.out.lines().collect();
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert!(lines[0].starts_with("::warning file=../rules/mail.yaml,line=7,col=14,endColumn=16,endLine=7,title=RULE201::the query looks back 1d"));
    assert!(lines[4].starts_with("::error file=broken.yaml,line=3,col=1"), "{}", lines[4]);
    let called = kqlite(&["check", "--format", "sarif", "../rules"]).code(1);
    let report: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!(report["version"], "2.1.0");
    let results = report["runs"][0]["results"].as_array().unwrap();
    let codes: Vec<&str> = results.iter().map(|it| it["ruleId"].as_str().unwrap()).collect();
    assert_eq!(codes, ["KQL0101", "RULE007", "RULE201", "RULE501", "RULE101", "RULE103"]);
    for result in results {
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["endColumn"].as_u64() > region["startColumn"].as_u64(), "{result}");
    }
}

#[test]
fn warnings_count_if_asked() {
    kqlite(&["check", "--strict", "totals.kql"]).code(1);
    let hunt = std::env::temp_dir().join(format!("kqlite-strict-{}.yaml", std::process::id()));
    std::fs::write(&hunt, "name: x\ntactics: [Magic]\nquery: print 1\n").unwrap();
    let path = hunt.to_str().unwrap();
    kqlite(&["check", path]).code(0);
    let called = kqlite(&["check", "--strict", path]).code(1);
    assert!(called.err.ends_with("1 file: 1 with findings, 1 warning\n"), "{}", called.err);
    std::fs::remove_file(hunt).unwrap();
}

#[test]
fn explanations_make_a_page() {
    let path = std::env::temp_dir().join(format!("kqlite-page-{}.html", std::process::id()));
    let (query, name) = ("print x = 'a</script>b' | where x has 'a'", path.to_str().unwrap());
    kqlite(&["explain", query, "--output", name]).code(0).out("");
    let page = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("a\\u003c/script>b"));
    let called = kqlite(&["explain", query, "--format", "html"]).code(0);
    assert_eq!(called.out.matches("</script>").count(), page.matches("</script>").count());
}

#[test]
fn limits_stop_a_query() {
    let rows = kqlite(&["run", "range x from 1 to 100 step 1", "--max-rows", "99"]).code(1);
    assert!(rows.err.contains("more rows than the limit of 99"), "{}", rows.err);
    let bytes = kqlite(&["run", "range x from 1 to 1000000 step 1 | sort by x", "--max-mb", "1"]).code(1);
    assert!(bytes.err.contains("needs more memory than the limit of 1048576 bytes"), "{}", bytes.err);
}

#[test]
fn a_rule_of_several_is_chosen_by_name() {
    let export = "../rules/export.json";
    let called = kqlite(&["run", export]).code(2);
    assert!(
        called
            .err
            .ends_with("2 rules in it; say which as FILE#NAME:\n   Mail from nowhere\n   Mail at night\n")
    );
    kqlite(&["run", &format!("{export}#Mail at night"), "--format", "csv"]).code(0);
    kqlite(&["run", &format!("{export}#Mail at noon")]).code(2);
}

#[test]
fn watchlists_are_no_mistakes() {
    let path = std::env::temp_dir().join(format!("kqlite-watchlist-{}.kql", std::process::id()));
    std::fs::write(&path, "_GetWatchlist('a') | where Anything == 1").unwrap();
    let name = path.to_str().unwrap();
    kqlite(&["check", name]).code(0);
    let called = kqlite(&["check", "--format", "json", name]).code(0);
    assert!(called.out.contains("\"ok\":true"), "{}", called.out);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_profile_goes_to_the_standard_error_behind_the_answer() {
    let query = "range n from 1 to 9 step 1\n| where n > 5\n| summarize c = count()";
    let plain = kqlite(&["run", query, "--format", "json"]);
    let profiled = kqlite(&["run", query, "--format", "json", "--profile"]);
    assert_eq!((profiled.code, &profiled.out), (0, &plain.out));
    let lines: Vec<&str> = profiled.err.lines().collect();
    assert!(lines[0].starts_with("elapsed "), "{}", profiled.err);
    // Four of nine numbers are above 5.
    assert!(lines[1].ends_with("operator"), "{}", profiled.err);
    let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<String>>();
    let summarize = fields(lines[2]).join(" ");
    assert!(summarize.contains(" 4 1 1 "), "{}", profiled.err);
    assert!(summarize.ends_with("summarize (line 3) Aggregate c = count()"), "{}", profiled.err);
    assert!(lines.iter().any(|line| line.contains("where (line 2) Filter (n > 5)")), "{}", profiled.err);
    assert_eq!(plain.err, "");
}

#[test]
#[cfg(not(feature = "serve"))]
fn a_build_without_a_server_says_how_to_get_one() {
    let called = kqlite(&["serve"]).code(2);
    assert!(called.err.contains("--features serve"), "{}", called.err);
}
