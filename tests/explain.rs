//! What is told of runs: steps, numbers, sentences, texts. It must not know how it is found out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use kqlite::{Database, DateTime, Explanation, Options, ScalarType, Schema, Table, Value};

fn database() -> Database {
    let schema = Schema::new([
        ("user", ScalarType::String),
        ("action", ScalarType::String),
        ("size", ScalarType::Long),
    ]);
    let row =
        |user: &str, action: &str, size: i64| vec![Value::from(user), Value::from(action), Value::from(size)];
    let rows = [
        row("ann", "send", 3),
        row("ann", "send", 5),
        row("bob", "drop", 7),
        row("bob", "send", 1),
        row("cid", "send", 9),
    ];
    let mut database = Database::new();
    database.insert("Mail", Table::from_rows(schema, rows));
    let schema = Schema::new([("user", ScalarType::String), ("role", ScalarType::String)]);
    let rows = [["ann", "admin"], ["dan", "guest"]].map(|row| row.map(Value::from).to_vec());
    database.insert("Users", Table::from_rows(schema, rows));
    database.define("Large", "(least: long) { Mail | where size >= least }").unwrap();
    database
}

fn explain(query: &str) -> Explanation {
    let database = database();
    let query = database.compile(query).unwrap_or_else(|error| panic!("{error}"));
    let options = Options::new(DateTime::UNIX_EPOCH);
    let told = query.explain(&database, &options).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(told.rows, query.run(&database, &options).unwrap().len(), "the answer is the same");
    told
}

/// One line a step, the pipelines' names between them.
fn told(query: &str) -> String {
    let mut out = String::new();
    for pipeline in &explain(query).pipelines {
        out.push_str(&format!("{}\n", pipeline.name));
        for step in &pipeline.steps {
            out.push_str(&format!("{} {} -- {}\n", step.number, step.text, step.summary));
        }
    }
    out
}

#[track_caller]
fn check(query: &str, expected: &str) {
    assert_eq!(told(query).trim_end(), expected.trim_start(), "{query}");
}

#[test]
fn one_pipeline() {
    check(
        "Mail | where action == 'send' and size > 2 | extend big = size > 4 | project user, big\n\
         | sort by user // for people\n| summarize count() by user | where count_ > 1",
        "
result
1 Mail -- read 5 rows
2 where action == 'send' and size > 2 -- kept 3 of 5 rows
3 extend big = size > 4 -- added big
4 project user, big -- removed action and size
5 sort by user -- ordered 3 rows
6 summarize count() by user -- grouped 3 rows into 2
7 where count_ > 1 -- kept 1 of 2 rows",
    );
    check(
        "range x from 1 to 5 step 1 | sample 2 | project-rename y = x | extend y = y + 1 | take 3 | render table",
        "
result
1 range x from 1 to 5 step 1 -- made 5 rows
2 sample 2 -- chose 2 of 5 rows at random
3 project-rename y = x -- added y and removed x
4 extend y = y + 1 -- changed y
5 take 3 -- kept all 2 rows
6 render table -- changed no row: it asks for a chart",
    );
    check("1 + 1", "\nresult\n1 1 + 1 -- made 1 row");
    check("print a = 1 | getschema", "\nresult\n1 getschema -- gave 1 row");
}

#[test]
fn lets_come_before_what_reads_them() {
    check(
        "let known = Mail | where size > 4 | summarize n = count() by user | where n > 1 | project user;\n\
         let same = Mail | where action == 'send';\n\
         same\n| join kind=leftanti ( known ) on user\n| order by size\n\
         | join kind=leftsemi (same | where size > 8) on user",
        "
let same
1 Mail -- read 5 rows
2 where action == 'send' -- kept 4 of 5 rows
let known
3 Mail -- read 5 rows
4 where size > 4 -- kept 3 of 5 rows
5 summarize n = count() by user -- grouped 3 rows into 3
6 where n > 1 -- kept none of 3 rows
7 project user -- removed n
right side of step 13
8 same -- passed 4 rows on
9 where size > 8 -- kept 1 of 4 rows
result
10 same -- passed 4 rows on
11 join kind=leftanti (known) on user -- kept all 4 rows: their user is not among 0 rows on the right
12 order by size -- ordered 4 rows
13 join kind=leftsemi (same | …) on user -- kept 1 of 4 rows: their user is among 1 row on the right",
    );
}

