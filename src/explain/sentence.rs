//! Writes one plain sentence for each step of a run, and notes on what the author may not have meant.

use super::steps::{AuthoredStep, AuthoredSteps};
use super::subtables::Subtables;
use super::trace::{Relation, RelationId, Trace};
use crate::function::{OrderSensitivity, Result};
use crate::plan::{Expr, JoinKind, Node};

/// Writes a number of rows: `1 row`, `3 rows`.
pub(super) fn rows(count: usize) -> String {
    counted(count, "row")
}

/// Writes a number of things: `1 group`, `3 groups`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Joins words with commas and `and`.
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

/// Says what a step did.
pub(super) fn summary(
    step: &AuthoredStep<'_>,
    trace: &Trace<'_>,
    added: &[String],
    removed: &[String],
) -> String {
    let out = trace.relation(step.relation).table.len();
    if step.reference || (step.operator.is_some() && step.piped == Some(step.relation)) {
        return format!("passed {} on", rows(out));
    }
    let principal = step.principal(trace);
    let text = of_node(step, principal, trace, added, removed);
    let Some(subtables) = subtables_around(principal, trace) else { return text };
    match &principal.plan.node {
        // These speak of the subtables themselves.
        Node::Outer { .. } | Node::TopN { .. } => text,
        Node::Aggregate { keys, .. } if keys.is_empty() => text,
        Node::Apply { .. } => format!("{text}, within {subtables}"),
        Node::Scan { .. }
        | Node::External { .. }
        | Node::Values { .. }
        | Node::Range { .. }
        | Node::Filter { .. }
        | Node::Project { .. }
        | Node::Aggregate { .. }
        | Node::Join { .. }
        | Node::Sort { .. }
        | Node::Limit { .. }
        | Node::Sample { .. }
        | Node::Union { .. }
        | Node::Unnest { .. }
        | Node::Parse { .. }
        | Node::MatchSteps { .. }
        | Node::Plugin { .. }
        | Node::Visualize { .. }
        | Node::Shared { .. } => {
            let text = format!("{text}, over {subtables}");
            match trace.input(principal, 0).filter(|_| trace.reads_the_same(principal, 0)) {
                Some(input) => format!("{text}, each of which reads the same {}", rows(input.table.len())),
                None => text,
            }
        }
    }
}

/// Counts the subtables that a relation is computed for: `3 subtables`; `None` for one that is in no subquery.
fn subtables_around(relation: &Relation, trace: &Trace<'_>) -> Option<String> {
    let runs = relation.runs.as_ref()?;
    Some(counted(trace.run_count(runs.scope), "subtable"))
}

