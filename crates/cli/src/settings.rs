//! What counts for a command beside its arguments: the settings of the repository that a file is in, `kqlite.yaml`, and the tables of
//! `--schema`. It must not know what the settings say.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kqlite_detect::Workspace;
use kqlite_detect::suite::{FileReader, Repositories, Repository, TestFileError};

use crate::args::Source;
use crate::data;
use crate::failure::Failure;
use crate::output::has_colour;
use crate::query_text::named_file;

/// The tables of `--schema` beside the built-in ones.
pub fn workspace_of(schema: Option<&Path>) -> Result<Workspace, Failure> {
    let mut workspace = Workspace::new();
    if let Some(path) = schema {
        for (name, columns) in data::read_schemas(path)? {
            workspace.add_table(name, columns);
        }
    }
    Ok(workspace)
}

/// The settings of files, before which the tables of `--schema` count.
pub fn repositories(schema: Option<&Path>, reader: FileReader) -> Result<Repositories, Failure> {
    Ok(Repositories::new(workspace_of(schema)?, Box::new(move |path| reader.read(path))))
}

/// The settings for a file.
pub fn repository_of(repositories: &mut Repositories, file: &Path) -> Result<Arc<Repository>, Failure> {
    repositories.of(file).map_err(|error| failure(&error))
}

/// The settings for the query of a command, if it is in a file.
pub fn repository_of_query(source: &Source) -> Result<Arc<Repository>, Failure> {
    let named = source.query_file.clone().or_else(|| source.query.as_deref().and_then(named_file));
    let file: PathBuf = match named {
        Some(file) => file,
        None => return Ok(Arc::default()),
    };
    repository_of(&mut repositories(source.data.schema.as_deref(), FileReader::default())?, &file)
}

fn failure(error: &TestFileError) -> Failure {
    Failure::Usage(error.render(has_colour(&std::io::stderr())))
}
