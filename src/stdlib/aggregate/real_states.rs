//! Aggregates of reals whose states are exact sums, so that no order of rows and no number of threads changes a bit.
//! It must not know any one of them.
//!
//! Rows are added as whole numbers in fixed point, whose format is that of the first rows. What has no place there, since it
//! is far larger or smaller than these, goes into a second state of the group, which takes any real and is slower.

use super::fixed_point::{Digits, FixedPoint, Loss, MAX_UNCARRIED};
use super::read::{Read, argument};
use crate::column::{Column, Element, RealType};
use crate::function::{Accumulator, AggregateCall, AggregateState, Result};
use crate::types::ScalarType;

/// The state of one group in fixed point; the default is the state without rows.
pub(super) trait FixedState: Default + Send + 'static {
    /// The state of the rows that have no place in fixed point.
    type Far: FarState;

    /// Takes in a row.
    fn add(&mut self, row: Digits);

    /// Gives back a row that was taken in.
    fn take_back(&mut self, row: Digits);

    /// Makes room for [`MAX_UNCARRIED`] more rows; `false` where there is none.
    fn carry(&mut self) -> bool;

    /// Takes in the rows of another state of the same format. Both were carried.
    fn merge(&mut self, other: Self);

    /// Moves all rows to a far state, and gives how many bytes that holds more.
    fn flush(&mut self, format: FixedPoint, far: &mut Self::Far) -> usize;

    /// The result over the rows of this state alone.
    fn finish(self, format: FixedPoint) -> f64;
}

/// The state of rows of any size.
pub(super) trait FarState: Default + Send + 'static {
    /// Takes in a row, and gives how many bytes it holds more.
    fn add(&mut self, real: f64) -> usize;

    /// Takes in the rows of another state, and gives how many bytes it holds more.
    fn merge(&mut self, other: Self) -> usize;

    /// Says whether it took in nothing.
    fn is_empty(&self) -> bool;

    /// The result.
    fn finish(self) -> f64;
}

/// So many rows are added before it is asked whether all of them had a place.
const BLOCK: usize = 1024;

/// So many rows without a place, and a quarter of the groups, are worth a look for another format.
const PATIENCE: usize = 64;

/// The states of all groups.
struct RealStates<F: FixedState> {
    /// The format that the states have; `None` until there is a real that says which: zeros are the same in all.
    format: Option<FixedPoint>,
    states: Vec<F>,
    /// Empty until the first row needs it.
    far: Vec<F::Far>,
    /// What the far states hold beside their own sizes.
    heap: usize,
    /// How many rows may come before the states are carried.
    until_carry: usize,
    /// How many rows more may have no place before another format is looked for.
    patience: usize,
    /// How many formats did not do.
    misfits: u32,
}

/// An accumulator whose state for a group is `F`.
pub(super) fn real_states<F: FixedState>(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Ok(call.accumulator(RealStates::<F> {
        format: None,
        states: Vec::new(),
        far: Vec::new(),
        heap: 0,
        until_carry: MAX_UNCARRIED,
        patience: PATIENCE,
        misfits: 0,
    }))
}

impl<F: FixedState> RealStates<F> {
    fn reach(&mut self, count: usize) {
        if self.states.len() < count {
            self.states.resize_with(count, F::default);
        }
    }

    /// The far state of a group.
    fn far_of(far: &mut Vec<F::Far>, groups: usize, group: usize) -> &mut F::Far {
        if far.len() < groups {
            far.resize_with(groups, F::Far::default);
        }
        &mut far[group]
    }

    /// Takes in a real that has no place in fixed point.
    #[cold]
    fn add_far(&mut self, group: usize, real: f64) {
        self.heap += Self::far_of(&mut self.far, self.states.len(), group).add(real);
    }

    /// Moves all rows to the far states, so that there may be another format.
    fn flush(&mut self) {
        let Some(format) = self.format.take() else { return };
        let groups = self.states.len();
        for (group, state) in self.states.iter_mut().enumerate() {
            self.heap += state.flush(format, Self::far_of(&mut self.far, groups, group));
        }
    }

    fn carry(&mut self) {
        let format = self.format.unwrap_or(FixedPoint::OF_ONE);
        let groups = self.states.len();
        for (group, state) in self.states.iter_mut().enumerate() {
            if !state.carry() {
                self.heap += state.flush(format, Self::far_of(&mut self.far, groups, group));
            }
        }
        self.until_carry = MAX_UNCARRIED;
    }

