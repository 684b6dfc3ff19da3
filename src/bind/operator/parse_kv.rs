//! Binds `parse-kv`. It must not know how pairs are found in a text.

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::scalar::Scalar;
use super::super::scope::{Env, ExprScope, Rows};
use super::parse::parse_layout;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, KeyValueRules, Node, PairsBy, ParseColumn, ParseKind, ParseStep};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast::{self, LiteralKind};
use crate::types::ScalarType;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "parse-kv",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Reads the values of keys out of a text that consists of pairs, and adds a column for each key.",
    syntax: &[
        "T | parse-kv Expression as (Key: Type [, …]) with (pair_delimiter=PairDelimiter, kv_delimiter=KvDelimiter [, \
         quote=Quotes …] [, escape=Escape …] [, greedy=true])",
        "T | parse-kv Expression as (Key: Type [, …]) [with ([quote=Quotes …] [, escape=Escape …])]",
        "T | parse-kv Expression as (Key: Type [, …]) with (regex=Pattern)",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Expression", "The text to read."),
        ParameterInfo::required(
            "Key",
            "A key, which the column is called after; one with blanks is written ['a key'].",
        ),
        ParameterInfo::required("Type", "The type of the column."),
        ParameterInfo::optional("PairDelimiter", "What stands between two pairs."),
        ParameterInfo::optional("KvDelimiter", "What stands between a key and its value."),
        ParameterInfo::optional(
            "Quotes",
            "One character that keys and values may be quoted with, or two: the opening and the closing one. May be \
             given several times.",
        ),
        ParameterInfo::optional(
            "Escape",
            "A character that takes the meaning from the quote behind it, inside quotes. May be given several times.",
        ),
        ParameterInfo::optional(
            "greedy",
            "true lets a value without quotes go on up to the next key, over what separates pairs.",
        ),
        ParameterInfo::optional(
            "Pattern",
            "A regular expression of two groups, the key and the value, that matches each pair.",
        ),
    ],
    remarks: &[
        "Every row stays. A key that does not stand in the text is null, or empty if it is a string, and so is a value that \
         cannot be read as the column's type.",
        "Of a key that stands twice the first value is taken. Keys are compared with their case.",
        "Blanks around keys and values are passed over, also where a blank separates the pairs. Words without a key are too.",
        "A value may hold the text that stands between key and value: in 'url=/a?b=c' it is all behind the first '='.",
        "Without delimiters, whatever is neither letter nor digit separates words: 10.0.0.1 is four of them.",
        "What Microsoft's page leaves open, such as a quote that is not closed, gives a warning.",
    ],
    examples: &[
        TableExample {
            query: r"print Line = 'src=10.1.1.123 dst=10.1.1.124 bytes=125'
| parse-kv Line as (bytes: long, src: string, port: int)
    with (pair_delimiter=' ', kv_delimiter='=')
| project-away Line",
            result: r#"bytes:long, src:string, port:int
[125,"10.1.1.123",null]"#,
        },
        TableExample {
            query: r#"print Line = @'act: "log on, twice", user: "ann \"a\""'
| parse-kv Line as (act: string, user: string)
    with (pair_delimiter=',', kv_delimiter=':', quote='"', escape='\\')
| project-away Line"#,
            result: r#"act:string, user:string
["log on, twice","ann \"a\""]"#,
        },
        TableExample {
            query: r"print Line = 'name=John Doe phone=555 5555 city=New York'
| parse-kv Line as (name: string, city: string, phone: string)
    with (pair_delimiter=' ', kv_delimiter='=', greedy=true)
| project-away Line",
            result: r#"name:string, city:string, phone:string
["John Doe","New York","555 5555"]"#,
        },
        TableExample {
            query: r"print Line = '12:30 [INFO] Thread:45, Machine:Node001, Text: Started'
| parse-kv Line as (Text: string, Thread: long)
| project-away Line",
            result: r#"Text:string, Thread:long
["Started",45]"#,
        },
        TableExample {
            query: r#"print Line = '["referer url: https://example.com/a", "id: 7"]'
| parse-kv Line as (['referer url']: string, id: long) with (regex=@'"([\w ]+)\s*:\s*([^"]*)"')
| project-away Line"#,
            result: r#"referer url:string, id:long
["https://example.com/a",7]"#,
        },
    ],
};

