//! How the rows of an aggregation are grouped: what a strategy does, and which one is chosen.

use super::super::context::Account;
use super::super::tuning::Tuning;
use super::overflow::FoundGroups;
use crate::column::Chunk;
use crate::function::Result;

/// A way to group rows.
pub(super) trait GroupStrategy<'w> {
    /// How many chunks it wants at once.
    fn batch(&self) -> usize;

    /// Takes in the rows of chunks, which come in the order of the input.
    fn consume(&mut self, chunks: Vec<Chunk>, account: &mut Account<'_>) -> Result<()>;

    /// The same groups, and no further ones: rows of further keys are put aside from now on.
    fn spill(self: Box<Self>) -> Result<Box<dyn GroupStrategy<'w> + 'w>>;

    /// The groups of all rows, as rows of the result.
    fn finish(self: Box<Self>) -> Result<FoundGroups>;
}

/// Chunks that each thread takes at once, where threads group or compute on their own.
pub(super) const CHUNKS_PER_THREAD: usize = 16;

/// Which way is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GroupingMethod {
    /// Every thread groups some chunks; the partial groups are merged in the order of the rows.
    MergePartials,
    /// Rows are partitioned by the hash of their keys, and each thread groups partitions of its own: nothing is merged.
    Partitioned {
        /// A power of two, or the number of threads.
        partitions: usize,
        /// About how many groups there will be.
        expected_groups: usize,
    },
    /// One thread groups, the others compute keys and arguments. The states of these aggregates are partitioned by the
    /// hash of their arguments.
    SerialGroups {
        /// For each aggregate the number of partitions of its state; none where it is one.
        state_partitions: Vec<Option<usize>>,
    },
}

/// What the first rows tell of the others.
#[derive(Debug, Clone)]
pub(super) struct RowSample {
    /// Rows that were read, those that a filter took away included: they cost time too.
    pub(super) rows: usize,
    pub(super) groups: usize,
    /// The state of each aggregate.
    pub(super) states: Vec<StateSample>,
    /// How many arguments the aggregates have together.
    pub(super) arguments: usize,
    /// How many rows there are in all, where that is known.
    pub(super) source_rows: Option<usize>,
    pub(super) threads: usize,
}

/// The state of an aggregate over the first rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct StateSample {
    pub(super) bytes: usize,
    /// See [`crate::function::Accumulator::partials_are_additive`].
    pub(super) additive: bool,
}

/// States of more bytes a row cost as much to merge as to compute.
const MERGE_BYTES_PER_ROW: usize = 8;

/// A state of more bytes a row holds the values of most rows: it will leave the processor's cache.
const CACHE_BYTES_PER_ROW: usize = 24;

/// More arguments cost more to partition than a second thread brings.
const MAX_ARGUMENTS_TO_PARTITION: usize = 8;

/// The first rows need not be looked at: one thread groups all of them in one table.
pub(super) fn is_single(
    in_any_order: bool,
    threads: usize,
    source_rows: Option<usize>,
    tuning: &Tuning,
) -> bool {
    !in_any_order || (threads <= 1 && source_rows.is_none_or(|rows| rows < tuning.rows_to_partition))
}

/// The strategy for the rows of which the first ones are known.
pub(super) fn choose(sample: &RowSample, tuning: &Tuning) -> GroupingMethod {
    let RowSample { rows, groups, threads, .. } = *sample;
    let state_bytes: usize = sample.states.iter().map(|it| it.bytes).sum();
    let heavy = state_bytes > rows * MERGE_BYTES_PER_ROW;
    // With a key of its own in every other row there will be ever more groups.
    if rows < tuning.sampled_rows || !(heavy || groups > rows / 2) {
        return GroupingMethod::MergePartials;
    }
    let partitions = |groups: usize| {
        let wanted = (groups / tuning.groups_per_partition.max(1)).next_power_of_two();
        wanted.clamp(threads, tuning.max_partitions.max(threads))
    };
    if groups >= tuning.groups_per_thread * threads && sample.arguments <= MAX_ARGUMENTS_TO_PARTITION {
        let expected_groups = sample.source_rows.map_or(0, |source| groups * (source / rows.max(1)));
        return GroupingMethod::Partitioned { partitions: partitions(expected_groups), expected_groups };
    }
    let of_state = |state: &StateSample| {
        let large = state.additive && state.bytes > rows * CACHE_BYTES_PER_ROW;
        large.then(|| partitions(sample.source_rows.unwrap_or(rows)))
    };
    GroupingMethod::SerialGroups { state_partitions: sample.states.iter().map(of_state).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_table_suffices_for_few_rows_or_one_order() {
        let single = |in_any_order, threads, rows| is_single(in_any_order, threads, rows, &Tuning::DEFAULT);
        assert!(single(true, 1, None));
        assert!(single(true, 1, Some(1_000_000)));
        assert!(!single(true, 1, Some(10_000_000)));
        assert!(!single(true, 2, Some(10)));
        assert!(single(false, 2, Some(10_000_000)));
    }

    #[test]
    fn the_sample_decides() {
        const STATES: usize = 1 << 12;
        // rows, groups, bytes and additivity of one state, arguments, all rows, threads
        let choose = |rows, groups, bytes, additive, arguments, source_rows, threads| {
            let states = vec![StateSample { bytes, additive }];
            choose(&RowSample { rows, groups, states, arguments, source_rows, threads }, &Tuning::DEFAULT)
        };
        let partitioned =
            |partitions, expected_groups| GroupingMethod::Partitioned { partitions, expected_groups };
        let serial = |it| GroupingMethod::SerialGroups { state_partitions: vec![it] };
        for (name, found, expected) in [
            ("few groups", choose(65_536, 100, 800, false, 1, None, 2), GroupingMethod::MergePartials),
            ("few rows", choose(1_000, 1_000, STATES, false, 1, None, 2), GroupingMethod::MergePartials),
            (
                "unique keys, few of them",
                choose(65_536, 65_536, STATES, false, 1, Some(655_360), 2),
                partitioned(16, 655_360),
            ),
            (
                "unique keys, many of them",
                choose(65_536, 65_536, STATES, false, 1, Some(65_536_000), 2),
                partitioned(256, 65_536_000),
            ),
            (
                "unique keys, how many is not known",
                choose(65_536, 65_536, STATES, false, 1, None, 3),
                partitioned(3, 0),
            ),
            ("many arguments", choose(65_536, 65_536, STATES, false, 9, None, 2), serial(None)),
            ("heavy states of few groups", choose(65_536, 3, 1_000_000, false, 1, None, 2), serial(None)),
            (
                "values of most rows, additive",
                choose(65_536, 3, 4_000_000, true, 1, Some(1 << 20), 2),
                serial(Some(16)),
            ),
            (
                "values of most rows, not additive",
                choose(65_536, 3, 4_000_000, false, 1, None, 2),
                serial(None),
            ),
        ] {
            assert_eq!(found, expected, "{name}");
        }
    }
}
