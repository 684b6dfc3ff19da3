//! The files that stand for addresses of `externaldata`: which one, and its bytes, unpacked. It must not know what is in them.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kqlite::{ExternalData, ExternalFormat, ExternalRequest, ExternalSource};

use crate::columnar::is_columnar;
use crate::failure::Failure;
use crate::file_bytes::{ByteOptions, ReadError, TextSource};
use crate::source::ReadOptions;
use crate::table_file;

/// The files behind the values of `--external`.
#[derive(Clone)]
pub struct ExternalFiles {
    files: Arc<HashMap<String, PathBuf>>,
    folders: Arc<[PathBuf]>,
    options: ReadOptions,
}

impl ExternalFiles {
    /// Reads the values: `ADDRESS=FILE`, or a folder.
    pub fn new(values: &[String], options: ReadOptions) -> Result<Self, Failure> {
        let (mut files, mut folders) = (HashMap::new(), Vec::new());
        for value in values {
            // An address may hold an equals sign, a path hardly ever does.
            match value.rsplit_once('=') {
                _ if Path::new(value).is_dir() => folders.push(PathBuf::from(value)),
                Some((address, path)) => {
                    let path = PathBuf::from(path);
                    File::open(&path).map_err(|error| Failure::file(&path, &error))?;
                    files.insert(address.to_owned(), path);
                }
                None => {
                    let message = format_args!("--external: '{value}' is neither URL=PATH nor a folder");
                    return Err(Failure::usage(message));
                }
            }
        }
        Ok(Self { files: files.into(), folders: folders.into(), options })
    }

    fn path(&self, address: &str) -> Option<PathBuf> {
        if let Some(path) = self.files.get(address) {
            return Some(path.clone());
        }
        let name = last_part(address)?;
        self.folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }
}

/// The last part of the path of an address; nothing that leads out of a folder.
fn last_part(address: &str) -> Option<&str> {
    let path = address.split(['?', '#', ';']).next().unwrap_or_default();
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    (!name.is_empty() && name != "." && name != ".." && !name.contains('\\')).then_some(name)
}

impl ExternalSource for ExternalFiles {
    fn open(&self, request: &ExternalRequest<'_>) -> Result<Option<ExternalData>, String> {
        let Some(path) = self.path(request.location) else { return Ok(None) };
        if is_columnar(&path) || request.format == ExternalFormat::Parquet {
            let table = table_file::load_columnar(&path, self.options.clone());
            return table
                .map(|table| Some(ExternalData::Table(table)))
                .map_err(|it| it.text().trim_end().to_owned());
        }
        let max_bytes = request.max_bytes.min(self.options.max_bytes);
        let limits = ByteOptions { max_bytes, max_line_bytes: usize::MAX, encoding: None };
        let bytes = TextSource::open(&path, None, limits).and_then(|source| source.whole());
        match bytes {
            Ok(bytes) => Ok(Some(ExternalData::Bytes(bytes.into()))),
            Err(ReadError::File(error)) => Err(format!("{}: {error}", path.display())),
            Err(ReadError::Data(error)) if error.beyond_limit => {
                Err(format!("{error}; --max-mb N allows more"))
            }
            Err(ReadError::Data(error)) => Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::last_part;

    #[test]
    fn addresses_name_files() {
        assert_eq!(last_part("https://example.com/csv/recent/"), Some("recent"));
        assert_eq!(last_part("https://example.com/a/b.csv?sv=1/2"), Some("b.csv"));
        assert_eq!(last_part("https://example.com/b.csv;token"), Some("b.csv"));
        assert_eq!(last_part("https://example.com/.."), None);
        assert_eq!(last_part(""), None);
    }
}
