//! Columns that nobody reads are not carried along: joins and sorts copy less. It must not know other rewrites.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::column::Table;
use crate::plan::{Expr, Node, Plan, SortKey};
use crate::types::Schema;

pub(super) fn apply(plan: &Arc<Plan>) -> Arc<Plan> {
    Pruner { shared: HashMap::new() }.all(plan)
}

/// Places of columns, in order.
type Places = BTreeSet<usize>;

struct Pruner {
    /// Shared parts keep all their columns, since their readers differ; each is rewritten once.
    shared: HashMap<usize, Arc<Plan>>,
}

impl Pruner {
    fn all(&mut self, plan: &Arc<Plan>) -> Arc<Plan> {
        self.prune(plan, &(0..plan.schema.len()).collect())
    }

    /// The plan with just these of its columns, in their order.
    fn prune(&mut self, plan: &Arc<Plan>, keep: &Places) -> Arc<Plan> {
        // One method an operator: the stack of a deep plan holds small frames only.
        match &plan.node {
            Node::Scan { .. } | Node::External { .. } => with_node(plan, plan.node.clone(), keep),
            Node::Values { table } => values(plan, table, keep),
            Node::Range { .. } => project(plan.clone(), &(0..plan.schema.len()).collect(), keep),
            Node::Filter { input, conjuncts } => self.filter(plan, input, conjuncts, keep),
            Node::Project { input, columns } => self.projection(plan, input, columns, keep),
            Node::Aggregate { .. } => self.aggregate(plan, keep),
            Node::Join { .. } => self.join(plan, keep),
            Node::Sort { input, keys } | Node::TopN { input, keys, .. } => self.sort(plan, input, keys, keep),
            Node::Limit { .. } | Node::Sample { .. } | Node::Visualize { .. } => self.passing(plan, keep),
            Node::Union { inputs } => {
                let inputs = inputs.iter().map(|input| self.prune(input, keep)).collect();
                with_node(plan, Node::Union { inputs }, keep)
            }
            Node::Unnest { .. } => self.unnest(plan, keep),
            Node::Parse { .. } => self.parse(plan, keep),
            Node::Shared { input, id } => self.shared(plan, input, *id, keep),
        }
    }

    fn filter(
        &mut self,
        plan: &Arc<Plan>,
        input: &Arc<Plan>,
        conjuncts: &[Expr],
        keep: &Places,
    ) -> Arc<Plan> {
        let need = union(keep, conjuncts);
        let input = self.prune(input, &need);
        let node = Node::Filter { input, conjuncts: self.exprs(conjuncts, &need) };
        project(with_node(plan, node, &need), &need, keep)
    }

    fn projection(
        &mut self,
        plan: &Arc<Plan>,
        input: &Arc<Plan>,
        columns: &[Expr],
        keep: &Places,
    ) -> Arc<Plan> {
        let kept: Vec<Expr> = keep.iter().filter_map(|&at| columns.get(at)).cloned().collect();
        let need = union(&Places::new(), &kept);
        let input = self.prune(input, &need);
        let node = Node::Project { input, columns: self.exprs(&kept, &need) };
        with_node(plan, node, keep)
    }

    /// A sort, whole or of the first rows.
    fn sort(&mut self, plan: &Arc<Plan>, input: &Arc<Plan>, keys: &[SortKey], keep: &Places) -> Arc<Plan> {
        let need = union(keep, keys.iter().map(|key| &key.expr));
        let input = self.prune(input, &need);
        let keys =
            keys.iter().map(|key| SortKey { expr: self.expr(&key.expr, &need), ..key.clone() }).collect();
        let node = match &plan.node {
            Node::TopN { count, .. } => Node::TopN { input, count: self.expr(count, &need), keys },
            _ => Node::Sort { input, keys },
        };
        project(with_node(plan, node, &need), &need, keep)
    }

