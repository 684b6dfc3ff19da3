//! Makes rows that meet conditions: a value for each column, and the same or other ones again for what counts. It must not know
//! queries.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kqlite::{DataFormat, DateTime, ScalarType, Schema, Table, TableReader, TimeSpan, Value};
use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value as Json, json};

use super::conditions::{Conjunction, Demand, Place, Source, by_place, number};

/// The most rows of different forms that one source gives.
const MAX_FORMS: usize = 16;

/// What rows are like beside their conditions.
pub struct Style<'s> {
    pub now: DateTime,
    /// How often each row is there.
    pub copies: usize,
    /// Columns that have another value in each copy.
    pub varied: &'s BTreeSet<String>,
    /// Columns that are expanded: they hold arrays.
    pub expanded: &'s BTreeSet<String>,
    /// What columns of a name are compared with elsewhere in the query.
    pub shared: &'s HashMap<String, String>,
}

/// The rows of a table, for all sources of it.
pub fn table(schema: &Schema, sources: &[&Source], style: &Style<'_>) -> Table {
    let mut lines = String::new();
    for source in sources {
        let forms = source.conditions.iter().map(Vec::len).max().unwrap_or(1).clamp(1, MAX_FORMS);
        for form in 0..forms {
            let chosen = source.conditions.iter().filter(|it| !it.is_empty());
            let conjunction: Conjunction =
                chosen.flat_map(|alternatives| alternatives[form % alternatives.len()].clone()).collect();
            let demands = by_place(&conjunction);
            for copy in 0..style.copies {
                lines += &format!("{}\n", row(schema, &demands, copy, style));
            }
        }
    }
    let reader = TableReader::new(DataFormat::NdJson).schema(schema.clone());
    reader.read(lines.as_bytes()).unwrap_or_else(|error| panic!("{error}: {lines}")).table
}

/// What columns are compared with, by their names.
pub fn shared(sources: &[Source]) -> HashMap<String, String> {
    let demands = sources.iter().flat_map(|it| &it.conditions).flatten().flatten();
    let mut shared = HashMap::new();
    for (place, demand) in demands {
        if let (true, Demand::Equal(Value::String(text))) = (place.path.is_empty(), demand) {
            shared.entry(place.column.clone()).or_insert_with(|| text.to_string());
        }
    }
    shared
}

fn row(schema: &Schema, demands: &BTreeMap<Place, Vec<Demand>>, copy: usize, style: &Style<'_>) -> Json {
    let mut row = Map::new();
    for column in &schema.columns {
        let name = &*column.name;
        let within: Vec<(&Place, &Vec<Demand>)> =
            demands.iter().filter(|(it, _)| it.column == name).collect();
        let own =
            within.iter().find(|(place, _)| place.path.is_empty()).map_or(&[][..], |(_, it)| it.as_slice());
        let members: Vec<_> = within.iter().filter(|(place, _)| !place.path.is_empty()).collect();
        let mut value = solve(column.data_type, own, name, copy, style);
        if !members.is_empty() {
            let mut root = Json::Null;
            for (place, demands) in members {
                put(&mut root, &place.path, solve(ScalarType::String, demands, "", copy, style));
            }
            if style.expanded.contains(name) && !root.is_array() {
                root = json!([root]);
            }
            value = match column.data_type {
                ScalarType::Dynamic => root,
                _ => json!(root.to_string()),
            };
        } else if column.data_type == ScalarType::Dynamic
            && style.expanded.contains(name)
            && !value.is_array()
        {
            value = json!([if own.is_empty() { json!("value") } else { value }]);
        }
        row.insert(name.to_owned(), value);
    }
    Json::Object(row)
}

