//! One plain sentence for each step, and notes on what the author may not have meant. It must not know how a run is told
//! or printed.

use super::story::{Story, Told};
use super::trace::{Relation, RelationId, Trace};
use crate::function::{OrderSensitivity, Result};
use crate::plan::{Expr, JoinKind, Node};

/// `1 row`, `3 rows`.
pub(super) fn rows(count: usize) -> String {
    counted(count, "row")
}

/// `1 group`, `3 groups`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Words with commas and `and`.
pub(super) fn list<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// What happened in a step.
pub(super) fn summary(step: &Told<'_>, trace: &Trace<'_>, added: &[String], removed: &[String]) -> String {
    let out = trace.relation(step.relation).table.len();
    let before = step.piped.map(|id| trace.relation(id).table.len());
    if step.reference || (step.operator.is_some() && step.piped == Some(step.relation)) {
        return format!("passed {} on", rows(out));
    }
    let principal = step.principal(trace);
    let text = of_node(step, principal, trace, before.unwrap_or(out), added, removed);
    match &principal.runs {
        Some(runs) => format!("{text}, in {}", counted(trace.runs_of(runs.scope), "run")),
        None => text,
    }
}

/// What the node did that a step is named after.
fn of_node(
    step: &Told<'_>,
    principal: &Relation,
    trace: &Trace<'_>,
    before: usize,
    added: &[String],
    removed: &[String],
) -> String {
    let out = trace.relation(step.relation).table.len();
    let input = |at: usize| trace.input(principal, at).map_or(0, |it| it.table.len());
    match &principal.plan.node {
        Node::Scan { .. } | Node::External { .. } => format!("read {}", rows(out)),
        Node::Values { .. } => format!("gave {}", rows(out)),
        Node::Range { .. } => format!("made {}", rows(out)),
        Node::Filter { .. } => kept(out, input(0)),
        Node::Parse { only_matches, .. } => {
            let columns = if added.is_empty() { "text".to_owned() } else { list(added) };
            if *only_matches { kept(out, input(0)) } else { format!("read {columns} out of {}", rows(out)) }
        }
        Node::Project { .. } => project(step, trace, before, added, removed),
        Node::Aggregate { keys, aggregates, .. } => match (keys.is_empty(), aggregates.is_empty()) {
            (true, _) => format!("summed {} up in one", rows(input(0))),
            (false, true) => format!("found {} among {}", counted(out, "distinct row"), input(0)),
            (false, false) => format!("grouped {} into {out}", rows(input(0))),
        },
        Node::Join { kind, .. } => join(*kind, principal, trace),
        Node::Sort { .. } => format!("ordered {}", rows(out)),
        Node::TopN { .. } if out == input(0) => format!("ordered {} and kept all", rows(out)),
        Node::TopN { .. } => format!("kept {out} of {}, the first in this order", rows(input(0))),
        Node::Limit { .. } => kept(out, input(0)),
        Node::Sample { .. } => format!("chose {out} of {} at random", rows(input(0))),
        Node::Union { .. } => {
            let parts: Vec<String> = (0..principal.inputs.len()).map(|at| input(at).to_string()).collect();
            format!("put {} together: {}", counted(parts.len(), "table"), parts.join(" + "))
        }
        Node::Unnest { .. } => unnest(principal, trace),
        Node::Apply { scope, .. } => {
            let runs = counted(trace.runs_of(*scope), "run");
            format!("gave {} to {runs} of its subquery: {} came out", rows(input(1)), rows(out))
        }
        Node::Outer { .. } => format!("gave {}", rows(out)),
        Node::Plugin { call, .. } => match principal.inputs.is_empty() {
            true => format!("{} made {}", call.plugin.name, rows(out)),
            false => format!("{} made {} of {}", call.plugin.name, rows(out), rows(input(0))),
        },
        Node::Visualize { .. } => "changed no row: it asks for a chart".to_owned(),
        Node::Shared { .. } => format!("named {}", rows(out)),
    }
}