    /// What gives its input's columns as they are.
    fn passing(&mut self, plan: &Arc<Plan>, keep: &Places) -> Arc<Plan> {
        let inner = |pruner: &mut Self, input: &Arc<Plan>| pruner.prune(input, keep);
        let node = match &plan.node {
            Node::Limit { input, count } => {
                Node::Limit { input: inner(self, input), count: self.expr(count, keep) }
            }
            Node::Sample { input, count } => {
                Node::Sample { input: inner(self, input), count: self.expr(count, keep) }
            }
            Node::Visualize { input, visualization } => {
                Node::Visualize { input: inner(self, input), visualization: visualization.clone() }
            }
            _ => return project(plan.clone(), &(0..plan.schema.len()).collect(), keep),
        };
        with_node(plan, node, keep)
    }

    fn unnest(&mut self, plan: &Arc<Plan>, keep: &Places) -> Arc<Plan> {
        let Node::Unnest { input, columns, layout, kind, limit } = &plan.node else { return plan.clone() };
        let (layout, need) = kept_layout(layout, keep);
        let need = union(&need, columns.iter().map(|it| &it.expr));
        let mut columns = columns.clone();
        columns.iter_mut().for_each(|it| it.expr = self.expr(&it.expr, &need));
        let node = Node::Unnest {
            input: self.prune(input, &need),
            columns,
            layout: moved(layout, &need),
            kind: *kind,
            limit: limit.as_ref().map(|limit| self.expr(limit, &need)),
        };
        with_node(plan, node, keep)
    }

    fn parse(&mut self, plan: &Arc<Plan>, keep: &Places) -> Arc<Plan> {
        let Node::Parse { input, text, steps, columns, kind, only_matches, layout } = &plan.node else {
            return plan.clone();
        };
        let (layout, need) = kept_layout(layout, keep);
        let need = union(&need, std::iter::once(text));
        let node = Node::Parse {
            input: self.prune(input, &need),
            text: self.expr(text, &need),
            steps: steps.clone(),
            columns: columns.clone(),
            kind: kind.clone(),
            only_matches: *only_matches,
            layout: moved(layout, &need),
        };
        with_node(plan, node, keep)
    }

    fn shared(&mut self, plan: &Arc<Plan>, input: &Arc<Plan>, id: usize, keep: &Places) -> Arc<Plan> {
        let whole = match self.shared.get(&id) {
            Some(whole) => whole.clone(),
            None => {
                let node = Node::Shared { input: self.all(input), id };
                let whole = Arc::new(Plan { node, ..Plan::clone(plan) });
                self.shared.insert(id, whole.clone());
                whole
            }
        };
        project(whole, &(0..plan.schema.len()).collect(), keep)
    }

    /// All keys stay, since they make the groups; aggregates that nobody reads go.
    fn aggregate(&mut self, plan: &Arc<Plan>, keep: &Places) -> Arc<Plan> {
        let Node::Aggregate { input, keys, aggregates } = &plan.node else { return plan.clone() };
        let mut made: Places = (0..keys.len()).collect();
        let mut kept = Vec::new();
        let mut first = keys.len();
        for aggregate in aggregates {
            let outputs = first..first + aggregate.returns.len();
            first = outputs.end;
            if outputs.clone().any(|at| keep.contains(&at)) {
                made.extend(outputs);
                kept.push(aggregate.clone());
            }
        }
        // Without any aggregate a lone group would be no group at all.
        if keys.is_empty() && kept.is_empty() {
            made = (0..plan.schema.len()).collect();
            kept.clone_from(aggregates);
        }
        let need = union(&Places::new(), keys.iter().chain(kept.iter().flat_map(|it| &it.arguments)));
        for aggregate in &mut kept {
            aggregate.arguments = self.exprs(&aggregate.arguments, &need);
        }
        let node = Node::Aggregate {
            input: self.prune(input, &need),
            keys: self.exprs(keys, &need),
            aggregates: kept,
        };
        project(with_node(plan, node, &made), &made, keep)
    }

