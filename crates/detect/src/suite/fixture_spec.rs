//! Reads the rows of a table as a test file specifies them: a list, a data file, or a map with either and the types of
//! columns.

use std::ops::Range;

use kqlite::ScalarType;

use super::error::TestFileError;
use super::keys::{self, Keys};
use super::source::SourceText;
use crate::suggest::suggestion;
use crate::yaml::{YamlKey, YamlKind, YamlNode};

/// The rows of a table and what is said of its columns.
#[derive(Debug, Clone)]
pub(crate) struct FixtureSpec {
    pub columns: Option<Vec<(YamlKey, ScalarType)>>,
    pub search_key: Option<YamlKey>,
    pub rows: RowSource,
}

/// The rows of a table, or the file that has them.
#[derive(Debug, Clone)]
pub(crate) enum RowSource {
    /// The test file says nothing of them.
    Unspecified,
    Inline(Vec<YamlNode>),
    File {
        path: String,
        at: Range<usize>,
    },
}

/// A table's name and cells that its rows start from or end with.
pub(crate) type Patch = (YamlKey, Vec<(YamlKey, YamlNode)>);

/// A list of rows, a file's name, or a map with either and what is to be said of the columns.
pub(crate) fn read_fixture(
    source: &SourceText,
    name: &str,
    node: &YamlNode,
    known: &[&str],
) -> Result<FixtureSpec, TestFileError> {
    if !matches!(node.kind, YamlKind::Map(_)) {
        return Ok(FixtureSpec { columns: None, search_key: None, rows: read_rows(source, name, node)? });
    }
    let keys = Keys::of(source, node, &format!("'{name}'"), &[known])
        .map_err(|error| error.help("rows are a list: each begins with '- '"))?;
    let columns = match keys.get("columns") {
        None => None,
        Some(node) => Some(
            keys::map(source, node, "'columns'")?
                .iter()
                .map(|(column, kind)| {
                    let text = keys::text(source, kind, &column.text)?;
                    let kind = text.parse().map_err(|()| {
                        let known = ScalarType::ALL.map(ScalarType::as_str);
                        TestFileError::new(source, kind.at.clone(), format!("there is no type '{text}'"))
                            .help(suggestion(text, "the types are", known))
                    })?;
                    Ok((column.clone(), kind))
                })
                .collect::<Result<Vec<_>, TestFileError>>()?,
        ),
    };
    let search_key = match keys.get("searchKey") {
        None => None,
        Some(node) => {
            Some(YamlKey { text: keys::text(source, node, "searchKey")?.to_owned(), at: node.at.clone() })
        }
    };
    let rows = match (keys.get("rows"), keys.get("file")) {
        (Some(_), Some(file)) => {
            return Err(TestFileError::new(
                source,
                file.at.clone(),
                "a file stands beside rows; have one of them",
            ));
        }
        (Some(node), None) => read_rows(source, name, node)?,
        (None, Some(node)) => {
            RowSource::File { path: keys::text(source, node, "file")?.to_owned(), at: node.at.clone() }
        }
        (None, None) => RowSource::Unspecified,
    };
    Ok(FixtureSpec { columns, search_key, rows })
}

/// Rows as a list, or the name of a file with them.
pub(crate) fn read_rows(
    source: &SourceText,
    name: &str,
    node: &YamlNode,
) -> Result<RowSource, TestFileError> {
    match &node.kind {
        YamlKind::List(items) => {
            for item in items {
                if !matches!(item.kind, YamlKind::Map(_)) {
                    let message =
                        format!("a row is a map, such as {{Column: value}}, and this is {}", item.what());
                    return Err(TestFileError::new(source, item.at.clone(), message));
                }
            }
            Ok(RowSource::Inline(items.clone()))
        }
        _ if node.is_null() => Ok(RowSource::Inline(Vec::new())),
        YamlKind::Scalar { text, .. } => Ok(RowSource::File { path: text.clone(), at: node.at.clone() }),
        YamlKind::Map(_) => Err(keys::wrong(source, node, name, "a list of rows or a file")),
    }
}
