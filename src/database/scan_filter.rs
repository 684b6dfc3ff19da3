//! What a query's scans of a table are: how many, and which of its rows they can need. It must not know how filters are
//! computed, nor where rows come from.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Database, Options, Query};
use crate::column::Table;
use crate::exec;
use crate::plan::{Expr, Node, Plan};

/// Selects the rows of a table that a query can need, see [`Query::scan_filter`].
#[derive(Debug)]
pub struct ScanFilter<'q> {
    query: &'q Query,
    options: Options,
    database: Database,
    /// Each scan of the table, and the conditions of the filter above it.
    scans: Vec<(Arc<Plan>, Vec<Expr>)>,
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
                        filtered.push((input.clone(), usable));
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

impl Query {
    /// Counts the places of the query that read the table, each of them once a run and from its first row on; `None` if one of
    /// them is run over and over. A source that reads its rows as they are asked for reads them anew in each place.
    ///
    /// ```
    /// use kqlite::{Database, ScalarType, Schema};
    /// let mut db = Database::new();
    /// db.declare("T", Schema::new([("a", ScalarType::Long)]));
    /// assert_eq!(db.compile("T | where a > 3 | count")?.scan_count("T"), Some(1));
    /// assert_eq!(db.compile("T | join kind=leftanti (T | where a > 3) on a")?.scan_count("T"), Some(2));
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    #[must_use]
    pub fn scan_count(&self, table: &str) -> Option<usize> {
        let (mut scans, mut over_and_over) = (0, false);
        for plan in self.optimized().into_iter().flatten() {
            plan.walk_once(&mut |plan| {
                scans += usize::from(is_scan(plan, table));
                over_and_over |= plan.body().is_some_and(|body| scans_within(body, table));
                ControlFlow::Continue(())
            });
        }
        (!over_and_over).then_some(scans)
    }
}

impl ScanFilter<'_> {
    /// Lists the columns that the conditions read. Rows to be filtered may hold anything in the others, such as nulls.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = Vec::new();
        for (scan, conditions) in &self.scans {
            for column in conditions.iter().flat_map(Expr::columns) {
                if let Some(column) = scan.schema.columns.get(column)
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
        self.scans.iter().map(|(scan, _)| scan.schema.names().collect()).collect()
    }

    /// Selects, for each scan of the table, the rows that pass its filter: their numbers in ascending order. `None` if
    /// the part lacks a column of a condition, so that all may be needed.
    ///
    /// A column may hold anything in the rows that no scan needs which reads the column.
    #[must_use]
    pub fn rows_per_scan(&self, part: &Table) -> Option<Vec<Vec<u32>>> {
        self.scans.iter().map(|(scan, conditions)| self.passed(part, scan, conditions)).collect()
    }

    /// Selects the rows that some scan needs: their numbers in ascending order. `None` if the part lacks a column of a
    /// condition, so that all may be needed.
    #[must_use]
    pub fn rows(&self, part: &Table) -> Option<Vec<u32>> {
        let mut rows = self.rows_per_scan(part)?.concat();
        rows.sort();
        rows.dedup();
        Some(rows)
    }

    fn passed(&self, part: &Table, scan: &Plan, conditions: &[Expr]) -> Option<Vec<u32>> {
        let passed = self.query.with_run(&[], &self.database, &self.options, |run| {
            Ok(exec::passing_rows(scan, conditions, part, run))
        });
        passed.ok()?
    }
}

/// Says whether a plan is a scan of the table.
fn is_scan(plan: &Plan, table: &str) -> bool {
    matches!(&plan.node, Node::Scan { table: name } if name == table)
}

/// Says whether a plan, or anything below it, scans the table.
fn scans_within(plan: &Arc<Plan>, table: &str) -> bool {
    let mut found = false;
    plan.walk_once(&mut |plan| {
        found |= is_scan(plan, table);
        ControlFlow::Continue(())
    });
    found
}