/// Says what the node did that a step is named after.
fn of_node(
    step: &AuthoredStep<'_>,
    principal: &Relation,
    trace: &Trace<'_>,
    added: &[String],
    removed: &[String],
) -> String {
    let out = trace.relation(step.relation).table.len();
    let piped = step.piped.map(|id| trace.relation(id).table.len());
    let read = |at: usize| trace.rows_read(principal, at);
    let subtables = subtables_around(principal, trace);
    match &principal.plan.node {
        Node::Scan { .. } | Node::External { .. } => format!("read {}", rows(out)),
        Node::Values { .. } => format!("gave {}", rows(out)),
        Node::Range { .. } => format!("made {}", rows(out)),
        Node::Filter { .. } => kept(out, read(0)),
        Node::Parse { only_matches, .. } => {
            let columns = if added.is_empty() { "text".to_owned() } else { list(added) };
            if *only_matches { kept(out, read(0)) } else { format!("read {columns} out of {}", rows(out)) }
        }
        Node::Project { .. } => project(step, trace, piped.unwrap_or(out), added, removed),
        Node::Aggregate { keys, aggregates, .. } => match (keys.is_empty(), aggregates.is_empty(), subtables)
        {
            (true, _, None) => format!("summed {} up in one", rows(read(0))),
            (true, _, Some(_)) => format!("summed {} up in {out}, one for each subtable", rows(read(0))),
            (false, true, _) => format!("found {} among {}", counted(out, "distinct row"), read(0)),
            (false, false, _) => format!("grouped {} into {out}", rows(read(0))),
        },
        Node::Join { kind, .. } => join(*kind, principal, trace),
        Node::Sort { .. } => format!("ordered {}", rows(out)),
        Node::TopN { .. } => match (out == read(0), subtables) {
            (true, None) => format!("ordered {} and kept all", rows(out)),
            (true, Some(subtables)) => format!("ordered {} in {subtables} and kept all", rows(out)),
            (false, None) => format!("kept {out} of {}, the first in this order", rows(read(0))),
            (false, Some(subtables)) => {
                format!("kept {out} of {}, the first of each of {subtables} in this order", rows(read(0)))
            }
        },
        Node::Limit { .. } => kept(out, read(0)),
        Node::Sample { .. } => format!("chose {out} of {} at random", rows(read(0))),
        Node::Union { .. } => {
            let parts: Vec<String> = (0..principal.inputs.len()).map(|at| read(at).to_string()).collect();
            format!("put {} together: {}", counted(parts.len(), "table"), parts.join(" + "))
        }
        Node::Unnest { .. } => {
            let text = format!("expanded {} into {out}", rows(read(0)));
            format!("{text}{}", without_item(principal, trace))
        }
        Node::MatchSteps { .. } => format!("matched {} with steps: {out} came out", rows(read(0))),
        Node::Apply { scope, .. } => {
            let text = match trace.body(*scope).filter(|body| body.reads_rows) {
                Some(body) => format!("ran the subquery for {}", counted(body.count, "subtable")),
                // The rows are divided in this step.
                None => format!("{}, and ran the subquery for each", divided(read(1), *scope, trace)),
            };
            format!("{text}: {} came out", rows(out))
        }
        Node::Outer { scope } => match Subtables::of(trace, *scope) {
            Some(Subtables::PerRow) => {
                let mut inner = step.inner.iter().map(|id| trace.relation(*id));
                let unnest = inner.find(|it| matches!(it.plan.node, Node::Unnest { .. }));
                let without = unnest.map(|unnest| without_item(unnest, trace)).unwrap_or_default();
                format!(
                    "expanded {} into {out}, a subtable for each row{without}",
                    rows(piped.unwrap_or(out))
                )
            }
            Some(Subtables::PerKey(_)) | None => divided(piped.unwrap_or(out), *scope, trace),
        },
        Node::Plugin { call, .. } => match principal.inputs.is_empty() {
            true => format!("{} made {}", call.plugin.name, rows(out)),
            false => format!("{} made {} of {}", call.plugin.name, rows(out), rows(read(0))),
        },
        Node::Visualize { .. } => "changed no row: it asks for a chart".to_owned(),
        Node::Shared { .. } => format!("named {}", rows(out)),
    }
}

/// Says into how many subtables rows were divided: `divided 5 rows into 3 subtables, one for each user`.
fn divided(count: usize, scope: usize, trace: &Trace<'_>) -> String {
    let text = format!("divided {} into {}", rows(count), counted(trace.run_count(scope), "subtable"));
    match Subtables::of(trace, scope) {
        Some(subtables) => format!("{text}, one for each {}", subtables.unit()),
        None => text,
    }
}

/// Says how many of some rows were kept.
fn kept(out: usize, of: usize) -> String {
    match out {
        _ if of == 0 => "there was no row to look at".to_owned(),
        0 => format!("kept none of {}", rows(of)),
        _ if out == of => format!("kept all {}", rows(of)),
        _ => format!("kept {out} of {}", rows(of)),
    }
}

