//! Text to tokens, with nom. White space and comments are left out; spans tell where they were.
//! It must not know the grammar.

use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while, take_while1};
use nom::character::complete::{char, digit1, one_of, satisfy};
use nom::combinator::{opt, recognize, verify};
use nom::{IResult, Parser};

use super::keyword::{compound_keywords, continues, keyword};
use super::token::{NameUse, Token, TokenKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The tokens of a text, the last of kind [`TokenKind::End`], and what is wrong with them.
pub(crate) fn lex(text: &str) -> (Vec<Token>, Vec<Diagnostic>) {
    let mut tokens = Vec::with_capacity(text.len() / 5 + 1);
    let mut diagnostics = Vec::new();
    let mut rest = text;
    loop {
        rest = skip_trivia(rest);
        let start = text.len() - rest.len();
        let Ok((after, kind)) = token(rest) else {
            tokens.push(Token { kind: TokenKind::End, span: Span::new(start, start) });
            return (tokens, diagnostics);
        };
        let span = Span::new(start, text.len() - after.len());
        if diagnostics.len() < MAX_DIAGNOSTICS {
            diagnostics.extend(flaw(kind, &text[span.range()], span));
        }
        tokens.push(Token { kind, span });
        rest = after;
    }
}

/// No more findings than this are kept of one text.
pub(super) const MAX_DIAGNOSTICS: usize = 100;

/// What white space is, beside what separates lines.
pub(crate) fn is_white(c: char) -> bool {
    matches!(
        c,
        '\t' | ' ' | '\r' | '\n' | '\u{c}' | '\u{a0}' | '\u{1680}' | '\u{180e}' | '\u{2000}'
            ..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}

/// What ends a line, and with it a comment or a `type(…)` literal.
pub(crate) fn is_line_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{2028}' | '\u{2029}')
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// White space and `//` comments.
fn skip_trivia(text: &str) -> &str {
    let mut rest = text.trim_start_matches(is_white);
    while rest.starts_with("//") {
        let end = rest.find(is_line_break).unwrap_or(rest.len());
        rest = rest[end..].trim_start_matches(|c| is_white(c) || is_line_break(c));
    }
    rest
}

type Lexed<'t, T> = IResult<&'t str, T>;

fn token(i: &str) -> Lexed<'_, TokenKind> {
    alt((word, number, string, punctuation, directive, bad)).parse(i)
}

/// Names, keywords, `true`, and the literals that begin with a word.
fn word(i: &str) -> Lexed<'_, TokenKind> {
    let (after, head) = recognize((opt(char('$')), take_while(is_word))).parse(i)?;
    if head.is_empty() && !i.starts_with('!') {
        return Err(absent(i));
    }
    let goes_on = after.bytes().next().is_some_and(continues);
    if goes_on && let Some(text) = compound_keywords(head).find(|text| i.starts_with(text)) {
        let rest = &i[text.len()..];
        if !rest.starts_with(is_word) {
            return Ok((rest, TokenKind::Word(keyword(text).unwrap_or(NameUse::Never))));
        }
        // A keyword that runs on is none, and neither is the word it begins with.
        if !head.is_empty() {
            return Ok((after, TokenKind::Word(NameUse::Plain)));
        }
    }
    if head.is_empty() {
        return Err(absent(i));
    }
    let use_ = keyword(head);
    if head.starts_with(|c: char| c.is_ascii_digit()) && use_.is_none() {
        return Err(absent(i));
    }
    if use_.is_some()
        && let Some(kind) = form(head)
        && after.starts_with('(')
    {
        let (after, _) = (take_while(|c| c != ')' && !is_line_break(c)), opt(char(')'))).parse(after)?;
        return Ok((after, kind));
    }
    if matches!(head, "true" | "True" | "TRUE" | "false" | "False" | "FALSE") {
        return Ok((after, TokenKind::Bool));
    }
    if let Ok(found) = raw_guid(i) {
        return Ok(found);
    }
    if matches!(head, "h" | "H")
        && after.starts_with(['"', '\'', '`', '~', '@'])
        && let Ok(found) = string(i)
    {
        return Ok(found);
    }
    Ok((after, TokenKind::Word(use_.unwrap_or(NameUse::Plain))))
}

/// The literal form `type(…)` that a word begins.
fn form(word: &str) -> Option<TokenKind> {
    Some(match word {
        "bool" => TokenKind::BoolForm,
        "long" | "int64" => TokenKind::LongForm,
        "int" | "int32" => TokenKind::IntForm,
        "real" | "double" => TokenKind::RealForm,
        "decimal" => TokenKind::DecimalForm,
        "datetime" | "date" => TokenKind::DateTimeForm,
        "timespan" | "time" => TokenKind::TimeSpanForm,
        "guid" => TokenKind::GuidForm,
        _ => return None,
    })
}

