//! Literals: numbers, `type(…)` forms, `dynamic(…)` and `typeof(…)`. What a literal's text is worth is read later, by the
//! binder.

use super::input::{ListShape, Res, Tokens, absent, comma_list, need};
use super::name::{braced_name, scan_braced_name};
use super::schema::{missing_name_and_type, name_and_type, param_type_extended};
use super::string::string_literal;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{
    At, DynamicLiteral, DynamicValue, Expression, Literal, LiteralKind, NameAndType, TypeName, TypeOf,
    TypeOfLiteral,
};
use crate::syntax::lexer::decode_string;
use crate::syntax::token::{NameUse, Token, TokenKind};

/// A literal of one token, other than a string.
fn token_literal(i: Tokens<'_>, token: Token) -> Option<Literal> {
    use TokenKind::*;
    let (kind, is_form) = match token.kind {
        Bool => (LiteralKind::Bool, false),
        BoolForm => (LiteralKind::Bool, true),
        Long => (LiteralKind::Long, false),
        LongForm => (LiteralKind::Long, true),
        IntForm => (LiteralKind::Int, true),
        Real => (LiteralKind::Real, false),
        RealForm => (LiteralKind::Real, true),
        DecimalForm => (LiteralKind::Decimal, true),
        DateTimeForm => (LiteralKind::DateTime, true),
        TimeSpan => (LiteralKind::TimeSpan, false),
        TimeSpanForm => (LiteralKind::TimeSpan, true),
        GuidForm => (LiteralKind::Guid, true),
        RawGuid => (LiteralKind::Guid, false),
        _ => return None,
    };
    let text = i.text(token);
    let value = if is_form {
        let inner = text.find('(').map_or("", |at| &text[at + 1..]);
        inner.strip_suffix(')').unwrap_or(inner).trim()
    } else {
        text
    };
    Some(Literal { kind, text: text.to_owned(), value: value.to_owned(), at: At(token.span) })
}

