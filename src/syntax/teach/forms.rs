//! Forms of other languages that take more than a word: comments, quotes, lists, ranges, choices, casts.

use super::lesson::Lesson;
use super::words::TokenView;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::habits;
use crate::syntax::parser::{is_operator, is_word_operator};
use crate::syntax::token::TokenKind;

/// The most tokens that a comment is looked for before the parser's place.
const MAX_COMMENT: usize = 60;

/// `-- …`, `# …`, `/* … */`
pub(super) fn comment(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    (at.saturating_sub(MAX_COMMENT)..=at)
        .filter(|&it| is_comment(words, it))
        .find_map(|start| comment_from(words, start, at))
}

/// The comment that begins at a token, if it goes up to the parser's place.
fn comment_from(words: TokenView<'_>, start: usize, at: usize) -> Option<Lesson> {
    let is_block = words.kind(start) == TokenKind::Slash;
    let end = comment_end(words, start)?;
    if at > end + 1 {
        return None;
    }
    let sign = match words.kind(start) {
        TokenKind::Directive => "#",
        TokenKind::Slash => "/*",
        _ => "--",
    };
    let span = words.span(start);
    let mark = Span { start: span.start, end: span.start + sign.len() as u32 };
    let lesson = Lesson::new("a comment begins with // and goes to the end of its line")
        .message(format!("'{sign}' begins no comment"))
        .up_to(end);
    Some(if is_block { lesson } else { lesson.edit(mark, "//") })
}

/// The last token of a comment: it ends with its line, or where `*/` stands.
fn comment_end(words: TokenView<'_>, start: usize) -> Option<usize> {
    let mut behind = (start + 1..words.tokens.len()).take(MAX_COMMENT);
    if words.kind(start) == TokenKind::Slash {
        return behind.skip(1).find(|&it| words.phrase_end(it, "*/").is_some()).map(|it| it + 1);
    }
    let end = behind.by_ref().take_while(|&it| !words.begins_line(it)).last();
    Some(end.unwrap_or(start))
}

/// Where the comment `/* … */` stands that a token is in or right behind.
pub(super) fn block_comment(words: TokenView<'_>, at: usize) -> Option<Span> {
    (at.saturating_sub(MAX_COMMENT)..=at)
        .filter(|&it| words.kind(it) == TokenKind::Slash && is_comment(words, it))
        .find_map(|start| {
            let end = comment_end(words, start)?;
            (at <= end + 1).then(|| words.range(start, end + 1))
        })
}

fn is_comment(words: TokenView<'_>, at: usize) -> bool {
    let stands_alone = at == 0 || !words.is_adjacent(at);
    match words.kind(at) {
        TokenKind::Directive => true,
        TokenKind::Minus => {
            words.kind(at + 1) == TokenKind::Minus
                && words.is_adjacent(at + 1)
                && stands_alone
                && !words.is_adjacent(at + 2)
                && !matches!(words.kind(at + 2), TokenKind::Long | TokenKind::Real)
        }
        TokenKind::Slash => words.kind(at + 1) == TokenKind::Star && words.is_adjacent(at + 1),
        _ => false,
    }
}

/// A comment of SQL begins at a token.
pub(super) fn is_dashes(words: TokenView<'_>, at: usize) -> bool {
    words.kind(at) == TokenKind::Minus && is_comment(words, at)
}

