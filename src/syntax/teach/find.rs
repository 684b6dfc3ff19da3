//! Which lesson a mistake calls for: forms that take more than a word first, then the table of habits.

use super::forms;
use super::lesson::{Lesson, MAX_SHOWN};
use super::slips;
use super::words::TokenView;
use crate::diagnostic::{Code, Diagnostic};
use crate::nearest::nearest;
use crate::source::Span;
use crate::syntax::habits::{self, Habit, HabitPlace, HabitSpan};
use crate::syntax::keyword::keyword;
use crate::syntax::parser::{is_operator, is_word_operator, quoted, word_operators};
use crate::syntax::token::{NameUse, TokenKind};

/// What the mistake that the parser met at a token calls for.
pub(super) fn find(words: TokenView<'_>, at: usize, error: &Diagnostic) -> Option<Lesson> {
    if !matches!(
        error.code,
        Code::Expected
            | Code::UnexpectedCharacter
            | Code::MissingExpression
            | Code::UnknownOperator
            | Code::IncompleteFragment
    ) || error.message.starts_with("'&&'")
    {
        return None;
    }
    let part = words.part(at);
    let is_behind_pipe = at.checked_sub(1).is_some_and(|it| words.kind(it) == TokenKind::Bar);
    if error.code == Code::UnknownOperator && is_behind_pipe && words.is_word(at) {
        return operator(words, at);
    }
    forms::comment(words, at)
        .or_else(|| forms::quotes(words, at))
        .or_else(|| statement(words, part))
        .or_else(|| forms::choice(words, at, part))
        .or_else(|| forms::pipe(words, at))
        .or_else(|| forms::called_operator(words, at))
        .or_else(|| called_keyword(words, at))
        .or_else(|| forms::list(words, at))
        .or_else(|| forms::range(words, at))
        .or_else(|| forms::unit(words, at))
        .or_else(|| forms::cast(words, at))
        .or_else(|| forms::called_type(words, at))
        .or_else(|| forms::like(words, at))
        .or_else(|| slips::slip(words, at, part))
        .or_else(|| phrase(words, at, part))
        .or_else(|| other_case(words, at))
        .or_else(|| forms::comma(words, at, part, error))
        .or_else(|| forms::bracket(words, at, error))
        .or_else(|| missing_by(words, at, part, error))
        .or_else(|| missing_pipe(words, at, part, error))
        .or_else(|| near_operator(words, at, error))
        .or_else(|| missing_comma(words, at, error))
        .or_else(|| nothing_behind(words, at, part, error))
}

/// The statement begins as one of another language does.
fn statement(words: TokenView<'_>, part: usize) -> Option<Lesson> {
    if !words.is_first_part(part) {
        return None;
    }
    let fits = |it: &&Habit| {
        let end = it.written.iter().find_map(|written| words.phrase_end(part, written));
        // A table may have such a name, too.
        end.is_some_and(|end| {
            words.is_word(end)
                || words.is_literal(end)
                || matches!(words.kind(end), TokenKind::Star | TokenKind::OpenBracket)
        })
    };
    let habit = habits::STATEMENTS.iter().find(fits)?;
    let word = words.word(part);
    if keyword(word).is_some_and(|use_| use_ == NameUse::Never) && word != "declare" {
        return None;
    }
    let mut lesson = Lesson::new(habit.lesson).message(format!("no query begins with '{word}'"));
    if words.is(part, "select")
        && let Some((query, is_whole)) = forms::of_select(words, part)
    {
        lesson.help = "a query begins with its table, and each step follows a pipe".to_owned();
        if is_whole {
            lesson = lesson.edit(words.range(part, words.part_end(part)), query);
        } else if query.len() <= MAX_SHOWN {
            lesson.help = format!("{}: {query}", lesson.help);
        }
    }
    Some(lesson.up_to(words.part_end(part)))
}