fn kept(out: usize, of: usize) -> String {
    match out {
        _ if of == 0 => "there was no row to look at".to_owned(),
        0 => format!("kept none of {}", rows(of)),
        _ if out == of => format!("kept all {}", rows(of)),
        _ => format!("kept {out} of {}", rows(of)),
    }
}

fn project(step: &Told<'_>, trace: &Trace<'_>, count: usize, added: &[String], removed: &[String]) -> String {
    const MOST_NAMED: usize = 4;
    let columns = trace.relation(step.relation).plan.schema.len();
    if step.piped.is_none() {
        return format!("made {}", rows(count));
    }
    let named = |names: &[String]| match names.len() {
        0..=MOST_NAMED => list(names),
        more => counted(more, "column"),
    };
    match (added, removed) {
        ([], []) => {
            let changed = changed(step, trace);
            if changed.is_empty() {
                "moved columns".to_owned()
            } else {
                format!("changed {}", named(&changed))
            }
        }
        (added, []) => format!("added {}", named(added)),
        ([], removed) if removed.len() > columns => {
            format!("kept {} of {}", columns, counted(columns + removed.len(), "column"))
        }
        ([], removed) => format!("removed {}", named(removed)),
        (added, removed) => format!("added {} and removed {}", named(added), named(removed)),
    }
}

/// Columns that keep their name and get another value.
fn changed(step: &Told<'_>, trace: &Trace<'_>) -> Vec<String> {
    let relation = trace.relation(step.relation);
    let (Node::Project { columns, .. }, Some(input)) = (&relation.plan.node, trace.input(relation, 0)) else {
        return Vec::new();
    };
    let passes = |name: &str, expr: &Expr| match expr {
        Expr::Column { index, .. } => {
            input.plan.schema.columns.get(*index).is_some_and(|column| *column.name == *name)
        }
        _ => false,
    };
    let named = relation.plan.schema.names().zip(columns);
    named.filter(|(name, expr)| !passes(name, expr)).map(|(name, _)| name.to_owned()).collect()
}

fn join(kind: JoinKind, join: &Relation, trace: &Trace<'_>) -> String {
    let input = |at: usize| trace.input(join, at).map_or(0, |it| it.table.len());
    let (left, right, out) = (input(0), input(1), join.table.len());
    let one_side = |anti: bool, side: usize, other: &str| {
        let (of, others) = if side == 0 { (left, right) } else { (right, left) };
        let (done, is) = match (anti, out) {
            (true, out) if out == of => (kept(out, of), " not"),
            (true, out) => (format!("removed {} of {}", of - out, rows(of)), ""),
            (false, 0) => (kept(0, of), " not"),
            (false, out) => (kept(out, of), ""),
        };
        let names = key_names(join, trace, side);
        let verb = if names.len() == 1 { "is" } else { "are" };
        format!("{done}: their {} {verb}{is} among {} on the {other}", list(&names), rows(others))
    };
    match kind {
        JoinKind::LeftAnti => one_side(true, 0, "right"),
        JoinKind::RightAnti => one_side(true, 1, "left"),
        JoinKind::LeftSemi => one_side(false, 0, "right"),
        JoinKind::RightSemi => one_side(false, 1, "left"),
        _ => {
            let names = key_names(join, trace, 0);
            let text =
                format!("paired {} with {right} by {}: {} came out", rows(left), list(&names), rows(out));
            let (of_left, of_right) = (lonely(join, 0, left, trace), lonely(join, 1, right, trace));
            match (of_left, of_right) {
                (0, 0) => text,
                (0, n) => format!("{text}; {n} of the right are in no pair"),
                (n, 0) => format!("{text}; {n} of the left are in no pair"),
                (l, r) => format!("{text}; {l} of the left and {r} of the right are in no pair"),
            }
        }
    }
}

