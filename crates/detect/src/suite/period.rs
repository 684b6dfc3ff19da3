//! The rows that the service shows a rule: those of its period. Which rows of a test's tables these are, and what is said of
//! the others. It must not know how a rule is run.

use std::collections::HashMap;

use kqlite::explain::RowRef;
use kqlite::{DateTime, ScalarType, Table, TimeSpan, Value};

use super::words::row_names;
use crate::rule::{Rule, short};

/// What a test says of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeriodSetting {
    /// Rows of any time are there.
    Off,
    /// So much before now, whatever the rule says.
    Span(TimeSpan),
}

/// The span of time before now whose rows a rule sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    span: TimeSpan,
    is_lookback: bool,
}

impl Period {
    /// The period of a rule, unless the test says otherwise.
    pub fn of(rule: &Rule, said: Option<PeriodSetting>) -> Option<Self> {
        let is_lookback = rule.is_custom_detection();
        match said {
            Some(PeriodSetting::Off) => None,
            Some(PeriodSetting::Span(span)) => Some(Self { span, is_lookback }),
            None => rule.shown_period().map(|span| Self { span, is_lookback }),
        }
    }

    /// The columns of a table that may tell when a row was, the one that counts most first.
    pub fn time_columns(self, table: impl Fn(&str) -> Option<ScalarType>) -> Vec<&'static str> {
        let names =
            if self.is_lookback { ["Timestamp", "TimeGenerated"] } else { ["TimeGenerated", "Timestamp"] };
        names.into_iter().filter(|name| table(name) == Some(ScalarType::DateTime)).collect()
    }

    fn what(self) -> String {
        let word = if self.is_lookback { "look-back" } else { "period" };
        format!("the rule's {word} of {}", short(self.span))
    }
}

/// The rows that were left out of the tables of a run.
#[derive(Debug, Default)]
pub(crate) struct PeriodCut {
    /// Of tables with fewer rows than the test gives: the places of those that are there.
    kept: HashMap<String, Vec<u32>>,
    /// What is said of those that are not.
    said: Vec<String>,
}

impl PeriodCut {
    /// The rows of a table from `now - period` to `now`, which is not in it. A row without a time is in no period; a table
    /// without a column of times is there as it is.
    pub fn table(&mut self, name: &str, table: Table, period: Period, now: DateTime) -> Table {
        let type_of = |column: &str| {
            let schema = table.schema();
            Some(schema.columns.get(schema.position(column)?)?.data_type)
        };
        let times = period.time_columns(type_of);
        let Some(first) = times.first().copied() else { return table };
        let start = now.checked_add(TimeSpan(period.span.0.saturating_neg())).unwrap_or(DateTime::MIN);
        let (mut kept, mut outside, mut timeless) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..table.len() {
            let time = times.iter().find_map(|column| match table.value(row, column) {
                Some(Value::DateTime(time)) => Some(time),
                _ => None,
            });
            match time {
                Some(time) if time >= start && time < now => kept.extend(u32::try_from(row).ok()),
                Some(_) => outside.push(RowRef::new(name, row)),
                None => timeless.push(RowRef::new(name, row)),
            }
        }
        if kept.len() == table.len() {
            return table;
        }
        for (rows, why) in [(outside, String::new()), (timeless, format!(", having no {first}"))] {
            if !rows.is_empty() {
                let verb = if rows.len() == 1 { "is" } else { "are" };
                let rows = row_names(&rows.iter().collect::<Vec<_>>());
                self.said.push(format!("{rows} {verb} outside {}{why}", period.what()));
            }
        }
        let columns = table.schema().names().zip(table.columns()).map(|(name, it)| (name, it.take(&kept)));
        let cut = Table::new(columns.collect());
        self.kept.insert(name.to_owned(), kept);
        cut.unwrap_or(table)
    }

    /// What there is to say of the rows that the rule does not see.
    pub fn lines(&self) -> &[String] {
        &self.said
    }

    /// The row of the test that a row of the run is.
    pub fn stated(&self, row: &RowRef) -> RowRef {
        RowRef::new(row.table.as_str(), self.place(&row.table, row.row))
    }

    fn place(&self, table: &str, row: usize) -> usize {
        let kept = self.kept.get(table).and_then(|rows| rows.get(row));
        kept.map_or(row, |row| *row as usize)
    }

    /// A sentence about rows of the run as one about rows of the test: `T[0], [2] and U[1]`.
    pub fn restated(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut table: Option<&str> = None;
        while let Some(at) = rest.find('[') {
            let (before, behind) = rest.split_at(at);
            let named = self.kept.keys().filter(|name| before.ends_with(name.as_str()));
            // Of `Events` and `DeviceEvents` the longer name is meant.
            let named = named.max_by_key(|name| name.len());
            // `[2]` behind a comma or `and` is a row of the table before it.
            let continues = [", ", " and "].contains(&before);
            table = named.map(String::as_str).or(table.filter(|_| continues));
            out.push_str(before);
            let number = behind.get(1..).and_then(|inner| inner.split_once(']'));
            match (table, number.and_then(|(number, after)| Some((number.parse().ok()?, after)))) {
                (Some(name), Some((row, after))) => {
                    out.push_str(&format!("[{}]", self.place(name, row)));
                    rest = after;
                }
                _ => {
                    out.push('[');
                    rest = behind.get(1..).unwrap_or_default();
                    table = None;
                }
            }
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_called_as_the_test_has_them() {
        let mut cut = PeriodCut::default();
        cut.kept.insert("Events".to_owned(), vec![1, 4, 6]);
        cut.kept.insert("DeviceEvents".to_owned(), vec![2]);
        for (run, test) in [
            ("vanishes: a[0] is 1", "vanishes: a[0] is 1"),
            ("made of Events[0], [1] and [2]", "made of Events[1], [4] and [6]"),
            ("made of DeviceEvents[0] and Events[1]", "made of DeviceEvents[2] and Events[4]"),
            ("made of Events[0] and Other[0], [1]", "made of Events[1] and Other[0], [1]"),
            ("`x[0]` of Events[0] is [0]", "`x[0]` of Events[1] is [0]"),
            ("Events[x] and Events[9]", "Events[x] and Events[9]"),
        ] {
            assert_eq!(cut.restated(run), test);
        }
        assert_eq!(cut.stated(&RowRef::new("Events", 2)), RowRef::new("Events", 6));
    }
}
