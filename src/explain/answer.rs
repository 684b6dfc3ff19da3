//! Finds the rows of a told run in the answer of an ordinary run, which may have them in another order where the query
//! leaves it open. It must not know the query.

use std::collections::{HashMap, VecDeque};

use crate::column::Table;
use crate::types::Value;

/// The answer, with the place in it of each row of a told run.
pub(super) struct Answer<'a> {
    /// Its rows.
    pub table: &'a Table,
    /// Nothing where each row stands in its own place.
    places: Option<Vec<usize>>,
}

impl<'a> Answer<'a> {
    /// Pairs equal rows, the first with the first. Where the runs differ in their rows, since they draw random numbers, the
    /// told run's are the answer.
    pub fn new(told: &'a Table, answer: &'a Table) -> Self {
        if told == answer {
            return Self { table: answer, places: None };
        }
        let key = |row: Vec<Value>| format!("{row:?}");
        let mut rows: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (place, row) in answer.rows().enumerate() {
            rows.entry(key(row)).or_default().push_back(place);
        }
        let places: Option<Vec<usize>> =
            told.rows().map(|row| rows.get_mut(&key(row))?.pop_front()).collect();
        match places.filter(|places| places.len() == answer.len()) {
            Some(places) => Self { table: answer, places: Some(places) },
            None => Self { table: told, places: None },
        }
    }

    /// The place in the answer of a row of the told run.
    pub fn place_of(&self, told: usize) -> usize {
        self.places.as_ref().and_then(|places| places.get(told)).copied().unwrap_or(told)
    }

    /// The row of the told run that has a place in the answer.
    pub fn row_at(&self, place: usize) -> usize {
        let found = self.places.as_ref().and_then(|places| places.iter().position(|it| *it == place));
        found.unwrap_or(place)
    }
}
