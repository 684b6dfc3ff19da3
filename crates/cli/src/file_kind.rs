//! What kind of file a name says that it is, or its first bytes where the name says nothing: its format, how it is packed. It
//! must not know tables.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
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

/// The kind of a file of text: of the format that is given, or by its name, or by its first bytes.
pub fn kind_of(path: &Path, format: Option<DataFormat>) -> Result<FileKind, Failure> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let (_, packing) = without_packing(name);
    let by_name = kind_by_name(path);
    if let Some(format) = by_name.map(|it| it.format).or(format) {
        return Ok(FileKind { format, packing });
    }
    let found = if packing.is_none() { format_by_bytes(path) } else { None };
    found.map(|format| FileKind { format, packing }).ok_or_else(|| {
        Failure::usage(format_args!(
            "{}: the name must end in {ENDINGS}\n = help: --data-format csv, tsv, ndjson or json says what is in it",
            path.display()
        ))
    })
}

/// The format that the first line shows: an object, an array, the header of a log of Zeek.
fn format_by_bytes(path: &Path) -> Option<DataFormat> {
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut line = Vec::new();
    BufReader::new(File::open(path).ok()?).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).ok()?;
    let text = std::str::from_utf8(&line).ok()?.trim_start_matches('\u{feff}').trim();
    match text.chars().next()? {
        '{' if serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok() => Some(DataFormat::NdJson),
        '{' | '[' => Some(DataFormat::Json),
        '#' if text.starts_with("#separator ") => Some(DataFormat::Tsv),
        _ => None,
    }
}

/// The most bytes that are looked at.
const MAX_LINE_BYTES: u64 = 1 << 20;

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
}
