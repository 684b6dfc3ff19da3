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

/// One table and its file.
#[derive(Debug, PartialEq, Eq)]
pub struct DataFile {
    /// The table's name.
    pub name: String,
    /// Its data.
    pub path: PathBuf,
}

/// The files behind the values of `--data`.
pub fn data_files(values: &[String]) -> Result<Vec<DataFile>, Failure> {
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut add = |name: String, path: PathBuf| match files.insert(name.clone(), path) {
        None => Ok(()),
        Some(_) => Err(Failure::usage(format_args!("the table '{name}' is given twice"))),
    };
    for value in values {
        let (name, path) = match value.split_once('=') {
            // A path may hold an equals sign too.
            Some((name, path)) if !Path::new(value).exists() => (Some(name), Path::new(path)),
            _ => (None, Path::new(value.as_str())),
        };
        if name.is_none() && path.is_dir() {
            let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
                .and_then(|entries| entries.map(|entry| entry.map(|it| it.path())).collect())
                .map_err(|error| Failure::file(path, &error))?;
            entries.sort();
            for entry in entries.into_iter().filter(|entry| is_data(entry)) {
                if !entry.is_file() {
                    // A pipe would wait for ever; a link to a file is one.
                    eprint_str(&format!("note: {} is no file, and passed over\n", entry.display()));
                    continue;
                }
                add(table_name(&entry), entry)?;
            }
            continue;
        }
        add(name.map_or_else(|| table_name(path), str::to_owned), path.to_owned())?;
    }
    Ok(files.into_iter().map(|(name, path)| DataFile { name, path }).collect())
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

/// The name is one of data. Hidden files are none: systems leave such beside those of people.
fn is_data(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    !name.starts_with('.') && (kind_by_name(path).is_some() || is_columnar(path))
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
        assert_eq!(files, expected.map(|(name, path)| DataFile { name: name.into(), path: path.into() }));
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
