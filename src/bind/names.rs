//! How result columns are called: declared names, inferred names, and what happens where they clash.
//! It must not know how expressions are computed.

use super::binder::Binder;
use super::scope::{BoundColumn, Columns};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::function::ResultName;
use crate::plan::Expr;
use crate::syntax::ast;
use crate::types::ScalarType;

/// The columns that an operator makes, in order.
#[derive(Debug, Default)]
pub(super) struct Projection {
    pub columns: Vec<BoundColumn>,
    pub exprs: Vec<Expr>,
    places: HashMap<Arc<str>, usize>,
    /// The number that a clashing name got last.
    numbers: HashMap<Arc<str>, usize>,
    /// Names that were written out: a second declaration is a mistake.
    declared: HashSet<Arc<str>>,
    /// Input columns that are not added again.
    done: HashSet<usize>,
    /// A mistake hides the name of a column.
    open: bool,
}

impl Projection {
    /// Starts with all columns of the input.
    pub fn of(input: &Columns) -> Self {
        let mut projection = Self::default();
        for index in 0..input.list.len() {
            projection.add_input(input, index);
        }
        projection
    }

    /// Adds a column of the input under its name, unless it was added before.
    pub fn add_input(&mut self, input: &Columns, index: usize) {
        if let Some(column) = input.list.get(index)
            && self.done.insert(index)
        {
            let data_type = column.data_type.unwrap_or(ScalarType::Dynamic);
            self.add(column.name.clone(), None, column.data_type, Expr::column(index, data_type), false);
        }
    }

    /// The input's column is not added by [`Projection::add_input`].
    pub fn skip_input(&mut self, index: usize) {
        self.done.insert(index);
    }

    /// Notes that a column is there whose name a mistake hides.
    pub fn hide(&mut self) {
        self.open = true;
    }

    /// Adds a column whose name nobody wrote: a clash gives it a number. Gives its place.
    pub fn add(
        &mut self,
        name: impl Into<Arc<str>>,
        base: Option<&str>,
        data_type: Option<ScalarType>,
        expr: Expr,
        replace: bool,
    ) -> usize {
        let name = name.into();
        if replace && let Some(&at) = self.places.get(&name) {
            self.columns[at].data_type = data_type;
            self.exprs[at] = expr;
            return at;
        }
        let name = self.unique(name, base);
        self.places.insert(name.clone(), self.columns.len());
        self.columns.push(BoundColumn { name, data_type });
        self.exprs.push(expr);
        self.columns.len() - 1
    }

    /// Adds a column under a name that was written; `false` if that name was written before.
    pub fn declare(&mut self, name: &str, data_type: Option<ScalarType>, expr: Expr, replace: bool) -> bool {
        if self.declared.contains(name) {
            return false;
        }
        let at = self.add(name, None, data_type, expr, replace);
        self.declared.insert(self.columns[at].name.clone());
        true
    }

    /// Renames a column; `None` if the new name was written before or there is no such column.
    pub fn rename(&mut self, old: &str, new: &str) -> Option<()> {
        let at = *self.places.get(old)?;
        if old != new && self.places.contains_key(new) {
            return None;
        }
        self.places.remove(old);
        let new: Arc<str> = new.into();
        self.places.insert(new.clone(), at);
        self.columns[at].name = new.clone();
        self.declared.insert(new);
        Some(())
    }

    fn unique(&mut self, name: Arc<str>, base: Option<&str>) -> Arc<str> {
        if !self.places.contains_key(&name) {
            return name;
        }
        let base = base.map_or(name, Into::into);
        fresh_name(&base, &mut self.numbers, |name| self.places.contains_key(name))
    }

    pub fn into_parts(self) -> (Columns, Vec<Expr>) {
        (Columns { list: self.columns.into(), open: self.open }, self.exprs)
    }
}

