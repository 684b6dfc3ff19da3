//! What may stand at a place of a text: places by example, and what must hold at every place of every case file.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kqlite::syntax::{HighlightKind, highlight};
use kqlite::{
    Code, CompileOptions, Completion, CompletionKind, Completions, Database, ReferenceKind, ScalarType,
    Schema, map_in_parallel,
};

/// The cursor in texts.
const CURSOR: char = '§';

fn database() -> Database {
    let mut db = Database::new();
    let logons = [
        ("User", ScalarType::String),
        ("Failures", ScalarType::Long),
        ("At", ScalarType::DateTime),
        ("Details", ScalarType::Dynamic),
    ];
    db.declare("Logons", Schema::new(logons));
    let users = [
        ("User", ScalarType::String),
        ("Team", ScalarType::String),
        ("Failures", ScalarType::String),
        ("Full name", ScalarType::String),
    ];
    db.declare("Users", Schema::new(users));
    db.define("Recent", "(days: long = 7) { Logons | where At > ago(days * 1d) }").expect("a function");
    db
}

fn complete(text: &str) -> Completions {
    let offset = text.find(CURSOR).unwrap_or_else(|| panic!("no cursor in {text}"));
    database().complete(&text.replace(CURSOR, ""), offset, &CompileOptions::default())
}

/// The labels that begin with what was typed, whatever its case, in their order.
fn labels(text: &str) -> Vec<String> {
    let found = complete(text);
    let typed = found.typed.to_lowercase();
    let fitting = found.matching().into_iter().filter(|it| it.label.to_lowercase().starts_with(&typed));
    fitting.map(|it| it.label.clone()).collect()
}

/// The labels of a kind, in their order.
fn of_kind(text: &str, kind: CompletionKind) -> Vec<String> {
    complete(text).items.into_iter().filter(|it| it.kind == kind).map(|it| it.label).collect()
}

/// The proposal that is called so.
fn item(text: &str, label: &str) -> Completion {
    let found = complete(text).items.into_iter().find(|it| it.label == label);
    found.unwrap_or_else(|| panic!("no {label} at {text}"))
}

