//! Random numbers of a run, fixed by its seed. It must not know who draws them.
//!
//! Each place of a query that draws numbers has a stream of its own: two calls of `rand()` would else share one, and which of
//! them gets which number would depend on the sizes of chunks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::source::Span;

/// What SplitMix64 adds for each number.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads the bits of a number over all of them.
const fn mixed(mut n: u64) -> u64 {
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// The numbers of one place, in their order: SplitMix64.
#[derive(Debug, Default)]
pub struct RandomStream(AtomicU64);

impl RandomStream {
    /// The next number.
    pub fn draw(&self) -> u64 {
        mixed(self.0.fetch_add(STEP, Ordering::Relaxed))
    }
}

/// The streams of a run.
#[derive(Debug)]
pub(super) struct RandomStreams {
    seed: u64,
    /// How many streams each place of the query has: a function may be called from several.
    opened: Mutex<HashMap<Span, u64>>,
}

impl RandomStreams {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, opened: Mutex::default() }
    }

    /// Another stream for a place of the query.
    pub(super) fn open(&self, place: Span) -> RandomStream {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let times = opened.entry(place).or_default();
        *times += 1;
        let parts = [u64::from(place.start), u64::from(place.end), *times];
        let seed = parts.iter().fold(mixed(self.seed), |seed, part| mixed(seed.wrapping_add(STEP) ^ part));
        RandomStream(AtomicU64::new(seed))
    }
}
