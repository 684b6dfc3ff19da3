//! How the text behind an address of `externaldata` is read. It must not know who reads it.

/// How the data behind an address of `externaldata` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExternalFormat {
    /// Records of fields, with this byte between them; a field may stand in double quotes.
    Delimited(u8),
    /// Each line is a value of one column.
    Txt,
    /// All of it is one value.
    Raw,
    /// A JSON object a line.
    Json,
    /// JSON objects, arrays of them, or both, one behind the other.
    MultiJson,
    /// Fields with blanks between them; lines that begin with `#` are about the file.
    W3cLog,
    /// A Parquet file, which the library does not read itself.
    Parquet,
}

impl ExternalFormat {
    /// The format of a name, in any case; `None` if it is not known.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "csv" => Self::Delimited(b','),
            "tsv" => Self::Delimited(b'\t'),
            "scsv" => Self::Delimited(b';'),
            "psv" => Self::Delimited(b'|'),
            "sohsv" => Self::Delimited(1),
            "txt" => Self::Txt,
            "raw" => Self::Raw,
            "json" => Self::Json,
            "multijson" | "singlejson" => Self::MultiJson,
            "w3clogfile" => Self::W3cLog,
            "parquet" => Self::Parquet,
            _ => return None,
        })
    }

    /// The format that the ending of an address tells, else CSV. What comes behind the path is no part of it, and neither is
    /// the ending of a packed file.
    #[must_use]
    pub fn of_location(location: &str) -> Self {
        let path = location.split(['?', '#', ';']).next().unwrap_or_default();
        let path = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zip")).unwrap_or(path);
        let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
        match ending.and_then(Self::of_name) {
            // Whether it is one value or many, nobody said.
            Some(Self::Json) => Self::MultiJson,
            Some(format) => format,
            None => Self::Delimited(b','),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ExternalFormat;

    #[test]
    fn addresses_tell_formats() {
        let of = ExternalFormat::of_location;
        assert_eq!(of("https://example.com/a/b.txt?sv=1.csv"), ExternalFormat::Txt);
        assert_eq!(of("https://example.com/b.tsv.gz;token"), ExternalFormat::Delimited(b'\t'));
        assert_eq!(of("https://example.com/b.json.zip"), ExternalFormat::MultiJson);
        assert_eq!(of("https://example.com/recent/"), ExternalFormat::Delimited(b','));
        assert_eq!(of("https://example.com"), ExternalFormat::Delimited(b','));
        assert_eq!(of(""), ExternalFormat::Delimited(b','));
    }
}