/// Puts a value where a path leads; a number leads into an array.
fn put(target: &mut Json, path: &[String], value: Json) {
    let Some((key, rest)) = path.split_first() else {
        *target = value;
        return;
    };
    let inner = match key.parse::<usize>() {
        Ok(at) if at < 20 => {
            if !target.is_array() {
                *target = json!([]);
            }
            let items = target.as_array_mut().unwrap();
            while items.len() <= at {
                items.push(json!("value"));
            }
            &mut items[at]
        }
        _ => {
            if !target.is_object() {
                *target = json!({});
            }
            target.as_object_mut().unwrap().entry(key.clone()).or_insert(Json::Null)
        }
    };
    put(inner, rest, value);
}

fn solve(data_type: ScalarType, demands: &[Demand], name: &str, copy: usize, style: &Style<'_>) -> Json {
    match data_type {
        ScalarType::String => json!(solve_text(demands, name, copy, style)),
        ScalarType::Guid => demands
            .iter()
            .find_map(|it| if let Demand::Equal(it) = it { Some(json!(it.to_string())) } else { None })
            .unwrap_or(json!("74be27de-1e4e-49d9-b579-fe0b331d3642")),
        ScalarType::Dynamic if demands.is_empty() => json!({}),
        ScalarType::Dynamic => json!(solve_text(demands, name, copy, style)),
        ScalarType::Bool => json!(!demands.iter().any(|it| match it {
            Demand::Equal(value) => ["false", "False", "0"].contains(&value.to_string().as_str()),
            Demand::NotEqual(value) => ["true", "True", "1"].contains(&value.to_string().as_str()),
            _ => false,
        })),
        ScalarType::DateTime => json!(solve_time(demands, copy, style).to_string()),
        ScalarType::TimeSpan => json!("00:00:01"),
        ScalarType::Int | ScalarType::Long | ScalarType::Real | ScalarType::Decimal => {
            let found = solve_number(demands, if style.varied.contains(name) { copy } else { 0 });
            if data_type == ScalarType::Real { json!(found) } else { json!(found as i64) }
        }
    }
}

fn solve_number(demands: &[Demand], copy: usize) -> f64 {
    let mut found = 1.0 + copy as f64;
    let of = |value: &Value| number(value).or_else(|| value.to_string().parse().ok());
    for demand in demands {
        match demand {
            Demand::Above(value) => found = of(value).map_or(found, |least| found.max(least + 1.0)),
            Demand::Below(value) => found = of(value).map_or(found, |most| found.min(most - 1.0)),
            Demand::NotEqual(value) if of(value) == Some(found) => found += 1.0,
            _ => {}
        }
    }
    let equal = demands.iter().find_map(|it| if let Demand::Equal(value) = it { of(value) } else { None });
    equal.unwrap_or(found)
}

fn solve_time(demands: &[Demand], copy: usize, style: &Style<'_>) -> DateTime {
    let default = style.now.0 - TimeSpan::HOUR - copy as i64 * TimeSpan::SECOND;
    let times = |is_low: bool| {
        demands.iter().filter_map(move |it| match it {
            Demand::Above(Value::DateTime(time)) if is_low => Some(time.0),
            Demand::Below(Value::DateTime(time)) if !is_low => Some(time.0),
            _ => None,
        })
    };
    let (low, high) = (times(true).max(), times(false).min());
    let ticks = match (low, high) {
        (low, high) if low.is_none_or(|it| it < default) && high.is_none_or(|it| default < it) => default,
        (Some(low), Some(high)) => low + (high - low) / 2,
        (Some(low), None) => low + TimeSpan::SECOND,
        (None, Some(high)) => high - TimeSpan::HOUR - copy as i64 * TimeSpan::SECOND,
        (None, None) => default,
    };
    let equal = demands.iter().find_map(|it| match it {
        Demand::Equal(Value::DateTime(time)) => Some(*time),
        _ => None,
    });
    equal.unwrap_or(DateTime(ticks))
}