    /// Sets the format of the states to that of some reals, if there is none or the one there is does not do.
    fn choose_format(&mut self, reals: &[f64]) {
        if self.patience == 0 {
            self.flush();
            self.misfits += 1;
            // Where no format does, it is not looked for again and again.
            self.patience = (PATIENCE + self.states.len() / 4).saturating_mul(1 << self.misfits.min(20));
        }
        if self.format.is_none() {
            let mut sizes: Vec<f64> = reals.iter().map(|it| it.abs()).filter(|it| it.is_finite()).collect();
            sizes.sort_unstable_by(f64::total_cmp);
            // The largest one; if that did not do, the largest but for a few.
            let outliers = if self.misfits == 0 { 0 } else { sizes.len() / 32 };
            let largest = sizes.iter().rev().nth(outliers).filter(|it| **it != 0.0);
            // Where only zeros, infinities and NaNs came, no digit is set.
            self.format = largest.map(|it| FixedPoint::for_largest(*it).unwrap_or(FixedPoint::OF_ONE));
        }
    }

    /// Takes in at most [`BLOCK`] rows.
    fn add_block(&mut self, reals: &[f64], groups: &[u32]) {
        self.choose_format(reals);
        let format = self.format.unwrap_or(FixedPoint::OF_ONE);
        if self.until_carry < reals.len() {
            self.carry();
        }
        self.until_carry -= reals.len();
        let loss = match &mut self.states[..] {
            [state] => add_all(state, format, reals),
            states => add_each(states, format, reals, groups),
        };
        if loss.is_one() {
            self.mend(format, reals, groups);
        }
    }

    /// Moves those of the rows that had no place to their far states, after all of them were added.
    fn mend(&mut self, format: FixedPoint, reals: &[f64], groups: &[u32]) {
        for (&real, &group) in reals.iter().zip(groups) {
            let (digits, loss) = format.digits_and_loss(real);
            if loss.is_one() {
                self.states[group as usize].take_back(digits);
                self.patience = self.patience.saturating_sub(usize::from(real.is_finite()));
                self.add_far(group as usize, real);
            }
        }
    }
}

/// Adds rows of one group, and what was lost of them.
#[inline(never)]
fn add_all<F: FixedState>(state: &mut F, format: FixedPoint, reals: &[f64]) -> Loss {
    // It stays in registers.
    let mut local = std::mem::take(state);
    let mut loss = Loss::default();
    for &real in reals {
        let (digits, lost) = format.digits_and_loss(real);
        local.add(digits);
        loss = loss.and(lost);
    }
    *state = local;
    loss
}

/// Adds rows to their groups, and what was lost of them.
#[inline(never)]
fn add_each<F: FixedState>(states: &mut [F], format: FixedPoint, reals: &[f64], groups: &[u32]) -> Loss {
    let mut loss = Loss::default();
    for (&real, &group) in reals.iter().zip(groups) {
        let (digits, lost) = format.digits_and_loss(real);
        states[group as usize].add(digits);
        loss = loss.and(lost);
    }
    loss
}

