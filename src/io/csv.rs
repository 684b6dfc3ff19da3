//! The rows of comma- or tab-separated values with a header. It must not know types.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::DataError;
use super::cell::Cell;
use super::read::{Names, Row, Visit};

/// One record: its text unquoted, and where its fields end.
struct Records<'t> {
    reader: Reader,
    rest: &'t [u8],
    total: usize,
    output: Vec<u8>,
    ends: Vec<usize>,
}

/// The place of a record.
struct Place {
    line: usize,
    offset: usize,
    fields: usize,
    /// How many bytes it takes in the input.
    len: usize,
}

impl<'t> Records<'t> {
    fn new(text: &'t str, delimiter: u8) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            rest: text.as_bytes(),
            total: text.len(),
            output: vec![0; 4096],
            ends: vec![0; 64],
        }
    }

    /// Reads the next record; `None` at the end.
    fn next(&mut self) -> Option<Place> {
        // Line breaks before the record, so that its line is told right.
        let blank = self.rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let breaks = self.rest[..blank].iter().filter(|&&byte| byte == b'\n').count();
        self.reader.set_line(self.reader.line() + breaks as u64);
        self.rest = &self.rest[blank..];
        let (line, offset) = (self.reader.line() as usize, self.total - self.rest.len());
        let (mut written, mut fields, mut len) = (0, 0, 0);
        loop {
            let (result, read, wrote, ended) =
                self.reader.read_record(self.rest, &mut self.output[written..], &mut self.ends[fields..]);
            self.rest = &self.rest[read..];
            len += read;
            written += wrote;
            fields += ended;
            match result {
                // Reading goes on with no input: that is how the end is told.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.output.resize(self.output.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return Some(Place { line, offset, fields, len }),
                ReadRecordResult::End => return None,
            }
        }
    }

    /// The fields of the record that was read last.
    fn fields(&self, place: &Place) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends[..place.fields].iter().map(move |&end| {
            let field = self.output.get(start..end).unwrap_or_default();
            start = end;
            // The input is UTF-8 and is cut at ASCII alone.
            std::str::from_utf8(field).unwrap_or_default()
        })
    }
}

/// Shows the rows below the header.
pub(super) fn rows(text: &str, delimiter: u8, visit: &mut Visit<'_>) -> Result<(), DataError> {
    let mut records = Records::new(text, delimiter);
    let mut names = Names::new();
    let Some(header) = records.next() else {
        return Err(DataError::new(None, "there is no header"));
    };
    for name in records.fields(&header) {
        if !names.insert(Cow::Owned(name.trim().to_owned())) {
            return Err(DataError::new(
                header.line,
                format!("the column '{}' stands twice in the header", name.trim()),
            ));
        }
    }
    if names.is_empty() || (names.len() == 1 && names.contains("")) {
        return Err(DataError::new(None, "there is no header"));
    }
    while let Some(place) = records.next() {
        let source = &text.as_bytes()[place.offset..place.offset + place.len];
        let quotes = source.iter().filter(|&&byte| byte == b'"').count();
        let unclosed = records.rest.is_empty() && quotes % 2 == 1 && source.trim_ascii_end().contains(&b'\n');
        let go_on = if unclosed {
            visit(&names, Err(DataError::new(place.line, "a quoted field is not closed")))
        } else if place.fields == names.len() {
            let cells: Vec<(usize, Cell<'_>)> =
                records.fields(&place).map(|field| Cell::Text(Cow::Borrowed(field))).enumerate().collect();
            visit(&names, Ok(Row { line: place.line, offset: place.offset, cells: &cells }))
        } else {
            let message = format!("the row has {} fields, the header {}", place.fields, names.len());
            visit(&names, Err(DataError::new(place.line, message)))
        };
        if !go_on {
            break;
        }
    }
    Ok(())
}
