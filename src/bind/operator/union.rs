//! Binds `union`: which tables, and which columns they have in common. It must not know their rows.

use super::super::binder::Binder;
use super::super::references::ReferenceKind;
use super::super::scope::{BoundColumn, Columns, Env, Local, Rows};
use std::rc::Rc;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::super::names::{fresh_name, make_unique};
use super::super::query::matches;
use super::parameters::word;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Value};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "union",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Gives the rows of several tables, one table after the other.",
    syntax: &["[T |] union [kind=(outer | inner)] [withsource=Name] [isfuzzy=(true | false)] Table [, …]"],
    parameters: &[
        ParameterInfo::optional("T", "Rows that come first; without them union begins the query."),
        ParameterInfo::optional(
            "kind",
            "outer, the default, has all columns of all tables; inner has those that every table has.",
        ),
        ParameterInfo::optional(
            "withsource",
            "The name of a first column that says which table a row came from.",
        ),
        ParameterInfo::optional(
            "isfuzzy",
            "true leaves out tables that are not there; if none is, it is an error.",
        ),
        ParameterInfo::required(
            "Table",
            "A table, a query in parentheses, or a pattern such as Device*, which also takes views in.",
        ),
    ],
    remarks: &[
        "No row is dropped, also where two are the same: distinct behind it does that.",
        "A cell that a table has no column for is null, and empty in columns of type string.",
        "A column with the same name and different types becomes one column for each type, such as x_long and x_string, and \
         none that is called x. Convert before the union.",
        "Kusto may mix the rows of the tables; sort behind it.",
    ],
    examples: &[
        TableExample {
            query: r"let Logons = datatable (User: string, Ip: string) ['ann', '10.0.0.1'];
let Failures = datatable (User: string, Count: long) ['bob', 9];
union Logons, Failures",
            result: r#"User:string, Ip:string, Count:long
["ann","10.0.0.1",null]
["bob","",9]"#,
        },
        TableExample {
            query: r"range x from 1 to 2 step 1
| as First
| union kind=inner withsource=Source (print x = 2, y = 3 | as Second)",
            result: r#"Source:string, x:long
["First",1]
["First",2]
["Second",2]"#,
        },
        TableExample {
            query: "union (print x = 1), (print x = 'one')",
            result: r#"x_long:long, x_string:string
[1,""]
[null,"one"]"#,
        },
        TableExample { query: "union isfuzzy=true (print x = 1), NoSuchTable", result: "x:long\n[1]" },
    ],
};

/// So many cells of a union's table of parts and columns count as one column of an operator.
const COLUMNS_A_CELL: usize = 6;

/// So many columns take about what a part takes beside its columns.
const COLUMNS_A_PART: usize = 12;

