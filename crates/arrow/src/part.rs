//! Rows of a column, made of Arrow arrays or texts and joined. It must not know how a file is laid out.

use arrow_array::ArrayRef;
use kqlite::{Column, DataError, ScalarType, StringColumn};

use crate::misfit::Misfits;
use crate::request::ColumnRequest;
use crate::{array, dictionary};

/// Some rows of a column, and those of its values that do not fit.
#[derive(Debug)]
pub struct ColumnPart {
    pub column: Column,
    pub misfits: Misfits,
}

impl ColumnPart {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.column.len()
    }

    /// Takes some of the rows. What does not fit keeps the number of its row among all.
    pub fn take(self, rows: &[u32]) -> Self {
        Self { column: self.column.take(rows), misfits: self.misfits }
    }
}

/// Makes one part of the rows of some arrays. A column that the data lacks has `rows` nulls.
pub fn part(wanted: &ColumnRequest, arrays: &[ArrayRef], rows: usize) -> Result<ColumnPart, DataError> {
    let (Some(field), Some(_)) = (&wanted.field, wanted.at) else {
        return Ok(ColumnPart {
            column: Column::nulls(wanted.data_type()?, rows),
            misfits: Misfits::default(),
        });
    };
    let convert = |array: &ArrayRef| {
        let mut misfits = Misfits::default();
        match array::column(array, field, wanted.data_type, &mut misfits) {
            Ok(column) => Ok(ColumnPart { column, misfits }),
            // What is asked for cannot be had either.
            Err(reason) => Err(wanted.fail(reason)),
        }
    };
    let parts = arrays.iter().map(convert).collect::<Result<Vec<ColumnPart>, _>>()?;
    join(wanted, parts)
}

/// Makes one part of the texts of a column that the data has.
pub fn part_of_texts(wanted: &ColumnRequest, texts: StringColumn) -> Result<ColumnPart, DataError> {
    let Some(field) = &wanted.field else { return part(wanted, &[], texts.len()) };
    let mut misfits = Misfits::default();
    let column = array::strings(dictionary::if_it_pays(texts), field);
    let column = array::converted(column, wanted.data_type, &mut misfits);
    Ok(ColumnPart { column, misfits })
}

/// Makes one part of the arrays of each column.
pub fn convert(
    wanted: &[&ColumnRequest],
    arrays: Vec<Vec<ArrayRef>>,
    rows: usize,
    threads: usize,
) -> Result<Vec<ColumnPart>, DataError> {
    let items: Vec<(&ColumnRequest, Vec<ArrayRef>)> = wanted.iter().copied().zip(arrays).collect();
    kqlite::map_in_parallel(threads, items, |(wanted, arrays)| part(wanted, &arrays, rows))
        .into_iter()
        .collect()
}

/// Joins the parts of a column.
pub fn join(wanted: &ColumnRequest, mut parts: Vec<ColumnPart>) -> Result<ColumnPart, DataError> {
    let data_type =
        wanted.data_type().or_else(|error| parts.first().map(|it| it.column.scalar_type()).ok_or(error))?;
    let mut misfits = Misfits::default();
    let mut rows = 0;
    for part in &mut parts {
        misfits.append(std::mem::take(&mut part.misfits), rows);
        rows += part.column.len();
    }
    let column =
        if data_type == ScalarType::String && parts.iter().all(|it| it.column.as_constant().is_none()) {
            let texts = parts.into_iter().filter_map(|part| match part.column {
                Column::String(texts) => Some(texts),
                _ => None,
            });
            dictionary::concat(texts.collect()).map_err(|reason| wanted.fail(reason))?
        } else {
            Column::concat(data_type, &parts.into_iter().map(|part| part.column).collect::<Vec<_>>())
        };
    Ok(ColumnPart { column, misfits })
}
