//! Which operand types an operator takes and what it gives, held against Microsoft's parser.

use kqlite::{Database, ScalarType};

const DATA_TYPES: [ScalarType; 10] = [
    ScalarType::Bool,
    ScalarType::Int,
    ScalarType::Long,
    ScalarType::Real,
    ScalarType::Decimal,
    ScalarType::String,
    ScalarType::DateTime,
    ScalarType::TimeSpan,
    ScalarType::Guid,
    ScalarType::Dynamic,
];

/// The type of an expression over a column of each type (`int1`, `int2` …); `-` if it is an error.
fn kind_of(db: &Database, expression: &str) -> String {
    let columns: Vec<String> = DATA_TYPES
        .iter()
        .flat_map(|data_type| [format!("{data_type}1:{data_type}"), format!("{data_type}2:{data_type}")])
        .collect();
    let check = db.check(&format!("datatable({})[] | project r = {expression}", columns.join(", ")));
    match check.columns() {
        Some(schema) if check.diagnostics().is_empty() => schema.columns[0].data_type.to_string(),
        _ => "-".to_owned(),
    }
}

/// Rows and columns are the operands' types in the order of [`DATA_TYPES`]. A `!` marks where this engine refuses although
/// Microsoft's parser takes it, because the product would mean nothing (two datetimes added, a datetime times a
/// number); a `?` where it is more generous.
#[track_caller]
fn table(operator: &str, expected: &str) {
    let db = Database::new();
    let rows: Vec<Vec<&str>> = expected
        .lines()
        .map(|line| line.split_whitespace().collect())
        .filter(|it: &Vec<_>| !it.is_empty())
        .collect();
    assert_eq!(rows.len(), DATA_TYPES.len());
    let mut wrong = Vec::new();
    for (left, row) in DATA_TYPES.iter().zip(&rows) {
        assert_eq!(row.len(), DATA_TYPES.len());
        for (right, expected) in DATA_TYPES.iter().zip(row) {
            let expression = format!("{left}1 {operator} {right}2");
            let found = kind_of(&db, &expression);
            let expected = match expected.strip_prefix('!') {
                Some(_) => "-",
                None => expected.strip_prefix('?').unwrap_or(expected),
            };
            if found != expected {
                wrong.push(format!("{expression}: {found}, expected {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sums() {
    table(
        "+",
        "
        -         -         -         -         -         -         -         -         -         -
        -         long      long      real      decimal   -         -         -         -         long
        -         long      long      real      decimal   -         -         -         -         long
        -         real      real      real      decimal   -         -         -         -         real
        -         decimal   decimal   decimal   decimal   -         -         -         -         decimal
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         !datetime datetime  -         datetime
        -         -         -         -         -         -         datetime  timespan  -         timespan
        -         -         -         -         -         -         -         -         -         -
        -         long      long      real      decimal   -         datetime  timespan  -         dynamic
        ",
    );
}

#[test]
fn differences() {
    table(
        "-",
        "
        -         -         -         -         -         -         -         -         -         -
        -         long      long      real      decimal   -         -         -         -         long
        -         long      long      real      decimal   -         -         -         -         long
        -         real      real      real      decimal   -         -         -         -         real
        -         decimal   decimal   decimal   decimal   -         -         -         -         decimal
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         timespan  datetime  -         timespan
        -         -         -         -         -         -         !datetime timespan  -         timespan
        -         -         -         -         -         -         -         -         -         -
        -         long      long      real      decimal   -         timespan  timespan  -         dynamic
        ",
    );
}

#[test]
fn products() {
    table(
        "*",
        "
        -         -         -         -         -         -         -         -         -         -
        -         long      long      real      decimal   -         !datetime timespan  -         long
        -         long      long      real      decimal   -         !datetime timespan  -         long
        -         real      real      real      decimal   -         !datetime timespan  -         real
        -         decimal   decimal   decimal   decimal   -         !datetime timespan  -         decimal
        -         -         -         -         -         -         -         -         -         -
        -         !datetime !datetime !datetime !datetime -         -         -         -         -
        -         timespan  timespan  timespan  timespan  -         -         !timespan -         ?timespan
        -         -         -         -         -         -         -         -         -         -
        -         long      long      real      decimal   -         -         ?timespan -         dynamic
        ",
    );
}

#[test]
fn quotients() {
    table(
        "/",
        "
        -         -         -         -         -         -         -         -         -         -
        -         long      long      real      decimal   -         -         -         -         long
        -         long      long      real      decimal   -         -         -         -         long
        -         real      real      real      decimal   -         -         -         -         real
        -         decimal   decimal   decimal   decimal   -         -         -         -         decimal
        -         -         -         -         -         -         -         -         -         -
        -         !datetime !datetime !datetime !datetime -         !real     !real     -         -
        -         timespan  timespan  timespan  timespan  -         -         real      -         ?timespan
        -         -         -         -         -         -         -         -         -         -
        -         long      long      real      decimal   -         -         -         -         dynamic
        ",
    );
}

#[test]
fn remainders() {
    table(
        "%",
        "
        -         -         -         -         -         -         -         -         -         -
        -         long      long      real      decimal   -         -         -         -         long
        -         long      long      real      decimal   -         -         -         -         long
        -         real      real      real      decimal   -         -         -         -         real
        -         decimal   decimal   decimal   decimal   -         -         -         -         decimal
        -         -         -         -         -         -         -         -         -         -
        -         !datetime !datetime !datetime !datetime -         !timespan timespan  -         -
        -         !timespan !timespan !timespan !timespan -         -         timespan  -         -
        -         -         -         -         -         -         -         -         -         -
        -         long      long      real      decimal   -         -         -         -         dynamic
        ",
    );
}

#[test]
fn orders() {
    table(
        "<",
        "
        bool      bool      bool      bool      bool      -         -         -         -         ?bool
        bool      bool      bool      bool      bool      -         -         -         -         bool
        bool      bool      bool      bool      bool      -         -         -         -         bool
        bool      bool      bool      bool      bool      -         -         -         -         bool
        bool      bool      bool      bool      bool      -         -         -         -         bool
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         bool      -         -         -
        -         -         -         -         -         -         -         bool      -         -
        -         -         -         -         -         -         -         -         -         -
        ?bool     bool      bool      bool      bool      -         -         -         -         bool
        ",
    );
}

#[test]
fn equality() {
    table(
        "==",
        "
        bool      bool      bool      bool      bool      bool      bool      bool      bool      bool
        bool      bool      bool      bool      bool      bool      bool      bool      bool      bool
        bool      bool      bool      bool      bool      bool      bool      bool      bool      bool
        bool      bool      bool      bool      bool      bool      bool      bool      bool      bool
        bool      bool      bool      bool      bool      bool      bool      bool      bool      bool
        bool      bool      bool      bool      bool      bool      bool      bool      bool      bool
        bool      bool      bool      bool      bool      bool      bool      bool      bool      bool
        bool      bool      bool      bool      bool      bool      bool      bool      bool      bool
        bool      bool      bool      bool      bool      bool      bool      bool      bool      bool
        bool      bool      bool      bool      bool      bool      bool      bool      bool      bool
        ",
    );
}

#[test]
fn text_operators() {
    table(
        "has",
        "
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         bool      -         -         -         bool
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         bool      -         -         -         bool
        ",
    );
}

#[test]
fn logic() {
    table(
        "and",
        "
        bool      -         -         -         -         -         -         -         -         bool
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        -         -         -         -         -         -         -         -         -         -
        bool      -         -         -         -         -         -         -         -         bool
        ",
    );
}
