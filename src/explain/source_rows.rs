//! The rows that a run begins with, by the names that people know them by. It must not know what becomes of them.

use std::sync::Arc;

use super::report::{DATATABLE, RowRef};
use super::story::Story;
use super::trace::{RelationId, Trace};
use crate::plan::{Node, Plan};
use crate::source::Span;

/// Rows of a relation that stand one after the other in a table.
struct Extent {
    table: String,
    relation: RelationId,
    first: usize,
    len: usize,
}

/// Where the rows of tables are read.
pub(super) struct SourceRows(Vec<Extent>);

impl SourceRows {
    pub fn new(trace: &Trace<'_>, story: &Story<'_>) -> Self {
        let mut extents: Vec<Extent> = Vec::new();
        let mut unnamed: Vec<Arc<Plan>> = Vec::new();
        for (id, relation) in trace.relations.iter().enumerate() {
            let whole = |table: String| Extent { table, relation: id, first: 0, len: relation.table.len() };
            match &relation.plan.node {
                Node::Scan { table } => extents.push(whole(table.clone())),
                Node::External { locations } => {
                    // The rows of several locations come one after the other.
                    let mut first = 0;
                    for location in locations {
                        let len = trace.run.tables.external(location).map_or(0, |it| it.len());
                        extents.push(Extent { table: location.clone(), relation: id, first, len });
                        first += len;
                    }
                }
                // The row that `print` starts from, and columns that `getschema` describes, are nobody's rows.
                Node::Values { .. } => {
                    let told = story.step_of(id).is_some_and(|step| step.operator.is_none());
                    if !told || relation.plan.span == Span::default() {
                        continue;
                    }
                    let known = unnamed.iter().position(|plan| Arc::ptr_eq(plan, &relation.plan));
                    let number = known.unwrap_or(unnamed.len());
                    let name = story.source_name(relation).unwrap_or_default();
                    if name == DATATABLE && known.is_none() {
                        unnamed.push(relation.plan.clone());
                    }
                    let name =
                        if name == DATATABLE && number > 0 { format!("{name} {}", number + 1) } else { name };
                    extents.push(whole(name));
                }
                _ => {}
            }
        }
        Self(extents)
    }

    /// What a row of a source is called; nothing for rows that come from no table.
    pub fn name(&self, relation: RelationId, row: usize) -> Option<RowRef> {
        let has = |it: &&Extent| it.relation == relation && row >= it.first && row - it.first < it.len;
        self.0.iter().find(has).map(|it| RowRef::new(&*it.table, row - it.first))
    }

    /// Where a row is read: relations with the row's number in each.
    pub fn find(&self, row: &RowRef) -> Vec<(RelationId, usize)> {
        let has = |it: &&Extent| it.table == row.table && row.row < it.len;
        self.0.iter().filter(has).map(|it| (it.relation, it.first + row.row)).collect()
    }

    /// How many rows a table has; nothing if the run does not read it.
    pub fn rows_of(&self, table: &str) -> Option<usize> {
        self.0.iter().filter(|it| it.table == table).map(|it| it.len).max()
    }

    /// The tables that are read, each one once.
    pub fn tables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for extent in &self.0 {
            if !names.contains(&&*extent.table) {
                names.push(&extent.table);
            }
        }
        names
    }
}
