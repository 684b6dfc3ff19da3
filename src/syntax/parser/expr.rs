//! Expressions: operators by their binding, paths, calls, and pipes in parentheses. Whether an expression is scalar or
//! tabular is decided by its meaning, in the binder.

use super::infix::{Infix, infix};
use super::input::{
    Absent, ListShape, MAX_HEIGHT, Res, SPLIT, Tokens, absent, comma_list, keyword, missing_expr,
    missing_name, need, need_expr, optional, token,
};
use super::literal::{is_typeof, literal, typeof_literal};
use super::materialized_view::materialized_view_combine;
use super::name::{
    bare_path_element, bracketed_name, bracketed_wildcard, extended_name, is_keyword_meant_as_name, name,
    scan_dashed_name, scan_extended_name, scan_name, word_name,
};
use super::operator::{is_query_operator_ahead, piped_operator, query_operator, unpiped_operator};
use super::parameter::{ParameterValue, named_parameter, need_word};
use super::source;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{
    At, BetweenExpression, BinaryExpression, BinaryOperator, DataScopeExpression, ElementExpression,
    Expression, FunctionCall, InExpression, InOperator, LogicalExpression, Name, NamedExpression,
    NamedParameter, ParenExpression, PathExpression, PipeExpression, QueryOperator, SubqueryExpression,
    UnaryExpression,
};
use crate::syntax::expected::Expected;
use crate::syntax::precedence::Precedence;
use crate::syntax::token::{NameUse, Token, TokenKind};

// The functions from here to `paren_expression` call one another for each level of nesting. They hold few values at
// the time they do, so that a level takes little of the stack: what comes behind an operand is read by functions of
// its own.

/// An expression without a name and without pipes.
pub(super) fn unnamed_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    // Most arguments are a single literal or name.
    let is_single = matches!(
        i.peek(1).kind,
        TokenKind::Comma
            | TokenKind::CloseParen
            | TokenKind::CloseBracket
            | TokenKind::CloseBrace
            | TokenKind::Bar
    );
    if is_single && (i.kind() == TokenKind::Word(NameUse::Plain) || i.peek(0).is_literal()) {
        return primary_expression(i);
    }
    if let Err(stop) = i.descend() {
        return given_up(stop);
    }
    let result = or_expression(i);
    i.ascend();
    result
}

/// A scalar expression that is the whole text.
pub(super) fn whole_expression(i: Tokens<'_>) -> Expression {
    let (i, expression) = need_expr(i, unnamed_expression);
    i.refuse_rest("the expression");
    expression
}

