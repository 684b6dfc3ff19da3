//! What a query did: its steps, and where rows went and came from. It must not know how this is found out or printed.

use super::{Database, Error, Options, Query};
use crate::bind;
use crate::diagnostic::{Code, Diagnostic};
use crate::exec::Run;
use crate::explain::{self, Explanation, Origins, RowRef, Subject, Why};
use crate::function::Result as Outcome;
use crate::source::Span;
use crate::syntax;
use crate::syntax::ast::{self, At};
use crate::types::Schema;

impl Query {
    /// Runs the query and tells what each operator did: rows in and out, some of the rows, and a sentence.
    ///
    /// The plan is run as it was written and to its end: a `take` does not stop the operators before it, and every
    /// intermediate table is kept, so that limits may be reached that [`Query::run`] does not reach.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options};
    ///
    /// let db = Database::new();
    /// let query = db.compile("range x from 1 to 60 step 1\n| where x % 20 == 0\n| order by x\n| count")?;
    /// let told = query.explain(&db, &Options::new(DateTime::UNIX_EPOCH))?;
    /// let steps: Vec<(&str, &str)> =
    ///     told.steps().map(|step| (step.text.as_str(), step.summary.as_str())).collect();
    /// assert_eq!(steps[1], ("where x % 20 == 0", "kept 3 of 60 rows"));
    /// assert_eq!(told.step(3).unwrap().notes, ["`order by` before `count` has no effect on the result"]);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Query::run`], and if the database has not the tables and functions any more that the query was compiled for.
    pub fn explain(&self, database: &Database, options: &Options) -> Result<Explanation, Error> {
        self.told(database, options, explain::explain)
    }

    /// Tells what became of rows of the tables that the query reads: each one is followed through every step to the rows of
    /// the answer, or to where it vanishes and why.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options, RowRef, ScalarType, Schema, Table, Value};
    ///
    /// let schema = Schema::new([("Sender", ScalarType::String), ("Action", ScalarType::String)]);
    /// let rows = [["ann", "Blocked"], ["bob", "Delivered"]].map(|row| row.map(Value::from).to_vec());
    /// let mut db = Database::new();
    /// db.insert("Mail", Table::from_rows(schema, rows));
    ///
    /// let query = db.compile("Mail | where Sender != '' and Action == 'Delivered' | project Sender")?;
    /// let options = Options::new(DateTime::UNIX_EPOCH);
    /// let why = query.why(&db, &options, &[RowRef::new("Mail", 0), RowRef::new("Mail", 1)])?;
    /// assert_eq!(
    ///     why.fates[0].summary,
    ///     "vanishes at step 2: `Action == 'Delivered'` is false: Action is \"Blocked\""
    /// );
    /// assert_eq!(why.fates[1].summary, "is in row 0 of the answer");
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Query::explain`], and if the query does not read such a row.
    pub fn why(&self, database: &Database, options: &Options, rows: &[RowRef]) -> Result<Why, Error> {
        self.told(database, options, |subject, run| explain::why(subject, run, rows))
    }

    /// Tells the source rows that a row of the answer, counted from 0, was made of: of a group all its rows, of a join the
    /// rows of both sides, of a semi join the partners too.
    ///
    /// ```
    /// # use kqlite::{Database, DateTime, Options};
    /// let db = Database::new();
    /// let query = db.compile("let D = datatable(k: string)['a', 'b', 'a']; D | summarize count() by k")?;
    /// let origins = query.origins(&db, &Options::new(DateTime::UNIX_EPOCH), 0)?;
    /// let rows: Vec<String> = origins.sources.iter().map(|it| it.row.to_string()).collect();
    /// assert_eq!(rows, ["D[0]", "D[2]"]);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Query::explain`], and if the answer has no such row.
    pub fn origins(&self, database: &Database, options: &Options, row: usize) -> Result<Origins, Error> {
        self.told(database, options, |subject, run| explain::origins(subject, run, row))
    }

    /// Binds the query once more, with what its author wrote, and asks about a run of it.
    pub(crate) fn told<T>(
        &self,
        database: &Database,
        options: &Options,
        ask: impl FnOnce(&Subject<'_>, &Run<'_>) -> Outcome<T>,
    ) -> Result<T, Error> {
        let resolved = if self.is_open() { self.resolve(database, options)? } else { Vec::new() };
        let schemas: Vec<Schema> = resolved.iter().map(|it| it.schema().clone()).collect();
        let bound = bind::bind_with_outline(self.tree(), database, database.registry(), &schemas);
        let (Some(result), Some(outline)) = (bound.results.first(), &bound.outline) else {
            return Err(Error::new(bound.diagnostics, self.shared_text()));
        };
        let functions = database.function_texts();
        let answer = self.run(database, options)?;
        let subject = Subject { plan: &result.plan, outline, text: self.text(), functions, answer: &answer };
        self.with_run(&[], database, options, |run| ask(&subject, run))
    }
}

impl Database {
    /// The rows of a table for which a condition holds, to ask [`Query::why`] about.
    ///
    /// ```
    /// # use kqlite::{Database, DateTime, Options, ScalarType, Schema, Table, Value};
    /// # let schema = Schema::new([("n", ScalarType::Long)]);
    /// # let mut db = Database::new();
    /// db.insert("T", Table::from_rows(schema, [1_i64, 7, 9].map(|n| vec![Value::from(n)])));
    /// let rows = db.rows_where("T", "n > 5", &Options::new(DateTime::UNIX_EPOCH))?;
    /// assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [1, 2]);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such table, or the condition is none for its rows; the error speaks of the condition's text.
    pub fn rows_where(&self, table: &str, condition: &str, options: &Options) -> Result<Vec<RowRef>, Error> {
        if self.table(table).is_none() {
            let known: Vec<&str> = self.tables().map(|(name, _)| name).collect();
            let message = format!("there is no table '{table}'");
            let mut diagnostic = Diagnostic::error(Code::UnknownTable, Span::default(), message);
            if !known.is_empty() {
                diagnostic = diagnostic.help(format!("there are: {}", known.join(", ")));
            }
            diagnostic.labels.clear();
            return Err(Error::new(vec![diagnostic], condition.into()));
        }
        let parsed = syntax::parse_expression(condition).map(|predicate| rows_that_meet(table, predicate));
        self.compile_parsed(parsed, condition)?.told(self, options, explain::rows_of_source)
    }
}

/// `table | where predicate`, for a predicate that stands in a text of its own.
fn rows_that_meet(table: &str, predicate: ast::Expr) -> ast::QueryBlock {
    let at = At(predicate.span());
    let name = ast::Name { text: table.to_owned(), bracketed: true, at };
    let filter =
        ast::WhereOperator { filter_spelling: false, parameters: Vec::new(), predicate, keyword_at: at, at };
    let pipe = ast::PipeExpression {
        source: Some(ast::Expr::Name(name)),
        operators: vec![ast::QueryOperator::Where(filter)],
        at,
    };
    ast::QueryBlock { statements: vec![ast::Statement::Expression(ast::Expr::Pipe(Box::new(pipe)))] }
}
