//! Drops columns that nobody reads, so that joins and sorts copy less and files are read in part.
//!
//! A first pass finds which columns are asked of what several places read: shared parts, and the rows that the runs of a
//! body are given. These have their union. A second pass builds every node anew with just the columns that are asked of
//! it in its place.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::rewrite::Memo;
use crate::column::Table;
use crate::function::Registry;
use crate::plan::{Expr, Node, OutputColumn, Plan, UnnestOutput};
use crate::types::Schema;

pub(super) fn apply(plans: &[Arc<Plan>], _: &Registry) -> Vec<Arc<Plan>> {
    let needs = Needs::of(plans);
    let mut pruner = Pruner { needs: &needs, shared: HashMap::new(), tables: Memo::default() };
    plans.iter().map(|plan| pruner.prune(plan, &all_of(plan))).collect()
}

/// Places of columns, in order.
type Places = BTreeSet<usize>;

fn all_of(plan: &Plan) -> Places {
    (0..plan.schema.len()).collect()
}

/// What several places read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Region {
    /// A shared part.
    Shared(usize),
    /// The input of the Apply whose body has this scope.
    Input(usize),
}

/// The columns that are asked of each region.
#[derive(Default)]
struct Needs {
    of: HashMap<Region, Places>,
    /// For each scope the columns of the input that its body is given.
    given: HashMap<usize, Vec<usize>>,
    /// Those of them that the body reads.
    read: HashMap<usize, Places>,
}

impl Needs {
    fn of(roots: &[Arc<Plan>]) -> Self {
        let mut needs = Self::default();
        // A region is entered once all that reads it is known.
        let (order, plans) = regions(roots);
        roots.iter().for_each(|root| needs.enter(root, &all_of(root)));
        for region in order {
            if let Some(plan) = plans.get(&region) {
                let asked = needs.of.entry(region).or_default().clone();
                needs.enter(plan, &asked);
            }
        }
        needs
    }

    fn ask(&mut self, region: Region, places: impl IntoIterator<Item = usize>) {
        self.of.entry(region).or_default().extend(places);
    }

    /// Notes what a plan asks of the regions below it, if these columns are asked of it.
    fn enter(&mut self, plan: &Arc<Plan>, keep: &Places) {
        match &plan.node {
            Node::Shared { id, .. } => {
                self.ask(Region::Shared(*id), keep.iter().copied());
                return;
            }
            Node::Outer { scope } => {
                self.ask_given(*scope, keep.iter().copied());
                return;
            }
            Node::Apply { scope, given, .. } => _ = self.given.insert(*scope, given.clone()),
            Node::Scan { .. }
            | Node::External { .. }
            | Node::Values { .. }
            | Node::Range { .. }
            | Node::Filter { .. }
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
            | Node::Plugin { .. }
            | Node::Visualize { .. } => {}
        }
        let need = Need::new(plan, keep);
        for expr in plan.exprs() {
            self.expr(expr);
        }
        if let Node::Apply { scope, body, .. } = &plan.node {
            self.ask(Region::Input(*scope), need.inputs.into_iter().flatten());
            self.enter(body, &need.body);
            return;
        }
        for (input, need) in plan.inputs().into_iter().zip(&need.inputs) {
            self.enter(input, need);
        }
    }

    fn ask_given(&mut self, scope: usize, places: impl Iterator<Item = usize>) {
        let given = self.given.get(&scope).cloned().unwrap_or_default();
        let places: Places = places.filter_map(|at| given.get(at).copied()).collect();
        self.read.entry(scope).or_default().extend(&places);
        self.ask(Region::Input(scope), places);
    }

    /// A table in an expression is read for its first column only.
    fn expr(&mut self, expr: &Expr) {
        let mut outer = Vec::new();
        expr.visit(&mut |it| {
            if let Expr::Outer { scope, index, .. } = it {
                outer.push((*scope, *index));
            }
        });
        outer.into_iter().for_each(|(scope, index)| self.ask_given(scope, std::iter::once(index)));
        expr.subqueries().into_iter().for_each(|plan| self.enter(plan, &Places::from([0])));
    }
}

