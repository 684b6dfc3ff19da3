//! Explains runs: steps, numbers, sentences, texts; why rows are in the answer or why not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use kqlite::{Database, DateTime, Explanation, Options, Outcome, ScalarType, Schema, Table, Value};

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
    let explanation = query.explain(&database, &options).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(explanation.rows, query.run(&database, &options).unwrap().len(), "the answer is the same");
    explanation
}

/// One line for each step, under the name of its pipeline.
fn steps(query: &str) -> String {
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
    assert_eq!(steps(query).trim_end(), expected.trim_start(), "{query}");
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
    let explanation = explain("Large(5) | where user == 'ann'");
    let places: Vec<Option<usize>> =
        explanation.steps().map(|step| step.span.map(|span| span.column)).collect();
    assert_eq!(places, [None, None, Some(12)], "the text of a stored function is not the query's");
    assert_eq!(explanation.step(2).unwrap().function.as_deref(), Some("Large"));
}

#[test]
fn columns_samples_and_notes() {
    let explanation =
        explain("Mail | project user, big = size > 4 | order by big | where big | distinct user");
    let step = explanation.step(2).unwrap();
    assert_eq!((step.rows_in, step.rows_out), (5, 5));
    assert_eq!(step.columns_added, ["big"]);
    assert_eq!(step.columns_removed, ["action", "size"]);
    assert_eq!(step.sample[1], [Value::from("ann"), Value::Bool(true)]);
    let notes: Vec<&str> = explanation.steps().flat_map(|step| &step.notes).map(String::as_str).collect();
    assert_eq!(notes, ["`order by` before `distinct` has no effect on the result"]);
    let explanation = explain("Mail | join Users on user");
    let expected = "an innerunique join (the default) takes one left row of each key: 1 row more had a partner; kind=inner takes \
                    all";
    assert_eq!(explanation.step(3).unwrap().notes, [expected]);
    assert!(explain("Mail | join kind=inner Users on user").step(3).unwrap().notes.is_empty());
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

/// One line for each path of a row: the pipeline, and the text of its end.
fn paths(query: &str, row: &str) -> String {
    let database = database();
    let query = database.compile(query).unwrap_or_else(|error| panic!("{error}"));
    let options = Options::new(DateTime::UNIX_EPOCH);
    let why = query.why(&database, &options, &[row.parse().unwrap()]);
    let why = why.unwrap_or_else(|error| panic!("{error}"));
    let mut out = String::new();
    for path in &why.traces[0].paths {
        let notes: Vec<String> = path
            .steps
            .iter()
            .filter_map(|step| step.note.as_ref().map(|note| format!(" [{}: {note}]", step.step.number)))
            .collect();
        let end = match &path.outcome {
            Outcome::Answer { rows, table: None } => format!("answer {rows:?}"),
            Outcome::Answer { rows, table: Some(table) } => format!("{table} {rows:?}"),
            Outcome::Dropped { step, text } => format!("vanished at {}: {text}", step.number),
            Outcome::Compared { step, text } => format!("compared at {}: {text}", step.number),
        };
        out.push_str(&format!("{}:{} {end}\n", path.pipeline, notes.concat()));
    }
    out
}

#[track_caller]
fn check_paths(query: &str, row: &str, expected: &str) {
    assert_eq!(paths(query, row).trim_end(), expected, "{query}, {row}");
}

#[test]
fn conditions_with_their_values() {
    let check = |condition: &str, row: usize, expected: &str| {
        let query = format!("Mail | where {condition}");
        check_paths(&query, &format!("Mail[{row}]"), &format!("result: vanished at 2: {expected}"));
    };
    check("action == 'send' and size > 5", 0, "`size > 5` is false: size is 3");
    check(
        "not(user == 'bob') or size > 100",
        2,
        "`not(user == 'bob') or size > 100` is false: `not(user == 'bob')` is false: `user == 'bob'` is true: user is \
         \"bob\"; `size > 100` is false: size is 7",
    );
    check(
        "(user == 'ann' or size > 5) and (action =~ 'DROP' or isempty(user))",
        4,
        "`action =~ 'DROP' or isempty(user)` is false: `action =~ 'DROP'` is false: action is \"send\"; `isempty(user)` is \
         false: user is \"cid\"",
    );
    check(
        "user in ('Bob', 'Ann')",
        1,
        "`user in ('Bob', 'Ann')` is false: user is \"ann\"; a text of the list differs in case alone, which in~ does not \
         mind",
    );
    check("size between (4 .. 6)", 0, "`size between (4 .. 6)` is false: size is 3");
    check(
        "strlen(strcat(user, action)) > 10",
        0,
        "`strlen(strcat(user, action)) > 10` is false: strlen(strcat(user, action)) is 7, user is \"ann\" and action is \
         \"send\"",
    );
    check_paths(
        "Mail | where user in ((Users | project user))",
        "Mail[4]",
        "result: vanished at 4: `user in ((…))` is false: user is \"cid\"; the list is that of step 2, with 2 values",
    );
    check("rand() > 2", 2, "`rand() > 2` draws random numbers, which were others in the run");
    check(
        "tolong(action) > 1",
        0,
        "`tolong(action) > 1` is null: tolong(action) is null and action is \"send\"",
    );
    check_paths(
        "let most = 3; let who = 'ann'; Mail | where size < most and user == who",
        "Mail[1]",
        "result: vanished at 2: `size < most` is false: size is 5 and most is 3",
    );
    check_paths(
        "Mail | extend big = size > 5 | where big",
        "Mail[0]",
        "result: vanished at 3: `big` is false",
    );
    check_paths(
        "Mail | sort by size asc | where prev(size) > 3",
        "Mail[0]",
        "result: vanished at 3: `prev(size) > 3` is false: prev(size) is 1 and size is 3",
    );
    check_paths(
        "Large(5) | where user == 'ann'",
        "Mail[0]",
        "result: vanished at 2: `size >= least` is false: size is 3 and least is 5",
    );
}

#[test]
fn rows_that_joins_lose() {
    let none = "which none of the 2 rows of the right side has";
    let of_left = "which none of the 5 rows of the left side has";
    for (kind, row, expected) in [
        ("inner", "Mail[2]", format!("result: vanished at 3: user is \"bob\", {none}")),
        ("inner", "Users[1]", format!("right side of step 3: vanished at 3: user is \"dan\", {of_left}")),
        ("leftouter", "Users[1]", format!("right side of step 3: vanished at 3: user is \"dan\", {of_left}")),
        ("leftouter", "Mail[2]", "result: answer [2]".to_owned()),
        ("leftsemi", "Mail[3]", format!("result: vanished at 3: user is \"bob\", {none}")),
        (
            "leftanti",
            "Mail[1]",
            "result: vanished at 3: user is \"ann\", which is on the right side (step 1), made of Users[0]".to_owned(),
        ),
        (
            "rightanti",
            "Users[0]",
            "right side of step 3: vanished at 3: user is \"ann\", which is on the left side (step 2) 2 times, made of \
             Mail[0] and [1]"
                .to_owned(),
        ),
        (
            "rightanti",
            "Mail[1]",
            "result: compared at 3: its user is \"ann\", which removes 1 row of the right side".to_owned(),
        ),
        (
            "innerunique",
            "Mail[1]",
            "result: vanished at 3: user is \"ann\": an innerunique join (the default) takes the first left row of each key \
             alone, here that of Mail[0]"
                .to_owned(),
        ),
        ("innerunique", "Users[0]", "right side of step 3: answer [0]".to_owned()),
    ] {
        check_paths(&format!("Mail | join kind={kind} Users on user"), row, &expected);
    }
}

#[test]
fn partners_that_vanished_before_the_join() {
    check_paths(
        "let Admins = Users | where role == 'guest' | distinct user;\n\
         Mail | join kind=leftsemi (Admins | project name = user) on $left.user == $right.name",
        "Mail[0]",
        "result: vanished at 7: user is \"ann\", which the only row of the right side has not; Users[0] with this key vanished \
         at step 2: `role == 'guest'` is false: role is \"admin\"",
    );
    check_paths(
        "Mail | where action == 'drop' | join kind=inner (Mail | top 1 by size | extend key = tolower(user)) on $left.user == \
         $right.key",
        "Mail[2]",
        "right side of step 6: vanished at 2: size is 7: it is row 2 of 5 in this order, and 1 is kept; of the last one kept \
         size is 9\n\
         result: vanished at 6: user is \"bob\", which the only row of the right side has not; Mail[2] with this key vanished \
         at step 2: size is 7: it is row 2 of 5 in this order, and 1 is kept; of the last one kept size is 9, and others",
    );
}

#[test]
fn a_table_that_is_read_twice() {
    check_paths(
        "Mail | join kind=inner (Mail | project user, other = size) on user | where other > 4",
        "Mail[1]",
        "right side of step 4: [4: is paired with 2 rows] answer [0, 1]\n\
         result: [4: is paired with 2 rows] answer [1]",
    );
    check_paths(
        "union Mail, (Mail | where size > 8)",
        "Mail[0]",
        "part of step 4: answer [0]\npart of step 4: vanished at 3: `size > 8` is false: size is 3",
    );
    check_paths(
        "let S = Mail | where size > 2; S | join kind=leftanti (S | where action == 'drop') on user",
        "Mail[2]",
        "let S: compared at 6: its user is \"bob\", which removes 1 row of the left side\n\
         let S: vanished at 6: user is \"bob\", which is on the right side (step 4), made of Mail[2]",
    );
    check_paths(
        "Mail | where size > toscalar(Mail | summarize max(size))",
        "Mail[2]",
        "value in step 4: [2: is summed up with others, 5 rows in all: max_size 9] compared at 4: it is a value that the \
         step looks at\n\
         result: vanished at 4: `size > toscalar(…)` is false: size is 7 and toscalar(…) is 9",
    );
}

#[test]
fn groups_ranks_and_items() {
    check_paths(
        "Mail | summarize n = count(), total = sum(size) by user | where n > 1 and total > 50",
        "Mail[0]",
        "result: [2: is one of 2 rows of the group user \"ann\": n 2, total 8] vanished at 3: `total > 50` is false: total is 8",
    );
    check_paths("Mail | distinct user", "Mail[1]", "result: [2: is one of 2 equal rows] answer [0]");
    check_paths(
        "Mail | count",
        "Mail[0]",
        "result: [2: is summed up with others, 5 rows in all: Count 5] answer [0]",
    );
    check_paths(
        "Mail | top 2 by size desc",
        "Mail[1]",
        "result: vanished at 2: size is 5: it is row 3 of 5 in this order, and 2 are kept; of the last one kept size is 7",
    );
    check_paths("Mail | take 2", "Mail[3]", "result: vanished at 2: it is row 4 of 5, and 2 are kept");
    check_paths(
        "Mail | parse-where action with 'dr' rest | project rest",
        "Mail[0]",
        "result: vanished at 2: action is \"send\", which does not match",
    );
    check_paths(
        "Mail | mv-expand x = split(user, 'n') | where x == 'b'",
        "Mail[0]",
        "result: [2: becomes 3 rows] vanished at 3: `x == 'b'` is false: x is a",
    );
    check_paths(
        "let D = datatable(x: long, l: dynamic)[1, dynamic([]), 2, dynamic([1])]; D | mv-expand l",
        "D[0]",
        "result: vanished at 2: l is []: there is no item to make a row of",
    );
    check_paths(
        "datatable(x: long)[1, 2] | where x > 1",
        "datatable[0]",
        "result: vanished at 2: `x > 1` is false: x is 1",
    );
}

#[test]
fn questions_about_rows_that_are_not_there() {
    let database = database();
    let options = Options::new(DateTime::UNIX_EPOCH);
    let query = database.compile("Mail | where user in (Users)").unwrap();
    let why = |row: &str| query.why(&database, &options, &[row.parse().unwrap()]).unwrap_err().to_string();
    assert_eq!(why("Mail[5]"), "error[KQL0401]: there is no Mail[5]: Mail has 5 rows, 0 to 4\n");
    assert_eq!(why("Mial[0]"), "error[KQL0102]: the query reads no table 'Mial': it reads Users and Mail\n");
    let origins = query.origins(&database, &options, 7).unwrap_err().to_string();
    assert_eq!(origins, "error[KQL0401]: the answer has no row 7: it has 2 rows, 0 to 1\n");
    let error = database.rows_where("Mail", "siez > 1", &options).unwrap_err().to_string();
    assert!(error.contains("1 | siez > 1\n  | ^^^^"), "{error}");
    assert!(error.contains("did you mean 'size'?"), "{error}");
    let error = database.rows_where("Mial", "size > 1", &options).unwrap_err().to_string();
    assert_eq!(error, "error[KQL0102]: there is no table 'Mial'\n  = help: there are: Mail, Users\n");
    let rows = database.rows_where("Mail", "size > 4 and user != 'cid'", &options).unwrap();
    assert_eq!(rows.iter().map(ToString::to_string).collect::<Vec<_>>(), ["Mail[1]", "Mail[2]"]);
}

#[test]
fn external_data_is_named_by_location() {
    let mut database = database();
    let rows = |numbers: &[i64]| {
        let schema = Schema::new([("n", ScalarType::Long)]);
        Table::from_rows(schema, numbers.iter().map(|n| vec![Value::from(*n)]))
    };
    database.insert_external("https://a", rows(&[1, 2])).insert_external("https://b", rows(&[3, 4]));
    let query = database.compile("externaldata(n: long)['https://a', 'https://b'] | where n != 2").unwrap();
    let options = Options::new(DateTime::UNIX_EPOCH);
    let lineage = query.origins(&database, &options, 2).unwrap();
    assert_eq!(lineage.sources[0].row.to_string(), "https://b[1]");
    let why = query.why(&database, &options, &["https://a[1]".parse().unwrap()]).unwrap();
    assert_eq!(why.traces[0].summary, "vanishes at step 2: `n != 2` is false: n is 2");
}

#[test]
fn the_json_form() {
    let database = database();
    let options = Options::new(DateTime::UNIX_EPOCH);
    let query = database.compile("Mail | where size > 8 | project user").unwrap();
    let json = |text: serde_json::Result<String>| -> serde_json::Value {
        serde_json::from_str(&text.unwrap()).unwrap()
    };
    let explanation = json(serde_json::to_string(&query.explain(&database, &options).unwrap()));
    let step = &explanation["pipelines"][0]["steps"][1];
    assert_eq!(
        *step,
        serde_json::json!({
            "number": 2,
            "operator": "where",
            "text": "where size > 8",
            "span": {"start": 7, "end": 21, "line": 1, "column": 8},
            "inputs": [{"step": 1, "role": "piped", "rows": 5}],
            "rows_in": 5,
            "rows_out": 1,
            "columns": [
                {"name": "user", "type": "string"},
                {"name": "action", "type": "string"},
                {"name": "size", "type": "long"}
            ],
            "columns_added": [],
            "columns_removed": [],
            "sample": [["cid", "send", 9]],
            "summary": "kept 1 of 5 rows",
            "notes": []
        })
    );
    let why = query.why(&database, &options, &["Mail[0]".parse().unwrap()]).unwrap();
    let fate = &json(serde_json::to_string(&why))["fates"][0];
    assert_eq!(fate["row"], "Mail[0]");
    assert_eq!(fate["results"], serde_json::json!([]));
    let step = serde_json::json!({"number": 2, "text": "where size > 8"});
    let sentence = "`size > 8` is false: size is 3";
    assert_eq!(
        fate["paths"],
        serde_json::json!([{
            "pipeline": "result",
            "kind": "result",
            "read": {"number": 1, "text": "Mail"},
            "stages": [{
                "step": step,
                "rows": 0,
                "lost": 1,
                "losses": [{
                    "row": 0,
                    "reason": {
                        "kind": "condition",
                        "conditions": [{
                            "text": "size > 8",
                            "value": false,
                            "cells": [{"name": "size", "value": 3}],
                            "sentence": sentence
                        }],
                        "failed": 0
                    },
                    "text": sentence
                }]
            }],
            "end": {"kind": "vanished", "step": step, "text": sentence}
        }])
    );
    let origins = json(serde_json::to_string(&query.origins(&database, &options, 0).unwrap()));
    assert_eq!(
        origins,
        serde_json::json!({
            "row": 0,
            "cells": [{"name": "user", "value": "cid"}],
            "sources": [{
                "row": "Mail[4]",
                "read": [{"number": 1, "text": "Mail"}],
                "cells": [
                    {"name": "user", "value": "cid"},
                    {"name": "action", "value": "send"},
                    {"name": "size", "value": 9}
                ]
            }]
        })
    );
}

#[test]
fn long_and_tangled_queries_are_explained_too() {
    let database = database();
    let options = Options::new(DateTime::UNIX_EPOCH);
    let ask = |text: &str| {
        let query = database.compile(text).unwrap_or_else(|error| panic!("{error}"));
        let steps = query.explain(&database, &options).unwrap().steps().count();
        let why = query.why(&database, &options, &["Mail[4]".parse().unwrap()]).unwrap();
        (steps, why.traces[0].paths.len(), why.traces[0].results.clone())
    };
    let (steps, paths, results) = ask(&format!("Mail{}", " | where size > 0".repeat(250)));
    assert_eq!((steps, paths, results), (251, 1, vec![4]));
    // Each table reads the one before it twice: there are 2^30 ways for a row.
    let mut text = "let t0 = Mail | distinct user;\n".to_owned();
    for n in 0..30 {
        text.push_str(&format!("let t{} = t{n} | join kind=inner (t{n}) on user | project user;\n", n + 1));
    }
    let (_, paths, results) = ask(&format!("{text}t30"));
    assert!(paths <= 60, "{paths}");
    assert_eq!(results, [2]);
    // Functions that call one another twice.
    let mut text = "let f0 = () { Mail | where size > 0 };\n".to_owned();
    for n in 0..9 {
        text.push_str(&format!("let f{} = () {{ union f{n}(), f{n}() }};\n", n + 1));
    }
    let (steps, ..) = ask(&format!("{text}f9() | count"));
    assert_eq!(steps, 512 * 2 + 511 + 1);
}
