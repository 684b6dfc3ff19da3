//! Finds the rows that a run begins with by the names of their tables, and names them.

use std::sync::Arc;

use super::report::{DATATABLE, RowRef};
use super::steps::AuthoredSteps;
use super::trace::{Relation, RelationId, Trace};
use crate::exec::external_row_counts;
use crate::plan::{Node, Plan};
use crate::source::Span;

/// Places rows of a table in a relation, where they stand one after the other.
struct Extent {
    table: String,
    relation: RelationId,
    first: usize,
    len: usize,
}

/// Lists where the rows of tables are read.
pub(super) struct SourceIndex(Vec<Extent>);

impl SourceIndex {
    /// Finds the sources of a run.
    pub fn new(trace: &Trace<'_>, steps: &AuthoredSteps<'_>) -> Self {
        let mut extents: Vec<Extent> = Vec::new();
        let mut unnamed: Vec<Arc<Plan>> = Vec::new();
        for (id, relation) in trace.relations.iter().enumerate() {
            let whole = |table: String| Extent { table, relation: id, first: 0, len: relation.table.len() };
            if let Node::Scan { table } = &relation.plan.node {
                extents.push(whole(table.clone()));
            } else if let Node::External { locations, .. } = &relation.plan.node {
                // The rows of several locations come one after the other.
                let mut first = 0;
                let counts = external_row_counts(&relation.plan, trace.run);
                for (location, len) in locations.iter().zip(counts) {
                    extents.push(Extent { table: location.clone(), relation: id, first, len });
                    first += len;
                }
            } else if let Node::Values { .. } = &relation.plan.node
                && is_datatable(id, relation, steps)
            {
                let known = unnamed.iter().position(|plan| Arc::ptr_eq(plan, &relation.plan));
                let number = known.unwrap_or(unnamed.len());
                let name = steps.source_name(relation).unwrap_or_default();
                if name == DATATABLE && known.is_none() {
                    unnamed.push(relation.plan.clone());
                }
                let name =
                    if name == DATATABLE && number > 0 { format!("{name} {}", number + 1) } else { name };
                extents.push(whole(name));
            }
        }
        Self(extents)
    }

    /// Names a row of a source; `None` for a row that comes from no table.
    pub fn name(&self, relation: RelationId, row: usize) -> Option<RowRef> {
        let has = |it: &&Extent| it.relation == relation && row >= it.first && row - it.first < it.len;
        self.0.iter().find(has).map(|it| RowRef::new(&*it.table, row - it.first))
    }

    /// Finds the relations that read a row, with the row's number in each.
    pub fn find(&self, row: &RowRef) -> Vec<(RelationId, usize)> {
        let has = |it: &&Extent| it.table == row.table && row.row < it.len;
        self.0.iter().filter(has).map(|it| (it.relation, it.first + row.row)).collect()
    }

    /// Counts the rows of a table; `None` if the run does not read it.
    pub fn rows_of(&self, table: &str) -> Option<usize> {
        self.0.iter().filter(|it| it.table == table).map(|it| it.len).max()
    }

    /// Lists the tables that are read, each one once.
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

/// Says whether known rows are those of a table: not the row that `print` starts from, nor columns that `getschema`
/// describes.
fn is_datatable(id: RelationId, relation: &Relation, steps: &AuthoredSteps<'_>) -> bool {
    relation.plan.span != Span::default() && steps.step_of(id).is_some_and(|step| step.operator.is_none())
}
