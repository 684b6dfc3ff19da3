//! Types and columns: `name: type`, row schemas, and the types of parameters.

use super::input::{ListShape, Res, Tokens, absent, comma_list, missing_name, need};
use super::name::extended_name;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{At, Name, NameAndType, ParameterType, TypeName};
use crate::syntax::expected::Expected;
use crate::syntax::token::{Token, TokenKind};

/// The types that columns and parameters may have.
const PARAM_TYPES: &[&str] = &[
    "bool", "boolean", "date", "datetime", "decimal", "double", "dynamic", "guid", "int", "int64", "int8",
    "long", "real", "string", "time", "timespan", "uniqueid",
];

/// Types that some places take besides.
const MORE_TYPES: &[&str] =
    &["float", "int16", "int32", "uint", "uint16", "uint32", "uint64", "uint8", "ulong"];

fn type_name(i: Tokens<'_>, token: Token) -> TypeName {
    TypeName { text: i.text(token).to_owned(), at: At(token.span) }
}

/// A type that a column may have.
pub(super) fn param_type(i: Tokens<'_>) -> Res<'_, TypeName> {
    i.expects(0, Expected::Type);
    let token = i.peek(0);
    if token.is_keyword() && PARAM_TYPES.contains(&i.text(token)) {
        Ok((i.skip(1), type_name(i, token)))
    } else {
        absent()
    }
}

/// A type, the rarer ones included.
pub(super) fn param_type_extended(i: Tokens<'_>) -> Res<'_, TypeName> {
    i.expects(0, Expected::Type);
    let token = i.peek(0);
    if token.is_keyword() && (PARAM_TYPES.contains(&i.text(token)) || MORE_TYPES.contains(&i.text(token))) {
        Ok((i.skip(1), type_name(i, token)))
    } else {
        absent()
    }
}

/// A type that has to be there; another word is read and refused.
pub(super) fn need_type(i: Tokens<'_>) -> (Tokens<'_>, TypeName) {
    if let Ok(found) = param_type(i) {
        return found;
    }
    let token = i.peek(0);
    if param_type_extended(i).is_ok() || token.is_name() {
        i.report(
            Diagnostic::error(
                Code::Expected,
                token.span,
                format!("'{}' is not a type that a column can have", i.text(token)),
            )
            .help("types: bool, datetime, decimal, dynamic, guid, int, long, real, string, timespan"),
        );
        return (i.skip(1), type_name(i, token));
    }
    i.missing(Code::Expected, "a type");
    (i, TypeName { text: String::new(), at: At(i.gap()) })
}

/// `name: type`; the type may be a schema in parentheses.
fn name_and_any_type(i: Tokens<'_>) -> Res<'_, (Name, ParameterType)> {
    if i.kind() == TokenKind::Colon {
        let name = missing_name(i);
        let (after, kind) = need_type(i.skip(1));
        return Ok((after, (name, ParameterType::Scalar(kind))));
    }
    let (i, name) = extended_name(i)?;
    let i = need(i, TokenKind::Colon, ":");
    if i.kind() == TokenKind::OpenParen {
        let (i, kind) = table_type(i);
        return Ok((i, (name, kind)));
    }
    let (i, kind) = need_type(i);
    Ok((i, (name, ParameterType::Scalar(kind))))
}

/// `(a: long, …)` or `(*)`
fn table_type(i: Tokens<'_>) -> (Tokens<'_>, ParameterType) {
    let i = i.skip(1);
    if i.kind() == TokenKind::Star {
        return (need(i.skip(1), TokenKind::CloseParen, ")"), ParameterType::AnyTable);
    }
    let read = i.nested(
        |i| Ok(comma_list(i, ListShape::TRAILING, name_and_type, missing_name_and_type)),
        |_| Vec::new(),
    );
    let (i, columns) = read.unwrap_or((i, Vec::new()));
    (need(i, TokenKind::CloseParen, ")"), ParameterType::Table(columns))
}

/// `name: type` of a parameter.
pub(super) fn parameter_name_and_type(i: Tokens<'_>) -> Res<'_, (Name, ParameterType)> {
    name_and_any_type(i)
}

/// `name: type` of a column. A schema in place of the type is kept as its text.
pub(super) fn name_and_type(i: Tokens<'_>) -> Res<'_, NameAndType> {
    let start = i;
    let (i, (name, data_type)) = name_and_any_type(i)?;
    let data_type = match data_type {
        ParameterType::Scalar(data_type) => data_type,
        ParameterType::Table(columns) => {
            let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
            TypeName { text: format!("({})", columns.join(", ")), at: i.since(start.peek(0)) }
        }
        ParameterType::AnyTable => TypeName { text: "(*)".to_owned(), at: i.since(start.peek(0)) },
    };
    Ok((i, NameAndType { name, data_type }))
}

/// Records that a column's declaration is missing.
pub(super) fn missing_name_and_type(i: Tokens<'_>) -> NameAndType {
    i.missing(Code::Expected, "a column with its type");
    let gap = At(i.gap());
    NameAndType {
        name: Name { text: String::new(), bracketed: false, at: gap },
        data_type: TypeName { text: String::new(), at: gap },
    }
}

/// `(a: long, b: string)`
pub(super) fn row_schema(i: Tokens<'_>) -> Res<'_, Vec<NameAndType>> {
    if i.kind() != TokenKind::OpenParen {
        return absent();
    }
    let i = i.skip(1);
    let i = if i.kind() == TokenKind::Comma { i.skip(1) } else { i };
    let (i, columns) = comma_list(i, ListShape::TRAILING, name_and_type, missing_name_and_type);
    Ok((need(i, TokenKind::CloseParen, ")"), columns))
}

/// A row schema that has to be there.
pub(super) fn need_row_schema(i: Tokens<'_>) -> (Tokens<'_>, Vec<NameAndType>) {
    match row_schema(i) {
        Ok(found) => found,
        Err(_) => {
            i.missing(Code::Expected, "a schema such as (name: type)");
            (i, Vec::new())
        }
    }
}
