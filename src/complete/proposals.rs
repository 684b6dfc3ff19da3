//! Proposals made of entries, of names in scope and of what the grammar expects. It must not know the text.

use std::borrow::Cow;
use std::collections::HashSet;

use super::completion::{Completion, CompletionKind, Completions};
use crate::bind::{Place, PlaceKind, VariableKind};
use crate::function::{Category, Registry, Semantics, Signature};
use crate::reference::{EntryKind, LanguageEntry};
use crate::source::Span;
use crate::syntax::{Expected, written_name};
use crate::types::ScalarType;

/// No more than this are told.
const MAX_ITEMS: usize = 20_000;

/// Proposals as they are collected.
pub(super) struct Proposals<'r> {
    registry: &'r Registry,
    list: Vec<Completion>,
    /// What is there: names with what is put in for them.
    seen: HashSet<(String, String)>,
    /// The text goes on with a parenthesis, so that a function needs none.
    has_parenthesis: bool,
    is_incomplete: bool,
}

impl<'r> Proposals<'r> {
    pub fn new(registry: &'r Registry, has_parenthesis: bool) -> Self {
        Self { registry, list: Vec::new(), seen: HashSet::new(), has_parenthesis, is_incomplete: false }
    }

    /// Adds a proposal, unless the same is there.
    fn add(&mut self, item: Completion) {
        if self.list.len() >= MAX_ITEMS {
            self.is_incomplete = true;
        } else if self.seen.insert((item.label.clone(), item.insert.clone())) {
            self.list.push(item);
        }
    }

    fn add_plain(&mut self, label: &str, kind: CompletionKind) {
        self.add(plain(label, kind, label));
    }

    fn add_name(&mut self, name: &str, kind: CompletionKind, detail: Option<String>) {
        self.add(Completion { detail, ..plain(name, kind, &written_name(name)) });
    }

    fn add_function(
        &mut self,
        name: &str,
        kind: CompletionKind,
        parameters: &str,
        summary: Option<Cow<'static, str>>,
    ) {
        let parentheses = match parameters {
            _ if self.has_parenthesis => "",
            "()" => "()",
            _ => "(",
        };
        let insert = format!("{}{parentheses}", written_name(name));
        let detail = Some(format!("{name}{parameters}"));
        self.add(Completion { detail, summary, ..plain(name, kind, &insert) });
    }

    fn add_entry(&mut self, name: &str, kind: CompletionKind, entry: &LanguageEntry, insert: &str) {
        let detail = entry.syntax.first().map(|it| (*it).to_owned());
        self.add(Completion { detail, summary: Some(entry.summary.into()), ..plain(name, kind, insert) });
    }

    /// Adds the entries of the language that fit, under each of their names.
    fn add_entries(&mut self, kind: CompletionKind, fits: impl Fn(&LanguageEntry) -> bool) {
        for entry in self.registry.language_entries().into_iter().filter(|it| fits(it)) {
            for name in entry.names().filter(|name| is_word(name)) {
                self.add_entry(name, kind, entry, name);
            }
        }
    }

    /// The texts that an argument of a function may be, in quotes or without.
    pub fn add_choices(&mut self, function: &str, argument: usize, quoted: bool) {
        let Some(function) = self.registry.scalar(function) else { return };
        for choice in function.signatures().iter().filter_map(|it| choices(it, argument)).flatten() {
            let insert = if quoted { format!("'{choice}'") } else { (*choice).to_owned() };
            self.add(plain(choice, CompletionKind::Value, &insert));
        }
    }

