//! Binds `scan`: steps with their conditions and assignments, over the row at hand and what the steps remember.
//!
//! Below the operator is a projection with columns of nulls that stand for what is remembered, so that the steps' expressions
//! read the columns of the input and nothing else. Sources: the page of scan; recorded answers show that a match goes on, with
//! its number, where a row matches the first step again, and that the number is no column unless it is asked for.

use std::rc::Rc;
use std::sync::Arc;

use super::super::binder::Binder;
use super::super::scalar::Scalar;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, Local, Rows, StepColumns};
use super::parameters::word;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, MatchStep, Node, OutputColumn, Plan, StateColumn, StepOutput};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::{ScalarType, Schema, Value, hidden};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "scan",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Looks for sequences in ordered rows: each step matches rows by a condition over the row and the rows that matched before it.",
    syntax: &[
        "T | scan [with_match_id=Number] [declare (Name: Type [= Default] [, …])] with (step Step [output=(all | last | none)]: Condition [=> Name = Value [, …]]; [step …])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional("Number", "The name of a column for the number of the match, from 0."),
        ParameterInfo::optional("Name", "A column that steps fill."),
        ParameterInfo::optional(
            "Default",
            "What it is where a step does not fill it; null if nothing is said.",
        ),
        ParameterInfo::required("Step", "The name of the step, by which other steps read what it remembers."),
        ParameterInfo::optional(
            "output",
            "Which rows that match come out: all of them, the default; the last of those that match one after the other; or none.",
        ),
        ParameterInfo::required(
            "Condition",
            "When a row matches. Step.Column is the column in the last row that matched that step.",
        ),
        ParameterInfo::optional("Value", "What the step puts into the column."),
    ],
    remarks: &[
        "The rows must be in a fixed order: sort them first.",
        "A row is compared with the last step first. It matches a step if the step before it has a sequence, which then goes on \
         here and is gone there, or if the step has one itself, or, for the first step, in any case.",
        "A row may match several steps and comes out for each of them. A row that matches none is left out.",
        "A column alone is that of the row at hand, and one that is declared is its default: write s1.Total + x to add up.",
        "Step.Column is null, or the default, as long as no row of the sequence matched the step.",
        "Everything is done in the order of the rows: for each user a scan of its own, use partition by User (…).",
    ],
    examples: &[
        TableExample {
            query: r"range x from 1 to 4 step 1
| scan declare (Total: long = 0) with (step s1: true => Total = x + s1.Total;)",
            result: "x:long, Total:long\n[1,1]\n[2,3]\n[3,6]\n[4,10]",
        },
        TableExample {
            query: r"datatable (Ts: timespan, Event: string) [
    0m, 'A',
    1m, 'Start',
    2m, 'B',
    3m, 'D',
    4m, 'Stop',
    6m, 'C',
    8m, 'Start',
    11m, 'E',
    12m, 'Stop',
]
| sort by Ts asc
| scan with_match_id=m_id with (
    step s1: Event == 'Start';
    step s2: Event != 'Start' and Event != 'Stop' and Ts - s1.Ts <= 5m;
    step s3: Event == 'Stop' and Ts - s1.Ts <= 5m;
)",
            result: r#"Ts:timespan, Event:string, m_id:long
["00:01:00","Start",0]
["00:02:00","B",0]
["00:03:00","D",0]
["00:04:00","Stop",0]
["00:08:00","Start",1]
["00:11:00","E",1]
["00:12:00","Stop",1]"#,
        },
        TableExample {
            query: r"datatable (At: timespan, What: string) [
    1h, 'login',
    3h, 'logout',
    4h, 'logout',
]
| sort by At asc
| scan declare (Lasted: timespan) with (
    step s1 output=none: What == 'login';
    step s2: What == 'logout' => Lasted = At - s1.At;
)",
            result: r#"At:timespan, What:string, Lasted:timespan
["03:00:00","logout","02:00:00"]
["04:00:00","logout","03:00:00"]"#,
        },
    ],
};