/// What stands for an expression where the parse was given up.
fn given_up(stop: Result<Tokens<'_>, nom::Err<Absent>>) -> Res<'_, Expression> {
    stop.map(|i| (i, missing_expr(i)))
}

/// Operands and the operators between them that bind at least as tightly as `min`.
fn binary_expression(i: Tokens<'_>, min: Precedence) -> Res<'_, Expression> {
    let outer = i.take_height();
    if i.kind() == TokenKind::Star {
        return star_operand(i, min, outer);
    }
    let (i, left) = unary_expression(i)?;
    if infix(i, 0).is_none() {
        i.put_height(outer);
        return Ok((i, left));
    }
    binary_rest(i, left, min, Precedence::String, outer)
}

/// `*` is an operand before `==` and the string operators.
fn star_operand(i: Tokens<'_>, min: Precedence, outer: u32) -> Res<'_, Expression> {
    let operator = match infix(i, 1) {
        Some(it @ Infix::Binary(BinaryOperator::Equal, _)) if min <= Precedence::Equality => it,
        Some(it @ Infix::Binary(_, Precedence::String)) => it,
        _ => return absent(),
    };
    let (after, left) = infix_expression(i.skip(1), Expression::Star(At(i.peek(0).span)), operator);
    binary_rest(after, left, min, operator.level().then(), outer)
}

/// What follows a left operand: operators of levels from `min` up to `ceiling`.
fn binary_rest(
    mut i: Tokens<'_>,
    mut left: Expression,
    min: Precedence,
    mut ceiling: Precedence,
    outer: u32,
) -> Res<'_, Expression> {
    let mut height = i.take_height();
    while let Some(operator) = infix(i, 0) {
        let level = operator.level();
        if level < min || level > ceiling {
            break;
        }
        (i, left) = infix_expression(i, left, operator);
        let grows = !matches!(operator, Infix::And | Infix::Or);
        height = height.max(i.take_height()) + u32::from(grows);
        ceiling = level.then();
        if height > MAX_HEIGHT {
            i = i.give_up(Code::TooDeep, "this chain of operators is too long", SPLIT);
        }
    }
    i.put_height(outer.max(height));
    Ok((i, left))
}

/// The rest of an expression behind its left operand: an operator and what it takes.
fn infix_expression(i: Tokens<'_>, left: Expression, operator: Infix) -> (Tokens<'_>, Expression) {
    match operator {
        Infix::Binary(operator, level) => operation(i, left, operator, level),
        Infix::In(operator) => in_expression(i, left, operator),
        Infix::Between { negated } => between_expression(i, left, negated),
        Infix::And => logical_expression(i, left, true),
        Infix::Or => logical_expression(i, left, false),
    }
}

/// `… + right` and the like
fn operation(
    i: Tokens<'_>,
    left: Expression,
    operator: BinaryOperator,
    level: Precedence,
) -> (Tokens<'_>, Expression) {
    let (after, right) = right_operand(i.skip(1), level.tighter());
    let token = i.peek(0);
    let (spelling, operator_at) = (i.text(token).to_owned(), At(token.span));
    (after, Expression::Binary(Box::new(BinaryExpression { operator, spelling, operator_at, left, right })))
}

fn right_operand(i: Tokens<'_>, level: Precedence) -> (Tokens<'_>, Expression) {
    let read = match level {
        Precedence::Or => or_expression(i),
        Precedence::And => and_expression(i),
        Precedence::Equality => equality_expression(i),
        Precedence::Relational => relational_expression(i),
        Precedence::Additive => additive_expression(i),
        Precedence::Multiplicative => multiplicative_expression(i),
        Precedence::String => string_expression(i),
        Precedence::Operand => unary_expression(i),
    };
    read.unwrap_or_else(|_| (i, missing_expr(i)))
}

/// `a or b or c`
fn or_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    binary_expression(i, Precedence::Or)
}

/// `a and b and c`
fn and_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    binary_expression(i, Precedence::And)
}

/// `a == b`, `a in (b)`, `a between (b .. c)`
fn equality_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    binary_expression(i, Precedence::Equality)
}

/// `a < b`
fn relational_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    binary_expression(i, Precedence::Relational)
}

/// `a + b - c`
fn additive_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    binary_expression(i, Precedence::Additive)
}

/// `a * b / c % d`
fn multiplicative_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    binary_expression(i, Precedence::Multiplicative)
}

/// `a has b`, `a =~ b`
fn string_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    binary_expression(i, Precedence::String)
}

/// `… in (list)`
fn in_expression(i: Tokens<'_>, left: Expression, operator: InOperator) -> (Tokens<'_>, Expression) {
    let operator_at = At(i.peek(0).span);
    let start = left.span();
    let i = i.skip(1);
    let list_start = i.token_gap();
    let (i, list) = in_list(i);
    let (at, list_at) = (i.since_span(start), i.since_span(list_start));
    (i, Expression::In(Box::new(InExpression { operator, operator_at, left, list, list_at, at })))
}

/// `… between (low .. high)`
fn between_expression(i: Tokens<'_>, left: Expression, negated: bool) -> (Tokens<'_>, Expression) {
    let operator_at = At(i.peek(0).span);
    let start = left.span();
    let i = need(i.skip(1), TokenKind::OpenParen, "(");
    let (i, low) = need_expr(i, unnamed_expression);
    let i = need(i, TokenKind::DotDot, "..");
    let (i, high) = need_expr(i, unnamed_expression);
    let i = need(i, TokenKind::CloseParen, ")");
    let at = i.since_span(start);
    (i, Expression::Between(Box::new(BetweenExpression { negated, operator_at, value: left, low, high, at })))
}

