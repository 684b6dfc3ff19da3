//! Plugins as data: what `evaluate` may call. A plugin checks its own arguments, tells its columns, and runs over a whole
//! table. It must not know any particular plugin, nor the binder or the executor.

use std::fmt::{self, Display};
use std::sync::Arc;

use super::{Context, Failure, Result};
use crate::budget::Used;
use crate::column::{Column, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::types::{ColumnSchema, ScalarType, Schema, Value};

/// One plugin: everything that the binder, the executor and the reference need to know.
#[derive(Clone, Copy)]
pub struct Plugin {
    /// The name.
    pub name: &'static str,
    /// One sentence: what it gives.
    pub summary: &'static str,
    /// How it is written, one form a line, as in a [`LanguageEntry`].
    pub syntax: &'static [&'static str],
    /// Its parameters, for messages and the reference.
    pub parameters: &'static [ParameterInfo],
    /// What people get wrong about it.
    pub remarks: &'static [&'static str],
    /// It may stand without rows in front of it.
    pub is_source: bool,
    /// What is expected at each place of its arguments, counted from 0.
    pub argument_kind: fn(usize) -> ArgumentKind,
    /// How many tables it gives. One that gives several is the last operator of a query.
    pub results: usize,
    /// Checks the arguments and tells the columns, before there are rows.
    pub bind: fn(&PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>>,
    /// Runs it.
    pub run: fn(&PluginRun<'_>) -> Result<PluginRows>,
    /// Queries and what they give; each one is run as a test.
    pub examples: &'static [TableExample],
}

impl Plugin {
    /// A plugin that needs rows and gives one table: what most entries have in common.
    pub const DEFAULT: Self = Self {
        name: "",
        summary: "",
        syntax: &[],
        parameters: &[],
        remarks: &[],
        is_source: false,
        argument_kind: |_| ArgumentKind::Scalar,
        results: 1,
        bind: |_| Ok(PluginColumns::closed(Vec::new())),
        run: |run| Err(run.broken("it has no run")),
        examples: &[],
    };

    /// What the reference says of it.
    #[must_use]
    pub const fn entry(&self) -> LanguageEntry {
        LanguageEntry {
            name: self.name,
            aliases: &[],
            kind: EntryKind::Plugin,
            summary: self.summary,
            syntax: self.syntax,
            parameters: self.parameters,
            remarks: self.remarks,
            examples: self.examples,
        }
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A column that a plugin is given, while it is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputColumn {
    /// The name.
    pub name: String,
    /// The type; `None` where a mistake hides it, or where it is known only when the query runs.
    pub data_type: Option<ScalarType>,
}

/// What is expected at a place of a plugin's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind {
    /// A constant, a column, or an expression over a row.
    Scalar,
    /// A table.
    Table,
    /// A table, or else a scalar.
    ScalarOrTable,
    /// A column of the table before it.
    TableColumn,
    /// A call of an aggregate function.
    Aggregate,
}

/// An argument of a plugin.
#[derive(Debug, Clone)]
pub struct PluginArgument {
    /// The name in front of it: `columnsConflict='error'`.
    pub name: Option<String>,
    /// How a column that is made of it is called: by the name in front of it, or as the expression suggests.
    pub result_name: Option<String>,
    /// What it is.
    pub value: ArgumentValue,
    /// Its place in the query.
    pub span: Span,
}

/// What an argument of a plugin is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ArgumentValue {
    /// A column of the rows, by its place.
    Column(usize),
    /// A constant.
    Constant(Value, ScalarType),
    /// An expression: its values are a column behind those of the rows.
    Computed {
        /// The place of that column.
        column: usize,
        /// Its type.
        data_type: ScalarType,
        /// It is the same for every row, but known only when the query runs.
        is_constant: bool,
    },
    /// A table, by its place among those of the call.
    Table(usize),
    /// A column of a table: the table's place, and the column's place in it.
    TableColumn(usize, usize),
    /// A call of an aggregate function, with its first argument if that is a column, and the type of its result.
    Aggregate(Option<usize>, ScalarType),
    /// `*`
    Star,
    /// Hidden by a mistake that is reported already.
    Unknown,
}

/// A table that a plugin is given beside its rows, while it is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginTable {
    /// The columns that are known.
    pub columns: Vec<InputColumn>,
    /// A mistake hides some of them.
    pub open: bool,
}

