//! The profile of a run: what each operator of the plan did and how long it took, as data and as a tree for people.
//! It must not know how it is measured.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::exec::{Measured, OperatorId, Profiler};
use crate::function::Registry;
use crate::plan::{Expr, Node, Plan};
use crate::source::{LineIndex, Span};

/// Tells what each operator of a run did and how long it took, see [`Query::run_profiled`](crate::Query::run_profiled).
///
/// An operator is one of the optimized plan, as [`Query::plan`](crate::Query::plan) prints it: a `where` may have
/// become a part of another operator, and a `sort` with a `take` is one `TopN`. Times are those of the clock that was
/// given, summed over threads: with several they add up to more than what elapsed. The time in which a thread waits for
/// the others to end their share is not counted; the time in which it waits for a shared part that another one computes
/// is. A filter only notes which rows are left; copying them together is the work of the operator that reads a column
/// first.
///
/// `Display` prints a line for each operator, its inputs below it. As JSON, times are whole nanoseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Profile {
    /// The time from the run's begin to its end.
    #[serde(rename = "elapsed_ns", serialize_with = "nanoseconds")]
    pub elapsed: Duration,
    /// The time that all threads together spent in operators and in putting the answer together.
    #[serde(rename = "time_ns", serialize_with = "nanoseconds")]
    pub time: Duration,
    /// The part of it in which the rows of the answer were copied into its tables.
    #[serde(rename = "answer_time_ns", serialize_with = "nanoseconds")]
    pub answer_time: Duration,
    /// The most bytes that the rows of the answer had while they were copied.
    pub answer_bytes: usize,
    /// Plugins that ran first, since their columns depend on their rows, with what they read.
    pub plugins: Vec<ProfiledOperator>,
    /// The tables of the answer, in their order.
    pub tables: Vec<ProfiledTable>,
}

/// Profiles the plan of one of the tables that a query gives.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProfiledTable {
    /// The table's name, as in [`NamedTable`](crate::NamedTable).
    pub name: String,
    /// The operator that gives its rows.
    pub operator: ProfiledOperator,
}

/// Sums up what an operator did, over all of its runs and all threads.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProfiledOperator {
    /// The plan's name for it, such as `Aggregate`.
    pub operator: &'static str,
    /// What it does, as the printed plan has it, such as `count_ = count() by user`.
    pub details: String,
    /// The operator of the query that it stands for, such as `summarize`; `None` where the optimizer made it, or where it
    /// comes from a stored function, whose text is another one.
    pub keyword: Option<String>,
    /// Its place in the query; there if the keyword is.
    pub span: Option<Span>,
    /// The line of that place, from 1.
    pub line: Option<usize>,
    /// How often it ran: 0 if nobody asked for its rows, several times in the subquery of a `partition` or `mv-apply`.
    pub runs: usize,
    /// The rows that its inputs gave it. A part that was computed for another place (`let`, `materialize`) is no input here.
    pub rows_in: usize,
    /// The rows that it gave. An operator that wants only the first ones may have stopped it.
    pub rows_out: usize,
    /// The chunks in which it gave them.
    pub chunks: usize,
    /// The most bytes that it held at once, such as groups or sorted rows; `None` for one that holds only the chunk at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// The time spent in itself.
    #[serde(rename = "self_time_ns", serialize_with = "nanoseconds")]
    pub self_time: Duration,
    /// The time spent in itself and in the operators below it.
    #[serde(rename = "total_time_ns", serialize_with = "nanoseconds")]
    pub total_time: Duration,
    /// The operators whose rows flow into it.
    pub inputs: Vec<ProfiledOperator>,
    /// What a `partition` or `mv-apply` runs over some of its rows at a time.
    pub body: Option<Box<ProfiledOperator>>,
    /// The tables in its expressions (`toscalar`, `in`), where they were computed for it.
    pub subqueries: Vec<ProfiledOperator>,
}

fn nanoseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

impl Profile {
    /// Every operator, each before those below it.
    pub fn operators(&self) -> impl Iterator<Item = &ProfiledOperator> {
        let mut todo: Vec<&ProfiledOperator> =
            self.plugins.iter().chain(self.tables.iter().map(|it| &it.operator)).collect();
        todo.reverse();
        std::iter::from_fn(move || {
            let next = todo.pop()?;
            todo.extend(next.below().collect::<Vec<_>>().into_iter().rev());
            Some(next)
        })
    }

