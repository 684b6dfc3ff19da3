//! What a scan asks of single columns, in terms that a database or an index knows. It must not know expressions.

use crate::types::{DateTime, Value};

/// A condition on one column that every row must meet which the query needs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ScanCondition<'a> {
    /// The column.
    pub column: &'a str,
    /// What its value must be.
    pub test: ScanTest,
}

/// What a column's value must be. The values have the column's type, and none of them is null or NaN; texts are compared
/// byte by byte, with regard to case.
///
/// A null meets no test but [`ScanTest::NotEqual`] and [`ScanTest::NotIn`], which it always meets. (SQL's `<>` is not
/// true for a null: say `IS DISTINCT FROM`.) A column of strings has no nulls.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ScanTest {
    /// It is this value; a column of bools that is a condition itself is to be true.
    Equal(Value),
    /// It is another value, or null.
    NotEqual(Value),
    /// It is below this number, datetime or timespan.
    Less(Value),
    /// It is at most this number, datetime or timespan.
    LessOrEqual(Value),
    /// It is above this number, datetime or timespan.
    Greater(Value),
    /// It is at least this number, datetime or timespan.
    GreaterOrEqual(Value),
    /// It is one of these values, which may be none at all.
    In(Vec<Value>),
    /// It is none of these values, or null.
    NotIn(Vec<Value>),
    /// The text begins with this one.
    StartsWith(String),
    /// The text ends with this one.
    EndsWith(String),
    /// The text has this one in it, anywhere.
    Contains(String),
    /// The text has this one in it, and neither begins nor ends it in the middle of a term: letters and digits that follow one
    /// another.
    HasTerm(String),
}

/// The earliest and the latest instant, both included, that meet all of these tests.
pub(super) fn time_range<'t>(
    tests: impl IntoIterator<Item = &'t ScanTest>,
) -> (Option<DateTime>, Option<DateTime>) {
    let (mut from, mut to) = (None, None);
    for test in tests {
        let (low, high) = match test {
            ScanTest::Equal(value) => (instant(value), instant(value)),
            ScanTest::In(values) => {
                let instants: Option<Vec<DateTime>> = values.iter().map(instant).collect();
                let instants = instants.unwrap_or_default();
                (instants.iter().min().copied(), instants.iter().max().copied())
            }
            ScanTest::Less(value) => (None, instant(value).map(|it| DateTime(it.0.saturating_sub(1)))),
            ScanTest::LessOrEqual(value) => (None, instant(value)),
            ScanTest::Greater(value) => (instant(value).map(|it| DateTime(it.0.saturating_add(1))), None),
            ScanTest::GreaterOrEqual(value) => (instant(value), None),
            ScanTest::NotEqual(_)
            | ScanTest::NotIn(_)
            | ScanTest::StartsWith(_)
            | ScanTest::EndsWith(_)
            | ScanTest::Contains(_)
            | ScanTest::HasTerm(_) => (None, None),
        };
        from = from.max(low);
        to = match (to, high) {
            (Some(to), Some(high)) => Some(high.min(to)),
            (to, high) => to.or(high),
        };
    }
    (from, to)
}

const fn instant(value: &Value) -> Option<DateTime> {
    if let Value::DateTime(it) = value { Some(*it) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_what_all_tests_leave() {
        let at = |ticks| Value::DateTime(DateTime(ticks));
        let range = |tests: &[ScanTest]| {
            let (from, to) = time_range(tests);
            (from.map(|it| it.0), to.map(|it| it.0))
        };
        assert_eq!(range(&[]), (None, None));
        // An open end is one tick away from the value.
        assert_eq!(range(&[ScanTest::Greater(at(5)), ScanTest::Less(at(9))]), (Some(6), Some(8)));
        assert_eq!(range(&[ScanTest::GreaterOrEqual(at(5)), ScanTest::Greater(at(2))]), (Some(5), None));
        assert_eq!(range(&[ScanTest::LessOrEqual(at(5)), ScanTest::LessOrEqual(at(7))]), (None, Some(5)));
        assert_eq!(range(&[ScanTest::In(vec![at(7), at(3)])]), (Some(3), Some(7)));
        // Nothing can be both: the range is empty.
        assert_eq!(range(&[ScanTest::Equal(at(1)), ScanTest::Greater(at(5))]), (Some(6), Some(1)));
        // These say nothing of an order.
        let others =
            [ScanTest::NotEqual(at(1)), ScanTest::NotIn(vec![at(1)]), ScanTest::Equal(Value::Long(3))];
        assert_eq!(range(&others), (None, None));
    }
}