fn absent(i: &str) -> nom::Err<nom::error::Error<&str>> {
    nom::Err::Error(nom::error::Error::new(i, nom::error::ErrorKind::Tag))
}

/// Numbers, timespans, and names that begin with digits.
fn number(i: &str) -> Lexed<'_, TokenKind> {
    if !i.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(absent(i));
    }
    let name = recognize((digit1, take_while1(is_word))).map(|_| TokenKind::Word(NameUse::Plain));
    alt((raw_guid, real, timespan, long, name)).parse(i)
}

/// What a literal must end with: no further letter, digit or underscore.
fn whole<'t, T>(mut inner: impl FnMut(&'t str) -> Lexed<'t, T>) -> impl FnMut(&'t str) -> Lexed<'t, T> {
    move |i| {
        let (after, it) = inner(i)?;
        if after.starts_with(is_word) { Err(absent(i)) } else { Ok((after, it)) }
    }
}

fn exponent(i: &str) -> Lexed<'_, &str> {
    recognize((one_of("eE"), opt(one_of("+-")), digit1)).parse(i)
}

/// The point of a number: `1..2` is a range, `1...2` a real and a range.
fn point(i: &str) -> Lexed<'_, char> {
    let (after, point) = char('.')(i)?;
    if after.starts_with('.') && !after.starts_with("..") { Err(absent(i)) } else { Ok((after, point)) }
}

fn real(i: &str) -> Lexed<'_, TokenKind> {
    whole(|i| {
        alt((
            (digit1, point, opt(digit1), opt(exponent)).map(|_| TokenKind::Real),
            (digit1, exponent).map(|_| TokenKind::Real),
        ))
        .parse(i)
    })(i)
}

fn timespan(i: &str) -> Lexed<'_, TokenKind> {
    let suffix = verify(take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_'), |s: &str| {
        TIMESPAN_SUFFIXES.contains(&s)
    });
    (digit1, opt((char('.'), digit1)), suffix).map(|_| TokenKind::TimeSpan).parse(i)
}

/// The units that a number may carry to be a timespan.
const TIMESPAN_SUFFIXES: &[&str] = &[
    "d",
    "day",
    "days",
    "h",
    "hr",
    "hrs",
    "hour",
    "hours",
    "m",
    "min",
    "minute",
    "minutes",
    "s",
    "sec",
    "second",
    "seconds",
    "ms",
    "milli",
    "millis",
    "millisec",
    "millisecond",
    "milliseconds",
    "micro",
    "micros",
    "microsec",
    "microsecond",
    "microseconds",
    "nano",
    "nanos",
    "nanosec",
    "nanosecond",
    "nanoseconds",
    "tick",
    "ticks",
];

fn long(i: &str) -> Lexed<'_, TokenKind> {
    let hex = |i| recognize((char('0'), one_of("xX"), take_while1(|c: char| c.is_ascii_hexdigit()))).parse(i);
    whole(|i| alt((hex, digit1)).map(|_| TokenKind::Long).parse(i))(i)
}

fn raw_guid(i: &str) -> Lexed<'_, TokenKind> {
    let hex = |count| verify(take(count), |s: &str| s.bytes().all(|b| b.is_ascii_hexdigit()));
    let dash = || char('-');
    (hex(8usize), dash(), hex(4usize), dash(), hex(4usize), dash(), hex(4usize), dash(), hex(12usize))
        .map(|_| TokenKind::RawGuid)
        .parse(i)
}

/// A string; one that is not closed ends where its content does. A backslash that begins no escape is a part of it.
fn string(i: &str) -> Lexed<'_, TokenKind> {
    let (i, _) = opt(one_of("hH")).parse(i)?;
    let (i, verbatim) = opt(char('@')).parse(i)?;
    alt((quoted('"', verbatim.is_some()), quoted('\'', verbatim.is_some()), fenced("```"), fenced("~~~")))
        .parse(i)
        .map(|(after, ())| (after, TokenKind::String))
}

fn quoted<'t>(quote: char, verbatim: bool) -> impl FnMut(&'t str) -> Lexed<'t, ()> {
    move |i| {
        let (mut rest, _) = char(quote)(i)?;
        loop {
            let stop = |c: char| c == quote || c == '\r' || c == '\n' || (c == '\\' && !verbatim);
            let at = rest.find(stop).unwrap_or(rest.len());
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix(quote) {
                match after.strip_prefix(quote) {
                    Some(after) if verbatim => rest = after,
                    _ => return Ok((after, ())),
                }
            } else {
                match escape(rest) {
                    Ok((after, _)) if rest.starts_with('\\') => rest = after,
                    Err(_) if rest.starts_with('\\') && is_closed_behind(&rest[1..], quote) => {
                        rest = &rest[1..];
                    }
                    _ => return Ok((rest, ())),
                }
            }
        }
    }
}