/// The columns that are the keys of one side.
fn key_names(join: &Relation, trace: &Trace<'_>, side: usize) -> Vec<String> {
    let (Node::Join { keys, .. }, Some(input)) = (&join.plan.node, trace.input(join, side)) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for (left, right) in keys {
        let key = if side == 0 { left } else { right };
        key.visit(&mut |it| {
            if let Expr::Column { index, .. } = it {
                names.extend(input.plan.schema.columns.get(*index).map(|column| column.name.to_string()));
            }
        });
    }
    names
}

/// How many rows of one side came out in no pair.
fn lonely(join: &Relation, side: usize, of: usize, trace: &Trace<'_>) -> usize {
    let mut paired = vec![false; of];
    let parents = (0..join.table.len()).flat_map(|row| join.parents(row, trace));
    for (_, row) in parents.filter(|(from, _)| *from == side) {
        if let Some(slot) = paired.get_mut(row) {
            *slot = true;
        }
    }
    paired.iter().filter(|it| !**it).count()
}

fn unnest(unnest: &Relation, trace: &Trace<'_>) -> String {
    let before = trace.input(unnest, 0).map_or(0, |it| it.table.len());
    let mut gone = vec![true; before];
    for row in 0..unnest.table.len() {
        for (_, row) in unnest.parents(row, trace) {
            if let Some(slot) = gone.get_mut(row) {
                *slot = false;
            }
        }
    }
    let text = format!("expanded {} into {}", rows(before), unnest.table.len());
    match gone.iter().filter(|it| **it).count() {
        0 => text,
        gone => format!("{text}; {} had no item", rows(gone)),
    }
}

/// What the author may not have meant.
pub(super) fn notes(step: &Told<'_>, story: &Story<'_>, trace: &Trace<'_>) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let principal = step.principal(trace);
    if let Node::Sort { .. } = principal.plan.node
        && let Some(later) = order_is_lost(step.relation, trace).and_then(|id| story.step_of(id))
    {
        let later = keyword(later, trace);
        notes.push(format!("`order by` before `{later}` has no effect on the result"));
    }
    if let Node::Join { kind: JoinKind::InnerUnique, .. } = principal.plan.node {
        let left = trace.input(principal, 0).map_or(0, |it| it.table.len());
        let paired = left - lonely(principal, 0, left, trace);
        match trace.with_partner(principal)?.saturating_sub(paired) {
            0 => {}
            count => notes.push(format!(
                "an innerunique join (the default) takes one left row of each key: {} more had a partner; kind=inner \
                 takes all",
                rows(count)
            )),
        }
    }
    Ok(notes)
}

/// The KQL name of an aggregation.
fn keyword(step: &Told<'_>, trace: &Trace<'_>) -> &'static str {
    match &step.principal(trace).plan.node {
        Node::Aggregate { aggregates, .. } if aggregates.is_empty() => "distinct",
        Node::Aggregate { keys, .. } if keys.is_empty() => "count",
        _ => "summarize",
    }
}

/// The aggregation that makes nothing of the order of these rows, if nothing before it does.
fn order_is_lost(sorted: RelationId, trace: &Trace<'_>) -> Option<RelationId> {
    let mut at = sorted;
    loop {
        let mut readers = trace.relations.iter().enumerate().filter(|(_, it)| it.inputs.contains(&at));
        let (Some((reader, relation)), None) = (readers.next(), readers.next()) else { return None };
        match &relation.plan.node {
            Node::Filter { conjuncts, .. } if !conjuncts.iter().any(Expr::has_window) => {}
            Node::Project { columns, .. } if !columns.iter().any(Expr::has_window) => {}
            Node::Aggregate { aggregates, .. } => {
                let free = aggregates.iter().all(|it| it.function.order != OrderSensitivity::Sensitive);
                return free.then_some(reader);
            }
            _ => return None,
        }
        at = reader;
    }
}
