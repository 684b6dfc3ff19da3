//! Columns of the tables of Defender XDR and Microsoft Sentinel. It must not know rules or queries.
//!
//! One line a table, sorted by name: the name, then runs of columns of one type, `s:Account,Caller d:TimeGenerated`.
//! A line is only read when its table is asked for.

use kqlite::{ScalarType, Schema};

const TABLES: &str = include_str!("../data/tables.txt");

/// The columns of a table of Defender XDR or Sentinel; `None` if it has no such table. Case matters.
///
/// ```
/// use kqlite::ScalarType;
/// let schema = kqlite_detect::schema_of("EmailEvents").unwrap_or_default();
/// let at = schema.position("Timestamp").unwrap_or_default();
/// assert_eq!(schema.columns[at].data_type, ScalarType::DateTime);
/// ```
#[must_use]
pub fn schema_of(table: &str) -> Option<Schema> {
    let line = find(table)?;
    let columns = line.split(' ').skip(1).flat_map(|run| {
        let (letter, names) = run.split_once(':').unwrap_or_default();
        let data_type = match letter {
            "b" => ScalarType::Bool,
            "i" => ScalarType::Int,
            "l" => ScalarType::Long,
            "r" => ScalarType::Real,
            "m" => ScalarType::Decimal,
            "d" => ScalarType::DateTime,
            "t" => ScalarType::TimeSpan,
            "g" => ScalarType::Guid,
            "j" => ScalarType::Dynamic,
            _ => ScalarType::String,
        };
        names.split(',').map(move |name| (name, data_type))
    });
    Some(Schema::new(columns))
}

/// The names of all tables, sorted.
pub fn table_names() -> impl Iterator<Item = &'static str> {
    TABLES.lines().filter_map(|line| line.split(' ').next())
}

/// The line of a table, by bisection of the text.
fn find(table: &str) -> Option<&'static str> {
    let (mut low, mut high) = (0, TABLES.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = TABLES[..middle].rfind('\n').map_or(0, |at| at + 1);
        let end = TABLES[middle..].find('\n').map_or(TABLES.len(), |at| middle + at);
        let line = &TABLES[start..end];
        match line.split(' ').next().unwrap_or_default().cmp(table) {
            std::cmp::Ordering::Equal => return Some(line),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_found() {
        let names: Vec<&str> = table_names().collect();
        assert_eq!(names.len(), 977);
        assert!(names.is_sorted());
        for name in names {
            let schema = schema_of(name).unwrap();
            assert!(schema.columns.iter().all(|it| !it.name.is_empty()), "{name}");
            let mut columns: Vec<&str> = schema.names().collect();
            columns.sort_unstable();
            columns.dedup();
            assert_eq!(columns.len(), schema.len(), "{name} has a column twice");
        }
    }

    #[test]
    fn types_are_told() {
        let data_type = |table: &str, column: &str| {
            let schema = schema_of(table).unwrap();
            schema.columns[schema.position(column).unwrap()].data_type
        };
        assert_eq!(data_type("EmailEvents", "EmailSize"), ScalarType::Int);
        assert_eq!(data_type("EmailEvents", "To"), ScalarType::Dynamic);
        assert_eq!(data_type("EmailEvents", "IsFirstContact"), ScalarType::Bool);
        assert_eq!(data_type("SecurityEvent", "TimeGenerated"), ScalarType::DateTime);
        for name in ["", " ", "emailevents", "EmailEventsX", "AAA", "zzz", "\n", "s:a"] {
            assert_eq!(schema_of(name), None, "{name}");
        }
    }
}
