//! The headers of logs that begin with lines with `#`: those of Zeek, and those that the W3C made for web servers. They say which
//! names and types the columns have, what separates fields, what stands for none. It must not know what is done with them.

use crate::types::ScalarType;

/// Who made the form of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogForm {
    Zeek,
    /// The extended log format of the W3C, as IIS and CloudFront write it.
    W3c,
}

/// What the header of a log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogHeader {
    pub form: LogForm,
    /// What separates fields.
    pub separator: u8,
    /// The names of the columns.
    pub names: Vec<String>,
    /// The field that stands for no value, and the one that stands for an empty text or set.
    pub absent: [Vec<u8>; 2],
    /// The types of the columns, in their order; empty if the header does not say them.
    pub types: Vec<ScalarType>,
}

impl LogHeader {
    /// The field says that there is nothing.
    pub(super) fn is_absent(&self, field: &[u8]) -> bool {
        self.absent.iter().any(|it| it == field)
    }
}

/// Reads the header that text begins with, and the place of the first row.
pub(super) fn header(bytes: &[u8]) -> Option<(LogHeader, usize)> {
    let (first, _) = line(bytes);
    let separator = match first.strip_prefix(b"#separator ") {
        Some([byte]) => *byte,
        Some(escaped) => {
            let digits = std::str::from_utf8(escaped.strip_prefix(b"\\x")?).ok()?;
            u8::from_str_radix(digits, 16).ok()?
        }
        None => return w3c(bytes),
    };
    let mut header = LogHeader {
        form: LogForm::Zeek,
        separator,
        names: Vec::new(),
        absent: [b"-".to_vec(), b"(empty)".to_vec()],
        types: Vec::new(),
    };
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.starts_with(b"#")) {
        let (text, next) = line(rest);
        let mut parts = text.split(|byte| *byte == separator);
        match parts.next() {
            Some(b"#fields") => header.names = parts.map(name).collect(),
            Some(b"#unset_field") => header.absent[0] = parts.next().unwrap_or_default().to_vec(),
            Some(b"#empty_field") => header.absent[1] = parts.next().unwrap_or_default().to_vec(),
            Some(b"#types") => header.types = parts.map(data_type).collect(),
            _ => {}
        }
        at += next;
    }
    (!header.names.is_empty()).then_some((header, at))
}

/// Reads the header of a log of a web server. Its names have blanks between them, whatever its fields have.
fn w3c(bytes: &[u8]) -> Option<(LogHeader, usize)> {
    let (mut at, mut names) = (0, Vec::new());
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.starts_with(b"#")) {
        let (text, next) = line(rest);
        if let Some(fields) = text.strip_prefix(b"#Fields:") {
            let parts = fields.split(|byte| matches!(byte, b' ' | b'\t'));
            names = parts.filter(|it| !it.is_empty()).map(name).collect();
        }
        at += next;
    }
    let (row, _) = line(bytes.get(at..).unwrap_or_default());
    let separator = if row.contains(&b'\t') { b'\t' } else { b' ' };
    let absent = [b"-".to_vec(), b"-".to_vec()];
    let header = LogHeader { form: LogForm::W3c, separator, names, absent, types: Vec::new() };
    (!header.names.is_empty()).then_some((header, at))
}

fn name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The first line without its end, and the place behind it.
fn line(bytes: &[u8]) -> (&[u8], usize) {
    let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
    let text = bytes.get(..end).unwrap_or_default();
    (text.strip_suffix(b"\r").unwrap_or(text), (end + 1).min(bytes.len()))
}

/// The type of a column that Zeek calls so. Intervals are seconds, sets and vectors stay the texts that they are.
fn data_type(name: &[u8]) -> ScalarType {
    match name {
        b"time" => ScalarType::DateTime,
        b"bool" => ScalarType::Bool,
        b"count" | b"int" | b"port" => ScalarType::Long,
        b"double" | b"interval" => ScalarType::Real,
        _ => ScalarType::String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_all() {
        let text = "#separator ,\n#unset_field,NONE\n#fields,ts,n\n#types,time,count\n1.5,2\n#close,x\n";
        let (found, at) = header(text.as_bytes()).unwrap();
        assert!(text[at..].starts_with("1.5,2\n"));
        assert!(found.is_absent(b"NONE") && found.is_absent(b"(empty)") && !found.is_absent(b"-"));
        assert_eq!(found.names, ["ts", "n"]);
        assert_eq!(found.types, [ScalarType::DateTime, ScalarType::Long]);
        assert_eq!(header(b"#separator \\x09\n#open\tx\n1\n"), None);
        assert_eq!(header(b"#fields\tx\n"), None);
        let text = "#Version: 1.0\r\n#Fields: date c-ip\tcs(User-Agent)\r\n2024-06-30 - x\r\n";
        let (found, at) = header(text.as_bytes()).unwrap();
        assert_eq!((found.form, found.separator, &text[at..at + 4]), (LogForm::W3c, b' ', "2024"));
        assert_eq!(found.names, ["date", "c-ip", "cs(User-Agent)"]);
    }
}
