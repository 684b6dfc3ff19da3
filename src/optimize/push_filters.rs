//! Filters go down to the rows that they need: below projections, sorts, unions, groups and sides of joins, and into shared
//! parts. It must not know other rewrites.
//!
//! A predicate goes below an operator where it reads only columns that the operator passes on as they are, and where fewer
//! rows in make the same rows out. A predicate on the key of a join holds for both sides. A shared part keeps the rows that
//! any of its readers asks for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::rewrite::{Memo, rewrite};
use crate::function::{Registry, Semantics};
use crate::plan::{ConstantFolder, Expr, JoinKind, Node, OutputColumn, Plan, RunsOver, UnnestOutput};
use crate::source::Span;
use crate::types::{ScalarType, Value};

/// The most that a predicate may cost for a row to go below a join, which perhaps drops most rows.
const MAX_COST_BELOW_JOIN: u32 = 15;
/// The most that the predicates of all readers may cost together to be asked of a shared part as well.
const MAX_COST_OF_READERS: u32 = 60;

pub(super) fn apply(plans: &[Arc<Plan>], registry: &Registry) -> Vec<Arc<Plan>> {
    let folder = ConstantFolder::default();
    let mut pusher = Pusher { registry, folder, memo: Memo::default(), asked: HashMap::new() };
    let plans: Vec<Arc<Plan>> = plans.iter().map(|plan| pusher.push(plan, Vec::new())).collect();
    let mut parts: HashMap<usize, Arc<Plan>> = HashMap::new();
    for (id, part) in readers_first(&plans) {
        let predicates = pusher.predicates_of_readers(id);
        parts.insert(id, pusher.push(&part, predicates));
    }
    rewrite(
        &plans,
        &mut |plan| {
            if let Node::Shared { input, id } = &mut plan.node
                && let Some(part) = parts.get(id)
            {
                *input = part.clone();
            }
        },
        &mut |plan| plan,
    )
}

/// A predicate on its way down, and the operator that asks for it.
#[derive(Clone)]
struct Predicate {
    expr: Expr,
    span: Span,
}

impl Predicate {
    /// Every column that the predicate reads is one of these.
    fn reads_only(&self, mut is_one: impl FnMut(usize) -> bool) -> bool {
        self.expr.columns().into_iter().all(&mut is_one)
    }

    /// The predicate over the columns of an input; `None` where it reads a column that the input does not have.
    fn over(&self, input: &impl Fn(usize) -> Option<Expr>) -> Option<Self> {
        if !self.reads_only(|at| input(at).is_some()) {
            return None;
        }
        let expr = self.expr.map_columns(&|at, kind| input(at).unwrap_or_else(|| Expr::column(at, kind)));
        Some(Self { expr, span: self.span })
    }
}

struct Pusher<'r> {
    registry: &'r Registry,
    /// Computes what has become known on the way down.
    folder: ConstantFolder,
    /// Plans that nothing is asked of from above.
    memo: Memo,
    /// For each shared part what each place that reads it asks for.
    asked: HashMap<usize, Vec<Vec<Predicate>>>,
}

