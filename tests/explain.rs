//! Explains runs: steps, numbers, sentences, texts; why rows are in the answer or why not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use kqlite::explain::{ExplainedPipeline, Explanation, InputRole, Outcome, PipelineKind};
use kqlite::{Database, DateTime, Options, ScalarType, Schema, Table, Value};

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

/// One line for each step in the order of the numbers, under the name of its pipeline where that changes.
fn steps(query: &str) -> String {
    let explanation = explain(query);
    let mut out = String::new();
    let mut last: Option<&ExplainedPipeline> = None;
    for step in explanation.steps() {
        let holds = |it: &&ExplainedPipeline| it.steps.iter().any(|other| other.number == step.number);
        let pipeline = explanation.pipelines.iter().find(holds).unwrap();
        if !last.is_some_and(|last| std::ptr::eq(last, pipeline)) {
            out.push_str(&format!("{}\n", pipeline.name));
            last = Some(pipeline);
        }
        out.push_str(&format!("{} {} -- {}\n", step.number, step.text, step.summary));
    }
    out
}

#[track_caller]
fn check(query: &str, expected: &str) {
    assert_eq!(steps(query).trim_end(), expected.trim_start(), "{query}");
}

/// The notes on all steps.
fn notes(query: &str) -> String {
    let explanation = explain(query);
    let notes: Vec<&str> = explanation.steps().flat_map(|step| &step.notes).map(String::as_str).collect();
    notes.join("\n")
}

/// The expectations are counted by hand.
#[test]
fn a_step_that_keeps_none_says_what_would_have_matched() {
    let cases = [
        (
            "Mail | where action == 'SEND'",
            "none of 5 rows meets `action == 'SEND'`; 4 do in another case (=~)",
        ),
        (
            "Mail | where size > 1 | where action in ('Send', 'Drop')",
            "none of 4 rows meets `action in ('Send', 'Drop')`; 4 do in another case (in~)",
        ),
        (
            "Mail | where user has 'an'",
            "none of 5 rows meets `user has 'an'`; 2 do as a part of the text (contains)",
        ),
        (
            "Mail | where user startswith 'n'",
            "none of 5 rows meets `user startswith 'n'`; 2 do as a part of the text (contains)",
        ),
        (
            "datatable (a: string) ['', 'x'] | where isnull(a)",
            "none of 2 rows meets `isnull(a)`; 1 does as an empty text, which is no null (isempty)",
        ),
        (
            "datatable (d: dynamic) [dynamic({'Total': 5}), dynamic({'Total': 1})] | where d.total > 1",
            "none of 2 rows meets `d.total > 1`; 1 does by the member 'Total', which is not 'total'",
        ),
        (
            "datatable (d: dynamic) [dynamic({'Total': 5})] | where d['total'] == 5",
            "none of 1 row meets `d['total'] == 5`; 1 does by the member 'Total', which is not 'total'",
        ),
        ("Mail | where action == 'send' and user == 'dan'", "none of 5 rows meets `user == 'dan'`"),
        (
            "Mail | where size > 8 and user == 'ann'",
            "of 5 rows, 1 meets `size > 8` and 2 meet `user == 'ann'`, and none meets all",
        ),
        (
            "Mail | where action == 'en'",
            "none of 5 rows meets `action == 'en'`; 4 do as a part of the text (contains_cs)",
        ),
        ("Mail | where action == ''", ""),
        ("Mail | where size > 100", ""),
        ("Mail | where action == 'SEND' or user == 'ann'", ""),
        ("Mail | where false and rand() > 2", "none of 5 rows meets `false`"),
    ];
    for (query, expected) in cases {
        assert_eq!(notes(query), expected, "{query}");
    }
}

#[test]
fn of_very_many_conditions_none_is_tried() {
    let many =
        |count: i32| (0..count).map(|n| format!("size > {}", 100 + n)).collect::<Vec<_>>().join(" and ");
    assert_eq!(notes(&format!("Mail | where {}", many(64))).lines().count(), 64);
    assert_eq!(notes(&format!("Mail | where {}", many(65))), "");
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
8 lookup Users on user -- paired 3 rows with 2 by user: 3 rows came out; 1 of the right is in no pair",
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
            other => format!("{other:?}"),
        };
        out.push_str(&format!("{}:{} {end}\n", path.pipeline, notes.concat()));
    }
    out
}

