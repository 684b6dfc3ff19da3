//! What kind of file a name says that it is, or its first bytes where the name says nothing: its format, how it is packed. It
//! must not know tables.

use std::path::Path;

use kqlite::DataFormat;

use crate::failure::Failure;
use crate::file_bytes::Packing;

/// A kind of file of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileKind {
    pub format: DataFormat,
    /// How it is packed, as far as its name says.
    pub packing: Option<Packing>,
}

/// The endings of names of files that can be read.
pub const ENDINGS: &str = ".json, .ndjson, .jsonl, .csv, .tsv, or one of these with .gz, .zst, .bz2 or .zip; .parquet, .arrow, .feather";

/// A name without the ending that says how the file is packed, and that.
pub fn without_packing(name: &str) -> (&str, Option<Packing>) {
    Packing::ENDINGS
        .iter()
        .find_map(|(ending, packing)| Some((name.strip_suffix(ending)?, Some(*packing))))
        .unwrap_or((name, None))
}

/// The kind of a file of text by its name.
pub fn kind_by_name(path: &Path) -> Option<FileKind> {
    let (name, packing) = without_packing(path.file_name()?.to_str()?);
    let (_, ending) = name.rsplit_once('.')?;
    Some(FileKind { format: ending.parse().ok()?, packing })
}

/// Why a file with a known ending cannot be read, and what to do.
const UNREADABLE: [(&str, &str); 9] = [
    ("xlsx", "this is a workbook of Excel: save the sheet as CSV"),
    ("xls", "this is a workbook of Excel: save the sheet as CSV"),
    (
        "evtx",
        "this is a Windows event log: write its events as JSON, such as by evtx_dump, or export them as CSV",
    ),
    ("avro", "Avro is not read: write the rows as Parquet or JSON"),
    ("orc", "ORC is not read: write the rows as Parquet or JSON"),
    ("xml", "XML is not read: write the rows as JSON or CSV"),
    ("pcap", "this has packets of a network: write a log of them, such as by Zeek"),
    ("7z", "this archive is not read: unpack it"),
    ("tar", "this archive is not read: unpack it, and give the folder"),
];

/// The kind of a file of text: by its name, or of the format that is given, or by its first bytes, which `start` gives.
pub fn kind_of(
    path: &Path,
    format: Option<DataFormat>,
    start: &dyn Fn(Option<Packing>) -> Result<Vec<u8>, Failure>,
) -> Result<FileKind, Failure> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let (name, packing) = without_packing(name);
    match (kind_by_name(path), format) {
        (Some(kind), _) if kind.format != DataFormat::NdJson => return Ok(kind),
        (Some(kind), _) => {
            // Many files are called so that are one array, or objects over several lines.
            let format = json_format(&start(packing)?).unwrap_or(kind.format);
            return Ok(FileKind { format, packing });
        }
        (None, Some(format)) => return Ok(FileKind { format, packing }),
        (None, None) => {}
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if let Some((_, why)) = UNREADABLE.iter().find(|(it, _)| *it == ending) {
        return Err(Failure::usage(format_args!("{}: {why}", path.display())));
    }
    let found = format_by_bytes(&start(packing)?);
    found.map(|format| FileKind { format, packing }).ok_or_else(|| {
        Failure::usage(format_args!(
            "{}: the name must end in {ENDINGS}\n = help: --data-format csv, tsv, ndjson, json or txt says what is in it",
            path.display()
        ))
    })
}

/// The format that the first bytes show: an object, an array, the header of a log.
fn format_by_bytes(start: &[u8]) -> Option<DataFormat> {
    let is_log = [&b"#separator "[..], b"#Fields:", b"#Version:", b"#Software:"];
    if is_log.iter().any(|it| start.starts_with(it)) {
        return Some(DataFormat::Tsv);
    }
    json_format(start)
}

/// Whether JSON is one object a line or not; `None` if it is no JSON.
fn json_format(start: &[u8]) -> Option<DataFormat> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    match start.first()? {
        b'[' => Some(DataFormat::Json),
        b'{' => {
            let line = start.split(|byte| *byte == b'\n').next()?;
            let is_object = |text| serde_json::from_slice::<&serde_json::value::RawValue>(text).is_ok();
            let mut values =
                serde_json::Deserializer::from_slice(start).into_iter::<&serde_json::value::RawValue>();
            // A line that is wrong is one of many, unless its object goes on in the next one.
            let is_whole = values.next().is_some_and(|it| it.is_ok());
            let goes_on = is_whole && values.byte_offset() > line.len();
            let spread = line.trim_ascii() == b"{" || (!is_object(line) && goes_on);
            Some(if spread { DataFormat::Json } else { DataFormat::NdJson })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_kinds() {
        let kind = |name: &str| kind_by_name(Path::new(name)).map(|it| (it.format, it.packing));
        assert_eq!(kind("x/a.csv"), Some((DataFormat::Csv, None)));
        assert_eq!(kind("a.b.ndjson.gz"), Some((DataFormat::NdJson, Some(Packing::Gzip))));
        assert_eq!(kind("a.TSV.zst"), Some((DataFormat::Tsv, Some(Packing::Zstandard))));
        for none in ["a", "a.gz", "a.txt", ".csv.x"] {
            assert_eq!(kind(none), None, "{none}");
        }
    }

    #[test]
    fn first_bytes_tell_formats() {
        for (text, expected) in [
            ("{\"a\":1}\n{\"a\":2}", Some(DataFormat::NdJson)),
            ("{\"a\":oh}\n{\"a\":2}", Some(DataFormat::NdJson)),
            ("{\"a\":1} oh\n{\"a\":2}", Some(DataFormat::NdJson)),
            ("{\"a\":\"cut", Some(DataFormat::NdJson)),
            ("{\n\"a\":1}\n", Some(DataFormat::Json)),
            ("\n [{}]", Some(DataFormat::Json)),
            ("#separator \\x09\n", Some(DataFormat::Tsv)),
            ("#Software: x\n", Some(DataFormat::Tsv)),
            ("a,b\n", None),
            ("", None),
        ] {
            assert_eq!(format_by_bytes(text.as_bytes()), expected, "{text}");
        }
        let refused = kind_of(Path::new("a.XLSX"), None, &|_| Ok(Vec::new())).unwrap_err();
        assert!(refused.text().contains("save the sheet as CSV"));
    }
}