/// Quotes of word processors, back quotes, and quotes within a text.
pub(super) fn quotes(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    let is_curly = |it: usize| {
        words.kind(it) == TokenKind::Bad
            && matches!(
                words.word(it),
                "“" | "”" | "„" | "‟" | "‘" | "’" | "‚" | "‛" | "«" | "»" | "′" | "″" | "＂"
            )
    };
    if is_curly(at) {
        let lesson = Lesson::new("a text stands in plain quotes: \"…\" or '…'")
            .message(format!("'{}' is no quote of KQL", words.word(at)));
        let close = words.find(at + 1, is_curly);
        return Some(match close {
            Some(close) => {
                let inner = Span { start: words.span(at).end, end: words.span(close).start };
                let text = words.text.get(inner.range()).unwrap_or("");
                lesson.edit(words.range(at, close + 1), format!("\"{text}\"")).up_to(close)
            }
            None => lesson,
        });
    }
    if words.kind(at) == TokenKind::Bad && words.word(at) == "`" {
        let close = words.find(at + 1, |it| words.kind(it) == TokenKind::Bad && words.word(it) == "`");
        let lesson = Lesson::new("a name with blanks is written ['a name'], a text \"…\"")
            .message("'`' is no quote of KQL");
        return Some(match close {
            Some(close) => {
                let inner = Span { start: words.span(at).end, end: words.span(close).start };
                let text = words.text.get(inner.range()).unwrap_or("");
                lesson.edit(words.range(at, close + 1), format!("['{text}']")).up_to(close)
            }
            None => lesson,
        });
    }
    let before = at.checked_sub(1)?;
    if words.kind(before) == TokenKind::String && words.is_adjacent(at) {
        let quote = words.word(before).chars().next_back()?;
        let other = if quote == '\'' { "\"it's\"" } else { "'say \"yes\"'" };
        let is_doubled = words.kind(at) == TokenKind::String && words.word(at).starts_with(quote);
        if is_doubled || words.is_word(at) {
            let lesson = Lesson::new(format!(
                "a quote within a text is written \\{quote}, or the text stands in the other quotes: {other}"
            ))
            .message("the text ends at the quote within it");
            let end = words.part_end(at);
            return Some(if is_doubled {
                let seam = Span { start: words.span(before).end - 1, end: words.span(at).start + 1 };
                lesson.edit(seam, format!("\\{quote}")).up_to(end)
            } else {
                lesson.up_to(end)
            });
        }
    }
    None
}

/// `CASE WHEN c THEN a ELSE b END`, `c ? a : b`
pub(super) fn choice(words: TokenView<'_>, at: usize, part: usize) -> Option<Lesson> {
    let is_case = |it: &usize| {
        words.is(*it, "case") && words.kind(it + 1) != TokenKind::OpenParen && words.is_word(it + 1)
    };
    if let Some(start) = (part..=at).rev().take(MAX_COMMENT).find(is_case) {
        let lesson =
            Lesson::new("a choice is a function: case(condition, value, condition, value, otherwise)")
                .message("KQL has no CASE … END");
        let end = words.find(start + 1, |it| words.is(it, "end"));
        let mut pieces = Vec::new();
        let mut from = start + 1;
        let mut otherwise = false;
        while let Some(to) = end.and_then(|end| {
            words.find(from + 1, |it| {
                ["when", "then", "else"].iter().any(|word| words.is(it, word)) || it == end
            })
        }) {
            otherwise |= words.is(from, "else");
            let is_head = ["when", "then", "else"].iter().any(|word| words.is(from, word));
            if !is_head {
                // `CASE x WHEN 1 …` compares: that is for a person to write.
                pieces.clear();
                break;
            }
            pieces.push(equals(words, from + 1, to));
            from = to;
        }
        let Some(end) = end else { return Some(lesson.up_to(words.part_end(at))) };
        // Without an ELSE it is null, which has a type: that is for a person to write, too.
        if pieces.is_empty() || !otherwise {
            return Some(lesson.up_to(end));
        }
        return Some(
            lesson.edit(words.range(start, end + 1), format!("case({})", pieces.join(", "))).up_to(end),
        );
    }
    let question = at;
    if words.kind(question) == TokenKind::Question && words.kind(question + 1) != TokenKind::Question {
        let lesson = Lesson::new("a choice is a function: iff(condition, value, otherwise)")
            .message("KQL has no '? :'");
        let colon = words.find(question + 1, |it| words.kind(it) == TokenKind::Colon);
        let Some(colon) = colon else { return Some(lesson) };
        let mut start = words.item_start(question, part);
        // The condition stands behind the name that is given to the value.
        if let Some(name) = (start..question).find(|&it| words.kind(it) == TokenKind::Equal) {
            start = name + 1;
        }
        let end = words
            .find(colon + 1, |it| words.kind(it) == TokenKind::Comma)
            .unwrap_or_else(|| words.part_end(colon + 1));
        let (a, b, c) =
            (words.slice(start, question), words.slice(question + 1, colon), words.slice(colon + 1, end));
        return Some(lesson.edit(words.range(start, end), format!("iff({a}, {b}, {c})")).up_to(end));
    }
    None
}

