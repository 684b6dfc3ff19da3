//! What types a parameter accepts, and the words for it. It must not know how a form is chosen.

use std::fmt;

use crate::types::ScalarType;

/// A set of scalar types.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TypeSet(u16);

impl TypeSet {
    /// Every type.
    pub const ALL: Self = {
        let (mut set, mut at) = (Self(0), 0);
        while at < ScalarType::ALL.len() {
            set = set.with(ScalarType::ALL[at]);
            at += 1;
        }
        set
    };
    /// `int`, `long`.
    pub const INTEGERS: Self = Self::of(ScalarType::Int).with(ScalarType::Long);
    /// `int`, `long`, `real`, `decimal`.
    pub const NUMBERS: Self = Self::INTEGERS.with(ScalarType::Real).with(ScalarType::Decimal);
    /// The types that have an order.
    pub const ORDERABLE: Self = Self::ALL.without(ScalarType::Guid).without(ScalarType::Dynamic);

    /// One type.
    #[must_use]
    pub const fn of(data_type: ScalarType) -> Self {
        Self(1 << data_type as u16)
    }

    /// The set with one more type.
    #[must_use]
    pub const fn with(self, data_type: ScalarType) -> Self {
        Self(self.0 | Self::of(data_type).0)
    }

    /// The set without a type.
    #[must_use]
    pub const fn without(self, data_type: ScalarType) -> Self {
        Self(self.0 & !Self::of(data_type).0)
    }

    /// Whether the type is one of them.
    #[must_use]
    pub const fn contains(self, data_type: ScalarType) -> bool {
        self.0 & Self::of(data_type).0 != 0
    }

    /// Whether all types of another set are in this one.
    #[must_use]
    pub const fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// How many types there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// There are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The type, if there is just one.
    #[must_use]
    pub fn single(self) -> Option<ScalarType> {
        self.iter().next().filter(|_| self.len() == 1)
    }

    /// The types, in the order of [`ScalarType::ALL`].
    pub fn iter(self) -> impl Iterator<Item = ScalarType> {
        ScalarType::ALL.into_iter().filter(move |data_type| self.contains(*data_type))
    }
}

impl fmt::Debug for TypeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// What types a parameter accepts.
///
/// It is displayed as it stands in a signature (`number or bool`), and with `{:#}` as it stands after "must be" (`a number
/// or a bool`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepts {
    /// The types of the values that are accepted as they are.
    pub types: TypeSet,
    /// Values of other types are read as one of these: narrower numbers as the one type, dynamic values as any (by
    /// operators; functions ask for a cast, save for texts).
    pub coerces: bool,
    /// What a value must hold; it is looked at when the function is computed.
    pub holds: Holds,
    /// Whether the arguments of several parameters must have a type in common.
    pub common: Common,
}

/// What a value of an accepted type must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Anything.
    Anything,
    /// A dynamic value holds an array.
    Array,
    /// A dynamic value holds a property bag.
    Bag,
    /// The name of a type: `typeof(…)`.
    TypeName,
    /// A table. Its function says what a call stands for.
    Table,
}

/// Whether the arguments of several parameters must have a type in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Common {
    /// They need not.
    No,
    /// All have the widest type, or the first one's.
    Same,
    /// As `Same`; one that is dynamic is accepted beside others.
    SameOrDynamic,
}

impl Accepts {
    /// Values of these types, as they are.
    #[must_use]
    pub const fn any_of(types: TypeSet) -> Self {
        Self { types, coerces: false, holds: Holds::Anything, common: Common::No }
    }

    /// Values of one type, as they are.
    #[must_use]
    pub const fn only(data_type: ScalarType) -> Self {
        Self::any_of(TypeSet::of(data_type))
    }

    /// Values of these types, and values that can be read as one of them.
    #[must_use]
    pub const fn read_as(types: TypeSet) -> Self {
        Self { coerces: true, ..Self::any_of(types) }
    }

    /// Values that hold something.
    #[must_use]
    pub const fn holding(self, holds: Holds) -> Self {
        Self { holds, ..self }
    }

    /// Values that share a type with the other arguments of this kind.
    #[must_use]
    pub const fn common(self, common: Common) -> Self {
        Self { common, ..self }
    }

    /// A function asks for a cast of a dynamic argument here: it reads one as text only (operators do read dynamic operands
    /// as their fellow's type).
    #[must_use]
    pub const fn asks_for_a_cast(self) -> bool {
        self.coerces && !self.types.contains(ScalarType::Dynamic) && !self.types.contains(ScalarType::String)
    }