impl Pusher<'_> {
    /// The rows of a plan that meet the predicates, which are over its columns.
    fn push(&mut self, plan: &Arc<Plan>, predicates: Vec<Predicate>) -> Arc<Plan> {
        if !predicates.is_empty() {
            return self.push_into(plan, predicates);
        }
        match self.memo.get(plan) {
            Some(done) => done,
            None => {
                let done = self.push_into(plan, predicates);
                self.memo.insert(plan, &done);
                done
            }
        }
    }

    fn push_into(&mut self, plan: &Arc<Plan>, predicates: Vec<Predicate>) -> Arc<Plan> {
        let mut fresh = Plan::clone(plan);
        let mut tables = Vec::new();
        fresh.exprs_mut().into_iter().for_each(|expr| expr.subqueries_mut(&mut tables));
        tables.into_iter().for_each(|table| *table = self.push(table, Vec::new()));
        if let Node::Apply { body, .. } = &mut fresh.node {
            *body = self.push(body, Vec::new());
        }
        match &mut fresh.node {
            Node::Filter { input, conjuncts } if !conjuncts.iter().any(Expr::is_volatile) => {
                let own = conjuncts.drain(..).map(|expr| Predicate { expr, span: plan.span });
                return self.push(input, own.chain(predicates).collect());
            }
            Node::Shared { id, .. } => {
                // The part itself is done when all of its readers are known.
                self.asked.entry(*id).or_default().push(predicates.clone());
                return filter(plan.clone(), predicates);
            }
            Node::Filter { .. }
            | Node::Scan { .. }
            | Node::External { .. }
            | Node::Values { .. }
            | Node::Range { .. }
            | Node::Project { .. }
            | Node::Aggregate { .. }
            | Node::Join { .. }
            | Node::Sort { .. }
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
            | Node::Visualize { .. } => {}
        }
        let mut below: Vec<Vec<Predicate>> = fresh.inputs().iter().map(|_| Vec::new()).collect();
        let stay: Vec<Predicate> =
            predicates.into_iter().filter(|predicate| !go_below(&fresh, predicate, &mut below)).collect();
        for (input, predicates) in fresh.inputs_mut().into_iter().zip(below) {
            let folded = predicates.into_iter().map(|it| Predicate { expr: self.folder.fold(it.expr), ..it });
            let folded: Vec<Predicate> = folded.collect();
            *input = self.push(input, folded);
        }
        filter(Arc::new(fresh), stay)
    }

    /// What a shared part may be asked for: the rows that any of its readers asks for.
    fn predicates_of_readers(&self, id: usize) -> Vec<Predicate> {
        let (and, or) =
            (self.registry.of_semantics(Semantics::And), self.registry.of_semantics(Semantics::Or));
        let (Some(and), Some(or), Some(readers)) = (and, or, self.asked.get(&id)) else { return Vec::new() };
        let call = |function, arguments: Vec<Expr>, span: Span| match <[Expr; 1]>::try_from(arguments) {
            Ok([alone]) => alone,
            Err(arguments) => {
                let returns = [ScalarType::Bool].into();
                Expr::Call { function, arguments, returns, output: 0, span, unfoldable: false }
            }
        };
        let (mut cost, mut any, mut span) = (0, Vec::new(), None);
        for reader in readers {
            // A table in a predicate may read this part itself; the rows of a body are not known here.
            let usable: Vec<&Predicate> = reader.iter().filter(|it| it.expr.reads_only_its_row()).collect();
            let Some(first) = usable.first() else { return Vec::new() };
            cost += usable.iter().map(|it| it.expr.cost()).sum::<u32>();
            span.get_or_insert(first.span);
            any.push(call(and.clone(), usable.iter().map(|it| it.expr.clone()).collect(), first.span));
        }
        match span {
            Some(span) if cost <= MAX_COST_OF_READERS => {
                vec![Predicate { expr: call(or.clone(), any, span), span }]
            }
            _ => Vec::new(),
        }
    }
}

/// Adds a predicate to those of a node's inputs; `false` if it must stay above the node.
fn go_below(plan: &Plan, predicate: &Predicate, below: &mut [Vec<Predicate>]) -> bool {
    let over_input: Option<Predicate> = match &plan.node {
        // Window functions see all rows; which row gets which random number is not to change.
        Node::Project { columns, .. } if columns.iter().any(|it| it.has_window() || it.is_volatile()) => None,
        Node::Project { columns, .. } => {
            predicate.over(&|at| columns.get(at).filter(|it| is_plain(it)).cloned())
        }
        Node::Sort { .. } | Node::Visualize { .. } | Node::Union { .. } => Some(predicate.clone()),
        // Whole groups are left out. All rows together are one group, which is there without any row.
        Node::Aggregate { keys, .. } if !keys.is_empty() => {
            predicate.over(&|at| keys.get(at).filter(|it| is_plain(it)).cloned())
        }
        Node::Unnest { input, layout, .. } if !layout.contains(&UnnestOutput::InputRow) => {
            predicate.over(&|at| match layout.get(at) {
                Some(UnnestOutput::Input(at)) => column(input, *at),
                _ => None,
            })
        }
        Node::Parse { input, layout, .. } => predicate.over(&|at| passed_on(input, layout, at)),
        // Whole runs are left out. How many there are may be limited, and what parts neighbours is not known here.
        Node::Apply { input, runs: RunsOver::Keys(keys), body, scope, given, layout, max_runs: None } => {
            predicate.over(&|at| {
                let at = match layout.get(at)? {
                    OutputColumn::Input(at) => *at,
                    OutputColumn::New(at) => *given.get(outer_column(body, *at, *scope)?)?,
                };
                let column = column(input, at)?;
                keys.iter().any(|key| is_same_column(key, &column)).then_some(column)
            })
        }
        Node::Join { kind, left, keys, .. } => {
            return go_below_join(*kind, left.schema.len(), keys, predicate, below);
        }
        Node::Aggregate { .. }
        | Node::Unnest { .. }
        | Node::MatchSteps { .. }
        | Node::Apply { .. }
        | Node::Scan { .. }
        | Node::External { .. }
        | Node::Values { .. }
        | Node::Range { .. }
        | Node::Filter { .. }
        | Node::TopN { .. }
        | Node::Limit { .. }
        | Node::Sample { .. }
        | Node::Outer { .. }
        | Node::Plugin { .. }
        | Node::Shared { .. } => None,
    };
    let Some(predicate) = over_input else { return false };
    below.iter_mut().for_each(|predicates| predicates.push(predicate.clone()));
    true
}

