//! Reads off a query which tables it begins with and what their rows must meet, so that they come through: literals that are
//! compared with columns, alternative by alternative. It must not know how rows are made of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kqlite::syntax::SyntaxNode;
use kqlite::syntax::ast::{
    BinaryOperator as Op, Expression, FunctionCall, InOperator, LetValue, LiteralKind, QueryOperator,
    Statement,
};
use kqlite::syntax::{Parsed, parse};
use kqlite::{Database, DateTime, Options, Value};

/// The most alternatives of a condition that are kept.
const MAX_ALTERNATIVES: usize = 24;
/// How many items of a list are tried, each as an alternative.
const MAX_ITEMS: usize = 4;
/// How deep names are followed.
const MAX_DEPTH: usize = 40;

/// A column, or a member within it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub column: String,
    pub path: Vec<String>,
}

/// What a place must hold.
#[derive(Debug, Clone)]
pub enum Demand {
    Equal(Value),
    NotEqual(Value),
    Above(Value),
    Below(Value),
    Term(String),
    Starts(String),
    Ends(String),
    Regex(String),
    Empty,
    Filled,
    PrivateAddress,
    /// Another value than another place.
    Unlike,
}

pub type Conjunction = Vec<(Place, Demand)>;

/// Rows of a table that the query begins with.
#[derive(Debug, Clone)]
pub struct Source {
    pub table: String,
    /// For each condition its alternatives.
    pub conditions: Vec<Vec<Conjunction>>,
    /// What columns are made of.
    defined: HashMap<String, Expression>,
}

impl Source {
    /// Rows of any table, without conditions.
    pub fn any() -> Self {
        Self { table: String::new(), conditions: Vec::new(), defined: HashMap::new() }
    }
}

/// What is known of a query.
pub struct Conditions<'q> {
    text: &'q str,
    database: &'q Database,
    now: DateTime,
    lets: HashMap<String, LetValue>,
    /// The statements that declare something.
    declarations: String,
    sources: Vec<Source>,
    /// The largest number that something is compared with that is no column of a table.
    pub threshold: f64,
    /// Columns whose different values are counted.
    pub counted: BTreeSet<String>,
    /// What constant expressions gave.
    known: HashMap<String, Vec<Value>>,
}

/// Reads a query.
pub fn conditions<'q>(text: &'q str, database: &'q Database, now: DateTime) -> (Vec<Source>, Conditions<'q>) {
    let Parsed { tree, .. } = parse(text);
    let mut found = Conditions {
        text,
        database,
        now,
        lets: HashMap::new(),
        declarations: String::new(),
        sources: Vec::new(),
        threshold: 0.0,
        counted: BTreeSet::new(),
        known: HashMap::new(),
    };
    for statement in &tree.statements {
        match statement {
            Statement::Let(it) => {
                found.lets.insert(it.name.text.clone(), it.value.clone());
                found.declarations += &format!("{};\n", &text[it.at.0.range()]);
            }
            Statement::Expression(it) => {
                let sources = found.walk(it, 0);
                found.sources.extend(sources);
            }
            _ => {}
        }
    }
    for node in tree.nodes() {
        if let SyntaxNode::Expression(Expression::Call(call)) = node
            && ["dcount", "make_set", "makeset", "count_distinct"]
                .iter()
                .any(|it| call.name.text.starts_with(it))
        {
            found.counted.extend(names(&call.arguments));
        }
    }
    let sources = std::mem::take(&mut found.sources);
    (sources, found)
}

fn names(expressions: &[Expression]) -> Vec<String> {
    let nodes = expressions.iter().flat_map(Expression::nodes);
    nodes
        .filter_map(|node| match node {
            SyntaxNode::Expression(Expression::Name(name)) => Some(name.text.clone()),
            _ => None,
        })
        .collect()
}

