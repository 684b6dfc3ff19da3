//! Groups of rows where most keys are rare: the rows are split by a hash of their keys, and the groups of each part are
//! found by one thread alone, so that nothing is merged. With more parts than threads a part's groups are found in the
//! processor's cache, however many there are. It must not know any particular aggregate.

use std::sync::OnceLock;

use super::group_by::{MOST_PARTS, Partial, Work, check_groups};
use super::keys::RowHasher;
use super::pipeline::Steps;
use super::shares::{Share, Shares};
use super::stream::{Account, Operator, State, Stream, take};
use crate::column::{Chunk, Column, NO_ROW, StringColumn};
use crate::function::Result;
use crate::parallel::map_in_parallel;

/// So many chunks a thread are taken at once.
const CHUNKS_A_THREAD: usize = 4;

/// Rows of at most this share of the run's limit are kept until their groups are found: the more of a part there are, the
/// less often its groups come into the cache.
const SHARE_KEPT: usize = if cfg!(test) { 16 } else { 4 };

/// The groups by part of the hashes.
pub(super) struct Apart<'w, 's> {
    work: &'w Work<'w>,
    state: &'s State<'s>,
    at: Operator,
    hasher: RowHasher,
    parts: Vec<Part>,
    /// How many rows there were.
    rows: u64,
    /// About how many groups a part will have.
    expected: usize,
    by: OnceLock<By>,
}

/// What says which part a row belongs to.
#[derive(Clone, Copy)]
struct By {
    /// This key column alone; all of them where there is none.
    column: Option<usize>,
    /// The only key column is one of texts, mostly different ones: what was hashed need not be hashed again.
    texts: bool,
}

impl By {
    fn new(keys: &[Column]) -> Self {
        let column = varied_dictionary(keys);
        let plain = |column: &Column| column.as_strings().is_some_and(|texts| texts.dictionary().is_none());
        Self { column, texts: column.is_none() && matches!(keys, [key] if plain(key)) }
    }
}

/// The groups of one part, and the row in which each was first seen.
struct Part {
    partial: Partial,
    first: Vec<u64>,
    /// The rows whose groups are not found yet.
    waiting: Vec<Piece>,
}

impl Part {
    /// Finds the groups of the rows that are waiting.
    fn group(&mut self, work: &Work<'_>, state: &State<'_>, at: Operator, expected: usize) -> Result<()> {
        state.tick(at)?;
        let mut untold = self.partial.groups() == 0;
        for Piece { columns, rows, hashes, before } in self.waiting.drain(..) {
            let fresh = self.partial.add_columns(work, at, &columns, rows.len(), hashes.as_deref())?;
            // The first keys tell how long the others may be.
            if std::mem::take(&mut untold) {
                self.partial.expect(expected);
                self.first.reserve(if work.ordered { expected } else { 0 });
            }
            if work.ordered {
                let first = fresh.iter().filter_map(|&row| rows.get(row as usize));
                self.first.extend(first.map(|&row| before + u64::from(row)));
            }
        }
        Ok(())
    }
}

/// Some rows of a chunk: their keys and arguments, and their numbers among all rows.
struct Piece {
    columns: Vec<Column>,
    rows: Vec<u32>,
    /// Those of the key, where there is one of texts: of all pieces or of none.
    hashes: Option<Vec<u32>>,
    before: u64,
}

impl Piece {
    fn byte_size(&self) -> usize {
        // Dictionaries belong to the input.
        let bytes = |column: &Column| match column.as_strings().and_then(|texts| texts.dictionary()) {
            Some((codes, _)) => size_of_val(codes),
            None => column.byte_size(),
        };
        let hashes = self.hashes.as_ref().map_or(0, |hashes| size_of_val(&**hashes));
        self.columns.iter().map(bytes).sum::<usize>() + size_of_val(&*self.rows) + hashes
    }
}

