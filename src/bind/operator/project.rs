//! Binds `project` and its kin. It must not know what expressions compute.

use std::collections::HashSet;

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::query::matching;
use super::super::scope::{Columns, Env, ExprScope, Rows};
use super::extend::Style;
use crate::diagnostic::{Code, Diagnostic};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast::{self, ReorderDirection};
use crate::types::{Dynamic, Value};

pub(in crate::bind) const PROJECT: LanguageEntry = LanguageEntry {
    name: "project",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Makes the columns of the result: some of those that are there, renamed or computed, in the order written.",
    syntax: &["T | project [Name =] Expression [, …]", "T | project (Name [, …]) = Expression [, …]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "Name",
            "The column's name. Several in parentheses name the columns of a function that gives several.",
        ),
        ParameterInfo::required("Expression", "A column, or what the new column holds in each row."),
    ],
    remarks: &[
        "Columns that are not named are gone. To add one and keep the others, use extend; to drop a few, project-away.",
        "All expressions see the rows as they came in, so a new column cannot be used in the same project.",
        "Without a name, a conversion such as tostring(x) is called x; other expressions are called Column1, Column2, … or \
         after their function, such as strlen_x.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Failures: long, Ip: string) [
    'ann', 2, '10.0.0.1',
    'bob', 9, '10.0.0.2',
]
| project Failures, Who = User, Half = Failures / 2",
            result: r#"Failures:long, Who:string, Half:long
[2,"ann",1]
[9,"bob",4]"#,
        },
        TableExample {
            query: r"print a = 1, b = 'text'
| project tostring(a), strlen(b), a + 1",
            result: r#"a:string, strlen_b:long, Column1:long
["1",4,2]"#,
        },
    ],
};

pub(in crate::bind) const PROJECT_AWAY: LanguageEntry = LanguageEntry {
    name: "project-away",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Drops columns and keeps all others.",
    syntax: &["T | project-away ColumnOrPattern [, …]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "ColumnOrPattern",
            "A column, or a pattern such as Temp*, whose '*' stands for any text.",
        ),
    ],
    remarks: &[
        "A name that is no column is an error; a pattern that fits no column drops nothing.",
        "Behind a join it takes the second key away: project-away User1.",
    ],
    examples: &[
        TableExample {
            query: r"print UserName = 'ann', UserId = 7, Ip = '10.0.0.1'
| project-away User*",
            result: "Ip:string\n[\"10.0.0.1\"]",
        },
        TableExample {
            query: r"datatable (User: string, Team: string) ['ann', 'red']
| join kind=inner (datatable (User: string, Failures: long) ['ann', 2]) on User
| project-away User1",
            result: r#"User:string, Team:string, Failures:long
["ann","red",2]"#,
        },
    ],
};

pub(in crate::bind) const PROJECT_KEEP: LanguageEntry = LanguageEntry {
    name: "project-keep",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Keeps some columns in the order that they have, and drops all others.",
    syntax: &["T | project-keep ColumnOrPattern [, …]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "ColumnOrPattern",
            "A column, or a pattern such as Src*, whose '*' stands for any text.",
        ),
    ],
    remarks: &[
        "The order of the list means nothing: project orders columns, and so does project-reorder.",
        "It computes and renames nothing.",
    ],
    examples: &[
        TableExample {
            query: r"print a = 1, b = 2, c = 3
| project-keep c, a",
            result: "a:long, c:long\n[1,3]",
        },
        TableExample {
            query: r"print SrcIp = '10.0.0.1', DstIp = '10.0.0.2', SrcPort = 443
| project-keep Src*",
            result: r#"SrcIp:string, SrcPort:long
["10.0.0.1",443]"#,
        },
    ],
};

pub(in crate::bind) const PROJECT_BY_NAMES: LanguageEntry = LanguageEntry {
    name: "project-by-names",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Keeps the columns whose names are given as texts, in the order in which they are given.",
    syntax: &["T | project-by-names ColumnSpecifier [, …]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "ColumnSpecifier",
            "The name of a column, or a pattern such as 'Time*', as a text; or a dynamic array of them.",
        ),
    ],
    remarks: &[
        "A name that no column has is passed over.",
        "A column that is given twice stands where it is given first.",
        "The names must be known before the query runs: literals, variables and parameters of functions, no toscalar().",
    ],
    examples: &[
        TableExample {
            query: r"datatable (Name: string, Age: int, City: string, Country: string) [
    'Peter', 39, 'New York', 'USA',
]
| project-by-names 'Country', 'Name', 'NoSuchColumn'",
            result: r#"Country:string, Name:string
["USA","Peter"]"#,
        },
        TableExample {
            query: r"datatable (Name: string, Age: int, City: string, Country: string) [
    'Peter', 39, 'New York', 'USA',
]
| project-by-names dynamic(['Age']), 'C*'",
            result: r#"Age:int, City:string, Country:string
