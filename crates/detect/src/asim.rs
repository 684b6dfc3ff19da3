//! The parsers of ASIM that unite others: of `_Im_Dns` and `imDns` the ones whose names go on behind it. It must not know where the
//! parsers come from.

use std::collections::BTreeMap;

/// What stands for a united parser where only its parts are there: a function with the parameters of all of them, which gives the
/// rows of all of them. `functions` are names and texts.
pub(crate) fn united(name: &str, functions: &BTreeMap<String, String>) -> Option<String> {
    let parts = parts_of(name, functions);
    let mut parameters: Vec<Parameter<'_>> = Vec::new();
    let mut calls = Vec::new();
    for (part, text) in &parts {
        let own = parameters_of(text);
        let arguments: Vec<String> = own.iter().map(|it| format!("{0} = {0}", it.name)).collect();
        calls.push(format!("({part}({}))", arguments.join(", ")));
        for it in own {
            if parameters.iter().all(|known| known.name != it.name) {
                parameters.push(it);
            }
        }
    }
    if calls.is_empty() {
        return None;
    }
    let declared: Vec<String> = parameters.iter().map(Parameter::declared).collect();
    Some(format!("({}) {{ union isfuzzy=true {} }}", declared.join(", "), calls.join(", ")))
}

/// The parsers whose rows a united one gives, each by one of its names.
fn parts_of<'f>(name: &str, functions: &'f BTreeMap<String, String>) -> Vec<(&'f str, &'f str)> {
    // `_Im_Dns` and `imDns` filter, `_ASim_Dns` and `ASimDns` do not.
    let united = [
        ("_Im_", ["_Im_", "vim"]),
        ("im", ["_Im_", "vim"]),
        ("_ASim_", ["_ASim_", "ASim"]),
        ("ASim", ["_ASim_", "ASim"]),
    ];
    let found = united.iter().find_map(|(prefix, parts)| Some((name.strip_prefix(prefix)?, parts)));
    let Some((schema, [built_in, own])) =
        found.filter(|(schema, _)| !schema.is_empty() && !schema.contains('_'))
    else {
        return Vec::new();
    };
    let prefixes = [format!("{built_in}{schema}_"), format!("{own}{schema}")];
    let is_part = |it: &str| {
        it != name && prefixes.iter().any(|prefix| it.len() > prefix.len() && it.starts_with(prefix))
    };
    let mut parts: Vec<(&str, &str)> = Vec::new();
    for (part, text) in functions.iter().filter(|(part, _)| is_part(part)) {
        // A parser has two names.
        if parts.iter().all(|(_, known)| *known != text) {
            parts.push((part, text));
        }
    }
    parts
}

/// A parameter of a function's text.
struct Parameter<'t> {
    name: &'t str,
    /// Its type and its default.
    rest: &'t str,
}

impl Parameter<'_> {
    /// The declaration; with a default, so that a call may leave it out.
    fn declared(&self) -> String {
        let Self { name, rest } = self;
        if rest.contains('=') {
            return format!("{name}: {rest}");
        }
        let default = match *rest {
            "string" => "''",
            "bool" => "false",
            "dynamic" => "dynamic([])",
            "long" => "long(null)",
            "int" => "int(null)",
            "timespan" => "timespan(null)",
            _ => "datetime(null)",
        };
        format!("{name}: {rest} = {default}")
    }
}

/// The parameters that the text of a function begins with.
fn parameters_of(text: &str) -> Vec<Parameter<'_>> {
    let (mut depth, mut quote, mut start) = (0_usize, None, 0);
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => {
                depth += 1;
                if depth == 1 {
                    start = at + 1;
                }
            }
            (None, ')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    parts.push(text.get(start..at).unwrap_or_default());
                    break;
                }
            }
            (None, ',') if depth == 1 => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts
        .into_iter()
        .filter_map(|part| part.split_once(':'))
        .map(|(name, rest)| Parameter { name: name.trim(), rest: rest.trim() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsers_are_united_with_their_parameters() {
        let mut functions = BTreeMap::new();
        let mut add = |names: &[&str], text: &str| {
            for name in names {
                functions.insert((*name).to_owned(), text.to_owned());
            }
        };
        add(
            &["vimDnsA", "_Im_Dns_A"],
            "(starttime: datetime = datetime(null), domains: dynamic = dynamic([1, 2])) { A }",
        );
        add(&["vimDnsB"], "(starttime: datetime, kind: string = ',)') { B }");
        add(&["ASimDnsA"], "() { A }");
        add(&["vimWebSessionA"], "() { W }");
        let expected = "(starttime: datetime = datetime(null), domains: dynamic = dynamic([1, 2]), kind: string = ',)') { \
            union isfuzzy=true (_Im_Dns_A(starttime = starttime, domains = domains)), (vimDnsB(starttime = starttime, kind = kind)) }";
        assert_eq!(united("_Im_Dns", &functions).as_deref(), Some(expected));
        assert_eq!(united("imDns", &functions).as_deref(), Some(expected));
        assert_eq!(united("ASimDns", &functions).as_deref(), Some("() { union isfuzzy=true (ASimDnsA()) }"));
        for other in ["_Im_Audit", "_Im_Dns_A", "vimDnsA", "import"] {
            assert_eq!(united(other, &functions), None, "{other}");
        }
    }
}