/// `… and right`, `… or right`: a chain is one node.
fn logical_expression(i: Tokens<'_>, left: Expression, and: bool) -> (Tokens<'_>, Expression) {
    let operator_at = At(i.peek(0).span);
    let level = if and { Precedence::And } else { Precedence::Or };
    let (i, right) = right_operand(i.skip(1), level.tighter());
    let it = match left {
        Expression::Logical(mut it) if it.and == and => {
            it.operands.push(right);
            it.operators_at.push(operator_at);
            it
        }
        left => LogicalExpression { and, operands: vec![left, right], operators_at: vec![operator_at] },
    };
    (i, Expression::Logical(it))
}

/// The right side of `in`: a query, or expressions.
fn in_list(i: Tokens<'_>) -> (Tokens<'_>, Vec<Expression>) {
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, list) = if is_query_operator_ahead(i) || i.is_pipe_ahead() {
        let (i, query) = need_expr(i, expression);
        (i, vec![query])
    } else {
        comma_list(i, ListShape::SOME, unnamed_expression, missing_expr)
    };
    (need(i, TokenKind::CloseParen, ")"), list)
}

/// `-x`, `+x`, or an operand without a sign.
fn unary_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    if !matches!(i.kind(), TokenKind::Minus | TokenKind::Plus) {
        return path_expression(i);
    }
    let sign = i.peek(0);
    let (after, operand) = need_expr(i.skip(1), path_expression);
    after.put_height(after.take_height() + 1);
    let minus = sign.kind == TokenKind::Minus;
    Ok((after, Expression::Unary(Box::new(UnaryExpression { minus, operand, at: after.since(sign) }))))
}

/// A primary expression with its `.name` and `[index]`.
pub(super) fn path_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    if i.is_keyword(0, "totable") {
        return to_table_expression(i);
    }
    let (after, target) = primary_expression(i)?;
    match after.kind() {
        TokenKind::Dot | TokenKind::OpenBracket => path_rest(after, target, i.peek(0)),
        _ => Ok((after, target)),
    }
}

