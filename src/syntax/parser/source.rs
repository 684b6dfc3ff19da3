//! Expressions that are tables of their own: `datatable`, `externaldata` and rarer ones.

use super::expr::{expression, unnamed_expression};
use super::input::{ListShape, Res, Tokens, comma_list, keyword, need, need_expr};
use super::literal::literal;
use super::name::extended_name;
use super::parameter::{NO_PARAMETERS, any_value, leading_parameters, missing_parameter, missing_value};
use super::schema::need_row_schema;
use crate::syntax::ast::{
    ContextualDataTableExpression, DataTableExpression, Expression, ExternalDataExpression, NamedParameter,
};
use crate::syntax::token::TokenKind;

/// `datatable (a: long) [1, 2]`
pub(super) fn data_table(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, start) = keyword("datatable")(i)?;
    let (i, parameters) = leading_parameters(i, NO_PARAMETERS);
    let (i, schema) = need_row_schema(i);
    let i = need(i, TokenKind::OpenBracket, "[");
    let i = if i.kind() == TokenKind::Comma { i.skip(1) } else { i };
    let (i, values) = comma_list(i, ListShape::TRAILING, literal, missing_value);
    let i = end_of_cells(i);
    Ok((i, Expression::DataTable(DataTableExpression { parameters, schema, values, at: i.since(start) })))
}

/// The `]` behind the cells. What stands there instead is likely a cell that is no literal.
fn end_of_cells(i: Tokens<'_>) -> Tokens<'_> {
    use TokenKind::{Bar, CloseBracket, End, Semicolon};
    let is_end = |i: Tokens<'_>| matches!(i.kind(), Bar | CloseBracket | End | Semicolon);
    if is_end(i) {
        return need(i, CloseBracket, "]");
    }
    let help = "cells are literals, with commas between them; what is computed can be added with extend";
    i.expected_with("a literal, ',' or ']'", Some(help.to_owned()));
    let mut end = i;
    while !is_end(end) {
        end = end.skip(1);
    }
    if end.kind() == CloseBracket { end.skip(1) } else { end }
}

/// `__contextual_datatable id (a: long)`
pub(super) fn contextual_data_table(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, start) = keyword("__contextual_datatable")(i)?;
    let (i, id) = need_expr(i, |i| literal(i).or_else(|_| unnamed_expression(i)));
    let (i, schema) = need_row_schema(i);
    let it = ContextualDataTableExpression { id, schema, at: i.since(start) };
    Ok((i, Expression::ContextualDataTable(Box::new(it))))
}

/// `externaldata (a: long) ["https://…"] with (format = "csv")`
pub(super) fn external_data(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, start) = keyword("externaldata")(i).or_else(|_| keyword("external_data")(i))?;
    let (i, parameters) = leading_parameters(i, NO_PARAMETERS);
    let (i, schema) = need_row_schema(i);
    let i = need(i, TokenKind::OpenBracket, "[");
    let (i, locations) = comma_list(i, ListShape::TRAILING, expression, missing_value);
    let i = need(i, TokenKind::CloseBracket, "]");
    let (i, properties) = with_properties(i);
    let at = i.since(start);
    Ok((
        i,
        Expression::ExternalData(ExternalDataExpression { parameters, schema, locations, properties, at }),
    ))
}

/// `with (name = value, …)`; none where `with` does not follow.
pub(super) fn with_properties(i: Tokens<'_>) -> (Tokens<'_>, Vec<NamedParameter>) {
    let Ok((i, _)) = keyword("with")(i) else { return (i, Vec::new()) };
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, properties) = comma_list(i, ListShape::ANY, property, missing_parameter);
    (need(i, TokenKind::CloseParen, ")"), properties)
}

fn property(i: Tokens<'_>) -> Res<'_, NamedParameter> {
    let start = i.peek(0);
    let (i, name) = extended_name(i)?;
    let i = need(i, TokenKind::Equal, "=");
    let (i, value) = match property_value(i) {
        Ok(found) => found,
        Err(_) => (i, missing_value(i)),
    };
    Ok((i, NamedParameter { name, value, at: i.since(start) }))
}

fn property_value(i: Tokens<'_>) -> Res<'_, Expression> {
    use TokenKind::*;
    match i.kind() {
        String | Long | LongForm | Real | RealForm | Bool | BoolForm | DateTimeForm | GuidForm => literal(i),
        RawGuid => any_value(i),
        _ => {
            let (i, name) = extended_name(i)?;
            Ok((i, Expression::Name(name)))
        }
    }
}
