//! The questions about a query's runs: what its steps did, why rows are in the answer or why not, and what a row was made of.
//! It must not know how they are answered, nor how answers are printed.

use super::{CompileOptions, Database, Error, Options, Query};
use crate::bind;
use crate::diagnostic::{Code, Diagnostic};
use crate::exec::Run;
use crate::explain::{self, ExplainedQuery, Explanation, Lineage, QueryAnswer, RowRef, RowTraces};
use crate::function::Result as FunctionResult;
use crate::source::Span;
use crate::syntax;
use crate::syntax::ast::{self, At};
use crate::types::Schema;

impl Query {
    /// Runs the query and explains what each operator did: rows in and out, some of the rows, and a sentence.
    ///
    /// The plan is run as it was written and to its end: a `take` does not stop the operators before it, and every
    /// intermediate table is kept, so that limits may be reached that [`Query::run`] does not reach. Of a query that gives
    /// several tables all are explained.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options};
    ///
    /// let db = Database::new();
    /// let query = db.compile("range x from 1 to 60 step 1\n| where x % 20 == 0\n| order by x\n| count")?;
    /// let explanation = query.explain(&db, &Options::new(DateTime::UNIX_EPOCH))?;
    /// let steps: Vec<(&str, &str)> =
    ///     explanation.steps().map(|step| (step.text.as_str(), step.summary.as_str())).collect();
    /// assert_eq!(steps[1], ("where x % 20 == 0", "kept 3 of 60 rows"));
    /// let notes = &explanation.step(3).unwrap().notes;
    /// assert_eq!(*notes, ["`order by` before `count` has no effect on the result"]);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Query::run`], and if the database has not the tables and functions any more that the query was compiled for.
    pub fn explain(&self, database: &Database, options: &Options) -> Result<Explanation, Error> {
        self.explain_with(database, options, explain::explain)
    }

    /// Follows rows of the tables that the query reads through every step, each one to the rows of the answer that it is
    /// part of, or to the step that drops it and the reason why. Of a query that gives several tables, rows are followed
    /// into each.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options, ScalarType, Schema, Table, Value, explain::RowRef};
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
    ///     why.traces[0].summary,
    ///     "vanishes at step 2: `Action == 'Delivered'` is false: Action is \"Blocked\""
    /// );
    /// assert_eq!(why.traces[1].summary, "is in row 0 of the answer");
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Query::explain`], and if the query does not read such a row.
    pub fn why(&self, database: &Database, options: &Options, rows: &[RowRef]) -> Result<RowTraces, Error> {
        self.explain_with(database, options, |query, run| explain::why(query, run, rows))
    }

    /// Lists the source rows that a row of the answer, counted from 0, was made of: of a group all its rows, of a join the
    /// rows of both sides, of a semi join the matches too. Of a query that gives several tables, the row is one of the
    /// first, which [`Query::run`] gives.
    ///
    /// ```
    /// # use kqlite::{Database, DateTime, Options};
    /// let db = Database::new();
    /// let query = db.compile("let D = datatable(k: string)['a', 'b', 'a']; D | summarize count() by k")?;
    /// let lineage = query.origins(&db, &Options::new(DateTime::UNIX_EPOCH), 0)?;
    /// let rows: Vec<String> = lineage.sources.iter().map(|it| it.row.to_string()).collect();
    /// assert_eq!(rows, ["D[0]", "D[2]"]);
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Query::explain`], and if the answer has no such row.
    pub fn origins(&self, database: &Database, options: &Options, row: usize) -> Result<Lineage, Error> {
        self.explain_with(database, options, |query, run| explain::origins(query, run, row))
    }

    /// Binds the query once more, with what its author wrote, and asks about a run of it.
    pub(crate) fn explain_with<T>(
        &self,
        database: &Database,
        options: &Options,
        ask: impl FnOnce(&ExplainedQuery<'_>, &Run<'_>) -> FunctionResult<T>,
    ) -> Result<T, Error> {
        let resolved = if self.is_open() { self.resolve(database, options)? } else { Vec::new() };
        let schemas: Vec<Schema> = resolved.iter().map(|it| it.schema().clone()).collect();
        let bound =
            bind::bind_with_outline(self.tree(), database, database.registry(), &schemas, self.bind_limits());
        let Some(outline) = bound.outline.as_ref().filter(|_| !bound.results.is_empty()) else {
            return Err(Error::new(bound.diagnostics, self.shared_text()));
        };
        let tables = self.run_all(database, options)?;
        let answers = tables.iter().zip(&bound.results);
        let answers =
            answers.map(|(it, bound)| QueryAnswer { name: &it.name, plan: &bound.plan, rows: &it.table });
        let query = ExplainedQuery {
            answers: answers.collect(),
            outline,
            text: self.text(),
            registry: database.registry(),
            functions: database.function_texts(),
        };
        // What a strict run makes an error of, the run above refused. Here steps compute more than the answer needs.
        self.with_run(&[], database, &options.clone().strict(false), |run| ask(&query, run))
    }
}

impl Database {
    /// Finds the rows of a table for which a condition holds, to ask [`Query::why`] about.
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
        self.compile_parsed(parsed, condition, &CompileOptions::default())?.explain_with(
            self,
            options,
            explain::rows_of_source,
        )
    }
}

/// Makes the query `table | where predicate`, for a predicate that stands in a text of its own.
fn rows_that_meet(table: &str, predicate: ast::Expression) -> ast::QueryBlock {
    let at = At(predicate.span());
    let name = ast::Name { text: table.to_owned(), bracketed: true, at };
    let filter =
        ast::WhereOperator { filter_spelling: false, parameters: Vec::new(), predicate, keyword_at: at, at };
    let pipe = ast::PipeExpression {
        source: Some(ast::Expression::Name(name)),
        operators: vec![ast::QueryOperator::Where(filter)],
        at,
    };
    ast::QueryBlock { statements: vec![ast::Statement::Expression(ast::Expression::Pipe(Box::new(pipe)))] }
}
