//! `find`: rows of many tables that meet a predicate.

use super::super::entity::wildcard_entity;
use super::super::expr::{data_scope_clause, star_expression, unnamed_expression};
use super::super::input::{
    ListShape, Res, Tokens, comma_list, keyword, longest, missing_expr, need, need_expr, need_keyword,
    optional, token,
};
use super::super::name::{bare_path_element, bracketed_entity, name};
use super::super::parameter::{NO_PARAMETERS, leading_parameters};
use super::super::schema::{need_type, param_type_extended};
use super::as_::as_operator;
use super::missing_operator;
use crate::syntax::ast::{At, Expression, FindColumn, FindOperator, PipeExpression, QueryOperator};
use crate::syntax::token::TokenKind;

pub(super) fn find_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("find")(i)?;
    let (i, scope) = optional(i, data_scope_clause);
    let (i, more) = leading_parameters(i, NO_PARAMETERS);
    let is_plain = more.is_empty();
    let parameters = scope.into_iter().chain(more).collect();
    let (i, tables) = optional(i, in_tables);
    let where_keyword = i.is_keyword(0, "where");
    let i = if where_keyword {
        i.skip(1)
    } else if is_plain && tables.is_none() {
        i
    } else {
        need_keyword(i, "where")
    };
    let (i, predicate) = need_expr(i, unnamed_expression);
    let (i, project) = optional(i, |i| find_columns(i, "project"));
    let (i, smart) = if project.is_none() { optional(i, keyword("project-smart")) } else { (i, None) };
    let (i, away) = optional(i, |i| find_columns(i, "__projectAway"));
    let it = FindOperator {
        parameters,
        tables: tables.unwrap_or_default(),
        predicate,
        where_keyword,
        project,
        smart: smart.is_some(),
        away: away.unwrap_or_default(),
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::Find(it)))
}

/// `in (tables)`
pub(super) fn in_tables(i: Tokens<'_>) -> Res<'_, Vec<Expression>> {
    let (i, _) = keyword("in")(i)?;
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, tables) = comma_list(i, ListShape::SOME, find_table, missing_expr);
    Ok((need(i, TokenKind::CloseParen, ")"), tables))
}

/// A table, a name with wildcards, or `table | as name`.
fn find_table(i: Tokens<'_>) -> Res<'_, Expression> {
    longest(i, &mut [&mut table_as, &mut wildcard_entity])
}

fn table_as(i: Tokens<'_>) -> Res<'_, Expression> {
    let start = i.peek(0);
    let (i, table) = bracketed_entity(i).or_else(|_| bare_path_element(i))?;
    let Ok((i, _)) = token(TokenKind::Bar)(i) else { return Ok((i, table)) };
    let (i, operator) = as_operator(i).unwrap_or_else(|_| (i, missing_operator(i)));
    let it = PipeExpression { source: Some(table), operators: vec![operator], at: i.since(start) };
    Ok((i, Expression::Pipe(Box::new(it))))
}

/// `project a, b: string, pack(*)`
fn find_columns<'p>(i: Tokens<'p>, word: &'static str) -> Res<'p, Vec<FindColumn>> {
    let (i, _) = keyword(word)(i)?;
    let missing = |i: Tokens<'_>| {
        missing_expr(i);
        FindColumn::Star(At(i.gap()))
    };
    let (i, columns) = comma_list(i, ListShape::OPEN, find_column, missing);
    Ok((i, columns))
}

fn find_column(i: Tokens<'_>) -> Res<'_, FindColumn> {
    let start = i.peek(0);
    if let Ok((i, _)) = keyword("pack")(i) {
        let i = need(i, TokenKind::OpenParen, "(");
        let i = need(i, TokenKind::Star, "*");
        let i = need(i, TokenKind::CloseParen, ")");
        return Ok((i, FindColumn::PackAll(i.since(start))));
    }
    if let Ok((i, _)) = star_expression(i) {
        return Ok((i, FindColumn::Star(At(start.span))));
    }
    let (i, name) = name(i)?;
    if i.kind() != TokenKind::Colon {
        return Ok((i, FindColumn::Column { name, data_type: None }));
    }
    let i = i.skip(1);
    let (i, data_type) = param_type_extended(i).unwrap_or_else(|_| need_type(i));
    Ok((i, FindColumn::Column { name, data_type: Some(data_type) }))
}