/// Which sides of a join may lose rows that do not meet a predicate on their own columns.
struct PushableSides {
    /// A predicate on columns of this side may go below it.
    left: bool,
    right: bool,
    /// A predicate on this side's keys that goes below it holds for what it meets of the other side.
    left_keys_hold_right: bool,
    right_keys_hold_left: bool,
    /// Only predicates on keys may go below the left side.
    only_left_keys: bool,
}

impl PushableSides {
    const fn of(kind: JoinKind) -> Self {
        let (left, right) = match kind {
            JoinKind::Inner | JoinKind::InnerUnique => (true, true),
            JoinKind::LeftOuter | JoinKind::LeftSemi | JoinKind::LeftAnti => (true, false),
            JoinKind::RightOuter | JoinKind::RightSemi | JoinKind::RightAnti => (false, true),
            // A row that is left out on one side leaves its partner alone, not out.
            JoinKind::FullOuter => (false, false),
        };
        Self {
            left,
            right,
            left_keys_hold_right: left,
            right_keys_hold_left: right,
            // Of the left rows with a key the first one is taken, whatever else it holds.
            only_left_keys: matches!(kind, JoinKind::InnerUnique),
        }
    }
}

fn go_below_join(
    kind: JoinKind,
    width: usize,
    keys: &[(Expr, Expr)],
    predicate: &Predicate,
    below: &mut [Vec<Predicate>],
) -> bool {
    let [of_left, of_right] = below else { return false };
    if predicate.expr.cost() > MAX_COST_BELOW_JOIN {
        return false;
    }
    let sides = PushableSides::of(kind);
    // Semi and anti joins of the right side give its columns alone.
    let width = if kind.gives_left() { width } else { 0 };
    let key_of = |at: usize, from: fn(&(Expr, Expr)) -> (&Expr, &Expr)| {
        keys.iter().map(from).find_map(|(own, other)| {
            let same = own.as_column() == Some(at);
            (same && is_plain(other) && is_exact(own.scalar_type())).then(|| other.clone())
        })
    };
    if sides.left && predicate.reads_only(|at| at < width) {
        let is_key = |at| keys.iter().any(|(own, _)| own.as_column() == Some(at));
        if sides.only_left_keys && !predicate.reads_only(is_key) {
            return false;
        }
        if sides.left_keys_hold_right {
            of_right.extend(predicate.over(&|at| key_of(at, |(left, right)| (left, right))));
        }
        of_left.push(predicate.clone());
        return true;
    }
    let own = |at: usize, kind| at.checked_sub(width).map(|at| Expr::column(at, kind));
    let kinds: HashMap<usize, ScalarType> = kinds_of(&predicate.expr);
    let over_right = predicate.over(&|at| own(at, *kinds.get(&at)?));
    match over_right {
        Some(predicate) if sides.right => {
            if sides.right_keys_hold_left {
                of_left.extend(predicate.over(&|at| key_of(at, |(left, right)| (right, left))));
            }
            of_right.push(predicate);
            true
        }
        _ => false,
    }
}

/// The types of the columns that an expression reads.
fn kinds_of(expr: &Expr) -> HashMap<usize, ScalarType> {
    let mut kinds = HashMap::new();
    expr.visit(&mut |it| {
        if let Expr::Column { index, data_type } = it {
            kinds.insert(*index, *data_type);
        }
    });
    kinds
}