/// The regions of plans, those that read before those that are read, each with the plan that it is.
fn regions(roots: &[Arc<Plan>]) -> (Vec<Region>, HashMap<Region, Arc<Plan>>) {
    let mut found = Regions::default();
    roots.iter().for_each(|root| found.visit(root));
    found.done.reverse();
    (found.done, found.plans)
}

#[derive(Default)]
struct Regions {
    plans: HashMap<Region, Arc<Plan>>,
    /// The input of each scope's Apply.
    inputs: HashMap<usize, Arc<Plan>>,
    /// What is read before what reads it.
    done: Vec<Region>,
}

impl Regions {
    fn visit(&mut self, plan: &Arc<Plan>) {
        for expr in plan.exprs() {
            let mut scopes = Vec::new();
            expr.visit(&mut |it| {
                if let Expr::Outer { scope, .. } = it {
                    scopes.push(*scope);
                }
            });
            scopes.into_iter().for_each(|scope| self.input_of(scope));
            expr.subqueries().into_iter().for_each(|plan| self.visit(plan));
        }
        if let Node::Shared { input, id } = &plan.node {
            self.region(Region::Shared(*id), input);
        } else if let Node::Outer { scope } = &plan.node {
            self.input_of(*scope);
        } else if let Node::Apply { input, body, scope, .. } = &plan.node {
            self.inputs.insert(*scope, input.clone());
            self.visit(body);
            self.input_of(*scope);
        } else {
            plan.inputs().into_iter().for_each(|input| self.visit(input));
        }
    }

    fn input_of(&mut self, scope: usize) {
        if let Some(input) = self.inputs.get(&scope).cloned() {
            self.region(Region::Input(scope), &input);
        }
    }

    fn region(&mut self, region: Region, plan: &Arc<Plan>) {
        if self.plans.insert(region, plan.clone()).is_none() {
            self.visit(plan);
            self.done.push(region);
        }
    }
}

/// What a node needs for some of its columns.
#[derive(Default)]
struct Need {
    /// The columns that it gives then: those that are asked for, and those that it cannot do without.
    made: Places,
    /// The columns of each input.
    inputs: Vec<Places>,
    /// The columns of its body.
    body: Places,
    /// Which of the columns that its body is given the body reads.
    given: Places,
}