/// A word behind a pipe that is no operator.
fn operator(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    let word = words.word(at);
    if word == "count" {
        return forms::called_count(words, at);
    }
    if is_operator(&word.to_ascii_lowercase()) {
        return None;
    }
    // `group-by` is three tokens.
    let hyphened = (1..=2).rev().find_map(|more| {
        let end = at + 2 * more + 1;
        let whole = words.slice(at, end);
        let is_one = (at + 1..end).all(|it| words.is_adjacent(it)) && whole.contains('-');
        Some((habits::operator(whole).filter(|_| is_one)?, end))
    });
    let known = hyphened.or_else(|| Some((habits::operator(word)?, at + 1)));
    let is_called = words.kind(at + 1) == TokenKind::OpenParen;
    let Some((habit, end)) = known else {
        let help = format!(
            "functions stand within an operator: extend x = {word}(…), or summarize {word}(…) for aggregates"
        );
        return is_called.then(|| Lesson::new(help).up_to(words.part_end(at)));
    };
    let lesson = Lesson::new(habit.lesson)
        .message(format!("'{}' is not an operator; one is expected behind a pipe", words.slice(at, end)));
    let replaced = match habit.span {
        HabitSpan::Words => Some(words.range(at, end)),
        HabitSpan::WordsAndBy => Some(words.range(at, end + usize::from(words.is(end, "by")))),
        HabitSpan::WordsBeforeNumber => (words.kind(end) == TokenKind::Long).then(|| words.range(at, end)),
        HabitSpan::Step => Some(words.range(at, words.part_end(at))),
        HabitSpan::BeforeCall => is_called.then(|| words.before(at)),
        HabitSpan::Renaming => return Some(forms::rename(words, at, end, lesson).up_to(words.part_end(at))),
    };
    let lesson = match (habit.fix, replaced) {
        (Some(fix), Some(span)) => lesson.edit(span, fix),
        _ => lesson,
    };
    Some(lesson.up_to(words.part_end(at)))
}

/// A function of another language whose name is a keyword of KQL: `first(x)`.
fn called_keyword(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    let word = words.word(at);
    let is_call = words.kind(at + 1) == TokenKind::OpenParen && words.operand_start(at).is_none();
    if !is_call || !matches!(words.kind(at), TokenKind::Word(use_) if use_ != NameUse::Plain) {
        return None;
    }
    let habit = habits::function(word)?;
    let lesson = Lesson::new(habit.lesson).message(format!("there is no function '{word}'"));
    Some(match habit.fix {
        Some(fix) => lesson.edit(words.span(at), fix),
        None => lesson,
    })
}

/// TokenView or signs beside operands.
fn phrase(words: TokenView<'_>, at: usize, part: usize) -> Option<Lesson> {
    let operator = words.word(part);
    let mut best: Option<(usize, usize, &Habit)> = None;
    for habit in habits::PHRASES {
        if !habit.within.is_empty() && !habit.within.contains(&operator) {
            continue;
        }
        for written in habit.written {
            // The parser meets the mistake at one of its words, or right behind them.
            let first = at.saturating_sub(MAX_PHRASE).max(part);
            for from in first..=at {
                let Some(end) = words.phrase_end(from, written) else { continue };
                let fits = match habit.place {
                    // The parser may have taken the words themselves for operands.
                    HabitPlace::Behind => end >= at && words.operand_start(from).is_some(),
                    _ => (end == at || from == at) && from > part && words.operand_start(from).is_none(),
                };
                if fits && best.is_none_or(|(a, b, _)| end - from > b - a) {
                    best = Some((from, end, habit));
                }
            }
        }
    }
    let (from, end, habit) = best?;
    let shown = words.slice(from, end);
    let is_known = words.word(from) == shown && (keyword(shown).is_some() || shown == "=" || shown == "==");
    let wrong = if is_known { "does not fit here" } else { "does not belong to KQL" };
    let mut lesson = Lesson::new(habit.lesson).message(format!("'{shown}' {wrong}"));
    lesson.words = Some(words.range(from, end));
    if let Some((span, text)) = fix(words, habit, from, end, part) {
        lesson = lesson.edit(span, text);
    }
    if habit.instead == "==" && shown == "=" {
        // The others of the condition are meant so, too.
        let mut others = from;
        while let Some(next) = words.find(others + 1, |it| words.kind(it) == TokenKind::Equal) {
            lesson = lesson.edit(words.span(next), "==");
            others = next;
        }
        if words.kind(part + 2) == TokenKind::Equal && part + 2 < from {
            lesson = lesson.edit(words.span(part + 2), "==");
        }
        lesson = lesson.up_to(words.part_end(at));
    }
    Some(lesson)
}

/// The most tokens before the parser's place that a phrase may begin at.
const MAX_PHRASE: usize = 5;

/// What is written in the place of a phrase and of the operands that go with it.
fn fix(words: TokenView<'_>, habit: &Habit, from: usize, end: usize, part: usize) -> Option<(Span, String)> {
    if habit.within.contains(&words.word(part)) {
        match words.word(part) {
            "count" => return Some((words.range(part, end), "summarize count() by".to_owned())),
            "order" | "sort" if words.is(part + 1, "by") && from > part + 2 => {
                let last = words.operand_end(end)?;
                if words.find(part, |it| words.kind(it) == TokenKind::Comma).is_some() {
                    return Some((words.range(from, end), "| take".to_owned()));
                }
                let text = format!("top {} by {}", words.slice(end, last), words.slice(part + 2, from));
                return Some((words.range(part, last), text));
            }
            _ => {}
        }
    }
    let fix = habit.fix?;
    let (mut first, mut last) = (from, end);
    let mut text = fix.to_owned();
    if fix.contains("{left}") {
        first = words.operand_start(from)?;
        text = text.replace("{left}", words.slice(first, from));
    }
    if fix.contains("{item}") {
        first = words.item_start(from, part);
        if first == from {
            return None;
        }
        text = text.replace("{item}", words.slice(first, from));
    }
    if fix.contains("{right}") {
        last = match habit.place {
            HabitPlace::Before => forms::condition_end(words, end)?,
            _ => words.operand_end(end)?,
        };
        let right = words.slice(end, last);
        let is_bracketed = words.kind(end) == TokenKind::OpenParen && words.close(end) == Some(last - 1);
        text = match fix {
            "not({right})" if is_bracketed => format!("not{right}"),
            // `extend x as 1` is the other way round.
            "{right} = {item}" if words.is_literal(end) && from == first + 1 => {
                format!("{} = {right}", words.slice(first, from))
            }
            _ => text.replace("{right}", right),
        };
    }
    Some((words.range(first, last), text))
}

