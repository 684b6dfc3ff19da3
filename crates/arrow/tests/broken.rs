//! Files that are cut off or garbled: an error that names the file, or other values, but no panic and no hanging.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::path::PathBuf;

use bytes::Bytes;
use kqlite::{DataError, Table};
use kqlite_arrow::Reader;

fn files() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending != "py"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Reads whatever can be read.
fn read(name: &str, bytes: Vec<u8>) -> Result<(), DataError> {
    let file = Reader::new().origin(name).threads(2).open(Bytes::from(bytes))?;
    let mut done = Ok(());
    let other = file.schema().names().next().unwrap_or_default();
    for column in file.schema().names() {
        done = file.read(Some(&[column])).map(|_| ()).and(done);
        let some = |part: &Table| Some(vec![(0..part.len() as u32).step_by(3).collect()]);
        done = file.read_filtered(&[column, other], &[other], &[vec![column]], &some).map(|_| ()).and(done);
    }
    done
}

#[test]
fn files_that_are_cut_off_are_errors() {
    for (name, bytes) in files() {
        // A stream may end after any batch.
        if name.ends_with(".arrows") {
            continue;
        }
        for length in (0..bytes.len()).step_by(7) {
            let error = read(&name, bytes[..length].to_vec()).expect_err(&name);
            assert!(error.to_string().starts_with(&format!("{name}: ")), "{error}");
        }
    }
}

#[test]
fn garbled_bytes_do_no_harm() {
    // A generator of its own, so that a failure can be told by its number.
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % below
    };
    let mut errors = 0;
    for (name, bytes) in files() {
        for _ in 0..400 {
            let mut garbled = bytes.clone();
            for _ in 0..=next(3) {
                let at = next(garbled.len());
                garbled[at] = if next(2) == 0 { next(256) as u8 } else { garbled[at] ^ (1 << next(8)) };
            }
            match read(&name, garbled) {
                Ok(()) => {}
                Err(error) => {
                    assert_eq!(error.origin, name);
                    errors += 1;
                }
            }
        }
    }
    assert!(errors > 500, "only {errors} were noticed");
}

#[test]
fn what_is_no_such_file_is_an_error() {
    let error = |bytes: &[u8]| {
        Reader::new().origin("x.parquet").open(Bytes::from(bytes.to_vec())).err().unwrap().to_string()
    };
    assert_eq!(error(b""), "x.parquet: this is neither a Parquet nor an Arrow file");
    assert_eq!(error(b"a,b\n1,2\n"), "x.parquet: this is neither a Parquet nor an Arrow file");
    assert!(error(b"FEA1....").contains("Feather, version 1"));
    assert!(error(b"PARE....").contains("encrypted"));
    assert!(error(b"PAR1").starts_with("x.parquet: the data is broken"));
    assert!(error(b"ARROW1").starts_with("x.parquet: the data is broken"));
    assert!(error(&[0xff; 8]).starts_with("x.parquet: the data is broken"));
}
