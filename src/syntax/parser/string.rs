//! String literals: one or more strings, one after the other, are one text.

use super::input::{Res, Tokens, absent};
use crate::syntax::ast::{Literal, LiteralKind};
use crate::syntax::lexer::decode_string;
use crate::syntax::token::TokenKind;

/// How many strings stand ahead, one after the other.
pub(super) fn scan_strings(i: Tokens<'_>, ahead: usize) -> usize {
    let mut count = 0;
    while i.peek(ahead + count).kind == TokenKind::String {
        count += 1;
    }
    count
}

/// One or more strings, which are one text.
pub(super) fn string_literal(i: Tokens<'_>) -> Res<'_, Literal> {
    let first = i.peek(0);
    let count = scan_strings(i, 0);
    if count == 0 {
        return absent();
    }
    let after = i.skip(count);
    let at = after.since(first);
    let mut value = String::new();
    for ahead in 0..count {
        value.push_str(&decode_string(i.text(i.peek(ahead))));
    }
    Ok((after, Literal { kind: LiteralKind::String, text: i.slice(at.0).to_owned(), value, at }))
}