/// Some tokens, where `=` compares.
fn equals(words: TokenView<'_>, from: usize, to: usize) -> String {
    let text = words.slice(from, to);
    match (from..to).find(|&it| words.kind(it) == TokenKind::Equal) {
        Some(at) => format!("{}== {}", words.slice(from, at).to_owned() + " ", words.slice(at + 1, to)),
        None => text.to_owned(),
    }
}

/// A pipe before the table, or two pipes.
pub(super) fn pipe(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    if words.kind(at) != TokenKind::Bar {
        return None;
    }
    let Some(before) = at.checked_sub(1) else {
        return Some(
            Lesson::new("a query begins with its table: T | where …").message("no query begins with '|'"),
        );
    };
    match words.kind(before) {
        TokenKind::Semicolon => Some(
            Lesson::new("a semicolon ends the query; operators go on behind a pipe without it")
                .message("no query begins with '|'")
                .edit(words.span(before), ""),
        ),
        TokenKind::Bar => {
            let next = words.word(at + 1);
            if is_operator(next) || !words.is_adjacent(at) {
                return Some(
                    Lesson::new("one pipe stands between operators")
                        .message("an operator is missing between two pipes")
                        .edit(words.span(at), ""),
                );
            }
            let part = words.part(before);
            if !matches!(words.word(part), "where" | "filter") {
                return Some(
                    Lesson::new("texts are joined by strcat(a, b), conditions by 'or'")
                        .message("'||' does not belong to KQL")
                        .up_to(words.part_end(at + 1)),
                );
            }
            Some(
                Lesson::new("one of two conditions: 'or'")
                    .message("'||' does not belong to KQL")
                    .edit(words.range(before, at + 1), "or")
                    .up_to(words.part_end(at + 1)),
            )
        }
        _ => None,
    }
}

/// `contains(a, b)`, `a.contains(b)`: an operator that is called.
pub(super) fn called_operator(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    let word = words.word(at);
    let lower = word.to_ascii_lowercase();
    if !is_word_operator(&lower)
        || words.kind(at + 1) != TokenKind::OpenParen
        || matches!(lower.as_str(), "and" | "or" | "in" | "between")
    {
        return None;
    }
    let is_method = at.checked_sub(1).is_some_and(|before| words.kind(before) == TokenKind::Dot);
    if !is_method && words.operand_start(at).is_some() {
        return None;
    }
    let lesson = Lesson::new(format!("'{lower}' stands between two operands: x {lower} \"…\""))
        .message(format!("'{word}' is an operator, not a function"));
    let Some(close) = words.close(at + 1) else { return Some(lesson) };
    let arguments = words.slice(at + 2, close);
    if is_method {
        let start = words.operand_start(at - 1);
        return Some(match start {
            Some(start) => lesson
                .edit(
                    words.range(start, close + 1),
                    format!("{} {lower} {arguments}", words.slice(start, at - 1)),
                )
                .up_to(close),
            None => lesson.up_to(close),
        });
    }
    let comma = words.find(at + 2, |it| words.kind(it) == TokenKind::Comma);
    Some(match comma {
        Some(comma) => {
            let (left, right) = (words.slice(at + 2, comma), words.slice(comma + 1, close));
            lesson.edit(words.range(at, close + 1), format!("{left} {lower} {right}")).up_to(close)
        }
        None => lesson.up_to(close),
    })
}

/// `count() by x` behind a pipe.
pub(super) fn called_count(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    if words.word(at) != "count" || words.kind(at + 1) != TokenKind::OpenParen {
        return None;
    }
    let is_grouped = words.find(at, |it| words.is(it, "by")).is_some();
    let lesson = Lesson::new(
        "rows are counted by groups in summarize: summarize count() by State; count alone counts all rows",
    )
    .message("count() is an aggregate, not an operator")
    .up_to(words.part_end(at));
    let place = words.before(at);
    let close = words.close(at + 1);
    Some(match close {
        Some(close) if !is_grouped => lesson.edit(words.range(at, close + 1), "count"),
        _ => lesson.edit(place, "summarize "),
    })
}

