//! `parse`, `parse-where` and `parse-kv`: columns out of a text by a pattern of delimiters or of regular expressions, or of
//! pairs of key and value. It must not know where the text comes from.
//!
//! Simple patterns begin at the text's start, take the first place of each delimiter and never go back. A column
//! reaches up to the delimiter that follows it; in front of `*` or of another column it takes what its type can read;
//! at the end it takes the rest. Sources: the operator's page and recorded answers of the real engine.

use std::borrow::Cow;
use std::sync::Arc;

use regex::Regex;

use super::context::{ExecContext, Site};
use super::eval::Program;
use super::key_value::{KeyValueReader, Oddity};
use super::step::ChunkStep;
use crate::budget::Used;
use crate::column::{Chunk, Column, ColumnBuilder, StringColumn};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{DoubtsOfRun, Result, text_regex};
use crate::plan::{Expr, KeyValueRules, OutputColumn, PairsBy, ParseColumn, ParseKind, ParseStep};
use crate::types::{DateTime, Dynamic, ScalarType, TimeSpan, Value};

pub(super) struct Parse<'a> {
    text: Program,
    pattern: Pattern<'a>,
    columns: &'a [ParseColumn],
    only_matches: bool,
    layout: &'a [OutputColumn],
    at: Site,
    doubts: DoubtsOfRun,
}

/// What the texts of a column gave.
struct ParsedTexts {
    columns: Vec<Column>,
    matched: Vec<bool>,
    /// There is one with something odd about it.
    is_odd: bool,
}

enum Pattern<'a> {
    Simple {
        steps: &'a [ParseStep],
        relaxed: bool,
    },
    /// For each column the number of its group.
    Regex(Regex, Vec<Option<usize>>),
    KeyValue(KeyValueReader<'a>),
}

/// What a [`crate::plan::Node::Parse`] holds beside its input.
pub(super) struct ParseSpec<'a> {
    pub(super) text: &'a Expr,
    pub(super) steps: &'a [ParseStep],
    pub(super) columns: &'a [ParseColumn],
    pub(super) kind: &'a ParseKind,
    pub(super) only_matches: bool,
    pub(super) layout: &'a [OutputColumn],
}

impl<'a> Parse<'a> {
    pub(super) fn new(parts: &ParseSpec<'a>, at: Site, context: &ExecContext<'_>) -> Result<Self> {
        let pattern = match parts.kind {
            ParseKind::Simple => Pattern::Simple { steps: parts.steps, relaxed: false },
            ParseKind::Relaxed => Pattern::Simple { steps: parts.steps, relaxed: true },
            ParseKind::Regex(flags) => regex(parts.steps, parts.columns, flags, at)?,
            ParseKind::KeyValue(rules) => key_value(rules, parts.columns, at)?,
        };
        Ok(Self {
            text: Program::new(context, std::slice::from_ref(parts.text))?,
            pattern,
            columns: parts.columns,
            only_matches: parts.only_matches,
            layout: parts.layout,
            at,
            doubts: context.run.context.doubts("parse-kv", at.span),
        })
    }

