//! Maps each part of a text value to its place in the file, so that an error inside it can be shown there: values in
//! quotes, with escapes, and in indented blocks.

use kqlite::Span;

use super::tree::Node;

/// From here on, the value and the file run together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    value: usize,
    file: usize,
}

/// The places of a text value in its file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Placed {
    pieces: Vec<Piece>,
    /// Where the last piece ends in the value.
    end: usize,
}

impl Placed {
    /// Finds the places of a text; none for folded text.
    pub fn new(text: &str, node: &Node) -> Self {
        let value = node.text().unwrap_or_default();
        let pieces = inline(text, node.span, value).unwrap_or_else(|| block(text, node.span, value));
        Self { pieces, end: value.len() }
    }

    /// A text that is the whole file.
    pub fn whole(text: &str) -> Self {
        Self { pieces: vec![Piece { value: 0, file: 0 }], end: text.len() }
    }

    /// Where a byte of the value stands in the file.
    pub fn offset(&self, offset: usize) -> Option<usize> {
        let at = self.pieces.partition_point(|piece| piece.value <= offset).checked_sub(1)?;
        let piece = self.pieces.get(at)?;
        (offset <= self.end).then(|| piece.file + offset - piece.value)
    }

    /// Where a part of the value stands in the file.
    pub fn span(&self, span: Span) -> Option<Span> {
        let start = self.offset(span.start as usize)?;
        // The end is taken from the last byte within, so that it stays in its line.
        let end = match span.end.checked_sub(1) {
            Some(last) if span.end > span.start => self.offset(last as usize)? + 1,
            _ => start,
        };
        Some(Span::new(start, end))
    }
}

/// Finds where a part of a text value stands in the file; the whole value where it is folded.
pub(crate) fn place_part(file: &str, node: &Node, part: Span) -> Span {
    Placed::new(file, node).span(part).unwrap_or(node.span)
}

/// A value that is written in quotes or plainly.
fn inline(text: &str, span: Span, value: &str) -> Option<Vec<Piece>> {
    let written = text.get(span.range())?;
    let start = span.start as usize;
    if written == value {
        return Some(vec![Piece { value: 0, file: start }]);
    }
    let quote = written.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut pieces = vec![Piece { value: 0, file: start + 1 }];
    let (mut file, mut at) = (start + 1, 0);
    let mut rest = inner;
    while let Some(c) = rest.chars().next() {
        let taken = match (quote, c) {
            ('"', '\\') => escape(rest)?,
            ('\'', '\'') => 2,
            // A line break in quotes is folded.
            (_, '\n') => return None,
            _ => c.len_utf8(),
        };
        let shown = value.get(at..)?.chars().next()?;
        if taken == c.len_utf8() && shown != c {
            return None;
        }
        file += taken;
        at += shown.len_utf8();
        if taken != c.len_utf8() {
            pieces.push(Piece { value: at, file });
        }
        rest = rest.get(taken..)?;
    }
    (at == value.len()).then_some(pieces)
}

/// How many bytes an escaped character takes, of JSON and YAML.
fn escape(rest: &str) -> Option<usize> {
    Some(match rest.as_bytes().get(1)? {
        b'x' => 4,
        // A character beyond the first plane is a pair in JSON.
        b'u' => {
            let code = u32::from_str_radix(rest.get(2..6)?, 16).ok()?;
            if (0xd800..0xdc00).contains(&code) { 12 } else { 6 }
        }
        b'U' => 10,
        b'\n' => return None,
        _ => 2,
    })
}

/// A literal block (`|`): its lines are the file's but for the indentation.
fn block(text: &str, span: Span, value: &str) -> Vec<Piece> {
    let from = text.get(..span.start as usize).and_then(|it| it.rfind('\n')).map_or(0, |at| at + 1);
    let mut lines = Vec::new();
    let mut offset = from;
    for line in text.get(from..).unwrap_or_default().split_inclusive('\n') {
        lines.push((offset, line.trim_end_matches(['\n', '\r'])));
        offset += line.len();
    }
    let shown: Vec<&str> = value.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    // The block begins in the line of its `|` or below it.
    'first: for first in 0..lines.len().min(3) {
        let Some(indent) = lines.get(first).and_then(|line| line.1.find(|c: char| c != ' ')) else {
            continue;
        };
        if indent == 0 {
            continue;
        }
        let mut pieces = Vec::with_capacity(shown.len());
        let mut at = 0;
        for (number, line) in shown.iter().enumerate() {
            let Some(&(file, written)) = lines.get(first + number) else {
                if line.is_empty() {
                    break;
                }
                continue 'first;
            };
            if written.get(indent..).unwrap_or_default() != *line && !(line.is_empty() && number > 0) {
                continue 'first;
            }
            pieces.push(Piece { value: at, file: file + indent.min(written.len()) });
            at += value.get(at..).and_then(|rest| rest.find('\n')).map_or(0, |end| end + 1);
        }
        return pieces;
    }
    Vec::new()
}
