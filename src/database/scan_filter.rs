//! Selects the rows of a table that a query can need: those that pass the filter above one of its scans. It must not know how
//! filters are computed, nor where rows come from.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Database, Options, Query};
use crate::column::{Column, Table};
use crate::plan::{Expr, Node, Plan};
use crate::source::Span;
use crate::types::{ScalarType, Schema};

/// Selects the rows of a table that a query can need, see [`Query::scan_filter`].
#[derive(Debug)]
pub struct ScanFilter<'q> {
    query: &'q Query,
    options: Options,
    database: Database,
    /// For each scan of the table its columns, and the conditions of the filter above it.
    scans: Vec<(Arc<Schema>, Vec<Expr>)>,
}

impl Query {
    /// Makes a filter of a table's rows from the conditions right above the query's scans of it; `None` if some scan has
    /// no such condition, so that a run may need all rows.
    ///
    /// A run with these options gives the same answer without the rows that the filter leaves out. A table that is loaded
    /// for one run takes less memory so.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options, ScalarType, Schema, Table, Value};
    /// let schema = Schema::new([("a", ScalarType::Long)]);
    /// let rows = Table::from_rows(schema.clone(), [vec![Value::Long(1)], vec![Value::Long(5)]]);
    /// let mut db = Database::new();
    /// db.declare("T", schema);
    /// let query = db.compile("T | where a > 3 | count")?;
    /// let filter = query.scan_filter("T", &Options::new(DateTime::UNIX_EPOCH)).unwrap();
    /// assert_eq!(filter.columns(), ["a"]);
    /// assert_eq!(filter.rows(&rows), Some(vec![1]));
    /// assert_eq!(filter.rows_per_scan(&rows), Some(vec![vec![1]]));
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    #[must_use]
    pub fn scan_filter(&self, table: &str, options: &Options) -> Option<ScanFilter<'_>> {
        let mut filtered = Vec::new();
        // Scans with and without a filter right above.
        let mut scans = 0;
        for plan in self.optimized()? {
            plan.walk_once(&mut |plan| {
                if is_scan(plan, table) {
                    scans += 1;
                } else if let Node::Filter { input, conjuncts } = &plan.node
                    && is_scan(input, table)
                {
                    let usable: Vec<Expr> =
                        conjuncts.iter().filter(|it| it.reads_only_its_row()).cloned().collect();
                    if !usable.is_empty() {
                        filtered.push((input.schema.clone(), usable));
                    }
                }
                ControlFlow::Continue(())
            });
        }
        if filtered.len() < scans {
            return None;
        }
        let options = options.clone().threads(1);
        let filter = ScanFilter { query: self, options, database: Database::new(), scans: filtered };
        (!filter.scans.is_empty()).then_some(filter)
    }
}

impl ScanFilter<'_> {
    /// Lists the columns that the conditions read. Rows to be filtered may hold anything in the others, such as nulls.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = Vec::new();
        for (schema, conditions) in &self.scans {
            for column in conditions.iter().flat_map(Expr::columns) {
                if let Some(column) = schema.columns.get(column)
                    && !columns.contains(&&*column.name)
                {
                    columns.push(&column.name);
                }
            }
        }
        columns
    }

    /// Lists, for each scan of the table, the columns that it reads.
    #[must_use]
    pub fn columns_per_scan(&self) -> Vec<Vec<&str>> {
        self.scans.iter().map(|(schema, _)| schema.names().collect()).collect()
    }

    /// Selects, for each scan of the table, the rows that pass its filter: their numbers in ascending order. `None` if a
    /// condition cannot be computed over these rows, so that all are needed.
    ///
    /// A column may hold anything in the rows that no scan needs which reads the column.
    #[must_use]
    pub fn rows_per_scan(&self, part: &Table) -> Option<Vec<Vec<u32>>> {
        self.scans.iter().map(|(schema, conditions)| self.passed(part, schema, conditions)).collect()
    }

    /// Selects the rows that some scan needs: their numbers in ascending order. `None` if a condition cannot be computed
    /// over these rows, so that all are needed.
    #[must_use]
    pub fn rows(&self, part: &Table) -> Option<Vec<u32>> {
        let mut rows = self.rows_per_scan(part)?.concat();
        rows.sort();
        rows.dedup();
        Some(rows)
    }

    /// Runs the conditions over rows and gives the numbers of those that meet them all.
    fn passed(&self, part: &Table, schema: &Schema, conditions: &[Expr]) -> Option<Vec<u32>> {
        let mut columns: Vec<(String, Column)> = schema
            .columns
            .iter()
            .map(|it| {
                Some((
                    it.name.to_string(),
                    part.column(&it.name).filter(|column| column.scalar_type() == it.data_type)?.clone(),
                ))
            })
            .collect::<Option<_>>()?;
        let number = columns.len();
        let rows = i64::try_from(part.len()).ok()?;
        columns.push((String::new(), Column::longs((0..rows).collect())));
        let table = Table::new(columns).ok()?;
        let schema = table.schema().clone();
        let plan = |node: Node, schema: Schema| Arc::new(Plan::new(node, schema, Span::default()));
        let values = plan(Node::Values { table }, schema.clone());
        let filter = plan(Node::Filter { input: values, conjuncts: conditions.to_vec() }, schema);
        let only = Schema::new([("row", ScalarType::Long)]);
        let node = Node::Project { input: filter, columns: vec![Expr::column(number, ScalarType::Long)] };
        let passed = self.query.execute(&plan(node, only), &self.database, &self.options).ok()?;
        let Column::Long(rows) = passed.column("row")?.to_flat() else { return None };
        rows.values().iter().map(|row| u32::try_from(*row).ok()).collect()
    }
}

/// Says whether a plan is a scan of the table.
fn is_scan(plan: &Plan, table: &str) -> bool {
    matches!(&plan.node, Node::Scan { table: name } if name == table)
}