impl Need {
    fn new(plan: &Plan, keep: &Places) -> Self {
        let one = |made: Places, input: Places| Self { made, inputs: vec![input], ..Self::default() };
        let none = |made: Places| Self { made, ..Self::default() };
        match &plan.node {
            Node::Scan { .. } | Node::External { .. } | Node::Values { .. } | Node::Outer { .. } => {
                none(keep.clone())
            }
            Node::Range { .. } => none(all_of(plan)),
            Node::Filter { conjuncts, .. } => {
                let need = with_columns_of(keep.clone(), conjuncts);
                one(need.clone(), need)
            }
            Node::Sort { keys, .. } | Node::TopN { keys, .. } => {
                let need = with_columns_of(keep.clone(), keys.iter().map(|key| &key.expr));
                one(need.clone(), need)
            }
            Node::Limit { .. } | Node::Sample { .. } | Node::Visualize { .. } | Node::Shared { .. } => {
                one(keep.clone(), keep.clone())
            }
            Node::Project { columns, .. } => {
                let kept = keep.iter().filter_map(|&at| columns.get(at));
                one(keep.clone(), with_columns_of(Places::new(), kept))
            }
            Node::Union { inputs } => Self {
                made: keep.clone(),
                inputs: inputs.iter().map(|_| keep.clone()).collect(),
                ..Self::default()
            },
            Node::Unnest { columns, layout, .. } => {
                let input = keep.iter().filter_map(|&at| match layout.get(at)? {
                    UnnestOutput::Input(place) => Some(*place),
                    UnnestOutput::Item(_) | UnnestOutput::ItemIndex | UnnestOutput::InputRow => None,
                });
                one(keep.clone(), with_columns_of(input.collect(), columns.iter().map(|it| &it.expr)))
            }
            Node::Parse { text, layout, .. } => {
                let (input, _) = places_of(layout, keep);
                one(keep.clone(), with_columns_of(input, std::iter::once(text)))
            }
            Node::MatchSteps { steps, state, layout, .. } => {
                let (mut input, _) = places_of(layout, keep);
                for column in state {
                    input.insert(column.place);
                    if let OutputColumn::Input(at) = column.of {
                        input.insert(at);
                    }
                }
                let exprs = steps.iter().flat_map(|step| {
                    std::iter::once(&step.condition).chain(step.assignments.iter().map(|(_, expr)| expr))
                });
                one(keep.clone(), with_columns_of(input, exprs))
            }
            Node::Apply { runs, layout, .. } => {
                let (input, body) = places_of(layout, keep);
                Self {
                    made: keep.clone(),
                    inputs: vec![with_columns_of(input, runs.keys())],
                    body,
                    ..Self::default()
                }
            }
            Node::Plugin { .. } => Self {
                made: all_of(plan),
                inputs: plan.inputs().into_iter().map(|input| all_of(input)).collect(),
                ..Self::default()
            },
            Node::Aggregate { keys, aggregates, .. } => {
                // All keys stay, since they make the groups; aggregates that nobody reads go.
                let mut made: Places = (0..keys.len()).collect();
                let mut arguments: Vec<&Expr> = Vec::new();
                let outputs = outputs(keys.len(), aggregates);
                for (outputs, aggregate) in outputs.zip(aggregates) {
                    // Without any aggregate a lone group would be no group at all.
                    if keys.is_empty() && keep.is_empty() || outputs.clone().any(|at| keep.contains(&at)) {
                        made.extend(outputs);
                        arguments.extend(&aggregate.arguments);
                    }
                }
                one(made, with_columns_of(Places::new(), keys.iter().chain(arguments)))
            }
            Node::Join { kind, left, keys, .. } => {
                let (with_left, with_right) = (kind.gives_left(), kind.gives_right());
                let width = if with_left { left.schema.len() } else { 0 };
                let of_left = keep.iter().copied().filter(|&at| with_left && at < width).collect();
                let of_right =
                    keep.iter().filter(|&&at| with_right && at >= width).map(|&at| at - width).collect();
                let left = with_columns_of(of_left, keys.iter().map(|(key, _)| key));
                let right = with_columns_of(of_right, keys.iter().map(|(_, key)| key));
                let mut made = Places::new();
                if with_left {
                    made.extend(left.iter().copied());
                }
                if with_right {
                    made.extend(right.iter().map(|&at| at + width));
                }
                Self { made, inputs: vec![left, right], ..Self::default() }
            }
        }
    }
}

/// The places of each aggregate's results.
fn outputs<'a>(
    keys: usize,
    aggregates: &'a [crate::plan::AggregateExpr],
) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
    aggregates.iter().scan(keys, |first, aggregate| {
        let outputs = *first..*first + aggregate.returns.len();
        *first = outputs.end;
        Some(outputs)
    })
}

/// The columns of the input and the new ones among the kept part of a layout.
fn places_of(layout: &[OutputColumn], keep: &Places) -> (Places, Places) {
    let (mut input, mut new) = (Places::new(), Places::new());
    for place in keep.iter().filter_map(|&at| layout.get(at)) {
        match place {
            OutputColumn::Input(at) => input.insert(*at),
            OutputColumn::New(at) => new.insert(*at),
        };
    }
    (input, new)
}

/// These columns and those that the expressions read.
fn with_columns_of<'e>(mut columns: Places, exprs: impl IntoIterator<Item = &'e Expr>) -> Places {
    exprs.into_iter().for_each(|expr| columns.extend(expr.columns()));
    columns
}

struct Pruner<'n> {
    needs: &'n Needs,
    /// Shared parts, each with the columns that its readers ask for; each is built once.
    shared: HashMap<usize, Arc<Plan>>,
    /// Tables in expressions: one that several places read stays one, so that it is computed once.
    tables: Memo,
}

