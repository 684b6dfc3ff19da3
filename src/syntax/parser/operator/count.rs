//! `count`: how many rows there are.

use super::super::input::{Res, Tokens, absent, keyword};
use super::super::name::word_name;
use crate::syntax::ast::{At, CountOperator, QueryOperator};
use crate::syntax::token::{NameUse, TokenKind};

/// `count`, `count as name`; `count(` is a function.
pub(super) fn count_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    if i.peek(1).kind == TokenKind::OpenParen {
        return absent();
    }
    let (i, start) = keyword("count")(i)?;
    let (i, name) = match keyword("as")(i) {
        Ok((i, _)) if i.kind() == TokenKind::Word(NameUse::Plain) => {
            (i.skip(1), Some(word_name(i, i.peek(0))))
        }
        Ok((i, _)) => {
            i.expected("a name");
            (i, None)
        }
        Err(_) => (i, None),
    };
    let it = CountOperator { parameters: Vec::new(), name, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Count(it)))
}
