//! Maps each part of a text value to its place in the file, so that an error inside it can be shown there: values in
//! quotes, with escapes, in indented blocks, folded, and put together of several.

use std::ops::Range;

use kqlite::Span;

use super::tree::Node;

/// From here on, the value and the file run together; `None` where the file has no such text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    value: usize,
    file: Option<usize>,
}

/// The places of a text value in its file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Placed {
    pieces: Vec<Piece>,
    /// Where the last piece ends in the value.
    end: usize,
}

impl Placed {
    /// Where a byte of the value stands in the file.
    pub fn offset(&self, offset: usize) -> Option<usize> {
        let at = self.pieces.partition_point(|piece| piece.value <= offset).checked_sub(1)?;
        let piece = self.pieces.get(at)?;
        (offset <= self.end).then_some(piece.file? + offset - piece.value)
    }

    /// Where a part of the value stands in the file.
    pub fn span(&self, span: Span) -> Option<Span> {
        let start = self.offset(span.start as usize)?;
        // The end is taken from the last byte within, so that it stays in its line.
        let end = match span.end.checked_sub(1) {
            Some(last) if span.end > span.start => self.offset(last as usize)? + 1,
            _ => start,
        };
        Some(Span::new(start, end.max(start)))
    }
}

/// A text and the places of its parts in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct PlacedText {
    pub text: String,
    pub places: Placed,
}

impl PlacedText {
    /// The text of a scalar.
    pub fn of(file: &str, node: &Node) -> Self {
        let text = node.text().unwrap_or_default();
        let pieces = written_pieces(file, node.span, text).unwrap_or_default();
        Self { text: text.to_owned(), places: Placed { pieces, end: text.len() } }
    }

    /// A part of a file as it stands there.
    pub fn within(file: &str, at: Range<usize>) -> Self {
        let text = file.get(at.clone()).unwrap_or_default().to_owned();
        let places = Placed { pieces: vec![Piece { value: 0, file: Some(at.start) }], end: text.len() };
        Self { text, places }
    }

    /// A text that the file does not have.
    pub fn unplaced(text: &str) -> Self {
        let places = Placed { pieces: vec![Piece { value: 0, file: None }], end: text.len() };
        Self { text: text.to_owned(), places }
    }

    /// Puts another text behind this one.
    pub fn push(&mut self, other: &Self) {
        let at = self.text.len();
        if other.places.pieces.is_empty() && !other.text.is_empty() {
            self.places.pieces.push(Piece { value: at, file: None });
        }
        let moved = other.places.pieces.iter().map(|it| Piece { value: it.value + at, file: it.file });
        self.places.pieces.extend(moved);
        self.text.push_str(&other.text);
        self.places.end = self.text.len();
    }

    /// A part of the text.
    pub fn part(&self, range: Range<usize>) -> Self {
        let text = self.text.get(range.clone()).unwrap_or_default().to_owned();
        let mut pieces = Vec::new();
        let all = &self.places.pieces;
        let first = all.partition_point(|it| it.value <= range.start).saturating_sub(1);
        for piece in all.iter().skip(first).take_while(|it| it.value < range.end) {
            let skipped = range.start.saturating_sub(piece.value);
            pieces.push(Piece {
                value: (piece.value + skipped).saturating_sub(range.start),
                file: piece.file.map(|file| file + skipped),
            });
        }
        let end = text.len();
        Self { text, places: Placed { pieces, end } }
    }

    /// A text whose places are in this text, as one whose places are in the file.
    pub fn placing(&self, inner: &Self) -> Self {
        let mut made = Self::default();
        for (at, piece) in inner.places.pieces.iter().enumerate() {
            let end = inner.places.pieces.get(at + 1).map_or(inner.text.len(), |next| next.value);
            let text = inner.text.get(piece.value..end).unwrap_or_default();
            match piece.file {
                // The value may have another length than what was written, such as a folded line end.
                Some(file) if self.text.get(file..file + text.len()).is_some() => {
                    let mut outer = self.part(file..file + text.len());
                    text.clone_into(&mut outer.text);
                    made.push(&outer);
                }
                _ => made.push(&Self::unplaced(text)),
            }
        }
        made
    }
}

/// Finds where a part of a text value stands in the file; the whole value where that cannot be told.
pub(crate) fn place_part(file: &str, node: &Node, part: Span) -> Span {
    PlacedText::of(file, node).places.span(part).unwrap_or(node.span)
}

/// The pieces of a value as it is written.
fn written_pieces(file: &str, span: Span, value: &str) -> Option<Vec<Piece>> {
    let written = file.get(span.range())?;
    let start = span.start as usize;
    if written == value {
        return Some(vec![Piece { value: 0, file: Some(start) }]);
    }
    match written.chars().next()? {
        quote @ ('"' | '\'') => {
            let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
            flow(inner, start + 1, value, Some(quote))
        }
        _ if span.start == span.end => None,
        _ => flow(written, start, value, None).or_else(|| block(file, line_start(file, start), value)),
    }
}

fn line_start(file: &str, at: usize) -> usize {
    file.get(..at).and_then(|it| it.rfind('\n')).map_or(0, |at| at + 1)
}

