//! Which rows of a table a query can need: those that pass the filter of one of its scans. It must not know how filters are
//! computed, nor where rows come from.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Database, Options, Query};
use crate::column::{Column, Table};
use crate::plan::{Expr, Node, Plan};
use crate::source::Span;
use crate::types::{ScalarType, Schema};

/// Tells which rows of a table a query needs, see [`Query::sieve`].
#[derive(Debug)]
pub struct Sieve<'q> {
    query: &'q Query,
    options: Options,
    database: Database,
    /// For each scan of the table its columns, and conditions for its rows.
    scans: Vec<(Arc<Schema>, Vec<Expr>)>,
}

impl Query {
    /// Tells, for rows of a table, which of them a run with these options can need; `None` if it may need all of them.
    ///
    /// Without the others the answer is the same. A table that is loaded for one run only takes less memory so.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options, ScalarType, Schema, Table, Value};
    /// let schema = Schema::new([("a", ScalarType::Long)]);
    /// let rows = Table::from_rows(schema.clone(), [vec![Value::Long(1)], vec![Value::Long(5)]]);
    /// let mut db = Database::new();
    /// db.declare("T", schema);
    /// let query = db.compile("T | where a > 3 | count")?;
    /// let sieve = query.sieve("T", &Options::new(DateTime::UNIX_EPOCH)).unwrap();
    /// assert_eq!(sieve.columns(), ["a"]);
    /// assert_eq!(sieve.rows(&rows), Some(vec![1]));
    /// assert_eq!(sieve.rows_by_reader(&rows), Some(vec![vec![1]]));
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    #[must_use]
    pub fn sieve(&self, table: &str, options: &Options) -> Option<Sieve<'_>> {
        let mut scans = Vec::new();
        // How often the table is read, with or without a filter right above.
        let mut reads = 0;
        for plan in self.optimized()? {
            plan.walk_once(&mut |plan| {
                if is_scan(plan, table) {
                    reads += 1;
                } else if let Node::Filter { input, conjuncts } = &plan.node
                    && is_scan(input, table)
                {
                    let usable: Vec<Expr> =
                        conjuncts.iter().filter(|it| it.reads_only_its_row()).cloned().collect();
                    if !usable.is_empty() {
                        scans.push((input.schema.clone(), usable));
                    }
                }
                ControlFlow::Continue(())
            });
        }
        if scans.len() < reads {
            return None;
        }
        let options = options.clone().threads(1);
        (!scans.is_empty()).then(|| Sieve { query: self, options, database: Database::new(), scans })
    }
}

impl Sieve<'_> {
    /// The columns that it looks at. The others may hold anything, such as nulls.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = Vec::new();
        for (schema, conditions) in &self.scans {
            for condition in conditions {
                condition.visit(&mut |it| {
                    if let Expr::Column { index, .. } = it
                        && let Some(column) = schema.columns.get(*index)
                        && !columns.contains(&&*column.name)
                    {
                        columns.push(&column.name);
                    }
                });
            }
        }
        columns
    }

    /// For each place where the query reads the table, the columns that it reads there.
    #[must_use]
    pub fn readers(&self) -> Vec<Vec<&str>> {
        self.scans.iter().map(|(schema, _)| schema.names().collect()).collect()
    }

    /// For each place where the query reads the table, the numbers of the rows that are needed there, in order; `None`
    /// if it cannot be told, so that all are.
    ///
    /// What a column holds in the other rows does not matter, if no reader of that column needs them.
    #[must_use]
    pub fn rows_by_reader(&self, part: &Table) -> Option<Vec<Vec<u32>>> {
        self.scans.iter().map(|(schema, conditions)| self.passed(part, schema, conditions)).collect()
    }

    /// The numbers of the rows that are needed, in order; `None` if it cannot be told, so that all are.
    #[must_use]
    pub fn rows(&self, part: &Table) -> Option<Vec<u32>> {
        let mut rows = self.rows_by_reader(part)?.concat();
        rows.sort();
        rows.dedup();
        Some(rows)
    }

    /// The numbers of the rows that meet the conditions.
    fn passed(&self, part: &Table, schema: &Schema, conditions: &[Expr]) -> Option<Vec<u32>> {
        let mut columns: Vec<(String, Column)> = schema
            .columns
            .iter()
            .map(|it| {
                Some((
                    it.name.to_string(),
                    part.column(&it.name).filter(|column| column.scalar_type() == it.kind)?.clone(),
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

fn is_scan(plan: &Plan, table: &str) -> bool {
    matches!(&plan.node, Node::Scan { table: name } if name == table)
}
