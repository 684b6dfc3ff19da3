//! Reads the rows of comma- or tab-separated values with a header: straight from the bytes or, where a field is odd, by
//! a parser.

use std::borrow::Cow;
use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::{memchr, memchr2, memrchr};

use super::cell::RawCell;
use super::dialect::{Dialect, Quoting};
use super::error::{DataCure, DataError};
use super::lex::first_of;
use super::log_header::LogHeader;
use super::rows::{ColumnNames, ReadEnd, Row, RowVisitor, lines_of, not_utf8};

/// Reads records: rows of fields.
pub(super) struct Records {
    delimiter: u8,
    quoting: Option<Quoting>,
    /// The text is a log with a header of its own.
    log: Option<Arc<LogHeader>>,
    parser: RecordParser,
    /// A field whose quotes are read.
    field: Vec<u8>,
    /// Every record is left to the parser.
    parsed: bool,
    /// Rows may have fewer fields than there are columns.
    ragged: bool,
}

impl Records {
    pub(super) fn new(layout: Dialect, ragged: bool, parsed: bool) -> Self {
        let Dialect { delimiter, quoting, log, .. } = layout;
        Self {
            delimiter,
            quoting,
            log,
            parser: RecordParser::new(delimiter, quoting),
            field: Vec::new(),
            // Fields with escapes are not read straight from the bytes.
            parsed: parsed || quoting.is_some_and(|it| it.escape.is_some()),
            ragged,
        }
    }

    /// The most fields of the records in whole records.
    pub(super) fn widest(&mut self, bytes: &[u8]) -> usize {
        let (mut at, mut widest) = (0, 0);
        while let Some(record) = self.parser.record(bytes, blanks(bytes, at)) {
            widest = widest.max(record.fields);
            at = record.end;
        }
        widest
    }

    /// How many fields the first record has; nothing while there are only empty lines.
    pub(super) fn width(&mut self, bytes: &[u8]) -> Option<usize> {
        self.parser.record(bytes, blanks(bytes, 0)).map(|record| record.fields)
    }

