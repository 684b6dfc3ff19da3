//! Finds the rows of JSON text: in an array of objects, objects one after the other, or one a line.

use memchr::{memchr, memrchr};

use super::DataError;
use super::cell::RawCell;
use super::envelope::{self, Envelope, NamedColumns};
use super::objects::{Before, Objects};
use super::rows::{ColumnNames, ReadEnd, Row, RowVisitor, lines_of, not_utf8};

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
        let own = rest.get(..end).unwrap_or_default();
        let text = match std::str::from_utf8(own) {
            Ok(text) => text,
            Err(error) => {
                let mut error = not_utf8(own, error.valid_up_to());
                error.line = Some(line);
                return (line, ReadEnd::Failed(error));
            }
        };
        let object = text.trim_start();
        let before = Before { characters: text.chars().count() - object.chars().count() };
        let object = object.trim_end();
        if !object.is_empty() && !objects.row(object, line, before, cells) {
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

/// Passes on the objects of an array, or those that stand one after the other; `path` says inside of what they stand.
pub(super) fn rows<C: RowVisitor>(
    bytes: &[u8],
    path: Option<&str>,
    objects: &mut Objects,
    cells: &mut C,
) -> ReadEnd {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return ReadEnd::Failed(not_utf8(bytes, error.valid_up_to())),
    };
    let found = match envelope::find(text, path) {
        Ok(Some(Envelope::Table(table))) => named(text, &table, cells),
        Ok(Some(Envelope::Array(start))) => all(text, Some(start), objects, cells),
        Ok(Some(Envelope::Objects(places))) => each(text, &places, objects, cells),
        Ok(None) => all(text, None, objects, cells),
        Err(message) => Err(DataError::new(None, message)),
    };
    match found {
        Ok(true) => ReadEnd::Whole,
        Ok(false) => ReadEnd::Stopped,
        Err(error) => ReadEnd::Failed(error),
    }
}

/// Passes on the rows of a table with named columns.
fn named<C: RowVisitor>(text: &str, table: &NamedColumns<'_>, cells: &mut C) -> Result<bool, DataError> {
    let mut names = ColumnNames::new();
    for (name, data_type) in &table.columns {
        if !names.insert(name.clone()) {
            return Err(DataError::new(None, format!("the column '{name}' stands twice")));
        }
        match data_type {
            Some(data_type) => cells.typed_name(name, *data_type),
            None => cells.name(name),
        }
    }
    let (mut line, mut counted) = (1, 0);
    for row in &table.rows {
        let start = (row.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let before = text.as_bytes().get(counted..start).unwrap_or_default();
        line += lines_of(before, before.len());
        counted = start;
        let parsed: Result<Vec<RawCell<'_>>, _> = serde_json::from_str(row.get());
        let go_on = match parsed {
            Ok(found) if found.len() == names.len() => {
                let row: Vec<(usize, RawCell<'_>)> = found.into_iter().enumerate().collect();
                cells.row(&names, Ok(Row { line, cells: &row }))
            }
            Ok(found) => {
                let message = format!("the row has {} cells, the table {} columns", found.len(), names.len());
                cells.row(&names, Err(DataError::new(line, message)))
            }
            Err(error) => cells.row(&names, Err(DataError::new(line, format!("no valid row: {error}")))),
        };
        if !go_on {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Passes on the objects that begin at places.
fn each<C: RowVisitor>(
    text: &str,
    places: &[usize],
    objects: &mut Objects,
    cells: &mut C,
) -> Result<bool, DataError> {
    let mut scan = JsonScanner { text, at: 0, line: 1, line_start: 0, counted: (0, 0) };
    for &place in places {
        scan.pass(place);
        if !scan.row(objects, cells)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Passes on the objects of an array that begins at a place, or all there are.
fn all<C: RowVisitor>(
    text: &str,
    start: Option<usize>,
    objects: &mut Objects,
    cells: &mut C,
) -> Result<bool, DataError> {
    let mut scan = JsonScanner { text, at: 0, line: 1, line_start: 0, counted: (0, 0) };
    if let Some(start) = start {
        scan.pass(start);
    }
    scan.blanks();
    let array = scan.skip(b'[');
    let mut first = true;
    loop {
        scan.blanks();
        if array && scan.skip(b']') {
            scan.blanks();
            return if start.is_some() || scan.at == text.len() {
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
        if !scan.row(objects, cells)? {
            return Ok(false);
        }
    }
}

/// Walks over JSON text.
struct JsonScanner<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    /// Where the line begins.
    line_start: usize,
    /// Up to here characters of the line are counted, and how many they are: lines may be very long.
    counted: (usize, usize),
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
            self.at += 1;
            if byte == b'\n' {
                self.new_line(1, self.at);
            }
        }
    }

    /// Notes line breaks, behind the last of which a line begins.
    const fn new_line(&mut self, breaks: usize, start: usize) {
        self.line += breaks;
        self.line_start = start;
        self.counted = (start, 0);
    }

    /// Goes to a place further on.
    fn pass(&mut self, to: usize) {
        let passed = self.text.as_bytes().get(self.at..to).unwrap_or_default();
        if let Some(last) = memrchr(b'\n', passed) {
            self.new_line(lines_of(passed, passed.len()), self.at + last + 1);
        }
        self.at = to;
    }

    /// How many characters of the line are before the place.
    fn characters(&mut self) -> usize {
        let (from, count) = self.counted;
        let more = self.text.get(from..self.at).map_or(0, |text| text.chars().count());
        self.counted = (self.at, count + more);
        count + more
    }

    fn error(&mut self, message: &str) -> DataError {
        DataError::new(self.line, message).behind(self.characters())
    }

    /// Passes on the object that begins here, and goes behind it. Gives whether to go on.
    fn row<C: RowVisitor>(&mut self, objects: &mut Objects, cells: &mut C) -> Result<bool, DataError> {
        let (start, line) = (self.at, self.line);
        if let Some(end) = objects.cells(self.text.as_bytes(), start, cells) {
            self.pass(end);
            return Ok(cells.end());
        }
        cells.forget();
        let before = Before { characters: self.characters() };
        let object = self.object()?;
        Ok(objects.row(object, line, before, cells))
    }

    /// The text of an object: from its brace to the one that closes it.
    fn object(&mut self) -> Result<&'t str, DataError> {
        let (start, line) = (self.at, self.line);
        let before = self.characters();
        if self.peek() != Some(b'{') {
            return Err(self.error("expected an object with the cells of a row"));
        }
        let bytes = self.text.as_bytes();
        let (mut depth, mut quoted) = (0_usize, false);
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\n' => self.new_line(1, self.at),
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
        Err(DataError::new(line, "the object that begins here is not closed").behind(before))
    }
}
