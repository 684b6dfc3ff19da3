//! Distinct keys, given as soon as they are seen.

use super::super::context::Account;
use super::super::keys::KeyTable;
use super::super::stream::{Chunks, Stream};
use super::spec::AggregateSpec;
use crate::column::Chunk;
use crate::function::Result;

pub(super) struct DistinctRows<'a> {
    spec: AggregateSpec<'a>,
    input: Chunks<'a>,
    table: KeyTable,
    account: Account<'a>,
}

impl<'a> DistinctRows<'a> {
    pub(super) fn new(spec: AggregateSpec<'a>) -> Result<Self> {
        let (input, table) = (spec.context.open(spec.input)?, KeyTable::new(&spec.key_types));
        let account = spec.context.account(spec.at);
        Ok(Self { spec, input, table, account })
    }
}

impl Stream for DistinctRows<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        while let Some(chunk) = self.input.next()? {
            self.spec.at.check_row_numbers(self.table.len(), chunk.len())?;
            let columns = self.spec.program.run(self.spec.context, &chunk)?;
            let keys = self.table.insert(&columns, chunk.len());
            self.account.set(self.table.byte_size())?;
            if !keys.fresh.is_empty() {
                return Ok(Some(Chunk::new(columns, chunk.len()).select(keys.fresh)));
            }
        }
        Ok(None)
    }
}
