//! `tdigest_merge`, `merge_tdigest`; `tdigest` itself stands with the percentiles. It must not know other aggregates.

use super::read::Read;
use crate::column::{Column, DynamicColumn, DynamicType};
use crate::function::kinds::{ARRAY, returns};
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, AggregateState, DoubtsOfRun, Example, OrderSensitivity,
    Result, ResultName, signatures,
};
use crate::stdlib::sketch::{Digest, NO_DIGEST};
use crate::types::Dynamic;

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "tdigest_merge",
        summary: "What tdigest would give for all the values that the merged ones took in.",
        signatures: signatures![(tdigest: ARRAY) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("merge_tdigests"),
        order: OrderSensitivity::InsensitiveButForDetails,
        accumulator: merge,
        examples: &[Example {
            query: "range x from 1 to 10 step 1 | summarize d = tdigest(x) by x % 2 | summarize percentile_tdigest(tdigest_merge(d), 50, typeof(long))",
            result: "5",
        }],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "merge_tdigest",
        summary: "What tdigest would give for all the values that the merged ones took in.",
        signatures: signatures![(tdigest: ARRAY) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("merge_tdigests"),
        order: OrderSensitivity::InsensitiveButForDetails,
        accumulator: merge,
        examples: &[Example {
            query: "range x from 1 to 4 step 1 | summarize d = tdigest(x) by x % 2 | summarize merge_tdigest(d)",
            result: "[[7],[1,2,3,4],[1,1,1,1]]",
        }],
        ..AggregateEntry::DEFAULT
    },
];

fn merge(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Ok(call.accumulator(Digests { digests: Vec::new(), doubts: call.doubts(), entries: 0 }))
}

struct Digests {
    digests: Vec<Vec<(Dynamic, i64)>>,
    doubts: DoubtsOfRun,
    /// How many entries there are in all.
    entries: usize,
}

impl AggregateState for Digests {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        if self.digests.len() < count {
            self.digests.resize_with(count, Vec::new);
        }
        let mut noted = Ok(());
        DynamicType::each(arguments, |row, value| match Digest::entries(value) {
            Some(entries) => {
                self.entries += entries.len();
                self.digests[groups[row] as usize].extend(entries);
            }
            None if value.is_null() || noted.is_err() => {}
            // As a null is.
            None => noted = self.doubts.note(NO_DIGEST, "it is left out", value.to_json()),
        })?;
        noted
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        if self.digests.len() < count {
            self.digests.resize_with(count, Vec::new);
        }
        self.entries += other.entries;
        for (entries, &group) in other.digests.into_iter().zip(mapping) {
            self.digests[group as usize].extend(entries);
        }
        Ok(())
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        self.digests.resize_with(count, Vec::new);
        let digest = |entries: Vec<_>| match entries.is_empty() {
            true => Dynamic::Null,
            false => Digest::new(entries).into_dynamic(),
        };
        let digests = self.digests.into_iter().map(digest).collect();
        Ok(vec![Column::Dynamic(DynamicColumn::new(digests))])
    }

    fn byte_size(&self) -> usize {
        self.entries * size_of::<(Dynamic, i64)>() + self.digests.capacity() * 24
    }
}
