//! Makes tables of rows of a test file and of data files, with the columns of the built-in schemas, declared ones, or those
//! that the rows have. The caller hands over the bytes of files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use kqlite::{Column, DataFormat, Limits, ScalarType, Schema, Table, TableReader, Value};

use super::cell::{Cells, stated_type};
use super::error::TestFileError;
use super::keys;
use crate::suggest::suggestion;
use crate::yaml::{YamlKey, YamlKind, YamlNode};

/// A row's cells with what it starts from and ends with.
pub(crate) struct Row<'n> {
    pub cells: Vec<(&'n YamlKey, &'n YamlNode)>,
    /// How many times it is there.
    pub repeat: usize,
    /// Where it stands.
    pub at: Range<usize>,
}

/// The most times that an inline row is repeated.
const MAX_REPEAT: usize = 100_000;

/// The most cells that the rows of a table state, repetitions aside.
const MAX_STATED_CELLS: usize = 1_000_000;

/// What is left of the rows and bytes that the tables of a test may have together. Rows are counted before they are made.
pub(crate) struct FixtureBudget {
    limits: Limits,
    rows: usize,
    bytes: usize,
}

impl FixtureBudget {
    pub const fn new(limits: Limits) -> Self {
        Self { limits, rows: limits.rows, bytes: limits.bytes }
    }

