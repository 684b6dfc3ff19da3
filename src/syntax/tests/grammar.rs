//! The grammar's document against the parser: every sentence that is sampled from grammar/kql.ebnf has to be read, and
//! every rule is named after a function.

use std::collections::BTreeMap;

use crate::syntax::{format, parse};

const GRAMMAR: &str = include_str!("../../../grammar/kql.ebnf");

/// One side of a rule.
#[derive(Debug, Clone)]
enum Node {
    Text(String),
    Rule(String),
    Special(String),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Optional(Box<Node>),
    Repeated(Box<Node>),
}

/// Reads the notation of the document.
struct Reader {
    tokens: Vec<String>,
    at: usize,
}

impl Reader {
    fn rules(text: &str) -> BTreeMap<String, Node> {
        let mut reader = Self { tokens: tokens(text), at: 0 };
        let mut rules = BTreeMap::new();
        while reader.at < reader.tokens.len() {
            let name = reader.next();
            assert_eq!(reader.next(), "=", "after {name}");
            let node = reader.choice();
            assert_eq!(reader.next(), ";", "after the rule {name}");
            assert!(rules.insert(name.clone(), node).is_none(), "{name} stands twice");
        }
        rules
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.tokens[self.at - 1].clone()
    }

    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn choice(&mut self) -> Node {
        let mut all = vec![self.sequence()];
        while self.peek() == "|" {
            self.next();
            all.push(self.sequence());
        }
        if all.len() == 1 { all.remove(0) } else { Node::Choice(all) }
    }

    fn sequence(&mut self) -> Node {
        let mut all = Vec::new();
        while !matches!(self.peek(), "|" | ";" | ")" | "]" | "}" | "") {
            let token = self.next();
            all.push(match token.as_str() {
                "(" => self.closed(")", |node| node),
                "[" => self.closed("]", |node| Node::Optional(Box::new(node))),
                "{" => self.closed("}", |node| Node::Repeated(Box::new(node))),
                text if text.starts_with('"') => Node::Text(text.trim_matches('"').to_owned()),
                text if text.starts_with('?') => Node::Special(text.trim_matches('?').trim().to_owned()),
                name => Node::Rule(name.to_owned()),
            });
        }
        Node::Sequence(all)
    }

    fn closed(&mut self, end: &str, wrap: impl Fn(Node) -> Node) -> Node {
        let inner = self.choice();
        assert_eq!(self.next(), end);
        wrap(inner)
    }
}

/// The parts of the document, comments left out.
fn tokens(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = if let Some(comment) = rest.strip_prefix("(*") {
            rest = comment[comment.find("*)").expect("comments end") + 2..].trim_start();
            continue;
        } else if rest.starts_with(['"', '?']) {
            rest[1..].find(&rest[..1]).expect("it is closed") + 2
        } else {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()).max(1)
        };
        all.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    all
}

/// Texts for what the document describes in words, by how the description begins.
const SPECIALS: &[(&str, &[&str])] = &[
    ("a letter", &["a", "b1", "Timestamp", "_x", "$left", "count_", "T", "value", "type"]),
    ("a name in braces", &["{x}"]),
    ("words and stars", &["*", "a*", "*b", "a*b*", "T_*"]),
    ("a name with stars", &["[a*]", "[*b]"]),
    ("digits, or", &["0", "1", "42", "0x1F"]),
    ("digits with", &["1.5", "2.", "1e10", "1.5E-3"]),
    ("a number and", &["1d", "1.5h", "10min", "2seconds", "3ms", "4microseconds", "5ticks"]),
    ("+ or -", &["-1", "+2.5", "-1d"]),
    (
        "text in quotes",
        &["\"a\"", "'b\\'c'", "@\"d\\\"", "@'e''f'", "```g\nh```", "~~~i~~~", "h'j'", "\"\\u0041\\n\""],
    ),
    (
        "true, false",
        &[
            "true",
            "FALSE",
            "int(1)",
            "long(null)",
            "real(nan)",
            "datetime(2024-01-01 10:00)",
            "time(1.02:03:04)",
            "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
            "decimal(1.5)",
            "bool(true)",
        ],
    ),
    ("a keyword that may", &["accumulate", "earliest", "sql", "verbose", "viewers"]),
    ("a form other", &["true", "datetime(2024-01-01)", "1h", "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)"]),
    (
        "a known parameter",
        &["kind=inner", "hint.strategy=shuffle", "hint.shufflekey=a", "isfuzzy=true", "hint.remote = left"],
    ),
    ("a property of parse-kv", &["pair_delimiter=','", "kv_delimiter=\"=\"", "quote='\"'", "greedy=true"]),
    ("a property of reduce", &["threshold=0.1", "characters=\"_\""]),
    (
        "a property of render",
        &["title=\"x\"", "kind=stacked", "xcolumn=a", "series=a, b", "ymin=1", "legend=hidden"],
    ),
];

