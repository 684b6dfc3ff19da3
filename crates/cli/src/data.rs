//! The files behind `--data` and the schemas behind `--schema`: which file is which table. It must not know queries, nor
//! what is in the files.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use kqlite::Schema;

use crate::columnar::is_columnar;
use crate::failure::Failure;
use crate::file_kind::{kind_by_name, without_packing};
use crate::output::eprint_str;

/// The schemas of `--schema`, by table.
pub type Schemas = HashMap<String, Schema>;

/// One table and its files.
#[derive(Debug, PartialEq, Eq)]
pub struct DataFile {
    /// The table's name.
    pub name: String,
    /// Its data, in the order of its rows.
    pub paths: Vec<PathBuf>,
}

/// The files behind the values of `--data`.
pub fn data_files(values: &[String]) -> Result<Vec<DataFile>, Failure> {
    let mut files: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let mut add = |name: String, paths: Vec<PathBuf>| match files.insert(name.clone(), paths) {
        None => Ok(()),
        Some(_) => Err(Failure::usage(format_args!("the table '{name}' is given twice"))),
    };
    for value in values {
        let (name, path) = match value.split_once('=') {
            // A path may hold an equals sign too.
            Some((name, path)) if !Path::new(value).exists() => (Some(name), Path::new(path)),
            _ => (None, Path::new(value.as_str())),
        };
        let text = path.to_string_lossy();
        if !path.exists() && text.contains(['*', '?', '[']) {
            let found = matching(&text)?;
            match name {
                Some(name) => add(name.to_owned(), found)?,
                None => found.into_iter().try_for_each(|path| add(table_name(&path), vec![path]))?,
            }
        } else if !path.is_dir() {
            add(name.map_or_else(|| table_name(path), str::to_owned), vec![path.to_owned()])?;
        } else if let Some(name) = name {
            let mut found = Vec::new();
            files_below(path, MAX_DEPTH, &mut found)?;
            if found.is_empty() {
                return Err(Failure::usage(format_args!("{}: no file in it is data", path.display())));
            }
            add(name.to_owned(), found)?;
        } else {
            for entry in entries(path)? {
                if is_own_folder(&entry) {
                    let mut found = Vec::new();
                    files_below(&entry, MAX_DEPTH, &mut found)?;
                    if !found.is_empty() {
                        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
                        add(name, found)?;
                    }
                } else if is_readable(&entry) {
                    add(table_name(&entry), vec![entry])?;
                }
            }
        }
    }
    Ok(files.into_iter().map(|(name, paths)| DataFile { name, paths }).collect())
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|it| it.path())).collect())
        .map_err(|error| Failure::file(folder, &error))?;
    entries.sort();
    Ok(entries)
}

/// The deepest folder that is looked into.
const MAX_DEPTH: usize = 16;

/// The most files of one table.
const MAX_FILES: usize = 100_000;

/// Adds the files of data in a folder and in those inside of it, by name.
fn files_below(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in entries(folder)? {
        if is_own_folder(&entry) {
            if depth == 0 {
                let message = format!("{}: folders are nested deeper than {MAX_DEPTH}", entry.display());
                return Err(Failure::usage(message));
            }
            files_below(&entry, depth - 1, found)?;
        } else if is_readable(&entry) {
            found.push(entry);
        }
        if found.len() > MAX_FILES {
            let message = format!("{}: there are more than {MAX_FILES} files", folder.display());
            return Err(Failure::usage(message));
        }
    }
    Ok(())
}

/// It is a folder that is not hidden, and no link to one, which may lead round in a circle.
fn is_own_folder(path: &Path) -> bool {
    !is_hidden(path) && std::fs::symlink_metadata(path).is_ok_and(|it| it.is_dir())
}

/// It is a file of data. What has the name of one and is none is told.
fn is_readable(path: &Path) -> bool {
    if is_data(path) && !path.is_file() {
        // A pipe would wait for ever; a link to a file is one.
        eprint_str(&format!("note: {} is no file, and passed over\n", path.display()));
    }
    is_data(path) && path.is_file()
}

/// The files that a pattern with `*` stands for, by name.
fn matching(pattern: &str) -> Result<Vec<PathBuf>, Failure> {
    let wrong = |error: String| Failure::usage(format_args!("--data: '{pattern}': {error}"));
    let mut found = Vec::new();
    for path in glob::glob(pattern).map_err(|error| wrong(error.to_string()))? {
        let path = path.map_err(|error| wrong(error.to_string()))?;
        if !is_hidden(&path) && path.is_file() {
            found.push(path);
        }
        if found.len() > MAX_FILES {
            return Err(wrong(format!("there are more than {MAX_FILES} files")));
        }
    }
    if found.is_empty() {
        return Err(wrong("there is no such file".to_owned()));
    }
    found.sort();
    Ok(found)
}

/// The files of other workspaces, as tables that are called as queries name them: `workspace('NAME').Table`.
pub fn workspace_files(values: &[String]) -> Result<Vec<DataFile>, Failure> {
    let mut files = Vec::new();
    for value in values {
        let (name, folder) = value
            .split_once('=')
            .ok_or_else(|| Failure::usage(format_args!("--workspace: '{value}' is not NAME=FOLDER")))?;
        let own = data_files(&[folder.to_owned()])?;
        let renamed =
            own.into_iter().map(|it| DataFile { name: format!("workspace('{name}').{}", it.name), ..it });
        files.extend(renamed);
    }
    Ok(files)
}

/// The name is that of something hidden.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The name is one of data. Hidden files are none: systems leave such beside those of people.
fn is_data(path: &Path) -> bool {
    !is_hidden(path) && (kind_by_name(path).is_some() || is_columnar(path))
}

/// The file's name without its endings.
fn table_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (name, _) = without_packing(&name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// Reads `--schema`: `{"Table": {"Column": "type"}}`, columns in their order.
pub fn read_schemas(path: &Path) -> Result<Schemas, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    parse_schemas(&bytes).map_err(|message| Failure::wrong(format_args!("{}: {message}", path.display())))
}

fn parse_schemas(bytes: &[u8]) -> Result<Schemas, String> {
    let tables: indexmap::IndexMap<String, indexmap::IndexMap<String, String>> =
        serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    tables
        .into_iter()
        .map(|(table, columns)| {
            let columns = columns
                .into_iter()
                .map(|(name, data_type)| match data_type.parse() {
                    Ok(data_type) => Ok((name, data_type)),
                    Err(()) => {
                        Err(format!("table '{table}', column '{name}': there is no type '{data_type}'"))
                    }
                })
                .collect::<Result<Vec<_>, String>>()?;
            Ok((table, Schema::new(columns)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_files() {
        let files = data_files(&["T=x/a.csv".into(), "b.ndjson.gz".into()]).unwrap();
        let expected = [("T", "x/a.csv"), ("b", "b.ndjson.gz")];
        assert_eq!(
            files,
            expected.map(|(name, path)| DataFile { name: name.into(), paths: vec![path.into()] })
        );
        assert!(data_files(&["a.csv".into(), "x/a.json".into()]).is_err());
    }

    #[test]
    fn schemas_keep_the_order_of_columns() {
        let schemas = parse_schemas(br#"{"T":{"z":"long","a":"double"}}"#).unwrap();
        assert_eq!(schemas["T"].names().collect::<Vec<_>>(), ["z", "a"]);
        let error = parse_schemas(br#"{"T":{"z":"text"}}"#).unwrap_err();
        assert_eq!(error, "table 'T', column 'z': there is no type 'text'");
    }
}