    /// The words for the types, those of a group first.
    fn words(self) -> Vec<&'static str> {
        let mut rest = self.types;
        let mut words = Vec::new();
        for (group, word) in [(TypeSet::NUMBERS, "number"), (TypeSet::INTEGERS, "integer")] {
            if rest.contains_all(group) && self.types.len() > 1 {
                words.push(word);
                rest = group.iter().fold(rest, TypeSet::without);
            }
        }
        let word = |data_type: ScalarType| match (data_type, self.holds) {
            (ScalarType::Dynamic, Holds::Array) => "array",
            (ScalarType::Dynamic, Holds::Bag) => "property bag",
            (data_type, _) => data_type.as_str(),
        };
        words.extend(rest.iter().map(word));
        words
    }
}

/// With its article; a dynamic value has none.
fn with_article(word: &str) -> String {
    match word {
        "dynamic" => word.to_owned(),
        _ if word.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {word}"),
        _ => format!("a {word}"),
    }
}

/// `a`, `a or b`, `a, b or c`.
fn listed(words: &[impl AsRef<str>]) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} or {}", first.join(", "), last.as_ref())
        }
    }
}

impl fmt::Display for Accepts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = f.alternate();
        let excluded = self.types.iter().fold(TypeSet::ALL, TypeSet::without);
        let named = match (self.common, self.holds, self.types) {
            (Common::Same | Common::SameOrDynamic, ..) => {
                Some(("scalar of the common type", "of the common type"))
            }
            (_, Holds::TypeName, _) => Some(("type", "typeof(…)")),
            (_, Holds::Table, _) => Some(("table", "a table")),
            (.., TypeSet::ALL) => Some(("scalar", "a scalar")),
            (.., TypeSet::ORDERABLE) => Some(("scalar that has an order", "of a type that has an order")),
            _ => None,
        };
        if let Some((short, long)) = named {
            return f.write_str(if sentence { long } else { short });
        }
        if excluded.len() <= 2 {
            let types: Vec<&str> = excluded.iter().map(ScalarType::as_str).collect();
            return match sentence {
                true => write!(f, "of another type than {}", types.join(" and ")),
                false => write!(f, "scalar but {}", types.join(" or ")),
            };
        }
        let words = self.words();
        match (sentence, &words[..]) {
            (false, words) => f.write_str(&listed(words)),
            (true, [one]) if self.holds != Holds::Anything => write!(f, "a dynamic {one}"),
            (true, [one]) if self.types.len() == 1 => write!(f, "of type {one}"),
            (true, [one, other]) => write!(f, "{} or {}", with_article(one), with_article(other)),
            (true, [first, rest @ ..]) => {
                let words: Vec<String> = std::iter::once(with_article(first))
                    .chain(rest.iter().map(ToString::to_string))
                    .collect();
                f.write_str(&listed(&words))
            }
            (true, []) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::function::kinds::*;

    #[test]
    fn in_a_signature_and_in_a_sentence() {
        for (parameter, short, sentence) in [
            (LONG, "long", "of type long"),
            (SCALAR, "scalar", "a scalar"),
            (NUMBER, "number", "a number"),
            (INTEGER, "integer", "an integer"),
            (SUMMABLE, "number, datetime or timespan", "a number, datetime or timespan"),
            (ORDERABLE, "scalar that has an order", "of a type that has an order"),
            (NOT_DYNAMIC, "scalar but dynamic", "of another type than dynamic"),
            (NOT_REAL_OR_BOOL, "scalar but bool or real", "of another type than bool and real"),
            (STRING_OR_DYNAMIC, "string or dynamic", "a string or dynamic"),
            (STRING_OR_ARRAY, "string or array", "a string or an array"),
            (INTEGER_OR_ARRAY, "integer or array", "an integer or an array"),
            (NUMBER_OR_BOOL, "number or bool", "a number or a bool"),
            (DYNAMIC, "dynamic", "of type dynamic"),
            (ARRAY, "array", "a dynamic array"),
            (BAG, "property bag", "a dynamic property bag"),
            (COMMON, "scalar of the common type", "of the common type"),
            (TYPE, "type", "typeof(…)"),
            (TABLE, "table", "a table"),
        ] {
            assert_eq!(parameter.accepts.to_string(), short);
            assert_eq!(format!("{:#}", parameter.accepts), sentence);
        }
    }
}
