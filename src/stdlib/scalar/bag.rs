//! Functions of property bags. It must not know how a query reads members.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::column::{BoolType, Column, DynamicType};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::kinds::{ARRAY, BAG, BOOL, SCALAR, STRING, returns};
use crate::function::{
    Call, CallSite, Category, Example, Expansion, Kernel, Result, ResultName, ScalarFunction, signatures,
};
use crate::types::{Bag, Dynamic, MAX_DEPTH, ScalarType, Value, is_hidden};

use super::dynamic::{map_dynamic, map_rows};

const BASE: ScalarFunction = ScalarFunction { category: Category::Dynamic, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "bag_pack",
        aliases: &["pack", "pack_dictionary"],
        summary: "A property bag of the given keys and values, which come in turn.",
        signatures: signatures![
            (key: STRING.repeated(1, 32767), value: SCALAR.repeated(1, 32767)) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(bag_pack),
        examples: &[Example {
            query: r#"bag_pack("Level", "Information", "ProcessID", 1234, "Data", bag_pack("url", "a.b"))"#,
            result: r#"{"Level":"Information","ProcessID":1234,"Data":{"url":"a.b"}}"#,
        }],
        ..BASE
    },
    ScalarFunction {
        name: "bag_pack_columns",
        summary: "A property bag of the given columns: their names are the keys.",
        signatures: signatures![(column: SCALAR.column().repeated(1, 32767)) -> returns::DYNAMIC],
        expand: Some(bag_pack_columns),
        examples: &[Example {
            query: "print a = 1, b = 'x', c = 3 | project bag = bag_pack_columns(a, b)",
            result: r#"{"a":1,"b":"x"}"#,
        }],
        ..BASE
    },
    ScalarFunction {
        name: "pack_all",
        summary: "A property bag of all columns of the row; `pack_all(true)` leaves out nulls and empty strings.",
        signatures: signatures![(ignore_null_empty: BOOL.constant().optional()) -> returns::DYNAMIC],
        expand: Some(pack_all_columns),
        kernel: Kernel::Rows(pack_all),
        examples: &[
            Example { query: "print a = 1, b = '' | project bag = pack_all()", result: r#"{"a":1,"b":""}"# },
            Example { query: "print a = 1, b = '' | project bag = pack_all(true)", result: r#"{"a":1}"# },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "bag_keys",
        summary: "The keys of a property bag, as an array; null for what is no bag.",
        signatures: signatures![(object: BAG) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            call.map1::<DynamicType, DynamicType>(|value| {
                value.as_bag().map(|bag| Dynamic::array(bag.keys().cloned().map(Dynamic::String).collect()))
            })
        }),
        examples: &[Example {
            query: "bag_keys(dynamic({'a': 'b', 'c': {'d': 1}}))",
            result: r#"["a","c"]"#,
        }],
        ..BASE
    },
    ScalarFunction {
        name: "bag_has_key",
        summary: "Whether a property bag has a key, which may be a path such as `$.a.b`.",
        signatures: signatures![(bag: BAG, key: STRING) -> returns::BOOL],
        kernel: Kernel::Rows(bag_has_key),
        examples: &[
            Example { query: "bag_has_key(dynamic({'a': 1}), 'b')", result: "false" },
            Example { query: "bag_has_key(dynamic({'a': {'b': 1}}), '$.a.b')", result: "true" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "treepath",
        summary: "The paths of all that is in a property bag and is no bag itself; '[0]' stands for every item of an array.",
        signatures: signatures![(object: BAG) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("tree"),
        kernel: Kernel::Rows(treepath),
        examples: &[
            Example {
                query: r#"treepath(dynamic({"prop1": [1, 2, 3, 4], "prop2": "value2"}))"#,
                result: r#"["['prop1']","['prop1'][0]","['prop2']"]"#,
            },
            Example { query: "treepath(dynamic({'a': {'b': 1}}))", result: r#"["['a']['b']"]"# },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "bag_merge",
        summary: "One property bag of several; of a key that is in more than one, the leftmost wins.",
        signatures: signatures![(bag: BAG.repeated(2, 64)) -> returns::DYNAMIC],
        kernel: Kernel::Rows(bag_merge),
        examples: &[Example {
            query: "bag_merge(dynamic({'A': 12, 'B': 2}), dynamic({'C': 81, 'A': 1}))",
            result: r#"{"A":12,"B":2,"C":81}"#,
        }],
        ..BASE
    },
    ScalarFunction {
        name: "bag_remove_keys",
        summary: "A property bag without the given keys, which may be paths such as `$.a.b`.",
        signatures: signatures![(bag: BAG, keys: ARRAY) -> returns::DYNAMIC],
        kernel: Kernel::Rows(bag_remove_keys),
        examples: &[
            Example {
                query: "bag_remove_keys(dynamic({'a': 1, 'b': 2, 'c': 3}), dynamic(['b', 'd']))",
                result: r#"{"a":1,"c":3}"#,
            },
            Example {
                query: "bag_remove_keys(dynamic({'a': {'b': 1, 'c': 2}}), dynamic(['$.a.b']))",
                result: r#"{"a":{"c":2}}"#,
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "bag_set_key",
        summary: "A property bag with a key, which may be a path such as `$.a.b`, set to a value.",
        signatures: signatures![(bag: BAG, key: STRING.constant(), value: SCALAR) -> returns::DYNAMIC],
        kernel: Kernel::Rows(bag_set_key),
        examples: &[
            Example { query: "bag_set_key(dynamic({'a': 1, 'b': 'x'}), 'b', 3)", result: r#"{"a":1,"b":3}"# },
            Example {
                query: "bag_set_key(dynamic({'a': 1}), '$.b.c', 'x')",
                result: r#"{"a":1,"b":{"c":"x"}}"#,
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "bag_zip",
        summary: "A property bag of an array of keys and an array of values; keys that are no text are left out.",
        signatures: signatures![(keys: ARRAY, values: ARRAY) -> returns::DYNAMIC],
        kernel: Kernel::Rows(bag_zip),
        examples: &[
            Example {
                query: "bag_zip(dynamic(['a', 'b', 'c']), dynamic([1, '2']))",
                result: r#"{"a":1,"b":"2","c":null}"#,
            },
            Example {
                query: "bag_zip(dynamic(['a', 8, 'b']), dynamic([1, '2', 2.5]))",
                result: r#"{"a":1,"b":2.5}"#,
            },
        ],
        ..BASE
    },
];

/// The name of a column as a key, and the column.
fn member(name: &str, index: usize) -> [Expansion; 2] {
    [Expansion::Literal(Value::string(name), ScalarType::String), Expansion::Column(index)]
}

/// The flag, then name and value of each column of the row.
fn pack_all_columns(site: &mut dyn CallSite) -> Option<Expansion> {
    const UNKNOWN: Option<Expansion> = Some(Expansion::Unknown(Some(ScalarType::Dynamic)));
    let arguments: Vec<_> = (0..site.argument_count()).map(|at| site.argument(at)).collect();
    let ignore = match arguments.as_slice() {
        [] => false,
        [one] => match one.value {
            Some(Value::Bool(ignore)) => ignore,
            _ => {
                if one.data_type.is_some() {
                    let message = "pack_all takes a constant bool";
                    site.report(Diagnostic::error(Code::ExpectedType, one.span, message));
                }
                false
            }
        },
        _ => {
            let span = site.name_span();
            site.report(Diagnostic::error(Code::ArgumentCount, span, "'pack_all' takes at most 1 argument"));
            false
        }
    };
    let columns = site.columns();
    if !site.has_all_columns() || columns.iter().any(|column| column.data_type.is_none()) {
        return UNKNOWN;
    }
    let mut parts = vec![Expansion::Literal(Value::Bool(ignore), ScalarType::Bool)];
    let seen = columns.iter().enumerate().filter(|(_, column)| !is_hidden(&column.name));
    parts.extend(seen.flat_map(|(index, column)| member(&column.name, index)));
    Some(Expansion::Kernel(parts, ScalarType::Dynamic))
}

/// Name and value of each of the columns.
fn bag_pack_columns(site: &mut dyn CallSite) -> Option<Expansion> {
    let arguments: Vec<_> = (0..site.argument_count()).map(|at| site.argument(at)).collect();
    if arguments.is_empty() {
        let message = "'bag_pack_columns' takes at least 1 argument, 0 given";
        let span = site.name_span();
        site.report(Diagnostic::error(Code::ArgumentCount, span, message));
    }
    let columns = site.columns();
    let mut parts = Vec::with_capacity(arguments.len() * 2);
    for argument in &arguments {
        let column = argument.column.and_then(|index| Some((index, columns.get(index)?)));
        if column.is_none() && argument.data_type.is_some() {
            let message = "the arguments of 'bag_pack_columns' must be columns";
            site.report(Diagnostic::error(Code::ExpectedColumn, argument.span, message));
        }
        match (column, argument.data_type) {
            (Some((index, column)), Some(_)) => parts.extend(member(&column.name, index)),
            _ => return Some(Expansion::Unknown(Some(ScalarType::Dynamic))),
        }
    }
    Some(match parts.is_empty() {
        true => Expansion::Unknown(Some(ScalarType::Dynamic)),
        false => Expansion::Call("bag_pack", parts),
    })
}

/// A bag that is made member by member.
#[derive(Default)]
struct NewBag {
    bag: Bag,
    /// A key that was given again.
    twice: Option<Arc<str>>,
}

impl NewBag {
    fn with_capacity(members: usize) -> Self {
        Self { bag: Bag::with_capacity(members), twice: None }
    }

    fn add(&mut self, key: &Arc<str>, value: Dynamic) {
        match self.bag.contains_key(key) {
            true => self.twice = Some(key.clone()),
            false => {
                self.bag.insert(key.clone(), value);
            }
        }
    }

    fn finish(self, call: &Call<'_>) -> Result<Dynamic> {
        if let Some(key) = self.twice {
            // As bag_merge and make_bag do.
            call.doubt("a key that is given twice", "the first value counts", key)?;
        }
        Ok(Dynamic::bag(self.bag))
    }
}

fn treepath(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(&bag) = row.first() else { return Ok(Dynamic::Null) };
        if !matches!(bag, Dynamic::Bag(_)) {
            if !bag.is_null() {
                call.doubt("a value that is no bag", "the result is null", bag.to_json())?;
            }
            return Ok(Dynamic::Null);
        }
        let mut paths = Paths { call, found: IndexSet::new(), bytes: 0 };
        paths.add(&[bag], &mut String::new())?;
        Ok(Dynamic::array(paths.found.into_iter().map(Dynamic::String).collect()))
    })
}

/// The paths of a bag that were found, in the order of its members.
struct Paths<'a> {
    call: &'a Call<'a>,
    found: IndexSet<Arc<str>>,
    bytes: usize,
}

impl Paths<'_> {
    /// Adds the paths of values that stand at one path, the items of an array or a single value. A recursion is as deep as
    /// the values are.
    fn add(&mut self, values: &[&Dynamic], path: &mut String) -> Result<()> {
        // The page's examples: an array has a path, and its items have one, and so have scalars.
        if values.iter().any(|value| !matches!(value, Dynamic::Bag(_))) {
            self.bytes += path.len() + size_of::<Dynamic>() * 2;
            self.call.work(path.len())?;
            self.call.reserve(self.bytes)?;
            self.found.insert(path.as_str().into());
        }
        let mut members: IndexMap<&str, Vec<&Dynamic>> = IndexMap::new();
        let mut items: Vec<&Dynamic> = Vec::new();
        for value in values {
            self.call.work(size_of::<Dynamic>())?;
            match value {
                Dynamic::Array(array) if array.is_empty() => {
                    self.call.doubt("an empty array", "its items have no path", "[]")?;
                }
                Dynamic::Array(array) => items.extend(array.iter()),
                Dynamic::Bag(bag) if bag.is_empty() && !path.is_empty() => {
                    self.call.doubt("an empty bag within another", "it has no path", "{}")?;
                }
                Dynamic::Bag(bag) => {
                    for (key, value) in bag.iter() {
                        members.entry(key).or_default().push(value);
                    }
                }
                _ => {}
            }
        }
        let len = path.len();
        if !items.is_empty() {
            if items.iter().all(|item| matches!(item, Dynamic::Bag(_))) {
                self.call.doubt(
                    "an array of nothing but bags",
                    "the items themselves have no path",
                    &*path,
                )?;
            }
            path.push_str("[0]");
            self.add(&items, path)?;
            path.truncate(len);
        }
        for (key, values) in members {
            if key.contains(['\'', '\\']) {
                self.call.doubt("a key with a quote or a backslash", "it has a backslash before it", key)?;
            }
            path.push_str("['");
            path.push_str(&key.replace('\\', r"\\").replace('\'', r"\'"));
            path.push_str("']");
            self.add(&values, path)?;
            path.truncate(len);
        }
        Ok(())
    }
}

fn pack_all(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some((ignore, members)) = row.split_first() else { return Ok(Dynamic::Null) };
        let ignore = matches!(ignore, Dynamic::Bool(true));
        let mut bag = NewBag::with_capacity(members.len() / 2);
        for pair in members.chunks_exact(2) {
            let [Dynamic::String(key), value] = pair else { continue };
            if !(ignore && (value.is_null() || value.as_str() == Some(""))) {
                bag.add(key, (*value).clone());
            }
        }
        bag.finish(call)
    })
}

fn bag_pack(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let mut bag = NewBag::with_capacity(row.len() / 2);
        let mut other = None;
        for pair in row.chunks_exact(2) {
            let [key, value] = pair else { continue };
            match key {
                Dynamic::String(key) => bag.add(key, (*value).clone()),
                _ => {
                    other = Some(key);
                    bag.add(&key.to_text().into(), (*value).clone());
                }
            }
        }
        if let Some(key) = other {
            // As wherever a string is asked for.
            call.doubt("a dynamic key that holds no string", "its text is the key", key)?;
        }
        bag.finish(call)
    })
}

/// A key as the bag functions take it: the name of a member, or a path of names; `None` for other paths.
fn path(key: &str) -> Option<Vec<Arc<str>>> {
    if !(key.starts_with("$.") || key.starts_with("$[")) {
        return Some(vec![key.into()]);
    }
    parse_path(&key[1..])
}

/// Notes a path of which the pages say no more than that it is not supported.
fn other_path(call: &Call<'_>, key: &str, taken: &str) -> Result<()> {
    call.doubt("a path with more than the names of members", taken, key)
}

/// `.name`, `['name']` and `["name"]`, one after the other.
fn parse_path(mut rest: &str) -> Option<Vec<Arc<str>>> {
    let mut names = Vec::new();
    while !rest.is_empty() {
        let name;
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            (name, rest) = after.split_at(end);
        } else {
            let after = rest.strip_prefix('[')?;
            let quote = after.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
            (name, rest) = after[1..].split_once(quote)?;
            rest = rest.strip_prefix(']')?;
        }
        if name.is_empty() || name.contains(['*', '\'', '"', ']', '\\']) {
            return None;
        }
        names.push(name.into());
    }
    Some(names)
}

fn bag_has_key(call: &Call<'_>) -> Result<Column> {
    map_rows::<BoolType>(call, |row| {
        let [value @ Dynamic::Bag(_), Dynamic::String(key)] = row else { return Ok(None) };
        let Some(path) = path(key) else {
            other_path(call, key, "there is no such key")?;
            return Ok(Some(false));
        };
        let mut at = *value;
        for name in path {
            match at.as_bag().and_then(|bag| bag.get(&name)) {
                Some(member) => at = member,
                None => return Ok(Some(false)),
            }
        }
        Ok(Some(true))
    })
}

fn bag_merge(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let mut merged: Option<Bag> = None;
        let mut other = None;
        for &value in row {
            match value {
                Dynamic::Null => {}
                Dynamic::Bag(bag) => {
                    let merged = merged.get_or_insert_default();
                    for (key, value) in bag.iter() {
                        merged.entry(key.clone()).or_insert_with(|| value.clone());
                    }
                }
                _ => other = Some(value),
            }
        }
        if let Some(value) = other {
            // As null, which is no bag either.
            call.doubt("a value that is no property bag", "it is passed over", value)?;
        }
        Ok(merged.map_or(Dynamic::Null, Dynamic::bag))
    })
}

fn bag_remove_keys(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Bag(bag), Dynamic::Array(keys)] = row else { return Ok(Dynamic::Null) };
        let mut bag = Bag::clone(bag);
        let mut other = None;
        for key in keys.iter().filter_map(Dynamic::as_str) {
            match path(key) {
                Some(path) => remove(&mut bag, &path),
                None => other = Some(key),
            }
        }
        if let Some(key) = other {
            other_path(call, key, "nothing is removed for it")?;
        }
        Ok(Dynamic::bag(bag))
    })
}

