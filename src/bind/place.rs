//! What may be named at one place of a text, as data, and whether somebody wants to know. It must not know how it is found.

use std::rc::Rc;
use std::sync::Arc;

use crate::types::ScalarType;

/// What a name at a place may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceKind {
    /// A scalar or a table.
    Any,
    /// A scalar.
    Scalar,
    /// An aggregate, or a scalar over aggregates.
    Aggregate,
    /// A table.
    Table,
    /// A column.
    Column,
    /// A column that both sides of a join have, or a side.
    JoinKey,
    /// A side of a join.
    JoinSide,
    /// A function that is given rows.
    Invoked,
}

/// What may be named at a place.
#[derive(Debug, Clone)]
pub struct Place {
    /// What a name may stand for.
    pub kind: PlaceKind,
    /// The columns of the rows at hand; of a join's key those that both sides have. The type is missing where a mistake hides it.
    pub columns: Vec<(Arc<str>, Option<ScalarType>)>,
    /// What the query declares.
    pub variables: Vec<PlaceVariable>,
    /// The tables of the database.
    pub tables: Vec<String>,
    /// The functions of the database, with their parameters.
    pub functions: Vec<(String, String)>,
    /// The order of the rows is fixed, so that functions may look at other rows.
    pub is_serialized: bool,
    /// There may be more columns, as in a function that is declared for any table.
    pub(super) is_open: bool,
}

/// A name that the query declares.
#[derive(Debug, Clone)]
pub struct PlaceVariable {
    /// The name.
    pub name: Rc<str>,
    /// What it stands for.
    pub kind: VariableKind,
}

/// What a name that the query declares stands for.
#[derive(Debug, Clone)]
pub enum VariableKind {
    /// A value; the type is missing where a mistake hides it.
    Scalar(Option<ScalarType>),
    /// A table.
    Table,
    /// A function, with its parameters.
    Function(String),
    /// A step of `scan`, or a group of tables.
    Other,
}

/// The place that is looked for, and what may be named there.
#[derive(Debug, Default)]
pub(super) struct PlaceProbe {
    pub(super) at: Option<u32>,
    pub(super) found: Option<Place>,
}

impl PlaceProbe {
    /// A probe of the name that begins here.
    pub(super) fn at(at: u32) -> Self {
        Self { at: Some(at), found: None }
    }

    /// What was found.
    pub(super) fn into_found(self) -> Option<Place> {
        self.found
    }
}
