//! References to tables, databases and clusters that may have wildcards.

use super::expr::{grown, indexed, path_selector_or_call, whole_selector};
use super::input::{Res, Tokens, missing_name};
use super::name::{scan_wildcard, wildcard_reference};
use crate::syntax::ast::{Expression, PathExpression};
use crate::syntax::token::TokenKind;

/// A name with wildcards, or a path that may end in one.
pub(super) fn wildcard_entity(i: Tokens<'_>) -> Res<'_, Expression> {
    if scan_wildcard(i, 0).is_some() {
        return wildcard_reference(i);
    }
    let start = i.peek(0);
    let (mut i, mut target) = path_selector_or_call(i)?;
    target = whole_selector(i, target);
    loop {
        (i, target) = match i.kind() {
            TokenKind::Dot => {
                let ends = scan_wildcard(i.skip(1), 0).is_some();
                let read =
                    if ends { wildcard_reference(i.skip(1)) } else { path_selector_or_call(i.skip(1)) };
                let (after, selector) =
                    read.unwrap_or_else(|_| (i.skip(1), Expression::Name(missing_name(i.skip(1)))));
                let selector = whole_selector(after, selector);
                let path = Expression::Path(Box::new(PathExpression { target, selector }));
                if ends {
                    return Ok((after, path));
                }
                (after, path)
            }
            TokenKind::OpenBracket => indexed(i, start, target)?,
            _ => return Ok((i, target)),
        };
        i = grown(i);
    }
}
