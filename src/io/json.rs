//! Where the rows of JSON text begin: in an array of objects, objects one after the other, or one a line.
//! It must not know types.

use memchr::memchr;

use super::DataError;
use super::objects::Objects;
use super::rows::{Cells, Read, lines_of, not_utf8};

/// Shows the objects of text with one a line; empty lines are passed over. Tells how many lines there are, too.
pub(super) fn lines<C: Cells>(bytes: &[u8], objects: &mut Objects, cells: &mut C) -> (usize, Read) {
    let (mut at, mut line) = (0, 0);
    while at < bytes.len() {
        line += 1;
        if let Some(end) = objects.cells(bytes, at, cells)
            && let Some(next) = line_end(bytes, end)
        {
            at = next;
            if !cells.end() {
                return (line, Read::Stopped);
            }
            continue;
        }
        cells.forget();
        let rest = bytes.get(at..).unwrap_or_default();
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let text = match std::str::from_utf8(rest.get(..end).unwrap_or_default()) {
            Ok(text) => text.trim(),
            Err(_) => return (line, Read::Failed(DataError::new(line, "the text is not UTF-8"))),
        };
        if !text.is_empty() && !objects.row(text, line, cells) {
            return (line, Read::Stopped);
        }
        at += end + 1;
    }
    (line, Read::Whole)
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

/// Shows the objects of an array, or those that stand one after the other.
pub(super) fn rows<C: Cells>(bytes: &[u8], objects: &mut Objects, cells: &mut C) -> Read {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Read::Failed(not_utf8(bytes, error.valid_up_to())),
    };
    match all(text, objects, cells) {
        Ok(true) => Read::Whole,
        Ok(false) => Read::Stopped,
        Err(error) => Read::Failed(error),
    }
}

fn all<C: Cells>(text: &str, objects: &mut Objects, cells: &mut C) -> Result<bool, DataError> {
    let mut scan = Scan { text, at: 0, line: 1 };
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
struct Scan<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Scan<'t> {
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
