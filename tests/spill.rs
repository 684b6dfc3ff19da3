//! Rows that memory has no room for are put into files: queries end that would not, with the same answer, within their limit;
//! and what goes wrong with a file is an error that says so.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kqlite::{Code, Database, DateTime, Limits, Options, OutputFormat, Tuning};

/// The tables of these queries take several times as many bytes.
const LIMIT: usize = 2 << 20;

/// Queries over 100,000 rows whose state is larger than the limit.
const QUERIES: [&str; 8] = [
    "N | summarize c = count(), s = sum(n) by k = strcat('key ', hash(n)) | summarize count(), sum(c), sum(s)",
    "N | summarize c = count() by h = hash(n), m = n % 3 | summarize count(), sum(c) by m | sort by m asc",
    "N | extend k = strcat('key ', hash(n)) | distinct k | count",
    "N | sort by hash(n) asc, n desc | summarize tostring(make_list_if(n, n % 10000 == 0))",
    "N | sort by strcat(hash(n), 'text') desc | summarize tostring(make_list_if(n, n % 9999 == 0))",
    "N | extend h = hash(n) | join kind=inner (N | project h = hash(n), m = n * 2) on h | summarize count(), sum(m)",
    "N | extend h = hash(n) | join kind=leftanti (N | where n % 2 == 0 | project h = hash(n), n) on h, n | summarize count(), sum(n)",
    "N | join kind=fullouter (N | project n = n + 50000, m = n) on n | summarize count(), sum(m), sum(n1), countif(isnull(n))",
];

fn query(text: &str) -> String {
    format!("let N = range n from 1 to 100000 step 1; {text}")
}

fn options(bytes: usize) -> Options {
    // A chunk is a small part of the limit, as it is where limits are not for tests.
    Options::new(DateTime::UNIX_EPOCH).chunk_rows(1 << 11).limits(Limits { bytes, ..Limits::default() })
}

fn in_memory() -> io::Result<Cursor<Vec<u8>>> {
    Ok(Cursor::default())
}

#[test]
fn what_has_no_room_in_memory_is_put_aside() {
    let database = Database::new();
    for text in QUERIES {
        let query = database.compile(&query(text)).unwrap();
        let expected = query.run(&database, &options(1 << 30)).unwrap().to_text(OutputFormat::NdJson);
        let without = query.run(&database, &options(LIMIT)).map(|it| it.to_text(OutputFormat::NdJson));
        let code = without.as_ref().map_err(|error| error.diagnostics()[0].code);
        assert!(matches!(code, Err(Code::ByteLimit)), "{text}: {without:?}");
        for threads in [1, 2] {
            let files = Arc::new(AtomicUsize::new(0));
            let counted = files.clone();
            let spilling = options(LIMIT).threads(threads).spill_to(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                in_memory()
            });
            match query.run(&database, &spilling) {
                Ok(found) => assert_eq!(found.to_text(OutputFormat::NdJson), expected, "{text}"),
                Err(error) => panic!("{text}, {threads} threads: {error}"),
            }
            assert!(files.load(Ordering::Relaxed) > 0, "{text}");
        }
    }
}

/// A file that can hold so many bytes.
struct SmallFile(Cursor<Vec<u8>>, usize);

impl Write for SmallFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.get_ref().len() + bytes.len() > self.1 {
            return Err(io::Error::other("the disk is full"));
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for SmallFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for SmallFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// A file that gives other bytes than it was given.
struct DamagedFile(SmallFile);

impl Write for DamagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for DamagedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        // The first bytes of a piece are how long it is, the next ones how many rows it has.
        if let Some(byte) =
            buffer.get_mut(..read).and_then(|bytes| bytes.get_mut(8..)).and_then(|it| it.first_mut())
        {
            *byte ^= 1;
        }
        Ok(read)
    }
}

impl Seek for DamagedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[track_caller]
fn assert_fails(options: &Options, expected: &str) {
    let database = Database::new();
    for text in QUERIES {
        let error = database.compile(&query(text)).unwrap().run(&database, options).unwrap_err();
        let diagnostic = &error.diagnostics()[0];
        assert_eq!(diagnostic.code, Code::SpillFailed, "{text}: {error}");
        assert!(diagnostic.message.contains(expected), "{text}: {}", diagnostic.message);
    }
}

#[test]
fn a_file_that_fails_is_an_error() {
    let none =
        options(LIMIT).spill_to(|| Err::<Cursor<Vec<u8>>, _>(io::Error::other("no file is to be had")));
    assert_fails(&none, "cannot put rows aside: no file is to be had");
    let full = options(LIMIT).spill_to(|| Ok(SmallFile(Cursor::default(), 10_000)));
    assert_fails(&full, "cannot put rows aside: the disk is full");
}

#[test]
fn a_damaged_file_is_an_error() {
    let damaged = options(LIMIT).spill_to(|| Ok(DamagedFile(SmallFile(Cursor::default(), usize::MAX))));
    assert_fails(&damaged, "a file of rows that were put aside is not what was written");
}

#[test]
fn a_warning_counts_each_row_once() {
    // What the fit of a steady series is is not known. Rows are compared several times while runs are merged.
    let text = "range n from 1 to 3000 step 1 \
        | sort by tostring(series_fit_line_dynamic(pack_array(n, n))) asc, n desc | summarize make_list_if(n, n % 1000 == 0)";
    let database = Database::new();
    let query = database.compile(text).unwrap();
    let told = |options: &Options| {
        let table = query.run(&database, options).unwrap();
        let told = table.warnings().iter().map(|it| it.diagnostic().render("query", text, false));
        told.collect::<Vec<_>>().join("\n")
    };
    let plain = told(&options(1 << 30));
    assert!(plain.contains("in 3000 rows"), "{plain}");
    assert_eq!(told(&options(1 << 30).tuning(Tuning::SMALL).spill_to(in_memory)), plain);
}