impl PluginTable {
    /// What is known of a table once there is one: all.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        let column =
            |it: &ColumnSchema| InputColumn { name: it.name.to_string(), data_type: Some(it.data_type) };
        Self { columns: table.schema().columns.iter().map(column).collect(), open: false }
    }
}

/// A call of a plugin that is being bound.
#[derive(Debug)]
pub struct PluginBinding<'a> {
    /// The plugin's name.
    pub name: &'a str,
    /// The columns of the rows.
    pub columns: &'a [InputColumn],
    /// The arguments in order.
    pub arguments: &'a [PluginArgument],
    /// The tables among them.
    pub tables: &'a [PluginTable],
    /// Which of its tables is asked for, of a plugin that gives several.
    pub result: usize,
    /// The place of the name.
    pub span: Span,
}

impl PluginBinding<'_> {
    /// A mistake, or the rows, hide what an argument is: nothing can be said of the call.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.arguments.iter().any(|it| match it.value {
            ArgumentValue::Unknown => true,
            ArgumentValue::Column(at) => {
                self.columns.get(at).is_some_and(|column| column.data_type.is_none())
            }
            ArgumentValue::TableColumn(table, at) => {
                let column = self.tables.get(table).and_then(|table| table.columns.get(at));
                column.is_some_and(|column| column.data_type.is_none())
            }
            ArgumentValue::Constant(..)
            | ArgumentValue::Computed { .. }
            | ArgumentValue::Table(_)
            | ArgumentValue::Aggregate(..)
            | ArgumentValue::Star => false,
        })
    }

    /// An error at the plugin's name.
    #[must_use]
    pub fn error(&self, code: Code, message: impl AsRef<str>) -> Diagnostic {
        Diagnostic::error(code, self.span, format!("'{}' {}", self.name, message.as_ref()))
    }
}

/// The columns of a plugin's rows, as far as they are known before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginColumns {
    /// Those that are known.
    pub columns: Vec<InputColumn>,
    /// There are more, or others: which ones depends on the rows.
    pub open: bool,
    /// It is not given the rows, but groups of them.
    pub groups: Option<PluginGroups>,
}

impl PluginColumns {
    /// These columns and no others.
    #[must_use]
    pub const fn closed(columns: Vec<InputColumn>) -> Self {
        Self { columns, open: false, groups: None }
    }

    /// These columns, and those that depend on the rows.
    #[must_use]
    pub const fn open(columns: Vec<InputColumn>) -> Self {
        Self { columns, open: true, groups: None }
    }
}

/// Groups that the rows are made before a plugin runs: it is given a row for each, the keys and then the aggregate, and as
/// a table of its own what the aggregate gives for no rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginGroups {
    /// The columns whose values make the groups.
    pub keys: Vec<usize>,
    /// The argument with the aggregate; without one the rows are counted.
    pub aggregate: Option<usize>,
}

/// A call of a plugin, bound.
#[derive(Debug, Clone)]
pub struct PluginCall {
    /// The plugin.
    pub plugin: &'static Plugin,
    /// The arguments; the places of columns are those of the rows in front of it.
    pub arguments: Vec<PluginArgument>,
    /// Which of its tables it gives, of a plugin that gives several.
    pub result: usize,
    /// How many columns its input has; those of computed arguments come behind them.
    pub width: usize,
    /// The names of the columns that it told when it was bound; no two are the same.
    pub names: Vec<Arc<str>>,
    /// The columns that the query says the rows have: `evaluate … : (a: long)`.
    pub declared: Option<DeclaredColumns>,
    /// Its place in the query.
    pub span: Span,
}

/// The columns that a query says a plugin's rows have.
#[derive(Debug, Clone)]
pub struct DeclaredColumns {
    /// The columns that are known without it stay: `(*, a: long)`.
    pub star: bool,
    /// The columns that are named.
    pub schema: Schema,
}

/// One run of a plugin.
#[derive(Debug)]
pub struct PluginRun<'a> {
    /// The call.
    pub call: &'a PluginCall,
    /// All rows, with the columns of computed arguments behind their own; those of a source have no columns.
    pub input: &'a Table,
    /// The tables among the arguments.
    pub tables: &'a [Table],
    /// The run.
    pub context: &'a Context,
    /// Somebody wants to know which rows the result's rows came from.
    pub is_traced: bool,
    used: Used<'a>,
}

impl<'a> PluginRun<'a> {
    /// A run that has used nothing of the budget so far.
    #[must_use]
    pub fn new(call: &'a PluginCall, input: &'a Table, tables: &'a [Table], context: &'a Context) -> Self {
        Self { call, input, tables, context, is_traced: false, used: Used::of(&context.budget) }
    }