    /// Takes the rows of a table, in columns of these widths, and the bytes of their texts.
    fn spend(
        &mut self,
        cells: &Cells<'_>,
        rows: &[Row<'_>],
        mut is_kept: impl FnMut(&str) -> bool,
    ) -> Result<(), TestFileError> {
        let mut kept: HashMap<&str, bool> = HashMap::new();
        for row in rows {
            for (key, _) in &row.cells {
                kept.entry(&key.text).or_insert_with(|| is_kept(&key.text));
            }
        }
        let number = row_number_key();
        let numbered = with_number(cells, &number, MAX_REPEAT);
        let width = kept.values().filter(|it| **it).count().saturating_mul(size_of::<Value>());
        for row in rows {
            let mut bytes = width;
            for (key, node) in &row.cells {
                if kept.get(key.text.as_str()) == Some(&true) {
                    let weight = match node.text() {
                        Some(text) if text.contains(ROW_NUMBER) => weight(numbered.replaced(node)?.as_ref()),
                        _ => weight(cells.replaced(node)?.as_ref()),
                    };
                    bytes = bytes.saturating_add(weight);
                }
            }
            let left = (self.rows.checked_sub(row.repeat))
                .zip(self.bytes.checked_sub(bytes.saturating_mul(row.repeat)));
            let Some((rows, bytes)) = left else {
                let Limits { rows, bytes, .. } = self.limits;
                let message = format!(
                    "up to here, the tables of this test have more than {rows} rows or {} MB",
                    bytes >> 20
                );
                return Err(TestFileError::new(cells.source, row.at.clone(), message)
                    .help("'$repeat' makes rows for each row that has it"));
            };
            (self.rows, self.bytes) = (rows, bytes);
        }
        Ok(())
    }
}

/// What stands for the number of a repeated row.
const ROW_NUMBER: &str = "${n}";

fn row_number_key() -> YamlKey {
    YamlKey { text: "n".to_owned(), at: 0..0 }
}

/// Cells of the row of a number, from 1.
fn with_number<'c>(cells: &Cells<'c>, key: &'c YamlKey, number: usize) -> Cells<'c> {
    let mut cells = cells.clone();
    let kind = YamlKind::Scalar { text: number.to_string(), plain: true };
    cells.with.push((key, Cow::Owned(YamlNode { kind, at: 0..0 })));
    cells
}

/// A text of the value has the row's number.
fn has_row_number(node: &YamlNode) -> bool {
    match &node.kind {
        YamlKind::Scalar { text, .. } => text.contains(ROW_NUMBER),
        YamlKind::List(items) => items.iter().any(has_row_number),
        YamlKind::Map(entries) => entries.iter().any(|(_, value)| has_row_number(value)),
    }
}

/// How many bytes of text a value has.
fn weight(node: &YamlNode) -> usize {
    match &node.kind {
        YamlKind::Scalar { text, .. } => text.len(),
        YamlKind::List(items) => items.iter().map(weight).fold(0, usize::saturating_add),
        YamlKind::Map(entries) => {
            entries.iter().map(|(key, value)| key.text.len() + weight(value)).fold(0, usize::saturating_add)
        }
    }
}

/// The rows of a list, each with the cells of `row` where it states none, and with those of `set` in any case.
pub(crate) fn rows<'n>(
    cells: &Cells<'_>,
    items: &'n [YamlNode],
    row: &[&'n [(YamlKey, YamlNode)]],
    set: &[&'n [(YamlKey, YamlNode)]],
) -> Result<Vec<Row<'n>>, TestFileError> {
    let mut stated = 0_usize;
    items
        .iter()
        .map(|item| {
            let own = keys::map(cells.source, item, "a row")?;
            let mut is_repeated = false;
            let mut made = Row { cells: Vec::new(), repeat: 1, at: item.at.clone() };
            for (key, value) in own {
                if key.text == "$repeat" {
                    made.repeat = repeat(cells, value)?;
                    is_repeated = true;
                }
            }
            // From the weakest to the strongest; a later one takes the place of an earlier one.
            for (key, value) in row.iter().copied().chain([own]).chain(set.iter().copied()).flatten() {
                if key.text == "$repeat" {
                    continue;
                }
                match made.cells.iter_mut().find(|(other, _)| other.text == key.text) {
                    Some(cell) => *cell = (key, value),
                    None => made.cells.push((key, value)),
                }
            }
            if is_repeated
                && let Some((given, _)) = cells.with.iter().find(|(key, _)| key.text == "n")
                && made.cells.iter().any(|(_, value)| has_row_number(value))
            {
                let message =
                    "'with' gives a value for 'n', which is the number of the row where '$repeat' stands";
                return Err(TestFileError::new(cells.source, given.at.clone(), message)
                    .help("give it another name: then '${n}' counts the rows"));
            }
            stated = stated.saturating_add(made.cells.len());
            if stated > MAX_STATED_CELLS {
                let message = format!("up to here, the rows state more than {MAX_STATED_CELLS} cells");
                return Err(TestFileError::new(cells.source, item.at.clone(), message)
                    .help("large tables are data files: 'TABLE: rows.csv'"));
            }
            Ok(made)
        })
        .collect()
}

fn repeat(cells: &Cells<'_>, node: &YamlNode) -> Result<usize, TestFileError> {
    let node = cells.replaced(node)?;
    let times = node.text().and_then(|text| text.trim().parse().ok()).filter(|n| *n <= MAX_REPEAT);
    times.ok_or_else(|| {
        let message = format!("'$repeat' takes a number from 0 to {MAX_REPEAT}");
        TestFileError::new(cells.source, node.at.clone(), message)
    })
}

/// The columns of a table: those that are known, those that the fixtures declare, and those that were found in its rows.
pub(crate) fn schema(
    cells: &Cells<'_>,
    name: &YamlKey,
    known: Option<Schema>,
    declared: &[&[(YamlKey, ScalarType)]],
    found: Schema,
) -> Result<Schema, TestFileError> {
    let mut schema = known;
    for columns in declared {
        let schema = schema.get_or_insert_default();
        for (column, data_type) in *columns {
            match schema.position(&column.text) {
                Some(at) => schema.columns[at].data_type = *data_type,
                None => schema
                    .columns
                    .push(kqlite::ColumnSchema { name: column.text.as_str().into(), data_type: *data_type }),
            }
        }
    }
    let is_known = schema.is_some();
    let mut schema = schema.unwrap_or_default();
    for column in found.columns {
        add(&mut schema, &column.name, column.data_type);
    }
    if schema.is_empty() && !is_known {
        let mut error = TestFileError::new(
            cells.source,
            name.at.clone(),
            format!("'{}' is no table of Defender XDR or Sentinel, and no row tells its columns", name.text),
        );
        if let Some(near) = kqlite::nearest(&name.text, crate::table_names()) {
            error = error.help(format!("did you mean '{near}'?"));
        }
        return Err(error.help(
            "declare them: 'columns: {Name: string, Time: datetime}', or --schema FILE for all tests",
        ));
    }
    Ok(schema)
}

/// Columns whose types the rows tell.
pub(crate) fn infer_schema(cells: &Cells<'_>, rows: &[Row<'_>]) -> Result<Schema, TestFileError> {
    let mut columns: Vec<(&YamlKey, Option<ScalarType>)> = Vec::new();
    for (key, node) in rows.iter().flat_map(|row| &row.cells) {
        let node = cells.replaced(node)?;
        let kind = stated_type(&node);
        let Some((_, known)) = columns.iter_mut().find(|(other, _)| other.text == key.text) else {
            columns.push((key, kind));
            continue;
        };
        *known = match (*known, kind) {
            (None, kind) | (kind, None) => kind,
            (Some(a), Some(b)) if a == b => Some(a),
            (Some(ScalarType::Long | ScalarType::Real), Some(ScalarType::Long | ScalarType::Real)) => {
                Some(ScalarType::Real)
            }
            (Some(a), Some(b)) => {
                let message =
                    format!("the rows do not tell the type of '{}': it is {a} in one and {b} here", key.text);
                let help = format!("declare it: 'columns: {{{}: {a}}}'", key.text);
                return Err(TestFileError::new(cells.source, node.at.clone(), message).help(help));
            }
        };
    }
    let columns = columns.into_iter();
    Ok(Schema::new(columns.map(|(key, kind)| (key.text.as_str(), kind.unwrap_or(ScalarType::String)))))
}