[39,"New York","USA"]"#,
        },
        TableExample {
            query: r"let Extra = datatable (Name: string, Country: string) ['Peter', 'USA'];
let with_country = (T: (Name: string), more: dynamic) {
    T | lookup Extra on Name | project-by-names 'Name', more
};
datatable (Name: string, Data: string) ['Peter', 'data']
| invoke with_country(dynamic(['Country', 'NoSuchColumn']))",
            result: r#"Name:string, Country:string
["Peter","USA"]"#,
        },
    ],
};

pub(in crate::bind) const PROJECT_RENAME: LanguageEntry = LanguageEntry {
    name: "project-rename",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Gives columns new names and keeps everything else.",
    syntax: &["T | project-rename NewName = Column [, …]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("NewName", "The new name. No other column may have it."),
        ParameterInfo::required("Column", "The column that gets it."),
    ],
    remarks: &[
        "The new name stands on the left, as in extend.",
        "Columns keep their places. extend New = Old would add a second column instead.",
    ],
    examples: &[
        TableExample {
            query: r"print a = 1, b = 2
| project-rename Number = a",
            result: "Number:long, b:long\n[1,2]",
        },
        TableExample {
            query: r"datatable (User: string, Failures: long) ['ann', 2]
| project-rename Who = User, HowOften = Failures",
            result: r#"Who:string, HowOften:long
["ann",2]"#,
        },
    ],
};