/// `.name` and `[index]` behind a primary expression.
fn path_rest(mut i: Tokens<'_>, mut target: Expression, start: Token) -> Res<'_, Expression> {
    loop {
        match i.kind() {
            TokenKind::Dot => {
                let (after, selector) = need_selector(i.skip(1), path_selector_or_call);
                target = path(i, target, selector);
                i = after;
            }
            TokenKind::OpenBracket => {
                let (after, index) = bracketed_index(i)?;
                target = Expression::Element(Box::new(ElementExpression {
                    target,
                    index,
                    at: after.since(start),
                }));
                i = after;
            }
            _ => return Ok((i, target)),
        }
        i = grown(i);
    }
}

/// Counts one more link of a path.
pub(super) fn grown(i: Tokens<'_>) -> Tokens<'_> {
    let height = i.take_height() + 1;
    i.put_height(height);
    if height > MAX_HEIGHT { i.give_up(Code::TooDeep, "this path is too long", SPLIT) } else { i }
}

/// `target.selector`; a bracketed expression in place of a name is an index.
fn path(i: Tokens<'_>, target: Expression, selector: Expression) -> Expression {
    match selector {
        Expression::Element(it) if matches!(it.target, Expression::Missing(_)) => {
            let at = At(target.span().to(it.at.0));
            Expression::Element(Box::new(ElementExpression { target, at, ..*it }))
        }
        selector => {
            debug_assert_eq!(i.kind(), TokenKind::Dot);
            Expression::Path(Box::new(PathExpression { target, selector }))
        }
    }
}

fn need_selector<'p>(
    i: Tokens<'p>,
    mut parse: impl FnMut(Tokens<'p>) -> Res<'p, Expression>,
) -> (Tokens<'p>, Expression) {
    match parse(i) {
        Ok(found) => found,
        Err(_) => (i, Expression::Name(missing_name(i))),
    }
}

/// `[index]`
fn bracketed_index(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, _) = token(TokenKind::OpenBracket)(i)?;
    let (i, index) = need_selector(i, unnamed_expression);
    Ok((need(i, TokenKind::CloseBracket, "]"), index))
}

/// `[a*]`, `['name']`, or `[expression]`; the last as an element of nothing, for the caller to fill in.
pub(super) fn bracketed_selector(i: Tokens<'_>) -> Res<'_, Expression> {
    let open = i.peek(0);
    bracketed_wildcard(i)
        .or_else(|_| {
            let (i, name) = bracketed_name(i)?;
            Ok((i, Expression::Name(name)))
        })
        .or_else(|_: nom::Err<Absent>| {
            let (i, index) = bracketed_index(i)?;
            let target = Expression::Missing(At(open.span));
            Ok((i, Expression::Element(Box::new(ElementExpression { target, index, at: i.since(open) }))))
        })
}

/// A name, `['name']` or `[expression]`.
pub(super) fn path_selector(i: Tokens<'_>) -> Res<'_, Expression> {
    if i.kind() == TokenKind::OpenBracket { bracketed_selector(i) } else { bare_path_element(i) }
}

/// A call, a name, `['name']` or `[expression]`.
pub(super) fn path_selector_or_call(i: Tokens<'_>) -> Res<'_, Expression> {
    if is_call(i, 0) {
        let (i, call) = function_call(i)?;
        return Ok((i, Expression::Call(call)));
    }
    path_selector(i)
}

/// A path of names without calls.
pub(super) fn simple_path(i: Tokens<'_>) -> Res<'_, Expression> {
    path_of(i, path_selector)
}

/// A path of names and calls.
pub(super) fn entity_path(i: Tokens<'_>) -> Res<'_, Expression> {
    path_of(i, path_selector_or_call)
}

fn path_of<'p>(i: Tokens<'p>, selector: fn(Tokens<'p>) -> Res<'p, Expression>) -> Res<'p, Expression> {
    let start = i.peek(0);
    let (mut i, mut target) = selector(i)?;
    target = whole_selector(i, target);
    loop {
        (i, target) = match i.kind() {
            TokenKind::Dot => {
                let (after, next) = need_selector(i.skip(1), selector);
                (after, path(i, target, next))
            }
            TokenKind::OpenBracket => indexed(i, start, target)?,
            _ => return Ok((i, target)),
        };
        i = grown(i);
    }
}

/// `target[…]` where the brackets may hold a name with wildcards.
pub(super) fn indexed(i: Tokens<'_>, start: Token, target: Expression) -> Res<'_, Expression> {
    let (after, selector) = bracketed_selector(i)?;
    let at = after.since(start);
    let index = match selector {
        Expression::Element(it) => it.index,
        other => other,
    };
    Ok((after, Expression::Element(Box::new(ElementExpression { target, index, at }))))
}

/// A selector that stands alone: brackets around anything but a string have no meaning there.
pub(super) fn whole_selector(i: Tokens<'_>, selector: Expression) -> Expression {
    match selector {
        Expression::Element(it) if matches!(it.target, Expression::Missing(_)) => {
            i.report(Diagnostic::error(
                Code::ExpectedType,
                it.index.span(),
                "brackets that stand alone hold a name as a string, such as ['name']",
            ));
            Expression::Missing(it.at)
        }
        other => other,
    }
}

/// Literals, sources, parentheses, calls and names.
fn primary_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    let first = i.peek(0);
    match first.kind {
        TokenKind::End => i.expects(0, Expected::Operand),
        TokenKind::OpenParen => return paren_expression(i),
        TokenKind::Word(use_) if use_ != NameUse::Plain => match i.text(first) {
            "dynamic" => return literal(i),
            "datatable" => return source::data_table(i),
            "__contextual_datatable" => return source::contextual_data_table(i),
            "externaldata" | "external_data" => return source::external_data(i),
            "materialized-view-combine" => return i.nested(materialized_view_combine, missing_expr),
            "toscalar" => return to_scalar_expression(i),
            "typeof" if is_typeof(i) => return typeof_literal(i),
            _ => {}
        },
        _ if first.is_literal() => return literal(i),
        _ => {}
    }
    if is_call(i, 0) { call_expression(i) } else { primary_name(i) }
}

/// A call as an expression.
fn call_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    function_call(i).map(|(i, call)| (i, Expression::Call(call)))
}

/// A name on its own; a keyword that is meant as one is read, and refused.
fn primary_name(i: Tokens<'_>) -> Res<'_, Expression> {
    let first = i.peek(0);
    match path_selector(i) {
        Ok((i, it)) => data_scope(i, whole_selector(i, it), first),
        Err(_) if is_keyword_meant_as_name(i) => {
            let word = i.text(first);
            i.report(
                Diagnostic::error(
                    Code::Expected,
                    first.span,
                    format!("'{word}' is a keyword here, not a name"),
                )
                .fix(
                    format!("as a name it is written ['{word}']"),
                    first.span,
                    format!("['{word}']"),
                ),
            );
            Ok((i.skip(1), Expression::Name(word_name(i, first))))
        }
        Err(err) => Err(err),
    }
}

/// `name datascope=all`
fn data_scope(i: Tokens<'_>, inner: Expression, start: Token) -> Res<'_, Expression> {
    let (i, scope) = optional(i, data_scope_clause);
    let Some(scope) = scope else { return Ok((i, inner)) };
    Ok((i, Expression::DataScope(Box::new(DataScopeExpression { inner, scope, at: i.since(start) }))))
}

/// `datascope = all`
pub(super) fn data_scope_clause(i: Tokens<'_>) -> Res<'_, NamedParameter> {
    let (i, start) = keyword("datascope")(i)?;
    let name = word_name(i, start);
    let i = need(i, TokenKind::Equal, "=");
    let (i, value) = need_word(i, &["all", "hotcache"]);
    Ok((i, NamedParameter { name, value: Expression::Name(value), at: i.since(start) }))
}

/// `(expression)`
pub(super) fn paren_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, open) = token(TokenKind::OpenParen)(i)?;
    let outer = i.take_height();
    let (i, inner) = need_expr(i, expression);
    let i = need(i, TokenKind::CloseParen, ")");
    i.put_height(outer.max(i.take_height() + 1));
    Ok((i, Expression::Paren(Box::new(ParenExpression { inner, at: i.since(open) }))))
}

/// A call begins ahead.
pub(super) fn is_call(i: Tokens<'_>, ahead: usize) -> bool {
    scan_name(i, ahead).is_some_and(|count| i.peek(ahead + count).kind == TokenKind::OpenParen)
}

/// `name(arguments)`
pub(super) fn function_call(i: Tokens<'_>) -> Res<'_, FunctionCall> {
    if !is_call(i, 0) {
        return absent();
    }
    let start = i.peek(0);
    let (i, name) = name(i)?;
    let (i, arguments) = argument_list(i)?;
    Ok((i, FunctionCall { name, arguments, at: i.since(start) }))
}

/// `(a, b = 1, *)`
pub(super) fn argument_list(i: Tokens<'_>) -> Res<'_, Vec<Expression>> {
    let (i, _) = token(TokenKind::OpenParen)(i)?;
    let outer = i.take_height();
    let (i, arguments) = comma_list(i, ListShape::ANY, argument, missing_expr);
    let i = need(i, TokenKind::CloseParen, ")");
    i.put_height(outer.max(i.take_height() + 1));
    Ok((i, arguments))
}

fn argument(i: Tokens<'_>) -> Res<'_, Expression> {
    if i.kind() == TokenKind::Star && matches!(i.peek(1).kind, TokenKind::CloseParen | TokenKind::Comma) {
        return Ok((i.skip(1), Expression::Star(At(i.peek(0).span))));
    }
    named_expression(i)
}

/// `*`
pub(super) fn star_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, star) = token(TokenKind::Star)(i)?;
    Ok((i, Expression::Star(At(star.span))))
}

/// `toscalar(query)`
fn to_scalar_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, it) = subquery(i, "toscalar")?;
    Ok((i, Expression::ToScalar(Box::new(it))))
}

/// `totable(query)`
fn to_table_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, it) = subquery(i, "totable")?;
    Ok((i, Expression::ToTable(Box::new(it))))
}

fn subquery<'p>(i: Tokens<'p>, word: &'static str) -> Res<'p, SubqueryExpression> {
    let (i, start) = keyword(word)(i)?;
    let (i, kind) = optional(i, |i| named_parameter(i, "kind", ParameterValue::Word(&["nooptimization"])));
    let i = need(i, TokenKind::OpenParen, "(");
    let outer = i.take_height();
    let (i, inner) = need_expr(i, expression);
    let i = need(i, TokenKind::CloseParen, ")");
    i.put_height(outer.max(i.take_height() + 1));
    Ok((i, SubqueryExpression { parameters: kind.into_iter().collect(), inner, at: i.since(start) }))
}

/// `materialize(query)`, as the whole value of a `let`.
pub(super) fn materialize_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, start) = keyword("materialize")(i)?;
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, inner) = need_expr(i, expression);
    let i = need(i, TokenKind::CloseParen, ")");
    let it = SubqueryExpression { parameters: Vec::new(), inner, at: i.since(start) };
    Ok((i, Expression::Materialize(Box::new(it))))
}

