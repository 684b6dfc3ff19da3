//! The files that stand for addresses of `externaldata`: which one, and its bytes, unpacked. It must not know what is in them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use kqlite::{ExternalData, ExternalFormat, ExternalRequest, ExternalSource};

use crate::columnar::is_columnar;
use crate::failure::Failure;
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
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let file = File::open(&path).map_err(failed)?;
        let bytes = read(file, max_bytes).map_err(failed)?;
        let unpacked = match bytes.get(..4) {
            Some([0x1f, 0x8b, ..]) => {
                read(MultiGzDecoder::new(bytes.as_slice()), max_bytes).map_err(failed)?
            }
            Some(b"PK\x03\x04") => unzip(bytes, max_bytes).map_err(failed)?,
            _ => bytes,
        };
        Ok(Some(ExternalData::Bytes(unpacked.into())))
    }
}

/// All bytes, so many at the most.
fn read(from: impl Read, max_bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take((max_bytes as u64).saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > max_bytes {
        return Err(std::io::Error::other(format!(
            "it has more than {} MB; --max-mb N allows more",
            max_bytes >> 20
        )));
    }
    Ok(bytes)
}

/// The one file of an archive.
fn unzip(bytes: Vec<u8>, max_bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let files: Vec<usize> = (0..archive.len())
        .filter(|&at| {
            archive.name_for_index(at).is_some_and(|name| name.is_ok_and(|name| !name.ends_with('/')))
        })
        .collect();
    match files[..] {
        [alone] => read(archive.by_index(alone)?, max_bytes),
        _ => Err(std::io::Error::other(format!("the archive has {} files; one is expected", files.len()))),
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
