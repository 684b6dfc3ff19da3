//! What commands are made of: names with their places, properties, columns. It must not know how they are written.

use kqlite::{Schema, Span};

/// A name and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlacedName {
    pub text: String,
    pub span: Span,
}

/// A table that is declared: its name and columns.
#[derive(Debug, Clone)]
pub(crate) struct Declaration {
    pub name: PlacedName,
    pub schema: Schema,
}

/// What stands in `with (…)`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    pub values: Vec<Property>,
}

/// `name = value`; of a value that is a text, what the text says.
#[derive(Debug, Clone)]
pub(crate) struct Property {
    pub name: PlacedName,
    pub value: String,
}

impl Properties {
    /// The property of a name, in any case.
    pub(crate) fn get(&self, name: &str) -> Option<&Property> {
        self.values.iter().find(|it| it.name.text.eq_ignore_ascii_case(name))
    }

    /// What a property says.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(|it| it.value.as_str())
    }

    /// Whether a property is `true`.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.text(name).is_some_and(|it| it.eq_ignore_ascii_case("true"))
    }
}
