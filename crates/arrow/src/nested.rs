//! Converts lists, structs and maps to dynamic values; the caller says how their flat parts are read. It must not know the
//! types of columns.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, GenericListArray, MapArray, OffsetSizeTrait, StructArray};
use arrow_schema::{DataType, Field};
use kqlite::{Bag, Dynamic};

use crate::misfit::Misfits;

/// Reads an array that is not nested into dynamic values.
pub type ReadFlat = fn(&ArrayRef, &Field, &mut Misfits) -> Result<Vec<Dynamic>, String>;

/// The values of a nested array; a value with a part that fits no type is noted, and null.
///
/// # Errors
/// There is no type for a part of it, as a message.
pub fn values(
    array: &ArrayRef,
    field: &Field,
    misfits: &mut Misfits,
    flat: ReadFlat,
) -> Result<Vec<Dynamic>, String> {
    match (array.data_type(), field.data_type()) {
        (DataType::List(_), DataType::List(item)) => list(array.as_list::<i32>(), item, misfits, flat),
        (DataType::LargeList(_), DataType::LargeList(item)) => {
            list(array.as_list::<i64>(), item, misfits, flat)
        }
        (DataType::FixedSizeList(..), DataType::FixedSizeList(item, _)) => {
            let lists = array.as_fixed_size_list();
            let size = usize::try_from(lists.value_length()).unwrap_or_default();
            let items = Items::new(lists.values(), item, flat)?;
            Ok(items
                .rows(lists.len(), misfits, |row| lists.is_valid(row).then(|| row * size..(row + 1) * size)))
        }
        (DataType::Struct(_), DataType::Struct(fields)) => structs(array.as_struct(), fields, misfits, flat),
        (DataType::Map(..), DataType::Map(entries, _)) => maps(array.as_map(), entries, misfits, flat),
        _ => flat(array, field, misfits),
    }
}

/// The items of lists.
struct Items {
    values: Vec<Dynamic>,
    misfits: Misfits,
}

impl Items {
    fn new(array: &ArrayRef, field: &Field, flat: ReadFlat) -> Result<Self, String> {
        let mut misfits = Misfits::default();
        let values = values(array, field, &mut misfits, flat)?;
        Ok(Self { values, misfits })
    }

    /// An array of the items for each row that has a range of them.
    fn rows(
        &self,
        count: usize,
        misfits: &mut Misfits,
        range: impl Fn(usize) -> Option<Range<usize>>,
    ) -> Vec<Dynamic> {
        let row = |row: usize| {
            let Some(range) = range(row) else { return Dynamic::Null };
            if let Some(text) = self.misfits.within(range.clone()) {
                misfits.push(row, || text.to_owned());
                return Dynamic::Null;
            }
            Dynamic::array(self.values.get(range).unwrap_or_default().to_vec())
        };
        (0..count).map(row).collect()
    }
}

fn list<O: OffsetSizeTrait>(
    lists: &GenericListArray<O>,
    item: &Field,
    misfits: &mut Misfits,
    flat: ReadFlat,
) -> Result<Vec<Dynamic>, String> {
    let offsets = lists.offsets();
    let items = Items::new(lists.values(), item, flat)?;
    let range =
        |row: usize| lists.is_valid(row).then(|| offsets[row].as_usize()..offsets[row + 1].as_usize());
    Ok(items.rows(lists.len(), misfits, range))
}

fn structs(
    structs: &StructArray,
    fields: &arrow_schema::Fields,
    misfits: &mut Misfits,
    flat: ReadFlat,
) -> Result<Vec<Dynamic>, String> {
    let mut columns: Vec<(Arc<str>, Items)> = Vec::with_capacity(fields.len());
    for (field, column) in fields.iter().zip(structs.columns()) {
        columns.push((field.name().as_str().into(), Items::new(column, field, flat)?));
    }
    let row = |row: usize| {
        if structs.is_null(row) {
            return Dynamic::Null;
        }
        let mut bag = Bag::with_capacity(columns.len());
        for (name, items) in &columns {
            if let Some(text) = items.misfits.within(row..row + 1) {
                misfits.push(row, || text.to_owned());
                return Dynamic::Null;
            }
            bag.insert(Arc::clone(name), items.values.get(row).cloned().unwrap_or_default());
        }
        Dynamic::bag(bag)
    };
    Ok((0..structs.len()).map(row).collect())
}

/// Maps as bags; a key that is no text is written as one. The last of equal keys counts.
fn maps(
    maps: &MapArray,
    entries: &Field,
    misfits: &mut Misfits,
    flat: ReadFlat,
) -> Result<Vec<Dynamic>, String> {
    let DataType::Struct(fields) = entries.data_type() else {
        return Err("it is a map without keys and values".to_owned());
    };
    let [key, value] = &**fields else { return Err("it is a map without keys and values".to_owned()) };
    let keys = Items::new(maps.keys(), key, flat)?;
    let values = Items::new(maps.values(), value, flat)?;
    let offsets = maps.offsets();
    let row = |row: usize| {
        if maps.is_null(row) {
            return Dynamic::Null;
        }
        let range = offsets[row] as usize..offsets[row + 1] as usize;
        if let Some(text) =
            keys.misfits.within(range.clone()).or_else(|| values.misfits.within(range.clone()))
        {
            misfits.push(row, || text.to_owned());
            return Dynamic::Null;
        }
        let pairs = range.filter_map(|at| Some((keys.values.get(at)?, values.values.get(at)?)));
        let text = |key: &Dynamic| key.as_str().map_or_else(|| key.to_text().into(), Arc::from);
        Dynamic::bag(pairs.map(|(key, value)| (text(key), value.clone())).collect())
    };
    Ok((0..maps.len()).map(row).collect())
}
