//! Branches of expressions: the rows for which an argument of `iff`, `case`, `coalesce`, `and` or `or` is computed.
//!
//! A branch is the rows of its parent for which a condition holds, a step that was computed for the parent's rows. The
//! trunk, number 0, is all rows. It must not know functions, nor how steps are computed.

use arrow_buffer::BooleanBuffer;

use crate::column::{Column, NO_ROW};
use crate::types::ScalarType;

/// The branch that all rows take.
pub(super) const TRUNK: usize = 0;

/// Below this cost of its own steps a branch is computed for the rows of its parent: to pick rows costs more.
pub(super) const MIN_COST: u32 = 10;

/// What a condition must be for a row to take a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    True,
    NotTrue,
    NotFalse,
    /// Null, or the empty text.
    Missing,
}

/// Some rows of another branch.
#[derive(Debug)]
struct Branch {
    parent: usize,
    /// The step and output that is tested, and for what.
    condition: ((usize, usize), Test),
}

/// The branches of a program, the trunk apart.
#[derive(Debug, Default)]
pub(super) struct Branches(Vec<Branch>);

impl Branches {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len() + 1
    }

    fn get(&self, branch: usize) -> Option<&Branch> {
        self.0.get(branch.checked_sub(1)?)
    }

    /// A branch of the rows of `parent` for which a condition holds.
    pub(super) fn add(&mut self, parent: usize, condition: (usize, usize), test: Test) -> usize {
        self.0.push(Branch { parent, condition: (condition, test) });
        self.0.len()
    }

    /// Makes a branch of `from` one of `to`, which has all rows of `from`.
    pub(super) fn move_up(&mut self, branch: usize, from: usize, to: usize) {
        if let Some(branch) = branch.checked_sub(1).and_then(|at| self.0.get_mut(at))
            && branch.parent == from
        {
            branch.parent = to;
        }
    }

    /// The branch that a branch has its rows of.
    pub(super) fn parent(&self, branch: usize) -> usize {
        self.get(branch).map_or(TRUNK, |it| it.parent)
    }

    /// The branch with the fewest rows that has all rows of both. A parent has a smaller number than its branches.
    pub(super) fn common(&self, a: usize, b: usize) -> usize {
        let (mut a, mut b) = (a, b);
        while a != b {
            if a > b {
                a = self.parent(a);
            } else {
                b = self.parent(b);
            }
        }
        a
    }

    /// The steps that branches test.
    pub(super) fn conditions(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.0.iter().map(|branch| branch.condition.0)
    }

    /// The branch for whose rows the steps of a branch are computed: itself, or one below that has more rows, where it is
    /// none of the `picked` ones. Nothing stands for all of them.
    pub(super) fn computed(&self, branch: usize, picked: Option<&[bool]>) -> usize {
        let mut branch = branch;
        while let Some(it) = self.get(branch) {
            if picked.is_none_or(|picked| picked.get(branch) == Some(&true)) {
                return branch;
            }
            branch = it.parent;
        }
        TRUNK
    }

    /// The conditions to test on the way from a branch up to another, the lowest one first.
    pub(super) fn path(&self, from: usize, to: usize) -> Vec<((usize, usize), Test)> {
        let mut path = Vec::new();
        let mut at = to;
        while at != from
            && let Some(branch) = self.get(at)
        {
            path.push(branch.condition);
            at = branch.parent;
        }
        path.reverse();
        path
    }
}

/// The rows of a column that pass a test.
pub(super) fn passing(column: &Column, test: Test) -> Vec<u32> {
    let rows = column.len();
    match test {
        Test::True => column.convert(ScalarType::Bool).true_rows(),
        Test::NotTrue => others(&column.convert(ScalarType::Bool).true_rows(), rows),
        Test::NotFalse => match column.convert(ScalarType::Bool) {
            Column::Bool(values, validity) => {
                let holds = match validity.nulls() {
                    None => values,
                    Some(valid) => &values | &!valid.inner(),
                };
                ones(&holds)
            }
            constant => {
                let holds = constant.as_constant().is_none_or(|value| *value != false.into());
                if holds { (0..rows as u32).collect() } else { Vec::new() }
            }
        },
        Test::Missing => {
            let missing = |row: usize| match column {
                Column::String(texts) => texts.bytes(row).is_empty(),
                other => other.is_null(row) || other.as_constant().and_then(|it| it.as_str()) == Some(""),
            };
            (0..rows).filter(|row| missing(*row)).map(|row| row as u32).collect()
        }
    }
}