/// What is declared and where things are, while steps are bound.
struct ScanScope {
    /// The columns of the input, then those that are declared.
    columns: Columns,
    /// How many of them the input has.
    width: usize,
    defaults: Vec<(Value, ScalarType)>,
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_scan(&mut self, it: &ast::ScanOperator, rows: Rows, env: &Env) -> Rows {
        let span = it.at.0;
        if !rows.serialized && !rows.columns.open {
            let message = "'scan' needs rows in a fixed order";
            self.report(
                Diagnostic::error(Code::NotSerialized, it.keyword_at.0, message)
                    .help("sort the rows first, or write '| serialize' before this operator"),
            );
        }
        // Microsoft's parser knows these; no page tells what they do.
        let clauses = [
            ("order by", it.order_by.first().map(|it| it.expression.span())),
            ("partition by", it.partition_by.first().map(ast::Expression::span)),
            ("kind", word(&it.parameters, "kind").map(|(_, span)| span)),
            ("with an optional step", it.steps.iter().find(|it| it.optional).map(|it| it.name.at.0)),
        ];
        for (name, span) in clauses {
            span.into_iter().for_each(|span| self.unsupported(span, "scan", name));
        }
        let scope = self.bind_declarations(&it.declarations, &rows.columns, env);
        let number = word(&it.parameters, "with_match_id");
        let mut list = scope.columns.list.to_vec();
        if let Some((name, span)) = number {
            if scope.columns.find(name).is_some() {
                let message = format!("a column '{name}' is already declared");
                self.error(Code::DuplicateColumn, span, message);
            }
            list.push(BoundColumn { name: name.into(), data_type: Some(ScalarType::Long) });
        }
        let columns = Columns { list: list.into(), open: rows.columns.open };
        let names: Vec<&str> = it.steps.iter().map(|step| step.name.text.as_str()).collect();
        for (at, step) in it.steps.iter().enumerate() {
            if names.iter().take(at).any(|name| *name == step.name.text) {
                let message = format!("a step '{}' is already declared", step.name.text);
                self.error(Code::DuplicateName, step.name.at.0, message);
            }
        }
        self.spend_columns(scope.columns.list.len(), span);
        let mut steps = Vec::with_capacity(it.steps.len());
        for (at, step) in it.steps.iter().enumerate() {
            let env = step_names(&names, at, &scope, env);
            steps.push(self.bind_step(step, &scope, &env, rows.columns.open));
        }
        let steps: Option<Vec<MatchStep>> = steps.into_iter().collect();
        let Some(mut steps) = steps.filter(|_| !rows.columns.open) else {
            let table = crate::column::Table::empty(columns.schema());
            let plan = Self::plan(Node::Values { table }, &columns, span);
            return Rows { serialized: true, ..Rows::new(plan, columns) };
        };

        // A column of the input for each thing that is remembered and read.
        let mut state: Vec<StateColumn> = Vec::new();
        let mut below: Vec<(Arc<str>, Expr)> = Vec::new();
        for (at, column) in scope.columns.list.iter().take(scope.width).enumerate() {
            let data_type = column.data_type.unwrap_or(ScalarType::Dynamic);
            below.push((column.name.clone(), Expr::column(at, data_type)));
        }
        for step in &mut steps {
            let assigned = step.assignments.iter_mut().map(|(_, expr)| expr);
            for expr in std::iter::once(&mut step.condition).chain(assigned) {
                *expr = scope.over_input(expr, &mut state, &mut below);
            }
        }
        let layout = (0..scope.width)
            .map(OutputColumn::Input)
            .chain((0..scope.defaults.len() + usize::from(number.is_some())).map(OutputColumn::New));
        let layout = layout.collect();
        let schema = Schema::new(
            below.iter().map(|(name, expr)| (name.clone(), expr.scalar_type())).collect::<Vec<_>>(),
        );
        let exprs = below.into_iter().map(|(_, expr)| expr).collect();
        let input = Plan::new(Node::Project { input: rows.plan, columns: exprs }, schema, span);
        let node =
            Node::MatchSteps { input: Arc::new(input), steps, state, defaults: scope.defaults, layout };
        Rows { serialized: true, ..Rows::new(Self::plan(node, &columns, span), columns) }
    }

