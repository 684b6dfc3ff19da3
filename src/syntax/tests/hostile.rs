//! Texts that are made to break a parser: each must give a tree or an error, soon and without much stack.

use crate::diagnostic::Code;
use crate::syntax::parse;
use crate::syntax::parse::MAX_TEXT;

/// Parses on a thread with the stack that tests and most programs have.
fn parse_on_small_stack(text: String) -> Vec<Code> {
    let work = move || parse(&text).diagnostics.iter().map(|it| it.code).collect();
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(work)
        .expect("a thread starts")
        .join()
        .expect("the parse does not panic")
}

/// Pieces that open something, or go on for ever, with what stands before the first.
const PIECES: &[(&str, &str)] = &[
    ("print ", "("),
    ("print ", "["),
    ("print ", "{"),
    ("print ", "-"),
    ("print ", "- "),
    ("print ", "not("),
    ("print ", "f(1,"),
    ("print ", "(("),
    ("print ", "a["),
    ("print ", "a."),
    ("print ", "a.["),
    ("print ", "1+"),
    ("print 1", "+1"),
    ("print a", ".b"),
    ("print a", "[0]"),
    ("print 1", " and 1"),
    ("print 1", " or (1"),
    ("print 1", ",1"),
    ("print ", "dynamic([["),
    ("print dynamic(", "["),
    ("print dynamic(", "{'a':"),
    ("print ", "a in (a in ("),
    ("print a", " in a"),
    ("print ", "toscalar("),
    ("print ", "totable("),
    ("print ", "typeof("),
    ("print ", "x between ("),
    ("T", " | where a"),
    ("T", " | "),
    ("", "|"),
    ("", ";"),
    ("", "("),
    ("", "["),
    ("", "{"),
    ("", "}"),
    ("", "-"),
    ("", "union ("),
    ("", "union T, ("),
    ("union f(", "union f("),
    ("", "let f = () {"),
    ("", "let f = (a: ("),
    ("T", " | fork ("),
    ("T ", "| mv-apply x on ("),
    ("T ", "| partition by x ("),
    ("T ", "| partition by x {"),
    ("T ", "| facet by x with ("),
    ("T ", "| join ("),
    ("T ", "| make-graph a --> b partitioned-by c ("),
    ("", "macro-expand X as Y ("),
    ("", "datatable (a: long) ["),
    ("", "externaldata (a: long) ["),
    ("", "materialized-view-combine ("),
    ("declare pattern p = (a: string) {", "(\"a\") = {"),
    ("T ", "| scan with (step s: "),
    ("find in (", "a*,"),
    ("find in (", "f(find in ("),
    ("print ", "\"a\" "),
    ("print ", "'"),
    ("print ", "\\"),
    ("print ", "```"),
    ("print ", "1d"),
    ("print ", "!"),
    ("print ", "é"),
    ("", "//\n"),
    ("", "#a\n"),
    ("", "\u{feff}"),
    ("", "\0"),
    ("T | project ", "a-"),
    ("T | project ", "(a,"),
    ("T | project-away ", "a*"),
    ("T | render x with (ycolumns=", "a,"),
    ("T | parse a with ", "* "),
    ("inline_external_table ", "("),
    ("inline_external_table (", "a: long = ("),
];

#[test]
fn deep_and_long_texts_end_in_a_tree_or_an_error() {
    for (head, piece) in PIECES {
        let count = 4_000.min((MAX_TEXT / 4 - head.len()) / piece.len());
        let text = format!("{head}{}", piece.repeat(count));
        parse_on_small_stack(text);
    }
}

#[test]
fn a_text_at_the_limit_is_read() {
    for piece in ["(abcdefg", "\"abcdefg"] {
        let codes = parse_on_small_stack(piece.repeat(MAX_TEXT / piece.len()));
        assert!(!codes.contains(&Code::TooLong));
    }
    // Of too many bytes, and of too many tokens.
    for length in [10_000_000, MAX_TEXT] {
        assert_eq!(parse_on_small_stack("(".repeat(length)), [Code::TooLong]);
    }
}

#[test]
fn nesting_is_limited_and_chains_are_not() {
    let nested = |count: usize| format!("print {}1{}", "(".repeat(count), ")".repeat(count));
    assert_eq!(parse_on_small_stack(nested(140)), []);
    assert_eq!(parse_on_small_stack(nested(100_000)), [Code::TooDeep]);
    let chain = |piece: &str, count: usize| format!("T | where a{}", piece.repeat(count));
    assert_eq!(parse_on_small_stack(chain(" and a", 20_000)), []);
    assert_eq!(parse_on_small_stack(chain(" or a == 1", 20_000)), []);
    assert_eq!(parse_on_small_stack(chain(" | where (a)", 20_000)), []);
    assert_eq!(parse_on_small_stack(chain(" in (a, (b), f((c)), d + e)", 1)), []);
    assert_eq!(parse_on_small_stack(chain(" + a", 440)), []);
    assert_eq!(parse_on_small_stack(chain(" + a", 20_000)), [Code::TooDeep]);
    assert_eq!(parse_on_small_stack(chain("[0]", 20_000)), [Code::TooDeep]);
    let list = |piece: &str| format!("print f({}1)", piece.repeat(20_000));
    assert_eq!(parse_on_small_stack(list("(1), g(2), ((3) + 4), ")), []);
    let tables = format!("union {}T", "(T | take 1), ".repeat(20_000));
    assert_eq!(parse_on_small_stack(tables), []);
}

#[test]
fn a_deep_tree_stays_low_where_chains_and_nesting_meet() {
    // Each level of nesting brings a long chain of its own: the limit is on both together.
    let mut text = "1".to_owned();
    for _ in 0..140 {
        text = format!("({text}{})", " + 1".repeat(500));
    }
    assert_eq!(parse_on_small_stack(format!("print {text}")), [Code::TooDeep]);
}