    /// What may be named at the place.
    pub fn add_place(&mut self, place: &Place, expected: &[Expected]) {
        use PlaceKind::{Aggregate, Any, Column, Invoked, JoinKey, JoinSide, Scalar, Table};
        let kind = place.kind;
        // Where no operand is expected, only names may stand: `project-away` takes no functions.
        let is_operand = expected.contains(&Expected::Operand);
        if matches!(kind, JoinKey | JoinSide) {
            for side in ["$left", "$right"] {
                self.add(plain(side, CompletionKind::Keyword, &format!("{side}.")));
            }
        }
        if matches!(kind, Any | Scalar | Column | JoinKey) {
            for (name, data_type) in &place.columns {
                self.add_name(name, CompletionKind::Column, data_type.map(type_name));
            }
        }
        for variable in &place.variables {
            let name = &*variable.name;
            match &variable.kind {
                VariableKind::Scalar(data_type) if matches!(kind, Any | Scalar | Aggregate) => {
                    self.add_name(name, CompletionKind::Variable, data_type.map(type_name));
                }
                VariableKind::Table if matches!(kind, Any | Table) => {
                    self.add_name(name, CompletionKind::Variable, Some("table".to_owned()));
                }
                VariableKind::Function(parameters) if !matches!(kind, Column | JoinKey | JoinSide) => {
                    self.add_function(name, CompletionKind::UserFunction, parameters, None);
                }
                VariableKind::Other if matches!(kind, Any | Table | Scalar) => {
                    self.add_name(name, CompletionKind::Variable, None);
                }
                _ => {}
            }
        }
        if matches!(kind, Any | Table) {
            for name in &place.tables {
                self.add_name(name, CompletionKind::Table, Some("table".to_owned()));
            }
        }
        if matches!(kind, Any | Table | Scalar | Aggregate | Invoked) {
            for (name, parameters) in &place.functions {
                self.add_function(name, CompletionKind::UserFunction, parameters, None);
            }
        }
        if !is_operand {
            return;
        }
        if kind == Aggregate {
            self.add_aggregates();
        }
        if matches!(kind, Any | Scalar | Aggregate) {
            self.add_scalars(place.is_serialized);
            self.add_literals();
        }
        if matches!(kind, Any | Scalar | Table) {
            self.add_tabular_functions();
        }
        if matches!(kind, Any | Table) {
            self.add_entries(CompletionKind::Source, |it| it.kind == EntryKind::Source && begins_query(it));
        }
    }

    fn add_aggregates(&mut self) {
        let registry = self.registry;
        for function in registry.aggregates() {
            let parameters = shown(&function.signatures);
            for name in function.names() {
                let summary = Some(function.summary.clone());
                self.add_function(name, CompletionKind::Aggregate, &parameters, summary);
            }
        }
    }

    fn add_scalars(&mut self, is_serialized: bool) {
        let registry = self.registry;
        for function in registry.scalars() {
            if function.category == Category::Operator || (function.needs_serialized_rows() && !is_serialized)
            {
                continue;
            }
            let parameters = shown(function.signatures());
            for name in function.names() {
                self.add_function(name, CompletionKind::Function, &parameters, Some(function.summary.into()));
            }
        }
    }

    /// Types whose literals are written as a call: `datetime(…)`.
    fn add_literals(&mut self) {
        for entry in self.registry.language_entries() {
            let form = format!("{}(", entry.name);
            if entry.kind == EntryKind::DataType && entry.syntax.iter().any(|it| it.starts_with(&form)) {
                let insert = if self.has_parenthesis { entry.name } else { &form };
                self.add_entry(entry.name, CompletionKind::Type, entry, insert);
            }
        }
    }

    fn add_tabular_functions(&mut self) {
        for entry in self.registry.language_entries() {
            if entry.kind == EntryKind::TabularFunction {
                let insert = format!("{}{}", entry.name, if self.has_parenthesis { "" } else { "(" });
                self.add_entry(entry.name, CompletionKind::Function, entry, &insert);
            }
        }
    }

    /// What the grammar lets stand there beside names. `operator` is the word that the operator at hand begins with.
    pub fn add_expected(&mut self, expected: &[Expected], operator: Option<&str>) {
        let entries = operator.map(|name| self.registry.language(name)).unwrap_or_default();
        // What is more special comes first, since of things that are called the same the first is kept.
        for it in expected {
            match it {
                Expected::PipedOperator => {
                    self.add_entries(CompletionKind::Operator, |it| it.kind == EntryKind::TabularOperator);
                }
                Expected::FirstOperator => self.add_entries(CompletionKind::Source, |it| {
                    matches!(it.kind, EntryKind::TabularOperator | EntryKind::Source) && begins_query(it)
                }),
                Expected::Infix => self.add_infix(),
                Expected::Type => {
                    for data_type in ScalarType::ALL {
                        let entry = self.registry.language(data_type.as_str());
                        match entry.iter().find(|it| it.kind == EntryKind::DataType) {
                            Some(entry) => {
                                self.add_entry(entry.name, CompletionKind::Type, entry, entry.name);
                            }
                            None => self.add_plain(data_type.as_str(), CompletionKind::Type),
                        }
                    }
                }
                Expected::Statement => {
                    self.add_entries(CompletionKind::Statement, |it| {
                        it.kind == EntryKind::Statement && begins_query(it)
                    });
                }
                Expected::Plugin => self.add_plugins(),
                Expected::Keyword(_)
                | Expected::Parameter(_)
                | Expected::Value(_)
                | Expected::Operand
                | Expected::Name
                | Expected::Call => {}
            }
        }
        for it in expected {
            match it {
                Expected::Keyword(word) => self.add_word(word, CompletionKind::Keyword, "", &entries),
                Expected::Parameter(word) => self.add_word(word, CompletionKind::Parameter, "=", &entries),
                Expected::Value(word) => self.add_word(word, CompletionKind::Value, "", &entries),
                _ => {}
            }
        }
    }