/// Says which columns a projection added, removed or changed.
fn project(
    step: &AuthoredStep<'_>,
    trace: &Trace<'_>,
    count: usize,
    added: &[String],
    removed: &[String],
) -> String {
    const MAX_NAMED: usize = 4;
    let columns = trace.relation(step.relation).plan.schema.len();
    if step.piped.is_none() {
        return format!("made {}", rows(count));
    }
    let named = |names: &[String]| match names.len() {
        0..=MAX_NAMED => list(names),
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

/// Lists the columns that keep their name and get another value.
fn changed(step: &AuthoredStep<'_>, trace: &Trace<'_>) -> Vec<String> {
    let relation = trace.relation(step.relation);
    let (Node::Project { columns, .. }, Some(input)) = (&relation.plan.node, trace.input(relation, 0)) else {
        return Vec::new();
    };
    let passes = |name: &str, expr: &Expr| {
        if let Expr::Column { index, .. } = expr {
            input.plan.schema.columns.get(*index).is_some_and(|column| *column.name == *name)
        } else {
            false
        }
    };
    let named = relation.plan.schema.names().zip(columns);
    named.filter(|(name, expr)| !passes(name, expr)).map(|(name, _)| name.to_owned()).collect()
}

/// Says which rows a join kept, or how it paired them.
fn join(kind: JoinKind, join: &Relation, trace: &Trace<'_>) -> String {
    let out = join.table.len();
    let one_side = |anti: bool, side: usize, other: &str| {
        let (of, others) = (trace.rows_read(join, side), rows_of(join, 1 - side, trace));
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
        JoinKind::InnerUnique
        | JoinKind::Inner
        | JoinKind::LeftOuter
        | JoinKind::RightOuter
        | JoinKind::FullOuter => {
            let (left, right) = (rows_of(join, 0, trace), rows_of(join, 1, trace));
            let names = key_names(join, trace, 0);
            let text =
                format!("paired {} with {right} by {}: {} came out", rows(left), list(&names), rows(out));
            let is = |count: usize| if count == 1 { "is" } else { "are" };
            match (unmatched(join, 0, trace), unmatched(join, 1, trace)) {
                (0, 0) => text,
                (0, n) => format!("{text}; {n} of the right {} in no pair", is(n)),
                (n, 0) => format!("{text}; {n} of the left {} in no pair", is(n)),
                (l, r) => format!("{text}; {l} of the left and {r} of the right are in no pair"),
            }
        }
    }
}

/// Counts the rows of an input.
fn rows_of(relation: &Relation, at: usize, trace: &Trace<'_>) -> usize {
    trace.input(relation, at).map_or(0, |it| it.table.len())
}

/// Lists the columns that are the keys of one side.
fn key_names(join: &Relation, trace: &Trace<'_>, side: usize) -> Vec<String> {
    let (Node::Join { keys, .. }, Some(input)) = (&join.plan.node, trace.input(join, side)) else {
        return Vec::new();
    };
    let sides = keys.iter().map(|(left, right)| if side == 0 { left } else { right });
    let columns = sides.flat_map(Expr::columns).filter_map(|at| input.plan.schema.columns.get(at));
    columns.map(|column| column.name.to_string()).collect()
}

/// Counts the rows of an input that no result row was made of.
fn unmatched(relation: &Relation, input: usize, trace: &Trace<'_>) -> usize {
    let mut used = vec![false; rows_of(relation, input, trace)];
    let parents = (0..relation.table.len()).flat_map(|row| relation.parents(row, trace));
    for (_, row) in parents.filter(|(from, _)| *from == input) {
        if let Some(slot) = used.get_mut(row) {
            *slot = true;
        }
    }
    used.iter().filter(|it| !**it).count()
}

/// Says how many rows an expansion made nothing of, behind a semicolon.
fn without_item(unnest: &Relation, trace: &Trace<'_>) -> String {
    match unmatched(unnest, 0, trace) {
        0 => String::new(),
        count => format!("; {} had no item", rows(count)),
    }
}

/// Writes the notes on a step.
pub(super) fn notes(
    step: &AuthoredStep<'_>,
    steps: &AuthoredSteps<'_>,
    trace: &Trace<'_>,
) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let principal = step.principal(trace);
    if let Node::Sort { .. } = principal.plan.node
        && let Some(later) = order_is_lost(step.relation, trace).and_then(|id| steps.step_of(id))
    {
        let later = keyword(later, trace);
        notes.push(format!("`order by` before `{later}` has no effect on the result"));
    }
    if let Node::Join { kind: JoinKind::InnerUnique, .. } = principal.plan.node {
        let paired = rows_of(principal, 0, trace) - unmatched(principal, 0, trace);
        match trace.matched_left_rows(principal)?.saturating_sub(paired) {
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

/// Gives the KQL name of an aggregation.
fn keyword(step: &AuthoredStep<'_>, trace: &Trace<'_>) -> &'static str {
    if let Node::Aggregate { keys, aggregates, .. } = &step.principal(trace).plan.node {
        if aggregates.is_empty() {
            return "distinct";
        } else if keys.is_empty() {
            return "count";
        }
    }
    "summarize"
}

/// Finds the aggregation that makes nothing of the order of these rows, if nothing before it does.
fn order_is_lost(sorted: RelationId, trace: &Trace<'_>) -> Option<RelationId> {
    let mut at = sorted;
    loop {
        let mut readers = trace.relations.iter().enumerate().filter(|(_, it)| it.inputs.contains(&at));
        let (Some((reader, relation)), None) = (readers.next(), readers.next()) else { return None };
        let node = &relation.plan.node;
        if let Node::Aggregate { aggregates, .. } = node {
            let free = aggregates.iter().all(|it| it.function.order != OrderSensitivity::Sensitive);
            return free.then_some(reader);
        }
        let passes = if let Node::Filter { conjuncts, .. } = node {
            !conjuncts.iter().any(Expr::has_window)
        } else if let Node::Project { columns, .. } = node {
            !columns.iter().any(Expr::has_window)
        } else {
            false
        };
        if !passes {
            return None;
        }
        at = reader;
    }
}