/// `in [a, b]`, `in "a"`: a list without its parentheses.
pub(super) fn list(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    let before = at.checked_sub(1)?;
    let operator = words.word(before);
    if !matches!(operator, "in" | "!in" | "in~" | "!in~" | "has_any" | "has_all")
        || words.kind(at) == TokenKind::OpenParen
    {
        return None;
    }
    let lesson = Lesson::new(format!("a list stands in round brackets: {operator} (\"a\", \"b\")"))
        .message(format!("'(' is missing behind '{operator}'"));
    if matches!(words.kind(at), TokenKind::OpenBracket | TokenKind::OpenBrace) {
        return Some(match words.close(at) {
            Some(close) => {
                let text = format!("({})", words.slice(at + 1, close));
                lesson.edit(words.range(at, close + 1), text).up_to(close)
            }
            None => lesson.up_to(words.part_end(at)),
        });
    }
    let mut end = words.operand_end(at)?;
    // `'a' in x` asks the other way round.
    let text = before.checked_sub(1).filter(|&it| words.kind(it) == TokenKind::String && words.is_word(at));
    if let Some(text) = text {
        let contains = if operator.starts_with('!') { "!contains" } else { "contains" };
        let changed = format!("{} {contains} {}", words.slice(at, end), words.word(text));
        return Some(
            Lesson::new(
                "whether a text holds another is asked of the longer one: x contains \"a\", x has \"a\"",
            )
            .message(format!("'{operator}' looks a value up in a list"))
            .edit(words.range(text, end), changed)
            .up_to(end.saturating_sub(1)),
        );
    }
    while words.kind(end) == TokenKind::Comma
        && let Some(next) = words.operand_end(end + 1)
    {
        end = next;
    }
    Some(lesson.edit(words.range(at, end), format!("({})", words.slice(at, end))).up_to(end))
}

/// `between a and b`, `between (a and b)`, `between (a, b)`
pub(super) fn range(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    let is_between = |it: usize| words.is(it, "between") || words.is(it, "!between");
    let open = match words.kind(at) {
        TokenKind::CloseParen | TokenKind::Comma => words.open(at),
        TokenKind::Word(_) if words.is(at, "to") || words.is(at, "and") => words.open(at),
        _ => None,
    };
    let operator = match open {
        Some(open) => open.checked_sub(1).filter(|&it| is_between(it)),
        None => [Some(at), at.checked_sub(1)].into_iter().flatten().find(|&it| is_between(it)),
    }?;
    if words.word(operator) == "between" && operator == at {
        return None;
    }
    let lower = words.word(operator).to_ascii_lowercase();
    let lesson = Lesson::new(format!(
        "a range has both bounds in brackets, with two points between them: x {lower} (1 .. 5)"
    ))
    .message(format!("the bounds of '{lower}' are not written so"));
    let has_bracket = matches!(words.kind(operator + 1), TokenKind::OpenParen | TokenKind::OpenBracket);
    let first = if has_bracket { operator + 2 } else { operator + 1 };
    let separates = |it: usize| {
        ["and", "to", "until"].iter().any(|word| words.is(it, word))
            || matches!(words.kind(it), TokenKind::Comma | TokenKind::DotDot | TokenKind::Colon)
    };
    let Some(middle) = words.find(first + 1, separates) else { return Some(lesson) };
    let last = if has_bracket {
        words.close(operator + 1)
    } else {
        words
            .find(middle + 1, |it| {
                ["and", "or"].iter().any(|word| words.is(it, word)) || words.kind(it) == TokenKind::Comma
            })
            .or_else(|| Some(words.part_end(middle + 1)))
    };
    let Some(last) = last.filter(|last| *last > middle + 1) else { return Some(lesson) };
    let end = if has_bracket { last + 1 } else { last };
    let text = format!("{lower} ({} .. {})", bound(words, first, middle), bound(words, middle + 1, last));
    Some(lesson.edit(words.range(operator, end), text).up_to(end.saturating_sub(1)))
}

