//! Pages with checksums, and pages that are packed in a way that is not known: files of another writer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use bytes::Bytes;
use kqlite::{DataError, Table};
use kqlite_arrow::Reader;

/// 400 rows in two row groups, packed with Snappy, each page with a checksum: written by pyarrow.
const CHECKSUMS: &[u8] = include_bytes!("data/checksums.parquet");

/// 20 rows packed with Brotli: written by pyarrow.
const BROTLI: &[u8] = include_bytes!("data/brotli.parquet");

fn read(file: &[u8], columns: Option<&[&str]>) -> Result<Table, DataError> {
    let opened = Reader::new().origin("T.parquet").open(Bytes::copy_from_slice(file))?;
    let whole = opened.read(columns)?.table;
    let parts = opened.scan(columns)?.collect::<Result<Vec<_>, _>>()?;
    assert_eq!(parts.iter().map(|part| part.table.len()).sum::<usize>(), whole.len());
    Ok(whole)
}

#[test]
fn a_flipped_bit_in_a_page_is_an_error() {
    let whole = read(CHECKSUMS, None).unwrap();
    assert_eq!(whole.len(), 400);
    let footer = u32::from_le_bytes(CHECKSUMS[CHECKSUMS.len() - 8..][..4].try_into().unwrap()) as usize;
    let end = CHECKSUMS.len() - 8 - footer;
    let mut refused = 0;
    for at in 4..end {
        let mut file = CHECKSUMS.to_vec();
        file[at] ^= 1 << (at % 8);
        match read(&file, None) {
            // The header of a page says some things that nobody needs.
            Ok(table) => assert_eq!(table, whole, "byte {at}"),
            Err(error) => refused += usize::from(error.to_string().contains("checksum")),
        }
    }
    assert!(refused > (end - 4) * 3 / 4, "{refused} of {end}");
}

#[test]
fn an_error_in_a_page_tells_the_column_and_the_row_group() {
    // Somewhere in the last column of the first row group, and of the second.
    for (column, group) in [("n", 1), ("n", 2), ("few", 1), ("few", 2), ("text", 1), ("text", 2)] {
        let place = format!("T.parquet, column '{column}': row group {group} of 2: the data is broken: ");
        let told = (4..CHECKSUMS.len()).any(|at| {
            let mut file = CHECKSUMS.to_vec();
            file[at] ^= 4;
            read(&file, None).is_err_and(|error| error.to_string().starts_with(&place))
        });
        assert!(told, "{place}");
    }
}

#[test]
fn a_compression_that_is_not_known_is_not_broken_data() {
    assert_eq!(
        read(BROTLI, Some(&["text"])).unwrap_err().to_string(),
        "T.parquet, column 'text': it is compressed with Brotli, which is not supported; Snappy, Zstandard, LZ4 and gzip are"
    );
    // What nobody reads does no harm.
    assert_eq!(read(BROTLI, Some(&[])).unwrap().len(), 20);
}
