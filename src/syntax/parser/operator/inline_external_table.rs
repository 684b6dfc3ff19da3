//! `inline_external_table`: files in a store, described where they are used.

use super::super::expr::{expression, unnamed_expression};
use super::super::input::{
    ListShape, Res, Tokens, absent, comma_list, is_list_end, keyword, list, need, need_keyword, optional,
    token,
};
use super::super::name::{extended_name, name_reference, word_name};
use super::super::parameter::{missing_value, need_word};
use super::super::schema::{missing_name_and_type, name_and_type};
use super::super::source::with_properties;
use super::super::string::string_literal;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{
    At, Expression, InlineExternalTableOperator, Name, NameAndType, PathFormatPart, QueryOperator, TypeName,
};
use crate::syntax::token::{NameUse, TokenKind};

/// `inline_external_table (schema) kind=storage [partition by (…)] [pathformat=(…)] dataformat=csv (files) [with (…)]`
pub(super) fn inline_external_table_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    if !is_schema(i, 1) && !i.is_keyword(1, "kind") {
        return absent();
    }
    let (i, start) = keyword("inline_external_table")(i)?;
    let (i, schema) = if is_schema(i, 0) {
        let shape = ListShape { some: true, ..ListShape::TRAILING };
        let i = i.skip(1);
        let i = if i.kind() == TokenKind::Comma { i.skip(1) } else { i };
        let (i, columns) = comma_list(i, shape, name_and_type, missing_name_and_type);
        (need(i, TokenKind::CloseParen, ")"), Some(columns))
    } else {
        (i, None)
    };
    let before = i;
    let (i, kind) = optional(i, |i| word_clause(i, "kind"));
    if kind.is_none() {
        i.missing(Code::Expected, "kind=storage or kind=delta");
    }
    let is_delta = kind.as_ref().is_some_and(|kind| kind.text.eq_ignore_ascii_case("delta"));
    if schema.is_none() && !is_delta {
        before.missing(Code::Expected, "a schema such as (name: type)");
    }
    let (i, partitions) = optional(i, partition_clause);
    let (i, path_format) = optional(i, path_format_clause);
    let (i, format) = optional(i, |i| word_clause(i, "dataformat"));
    if format.is_none() && !is_delta {
        i.missing(Code::Expected, "dataformat=…");
    }
    let (i, connections) = match token(TokenKind::OpenParen)(i) {
        Ok((i, _)) => {
            let (i, all) = comma_list(i, ListShape::TRAILING, expression, missing_value);
            (need(i, TokenKind::CloseParen, ")"), all)
        }
        Err(_) => {
            i.missing(Code::Expected, "the list of files in parentheses");
            (i, Vec::new())
        }
    };
    let (i, properties) = with_properties(i);
    let it = InlineExternalTableOperator {
        schema,
        kind,
        partitions: partitions.unwrap_or_default(),
        path_format: path_format.unwrap_or_default(),
        format,
        connections,
        properties,
        keyword_at: At(start.span),
        at: i.since(start),
    };
    Ok((i, QueryOperator::InlineExternalTable(it)))
}

/// A schema stands ahead: a colon comes before the parenthesis closes.
fn is_schema(i: Tokens<'_>, ahead: usize) -> bool {
    if i.peek(ahead).kind != TokenKind::OpenParen {
        return false;
    }
    let mut at = ahead + 1;
    loop {
        match i.peek(at).kind {
            TokenKind::Colon | TokenKind::End => return true,
            TokenKind::CloseParen => return false,
            _ => at += 1,
        }
    }
}

/// `kind = delta`, `dataformat = csv`
fn word_clause<'p>(i: Tokens<'p>, word: &'static str) -> Res<'p, Name> {
    let (i, _) = keyword(word)(i)?;
    let i = need(i, TokenKind::Equal, "=");
    if word == "kind" {
        return Ok(need_word(i, &["storage", "delta"]));
    }
    if i.kind() == TokenKind::Word(NameUse::Plain) {
        return Ok((i.skip(1), word_name(i, i.peek(0))));
    }
    i.expected("a name");
    Ok((i, Name { text: String::new(), bracketed: false, at: At(i.gap()) }))
}

/// `partition by (name: type [= expression], …)`
fn partition_clause(i: Tokens<'_>) -> Res<'_, Vec<(NameAndType, Option<Expression>)>> {
    let (i, _) = keyword("partition")(i)?;
    let i = need(need_keyword(i, "by"), TokenKind::OpenParen, "(");
    let i = if i.kind() == TokenKind::Comma { i.skip(1) } else { i };
    let missing = |i| (missing_name_and_type(i), None);
    let (i, all) = comma_list(i, ListShape::TRAILING, partition_column, missing);
    Ok((need(i, TokenKind::CloseParen, ")"), all))
}

fn partition_column(i: Tokens<'_>) -> Res<'_, (NameAndType, Option<Expression>)> {
    let (i, name) = extended_name(i)?;
    let i = need(i, TokenKind::Colon, ":");
    let token = i.peek(0);
    let data_type = TypeName { text: i.text(token).to_owned(), at: At(token.span) };
    if !["datetime", "long", "string"].iter().any(|word| i.is_keyword(0, word)) {
        i.report(Diagnostic::error(
            Code::Expected,
            token.span,
            "a partition column is of type datetime, long or string",
        ));
    }
    let i = i.skip(usize::from(!is_list_end(i)));
    let (i, expression) =
        if i.kind() == TokenKind::Equal { optional(i.skip(1), unnamed_expression) } else { (i, None) };
    Ok((i, (NameAndType { name, data_type }, expression)))
}

/// `pathformat = ("prefix" column "/" datetime_pattern("yyyy", column))`
fn path_format_clause(i: Tokens<'_>) -> Res<'_, Vec<PathFormatPart>> {
    let (i, _) = keyword("pathformat")(i)?;
    let i = need(need(i, TokenKind::Equal, "="), TokenKind::OpenParen, "(");
    let (i, parts) = list(i, path_format_part);
    if !parts.iter().any(|part| !matches!(part, PathFormatPart::Text(_))) {
        i.missing(Code::Expected, "a partition column");
    }
    Ok((need(i, TokenKind::CloseParen, ")"), parts))
}

fn path_format_part(i: Tokens<'_>) -> Res<'_, PathFormatPart> {
    if let Ok((i, text)) = string_literal(i) {
        return Ok((i, PathFormatPart::Text(text)));
    }
    if let Ok((i, _)) = keyword("datetime_pattern")(i) {
        let i = need(i, TokenKind::OpenParen, "(");
        let (i, pattern) = optional(i, string_literal);
        let i = need(i, TokenKind::Comma, ",");
        let (i, column) = optional(i, name_reference);
        let i = need(i, TokenKind::CloseParen, ")");
        return Ok((i, PathFormatPart::Pattern { pattern, column }));
    }
    let (i, column) = name_reference(i)?;
    Ok((i, PathFormatPart::Column(column)))
}
