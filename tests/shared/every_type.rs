//! A database with a table of every type. It must not know what is done with it.

use kqlite::{Database, DateTime, Dynamic, ScalarType, Schema, Table, TimeSpan, Value};

/// The table `T`, whose columns are named by their types.
pub fn database() -> Database {
    let types = [
        ("b", ScalarType::Bool),
        ("i", ScalarType::Int),
        ("l", ScalarType::Long),
        ("r", ScalarType::Real),
        ("m", ScalarType::Decimal),
        ("t", ScalarType::DateTime),
        ("d", ScalarType::TimeSpan),
        ("g", ScalarType::Guid),
        ("s", ScalarType::String),
        ("j", ScalarType::Dynamic),
    ];
    let row = |n: i64| {
        let null = n % 7 == 3;
        types
            .map(|(name, data_type)| match name {
                _ if null && data_type != ScalarType::String => Value::Null,
                "b" => Value::Bool(n % 2 == 0),
                "r" => Value::from(n as f64 / 3.0 * if n % 5 == 0 { 1e16 } else { 1e-9 }),
                "t" => Value::DateTime(DateTime(DateTime::UNIX_EPOCH.0 + n * 36_000_000_000)),
                "d" => Value::TimeSpan(TimeSpan(n * 10_000_000)),
                "s" => {
                    Value::from(["a,b", "", "x y", "{\"k\":1}", "192.168.0.1", "é\u{1F600}"][n as usize % 6])
                }
                "g" => {
                    Value::from(format!("00000000-0000-0000-0000-{n:012}").as_str()).convert(ScalarType::Guid)
                }
                "j" => Value::Dynamic(
                    Dynamic::from_json(["[1,\"a\"]", "{\"k\":[]}", "1.5", "null"][n as usize % 4])
                        .unwrap_or_default(),
                ),
                _ => Value::from(n - 20).convert(data_type),
            })
            .to_vec()
    };
    let mut database = Database::new();
    database.insert("T", Table::from_rows(Schema::new(types), (0..60).map(row)));
    database
}
