//! Reads the arguments of a plugin's call, the same way while it is bound and when it runs. It must not know any plugin.

use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentValue, InputColumn, PluginArgument, PluginBinding, PluginColumns, PluginRun, PluginTable, Result,
};
use crate::source::Span;
use crate::types::{Dynamic, ScalarType, Value};

/// What a column or constant may be, with the words for it.
#[derive(Clone, Copy)]
pub(super) struct ExpectedType {
    accepts: fn(ScalarType) -> bool,
    words: &'static str,
}

/// Any type that rows can be grouped by.
pub(super) const NOT_DYNAMIC: ExpectedType =
    ExpectedType { accepts: |it| !matches!(it, ScalarType::Dynamic), words: "of a type other than dynamic" };
/// What can be added up.
pub(super) const SUMMABLE: ExpectedType =
    ExpectedType { accepts: ScalarType::is_summable, words: "a number, a datetime or a timespan" };
pub(super) const INTEGER: ExpectedType =
    ExpectedType { accepts: |it| matches!(it, ScalarType::Int | ScalarType::Long), words: "an integer" };
pub(super) const NUMBER: ExpectedType = ExpectedType {
    accepts: |it| matches!(it, ScalarType::Int | ScalarType::Long | ScalarType::Real | ScalarType::Decimal),
    words: "a number",
};
pub(super) const DYNAMIC: ExpectedType =
    ExpectedType { accepts: |it| matches!(it, ScalarType::Dynamic), words: "of type dynamic" };
/// A step along a timeline: a summable value, or the name of a calendar period.
pub(super) const STEP: ExpectedType = ExpectedType {
    accepts: |it| it.is_summable() || matches!(it, ScalarType::String),
    words: "a number, a timespan, or one of 'week', 'month', 'year'",
};
pub(super) const ANY: ExpectedType = ExpectedType { accepts: |_| true, words: "a scalar" };

/// The arguments of a call.
pub(super) struct PluginArguments<'a> {
    pub plugin: &'a str,
    pub list: &'a [PluginArgument],
    columns: Vec<InputColumn>,
    span: Span,
    run: Option<&'a PluginRun<'a>>,
}

impl<'a> PluginArguments<'a> {
    /// Those of a call that is being bound.
    pub fn of_binding(call: &'a PluginBinding<'a>) -> Self {
        Self {
            plugin: call.name,
            list: call.arguments,
            columns: call.columns.to_vec(),
            span: call.span,
            run: None,
        }
    }

    /// Those of a call that runs.
    pub fn of_run(run: &'a PluginRun<'a>) -> Self {
        Self {
            plugin: run.call.plugin.name,
            list: &run.call.arguments,
            columns: PluginTable::of(run.input).columns,
            span: run.call.span,
            run: Some(run),
        }
    }

    pub fn error(&self, code: Code, at: usize, message: impl AsRef<str>) -> Box<Diagnostic> {
        let span = self.list.get(at).map_or(self.span, |argument| argument.span);
        Box::new(Diagnostic::error(code, span, format!("'{}' {}", self.plugin, message.as_ref())))
    }

    /// A form that is known to KQL and whose meaning is not known.
    pub fn unsupported(&self, at: usize, what: &str) -> Box<Diagnostic> {
        let span = self.list.get(at).map_or(self.span, |argument| argument.span);
        Box::new(Diagnostic::unsupported(span, &format!("form of {}", self.plugin), what))
    }

    /// Refuses another number of arguments.
    pub fn check_count(&self, min: usize, max: usize) -> Result<()> {
        let count = self.list.len();
        if (min..=max).contains(&count) {
            return Ok(());
        }
        let takes = match (min, max) {
            (0, 0) => "takes no arguments".to_owned(),
            (min, max) if min == max => format!("takes {min} arguments"),
            (1, usize::MAX) => "takes at least 1 argument".to_owned(),
            (min, usize::MAX) => format!("takes at least {min} arguments"),
            (min, max) => format!("takes {min} to {max} arguments"),
        };
        let message = format!("'{}' {takes}, {count} given", self.plugin);
        Err(Box::new(Diagnostic::error(Code::ArgumentCount, self.span, message)))
    }

