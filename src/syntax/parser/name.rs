//! Names: plain words, `['…']`, `{…}` and wildcards, as references and as declarations.

use super::infix::is_word_operator;
use super::input::{Res, Tokens, absent, missing_name, need};
use super::string::{scan_strings, string_literal};
use crate::syntax::ast::{At, Expression, LiteralKind, Name};
use crate::syntax::expected::Expected;
use crate::syntax::token::{NameUse, Token, TokenKind};

/// The name that a word is.
pub(super) fn word_name(i: Tokens<'_>, token: Token) -> Name {
    Name { text: i.text(token).to_owned(), bracketed: false, at: At(token.span) }
}

/// A name: a word that is no reserved keyword, `['…']` or `{…}`.
pub(super) fn name(i: Tokens<'_>) -> Res<'_, Name> {
    i.expects(0, Expected::Name);
    match i.kind() {
        TokenKind::OpenBracket => bracketed_name(i),
        TokenKind::OpenBrace => braced_name(i),
        _ if i.peek(0).is_name() => Ok((i.skip(1), word_name(i, i.peek(0)))),
        _ => absent(),
    }
}

/// A name where something is declared or listed: more keywords may stand there.
pub(super) fn extended_name(i: Tokens<'_>) -> Res<'_, Name> {
    i.expects(0, Expected::Name);
    match i.kind() {
        TokenKind::OpenBracket => bracketed_name(i),
        TokenKind::OpenBrace => braced_name(i),
        _ if i.peek(0).is_extended_name() => Ok((i.skip(1), word_name(i, i.peek(0)))),
        _ => absent(),
    }
}

/// A name that has to be there.
pub(super) fn need_name(i: Tokens<'_>) -> (Tokens<'_>, Name) {
    match name(i) {
        Ok(found) => found,
        Err(_) => (i, missing_name(i)),
    }
}

/// A name as an expression.
pub(super) fn name_reference(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, name) = name(i)?;
    Ok((i, Expression::Name(name)))
}

/// `['…']` or `["…"]`
pub(super) fn bracketed_name(i: Tokens<'_>) -> Res<'_, Name> {
    if scan_bracketed_name(i, 0).is_none() {
        return absent();
    }
    let open = i.peek(0);
    let (i, text) = string_literal(i.skip(1))?;
    let i = need(i, TokenKind::CloseBracket, "]");
    debug_assert_eq!(text.kind, LiteralKind::String);
    Ok((i, Name { text: text.value, bracketed: true, at: i.since(open) }))
}

/// `{name}` or `{name[1]}`: a place that a client fills in.
pub(super) fn braced_name(i: Tokens<'_>) -> Res<'_, Name> {
    let Some(count) = scan_braced_name(i) else { return absent() };
    let after = i.skip(count);
    let at = after.since(i.peek(0));
    Ok((after, Name { text: i.slice(at.0).to_owned(), bracketed: false, at }))
}

/// How many tokens a name takes, if one stands ahead.
pub(super) fn scan_name(i: Tokens<'_>, ahead: usize) -> Option<usize> {
    scan_name_with(i, ahead, Token::is_name)
}

/// The same with the keywords that may stand where something is declared or listed.
pub(super) fn scan_extended_name(i: Tokens<'_>, ahead: usize) -> Option<usize> {
    scan_name_with(i, ahead, |token| token.is_name() || token.is_extended_name())
}

fn scan_name_with(i: Tokens<'_>, ahead: usize, is_name: impl Fn(Token) -> bool) -> Option<usize> {
    match i.peek(ahead).kind {
        TokenKind::OpenBracket => scan_bracketed_name(i, ahead),
        TokenKind::OpenBrace => {
            (i.peek(ahead + 1).is_name() && i.peek(ahead + 2).kind == TokenKind::CloseBrace).then_some(3)
        }
        _ => is_name(i.peek(ahead)).then_some(1),
    }
}

fn scan_bracketed_name(i: Tokens<'_>, ahead: usize) -> Option<usize> {
    if i.peek(ahead).kind != TokenKind::OpenBracket {
        return None;
    }
    let strings = scan_strings(i, ahead + 1);
    (strings > 0 && i.peek(ahead + 1 + strings).kind == TokenKind::CloseBracket).then_some(strings + 2)
}

/// How many tokens `{name}` or `{name[1]}` takes; nothing may stand between them.
pub(super) fn scan_braced_name(i: Tokens<'_>) -> Option<usize> {
    let is = |at: usize, kind: TokenKind| i.peek(at).kind == kind && (at == 0 || i.is_adjacent(at));
    if !is(0, TokenKind::OpenBrace) || !matches!(i.peek(1).kind, TokenKind::Word(_)) || !i.is_adjacent(1) {
        return None;
    }
    let mut at = 2;
    if is(at, TokenKind::OpenBracket) {
        at += 1;
        if is(at, TokenKind::Minus) {
            at += 1;
        }
        if !is(at, TokenKind::Long) || !is(at + 1, TokenKind::CloseBracket) {
            return None;
        }
        at += 2;
    }
    is(at, TokenKind::CloseBrace).then_some(at + 1)
}

/// How many tokens a name with wildcards takes: `a*`, `*`, `a*b*`, without blanks.
pub(super) fn scan_wildcard(i: Tokens<'_>, ahead: usize) -> Option<usize> {
    let mut at = ahead;
    let is_part = |at: usize| i.peek(at).is_extended_name();
    if i.peek(at).kind == TokenKind::Star {
        at += 1;
    } else if is_part(at) && i.peek(at + 1).kind == TokenKind::Star && i.is_adjacent(at + 1) {
        at += 2;
    } else {
        return None;
    }
    while (matches!(i.peek(at).kind, TokenKind::Star | TokenKind::Long) || is_part(at)) && i.is_adjacent(at) {
        at += 1;
    }
    Some(at - ahead)
}

/// `a*`, `*`, `a*b*`
pub(super) fn wildcard_name(i: Tokens<'_>) -> Res<'_, Name> {
    let Some(count) = scan_wildcard(i, 0) else { return absent() };
    let after = i.skip(count);
    let at = after.since(i.peek(0));
    Ok((after, Name { text: i.slice(at.0).to_owned(), bracketed: false, at }))
}

/// A name with wildcards as an expression.
pub(super) fn wildcard_reference(i: Tokens<'_>) -> Res<'_, Expression> {
    let (i, name) = wildcard_name(i)?;
    Ok((i, Expression::Wildcard(name)))
}

/// `[a*]`
pub(super) fn bracketed_wildcard(i: Tokens<'_>) -> Res<'_, Expression> {
    if i.kind() != TokenKind::OpenBracket || scan_wildcard(i, 1).is_none() {
        return absent();
    }
    let open = i.peek(0);
    let (i, name) = wildcard_name(i.skip(1))?;
    let i = need(i, TokenKind::CloseBracket, "]");
    Ok((i, Expression::Wildcard(Name { bracketed: true, at: i.since(open), ..name })))
}

/// `[a*]` or `['…']`
pub(super) fn bracketed_entity(i: Tokens<'_>) -> Res<'_, Expression> {
    bracketed_wildcard(i).or_else(|_| {
        let (i, name) = bracketed_name(i)?;
        Ok((i, Expression::Name(name)))
    })
}

/// A name with wildcards, or a plain one.
pub(super) fn name_or_wildcard(i: Tokens<'_>) -> Res<'_, Expression> {
    wildcard_reference(i).or_else(|_| name_reference(i))
}

/// A name at the start of a path: `kind` and `withsource` may stand here too, and `@`.
pub(super) fn bare_path_element(i: Tokens<'_>) -> Res<'_, Expression> {
    let token = i.peek(0);
    if token.kind == TokenKind::AtSign || token.kind == TokenKind::Word(NameUse::Special) {
        return Ok((i.skip(1), Expression::Name(word_name(i, token))));
    }
    name_reference(i)
}

/// How many tokens words joined by hyphens take: a name that would need brackets.
pub(super) fn scan_dashed_name(i: Tokens<'_>) -> usize {
    if !matches!(i.kind(), TokenKind::Word(_)) {
        return 0;
    }
    let mut count = 1;
    while matches!(i.peek(count).kind, TokenKind::Word(_) | TokenKind::Minus) && i.is_adjacent(count) {
        count += 1;
    }
    count
}

/// A keyword that stands where a name is meant, told by what follows it.
pub(super) fn is_keyword_meant_as_name(i: Tokens<'_>) -> bool {
    use TokenKind::*;
    if !i.peek(0).is_keyword() {
        return false;
    }
    let next = i.peek(1);
    match next.kind {
        EqualEqual | BangEqual | EqualTilde | BangTilde | Greater | GreaterOrEqual | Less | LessOrEqual
        | Star | Slash | Percent | CloseParen | CloseBracket | CloseBrace | Dot | Comma | Colon | Bar => true,
        Word(_) if next.is_keyword() => {
            let word = i.text(next);
            matches!(word, "and" | "or") || is_word_operator(word)
        }
        _ => false,
    }
}
