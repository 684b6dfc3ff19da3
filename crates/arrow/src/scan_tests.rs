//! Files part by part: the rows, and what is wrong with them, are those of the whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use bytes::Bytes;
use kqlite::{
    BadRows, Column, DataError, Database, DateTime, Loaded, Options, ScalarType, Schema, Table, Value,
};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use crate::reader::{DataFile, PartFilter, PartSize};
use crate::{FileFormat, Reader, batch_from_table};

/// Rows whose `n` is their number, and whose text is a number but for every thousandth.
fn numbered(rows: i64) -> Table {
    let schema =
        Schema::new([("n", ScalarType::Long), ("few", ScalarType::String), ("text", ScalarType::String)]);
    let row = |n: i64| {
        let text = if n % 1000 == 999 { format!("x{n}") } else { format!("{n}") };
        vec![Value::Long(n), Value::from(["a", "b", ""][n as usize % 3]), Value::from(text.as_str())]
    };
    Table::from_rows(schema, (0..rows).map(row))
}

/// The table as a Parquet file with row groups, and as an Arrow file and stream with batches, of 700 rows.
fn files(table: &Table) -> Vec<Bytes> {
    let batch = batch_from_table(table).unwrap();
    let cut = |from: usize| batch.slice(from, 700.min(batch.num_rows() - from));
    let mut parquet = Vec::new();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(700)).build();
    let mut writer = ArrowWriter::try_new(&mut parquet, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let mut file = Vec::new();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(&mut file, &batch.schema()).unwrap();
    (0..batch.num_rows()).step_by(700).for_each(|from| writer.write(&cut(from)).unwrap());
    writer.finish().unwrap();
    drop(writer);
    let mut stream = Vec::new();
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(&mut stream, &batch.schema()).unwrap();
    (0..batch.num_rows()).step_by(700).for_each(|from| writer.write(&cut(from)).unwrap());
    writer.finish().unwrap();
    drop(writer);
    [parquet, file, stream].map(Bytes::from).to_vec()
}

/// All parts of a size.
fn parts(
    file: &DataFile<Bytes>,
    columns: Option<&[&str]>,
    size: PartSize,
    filter: Option<&PartFilter<'_>>,
) -> Result<Vec<Loaded>, DataError> {
    let wanted = file.wanted(columns)?;
    let mut place = file.start(&wanted);
    std::iter::from_fn(|| file.read_next(&mut place, &wanted, size, filter).transpose()).collect()
}

fn joined(parts: &[Loaded]) -> Table {
    let schema = parts[0].table.schema().clone();
    let columns = schema.columns.iter().enumerate().map(|(at, column)| {
        let pieces: Vec<Column> = parts.iter().map(|part| part.table.columns()[at].clone()).collect();
        (column.name.clone(), Column::concat(column.data_type, &pieces))
    });
    Table::new(columns.collect()).unwrap()
}

const SIZES: [PartSize; 3] = [
    PartSize { bytes: 1, rows: 1 },
    PartSize { bytes: usize::MAX, rows: 1500 },
    PartSize { bytes: usize::MAX, rows: usize::MAX },
];

#[test]
fn parts_are_the_table() {
    let table = numbered(5_000);
    for (file, threads) in files(&table).into_iter().flat_map(|file| [(file.clone(), 1), (file, 3)]) {
        let opened = Reader::new().threads(threads).open(file).unwrap();
        for (size, count) in SIZES.into_iter().zip([8, 3, 1]) {
            let found = parts(&opened, None, size, None).unwrap();
            assert_eq!(found.len(), count);
            assert_eq!(joined(&found), table);
            let some = joined(&parts(&opened, Some(&["text"]), size, None).unwrap());
            assert_eq!(some, table.with_columns([2]));
            // Without columns there are rows all the same.
            let none = parts(&opened, Some(&[]), size, None).unwrap();
            assert_eq!(none.iter().map(|part| part.table.len()).sum::<usize>(), 5_000);
        }
    }
}

#[test]
fn rows_that_do_not_fit_keep_their_numbers() {
    let schema =
        Schema::new([("n", ScalarType::Long), ("few", ScalarType::String), ("text", ScalarType::Long)]);
    let told = |row: usize| format!("T, row {row}, column 'text': 'x{}' is not of the type long", row - 1);
    for file in files(&numbered(5_000)) {
        let reader = Reader::new().origin("T").schema(schema.clone());
        for size in SIZES {
            let opened = reader.clone().bad_rows(BadRows::Skip).open(file.clone()).unwrap();
            let found = parts(&opened, None, size, None).unwrap();
            let skipped: Vec<String> =
                found.iter().flat_map(|part| &part.skipped).map(ToString::to_string).collect();
            assert_eq!(skipped, [1000, 2000, 3000, 4000, 5000].map(told));
            let error = parts(&reader.clone().open(file.clone()).unwrap(), None, size, None).unwrap_err();
            assert_eq!(error.to_string(), told(1000));
        }
    }
}

#[test]
fn a_filter_sees_each_part() {
    let table = numbered(5_000);
    for file in files(&table) {
        let opened = Reader::new().open(file).unwrap();
        for size in SIZES {
            let filter = PartFilter {
                columns: vec!["n".to_owned()],
                reads: vec!["n", "text"],
                passing: Box::new(|part| {
                    let numbers = part.column("n")?.values().enumerate();
                    let passing = numbers.filter(|(_, n)| n.as_long().is_some_and(|n| n % 97 == 0));
                    Some(passing.map(|(at, _)| at as u32).collect())
                }),
            };
            let found = joined(&parts(&opened, Some(&["n", "text"]), size, Some(&filter)).unwrap());
            for n in (0..5_000).step_by(97) {
                let row = found.rows().find(|row| row[0] == Value::Long(n)).unwrap();
                assert_eq!(row, vec![Value::Long(n), table.value(n as usize, "text").unwrap()]);
            }
        }
    }
}

#[test]
fn a_file_is_the_source_of_a_table() {
    let table = numbered(5_000);
    let mut formats = files(&table);
    let mut small = Vec::new();
    crate::write(&table, FileFormat::Parquet, &mut small).unwrap();
    formats.push(Bytes::from(small));
    for (file, threads) in formats.into_iter().flat_map(|file| [(file.clone(), 1), (file, 3)]) {
        let mut db = Database::new();
        db.add_source("T", Reader::new().threads(threads).open(file).unwrap());
        let mut memory = Database::new();
        memory.insert("T", table.clone());
        for query in [
            "T | take 3",
            "T | count",
            "T | where n % 97 == 3 | project text",
            "T | where few == 'b' | summarize count(), max(n) by few",
            "T | where n < 9 | join kind=inner (T | project n, text) on n",
        ] {
            let run = |db: &Database| {
                let options = Options::new(DateTime::UNIX_EPOCH).threads(threads);
                db.compile(query).unwrap().run(db, &options).unwrap()
            };
            assert_eq!(run(&db), run(&memory), "{query}");
        }
    }
}