    fn value(&self, at: usize) -> &'a ArgumentValue {
        self.list.get(at).map_or(&ArgumentValue::Unknown, |argument| &argument.value)
    }

    /// The name and type of a column of the rows.
    pub fn described(&self, column: usize) -> (String, ScalarType) {
        let found = self.columns.get(column);
        let data_type = found.and_then(|it| it.data_type).unwrap_or(ScalarType::Dynamic);
        (found.map_or_else(String::new, |it| it.name.clone()), data_type)
    }

    /// The column that an argument names.
    pub fn column(&self, at: usize, parameter: &str, expected: ExpectedType) -> Result<usize> {
        let ArgumentValue::Column(column) = *self.value(at) else {
            let message = format!("expects the name of a column for {parameter}");
            return Err(self.error(Code::ExpectedColumn, at, message));
        };
        self.check_type(at, parameter, self.described(column).1, expected)?;
        Ok(column)
    }

    /// The column of an argument that may be an expression over a row, too.
    pub fn values(&self, at: usize, parameter: &str, expected: ExpectedType) -> Result<usize> {
        match *self.value(at) {
            ArgumentValue::Computed { column, data_type, .. } => {
                self.check_type(at, parameter, data_type, expected)?;
                Ok(column)
            }
            ArgumentValue::Constant(..) => Err(self.unsupported(at, &format!("a constant for {parameter}"))),
            _ => self.column(at, parameter, expected),
        }
    }

    /// The columns that the arguments from a place on name.
    pub fn columns_from(&self, first: usize, parameter: &str, expected: ExpectedType) -> Result<Vec<usize>> {
        (first..self.list.len()).map(|at| self.column(at, parameter, expected)).collect()
    }

    fn check_type(
        &self,
        at: usize,
        parameter: &str,
        found: ScalarType,
        expected: ExpectedType,
    ) -> Result<()> {
        if (expected.accepts)(found) {
            return Ok(());
        }
        let message = format!("expects {parameter} to be {}, this is {found}", expected.words);
        Err(self.error(Code::ExpectedType, at, message))
    }

    /// The type of an argument that is the same for all rows.
    pub fn constant_type(&self, at: usize, parameter: &str, expected: ExpectedType) -> Result<ScalarType> {
        let data_type = match self.value(at) {
            ArgumentValue::Constant(_, data_type)
            | ArgumentValue::Computed { data_type, is_constant: true, .. } => *data_type,
            _ => {
                let message = format!("expects a constant for {parameter}");
                return Err(self.error(Code::ExpectedConstant, at, message));
            }
        };
        self.check_type(at, parameter, data_type, expected)?;
        Ok(data_type)
    }

    /// The value of such an argument; `None` while it is not known yet, or if there is no row to read it from.
    pub fn constant(&self, at: usize, parameter: &str, expected: ExpectedType) -> Result<Option<Value>> {
        self.constant_type(at, parameter, expected)?;
        Ok(match self.value(at) {
            ArgumentValue::Constant(value, _) => Some(value.clone()),
            ArgumentValue::Computed { column, .. } => {
                let found = self.run.and_then(|run| run.input.columns().get(*column));
                found.filter(|column| !column.is_empty()).map(|column| column.value(0))
            }
            _ => None,
        })
    }

    /// The items of a constant array.
    pub fn items(&self, at: usize, parameter: &str) -> Result<Option<Vec<Dynamic>>> {
        match self.constant(at, parameter, DYNAMIC)? {
            None => Ok(None),
            Some(Value::Dynamic(value)) if value.as_array().is_some() => {
                Ok(value.as_array().map(<[Dynamic]>::to_vec))
            }
            Some(_) => {
                Err(self.error(Code::ExpectedType, at, format!("expects {parameter} to be a dynamic array")))
            }
        }
    }
}

/// What is said of a call of which nothing is known.
pub(super) const fn hidden() -> PluginColumns {
    PluginColumns::open(Vec::new())
}

/// A column of a result.
pub(super) fn result(name: impl Into<String>, data_type: ScalarType) -> InputColumn {
    InputColumn { name: name.into(), data_type: Some(data_type) }
}
