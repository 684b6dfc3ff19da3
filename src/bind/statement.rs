//! Binds statements: `let`, query parameters and the rest, and the body of a user function.
//! It must not know operators.

use super::binder::Binder;
use super::bound::QueryParameter;
use super::scalar::Scalar;
use super::scope::{Any, BoundColumn, Columns, Env, ExprScope, Local, Rows, UserFunction};
use super::{pattern, restrict};
use std::sync::Arc;

use hashbrown::HashSet;

use crate::column::Table;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Schema};

pub(super) const ENTRIES: &[LanguageEntry] =
    &[LET, SET, QUERY_PARAMETERS, TABULAR_EXPRESSION, ALIAS, pattern::ENTRY, restrict::ENTRY];

const LET: LanguageEntry = LanguageEntry {
    name: "let",
    aliases: &[],
    kind: EntryKind::Statement,
    summary: "Gives a name to a value, a table or a function, for the rest of the query.",
    syntax: &[
        "let Name = ScalarExpression;",
        "let Name = TabularExpression;",
        "let Name = ([Parameter: Type [= Default]] [, …]) { [Statement; …] Expression };",
        "let Name = view () { TabularExpression };",
    ],
    parameters: &[
        ParameterInfo::required("Name", "The name; one with blanks is written ['a name']."),
        ParameterInfo::required(
            "ScalarExpression",
            "A value without columns, such as 5, ago(1d) or toscalar(…).",
        ),
        ParameterInfo::required("TabularExpression", "A query."),
        ParameterInfo::optional(
            "Parameter: Type",
            "A parameter of the function. Tables come before scalars: T: (Column: Type, …) takes a table with at least these \
             columns, and the function may name no others; T: (*) takes any table.",
        ),
        ParameterInfo::optional("Default", "A literal for a scalar parameter that is left out at the call."),
        ParameterInfo::optional("Statement", "let statements of the function's own."),
        ParameterInfo::required("Expression", "What the function gives: a scalar or a table."),
    ],
    remarks: &[
        "It ends with ';' and stands in front of the query that uses it. A let may use the ones before it.",
        "A name stands for the computation in Kusto, so each use may compute it again. toscalar() and materialize() fix a \
         value. kqlite computes a let table once.",
        "Inside an operator, a column hides a variable of the same name.",
        "A function is called with its arguments, f(x), and one that takes a table first also as T | invoke f(x).",
        "A view is a function without parameters that stands for a table: it is used by its name alone, and union View* takes \
         it in.",
    ],
    examples: &[
        TableExample {
            query: r"let least = 5;
datatable (User: string, Failures: long) ['ann', 2, 'bob', 9]
| where Failures > least",
            result: r#"User:string, Failures:long
["bob",9]"#,
        },
        TableExample {
            query: r"let Logons = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9, 'cid', 0];
let Suspects = Logons | where Failures > 1;
Suspects
| extend Part = 100.0 * Failures / toscalar(Logons | summarize max(Failures))
| where User != 'ann'",
            result: r#"User:string, Failures:long, Part:real
["bob",9,100.0]"#,
        },
        TableExample {
            query: r"let scaled = (value: long, factor: long = 10) { value * factor };
print A = scaled(4), B = scaled(4, 3)",
            result: "A:long, B:long\n[40,12]",
        },
        TableExample {
            query: r"let above = (T: (Failures: long), least: long) {
    let limit = least * 2;
    T | where Failures > limit
};
let Logons = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9];
above(Logons, 3)",
            result: r#"User:string, Failures:long
["bob",9]"#,
        },
        TableExample {
            query: r"let ShiftA = view () { print User = 'ann' };
let ShiftB = view () { print User = 'bob' };
union Shift*
| sort by User asc",
            result: r#"User:string
["ann"]
["bob"]"#,
        },
    ],
};

const SET: LanguageEntry = LanguageEntry {
    name: "set",
    aliases: &[],
    kind: EntryKind::Statement,
    summary: "Sets a property of the request, such as a limit, for the queries behind it.",
    syntax: &["set Property [= Value];"],
    parameters: &[
        ParameterInfo::required(
            "Property",
            "The name of a request property, such as notruncation or query_take_max_records.",
        ),
        ParameterInfo::optional("Value", "Its value; true where nothing is said."),
    ],
    remarks: &[
        "It ends with ';' and stands in front of the query.",
        "kqlite reads the statement and follows no property but those that bin_auto() asks for: the limits of a run are \
         those of Options::limits, or of --max-rows and --max-mb on the command line.",
    ],
    examples: &[
        TableExample {
            query: r"set notruncation;
range x from 1 to 2 step 1",
            result: "x:long\n[1]\n[2]",
        },
        TableExample {
            query: r"set servertimeout = 10m;
let x = 5;
print x",
            result: "print_0:long\n[5]",
        },
    ],
};

