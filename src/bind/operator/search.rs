//! Binds `search`: a filter over the rows of several tables. It must not know how a text is looked for.
//!
//! The condition is bound for each table, so that a text is looked for in its own columns alone. Names are those of the
//! columns that all tables have together, as in a union. Sources: the page of search, recorded answers, Microsoft's parser.

use super::super::binder::Binder;
use super::super::names::make_unique;
use super::super::parts::{UnifiedParts, UnionForm};
use super::super::scalar::Scalar;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::{ScalarType, Value};

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "search",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Finds the rows that hold a text in any of their columns, in one table, in some or in all of them.",
    syntax: &[
        "[T |] search [kind=(default | case_insensitive | case_sensitive)] SearchPredicate",
        "search [kind=…] in (Table [, …]) SearchPredicate",
    ],
    parameters: &[
        ParameterInfo::optional(
            "T",
            "The rows to search; without them and without 'in', all tables and views are searched.",
        ),
        ParameterInfo::optional("kind", "case_sensitive makes all operators on texts mind case."),
        ParameterInfo::optional("Table", "A table, or a pattern such as Device*."),
        ParameterInfo::required(
            "SearchPredicate",
            "Texts and conditions with and, or and parentheses. 'x' is a term in any column, 'x*' the beginning of one, '*x' the \
             end of one, '*x*' any part of a text, 'x*y' both with anything between; Column:'x' is the same of one column; '*' \
             alone are all rows.",
        ),
    ],
    remarks: &[
        "The first column of the result, $table, says which table a row came from: its name, or search_arg0 and so on for \
         what has none. The others are those of all tables, as in a union; a name with several types becomes x_long and \
         x_string, and a condition names it so.",
        "Numbers, datetimes and dynamic values are searched as text.",
        "Column == 'x' compares the whole text, with its case, whatever the kind.",
        "not('x') is a mistake: a text alone may only stand between and, or and parentheses.",
        "A column that a table does not have is null there, and empty if it is a string.",
        "It reads every column of every table. A union and a where behind it say what is meant, and cost less.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Code: long) ['ann error', 7, 'bob', 403, 'errors', 1]
| search 'ERROR' or '403'",
            result: r#"$table:string, User:string, Code:long
["search_arg0","ann error",7]
["search_arg0","bob",403]"#,
        },
        TableExample {
            query: r"let Mail = view () { print Subject = 'hello world', Size = 3 };
let Logons = view () { print User = 'WORLD\\ann', Failures = 9 };
search in (Mail, Log*) 'world' and (Failures > 5 or Subject:'hel*')
| project-reorder User",
            result: r#"User:string, $table:string, Subject:string, Size:long, Failures:long
["","Mail","hello world",3,null]
["WORLD\\ann","Logons","",null,9]"#,
        },
        TableExample {
            query: r"datatable (Text: string) ['Blue sky', 'blue sea', 'blues']
| search kind=case_sensitive 'blue'
| project Text",
            result: "Text:string\n[\"blue sea\"]",
        },
    ],
};

/// The column that says which table a row came from.
const TABLE: &str = "$table";

impl Binder<'_> {
    pub(in crate::bind) fn bind_search(
        &mut self,
        it: &ast::SearchOperator,
        rows: Option<Rows>,
        env: &Env,
    ) -> Rows {
        let kinds = [("default", false), ("case_insensitive", false), ("case_sensitive", true)];
        let minds_case = self.choice(&it.parameters, "kind", &kinds, false);
        if rows.is_some() && !it.tables.is_empty() {
            let message = "'search in (…)' names its tables itself: it begins a query";
            self.report(
                Diagnostic::error(Code::NotAllowedHere, it.keyword_at.0, message)
                    .help("leave 'in (…)' out to search the rows in front of it"),
            );
        }
        let mut parts: Vec<Rows> = rows.into_iter().collect();
        for ast in &it.tables {
            if !self.budget.is_over {
                self.union_part(ast, false, env, &mut parts);
            }
        }
        if parts.is_empty() {
            self.all_parts(it.at.0, env, &mut parts);
        }
        if parts.is_empty() {
            // There is no table at all: as in a union of none, nothing is known of the columns.
            return Rows::unknown();
        }
        let Some(UnifiedParts { columns, projections }) =
            self.unified(&parts, UnionForm::Searched, None, it.at.0)
        else {
            return Rows::unknown();
        };
        let mut list = vec![BoundColumn { name: TABLE.into(), data_type: Some(ScalarType::String) }];
        list.extend(columns.list.iter().cloned());
        make_unique(&mut list);
        let result = Columns { list: list.into(), open: columns.open };
        let mut inputs = Vec::with_capacity(parts.len());
        for (at, (part, exprs)) in parts.iter().zip(projections).enumerate() {
            if self.budget.is_over {
                break;
            }
            let own: Vec<usize> = exprs
                .iter()
                .enumerate()
                .filter(|(_, it)| it.as_column().is_some())
                .map(|(at, _)| at)
                .collect();
            let node = Node::Project { input: part.plan.clone(), columns: exprs };
            let rows = Rows::new(Self::plan(node, &columns, it.at.0), columns.clone());
            let outer = std::mem::replace(&mut self.minds_case, minds_case);
            let condition = match it.predicate.unparenthesised() {
                ast::Expression::Star(_) => Scalar::new(Expr::literal(Value::Bool(true), ScalarType::Bool)),
                _ => self.bind_term_condition(&it.predicate, ExprScope::with_rows(env, &rows), &own),
            };
            self.minds_case = outer;
            if at == 0 {
                self.recorder.condition(&it.predicate, &condition);
            }
            let rows = Self::filter(rows, condition.expr, it.at.0);
            let name = part.source.clone().unwrap_or_else(|| format!("search_arg{at}"));
            let mut exprs = vec![Expr::literal(Value::string(&name), ScalarType::String)];
            exprs.extend(
                columns
                    .list
                    .iter()
                    .enumerate()
                    .map(|(at, column)| Expr::column(at, column.data_type.unwrap_or(ScalarType::Dynamic))),
            );
            let node = Node::Project { input: rows.plan, columns: exprs };
            inputs.push(Self::plan(node, &result, it.at.0));
        }
        let plan = match inputs.len() {
            1 => inputs.pop(),
            _ => None,
        };
        let plan = plan.unwrap_or_else(|| Self::plan(Node::Union { inputs }, &result, it.at.0));
        Rows::new(plan, result)
    }
}