fn ones(bits: &BooleanBuffer) -> Vec<u32> {
    bits.set_indices_u32().collect()
}

/// The rows below `count` that are not among these, which are in order.
fn others(rows: &[u32], count: usize) -> Vec<u32> {
    let mut out = Vec::with_capacity(count - rows.len());
    let mut next = rows.iter().copied().peekable();
    for row in 0..count as u32 {
        if next.peek() == Some(&row) {
            next.next();
        } else {
            out.push(row);
        }
    }
    out
}

/// Where the rows `wanted` stand among `rows`, [`NO_ROW`] where they do not; both are in order. No rows are all of them.
pub(super) fn places(rows: Option<&[u32]>, wanted: &[u32]) -> Vec<u32> {
    let Some(rows) = rows else { return wanted.to_vec() };
    let mut at = 0;
    wanted
        .iter()
        .map(|row| {
            while rows.get(at).is_some_and(|it| it < row) {
                at += 1;
            }
            if rows.get(at) == Some(row) { at as u32 } else { NO_ROW }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Value;

    #[test]
    fn tests_of_three_values() {
        let column = Column::from_values(ScalarType::Bool, &[true.into(), Value::Null, false.into()]);
        assert_eq!(passing(&column, Test::True), [0]);
        assert_eq!(passing(&column, Test::NotTrue), [1, 2]);
        assert_eq!(passing(&column, Test::NotFalse), [0, 1]);
        let constant = |value: Value| Column::constant(value, ScalarType::Bool, 2);
        assert_eq!(passing(&constant(Value::Null), Test::NotFalse), [0, 1]);
        assert_eq!(passing(&constant(false.into()), Test::NotFalse), [] as [u32; 0]);
        assert_eq!(passing(&constant(false.into()), Test::NotTrue), [0, 1]);
        let texts = Column::from_values(ScalarType::String, &["".into(), "a".into()]);
        assert_eq!(passing(&texts, Test::Missing), [0]);
        let longs = Column::from_values(ScalarType::Long, &[1_i64.into(), Value::Null]);
        assert_eq!(passing(&longs, Test::Missing), [1]);
        assert_eq!(passing(&Column::constant("".into(), ScalarType::String, 2), Test::Missing), [0, 1]);
    }

    #[test]
    fn places_among_rows() {
        assert_eq!(places(Some(&[1, 4, 6]), &[4, 6]), [1, 2]);
        assert_eq!(places(Some(&[1, 4]), &[0, 1, 2, 4, 5]), [NO_ROW, 0, NO_ROW, 1, NO_ROW]);
        assert_eq!(places(None, &[3, 5]), [3, 5]);
    }

    #[test]
    fn branches_meet_where_both_have_their_rows() {
        let mut branches = Branches::default();
        let a = branches.add(TRUNK, (0, 0), Test::True);
        let b = branches.add(a, (1, 0), Test::True);
        let c = branches.add(a, (1, 0), Test::NotTrue);
        assert_eq!((branches.common(b, c), branches.common(b, TRUNK), branches.common(b, a)), (a, TRUNK, a));
        assert_eq!(branches.path(TRUNK, c), [((0, 0), Test::True), ((1, 0), Test::NotTrue)]);
        assert_eq!(branches.computed(c, Some(&[false; 4])), TRUNK);
        assert_eq!(branches.computed(c, Some(&[false, true, false, false])), a);
        assert_eq!(branches.computed(c, None), c);
    }
}
