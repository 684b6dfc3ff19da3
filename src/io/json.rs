//! Finds the rows of JSON text: in an array of objects, objects one after the other, or one a line.

use memchr::memchr;

use super::DataError;
use super::objects::Objects;
use super::rows::{ReadEnd, RowVisitor, lines_of, not_utf8};

/// Passes on the objects of text with one a line; skips empty lines. Gives the number of lines, too.
pub(super) fn lines<C: RowVisitor>(bytes: &[u8], objects: &mut Objects, cells: &mut C) -> (usize, ReadEnd) {
    let (mut at, mut line) = (0, 0);
    while at < bytes.len() {
        line += 1;
        if let Some(end) = objects.cells(bytes, at, cells)
            && let Some(next) = line_end(bytes, end)
        {
            at = next;
            if !cells.end() {
                return (line, ReadEnd::Stopped);
            }
            continue;
        }
        cells.forget();
        let rest = bytes.get(at..).unwrap_or_default();
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let text = match std::str::from_utf8(rest.get(..end).unwrap_or_default()) {
            Ok(text) => text.trim(),
            Err(_) => return (line, ReadEnd::Failed(DataError::new(line, "the text is not UTF-8"))),
        };
        if !text.is_empty() && !objects.row(text, line, cells) {
            return (line, ReadEnd::Stopped);
        }
        at += end + 1;
    }
    (line, ReadEnd::Whole)
}

/// The place of the next line, if there is nothing more in this one.
fn line_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at) {
            None => return Some(at),
            Some(b'\n') => return Some(at + 1),
            Some(b' ' | b'\t' | b'\r') => at += 1,
            Some(_) => return None,
        }
    }
}

/// Passes on the objects of an array, or those that stand one after the other.
pub(super) fn rows<C: RowVisitor>(bytes: &[u8], objects: &mut Objects, cells: &mut C) -> ReadEnd {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return ReadEnd::Failed(not_utf8(bytes, error.valid_up_to())),
    };
    match all(text, objects, cells) {
        Ok(true) => ReadEnd::Whole,
        Ok(false) => ReadEnd::Stopped,
        Err(error) => ReadEnd::Failed(error),
    }
}

fn all<C: RowVisitor>(text: &str, objects: &mut Objects, cells: &mut C) -> Result<bool, DataError> {
    let mut scan = JsonScanner { text, at: 0, line: 1 };
    scan.blanks();
    let array = scan.skip(b'[');
    let mut first = true;
    loop {
        scan.blanks();
        if array && scan.skip(b']') {
            scan.blanks();
            return if scan.at == text.len() {
                Ok(true)
            } else {
                Err(scan.error("more text after the array"))
            };
        }
        if array && !first {
            if !scan.skip(b',') {
                return Err(scan.error("expected ',' or ']' after an object"));
            }
            scan.blanks();
        }
        if scan.at == text.len() && !array {
            return Ok(true);
        }
        first = false;
        let (start, line) = (scan.at, scan.line);
        let go_on = if let Some(end) = objects.cells(text.as_bytes(), start, cells) {
            scan.at = end;
            scan.line += lines_of(&text.as_bytes()[start..], end - start);
            cells.end()
        } else {
            cells.forget();
            let object = scan.object()?;
            objects.row(object, line, cells)
        };
        if !go_on {
            return Ok(false);
        }
    }
}

/// Walks over JSON text.
struct JsonScanner<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> JsonScanner<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn blanks(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            self.line += usize::from(byte == b'\n');
            self.at += 1;
        }
    }

    fn error(&self, message: &str) -> DataError {
        DataError::new(self.line, message)
    }

    /// The text of an object: from its brace to the one that closes it.
    fn object(&mut self) -> Result<&'t str, DataError> {
        let (start, line) = (self.at, self.line);
        if self.peek() != Some(b'{') {
            return Err(self.error("expected an object with the cells of a row"));
        }
        let bytes = self.text.as_bytes();
        let (mut depth, mut quoted) = (0_usize, false);
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\n' => self.line += 1,
                b'"' => quoted = !quoted,
                b'\\' if quoted => self.at += 1,
                b'{' if !quoted => depth += 1,
                b'}' if !quoted => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(self.text.get(start..self.at).unwrap_or_default());
                    }
                }
                _ if quoted => {
                    // Straight to the next byte that can end the string.
                    let rest = bytes.get(self.at..).unwrap_or_default();
                    self.at += rest
                        .iter()
                        .position(|byte| matches!(byte, b'"' | b'\\' | b'\n'))
                        .unwrap_or(rest.len());
                }
                _ => {}
            }
        }
        Err(DataError::new(line, "the object that begins here is not closed"))
    }
}