/// Equal values of the type are the same in every respect.
const fn is_exact(data_type: ScalarType) -> bool {
    match data_type {
        ScalarType::Bool
        | ScalarType::DateTime
        | ScalarType::Guid
        | ScalarType::Int
        | ScalarType::Long
        | ScalarType::String
        | ScalarType::TimeSpan => true,
        // Zeros have signs, decimals have digits behind the point, numbers in dynamic values have both.
        ScalarType::Real | ScalarType::Decimal | ScalarType::Dynamic => false,
    }
}

/// A column as it is or a known value: nothing is computed twice where it stands for a column.
const fn is_plain(expr: &Expr) -> bool {
    matches!(expr, Expr::Column { .. } | Expr::Literal { .. } | Expr::Parameter { .. })
}

fn is_same_column(one: &Expr, other: &Expr) -> bool {
    matches!((one, other), (Expr::Column { index: one, .. }, Expr::Column { index: other, .. }) if one == other)
}

fn column(input: &Plan, at: usize) -> Option<Expr> {
    input.schema.columns.get(at).map(|it| Expr::column(at, it.data_type))
}

/// Which column of the rows that a body is given it passes on at a place, each row its own.
fn outer_column(body: &Plan, at: usize, of: usize) -> Option<usize> {
    match &body.node {
        Node::Outer { scope } => (*scope == of).then_some(at),
        Node::Filter { input, .. }
        | Node::Sort { input, .. }
        | Node::TopN { input, .. }
        | Node::Limit { input, .. }
        | Node::Sample { input, .. }
        | Node::Visualize { input, .. } => outer_column(input, at, of),
        Node::Project { input, columns: exprs } | Node::Aggregate { input, keys: exprs, .. } => {
            outer_column(input, exprs.get(at)?.as_column()?, of)
        }
        Node::Scan { .. }
        | Node::External { .. }
        | Node::Values { .. }
        | Node::Range { .. }
        | Node::Join { .. }
        | Node::Union { .. }
        | Node::Unnest { .. }
        | Node::Parse { .. }
        | Node::MatchSteps { .. }
        | Node::Apply { .. }
        | Node::Plugin { .. }
        | Node::Shared { .. } => None,
    }
}

/// The input's column that an operator passes on at a place.
fn passed_on(input: &Plan, layout: &[OutputColumn], at: usize) -> Option<Expr> {
    match layout.get(at) {
        Some(OutputColumn::Input(at)) => column(input, *at),
        _ => None,
    }
}

/// The rows that meet the predicates.
fn filter(plan: Arc<Plan>, predicates: Vec<Predicate>) -> Arc<Plan> {
    let Some(span) = predicates.first().map(|it| it.span) else { return plan };
    let is_true = |it: &Expr| matches!(it, Expr::Literal { value: Value::Bool(true), .. });
    let conjuncts: Vec<Expr> = predicates.into_iter().map(|it| it.expr).filter(|it| !is_true(it)).collect();
    if conjuncts.is_empty() {
        return plan;
    }
    let schema = plan.schema.clone();
    Arc::new(Plan::new(Node::Filter { input: plan, conjuncts }, schema, span))
}

/// The shared parts of some plans with their rows, each after all of its readers.
fn readers_first(plans: &[Arc<Plan>]) -> Vec<(usize, Arc<Plan>)> {
    let mut parts: BTreeMap<usize, Arc<Plan>> = BTreeMap::new();
    let mut reads: HashMap<usize, BTreeSet<usize>> = HashMap::new();
    for plan in plans {
        plan.walk_once(&mut |plan| {
            if let Node::Shared { input, id } = &plan.node {
                parts.insert(*id, input.clone());
            }
            ControlFlow::Continue(())
        });
    }
    for (id, part) in &parts {
        let read = reads.entry(*id).or_default();
        part.walk_once(&mut |plan| {
            if let Node::Shared { id, .. } = &plan.node {
                read.insert(*id);
            }
            ControlFlow::Continue(())
        });
    }
    // A part reads more parts than those that it reads: all that they read, and themselves.
    let mut ordered: Vec<(usize, Arc<Plan>)> = parts.into_iter().collect();
    ordered.sort_by_key(|(id, _)| std::cmp::Reverse(reads.get(id).map_or(0, BTreeSet::len)));
    ordered
}