/// A small generator of numbers, the same on every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

struct Sampler<'g> {
    rules: &'g BTreeMap<String, Node>,
    /// How deep the shallowest sentence of each rule is.
    min: BTreeMap<&'g str, usize>,
    chance: Chance,
}

impl<'g> Sampler<'g> {
    fn new(rules: &'g BTreeMap<String, Node>, seed: u64) -> Self {
        let mut it = Self { rules, min: BTreeMap::new(), chance: Chance(seed) };
        // Each round finds the rules that are one level deeper.
        for _ in 0..rules.len() {
            for (name, node) in rules {
                if let Some(depth) = it.depth(node) {
                    let depth = depth + 1;
                    let min = it.min.entry(name).or_insert(depth);
                    *min = depth.min(*min);
                }
            }
        }
        it
    }

    fn depth(&self, node: &Node) -> Option<usize> {
        match node {
            Node::Text(_) | Node::Special(_) | Node::Optional(_) | Node::Repeated(_) => Some(0),
            Node::Rule(name) => self.min.get(name.as_str()).copied(),
            Node::Sequence(all) => {
                all.iter().map(|it| self.depth(it)).try_fold(0, |max, it| Some(max.max(it?)))
            }
            Node::Choice(all) => all.iter().filter_map(|it| self.depth(it)).min(),
        }
    }

    fn sample(&mut self, node: &Node, budget: usize, out: &mut Vec<String>) {
        match node {
            Node::Text(text) => out.push(text.clone()),
            Node::Special(text) => {
                let (_, samples) = SPECIALS
                    .iter()
                    .find(|(start, _)| text.starts_with(start))
                    .unwrap_or_else(|| panic!("no samples for {text}"));
                out.push(samples[self.chance.below(samples.len())].to_owned());
            }
            Node::Rule(name) => {
                let rules = self.rules;
                let rule = rules.get(name).unwrap_or_else(|| panic!("no rule {name}"));
                self.sample(rule, budget.saturating_sub(1), out);
            }
            Node::Sequence(all) => all.iter().for_each(|it| self.sample(it, budget, out)),
            Node::Choice(all) => {
                let fitting: Vec<&Node> =
                    all.iter().filter(|it| self.depth(it).is_some_and(|depth| depth < budget)).collect();
                let chosen = if fitting.is_empty() {
                    all.iter().min_by_key(|it| self.depth(it).unwrap_or(usize::MAX))
                } else {
                    fitting.get(self.chance.below(fitting.len())).copied()
                };
                self.sample(chosen.expect("a choice has alternatives"), budget, out);
            }
            Node::Optional(inner) => {
                if self.fits(inner, budget) && self.chance.below(3) == 0 {
                    self.sample(inner, budget, out);
                }
            }
            Node::Repeated(inner) => {
                while self.fits(inner, budget) && self.chance.below(4) == 0 {
                    self.sample(inner, budget, out);
                }
            }
        }
    }