    /// The new columns and whether each text matched. What is odd is taken down, if that is asked for.
    fn parse(&self, texts: &StringColumn, used: &Used<'_>, takes_down: bool) -> Result<ParsedTexts> {
        let mut builders: Vec<ColumnBuilder> = self
            .columns
            .iter()
            .map(|column| ColumnBuilder::with_capacity(column.data_type, texts.len()))
            .collect();
        let mut matched = Vec::with_capacity(texts.len());
        let user = || self.at.name.to_owned();
        let (mut bytes, mut is_odd) = (0_usize, false);
        let mut odd: Vec<Oddity> = Vec::new();
        for row in 0..texts.len() {
            let text = texts.get(row);
            used.work(text.len(), user, self.at.span)?;
            let mut values = vec![Found::Value(Value::Null); self.columns.len()];
            let found = match &self.pattern {
                Pattern::Simple { steps, relaxed } => {
                    simple(text, steps, self.columns, *relaxed, &mut values)
                }
                Pattern::Regex(regex, groups) => by_regex(text, regex, groups, self.columns, &mut values),
                Pattern::KeyValue(reader) => {
                    let found = reader.read(text, &mut odd, |work| used.work(work, user, self.at.span))?;
                    for ((slot, found), column) in values.iter_mut().zip(found).zip(self.columns) {
                        *slot =
                            found.map_or(Found::Value(Value::Null), |text| read_cow(text, column.data_type));
                    }
                    is_odd |= !odd.is_empty();
                    for (about, taken) in odd.drain(..).filter(|_| takes_down) {
                        self.doubts.note(about, taken, text)?;
                    }
                    Some(())
                }
            };
            matched.push(found.is_some());
            for (builder, value) in builders.iter_mut().zip(&values) {
                match value {
                    Found::Text(text) if found.is_some() => {
                        bytes = bytes.saturating_add(text.len());
                        builder.push_str(text);
                    }
                    Found::Value(value) if found.is_some() => {
                        bytes = bytes.saturating_add(value.byte_size());
                        builder.push(value);
                    }
                    _ => builder.push_null(),
                }
            }
            used.reserve(bytes, user, self.at.span)?;
        }
        Ok(ParsedTexts {
            columns: builders.into_iter().map(ColumnBuilder::finish).collect(),
            matched,
            is_odd,
        })
    }

    /// As [`Self::parse`]; a text of a dictionary is parsed once, unless rows with odd ones are to be counted.
    fn parse_once(&self, texts: &StringColumn, used: &Used<'_>) -> Result<ParsedTexts> {
        let Some((codes, _)) = texts.dictionary().filter(|(codes, values)| *values <= codes.len()) else {
            return self.parse(texts, used, true);
        };
        let ParsedTexts { columns, matched, is_odd } = self.parse(&texts.dictionary_values(), used, false)?;
        if is_odd {
            return self.parse(texts, used, true);
        }
        let columns = columns.iter().map(|column| match column {
            Column::String(values) => Column::String(StringColumn::from_codes(codes.to_vec(), values)),
            _ => column.take(codes),
        });
        let matched = codes.iter().map(|&code| matched.get(code as usize).copied().unwrap_or(false));
        Ok(ParsedTexts { columns: columns.collect(), matched: matched.collect(), is_odd })
    }
}

impl ChunkStep for Parse<'_> {
    fn apply(&self, context: &ExecContext<'_>, chunk: Chunk) -> Result<Chunk> {
        let text = self.text.run(context, &chunk)?.pop();
        let text = text.map_or_else(
            || Column::nulls(ScalarType::String, chunk.len()),
            |it| it.convert(ScalarType::String),
        );
        let Column::String(texts) = text.to_flat() else { return Ok(chunk) };
        let used = Used::of(context.budget());
        let ParsedTexts { columns, matched, .. } = self.parse_once(&texts, &used)?;
        let bytes = columns.iter().map(Column::byte_size).fold(0, usize::saturating_add);
        let charge = used.result(bytes, || self.at.name.to_owned(), self.at.span)?.map(Arc::new);
        let mut out = Chunk::without_columns(chunk.len());
        for place in self.layout {
            match place {
                OutputColumn::Input(place) => out.push_from(&chunk, *place),
                OutputColumn::New(place) => columns
                    .get(*place)
                    .into_iter()
                    .for_each(|it| out.push_charged(it.clone(), charge.clone())),
            }
        }
        if self.only_matches && matched.contains(&false) {
            let rows = (0_u32..).zip(&matched).filter(|(_, matched)| **matched).map(|(row, _)| row);
            out = out.select(rows.collect());
        }
        Ok(out)
    }
}

/// What a column is filled with.
#[derive(Clone)]
enum Found<'t> {
    Text(&'t str),
    Value(Value),
}

impl Found<'_> {
    fn is_null(&self) -> bool {
        matches!(self, Self::Value(value) if value.is_null())
    }
}