impl Conditions<'_> {
    /// The tables that rows come from, with the conditions on the way.
    fn walk(&mut self, expression: &Expression, depth: usize) -> Vec<Source> {
        if depth > MAX_DEPTH {
            return Vec::new();
        }
        match expression {
            Expression::Name(name) => match self.lets.get(&name.text).cloned() {
                Some(LetValue::Expression(it)) => self.walk(&it, depth + 1),
                Some(LetValue::Function(it)) => {
                    it.body.as_ref().map_or_else(Vec::new, |body| self.walk_body(&it.statements, body, depth))
                }
                Some(_) => Vec::new(),
                None => {
                    let (table, defined) = (name.text.clone(), HashMap::new());
                    vec![Source { table, conditions: Vec::new(), defined }]
                }
            },
            Expression::Paren(it) => self.walk(&it.inner, depth + 1),
            Expression::ToScalar(it) | Expression::ToTable(it) | Expression::Materialize(it) => {
                self.walk(&it.inner, depth + 1)
            }
            Expression::Path(it) => self.walk(&it.selector, depth + 1),
            Expression::Call(call) => {
                match (call.name.text.as_str(), self.lets.get(&call.name.text).cloned()) {
                    (_, Some(LetValue::Function(it))) => {
                        let mut sources: Vec<Source> = call
                            .arguments
                            .iter()
                            .flat_map(|argument| self.walk_tables(argument, depth))
                            .collect();
                        if let Some(body) = &it.body {
                            sources.extend(self.walk_body(&it.statements, body, depth));
                        }
                        sources
                    }
                    ("table", _) => {
                        match call.arguments.first().and_then(|it| self.values(it).into_iter().next()) {
                            Some(Value::String(name)) => {
                                vec![Source {
                                    table: name.to_string(),
                                    conditions: Vec::new(),
                                    defined: HashMap::new(),
                                }]
                            }
                            _ => Vec::new(),
                        }
                    }
                    _ => Vec::new(),
                }
            }
            Expression::Pipe(pipe) => {
                let mut sources = pipe.source.as_ref().map_or_else(Vec::new, |it| self.walk(it, depth + 1));
                for operator in &pipe.operators {
                    self.operator(operator, &mut sources, depth);
                }
                sources
            }
            _ => Vec::new(),
        }
    }

    fn walk_body(&mut self, statements: &[Statement], body: &Expression, depth: usize) -> Vec<Source> {
        for statement in statements {
            if let Statement::Let(it) = statement {
                self.lets.insert(it.name.text.clone(), it.value.clone());
            }
        }
        self.walk(body, depth + 1)
    }

    /// The tables of an argument, if it is one.
    fn walk_tables(&mut self, argument: &Expression, depth: usize) -> Vec<Source> {
        match argument {
            Expression::Name(_) | Expression::Pipe(_) | Expression::Paren(_) => {
                self.walk(argument, depth + 1)
            }
            _ => Vec::new(),
        }
    }

    fn operator(&mut self, operator: &QueryOperator, sources: &mut Vec<Source>, depth: usize) {
        match operator {
            QueryOperator::Where(it) => self.condition(&it.predicate, sources, depth),
            QueryOperator::Extend(it) | QueryOperator::Serialize(it) => define(&it.columns, sources),
            QueryOperator::Project(it) | QueryOperator::ProjectRename(it) => define(&it.columns, sources),
            QueryOperator::Summarize(it) => {
                define(it.by.as_deref().unwrap_or_default(), sources);
                define(&it.aggregates, sources);
                for aggregate in &it.aggregates {
                    if let Expression::Call(call) = aggregate.unnamed()
                        && call.name.text.ends_with("if")
                        && let Some(predicate) = call.arguments.last()
                    {
                        // Rows that are counted, among others.
                        let mut counted = sources.clone();
                        self.condition(predicate, &mut counted, depth);
                        sources.extend(counted);
                    }
                }
            }
            QueryOperator::Join(it) => {
                let kind = it
                    .parameters
                    .iter()
                    .find(|it| it.name.text == "kind")
                    .map(|it| &self.text[it.at.0.range()]);
                if !kind.is_some_and(|kind| kind.contains("anti")) {
                    let right = self.walk(&it.right, depth + 1);
                    sources.extend(right);
                }
            }
            QueryOperator::Lookup(it) => {
                let right = self.walk(&it.right, depth + 1);
                sources.extend(right);
            }
            QueryOperator::Union(it) => {
                for table in &it.tables {
                    let more = self.walk(table, depth + 1);
                    sources.extend(more);
                }
            }
            QueryOperator::Find(it) => {
                for table in &it.tables {
                    let more = self.walk(table, depth + 1);
                    sources.extend(more);
                }
                self.condition(&it.predicate, sources, depth);
            }
            QueryOperator::Search(it) => {
                for table in &it.tables {
                    let more = self.walk(table, depth + 1);
                    sources.extend(more);
                }
            }
            QueryOperator::MvExpand(it) => {
                let columns: Vec<Expression> = it.columns.iter().map(|it| it.expression.clone()).collect();
                define(&columns, sources);
            }
            QueryOperator::MvApply(it) => {
                let columns: Vec<Expression> = it.columns.iter().map(|it| it.expression.clone()).collect();
                define(&columns, sources);
                for inner in &it.subquery.operators {
                    self.operator(inner, sources, depth + 1);
                }
            }
            QueryOperator::Partition(it) => {
                for inner in &it.subquery.operators {
                    self.operator(inner, sources, depth + 1);
                }
            }
            QueryOperator::Invoke(it) => {
                if let Expression::Call(call) = &it.call
                    && let Some(LetValue::Function(function)) = self.lets.get(&call.name.text).cloned()
                    && let Some(Expression::Pipe(body)) = function.body.as_deref()
                {
                    for inner in &body.operators {
                        self.operator(inner, sources, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn condition(&mut self, predicate: &Expression, sources: &mut [Source], depth: usize) {
        // The tables that the condition reads have rows too.
        let inner: Vec<Expression> = predicate
            .nodes()
            .filter_map(|node| match node {
                SyntaxNode::Expression(Expression::In(it)) => Some(it.list.clone()),
                SyntaxNode::Expression(it @ Expression::ToScalar(_)) => Some(vec![it.clone()]),
                _ => None,
            })
            .flatten()
            .collect();
        for table in inner {
            let found = self.walk(&table, depth + 1);
            self.sources.extend(found);
        }
        for source in sources {
            let alternatives = self.alternatives(predicate, &source.defined, false);
            source.conditions.push(alternatives);
        }
    }

    /// The ways to meet a condition; one that demands nothing where it is not known.
    fn alternatives(
        &mut self,
        expression: &Expression,
        defined: &HashMap<String, Expression>,
        negated: bool,
    ) -> Vec<Conjunction> {
        let nothing = || vec![Vec::new()];
        match expression {
            Expression::Paren(it) => self.alternatives(&it.inner, defined, negated),
            Expression::Logical(it) if it.and != negated => {
                let mut all = nothing();
                for operand in &it.operands {
                    let own = self.alternatives(operand, defined, negated);
                    if all.len() * own.len() <= MAX_ALTERNATIVES {
                        all = all
                            .iter()
                            .flat_map(|before| own.iter().map(|more| [before.clone(), more.clone()].concat()))
                            .collect();
                    } else {
                        let len = all.len().max(own.len());
                        all = (0..len)
                            .map(|at| [all[at % all.len()].clone(), own[at % own.len()].clone()].concat())
                            .collect();
                    }
                }
                all
            }
            Expression::Logical(it) => {
                let all = it.operands.iter().flat_map(|operand| self.alternatives(operand, defined, negated));
                all.collect::<Vec<_>>().into_iter().take(MAX_ALTERNATIVES).collect()
            }
            Expression::Binary(it) => self.comparison(it.operator, &it.left, &it.right, defined, negated),
            Expression::Between(it) if it.negated == negated => {
                let (low, high) = (self.values(&it.low), self.values(&it.high));
                let Some(place) = place(&it.value, defined, &self.lets, 0) else { return nothing() };
                let low = low.into_iter().next().map(|low| (place.clone(), Demand::Above(low)));
                let high = high.into_iter().next().map(|high| (place, Demand::Below(high)));
                vec![low.into_iter().chain(high).collect()]
            }
            Expression::In(it) => {
                let is_not = matches!(it.operator, InOperator::NotIn | InOperator::NotInTilde);
                let Some(place) = place(&it.left, defined, &self.lets, 0) else { return nothing() };
                let values: Vec<Value> = it.list.iter().flat_map(|item| self.values(item)).collect();
                let term = |value: &Value| (place.clone(), Demand::Term(value.to_string()));
                if is_not != negated {
                    let is_term = matches!(it.operator, InOperator::HasAny | InOperator::HasAll);
                    let unlike = values
                        .into_iter()
                        .filter(|_| !is_term)
                        .map(|it| (place.clone(), Demand::NotEqual(it)));
                    return vec![unlike.collect()];
                }
                let found: Vec<Conjunction> = match it.operator {
                    InOperator::HasAll => vec![values.iter().map(term).collect()],
                    InOperator::HasAny => values.iter().take(MAX_ITEMS).map(|it| vec![term(it)]).collect(),
                    _ => {
                        let equal = |it: Value| vec![(place.clone(), Demand::Equal(it))];
                        values.into_iter().take(MAX_ITEMS).map(equal).collect()
                    }
                };
                if found.is_empty() { nothing() } else { found }
            }
            Expression::Call(call) => self.call(call, defined, negated),
            Expression::Name(_) | Expression::Path(_) | Expression::Element(_) => {
                if let Expression::Name(name) = expression
                    && let Some(own) = defined.get(&name.text)
                    && !matches!(own, Expression::Name(_))
                {
                    return self.alternatives(&own.clone(), &without(defined, &name.text), negated);
                }
                let holds = |place| vec![vec![(place, Demand::Equal(Value::Bool(!negated)))]];
                place(expression, defined, &self.lets, 0).map_or_else(nothing, holds)
            }
            _ => nothing(),
        }
    }

    fn call(
        &mut self,
        call: &FunctionCall,
        defined: &HashMap<String, Expression>,
        negated: bool,
    ) -> Vec<Conjunction> {
        let Some(first) = call.arguments.first() else { return vec![Vec::new()] };
        let demand =
            match (call.name.text.as_str(), negated) {
                ("not", _) => return self.alternatives(first, defined, !negated),
                ("tobool" | "toboolean", _) => return self.alternatives(first, defined, negated),
                ("isempty" | "isnull", false)
                | ("isnotempty" | "isnotnull" | "notempty" | "notnull", true) => Demand::Empty,
                ("isnotempty" | "isnotnull" | "notempty" | "notnull", false)
                | ("isempty" | "isnull", true) => Demand::Filled,
                ("ipv4_is_private", false) => Demand::PrivateAddress,
                ("has_ipv4" | "has_any_ipv4" | "has_any_index", false) => {
                    match call.arguments.get(1).and_then(|it| self.values(it).into_iter().next()) {
                        Some(value) => Demand::Term(value.to_string()),
                        None => return vec![Vec::new()],
                    }
                }
                ("iff" | "iif", _) if call.arguments.len() == 3 => {
                    return self.alternatives(first, defined, negated);
                }
                _ => return vec![Vec::new()],
            };
        vec![place(first, defined, &self.lets, 0).map(|place| (place, demand)).into_iter().collect()]
    }

    fn comparison(
        &mut self,
        operator: Op,
        left: &Expression,
        right: &Expression,
        defined: &HashMap<String, Expression>,
        negated: bool,
    ) -> Vec<Conjunction> {
        let found = (place(left, defined, &self.lets, 0), place(right, defined, &self.lets, 0));
        let operator = if negated { negation(operator) } else { operator };
        let (place, value, operator) = match found {
            (Some(left), Some(_)) => {
                let unlike = matches!(operator, Op::NotEqual | Op::NotTilde);
                return vec![if unlike { vec![(left, Demand::Unlike)] } else { Vec::new() }];
            }
            (Some(place), None) => (place, self.values(right).into_iter().next(), operator),
            (None, Some(place)) => (place, self.values(left).into_iter().next(), mirrored(operator)),
            (None, None) => {
                let values = [left, right].into_iter().flat_map(|it| self.values(it)).collect::<Vec<_>>();
                let numbers = values.iter().filter_map(number).filter(|it| *it < 500.0);
                self.threshold = numbers.fold(self.threshold, f64::max);
                return vec![Vec::new()];
            }
        };
        let Some(value) = value else { return vec![Vec::new()] };
        let text = value.to_string();
        // A column that is made of others, such as a count, is compared with a number.
        if let Some(number) = number(&value)
            && number < 500.0
        {
            self.threshold = self.threshold.max(number);
        }
        let demand = match operator {
            Op::Equal | Op::EqualTilde => Demand::Equal(value),
            Op::NotEqual | Op::NotTilde => Demand::NotEqual(value),
            Op::Greater | Op::GreaterOrEqual => Demand::Above(value),
            Op::Less | Op::LessOrEqual => Demand::Below(value),
            Op::Has
            | Op::HasCs
            | Op::Contains
            | Op::ContainsCs
            | Op::HasPrefix
            | Op::HasPrefixCs
            | Op::Search => Demand::Term(text),
            Op::HasSuffix | Op::HasSuffixCs => Demand::Term(text),
            Op::StartsWith | Op::StartsWithCs => Demand::Starts(text),
            Op::EndsWith | Op::EndsWithCs => Demand::Ends(text),
            Op::MatchesRegex => Demand::Regex(text),
            _ => return vec![Vec::new()],
        };
        vec![vec![(place, demand)]]
    }

    /// The values of an expression that reads no column: one, or those of a list or of a table.
    fn values(&mut self, expression: &Expression) -> Vec<Value> {
        if let Expression::Literal(literal) = expression
            && literal.kind == LiteralKind::String
        {
            return vec![Value::from(literal.value.as_str())];
        }
        let text = &self.text[expression.span().range()];
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let options = Options::new(self.now);
        let run = |query: &str| {
            let answer = self.database.compile(query).and_then(|it| it.run(self.database, &options)).ok()?;
            Some((0..answer.len().min(MAX_ITEMS * 4)).map(|row| answer.row(row).into_iter().next()).collect())
        };
        let found: Option<Vec<Option<Value>>> =
            run(&format!("{}print kqlite_value = ({text})", self.declarations))
                .or_else(|| run(&format!("{}{text} | take 20", self.declarations)));
        let values: Vec<Value> = found
            .unwrap_or_default()
            .into_iter()
            .flatten()
            .flat_map(|value| match &value {
                Value::Dynamic(items) => match items.as_array() {
                    Some(items) => items.iter().map(|item| Value::from(item.to_text().as_str())).collect(),
                    None => vec![value],
                },
                _ => vec![value],
            })
            .filter(|value| !value.is_null())
            .collect();
        self.known.insert(text.to_owned(), values.clone());
        values
    }
}

/// The number that a value is.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(f64::from(*n)),
        Value::Long(n) => Some(*n as f64),
        Value::Real(n) => Some(*n),
        _ => None,
    }
}

fn define(columns: &[Expression], sources: &mut [Source]) {
    for column in columns {
        if let Expression::Named(it) = column
            && let [name] = it.names.as_slice()
        {
            for source in &mut *sources {
                // What a column was made of before is put in its place.
                let own = source.defined.get(&name.text).cloned();
                match (&it.value, own) {
                    (Expression::Name(same), _) if same.text == name.text => {}
                    (_, Some(own)) if names(std::slice::from_ref(&it.value)).contains(&name.text) => {
                        source.defined.insert(name.text.clone(), own);
                    }
                    _ if names(std::slice::from_ref(&it.value)).contains(&name.text) => {}
                    _ => _ = source.defined.insert(name.text.clone(), it.value.clone()),
                }
            }
        }
    }
}

fn without(defined: &HashMap<String, Expression>, name: &str) -> HashMap<String, Expression> {
    let mut left = defined.clone();
    left.remove(name);
    left
}

/// The column or member that an expression reads, through conversions.
fn place(
    expression: &Expression,
    defined: &HashMap<String, Expression>,
    lets: &HashMap<String, LetValue>,
    depth: usize,
) -> Option<Place> {
    if depth > MAX_DEPTH {
        return None;
    }
    let within = |target: &Expression, key: String| {
        let mut place = place(target, defined, lets, depth + 1)?;
        place.path.push(key);
        Some(place)
    };
    match expression {
        Expression::Name(name) => match defined.get(&name.text) {
            Some(own) => place(own, defined, lets, depth + 1),
            None if lets.contains_key(&name.text) => None,
            None => Some(Place { column: name.text.clone(), path: Vec::new() }),
        },
        Expression::Paren(it) => place(&it.inner, defined, lets, depth + 1),
        Expression::Named(it) => place(&it.value, defined, lets, depth + 1),
        Expression::Path(it) => match &it.selector {
            Expression::Name(name) => within(&it.target, name.text.clone()),
            _ => None,
        },
        Expression::Element(it) => match &it.index {
            Expression::Literal(literal) => within(&it.target, literal.value.clone()),
            _ => None,
        },
        Expression::Call(call) => match (call.name.text.as_str(), call.arguments.as_slice()) {
            ("column_ifexists" | "columnifexists", [Expression::Literal(name), ..]) => {
                Some(Place { column: name.value.clone(), path: Vec::new() })
            }
            (
                "tostring" | "tolower" | "toupper" | "todynamic" | "parse_json" | "parsejson" | "toint"
                | "tolong" | "todatetime" | "toreal" | "todouble" | "tobool" | "toboolean" | "bin" | "floor"
                | "coalesce" | "startofday" | "trim_end" | "any" | "take_any" | "min" | "max" | "url_decode"
                | "make_set" | "make_list" | "arg_max" | "arg_min" | "makeset" | "makelist" | "set_union",
                [first, ..],
            ) => place(first, defined, lets, depth + 1),
            ("trim" | "trim_start" | "extract" | "split", arguments) => {
                let text = if call.name.text == "split" { arguments.first() } else { arguments.last() };
                place(text?, defined, lets, depth + 1)
            }
            _ => None,
        },
        _ => None,
    }
}

const fn negation(operator: Op) -> Op {
    match operator {
        Op::Equal => Op::NotEqual,
        Op::EqualTilde => Op::NotTilde,
        Op::NotEqual => Op::Equal,
        Op::NotTilde => Op::EqualTilde,
        Op::Greater => Op::LessOrEqual,
        Op::GreaterOrEqual => Op::Less,
        Op::Less => Op::GreaterOrEqual,
        Op::LessOrEqual => Op::Greater,
        // A text that does not have it is what nobody asked for.
        _ => Op::Add,
    }
}

const fn mirrored(operator: Op) -> Op {
    match operator {
        Op::Greater => Op::Less,
        Op::GreaterOrEqual => Op::LessOrEqual,
        Op::Less => Op::Greater,
        Op::LessOrEqual => Op::GreaterOrEqual,
        other => other,
    }
}

/// The demands on each place.
pub fn by_place(conjunction: &Conjunction) -> BTreeMap<Place, Vec<Demand>> {
    let mut all: BTreeMap<Place, Vec<Demand>> = BTreeMap::new();
    for (place, demand) in conjunction {
        all.entry(place.clone()).or_default().push(demand.clone());
    }
    all
}