    fn fits(&self, node: &Node, budget: usize) -> bool {
        self.depth(node).is_some_and(|depth| depth < budget)
    }
}

/// The texts with two readings that the document names.
fn has_another_reading(parts: &[String]) -> bool {
    let is = |at: usize, text: &str| parts.get(at).is_some_and(|it| it == text);
    let is_star = |at: usize| parts.get(at).is_some_and(|it| it.starts_with('*'));
    let is_function = |at: usize| {
        let after_name = if is(at + 2, "[") { at + 5 } else { at + 3 };
        is(at, "=") && is(at + 1, "(") && (is(after_name, ":") || is_star(at + 2))
    };
    let is_name = |at: usize| is(at, "top-nested") && is(at + 1, "of") && is_star(at + 2);
    let is_wildcard = |at: usize| is(at, "[") && is_star(at + 1);
    // After distinct and search, a star is all columns before it is an operand.
    let has_columns = parts.iter().any(|it| it == "distinct" || it == "search");
    let is_column = |at: usize| has_columns && is(at, "*") && at + 1 < parts.len() && !is(at + 1, ",");
    // Behind find, the name of a parameter is one.
    let has_parameters = parts.iter().any(|it| it == "find");
    let is_parameter = |at: usize| {
        has_parameters
            && ["kind", "withsource", "with_source"].iter().any(|name| is(at, name))
            && !is(at + 1, "=")
    };
    let has_files = parts.iter().any(|it| it.starts_with("external")) && parts.iter().any(|it| it == "with");
    has_files
        || (0..parts.len())
            .any(|at| is_function(at) || is_name(at) || is_wildcard(at) || is_column(at) || is_parameter(at))
}

/// Sentences of the grammar, the same on every run.
fn sentences(count: usize, check: impl Fn(&str)) {
    let rules = Reader::rules(GRAMMAR);
    let mut sampler = Sampler::new(&rules, 20_240_101);
    let starts =
        ["query_block", "statement", "expression", "unnamed_expression", "sub_pipe", "query_operator"];
    let mut tried = 0;
    for round in 0..count {
        let start = starts[round % starts.len()];
        let mut parts = Vec::new();
        if matches!(start, "sub_pipe" | "query_operator") {
            parts.extend(["T".to_owned(), "|".to_owned()]);
        } else if start == "unnamed_expression" {
            parts.push("print".to_owned());
        }
        sampler.sample(&Node::Rule(start.to_owned()), 12 + round % 30, &mut parts);
        if !has_another_reading(&parts) {
            check(&parts.join(" "));
            tried += 1;
        }
    }
    assert!(tried * 2 > count, "only {tried} sentences were tried");
}

#[test]
fn the_parser_reads_every_sentence_of_the_grammar() {
    sentences(4_000, |text| {
        let parsed = parse(text);
        assert!(parsed.diagnostics.is_empty(), "{text}\n{:#?}", parsed.diagnostics.first());
    });
}

#[test]
fn sentences_keep_their_meaning_in_canonical_form() {
    sentences(2_000, |text| {
        let formatted = format(text).expect("a text without errors is formatted");
        assert_eq!(parse(&formatted).tree, parse(text).tree, "{text}\n{formatted}");
        assert_eq!(format(&formatted).as_ref(), Ok(&formatted), "{text}");
    });
}

#[test]
fn sentences_print_as_they_were_read() {
    sentences(4_000, super::print::prints_itself);
}

#[test]
fn every_rule_is_named_after_a_function() {
    let mut sources = String::from(include_str!("../lexer.rs"));
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/syntax/parser")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                sources.push_str(&std::fs::read_to_string(path).expect("a source file"));
            }
        }
    }
    for name in Reader::rules(GRAMMAR).keys() {
        let is_function =
            sources.contains(&format!("fn {name}(")) || sources.contains(&format!("fn {name}<"));
        assert!(is_function, "no function reads the rule {name}");
    }
}
