//! `make_list`, `make_list_if`, `make_list_with_nulls`, `makelist`. It must not know other aggregates.

use std::sync::Arc;

use super::arguments::{MAX_SIZE, OLD_MAX_SIZE, max_size};
use super::read::{Read, argument, is_widened, narrow_dynamic};
use crate::column::{Column, DynamicColumn, LongType, RealType, StringColumn};
use crate::function::kinds::{INTEGER, SCALAR, returns};
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, AggregateState, Conditional, Example, Result, ResultName,
    signatures,
};
use crate::types::{Dynamic, ScalarType};

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "make_list",
        summary: "An array of the values that are not null, in the order of the rows; the items of arrays are put in singly.",
        signatures: signatures![(expr: SCALAR, maxSize: INTEGER.optional()) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("list"),
        accumulator: |call| make_list(call, MAX_SIZE, false),
        conditional: Some(Conditional::named(
            "make_list_if",
            &[Example {
                query: "range x from 1 to 5 step 1 | summarize make_list_if(x, x > 3)",
                result: "[4,5]",
            }],
        )),
        examples: &[
            Example {
                query: "datatable(x:long)[2, 1, long(null), 2] | summarize make_list(x)",
                result: "[2,1,2]",
            },
            Example { query: "range x from 1 to 9 step 1 | summarize make_list(x, 3)", result: "[1,2,3]" },
            Example {
                query: "datatable(x:dynamic)[dynamic([1, [2]]), dynamic(null), dynamic({'a': 3})] | summarize make_list(x)",
                result: "[1,[2],null,{\"a\":3}]",
            },
        ],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "make_list_with_nulls",
        summary: "An array of all values, nulls included.",
        signatures: signatures![(expr: SCALAR) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("list"),
        accumulator: |call| make_list(call, MAX_SIZE, true),
        examples: &[Example {
            query: "datatable(x:long)[2, long(null)] | summarize make_list_with_nulls(x)",
            result: "[2,null]",
        }],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "makelist",
        summary: "The old name of make_list; it keeps 128 values unless told otherwise.",
        signatures: signatures![(expr: SCALAR, maxSize: INTEGER.optional()) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("list"),
        accumulator: |call| make_list(call, OLD_MAX_SIZE, false),
        examples: &[Example {
            query: "range x from 1 to 200 step 1 | summarize array_length(makelist(x))",
            result: "128",
        }],
        ..AggregateEntry::DEFAULT
    },
];

fn make_list(call: &AggregateCall<'_>, max: usize, with_nulls: bool) -> Result<Box<dyn Accumulator>> {
    let data_type = call.arguments.first().copied().unwrap_or(ScalarType::Dynamic);
    Ok(call.accumulator(List {
        data_type,
        max: max_size(call, max)?,
        with_nulls,
        lists: Vec::new(),
        dictionary: None,
        heap: 0,
    }))
}

struct List {
    data_type: ScalarType,
    max: usize,
    with_nulls: bool,
    lists: Vec<PiecedList>,
    /// A dictionary of the input and the texts of its codes that have come.
    dictionary: Option<(StringColumn, Vec<Option<Arc<str>>>)>,
    heap: usize,
}

/// The items of a group. Those of a long list come in pieces, so that no place is given up for a larger one: all lists may grow at
/// once, and what they leave behind is too small for any of them.
#[derive(Default)]
struct PiecedList {
    /// Pieces of `PIECE` items each; most lists have none.
    #[allow(
        clippy::box_collection,
        reason = "nearly all lists have none, and there may be millions of them"
    )]
    full: Option<Box<Vec<Vec<Dynamic>>>>,
    last: Vec<Dynamic>,
}

/// How many items a piece of a long list has.
const PIECE: usize = 1 << 10;

impl PiecedList {
    fn len(&self) -> usize {
        self.full.as_ref().map_or(0, |full| full.len() * PIECE) + self.last.len()
    }

    /// Appends an item, and gives the bytes that the list grew by, beside those of the item.
    #[inline]
    fn push(&mut self, item: Dynamic) -> usize {
        let before = self.last.capacity();
        if self.last.len() == before {
            return self.push_growing(item);
        }
        self.last.push(item);
        0
    }