    /// The columns that steps may fill, behind those of the input.
    fn bind_declarations(
        &mut self,
        declarations: &[ast::FunctionParameter],
        input: &Columns,
        env: &Env,
    ) -> ScanScope {
        let mut list = input.list.to_vec();
        let mut defaults = Vec::new();
        for it in declarations {
            let name = &it.name.text;
            let ast::ParameterType::Scalar(type_name) = &it.data_type else {
                self.error(Code::ExpectedType, it.name.at.0, "a column has a scalar type");
                continue;
            };
            let Ok(data_type) = type_name.text.parse::<ScalarType>() else {
                let message = format!("there is no type '{}'", type_name.text);
                self.error(Code::UnknownName, type_name.at.0, message);
                continue;
            };
            if list.iter().any(|column| *column.name == **name) {
                let message = format!("a column '{name}' is already declared");
                self.error(Code::DuplicateColumn, it.name.at.0, message);
                continue;
            }
            let mut default = Value::null_of(data_type);
            if let Some(ast) = &it.default {
                let scalar = self.bind_scalar(ast, ExprScope::new(env));
                let scalar = self.as_type(scalar, data_type, ast);
                if let Expr::Literal { value, .. } = self.folder.fold(scalar.expr) {
                    default = value;
                } else if scalar.data_type.is_some() {
                    self.error(Code::ExpectedConstant, ast.span(), "a default is a constant");
                }
            }
            list.push(BoundColumn { name: name.as_str().into(), data_type: Some(data_type) });
            defaults.push((default, data_type));
        }
        let columns = Columns { list: list.into(), open: input.open };
        ScanScope { columns, width: input.list.len(), defaults }
    }

    /// A value as the type of the column that it goes into.
    fn as_type(&mut self, scalar: Scalar, data_type: ScalarType, ast: &ast::Expression) -> Scalar {
        match scalar.data_type {
            None => scalar,
            Some(given) if given == data_type => scalar,
            Some(given)
                if given.is_number()
                    && data_type.is_number()
                    && crate::function::is_wider(data_type, given) =>
            {
                self.converted(scalar, data_type, ast.span())
            }
            // `declare (x: int = 0)`
            Some(ScalarType::Long) if data_type == ScalarType::Int && scalar.constant().is_some() => {
                self.converted(scalar, data_type, ast.span())
            }
            Some(given) => {
                // Microsoft's parser takes it; what the real engine makes of it is not known.
                let what = format!("with a {given} in a column of type {data_type}");
                let unsupported = Diagnostic::unsupported(ast.span(), "scan", &what);
                self.report(unsupported.help(format!("convert it: to{data_type}(…)")));
                Scalar::unknown()
            }
        }
    }

