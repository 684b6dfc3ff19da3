//! Makes queries from the registry: calls of any function over columns of every type and over literals, in pipelines of
//! operators. A step that does not compile is left out. It must not know what is done with the queries.

use kqlite::{Database, ScalarType, Schema, Signature};

use crate::numbers::Numbers;

/// Functions whose answer is another one by intention, and those that name what a test has not.
const LEFT_OUT: &[&str] =
    &["rand", "new_guid", "table", "database", "cluster", "app", "workspace", "resource"];

/// Names and types.
type Columns = [(String, ScalarType)];

/// A query over the table `T`; the same numbers give the same one.
pub fn query(numbers: &mut Numbers, database: &Database) -> String {
    let mut text = "T".to_owned();
    let Ok(all) = database.compile("T") else { return text };
    let mut columns = columns_of(all.schema());
    for at in 0..1 + numbers.below(6) {
        for _ in 0..4 {
            let longer = step(numbers, database, &columns, at)
                .into_iter()
                .map(|step| format!("{text} | {step}"))
                .find_map(|longer| Some((columns_of(database.compile(&longer).ok()?.schema()), longer)));
            if let Some((new, longer)) = longer {
                (columns, text) = (new, longer);
                break;
            }
        }
    }
    text
}

fn columns_of(schema: &Schema) -> Vec<(String, ScalarType)> {
    schema.columns.iter().map(|it| (it.name.to_string(), it.data_type)).collect()
}

/// The forms that a step may be written in.
fn step(numbers: &mut Numbers, database: &Database, columns: &Columns, at: usize) -> Vec<String> {
    let Some(last) = columns.len().checked_sub(1) else { return vec!["count".to_owned()] };
    let place = numbers.below(columns.len());
    let some = columns[place].0.clone();
    let other = columns[last - numbers.below(columns.len().min(3))].0.clone();
    let each = |forms: Vec<String>, before: &str, after: &str| -> Vec<String> {
        forms.into_iter().map(|form| format!("{before}{form}{after}")).collect()
    };
    match numbers.below(20) {
        0 => vec![format!("sort by {some} asc, {other} desc")],
        1 => vec![format!("top {} by {other}", 1 + numbers.below(30))],
        2 => vec![format!("mv-expand {some}")],
        3 => vec![format!("distinct {some}, {other}")],
        4 => vec![format!("union (T | take {})", numbers.below(20))],
        5 => {
            let kinds = [
                "inner",
                "innerunique",
                "leftouter",
                "rightouter",
                "fullouter",
                "leftsemi",
                "leftanti",
                "rightanti",
            ];
            let kind = numbers.of(&kinds);
            vec![format!("join kind={kind} (T | extend {some} = {some} | take 30) on {some}")]
        }
        6 => vec![format!("take {}", 1 + numbers.below(40))],
        7 => vec![format!("partition hint.strategy=native by {some} (top 2 by {other})")],
        8 | 9 => each(scalar_call(numbers, database, columns), "where ", ""),
        10..=12 => {
            let calls = aggregate_call(numbers, database, columns);
            each(calls, &format!("summarize a{at} = "), &format!(", n{at} = count() by {some}"))
        }
        _ => each(scalar_call(numbers, database, columns), &format!("serialize v{at} = "), ""),
    }
}

fn scalar_call(numbers: &mut Numbers, database: &Database, columns: &Columns) -> Vec<String> {
    let registry = database.registry();
    let functions = registry.scalars();
    let function = numbers.of(&functions);
    let name = function.spelling();
    if LEFT_OUT.contains(&name) || function.signatures.is_empty() {
        return Vec::new();
    }
    let arguments = arguments(numbers, function.signatures, columns);
    forms(name, &arguments)
}

fn aggregate_call(numbers: &mut Numbers, database: &Database, columns: &Columns) -> Vec<String> {
    let registry = database.registry();
    let functions = registry.aggregates();
    let function = numbers.of(&functions);
    if function.signatures.is_empty() {
        return Vec::new();
    }
    let arguments = arguments(numbers, &function.signatures, columns);
    vec![format!("{}({})", function.name, arguments.join(", "))]
}

/// An argument for each parameter of one of the signatures: columns more often than literals.
fn arguments(numbers: &mut Numbers, signatures: &[Signature], columns: &Columns) -> Vec<String> {
    let signature = numbers.of(signatures);
    let mut arguments = Vec::new();
    for parameter in signature.parameters.iter() {
        let most = parameter.max.min(parameter.min + 2);
        for _ in 0..usize::from(parameter.min) + numbers.below(usize::from(most - parameter.min) + 1) {
            if !parameter.one_of.is_empty() {
                arguments.push(format!("'{}'", numbers.of(parameter.one_of)));
                continue;
            }
            let types: Vec<ScalarType> = parameter.accepts.types.iter().collect();
            let data_type = *numbers.of(&types);
            let fitting: Vec<&str> =
                columns.iter().filter(|it| it.1 == data_type).map(|it| it.0.as_str()).collect();
            arguments.push(match fitting.is_empty() || numbers.below(4) == 0 {
                true => (*numbers.of(literals(data_type))).to_owned(),
                false => (*numbers.of(&fitting)).to_owned(),
            });
        }
    }
    arguments
}

fn literals(data_type: ScalarType) -> &'static [&'static str] {
    match data_type {
        ScalarType::Bool => &["true", "false", "bool(null)"],
        ScalarType::Int => &["int(2)", "int(-1)", "int(null)"],
        ScalarType::Long => &["0", "1", "3", "-1", "50", "long(null)"],
        ScalarType::Real => &["0.5", "1e16", "-1e-9", "real(nan)", "real(null)"],
        ScalarType::Decimal => &["decimal(1.5)", "decimal(null)"],
        ScalarType::DateTime => &["datetime(2024-06-30)", "datetime(1970-01-01T00:10:00Z)", "datetime(null)"],
        ScalarType::TimeSpan => &["1h", "1d", "-5m", "timespan(null)"],
        ScalarType::Guid => &["guid(00000000-0000-0000-0000-000000000001)", "guid(null)"],
        ScalarType::String => {
            &["'a'", "''", "'(.)(.?)'", "'$.k'", "','", "'yyyy-MM-dd'", "'é'", "'US/Pacific'"]
        }
        _ => &["dynamic([1, 'a', null])", "dynamic({'k': [1.5]})", "dynamic(null)", "dynamic([3, 1, 2])"],
    }
}

/// The ways to write a call: as a function, and as an operator.
fn forms(name: &str, arguments: &[String]) -> Vec<String> {
    let call = format!("{name}({})", arguments.join(", "));
    let Some((first, rest)) = arguments.split_first() else { return vec![call] };
    if rest.is_empty() {
        return vec![call, format!("{name} {first}")];
    }
    vec![
        call,
        format!("{first} {name} {}", rest.join(&format!(" {name} "))),
        format!("{first} {name} ({})", rest.join(", ")),
        format!("{first} {name} ({})", rest.join(" .. ")),
        format!("{first}[{}]", rest.join("")),
    ]
}
