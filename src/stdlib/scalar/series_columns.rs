//! Series functions that give several columns: their names, and their rows within the budget.
//! It must not know any particular function.

use std::sync::Arc;

use crate::column::{Column, DynamicType};
use crate::function::{ArgumentInfo, Call, Result};
use crate::types::{Bag, Dynamic, ScalarType, Value};

/// Names of result columns: the function's name, the first argument's, and what each one is.
pub(super) fn named(
    function: &str,
    arguments: &[ArgumentInfo<'_>],
    parts: &[(&str, ScalarType)],
) -> Vec<(String, ScalarType)> {
    let argument = arguments.first().map_or("", |argument| argument.name);
    parts.iter().map(|(part, data_type)| (format!("{function}_{argument}_{part}"), *data_type)).collect()
}

/// The names of columns that are all series.
pub(super) fn named_series(
    function: &str,
    arguments: &[ArgumentInfo<'_>],
    parts: &[&str],
) -> Vec<(String, ScalarType)> {
    let parts: Vec<(&str, ScalarType)> = parts.iter().map(|part| (*part, ScalarType::Dynamic)).collect();
    named(function, arguments, &parts)
}

/// A property bag of these members.
pub(super) fn bag<const N: usize>(members: [(&str, Dynamic); N]) -> Dynamic {
    Dynamic::bag(members.into_iter().map(|(key, value)| (Arc::from(key), value)).collect::<Bag>())
}

/// A series of reals.
pub(super) fn series_of(numbers: impl IntoIterator<Item = f64>) -> Dynamic {
    Dynamic::array(numbers.into_iter().map(Dynamic::Real).collect())
}

/// A function of each row's arguments read as dynamic values, nulls included, that gives a value for each result column, or
/// nulls in all of them; once if all arguments are constant.
pub(super) fn map_columns<const N: usize>(
    call: &Call<'_>,
    f: impl Fn(&[&Dynamic]) -> Result<Option<[Value; N]>>,
) -> Result<Vec<Column>> {
    const NULL: &Dynamic = &Dynamic::Null;
    let constant = call.count() > 0 && call.arguments.iter().all(|column| column.as_constant().is_some());
    let columns = (0..call.count())
        .map(|at| call.argument_as(at, ScalarType::Dynamic))
        .collect::<Result<Vec<Column>>>()?;
    let views = columns.iter().map(|column| call.view::<DynamicType>(column)).collect::<Result<Vec<_>>>()?;
    let rows = if constant { call.rows.min(1) } else { call.rows };
    let mut results = [const { Vec::new() }; N];
    let mut bytes = 0_usize;
    for row in 0..rows {
        let arguments: Vec<&Dynamic> = views.iter().map(|view| view.get(row).unwrap_or(NULL)).collect();
        let read = arguments.iter().fold(0, |sum: usize, it| sum.saturating_add(it.byte_size()));
        let values = f(&arguments)?.unwrap_or([const { Value::Null }; N]);
        let made = values.iter().fold(0, |sum: usize, it| sum.saturating_add(it.byte_size()));
        bytes = bytes.saturating_add(made);
        call.work(read.saturating_add(made))?;
        call.reserve(bytes)?;
        results.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    let column = |(values, data_type): (Vec<Value>, &ScalarType)| {
        if constant {
            let value = values.into_iter().next().unwrap_or(Value::Null);
            return Column::constant(value, *data_type, call.rows);
        }
        Column::from_values(*data_type, &values)
    };
    Ok(results.into_iter().zip(call.data_types).map(column).collect())
}