/// `name = expression`, `(a, b) = expression`, or an expression without a name.
pub(super) fn named_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    let is_equal = |count: usize| i.peek(count).kind == TokenKind::Equal;
    if scan_extended_name(i, 0).is_some_and(is_equal) {
        let (after, name) = extended_name(i)?;
        return Ok(named(after.skip(1), i.peek(0), vec![name], false));
    }
    let dashed = scan_dashed_name(i);
    if dashed > 0 && is_equal(dashed) {
        return Ok(dash_named(i, dashed));
    }
    if scan_name_list(i).is_some_and(is_equal) {
        return Ok(list_named(i));
    }
    unnamed_expression(i)
}

/// `a-b = expression`: the name would need brackets.
fn dash_named(i: Tokens<'_>, count: usize) -> (Tokens<'_>, Expression) {
    let start = i.peek(0);
    let after = i.skip(count);
    let at = after.since(start);
    let text = i.slice(at.0).to_owned();
    i.report(Diagnostic::error(Code::Expected, at.0, format!("'{text}' is not a plain name")).fix(
        format!("as a name it is written ['{text}']"),
        at.0,
        format!("['{text}']"),
    ));
    named(after.skip(1), start, vec![Name { text, bracketed: true, at }], false)
}

/// `(a, b) = expression`
fn list_named(i: Tokens<'_>) -> (Tokens<'_>, Expression) {
    let start = i.peek(0);
    let (i, names) = comma_list(i.skip(1), ListShape::SOME, extended_name, missing_name);
    let i = need(i, TokenKind::CloseParen, ")");
    let i = need(i, TokenKind::Equal, "=");
    named(i, start, names, true)
}