fn remove(bag: &mut Bag, path: &[Arc<str>]) {
    match path {
        [] => {}
        [name] => {
            bag.shift_remove(name);
        }
        [name, rest @ ..] => {
            if let Some(value) = bag.get_mut(name)
                && let Dynamic::Bag(inner) = value
            {
                let mut inner = Bag::clone(inner);
                remove(&mut inner, rest);
                *value = Dynamic::bag(inner);
            }
        }
    }
}

fn bag_set_key(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Bag(bag), Dynamic::String(key), value] = row else { return Ok(Dynamic::Null) };
        let mut bag = Bag::clone(bag);
        let Some(path) = path(key) else {
            other_path(call, key, "the result is null")?;
            return Ok(Dynamic::Null);
        };
        if path.len() > MAX_DEPTH {
            return Err(
                call.fail(format!("a path of {} names is longer than the limit of {MAX_DEPTH}", path.len()))
            );
        }
        if !set(&mut bag, &path, value) {
            // As for a first argument that is no bag.
            call.doubt("a path through a value that is no property bag", "the result is null", key)?;
            return Ok(Dynamic::Null);
        }
        Ok(Dynamic::bag(bag))
    })
}

fn set(bag: &mut Bag, path: &[Arc<str>], value: &Dynamic) -> bool {
    match path {
        [] => false,
        [name] => {
            bag.insert(name.clone(), value.clone());
            true
        }
        [name, rest @ ..] => {
            let member = bag.entry(name.clone()).or_insert_with(|| Dynamic::bag(Bag::new()));
            let Dynamic::Bag(inner) = member else { return false };
            let mut inner = Bag::clone(inner);
            let is_set = set(&mut inner, rest, value);
            *member = Dynamic::bag(inner);
            is_set
        }
    }
}