impl Pruner<'_> {
    /// The plan with just these of its columns, in their order.
    fn prune(&mut self, plan: &Arc<Plan>, keep: &Places) -> Arc<Plan> {
        match &plan.node {
            Node::Shared { input, id } => return self.shared(plan, input, *id, keep),
            Node::Outer { scope } => {
                let made = self.given(*scope);
                return project(with_node(plan, plan.node.clone(), &made), &made, keep);
            }
            Node::Values { table } => return values(plan, table, keep),
            Node::Scan { .. }
            | Node::External { .. }
            | Node::Range { .. }
            | Node::Filter { .. }
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
            | Node::Plugin { .. }
            | Node::Visualize { .. } => {}
        }
        let mut need = Need::new(plan, keep);
        if let Node::Apply { scope, .. } = &plan.node {
            let asked = self.needs.of.get(&Region::Input(*scope)).cloned().unwrap_or_default();
            need.inputs = vec![asked];
            need.given = self.given(*scope);
        }
        let made = need.made.clone();
        project(with_node(plan, self.node(plan, keep, &need), &made), &made, keep)
    }

    /// The node over inputs that have the columns it needs.
    fn node(&mut self, plan: &Arc<Plan>, keep: &Places, need: &Need) -> Node {
        let mut fresh = Plan::clone(plan);
        // One method for what an operator has of its own: the stack of a deep plan holds small frames only.
        drop_own_columns(&mut fresh.node, keep, need);
        let input_of_row = need.inputs.first().cloned().unwrap_or_default();
        if let Node::Join { keys, .. } = &mut fresh.node {
            let right = need.inputs.get(1).cloned().unwrap_or_default();
            for (left, of_right) in keys {
                self.expr(left, &input_of_row);
                self.expr(of_right, &right);
            }
        } else {
            for expr in fresh.exprs_mut() {
                self.expr(expr, &input_of_row);
            }
        }
        if let Node::Apply { body, .. } = &mut fresh.node {
            *body = self.prune(body, &need.body);
        }
        for (input, need) in fresh.inputs_mut().into_iter().zip(&need.inputs) {
            *input = self.prune(input, need);
        }
        fresh.node
    }

    fn shared(&mut self, plan: &Arc<Plan>, input: &Arc<Plan>, id: usize, keep: &Places) -> Arc<Plan> {
        let made = self.needs.of.get(&Region::Shared(id)).cloned().unwrap_or_else(|| all_of(plan));
        let part = match self.shared.get(&id) {
            Some(part) => part.clone(),
            None => {
                let node = Node::Shared { input: self.prune(input, &made), id };
                let part = with_node(plan, node, &made);
                self.shared.insert(id, part.clone());
                part
            }
        };
        project(part, &made, keep)
    }

    /// The columns of a scope that its body is given: places among those that it was given before.
    fn given(&self, scope: usize) -> Places {
        let read = self.needs.read.get(&scope);
        let given = self.needs.given.get(&scope).into_iter().flatten().enumerate();
        given.filter(|(_, at)| read.is_some_and(|it| it.contains(at))).map(|(at, _)| at).collect()
    }

    /// The expression over the columns that are left.
    fn expr(&mut self, expr: &mut Expr, need: &Places) {
        match expr {
            Expr::Column { index, .. } => *index = place(*index, need),
            Expr::Outer { scope, index, .. } => *index = place(*index, &self.given(*scope)),
            Expr::Call { arguments, .. } => arguments.iter_mut().for_each(|it| self.expr(it, need)),
            Expr::Subquery { plan, .. } | Expr::ListSubquery { plan } => {
                let pruned = match self.tables.get(plan) {
                    Some(pruned) => pruned,
                    None => {
                        let pruned = self.prune(plan, &Places::from([0]));
                        self.tables.insert(plan, &pruned);
                        pruned
                    }
                };
                *plan = pruned;
            }
            Expr::Literal { .. } | Expr::Parameter { .. } => {}
        }
    }
}