fn named(i: Tokens<'_>, start: Token, names: Vec<Name>, parenthesised: bool) -> (Tokens<'_>, Expression) {
    let (i, value) = need_expr(i, unnamed_expression);
    (i, Expression::Named(Box::new(NamedExpression { names, parenthesised, value, at: i.since(start) })))
}

/// How many tokens `(a, b)` takes, if only names stand in it.
fn scan_name_list(i: Tokens<'_>) -> Option<usize> {
    if i.kind() != TokenKind::OpenParen {
        return None;
    }
    let mut at = 1;
    while !super::input::is_list_end(i.skip(at)) {
        at += scan_extended_name(i, at)?;
        if i.peek(at).kind != TokenKind::Comma {
            break;
        }
        at += 1;
    }
    (i.peek(at).kind == TokenKind::CloseParen).then_some(at + 1)
}

/// A query or a scalar expression.
pub(super) fn expression(i: Tokens<'_>) -> Res<'_, Expression> {
    if let Err(stop) = i.descend() {
        return given_up(stop);
    }
    let result = pipe_expression(i);
    i.ascend();
    result
}

/// `source | operator | …`, an operator that starts a query, or a bare expression.
fn pipe_expression(i: Tokens<'_>) -> Res<'_, Expression> {
    if is_query_operator_ahead(i) {
        let read = operator_pipe(i);
        return if read.is_ok() { read } else { source_pipe(i) };
    }
    let read = source_pipe(i);
    if read.is_ok() { read } else { operator_pipe(i) }
}

/// A bare expression, or one that is the source of a pipe.
fn source_pipe(i: Tokens<'_>) -> Res<'_, Expression> {
    let (after, source) = or_expression(i)?;
    if after.kind() != TokenKind::Bar {
        return Ok((after, source));
    }
    Ok(pipe_rest(after, Some(source), Vec::new(), i.peek(0)))
}

/// An operator that starts a query, and those behind it.
fn operator_pipe(i: Tokens<'_>) -> Res<'_, Expression> {
    let (after, first) = first_operator(i)?;
    Ok(pipe_rest(after, None, vec![first], i.peek(0)))
}

/// An operator that may start a query, or one that may not: the latter is refused later.
fn first_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    unpiped_operator(i).or_else(|_| piped_operator(i))
}

/// `| operator …` behind the first part of a pipe.
fn pipe_rest<'p>(
    i: Tokens<'p>,
    source: Option<Expression>,
    mut operators: Vec<QueryOperator>,
    start: Token,
) -> (Tokens<'p>, Expression) {
    let i = more_operators(i, &mut operators);
    i.put_height(i.take_height() + 1);
    (i, Expression::Pipe(Box::new(PipeExpression { source, operators, at: i.since(start) })))
}

/// `| operator | operator …`
pub(super) fn more_operators<'p>(mut i: Tokens<'p>, operators: &mut Vec<QueryOperator>) -> Tokens<'p> {
    while i.kind() == TokenKind::Bar {
        let (after, operator) = query_operator(i.skip(1));
        operators.push(operator);
        i = after;
    }
    i
}

