//! The scalar types of KQL.

use std::fmt;
use std::str::FromStr;

/// A scalar type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScalarType {
    /// `true` or `false`.
    Bool,
    /// 32-bit signed integer.
    Int,
    /// 64-bit signed integer.
    Long,
    /// 64-bit IEEE 754 floating point.
    Real,
    /// Decimal number with 28 significant digits.
    Decimal,
    /// UTF-8 text; never null.
    String,
    /// An instant in UTC, in ticks of 100 ns since 0001-01-01.
    DateTime,
    /// A span of time in ticks of 100 ns.
    TimeSpan,
    /// A 128-bit identifier.
    Guid,
    /// JSON-like: an array, a property bag, or a scalar of another type.
    Dynamic,
}

impl ScalarType {
    /// Every type.
    pub const ALL: [ScalarType; 10] = [
        Self::Bool,
        Self::Int,
        Self::Long,
        Self::Real,
        Self::Decimal,
        Self::String,
        Self::DateTime,
        Self::TimeSpan,
        Self::Guid,
        Self::Dynamic,
    ];

    /// The canonical name, such as `long`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Long => "long",
            Self::Real => "real",
            Self::Decimal => "decimal",
            Self::String => "string",
            Self::DateTime => "datetime",
            Self::TimeSpan => "timespan",
            Self::Guid => "guid",
            Self::Dynamic => "dynamic",
        }
    }

    /// The .NET name that `getschema` shows, such as `System.Int64`.
    ///
    /// Source: the getschema operator's page.
    #[must_use]
    pub const fn dotnet_name(self) -> &'static str {
        match self {
            Self::Bool => "System.SByte",
            Self::Int => "System.Int32",
            Self::Long => "System.Int64",
            Self::Real => "System.Double",
            Self::Decimal => "System.Data.SqlTypes.SqlDecimal",
            Self::String => "System.String",
            Self::DateTime => "System.DateTime",
            Self::TimeSpan => "System.TimeSpan",
            Self::Guid => "System.Guid",
            Self::Dynamic => "System.Object",
        }
    }

    /// `int` or `long`.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::Int | Self::Long)
    }

    /// `int`, `long`, `real` or `decimal`.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Long | Self::Real | Self::Decimal)
    }

    /// A number, `datetime` or `timespan`.
    #[must_use]
    pub const fn is_summable(self) -> bool {
        self.is_number() || matches!(self, Self::DateTime | Self::TimeSpan)
    }
}

impl fmt::Display for ScalarType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ScalarType {
    type Err = ();

    /// Reads every spelling that KQL has: `long` and `int64`, `real` and `double` …
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "bool" | "boolean" => Self::Bool,
            "int" | "int32" => Self::Int,
            "long" | "int64" => Self::Long,
            "real" | "double" => Self::Real,
            "decimal" => Self::Decimal,
            "string" => Self::String,
            "datetime" | "date" => Self::DateTime,
            "timespan" | "time" => Self::TimeSpan,
            "guid" | "uuid" | "uniqueid" => Self::Guid,
            "dynamic" => Self::Dynamic,
            _ => return Err(()),
        })
    }
}
