//! Functions that name tables, databases and columns by texts. It must not know which ones there are.

use crate::diagnostic::{Code, Diagnostic};
use crate::function::kinds::{SCALAR, STRING, TABLE, returns};
use crate::function::{
    CallSite, Category, Example, Expansion, Returns, ScalarFunction, Signature, signatures,
};
use crate::types::{Dynamic, ScalarType, Value};

const DATABASE: ScalarFunction = ScalarFunction {
    category: Category::Special,
    signatures: NAME,
    expand: Some(|_| Some(Expansion::Database)),
    ..ScalarFunction::DEFAULT
};

const NAME: &[Signature] = signatures![(name: STRING.constant()) -> Returns::Database];

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "table",
        category: Category::Special,
        summary: "The table of a name, which may be put together from the arguments of a function.",
        signatures: signatures![(name: STRING.constant(), datascope: STRING.constant().optional()) -> Returns::Table],
        expand: Some(table),
        examples: &[Example {
            query: "let T = datatable(a: long)[1, 2]; let rows = (name: string) { table(name) | count }; rows('T')",
            result: "2",
        }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "database",
        summary: "A database, before the name of a table. The databases are one here: only the table's name counts.",
        examples: &[Example {
            query: "let T = datatable(a: long)[1, 2]; database('Samples').T | count",
            result: "2",
        }],
        ..DATABASE
    },
    ScalarFunction {
        name: "cluster",
        summary: "A cluster, before a database. The clusters are one here.",
        examples: &[Example {
            query: "let T = datatable(a: long)[1, 2]; cluster('help').database('Samples').T | count",
            result: "2",
        }],
        ..DATABASE
    },
    ScalarFunction {
        name: "workspace",
        summary: "A workspace of Log Analytics, before the name of a table: a table that is called `workspace('name').Table` if \
            there is one, else the table of that name.",
        examples: &[Example {
            query: "let T = datatable(a: long)[1, 2]; workspace('logs').T | count",
            result: "2",
        }],
        ..DATABASE
    },
    ScalarFunction {
        name: "app",
        summary: "An application of Application Insights, before the name of a table. The applications are one here.",
        examples: &[Example {
            query: "let T = datatable(a: long)[1, 2]; app('shop').T | count",
            result: "2",
        }],
        ..DATABASE
    },
    ScalarFunction {
        name: "resource",
        summary: "A resource of Azure, before the name of a table. The resources are one here.",
        examples: &[Example {
            query: "let T = datatable(a: long)[1, 2]; resource('/subscriptions/s').T | count",
            result: "2",
        }],
        ..DATABASE
    },
    ScalarFunction {
        name: "adx",
        summary: "A database of Azure Data Explorer, before the name of a table. The databases are one here.",
        examples: &[Example {
            query: "let T = datatable(a: long)[1, 2]; adx('https://help.kusto.windows.net/Samples').T | count",
            result: "2",
        }],
        ..DATABASE
    },
    ScalarFunction {
        name: "arg",
        summary: "Azure Resource Graph, before the name of one of its tables. All tables are in one place here.",
        examples: &[Example {
            query: "let Resources = datatable(a: long)[1, 2]; arg('').Resources | count",
            result: "2",
        }],
        ..DATABASE
    },
    ScalarFunction {
        name: "external_table",
        summary: "An external table: a table of the database of that name, whose data is given as that of any other.",
        examples: &[Example {
            query: "let T = datatable(a: long)[1, 2]; external_table('T') | count",
            result: "2",
        }],
        ..NAMED_TABLE
    },
    ScalarFunction {
        name: "materialized_view",
        summary: "A materialized view: a table of the database of that name, whose data is given as that of any other.",
        examples: &[Example {
            query: "let T = datatable(a: long)[1, 2]; materialized_view('T') | count",
            result: "2",
        }],
        ..NAMED_TABLE
    },
    ScalarFunction {
        name: "stored_query_result",
        summary: "The stored result of a query: a table of the database of that name, whose data is given as that of any other.",
        examples: &[Example {
            query: "let T = datatable(a: long)[1, 2]; stored_query_result('T') | count",
            result: "2",
        }],
        ..NAMED_TABLE
    },
    ScalarFunction {
        name: "column_ifexists",
        aliases: &["columnifexists"],
        category: Category::Special,
        summary: "The column of a name if the row has one, else the second argument.",
        signatures: signatures![(column: STRING.literal(), otherwise: SCALAR) -> Returns::ColumnOrSecond],
        expand: Some(column_ifexists),
        examples: &[
            Example { query: "print a = 1 | project b = column_ifexists('a', 2)", result: "1" },
            Example { query: "print a = 1 | project b = column_ifexists('c', 2)", result: "2" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "iscolumnexists",
        category: Category::Special,
        summary: "Whether the row has a column of a name.",
        signatures: signatures![(column_name: STRING.constant()) -> returns::BOOL],
        expand: Some(iscolumnexists),
        examples: &[
            Example { query: "print a = 1 | project b = iscolumnexists('a')", result: "true" },
            Example { query: "print a = 1 | project b = iscolumnexists('A')", result: "false" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "column_names_of",
        category: Category::Special,
        summary: "The names of a table's columns, in their order, as an array.",
        signatures: signatures![(table: TABLE) -> returns::DYNAMIC],
        expand: Some(column_names_of),
        examples: &[
            Example {
                query: "let T = datatable(A: string, B: int) []; print Columns = column_names_of(T)",
                result: r#"["A","B"]"#,
            },
            Example {
                query: "let f = (n: int) { print A = '', B = n }; print Columns = column_names_of(f(1))",
                result: r#"["A","B"]"#,
            },
        ],
        ..ScalarFunction::DEFAULT
    },
];

/// What is a table of another kind in a real database.
const NAMED_TABLE: ScalarFunction = ScalarFunction {
    category: Category::Special,
    signatures: signatures![(name: STRING.constant()) -> Returns::Table],
    expand: Some(named_table),
    ..ScalarFunction::DEFAULT
};

fn named_table(site: &mut dyn CallSite) -> Option<Expansion> {
    if site.argument_count() > 1 {
        // A mapping, an age, the part of a result: what they choose is not here.
        let (span, name) = (site.argument(1).span, format!("a second argument of {}", site.name()));
        site.report(Diagnostic::unsupported(span, "argument", &name));
        return Some(Expansion::UnknownTable);
    }
    table(site)
}

fn table(site: &mut dyn CallSite) -> Option<Expansion> {
    if site.argument_count() == 0 {
        let span = site.name_span();
        let message = format!("'{}' takes the name of a table", site.name());
        site.report(Diagnostic::error(Code::ArgumentCount, span, message));
        return Some(Expansion::UnknownTable);
    }
    // In the body of a function the name may be put together from its arguments.
    let name = site.constant_argument(0);
    if let Some(text) = name.text() {
        return Some(Expansion::Table(text.to_owned(), name.span));
    }
    // Where a function is declared its arguments are not known yet: its calls tell.
    if name.data_type.is_some() && !name.depends_on_caller {
        // In the body of a function, too: without its table it would give no rows.
        let message = "the table's name must be a constant string";
        site.report_in_bodies(Diagnostic::error(Code::ExpectedConstant, name.span, message));
    }
    Some(Expansion::UnknownTable)
}

fn column_ifexists(site: &mut dyn CallSite) -> Option<Expansion> {
    if !takes(site, 2) {
        return Some(Expansion::Unknown(None));
    }
    let name = site.argument(0);
    site.argument(1);
    let Some(text) = name.text() else {
        if name.data_type.is_some() {
            let message = "the column's name must be a literal string";
            site.report(Diagnostic::error(Code::ExpectedLiteral, name.span, message));
        }
        return Some(Expansion::Argument(1));
    };
    Some(match site.columns().iter().position(|column| *column.name == *text) {
        Some(index) => Expansion::Column(index),
        None if site.hides_columns() => Expansion::Unknown(None),
        None => Expansion::Argument(1),
    })
}

/// Reports another number of arguments than the function takes, and binds those there are.
fn takes(site: &mut dyn CallSite, wanted: usize) -> bool {
    let count = site.argument_count();
    if count == wanted {
        return true;
    }
    (0..count).for_each(|at| {
        site.argument(at);
    });
    let s = if wanted == 1 { "" } else { "s" };
    let message = format!("'{}' takes {wanted} argument{s}, {count} given", site.name());
    let span = site.name_span();
    site.report(Diagnostic::error(Code::ArgumentCount, span, message));
    false
}

fn iscolumnexists(site: &mut dyn CallSite) -> Option<Expansion> {
    const UNKNOWN: Option<Expansion> = Some(Expansion::Unknown(Some(ScalarType::Bool)));
    if !takes(site, 1) {
        return UNKNOWN;
    }
    let name = site.argument(0);
    if name.data_type.is_some_and(|data_type| data_type != ScalarType::String) {
        let message = "the column's name must be a string";
        site.report(Diagnostic::error(Code::ArgumentTypes, name.span, message));
        return UNKNOWN;
    }
    let name = site.constant_argument(0);
    let Some(text) = name.text() else {
        if name.data_type.is_some() && !name.depends_on_caller {
            let message = "the column's name must be a constant string";
            site.report(Diagnostic::error(Code::ExpectedConstant, name.span, message));
        }
        return UNKNOWN;
    };
    let exists = site.columns().iter().any(|column| *column.name == *text);
    match exists || !site.hides_columns() {
        true => Some(Expansion::Literal(Value::Bool(exists), ScalarType::Bool)),
        false => UNKNOWN,
    }
}

fn column_names_of(site: &mut dyn CallSite) -> Option<Expansion> {
    const UNKNOWN: Option<Expansion> = Some(Expansion::Unknown(Some(ScalarType::Dynamic)));
    if !takes(site, 1) {
        return UNKNOWN;
    }
    match site.table_argument(0) {
        Some(columns) => {
            let names = columns.iter().map(|column| Dynamic::String(column.name.clone())).collect();
            Some(Expansion::Literal(Dynamic::array(names).into(), ScalarType::Dynamic))
        }
        None => UNKNOWN,
    }
}