/// Texts with all that goes on from what was typed. Written down from the grammar and the tables above.
const WHOLE: &[(&str, &[&str])] = &[
    ("Lo§", &["Logons"]),
    ("let x = 1; Us§", &["Users"]),
    ("let Hot = Logons | take 1; Ho§", &["Hot"]),
    ("Logons | project-a§", &["project-away"]),
    ("Logons | wh§ere User == 'a'", &["where"]),
    ("Logons | WHER§", &["where"]),
    ("Logons | where Us§", &["User"]),
    ("Logons | where strlen(Fai§) > 2", &["Failures"]),
    // Broken in front of the cursor, behind it, and both.
    ("Logons | where strlen( | project Fai§", &["Failures"]),
    ("Logons | where Fai§ == | project (", &["Failures"]),
    ("Logons | where ) | where Fai§ and ( | take", &["Failures"]),
    ("Logons | where User !hasp§", &["!hasprefix", "!hasprefix_cs"]),
    ("Logons | where User mat§", &["matches regex"]),
    ("Logons | where User == 'a' an§", &["and"]),
    ("Logons | project Alpha = User, Omega = Failures | where Om§", &["Omega"]),
    ("let f = (T: (*)) { T | where Te§ }; Users | invoke f()", &["Team"]),
    ("find where Tea§", &["Team"]),
    ("Users | where ['Fu§", &["Full name"]),
    ("Users | project User, [\"Full§\"] | take 1", &["Full name"]),
    ("Logons | where Details['Us§", &[]),
    ("datatable (a: string) ['Us§", &[]),
    ("Logons | project-away §", &["User", "Failures", "At", "Details"]),
    ("Logons | project-away User, Fa§", &["Failures"]),
    ("Logons | project-keep Fa§", &["Failures"]),
    ("Logons | project-reorder User des§", &["desc"]),
    ("Logons | project-rename A = §", &["User", "Failures", "At", "Details"]),
    ("Logons | sample-distinct 3 of Te§ | take 1", &[]),
    ("Logons | sort by User granny-§", &["granny-asc", "granny-desc"]),
    ("Logons | sort by User nulls §", &["first", "last"]),
    ("Logons | summarize count() by§", &["by"]),
    ("Logons | join kind=in§ (Users) on User", &["inner", "innerunique"]),
    ("Logons | join hint.str§", &["hint.strategy"]),
    ("Logons | lookup kind=§", &["inner", "leftouter"]),
    // The other columns of one name are of different types.
    ("Logons | join (Users) on §", &["User", "$left", "$right"]),
    ("Logons | join (Users) on $le§", &["$left"]),
    ("Logons | join (Users) on $left.§", &["User", "Failures", "At", "Details"]),
    ("Logons | join (Users) on $left.User == §", &["$left", "$right"]),
    ("Logons | join (Users) on $left.User == $right.§", &["User", "Team", "Failures", "Full name"]),
    ("Logons | lookup (Users | project Team) on $right.§", &["Team"]),
    ("union kind=§", &["inner", "outer"]),
    ("Logons | parse kind=§", &["simple", "regex", "relaxed"]),
    ("Logons | mv-expand Details to §", &["typeof"]),
    ("Logons | render ti§", &["timechart", "timepivot", "timeline"]),
    ("Logons | render timechart with (yspl§", &["ysplit"]),
    ("Logons | render timechart with (ysplit=§", &["none", "axes", "panels"]),
    ("Logons | render timechart with (xcolumn=§", &["User", "Failures", "At", "Details"]),
    ("Logons | render timechart with (ycolumns=Fai§", &["Failures"]),
    ("Logons | render timechart with (kind=st§", &["stacked100", "stacked"]),
    ("Logons | evaluate bag_§", &["bag_unpack"]),
    ("Logons | evaluate bag_unpack(Det§", &["Details"]),
    ("Logons | evaluate pivot(User, dcounti§", &["dcountif"]),
    ("Logons | evaluate pivot(User, max(Fai§", &["Failures"]),
    ("Logons | facet by Us§", &["User"]),
    ("Logons | parse-kv User as (a: long) with (quo§", &["quote"]),
    ("Logons | scan with (step s1: Failures > 1; step s2: s1.Us§", &["User"]),
    ("Logons | join kind=leftouter (Users) on User | project Te§", &["Team"]),
    ("Logons | invoke §", &["Recent"]),
    ("find in (§", &["Logons", "Users", "Recent"]),
    (
        "datatable (a: §",
        &["bool", "datetime", "decimal", "dynamic", "guid", "int", "long", "real", "string", "timespan"],
    ),
    ("let f = (x: str§", &["string"]),
    ("let f = (T: (Team: string)) { T | where Te§ }; f(Users)", &["Team"]),
    ("let f = (many: long) { Logons | where Failures > man§ };", &["many"]),
    ("Logons | serialize | extend p = prev§", &["prev"]),
    ("Logons | as Mine | union (Mi§", &["Mine"]),
    ("Logons | extend d = datetime_diff('w§', At, At)", &["week"]),
    ("Logons | where User in (Users | project Te§)", &["Team"]),
    ("range Number from 1 to 3 step 1 | where Numb§", &["Number"]),
    ("Logons | mv-apply Details on (where Det§)", &["Details"]),
    ("Logons | getschema | where ColumnO§", &["ColumnOrdinal"]),
    // Where nothing stands that somebody knows.
    ("Logons | where User == 'a§", &[]),
    ("Logons | where User == 'Us§'", &[]),
    ("Logons // Us§", &[]),
    ("// Us§\nLogons", &[]),
    ("Logons | where Details.§", &[]),
    ("Logons | where Details.a.b§", &[]),
    ("Logons | where Failures > 1§", &[]),
    ("Logons | where At > datetime(20§", &[]),
    ("let x§", &[]),
    ("let x§ = 1;", &[]),
    ("set §", &[]),
    (".show tab§", &[]),
    ("Logons | extend p = prev§", &[]),
    ("Logons | summarize max(Failures) by User | where Fai§", &[]),
];

