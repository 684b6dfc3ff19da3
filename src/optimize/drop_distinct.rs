//! A `distinct` that feeds only a question of membership is dropped: a semi or anti join asks whether a key is there, not
//! how often. It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::function::Registry;
use crate::plan::{Node, Plan};

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    bottom_up(plans, &mut |mut plan| {
        if let Node::Join { kind, left, right, .. } = &mut plan.node {
            if !kind.gives_right() {
                *right = without_distinct(right);
            }
            if !kind.gives_left() {
                *left = without_distinct(left);
            }
        }
        plan
    })
}

/// The rows, each perhaps several times.
fn without_distinct(plan: &Arc<Plan>) -> Arc<Plan> {
    if let Node::Aggregate { input, keys, aggregates } = &plan.node
        && aggregates.is_empty()
        && !keys.is_empty()
    {
        let node = Node::Project { input: input.clone(), columns: keys.clone() };
        return Arc::new(Plan { node, ..Plan::clone(plan) });
    }
    plan.clone()
}

#[cfg(test)]
mod tests {
    use crate::{Database, ScalarType, Schema, Table};

    fn groups(query: &str) -> usize {
        let mut database = Database::new();
        for name in ["T", "U"] {
            database.insert(
                name,
                Table::empty(Schema::new([("k", ScalarType::String), ("n", ScalarType::Long)])),
            );
        }
        let plan = database.compile(query).unwrap().plan();
        plan.lines()
            .filter(|line| ["Distinct", "Aggregate"].iter().any(|name| line.trim().starts_with(name)))
            .count()
    }

    #[test]
    fn only_the_side_that_is_asked_about_loses_its_distinct() {
        assert_eq!(groups("T | join kind=leftanti (U | distinct k) on k"), 0);
        assert_eq!(groups("T | distinct k | join kind=rightsemi U on k"), 0);
        assert_eq!(groups("T | distinct k | join kind=leftsemi U on k"), 1);
        assert_eq!(groups("T | join kind=inner (U | distinct k) on k"), 1);
        assert_eq!(groups("T | join kind=leftsemi (U | summarize count() by k) on k"), 0);
        assert_eq!(groups("T | join kind=leftsemi (U | summarize n = count() by k | where n > 1) on k"), 1);
    }
}