/// A table of rows. Of the columns that are not `wanted`, the cells are checked, but not kept.
pub(crate) fn table(
    cells: &Cells<'_>,
    name: &str,
    schema: &Schema,
    rows: &[Row<'_>],
    wanted: Option<&[String]>,
    budget: &mut FixtureBudget,
) -> Result<Table, TestFileError> {
    budget.spend(cells, rows, |name| wanted.is_none_or(|wanted| wanted.iter().any(|it| it == name)))?;
    let count = rows.iter().map(|row| row.repeat).sum();
    let number = row_number_key();
    let mut columns: Vec<Option<Vec<Value>>> = vec![None; schema.len()];
    let mut start = 0;
    for row in rows {
        for (key, node) in &row.cells {
            let place = schema.position(&key.text);
            let Some((place, column)) = place.and_then(|place| Some((place, schema.columns.get(place)?)))
            else {
                return Err(unknown_column(cells, name, key, schema));
            };
            let mut value = cells.value(node, column.data_type, &key.text);
            // Only a text with the row's number differs from one to the next.
            let numbered = node.text().is_some_and(|text| text.contains(ROW_NUMBER));
            for at in 0..row.repeat {
                if numbered {
                    let cells = with_number(cells, &number, at + 1);
                    value = cells.value(node, column.data_type, &key.text);
                }
                let value = value.clone()?;
                if wanted.is_some_and(|wanted| !wanted.contains(&key.text)) {
                    break;
                }
                let Some(values) = columns.get_mut(place) else { break };
                let values = values.get_or_insert_with(|| vec![Value::null_of(column.data_type); count]);
                if let Some(slot) = values.get_mut(start + at) {
                    *slot = value;
                }
            }
        }
        start += row.repeat;
    }
    let columns = schema.columns.iter().zip(columns).map(|(column, values)| {
        let made = match values {
            Some(values) => Column::from_values(column.data_type, &values),
            None => Column::nulls(column.data_type, count),
        };
        (column.name.clone(), made)
    });
    Table::new(columns.collect()).map_err(|message| TestFileError::new(cells.source, 0..0, message))
}

/// A column that the table does not have.
fn unknown_column(cells: &Cells<'_>, name: &str, key: &YamlKey, schema: &Schema) -> TestFileError {
    TestFileError::new(
        cells.source,
        key.at.clone(),
        format!("the table '{name}' has no column '{}'", key.text),
    )
    .help(suggestion(&key.text, "its columns are", schema.names()))
}

/// A data file that a test names.
pub(crate) struct DataFile<'f> {
    /// Its path as it is named in messages.
    pub path: &'f Path,
    /// Where the test file names it.
    pub at: Range<usize>,
    pub bytes: &'f [u8],
}