    /// Reads the header: its names, and where the rows begin; nothing while there are only empty lines.
    pub(super) fn header(&mut self, bytes: &[u8]) -> Result<Option<(ColumnNames, usize)>, DataError> {
        let start = blanks(bytes, 0);
        let Some(record) = self.parser.record(bytes, start) else { return Ok(None) };
        let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), |text| text.len());
        if valid < record.end {
            return Err(not_utf8(bytes, valid));
        }
        let mut names = ColumnNames::new();
        for name in self.parser.fields(record.fields) {
            if !names.insert(column_name(name.trim()).to_owned()) {
                let message = format!("the column '{}' stands twice in the header", name.trim());
                let error = DataError::new(lines_of(bytes, start) + 1, message);
                return Err(error.cured_by(DataCure::NoHeader));
            }
        }
        if names.is_empty() || (names.len() == 1 && names.contains("")) {
            return Err(no_header());
        }
        Ok(Some((names, record.end)))
    }

    /// Passes on the rows of whole records; `open` says that the last one has a quoted field that is not closed.
    pub(super) fn rows<C: RowVisitor>(
        &mut self,
        bytes: &[u8],
        open: bool,
        names: &ColumnNames,
        cells: &mut C,
    ) -> ReadEnd {
        let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), |text| text.len());
        let mut at = 0;
        loop {
            let start = blanks(bytes, at);
            if start >= bytes.len() {
                return ReadEnd::Whole;
            }
            if self.log.is_some() && bytes.get(start) == Some(&b'#') {
                let rest = bytes.get(start..).unwrap_or_default();
                at = start + memchr(b'\n', rest).unwrap_or(rest.len());
                continue;
            }
            let go_on = match self.cells(bytes, start, names.len(), cells) {
                Some(end) if end <= valid => {
                    at = end;
                    cells.end()
                }
                _ => {
                    cells.forget();
                    let Some(record) = self.parser.record(bytes, start) else { return ReadEnd::Whole };
                    if record.end > valid {
                        return ReadEnd::Failed(not_utf8(bytes, valid));
                    }
                    at = record.end;
                    let broken = |message: String| DataError::new(lines_of(bytes, start) + 1, message);
                    let source = bytes.get(start..at).unwrap_or_default();
                    let behind = self.quoting.and_then(|it| text_behind_quotes(source, self.delimiter, it));
                    let cut = open && at == bytes.len() && source.trim_ascii_end().contains(&b'\n');
                    if cut {
                        cells.row(names, Err(broken("a quoted field is not closed".to_owned())))
                    } else if let Some(quote) = behind {
                        cells.row(names, Err(misplaced(bytes, start + quote)))
                    } else if record.fields == names.len() || (self.ragged && record.fields < names.len()) {
                        let log = self.log.as_deref();
                        let cell = |field| RawCell::Text(Cow::Borrowed(present(field, log)));
                        let row: Vec<(usize, RawCell<'_>)> =
                            self.parser.fields(record.fields).map(cell).enumerate().collect();
                        let line = lines_of(bytes, start) + 1;
                        cells.row(names, Ok(Row { line, cells: &row }))
                    } else {
                        let (found, wanted) = (record.fields, names.len());
                        let message = format!("the row has {found} fields, the header {wanted}");
                        // A title has one field.
                        let is_title = names.len() == 1 && found > 1;
                        let cure = if is_title { DataCure::SkipLines } else { DataCure::Ragged };
                        cells.row(names, Err(broken(message).cured_by(cure)))
                    }
                }
            };
            if !go_on {
                return ReadEnd::Stopped;
            }
        }
    }

    /// Passes on the cells of the record that begins at a place, and gives the place after it; `None` if it is odd.
    fn cells<C: RowVisitor>(
        &mut self,
        bytes: &[u8],
        start: usize,
        width: usize,
        cells: &mut C,
    ) -> Option<usize> {
        let Self { delimiter, quoting, log, field: unquoted, parsed: false, .. } = self else { return None };
        let (delimiter, log) = (*delimiter, log.as_deref());
        // No byte is the other one.
        let (quote, quotes) = quoting.map_or((0, u16::MAX), |it| (it.quote, u16::from(it.quote)));
        let mut at = start;
        for id in 0..width {
            let end;
            if bytes.get(at).is_some_and(|byte| u16::from(*byte) == quotes) {
                let (close, doubled) = closing(bytes, at + 1, quote)?;
                let mut text = bytes.get(at + 1..close)?;
                if doubled {
                    undouble(text, quote, unquoted);
                    text = unquoted;
                }
                if !cells.text(id, text) {
                    return None;
                }
                end = close + 1;
            } else {
                end = field_end(bytes, at, delimiter);
                let field = bytes.get(at..end)?;
                let absent = log.is_some_and(|log| log.is_absent(field));
                if !cells.text(id, if absent { b"" } else { field }) {
                    return None;
                }
            }
            at = end;
            match bytes.get(at) {
                Some(&byte) if byte == delimiter && id + 1 < width => at += 1,
                Some(b'\n' | b'\r') | None if id + 1 == width => {}
                _ => return None,
            }
        }
        Some((at + 1).min(bytes.len()))
    }
}

/// The name of a column. Portals write the zone behind that of a time: `TimeGenerated [UTC]`.
fn column_name(name: &str) -> &str {
    name.strip_suffix(" [UTC]").unwrap_or(name)
}

/// The field; none where a log says that there is none.
fn present<'f>(field: &'f str, log: Option<&LogHeader>) -> &'f str {
    if log.is_some_and(|log| log.is_absent(field.as_bytes())) { "" } else { field }
}

pub(super) fn no_header() -> DataError {
    DataError::new(None, "there is no header")
}

