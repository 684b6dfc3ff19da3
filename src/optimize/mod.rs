//! Rewrites a plan into one that gives the same rows sooner: an ordered list, one file a rewrite.
//! It must not know the query's text, nor how a node is executed.

mod drop_distinct;
mod fold_constants;
mod free_order;
mod inline_shared;
mod merge_filters;
mod prune_columns;
mod rewrite;
mod split_item;
mod top_n;

use std::sync::Arc;

use crate::plan::Plan;

/// A rewrite of a whole plan.
type Rewrite = fn(&Arc<Plan>) -> Arc<Plan>;

/// The rewrites in their order.
const REWRITES: &[Rewrite] = &[
    fold_constants::apply,
    split_item::apply,
    inline_shared::apply,
    merge_filters::apply,
    top_n::apply,
    free_order::apply,
    prune_columns::apply,
    // Groups whose results nobody reads are a distinct by now.
    drop_distinct::apply,
];

/// The plan after every rewrite.
#[must_use]
pub fn optimize(plan: &Arc<Plan>) -> Arc<Plan> {
    REWRITES.iter().fold(plan.clone(), |plan, rewrite| rewrite(&plan))
}
