//! A join whose rows are in files: one pair of files after the other is joined.

use super::super::context::Account;
use super::super::spill::{RowSorter, SortedRows, SpillReader, with_number};
use super::super::stream::{Buffered, Chunks, Stream};
use super::build_right::build;
use super::pairing::Pairing;
use super::spec::JoinSpec;
use super::spilled_pair::SpilledPair;
use super::strategy::{LeftRows, Prepared};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::JoinKind;
use crate::types::Schema;

pub(super) struct SpilledPairs<'a> {
    /// The join of the rows in files: where somebody sees the order, those have a number as their last column.
    spec: JoinSpec<'a>,
    pairs: Vec<SpilledPair>,
    current: Option<Pairing<'a>>,
    /// Where somebody sees the order: what came of all pairs.
    sorter: Option<RowSorter<'a>>,
    sorted: Option<SortedRows<'a>>,
    /// The columns of the sorted rows that are the join's.
    layout: Vec<usize>,
    account: Account<'a>,
}

impl<'a> SpilledPairs<'a> {
    pub(super) fn new(spec: &JoinSpec<'a>, pairs: Vec<SpilledPair>) -> Result<Self> {
        let account = spec.context.account(spec.at);
        let spec = JoinSpec { left: spec.left.again(), right: spec.right.again(), ..spec.clone() };
        let any_order = spec.any_order;
        let mut all =
            Self { spec, pairs, current: None, sorter: None, sorted: None, layout: Vec::new(), account };
        if !any_order {
            all.number()?;
        }
        Ok(all)
    }

    /// Puts what comes of the pairs in the order of the left rows, then of the right ones.
    fn number(&mut self) -> Result<()> {
        let spec = &mut self.spec;
        for side in [&mut spec.left, &mut spec.right] {
            *side = side.with_columns(with_number(&side.schema));
        }
        let left_only = matches!(spec.kind, JoinKind::LeftSemi | JoinKind::LeftAnti);
        let mut columns = spec.left.schema.columns.clone();
        let mut numbers = vec![columns.len().saturating_sub(1)];
        if !left_only {
            columns.extend(spec.right.schema.columns.iter().cloned());
            numbers.push(columns.len().saturating_sub(1));
        }
        self.layout = (0..columns.len()).filter(|at| !numbers.contains(at)).collect();
        // Rows without a left one come last.
        self.sorter = Some(RowSorter::by_numbers(Schema { columns }, &numbers, spec.context, spec.at)?);
        Ok(())
    }

    /// The next rows of the join.
    pub(super) fn next(&mut self) -> Result<Option<Chunk>> {
        let Some(mut sorter) = self.sorter.take() else {
            return match &mut self.sorted {
                None => self.joined(),
                Some(sorted) => {
                    let Some(numbered) = sorted.next()? else { return Ok(None) };
                    let mut chunk = Chunk::without_columns(numbered.len());
                    self.layout.iter().for_each(|at| chunk.push_from(&numbered, *at));
                    Ok(Some(chunk))
                }
            };
        };
        while let Some(chunk) = self.joined()? {
            sorter.push(&chunk)?;
        }
        self.sorted = Some(sorter.finish()?);
        self.next()
    }

    /// What comes of the pairs next, in any order.
    fn joined(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(current) = &mut self.current {
                if let Some(chunk) = current.next(&self.spec)? {
                    return Ok(Some(chunk));
                }
                self.current = None;
                self.account.set(0)?;
            }
            let Some(pair) = self.pairs.pop() else { return Ok(None) };
            let left = LeftRows { read: Vec::new(), rest: rows(pair.left) };
            match build(&self.spec, left, rows(pair.right), &mut self.account, pair.level)? {
                Prepared::Probing(probing) => self.current = Some(Pairing::new(&self.spec, *probing)),
                Prepared::Spilled(pairs) => self.pairs.extend(pairs),
            }
        }
    }
}

/// The rows of a file, none where there is no file.
fn rows<'a>(file: Option<SpillReader>) -> Chunks<'a> {
    match file {
        Some(file) => Box::new(file),
        None => Box::new(Buffered::empty()),
    }
}