/// A string that goes on here is closed in this line.
fn is_closed_behind(rest: &str, quote: char) -> bool {
    rest.chars().take_while(|c| !is_line_break(*c)).any(|c| c == quote)
}

/// One `\…` within a string and the character it stands for.
pub(crate) fn escape(i: &str) -> Lexed<'_, Option<char>> {
    let (i, _) = char('\\')(i)?;
    let code = |count: usize| {
        verify(take(count), |s: &str| s.bytes().all(|b| b.is_ascii_hexdigit()))
            .map(|s: &str| u32::from_str_radix(s, 16).ok().and_then(char::from_u32))
    };
    let octal = alt((
        recognize((one_of("0123"), one_of("01234567"), one_of("01234567"))),
        recognize((one_of("01234567"), one_of("01234567"))),
        recognize(one_of("01234567")),
    ))
    .map(|s: &str| u32::from_str_radix(s, 8).ok().and_then(char::from_u32));
    alt((
        satisfy(|c| matches!(c, '\\' | '\'' | '"' | 'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v')).map(|c| {
            Some(match c {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                other => other,
            })
        }),
        (char('u'), code(4)).map(|(_, c)| c),
        (char('U'), code(8)).map(|(_, c)| c),
        (char('x'), code(2)).map(|(_, c)| c),
        octal,
    ))
    .parse(i)
}

fn fenced<'t>(fence: &'static str) -> impl FnMut(&'t str) -> Lexed<'t, ()> {
    move |i| {
        let (i, _) = tag(fence)(i)?;
        let end = i.find(fence).map_or(i.len(), |at| at + fence.len());
        Ok((&i[end..], ()))
    }
}

fn punctuation(i: &str) -> Lexed<'_, TokenKind> {
    use TokenKind::*;
    let mut chars = i.chars();
    let (Some(first), second) = (chars.next(), chars.next()) else { return Err(absent(i)) };
    let (kind, length) = match (first, second) {
        ('.', Some('.')) => (DotDot, 2),
        ('<', Some('=')) => (LessOrEqual, 2),
        ('<', Some('|')) => (LessBar, 2),
        ('<', Some('>')) => (LessGreater, 2),
        ('>', Some('=')) => (GreaterOrEqual, 2),
        ('=', Some('=')) => (EqualEqual, 2),
        ('=', Some('>')) => (FatArrow, 2),
        ('=', Some('~')) => (EqualTilde, 2),
        ('!', Some('=')) => (BangEqual, 2),
        ('!', Some('~')) => (BangTilde, 2),
        ('!', Some(c)) if is_word(c) => return Err(absent(i)),
        ('(', _) => (OpenParen, 1),
        (')', _) => (CloseParen, 1),
        ('[', _) => (OpenBracket, 1),
        (']', _) => (CloseBracket, 1),
        ('{', _) => (OpenBrace, 1),
        ('}', _) => (CloseBrace, 1),
        ('|', _) => (Bar, 1),
        ('.', _) => (Dot, 1),
        ('+', _) => (Plus, 1),
        ('-', _) => (Minus, 1),
        ('*', _) => (Star, 1),
        ('/', _) => (Slash, 1),
        ('%', _) => (Percent, 1),
        ('<', _) => (Less, 1),
        ('>', _) => (Greater, 1),
        ('=', _) => (Equal, 1),
        ('!', _) => (Bang, 1),
        (':', _) => (Colon, 1),
        (';', _) => (Semicolon, 1),
        (',', _) => (Comma, 1),
        ('@', _) => (AtSign, 1),
        ('?', _) => (Question, 1),
        _ => return Err(absent(i)),
    };
    Ok((&i[length..], kind))
}

fn directive(i: &str) -> Lexed<'_, TokenKind> {
    (char('#'), take_while(|c| !is_line_break(c))).map(|_| TokenKind::Directive).parse(i)
}

fn bad(i: &str) -> Lexed<'_, TokenKind> {
    let length = if i.starts_with("&&") { 2_usize } else { 1 };
    take(length).map(|_| TokenKind::Bad).parse(i)
}

