//! Slips: signs, brackets and words that stand where they do not belong, without another language being to blame.

use super::lesson::Lesson;
use super::words::TokenView;
use crate::nearest::nearest;
use crate::syntax::parser::is_operator;
use crate::syntax::token::TokenKind;

/// What a slip at a token calls for.
pub(super) fn slip(words: TokenView<'_>, at: usize, part: usize) -> Option<Lesson> {
    let before = at.checked_sub(1)?;
    match words.kind(at) {
        TokenKind::Comma if words.is(part, "top") && words.open(at).is_none_or(|open| open < part) => Some(
            Lesson::new("top orders by one value; by several: sort by a, b | take 5")
                .message("',' does not fit here"),
        ),
        TokenKind::Comma => several_values(words, at).or_else(|| tables(words, at, part)),
        TokenKind::OpenParen if at == part + 1 && is_operator(words.word(part)) => {
            let lesson = Lesson::new(format!("'{}' is an operator, which is not called", words.word(part)))
                .message("'(' does not fit here");
            Some(match words.close(at) {
                Some(close) if close == at + 1 => lesson.edit(words.range(at, close + 1), "").up_to(close),
                _ => lesson,
            })
        }
        TokenKind::Greater if words.kind(before) == TokenKind::Bar && words.is_adjacent(at) => Some(
            Lesson::new("a pipe is one sign: |")
                .message("'|>' does not belong to KQL")
                .edit(words.span(at), ""),
        ),
        TokenKind::Star if at == part + 1 && words.is(part, "project") => Some(
            Lesson::new("all columns are there without project; project-reorder puts some of them first")
                .message("'*' does not fit here"),
        ),
        TokenKind::AtSign => Some(sign_before_name(words, at)),
        TokenKind::Word(_) if words.kind(before) == TokenKind::AtSign => {
            Some(sign_before_name(words, before))
        }
        TokenKind::Word(_) => word(words, at, part),
        _ => None,
    }
}

/// `@name`
fn sign_before_name(words: TokenView<'_>, at: usize) -> Lesson {
    Lesson::new("names stand by themselves; @ stands before the quote of a text whose backslashes stay")
        .message("'@' does not fit here")
        .edit(words.span(at), "")
}

/// `== ("a", "b")`
fn several_values(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    let open = words.open(at)?;
    let operator = open.checked_sub(1)?;
    let list = match words.word(operator) {
        "==" | "=" => "in",
        "=~" => "in~",
        "!=" | "<>" => "!in",
        "!~" => "!in~",
        "has" => "has_any",
        _ => return None,
    };
    let lesson =
        Lesson::new(format!("one of several values is looked up by {list}: x {list} (\"a\", \"b\")"))
            .message(format!("'{}' compares with one value", words.word(operator)))
            .edit(words.span(operator), list);
    Some(match words.close(open) {
        Some(close) => lesson.up_to(close),
        None => lesson,
    })
}

/// `A, B | count`
fn tables(words: TokenView<'_>, at: usize, part: usize) -> Option<Lesson> {
    let is_first = words.is_first_part(part) && at == part + 1 && words.is_word(part);
    let place = words.before(part);
    is_first.then(|| {
        Lesson::new("the rows of several tables are put together by union: union A, B")
            .message("',' does not fit here")
            .edit(place, "union ")
    })
}

/// A word that is misspelt, or an operator behind a dot.
fn word(words: TokenView<'_>, at: usize, part: usize) -> Option<Lesson> {
    let before = at.checked_sub(1)?;
    if matches!(words.word(part), "sort" | "order" | "top")
        && let Some(near) = nearest(words.word(at), ["desc", "asc", "nulls"])
        && words.operand_start(at).is_some()
    {
        let near = if words.word(at).starts_with('d') { "desc" } else { near };
        return Some(Lesson::new(format!("did you mean '{near}'?")).edit(words.span(at), near));
    }
    let is_called = words.kind(at + 1) == TokenKind::OpenParen;
    if words.kind(before) == TokenKind::Dot && is_operator(words.word(at)) && is_called {
        let close = words.close(at + 1)?;
        let text = format!(" | {} {}", words.word(at), words.slice(at + 2, close));
        return Some(
            Lesson::new(format!("an operator follows a pipe: | {} …", words.word(at)))
                .message(format!("'{}' is an operator, not a member", words.word(at)))
                .edit(words.range(before, close + 1), text)
                .up_to(close),
        );
    }
    None
}
