//! Matches the rows of an explained run with the rows of an ordinary run, which may come in another order where the query
//! leaves it open.

use std::collections::{HashMap, VecDeque};

use super::row_key::RowKey;
use crate::column::Table;

/// Holds a table that the query gives, and the place in it of each row of the explained run.
pub(super) struct AnswerRows<'a> {
    /// The rows as they are shown.
    pub table: &'a Table,
    /// The place of each row of the explained run; `None` where each stands in its own place.
    places: Option<Vec<usize>>,
}

impl<'a> AnswerRows<'a> {
    /// Pairs equal rows, the first with the first. Where the two runs gave different rows, since they draw random numbers,
    /// those of the explained run are taken for the answer.
    pub fn new(explained: &'a Table, answer: &'a Table) -> Self {
        if explained == answer {
            return Self { table: answer, places: None };
        }
        let mut rows: HashMap<RowKey, VecDeque<usize>> = HashMap::new();
        for (place, row) in answer.rows().enumerate() {
            rows.entry(RowKey::new(&row)).or_default().push_back(place);
        }
        let places: Option<Vec<usize>> =
            explained.rows().map(|row| rows.get_mut(&RowKey::new(&row))?.pop_front()).collect();
        match places.filter(|places| places.len() == answer.len()) {
            Some(places) => Self { table: answer, places: Some(places) },
            None => Self { table: explained, places: None },
        }
    }

    /// The place in the answer of a row of the explained run.
    pub fn place_of(&self, row: usize) -> usize {
        self.places.as_ref().and_then(|places| places.get(row)).copied().unwrap_or(row)
    }

    /// The row of the explained run that has a place in the answer.
    pub fn row_at(&self, place: usize) -> usize {
        let found = self.places.as_ref().and_then(|places| places.iter().position(|it| *it == place));
        found.unwrap_or(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{ScalarType, Schema, Value};

    fn table(values: &[Option<f64>]) -> Table {
        let schema = Schema::new([("x", ScalarType::Real)]);
        Table::from_rows(schema, values.iter().map(|value| vec![value.map_or(Value::Null, Value::Real)]))
    }

    #[test]
    fn rows_are_found_in_another_order() {
        let (nan, explained) = (f64::NAN, table(&[Some(1.0), None, Some(f64::NAN), Some(1.0), None]));
        let answer = table(&[None, Some(1.0), None, Some(1.0), Some(nan)]);
        let rows = AnswerRows::new(&explained, &answer);
        assert_eq!((0..5).map(|row| rows.place_of(row)).collect::<Vec<_>>(), [1, 0, 4, 3, 2]);
        assert_eq!((0..5).map(|place| rows.row_at(place)).collect::<Vec<_>>(), [1, 0, 4, 3, 2]);
        assert!(std::ptr::eq(rows.table, &answer));
    }

    #[test]
    fn rows_of_other_values_are_the_answer_themselves() {
        let explained = table(&[Some(1.0), Some(2.0)]);
        for answer in [table(&[Some(1.0), Some(3.0)]), table(&[Some(2.0), Some(1.0), Some(1.0)])] {
            let rows = AnswerRows::new(&explained, &answer);
            assert!(std::ptr::eq(rows.table, &explained));
            assert_eq!([rows.place_of(1), rows.row_at(1)], [1, 1]);
        }
    }
}
