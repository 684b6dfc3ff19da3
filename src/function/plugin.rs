//! Plugins as data: what `evaluate` may call. A plugin binds its own arguments and columns, and runs over a whole table.
//! It must not know any particular plugin, nor the binder or the executor.

use std::fmt;

use super::{Context, Result};
use crate::column::Table;
use crate::diagnostic::{Code, Diagnostic};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::types::{ScalarType, Schema, Value};

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
    /// Checks the arguments and tells the columns, before there are rows.
    pub bind: fn(&PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>>,
    /// Runs it.
    pub run: fn(&PluginRun<'_>) -> Result<PluginRows>,
    /// Queries and what they give; each one is run as a test.
    pub examples: &'static [TableExample],
}

impl Plugin {
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

/// An argument of a plugin.
#[derive(Debug, Clone)]
pub struct PluginArgument {
    /// The name in front of it: `columnsConflict='error'`.
    pub name: Option<String>,
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
    /// `*`
    Star,
    /// Anything else.
    Other,
    /// Hidden by a mistake that is reported already.
    Unknown,
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
    /// The place of the name.
    pub span: Span,
}

impl PluginBinding<'_> {
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
}

/// A call of a plugin, bound.
#[derive(Debug, Clone)]
pub struct PluginCall {
    /// The plugin.
    pub plugin: &'static Plugin,
    /// The arguments; the places of columns are those of the input.
    pub arguments: Vec<PluginArgument>,
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
    /// All rows; those of a source have no columns.
    pub input: &'a Table,
    /// The run.
    pub context: &'a Context,
    /// Somebody wants to know which rows the result's rows came from.
    pub is_traced: bool,
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
    /// Each row from several rows of the input: those of row `r` are `rows[starts[r]..starts[r + 1]]`.
    Groups {
        /// One more than there are rows.
        starts: Vec<u32>,
        /// The input's rows, row by row.
        rows: Vec<u32>,
    },
    /// It cannot be told.
    Unknown,
}
