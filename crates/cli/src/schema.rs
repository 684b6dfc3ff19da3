//! `kqlite schema`: prints the JSON Schema of test files or of settings, for editors. It must not know what the files say.

use std::path::Path;

use kqlite_detect::suite::{FileReader, REPOSITORY_SCHEMA, SCHEMA, with_tables};

use crate::args::{SchemaKind, SchemaOf};
use crate::failure::Failure;
use crate::output::print_str;
use crate::settings::{repositories, repository_of};

/// Prints a schema with the columns of the tables that there are for a file of this folder.
pub fn schema(arguments: &SchemaOf) -> Result<(), Failure> {
    let text = match arguments.kind {
        SchemaKind::Test => SCHEMA,
        SchemaKind::Repository => REPOSITORY_SCHEMA,
    };
    let mut repositories = repositories(arguments.schema.as_deref(), FileReader::default())?;
    let repository = repository_of(&mut repositories, Path::new("."))?;
    print_str(&format!("{}\n", with_tables(text, &repository.workspace)))
}