    fn join(&mut self, plan: &Arc<Plan>, keep: &Places) -> Arc<Plan> {
        let Node::Join { kind, left, right, keys } = &plan.node else { return plan.clone() };
        use crate::plan::JoinKind::{LeftAnti, LeftSemi, RightAnti, RightSemi};
        let (with_left, with_right) =
            (!matches!(kind, RightSemi | RightAnti), !matches!(kind, LeftSemi | LeftAnti));
        let width = if with_left { left.schema.len() } else { 0 };
        let of_left = keep.iter().copied().filter(|&at| with_left && at < width).collect();
        let of_right = keep.iter().filter(|&&at| with_right && at >= width).map(|&at| at - width).collect();
        let need_left = union(&of_left, keys.iter().map(|(key, _)| key));
        let need_right = union(&of_right, keys.iter().map(|(_, key)| key));
        let mut made = Places::new();
        if with_left {
            made.extend(need_left.iter().copied());
        }
        if with_right {
            made.extend(need_right.iter().map(|&at| at + width));
        }
        let keys = keys.iter().map(|(a, b)| (self.expr(a, &need_left), self.expr(b, &need_right))).collect();
        let node = Node::Join {
            kind: *kind,
            left: self.prune(left, &need_left),
            right: self.prune(right, &need_right),
            keys,
        };
        project(with_node(plan, node, &made), &made, keep)
    }

    fn exprs(&mut self, exprs: &[Expr], need: &Places) -> Vec<Expr> {
        exprs.iter().map(|expr| self.expr(expr, need)).collect()
    }

    /// The expression over the columns that are left; a table in it is read for its first column only.
    fn expr(&mut self, expr: &Expr, need: &Places) -> Expr {
        match expr {
            Expr::Column { index, kind } => Expr::column(place(*index, need), *kind),
            Expr::Call { function, arguments, returns, output, span } => Expr::Call {
                function,
                arguments: self.exprs(arguments, need),
                returns: returns.clone(),
                output: *output,
                span: *span,
            },
            Expr::Subquery { plan, kind } => {
                Expr::Subquery { plan: self.prune(plan, &Places::from([0])), kind: *kind }
            }
            Expr::ListSubquery { plan } => Expr::ListSubquery { plan: self.prune(plan, &Places::from([0])) },
            Expr::Literal { .. } | Expr::Parameter { .. } => expr.clone(),
        }
    }
}

/// Where a column stands among those that are left.
fn place(index: usize, need: &Places) -> usize {
    need.range(..index).count()
}

/// These columns and those that the expressions read.
fn union<'e>(columns: &Places, exprs: impl IntoIterator<Item = &'e Expr>) -> Places {
    let mut need = columns.clone();
    for expr in exprs {
        expr.visit(&mut |it| {
            if let Expr::Column { index, .. } = it {
                need.insert(*index);
            }
        });
    }
    need
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
            plan.schema.columns.get(at).map(|column| Expr::column(at, column.kind))
        })
        .collect();
    let schema = Schema {
        columns: keep.iter().filter_map(|&at| plan.schema.columns.get(place(at, made))).cloned().collect(),
    };
    let span = plan.span;
    Arc::new(Plan::new(Node::Project { input: plan, columns }, schema, span))
}

/// The kept part of a layout, and the input's columns in it.
fn kept_layout(layout: &[Result<usize, usize>], keep: &Places) -> (Vec<Result<usize, usize>>, Places) {
    let kept: Vec<_> = keep.iter().filter_map(|&at| layout.get(at)).copied().collect();
    let need = kept.iter().filter_map(|it| it.ok()).collect();
    (kept, need)
}

/// A layout over the columns that are left.
fn moved(layout: Vec<Result<usize, usize>>, need: &Places) -> Vec<Result<usize, usize>> {
    layout.into_iter().map(|it| it.map(|index| place(index, need))).collect()
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
