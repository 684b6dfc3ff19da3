//! Streams of chunks. It must not know operators.

use crate::column::Chunk;
use crate::function::Result;
use crate::plan::Expr;

/// Chunks of rows, one after the other; none of them is empty.
pub(super) trait Stream {
    /// The next chunk; `None` at the end.
    fn next(&mut self) -> Result<Option<Chunk>>;
}

/// A stream that lives as long as the plan and the context that it was opened in.
pub(super) type Chunks<'a> = Box<dyn Stream + 'a>;

/// What is done to a plan's rows by whoever opens it, for those that can make use of it. Rows that are not asked for change
/// nothing.
#[derive(Default)]
pub(super) struct Demand<'a> {
    /// Conditions over the plan's columns; rows that do not meet all of them are dropped.
    pub(super) conjuncts: Vec<&'a Expr>,
    /// After so many rows no more are asked for.
    pub(super) limit: Option<usize>,
}

impl Demand<'_> {
    /// The first rows, as they are.
    pub(super) fn first(limit: Option<usize>) -> Self {
        Self { conjuncts: Vec::new(), limit }
    }
}

/// The next chunks, at most `max`.
pub(super) fn take(input: &mut dyn Stream, max: usize) -> Result<Vec<Chunk>> {
    let mut chunks = Vec::with_capacity(max);
    while chunks.len() < max
        && let Some(chunk) = input.next()?
    {
        chunks.push(chunk);
    }
    Ok(chunks)
}

/// Chunks that are there already, cut to the size of a chunk.
pub(super) struct Buffered {
    chunks: std::vec::IntoIter<Chunk>,
    current: Option<Chunk>,
    offset: usize,
    rows: usize,
}

impl Buffered {
    /// Gives the rows in chunks of at most `rows`.
    pub(super) fn new(chunks: Vec<Chunk>, rows: usize) -> Self {
        Self { chunks: chunks.into_iter(), current: None, offset: 0, rows }
    }

    /// No rows.
    pub(super) fn empty() -> Self {
        Self::new(Vec::new(), 1)
    }
}

impl Stream for Buffered {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = &self.current
                && self.offset < chunk.len()
            {
                let piece = if self.offset == 0 && chunk.len() <= self.rows {
                    chunk.clone()
                } else {
                    chunk.slice(self.offset, self.rows)
                };
                self.offset += piece.len();
                return Ok(Some(piece));
            }
            self.current = self.chunks.next();
            self.offset = 0;
            if self.current.is_none() {
                return Ok(None);
            }
        }
    }
}

/// Chunks that were read ahead, then the rest of the stream that they came from.
pub(super) struct Chained<'a> {
    ahead: std::vec::IntoIter<Chunk>,
    rest: Chunks<'a>,
}

impl<'a> Chained<'a> {
    pub(super) fn new(ahead: Vec<Chunk>, rest: Chunks<'a>) -> Self {
        Self { ahead: ahead.into_iter(), rest }
    }
}

impl Stream for Chained<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        match self.ahead.next() {
            Some(chunk) => Ok(Some(chunk)),
            None => self.rest.next(),
        }
    }
}
