//! Finds the rows of a told run in the answer of an ordinary run, which may have them in another order where the query
//! leaves it open. It must not know the query.

use std::collections::{HashMap, VecDeque};

use crate::column::Table;

/// For each row of a told run its place in the answer.
pub(super) struct Places(Option<Vec<usize>>);

impl Places {
    /// Pairs equal rows, the first with the first. Rows of another run, such as one with other random numbers, keep their
    /// places.
    pub fn new(told: &Table, answer: &Table) -> Self {
        if told.len() != answer.len() || told == answer {
            return Self(None);
        }
        let key = |row: Vec<crate::types::Value>| format!("{row:?}");
        let mut rows: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (place, row) in answer.rows().enumerate() {
            rows.entry(key(row)).or_default().push_back(place);
        }
        Self(told.rows().map(|row| rows.get_mut(&key(row))?.pop_front()).collect())
    }

    /// The row's place in the answer.
    pub fn of(&self, told: usize) -> usize {
        self.0.as_ref().and_then(|places| places.get(told)).copied().unwrap_or(told)
    }

    /// The row of the told run that is in this place of the answer.
    pub fn at(&self, place: usize) -> usize {
        let found = self.0.as_ref().and_then(|places| places.iter().position(|it| *it == place));
        found.unwrap_or(place)
    }
}
