//! Writes tables as Parquet and Arrow files. It must not know where they go.

use std::io::Write;
use std::str::FromStr;

use arrow_array::RecordBatch;
use arrow_ipc::writer::{FileWriter, StreamWriter};
use kqlite::{DataError, Table};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::batch::batch_from_table;

/// A form of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// Parquet, compressed with Snappy, which every reader knows.
    Parquet,
    /// An Arrow file, which is Feather, version 2.
    Arrow,
    /// An Arrow stream.
    ArrowStream,
}

impl FromStr for FileFormat {
    type Err = ();

    /// Reads a file name's ending: `parquet`; `arrow`, `feather`, `ipc`; `arrows`.
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "parquet" => Self::Parquet,
            "arrow" | "feather" | "ipc" => Self::Arrow,
            "arrows" => Self::ArrowStream,
            _ => return Err(()),
        })
    }
}

/// Writes a table: see the crate's page for the types.
///
/// # Errors
/// A time that Arrow cannot hold; the output fails.
pub fn write(table: &Table, format: FileFormat, out: impl Write + Send) -> Result<(), DataError> {
    let batch = batch_from_table(table)?;
    write_batch(&batch, format, out)
        .map_err(|error| DataError::from_message(format!("writing failed: {error}")))
}

fn write_batch(
    batch: &RecordBatch,
    format: FileFormat,
    mut out: impl Write + Send,
) -> Result<(), Box<dyn std::error::Error>> {
    match format {
        FileFormat::Parquet => {
            let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
            let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties))?;
            writer.write(batch)?;
            writer.close()?;
        }
        FileFormat::Arrow => {
            let mut writer = FileWriter::try_new(&mut out, &batch.schema())?;
            writer.write(batch)?;
            writer.finish()?;
        }
        FileFormat::ArrowStream => {
            let mut writer = StreamWriter::try_new(&mut out, &batch.schema())?;
            writer.write(batch)?;
            writer.finish()?;
        }
    }
    out.flush()?;
    Ok(())
}