#[test]
fn what_fits_is_proposed() {
    let mut wrong = Vec::new();
    for (text, expected) in WHOLE {
        let found = labels(text);
        if found != *expected {
            wrong.push(format!("{text}\n  expected {expected:?}\n  found    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Texts, some of what is proposed there, and some of what is not.
const PARTS: &[(&str, &[&str], &[&str])] = &[
    (
        "§",
        &["Logons", "Recent", "let", "set", "datatable", "print", "range", "union"],
        &["where", "strlen", "User"],
    ),
    (
        "Logons |§",
        &["where", "summarize", "order", "mv-expand"],
        &["User", "print", "Logons", "strlen", "__partitionby"],
    ),
    (
        "Logons | where §",
        &["User", "strlen", "ago", "Recent", "datetime"],
        &["Users", "where", "count", "has", "prev"],
    ),
    ("Logons | where User §", &["has", "==", "in", "!contains", "and"], &["User", "strlen", "Logons"]),
    ("Logons | where User == §", &["User", "strlen"], &["and", "Logons"]),
    ("Logons | where User in (§", &["User", "Users", "Logons"], &["where"]),
    ("Logons | summarize §", &["count", "avg", "dcountif", "round", "by"], &["User", "where"]),
    ("Logons | summarize round(§)", &["avg", "round"], &["User"]),
    ("Logons | summarize max(§) by User", &["User", "strlen"], &["avg"]),
    ("Logons | summarize count() §", &["by"], &["User"]),
    ("Logons | summarize count() by §", &["User", "bin"], &["avg"]),
    ("Logons | make-series n = count() on At §", &["from", "to", "step"], &["by"]),
    ("Logons | make-series §", &["avg"], &["User"]),
    ("Logons | top 5 §", &["by"], &["User"]),
    ("Logons | join §", &["Users", "kind", "Recent"], &["User", "on"]),
    ("Logons | join (Users) §", &["on"], &["User", "Users"]),
    ("Logons | join kind=inner (§", &["Users", "datatable", "print"], &["User"]),
    ("Logons | fork (§", &["where", "summarize"], &["Logons"]),
    ("Logons | partition by User (§", &["where", "summarize"], &["Logons"]),
    ("print §", &["strlen", "toscalar"], &["Logons", "User"]),
    ("let x = §", &["Logons", "strlen", "datatable"], &["where"]),
    ("let t = 5; Logons | where Failures > §", &["t", "Failures"], &["Logons"]),
    ("Logons | extend d = datetime_diff(§", &["year", "At", "strlen"], &[]),
    ("Logons | extend d = datetime_diff('day', §", &["At"], &["year"]),
    ("declare §", &["query_parameters"], &["Logons", "has"]),
];

#[test]
fn what_does_not_fit_is_not_proposed() {
    let mut wrong = Vec::new();
    for (text, with, without) in PARTS {
        let found: BTreeSet<String> = complete(text).items.into_iter().map(|it| it.label).collect();
        wrong.extend(with.iter().filter(|it| !found.contains(**it)).map(|it| format!("{text}: no {it}")));
        wrong.extend(without.iter().filter(|it| found.contains(**it)).map(|it| format!("{text}: {it}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_proposal_says_what_it_is() {
    let column = item("Users | where §", "Full name");
    assert_eq!((column.kind, &*column.insert), (CompletionKind::Column, "['Full name']"));
    assert_eq!(column.detail.as_deref(), Some("string"));
    let strlen = item("Users | where §", "strlen");
    assert_eq!((strlen.kind, &*strlen.insert), (CompletionKind::Function, "strlen("));
    assert_eq!(strlen.detail.as_deref(), Some("strlen(source: string or dynamic)"));
    assert_eq!(strlen.summary.as_deref(), Some("The number of characters (code points) of a text."));
    assert_eq!(item("print §", "now").insert, "now(");
    assert_eq!(item("Logons | summarize §", "count").insert, "count()");
    assert_eq!(item("print §(1)", "abs").insert, "abs");
    assert_eq!(item("Logons | join §", "kind").insert, "kind=");
    let kind = item("Logons | join §", "kind").summary.expect("a summary");
    assert!(kind.contains("innerunique"), "{kind}");
    let recent = item("§", "Recent");
    assert_eq!(
        (recent.kind, recent.detail.as_deref()),
        (CompletionKind::UserFunction, Some("Recent(days: long = 7)"))
    );
    let take = item("Logons | §", "take");
    assert_eq!((take.kind, take.detail.as_deref()), (CompletionKind::Operator, Some("T | take Count")));
    assert_eq!(item("print datetime_diff(§", "day").insert, "'day'");
    assert_eq!(item("print datetime_diff('§", "day").insert, "day");
}

#[test]
fn what_holds_the_typed_text_comes_behind_what_begins_with_it() {
    let found = complete("Logons | wher§");
    assert_eq!(found.matching().iter().map(|it| &*it.label).collect::<Vec<_>>(), ["where", "parse-where"]);
}

#[test]
fn what_is_common_comes_first() {
    assert_eq!(of_kind("Logons | where §", CompletionKind::Column), ["User", "Failures", "At", "Details"]);
    let found = labels("Logons | where §");
    assert_eq!(found[..4], ["User", "Failures", "At", "Details"]);
    let hint = found.iter().position(|it| it.starts_with("hint.")).expect("a hint");
    assert!(found[hint..].iter().all(|it| it.starts_with("hint.")), "hints come last");
    assert_eq!(labels("Logons | where User h§")[0], "has");
}

#[test]
fn a_word_is_replaced_as_a_whole() {
    let word = |text: &str| {
        let found = complete(text);
        (text.replace(CURSOR, "")[found.span.range()].to_owned(), found.typed)
    };
    let pair = |word: &str, typed: &str| (word.to_owned(), typed.to_owned());
    assert_eq!(word("Logons | wh§ere User"), pair("where", "wh"));
    assert_eq!(word("Logons | §where User"), pair("", ""));
    assert_eq!(word("Logons | project-a§way User"), pair("project-away", "project-a"));
    assert_eq!(word("Logons | where User !ha§"), pair("!ha", "!ha"));
    assert_eq!(word("Logons | join hint.str§"), pair("hint.str", "hint.str"));
    assert_eq!(word("Logons | where Failures-Fail§"), pair("Fail", "Fail"));
    assert_eq!(word("print datetime_diff('da§y', "), pair("day", "da"));
    assert_eq!(word("Users | where ['Fu§l'] == 1"), pair("['Ful']", "Fu"));
    assert_eq!(word("Users | where ['Fu§"), pair("['Fu", "Fu"));
}

#[test]
fn no_place_is_too_odd() {
    let db = database();
    let options = CompileOptions::default();
    assert_eq!(db.complete("print 'é'", 8, &options), Completions::default(), "within a character");
    assert_eq!(db.complete("print", 6, &options), Completions::default(), "behind the text");
    let mut small = CompileOptions::default();
    small.limits.text_bytes = 10;
    assert_eq!(db.complete("Logons | where ", 15, &small), Completions::default(), "too long a text");
    for deep in
        ["(".repeat(5_000), "Logons | where ".repeat(2_000), "strlen(".repeat(3_000), "not(".repeat(400)]
    {
        for offset in [deep.len(), deep.len() / 2] {
            assert!(db.complete(&deep, offset, &options).span.end as usize <= deep.len());
        }
    }
}

/// A case file's tables and query.
struct Case {
    path: PathBuf,
    db: Database,
    query: String,
}

fn cases(folder: &Path, found: &mut Vec<Case>) {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|it| it.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            cases(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "case") {
            let text = fs::read_to_string(&path).expect("a case");
            let mut db = Database::new();
            let mut query = String::new();
            let mut section = "";
            for line in text.lines() {
                let is_section = ["[table ", "[query]", "[answer", "[error", "[warnings"].iter();
                if is_section.into_iter().any(|it| line.starts_with(it)) && line.ends_with(']') {
                    section = line;
                } else if section == "[query]" {
                    query.push_str(line);
                    query.push('\n');
                } else if let Some(name) = section.strip_prefix("[table ") {
                    let columns =
                        line.split(',').map(|it| it.trim().split_once(':').expect("a typed column"));
                    let columns =
                        columns.map(|(name, kind)| (name.to_owned(), kind.parse().expect("a type")));
                    db.declare(name.trim_end_matches(']'), Schema::new(columns.collect::<Vec<_>>()));
                    section = "";
                }
            }
            found.push(Case { path, db, query });
        }
    }
}

/// At every place there is an answer, and where the query names a column each column that is proposed could be named.
/// Of the places within a word every seventeenth is tried, another one in each file.
#[test]
fn columns_that_are_proposed_may_stand_there() {
    let mut all = Vec::new();
    cases(Path::new("tests/cases"), &mut all);
    assert!(all.len() > 700, "{} cases", all.len());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let numbered: Vec<(usize, Case)> = all.into_iter().enumerate().collect();
    let found = map_in_parallel(threads, numbered, |(number, case)| (proposed(&case, number), case.path));
    let wrong: Vec<String> = found
        .iter()
        .flat_map(|((_, wrong), path)| wrong.iter().map(move |it| format!("{}: {it}", path.display())))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let tried: usize = found.iter().map(|((tried, _), _)| tried).sum();
    assert!(tried > 1_000, "{tried} columns");
}

/// How many columns were put into the query in place of others, and what was wrong with that.
fn proposed(case: &Case, number: usize) -> (usize, Vec<String>) {
    const COLUMNS: usize = 2;
    const STEP: usize = 17;
    let options = CompileOptions::default();
    let offsets = (number % STEP..=case.query.len()).step_by(STEP);
    for offset in offsets.filter(|at| case.query.is_char_boundary(*at)) {
        let found = case.db.complete(&case.query, offset, &options);
        assert!(found.span.end as usize <= case.query.len() && found.span.start as usize <= offset);
    }
    // What a plugin asks of its columns only it knows, and the body of a macro-expand is bound for each of the tables.
    if ["evaluate", "macro-expand"].iter().any(|word| case.query.contains(word)) {
        return (0, Vec::new());
    }
    let check = case.db.check(&case.query);
    let mut wrong = Vec::new();
    let mut tried = 0;
    for name in check.references().iter().filter(|it| it.kind == ReferenceKind::Column && it.is_known) {
        // A name in brackets or quotes is written otherwise.
        if case.query[name.span.range()] != name.name {
            continue;
        }
        let found = case.db.complete(&case.query, name.span.end as usize, &options);
        let columns: Vec<&Completion> =
            found.items.iter().filter(|it| it.kind == CompletionKind::Column).collect();
        // In a query with mistakes the name may stand where it must not.
        if check.is_ok() && !columns.iter().any(|it| it.label == name.name) {
            wrong.push(format!("{} at {} is not proposed", name.name, name.span.start));
        }
        for column in columns.into_iter().take(COLUMNS) {
            tried += 1;
            let mut text = case.query.clone();
            text.replace_range(found.span.range(), &column.insert);
            let at = name.span.start;
            let is_unknown = |it: &&kqlite::Diagnostic| it.code == Code::UnknownName && it.span().start == at;
            if let Some(error) = case.db.check(&text).diagnostics().iter().find(is_unknown) {
                wrong.push(format!("{} in place of {} at {at}: {}", column.label, name.name, error.message));
            }
        }
    }
    (tried, wrong)
}

#[test]
fn a_text_is_coloured_from_end_to_end() {
    let kinds = |text: &str| {
        highlight(text).iter().map(|it| (text[it.span.range()].to_owned(), it.kind)).collect::<Vec<_>>()
    };
    let found = kinds("T|where a!~'x//y'//é\n| take 1.5");
    let expected = [
        ("T", HighlightKind::Name),
        ("|", HighlightKind::Punctuation),
        ("where", HighlightKind::Keyword),
        ("a", HighlightKind::Name),
        ("!~", HighlightKind::Operator),
        ("'x//y'", HighlightKind::String),
        ("//é", HighlightKind::Comment),
        ("|", HighlightKind::Punctuation),
        ("take", HighlightKind::Keyword),
        ("1.5", HighlightKind::Number),
    ];
    assert_eq!(found, expected.map(|(text, kind)| (text.to_owned(), kind)));
    let mut all = Vec::new();
    cases(Path::new("tests/cases"), &mut all);
    for case in all {
        let mut end = 0;
        for part in highlight(&case.query) {
            let between = &case.query[end..part.span.start as usize];
            assert!(between.chars().all(char::is_whitespace), "{}: {between}", case.path.display());
            end = part.span.end as usize;
        }
        assert!(case.query[end..].trim().is_empty(), "{}", case.path.display());
    }
}
