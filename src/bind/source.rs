//! Binds the sources of rows that are no operators: `datatable` and `externaldata`. It must not know operators.

use super::binder::Binder;
use super::references::ReferenceKind;
use super::scalar::Scalar;
use super::scope::{Columns, Env, ExprScope, Rows};
use crate::column::Table;
use crate::diagnostic::Code;
use crate::plan::{Expr, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ExternalFormat, ScalarType, Schema, Value};

pub(super) const ENTRIES: &[LanguageEntry] = &[DATASCOPE, DATATABLE, ENTITY_GROUP, EXTERNALDATA];

const DATASCOPE: LanguageEntry = LanguageEntry {
    name: "datascope",
    aliases: &[],
    kind: EntryKind::Source,
    summary: "Says which of a table's rows are meant: all, or those that Kusto holds in its cache.",
    syntax: &["T datascope=(all | hotcache)"],
    parameters: &[ParameterInfo::required("T", "A table.")],
    remarks: &["All rows of kqlite are at hand, so it leaves none out. find and search take it too."],
    examples: &[
        TableExample {
            query: r"let T = datatable (User: string) ['ann', 'bob'];
T datascope=hotcache
| count",
            result: "Count:long\n[2]",
        },
        TableExample {
            query: r"let T = view () { print User = 'ann' };
search datascope=all in (T) 'ann'
| project User",
            result: "User:string\n[\"ann\"]",
        },
    ],
};

const ENTITY_GROUP: LanguageEntry = LanguageEntry {
    name: "entity_group",
    aliases: &[],
    kind: EntryKind::Source,
    summary: "Lists the tables that macro-expand runs a query for, one after the other.",
    syntax: &["let Name = entity_group [Entity [, …]];"],
    parameters: &[
        ParameterInfo::required("Name", "What the group is called."),
        ParameterInfo::required("Entity", "A table, or one database."),
    ],
    remarks: &["It stands behind 'let Name =' or macro-expand, and nowhere else."],
    examples: &[
        TableExample {
            query: r"let Mails = datatable (User: string) ['ann', 'bob'];
let Logons = datatable (User: string, Ip: string) ['ann', '10.0.0.1'];
let Both = entity_group [Mails, Logons];
macro-expand Both as X (X | where User == 'ann')",
            result: r#"User:string, Ip:string
["ann",""]
["ann","10.0.0.1"]"#,
        },
        TableExample {
            query: r"let Mails = datatable (User: string) ['ann', 'bob'];
macro-expand kind=inner entity_group [Mails, Mails] as X (X | summarize by Found = strlen(User))",
            result: "Found:long\n[3]\n[3]",
        },
    ],
};

const DATATABLE: LanguageEntry = LanguageEntry {
    name: "datatable",
    aliases: &[],
    kind: EntryKind::Source,
    summary: "Writes a small table into the query.",
    syntax: &["datatable (ColumnName: Type [, …]) [Value [, …]]"],
    parameters: &[
        ParameterInfo::required("ColumnName: Type", "A column and its type."),
        ParameterInfo::optional("Value", "The cells, row by row, each a literal."),
    ],
    remarks: &[
        "The brackets around the values are part of it. A comma may follow the last value.",
        "A cell is a literal: no function, no variable. A missing value is the null of its type, such as long(null); text \
         has none, and is ''.",
        "Line ends mean nothing: the number of columns says where a row ends.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string, Failures: long, Last: datetime) [
    'ann', 2, datetime(2024-06-30T10:00:00Z),
    'bob', long(null), datetime(null),
]",
            result: r#"User:string, Failures:long, Last:datetime
["ann",2,"2024-06-30T10:00:00Z"]
["bob",null,null]"#,
        },
        TableExample {
            query: r"datatable (Id: long, Details: dynamic) [
    1, dynamic({'os': 'Linux', 'tags': ['web', 'prod']}),
    2, dynamic({'os': 'Windows'}),
]
| project Id, Os = tostring(Details.os), Tag = tostring(Details.tags[0])",
            result: r#"Id:long, Os:string, Tag:string
[1,"Linux","web"]
[2,"Windows",""]"#,
        },
        TableExample {
            query: r"let Allowed = datatable (User: string) ['ann', 'bob'];
datatable (User: string) ['ann', 'cid']
| where User !in (Allowed)",
            result: "User:string\n[\"cid\"]",
        },
    ],
};