/// The rows of a JSON, NDJSON, CSV or TSV file. In columns of times they may be relative to now.
pub(crate) fn data_file(
    cells: &Cells<'_>,
    schema: Option<&Schema>,
    file: &DataFile<'_>,
) -> Result<Table, TestFileError> {
    let wrong = |message: String| TestFileError::new(cells.source, file.at.clone(), message);
    let ending = file.path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    let format: DataFormat = ending.parse().map_err(|()| {
        let shown = file.path.display();
        wrong(format!("'{shown}' is no data file: its name must end in .json, .ndjson, .jsonl, .csv or .tsv"))
    })?;
    let mut reader = TableReader::new(format).origin(file.path.display().to_string());
    let reader_of = |schema: &Schema| TableReader::new(format).schema(schema.clone());
    if let Some(schema) = schema {
        let texts = schema.columns.iter().map(|column| {
            let is_time = column.data_type == ScalarType::DateTime;
            (column.name.clone(), if is_time { ScalarType::String } else { column.data_type })
        });
        reader = reader.schema(Schema::new(texts));
    }
    let table = reader.read(file.bytes).map_err(|error| wrong(error.to_string()))?.table;
    let Some(schema) = schema else { return Ok(table) };
    // Times as exports write them are read as any other file's.
    let exported = || reader_of(schema).read(file.bytes).ok().map(|it| it.table);
    let mut columns = Vec::with_capacity(schema.len());
    for (at, (wanted, column)) in schema.columns.iter().zip(table.columns()).enumerate() {
        let column = if wanted.data_type == ScalarType::DateTime {
            let times = (0..column.len()).map(|row| match column.value(row).as_str().unwrap_or_default() {
                "" => Ok(Value::Null),
                text => cells.time(text).map(Value::DateTime).ok_or_else(|| {
                    wrong(format!(
                        "{}, row {}, column '{}': '{text}' is no time, and not relative to now such as -2h",
                        file.path.display(),
                        row + 1,
                        wanted.name
                    ))
                }),
            });
            match times.collect::<Result<Vec<Value>, TestFileError>>() {
                Ok(times) => Column::from_values(ScalarType::DateTime, &times),
                Err(error) => exported().and_then(|it| it.columns().get(at).cloned()).ok_or(error)?,
            }
        } else {
            column.clone()
        };
        columns.push((wanted.name.clone(), column));
    }
    Table::new(columns).map_err(wrong)
}

/// The columns of a watchlist: those of every watchlist, and those of its rows, which are texts.
pub(crate) fn watchlist_schema<'n>(
    declared: &[&[(YamlKey, ScalarType)]],
    names: impl IntoIterator<Item = &'n str>,
) -> Schema {
    let mut schema = Schema::new([
        ("_DTItemId", ScalarType::String),
        ("LastUpdatedTimeUTC", ScalarType::DateTime),
        ("SearchKey", ScalarType::String),
    ]);
    for (column, kind) in declared.iter().copied().flatten() {
        add(&mut schema, &column.text, *kind);
    }
    for name in names {
        add(&mut schema, name, ScalarType::String);
    }
    schema
}

/// Adds a column that is not there.
pub(crate) fn add(schema: &mut Schema, name: &str, data_type: ScalarType) {
    if schema.position(name).is_none() {
        schema.columns.push(kqlite::ColumnSchema { name: name.into(), data_type });
    }
}

/// The column `SearchKey` of a watchlist, filled from another column where it is empty.
pub(crate) fn with_search_key(table: &Table, from: &str) -> Option<Table> {
    filled_from(table, "SearchKey", from)
}

/// A column, filled from another one where it is empty; nothing if one of them is not there.
pub(crate) fn filled_from(table: &Table, name: &str, from: &str) -> Option<Table> {
    let at = table.schema().position(name)?;
    let data_type = table.schema().columns.get(at)?.data_type;
    let source = table.column(from)?;
    let mut columns: Vec<_> =
        table.schema().names().map(Into::into).zip(table.columns().iter().cloned()).collect();
    let filled: Vec<Value> = (0..table.len())
        .map(|row| {
            let own = table.columns().get(at).map_or(Value::Null, |column| column.value(row));
            let is_empty = own.is_null() || own.as_str() == Some("");
            match (is_empty, data_type) {
                (false, _) => own,
                (true, ScalarType::String) => Value::String(source.value(row).to_text()),
                (true, _) => source.value(row),
            }
        })
        .collect();
    let slot: &mut (std::sync::Arc<str>, Column) = columns.get_mut(at)?;
    slot.1 = Column::from_values(data_type, &filled);
    Table::new(columns).ok()
}