/// A bound of a range; a day without its type gets it.
fn bound(words: TokenView<'_>, from: usize, to: usize) -> String {
    let text = words.slice(from, to);
    let bare = text.trim_matches(['\'', '"']);
    if is_day(bare) { format!("datetime({bare})") } else { text.to_owned() }
}

/// A text is a day such as 2024-06-30, with or without a time.
fn is_day(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut digits = |count: usize| {
        parts
            .next()
            .is_some_and(|it| it.len() <= count && it.bytes().all(|b| b.is_ascii_digit()) && !it.is_empty())
    };
    let is_month = digits(4) && digits(2);
    is_month
        && parts.next().is_some_and(|day| day.bytes().next().is_some_and(|b| b.is_ascii_digit()))
        && text.len() >= 8
}

/// `1 day`, `2 months`
pub(super) fn unit(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    let before = at.checked_sub(1)?;
    if !matches!(words.kind(before), TokenKind::Long | TokenKind::Real) || !words.is_word(at) {
        return None;
    }
    let word = words.word(at).to_ascii_lowercase();
    let short = match word.as_str() {
        "d" | "day" | "days" => "d",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "ms" | "millisecond" | "milliseconds" => "ms",
        _ => {
            let habit = habits::number_with_unit(&format!("1{word}"))?;
            let message = format!("'{}' does not fit behind a number", words.word(at));
            return Some(Lesson::new(habit.lesson).message(message));
        }
    };
    Some(
        Lesson::new("a number and its unit are written together: 1d, 2h, 30m")
            .message(format!("'{}' does not fit behind a blank", words.word(at)))
            .edit(words.range(before, at + 1), format!("{}{short}", words.word(before))),
    )
}

/// `cast(x as int)`, `count(distinct x)`, `extract(year from t)`
pub(super) fn cast(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    let open = words.open(at)?;
    let name = open.checked_sub(1)?;
    let called = words.word(name).to_ascii_lowercase();
    let close = words.close(open);
    if words.is(at, "as") && matches!(called.as_str(), "cast" | "try_cast" | "convert" | "safe_cast") {
        let function = match words.word(at + 1).to_ascii_lowercase().as_str() {
            "int" | "integer" | "smallint" | "tinyint" => "toint",
            "bigint" | "long" | "number" | "signed" => "tolong",
            "float" | "double" | "real" | "numeric" => "todouble",
            "decimal" => "todecimal",
            "date" | "datetime" | "timestamp" | "datetime2" => "todatetime",
            "bool" | "boolean" | "bit" => "tobool",
            "uniqueidentifier" | "uuid" | "guid" => "toguid",
            _ => "tostring",
        };
        let lesson = Lesson::new(
            "a value is converted by a function of the type's name: tostring(x), tolong(x), todatetime(x)",
        )
        .message(format!("KQL has no {}(… as …)", called));
        return Some(match close {
            Some(close) => lesson
                .edit(words.range(name, close + 1), format!("{function}({})", words.slice(open + 1, at)))
                .up_to(close),
            None => lesson,
        });
    }
    // `count(distinct x)`
    let distinct = [Some(at), at.checked_sub(1)].into_iter().flatten().find(|&it| words.is(it, "distinct"));
    if called == "count"
        && let Some(distinct) = distinct.filter(|it| *it == open + 1)
    {
        let lesson = Lesson::new("distinct values are counted by dcount(x), or exactly by count_distinct(x)")
            .message(format!("KQL has no {}(distinct …)", words.word(name)));
        return Some(match close {
            Some(close) => lesson
                .edit(words.range(name, close + 1), format!("dcount({})", words.slice(distinct + 1, close)))
                .up_to(close),
            None => lesson,
        });
    }
    if words.is(at, "from") && called == "extract" {
        let unit = words.slice(open + 1, at).to_ascii_lowercase();
        let lesson = Lesson::new("a part of a time: datetime_part(\"hour\", t)")
            .message("KQL has no extract(… from …)");
        return Some(match close {
            Some(close) => lesson
                .edit(
                    words.range(name, close + 1),
                    format!("datetime_part(\"{unit}\", {})", words.slice(at + 1, close)),
                )
                .up_to(close),
            None => lesson,
        });
    }
    None
}

