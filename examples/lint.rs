//! A linter: it walks through a query, finds what is slow or easily mistaken, and rewrites it. Comments and everything that it
//! does not touch stay as they are.

use kqlite::syntax::ast::{BinaryOperator, Expression, QueryBlock, QueryOperator};
use kqlite::syntax::{SyntaxNode, parse};
use kqlite::{Edit, LineIndex};

/// Something to mend, with the edits that do it.
struct Finding {
    message: &'static str,
    edits: Vec<Edit>,
}

/// `tolower(x) == "text"` is `x =~ "text"`.
fn lowered_comparison(node: &SyntaxNode<'_>) -> Option<Finding> {
    let SyntaxNode::Expression(Expression::Binary(it)) = node else { return None };
    let (Expression::Call(call), Expression::Literal(text)) = (&it.left, &it.right) else { return None };
    let ("tolower", [argument]) = (call.name.text.as_str(), &call.arguments[..]) else { return None };
    // With a capital letter in it, the comparison is always false: that is another mistake.
    if it.operator != BinaryOperator::Equal || text.value != text.value.to_lowercase() {
        return None;
    }
    let edits = vec![Edit::new(call.at.0, argument.to_string()), Edit::new(it.operator_at.0, "=~")];
    Some(Finding { message: "=~ compares without regard to case, and needs no copy of the text", edits })
}

/// A join that does not say its kind is `innerunique`, which drops rows of the left side.
fn join_without_kind(node: &SyntaxNode<'_>) -> Option<Finding> {
    let SyntaxNode::Operator(QueryOperator::Join(it)) = node else { return None };
    if it.parameters.iter().any(|parameter| parameter.name.text == "kind") {
        return None;
    }
    let edits = vec![Edit::new(it.keyword_at.0.after(), " kind=innerunique")];
    Some(Finding {
        message: "say which kind of join is meant: without it, rows of one key are dropped",
        edits,
    })
}

fn lint(tree: &QueryBlock) -> Vec<Finding> {
    tree.nodes().flat_map(|node| [lowered_comparison(&node), join_without_kind(&node)]).flatten().collect()
}

/// Runs the example; what it asserts holds.
///
/// # Errors
/// None, unless something is broken.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = r#"SigninLogs
| where tolower(UserPrincipalName) == "admin@contoso.com"   // the account of the emergency
| join (IdentityInfo) on UserPrincipalName"#;
    let parsed = parse(text);
    assert!(parsed.diagnostics.is_empty());

    let findings = lint(&parsed.tree);
    let lines = LineIndex::new(text);
    let places: Vec<_> = findings
        .iter()
        .map(|it| (lines.line_column(text, it.edits[0].span.start), it.message.split(':').next()))
        .collect();
    assert_eq!(places[0].0, (2, 9));
    assert_eq!(places[1], ((3, 7), Some("say which kind of join is meant")));

    let edits: Vec<Edit> = findings.into_iter().flat_map(|it| it.edits).collect();
    let mended = Edit::apply_all(text, &edits)?;
    let expected = r#"SigninLogs
| where UserPrincipalName =~ "admin@contoso.com"   // the account of the emergency
| join kind=innerunique (IdentityInfo) on UserPrincipalName"#;
    assert_eq!(mended, expected);
    assert!(lint(&parse(&mended).tree).is_empty());
    Ok(())
}