fn bag_zip(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Array(keys), values] = row else { return Ok(Dynamic::Null) };
        let mut bag = NewBag::with_capacity(keys.len());
        for (at, key) in keys.iter().enumerate() {
            if let Dynamic::String(key) = key {
                let value = values.as_array().and_then(|values| values.get(at)).cloned();
                bag.add(key, value.unwrap_or_default());
            }
        }
        bag.finish(call)
    })
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::function::testing::{check, doubted, json};
    use crate::types::{Dynamic, Value};

    #[track_caller]
    fn is(name: &str, arguments: &[Value], expected: &str) {
        check(FUNCTIONS, name, arguments, json(expected));
    }

    #[track_caller]
    fn in_doubt(name: &str, arguments: &[Value], expected: Value) {
        doubted(FUNCTIONS, name, arguments, expected);
    }

    // Expectations: the functions' documentation pages and recorded answers of the real engine.
    #[test]
    fn packing_keeps_nulls_and_order() {
        is("bag_pack", &["b".into(), Value::Null, "a".into(), 1.0.into()], r#"{"b":null,"a":1.0}"#);
        is("pack", &["x".into(), json("[1]")], r#"{"x":[1]}"#);
        in_doubt("pack", &["x".into(), 1.0.into(), "x".into(), 2.0.into()], json(r#"{"x":1.0}"#));
        in_doubt("pack", &[json("5"), 1.0.into()], json(r#"{"5":1.0}"#));
    }

    #[test]
    fn keys() {
        is("bag_keys", &[json("{}")], "[]");
        check(FUNCTIONS, "bag_keys", &[json("[]")], Value::Null);
        let bag = json(r#"{"key1":123,"key2":{"prop1":"abc","prop2":"xyz"},"key3":[100,200]}"#);
        check(FUNCTIONS, "bag_has_key", &[bag.clone(), "$['key2'][\"prop1\"]".into()], true);
        check(FUNCTIONS, "bag_has_key", &[bag.clone(), "$.key3.prop1".into()], false);
        check(FUNCTIONS, "bag_has_key", &[json("[]"), "a".into()], Value::Null);
        is(
            "bag_remove_keys",
            &[bag.clone(), json(r#"["$.key2.prop1","key3"]"#)],
            r#"{"key1":123,"key2":{"prop2":"xyz"}}"#,
        );
        is("bag_remove_keys", &[bag.clone(), json(r#"["key1","key2",3]"#)], r#"{"key3":[100,200]}"#);
        in_doubt("bag_has_key", &[bag.clone(), "$.key3[0]".into()], false.into());
        let keys = json(r#"["$.key3[0]","key1","key2","$.*"]"#);
        in_doubt("bag_remove_keys", &[bag, keys], json(r#"{"key3":[100,200]}"#));
    }

    #[test]
    fn setting_and_merging() {
        let bag = json(r#"{"key1":123,"key2":{"prop1":123,"prop2":"xyz"}}"#);
        is(
            "bag_set_key",
            &[bag, "$.key2.prop1".into(), "abc".into()],
            r#"{"key1":123,"key2":{"prop1":"abc","prop2":"xyz"}}"#,
        );
        is("bag_merge", &[json(r#"{"a":1}"#), Value::Dynamic(Dynamic::Null)], r#"{"a":1}"#);
        in_doubt("bag_merge", &[json("[1]"), json(r#"{"a":1}"#), json("\"x\"")], json(r#"{"a":1}"#));
        let setting = |path: &str| [json(r#"{"a":1}"#), path.into(), 1.0.into()];
        in_doubt("bag_set_key", &setting("$.a.b"), Value::Null);
        in_doubt("bag_set_key", &setting("$.a[0]"), Value::Null);
    }

    #[test]
    fn paths() {
        is("treepath", &[json(r#"{"a":"b","c":123}"#)], r#"["['a']","['c']"]"#);
        is(
            "treepath",
            &[json(r#"{"listProperty":[100,200,300,"abcde",{"x":"y"}]}"#)],
            r#"["['listProperty']","['listProperty'][0]","['listProperty'][0]['x']"]"#,
        );
        is(
            "treepath",
            &[json(r#"{"a":{"b":{"c":null}},"d":[[1],2]}"#)],
            r#"["['a']['b']['c']","['d']","['d'][0]","['d'][0][0]"]"#,
        );
        is("treepath", &[json("{}")], "[]");
        check(FUNCTIONS, "treepath", &[json("null")], Value::Null);
        in_doubt("treepath", &[json("[1]")], Value::Null);
        in_doubt(
            "treepath",
            &[json(r#"{"a":[{"b":1},{"b":2,"c":3}]}"#)],
            json(r#"["['a']","['a'][0]['b']","['a'][0]['c']"]"#),
        );
        in_doubt("treepath", &[json(r#"{"a":[]}"#)], json(r#"["['a']"]"#));
        in_doubt("treepath", &[json(r#"{"a":{}}"#)], json("[]"));
        in_doubt("treepath", &[json(r#"{"a'":1}"#)], json(r#"["['a\\'']"]"#));
    }

    #[test]
    fn zipping() {
        is("bag_zip", &[json(r#"["a",8,"b"]"#), json("1")], r#"{"a":null,"b":null}"#);
        check(FUNCTIONS, "bag_zip", &[json("\"a\""), json("[1]")], Value::Null);
        in_doubt("bag_zip", &[json(r#"["a","a"]"#), json("[1,2]")], json(r#"{"a":1}"#));
    }
}
