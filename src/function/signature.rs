//! Signatures: what a function accepts and what it returns. It must not know how a call is evaluated.

use std::borrow::Cow;
use std::fmt;

use super::accepts::Accepts;
use crate::types::{ScalarType, Value};

/// What form an argument must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArgumentForm {
    /// Any expression.
    Any,
    /// Known before the query runs.
    Constant,
    /// A literal.
    Literal,
    /// A column.
    Column,
    /// Any expression, or `*`.
    StarAllowed,
    /// `*`.
    StarOnly,
}

/// A parameter of a signature.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// The name, for messages and the reference.
    pub name: &'static str,
    /// The types it accepts.
    pub accepts: Accepts,
    /// The form it must have.
    pub form: ArgumentForm,
    /// How often it occurs at the least.
    pub min: u16,
    /// How often it occurs at the most; `u16::MAX` is no bound.
    pub max: u16,
    /// The texts it may be, where they are listed; case does not matter.
    pub one_of: &'static [&'static str],
}

impl Parameter {
    /// A parameter that occurs once and takes any expression of these types.
    #[must_use]
    pub const fn of(accepts: Accepts) -> Self {
        Self { name: "", accepts, form: ArgumentForm::Any, min: 1, max: 1, one_of: &[] }
    }

    /// How often it may occur.
    #[must_use]
    pub fn most(&self) -> usize {
        if self.max == u16::MAX { usize::MAX } else { self.max.into() }
    }

    /// May be left out.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { min: 0, ..self }
    }

    /// Occurs from `min` to `max` times.
    #[must_use]
    pub const fn repeated(self, min: u16, max: u16) -> Self {
        Self { min, max, ..self }
    }

    /// Must be known before the query runs.
    #[must_use]
    pub const fn constant(self) -> Self {
        Self { form: ArgumentForm::Constant, ..self }
    }

    /// Must be a literal.
    #[must_use]
    pub const fn literal(self) -> Self {
        Self { form: ArgumentForm::Literal, ..self }
    }

    /// May be `*`.
    #[must_use]
    pub const fn star_allowed(self) -> Self {
        Self { form: ArgumentForm::StarAllowed, ..self }
    }

    /// Must be `*`.
    #[must_use]
    pub const fn star_only(self) -> Self {
        Self { form: ArgumentForm::StarOnly, ..self }
    }

    /// Must be a column.
    #[must_use]
    pub const fn column(self) -> Self {
        Self { form: ArgumentForm::Column, ..self }
    }

    /// Must be one of these texts.
    #[must_use]
    pub const fn one_of(self, texts: &'static [&'static str]) -> Self {
        Self { one_of: texts, ..self }
    }
}

/// What is known of an argument before the query runs.
#[derive(Debug, Clone)]
pub struct ArgumentInfo<'a> {
    /// Its type.
    pub data_type: ScalarType,
    /// The name that a column made of it would have; empty if there is none.
    pub name: &'a str,
    /// Its value, if it is constant.
    pub constant: Option<&'a Value>,
}

/// What a signature returns. It is displayed as it stands in a signature.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Returns {
    /// Always this type.
    Is(ScalarType),
    /// The type of the first argument.
    First,
    /// The widest type of the number arguments: int < long < real < decimal.
    Widest,
    /// The type that the arguments at parameters of a common type share; dynamic if they share none.
    Common,
    /// The type that the last argument's `typeof` names.
    TypeArgument,
    /// As `First`, with int promoted to long.
    FirstPromoted,
    /// A table.
    Table,
    /// A database, which a table's name follows.
    Database,
    /// The type of a column that the first argument names, or of the second argument.
    ColumnOrSecond,
    /// By a rule of its own, of one column.
    Rule(fn(&[ArgumentInfo<'_>]) -> ScalarType),
    /// Several columns, by a rule of its own: names (an empty one is inferred) and types.
    Columns(fn(&[ArgumentInfo<'_>]) -> Vec<(String, ScalarType)>),
}

impl fmt::Display for Returns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Is(data_type) => data_type.as_str(),
            Self::First => "the first argument's type",
            Self::Widest => "the widest number type",
            Self::Common => "the common type",
            Self::TypeArgument => "the named type",
            Self::FirstPromoted => "the first argument's type, int as long",
            Self::Table => "a table",
            Self::Database => "a database",
            Self::ColumnOrSecond => "the column's or the second argument's type",
            Self::Rule(_) => "depends on the arguments",
            Self::Columns(_) => "several columns",
        })
    }
}

/// One form of a function.
#[derive(Debug, Clone)]
pub struct Signature {
    /// The parameters in order.
    pub parameters: Cow<'static, [Parameter]>,
    /// What it returns.
    pub returns: Returns,
}

/// The parameters as they stand in a call: `(source: string, [start: integer])`.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (at, parameter) in self.parameters.iter().enumerate() {
            write!(f, "{}{parameter}", if at == 0 { "" } else { ", " })?;
        }
        f.write_str(")")
    }
}

/// As it stands in a call: in brackets if it may be left out, with dots if it may be repeated.
impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dots = if self.max > 1 { ", …" } else { "" };
        match self.min {
            0 => write!(f, "[{}: {}{dots}]", self.name, self.accepts),
            _ => write!(f, "{}: {}{dots}", self.name, self.accepts),
        }
    }
}

impl Signature {
    /// The fewest arguments.
    #[must_use]
    pub fn min_arguments(&self) -> usize {
        self.parameters.iter().map(|parameter| usize::from(parameter.min)).sum()
    }

    /// The most arguments.
    #[must_use]
    pub fn max_arguments(&self) -> usize {
        self.parameters.iter().map(Parameter::most).fold(0, usize::saturating_add)
    }
}

/// How a result column without a name is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResultName {
    /// By its place: `Column1`, `print_0`.
    None,
    /// As the first argument.
    FirstArgument,
    /// A prefix, `_`, the first argument: `sum_x`; the prefix and `_` where the argument has no name.
    PrefixAndFirstArgument(&'static str),
    /// The function's name, `_`, the first argument.
    NameAndFirstArgument,
    /// A fixed prefix and `_`.
    PrefixOnly(&'static str),
    /// As the argument, if there is just one.
    OnlyArgument,
}

/// Writes signatures: `signatures![(text: STRING, start: INTEGER.optional()) -> returns::STRING; …]`.
macro_rules! signatures {
    ($(($($name:ident: $parameter:expr),* $(,)?) -> $returns:expr);* $(;)?) => {
        const {
            &[$($crate::function::Signature {
                parameters: ::std::borrow::Cow::Borrowed(
                    &[$($crate::function::Parameter { name: stringify!($name), ..$parameter }),*]
                ),
                returns: $returns,
            }),*]
        }
    };
}
pub(crate) use signatures;
