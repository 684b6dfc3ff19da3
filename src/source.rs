//! Places in a query text: byte spans, edits of them, and lines and columns for people.
//! It must not know what the text means.

/// A half-open range of bytes in the query text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from `start` up to, not including, `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The span as a range of bytes, to slice the text with.
    #[must_use]
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The empty span at this one's end.
    #[must_use]
    pub const fn after(self) -> Span {
        Span { start: self.end, end: self.end }
    }
}

/// Replaces a part of a query text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Edit {
    /// The part that goes; empty to insert.
    pub span: Span,
    /// What comes in its place; empty to delete.
    pub text: String,
}

/// Why edits cannot be applied to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// Two edits replace the same bytes.
    #[error("two edits overlap at the bytes {} to {}", .0.start, .0.end)]
    Overlap(Span),
    /// An edit is outside of the text, or within a character of it.
    #[error("there is no text at the bytes {} to {}", .0.start, .0.end)]
    OutOfBounds(Span),
}

impl Edit {
    /// An edit that puts a text in the place of a part.
    #[must_use]
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// Applies edits, in any order, to the text that their places point into. Of those that insert at one place, the first
    /// given comes first.
    ///
    /// ```
    /// use kqlite::{Edit, Span};
    /// let edits = [Edit::new(Span::new(2, 3), "=="), Edit::new(Span::new(0, 0), "not(")];
    /// assert_eq!(Edit::apply_all("a = b", &edits).unwrap(), "not(a == b");
    /// ```
    ///
    /// # Errors
    /// Two edits overlap, or a place is not in the text.
    pub fn apply_all(text: &str, edits: &[Edit]) -> Result<String, EditError> {
        let mut sorted: Vec<&Edit> = edits.iter().collect();
        sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for edit in sorted {
            let range = edit.span.range();
            if range.start < done {
                return Err(EditError::Overlap(edit.span));
            }
            let kept = text.get(done..range.start).ok_or(EditError::OutOfBounds(edit.span))?;
            text.get(range.clone()).ok_or(EditError::OutOfBounds(edit.span))?;
            out.push_str(kept);
            out.push_str(&edit.text);
            done = range.end;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Ok(out)
    }
}

/// Finds line and column of a byte offset.
#[derive(Debug, Clone)]
pub struct LineIndex {
    /// Byte offset at which each line starts; the first is 0.
    starts: Vec<u32>,
}

impl LineIndex {
    /// Reads the text once.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
        Self { starts }
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    #[must_use]
    pub fn line_column(&self, text: &str, offset: u32) -> (usize, usize) {
        let line = self.starts.partition_point(|&start| start <= offset).max(1) - 1;
        let start = self.starts[line] as usize;
        let mut end = (offset as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        (line + 1, text[start.min(end)..end].chars().count() + 1)
    }

    /// The text of a line, counted from 1, without its line break.
    #[must_use]
    pub fn line<'t>(&self, text: &'t str, line: usize) -> &'t str {
        let Some(&start) = self.starts.get(line.wrapping_sub(1)) else { return "" };
        let end = self.starts.get(line).map_or(text.len(), |&next| next as usize);
        text[start as usize..end].trim_end_matches(['\n', '\r'])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_that_do_not_fit_are_refused() {
        let apply = |edits: &[Edit]| Edit::apply_all("aé b", edits);
        let overlap = [Edit::new(Span::new(0, 3), "x"), Edit::new(Span::new(1, 4), "y")];
        assert_eq!(apply(&overlap), Err(EditError::Overlap(Span::new(1, 4))));
        for span in [Span::new(2, 3), Span::new(4, 9), Span::new(9, 9), Span { start: 3, end: 1 }] {
            assert_eq!(apply(&[Edit::new(span, "x")]), Err(EditError::OutOfBounds(span)));
        }
        let touching = [Edit::new(Span::new(1, 3), "c"), Edit::new(Span::new(0, 1), "b")];
        assert_eq!(apply(&touching).unwrap(), "bc b");
        let inserted = [Edit::new(Span::new(4, 4), "1"), Edit::new(Span::new(4, 4), "2")];
        assert_eq!(apply(&inserted).unwrap(), "aé 12b");
    }
}
