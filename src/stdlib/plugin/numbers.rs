//! Numbers for values and for combinations of values: equal ones have equal numbers, from 0 in the order in which they were
//! first seen. It must not know any plugin.

use std::hash::Hash;

use hashbrown::HashMap;

use crate::column::{Column, Interner, NO_ROW};
use crate::function::{PluginRun, Result};
use crate::types::{ScalarType, Value};

/// A number for each row, and the first row of each number.
pub(super) struct Numbers {
    pub of_row: Vec<u32>,
    pub first_rows: Vec<u32>,
}

/// About what a row takes in numbers and tables of them.
const BYTES_A_ROW: usize = 32;

impl Numbers {
    /// All rows have one number, if there are rows.
    fn one(rows: usize) -> Self {
        Self { of_row: vec![0; rows], first_rows: if rows == 0 { Vec::new() } else { vec![0] } }
    }

    /// Of so many rows by the values of columns; nulls are equal. Without columns all rows are equal.
    pub fn of(run: &PluginRun<'_>, columns: &[&Column], rows: usize) -> Result<Self> {
        let Some((first, others)) = columns.split_first() else { return Ok(Self::one(rows)) };
        run.work(rows.saturating_mul(8 * columns.len()))?;
        let mut numbers = codes(first);
        for column in others {
            let codes = codes(column);
            let pairs = numbers.iter().zip(&codes).map(|(&a, &b)| (a, b));
            numbers = number(pairs);
        }
        Ok(Self::from_codes(numbers))
    }

    fn from_codes(of_row: Vec<u32>) -> Self {
        let mut first_rows = Vec::new();
        for (row, &code) in of_row.iter().enumerate() {
            if code as usize == first_rows.len() {
                first_rows.push(u32::try_from(row).unwrap_or(NO_ROW));
            }
        }
        Self { of_row, first_rows }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.first_rows.len()
    }

    /// What the numbers of so many rows take.
    pub const fn bytes(rows: usize) -> usize {
        rows.saturating_mul(BYTES_A_ROW)
    }

    /// The rows of each number, in their order: those of `n` are `rows[starts[n]..starts[n + 1]]`.
    pub fn groups(&self) -> (Vec<u32>, Vec<u32>) {
        let mut starts = vec![0_u32; self.len() + 1];
        for &code in &self.of_row {
            if let Some(count) = starts.get_mut(code as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut rows = vec![0_u32; self.of_row.len()];
        for (row, &code) in self.of_row.iter().enumerate() {
            if let Some(at) = next.get_mut(code as usize) {
                if let Some(slot) = rows.get_mut(*at as usize) {
                    *slot = u32::try_from(row).unwrap_or(NO_ROW);
                }
                *at += 1;
            }
        }
        (starts, rows)
    }
}

/// Numbers for hashable values.
fn number<K: Hash + Eq>(keys: impl Iterator<Item = K>) -> Vec<u32> {
    let mut known: HashMap<K, u32> = HashMap::new();
    keys.map(|key| {
        let next = u32::try_from(known.len()).unwrap_or(NO_ROW);
        *known.entry(key).or_insert(next)
    })
    .collect()
}

/// Numbers for the values of a column.
pub(super) fn codes(column: &Column) -> Vec<u32> {
    match column {
        Column::Constant(it) => vec![0; it.len],
        Column::String(_) => {
            let mut interner = Interner::default();
            let mut interned = Vec::with_capacity(column.len());
            // Texts of a dictionary are numbered as rows come that have them, too.
            interner.insert_column(column, &mut interned);
            interned
        }
        Column::Dynamic(_) => {
            let mut interner = Interner::default();
            let text = |row: usize| match column.value(row) {
                Value::Dynamic(value) => interner.insert(value.group_key().as_bytes()),
                _ => NO_ROW,
            };
            let interned: Vec<u32> = (0..column.len()).map(text).collect();
            number(interned.into_iter())
        }
        Column::Int(it) => number((0..it.len()).map(|row| it.get(row))),
        Column::Long(it) | Column::DateTime(it) | Column::TimeSpan(it) => {
            number((0..it.len()).map(|row| it.get(row)))
        }
        // 0.0 and -0.0 are equal, and so are all that are no number.
        Column::Real(it) => number((0..it.len()).map(|row| {
            it.get(row).map(|n| if n.is_nan() { f64::NAN.to_bits() } else { (n + 0.0).to_bits() })
        })),
        // Equal decimals may have different scales.
        Column::Decimal(_) => number((0..column.len()).map(|row| column.value(row).to_text())),
        Column::Guid(it) => number((0..it.len()).map(|row| it.get(row))),
        Column::Bool(values, validity) => {
            number((0..values.len()).map(|row| validity.is_valid(row).then(|| values.value(row))))
        }
    }
}

/// Numbers for the pairs of two numberings, each of the rows of two tables.
pub(super) fn pairs(first: (Vec<u32>, Vec<u32>), second: (Vec<u32>, Vec<u32>)) -> (Vec<u32>, Vec<u32>) {
    let rows = first.0.len();
    let of_left = first.0.into_iter().zip(second.0);
    let of_right = first.1.into_iter().zip(second.1);
    let mut numbers = number(of_left.chain(of_right));
    let of_second = numbers.split_off(rows.min(numbers.len()));
    (numbers, of_second)
}

/// Equal values of two columns have one number: those of the first column's rows, then those of the second one's.
pub(super) fn codes_of_both(data_type: ScalarType, first: &Column, second: &Column) -> (Vec<u32>, Vec<u32>) {
    let both = Column::concat(data_type, &[first.clone(), second.clone()]);
    let mut of_first = codes(&both);
    let of_second = of_first.split_off(first.len().min(of_first.len()));
    (of_first, of_second)
}
