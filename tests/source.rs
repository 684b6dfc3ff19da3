//! Tables that are not in memory: what is wrong with a source is an error that names its table.
#![allow(clippy::unwrap_used, reason = "a test that fails should say so")]

use kqlite::{
    Code, Database, DateTime, Options, ScalarType, ScanRequest, Schema, Table, TableParts, TableSource, Value,
};

/// Parts of rows, given as they are.
struct Parts {
    schema: Schema,
    parts: Result<Vec<Result<Table, String>>, String>,
}

impl TableSource for Parts {
    fn schema(&self) -> Schema {
        self.schema.clone()
    }

    fn scan<'a>(&'a self, _: &ScanRequest<'_>) -> Result<TableParts<'a>, String> {
        Ok(Box::new(self.parts.clone()?.into_iter()))
    }
}

fn numbers(rows: std::ops::Range<i64>) -> Table {
    let schema = Schema::new([("n", ScalarType::Long), ("s", ScalarType::String)]);
    Table::from_rows(schema, rows.map(|n| vec![Value::from(n), Value::from("x")]))
}

fn database(parts: Result<Vec<Result<Table, String>>, String>) -> Database {
    let mut db = Database::new();
    db.add_source("T", Parts { schema: numbers(0..0).schema().clone(), parts });
    db
}

fn run(db: &Database, query: &str) -> Result<Table, kqlite::Error> {
    db.compile(query)?.run(db, &Options::new(DateTime::UNIX_EPOCH).threads(2))
}

#[test]
fn parts_are_one_table() {
    let db = database(Ok(vec![Ok(numbers(0..5)), Ok(numbers(0..0)), Ok(numbers(5..9))]));
    let whole = |query: &str| {
        let mut db = Database::new();
        db.insert("T", numbers(0..9));
        run(&db, query).unwrap()
    };
    for query in [
        "T",
        "T | count",
        "T | where n % 2 == 0 | project n",
        "T | join kind=inner T on n | summarize count()",
        "union T, (T | where n > 6) | summarize sum(n)",
        "T | where n in ((T | where n > 6 | project n))",
        "T | sort by n desc | take 2",
        "T | top 3 by n",
    ] {
        assert_eq!(run(&db, query).unwrap(), whole(query), "{query}");
    }
    let why = db.compile("T | where n > 6").unwrap();
    assert!(why.explain(&db, &Options::new(DateTime::UNIX_EPOCH)).is_ok());
}

#[test]
fn a_source_that_fails_is_named() {
    let fails = |db: &Database, query: &str, message: &str| {
        let error = run(db, query).map(|table| table.len()).unwrap_err();
        assert_eq!(error.diagnostics()[0].code, Code::BadData, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    };
    fails(&database(Err("no disk".to_owned())), "T | count", "the source of the table 'T': no disk");
    let half = || database(Ok(vec![Ok(numbers(0..5)), Err("the line is cut".to_owned())]));
    fails(&half(), "T | summarize sum(n)", "the source of the table 'T': the line is cut");
    // What is not read does not fail.
    assert_eq!(run(&half(), "T | take 3").unwrap().len(), 3);
    let other = |columns: Vec<(&str, ScalarType)>| {
        let row = columns.iter().map(|_| Value::Null).collect();
        database(Ok(vec![Ok(Table::from_rows(Schema::new(columns), [row]))]))
    };
    fails(&other(vec![("s", ScalarType::String)]), "T", "the table 'T' has no column 'n' any more");
    let lies = other(vec![("n", ScalarType::String), ("s", ScalarType::String)]);
    fails(&lies, "T", "the column 'n' of the table 'T' is of type string, the query was made for long");
}

#[test]
fn a_source_takes_no_rows_and_can_be_replaced() {
    let mut db = database(Ok(vec![Ok(numbers(0..5))]));
    assert!(db.table("T").is_none());
    let error = db.append("T", &numbers(5..6)).map(|_| ()).unwrap_err();
    assert_eq!(error, kqlite::AppendError::NotInMemory);
    db.insert("T", numbers(7..9));
    assert_eq!(run(&db, "T | count").unwrap().value(0, "Count"), Some(Value::Long(2)));
}