/// Drops what an operator makes for columns that are not kept, and moves the places of its layout.
fn drop_own_columns(node: &mut Node, keep: &Places, need: &Need) {
    let of_input = need.inputs.first();
    let input = |at: usize| of_input.map_or(at, |need| place(at, need));
    match node {
        Node::Project { columns, .. } => {
            let kept = keep.iter().filter_map(|&at| columns.get(at)).cloned().collect();
            *columns = kept;
        }
        Node::Aggregate { keys, aggregates, .. } => {
            let kept = outputs(keys.len(), aggregates).zip(&*aggregates);
            let kept = kept.filter(|(outputs, _)| outputs.clone().any(|at| need.made.contains(&at)));
            *aggregates = kept.map(|(_, aggregate)| aggregate.clone()).collect();
        }
        Node::Unnest { layout, .. } => {
            let kept = keep.iter().filter_map(|&at| layout.get(at)).map(|it| match it {
                UnnestOutput::Input(at) => UnnestOutput::Input(input(*at)),
                UnnestOutput::Item(_) | UnnestOutput::ItemIndex | UnnestOutput::InputRow => *it,
            });
            *layout = kept.collect();
        }
        Node::Parse { layout, .. } => {
            *layout = kept_layout(layout, keep, input, |at| at);
        }
        Node::MatchSteps { layout, state, .. } => {
            *layout = kept_layout(layout, keep, input, |at| at);
            for column in state {
                column.place = input(column.place);
                if let OutputColumn::Input(at) = &mut column.of {
                    *at = input(*at);
                }
            }
        }
        Node::Apply { layout, given, .. } => {
            *layout = kept_layout(layout, keep, input, |at| place(at, &need.body));
            *given = need.given.iter().filter_map(|&at| given.get(at)).map(|&at| input(at)).collect();
        }
        Node::Scan { .. }
        | Node::External { .. }
        | Node::Values { .. }
        | Node::Range { .. }
        | Node::Filter { .. }
        | Node::Join { .. }
        | Node::Sort { .. }
        | Node::TopN { .. }
        | Node::Limit { .. }
        | Node::Sample { .. }
        | Node::Union { .. }
        | Node::Outer { .. }
        | Node::Plugin { .. }
        | Node::Visualize { .. }
        | Node::Shared { .. } => {}
    }
}

/// The kept part of a layout, over the columns that are left.
fn kept_layout(
    layout: &[OutputColumn],
    keep: &Places,
    input: impl Fn(usize) -> usize,
    new: impl Fn(usize) -> usize,
) -> Vec<OutputColumn> {
    let moved = |column: &OutputColumn| match column {
        OutputColumn::Input(at) => OutputColumn::Input(input(*at)),
        OutputColumn::New(at) => OutputColumn::New(new(*at)),
    };
    keep.iter().filter_map(|&at| layout.get(at)).map(moved).collect()
}

/// Where a column stands among those that are left.
fn place(index: usize, need: &Places) -> usize {
    need.range(..index).count()
}

fn some_of(schema: &Arc<Schema>, keep: &Places) -> Arc<Schema> {
    if keep.len() == schema.len() {
        return schema.clone();
    }
    Schema { columns: keep.iter().filter_map(|&at| schema.columns.get(at)).cloned().collect() }.into()
}

/// Another node in the plan's place, with these of its columns.
fn with_node(plan: &Arc<Plan>, node: Node, keep: &Places) -> Arc<Plan> {
    Arc::new(Plan { node, schema: some_of(&plan.schema, keep), ..Plan::clone(plan) })
}

/// Of rows that have the columns `made`, those of `keep`.
fn project(plan: Arc<Plan>, made: &Places, keep: &Places) -> Arc<Plan> {
    if made == keep {
        return plan;
    }
    let columns = keep
        .iter()
        .filter_map(|&at| {
            let at = place(at, made);
            plan.schema.columns.get(at).map(|column| Expr::column(at, column.data_type))
        })
        .collect();
    let schema = Schema {
        columns: keep.iter().filter_map(|&at| plan.schema.columns.get(place(at, made))).cloned().collect(),
    };
    let span = plan.span;
    Arc::new(Plan::new(Node::Project { input: plan, columns }, schema, span))
}

/// Known rows with some of their columns; without any, the rows are still there.
fn values(plan: &Arc<Plan>, table: &Table, keep: &Places) -> Arc<Plan> {
    let table = if keep.len() == table.columns().len() {
        table.clone()
    } else {
        table.with_columns(keep.iter().copied())
    };
    with_node(plan, Node::Values { table }, keep)
}
