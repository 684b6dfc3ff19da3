//! `union`: the rows of several tables.

use super::super::entity::wildcard_entity;
use super::super::expr::paren_expression;
use super::super::input::{ListShape, Res, Tokens, comma_list, keyword, longest, missing_expr};
use super::super::name::{bare_path_element, bracketed_entity};
use super::super::parameter::{UNION, parameters};
use crate::syntax::ast::{At, Expression, QueryOperator, UnionOperator};
use crate::syntax::token::TokenKind;

pub(super) fn union_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("union")(i)?;
    let (i, parameters) = parameters(i, UNION);
    let (i, tables) = comma_list(i, ListShape::SOME, union_table, missing_expr);
    let it = UnionOperator { parameters, tables, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Union(it)))
}

/// A query in parentheses, a table, or a name with wildcards.
fn union_table(i: Tokens<'_>) -> Res<'_, Expression> {
    if i.kind() == TokenKind::OpenParen {
        return i.nested(paren_expression, missing_expr);
    }
    longest(i, &mut [&mut bracketed_entity, &mut wildcard_entity, &mut bare_path_element])
}