/// Any literal; also `-1` and `{name}`.
pub(super) fn literal(i: Tokens<'_>) -> Res<'_, Expression> {
    let token = i.peek(0);
    match token.kind {
        TokenKind::String => {
            let (i, it) = string_literal(i)?;
            Ok((i, Expression::Literal(it)))
        }
        TokenKind::RawGuid => {
            i.report(Diagnostic::error(Code::BadLiteral, token.span, "a guid stands in guid(…) here").fix(
                format!("write guid({})", i.text(token)),
                token.span,
                format!("guid({})", i.text(token)),
            ));
            bare_literal(i)
        }
        TokenKind::Plus | TokenKind::Minus => signed_literal(i),
        TokenKind::OpenBrace => {
            let (i, name) = braced_name(i)?;
            Ok((i, Expression::Name(name)))
        }
        TokenKind::Word(_) if i.is_keyword(0, "dynamic") => dynamic_literal(i),
        TokenKind::Word(_) if i.is_keyword(0, "typeof") => typeof_literal(i),
        _ => bare_literal(i),
    }
}

fn bare_literal(i: Tokens<'_>) -> Res<'_, Expression> {
    match token_literal(i, i.peek(0)) {
        Some(it) => Ok((i.skip(1), Expression::Literal(it))),
        None => absent(),
    }
}

/// `-1`, `+1.5h`: a sign right before a number.
pub(super) fn signed_literal(i: Tokens<'_>) -> Res<'_, Expression> {
    let (sign, number) = (i.peek(0), i.peek(1));
    if !matches!(sign.kind, TokenKind::Plus | TokenKind::Minus)
        || !matches!(number.kind, TokenKind::Long | TokenKind::Real | TokenKind::TimeSpan)
        || !i.is_adjacent(1)
    {
        return absent();
    }
    let Some(mut it) = token_literal(i, number) else { return absent() };
    it.at = At(sign.span.to(number.span));
    it.text = i.slice(it.at.0).to_owned();
    it.value.clone_from(&it.text);
    Ok((i.skip(2), Expression::Literal(it)))
}

/// `dynamic(…)`
pub(super) fn dynamic_literal(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, it) = dynamic_form(i)?;
    Ok((i, Expression::Dynamic(it)))
}

fn dynamic_form(i: Tokens<'_>) -> Res<'_, DynamicLiteral> {
    let start = i.peek(0);
    if !i.is_keyword(0, "dynamic") || i.peek(1).kind != TokenKind::OpenParen {
        return absent();
    }
    let (i, value) = need_json_value(i.skip(2));
    let i = need(i, TokenKind::CloseParen, ")");
    Ok((i, DynamicLiteral { value, at: i.since(start) }))
}

fn need_json_value(i: Tokens<'_>) -> (Tokens<'_>, DynamicValue) {
    match json_value(i) {
        Ok(found) => found,
        Err(_) => (i, missing_json_value(i)),
    }
}

fn missing_json_value(i: Tokens<'_>) -> DynamicValue {
    i.missing(Code::Expected, "a value");
    DynamicValue::Null
}

/// A value within `dynamic(…)`.
pub(super) fn json_value(i: Tokens<'_>) -> Res<'_, DynamicValue> {
    i.nested(json_value_inner, |_| DynamicValue::Null)
}

fn json_value_inner(i: Tokens<'_>) -> Res<'_, DynamicValue> {
    use TokenKind::*;
    let token = i.peek(0);
    match token.kind {
        String => {
            let (i, it) = string_literal(i)?;
            Ok((i, DynamicValue::Literal(it)))
        }
        Long | LongForm | Real | RealForm | Bool | BoolForm | DateTimeForm | TimeSpan | TimeSpanForm
        | GuidForm | RawGuid | DecimalForm => match token_literal(i, token) {
            Some(mut it) => {
                if token.kind == RawGuid {
                    i.report(
                        Diagnostic::error(Code::BadLiteral, token.span, "a guid stands in guid(…) here").fix(
                            format!("write guid({})", it.text),
                            token.span,
                            format!("guid({})", it.text),
                        ),
                    );
                    it.value.clone_from(&it.text);
                }
                Ok((i.skip(1), DynamicValue::Literal(it)))
            }
            None => absent(),
        },
        Minus if matches!(i.peek(1).kind, Long | LongForm | Real | RealForm) => {
            let Some(mut it) = token_literal(i, i.peek(1)) else { return absent() };
            it.at = At(token.span.to(it.at.0));
            it.text.insert(0, '-');
            it.value.insert(0, '-');
            Ok((i.skip(2), DynamicValue::Literal(it)))
        }
        OpenBracket => {
            let (i, all) = comma_list(i.skip(1), ListShape::ANY, json_value, missing_json_value);
            Ok((need(i, CloseBracket, "]"), DynamicValue::Array(all)))
        }
        OpenBrace if scan_braced_name(i).is_some() => {
            let (i, name) = braced_name(i)?;
            let it =
                Literal { kind: LiteralKind::String, value: name.text.clone(), text: name.text, at: name.at };
            Ok((i, DynamicValue::Literal(it)))
        }
        OpenBrace => {
            let (i, all) = comma_list(i.skip(1), ListShape::ANY, json_pair, missing_json_pair);
            Ok((need(i, CloseBrace, "}"), DynamicValue::Bag(all)))
        }
        Word(_) if i.is_keyword(0, "null") => Ok((i.skip(1), DynamicValue::Null)),
        Word(_) if i.is_keyword(0, "dynamic") => {
            let (i, it) = dynamic_form(i)?;
            Ok((i, it.value))
        }
        _ => absent(),
    }
}

/// `"key": value`
fn json_pair(i: Tokens<'_>) -> Res<'_, (Literal, DynamicValue)> {
    let no_key = |i: Tokens<'_>| {
        i.expected("a key");
        Literal { kind: LiteralKind::String, text: String::new(), value: String::new(), at: At(i.gap()) }
    };
    match i.kind() {
        TokenKind::String => {
            let token = i.peek(0);
            let text = i.text(token);
            let key = Literal {
                kind: LiteralKind::String,
                text: text.to_owned(),
                value: decode_string(text),
                at: At(token.span),
            };
            let (i, value) = need_json_value(need(i.skip(1), TokenKind::Colon, ":"));
            Ok((i, (key, value)))
        }
        TokenKind::Colon => {
            let key = no_key(i);
            let (i, value) = need_json_value(i.skip(1));
            Ok((i, (key, value)))
        }
        _ => {
            let mark = i.findings();
            let (after, value) = json_value(i)?;
            let later = i.take_findings(mark);
            let key = no_key(i);
            i.put_findings(later);
            Ok((after, (key, value)))
        }
    }
}

fn missing_json_pair(i: Tokens<'_>) -> (Literal, DynamicValue) {
    i.missing(Code::Expected, "a pair of key and value");
    let key =
        Literal { kind: LiteralKind::String, text: String::new(), value: String::new(), at: At(i.gap()) };
    (key, DynamicValue::Null)
}

/// `typeof(…)` begins here.
pub(super) fn is_typeof(i: Tokens<'_>) -> bool {
    i.is_keyword(0, "typeof") && i.peek(1).kind == TokenKind::OpenParen
}

/// `typeof(long)`, `typeof(a: long, *)`
pub(super) fn typeof_literal(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, it) = typeof_form(i)?;
    Ok((i, Expression::TypeOf(it)))
}

pub(super) fn typeof_form(i: Tokens<'_>) -> Res<'_, TypeOfLiteral> {
    if !is_typeof(i) {
        return absent();
    }
    let start = i.peek(0);
    let i = i.skip(2);
    let is_scalar = param_type_extended(i).is_ok()
        || (i.peek(0).kind == TokenKind::Word(NameUse::Plain) && i.peek(1).kind == TokenKind::CloseParen);
    let (i, of) = if is_scalar {
        let token = i.peek(0);
        let kind = TypeName { text: i.text(token).to_owned(), at: At(token.span) };
        (i.skip(1), TypeOf::Scalar(kind))
    } else {
        let (i, elements) = comma_list(i, ListShape::ANY, typeof_element, |i| Some(missing_name_and_type(i)));
        let star = elements.iter().any(Option::is_none);
        (i, TypeOf::Table { star, columns: elements.into_iter().flatten().collect() })
    };
    let i = need(i, TokenKind::CloseParen, ")");
    Ok((i, TypeOfLiteral { of, at: i.since(start) }))
}

/// `*` (none), or `name: type`.
fn typeof_element(i: Tokens<'_>) -> Res<'_, Option<NameAndType>> {
    if i.kind() == TokenKind::Star {
        return Ok((i.skip(1), None));
    }
    let (i, it) = name_and_type(i)?;
    Ok((i, Some(it)))
}