const QUERY_PARAMETERS: LanguageEntry = LanguageEntry {
    name: "declare query_parameters",
    aliases: &["query_parameters"],
    kind: EntryKind::Statement,
    summary: "Declares values that the caller gives to the query, beside its text.",
    syntax: &["declare query_parameters (Name: Type [= Default] [, …]);"],
    parameters: &[
        ParameterInfo::required("Name", "The name that the query uses."),
        ParameterInfo::required("Type", "A scalar type; what the caller gives is read as this type."),
        ParameterInfo::optional(
            "Default",
            "A literal for callers that give nothing. A dynamic parameter has none.",
        ),
    ],
    remarks: &[
        "A value can never become a part of the query's text: it is the way to put what a user typed into a query.",
        "Values come from Options::parameter, or --param NAME=VALUE on the command line. Without value and default, the query \
         ends with an error when it runs.",
        "A table as a parameter is not supported.",
    ],
    examples: &[
        TableExample {
            query: r"declare query_parameters (Least: long = 5);
datatable (User: string, Failures: long) ['ann', 2, 'bob', 9]
| where Failures >= Least",
            result: r#"User:string, Failures:long
["bob",9]"#,
        },
        TableExample {
            query: r"declare query_parameters (Since: datetime = datetime(2024-06-01), Days: long = 7);
print Until = Since + Days * 1d",
            result: "Until:datetime\n[\"2024-06-08T00:00:00Z\"]",
        },
    ],
};

const ALIAS: LanguageEntry = LanguageEntry {
    name: "alias",
    aliases: &["alias database"],
    kind: EntryKind::Statement,
    summary: "Gives a database another name, for the rest of the query.",
    syntax: &["alias database Name = cluster('Cluster').database('Database');"],
    parameters: &[
        ParameterInfo::required("Name", "The new name, which the query puts into database('Name')."),
        ParameterInfo::required("Database", "The name of the database."),
    ],
    remarks: &[
        "It ends with ';' and stands in front of the query that uses it.",
        "The databases are one in kqlite: only the name of the table counts.",
    ],
    examples: &[
        TableExample {
            query: r"alias database Logs = cluster('https://help.kusto.windows.net').database('Samples');
let T = datatable (User: string) ['ann'];
database('Logs').T",
            result: "User:string\n[\"ann\"]",
        },
        TableExample {
            query: r"alias database ['all logs'] = cluster('help').database('Samples');
let T = datatable (User: string) ['ann', 'bob'];
database('all logs').T | count",
            result: "Count:long\n[2]",
        },
    ],
};

const TABULAR_EXPRESSION: LanguageEntry = LanguageEntry {
    name: "tabular expression",
    aliases: &["query", "pipe", "|"],
    kind: EntryKind::Statement,
    summary: "Asks for a table: a source of rows and the operators that the rows go through, with pipes between them.",
    syntax: &["[Statement; …] Source [| Operator …] [; …]"],
    parameters: &[
        ParameterInfo::optional("Statement", "let, set and declare statements, each with a ';' behind it."),
        ParameterInfo::required(
            "Source",
            "A table of the database, a let variable, a call that gives a table, or print, range, datatable, externaldata, \
             union. A scalar alone is a table of one cell.",
        ),
        ParameterInfo::optional("Operator", "What is done with the rows, one operator after the other."),
    ],
    remarks: &[
        "It reads from left to right: each operator sees only what the one in front of it gives, its columns included.",
        "Names of columns, tables and functions are case-sensitive, and so are the words of the language.",
        "Text behind // is a comment, up to the end of the line.",
        "Several queries with ';' between them give several tables; Query::run gives the last one, Query::run_all all of them.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Failures: long) [
    'ann', 2,
    'bob', 9,
    'ann', 5,
]
| where Failures > 1               // some of the rows
| summarize sum(Failures) by User  // one row a user
| sort by sum_Failures             // the greatest first",
            result: r#"User:string, sum_Failures:long
["bob",9]
["ann",7]"#,
        },
        TableExample {
            query: r"print a = 1;
print b = 2",
            result: "a:long\n[1]\n\nb:long\n[2]",
        },
        TableExample { query: "1 + 2", result: "print_0:long\n[3]" },
    ],
};