impl<'w, 's> Apart<'w, 's> {
    /// No groups yet, in that many parts. About `expected` groups will be found in all.
    pub(super) fn new(
        work: &'w Work<'w>,
        state: &'s State<'s>,
        at: Operator,
        parts: usize,
        expected: usize,
    ) -> Result<Self> {
        let part = |_| Ok(Part { partial: work.partial(state)?, first: Vec::new(), waiting: Vec::new() });
        let expected = expected / parts.max(1);
        let parts = (0..parts).map(part).collect::<Result<_>>()?;
        Ok(Self {
            work,
            state,
            at,
            hasher: RowHasher::default(),
            parts,
            rows: 0,
            expected,
            by: OnceLock::new(),
        })
    }

    /// The groups of the chunks and of those that the input still gives, in the order of their first rows.
    pub(super) fn run(
        mut self,
        steps: &Steps<'_>,
        mut chunks: Vec<Chunk>,
        input: &mut dyn Stream,
        account: &mut Account<'_>,
    ) -> Result<Vec<Chunk>> {
        let threads = self.state.run.threads;
        // Few parts are in the cache already.
        let most = if self.parts.len() > threads { self.state.run.limits.bytes / SHARE_KEPT } else { 0 };
        let mut waiting = 0;
        while !chunks.is_empty() {
            waiting += self.split(steps, chunks)?;
            if waiting > most {
                self.group()?;
                waiting = 0;
            }
            let held = |part: &Part| part.partial.byte_size() + part.first.len() * 8;
            account.set(waiting + self.parts.iter().map(held).sum::<usize>())?;
            chunks = take(input, threads * CHUNKS_A_THREAD)?;
        }
        self.finish()
    }

    /// Splits the rows of chunks among the parts; how many bytes are waiting more.
    fn split(&mut self, steps: &Steps<'_>, chunks: Vec<Chunk>) -> Result<usize> {
        let (work, state, at, hasher, by) = (self.work, self.state, self.at, &self.hasher, &self.by);
        let parts = self.parts.len();
        let split = map_in_parallel(state.run.threads, chunks, |chunk| -> Result<(usize, Vec<Piece>)> {
            let Some(chunk) = steps.apply(state, chunk)? else { return Ok((0, Vec::new())) };
            state.tick(at)?;
            let columns = work.program.run(state, &chunk)?;
            let keys = columns.get(..work.kinds.len()).unwrap_or_default();
            // Whichever chunk is first decides for all of them.
            let by = *by.get_or_init(|| By::new(keys));
            let keys = match by.column {
                Some(at) => keys.get(at..=at).unwrap_or_default(),
                None => keys,
            };
            let shares = Shares::new(keys, chunk.len(), hasher, parts).split(&columns);
            let piece = |Share { rows, hashes, columns }: Share| Piece {
                columns,
                rows,
                hashes: by.texts.then_some(hashes),
                before: 0,
            };
            Ok((chunk.len(), shares.into_iter().map(piece).collect()))
        });
        let mut bytes = 0;
        for split in split {
            let (len, pieces) = split?;
            for (part, piece) in self.parts.iter_mut().zip(pieces) {
                if !piece.rows.is_empty() {
                    bytes += piece.byte_size();
                    part.waiting.push(Piece { before: self.rows, ..piece });
                }
            }
            self.rows += len as u64;
        }
        Ok(bytes)
    }

    /// Finds the groups of the rows that are waiting.
    fn group(&mut self) -> Result<()> {
        let (work, state, at, expected) = (self.work, self.state, self.at, self.expected);
        let parts = map_in_parallel(state.run.threads, std::mem::take(&mut self.parts), |mut part: Part| {
            part.group(work, state, at, expected).map(|()| part)
        });
        self.parts = parts.into_iter().collect::<Result<_>>()?;
        Ok(())
    }

    /// The groups of all rows. A part's table is gone before the next one's grows, so that they have the same memory.
    fn finish(self) -> Result<Vec<Chunk>> {
        let (work, state, at, expected) = (self.work, self.state, self.at, self.expected);
        let parts = map_in_parallel(state.run.threads, self.parts, |mut part| {
            part.group(work, state, at, expected)?;
            Ok((part.first, part.partial.finish(work, state, at)?))
        });
        let (firsts, chunks): (Vec<Vec<u64>>, Vec<Chunk>) =
            parts.into_iter().collect::<Result<Vec<_>>>()?.into_iter().unzip();
        let groups = chunks.iter().map(Chunk::len).sum();
        check_groups(at, groups, 0)?;
        state.check_rows(at, groups)?;
        if !work.ordered {
            return Ok(chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect());
        }
        Ok(vec![Chunk::concat(work.schema, &chunks).select(in_order(&firsts, groups, self.rows))])
    }
}