/// `string(null)`, `string(x)`: a type that is called.
pub(super) fn called_type(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    if words.word(at) != "string" || words.kind(at + 1) != TokenKind::OpenParen {
        return None;
    }
    let close = words.close(at + 1)?;
    if words.is(at + 2, "null") || close == at + 2 {
        return Some(
            Lesson::new("a text is never null: the empty one is \"\", and isempty(x) asks for it")
                .message("there is no string(null)")
                .edit(words.range(at, close + 1), "\"\"")
                .up_to(close),
        );
    }
    Some(
        Lesson::new("a text is made of another value by tostring(x)")
            .message("'string' is a type, not a function")
            .edit(words.span(at), "tostring")
            .up_to(close),
    )
}

/// `x LIKE 'a%'` by its pattern.
pub(super) fn like(words: TokenView<'_>, at: usize) -> Option<Lesson> {
    let (first, literal, negated) = if words.is(at, "like") || words.is(at, "ilike") {
        (at, at + 1, "")
    } else if words.is(at, "not") && (words.is(at + 1, "like") || words.is(at + 1, "ilike")) {
        (at, at + 2, "!")
    } else {
        return None;
    };
    if words.operand_start(first).is_none() || words.kind(literal) != TokenKind::String {
        return None;
    }
    let (operator, pattern) = of_pattern(words.word(literal))?;
    let text = match (operator, negated) {
        ("=~", "!") => format!("!~ {pattern}"),
        _ => format!("{negated}{operator} {pattern}"),
    };
    Some(
        Lesson::new(
            "texts are compared by startswith, endswith, contains, has (whole terms) and matches regex",
        )
        .message(format!("'{}' does not belong to KQL", words.slice(first, literal)))
        .edit(words.range(first, literal + 1), text),
    )
}

/// The operator that a pattern of LIKE stands for, and the text that is left of it.
fn of_pattern(literal: &str) -> Option<(&'static str, String)> {
    let quote = literal.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let inner = literal.strip_prefix(quote)?.strip_suffix(quote)?;
    let bare = inner.trim_matches(['%', '*']);
    if bare.contains(['%', '_', '*', '?']) || bare.is_empty() {
        return None;
    }
    let operator = match (inner.starts_with(['%', '*']), inner.ends_with(['%', '*'])) {
        (true, true) => "contains",
        (true, false) => "endswith",
        (false, true) => "startswith",
        (false, false) => "=~",
    };
    Some((operator, format!("{quote}{bare}{quote}")))
}

/// A comma with nothing behind it.
pub(super) fn comma(words: TokenView<'_>, at: usize, part: usize, error: &Diagnostic) -> Option<Lesson> {
    if words.kind(at) == TokenKind::Comma && error.code == Code::IncompleteFragment {
        let before = at.checked_sub(1)?;
        if words.kind(before) == TokenKind::Long
            && words.kind(at + 1) == TokenKind::Long
            && words.is_adjacent(at + 1)
        {
            let number = format!("{}{}", words.word(before), words.word(at + 1));
            return Some(
                Lesson::new("a number has no commas within it")
                    .message("',' does not fit here")
                    .edit(words.range(before, at + 2), number),
            );
        }
        return matches!(words.word(part), "where" | "filter").then(|| {
            Lesson::new("conditions are joined by 'and' or 'or'")
                .message("',' does not fit here")
                .edit(words.span(at), " and")
        });
    }
    let before = at.checked_sub(1).filter(|&it| words.kind(it) == TokenKind::Comma)?;
    if !error.message.contains("is missing here") {
        return None;
    }
    Some(
        Lesson::new("take the comma away, or write what follows it")
            .message("nothing follows the last comma")
            .edit(words.span(before), ""),
    )
}

