//! An order that nobody sees costs nothing: below an aggregation that asks for none, sorts are dropped, and joins may give
//! their rows in whatever order is found first. It must not know other rewrites.

use std::sync::Arc;

use super::rewrite::bottom_up;
use crate::function::Registry;
use crate::plan::{AggregateExpr, Expr, JoinKind, Node, Plan};

fn is_free(aggregate: &AggregateExpr) -> bool {
    aggregate.function.order.is_insensitive_over(aggregate.arguments.iter().map(Expr::scalar_type))
}

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    bottom_up(plans, &mut |mut plan| {
        if let Node::Aggregate { input, keys, aggregates } = &mut plan.node
            && aggregates.iter().all(is_free)
        {
            *input = if keys.is_empty() { free(input) } else { without_sort(input) };
        }
        plan
    })
}

/// The rows in any order: without sorts, with joins and groups that give theirs as they come.
fn free(plan: &Arc<Plan>) -> Arc<Plan> {
    let mut plan = Plan::clone(plan);
    match &mut plan.node {
        Node::Sort { input, .. } => return free(input),
        Node::Project { columns, .. } if columns.iter().any(Expr::has_window) => return Arc::new(plan),
        Node::Filter { input, .. } | Node::Project { input, .. } => *input = free(input),
        Node::Join { kind, left, right, .. } => {
            plan.any_order = true;
            *right = free(right);
            // Which of the rows with a key is the first one is seen.
            if *kind != JoinKind::InnerUnique {
                *left = free(left);
            }
        }
        Node::Aggregate { input, aggregates, .. } => {
            plan.any_order = true;
            if aggregates.iter().all(is_free) {
                *input = free(input);
            }
        }
        // Which rows these give may depend on the order, or other places read them too.
        Node::Scan { .. }
        | Node::External { .. }
        | Node::Values { .. }
        | Node::Range { .. }
        | Node::TopN { .. }
        | Node::Limit { .. }
        | Node::Sample { .. }
        | Node::Union { .. }
        | Node::Unnest { .. }
        | Node::Parse { .. }
        | Node::MatchSteps { .. }
        | Node::Apply { .. }
        | Node::Outer { .. }
        | Node::Plugin { .. }
        | Node::Visualize { .. }
        | Node::Shared { .. } => {}
    }
    Arc::new(plan)
}

/// The rows without sorts above the first operator that looks at their order. Groups come in the order of their first
/// rows, so that joins and groups below keep theirs: only what was sorted on purpose is dropped.
fn without_sort(plan: &Arc<Plan>) -> Arc<Plan> {
    let mut plan = Plan::clone(plan);
    match &mut plan.node {
        Node::Sort { input, .. } => return without_sort(input),
        Node::Project { columns, .. } if columns.iter().any(Expr::has_window) => {}
        Node::Filter { input, .. } | Node::Project { input, .. } => *input = without_sort(input),
        Node::Scan { .. }
        | Node::External { .. }
        | Node::Values { .. }
        | Node::Range { .. }
        | Node::Aggregate { .. }
        | Node::Join { .. }
        | Node::TopN { .. }
        | Node::Limit { .. }
        | Node::Sample { .. }
        | Node::Union { .. }
        | Node::Unnest { .. }
        | Node::Parse { .. }
        | Node::MatchSteps { .. }
        | Node::Apply { .. }
        | Node::Outer { .. }
        | Node::Plugin { .. }
        | Node::Visualize { .. }
        | Node::Shared { .. } => {}
    }
    Arc::new(plan)
}

#[cfg(test)]
mod tests {
    use crate::{Database, ScalarType, Schema, Table};

    /// The plan's lines of one operator.
    fn lines(operator: &str, query: &str) -> Vec<String> {
        let mut database = Database::new();
        for name in ["T", "U"] {
            let schema =
                Schema::new([("k", ScalarType::String), ("n", ScalarType::Long), ("x", ScalarType::Real)]);
            database.insert(name, Table::empty(schema));
        }
        let plan = database.compile(query).unwrap().plan();
        plan.lines().map(str::trim).filter(|line| line.starts_with(operator)).map(str::to_owned).collect()
    }

    fn is_free(operator: &str, query: &str) -> bool {
        let found = lines(operator, query);
        assert!(!found.is_empty(), "no {operator}: {query}");
        found.iter().any(|line| line.ends_with("in any order"))
    }

    #[test]
    fn joins_and_groups_below_counts_are_free() {
        assert!(is_free("Join", "T | join kind=inner U on k | summarize count(), sum(n), max(n1)"));
        assert!(is_free(
            "Join",
            "T | join U on k | where n > 1 | extend m = n + n1 | sort by m | summarize sum(m)"
        ));
        assert!(is_free("Join", "T | join (T | join kind=inner U on k) on k | summarize dcount(k)"));
        // Sums of reals are exact in any order.
        assert!(is_free("Join", "T | join kind=inner U on k | summarize sum(x), avg(x), stdev(x1)"));
        assert!(is_free("Aggregate", "T | summarize c = count(), make_list(x) by k | summarize max(c)"));
        assert!(lines("Sort", "T | sort by n | summarize count() by k").is_empty());
        assert!(
            lines("Sort", "T | summarize count(), sum(n) by k | sort by k | summarize count()").is_empty()
        );
    }

    #[test]
    fn an_order_that_is_seen_stays() {
        assert!(!is_free("Join", "T | join kind=inner U on k"));
        assert!(!is_free("Join", "T | join kind=inner U on k | summarize count() by k"));
        assert!(!is_free("Join", "T | join kind=inner U on k | summarize make_list(n)"));
        // Of two reals that are equal, 0.0 and -0.0, the first is kept.
        assert!(!is_free("Join", "T | join kind=inner U on k | summarize max(x)"));
        assert!(!is_free(
            "Join",
            "T | join kind=inner U on k | serialize r = row_number() | summarize max(r)"
        ));
        assert!(!is_free("Join", "T | join kind=inner U on k | take 3 | summarize sum(n)"));
        assert!(!is_free("Aggregate", "T | summarize c = count() by k | where c > 1"));
        assert_eq!(lines("Sort", "T | sort by n | summarize make_list(n)").len(), 1);
        // The first of the left rows with a key is seen, so that the order below the left side is too.
        let left = "T | join kind=inner U on k | join U on k | summarize sum(n)";
        assert_eq!(lines("Join", left).iter().filter(|line| line.ends_with("in any order")).count(), 1);
    }
}
