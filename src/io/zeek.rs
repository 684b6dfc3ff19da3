//! The header of Zeek's logs: lines with `#` that say what separates fields, what stands for none, which names and types the
//! columns have. It must not know what is done with them.

use crate::types::ScalarType;

/// What the header of a log of Zeek says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ZeekHeader {
    /// What separates fields.
    pub separator: u8,
    /// The field that stands for no value, and the one that stands for an empty text or set.
    pub absent: [Vec<u8>; 2],
    /// The types of the columns, in their order; empty if the header does not say them.
    pub types: Vec<ScalarType>,
}

impl ZeekHeader {
    /// The field says that there is nothing.
    pub(super) fn is_absent(&self, field: &[u8]) -> bool {
        self.absent.iter().any(|it| it == field)
    }
}

/// Reads the header that text begins with, and the place of the names behind `#fields`.
pub(super) fn header(bytes: &[u8]) -> Option<(ZeekHeader, usize)> {
    let (first, mut at) = line(bytes);
    let separator = match first.strip_prefix(b"#separator ")? {
        [byte] => *byte,
        escaped => {
            let digits = std::str::from_utf8(escaped.strip_prefix(b"\\x")?).ok()?;
            u8::from_str_radix(digits, 16).ok()?
        }
    };
    let mut header =
        ZeekHeader { separator, absent: [b"-".to_vec(), b"(empty)".to_vec()], types: Vec::new() };
    let mut fields = None;
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.starts_with(b"#")) {
        let (text, next) = line(rest);
        let mut parts = text.split(|byte| *byte == separator);
        match parts.next() {
            Some(b"#fields") => fields = Some(at + b"#fields".len() + 1),
            Some(b"#unset_field") => header.absent[0] = parts.next().unwrap_or_default().to_vec(),
            Some(b"#empty_field") => header.absent[1] = parts.next().unwrap_or_default().to_vec(),
            Some(b"#types") => header.types = parts.map(data_type).collect(),
            _ => {}
        }
        at += next;
    }
    fields.map(|fields| (header, fields))
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
        assert!(text[at..].starts_with("ts,n\n"));
        assert!(found.is_absent(b"NONE") && found.is_absent(b"(empty)") && !found.is_absent(b"-"));
        assert_eq!(found.types, [ScalarType::DateTime, ScalarType::Long]);
        assert_eq!(header(b"#separator \\x09\n#open\tx\n1\n"), None);
        assert_eq!(header(b"#fields\tx\n"), None);
    }
}