#[test]
fn sides_and_parts() {
    check(
        "Mail | join (Users | where role == 'admin') on user | union (Mail | take 1), Users",
        "
right side of step 7
1 Users -- read 2 rows
2 where role == 'admin' -- kept 1 of 2 rows
part of step 8
3 Mail -- read 5 rows
4 take 1 -- kept 1 of 5 rows
part of step 8
5 Users -- read 2 rows
result
6 Mail -- read 5 rows
7 join (…) on user -- paired 5 rows with 1 by user: 1 row came out; 4 of the left are in no pair
8 union (…), Users -- put 3 tables together: 1 + 1 + 2",
    );
    check(
        "union Mail, Users | count",
        "
part of step 3
1 Mail -- read 5 rows
part of step 3
2 Users -- read 2 rows
result
3 union Mail, Users -- put 2 tables together: 5 + 2
4 count -- summed 7 rows up in one",
    );
    check(
        "Mail | where user in ((Users | project user)) and size > toscalar(Mail | summarize min(size))",
        "
list in step 6
1 Users -- read 2 rows
2 project user -- removed role
value in step 6
3 Mail -- read 5 rows
4 summarize min(size) -- summed 5 rows up in one
result
5 Mail -- read 5 rows
6 where user in ((…)) and size > toscalar(…) -- kept 2 of 5 rows",
    );
}

#[test]
fn functions_and_named_tables() {
    check(
        "Large(5) | as Big | join kind=inner (Big | distinct user) on user | lookup Users on user",
        "
right side of step 7
1 Big -- passed 3 rows on
2 distinct user -- found 3 distinct rows among 3
right side of step 8
3 Users -- read 2 rows
result
4 Mail -- read 5 rows
5 where size >= least -- kept 3 of 5 rows
6 as Big -- named 3 rows
7 join kind=inner (Big | …) on user -- paired 3 rows with 3 by user: 3 rows came out
8 lookup Users on user -- paired 3 rows with 2 by user: 3 rows came out; 1 of the right are in no pair",
    );
    check(
        "let few = (T: (user: string), n: long) { T | where user startswith 'a' | take n };\n\
         Mail | invoke few(2) | sort by user | serialize r = row_number() | where prev(size) > 2",
        "
result
1 Mail -- read 5 rows
2 where user startswith 'a' -- kept 2 of 5 rows
3 take n -- kept all 2 rows
4 sort by user -- ordered 2 rows
5 serialize r = row_number() -- added r
6 where prev(size) > 2 -- kept 1 of 2 rows",
    );
    check(
        "let D = datatable(x: long, l: dynamic)[1, dynamic([1,2]), 2, dynamic([])]; D | mv-expand l | top 1 by x",
        "
result
1 D -- gave 2 rows
2 mv-expand l -- expanded 2 rows into 2; 1 row had no item
3 top 1 by x -- kept 1 of 2 rows, the first in this order",
    );
    let told = explain("Large(5) | where user == 'ann'");
    let places: Vec<Option<usize>> = told.steps().map(|step| step.span.map(|span| span.column)).collect();
    assert_eq!(places, [None, None, Some(12)], "the text of a stored function is not the query's");
    assert_eq!(told.step(2).unwrap().function.as_deref(), Some("Large"));
}

#[test]
fn columns_samples_and_notes() {
    let told = explain("Mail | project user, big = size > 4 | order by big | where big | distinct user");
    let step = told.step(2).unwrap();
    assert_eq!((step.rows_in, step.rows_out), (5, 5));
    assert_eq!(step.columns_added, ["big"]);
    assert_eq!(step.columns_removed, ["action", "size"]);
    assert_eq!(step.sample[1], [Value::from("ann"), Value::Bool(true)]);
    let notes: Vec<&str> = told.steps().flat_map(|step| &step.notes).map(String::as_str).collect();
    assert_eq!(notes, ["`order by` before `distinct` has no effect on the result"]);
}

#[test]
fn limits_hold() {
    let limits = kqlite::Limits { rows: 10, ..kqlite::Limits::default() };
    let options = Options::new(DateTime::UNIX_EPOCH).limits(limits);
    let database = database();
    let query = database.compile("range x from 1 to 100 step 1 | take 3").unwrap();
    let error = query.explain(&database, &options).unwrap_err().to_string();
    assert!(error.contains("gives more rows than the limit of 10"), "{error}");
    let limits = kqlite::Limits { bytes: 10_000, ..kqlite::Limits::default() };
    let options = Options::new(DateTime::UNIX_EPOCH).limits(limits);
    let query = database.compile("range x from 1 to 1000 step 1 | extend y = x | extend z = y").unwrap();
    let error = query.explain(&database, &options).unwrap_err().to_string();
    assert!(error.contains("limit of 10000 bytes"), "{error}");
}
