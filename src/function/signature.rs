//! Signatures: what a function accepts and what it returns. It must not know how a call is evaluated.

use std::borrow::Cow;

use crate::types::{ScalarType, Value};

/// What types a parameter accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// One type; numbers are widened to it, dynamic values are read as it.
    Is(ScalarType),
    /// This type alone: no narrower number, no dynamic value.
    Only(ScalarType),
    /// Any scalar.
    Scalar,
    /// `int`, `long`, `real`, `decimal`.
    Number,
    /// `int`, `long`.
    Integer,
    /// A number, `datetime`, `timespan`.
    Summable,
    /// Any type that has an order: all but `dynamic`.
    Orderable,
    /// All but `dynamic`.
    NotDynamic,
    /// `string` or `dynamic`.
    StringOrDynamic,
    /// `string` or an array.
    StringOrArray,
    /// An integer or an array.
    IntegerOrArray,
    /// A number or `bool`.
    NumberOrBool,
    /// All but `real` and `bool`.
    NotRealOrBool,
    /// `dynamic` that holds an array.
    DynamicArray,
    /// `dynamic` that holds a property bag.
    DynamicBag,
    /// Scalars that share a type with the other parameters of this kind.
    CommonScalar,
    /// As `CommonScalar`; different types make the result dynamic.
    CommonScalarOrDynamic,
    /// Orderable scalars that share a type.
    CommonOrderable,
    /// `typeof(…)`.
    Type,
    /// A table.
    Tabular,
    /// Anything.
    Any,
}

/// What form an argument must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    pub least: u16,
    /// How often it occurs at the most.
    pub most: u16,
    /// The texts it may be, where they are listed; case does not matter.
    pub one_of: &'static [&'static str],
}

impl Parameter {
    /// A parameter that occurs once and takes any expression of these types.
    #[must_use]
    pub const fn of(accepts: Accepts) -> Self {
        Self { name: "", accepts, form: ArgumentForm::Any, least: 1, most: 1, one_of: &[] }
    }

    /// May be left out.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { least: 0, ..self }
    }

    /// Occurs from `least` to `most` times.
    #[must_use]
    pub const fn repeated(self, least: u16, most: u16) -> Self {
        Self { least, most, ..self }
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

/// Short names for parameters and return types, to write signatures with.
pub mod kinds {
    use super::{Accepts, Parameter, Returns};
    use crate::types::ScalarType;

    macro_rules! parameters {
        ($($name:ident = $accepts:expr;)*) => {
            $(#[doc = concat!("A parameter of kind ", stringify!($accepts), ".")] pub const $name: Parameter = Parameter::of($accepts);)*
        };
    }
    parameters! {
        BOOL = Accepts::Is(ScalarType::Bool);
        LONG = Accepts::Is(ScalarType::Long);
        REAL = Accepts::Is(ScalarType::Real);
        DECIMAL = Accepts::Is(ScalarType::Decimal);
        STRING = Accepts::Is(ScalarType::String);
        DATETIME = Accepts::Is(ScalarType::DateTime);
        TIMESPAN = Accepts::Is(ScalarType::TimeSpan);
        GUID = Accepts::Is(ScalarType::Guid);
        DYNAMIC = Accepts::Is(ScalarType::Dynamic);
        SCALAR = Accepts::Scalar;
        NUMBER = Accepts::Number;
        INTEGER = Accepts::Integer;
        SUMMABLE = Accepts::Summable;
        ORDERABLE = Accepts::Orderable;
        NOT_DYNAMIC = Accepts::NotDynamic;
        NOT_REAL_OR_BOOL = Accepts::NotRealOrBool;
        STRING_OR_DYNAMIC = Accepts::StringOrDynamic;
        STRING_OR_ARRAY = Accepts::StringOrArray;
        INTEGER_OR_ARRAY = Accepts::IntegerOrArray;
        NUMBER_OR_BOOL = Accepts::NumberOrBool;
        ARRAY = Accepts::DynamicArray;
        BAG = Accepts::DynamicBag;
        COMMON = Accepts::CommonScalar;
        COMMON_OR_DYNAMIC = Accepts::CommonScalarOrDynamic;
        COMMON_ORDERABLE = Accepts::CommonOrderable;
        TYPE = Accepts::Type;
    }

    /// Returns a fixed type.
    pub mod returns {
        use super::{Returns, ScalarType};
        macro_rules! returns {
            ($($name:ident = $kind:ident;)*) => {
                $(#[doc = concat!("Returns ", stringify!($name), ".")] pub const $name: Returns = Returns::Is(ScalarType::$kind);)*
            };
        }
        returns! {
            BOOL = Bool; INT = Int; LONG = Long; REAL = Real; DECIMAL = Decimal; STRING = String;
            DATETIME = DateTime; TIMESPAN = TimeSpan; GUID = Guid; DYNAMIC = Dynamic;
        }
    }
}

/// What is known of an argument before the query runs.
#[derive(Debug, Clone)]
pub struct ArgumentInfo<'a> {
    /// Its type.
    pub kind: ScalarType,
    /// The name that a column made of it would have; empty if there is none.
    pub name: &'a str,
    /// Its value, if it is constant.
    pub constant: Option<&'a Value>,
}

/// What a signature returns.
#[derive(Clone, Copy)]
pub enum Returns {
    /// Always this type.
    Is(ScalarType),
    /// The type of the first argument.
    First,
    /// The type of the second argument.
    Second,
    /// The widest type of the number arguments: int < long < real < decimal.
    Widest,
    /// The common type of the arguments of the `Common…` kinds.
    Common,
    /// As `Common`; dynamic with another type gives the other type.
    CommonNonDynamic,
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

impl std::fmt::Debug for Returns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Is(kind) => kind.as_str(),
            Self::First => "the first argument's type",
            Self::Second => "the second argument's type",
            Self::Widest => "the widest number type",
            Self::Common | Self::CommonNonDynamic => "the common type",
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

impl Signature {
    /// The fewest arguments.
    #[must_use]
    pub fn least(&self) -> usize {
        self.parameters.iter().map(|parameter| usize::from(parameter.least)).sum()
    }

    /// The most arguments.
    #[must_use]
    pub fn most(&self) -> usize {
        self.parameters.iter().map(|parameter| usize::from(parameter.most)).sum()
    }
}

/// How a result column without a name is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The text of the first argument, if it names a column.
    FirstArgumentValueIfColumn,
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
