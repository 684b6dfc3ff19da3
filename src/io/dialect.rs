//! How delimited text is laid out: what separates and quotes its fields, where its header stands. It is read off the first
//! bytes, as far as the caller does not say it. It must not know what is in the fields.

use std::sync::Arc;

use super::log_header::{self, LogForm, LogHeader};

/// What a caller says of delimited text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DialectOptions {
    /// What separates fields; found by looking where nothing is said.
    pub delimiter: Option<u8>,
    /// So many lines come before the header.
    pub skip_lines: usize,
    /// The first line has the names of the columns.
    pub header: bool,
    /// What quotes fields; nothing does where it is `None`.
    pub quote: Option<u8>,
    /// What stands before a quote in a quoted field, beside quotes that are doubled.
    pub escape: Option<u8>,
    /// Rows may have more or fewer fields than the header.
    pub ragged: bool,
}

impl DialectOptions {
    pub(super) const DEFAULT: Self =
        Self { delimiter: None, skip_lines: 0, header: true, quote: Some(b'"'), escape: None, ragged: false };
}

/// What quotes the fields of delimited text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quoting {
    pub quote: u8,
    /// What stands before a quote within a field, beside quotes that are doubled.
    pub escape: Option<u8>,
}

/// How delimited text is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialect {
    /// What separates fields.
    pub delimiter: u8,
    /// What quotes them, if anything does.
    pub quoting: Option<Quoting>,
    /// How many bytes come before the header, or before the rows where there is none.
    pub preamble: usize,
    /// The text is a log with a header of its own: lines that begin with `#` are no rows.
    pub log: Option<Arc<LogHeader>>,
    /// What was found and not said; for a note.
    pub found: Option<Finding>,
}

/// What was found by looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// Another delimiter than that of the format.
    Delimiter(u8),
    /// A line `sep=;`, as Excel writes and reads it.
    SeparatorLine(u8),
    /// The header of a log.
    Log(LogForm),
    /// The first line has one field, those below it more, with this between them.
    Title(u8),
}

impl Finding {
    /// A sentence for people.
    pub(super) fn note(self) -> String {
        let name = |delimiter: u8| match delimiter {
            b'\t' => "a tab".to_owned(),
            other => format!("'{}'", char::from(other)),
        };
        match self {
            Self::Delimiter(it) => format!("fields are separated by {}", name(it)),
            Self::SeparatorLine(it) => {
                format!("fields are separated by {}, as its first line says", name(it))
            }
            Self::Title(it) => format!(
                "the first line is taken for the header and has no {}, which those below it have: is it a title, to be left out?",
                name(it)
            ),
            Self::Log(LogForm::W3c) => "read as a log of a web server: names from #Fields".to_owned(),
            Self::Log(LogForm::Zeek) => {
                "read as a log of Zeek: names from #fields, types from #types".to_owned()
            }
        }
    }
}

impl Dialect {
    /// Reads the layout off the first bytes of text, whose fields a format usually separates so.
    pub(super) fn of(bytes: &[u8], usual: u8, options: DialectOptions) -> Self {
        let mut dialect = Self {
            delimiter: options.delimiter.unwrap_or(usual),
            quoting: options.quote.map(|quote| Quoting { quote, escape: options.escape }),
            preamble: 0,
            log: None,
            found: None,
        };
        if bytes.starts_with(b"\xef\xbb\xbf") {
            dialect.preamble = 3;
        }
        for _ in 0..options.skip_lines {
            let rest = bytes.get(dialect.preamble..).unwrap_or_default();
            dialect.preamble += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        }
        let rest = bytes.get(dialect.preamble..).unwrap_or_default();
        if let Some((header, rows)) = log_header::header(rest) {
            return Self {
                delimiter: header.separator,
                quoting: None,
                preamble: dialect.preamble + rows,
                found: Some(Finding::Log(header.form)),
                log: Some(Arc::new(header)),
            };
        }
        let (first, next) = line(rest);
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] = first
            && options.delimiter.is_none_or(|it| it == *delimiter)
        {
            return Self {
                delimiter: *delimiter,
                preamble: dialect.preamble + next,
                found: Some(Finding::SeparatorLine(*delimiter)),
                ..dialect
            };
        }
        if options.delimiter.is_none()
            && let Some(delimiter) = likely_delimiter(rest, usual, options.quote)
        {
            (dialect.delimiter, dialect.found) = (delimiter, Some(Finding::Delimiter(delimiter)));
        } else if options.delimiter.is_none() && options.header {
            dialect.found = below_title(rest).map(Finding::Title);
        }
        dialect
    }
}