    /// What was measured of the plans of a run, the last of which gave these tables.
    pub(super) fn of_run(
        profiler: &Profiler,
        elapsed: Duration,
        tables: &[&str],
        text: &str,
        registry: &Registry,
    ) -> Self {
        let build = ProfileBuilder { profiler, text, lines: LineIndex::new(text), registry };
        let plans = profiler.plans();
        let (plugins, results) = plans.split_at(plans.len().saturating_sub(tables.len()));
        let plugins = plugins.iter().map(|plan| build.root(plan)).collect();
        let table = |(name, plan): (&&str, &Arc<Plan>)| ProfiledTable {
            name: (*name).to_owned(),
            operator: build.root(plan),
        };
        let tables = tables.iter().zip(results).map(table).collect();
        let Measured { time: answer_time, held, .. } = profiler.answer();
        let answer_bytes = held.unwrap_or_default();
        let mut profile = Self { elapsed, time: answer_time, answer_time, answer_bytes, plugins, tables };
        profile.time += profile.operators().map(|it| it.self_time).sum::<Duration>();
        profile
    }
}

impl ProfiledOperator {
    /// The operators right below it: inputs, body, subqueries.
    pub fn below(&self) -> impl Iterator<Item = &Self> {
        self.inputs.iter().chain(self.body.as_deref()).chain(&self.subqueries)
    }
}

/// Makes the tree of a profile, along the plan.
struct ProfileBuilder<'p> {
    profiler: &'p Profiler,
    text: &'p str,
    lines: LineIndex,
    registry: &'p Registry,
}

impl ProfileBuilder<'_> {
    fn root(&self, plan: &Plan) -> ProfiledOperator {
        self.measured(OperatorId::ANSWER, plan).unwrap_or_else(|| self.operator(plan, None))
    }

    /// The operator of a plan, if the operator above opened it.
    fn measured(&self, above: OperatorId, plan: &Plan) -> Option<ProfiledOperator> {
        if let Node::Visualize { input, .. } = &plan.node {
            // It does nothing to rows.
            return self.measured(above, input);
        }
        let found = self.profiler.measured(above, plan)?;
        Some(self.operator(plan, Some(found)))
    }

    /// The operator of a plan and those below it. What is below one that did not run did not run either.
    fn operator(&self, plan: &Plan, found: Option<(OperatorId, Measured)>) -> ProfiledOperator {
        let (mut inputs, mut body, mut subqueries) = (Vec::new(), None, Vec::new());
        if let Some((operator, _)) = found {
            let below = |plan: &Plan| self.measured(operator, plan);
            // A shared part has an input only where it was computed.
            let is_shared = matches!(plan.node, Node::Shared { .. });
            let read = plan.inputs().into_iter().filter_map(|input| match below(input) {
                None if !is_shared => Some(self.operator(input, None)),
                found => found,
            });
            inputs = read.collect();
            body = plan.body().map(|it| Box::new(below(it).unwrap_or_else(|| self.operator(it, None))));
            let mut seen = Vec::new();
            for subquery in plan.exprs().into_iter().flat_map(Expr::subqueries) {
                if !seen.contains(&std::ptr::from_ref(&**subquery)) {
                    seen.push(std::ptr::from_ref(&**subquery));
                    subqueries.extend(below(subquery));
                }
            }
        }
        let measured = found.map(|(_, measured)| measured).unwrap_or_default();
        let place = self.place(plan);
        let mut made = ProfiledOperator {
            operator: plan.name(),
            details: plan.details(),
            line: place.as_ref().map(|(span, _)| self.lines.line_column(self.text, span.start).0),
            span: place.as_ref().map(|(span, _)| *span),
            keyword: place.map(|(_, keyword)| keyword),
            runs: measured.runs,
            rows_in: inputs.iter().map(|it| it.rows_out).sum(),
            rows_out: measured.rows,
            chunks: measured.chunks,
            bytes: measured.held,
            self_time: measured.time,
            total_time: measured.time,
            inputs,
            body,
            subqueries,
        };
        made.total_time += made.below().map(|it| it.total_time).sum::<Duration>();
        made
    }

    /// The operator's place in the query and the keyword there. A span that does not begin with one is of the text of a
    /// stored function.
    fn place(&self, plan: &Plan) -> Option<(Span, String)> {
        let text = self.text.get(plan.span.range())?;
        if let Node::Scan { table } = &plan.node {
            return text.contains(table.as_str()).then(|| (plan.span, table.clone()));
        }
        let is_in_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let word = text.get(..text.find(|c| !is_in_word(c)).unwrap_or(text.len()))?;
        let is_known = self.registry.language(word).iter().any(|it| it.kind.is_tabular());
        is_known.then(|| (plan.span, word.to_owned()))
    }
}

