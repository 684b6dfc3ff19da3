//! Rewrites a plan into one that gives the same rows sooner: an ordered list of named rewrites, one file each.
//! It must not know the query's text, nor how a node is executed.

mod drop_distinct;
mod drop_empty;
mod fold_constants;
mod free_order;
mod inline_shared;
mod merge_filters;
mod merge_projects;
mod prune_columns;
mod push_filters;
mod rewrite;
mod split_item;
#[cfg(test)]
mod tests;
mod top_n;

use std::sync::Arc;

use crate::function::Registry;
use crate::plan::Plan;

/// A rewrite of whole plans: those of all results of a query, which may share parts.
pub struct Rewrite {
    /// Its name, as `kqlite plan --each` prints it.
    pub name: &'static str,
    /// The plans after it.
    pub apply: RewriteFn,
}

/// Rewrites plans, with the functions that it may put into them.
pub type RewriteFn = fn(&[Arc<Plan>], &Registry) -> Vec<Arc<Plan>>;

/// The rewrites in their order.
pub const REWRITES: &[Rewrite] = &[
    Rewrite { name: "fold_constants", apply: fold_constants::apply },
    Rewrite { name: "split_item", apply: split_item::apply },
    Rewrite { name: "inline_shared", apply: inline_shared::apply },
    Rewrite { name: "push_filters", apply: push_filters::apply },
    Rewrite { name: "drop_empty", apply: drop_empty::apply },
    Rewrite { name: "merge_filters", apply: merge_filters::apply },
    Rewrite { name: "top_n", apply: top_n::apply },
    Rewrite { name: "free_order", apply: free_order::apply },
    Rewrite { name: "prune_columns", apply: prune_columns::apply },
    // Groups whose results nobody reads are a distinct by now.
    Rewrite { name: "drop_distinct", apply: drop_distinct::apply },
    Rewrite { name: "merge_projects", apply: merge_projects::apply },
];

/// The plans after every rewrite.
#[must_use]
pub fn optimize(plans: &[Arc<Plan>], registry: &Registry) -> Vec<Arc<Plan>> {
    REWRITES.iter().fold(plans.to_vec(), |plans, rewrite| (rewrite.apply)(&plans, registry))
}