/// The first line that is not empty, without its end, and the place behind it.
fn line(bytes: &[u8]) -> (&[u8], usize) {
    let start = bytes.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    let rest = bytes.get(start..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let text = rest.get(..end).unwrap_or_default();
    (text.strip_suffix(b"\r").unwrap_or(text), (start + end + 1).min(bytes.len()))
}

/// The delimiter of the two lines below the first, if they have as many of it as each other and the first has none of any.
fn below_title(bytes: &[u8]) -> Option<u8> {
    let (title, next) = line(bytes);
    let rest = bytes.get(next..)?;
    let (second, next) = line(rest);
    let (third, _) = line(rest.get(next..)?);
    let delimiters = [b',', b';', b'\t', b'|'];
    if title.iter().any(|byte| delimiters.contains(byte) || *byte == b'"') {
        return None;
    }
    let count = |line: &[u8], delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
    delimiters.into_iter().find(|&it| count(second, it) > 0 && count(second, it) == count(third, it))
}

/// Another delimiter than the usual one, if the first line has none of that but one of the others.
fn likely_delimiter(bytes: &[u8], usual: u8, quote: Option<u8>) -> Option<u8> {
    let (first, _) = line(bytes);
    let count = |delimiter: u8| {
        let mut quoted = false;
        first
            .iter()
            .filter(|byte| {
                quoted ^= Some(**byte) == quote;
                !quoted && **byte == delimiter
            })
            .count()
    };
    if count(usual) > 0 {
        return None;
    }
    let others = [b';', b'\t', b'|', b','];
    others
        .into_iter()
        .map(|it| (count(it), it))
        .filter(|(count, _)| *count > 0)
        .max_by_key(|it| it.0)
        .map(|it| it.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (char, usize) {
        let dialect = Dialect::of(text.as_bytes(), b',', DialectOptions::DEFAULT);
        (char::from(dialect.delimiter), dialect.preamble)
    }

    #[test]
    fn delimiters_are_found() {
        assert_eq!(of("a,b;c\n1,2\n"), (',', 0));
        assert_eq!(of("a;b\n1,5;2\n"), (';', 0));
        assert_eq!(of("a\tb\n"), ('\t', 0));
        assert_eq!(of("\na|b|c;\n"), ('|', 0));
        assert_eq!(of("\"a;b\"\n"), (',', 0));
        assert_eq!(of("alone\n1;2\n"), (',', 0));
        assert_eq!(of("sep=;\r\na,b;c\n"), (';', 7));
        assert_eq!(of("\u{feff}a;b\n"), (';', 3));
        assert_eq!(of(""), (',', 0));
    }

    #[test]
    fn a_title_is_guessed() {
        let found = |text: &str| Dialect::of(text.as_bytes(), b',', DialectOptions::DEFAULT).found;
        assert_eq!(found("Extract of today\nid;name\n1;a\n"), Some(Finding::Title(b';')));
        assert_eq!(found("alone\n1\n2,3\n"), None);
        assert_eq!(found("a;b\n1;2\n3;4\n"), Some(Finding::Delimiter(b';')));
        assert_eq!(found("message\n\"x, y\"\n"), None);
    }

    #[test]
    fn a_title_may_come_first() {
        let options = DialectOptions { skip_lines: 3, ..DialectOptions::DEFAULT };
        let dialect = Dialect::of(b"Extract, of\n\nmore\nid;name\n", b',', options);
        assert_eq!((dialect.delimiter, dialect.preamble), (b';', 18));
    }

    #[test]
    fn zeek_says_what_it_is() {
        let text = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\n1.5\tC1\n";
        let dialect = Dialect::of(text.as_bytes(), b'\t', DialectOptions::DEFAULT);
        assert!(dialect.log.is_some() && dialect.quoting.is_none());
        assert!(text[dialect.preamble..].starts_with("1.5\tC1\n"));
        assert_eq!(of("#separator ,\n#open,x\n1\n"), (',', 0));
    }
}