/// The closing quote of a field of a record behind which the field goes on, as where quotes are written with backslashes.
fn text_behind_quotes(record: &[u8], delimiter: u8, quoting: Quoting) -> Option<usize> {
    let mut at = 0;
    while at < record.len() {
        if record.get(at) == Some(&quoting.quote) {
            let close = closing_quote(record, at + 1, quoting)?;
            match record.get(close + 1)? {
                b'\n' | b'\r' => return None,
                &byte if byte == delimiter => at = close + 2,
                _ => return Some(close),
            }
        } else {
            at = field_end(record, at, delimiter) + 1;
        }
    }
    None
}

/// The error for text behind a closing quote.
fn misplaced(bytes: &[u8], quote: usize) -> DataError {
    let before = bytes.get(..quote).unwrap_or_default();
    let line = before.get(memrchr(b'\n', before).map_or(0, |at| at + 1)..).unwrap_or_default();
    let message = "text stands behind the closing quote of a field; a quote within a field is doubled";
    let error = DataError::new(lines_of(bytes, quote) + 1, message)
        .behind(String::from_utf8_lossy(line).chars().count() + 1);
    match before.last() {
        Some(b'\\') => error.cured_by(DataCure::Backslash),
        _ => error,
    }
}

/// The place after empty lines.
fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The end of a field without quotes.
#[inline]
fn field_end(bytes: &[u8], from: usize, delimiter: u8) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>) {
        if let Some(end) = first_of(chunk, |byte| (byte == delimiter) | (byte == b'\n') | (byte == b'\r')) {
            return at + end;
        }
        at += 16;
    }
    while bytes.get(at).is_some_and(|&byte| byte != delimiter && !matches!(byte, b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The quote that closes a field, and whether there are doubled ones before it.
#[inline]
fn closing(bytes: &[u8], from: usize, quote: u8) -> Option<(usize, bool)> {
    let (mut at, mut doubled) = (from, false);
    loop {
        at += memchr(quote, bytes.get(at..)?)?;
        if bytes.get(at + 1) != Some(&quote) {
            return Some((at, doubled));
        }
        doubled = true;
        at += 2;
    }
}

/// The quote that closes a field in which quotes may be escaped.
fn closing_quote(bytes: &[u8], from: usize, quoting: Quoting) -> Option<usize> {
    let Quoting { quote, escape: Some(escape) } = quoting else {
        return closing(bytes, from, quoting.quote).map(|(close, _)| close);
    };
    let mut at = from;
    loop {
        at += memchr2(quote, escape, bytes.get(at..)?)?;
        if bytes.get(at) == Some(&escape) || bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return Some(at);
        }
    }
}

/// The text of a field with doubled quotes.
fn undouble(text: &[u8], quote: u8, out: &mut Vec<u8>) {
    out.clear();
    let mut rest = text;
    while let Some(at) = memchr(quote, rest) {
        out.extend_from_slice(rest.get(..=at).unwrap_or_default());
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// Where the last whole line ends that ends a record too, and whether a quoted field is open at the end. The bytes begin
/// with a record.
pub(super) fn records_end(bytes: &[u8], delimiter: u8, quoting: Quoting) -> (usize, bool) {
    // Parts that no quotes enclose, to be searched from the end.
    let mut outside: Vec<(usize, usize)> = Vec::new();
    let (mut at, mut open) = (0, false);
    'parts: while let Some(quote) =
        memchr(quoting.quote, bytes.get(at..).unwrap_or_default()).map(|found| at + found)
    {
        let begins = match quote.checked_sub(1).and_then(|before| bytes.get(before)) {
            None => true,
            Some(&byte) => quote > at && (byte == delimiter || matches!(byte, b'\n' | b'\r')),
        };
        if !begins {
            // A quote within a field without quotes is only a quote.
            outside.push((at, quote));
            at = quote + 1;
            continue;
        }
        outside.push((at, quote));
        match closing_quote(bytes, quote + 1, quoting) {
            Some(close) => at = close + 1,
            None => {
                (at, open) = (bytes.len(), true);
                break 'parts;
            }
        }
    }
    outside.push((at, bytes.len()));
    let end = outside
        .iter()
        .rev()
        .find_map(|&(from, to)| memrchr(b'\n', bytes.get(from..to)?).map(|found| from + found + 1));
    (end.unwrap_or(0), open)
}

/// The parser for what is odd: its texts unquoted, and where they end.
struct RecordParser {
    reader: Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
}

/// A record: how many fields it has, and where it ends.
struct Record {
    fields: usize,
    end: usize,
}

impl RecordParser {
    fn new(delimiter: u8, quoting: Option<Quoting>) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).quoting(quoting.is_some());
        if let Some(Quoting { quote, escape }) = quoting {
            builder.quote(quote).escape(escape);
        }
        let mut parser = Self { reader: builder.build(), output: vec![0; 4096], ends: vec![0; 64] };
        // Only at the beginning of a file a byte order mark is one: it is gone before a record is read.
        parser.record(b"-\n", 0);
        parser
    }

    /// Reads the record that begins at a place; `None` if there is none.
    fn record(&mut self, bytes: &[u8], start: usize) -> Option<Record> {
        let (mut at, mut written, mut fields) = (start, 0, 0);
        loop {
            let input = bytes.get(at..)?;
            let output = self.output.get_mut(written..)?;
            let ends = self.ends.get_mut(fields..)?;
            let (result, read, wrote, ended) = self.reader.read_record(input, output, ends);
            at += read;
            written += wrote;
            fields += ended;
            match result {
                // Reading goes on with no input: that is how the end is told.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.output.resize(self.output.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return Some(Record { fields, end: at }),
                ReadRecordResult::End => return None,
            }
        }
    }

    /// The fields of the record that was read last.
    fn fields(&self, count: usize) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().take(count).map(move |&end| {
            let field = self.output.get(start..end).unwrap_or_default();
            start = end;
            // The input is UTF-8 and is cut at ASCII alone.
            std::str::from_utf8(field).unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTES: Quoting = Quoting { quote: b'"', escape: None };

    #[test]
    fn escaped_quotes_close_nothing() {
        let quoting = Quoting { quote: b'\'', escape: Some(b'\\') };
        assert_eq!(closing_quote(b"a\\'b''c\\\\',", 0, quoting), Some(9));
        assert_eq!(closing_quote(b"a\\'", 0, quoting), None);
        assert_eq!(records_end(b"a\n'b\\'\n'\nx", b',', quoting), (9, false));
        assert_eq!(records_end(b"a\n'b\\'\n", b',', quoting), (2, true));
        assert_eq!(text_behind_quotes(b"'a\\'b',c", b',', quoting), None);
        assert_eq!(text_behind_quotes(b"'a'b,c", b',', quoting), Some(2));
    }

    #[test]
    fn records_end_outside_of_quotes() {
        let check = |text: &str, end: usize, open: bool| {
            assert_eq!(records_end(text.as_bytes(), b',', QUOTES), (end, open), "{text:?}");
        };
        check("a,b\nc", 4, false);
        check("a,b", 0, false);
        check("a\n\"b\n", 2, true);
        check("a\n\"b\"\n", 6, false);
        check("a\n\"b\"\"\n\"\nx", 9, false);
        check("a\n\"b\"\"\n\"x", 2, false);
        check("a\"\nb\"\n", 6, false);
        check("\"a\"b\"\nc\n", 8, false);
        check("x,\"\"\"\n", 0, true);
    }

    #[test]
    fn fields_without_a_parser() {
        let mut out = Vec::new();
        undouble(b"a\"\"b\"\"", b'"', &mut out);
        assert_eq!(out, b"a\"b\"");
        assert_eq!(closing(b"a\"\"b\",c", 0, b'"'), Some((4, true)));
        assert_eq!(closing(b"a\"\"b", 0, b'"'), None);
        assert_eq!(field_end(b"0123456789,", 0, b','), 10);
        assert_eq!(field_end(b"01234\r", 0, b','), 5);
        assert_eq!(field_end(b"01234", 0, b','), 5);
    }
}