/// A value in quotes or plainly written, maybe over several lines, which are folded.
fn flow(written: &str, start: usize, value: &str, quote: Option<char>) -> Option<Vec<Piece>> {
    let mut pieces = vec![Piece { value: 0, file: Some(start) }];
    let (mut file, mut at) = (0, 0);
    while let Some(c) = written.get(file..)?.chars().next() {
        let rest = written.get(file..)?;
        let is_break = rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n');
        if is_break && c.is_ascii_whitespace() {
            let blanks = rest.len() - rest.trim_start().len();
            file += blanks;
            at += folded_break(value.get(at..)?);
            pieces.push(Piece { value: at, file: Some(start + file) });
            continue;
        }
        let taken = match (quote, c) {
            // Its line goes on in the next one, behind the blanks there.
            (Some('"'), '\\') if rest.get(1..)?.trim_start_matches('\r').starts_with('\n') => {
                let tail = rest.get(1..)?.trim_start_matches(['\r', '\n', ' ', '\t']);
                file += rest.len() - tail.len();
                pieces.push(Piece { value: at, file: Some(start + file) });
                continue;
            }
            (Some('"'), '\\') => escape(rest)?,
            (Some('\''), '\'') => 2,
            _ => c.len_utf8(),
        };
        let shown = value.get(at..)?.chars().next()?;
        if taken == c.len_utf8() && shown != c {
            return None;
        }
        file += taken;
        at += shown.len_utf8();
        if taken != c.len_utf8() {
            pieces.push(Piece { value: at, file: Some(start + file) });
        }
    }
    (at == value.len()).then_some(pieces)
}

/// How much of a value stands for a line end, and the empty lines behind it, in folded text.
fn folded_break(rest: &str) -> usize {
    let breaks = rest.len() - rest.trim_start_matches('\n').len();
    if breaks > 0 { breaks } else { usize::from(rest.starts_with(' ')) }
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
        _ => 2,
    })
}

/// An indented block, literal (`|`) or folded (`>`): its lines are the file's but for the indentation, and maybe for where
/// they end.
fn block(file: &str, from: usize, value: &str) -> Option<Vec<Piece>> {
    let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let first = file.get(from..)?.lines().find(|line| !line.trim().is_empty())?;
    let shown = value.lines().find(|line| !line.trim().is_empty())?;
    let indent = spaces(first).checked_sub(spaces(shown))?;
    let mut pieces = Vec::new();
    // Empty lines before the first one stay.
    let (mut offset, mut at) = (from, value.len() - value.trim_start_matches('\n').len());
    let end = value.trim_end_matches('\n').len();
    for line in file.get(from..)?.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let behind = content.get(indent..).unwrap_or_default();
        if !behind.is_empty() {
            if !pieces.is_empty() {
                // What stands between two lines in the value.
                at += folded_break(value.get(at..)?);
            }
            if !value.get(at..)?.starts_with(behind) {
                return None;
            }
            pieces.push(Piece { value: at, file: Some(offset + indent) });
            at += behind.len();
        }
        offset += line.len();
        if at >= end {
            return Some(pieces);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    /// Holds the places of all words of the value behind `q` to be where the words are written.
    #[track_caller]
    fn check(text: &str, value: &str) {
        let node = yaml::read(text).unwrap();
        let node = node.get("q").unwrap();
        assert_eq!(node.text(), Some(value));
        let placed = PlacedText::of(text, node);
        let mut from = 0;
        for word in
            value.split_ascii_whitespace().filter(|word| word.chars().all(|c| c.is_ascii_alphanumeric()))
        {
            let at = value[from..].find(word).unwrap() + from;
            from = at + word.len();
            let span = placed.places.span(Span::new(at, from));
            let found = span.map(|span| &text[span.range()]);
            assert_eq!(found, Some(word), "{text:?}, {placed:?}");
        }
    }

    #[test]
    fn texts_of_every_style_are_placed() {
        check("q: a b\n", "a b");
        check("q: 'a ''b'' c'\n", "a 'b' c");
        check("q: \"a\\tb \\u00e9 c\"\n", "a\tb é c");
        check("x: 1\nq: |\n  a\n\n    b\n  c d\nz: 1\n", "a\n\n  b\nc d\n");
        check("q: |2\n    a\n  b\n", "  a\nb\n");
        check("q: |-\r\n  a\r\n  b\r\nz: 1\r\n", "a\nb");
        check("q: |+\n\n  a\n  b\n\n", "\na\nb\n\n");
        check("q: >\n  a b\n  c\n\n  d\n    e\n  f\n", "a b c\nd\n  e\nf\n");
        check("q: >-\n\n  a\n  b\n\n\n  c\n", "\na b\n\nc");
        check("q: a\n  b\n\n  c\nz: 1\n", "a b\nc");
        check("q: \"a\n  b\\\n  \\  c\n\n  d\"\n", "a b  c\nd");
        check("q: 'a ''x''  \n  b'\n", "a 'x' b");
        check("- 1\n- 2\n".replace("- 1\n- 2\n", "q: >\n  é a\n  é b\n").as_str(), "é a é b\n");
    }

    #[test]
    fn texts_of_several_texts_are_placed() {
        let file = "abc'd''e'fgh";
        let mut text = PlacedText::within(file, 0..3);
        text.push(&PlacedText::unplaced("--"));
        text.push(&PlacedText::within(file, 9..12));
        assert_eq!(text.text, "abc--fgh");
        let span = |from, to| text.places.span(Span::new(from, to)).map(|it| it.range());
        assert_eq!((span(1, 3), span(3, 4), span(5, 8)), (Some(1..3), None, Some(9..12)));
        assert_eq!(text.part(2..7).places.span(Span::new(3, 5)).map(|it| it.range()), Some(9..11));
        // A text within a text: its places are those of the outer one.
        let inner = PlacedText::within(&text.text, 1..7);
        let found = text.placing(&inner);
        assert_eq!(found.text, "bc--fg");
        assert_eq!(found.places.span(Span::new(4, 6)).map(|it| it.range()), Some(9..11));
    }
}