    /// A word of the operator at hand, with what its entry says of it.
    fn add_word(
        &mut self,
        word: &str,
        kind: CompletionKind,
        behind: &str,
        entries: &[&'static LanguageEntry],
    ) {
        // What has an entry of its own is proposed by it.
        let is_other =
            |it: &&LanguageEntry| matches!(it.kind, EntryKind::TabularFunction | EntryKind::Source);
        let is_told = kind == CompletionKind::Keyword && self.registry.language(word).iter().any(is_other);
        // Words that are not for people, and those that KQL knows and that do not run.
        if is_told || word.starts_with("__") || self.registry.unsupported(word).next().is_some() {
            return;
        }
        let kind = if word.starts_with("hint.") { CompletionKind::Hint } else { kind };
        let parameters = entries.iter().flat_map(|entry| entry.parameters);
        let found = parameters.into_iter().find(|it| it.name.eq_ignore_ascii_case(word));
        let summary = found.map(|it| it.summary.into());
        self.add(Completion { summary, ..plain(word, kind, &format!("{word}{behind}")) });
    }

    fn add_infix(&mut self) {
        let registry = self.registry;
        for function in registry.scalars() {
            let is_infix = function.category == Category::Operator
                && !function.is_prefix()
                && !matches!(function.semantics, Semantics::Item | Semantics::Member);
            if is_infix {
                for name in function.names() {
                    self.add(Completion {
                        detail: Some(shown(function.signatures())),
                        summary: Some(function.summary.into()),
                        ..plain(name, CompletionKind::ScalarOperator, name)
                    });
                }
            }
        }
    }

    fn add_plugins(&mut self) {
        let registry = self.registry;
        for plugin in registry.plugins() {
            let insert = format!("{}{}", plugin.name, if self.has_parenthesis { "" } else { "(" });
            self.add_entry(plugin.name, CompletionKind::Plugin, &plugin.entry(), &insert);
        }
    }

    /// The proposals by kind; those of a kind in their order, if they have one, else by name.
    pub fn into_completions(mut self, span: Span, typed: &str) -> Completions {
        let has_order =
            |kind| matches!(kind, CompletionKind::Column | CompletionKind::Variable | CompletionKind::Value);
        self.list.sort_by(|a, b| {
            // Words before signs: `has` before `!has` and `==`.
            let is_sign = |it: &Completion| !it.label.starts_with(|c: char| c.is_ascii_alphabetic());
            let by_name = || (is_sign(a), &a.label).cmp(&(is_sign(b), &b.label));
            let by_kind = a.kind.cmp(&b.kind);
            if has_order(a.kind) { by_kind } else { by_kind.then_with(by_name) }
        });
        Completions { span, typed: typed.to_owned(), items: self.list, is_incomplete: self.is_incomplete }
    }
}

fn plain(label: &str, kind: CompletionKind, insert: &str) -> Completion {
    Completion { label: label.to_owned(), kind, insert: insert.to_owned(), detail: None, summary: None }
}

fn type_name(data_type: ScalarType) -> String {
    data_type.as_str().to_owned()
}

/// A name that is one word, hyphens included, and that is meant for people.
fn is_word(name: &str) -> bool {
    !name.starts_with("__") && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' '))
}

/// An entry whose syntax begins with its name, or with rows that may be left out.
fn begins_query(entry: &LanguageEntry) -> bool {
    let begins = |form: &str| form.strip_prefix("[T |] ").unwrap_or(form).starts_with(entry.name);
    entry.syntax.iter().any(|form| begins(form))
}

/// The parameters of a function's first form.
fn shown(signatures: &[Signature]) -> String {
    signatures.first().map_or_else(|| "()".to_owned(), ToString::to_string)
}

/// The texts that an argument may be, by its number.
fn choices(signature: &Signature, argument: usize) -> Option<&'static [&'static str]> {
    let mut before = 0_usize;
    for parameter in signature.parameters.iter() {
        before = before.saturating_add(parameter.most());
        if argument < before {
            return Some(parameter.one_of).filter(|it| !it.is_empty());
        }
    }
    None
}