/// A keyword in capitals.
fn other_case(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    let near = [Some(at), at.checked_sub(1)].into_iter().flatten();
    let is_other = |at: &usize| {
        let word = words.word(*at);
        words.kind(*at) == TokenKind::Word(NameUse::Plain)
            && word.bytes().any(|b| b.is_ascii_uppercase())
            && keyword(&word.to_ascii_lowercase()).is_some()
    };
    let found = near.filter(is_other).find(|it| *it == at || words.operand_start(*it).is_some())?;
    let lower = words.word(found).to_ascii_lowercase();
    // A column may be called `Count` or `Kind`.
    let is_common =
        ["where", "extend", "project", "summarize", "take", "sort", "order", "join", "by"].contains(&&*lower);
    if !is_common && !is_word_operator(&lower) && !is_all_capital(words.word(found)) {
        return None;
    }
    if is_operator(&lower) && words.operand_start(found).is_some() && !matches!(lower.as_str(), "as") {
        return Some(
            Lesson::new(format!("an operator follows a pipe and is written in small letters: | {lower}"))
                .edit(words.span(found), format!("| {lower}")),
        );
    }
    let mut lesson = Lesson::new("words of KQL are written in small letters")
        .message(format!("'{}' does not belong to KQL", words.word(found)))
        .edit(words.span(found), lower);
    // The others of the part are meant so, too.
    let end = words.part_end(found);
    let is_capital = |at: &usize| is_other(at) && is_all_capital(words.word(*at));
    let others: Vec<usize> = (found + 1..end).filter(is_capital).take(MAX_EDITS).collect();
    for &other in &others {
        lesson = lesson.edit(words.span(other), words.word(other).to_ascii_lowercase());
    }
    Some(if others.is_empty() { lesson } else { lesson.up_to(end) })
}

