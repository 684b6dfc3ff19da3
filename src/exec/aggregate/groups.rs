//! Groups found so far: their keys and the states of the aggregates.

use super::super::keys::{KeyTable, Keys};
use super::spec::AggregateSpec;
use crate::column::{Chunk, Column};
use crate::function::{Accumulator, Result};
use crate::types::ScalarType;

/// Adds rows to the states of an aggregate. Where their values may be more than there is room for, only some at a time.
pub(super) fn update(
    spec: &AggregateSpec<'_>,
    accumulator: &mut dyn Accumulator,
    groups: &[u32],
    count: usize,
    arguments: &[Column],
) -> Result<()> {
    let budget = spec.context.budget();
    let left = budget.max_bytes().saturating_sub(budget.held());
    let total = |bytes: fn(&Column) -> usize| arguments.iter().map(bytes).fold(0, usize::saturating_add);
    if total(Column::most_bytes) < left / 2 {
        return accumulator.update(groups, count, arguments);
    }
    let bytes = total(Column::expanded_bytes);
    // What it holds already is in the account.
    let most = left.saturating_add(accumulator.byte_size());
    let rows = (groups.len() / (bytes / (left / 8).max(1)).max(1)).max(1);
    for start in (0..groups.len()).step_by(rows) {
        let part = groups.get(start..groups.len().min(start + rows)).unwrap_or_default();
        let arguments: Vec<Column> = arguments.iter().map(|it| it.slice(start, part.len())).collect();
        accumulator.update(part, count, &arguments)?;
        if accumulator.byte_size() > most {
            return Err(budget.exceeded(spec.at.name, spec.at.span));
        }
    }
    Ok(())
}

/// The groups of some of the rows.
pub(super) struct GroupStates {
    pub(super) table: KeyTable,
    /// The key columns of the groups, piece by piece.
    pub(super) pieces: Vec<Vec<Column>>,
    pub(super) piece_bytes: usize,
    pub(super) accumulators: Vec<Box<dyn Accumulator>>,
}

impl GroupStates {
    /// No groups yet.
    pub(super) fn new(spec: &AggregateSpec<'_>) -> Result<Self> {
        Ok(Self {
            table: KeyTable::new(&spec.key_types),
            pieces: vec![Vec::new(); spec.key_types.len()],
            piece_bytes: 0,
            accumulators: spec.aggregates.iter().map(|it| spec.accumulator(it)).collect::<Result<_>>()?,
        })
    }

    pub(super) fn byte_size(&self) -> usize {
        let states: usize = self.accumulators.iter().map(|it| it.byte_size()).sum();
        self.table.byte_size() + self.piece_bytes + states
    }

    /// How many groups there are.
    pub(super) const fn len(&self) -> usize {
        self.table.len()
    }

    /// Makes room for about as many groups.
    pub(super) fn reserve(&mut self, groups: usize) {
        self.table.expect(groups);
    }

    /// The numbers of the keys' groups.
    fn keys(
        &mut self,
        spec: &AggregateSpec<'_>,
        keys: &[Column],
        rows: usize,
        hashes: Option<&[u32]>,
    ) -> Result<Keys> {
        spec.at.check_row_numbers(self.table.len(), rows)?;
        spec.context.check_room(spec.at, self.table.growth(rows))?;
        let found = match hashes {
            Some(hashes) => self.table.insert_hashed(keys, hashes),
            None => self.table.insert(keys, rows),
        };
        if !found.fresh.is_empty() && !self.table.holds_keys() {
            for (pieces, column) in self.pieces.iter_mut().zip(keys) {
                self.piece_bytes += found.fresh.len() * 8;
                pieces.push(column.take(&found.fresh));
            }
        }
        Ok(found)
    }

    /// Adds the rows of a chunk.
    pub(super) fn add(&mut self, spec: &AggregateSpec<'_>, chunk: &Chunk) -> Result<()> {
        spec.context.tick(spec.at)?;
        let columns = spec.program.run(spec.context, chunk)?;
        self.add_columns(spec, &columns, chunk.len(), None).map(|_| ())
    }

    /// Adds rows by their key and argument columns; gives the rows in which a new group was seen. For `hashes` see
    /// [`KeyTable::insert_hashed`].
    pub(super) fn add_columns(
        &mut self,
        spec: &AggregateSpec<'_>,
        columns: &[Column],
        rows: usize,
        hashes: Option<&[u32]>,
    ) -> Result<Vec<u32>> {
        let (keys, mut arguments) = columns.split_at(spec.key_types.len().min(columns.len()));
        let Keys { groups, fresh } = self.keys(spec, keys, rows, hashes)?;
        for (accumulator, aggregate) in self.accumulators.iter_mut().zip(spec.aggregates) {
            let (own, rest) = arguments.split_at(aggregate.arguments.len().min(arguments.len()));
            arguments = rest;
            update(spec, &mut **accumulator, &groups, self.table.len(), own)?;
        }
        Ok(fresh)
    }

    /// The key columns, with a row for each group, and the accumulators.
    fn into_parts(self, key_types: &[ScalarType], count: usize) -> (Vec<Column>, Vec<Box<dyn Accumulator>>) {
        if let Some(texts) = self.table.holds_keys().then(|| self.table.into_keys()).flatten() {
            return (vec![Column::String(texts)], self.accumulators);
        }
        let column = |(data_type, pieces): (&ScalarType, &Vec<Column>)| match pieces.is_empty() {
            true => Column::nulls(*data_type, count),
            false => Column::concat(*data_type, pieces),
        };
        (key_types.iter().zip(&self.pieces).map(column).collect(), self.accumulators)
    }

    /// Takes in the groups of rows that come after this one's.
    pub(super) fn merge(&mut self, spec: &AggregateSpec<'_>, other: Self) -> Result<()> {
        let count = other.table.len();
        let (keys, accumulators) = other.into_parts(&spec.key_types, count);
        let mapping = self.keys(spec, &keys, count, None)?.groups;
        for (own, others) in self.accumulators.iter_mut().zip(accumulators) {
            own.merge(others, &mapping, self.table.len())?;
        }
        Ok(())
    }

    /// The rows of the result: keys, then results.
    pub(super) fn finish(self, spec: &AggregateSpec<'_>) -> Result<Chunk> {
        // Without keys there is one group, also of no rows.
        let count = if spec.key_types.is_empty() { 1 } else { self.table.len() };
        spec.context.check_rows(spec.at, count)?;
        let results = self.accumulators.iter().map(|it| it.result_bytes(count));
        spec.context.check_room(spec.at, results.fold(0, usize::saturating_add))?;
        let (mut columns, accumulators) = self.into_parts(&spec.key_types, count);
        for (accumulator, aggregate) in accumulators.into_iter().zip(spec.aggregates) {
            let results = accumulator.finish(count)?;
            for (place, data_type) in aggregate.returns.iter().enumerate() {
                let column = results.get(place).filter(|column| column.len() == count).ok_or_else(|| {
                    spec.at.internal(format!("'{}' gave no result for each group", aggregate.function.name))
                })?;
                columns.push(column.convert(*data_type));
            }
        }
        Ok(Chunk::new(columns, count))
    }
}
