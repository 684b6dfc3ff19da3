//! What completing gives, as data. It must not know how it is found.

use std::borrow::Cow;

use serde::Serialize;

use crate::source::Span;

/// What kind of thing is proposed. The order is that in which proposals are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CompletionKind {
    /// A value that an argument, a parameter or an operator takes, such as `inner` behind `kind=`.
    Value,
    /// A column of the rows at hand.
    Column,
    /// What `let`, `as` or a parameter of a function declares.
    Variable,
    /// A table of the database.
    Table,
    /// A function that the query or the database has.
    UserFunction,
    /// A word of the language at this place, such as `by`.
    Keyword,
    /// A parameter of an operator, such as `kind=`.
    Parameter,
    /// An operator behind a pipe, such as `where`.
    Operator,
    /// A source of rows, such as `datatable`.
    Source,
    /// An aggregate function.
    Aggregate,
    /// A function of the language.
    Function,
    /// An operator between operands, such as `has`.
    ScalarOperator,
    /// What `evaluate` calls.
    Plugin,
    /// A type, or the literals of a type.
    Type,
    /// A statement, such as `let`.
    Statement,
    /// A parameter that does not change the answer, such as `hint.shufflekey=`.
    Hint,
}

/// One thing that may stand at the place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Completion {
    /// What it is called: the text to show, and to compare with what was typed.
    pub label: String,
    /// What kind of thing it is.
    pub kind: CompletionKind,
    /// What to put in place of [`Completions::span`]. A function has its opening parenthesis, a parameter its `=`.
    pub insert: String,
    /// The type of a column, the parameters of a function, the syntax of an operator.
    pub detail: Option<String>,
    /// One sentence about it, from the reference.
    pub summary: Option<Cow<'static, str>>,
}

/// What may stand at a place of a query text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Completions {
    /// The part of the text that a proposal replaces: the word that the cursor is in or behind, or nothing.
    pub span: Span,
    /// The part of that word in front of the cursor.
    pub typed: String,
    /// Everything that may stand there whatever was typed: by kind, columns in the order of the rows, all else by name.
    pub items: Vec<Completion>,
    /// There is more than is told.
    pub is_incomplete: bool,
}

impl Completions {
    /// The proposals that fit what was typed, whatever its case: first those that begin with it, then those that hold it.
    ///
    /// ```
    /// use kqlite::{CompileOptions, Database, ScalarType, Schema};
    /// let mut db = Database::new();
    /// db.declare("Logons", Schema::new([("UserName", ScalarType::String), ("Failures", ScalarType::Long)]));
    /// let text = "Logons | where name";
    /// let completions = db.complete(text, text.len(), &CompileOptions::default());
    /// assert_eq!(completions.matching()[0].label, "UserName");
    /// ```
    #[must_use]
    pub fn matching(&self) -> Vec<&Completion> {
        let typed = self.typed.to_lowercase();
        let mut fitting: Vec<(bool, &Completion)> = Vec::new();
        for item in &self.items {
            let label = item.label.to_lowercase();
            if label.contains(&typed) {
                fitting.push((!label.starts_with(&typed), item));
            }
        }
        fitting.sort_by_key(|(is_within, _)| *is_within);
        fitting.into_iter().map(|(_, item)| item).collect()
    }
}