/// Operators without a source, as in the parentheses of `fork` and `mv-apply`.
pub(super) fn sub_pipe<'p>(
    i: Tokens<'p>,
    first: fn(Tokens<'p>) -> Res<'p, QueryOperator>,
) -> Res<'p, PipeExpression> {
    if let Err(stop) = i.descend_by(2) {
        return stop.map(|after| (after, empty_pipe(i.peek(0))));
    }
    let result = sub_pipe_inner(i, first);
    i.ascend_by(2);
    result
}

fn sub_pipe_inner<'p>(
    i: Tokens<'p>,
    first: fn(Tokens<'p>) -> Res<'p, QueryOperator>,
) -> Res<'p, PipeExpression> {
    let start = i.peek(0);
    let (i, operator) = first(i)?;
    let mut operators = vec![operator];
    let i = more_operators(i, &mut operators);
    i.put_height(i.take_height() + 1);
    Ok((i, PipeExpression { source: None, operators, at: i.since(start) }))
}

/// A pipe of nothing, where an error speaks of it already.
pub(super) fn empty_pipe(start: Token) -> PipeExpression {
    PipeExpression { source: None, operators: Vec::new(), at: At(start.span) }
}

/// A query with or without a source, as a pipe.
pub(super) fn as_pipe(expr: Expression) -> PipeExpression {
    match expr {
        Expression::Pipe(it) => *it,
        other => PipeExpression { at: At(other.span()), source: Some(other), operators: Vec::new() },
    }
}
