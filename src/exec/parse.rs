//! `parse` and `parse-where`: columns out of a text by a pattern of delimiters or of regular expressions.
//! It must not know where the text comes from.
//!
//! Simple patterns begin at the text's start, take the first place of each delimiter and never go back. A column
//! reaches up to the delimiter that follows it; in front of `*` or of another column it takes what its type can read;
//! at the end it takes the rest. Sources: the operator's page and recorded answers of the real engine.

use regex::Regex;

use super::context::{ExecContext, Site};
use super::eval::Program;
use super::step::ChunkStep;
use crate::column::{Chunk, Column, ColumnBuilder, StringColumn};
use crate::diagnostic::Code;
use crate::function::Result;
use crate::plan::{Expr, OutputColumn, ParseColumn, ParseKind, ParseStep};
use crate::types::{DateTime, Dynamic, ScalarType, TimeSpan, Value};

pub(super) struct Parse<'a> {
    text: Program,
    pattern: Pattern<'a>,
    columns: &'a [ParseColumn],
    only_matches: bool,
    layout: &'a [OutputColumn],
}

enum Pattern<'a> {
    Simple {
        steps: &'a [ParseStep],
        relaxed: bool,
    },
    /// For each column the number of its group.
    Regex(Regex, Vec<Option<usize>>),
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
        };
        Ok(Self {
            text: Program::new(context, std::slice::from_ref(parts.text))?,
            pattern,
            columns: parts.columns,
            only_matches: parts.only_matches,
            layout: parts.layout,
        })
    }

    /// The new columns and whether each text matched.
    fn parse(&self, texts: &StringColumn) -> (Vec<Column>, Vec<bool>) {
        let mut builders: Vec<ColumnBuilder> = self
            .columns
            .iter()
            .map(|column| ColumnBuilder::with_capacity(column.data_type, texts.len()))
            .collect();
        let mut matched = Vec::with_capacity(texts.len());
        for row in 0..texts.len() {
            let mut values = vec![Found::Value(Value::Null); self.columns.len()];
            let found = match &self.pattern {
                Pattern::Simple { steps, relaxed } => {
                    simple(texts.get(row), steps, self.columns, *relaxed, &mut values)
                }
                Pattern::Regex(regex, groups) => {
                    by_regex(texts.get(row), regex, groups, self.columns, &mut values)
                }
            };
            matched.push(found.is_some());
            for (builder, value) in builders.iter_mut().zip(&values) {
                match value {
                    Found::Text(text) if found.is_some() => builder.push_str(text),
                    Found::Value(value) if found.is_some() => builder.push(value),
                    _ => builder.push_null(),
                }
            }
        }
        (builders.into_iter().map(ColumnBuilder::finish).collect(), matched)
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
        // A text of a dictionary is parsed once.
        let (columns, matched) = match texts.dictionary() {
            Some((codes, values)) if values <= texts.len() => {
                let (columns, matched) = self.parse(&texts.dictionary_values());
                let matched =
                    codes.iter().map(|&code| matched.get(code as usize).copied().unwrap_or(false)).collect();
                (columns.iter().map(|column| column.take(codes)).collect(), matched)
            }
            _ => self.parse(&texts),
        };
        let mut out = Chunk::without_columns(chunk.len());
        for place in self.layout {
            match place {
                OutputColumn::Input(place) => out.push_from(&chunk, *place),
                OutputColumn::New(place) => {
                    columns.get(*place).into_iter().for_each(|it| out.push(it.clone()))
                }
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