/// The sentence that sums a row's paths up.
fn summary(query: &str, row: &str) -> String {
    let database = database();
    let query = database.compile(query).unwrap_or_else(|error| panic!("{error}"));
    let why = query.why(&database, &Options::new(DateTime::UNIX_EPOCH), &[row.parse().unwrap()]);
    why.unwrap_or_else(|error| panic!("{error}")).traces.remove(0).summary
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
    check(
        "user has 'an'",
        0,
        "`user has 'an'` is false: user is \"ann\"; it holds as a part of the text (contains)",
    );
    check(
        "user endswith 'an'",
        0,
        "`user endswith 'an'` is false: user is \"ann\"; it holds as a part of the text (contains)",
    );
    check("user has 'bob'", 0, "`user has 'bob'` is false: user is \"ann\"");
    check_paths(
        "Mail | extend d = dynamic({'Total': 5}) | where d.total == 5",
        "Mail[0]",
        "result: vanished at 3: `d.total == 5` is false: d.total is null and d is {\"Total\":5}; it holds by the member \
         'Total', which is not 'total'",
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
         result: vanished at 6: user is \"bob\", which the only row of the right side has not; Mail[2] and other rows with \
         this key vanished at step 2: size is 7: it is row 2 of 5 in this order, and 1 is kept; of the last one kept size is 9",
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
fn a_subquery_over_subtables() {
    // The subquery stands between the step before `partition` and `partition` itself, as rows flow.
    check(
        "Mail | where size > 1 | partition by user (top 1 by size) | where size > 5",
        "
result
1 Mail -- read 5 rows
2 where size > 1 -- kept 4 of 5 rows
subquery of step 5
3 the rows of each user -- divided 4 rows into 3 subtables, one for each user
4 top 1 by size -- kept 3 of 4 rows, the first of each of 3 subtables in this order
result
5 partition by user (…) -- ran the subquery for 3 subtables: 3 rows came out
6 where size > 5 -- kept 2 of 3 rows",
    );
    check(
        "Mail | partition hint.strategy=native by action (where size > 2 | summarize n = count() | extend of = action)",
        "
result
1 Mail -- read 5 rows
subquery of step 6
2 the rows of each action -- divided 5 rows into 2 subtables, one for each action
3 where size > 2 -- kept 4 of 5 rows, over 2 subtables
4 summarize n = count() -- summed 4 rows up in 2, one for each subtable
5 extend of = action -- added of, over 2 subtables
result
6 partition hint.strategy=native by action (…) -- ran the subquery for 2 subtables: 2 rows came out",
    );
    // What is read in the subquery, and a subquery in a subquery.
    check(
        "Mail | partition by user (join kind=inner (Users | where role == 'admin') on user | partition by action (take 1))",
        "
result
1 Mail -- read 5 rows
right side of step 5
2 Users -- read 2 rows
3 where role == 'admin' -- kept 1 of 2 rows
subquery of step 9
4 the rows of each user -- divided 5 rows into 3 subtables, one for each user
5 join kind=inner (…) on user -- paired 5 rows with 1 by user: 2 rows came out; 3 of the left are in no pair, over 3 \
         subtables
subquery of step 8
6 the rows of each action -- divided 2 rows into 1 subtable, one for each action
7 take 1 -- kept 1 of 2 rows, over 1 subtable
subquery of step 9
8 partition by action (…) -- ran the subquery for 1 subtable: 1 row came out, within 3 subtables
result
9 partition by user (…) -- ran the subquery for 3 subtables: 1 row came out",
    );
    let explanation = explain("Mail | partition by user (top 1 by size)");
    let body = &explanation.pipelines[0];
    assert_eq!((body.kind, body.name.as_str()), (PipelineKind::Body, "subquery of step 4"));
    let source = &body.steps[0];
    assert_eq!((source.operator.as_str(), source.rows_in, source.rows_out), ("rows", 5, 5));
    assert_eq!(
        (source.inputs[0].step, source.inputs[0].role, source.inputs[0].rows),
        (1, InputRole::Piped, 5)
    );
    let partition = explanation.step(4).unwrap();
    let inputs: Vec<_> = partition.inputs.iter().map(|it| (it.step, it.role, it.rows)).collect();
    assert_eq!(inputs, [(1, InputRole::Piped, 5), (3, InputRole::Body, 3)]);
    assert_eq!((partition.rows_in, partition.rows_out), (5, 3));
}

#[test]
fn a_subquery_with_a_source_of_its_own() {
    let query =
        "Mail | where size < 8 | partition by user {Users | where user == toscalar(user) | project role}";
    check(
        query,
        "
result
1 Mail -- read 5 rows
2 where size < 8 -- kept 4 of 5 rows
subquery of step 6
3 Users -- read 2 rows
4 where user == toscalar(user) -- kept 1 of 4 rows, over 2 subtables, each of which reads the same 2 rows
5 project role -- removed user, over 2 subtables
result
6 partition by user {…} -- divided 4 rows into 2 subtables, one for each user, and ran the subquery for each: 1 row came out",
    );
    let explanation = explain(query);
    let filter = explanation.step(4).unwrap();
    assert_eq!((filter.rows_in, filter.inputs[0].rows, filter.rows_out), (4, 2, 1));
    check_paths(
        query,
        "Mail[0]",
        "result: compared at 6: its user is \"ann\", for which the subquery is run",
    );
    check_paths(query, "Users[0]", "subquery of step 6: answer [0]");
    check_paths(
        query,
        "Users[1]",
        "subquery of step 6: vanished at 4: it is kept in none of 2 subtables; in that of user \"ann\", `user == toscalar(user)` \
         is false: user is \"dan\" and toscalar(user) is \"ann\"",
    );
    // The subtable that is spoken of is the one in which the row came furthest.
    check_paths(
        "Users | partition by user {Mail | where user == toscalar(user) and size > 5}",
        "Mail[1]",
        "subquery of step 4: vanished at 3: it is kept in none of 2 subtables; in that of user \"ann\", `size > 5` is false: \
         size is 5",
    );
    check_paths(
        "datatable(user: string)['ann', 'bob'] | partition by user {Mail | where user == toscalar(user) and size > 5}",
        "Mail[3]",
        "subquery of step 4: vanished at 3: it is kept in none of 2 subtables; in that of user \"bob\", `size > 5` is false: \
         size is 1",
    );
    // A row that several subtables read is joined in each of them; the second one has its matches.
    let semi = "datatable(user: string)['bob', 'ann'] | partition by user {Users | join kind=leftsemi (Mail | where user == \
                toscalar(user)) on user}";
    let database = database();
    let semi = database.compile(semi).unwrap();
    let lineage = semi.origins(&database, &Options::new(DateTime::UNIX_EPOCH), 0).unwrap();
    let sources: Vec<String> = lineage.sources.iter().map(|it| it.row.to_string()).collect();
    assert_eq!(sources, ["Mail[0]", "Mail[1]", "Users[0]"]);
    check_paths(
        "datatable(user: string, n: long)['bob', 1, 'ann', 2] | partition by user (join kind=leftanti Users on user)",
        "Users[0]",
        "right side of step 4: compared at 4: its user is \"ann\", which removes 1 row of the left side",
    );
    // A row of the outer table is not in the answer; what the subquery read of it is.
    assert_eq!(
        summary(query, "Mail[0]"),
        "is compared at step 6: its user is \"ann\", for which the subquery is run"
    );
    let own = "Mail | partition by user {Mail | where user == toscalar(user) | top 1 by size}";
    assert_eq!(
        summary(own, "Mail[0]"),
        "vanishes at step 4: size is 3: it is row 2 of the 2 of its subtable in this order, and 1 is kept; of the last one \
         kept size is 5"
    );
    assert_eq!(summary(own, "Mail[1]"), "is in row 0 of the answer");
}

#[test]
fn a_subquery_over_the_items_of_each_row() {
    // The items: 1 and 2; none; 7.
    let source =
        "datatable(k: string, l: dynamic)['a', dynamic([1, 2]), 'b', dynamic([]), 'c', dynamic([7])]";
    let query =
        format!("{source} | mv-apply x = l to typeof(long) on (where x > 1 | project x) | where x < 5");
    check(
        &query,
        "
result
1 datatable -- gave 3 rows
subquery of step 5
2 the items of each row -- expanded 3 rows into 3, a subtable for each row; 1 row had no item
3 where x > 1 -- kept 2 of 3 rows, over 2 subtables
4 project x -- kept 1 of 3 columns, over 2 subtables
result
5 mv-apply x = l to typeof(long) on (…) -- ran the subquery for 2 subtables: 2 rows came out
6 where x < 5 -- kept 1 of 2 rows",
    );
    let explanation = explain(&query);
    assert_eq!(explanation.step(2).unwrap().columns_added, ["x"]);
    assert_eq!(explanation.step(5).unwrap().columns_added, ["x"]);
    check_paths(&query, "datatable[0]", "result: [2: becomes 2 rows] answer [0]");
    check_paths(&query, "datatable[1]", "result: vanished at 2: l is []: there is no item to make a row of");
    check_paths(&query, "datatable[2]", "result: vanished at 6: `x < 5` is false: x is 7");
    check_paths(
        &format!("{source} | mv-apply x = l to typeof(long) on (top 1 by x asc | where x > 1)"),
        "datatable[0]",
        "result: [2: becomes 2 rows] vanished at 4: `x > 1` is false: x is 1",
    );
    // A subquery that sums up gives a row for a row none of whose items is left.
    check_paths(
        &format!("{source} | mv-apply x = l to typeof(long) on (where x > 5 | summarize s = sum(x))"),
        "datatable[0]",
        "result: [2: becomes 2 rows] vanished at 3: `x > 5` is false: x is 1\n\
         result: [2: becomes 2 rows] [5: the subquery gave 1 row for it, made of none of its items] answer [0]",
    );
}

#[test]
fn rows_in_subtables() {
    let query = "Mail | partition by user (top 1 by size) | where size > 5";
    check_paths(
        query,
        "Mail[0]",
        "result: [2: is one of 2 rows of the subtable user \"ann\"] vanished at 3: size is 3: it is row 2 of the 2 of its \
         subtable in this order, and 1 is kept; of the last one kept size is 5",
    );
    check_paths(
        query,
        "Mail[1]",
        "result: [2: is one of 2 rows of the subtable user \"ann\"] vanished at 5: `size > 5` is false: size is 5",
    );
    check_paths(query, "Mail[4]", "result: [2: is the only row of the subtable user \"cid\"] answer [1]");
    check_paths(
        "Mail | partition by user (take 1)",
        "Mail[3]",
        "result: [2: is one of 2 rows of the subtable user \"bob\"] vanished at 3: it is row 2 of the 2 of its subtable, and 1 \
         is kept",
    );
    check_paths(
        "Mail | partition by user (summarize n = count() | where n > 5)",
        "Mail[0]",
        "result: [2: is one of 2 rows of the subtable user \"ann\"] [3: is summed up with others of its subtable, 2 rows in \
         all: n 2] vanished at 4: `n > 5` is false: n is 2",
    );
    // In a subtable rows are joined with those of the same one.
    let anti = "Mail | partition by user (as P | join kind=leftanti (P | where action == 'drop') on user)";
    check_paths(
        anti,
        "Mail[3]",
        "result: [4: is one of 2 rows of the subtable user \"bob\"] vanished at 3: `action == 'drop'` is false: action is \
         \"send\"\n\
         result: [4: is one of 2 rows of the subtable user \"bob\"] vanished at 6: user is \"bob\", which is on the right side \
         (step 3), made of Mail[2]",
    );
    check_paths(
        anti,
        "Mail[2]",
        "result: [4: is one of 2 rows of the subtable user \"bob\"] compared at 6: its user is \"bob\", which removes 2 rows of \
         the left side\n\
         result: [4: is one of 2 rows of the subtable user \"bob\"] vanished at 6: user is \"bob\", which is on the right side \
         (step 3), made of Mail[2]",
    );
    check_paths(
        "Mail | partition by user (as P | join kind=inner (P | where size > 100) on action)",
        "Mail[0]",
        "result: [4: is one of 2 rows of the subtable user \"ann\"] vanished at 3: `size > 100` is false: size is 3\n\
         result: [4: is one of 2 rows of the subtable user \"ann\"] vanished at 6: the right side has no rows in its subtable; \
         Mail[0] and other rows with this key vanished at step 3: `size > 100` is false: size is 3",
    );
}

#[test]
fn several_tables() {
    check(
        "Mail | where size > 1 | fork (where size > 3 | count) few = (take 2)",
        "
rows before fork
1 Mail -- read 5 rows
2 where size > 1 -- kept 4 of 5 rows
result Table_0
3 rows before fork -- passed 4 rows on
4 where size > 3 -- kept 3 of 4 rows
5 count -- summed 3 rows up in one
result few
6 rows before fork -- passed 4 rows on
7 take 2 -- kept 2 of 4 rows",
    );
    check(
        "Mail | where size > 3 | project user; Users | count",
        "
result Table_0
1 Mail -- read 5 rows
2 where size > 3 -- kept 3 of 5 rows
3 project user -- kept 1 of 3 columns
result Table_1
4 Users -- read 2 rows
5 count -- summed 2 rows up in one",
    );
    // A table with a name is computed once, and each statement reads it.
    check(
        "let Big = Mail | where size > 3; Big; Big | count",
        "
let Big
1 Mail -- read 5 rows
2 where size > 3 -- kept 3 of 5 rows
result Table_0
3 Big -- passed 3 rows on
result Table_1
4 Big -- passed 3 rows on
5 count -- summed 3 rows up in one",
    );
    let explanation = explain("Mail | where size > 3 | project user; Users | count");
    assert_eq!(explanation.rows, 3);
    let tables: Vec<_> = explanation.tables.iter().map(|it| (it.name.as_str(), it.rows)).collect();
    assert_eq!(tables, [("Table_0", 3), ("Table_1", 1)]);
    let kinds: Vec<_> = explanation.pipelines.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [PipelineKind::Result; 2]);
    assert!(explain("Mail | count").tables.is_empty(), "one table has no need of a name");
}

#[test]
fn a_row_in_several_tables() {
    let fork = "Mail | where size > 1 | fork (where size > 3 | count) few = (take 2)";
    check_paths(
        fork,
        "Mail[0]",
        "rows before fork: vanished at 4: `size > 3` is false: size is 3\n\
         rows before fork: few [0]",
    );
    check_paths(
        fork,
        "Mail[1]",
        "rows before fork: [5: is summed up with others, 3 rows in all: Count 3] Table_0 [0]\n\
         rows before fork: few [1]",
    );
    check_paths(fork, "Mail[3]", "rows before fork: vanished at 2: `size > 1` is false: size is 1");
    assert_eq!(summary(fork, "Mail[0]"), "is in row 0 of the table few");
    assert_eq!(summary(fork, "Mail[1]"), "is in row 0 of the table Table_0 and row 1 of the table few");
    assert_eq!(summary(fork, "Mail[3]"), "vanishes at step 2: `size > 1` is false: size is 1");
    let two = "Mail | where size > 3 | project user; Mail | where action == 'drop'";
    check_paths(
        two,
        "Mail[1]",
        "result Table_0: Table_0 [0]\nresult Table_1: vanished at 5: `action == 'drop'` is false: action is \"send\"",
    );
    check_paths(two, "Mail[2]", "result Table_0: Table_0 [1]\nresult Table_1: Table_1 [0]");
    // A row of the first table alone is asked for, and `results` are rows of it.
    let database = database();
    let options = Options::new(DateTime::UNIX_EPOCH);
    let query = database.compile(two).unwrap();
    let why =
        query.why(&database, &options, &["Mail[1]".parse().unwrap(), "Mail[2]".parse().unwrap()]).unwrap();
    assert_eq!((why.answer_rows, &why.traces[0].results, &why.traces[1].results), (3, &vec![0], &vec![1]));
    let tables: Vec<_> = why.traces[1].tables.iter().map(|it| (it.name.as_str(), &*it.rows)).collect();
    assert_eq!(tables, [("Table_0", &[1][..]), ("Table_1", &[0][..])]);
    let lineage = query.origins(&database, &options, 2).unwrap();
    assert_eq!(lineage.sources[0].row.to_string(), "Mail[4]");
    assert!(query.origins(&database, &options, 3).is_err());
    // A row of the second table alone is part of the answer.
    let query = database.compile("Mail | where size > 100; Mail | take 1").unwrap();
    let why = query.why(&database, &options, &["Mail[0]".parse().unwrap()]).unwrap();
    assert!(why.traces[0].results.is_empty() && why.traces[0].is_in_answer());
    assert_eq!(why.traces[0].ended_at(), None);
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
fn the_json_form_of_reasons() {
    let database = database();
    let options = Options::new(DateTime::UNIX_EPOCH);
    // The reason why the first path ends, and how it ends.
    let reason = |query: &str, row: &str| -> serde_json::Value {
        let query = database.compile(query).unwrap_or_else(|error| panic!("{error}"));
        let why = query.why(&database, &options, &[row.parse().unwrap()]).unwrap();
        let json: serde_json::Value = serde_json::to_value(&why).unwrap();
        let path = &json["fates"][0]["paths"].as_array().unwrap().last().unwrap();
        assert_eq!(path["end"]["kind"], "vanished");
        path["stages"].as_array().unwrap().last().unwrap()["losses"][0]["reason"].clone()
    };
    let user = |user: &str| serde_json::json!([{"name": "user", "value": user}]);
    assert_eq!(
        reason("Mail | join kind=leftanti Users on user", "Mail[1]"),
        serde_json::json!({
            "kind": "has_partner",
            "key": user("ann"),
            "count": 1,
            "partners": [{"row": 0, "source_count": 1, "sources": ["Users[0]"]}]
        })
    );
    assert_eq!(
        reason("Mail | join kind=inner (Users | where role == 'x') on user", "Mail[1]"),
        serde_json::json!({
            "kind": "no_partner",
            "key": user("ann"),
            "side": "right",
            "rows": 0,
            "missed": [{
                "sources": ["Users[0]"],
                "step": {"number": 2, "text": "where role == 'x'"},
                "text": "`role == 'x'` is false: role is \"admin\""
            }]
        })
    );
    assert_eq!(
        reason("Mail | join Users on user", "Mail[1]"),
        serde_json::json!({"kind": "key_taken", "key": user("ann"), "by": ["Mail[0]"]})
    );
    let rank = serde_json::json!({"kind": "rank", "rank": 4, "kept": 2});
    assert_eq!(reason("Mail | take 2", "Mail[3]"), rank);
    assert_eq!(
        reason("Mail | parse-where action with 'dr' rest", "Mail[0]"),
        serde_json::json!({"kind": "no_match", "text": {"name": "action", "value": "send"}})
    );
    let cells = serde_json::json!([{"name": "l", "value": []}]);
    assert_eq!(
        reason("datatable(l: dynamic)[dynamic([])] | mv-expand l", "datatable[0]"),
        serde_json::json!({"kind": "no_item", "cells": cells})
    );
    assert_eq!(reason("Mail | sample 0", "Mail[0]"), serde_json::json!({"kind": "not_chosen"}));
}

#[test]
fn the_json_form_of_several_tables() {
    let database = database();
    let options = Options::new(DateTime::UNIX_EPOCH);
    let query = database.compile("Mail | take 1; Users | count").unwrap();
    let explanation = serde_json::to_value(query.explain(&database, &options).unwrap()).unwrap();
    assert_eq!(explanation["rows"], 1);
    let tables = serde_json::json!([{"name": "Table_0", "rows": 1}, {"name": "Table_1", "rows": 1}]);
    assert_eq!(explanation["tables"], tables);
    let why = query.why(&database, &options, &["Users[1]".parse().unwrap()]).unwrap();
    let fate = serde_json::to_value(&why).unwrap()["fates"][0].clone();
    assert_eq!(fate["results"], serde_json::json!([]));
    assert_eq!(fate["tables"], serde_json::json!([{"name": "Table_1", "rows": [0]}]));
    assert_eq!(
        fate["paths"][0]["end"],
        serde_json::json!({"kind": "answer", "rows": [0], "table": "Table_1"})
    );
    let one = serde_json::to_value(database.compile("Mail").unwrap().explain(&database, &options).unwrap());
    assert_eq!(one.unwrap().get("tables"), None);
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