pub(in crate::bind) const PROJECT_REORDER: LanguageEntry = LanguageEntry {
    name: "project-reorder",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Puts columns first and keeps all others behind them.",
    syntax: &["T | project-reorder ColumnOrPattern [asc | desc | granny-asc | granny-desc] [, …]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "ColumnOrPattern",
            "A column, or a pattern such as Src*, whose '*' stands for any text.",
        ),
        ParameterInfo::optional(
            "asc",
            "The order of the columns that a pattern fits: by name, up or down. granny-asc and granny-desc count numbers in \
             names as numbers. Without it they keep their order.",
        ),
    ],
    remarks: &["No column is dropped. A column that several patterns fit goes to the first of them."],
    examples: &[
        TableExample {
            query: r"print a = 1, b = 2, c = 3
| project-reorder c",
            result: "c:long, a:long, b:long\n[3,1,2]",
        },
        TableExample {
            query: r"print Id = 0, c10 = 10, c2 = 2
| project-reorder c* asc",
            result: "c10:long, c2:long, Id:long\n[10,2,0]",
        },
        TableExample {
            query: r"print Id = 0, c10 = 10, c2 = 2
| project-reorder c* granny-asc",
            result: "c2:long, c10:long, Id:long\n[2,10,0]",
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_project(&mut self, it: &ast::ProjectOperator, rows: Rows, env: &Env) -> Rows {
        let mut projection = Projection::default();
        for ast in &it.columns {
            self.add_column(ast, &mut projection, ExprScope::with_rows(env, &rows), Style::Project, None);
        }
        let (columns, exprs) = projection.into_parts();
        let open = columns.open;
        let mut result = Self::project_to(&rows, columns, exprs, it.at.0);
        // All columns are named now, whatever was unknown before.
        result.columns.open = open;
        result
    }

    pub(in crate::bind) fn bind_project_away(&mut self, it: &ast::ProjectOperator, rows: Rows) -> Rows {
        let away: HashSet<usize> = self.columns_of_list(&it.columns, &rows.columns).into_iter().collect();
        let places: Vec<_> = (0..rows.columns.list.len()).filter(|at| !away.contains(at)).collect();
        Self::keep_columns(&rows, &places, it.at.0)
    }

    pub(in crate::bind) fn bind_project_keep(&mut self, it: &ast::ProjectOperator, rows: Rows) -> Rows {
        let kept: HashSet<usize> = self.columns_of_list(&it.columns, &rows.columns).into_iter().collect();
        let places: Vec<_> = (0..rows.columns.list.len()).filter(|at| kept.contains(at)).collect();
        Self::keep_columns(&rows, &places, it.at.0)
    }

    pub(in crate::bind) fn bind_project_by_names(
        &mut self,
        it: &ast::ProjectOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let mut places: Vec<usize> = Vec::new();
        let mut is_known = true;
        for ast in &it.columns {
            let scalar = self.bind_scalar(ast, ExprScope::with_rows(env, &rows));
            // Of a parameter only the type is known as yet; a mistake hides all.
            let is_open = scalar.data_type.is_none() || (self.declaring > 0 && scalar.constant().is_none());
            let names: Vec<String> = match scalar.constant() {
                _ if is_open => {
                    is_known = false;
                    continue;
                }
                Some(Value::String(name)) => vec![name.to_string()],
                Some(Value::Dynamic(Dynamic::String(name))) => vec![name.to_string()],
                Some(Value::Dynamic(Dynamic::Array(items))) => {
                    let name = |item: &Dynamic| {
                        if let Dynamic::String(name) = item { Some(name.to_string()) } else { None }
                    };
                    items.iter().filter_map(name).collect()
                }
                _ => {
                    let form = "what is neither a text nor an array of texts, as a literal";
                    self.unsupported(ast.span(), "argument of project-by-names", form);
                    continue;
                }
            };
            for name in names {
                if !name.contains('*') {
                    places.extend(rows.columns.find(&name).map(|(at, _)| at));
                } else if self.spend_columns(rows.columns.list.len(), ast.span()) {
                    places.extend(matching(&name, &rows.columns));
                }
            }
        }
        let mut seen = HashSet::new();
        places.retain(|at| seen.insert(*at));
        let mut kept = Self::keep_columns(&rows, &places, it.at.0);
        kept.columns.open |= !is_known;
        kept
    }

    pub(in crate::bind) fn bind_project_rename(&mut self, it: &ast::ProjectOperator, rows: Rows) -> Rows {
        let mut projection = Projection::of(&rows.columns);
        let env = Env::default();
        for ast in &it.columns {
            let ast::Expression::Named(named) = ast else {
                if !matches!(ast, ast::Expression::Missing(_)) {
                    self.error(Code::NotAllowedHere, ast.span(), "project-rename takes 'new = old'");
                }
                continue;
            };
            let context = ExprScope { row: Some(&rows.columns), ..ExprScope::new(&env) };
            let mark = self.diagnostics.len();
            let Some(index) = self.expect_column(&named.value, context) else {
                self.teach_rename(mark, named, &rows.columns);
                continue;
            };
            let old = rows.columns.list[index].name.clone();
            if let Some(new) = named.names.first()
                && projection.rename(&old, &new.text).is_none()
            {
                let message = format!("a column '{}' is already declared", new.text);
                self.error(Code::DuplicateColumn, new.at.0, message);
            }
        }
        let (columns, exprs) = projection.into_parts();
        Self::project_to(&rows, columns, exprs, it.at.0)
    }

    pub(in crate::bind) fn bind_project_reorder(
        &mut self,
        it: &ast::ProjectReorderOperator,
        rows: Rows,
    ) -> Rows {
        let mut places = Vec::new();
        let mut placed = HashSet::new();
        let env = Env::default();
        for column in &it.columns {
            let mut found = match &column.column {
                ast::Expression::Wildcard(_) | ast::Expression::Star(_)
                    if !self.spend_columns(rows.columns.list.len(), column.column.span()) =>
                {
                    Vec::new()
                }
                ast::Expression::Wildcard(name) => matching(&name.text, &rows.columns),
                ast::Expression::Star(_) => (0..rows.columns.list.len()).collect(),
                other => {
                    let context = ExprScope { row: Some(&rows.columns), ..ExprScope::new(&env) };
                    let found = self.expect_column(other, context);
                    if let Some(at) = found.filter(|at| placed.contains(at)) {
                        let message =
                            format!("the column '{}' has its place already", rows.columns.list[at].name);
                        self.report(
                            Diagnostic::error(Code::DuplicateColumn, other.span(), message)
                                .help("name it once, before a pattern that it fits"),
                        );
                    }
                    found.into_iter().collect()
                }
            };
            if let Some(order) = column.order {
                reorder(&mut found, &rows.columns, order);
            }
            places.extend(found.into_iter().filter(|at| placed.insert(*at)));
        }
        places.extend((0..rows.columns.list.len()).filter(|at| !placed.contains(at)));
        Self::keep_columns(&rows, &places, it.at.0)
    }
}

/// Orders columns by name, whatever the case.
fn reorder(places: &mut [usize], columns: &Columns, order: ReorderDirection) {
    let name = |at: &usize| columns.list[*at].name.to_uppercase();
    match order {
        ReorderDirection::Ascending | ReorderDirection::Descending => places.sort_by_key(name),
        ReorderDirection::GrannyAscending | ReorderDirection::GrannyDescending => {
            places.sort_by_key(|at| granny(&name(at)));
        }
    }
    if matches!(order, ReorderDirection::Descending | ReorderDirection::GrannyDescending) {
        places.reverse();
    }
}

/// A name cut into texts and numbers, so that `a2` comes before `a10`.
fn granny(name: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        if text > 0 {
            parts.push((u64::MAX, rest[..text].to_owned()));
            rest = &rest[text..];
            continue;
        }
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        parts.push((rest[..digits].parse().unwrap_or(u64::MAX), String::new()));
        rest = &rest[digits..];
    }
    parts
}
