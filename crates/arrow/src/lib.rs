//! Arrow record batches, Parquet files and Arrow IPC files to kqlite tables and back, and the answers of queries as batches. It
//! must not know what is in a query.
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
//! use kqlite::{Database, DateTime, Options};
//!
//! let users: ArrayRef = Arc::new(StringArray::from(vec!["ann", "bob"]));
//! let failures: ArrayRef = Arc::new(Int64Array::from(vec![2, 9]));
//! let logons = RecordBatch::try_from_iter([("User", users), ("Failures", failures)])?;
//!
//! let mut db = Database::new();
//! db.insert("Logons", kqlite_arrow::table_from_batches(&logons.schema(), &[logons])?);
//! let answer = db.compile("Logons | where Failures > 5")?.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
//! let batch = kqlite_arrow::batch_from_table(&answer)?;
//! assert_eq!(batch.num_rows(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Types on the way in
//!
//! | Arrow | kqlite | notes |
//! |---|---|---|
//! | Boolean | bool | |
//! | Int8, Int16, Int32, UInt8, UInt16 | int | |
//! | Int64, UInt32, UInt64 | long | a UInt64 past a long's range is an error, unless a schema asks for `decimal` or `string` |
//! | Float16, Float32, Float64 | real | |
//! | Decimal32, Decimal64, Decimal128, Decimal256 | decimal | a number of more than 28 digits is an error |
//! | Utf8, LargeUtf8, Utf8View | string | null is the empty string; with the extension `arrow.json` (Parquet's JSON) it is dynamic |
//! | Dictionary | as its values | strings stay a dictionary |
//! | Timestamp | datetime | UTC; without a zone it is taken for UTC; parts of 100 ns are cut, of the old INT96 of Parquet parts of a microsecond |
//! | Date32, Date64 | datetime | |
//! | Duration, Time32, Time64 | timespan | parts of 100 ns are cut |
//! | FixedSizeBinary(16) with the extension `arrow.uuid` (Parquet's UUID) | guid | |
//! | List, LargeList, FixedSizeList, Struct, Map | dynamic | |
//! | Null | string | as a column without any value is in JSON and CSV |
//! | Binary, LargeBinary, BinaryView | string | old writers of Parquet call texts so; a value that is not UTF-8 is an error |
//! | FixedSizeBinary | refused | a schema may ask for `string` (UTF-8 alone), or `guid` where there are 16 bytes |
//! | Interval, Union, RunEndEncoded | refused | |
//!
//! A refused column is `dynamic` in [`DataFile::schema`], and an error once it is read.
//!
//! A schema may ask for other types. Values are converted where nothing is lost: `"42"` is a long, 5.0 too, and every
//! number is a string. A value that does not fit is an error that names file, row, column and value.
//!
//! # Types on the way out
//!
//! | kqlite | Arrow | notes |
//! |---|---|---|
//! | bool, int, long, real | Boolean, Int32, Int64, Float64 | |
//! | decimal | Decimal128(38, s), Decimal256(76, s) | s is the most decimal places in the column; 256 bits only where 38 digits are too few |
//! | string | LargeUtf8; Dictionary(Int32, LargeUtf8) | never null |
//! | datetime | Timestamp(Nanosecond, UTC) | past the range of 64 bits (1677 to 2262) it is Microsecond; a value that needs the hundreds of nanoseconds then is an error |
//! | timespan | Duration(Nanosecond) | likewise, past 292 years |
//! | guid | FixedSizeBinary(16), `arrow.uuid` | |
//! | dynamic | LargeUtf8, `arrow.json` | values that JSON lacks (datetime, timespan, guid, decimal, NaN) come back as strings |
//!
//! A table of the whole answer says how wide its columns must be; [`QueryBatches`] gives an answer in batches of one schema while
//! the query runs, and says what the types are there.

mod array;
mod batch;
mod convert;
mod decode;
mod dictionary;
mod export;
mod hybrid;
mod ipc;
mod limit;
mod misfit;
mod nested;
mod pages;
mod parquet;
mod part;
mod query_batches;
mod reader;
mod request;
mod scan;
#[cfg(test)]
mod scan_tests;
mod source;
#[cfg(test)]
mod tests;
mod types;
mod unpack;
mod write;

pub use batch::{batch_from_table, table_from_batches};
pub use query_batches::{QueryBatchReader, QueryBatches, QueryBatchesError};
pub use reader::{DataFile, Reader};
pub use request::ReaderFilter;
pub use scan::DataFileScan;
pub use source::SharedFile;
pub use write::{FileFormat, write};