fn default_text(name: &str, copy: usize, style: &Style<'_>) -> String {
    let varied = style.varied.contains(name);
    if let Some(known) = style.shared.get(name).filter(|_| !varied) {
        return known.clone();
    }
    if ["IP", "IPAddress", "IpAddress", "IPV4", "Ip", "IpAddr"].iter().any(|it| name.ends_with(it)) {
        return format!("203.0.113.{}", if varied { copy % 250 + 1 } else { 7 });
    }
    let number = if varied { copy.to_string() } else { String::new() };
    if name.ends_with("Url") || name.ends_with("URL") {
        return format!("https://value{number}.example/value");
    }
    format!("value{number}")
}

fn solve_text(demands: &[Demand], name: &str, copy: usize, style: &Style<'_>) -> String {
    let (mut start, mut terms, mut end) = (String::new(), Vec::new(), String::new());
    for demand in demands {
        match demand {
            Demand::Equal(value) => return value.to_string(),
            Demand::Empty => return String::new(),
            Demand::PrivateAddress => return "10.1.2.3".to_owned(),
            Demand::Regex(pattern) => return sample(pattern),
            Demand::Starts(text) if start.len() < text.len() => start.clone_from(text),
            Demand::Ends(text) if end.len() < text.len() => end.clone_from(text),
            Demand::Term(text) => terms.push(text.clone()),
            Demand::Above(value) => return format!("{}", number(value).unwrap_or(0.0) + 1.0),
            Demand::Below(value) => return format!("{}", number(value).unwrap_or(0.0) - 1.0),
            _ => {}
        }
    }
    // A term that is there already, or that is within a longer one, is not written again.
    let all = format!("{start} {end}").to_lowercase();
    let longer = terms.clone();
    terms.retain(|it| !all.contains(&it.to_lowercase()));
    terms.retain(|it| !longer.iter().any(|other| other.len() > it.len() && other.contains(it.as_str())));
    terms.dedup();
    let text = match (start.is_empty() && end.is_empty(), terms.is_empty()) {
        (true, true) => default_text(name, copy, style),
        (true, false) => terms.join(" "),
        (false, true) if start.is_empty() => format!("x{end}"),
        (false, true) => format!("{start}{end}"),
        (false, false) => format!("{start} {} {end}", terms.join(" ")),
    };
    let is_varied = style.varied.contains(name) && end.is_empty() && !(start.is_empty() && terms.is_empty());
    let text = if is_varied { format!("{text} {copy}") } else { text };
    let is_refused = |text: &str| {
        demands.iter().any(|it| match it {
            Demand::NotEqual(value) => value.to_string().eq_ignore_ascii_case(text),
            Demand::Unlike => true,
            _ => false,
        })
    };
    if is_refused(&text) { format!("{text}other") } else { text }
}

/// A text that a pattern matches, as short as it gets.
fn sample(pattern: &str) -> String {
    fn write(hir: &Hir, out: &mut String) {
        match hir.kind() {
            HirKind::Literal(it) => out.push_str(&String::from_utf8_lossy(&it.0)),
            HirKind::Class(Class::Unicode(class)) => {
                let good = class
                    .ranges()
                    .iter()
                    .find_map(|range| (range.start()..=range.end()).find(|it| it.is_ascii_alphanumeric()));
                let any = class.ranges().iter().map(|range| range.start()).find(|it| !it.is_control());
                out.extend(good.or(any));
            }
            HirKind::Class(Class::Bytes(class)) => {
                out.extend(class.ranges().first().map(|range| char::from(range.start())));
            }
            HirKind::Repetition(it) => (0..it.min).for_each(|_| write(&it.sub, out)),
            HirKind::Capture(it) => write(&it.sub, out),
            HirKind::Concat(parts) => parts.iter().for_each(|it| write(it, out)),
            HirKind::Alternation(parts) => parts.iter().take(1).for_each(|it| write(it, out)),
            HirKind::Empty | HirKind::Look(_) => {}
        }
    }
    let mut out = String::new();
    if let Ok(hir) = regex_syntax::parse(pattern) {
        write(&hir, &mut out);
    }
    out
}