    /// The same, for somebody who wants to know where rows come from or not.
    #[must_use]
    pub const fn traced(mut self, is_traced: bool) -> Self {
        self.is_traced = is_traced;
        self
    }

    fn user(&self) -> String {
        format!("'{}'", self.call.plugin.name)
    }

    /// Holds so many bytes in all, for what it makes.
    ///
    /// # Errors
    /// The budget has no room for them.
    pub fn reserve(&self, bytes: usize) -> Result<()> {
        self.used.reserve(bytes, || self.user(), self.call.span)
    }

    /// Notes work of about so many steps.
    ///
    /// # Errors
    /// The run is cancelled, or its time is over.
    pub fn work(&self, amount: usize) -> Result<()> {
        self.used.work(amount, || self.user(), self.call.span)
    }

    /// A failure of this run.
    #[must_use]
    pub fn fail(&self, code: Code, message: impl AsRef<str>) -> Failure {
        let message = format!("'{}' {}", self.call.plugin.name, message.as_ref());
        Box::new(Diagnostic::error(code, self.call.span, message))
    }

    /// The failure of a promise that the engine broke itself.
    #[must_use]
    pub fn broken(&self, what: impl AsRef<str>) -> Failure {
        let message = format!("'{}': {}", self.call.plugin.name, what.as_ref());
        Box::new(Diagnostic::internal(self.call.span, message))
    }

    /// Notes something of which it is not known what the real engine gives for it, as [`super::Call::doubt`] does.
    ///
    /// # Errors
    /// The run is strict.
    pub fn doubt(&self, about: &str, taken: &str, example: impl Display) -> Result<()> {
        self.context.doubts(self.call.plugin.name, self.call.span).note(about, taken, example)
    }

    /// The input's column at a place.
    ///
    /// # Errors
    /// There is none.
    pub fn column(&self, at: usize) -> Result<&'a Column> {
        self.input.columns().get(at).ok_or_else(|| self.broken("a column of its input is missing"))
    }

    /// The input's own columns at these places, without those of computed arguments.
    ///
    /// # Errors
    /// There is none at a place.
    pub fn named_columns(&self, places: impl IntoIterator<Item = usize>) -> Result<Vec<(Arc<str>, Column)>> {
        let schema = self.input.schema();
        let named = |at: usize| {
            let described = schema.columns.get(at).ok_or_else(|| self.broken("a column is missing"))?;
            Ok((described.name.clone(), self.column(at)?.clone()))
        };
        places.into_iter().map(named).collect()
    }

    /// Columns with the names that they had when it was bound.
    ///
    /// # Errors
    /// The columns do not make a table.
    pub fn rows(&self, columns: Vec<Column>, rows: usize, origins: RowOrigins) -> Result<PluginRows> {
        if columns.len() != self.call.names.len() {
            return Err(self.broken("it gives another number of columns than it said"));
        }
        let columns = self.call.names.iter().cloned().zip(columns).collect();
        Ok(PluginRows { table: self.table(columns, rows)?, origins })
    }

    /// A table of so many rows.
    ///
    /// # Errors
    /// The columns do not make one.
    pub fn table(&self, columns: Vec<(Arc<str>, Column)>, rows: usize) -> Result<Table> {
        if columns.is_empty() {
            return Ok(Table::without_columns(rows));
        }
        Table::new(columns).map_err(|message| self.broken(message))
    }
}

/// What a plugin gives.
#[derive(Debug)]
pub struct PluginRows {
    /// The rows.
    pub table: Table,
    /// The input row that each row came from, where each came from one.
    pub origins: RowOrigins,
}

/// Which input rows the rows of a plugin came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOrigins {
    /// Each row from the input's row of the same number.
    Same,
    /// Each row from the input's row of this number.
    Each(Vec<u32>),
    /// Each row from the input's row of the first number and the first table's row of the second one, which is
    /// [`crate::column::NO_ROW`] where there is none.
    Pair(Vec<u32>, Vec<u32>),
    /// Each row from several: row `n` from `rows[starts[n]..starts[n + 1]]`.
    Groups {
        /// One more than there are rows.
        starts: Vec<u32>,
        /// Rows of the input.
        rows: Vec<u32>,
    },
    /// It cannot be told, or nobody asks: [`PluginRun::is_traced`].
    Unknown,
}