/// A bracket that is never closed: the place where it is opened.
pub(super) fn bracket(words: TokenView<'_>, at: usize, error: &Diagnostic) -> Option<Lesson> {
    let is_closing =
        ["expected ')'", "expected ']'", "expected '}'"].iter().any(|it| error.message.starts_with(it));
    let ends = matches!(words.kind(at), TokenKind::End | TokenKind::Bar | TokenKind::Semicolon)
        || words.word(at) == "by";
    if !is_closing || !ends {
        return None;
    }
    let open = words.open(at)?;
    let closing = match words.word(open) {
        "(" => ")",
        "[" => "]",
        _ => "}",
    };
    let mut lesson = Lesson::new(format!("close it with {closing}"))
        .message(format!("'{}' is not closed: '{closing}' is missing", words.word(open)));
    lesson.also = Some((words.span(open), "it is opened here"));
    Some(lesson)
}

/// `rename a as b`, `rename a to b`, `rename a = b`
pub(super) fn rename(words: TokenView<'_>, at: usize, end: usize, lesson: Lesson) -> Lesson {
    let joins =
        ["as", "to"].iter().any(|word| words.is(end + 1, word)) || words.kind(end + 1) == TokenKind::FatArrow;
    let is_whole = words.part_end(at) == end + 3;
    if joins && is_whole && words.is_word(end) && words.is_word(end + 2) {
        let text = format!("project-rename {} = {}", words.word(end + 2), words.word(end));
        return lesson.edit(words.range(at, end + 3), text);
    }
    lesson
}

/// Behind the condition that begins at a token.
pub(super) fn condition_end(words: TokenView<'_>, from: usize) -> Option<usize> {
    let ends =
        |it: usize| ["and", "or"].iter().any(|word| words.is(it, word)) || words.kind(it) == TokenKind::Comma;
    let end = words.find(from, ends).unwrap_or_else(|| words.part_end(from));
    (end > from).then_some(end)
}

/// The words that begin the clauses of a SELECT, in their order.
const CLAUSES: &[&str] = &["select", "from", "where", "group", "having", "order", "limit"];

/// A SELECT as a query: its steps, and whether they are all that it says.
pub(super) fn of_select(words: TokenView<'_>, start: usize) -> Option<(String, bool)> {
    let mut starts: Vec<Option<usize>> = Vec::with_capacity(CLAUSES.len());
    let mut from = start;
    for clause in CLAUSES {
        let found = words.find(from, |it| words.is(it, clause));
        from = found.unwrap_or(from);
        starts.push(found);
    }
    let end = words.part_end(start);
    // Where a clause ends: at the next one that is there.
    let piece = |clause: usize, skip: usize| {
        let first = (*starts.get(clause)?)? + skip;
        let to = starts.iter().skip(clause + 1).flatten().next().copied().unwrap_or(end);
        (to > first).then_some((first, to))
    };
    let (table, behind) = piece(1, 1)?;
    let mut is_whole = behind == table + 1 && words.is_word(table);
    let mut steps = vec![words.word(table).to_owned()];
    let mut first = start + 1;
    let is_distinct = words.is(first, "distinct");
    let mut count = None;
    if words.is(first, "top") {
        count = Some(words.word(first + 1).to_owned());
        first += 1;
    }
    first += usize::from(is_distinct || count.is_some());
    if let Some((from, to)) = piece(2, 1) {
        steps.push(format!("where {}", condition(words, from, to, &mut is_whole)));
    }
    let is_grouped = piece(3, 2).is_some();
    let (list, items) =
        piece(0, 1).map(|(_, to)| (words.slice(first, to), items(words, first, to))).unwrap_or_default();
    if let Some((from, to)) = piece(3, 2) {
        let aggregates: Vec<&str> = items.iter().filter(|it| it.contains('(')).map(String::as_str).collect();
        steps.push(format!("summarize {} by {}", aggregates.join(", "), words.slice(from, to)));
        is_whole = false;
    }
    if piece(4, 1).is_some() {
        steps.push("where …".to_owned());
        is_whole = false;
    }
    if let (Some((from, to)), None) = (piece(6, 1), &count) {
        let is_number = to == from + 1;
        count = Some(if is_number { words.word(from).to_owned() } else { "…".to_owned() });
        is_whole &= is_number;
    }
    let order = piece(5, 2).map(|(from, to)| order(words, from, to));
    // What is ordered by new names is projected before; where only some are new, a person has to see to it.
    let is_new =
        |it: &str| items.iter().any(|item| item.split_once(" = ").is_some_and(|(name, _)| name == it));
    let by_new: Vec<bool> = order
        .iter()
        .flat_map(|order| order.split(", "))
        .map(|it| is_new(it.split(' ').next().unwrap_or(it)))
        .collect();
    let are_new = by_new.contains(&true);
    is_whole &= !are_new || !by_new.contains(&false);
    let mut ordered = match (order, count) {
        // `top` orders by one value.
        (Some(order), Some(count)) if order.contains(',') => {
            vec![format!("sort by {order}"), format!("take {count}")]
        }
        (Some(order), Some(count)) => vec![format!("top {count} by {order}")],
        (Some(order), None) => vec![format!("sort by {order}")],
        (None, Some(count)) => vec![format!("take {count}")],
        (None, None) => Vec::new(),
    };
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | ',' | ' ');
    if is_distinct {
        let are_columns = list.chars().all(is_plain);
        is_whole &= list == "*" || are_columns;
        if list == "*" || (are_columns && !items.iter().any(|it| it.contains('='))) {
            steps.push(format!("distinct {list}"));
        } else {
            steps.push(format!("project {}", items.join(", ")));
            steps.push("distinct *".to_owned());
        }
        // SQL orders and counts the rows that are left.
        steps.extend(ordered);
        return Some((steps.join(" | "), is_whole));
    }
    if list != "*" && !is_grouped {
        is_whole &= list.chars().all(is_plain);
        let verb = if items.iter().all(|it| it.contains('(')) { "summarize" } else { "project" };
        let step = format!("{verb} {}", items.join(", "));
        let at = if are_new { 0 } else { ordered.len() };
        ordered.insert(at, step);
    }
    steps.extend(ordered);
    Some((steps.join(" | "), is_whole))
}

