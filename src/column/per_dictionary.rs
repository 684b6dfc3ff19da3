//! What was found out about dictionaries, kept from column to column: the chunks of a table share theirs.

use std::sync::{Arc, Mutex, PoisonError};

use super::StringColumn;

/// Something for each of the dictionaries seen last; several threads may share it.
#[derive(Debug)]
pub struct PerDictionary<T>(Mutex<Vec<(StringColumn, Arc<T>)>>);

impl<T> Default for PerDictionary<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> PerDictionary<T> {
    /// The most dictionaries that are known at once: as many as columns have, however many a hostile input brings.
    const MAX_DICTIONARIES: usize = 16;

    /// What is known of a column's dictionary, or is `made` now.
    pub fn get(&self, texts: &StringColumn, made: impl FnOnce() -> T) -> Arc<T> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, it)) = known.iter().find(|(dictionary, _)| dictionary.same_values(texts)) {
            return it.clone();
        }
        let made = Arc::new(made());
        if known.len() == Self::MAX_DICTIONARIES {
            known.remove(0);
        }
        // The dictionary is kept too, so that its address stays its own.
        known.push((texts.slice(0, 0), made.clone()));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionaries_seen_last_are_known() {
        let columns: Vec<StringColumn> =
            (0..20).map(|_| ["a", "a"].into_iter().collect::<StringColumn>().encode(9).unwrap()).collect();
        let known = PerDictionary::default();
        for (at, column) in columns.iter().enumerate() {
            assert_eq!(*known.get(column, || at), at);
            assert_eq!(*known.get(&column.slice(1, 1), || 99), at);
        }
        assert_eq!(*known.get(&columns[4], || 99), 4);
        assert_eq!(*known.get(&columns[3], || 99), 99);
    }
}