/// Fills the values; `None` if the text does not fit the pattern.
fn simple<'t>(
    text: &'t str,
    steps: &[ParseStep],
    columns: &[ParseColumn],
    relaxed: bool,
    values: &mut [Found<'t>],
) -> Option<()> {
    let mut rest = text;
    // After `*` the next delimiter may be anywhere.
    let mut skipping = false;
    let mut steps = steps.iter().peekable();
    while let Some(step) = steps.next() {
        match step {
            ParseStep::Skip => skipping = true,
            ParseStep::Text(delimiter) => {
                let at = if skipping { rest.find(delimiter.as_str())? } else { 0 };
                rest = rest.get(at..)?.strip_prefix(delimiter.as_str())?;
                skipping = false;
            }
            ParseStep::Column(place) => {
                let data_type = columns.get(*place)?.data_type;
                let (found, after) = match steps.peek() {
                    Some(ParseStep::Text(delimiter)) => {
                        let end = rest.find(delimiter.as_str())?;
                        (rest.get(..end)?, rest.get(end..)?)
                    }
                    Some(_) if data_type != ScalarType::String && data_type != ScalarType::Dynamic => {
                        let start = if skipping { first_of(rest, data_type) } else { 0 };
                        let rest = rest.get(start..)?;
                        rest.split_at(prefix_of(rest, data_type))
                    }
                    _ => (rest, ""),
                };
                let value = read(found, data_type);
                if value.is_null() && !relaxed && data_type != ScalarType::Dynamic {
                    return None;
                }
                *values.get_mut(*place)? = value;
                rest = after;
                skipping = false;
            }
        }
    }
    Some(())
}

/// A text as a value of a type; null if it is none.
fn read(text: &str, data_type: ScalarType) -> Found<'_> {
    Found::Value(match data_type {
        ScalarType::String => return Found::Text(text),
        ScalarType::Dynamic => Value::Dynamic(Dynamic::parse(text)),
        // The common case, without a copy of the text.
        ScalarType::Long => text.parse().map_or_else(|_| Value::string(text).convert(data_type), Value::Long),
        _ => Value::string(text).convert(data_type),
    })
}

/// As [`read`], of a text that may have been made.
fn read_cow(text: Cow<'_, str>, data_type: ScalarType) -> Found<'_> {
    match (text, data_type) {
        (Cow::Borrowed(text), _) => read(text, data_type),
        (Cow::Owned(text), ScalarType::String) => Found::Value(Value::string(&text)),
        (Cow::Owned(text), ScalarType::Dynamic) => Found::Value(Value::Dynamic(Dynamic::parse(&text))),
        (Cow::Owned(text), _) => Found::Value(Value::string(&text).convert(data_type)),
    }
}

/// Pairs by the rules; an expression must have a group for the key and one for the value.
fn key_value<'a>(rules: &'a KeyValueRules, columns: &'a [ParseColumn], at: Site) -> Result<Pattern<'a>> {
    let regex = match &rules.pairs {
        PairsBy::Delimiters { .. } | PairsBy::Words => None,
        PairsBy::Regex(pattern) => {
            let regex = text_regex(pattern, at.span)?;
            let groups = regex.captures_len() - 1;
            if groups != 2 {
                let message =
                    format!("the regex of parse-kv needs two groups, a key and a value; it has {groups}");
                return Err(Box::new(Diagnostic::error(Code::BadRegex, at.span, message)));
            }
            Some(regex)
        }
    };
    Ok(Pattern::KeyValue(KeyValueReader::new(rules, regex, columns.iter().map(|it| it.name.as_str()))))
}

/// Where a value of a type may begin, after a `*`.
fn first_of(text: &str, data_type: ScalarType) -> usize {
    text.char_indices()
        .map(|(at, _)| at)
        .find(|&at| prefix_of(&text[at..], data_type) > 0)
        .unwrap_or(text.len())
}

/// How many bytes at the text's start read as a value of a type.
fn prefix_of(text: &str, data_type: ScalarType) -> usize {
    let digits = |from: usize| -> usize {
        text.get(from..).unwrap_or_default().bytes().take_while(u8::is_ascii_digit).count()
    };
    let sign = usize::from(text.starts_with(['-', '+']));
    let whole = digits(sign);
    match data_type {
        ScalarType::Int | ScalarType::Long => {
            if whole == 0 {
                0
            } else {
                sign + whole
            }
        }
        ScalarType::Real | ScalarType::Decimal => {
            let mut end = sign + whole;
            let mut any = whole > 0;
            if text.get(end..).is_some_and(|rest| rest.starts_with('.')) && digits(end + 1) > 0 {
                end += 1 + digits(end + 1);
                any = true;
            }
            if !any {
                return 0;
            }
            if let Some(exponent) = text.get(end..).and_then(|rest| rest.strip_prefix(['e', 'E'])) {
                let sign = usize::from(exponent.starts_with(['-', '+']));
                let count = digits(end + 1 + sign);
                if count > 0 {
                    end += 1 + sign + count;
                }
            }
            end
        }
        ScalarType::Bool => ["true", "false", "1", "0"]
            .into_iter()
            .find(|word| text.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word)))
            .map_or(0, str::len),
        ScalarType::Guid => longest(text, 38, |it| !Value::string(it).convert(ScalarType::Guid).is_null()),
        ScalarType::DateTime => longest(text, 40, |it| DateTime::parse(it).is_some()),
        ScalarType::TimeSpan => longest(text, 30, |it| TimeSpan::parse(it).is_some()),
        ScalarType::String | ScalarType::Dynamic => text.len(),
    }
}