/// The first of `base1`, `base2` … that is not taken. The numbers that names got last are passed over: they are taken.
pub(super) fn fresh_name(
    base: &Arc<str>,
    numbers: &mut HashMap<Arc<str>, usize>,
    is_taken: impl Fn(&str) -> bool,
) -> Arc<str> {
    let number = numbers.entry(base.clone()).or_default();
    loop {
        *number += 1;
        let name = format!("{base}{number}");
        if !is_taken(&name) {
            return name.into();
        }
    }
}

/// Gives a name that came before a number: the right side of a join. Names that are there already are passed over.
pub(super) fn make_unique(columns: &mut [BoundColumn]) {
    let mut taken: HashSet<Arc<str>> = columns.iter().map(|column| column.name.clone()).collect();
    let mut seen: HashSet<Arc<str>> = HashSet::new();
    let mut numbers = HashMap::new();
    for column in columns {
        if !seen.insert(column.name.clone()) {
            column.name = fresh_name(&column.name, &mut numbers, |name| taken.contains(name));
            taken.insert(column.name.clone());
            seen.insert(column.name.clone());
        }
    }
}

impl Binder<'_> {
    /// The name that a column made of an expression has, if the expression suggests one.
    pub(super) fn inferred_name(&self, ast: &ast::Expression, row: Option<&Columns>) -> Option<String> {
        match ast {
            ast::Expression::Paren(it) => self.inferred_name(&it.inner, row),
            ast::Expression::Name(name) => Some(name.text.clone()),
            ast::Expression::Named(it) => it.names.first().map(|name| name.text.clone()),
            ast::Expression::Path(it) => {
                let side = matches!(&it.target, ast::Expression::Name(name) if name.text.starts_with('$'));
                let left = if side { None } else { self.inferred_name(&it.target, row) };
                join(left, self.inferred_name(&it.selector, row))
            }
            ast::Expression::Element(it) => {
                let right = match &it.index {
                    ast::Expression::Literal(literal) => Some(literal.value.clone()),
                    ast::Expression::Unary(_) => None,
                    other => self.inferred_name(other, row),
                };
                join(self.inferred_name(&it.target, row), right)
            }
            ast::Expression::Call(call) => self.call_name(call, row),
            _ => None,
        }
    }

    fn call_name(&self, call: &ast::FunctionCall, row: Option<&Columns>) -> Option<String> {
        let name = call.name.text.as_str();
        let data_type = match (self.registry.scalar(name), self.registry.aggregate(name)) {
            // Of a scalar function and an aggregate of one name, such as `hll_merge`, the number of arguments tells.
            (Some(scalar), Some(aggregate)) => {
                let count = call.arguments.len();
                let fits = scalar
                    .signatures()
                    .iter()
                    .any(|it| it.min_arguments() <= count && count <= it.max_arguments());
                if fits { scalar.result_name } else { aggregate.result_name }
            }
            (Some(function), None) => function.result_name,
            (None, Some(function)) => function.result_name,
            (None, None) => ResultName::None,
        };
        let first = || call.arguments.first().and_then(|argument| self.inferred_name(argument, row));
        match data_type {
            ResultName::None => None,
            ResultName::FirstArgument => first(),
            ResultName::PrefixAndFirstArgument(prefix) => {
                Some(format!("{prefix}_{}", first().unwrap_or_default()))
            }
            ResultName::NameAndFirstArgument => Some(format!("{name}_{}", first().unwrap_or_default())),
            ResultName::PrefixOnly(prefix) => Some(prefix.to_owned()),
            ResultName::OnlyArgument if call.arguments.len() == 1 => first(),
            ResultName::OnlyArgument => None,
        }
    }

    /// `Column1`, `Column2` … across the whole query, passing over names that mean something here.
    pub(super) fn default_name(&mut self, row: Option<&Columns>) -> String {
        loop {
            let name = format!("Column{}", self.default_name);
            self.default_name += 1;
            if row.is_none_or(|row| row.find(&name).is_none()) {
                return name;
            }
        }
    }
}

fn join(left: Option<String>, right: Option<String>) -> Option<String> {
    match (left.filter(|it| !it.is_empty()), right) {
        (Some(left), right) => Some(format!("{left}_{}", right.unwrap_or_default())),
        (None, right) => right,
    }
}
