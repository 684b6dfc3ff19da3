//! Distinct keys, given as soon as they are seen.

use super::super::context::Account;
use super::super::keys::KeyTable;
use super::super::sliced::batches;
use super::super::stream::{Chunks, Stream};
use super::spec::AggregateSpec;
use crate::column::Chunk;
use crate::function::Result;

pub(super) struct DistinctRows<'a> {
    spec: AggregateSpec<'a>,
    input: Chunks<'a>,
    /// The rows at hand, in pieces.
    pieces: std::vec::IntoIter<Chunk>,
    table: KeyTable,
    account: Account<'a>,
}

impl<'a> DistinctRows<'a> {
    pub(super) fn new(spec: AggregateSpec<'a>) -> Result<Self> {
        let input = spec.context.open(spec.input)?;
        let table = KeyTable::new(&spec.key_types);
        let account = spec.context.account(spec.at);
        Ok(Self { spec, input, pieces: Vec::new().into_iter(), table, account })
    }
}

impl Stream for DistinctRows<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            let Some(chunk) = self.pieces.next() else {
                let Some(chunk) = self.input.next()? else { return Ok(None) };
                self.pieces = batches(vec![chunk], usize::MAX, self.spec.context).concat().into_iter();
                continue;
            };
            self.spec.at.check_row_numbers(self.table.len(), chunk.len())?;
            let columns = self.spec.program.run(self.spec.context, &chunk)?;
            self.spec.context.check_room(self.spec.at, self.table.growth(chunk.len()))?;
            let keys = self.table.insert(&columns, chunk.len());
            self.account.set(self.table.byte_size())?;
            if !keys.fresh.is_empty() {
                return Ok(Some(Chunk::new(columns, chunk.len()).select(keys.fresh)));
            }
        }
    }
}