impl<F: FixedState> AggregateState for RealStates<F> {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        self.reach(count);
        let column = argument(arguments, 0)?.convert(ScalarType::Real);
        if let Column::Real(it) = &column
            && it.validity().nulls().is_none()
        {
            for (reals, groups) in it.values().chunks(BLOCK).zip(groups.chunks(BLOCK)) {
                self.add_block(reals, groups);
            }
            return Ok(());
        }
        let (mut reals, mut of_groups) = (Vec::with_capacity(BLOCK), Vec::with_capacity(BLOCK));
        RealType::each(&[column], |row, real| {
            reals.push(real);
            of_groups.push(groups[row]);
            if reals.len() == BLOCK {
                self.add_block(&reals, &of_groups);
                reals.clear();
                of_groups.clear();
            }
        })?;
        self.add_block(&reals, &of_groups);
        Ok(())
    }

    fn merge(&mut self, mut other: Self, mapping: &[u32], count: usize) -> Result<()> {
        self.reach(count);
        self.format = self.format.or(other.format);
        if other.format.is_none_or(|it| self.format == Some(it)) {
            self.carry();
            other.carry();
            for (state, &group) in other.states.into_iter().zip(mapping) {
                self.states[group as usize].merge(state);
            }
            self.carry();
        } else {
            other.flush();
        }
        // What the parts hold is told anew by those that take them in.
        for (far, &group) in other.far.into_iter().zip(mapping) {
            if !far.is_empty() {
                self.heap += Self::far_of(&mut self.far, count, group as usize).merge(far);
            }
        }
        Ok(())
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        self.reach(count);
        let format = self.format.unwrap_or(FixedPoint::OF_ONE);
        let mut far = self.far.into_iter();
        let results = self.states.into_iter().map(|mut state| {
            let far = far.next().filter(|far| !far.is_empty());
            Some(match far {
                Some(mut far) => {
                    state.flush(format, &mut far);
                    far.finish()
                }
                None => state.finish(format),
            })
        });
        Ok(vec![RealType::build(results)])
    }

    fn byte_size(&self) -> usize {
        self.states.capacity() * size_of::<F>() + self.far.capacity() * size_of::<F::Far>() + self.heap
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::exact::ExactSum;
    use super::*;

    fn states() -> RealStates<Digits> {
        RealStates {
            format: None,
            states: Vec::new(),
            far: Vec::new(),
            heap: 0,
            until_carry: MAX_UNCARRIED,
            patience: PATIENCE,
            misfits: 0,
        }
    }

    fn column(reals: &[f64]) -> Column {
        RealType::build(reals.iter().map(|&real| Some(real)))
    }

    /// The sums of some groups, by their bits.
    fn sums(states: RealStates<Digits>, groups: usize) -> Vec<u64> {
        let columns = states.finish(groups).unwrap();
        let Column::Real(it) = &columns[0] else { panic!("no reals") };
        it.values().iter().map(|it| it.to_bits()).collect()
    }

    fn expected(rows: &[(f64, u32)], groups: usize) -> Vec<u64> {
        let mut expected: Vec<ExactSum> = std::iter::repeat_with(ExactSum::default).take(groups).collect();
        rows.iter().for_each(|&(real, group)| _ = expected[group as usize].add(real));
        expected.iter().map(|it| it.rounded().to_bits()).collect()
    }

    #[test]
    fn more_rows_than_digits_have_room_for() {
        // Each has the most that fits into both digits.
        let largest = 65536.0 - 2_f64.powi(-37);
        let reals = [largest; BLOCK];
        let mut states = states();
        let blocks = 5 * MAX_UNCARRIED / BLOCK;
        for _ in 0..blocks {
            states.update(&[0; BLOCK], 1, &[column(&reals)]).unwrap();
        }
        assert!(states.format.is_some() && states.far.is_empty());
        let expected = largest * (blocks * BLOCK) as f64;
        assert_eq!(sums(states, 1), [expected.to_bits()]);
    }

    /// They say nothing of the format, and take no far state.
    #[test]
    fn zeros_come_first() {
        let (mut states, mut zeros) = (states(), states());
        for states in [&mut states, &mut zeros] {
            states.update(&[0, 1, 0], 2, &[column(&[0.0, -0.0, 0.0])]).unwrap();
        }
        states.update(&[1, 1], 2, &[column(&[1e12, 0.5])]).unwrap();
        assert!(states.format == FixedPoint::for_largest(1e12) && zeros.format.is_none());
        states.merge(zeros, &[0, 1], 2).unwrap();
        assert!(states.far.is_empty());
        assert_eq!(sums(states, 2), [0.0_f64, 1e12 + 0.5].map(f64::to_bits));
    }

    #[test]
    fn a_format_that_does_not_do_is_given_up() {
        let mut states = states();
        let small: Vec<f64> = (0..BLOCK).map(|row| row as f64 / 7.0).collect();
        let large: Vec<f64> = small.iter().map(|it| it * 1e12).collect();
        let groups: Vec<u32> = (0..BLOCK as u32).map(|row| row % 5).collect();
        states.update(&groups, 5, &[column(&small)]).unwrap();
        let first = states.format;
        states.update(&groups, 5, &[column(&large)]).unwrap();
        states.update(&groups, 5, &[column(&large)]).unwrap();
        assert_ne!(states.format, first);
        let rows = [&small, &large, &large].into_iter().flat_map(|it| it.iter().copied().zip(groups.clone()));
        assert_eq!(sums(states, 5), expected(&rows.collect::<Vec<_>>(), 5));
    }

    /// Reals of like sizes, with some that are not.
    fn real() -> impl Strategy<Value = f64> {
        prop_oneof![
            20 => -1e3..1e3_f64,
            4 => (-1000..1000_i64).prop_map(|n| n as f64),
            2 => (-80..80_i32, -1.0..1.0_f64).prop_map(|(exponent, real)| real * 2_f64.powi(exponent)),
            1 => any::<f64>(),
        ]
    }

    /// Rows of a chunk, with their groups.
    fn rows() -> impl Strategy<Value = Vec<(f64, u32)>> {
        prop::collection::vec((real(), 0..4_u32), 0..200)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

        /// However the rows are shared out, the sums are those of [`ExactSum`], bit by bit.
        #[test]
        fn parts_are_merged_without_a_trace(
            parts in prop::collection::vec(prop::collection::vec(rows(), 0..4), 1..4),
        ) {
            let all: Vec<(f64, u32)> = parts.iter().flatten().flatten().copied().collect();
            let mut whole = states();
            for part in &parts {
                let mut states = states();
                for rows in part {
                    let (reals, groups): (Vec<f64>, Vec<u32>) = rows.iter().copied().unzip();
                    states.update(&groups, 4, &[column(&reals)]).unwrap();
                }
                whole.merge(states, &[0, 1, 2, 3], 4).unwrap();
            }
            prop_assert_eq!(sums(whole, 4), expected(&all, 4));
        }
    }
}