impl Binder<'_> {
    pub(in crate::bind) fn bind_union(
        &mut self,
        it: &ast::UnionOperator,
        rows: Option<Rows>,
        env: &Env,
    ) -> Rows {
        let inner = self.choice(&it.parameters, "kind", &[("outer", false), ("inner", true)], false);
        let fuzzy = self.choice(
            &it.parameters,
            "isfuzzy",
            &[("true", true), ("false", false), ("True", true), ("False", false)],
            false,
        );
        let source = word(&it.parameters, "withsource").or_else(|| word(&it.parameters, "with_source"));
        let mut parts: Vec<Rows> = rows.into_iter().collect();
        for ast in &it.tables {
            if !self.budget.is_over {
                self.union_part(ast, fuzzy, env, &mut parts);
            }
        }
        if parts.is_empty() {
            if fuzzy && !it.tables.is_empty() {
                self.error(Code::UnknownTable, it.at.0, "none of the tables of the union is there");
            }
            return Rows::unknown();
        }
        let columns = unify(&parts, inner);
        let width = columns.len();
        // A column that a part lacks is one of the plan all the same.
        if !self.spend_columns(parts.len().saturating_mul(width) / COLUMNS_A_CELL, it.at.0) {
            return Rows::unknown();
        }
        let mut next: Vec<usize> = vec![0; width];
        let mut inputs = Vec::with_capacity(parts.len());
        let mut list: Vec<BoundColumn> = columns.iter().map(|it| it.column.clone()).collect();
        if let Some((name, _)) = source {
            list.insert(0, BoundColumn { name: (*name).into(), data_type: Some(ScalarType::String) });
            make_unique(&mut list);
        }
        let open = parts.iter().any(|part| part.columns.open);
        let result = Columns { list: list.into(), open };
        for (at, part) in parts.iter().enumerate() {
            let mut exprs = Vec::with_capacity(width + 1);
            if source.is_some() {
                let name = part.source.clone().unwrap_or_else(|| format!("union_arg{at}"));
                exprs.push(Expr::literal(Value::string(&name), ScalarType::String));
            }
            for (unified, next) in columns.iter().zip(&mut next) {
                let data_type = unified.column.data_type.unwrap_or(ScalarType::Dynamic);
                exprs.push(match unified.places.get(*next).filter(|it| it.part == at) {
                    Some(it) => {
                        *next += 1;
                        Expr::column(it.place, data_type)
                    }
                    None => Expr::literal(Value::null_of(data_type), data_type),
                });
            }
            let node = Node::Project { input: part.plan.clone(), columns: exprs };
            inputs.push(Self::plan(node, &result, it.at.0));
        }
        Rows::new(Self::plan(Node::Union { inputs }, &result, it.at.0), result)
    }

    /// Adds the rows of one operand; a wildcard may stand for several tables.
    fn union_part(&mut self, ast: &ast::Expression, fuzzy: bool, env: &Env, parts: &mut Vec<Rows>) {
        match ast.unparenthesised() {
            ast::Expression::Wildcard(name) => {
                let found = self.union_scope(|table| matches(&name.text, table), env);
                if found.is_empty() && !fuzzy {
                    let message = format!("no table is called '{}'", name.text);
                    self.report(Diagnostic::error(Code::UnknownTable, name.at.0, message));
                    parts.push(Rows::unknown());
                }
                self.add_named_parts(found, name.at.0, env, parts);
            }
            ast::Expression::Star(_) => {
                let found = self.union_scope(|_| true, env);
                self.add_named_parts(found, ast.span(), env, parts);
            }
            // A table that is not there is passed over, if the union is fuzzy.
            ast::Expression::Name(name)
                if fuzzy
                    && env.find(&name.text).is_none()
                    && self.catalog.table(&name.text).is_none()
                    && self.catalog.function(&name.text).is_none() =>
            {
                self.refers_to_unknown(ReferenceKind::Table, &name.text, name.at.0);
            }
            ast::Expression::Name(name) => parts.push(self.named_part(name, env)),
            other => {
                let before = self.diagnostics.len();
                let rows = self.bind_table(other, env);
                let missing = |it: &Diagnostic| it.code == Code::UnknownTable;
                if fuzzy && self.diagnostics.get(before..).is_some_and(|found| found.iter().any(missing)) {
                    self.diagnostics.truncate(before);
                } else {
                    parts.push(rows);
                }
            }
        }
    }

    /// The tables and views whose name passes a test, by name: what a pattern may stand for.
    fn union_scope(&self, test: impl Fn(&str) -> bool, env: &Env) -> Vec<String> {
        let is_view =
            |name: &Rc<str>| matches!(env.find(name), Some(Local::Function(it)) if it.declaration.view);
        let views = env.names().into_iter().filter(is_view).map(|name| name.to_string());
        let mut found: Vec<String> = self.catalog.table_names();
        found.extend(views);
        found.retain(|name| test(name));
        found.sort();
        found.dedup();
        found
    }

    fn add_named_parts(&mut self, names: Vec<String>, span: Span, env: &Env, parts: &mut Vec<Rows>) {
        for text in names {
            if self.budget.is_over {
                return;
            }
            let name = ast::Name { text, bracketed: true, at: span.into() };
            parts.push(self.named_part(&name, env));
        }
    }

    /// The rows that a name stands for. Those of a function are called after it.
    fn named_part(&mut self, name: &ast::Name, env: &Env) -> Rows {
        let mut rows = self.table_named(name, env);
        self.spend_columns(COLUMNS_A_PART + rows.columns.list.len() / COLUMNS_A_CELL, name.at.0);
        let is_function = match env.find(&name.text) {
            Some(local) => matches!(local, Local::Function(_)),
            None => self.catalog.function(&name.text).is_some(),
        };
        if is_function {
            rows.source = Some(name.text.clone());
        }
        rows
    }
}

/// A column of the union and where it stands in the parts that have it, the first part first.
struct Unified {
    column: BoundColumn,
    places: Vec<PartPlace>,
}

/// A column of a part.
#[derive(Clone, Copy, PartialEq, Eq)]
struct PartPlace {
    part: usize,
    place: usize,
}

/// Columns of one name and type are one; a name with several types becomes one column a type, named after it.
fn unify(parts: &[Rows], inner: bool) -> Vec<Unified> {
    let mut columns: Vec<Unified> = Vec::new();
    let mut of_name: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
    for (part, rows) in parts.iter().enumerate() {
        for (place, column) in rows.columns.list.iter().enumerate() {
            let found = PartPlace { part, place };
            let named = of_name.entry(column.name.clone()).or_default();
            let known = named.iter().copied().find(|&at| {
                columns.get(at).is_some_and(|it| {
                    (it.column.data_type == column.data_type
                        || it.column.data_type.is_none()
                        || column.data_type.is_none())
                        && it.places.last().is_none_or(|last| last.part < part)
                })
            });
            match known.and_then(|at| columns.get_mut(at)) {
                Some(known) => known.places.push(found),
                None => {
                    named.push(columns.len());
                    columns.push(Unified { column: column.clone(), places: vec![found] });
                }
            }
        }
    }
    if inner {
        columns.retain(|it| it.places.len() == parts.len());
    }
    let mut counts: HashMap<Arc<str>, usize> = HashMap::new();
    columns.iter().for_each(|it| *counts.entry(it.column.name.clone()).or_default() += 1);
    let clashes = |name: &Arc<str>| counts.get(name).is_some_and(|count| *count > 1);
    let mut taken: HashSet<Arc<str>> =
        columns.iter().map(|it| it.column.name.clone()).filter(|name| !clashes(name)).collect();
    let mut numbers = HashMap::new();
    for it in &mut columns {
        if !clashes(&it.column.name) {
            continue;
        }
        let data_type = it.column.data_type.map_or("unknown", ScalarType::as_str);
        let base: Arc<str> = format!("{}_{data_type}", it.column.name).into();
        let name = match taken.contains(&base) {
            true => fresh_name(&base, &mut numbers, |name| taken.contains(name)),
            false => base,
        };
        taken.insert(name.clone());
        it.column.name = name;
    }
    columns
}
