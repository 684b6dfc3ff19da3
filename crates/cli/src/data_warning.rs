//! What an answer does not show of its data: columns that no column of a table took, rows inside of rows, tables without data.
//! Warnings, which are errors where a run is strict. It must not know how files are read.

use std::collections::HashMap;

use kqlite::{Code, Schema};
use kqlite_detect::{DataConnector, connector_of};

use crate::failure::Failure;
use crate::output::eprint_str;

/// Something about data that an answer does not show.
#[derive(Debug)]
pub struct DataWarning {
    /// One sentence, behind the file that it is about.
    message: String,
    /// What to do about it.
    help: String,
}

/// The columns of a file whose table has columns of its own.
pub struct FileColumns<'f> {
    /// The file's name.
    pub origin: &'f str,
    /// The table's name.
    pub table: &'f str,
    /// The columns that the table has, whatever the data.
    pub given: &'f Schema,
    /// All columns: those, and behind them what the data has beside them.
    pub all: &'f Schema,
    /// Where rows seem to stand inside of the first row.
    pub rows_inside: Option<&'f str>,
    /// Whether a column of the table has a value in the data, as far as it is known.
    pub has_values: &'f dyn Fn(&str) -> bool,
}

/// The most names that a message lists.
const MAX_NAMED: usize = 10;

/// `'a', 'b' and 3 more`
fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(MAX_NAMED).map(|name| format!("'{name}'")).collect();
    match names.len().checked_sub(MAX_NAMED) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

impl DataWarning {
    /// What a table with columns of its own did not take of its data.
    pub fn of_columns(file: &FileColumns<'_>) -> Vec<Self> {
        let FileColumns { origin, table, given, all, .. } = file;
        let mut warnings = Vec::new();
        if let Some(path) = file.rows_inside
            && !given.names().any(|name| (file.has_values)(name))
        {
            warnings.push(Self {
                message: format!(
                    "{origin}: the rows have no column of the table '{table}', but hold rows in '{path}'"
                ),
                help: format!("--path {path} reads the rows in there"),
            });
            return warnings;
        }
        let further: Vec<&str> = all.names().skip(given.len()).collect();
        let absent = given.names().filter(|known| !(file.has_values)(known));
        let absent: HashMap<String, &str> = absent.map(|known| (plain_name(known), known)).collect();
        let alike: Vec<(&str, Option<&str>)> =
            further.into_iter().map(|name| (name, absent.get(&plain_name(name)).copied())).collect();
        let pairs: Vec<(&str, &str)> =
            alike.iter().filter_map(|(name, known)| Some((*name, (*known)?))).take(MAX_NAMED).collect();
        if !pairs.is_empty() {
            let named =
                pairs.iter().map(|(name, known)| format!("the data has '{name}', the table '{known}'"));
            let columns = pairs.iter().map(|(name, known)| format!("{known} = {}", quoted(name)));
            let is =
                if pairs.len() == 1 { "another column, which stays" } else { "other columns, which stay" };
            warnings.push(Self {
                message: format!("{origin}: {}: {is} null", named.collect::<Vec<_>>().join("; ")),
                help: format!(
                    "call it in the data as the table does, or add: | extend {}",
                    columns.collect::<Vec<_>>().join(", ")
                ),
            });
        }
        let unknown: Vec<&str> =
            alike.iter().filter(|(_, known)| known.is_none()).map(|(name, _)| *name).collect();
        if !unknown.is_empty() && !takes_any_column(table) {
            let word = if unknown.len() == 1 { "column" } else { "columns" };
            warnings.push(Self {
                message: format!(
                    "{origin}: the table '{table}' has no {word} {}; the data has, and a query can read them here alone",
                    listed(&unknown)
                ),
                help: "take them out of the data, or give the table its columns by --schema FILE".to_owned(),
            });
        }
        warnings
    }

    /// The only column of a table without columns of its own holds rows.
    pub fn of_rows_inside(origin: &str, path: &str) -> Self {
        Self {
            message: format!("{origin}: the only column has the rows of '{path}' in it"),
            help: format!("--path {path} reads the rows in there"),
        }
    }

    /// Tables that are known by their columns and have no data. A rule may tell which connectors bring them.
    pub fn of_tables(names: &[&str], connectors: &[DataConnector]) -> Option<Self> {
        let first = names.first()?;
        let word = if names.len() == 1 { "table" } else { "tables" };
        let are = if names.len() == 1 { "it is" } else { "they are" };
        let message = format!("no data was given for the {word} {}: {are} read without rows", listed(names));
        let mut help = format!("--data {first}=FILE gives it rows");
        for name in names.iter().take(MAX_NAMED) {
            let told = connectors
                .iter()
                .find(|it| it.data_types.iter().any(|it| it.split([' ', '(']).next() == Some(name)));
            match (connector_of(name), told) {
                (Some((id, connector)), _) => help.push_str(&format!(
                    "\n = help: in Sentinel the data connector '{connector}' ({id}) brings '{name}'"
                )),
                (None, Some(it)) => help.push_str(&format!(
                    "\n = help: in Sentinel the data connector {} brings '{name}', as the rule says",
                    it.connector_id
                )),
                (None, None) => {}
            }
        }
        Some(Self { message, help })
    }

    fn text(&self, severity: &str) -> String {
        format!("{severity}[{}]: {}\n = help: {}\n", Code::UnusedData, self.message, self.help)
    }
}

/// Prints warnings, or makes an error of them where a run is strict.
pub fn report(warnings: &[DataWarning], strict: bool) -> Result<(), Failure> {
    if strict && !warnings.is_empty() {
        return Err(Failure::Wrong(warnings.iter().map(|it| it.text("error")).collect()));
    }
    warnings.iter().for_each(|it| eprint_str(&it.text("warning")));
    Ok(())
}

/// A column's name without what exports and collectors add to it: case, blanks and signs, a zone, the type behind a line.
fn plain_name(name: &str) -> String {
    let name = ["_s", "_d", "_b", "_t", "_g"].iter().find_map(|it| name.strip_suffix(it)).unwrap_or(name);
    let name = name.split([' ', '[', '(']).next().filter(|_| name.ends_with([']', ')'])).unwrap_or(name);
    name.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A name as a query writes it.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
        && name.starts_with(|it: char| !it.is_ascii_digit());
    if plain { name.to_owned() } else { format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'")) }
}

/// The table has columns of its own in each workspace.
fn takes_any_column(table: &str) -> bool {
    matches!(table, "AzureDiagnostics" | "AzureMetrics")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_without_what_exports_add() {
        for like in
            ["eventName", "EventName_s", "event_name", "Event Name", "EventName [UTC]", "EventName (UTC)"]
        {
            assert_eq!(plain_name(like), "eventname", "{like}");
        }
        assert_ne!(plain_name("EventNames"), "eventname");
        assert_eq!(quoted("a"), "a");
        assert_eq!(quoted("a b'"), "['a b\\'']");
    }
}