    fn bind_step(
        &mut self,
        step: &ast::ScanStep,
        scope: &ScanScope,
        env: &Env,
        open: bool,
    ) -> Option<MatchStep> {
        let context = ExprScope { row: Some(&scope.columns), serialized: true, ..ExprScope::new(env) };
        let condition = self.bind_bool(&step.condition, context);
        let condition = self.step_expr(condition, &step.condition);
        let mut assignments: Vec<(usize, Expr)> = Vec::new();
        let mut is_known = condition.is_some();
        for (name, ast) in &step.assignments {
            let value = self.bind_scalar(ast, context);
            let Some((at, column)) = scope.columns.find(&name.text) else {
                if !open {
                    self.unknown_column(name, &scope.columns);
                }
                is_known = false;
                continue;
            };
            let Some(place) = at.checked_sub(scope.width) else {
                // Microsoft's parser takes it.
                self.unsupported(name.at.0, "scan", "that fills a column of its input");
                is_known = false;
                continue;
            };
            if assignments.iter().any(|(known, _)| *known == place) {
                let message = format!("'{}' is filled twice by this step", name.text);
                self.error(Code::DuplicateColumn, name.at.0, message);
            }
            let data_type = column.data_type.unwrap_or(ScalarType::Dynamic);
            let value = self.as_type(value, data_type, ast);
            match self.step_expr(value, ast) {
                Some(expr) => assignments.push((place, expr)),
                None => is_known = false,
            }
        }
        // The parser lets three words pass.
        let output = match step.output.as_ref().map(|word| word.text.as_str()) {
            Some("last") => StepOutput::Last,
            Some("none") => StepOutput::None,
            Some(_) | None => StepOutput::All,
        };
        let condition = condition.filter(|_| is_known)?;
        Some(MatchStep { condition, assignments, output })
    }

    /// An expression of a step; `None` behind a mistake.
    fn step_expr(&mut self, scalar: Scalar, ast: &ast::Expression) -> Option<Expr> {
        scalar.data_type?;
        if scalar.expr.has_window() {
            // A recorded answer: prev() is refused.
            let message =
                "a step remembers rows by itself: functions that look at other rows do not stand here";
            let help = "Step.Column is the column in the last row that matched the step";
            self.report(Diagnostic::error(Code::NotAllowedHere, ast.span(), message).help(help));
            return None;
        }
        if !scalar.expr.subqueries().is_empty() {
            let unsupported = Diagnostic::unsupported(ast.span(), "scan", "with a subquery in a step");
            self.report(unsupported.help("name it by let and put it into a column in front of scan"));
            return None;
        }
        Some(scalar.expr)
    }
}

/// The names of the steps, as one of them sees them.
fn step_names(names: &[&str], at: usize, scope: &ScanScope, env: &Env) -> Env {
    let width = scope.columns.list.len();
    names.iter().enumerate().fold(env.block(), |env, (number, name)| {
        let step = StepColumns {
            columns: scope.columns.clone(),
            first: (number + 1) * width,
            is_ahead: number > at,
        };
        env.declare(name, Local::Step(Rc::new(step)))
    })
}

impl ScanScope {
    /// An expression of a step over the input: a declared column is its default, and what a step remembers is a column of the
    /// input that stands for it.
    fn over_input(
        &self,
        expr: &Expr,
        state: &mut Vec<StateColumn>,
        below: &mut Vec<(Arc<str>, Expr)>,
    ) -> Expr {
        let width = self.columns.list.len();
        let mut read: Vec<usize> = expr.columns();
        read.retain(|at| *at >= width);
        for at in read {
            let (step, of) = ((at / width) - 1, self.place(at % width));
            if state.iter().any(|column| column.step == step && column.of == of) {
                continue;
            }
            let data_type = self.columns.list.get(at % width).and_then(|column| column.data_type);
            let data_type = data_type.unwrap_or(ScalarType::Dynamic);
            state.push(StateColumn { place: below.len(), step, of });
            below.push((hidden!("state").into(), Expr::literal(Value::null_of(data_type), data_type)));
        }
        expr.map_columns(&|at, data_type| {
            if at >= width {
                let (step, of) = ((at / width) - 1, self.place(at % width));
                let known = state.iter().find(|column| column.step == step && column.of == of);
                return Expr::column(known.map_or(at, |column| column.place), data_type);
            }
            match self.place(at) {
                OutputColumn::Input(at) => Expr::column(at, data_type),
                OutputColumn::New(at) => {
                    let default = self.defaults.get(at).map_or(Value::Null, |(value, _)| value.clone());
                    Expr::literal(default, data_type)
                }
            }
        })
    }

    fn place(&self, at: usize) -> OutputColumn {
        at.checked_sub(self.width).map_or(OutputColumn::Input(at), OutputColumn::New)
    }
}