    #[inline(never)]
    fn push_growing(&mut self, item: Dynamic) -> usize {
        let mut grown = 0;
        if self.last.len() >= PIECE {
            let piece = std::mem::take(&mut self.last);
            let full = self.full.get_or_insert_default();
            let before = full.capacity();
            full.push(piece);
            grown = (full.capacity() - before) * size_of::<Vec<Dynamic>>();
        }
        let before = self.last.capacity();
        // A list with a piece will likely need the whole of the next one.
        let room = if self.full.is_some() { PIECE } else { before.max(4) };
        self.last.reserve_exact(room.min(PIECE - before));
        self.last.push(item);
        grown + (self.last.capacity() - before) * size_of::<Dynamic>()
    }

    /// All items, one after the other.
    fn into_vec(self) -> Vec<Dynamic> {
        let Some(full) = self.full else { return self.last };
        let mut all = Vec::with_capacity(full.len() * PIECE + self.last.len());
        full.into_iter().for_each(|mut piece| all.append(&mut piece));
        all.extend(self.last);
        all
    }
}

impl List {
    #[inline]
    fn push(&mut self, group: u32, value: Dynamic) {
        let list = &mut self.lists[group as usize];
        if list.len() < self.max {
            // A shared text counts each time: whoever writes the list out writes it each time.
            self.heap = self.heap.saturating_add(value.byte_size() - size_of::<Dynamic>());
            self.heap += list.push(value);
        }
    }

    fn add_strings(&mut self, groups: &[u32], column: &Column) {
        let Some(strings) = column.as_strings() else {
            let text: Arc<str> = column.as_constant().and_then(|it| it.as_str()).unwrap_or_default().into();
            return groups.iter().for_each(|&group| self.push(group, Dynamic::String(text.clone())));
        };
        let Some((codes, values)) = strings.dictionary() else {
            for (row, &group) in groups.iter().enumerate() {
                self.push(group, Dynamic::string(strings.get(row)));
            }
            return;
        };
        // Each text of a dictionary is made once and shared, also where its rows come in several chunks.
        let known = self.dictionary.take().filter(|(known, _)| known.same_values(strings));
        let (known, mut texts) = known.unwrap_or_else(|| {
            self.heap += values * size_of::<Option<Arc<str>>>();
            (strings.clone(), vec![None; values])
        });
        for (&code, &group) in codes.iter().zip(groups) {
            let text =
                texts[code as usize].get_or_insert_with(|| strings.dictionary_value(code as usize).into());
            self.push(group, Dynamic::String(text.clone()));
        }
        self.dictionary = Some((known, texts));
    }
}

impl AggregateState for List {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        if self.lists.len() < count {
            self.lists.resize_with(count, PiecedList::default);
        }
        let column = argument(arguments, 0)?;
        match self.data_type {
            ScalarType::String => self.add_strings(groups, column),
            ScalarType::Real if !self.with_nulls => {
                RealType::each(arguments, |row, n| self.push(groups[row], Dynamic::Real(n)))?;
            }
            data_type if is_widened(data_type) && !self.with_nulls => {
                LongType::each(arguments, |row, n| self.push(groups[row], narrow_dynamic(n, data_type)))?;
            }
            data_type => {
                for (row, &group) in groups.iter().enumerate() {
                    let value = Dynamic::from_value(&column.value(row));
                    match &value {
                        Dynamic::Array(items) => items.iter().for_each(|item| self.push(group, item.clone())),
                        Dynamic::Null if !self.with_nulls && data_type != ScalarType::Dynamic => {}
                        _ => self.push(group, value),
                    }
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        if self.lists.len() < count {
            self.lists.resize_with(count, PiecedList::default);
        }
        self.heap += other.heap;
        for (items, &group) in other.lists.into_iter().zip(mapping) {
            let list = &mut self.lists[group as usize];
            if list.len() == 0 {
                *list = items;
            } else {
                let room = self.max.saturating_sub(list.len());
                let items = items.full.into_iter().flat_map(|it| *it).chain([items.last]).flatten();
                items.take(room).for_each(|item| self.heap += list.push(item));
            }
        }
        Ok(())
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        self.lists.resize_with(count, PiecedList::default);
        let lists = self.lists.into_iter().map(|it| Dynamic::array(it.into_vec())).collect();
        Ok(vec![Column::Dynamic(DynamicColumn::new(lists))])
    }

    fn byte_size(&self) -> usize {
        self.heap + self.lists.capacity() * size_of::<PiecedList>()
    }
}
