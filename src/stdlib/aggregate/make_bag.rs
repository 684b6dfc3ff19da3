//! `make_bag`, `make_bag_if`, `make_dictionary`. It must not know other aggregates.

use indexmap::map::Entry;

use super::arguments::{MAX_SIZE, OLD_MAX_SIZE, max_size};
use super::read::Read;
use crate::column::{Column, DynamicColumn, DynamicType};
use crate::function::kinds::{BAG, INTEGER, returns};
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, AggregateState, Conditional, Example, Result, ResultName,
    signatures,
};
use crate::types::{Bag, Dynamic};

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "make_bag",
        summary: "One bag of all members of the bags; of members with the same key the first is kept.",
        signatures: signatures![(expr: BAG, maxSize: INTEGER.optional()) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("bag"),
        accumulator: |call| make_bag(call, MAX_SIZE),
        conditional: Some(Conditional::named(
            "make_bag_if",
            &[Example {
                query: "datatable(x:dynamic, p:bool)[dynamic({'a': 1}), false, dynamic({'b': 2}), true] | summarize make_bag_if(x, p)",
                result: "{\"b\":2}",
            }],
        )),
        examples: &[Example {
            query: "datatable(x:dynamic)[dynamic({'a': 1}), dynamic({'b': 2, 'a': 3})] | summarize make_bag(x)",
            result: "{\"a\":1,\"b\":2}",
        }],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "make_dictionary",
        summary: "The old name of make_bag; it keeps 128 members unless told otherwise.",
        signatures: signatures![(expr: BAG, maxSize: INTEGER.optional()) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("dictionary"),
        accumulator: |call| make_bag(call, OLD_MAX_SIZE),
        examples: &[Example {
            query: "datatable(x:dynamic)[dynamic({'a': 1}), dynamic({'b': 2})] | summarize make_dictionary(x)",
            result: "{\"a\":1,\"b\":2}",
        }],
        ..AggregateEntry::DEFAULT
    },
];

fn make_bag(call: &AggregateCall<'_>, max: usize) -> Result<Box<dyn Accumulator>> {
    Ok(call.accumulator(Bags { max: max_size(call, max)?, bags: Vec::new(), heap: 0 }))
}

struct Bags {
    max: usize,
    bags: Vec<Bag>,
    heap: usize,
}

impl Bags {
    fn add(&mut self, group: usize, members: &Bag) {
        let bag = &mut self.bags[group];
        for (key, value) in members {
            let full = bag.len() >= self.max;
            if let Entry::Vacant(slot) = bag.entry(key.clone()) {
                if full {
                    return;
                }
                // The input may be gone before the state is: keys and values are counted whole.
                self.heap += key.len() + value.byte_size() + ENTRY_BYTES;
                slot.insert(value.clone());
            }
        }
    }
}

/// What an entry takes beside its key's text and its value: the key's reference and counts, a hash, its place in the table, and
/// the room that both have for more.
const ENTRY_BYTES: usize = 160;

impl AggregateState for Bags {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        if self.bags.len() < count {
            self.bags.resize_with(count, Bag::new);
        }
        DynamicType::each(arguments, |row, value| {
            if let Some(members) = value.as_bag() {
                self.add(groups[row] as usize, members);
            }
        })
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        if self.bags.len() < count {
            self.bags.resize_with(count, Bag::new);
        }
        for (bag, &group) in other.bags.iter().zip(mapping) {
            self.add(group as usize, bag);
        }
        Ok(())
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        self.bags.resize_with(count, Bag::new);
        Ok(vec![Column::Dynamic(DynamicColumn::new(self.bags.into_iter().map(Dynamic::bag).collect()))])
    }

    fn byte_size(&self) -> usize {
        self.heap + self.bags.capacity() * size_of::<Bag>()
    }
}
