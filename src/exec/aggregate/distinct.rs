//! Distinct keys, given as soon as they are seen.

use super::super::context::Account;
use super::super::keys::{KeyTable, Lookup};
use super::super::sliced::batches;
use super::super::stream::{Chunks, Stream};
use super::overflow::{FILES, FoundGroups, Overflow};
use super::spec::AggregateSpec;
use super::spilled_groups::SpilledGroups;
use crate::column::{Chunk, NO_ROW};
use crate::function::Result;

pub(super) struct DistinctRows<'a> {
    spec: AggregateSpec<'a>,
    input: Chunks<'a>,
    /// The rows at hand, in pieces.
    pieces: std::vec::IntoIter<Chunk>,
    seen: SeenKeys<'a>,
    account: Account<'a>,
    /// How many rows were read.
    rows: u64,
}

/// The keys that are out, and what is known of others.
enum SeenKeys<'a> {
    Growing(KeyTable),
    /// No further keys are kept: rows with other ones go into files.
    Full(Box<(Lookup, Overflow)>),
    /// All rows were read; there are keys in files.
    InFiles(Box<SpilledGroups<'a>>),
    /// All keys are out.
    Ended,
}

impl<'a> DistinctRows<'a> {
    pub(super) fn new(spec: AggregateSpec<'a>) -> Result<Self> {
        let input = spec.context.open(spec.input)?;
        let seen = SeenKeys::Growing(KeyTable::new(&spec.key_types));
        let account = spec.context.account(spec.at);
        Ok(Self { spec, input, pieces: Vec::new().into_iter(), seen, account, rows: 0 })
    }

    /// The rows of a chunk that come out.
    fn fresh(&mut self, chunk: &Chunk) -> Result<Option<Chunk>> {
        let (spec, context) = (&self.spec, self.spec.context);
        let before = self.rows;
        self.rows += chunk.len() as u64;
        let columns = spec.program.run(context, chunk)?;
        match &mut self.seen {
            SeenKeys::Growing(table) => {
                spec.at.check_row_numbers(table.len(), chunk.len())?;
                context.check_room(spec.at, table.growth(chunk.len()))?;
                let keys = table.insert(&columns, chunk.len());
                self.account.set(table.byte_size())?;
                if context.is_short(&self.account, 0) {
                    let table = std::mem::replace(table, KeyTable::new(&[]));
                    self.seen = SeenKeys::Full(Box::new((table.into(), Overflow::new(FILES, 0))));
                }
                let fresh = (!keys.fresh.is_empty()).then_some(keys.fresh);
                Ok(fresh.map(|fresh| Chunk::new(columns, chunk.len()).select(fresh)))
            }
            SeenKeys::Full(full) => {
                let (known, overflow) = &mut **full;
                let found = known.find(&columns, chunk.len());
                let others: Vec<u32> =
                    (0_u32..).zip(found).filter(|(_, key)| *key == NO_ROW).map(|(row, _)| row).collect();
                let taken = columns.iter().map(|column| column.take(&others)).collect();
                let numbers: Vec<u64> = others.into_iter().map(|row| before + u64::from(row)).collect();
                overflow.push(spec, taken, &numbers)?;
                Ok(None)
            }
            SeenKeys::InFiles(_) | SeenKeys::Ended => Ok(None),
        }
    }

    /// No more rows come.
    fn end(&mut self) -> Result<()> {
        self.seen = match std::mem::replace(&mut self.seen, SeenKeys::Ended) {
            SeenKeys::Full(full) => {
                let (known, overflow) = *full;
                drop(known);
                self.account.set(0)?;
                let found = FoundGroups { files: overflow.into_files()?, ..FoundGroups::default() };
                let account = self.spec.context.account(self.spec.at);
                SeenKeys::InFiles(Box::new(SpilledGroups::new(&self.spec, found, account)?))
            }
            SeenKeys::Growing(_) | SeenKeys::Ended => SeenKeys::Ended,
            in_files @ SeenKeys::InFiles(_) => in_files,
        };
        Ok(())
    }
}

impl Stream for DistinctRows<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            match &mut self.seen {
                SeenKeys::InFiles(groups) => return groups.next(&self.spec),
                SeenKeys::Ended => return Ok(None),
                SeenKeys::Growing(_) | SeenKeys::Full(_) => {}
            }
            if let Some(chunk) = self.pieces.next() {
                if let Some(fresh) = self.fresh(&chunk)? {
                    return Ok(Some(fresh));
                }
                continue;
            }
            match self.input.next()? {
                Some(chunk) => {
                    self.pieces = batches(vec![chunk], usize::MAX, self.spec.context).concat().into_iter();
                }
                None => self.end()?,
            }
        }
    }
}