const EXTERNALDATA: LanguageEntry = LanguageEntry {
    name: "externaldata",
    aliases: &["external_data"],
    kind: EntryKind::Source,
    summary: "Reads a table from files outside the database.",
    syntax: &["externaldata (ColumnName: Type [, …]) [Location [, …]] [with (Property = Value [, …])]"],
    parameters: &[
        ParameterInfo::required("ColumnName: Type", "A column and its type."),
        ParameterInfo::required(
            "Location",
            "The address of a file, as a constant text. Several files are read one after the other.",
        ),
        ParameterInfo::optional("Property", "format, ignoreFirstRecord."),
        ParameterInfo::optional(
            "Value",
            "The format is 'csv', 'tsv', 'scsv', 'psv', 'sohsv', 'txt', 'raw', 'json', 'multijson', 'singlejson', 'w3clogfile' or \
             'parquet'; ignoreFirstRecord=true passes over a header.",
        ),
    ],
    remarks: &[
        "The brackets around the addresses are part of it.",
        "Columns of CSV files are taken by their places; a header is a row like any other unless ignoreFirstRecord is true. \
         Members of JSON objects are found by their names.",
        "Without a format the ending of the address tells it, else it is CSV. txt gives a row for each line, in the first column; \
         raw gives one row with all of the text.",
        "A field that does not fit the type of its column is null, and so is one that is not there.",
        "kqlite fetches nothing. The data comes from Database::insert_external_bytes or a source that the program brings, or from \
         --external ADDRESS=FILE on the command line; without it the query compiles, and ends with an error when it runs.",
    ],
    examples: &[
        TableExample {
            query: r"externaldata (Ip: string, Score: int) ['https://example.com/threats.csv']
    with (format='csv', ignoreFirstRecord=true)
| getschema
| project ColumnName, ColumnType",
            result: r#"ColumnName:string, ColumnType:string
["Ip","string"]
["Score","int"]"#,
        },
        TableExample {
            query: r"let Threats = externaldata (Ip: string, Score: int) ['https://example.com/threats.csv'];
datatable (User: string, Ip: string) ['ann', '10.0.0.1']
| lookup kind=inner Threats on Ip
| getschema
| project ColumnName, ColumnType",
            result: r#"ColumnName:string, ColumnType:string
["User","string"]
["Ip","string"]
["Score","int"]"#,
        },
    ],
};

impl Binder<'_> {
    pub(super) fn bind_datatable(&mut self, it: &ast::DataTableExpression, env: &Env) -> Rows {
        let columns = Columns { list: self.declared_columns(&it.schema).into(), open: false };
        let width = columns.list.len();
        let mut cells = Vec::with_capacity(it.values.len());
        for (at, ast) in it.values.iter().enumerate() {
            let scalar = self.bind_scalar(ast, ExprScope::new(env));
            let wanted = columns.list.get(at % width.max(1)).and_then(|column| column.data_type);
            cells.push(self.datatable_cell(&scalar, wanted, ast.span()));
        }
        if width > 0 && cells.len() % width != 0 {
            let message = format!("the last row has {} of {width} values", cells.len() % width);
            self.error(Code::ArgumentCount, it.at.0, message);
        }
        let rows = cells.chunks_exact(width.max(1)).map(<[Value]>::to_vec);
        let table = Table::from_rows(Schema::clone(&columns.schema()), rows);
        let rows = Rows::new(Self::plan(Node::Values { table }, &columns, it.at.0), columns);
        self.recorder.source(&rows);
        rows
    }

    /// A cell must be known, and is converted to its column's type.
    fn datatable_cell(&mut self, scalar: &Scalar, wanted: Option<ScalarType>, span: Span) -> Value {
        let (Some(given), Some(wanted)) = (scalar.data_type, wanted) else { return Value::Null };
        let Expr::Literal { value, .. } = self.folder.fold(scalar.expr.clone()) else {
            self.error(Code::ExpectedConstant, span, "a cell of a datatable must be a constant");
            return Value::Null;
        };
        let fits = given == wanted
            || wanted == ScalarType::Dynamic
            || wanted == ScalarType::String
            || (given.is_number() && wanted.is_number())
            || given == ScalarType::Dynamic
            || !value.convert(wanted).is_null();
        if !fits && !value.is_null() {
            self.error(
                Code::ExpectedType,
                span,
                format!("this column is of type {wanted}, the value is {given}"),
            );
        }
        value.convert(wanted)
    }

    pub(super) fn bind_externaldata(&mut self, it: &ast::ExternalDataExpression, env: &Env) -> Rows {
        let columns = Columns { list: self.declared_columns(&it.schema).into(), open: false };
        let mut locations = Vec::new();
        for ast in &it.locations {
            let scalar = self.bind_scalar(ast, ExprScope::new(env));
            match scalar.constant().and_then(Value::as_str) {
                Some(text) => {
                    self.refers(ReferenceKind::ExternalData, text, ast.span());
                    locations.push(text.to_owned());
                }
                None if scalar.data_type.is_some() => {
                    self.unsupported(ast.span(), "location", "that is no constant string");
                }
                None => {}
            }
        }
        let (format, skips_first) = self.external_properties(&it.properties);
        let declared = columns.schema();
        let node = Node::External { locations, format, skips_first, declared };
        let rows = Rows::new(Self::plan(node, &columns, it.at.0), columns);
        self.recorder.source(&rows);
        rows
    }

    /// The format, if it is said, and whether first records are passed over.
    fn external_properties(&mut self, properties: &[ast::NamedParameter]) -> (Option<ExternalFormat>, bool) {
        let (mut format, mut skips_first) = (None, false);
        for property in properties {
            let (text, span) = match &property.value {
                ast::Expression::Literal(literal) => (literal.value.as_str(), literal.at.0),
                ast::Expression::Name(name) => (name.text.as_str(), name.at.0),
                _ => ("", property.at.0),
            };
            match property.name.text.to_ascii_lowercase().as_str() {
                "format" => {
                    format = ExternalFormat::of_name(text);
                    if format.is_none() {
                        self.unsupported(span, "format", text);
                    }
                }
                "ignorefirstrecord" if text.eq_ignore_ascii_case("true") => skips_first = true,
                "ignorefirstrecord" if text.eq_ignore_ascii_case("false") => skips_first = false,
                "ignorefirstrecord" => self.unsupported(span, "value of ignoreFirstRecord", text),
                _ => self.unsupported(property.name.at.0, "property", &property.name.text),
            }
        }
        (format, skips_first)
    }
}