/// A column of texts that are hashed once for all rows, and so many that they fill all parts alike.
fn varied_dictionary(keys: &[Column]) -> Option<usize> {
    const VARIED: usize = 64 * MOST_PARTS;
    keys.iter().position(|column| {
        column.as_strings().and_then(StringColumn::dictionary).is_some_and(|(_, values)| values >= VARIED)
    })
}

/// The places of the groups, part after part, in the order of the rows in which they were first seen.
fn in_order(firsts: &[Vec<u64>], groups: usize, rows: u64) -> Vec<u32> {
    let placed = (0_u32..).zip(firsts.iter().flatten());
    match usize::try_from(rows) {
        // A slot a row, if that is not many more than there are groups.
        Ok(rows) if rows / 8 <= groups => {
            let mut slots = vec![NO_ROW; rows];
            for (place, &row) in placed {
                if let Some(slot) = slots.get_mut(row as usize) {
                    *slot = place;
                }
            }
            slots.retain(|place| *place != NO_ROW);
            slots
        }
        _ => {
            let mut order: Vec<(u64, u32)> = placed.map(|(place, &row)| (row, place)).collect();
            // Each part is in order: this sort finds that and merges them.
            order.sort();
            order.into_iter().map(|(_, place)| place).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_put_in_order_in_both_ways() {
        let firsts = [vec![0, 4, 9], vec![], vec![1, 2], vec![7]];
        let expected = [0, 3, 4, 1, 5, 2];
        assert_eq!(in_order(&firsts, 6, 10), expected);
        assert_eq!(in_order(&firsts, 6, 1 << 20), expected);
    }

    /// Tests take thresholds that this many rows reach, see `group_by`: 16 parts.
    #[test]
    fn more_parts_than_threads_give_the_groups_of_a_model() {
        use std::collections::HashMap;

        use crate::{Database, DateTime, Options, Value};

        let key = |x: i64| x * 7919 % 9973;
        let mut groups: Vec<(i64, i64, i64, Vec<i64>)> = Vec::new();
        let mut places: HashMap<i64, usize> = HashMap::new();
        for x in 1..=20_000_i64 {
            let place = *places.entry(key(x)).or_insert_with(|| {
                groups.push((key(x), 0, 0, Vec::new()));
                groups.len() - 1
            });
            let group = &mut groups[place];
            (group.1, group.2) = (group.1 + 1, group.2 + x);
            group.3.push(x);
        }
        let expected: Vec<Vec<Value>> = groups
            .into_iter()
            .map(|(key, count, sum, list)| {
                let list = serde_json::to_string(&list).unwrap();
                vec![format!("k{key}").as_str().into(), count.into(), sum.into(), list.as_str().into()]
            })
            .collect();
        let mut database = Database::new();
        let run = |database: &Database, text: &str, threads: usize, limit: usize| {
            let limits = crate::Limits { bytes: limit, ..crate::Limits::default() };
            let options = Options::new(DateTime::UNIX_EPOCH).threads(threads).chunk_rows(5000).limits(limits);
            database.compile(text).and_then(|query| query.run(database, &options)).unwrap()
        };
        let table = run(&database, "range x from 1 to 20000 step 1", 1, 1 << 30);
        database.insert("T", table);
        let query = "T | summarize count(), sum(x), l = make_list(x) by k = strcat('k', x * 7919 % 9973) \
                     | project k, count_, sum_x, tostring(l)";
        // With the smaller limit the rows are grouped in several goes.
        for (threads, limit) in [(1, 1 << 30), (3, 1 << 30), (2, 4 << 20)] {
            let found = run(&database, query, threads, limit);
            assert!(found.rows().eq(expected.iter().cloned()), "{threads} threads, {limit} bytes");
        }
    }
}
