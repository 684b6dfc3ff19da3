//! Expansions: calls that the binder replaces by what they stand for, such as a column, a table or another call.
//! It must not know any particular function, nor how a query is bound.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::types::{ScalarType, Value};

/// Says what a call stands for; `None`: it is an ordinary call, which the kernel computes.
pub type Expand = fn(&mut dyn CallSite) -> Option<Expansion>;

/// What a call stands for.
#[derive(Debug, Clone)]
pub enum Expansion {
    /// A column of the row at hand.
    Column(usize),
    /// An argument.
    Argument(usize),
    /// A value.
    Literal(Value, ScalarType),
    /// A call of the function of a name. The form is chosen as for any call.
    Call(&'static str, Vec<Expansion>),
    /// What the function's own kernel gives for these arguments, and its type.
    Kernel(Vec<Expansion>, ScalarType),
    /// The table of a name, which stands at this place.
    Table(String, Span),
    /// A database: the name of a table must follow.
    Database,
    /// Nothing that is known: a mistake hides all but the type, if that is known.
    Unknown(Option<ScalarType>),
    /// A table of which a mistake hides everything.
    UnknownTable,
}

/// A call while it is bound: what an [`Expand`] may ask and do.
pub trait CallSite {
    /// The function's name as it is written.
    fn name(&self) -> &str;

    /// The place of the name.
    fn name_span(&self) -> Span;

    /// How many arguments there are.
    fn argument_count(&self) -> usize;

    /// Whether an argument is written as `*`.
    fn is_star(&self, at: usize) -> bool;

    /// Binds an argument, over the row at hand, and reports what is wrong with it.
    fn argument(&mut self, at: usize) -> BoundArgument;

    /// Binds an argument in which no column can be named, and computes it if its parts are known.
    fn constant_argument(&mut self, at: usize) -> BoundArgument;

    /// Binds an argument that must be a table, and reports it if it is none; its columns, if no mistake hides some of them.
    fn table_argument(&mut self, at: usize) -> Option<Vec<SiteColumn>>;

    /// The columns of the row at hand, in order; none outside of rows.
    fn columns(&self) -> Vec<SiteColumn>;

    /// Whether [`CallSite::columns`] are all: there is a row, and no mistake hides some of its columns.
    fn has_all_columns(&self) -> bool;

    /// Whether a mistake hides some of the columns of the row at hand.
    fn hides_columns(&self) -> bool;

    /// The value of an option of the request, and its type, if a `set` statement in front of the call gives it one that is
    /// known. Names are in lower case.
    fn option(&self, name: &str) -> Option<(Value, ScalarType)>;

    /// Reports a mistake.
    fn report(&mut self, diagnostic: Diagnostic);

    /// Reports a mistake also in the body of a function, where mistakes were reported when it was declared: for what only
    /// a call can tell.
    fn report_in_bodies(&mut self, diagnostic: Diagnostic);
}

/// A column of the row at hand.
#[derive(Debug, Clone)]
pub struct SiteColumn {
    /// The name.
    pub name: Arc<str>,
    /// The type; `None` where a mistake hides it.
    pub data_type: Option<ScalarType>,
}

/// An argument, bound.
#[derive(Debug, Clone)]
pub struct BoundArgument {
    /// The type; `None` where a mistake hides it.
    pub data_type: Option<ScalarType>,
    /// The value, if it is known.
    pub value: Option<Value>,
    /// The column that the argument is, if it is one.
    pub column: Option<usize>,
    /// It depends on the row at hand.
    pub reads_row: bool,
    /// The value will be known where the function that the call stands in is called.
    pub depends_on_caller: bool,
    /// Its place in the query.
    pub span: Span,
}

impl BoundArgument {
    /// The text, if the value is known and a text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.value.as_ref().and_then(Value::as_str)
    }
}