/// The longest start of the text that fits, of at most `max` characters.
fn longest(text: &str, max: usize, fits: impl Fn(&str) -> bool) -> usize {
    let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(max).collect();
    ends.into_iter().rev().find(|&end| !text[..end].ends_with(' ') && fits(&text[..end])).unwrap_or(0)
}

/// The pattern as one regular expression, with a named group for each column.
///
/// Strings are greedy, which the page does not say but the real engine does.
fn regex<'a>(steps: &[ParseStep], columns: &[ParseColumn], flags: &str, at: Site) -> Result<Pattern<'a>> {
    let mut pattern = if flags.is_empty() { String::new() } else { format!("(?{flags})") };
    pattern.push_str(r"\A");
    for step in steps {
        match step {
            ParseStep::Skip => pattern.push_str(".*?"),
            ParseStep::Text(text) if text.contains('|') => pattern.push_str(&format!("(?:{text})")),
            ParseStep::Text(text) => pattern.push_str(text),
            ParseStep::Column(place) => {
                let inner = match columns.get(*place).map(|column| column.data_type) {
                    Some(ScalarType::Int | ScalarType::Long) => r"-?\d+",
                    _ => ".*",
                };
                pattern.push_str(&format!("(?P<{}>{inner})", group_name(*place)));
            }
        }
    }
    let regex = regex::RegexBuilder::new(&pattern)
        .octal(true)
        .build()
        .map_err(|error| at.fail(Code::BadRegex, format!("the pattern of 'parse' is not valid: {error}")))?;
    let groups = (0..columns.len())
        .map(|place| {
            let name = group_name(place);
            regex.capture_names().position(|it| it == Some(name.as_str()))
        })
        .collect();
    Ok(Pattern::Regex(regex, groups))
}

/// A name that no pattern of a user is likely to have.
fn group_name(place: usize) -> String {
    format!("kqlite_column_{place}")
}

fn by_regex<'t>(
    text: &'t str,
    regex: &Regex,
    groups: &[Option<usize>],
    columns: &[ParseColumn],
    values: &mut [Found<'t>],
) -> Option<()> {
    let found = regex.captures(text)?;
    for ((group, column), slot) in groups.iter().zip(columns).zip(values) {
        let text = group.and_then(|group| found.get(group)).map_or("", |it| it.as_str());
        // The page's example reads an instant with a line break after it.
        let text = if column.data_type == ScalarType::String { text } else { text.trim() };
        let value = read(text, column.data_type);
        if value.is_null() && column.data_type != ScalarType::Dynamic {
            return None;
        }
        *slot = value;
    }
    Some(())
}