/// The tree: a line for each operator, what it reads below it.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = TimeUnit::of(self.time.max(self.elapsed));
        writeln!(
            f,
            "elapsed {}, worked {} over all threads, {} of it to put the answer together",
            unit.shown(self.elapsed),
            unit.shown(self.time),
            unit.shown(self.answer_time)
        )?;
        let mut lines: Vec<[String; 7]> = vec![COLUMNS.map(str::to_owned)];
        let mut push = |above: &str, operator: &ProfiledOperator| {
            if !above.is_empty() {
                lines.push(std::array::from_fn(
                    |at| if at == 6 { format!("{above}:") } else { String::new() },
                ));
            }
            let depth = usize::from(!above.is_empty());
            self.lines(operator, depth, unit, &mut lines);
        };
        self.plugins.iter().for_each(|it| push("to know the columns of a plugin", it));
        for it in &self.tables {
            push(if self.tables.len() > 1 { &it.name } else { "" }, &it.operator);
        }
        let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        for [numbers @ .., operator] in &lines {
            for (number, width) in numbers.iter().zip(widths) {
                write!(f, "{number:>width$}  ")?;
            }
            writeln!(f, "{operator}")?;
        }
        Ok(())
    }
}

const COLUMNS: [&str; 7] = ["time", "share", "rows in", "rows out", "chunks", "held", "operator"];

/// How much of what an operator does is printed, in characters.
const MAX_DETAILS: usize = 60;

impl Profile {
    fn lines(&self, it: &ProfiledOperator, depth: usize, unit: TimeUnit, lines: &mut Vec<[String; 7]>) {
        let percent = 100.0 * it.self_time.as_secs_f64() / self.time.as_secs_f64();
        let indent = "  ".repeat(depth);
        let mut label = match (&it.keyword, it.line) {
            (Some(keyword), Some(line)) => format!("{indent}{keyword} (line {line}) {}", it.operator),
            _ => format!("{indent}{}", it.operator),
        };
        let mut details = it.details.chars();
        let shown: String = details.by_ref().take(MAX_DETAILS).collect();
        if !shown.is_empty() {
            label.push(' ');
            label.push_str(&shown);
            label.push_str(if details.next().is_some() { "…" } else { "" });
        }
        if it.runs > 1 {
            label.push_str(&format!(", {} runs", it.runs));
        }
        lines.push(if it.runs == 0 {
            label.push_str(", did not run");
            let [a, b, c, d, e, g] = std::array::from_fn(|_| String::new());
            [a, b, c, d, e, g, label]
        } else {
            [
                unit.shown(it.self_time),
                if percent.is_finite() { format!("{percent:.1}%") } else { String::new() },
                if it.inputs.is_empty() { String::new() } else { it.rows_in.to_string() },
                it.rows_out.to_string(),
                it.chunks.to_string(),
                it.bytes.map_or_else(String::new, bytes),
                label,
            ]
        });
        for input in &it.inputs {
            self.lines(input, depth + 1, unit, lines);
        }
        let groups = [
            ("body", it.body.as_deref().map(std::slice::from_ref)),
            ("table in its expressions", Some(&*it.subqueries)),
        ];
        for (name, below) in groups {
            for below in below.unwrap_or_default() {
                let heading = format!("{indent}  {name}:");
                lines.push(std::array::from_fn(|at| if at == 6 { heading.clone() } else { String::new() }));
                self.lines(below, depth + 2, unit, lines);
            }
        }
    }
}

/// The unit of all times of a printed profile.
#[derive(Clone, Copy)]
struct TimeUnit {
    name: &'static str,
    nanoseconds: f64,
    decimals: usize,
}

impl TimeUnit {
    fn of(longest: Duration) -> Self {
        let (name, nanoseconds, decimals) = match longest.as_nanos() {
            0..10_000 => ("ns", 1.0, 0),
            10_000..10_000_000 => ("µs", 1e3, 1),
            10_000_000..10_000_000_000 => ("ms", 1e6, 2),
            _ => ("s", 1e9, 3),
        };
        Self { name, nanoseconds, decimals }
    }

    fn shown(self, time: Duration) -> String {
        format!("{:.*} {}", self.decimals, time.as_nanos() as f64 / self.nanoseconds, self.name)
    }
}

fn bytes(count: usize) -> String {
    match count {
        0..10_000 => format!("{count} B"),
        10_000..10_000_000 => format!("{} kB", count / 1_000),
        _ => format!("{} MB", count / 1_000_000),
    }
}
