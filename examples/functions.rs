//! Functions of the program in queries: a lookup in the program's own data, a function of two arguments, one over whole
//! columns, and an aggregate.

use std::collections::HashMap;
use std::sync::Arc;

use kqlite::udf::{AggregateUdf, BoolType, Element, LongType, RealType, ScalarUdf, StringType, kinds};
use kqlite::{Database, DateTime, Options, ScalarType, Table};

/// Runs the example; what it asserts holds.
///
/// # Errors
/// None, unless something is broken.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let logons = serde_json::json!([
        {"user": "ann", "ip": "10.0.0.7", "bytes": 40}, {"user": "bob", "ip": "203.0.113.9", "bytes": 900},
        {"user": "bob", "ip": "198.51.100.4", "bytes": 10},
    ]);
    let mut db = Database::new();
    db.insert("Logons", Table::from_json_rows(logons.as_array().ok_or("an array")?)?);

    // A closure may hold what it needs: here a table of countries, shared with the rest of the program.
    let countries: Arc<HashMap<String, String>> = Arc::new(
        [("203.0.113".to_owned(), "NO".to_owned()), ("198.51.100".to_owned(), "AR".to_owned())].into(),
    );
    db.add_scalar(
        ScalarUdf::of1::<StringType, StringType>("country", move |ip| {
            countries.get(ip.rsplit_once('.')?.0).map(|it| it.as_str().into())
        })
        .parameters(&["ip"])
        .summary("The country of an address; empty where it is not known."),
    );
    db.add_scalar(ScalarUdf::of2::<LongType, LongType, BoolType>("above", |n, limit| Some(n > limit)));

    // Over whole columns, for those who want to see them.
    let parameters = vec![kinds::NUMBER];
    db.add_scalar(ScalarUdf::of_columns("kib", parameters, ScalarType::Real, |call| {
        let bytes = call.argument_as(0, ScalarType::Real)?;
        let rows = call.view::<RealType>(&bytes)?;
        Ok(RealType::build((0..call.rows).map(|row| rows.get(row).map(|it| it / 1024.0))))
    }));

    // A state for each group: the longest text so far.
    db.add_aggregate(AggregateUdf::new::<StringType, StringType, String>(
        "longest",
        String::new,
        |longest, text| {
            if text.len() > longest.len() {
                text.clone_into(longest);
            }
        },
        |longest, later| {
            if later.len() > longest.len() {
                *longest = later;
            }
        },
        |longest| Some(longest.as_str().into()),
    ));

    let query = db.compile(
        "Logons
        | where above(bytes, 5)
        | summarize longest(ip), countries = make_set(country(ip)), total = round(sum(kib(bytes)), 2) by user
        | order by user asc",
    )?;
    let answer = query.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
    assert_eq!(answer.get::<String>(1, "longest_ip")?, "198.51.100.4");
    assert_eq!(answer.value(1, "countries").map(|it| it.to_string()), Some(r#"["NO","AR"]"#.to_owned()));
    assert_eq!(answer.get::<f64>(1, "total")?, 0.89);

    // A mistake in a call is told as for KQL's own functions.
    let error = db.compile("Logons | extend c = contry(ip)").map(|_| ()).map_err(|error| error.to_string());
    assert!(error.is_err_and(|text| text.contains("did you mean 'country'?")));
    Ok(())
}
