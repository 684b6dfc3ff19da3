//! The range of times that Log Analytics takes beside a query: `PT1H`, `2024-06-30/P1D`. Rows of tables that have a column
//! `TimeGenerated` are those of the range. It must not know requests.

use kqlite::{Database, DateTime, Options, Query, ScalarType, TimeSpan};

use crate::failure::Failure;

const COLUMN: &str = "TimeGenerated";

/// A range of times, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub from: DateTime,
    pub to: DateTime,
}

impl TimeRange {
    /// Reads a duration up to now, `start/end`, `start/duration` or `duration/end`, as ISO 8601 has them.
    pub(crate) fn read(text: &str, now: DateTime) -> Result<Self, Failure> {
        let read = match text.split_once('/') {
            None => duration(text).and_then(|span| back(now, span)).map(|from| Self { from, to: now }),
            Some((start, end)) => match (DateTime::parse(start), DateTime::parse(end)) {
                (Some(from), Some(to)) => Some(Self { from, to }),
                (Some(from), None) => {
                    duration(end).and_then(|span| from.checked_add(span)).map(|to| Self { from, to })
                }
                (None, Some(to)) => {
                    duration(start).and_then(|span| back(to, span)).map(|from| Self { from, to })
                }
                (None, None) => None,
            },
        };
        read.ok_or_else(|| {
            Failure::bad_request(format!(
                "the timespan '{text}' is no duration such as PT1H or P7D, and no range such as \
                 2024-06-29T12:00:00Z/2024-06-30T12:00:00Z; months and years are no durations here"
            ))
        })
    }

    /// Leaves in the tables that a query reads the rows of the range.
    pub(crate) fn apply(
        &self,
        query: &Query,
        database: &mut Database,
        options: &Options,
    ) -> Result<(), Failure> {
        for table in query.reads().keys() {
            let schema = database.table_schema(table).unwrap_or_default();
            let has_times =
                schema.columns.iter().any(|it| &*it.name == COLUMN && it.data_type == ScalarType::DateTime);
            if !has_times {
                continue;
            }
            let quoted = table.replace('\\', "\\\\").replace('\'', "\\'");
            let text = format!(
                "['{quoted}'] | where {COLUMN} between (datetime({}) .. datetime({}))",
                self.from, self.to
            );
            let failed = |error: kqlite::Error| Failure::of_query(&error);
            let rows = database.compile(&text).map_err(failed)?.run(database, options).map_err(failed)?;
            database.insert(table.as_str(), rows);
        }
        Ok(())
    }
}

fn back(from: DateTime, span: TimeSpan) -> Option<DateTime> {
    from.checked_add(TimeSpan(span.0.checked_neg()?))
}

/// `P1DT2H`, `PT30M`, `P2W`.
fn duration(text: &str) -> Option<TimeSpan> {
    let rest = text.strip_prefix('P')?;
    let (days, times) = rest.split_once('T').unwrap_or((rest, ""));
    let mut ticks = 0_i64;
    let mut any = false;
    for (part, units) in [(days, &[('W', 7 * TimeSpan::DAY), ('D', TimeSpan::DAY)][..]), (times, &TIMES[..])]
    {
        let mut rest = part;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            let number: i64 = rest.get(..end)?.parse().ok()?;
            let unit = rest.get(end..)?.chars().next()?;
            let (_, size) = units.iter().find(|(name, _)| *name == unit)?;
            ticks = ticks.checked_add(number.checked_mul(*size)?)?;
            rest = rest.get(end + 1..)?;
            any = true;
        }
    }
    any.then_some(TimeSpan(ticks))
}

const TIMES: [(char, i64); 3] = [('H', TimeSpan::HOUR), ('M', TimeSpan::MINUTE), ('S', TimeSpan::SECOND)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_iso_8601() {
        let at = |text: &str| DateTime::parse(text).unwrap();
        let now = at("2024-06-30T12:00:00Z");
        let range = |from: &str, to: &str| TimeRange { from: at(from), to: at(to) };
        let day = range("2024-06-29T12:00:00Z", "2024-06-30T12:00:00Z");
        for text in ["P1D", "PT24H", "2024-06-29T12:00:00Z/PT24H", "PT1440M/2024-06-30T12:00:00Z"] {
            assert_eq!(TimeRange::read(text, now).unwrap(), day, "{text}");
        }
        assert_eq!(TimeRange::read("2024-06-29T12:00:00Z/2024-06-30T12:00:00Z", now).unwrap(), day);
        assert_eq!(TimeRange::read("P1W", now).unwrap().from, at("2024-06-23T12:00:00Z"));
        for wrong in ["1d", "P", "P1M", "P1Y", "PT", "P1", "x/y", "P99999999999999D"] {
            assert!(TimeRange::read(wrong, now).is_err(), "{wrong}");
        }
    }
}
