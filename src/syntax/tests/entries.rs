//! The entries of the parser beside the one for queries: a function or an expression is the whole text, and its errors are
//! at places of the text.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Expression, ParameterType};
use crate::syntax::{parse_expression, parse_function};

/// Each error as its code and the text that it points at.
fn errors<'t>(text: &'t str, diagnostics: &[Diagnostic]) -> Vec<(Code, &'t str)> {
    diagnostics.iter().map(|it| (it.code, &text[it.span().range()])).collect()
}

fn function_errors(text: &str) -> Vec<(Code, &str)> {
    errors(text, &parse_function(text).diagnostics)
}

fn expression_errors(text: &str) -> Vec<(Code, &str)> {
    errors(text, &parse_expression(text).diagnostics)
}

#[test]
fn functions() {
    let text = " (n: long, T: (*), by: string = 'a')\n{ let m = n + 1; T | take m } // the end";
    let parsed = parse_function(text);
    assert_eq!(parsed.diagnostics, []);
    let function = parsed.tree;
    let names: Vec<&str> = function.parameters.iter().map(|it| it.name.text.as_str()).collect();
    assert_eq!(names, ["n", "T", "by"]);
    assert!(matches!(function.parameters[1].data_type, ParameterType::AnyTable));
    assert!(function.parameters[2].default.is_some());
    assert_eq!(function.statements.len(), 1);
    let body = function.body.expect("a body");
    assert_eq!(&text[body.span().range()], "T | take m");
    assert_eq!(&text[function.at.0.range()], &text[1..text.find(" //").unwrap()]);
    assert_eq!(function_errors("() { 1 }"), []);
}

#[test]
fn what_follows_a_function_is_refused() {
    assert_eq!(function_errors("() { 1 }; print 2"), [(Code::IncompleteFragment, ";")]);
    assert_eq!(function_errors("() { 1 };"), [(Code::IncompleteFragment, ";")]);
    assert_eq!(function_errors("() { 1 }; let h = () { 2 }"), [(Code::IncompleteFragment, ";")]);
    assert_eq!(function_errors("() { 1 } | take 1"), [(Code::IncompleteFragment, "|")]);
    assert_eq!(function_errors("() { 1 }}"), [(Code::IncompleteFragment, "}")]);
    assert_eq!(function_errors("() { T }(1)"), [(Code::IncompleteFragment, "(")]);
    let message = &parse_function("() { 1 } print 2").diagnostics[0].message;
    assert_eq!(message, "'print' does not fit here: the function before it is complete");
}

#[test]
fn functions_that_are_wrong() {
    // What is missing is missing at the end of what was read.
    assert_eq!(function_errors("(n: long) { n + }"), [(Code::MissingExpression, "")]);
    assert_eq!(parse_function("(n: long) { n + }").diagnostics[0].span().start, 15);
    assert_eq!(function_errors("(n: long)"), [(Code::Expected, "")]);
    assert_eq!(function_errors("() { 1"), [(Code::Expected, "")]);
    let text = "T | take 1";
    assert_eq!(function_errors(text)[0], (Code::Expected, "T"));
    assert!(parse_function(text).diagnostics[0].message.starts_with("expected '('"));
    for text in ["", "   ", "// nothing", "let f = () { 1 }", "1", "(1) { 2 }", ".show tables"] {
        assert!(!parse_function(text).diagnostics.is_empty(), "{text:?}");
    }
}

#[test]
fn expressions() {
    let check = |text: &str, is: fn(&Expression) -> bool| {
        let parsed = parse_expression(text);
        assert_eq!(parsed.diagnostics, [], "{text}");
        assert!(is(&parsed.tree), "{text}: {:?}", parsed.tree);
        assert_eq!(&text[parsed.tree.span().range()], text.trim(), "{text}");
    };
    check("Subject has \"invoice\" and Size > 3", |it| matches!(it, Expression::Logical(_)));
    check("  a.b[0] ", |it| matches!(it, Expression::Element(_)));
    check("toscalar(T | count) + 1", |it| matches!(it, Expression::Binary(_)));
    check("x in ((T | project y))", |it| matches!(it, Expression::In(_)));
    check("'text'", |it| matches!(it, Expression::Literal(_)));
}

#[test]
fn what_follows_an_expression_is_refused() {
    assert_eq!(expression_errors("a == 1 | take 2"), [(Code::IncompleteFragment, "|")]);
    assert_eq!(expression_errors("a; b"), [(Code::IncompleteFragment, ";")]);
    assert_eq!(expression_errors("a, b"), [(Code::IncompleteFragment, ",")]);
    assert_eq!(expression_errors("a b"), [(Code::IncompleteFragment, "b")]);
    assert_eq!(expression_errors("x = a"), [(Code::IncompleteFragment, "=")]);
    assert_eq!(expression_errors("(a))"), [(Code::IncompleteFragment, ")")]);
    let message = &parse_expression("a | count").diagnostics[0].message;
    assert_eq!(message, "'|' does not fit here: the expression before it is complete");
}

#[test]
fn expressions_that_are_wrong() {
    assert_eq!(expression_errors(""), [(Code::MissingExpression, "")]);
    assert_eq!(expression_errors("a +"), [(Code::MissingExpression, "")]);
    assert_eq!(expression_errors("(a == 1"), [(Code::Expected, "")]);
    // An operator by itself is no expression.
    assert_eq!(expression_errors("| take 1"), [(Code::MissingExpression, "")]);
    // A character that is none of the language is one error.
    assert_eq!(expression_errors("a \u{a7}").len(), 1);
    assert_eq!(expression_errors("'open").len(), 1);
}

#[test]
fn texts_that_are_too_long_are_not_read() {
    let text = format!("1{}", " ".repeat(4 << 20));
    let codes = |diagnostics: &[Diagnostic]| diagnostics.iter().map(|it| it.code).collect::<Vec<_>>();
    assert_eq!(codes(&parse_expression(&text).diagnostics), [Code::TooLong]);
    assert_eq!(codes(&parse_function(&text).diagnostics), [Code::TooLong]);
    let deep = format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert_eq!(codes(&parse_expression(&deep).diagnostics), [Code::TooDeep]);
    assert_eq!(codes(&parse_function(&format!("() {{ {deep} }}")).diagnostics), [Code::TooDeep]);
}
