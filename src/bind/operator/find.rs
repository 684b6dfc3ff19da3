//! Binds `find`: a filter over the rows of several tables, with the columns that they have in common and the rest in a bag.
//! It must not know how a text is looked for.
//!
//! The condition is bound for each table. Of a table that has none of the columns of the condition no rows are read. Columns and
//! their order are those of Microsoft's parser; where it and the page say different things, the form is refused.

use super::super::binder::Binder;
use super::super::names::make_unique;
use super::super::scalar::Scalar;
use super::super::scope::{BoundColumn, ColumnList, Columns, Env, ExprScope, Rows};
use super::parameters::word;
use crate::column::Column;
use crate::diagnostic::Diagnostic;
use crate::function::{Call, FunctionRef, Kernel, Result, ScalarFunction};
use crate::plan::{Expr, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::SyntaxNode;
use crate::syntax::ast::{self, FindColumn, LiteralKind};
use crate::types::{Dynamic, ScalarType, Value};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "find",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Finds the rows of several tables that meet a condition, with the columns that the tables have in common.",
    syntax: &[
        "find [withsource=Name] in (Table [, …]) where Predicate [project-smart | project Column [: Type] [, …]]",
        "find [in (Table [, …]) where] Predicate [project-smart | project pack(*)]",
    ],
    parameters: &[
        ParameterInfo::optional(
            "Name",
            "The name of the first column, which says which table a row came from: source_.",
        ),
        ParameterInfo::optional(
            "Table",
            "A table, or a pattern such as Device*; without 'in', all tables and views.",
        ),
        ParameterInfo::required(
            "Predicate",
            "A condition. A text alone is looked for in every column, as in search: 'x' is a term.",
        ),
        ParameterInfo::optional("Column", "A column of the result; null where a table does not have it."),
        ParameterInfo::optional("Type", "The type that the column is converted to."),
    ],
    remarks: &[
        "A table is left out if it has none of the columns of the condition. A column that it does not have is null there, and \
         empty if it is a string.",
        "Without project, which is project-smart, the columns are those that all these tables have, then those of the condition, \
         and pack_, a property bag of each row's other columns.",
        "project pack(*) gives the bag of all columns alone.",
        "A column that has several types is refused where the page and Microsoft's parser do not agree on its name.",
    ],
    examples: &[
        TableExample {
            query: r"let Logons = view () { print User = 'ann', Failures = 9 };
let Mails = view () { print User = 'ann', Subject = 'hello' };
find in (Logons, Mails) where User == 'ann'",
            result: r#"source_:string, User:string, pack_:dynamic
["Logons","ann",{"Failures":9}]
["Mails","ann",{"Subject":"hello"}]"#,
        },
        TableExample {
            query: r"let Logons = view () { print User = 'ann', Failures = 9 };
let Mails = view () { print User = 'ann', Subject = 'hello' };
find withsource=Table in (Logons, Mails) where Failures > 5 or 'hello'
    project User, Subject, Failures: string",
            result: r#"Table:string, User:string, Subject:string, Failures:string
["Logons","ann","","9"]
["Mails","ann","hello",""]"#,
        },
        TableExample {
            query: r"let Logons = view () { print User = 'ann', Failures = 9 };
let Mails = view () { print User = 'ann', Subject = 'hello' };
find Subject startswith 'he' project pack(*)",
            result: r#"source_:string, pack_:dynamic
["Mails",{"User":"ann","Subject":"hello"}]"#,
        },
    ],
};

/// The property bag of a row of `find`: names and values in turn.
static PACK: ScalarFunction = ScalarFunction {
    name: "find",
    summary: "The columns of a row that are not shown by themselves.",
    kernel: Kernel::Rows(pack),
    ..ScalarFunction::DEFAULT
};

/// What rows are called that have no name.
static NAMELESS: ScalarFunction = ScalarFunction {
    name: "find",
    summary: "The name of a table that has none.",
    kernel: Kernel::Rows(nameless),
    ..ScalarFunction::DEFAULT
};

fn pack(call: &Call<'_>) -> Result<Column> {
    call.map_values(|row| {
        let mut members = Vec::with_capacity(row.len() / 2);
        let mut empty = None;
        for pair in row.chunks(2) {
            let [name, value] = pair else { continue };
            let name = name.as_str().unwrap_or_default();
            if value.is_null() || value.as_str().is_some_and(str::is_empty) {
                empty = empty.or(Some(name));
            }
            members.push((name.into(), Dynamic::from_value(value)));
        }
        if let Some(name) = empty {
            call.doubt("a row with an empty column that is packed", "the bag has it", name)?;
        }
        if members.is_empty() {
            call.doubt("a row that has nothing to pack", "the bag is empty", "{}")?;
        }
        Ok(Value::Dynamic(Dynamic::bag(members.into_iter().collect())))
    })
}