/// The items of a SELECT: a name stands before what it names, and functions are written in small letters.
fn items(words: TokenView<'_>, from: usize, to: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut first = from;
    while first < to {
        let end = item_end(words, first, to);
        let named = (first..end).find(|&it| words.is(it, "as"));
        let mut text = words.slice(first, named.unwrap_or(end)).to_owned();
        if words.kind(first + 1) == TokenKind::OpenParen {
            let name = words.word(first).to_ascii_lowercase();
            let rest = words.slice(first + 1, named.unwrap_or(end)).replace("(*)", "()");
            text = format!("{name}{rest}");
        }
        all.push(match named {
            Some(named) => format!("{} = {text}", words.word(named + 1)),
            None => text,
        });
        first = end + 1;
    }
    all
}

/// The condition of a WHERE in the signs of KQL, if it has words that are the same there.
fn condition(words: TokenView<'_>, from: usize, to: usize, is_whole: &mut bool) -> String {
    let mut pieces = Vec::new();
    for at in from..to {
        let word = words.word(at);
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "like" | "is" | "between" | "not" | "case" | "exists" | "select" | "join" => {
                *is_whole = false;
                return "…".to_owned();
            }
            "and" | "or" | "in" => pieces.push(lower),
            "=" => pieces.push("==".to_owned()),
            _ => pieces.push(word.to_owned()),
        }
    }
    let spaced = pieces.join(" ");
    spaced.replace("( ", "(").replace(" )", ")").replace(" ,", ",").replace(" . ", ".")
}

/// The order of an ORDER BY: each of its items is ascending in SQL where it says nothing, and descending in KQL.
fn order(words: TokenView<'_>, from: usize, to: usize) -> String {
    let mut all = Vec::new();
    let mut first = from;
    while first < to {
        let end = item_end(words, first, to);
        let last = words.word(end.saturating_sub(1)).to_ascii_lowercase();
        all.push(match last.as_str() {
            "asc" | "desc" => format!("{} {last}", words.slice(first, end.saturating_sub(1))),
            _ => format!("{} asc", words.slice(first, end)),
        });
        first = end + 1;
    }
    all.join(", ")
}

/// Behind the item of a list that begins at a token.
fn item_end(words: TokenView<'_>, first: usize, to: usize) -> usize {
    words.find(first, |it| it >= to || words.kind(it) == TokenKind::Comma).unwrap_or(to).min(to)
}
