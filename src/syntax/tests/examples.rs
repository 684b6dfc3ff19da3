//! Single texts and what they have to give: tokens, trees, errors and canonical form.

use crate::diagnostic::Code;
use crate::syntax::ast::{Expression, LiteralKind, QueryOperator, Statement};
use crate::syntax::{format, parse};

/// The first statement's expression of a text without errors.
fn expression(text: &str) -> Expression {
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    match parsed.tree.statements.into_iter().next() {
        Some(Statement::Expression(it)) => it,
        other => panic!("{text} is {other:?}"),
    }
}

/// The code and the place of the first error.
fn first_error(text: &str) -> (Code, u32) {
    let parsed = parse(text);
    let first = parsed.diagnostics.first().unwrap_or_else(|| panic!("{text} has no error"));
    (first.code, first.span().start)
}

fn literal(text: &str) -> (LiteralKind, String) {
    match expression(text) {
        Expression::Literal(it) => (it.kind, it.value),
        other => panic!("{text} is {other:?}"),
    }
}

#[test]
fn literals_have_their_kind_and_value() {
    use LiteralKind::*;
    let cases: &[(&str, LiteralKind, &str)] = &[
        ("1", Long, "1"),
        ("0x1F", Long, "0x1F"),
        ("long( 5 )", Long, "5"),
        ("int(null)", Int, "null"),
        ("1.5e-3", Real, "1.5e-3"),
        ("2.", Real, "2."),
        ("real(-inf)", Real, "-inf"),
        ("1.5h", TimeSpan, "1.5h"),
        ("10microseconds", TimeSpan, "10microseconds"),
        ("time(1.02:03:04)", TimeSpan, "1.02:03:04"),
        ("datetime(2024-01-01 10:00)", DateTime, "2024-01-01 10:00"),
        ("guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", Guid, "74be27de-1e4e-49d9-b579-fe0b331d3642"),
        ("TRUE", Bool, "TRUE"),
        (r#""a\tb\u0041\x41\101\\\"""#, String, "a\tbAAA\\\""),
        (r"'\uD83D\uDE00'", String, "😀"),
        (r#"@"c:\d""e""#, String, r#"c:\d"e"#),
        ("h'x' // more\n 'y' @'z'", String, "xyz"),
        ("```a\n'b'```", String, "a\n'b'"),
    ];
    for (text, kind, value) in cases {
        assert_eq!(literal(text), (*kind, (*value).to_owned()), "{text}");
    }
}

#[test]
fn operators_bind_as_they_should() {
    // The canonical form keeps what binds; two texts with the same tree say the same.
    let same = |a: &str, b: &str| assert_eq!(parse(a).tree, parse(b).tree, "{a}\n{b}");
    same("print a+b*c", "print a + b * c");
    let Expression::Pipe(pipe) = expression("T | where a + 1 > 2 and b has 'x' or not(c)") else { panic!() };
    let QueryOperator::Where(it) = &pipe.operators[0] else { panic!() };
    let Expression::Logical(or) = &it.predicate else { panic!("{:?}", it.predicate) };
    assert!(!or.and && or.operands.len() == 2);
    let Expression::Logical(and) = &or.operands[0] else { panic!("{:?}", or.operands[0]) };
    assert!(and.and && and.operands.len() == 2);
    assert!(matches!(&and.operands[0], Expression::Binary(it) if it.operator.as_str() == ">"));
}

#[test]
fn errors_stand_where_something_is_missing() {
    let cases: &[(&str, Code, u32)] = &[
        ("T | where", Code::MissingExpression, 9),
        ("T | where | take 1", Code::MissingExpression, 9),
        ("T | foo bar", Code::UnknownOperator, 4),
        ("T | join (U) on a |", Code::UnknownOperator, 19),
        ("T U", Code::Expected, 2),
        ("T | extend a=1 b=2", Code::Expected, 15),
        ("let a = 1 let b = 2; T", Code::Expected, 10),
        ("print 1)", Code::IncompleteFragment, 7),
        ("print \"abc", Code::Unterminated, 10),
        ("print datetime(2020\n)", Code::Unterminated, 19),
        ("print a & b", Code::UnexpectedCharacter, 8),
    ];
    for (text, code, at) in cases {
        assert_eq!(first_error(text), (*code, *at), "{text}");
    }
}

#[test]
fn all_errors_are_told_and_what_can_be_read_is() {
    let parsed = parse("T | whre a == 1 | take ) | extend | count; print 1 +");
    let codes: Vec<Code> = parsed.diagnostics.iter().map(|it| it.code).collect();
    assert!(codes.contains(&Code::UnknownOperator) && codes.len() >= 4, "{codes:?}");
    assert!(
        parsed.diagnostics[0].help.iter().any(|it| it.contains("'where'")),
        "{:?}",
        parsed.diagnostics[0]
    );
    assert_eq!(parsed.tree.statements.len(), 2);
}

#[test]
fn one_operator_stands_on_a_line() {
    let cases = [
        ("T|where a>1|take 5", "T\n| where a > 1\n| take 5\n"),
        ("let x=1;\n\n\n// why\nprint x // here", "let x = 1;\n\n// why\nprint x // here\n"),
        ("T|join kind = inner(U|take 1)on a", "T\n| join kind=inner (\n    U\n    | take 1\n) on a\n"),
        (
            "T|sort by strlen (a)|partition by a(take 1)",
            "T\n| sort by strlen(a)\n| partition by a (take 1)\n",
        ),
        ("print -1,f( x )[ 0 ] . y", "print -1, f(x)[0].y\n"),
        (
            "datatable(a:long,b:string)[1,'x',2,'y']|count",
            "datatable (a: long, b: string) [1, 'x', 2, 'y']\n| count\n",
        ),
        ("", ""),
        ("// only a comment", "// only a comment\n"),
    ];
    for (text, expected) in cases {
        assert_eq!(format(text).as_deref(), Ok(expected), "{text}");
    }
}