fn nameless(call: &Call<'_>) -> Result<Column> {
    call.map_values(|row| {
        let name = row.first().and_then(Value::as_str).unwrap_or_default();
        call.doubt("rows of a table that has no name", "they are called so", name)?;
        Ok(Value::string(name))
    })
}

/// So many cells of a table of parts and columns count as one column of an operator.
const COLUMNS_A_CELL: usize = 6;

/// The columns of the result, behind the one that names the table.
struct FoundColumns {
    list: Vec<BoundColumn>,
    /// What does not stand in a column of its own is packed; or all columns are.
    pack: Option<PackedColumns>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PackedColumns {
    Rest,
    All,
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_find(
        &mut self,
        it: &ast::FindOperator,
        rows: Option<Rows>,
        env: &Env,
    ) -> Rows {
        let keyword = it.keyword_at.0;
        if rows.is_some() {
            self.unsupported(keyword, "form of find", "behind a pipe");
            return Rows::unknown();
        }
        if !it.away.is_empty() {
            self.unsupported(keyword, "form of find", "__projectAway");
        }
        let mut parts: Vec<Rows> = Vec::new();
        for ast in &it.tables {
            if !self.budget.is_over {
                self.union_part(ast, false, env, &mut parts);
            }
        }
        if it.tables.is_empty() {
            self.all_parts(it.at.0, env, &mut parts);
        }
        if parts.is_empty() {
            // There is no table at all: as in a union of none, nothing is known of the columns.
            return Rows::unknown();
        }
        let open = parts.iter().any(|part| part.columns.open);
        let known = Columns { list: first_of_each_name(&parts), open };
        self.probe_within(&it.predicate, ExprScope { row: Some(&known), ..ExprScope::new(env) });
        let read = columns_in(&it.predicate, &known);
        let reads_all = looks_everywhere(&it.predicate);
        let mut found: Vec<(usize, Rows)> = parts
            .into_iter()
            .enumerate()
            .filter(|(_, part)| reads_all || read.iter().any(|name| part.columns.find(name).is_some()))
            .collect();
        if found.is_empty() {
            // The names in it are reported, if they are unknown.
            let rows = Rows { columns: known, ..Rows::unknown() };
            let before = self.diagnostics.len();
            self.bind_term_condition(&it.predicate, ExprScope::with_rows(env, &rows), &[]);
            if self.diagnostics.len() == before && !open {
                self.unsupported(it.predicate.span(), "form of find", "a condition that reads no column");
            }
            return Rows::unknown();
        }
        for name in &read {
            if !self.spend_columns(1 + found.len() / COLUMNS_A_CELL, keyword) {
                return Rows::unknown();
            }
            if types_of(&found, name).len() > 1 {
                let form = format!("a condition on a column of several types: {name}");
                self.unsupported(it.predicate.span(), "form of find", &form);
            }
        }
        let columns = match &it.project {
            Some(columns) => self.projected(columns, &known, &found, keyword),
            None => self.smart(&read, &known, &found, keyword),
        };
        let width = columns.list.len() + 2;
        if !self.spend_columns(found.len().saturating_mul(width) / COLUMNS_A_CELL, it.at.0) {
            return Rows::unknown();
        }
        let source = word(&it.parameters, "withsource").or_else(|| word(&it.parameters, "with_source"));
        let name = source.map_or("source_", |(name, _)| name);
        let mut list = vec![BoundColumn { name: name.into(), data_type: Some(ScalarType::String) }];
        list.extend(columns.list.iter().cloned());
        if columns.pack.is_some() {
            list.push(BoundColumn { name: "pack_".into(), data_type: Some(ScalarType::Dynamic) });
        }
        make_unique(&mut list);
        let result = Columns { list: list.into(), open };
        let mut inputs = Vec::with_capacity(found.len());
        for (turn, (at, part)) in found.iter_mut().enumerate() {
            if self.budget.is_over {
                return Rows::unknown();
            }
            // What is wrong was said of the first table.
            self.muted += usize::from(turn > 0);
            let exprs = self.found_in(it, (*at, part), &read, &known, &columns, env, turn == 0);
            self.muted -= usize::from(turn > 0);
            let (input, exprs) = exprs;
            inputs.push(Self::plan(Node::Project { input, columns: exprs }, &result, it.at.0));
        }
        let plan = if inputs.len() == 1 { inputs.pop() } else { None };
        let plan = plan.unwrap_or_else(|| Self::plan(Node::Union { inputs }, &result, it.at.0));
        Rows::new(plan, result)
    }

    /// The rows of a table that meet the condition, and the result's columns over them.
    #[allow(clippy::too_many_arguments, reason = "the parts of one operator")]
    fn found_in(
        &mut self,
        it: &ast::FindOperator,
        (number, part): (usize, &Rows),
        read: &[Arc<str>],
        known: &Columns,
        columns: &FoundColumns,
        env: &Env,
        records: bool,
    ) -> (Arc<crate::plan::Plan>, Vec<Expr>) {
        let width = part.columns.list.len();
        let mut list: Vec<BoundColumn> = part.columns.list.to_vec();
        let mut exprs: Vec<Expr> = (0..width).filter_map(|at| column_expr(&part.columns, at)).collect();
        for name in read.iter().filter(|name| part.columns.find(name).is_none()) {
            let Some((_, column)) = known.find(name) else { continue };
            let data_type = column.data_type.unwrap_or(ScalarType::Dynamic);
            exprs.push(Expr::literal(Value::null_of(data_type), data_type));
            list.push(column.clone());
        }
        let scope = Columns { list: list.into(), open: part.columns.open };
        let node = Node::Project { input: part.plan.clone(), columns: exprs };
        let rows = Rows::new(Self::plan(node, &scope, it.at.0), scope);
        let own: Vec<usize> = (0..width).collect();
        let condition = self.bind_term_condition(&it.predicate, ExprScope::with_rows(env, &rows), &own);
        if records {
            self.recorder.condition(&it.predicate, &condition);
        }
        let rows = Self::filter(rows, condition.expr, it.at.0);
        let mut exprs = Vec::with_capacity(columns.list.len() + 2);
        exprs.push(match &part.source {
            Some(name) => Expr::literal(Value::string(name), ScalarType::String),
            None => {
                let name = Expr::literal(Value::string(&format!("find_arg{number}")), ScalarType::String);
                call(&NAMELESS, vec![name], ScalarType::String, it.at.0)
            }
        });
        for column in &columns.list {
            let data_type = column.data_type.unwrap_or(ScalarType::Dynamic);
            let found = part.columns.find(&column.name).and_then(|(at, own)| Some((at, own.data_type?)));
            exprs.push(match found {
                None => Expr::literal(Value::null_of(data_type), data_type),
                Some((at, own)) if own == data_type => Expr::column(at, own),
                Some((at, own)) => {
                    self.converted(Scalar::new(Expr::column(at, own)), data_type, it.at.0).expr
                }
            });
        }
        if let Some(packed) = columns.pack {
            let shown: HashSet<&str> = match packed {
                PackedColumns::All => HashSet::new(),
                PackedColumns::Rest => columns.list.iter().map(|it| &*it.name).collect(),
            };
            let rest = part.columns.list.iter().enumerate().filter(|(_, it)| !shown.contains(&*it.name));
            let members: Vec<Expr> = rest
                .filter_map(|(at, it)| {
                    let name = Expr::literal(Value::string(&it.name), ScalarType::String);
                    Some([name, column_expr(&part.columns, at)?])
                })
                .flatten()
                .collect();
            self.spend_nodes(members.len(), it.at.0);
            exprs.push(call(&PACK, members, ScalarType::Dynamic, it.at.0));
        }
        (rows.plan, exprs)
    }

    /// `project-smart`: what all tables have, then what the condition reads.
    fn smart(
        &mut self,
        read: &[Arc<str>],
        known: &Columns,
        found: &[(usize, Rows)],
        span: Span,
    ) -> FoundColumns {
        let mut list: Vec<BoundColumn> = Vec::new();
        for column in found.first().map(|(_, part)| part.columns.list.to_vec()).unwrap_or_default() {
            if !self.spend_columns(found.len() / COLUMNS_A_CELL, span) {
                break;
            }
            if !found.iter().all(|(_, part)| part.columns.find(&column.name).is_some()) {
                continue;
            }
            if types_of(found, &column.name).len() > 1 {
                let form = format!("a common column of several types: {}", column.name);
                self.unsupported(span, "form of find", &form);
            }
            list.push(column);
        }
        let common: HashSet<Arc<str>> = list.iter().map(|it| it.name.clone()).collect();
        for name in read {
            if let Some((_, column)) = known.find(name)
                && !common.contains(name)
            {
                list.push(column.clone());
            }
        }
        let shown: HashSet<&str> = list.iter().map(|it| &*it.name).collect();
        let has_rest =
            found.iter().any(|(_, part)| part.columns.list.iter().any(|it| !shown.contains(&*it.name)));
        drop(shown);
        FoundColumns { list, pack: has_rest.then_some(PackedColumns::Rest) }
    }

    /// `project a, b: string`, or `project pack(*)`.
    fn projected(
        &mut self,
        columns: &[FindColumn],
        known: &Columns,
        found: &[(usize, Rows)],
        span: Span,
    ) -> FoundColumns {
        let mut result = FoundColumns { list: Vec::new(), pack: None };
        let mut names: HashSet<&str> = HashSet::new();
        let env = Env::default();
        let row = ExprScope { row: Some(known), ..ExprScope::new(&env) };
        for column in columns {
            if !self.spend_columns(1 + found.len() / COLUMNS_A_CELL, span) {
                break;
            }
            match column {
                FindColumn::Column { name, data_type } => {
                    let Some(at) = self.expect_column(&ast::Expression::Name(name.clone()), row) else {
                        continue;
                    };
                    let Some(column) = known.list.get(at) else { continue };
                    if !names.insert(&name.text) {
                        // Microsoft's parser takes it and gives two columns of one name.
                        self.unsupported(name.at.0, "form of find", "a column that is named twice");
                        continue;
                    }
                    let declared = data_type.as_ref().and_then(|it| it.text.parse::<ScalarType>().ok());
                    if declared.is_none() && types_of(found, &name.text).len() > 1 {
                        let message = format!("the column '{}' has several types", name.text);
                        self.report(
                            Diagnostic::unsupported(name.at.0, "form of find", &message)
                                .help(format!("name one: {}: string", name.text)),
                        );
                    }
                    let data_type = declared.or(types_of(found, &name.text).first().copied());
                    result
                        .list
                        .push(BoundColumn { data_type: data_type.or(column.data_type), ..column.clone() });
                }
                FindColumn::PackAll(_) if columns.len() == 1 => result.pack = Some(PackedColumns::All),
                FindColumn::PackAll(at) => {
                    self.unsupported(at.0, "form of find", "pack(*) beside columns");
                }
                FindColumn::Star(at) => self.unsupported(at.0, "form of find", "project *"),
            }
        }
        result
    }
}

/// A call of a function that no query can name.
fn call(function: &'static ScalarFunction, arguments: Vec<Expr>, returns: ScalarType, span: Span) -> Expr {
    let function = FunctionRef::Builtin(function);
    Expr::Call { function, arguments, returns: [returns].into(), output: 0, span, unfoldable: false }
}

fn column_expr(columns: &Columns, at: usize) -> Option<Expr> {
    columns.list.get(at).map(|it| Expr::column(at, it.data_type.unwrap_or(ScalarType::Dynamic)))
}

/// The columns of all parts, one for each name: the first.
fn first_of_each_name(parts: &[Rows]) -> ColumnList {
    let mut names = HashSet::new();
    let columns = parts.iter().flat_map(|part| part.columns.list.iter());
    columns.filter(|column| names.insert(column.name.clone())).cloned().collect()
}

/// The types that a column has.
fn types_of(parts: &[(usize, Rows)], name: &str) -> Vec<ScalarType> {
    let mut types = Vec::new();
    for data_type in parts.iter().filter_map(|(_, part)| part.columns.find(name)?.1.data_type) {
        if !types.contains(&data_type) {
            types.push(data_type);
        }
    }
    types
}

/// The columns that a condition names, in the order of the text, without those of subqueries.
fn columns_in(predicate: &ast::Expression, known: &Columns) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut seen: HashMap<&str, ()> = HashMap::new();
    // Members behind a dot are no columns, nor is what stands in a subquery.
    let mut members: HashSet<u32> = HashSet::new();
    let mut subquery_end = 0;
    for node in predicate.nodes() {
        let SyntaxNode::Expression(node) = node else { continue };
        match node {
            ast::Expression::Path(path) => {
                members.insert(path.selector.span().start);
            }
            ast::Expression::Pipe(_)
            | ast::Expression::ToScalar(_)
            | ast::Expression::ToTable(_)
            | ast::Expression::Materialize(_) => subquery_end = subquery_end.max(node.span().end),
            ast::Expression::Name(name)
                if name.at.0.start >= subquery_end
                    && !members.contains(&name.at.0.start)
                    && seen.insert(&name.text, ()).is_none() =>
            {
                names.extend(known.find(&name.text).map(|(_, column)| column.name.clone()));
            }
            _ => {}
        }
    }
    names
}

/// A condition looks for a text in all columns.
fn looks_everywhere(predicate: &ast::Expression) -> bool {
    match predicate.unparenthesised() {
        ast::Expression::Literal(literal) => literal.kind == LiteralKind::String,
        ast::Expression::Logical(it) => it.operands.iter().any(looks_everywhere),
        ast::Expression::Binary(it) => matches!(it.left, ast::Expression::Star(_)),
        ast::Expression::In(it) => matches!(it.left, ast::Expression::Star(_)),
        _ => false,
    }
}
