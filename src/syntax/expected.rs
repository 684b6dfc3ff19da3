//! What the grammar lets stand at a place: what the parser looks for where the text ends. It must not know the parsers: they
//! note it as they look.

use std::cell::{Cell, RefCell};

/// What may stand at a place, by the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A keyword.
    Keyword(&'static str),
    /// The name of a parameter, before `=`.
    Parameter(&'static str),
    /// A word that a parameter or an operator takes, such as a kind of join.
    Value(&'static str),
    /// The type of a column or a parameter.
    Type,
    /// A statement.
    Statement,
    /// An operator behind a pipe.
    PipedOperator,
    /// An operator that a query may begin with.
    FirstOperator,
    /// An operator between two operands.
    Infix,
    /// An operand: a literal, a name, a call, a source of rows.
    Operand,
    /// A name that stands for something, or that is declared.
    Name,
    /// A call of a plugin.
    Plugin,
    /// A call of a function that the query or the database has.
    Call,
}

/// What is looked for at the end of the text.
#[derive(Debug, Default)]
pub(super) struct Expectations {
    list: RefCell<Vec<Expected>>,
    /// Something that has to be there is missing, so nothing behind it may stand here; or the parser only looks ahead.
    is_closed: Cell<bool>,
}

impl Expectations {
    /// Notes what is looked for.
    pub(super) fn add(&self, what: Expected) {
        let mut list = self.list.borrow_mut();
        if !self.is_closed.get() && !list.contains(&what) {
            list.push(what);
        }
    }

    /// Nothing is noted from here on, or something is again. Gives what held before.
    pub(super) fn close(&self, is_closed: bool) -> bool {
        self.is_closed.replace(is_closed)
    }

    /// Nothing is noted.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.get()
    }

    /// What was noted.
    pub(super) fn into_list(self) -> Vec<Expected> {
        self.list.into_inner()
    }
}
