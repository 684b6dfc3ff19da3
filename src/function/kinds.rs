//! Short names for parameters and return types, to write signatures with. It must not know any particular function.

use super::accepts::{Accepts, Common, Holds, TypeSet};
use super::signature::{Parameter, Returns};
use crate::types::ScalarType::{self, Bool, DateTime, Decimal, Dynamic, Guid, Long, Real, String, TimeSpan};

const fn read_as(data_type: ScalarType) -> Accepts {
    Accepts::read_as(TypeSet::of(data_type))
}

macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident = $accepts:expr;)*) => {
        $($(#[$doc])* pub const $name: Parameter = Parameter::of($accepts);)*
    };
}
parameters! {
    /// A `bool`, or a dynamic value that is read as one.
    BOOL = read_as(Bool);
    /// A `long`, a narrower number, or a dynamic value that is read as one.
    LONG = read_as(Long);
    /// A `real`, a narrower number, or a dynamic value that is read as one.
    REAL = read_as(Real);
    /// A number, or a dynamic value that is read as a `decimal`.
    DECIMAL = read_as(Decimal);
    /// A `string`, or a dynamic value, of which the text is taken.
    STRING = read_as(String);
    /// A `datetime`, or a dynamic value that is read as one.
    DATETIME = read_as(DateTime);
    /// A `datetime`, and no dynamic value.
    ONLY_DATETIME = Accepts::only(DateTime);
    /// A `timespan`, or a dynamic value that is read as one.
    TIMESPAN = read_as(TimeSpan);
    /// A `timespan`, and no dynamic value.
    ONLY_TIMESPAN = Accepts::only(TimeSpan);
    /// A `guid`, or a dynamic value that is read as one.
    GUID = read_as(Guid);
    /// A `dynamic`, whatever it holds.
    DYNAMIC = Accepts::only(Dynamic);
    /// A `dynamic` that holds an array.
    ARRAY = Accepts::only(Dynamic).holding(Holds::Array);
    /// A `dynamic` that holds a property bag.
    BAG = Accepts::only(Dynamic).holding(Holds::Bag);
    /// A value of any type.
    SCALAR = Accepts::any_of(TypeSet::ALL);
    /// A number, or a dynamic value that is read as one.
    NUMBER = Accepts::read_as(TypeSet::NUMBERS);
    /// An `int` or `long`, or a dynamic value that is read as one.
    INTEGER = Accepts::read_as(TypeSet::INTEGERS);
    /// A number, `datetime` or `timespan`, or a dynamic value that is read as one.
    SUMMABLE = Accepts::read_as(TypeSet::NUMBERS.with(DateTime).with(TimeSpan));
    /// A number or `bool`, or a dynamic value that is read as one.
    NUMBER_OR_BOOL = Accepts::read_as(TypeSet::NUMBERS.with(Bool));
    /// A value of a type that has an order.
    ORDERABLE = Accepts::any_of(TypeSet::ORDERABLE);
    /// A value of any type but `dynamic`.
    NOT_DYNAMIC = Accepts::any_of(TypeSet::ALL.without(Dynamic));
    /// A value of any type but `real` and `bool`.
    NOT_REAL_OR_BOOL = Accepts::any_of(TypeSet::ALL.without(Real).without(Bool));
    /// A `string` or `dynamic`.
    STRING_OR_DYNAMIC = Accepts::any_of(TypeSet::of(String).with(Dynamic));
    /// A `string`, or a `dynamic` that holds an array.
    STRING_OR_ARRAY = STRING_OR_DYNAMIC.accepts.holding(Holds::Array);
    /// An integer, or a `dynamic` that holds an array.
    INTEGER_OR_ARRAY = Accepts::any_of(TypeSet::INTEGERS.with(Dynamic)).holding(Holds::Array);
    /// A value that shares a type with the others of this kind.
    COMMON = SCALAR.accepts.common(Common::Same);
    /// A value that shares a type with the others of this kind, or a dynamic one beside them.
    COMMON_OR_DYNAMIC = SCALAR.accepts.common(Common::SameOrDynamic);
    /// A value that shares a type that has an order with the others of this kind.
    COMMON_ORDERABLE = ORDERABLE.accepts.common(Common::Same);
    /// A table.
    TABLE = Accepts::only(Dynamic).holding(Holds::Table);
    /// `typeof(…)`.
    TYPE = Accepts::only(String).holding(Holds::TypeName);
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
