//! `macro-expand`: runs statements for each member of an entity group.

use super::super::expr::entity_path;
use super::super::input::{Res, Tokens, keyword, missing_expr, need};
use super::super::name::{name_reference, need_name};
use super::super::parameter::{UNION, parameters};
use super::super::statement::{entity_group, statement_list};
use crate::syntax::ast::{At, Expression, MacroExpandOperator, QueryOperator};
use crate::syntax::token::TokenKind;

pub(super) fn macro_expand_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("macro-expand")(i)?;
    let (i, parameters) = parameters(i, UNION);
    let (i, group) = group_reference(i).unwrap_or_else(|_| (i, missing_expr(i)));
    let (i, name) = match keyword("as")(i) {
        Ok((i, _)) => {
            let (i, name) = need_name(i);
            (i, Some(name))
        }
        Err(_) => (i, None),
    };
    let i = need(i, TokenKind::OpenParen, "(");
    let read = i.nested(|i| Ok(statement_list(i)), |_| Vec::new());
    let (i, statements) = read.unwrap_or((i, Vec::new()));
    let i = need(i, TokenKind::CloseParen, ")");
    let it = MacroExpandOperator {
        parameters,
        group,
        name,
        statements,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::MacroExpand(it)))
}

/// `entity_group […]`, a qualified name, or a plain one.
fn group_reference(i: Tokens<'_>) -> Res<'_, Expression> {
    entity_group(i).or_else(|_| {
        let is_qualified = matches!(i.text(i.peek(0)), "database" | "cluster");
        if is_qualified && i.peek(1).kind == TokenKind::OpenParen {
            entity_path(i)
        } else {
            name_reference(i)
        }
    })
}