impl Binder<'_> {
    /// Binds the whole text. Each query statement gives a table, or several.
    pub(super) fn bind_block(&mut self, block: &ast::QueryBlock) -> Vec<(Option<String>, Rows)> {
        let mut env = Env::default();
        let mut results: Vec<(Option<String>, Rows)> = Vec::new();
        // Where a ';' or a '|' is missing, neither what is before nor what is behind was read to its end.
        let mut from = 0;
        for (at, statement) in block.statements.iter().enumerate() {
            let end = block.statements.get(at + 1).map_or(u32::MAX, |next| next.span().start);
            let end = end.saturating_add(1);
            let operators = first_operator(statement);
            let part = self.readable.statement(from, operators, end);
            if !part.is_partial() {
                from = statement.span().end;
            }
            self.in_part(part, |this| match statement {
                ast::Statement::Expression(ast) => {
                    if let Some(found) = this.bind_tables(ast, &env) {
                        results.extend(found);
                        return;
                    }
                    let any = this.bind_statement(ast, &env);
                    results.push((None, this.as_rows(any, ast)));
                }
                other => env = this.declare(other, std::mem::take(&mut env)),
            });
        }
        let is_whole = !self.readable.is_broken(0, u32::MAX);
        if results.is_empty() && !block.statements.is_empty() && is_whole {
            let end = block.statements.last().map_or(Span::default(), ast::Statement::span).after();
            self.report(
                Diagnostic::error(
                    Code::MissingReturn,
                    end,
                    "the query declares things, but asks for no result",
                )
                .help("end it with an expression, such as the name of what you declared"),
            );
        }
        results
    }

    /// A query statement: a name in it is a table before all else.
    fn bind_statement(&mut self, ast: &ast::Expression, env: &Env) -> Any {
        match ast.unparenthesised() {
            ast::Expression::Name(name)
                if !matches!(env.find(&name.text), Some(Local::Scalar(_) | Local::Function(_))) =>
            {
                Any::Table(self.table_named(name, env))
            }
            _ => self.bind_any(ast, ExprScope::new(env)),
        }
    }

    /// A scalar result is a table of one cell.
    fn as_rows(&mut self, any: Any, ast: &ast::Expression) -> Rows {
        match any {
            Any::Table(rows) => rows,
            Any::Scalar(scalar) => {
                let columns = Columns {
                    list: vec![BoundColumn { name: "print_0".into(), data_type: scalar.data_type }].into(),
                    open: false,
                };
                let node = Node::Project { input: Self::one_row(), columns: vec![scalar.expr] };
                Rows::new(Self::plan(node, &columns, ast.span()), columns)
            }
        }
    }

    /// One row without columns: what `print` starts from.
    pub(super) fn one_row() -> Arc<crate::plan::Plan> {
        let table = Table::from_rows(Schema::default(), [Vec::new()]);
        Self::plan(Node::Values { table }, &Columns::default(), Span::default())
    }

    /// What a function gives: its statements, then its result.
    pub(super) fn bind_body(&mut self, declaration: &ast::FunctionDeclaration, env: &Env) -> Any {
        let part = self.readable.body(declaration.at.0.end, self.in_stored > 0);
        self.in_part(part, |this| this.bind_body_text(declaration, env))
    }

    fn bind_body_text(&mut self, declaration: &ast::FunctionDeclaration, env: &Env) -> Any {
        let mut env = env.block();
        for statement in &declaration.statements {
            if let ast::Statement::Expression(ast) = statement {
                self.bind_any(ast, ExprScope::new(&env));
            } else {
                env = self.declare(statement, env);
            }
        }
        match &declaration.body {
            Some(body) => self.bind_any(body, ExprScope::new(&env)),
            None => Any::Scalar(Scalar::unknown()),
        }
    }

    /// Keeps the value of an option, for functions that ask for it. Names of values, such as `set a = b`, mean nothing here.
    fn set_option(&mut self, it: &ast::SetOptionStatement, env: &Env) {
        let Some(
            value @ (ast::Expression::Literal(_) | ast::Expression::Unary(_) | ast::Expression::Call(_)),
        ) = &it.value
        else {
            return;
        };
        self.muted += 1;
        let scalar = self.bind_scalar(value, ExprScope::new(env));
        self.muted -= 1;
        if let Expr::Literal { value, data_type } = self.folder.fold(scalar.expr) {
            self.options.insert(it.name.text.to_ascii_lowercase(), (value, data_type));
        }
    }

    /// The environment after a statement.
    pub(super) fn declare(&mut self, statement: &ast::Statement, env: Env) -> Env {
        match statement {
            ast::Statement::Let(it) => self.declare_let(it, env),
            ast::Statement::QueryParameters(it) => self.declare_parameters(it, env),
            ast::Statement::Set(it) => {
                self.set_option(it, &env);
                env
            }
            ast::Statement::Expression(_) => env,
            ast::Statement::Pattern(it) => self.declare_pattern(it, env),
            ast::Statement::Alias(it) => {
                if !self.is_database_path(&it.value, &env) && !matches!(it.value, ast::Expression::Missing(_))
                {
                    let message = "an alias is one of a database: cluster('…').database('…')";
                    self.error(Code::NotAllowedHere, it.value.span(), message);
                }
                env
            }
            ast::Statement::Restrict(it) => self.restrict(it, env),
        }
    }

    fn declare_let(&mut self, it: &ast::LetStatement, env: Env) -> Env {
        let name = it.name.text.as_str();
        let is_broken = self.readable.is_broken(it.at.0.start, self.readable.end());
        let local = match &it.value {
            _ if is_broken => {
                // What it would stand for is a guess; what it names is not.
                match &it.value {
                    ast::LetValue::Expression(ast) => drop(self.bind_any(ast, ExprScope::new(&env))),
                    ast::LetValue::Function(declaration) => drop(self.declare_function(declaration, &env)),
                }
                Local::Unknown
            }
            ast::LetValue::Expression(ast::Expression::EntityGroup(it)) => {
                Local::EntityGroup(it.entities.clone().into())
            }
            ast::LetValue::Expression(ast) => match self.bind_any(ast, ExprScope::new(&env)) {
                Any::Scalar(scalar) if scalar.data_type.is_none() => Local::Unknown,
                Any::Scalar(scalar) => {
                    Local::Scalar(Scalar { expr: self.folder.fold(scalar.expr), ..scalar })
                }
                Any::Table(rows) => {
                    let mut rows = self.share(rows);
                    // Only a table of the database and `as` give a name that `withsource` tells.
                    rows.source = None;
                    self.recorder.name(&rows, name);
                    Local::Table(rows)
                }
            },
            ast::LetValue::Function(declaration) => self.declare_function(declaration, &env),
        };
        if env.find(name).is_some() {
            let message = format!("the name '{name}' is already declared");
            self.error(Code::DuplicateName, it.name.at.0, message);
            return env;
        }
        env.declare(name, local)
    }

    /// Binds the body once with its parameters' types alone, to report on it where it stands.
    pub(super) fn declare_function(&mut self, declaration: &ast::FunctionDeclaration, env: &Env) -> Local {
        let mut inner = env.block();
        for parameter in &declaration.parameters {
            if let Some(default) = &parameter.default {
                self.bind_scalar(default, ExprScope::new(env));
            }
            let local = self.placeholder(&parameter.data_type);
            inner = inner.declare(&parameter.name.text, local);
        }
        self.depth += 1;
        self.declaring += 1;
        self.bind_body(declaration, &inner);
        self.declaring -= 1;
        self.depth -= 1;
        Local::Function(UserFunction::declared(declaration.clone(), env))
    }

    fn declare_parameters(&mut self, it: &ast::QueryParametersStatement, mut env: Env) -> Env {
        for parameter in &it.parameters {
            let name = parameter.name.text.as_str();
            let ast::ParameterType::Scalar(data_type) = &parameter.data_type else {
                self.unsupported(it.at.0, "query parameter", "a table");
                env = env.declare(name, Local::Unknown);
                continue;
            };
            let Ok(data_type) = data_type.text.parse::<ScalarType>() else {
                env = env.declare(name, Local::Unknown);
                continue;
            };
            let default = parameter.default.as_ref().and_then(|default| {
                let scalar = self.bind_scalar(default, ExprScope::new(&env));
                scalar.constant().map(|value| value.convert(data_type))
            });
            self.parameters.push(QueryParameter {
                name: name.to_owned(),
                data_type,
                default: default.clone(),
            });
            let expr = Expr::Parameter { name: name.into(), data_type, default };
            env = env.declare(name, Local::Scalar(Scalar::new(expr)));
        }
        env
    }

    /// The columns of a declared schema.
    pub(super) fn declared_columns(&mut self, schema: &[ast::NameAndType]) -> Vec<BoundColumn> {
        let mut list: Vec<BoundColumn> = Vec::with_capacity(schema.len());
        let mut names: HashSet<&str> = HashSet::with_capacity(schema.len());
        for it in schema {
            let data_type = it.data_type.text.parse::<ScalarType>().ok();
            if !names.insert(&it.name.text) {
                let message = format!("the column '{}' is already declared", it.name.text);
                self.error(Code::DuplicateColumn, it.name.at.0, message);
                continue;
            }
            list.push(BoundColumn { name: it.name.text.as_str().into(), data_type });
        }
        list
    }
}

/// Where the first operator of a statement's own pipe begins.
fn first_operator(statement: &ast::Statement) -> Option<u32> {
    let expression = match statement {
        ast::Statement::Expression(it) => it,
        ast::Statement::Let(it) => match &it.value {
            ast::LetValue::Expression(it) => it,
            ast::LetValue::Function(it) => return Some(it.at.0.start),
        },
        _ => return None,
    };
    let ast::Expression::Pipe(pipe) = expression else { return None };
    pipe.operators.first().map(|it| it.span().start)
}
