//! `buildschema`. It must not know other aggregates.

use indexmap::IndexMap;
use std::sync::Arc;

use super::read::Read;
use crate::column::{Column, DynamicColumn, DynamicType};
use crate::function::kinds::{BAG, returns};
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, AggregateState, DoubtsOfRun, Example, Result, ResultName,
    signatures,
};
use crate::types::{Bag, Dynamic};

pub(super) const FUNCTIONS: &[AggregateEntry] = &[AggregateEntry {
    name: "buildschema",
    summary: "The types that the members of dynamic values have; `indexer` stands for the items of arrays.",
    signatures: signatures![(expr: BAG) -> returns::DYNAMIC],
    result_name: ResultName::PrefixAndFirstArgument("schema"),
    accumulator,
    examples: &[Example {
        query: "datatable(v:dynamic)[dynamic({'x': 1, 'y': 3.5}), dynamic({'x': 'a', 'z': [1, 2]})] | summarize buildschema(v)",
        result: "{\"x\":[\"long\",\"string\"],\"y\":\"double\",\"z\":{\"`indexer`\":\"long\"}}",
    }],
    ..AggregateEntry::DEFAULT
}];

fn accumulator(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Ok(call.accumulator(Schemas { schemas: Vec::new(), doubts: call.doubts(), nodes: 0 }))
}

/// What values a place has held.
#[derive(Default)]
struct ObservedSchema {
    /// Scalar types in the order of their first value, and `None` where the first container came.
    kinds: Vec<Option<&'static str>>,
    members: IndexMap<Arc<str>, ObservedSchema>,
    /// The items of arrays.
    items: Option<Box<ObservedSchema>>,
}

impl ObservedSchema {
    /// Takes in a value; gives how many places are new.
    fn add(&mut self, value: &Dynamic) -> usize {
        let mut new = 0;
        match value {
            Dynamic::Null => {}
            Dynamic::Bag(bag) => {
                self.note(None);
                for (key, value) in bag.iter() {
                    let member = match self.members.get_index_of(key) {
                        Some(at) => &mut self.members[at],
                        None => {
                            new += 1;
                            self.members.entry(key.clone()).or_default()
                        }
                    };
                    new += member.add(value);
                }
            }
            Dynamic::Array(values) => {
                self.note(None);
                new += usize::from(self.items.is_none());
                let items = self.items.get_or_insert_default();
                new += values.iter().map(|value| items.add(value)).sum::<usize>();
            }
            scalar => self.note(Some(scalar.type_name())),
        }
        new
    }

    fn note(&mut self, kind: Option<&'static str>) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    fn merge(&mut self, other: Self) {
        other.kinds.into_iter().for_each(|kind| self.note(kind));
        for (key, member) in other.members {
            self.members.entry(key).or_default().merge(member);
        }
        if let Some(items) = other.items {
            self.items.get_or_insert_default().merge(*items);
        }
    }

    /// The schema as a dynamic value: null where there was no value. `unknown` is set where an array had no items.
    fn to_dynamic(&self, unknown: &mut bool) -> Dynamic {
        let mut kinds = Vec::with_capacity(self.kinds.len());
        for kind in &self.kinds {
            kinds.push(match kind {
                Some(scalar) => Dynamic::string(scalar),
                None => {
                    let mut bag = Bag::with_capacity(self.members.len());
                    for (key, member) in &self.members {
                        bag.insert(key.clone(), member.to_dynamic(unknown));
                    }
                    if let Some(items) = &self.items {
                        let items = items.to_dynamic(unknown);
                        *unknown |= items.is_null();
                        bag.insert("`indexer`".into(), items);
                    }
                    Dynamic::bag(bag)
                }
            });
        }
        match kinds.len() {
            0 | 1 => kinds.pop().unwrap_or_default(),
            _ => Dynamic::array(kinds),
        }
    }
}

struct Schemas {
    schemas: Vec<ObservedSchema>,
    doubts: DoubtsOfRun,
    /// How many places all schemas have.
    nodes: usize,
}

impl AggregateState for Schemas {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        if self.schemas.len() < count {
            self.schemas.resize_with(count, ObservedSchema::default);
        }
        DynamicType::each(arguments, |row, value| self.nodes += self.schemas[groups[row] as usize].add(value))
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        if self.schemas.len() < count {
            self.schemas.resize_with(count, ObservedSchema::default);
        }
        self.nodes += other.nodes;
        for (schema, &group) in other.schemas.into_iter().zip(mapping) {
            self.schemas[group as usize].merge(schema);
        }
        Ok(())
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        self.schemas.resize_with(count, ObservedSchema::default);
        let mut schemas = Vec::with_capacity(count);
        for schema in &self.schemas {
            let mut unknown = false;
            schemas.push(schema.to_dynamic(&mut unknown));
            if unknown {
                // As of a member that has no value.
                let example = schemas.last().map(Dynamic::to_json).unwrap_or_default();
                self.doubts.note("an array without items", "the schema of its items is null", example)?;
            }
        }
        Ok(vec![Column::Dynamic(DynamicColumn::new(schemas))])
    }

    fn byte_size(&self) -> usize {
        // A place is in a map with room for more, and its name and kinds are allocations of their own.
        (self.schemas.capacity() + self.nodes) * (4 * size_of::<ObservedSchema>() + 128)
    }
}