/// The properties, as far as they are given.
#[derive(Default)]
struct Properties<'q> {
    pair: Option<&'q ast::Literal>,
    key: Option<&'q ast::Literal>,
    regex: Option<&'q ast::Literal>,
    greedy: Option<bool>,
    quotes: Vec<(char, char)>,
    escapes: Vec<char>,
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_parse_kv(
        &mut self,
        it: &ast::ParseKvOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let text = self.bind_scalar(&it.expression, ExprScope::with_rows(env, &rows));
        let rules = self.key_value_rules(&it.properties, it.keyword_at.0);
        let width = rows.columns.list.len();
        let mut projection = Projection::of(&rows.columns);
        let mut columns: Vec<ParseColumn> = Vec::new();
        for key in &it.schema {
            let (name, data_type) = (key.name.text.as_str(), key.data_type.text.parse::<ScalarType>().ok());
            if rows.columns.find(name).is_some() {
                let form = format!("a key that is a column already: {name}");
                self.unsupported(key.name.at.0, "form of parse-kv", &form);
            }
            let place = Expr::column(width + columns.len(), data_type.unwrap_or(ScalarType::String));
            self.declare_column(
                &mut projection,
                name,
                key.name.at.0,
                Scalar { expr: place, data_type },
                true,
            );
            let data_type = data_type.unwrap_or(ScalarType::String);
            columns.push(ParseColumn { name: name.to_owned(), data_type });
        }
        let (mut list, exprs) = projection.into_parts();
        list.open |= rows.columns.open;
        let node = Node::Parse {
            input: rows.plan.clone(),
            text: text.expr,
            steps: (0..columns.len()).map(ParseStep::Column).collect(),
            columns,
            kind: ParseKind::KeyValue(rules),
            only_matches: false,
            layout: parse_layout(&exprs, width),
        };
        Rows { plan: Self::plan(node, &list, it.at.0), columns: list, source: None, ..rows }
    }

    fn key_value_rules(
        &mut self,
        properties: &[ast::NamedParameter],
        keyword: crate::source::Span,
    ) -> KeyValueRules {
        let given = self.properties(properties);
        let pairs = match &given {
            Properties { regex: Some(regex), .. } => {
                if properties.len() > 1 {
                    self.unsupported(keyword, "form of parse-kv", "regex beside other properties");
                }
                PairsBy::Regex(regex.value.clone())
            }
            Properties { pair: Some(pair), key: Some(key), greedy, .. } => {
                for empty in [pair, key].into_iter().filter(|it| it.value.is_empty()) {
                    self.unsupported(empty.at.0, "form of parse-kv", "an empty delimiter");
                }
                let greedy = greedy.unwrap_or_default();
                PairsBy::Delimiters { pair: pair.value.clone(), key: key.value.clone(), greedy }
            }
            Properties { pair: None, key: None, .. } => {
                if given.greedy == Some(true) {
                    self.unsupported(keyword, "form of parse-kv", "greedy=true without delimiters");
                }
                PairsBy::Words
            }
            Properties { pair: Some(_), .. } | Properties { key: Some(_), .. } => {
                self.unsupported(keyword, "form of parse-kv", "one delimiter without the other");
                PairsBy::Words
            }
        };
        KeyValueRules { pairs, quotes: given.quotes, escapes: given.escapes }
    }

    fn properties<'q>(&mut self, properties: &'q [ast::NamedParameter]) -> Properties<'q> {
        let mut given = Properties::default();
        for property in properties {
            let name = property.name.text.as_str();
            let wants_bool = name == "greedy";
            let expected = if wants_bool { LiteralKind::Bool } else { LiteralKind::String };
            let literal = match &property.value {
                ast::Expression::Literal(literal) if literal.kind == expected => literal,
                other => {
                    let expected = if wants_bool { "true or false" } else { "a string literal" };
                    let message = format!("'{name}' takes {expected}");
                    self.error(Code::ExpectedLiteral, other.span(), message);
                    continue;
                }
            };
            let mut letters = literal.value.chars();
            let once = match (name, letters.next(), letters.next(), letters.next()) {
                ("pair_delimiter", ..) => given.pair.replace(literal).is_none(),
                ("kv_delimiter", ..) => given.key.replace(literal).is_none(),
                ("regex", ..) => given.regex.replace(literal).is_none(),
                ("greedy", ..) => given.greedy.replace(literal.value.eq_ignore_ascii_case("true")).is_none(),
                ("quote", Some(open), close, None) => {
                    given.quotes.push((open, close.unwrap_or(open)));
                    true
                }
                ("escape", Some(escape), None, None) => {
                    given.escapes.push(escape);
                    true
                }
                _ => {
                    let expected = if name == "quote" { "one character or two" } else { "one character" };
                    let message = format!("'{name}' takes a text of {expected}");
                    self.error(Code::BadParameter, literal.at.0, message);
                    true
                }
            };
            if !once {
                let message = format!("'{name}' is given twice");
                self.report(
                    Diagnostic::error(Code::BadParameter, property.name.at.0, message)
                        .help("quote and escape alone may be given several times"),
                );
            }
        }
        given
    }
}