/// What is wrong with a token as such.
fn flaw(kind: TokenKind, text: &str, span: Span) -> Option<Diagnostic> {
    use TokenKind::*;
    match kind {
        Bad if text == "&&" => {
            Some(Diagnostic::error(Code::UnexpectedCharacter, span, "'&&' does not belong to KQL").fix(
                "write 'and'",
                span,
                "and",
            ))
        }
        Bad => Some(Diagnostic::error(
            Code::UnexpectedCharacter,
            span,
            format!("the character '{}' does not belong to KQL", text.escape_debug()),
        )),
        String => {
            let body = text.trim_start_matches(['h', 'H', '@']);
            let fence = ["```", "~~~", "\"", "'"].into_iter().find(|fence| body.starts_with(fence))?;
            if let Some(escape) = bad_escape(text, body, fence) {
                let at = span.start as usize + text.len() - escape.len();
                let escape: std::string::String = escape.chars().take(2).collect();
                let place = Span::new(at, at + escape.len());
                return Some(
                    Diagnostic::error(Code::BadEscape, place, format!("'{escape}' is no escape")).fix(
                        "a backslash is written \\\\; in a verbatim string, @\"…\", it stands for itself",
                        Span::new(at, at + 1),
                        "\\\\",
                    ),
                );
            }
            (!is_closed(text, body, fence)).then(|| {
                Diagnostic::error(
                    Code::Unterminated,
                    span.after(),
                    format!("the string is not closed: {fence} is missing"),
                )
                .also(span, "it begins here")
            })
        }
        BoolForm | LongForm | IntForm | RealForm | DecimalForm | DateTimeForm | TimeSpanForm | GuidForm => {
            (!text.ends_with(')')).then(|| {
                Diagnostic::error(Code::Unterminated, span.after(), "the literal is not closed: ) is missing")
                    .also(span, "it begins here")
            })
        }
        _ => None,
    }
}

/// Whether a token is a string that is not closed.
pub(crate) fn is_open_string(text: &str) -> bool {
    let body = text.trim_start_matches(['h', 'H', '@']);
    let fence = ["```", "~~~", "\"", "'"].into_iter().find(|fence| body.starts_with(fence));
    fence.is_some_and(|fence| !is_closed(text, body, fence))
}

/// Whether a string token ends with its closing quote.
fn is_closed(text: &str, body: &str, fence: &str) -> bool {
    if fence.len() == 3 {
        return body.len() >= 6 && body.ends_with(fence);
    }
    // The scan stops at the closing quote or at what the string must not hold: only the first leaves no rest.
    let quote = fence.chars().next().unwrap_or('"');
    let verbatim = text.trim_start_matches(['h', 'H']).starts_with('@');
    let mut rest = &body[1..];
    while let Some(c) = rest.chars().next() {
        if c == quote {
            match rest[1..].strip_prefix(quote) {
                Some(after) if verbatim => rest = after,
                _ => return true,
            }
        } else if c == '\\' && !verbatim {
            match escape(rest) {
                Ok((after, _)) => rest = after,
                Err(_) => rest = &rest[1..],
            }
        } else {
            rest = &rest[c.len_utf8()..];
        }
    }
    false
}

/// What follows from the first backslash on that begins no escape.
fn bad_escape<'t>(text: &str, body: &'t str, fence: &str) -> Option<&'t str> {
    if fence.len() == 3 || text.trim_start_matches(['h', 'H']).starts_with('@') {
        return None;
    }
    let mut rest = &body[1..];
    loop {
        rest = &rest[rest.find('\\')?..];
        match escape(rest) {
            Ok((after, _)) => rest = after,
            Err(_) => return Some(rest),
        }
    }
}

/// The text that a string token stands for.
pub(crate) fn decode_string(token: &str) -> String {
    let text = token.trim_start_matches(['h', 'H']);
    let verbatim = text.starts_with('@');
    let body = text.trim_start_matches('@');
    for fence in ["```", "~~~"] {
        if let Some(inner) = body.strip_prefix(fence) {
            return inner.strip_suffix(fence).unwrap_or(inner).to_owned();
        }
    }
    let Some(quote) = body.chars().next() else { return String::new() };
    let mut rest = &body[quote.len_utf8()..];
    let mut out = String::with_capacity(rest.len());
    while let Some(c) = rest.chars().next() {
        if c == quote {
            match rest[1..].strip_prefix(quote) {
                Some(after) if verbatim => {
                    out.push(quote);
                    rest = after;
                }
                _ => return out,
            }
        } else if c == '\\' && !verbatim {
            match escape(rest) {
                Ok((after, meant)) => {
                    // Half of a surrogate pair means the pair if its other half follows.
                    let (after, meant) = meant.map_or_else(|| surrogates(rest, after), |c| (after, c));
                    out.push(meant);
                    rest = after;
                }
                Err(_) => {
                    out.push('\\');
                    rest = &rest[1..];
                }
            }
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// `\uD83D\uDE00`: two escapes that are one character.
fn surrogates<'t>(first: &'t str, after: &'t str) -> (&'t str, char) {
    let unit = |text: &str| {
        text.strip_prefix("\\u").and_then(|s| s.get(..4)).and_then(|s| u16::from_str_radix(s, 16).ok())
    };
    if let (Some(high), Some(low)) = (unit(first), unit(after))
        && let Some(Ok(c)) = char::decode_utf16([high, low]).next()
    {
        return (&after[6..], c);
    }
    (after, char::REPLACEMENT_CHARACTER)
}
