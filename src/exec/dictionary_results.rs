//! What a function gave for the values of a dictionary, kept from chunk to chunk: chunks of one table share it.
//! It must not know any particular function.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::budget::Charge;
use crate::column::{Column, PerDictionary, StringColumn};
use crate::function::Result;

/// The results of one call whose only varying argument is of texts. Several threads may share it.
#[derive(Default)]
pub(super) struct DictionaryResults(PerDictionary<Known>);

#[derive(Default)]
struct Known {
    /// How many rows were asked for so far.
    asked: AtomicUsize,
    /// For each value; `None` if the function refuses one of them, which perhaps no row has.
    results: OnceLock<Option<(Column, Option<Charge>)>>,
}

impl DictionaryResults {
    /// The results for a column with a dictionary; `compute` gives those of all its values. `None` where it is better, as
    /// far as is known, to compute the rows.
    pub(super) fn get(
        &self,
        texts: &StringColumn,
        compute: impl FnOnce(Column) -> Result<(Column, Option<Charge>)>,
    ) -> Option<Column> {
        let (codes, values) = texts.dictionary()?;
        let known = self.0.get(texts, Known::default);
        let before = known.asked.fetch_add(codes.len(), Ordering::Relaxed);
        // The first rows are computed by themselves: there may be no others.
        if known.results.get().is_none() && (before == 0 || before + codes.len() < values) {
            return None;
        }
        let results =
            known.results.get_or_init(|| match compute(Column::String(texts.dictionary_values())) {
                Ok((Column::String(texts), charge)) => Some((Column::String(texts.to_plain()), charge)),
                results => results.ok(),
            });
        Some(match &results.as_ref()?.0 {
            Column::String(results) => Column::String(StringColumn::from_codes(codes.to_vec(), results)),
            results => results.take(codes),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::diagnostic::{Code, Diagnostic};
    use crate::source::Span;

    fn dictionary(texts: &[&str]) -> StringColumn {
        texts.iter().copied().collect::<StringColumn>().encode(9).unwrap()
    }

    #[test]
    fn values_are_computed_once_they_pay() {
        let texts = dictionary(&["a", "b", "c", "b", "b", "a"]);
        let (memo, calls) = (DictionaryResults::default(), Cell::new(0));
        let upper = |values: Column| {
            calls.set(calls.get() + 1);
            let upper = values.values().map(|value| value.to_text().to_uppercase()).collect::<Vec<_>>();
            Ok((Column::String(upper.iter().map(String::as_str).collect()), None))
        };
        let get = |from: usize, len: usize| {
            let found = memo.get(&texts.slice(from, len), upper)?;
            Some(found.values().map(|value| value.to_text().to_string()).collect::<Vec<_>>().concat())
        };
        // Two rows were asked for, and there are three values.
        assert_eq!((get(0, 1), get(1, 1), calls.get()), (None, None, 0));
        assert_eq!((get(2, 2).as_deref(), get(3, 3).as_deref(), calls.get()), (Some("CB"), Some("BBA"), 1));
        // Another dictionary is another matter.
        assert_eq!(memo.get(&dictionary(&["x", "x"]), upper), None);
        assert_eq!((get(0, 2).as_deref(), calls.get()), (Some("AB"), 1));
        assert_eq!(memo.get(&dictionary(&["x"]).to_plain(), upper), None);
    }

    #[test]
    fn a_refused_value_leaves_the_rows_to_be_computed() {
        let texts = dictionary(&["a", "b"]);
        let memo = DictionaryResults::default();
        let refuse = |_| Err(Box::new(Diagnostic::error(Code::EvaluationFailed, Span::default(), "no")));
        for _ in 0..3 {
            assert_eq!(memo.get(&texts, refuse), None);
        }
    }
}