/// A word of several letters, all of them capitals.
fn is_all_capital(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

/// The most words that one lesson changes.
const MAX_EDITS: usize = 100;

/// `sort x`, `top 5 x`: the word between them is missing.
fn missing_by(words: TokenView<'_>, at: usize, part: usize, error: &Diagnostic) -> Option<Lesson> {
    if error.message.starts_with("expected 'by'") && words.operand_end(at).is_some() {
        let operator = words.word(part);
        let form = if operator == "top" { "top 5 by x" } else { "sort by x" };
        return Some(
            Lesson::new(format!("what the rows are ordered by stands behind 'by': {form}"))
                .edit(words.before(at), "by "),
        );
    }
    None
}

/// An operator without its pipe, or something else behind a query that is whole.
fn missing_pipe(words: TokenView<'_>, at: usize, part: usize, error: &Diagnostic) -> Option<Lesson> {
    let is_behind = error.message.contains("the statement before it is complete");
    if !error.message.starts_with("expected ';' or '|'") && !is_behind {
        return None;
    }
    let word = words.word(at);
    let place = words.before(at);
    if word == "=" && at == part + 1 && words.is_word(part) && words.is_first_part(part) {
        return Some(
            Lesson::new("a variable is made by let: let x = 5;")
                .message("'=' does not fit here")
                .edit(words.before(part), "let "),
        );
    }
    let is_let = words.is(part, "let") || words.is(part, "declare") || words.is(part, "set");
    if is_operator(word) && words.kind(at + 1) != TokenKind::OpenParen && !is_let {
        let help = format!("an operator follows a pipe: | {word}");
        return Some(Lesson::new(help).message(format!("'|' is missing before '{word}'")).edit(place, "| "));
    }
    if is_let && words.is_first_part(part) {
        return Some(
            Lesson::new("a statement before the query ends with ';'")
                .message(format!("expected ';', found {}", found(word))),
        );
    }
    if word == ")" || word == "]" || word == "}" {
        let help = "there is no bracket that it closes: take it away, or open one before it";
        return Some(Lesson::new(help).edit(words.span(at), ""));
    }
    let between = words.is_literal(at) || words.is_word(at);
    if error.code == Code::Expected && between {
        let is_condition = matches!(words.word(part), "where" | "filter");
        let help = if is_condition {
            "between two conditions stands 'and' or 'or', between two values an operator such as == or has"
        } else {
            "between two values stands an operator or a comma; the next operator follows a pipe"
        };
        let near = near_word(words, at);
        return Some(match near {
            Some(near) => Lesson::new(format!("did you mean '{near}'?"))
                .message(format!("expected an operator or '|', found {}", found(word)))
                .edit(words.span(at), near),
            None => Lesson::new(help).message(format!("expected an operator or '|', found {}", found(word))),
        });
    }
    None
}

/// A word that stands somewhere, in words.
fn found(word: &str) -> String {
    if word.is_empty() { "the end of the query".to_owned() } else { quoted(word) }
}

/// The operator between operands that a word is nearest to.
fn near_word(words: TokenView<'_>, at: usize) -> Option<&'static str> {
    let word = words.word(at);
    if !words.is_word(at) || word.len() < 3 || words.operand_start(at).is_none() {
        return None;
    }
    nearest(word, word_operators().filter(|it| !it.starts_with('!')))
}

/// A misspelt operator between operands, wherever the parser wants something else.
fn near_operator(words: TokenView<'_>, at: usize, error: &Diagnostic) -> Option<Lesson> {
    if error.code != Code::Expected {
        return None;
    }
    let near = near_word(words, at)?;
    Some(Lesson::new(format!("did you mean '{near}'?")).edit(words.span(at), near))
}

/// Two items of a list side by side.
fn missing_comma(words: TokenView<'_>, at: usize, error: &Diagnostic) -> Option<Lesson> {
    let before = at.checked_sub(1)?;
    if !error.message.starts_with("expected ','") {
        return None;
    }
    let end = words.span(before).end;
    if words.begins_line(at) {
        let help = "another query begins behind ';', a further operator behind '|'";
        return Some(Lesson::new(help).edit(Span { start: end, end }, ";"));
    }
    Some(
        Lesson::new("between two items of a list stands a comma, between two values an operator")
            .edit(Span { start: end, end }, ","),
    )
}

/// An operator without what it is about, or a pipe without an operator.
fn nothing_behind(words: TokenView<'_>, at: usize, part: usize, error: &Diagnostic) -> Option<Lesson> {
    let is_end = matches!(words.kind(at), TokenKind::End | TokenKind::Bar | TokenKind::Semicolon);
    if error.code == Code::UnknownOperator && is_end {
        let pipe = at.checked_sub(1).filter(|&it| words.kind(it) == TokenKind::Bar)?;
        return Some(
            Lesson::new("an operator follows a pipe, such as | take 5; behind the last one stands no pipe")
                .edit(words.span(pipe), ""),
        );
    }
    if words.is(part, "let") && error.message.starts_with("expected '='") {
        let form = match words.kind(at) {
            TokenKind::OpenParen => "a function is written let f = (x: long) { x + 1 };",
            _ => "a variable is written let x = 5;",
        };
        return Some(Lesson::new(form));
    }
    if error.message.starts_with("expected 'by'") && is_end {
        let operator = words.word(part);
        return Some(Lesson::new(format!("what the rows are ordered by is missing: {operator} … by x")));
    }
    if error.code != Code::MissingExpression {
        return None;
    }
    let before = at.checked_sub(1)?;
    if words.word(before) == "by" && is_end {
        return Some(Lesson::new("what the groups or the order are made of stands behind 'by': by State"));
    }
    let is_sign = |at: usize| {
        use TokenKind::*;
        matches!(
            words.kind(at),
            EqualEqual
                | BangEqual
                | EqualTilde
                | BangTilde
                | LessGreater
                | Less
                | LessOrEqual
                | Greater
                | GreaterOrEqual
                | Plus
                | Minus
                | Star
                | Slash
                | Percent
        ) || is_word_operator(words.word(at))
    };
    if is_sign(before) {
        return Some(Lesson::new(format!(
            "'{}' stands between two values: the right one is missing",
            words.word(before)
        )));
    }
    if is_sign(at) {
        return Some(Lesson::new(format!(
            "'{}' stands between two values: the left one is missing",
            words.word(at)
        )));
    }
    if !is_end || part + 1 != at {
        return None;
    }
    let example = match words.word(part) {
        "take" | "limit" => "take 5",
        "where" | "filter" => "where x > 5",
        "extend" => "extend total = a + b",
        "project" => "project a, b",
        "top" => "top 5 by x",
        "distinct" => "distinct a, b",
        "project-away" => "project-away a, b",
        "project-rename" => "project-rename new = old",
        _ => return None,
    };
    Some(Lesson::new(format!("an example: | {example}")))
}
