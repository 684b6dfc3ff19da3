//! `kqlite types`: prints the columns that tables have as their files are read, in the form that `--schema` takes. It must not
//! know queries.

use std::io::Write;

use indexmap::IndexMap;
use kqlite::BadRows;

use crate::args;
use crate::data;
use crate::failure::Failure;
use crate::session::threads;
use crate::sink::Sink;
use crate::source::{ReadOptions, SchemaChoice};
use crate::table_file::TableFile;

/// Reads all rows of the files, and prints the columns.
pub fn types(arguments: &args::Types) -> Result<(), Failure> {
    let options = ReadOptions {
        bad_rows: BadRows::Fail,
        threads: threads(None),
        max_bytes: arguments.max_load_mb.saturating_mul(1 << 20),
        layout: arguments.layout.layout()?,
    };
    let mut tables: IndexMap<String, IndexMap<String, String>> = IndexMap::new();
    for file in data::data_files(&arguments.data)? {
        let choice = match kqlite_detect::schema_of(&file.name) {
            Some(schema) => SchemaChoice::BuiltIn(schema),
            None => SchemaChoice::Inferred,
        };
        let mut table = TableFile::open(&file.paths, &choice, &options)?;
        if table.is_guess() {
            table.infer_from_all()?;
        }
        let columns = table.schema().columns.iter();
        let columns = columns.map(|it| (it.name.to_string(), it.data_type.to_string()));
        tables.insert(file.name, columns.collect());
    }
    let mut out = Sink::open(arguments.output.as_deref(), u64::MAX)?;
    let written = serde_json::to_writer_pretty(&mut out, &tables).map_err(Failure::wrong);
    let written = written.and_then(|()| out.write_all(b"\n").map_err(Failure::wrong));
    out.finish(written, |failure| failure)
}
