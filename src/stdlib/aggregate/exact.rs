//! Sums of reals without a rounding error: whatever the order of the rows, and however they are shared out, a sum is the
//! exact one, rounded once. It must not know any aggregate.
//!
//! A sum is two reals, the rows' sum as it would be rounded and what rounding left over. While the second one has lost
//! nothing, the two are the exact sum; what does not fit goes into a wide integer, which few sums ever need.

use super::wide::{WideInteger, parts};

/// The sum and its error: `a + b` is exactly the sum of both, unless it leaves the range of reals.
#[inline]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// The product and its error: together they are exactly the product, save where the error would be smaller than any real.
#[inline]
fn two_product(a: f64, b: f64) -> (f64, f64) {
    /// Splits a real in halves of 26 bits.
    #[inline]
    fn split(a: f64) -> (f64, f64) {
        let scaled = a * 134_217_729.0;
        let high = scaled - (scaled - a);
        (high, a - high)
    }
    let product = a * b;
    let ((a_high, a_low), (b_high, b_low)) = (split(a), split(b));
    (product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low)
}

/// Two reals that are exactly the sum of what was added.
#[derive(Debug, Default, Clone, Copy)]
struct Twofold {
    high: f64,
    low: f64,
}

impl Twofold {
    /// The sum with another real, and what it lacks. Where that is neither 0 nor finite, the range was left.
    #[inline]
    fn plus(self, real: f64) -> (Self, f64) {
        let (high, error) = two_sum(self.high, real);
        let (low, lost) = two_sum(self.low, error);
        (Self { high, low }, lost)
    }
}

/// What does not fit into two reals.
#[derive(Debug, Default)]
struct Rest {
    whole: WideInteger,
    /// The sum of the infinities and NaNs; 0 where there are none.
    special: f64,
}

/// A sum of reals.
#[derive(Debug, Default)]
pub(super) struct ExactSum {
    near: Twofold,
    rest: Option<Box<Rest>>,
}

/// So many rows are added in independent sums before these are put together.
const BLOCK: usize = 1024;

/// So many independent sums are added to in turn: the processor does several at once, and none waits for the one before.
const LANES: usize = 32;

impl ExactSum {
    /// Takes in a real, and gives how many bytes it holds more.
    #[inline]
    pub(super) fn add(&mut self, real: f64) -> usize {
        let (near, lost) = self.near.plus(real);
        if lost == 0.0 {
            self.near = near;
            0
        } else {
            self.add_rest(real)
        }
    }

    /// Takes in many reals.
    pub(super) fn add_all(&mut self, reals: &[f64]) {
        for block in reals.chunks(BLOCK) {
            match lanes(block) {
                Some(lanes) => lanes.into_iter().for_each(|it| self.merge_near(it)),
                None => block.iter().for_each(|&real| _ = self.add(real)),
            }
        }
    }

    /// Takes in a real that two reals have no room for.
    #[cold]
    #[inline(never)]
    fn add_rest(&mut self, real: f64) -> usize {
        let before = self.heap();
        let (near, lost) = self.near.plus(real);
        let rest = self.rest.get_or_insert_default();
        if !real.is_finite() {
            rest.special += real;
        } else if lost.is_finite() {
            rest.whole.add_real(lost);
            self.near = near;
        } else {
            rest.whole.add_real(self.near.high);
            rest.whole.add_real(real);
            self.near.high = 0.0;
        }
        self.heap() - before
    }

    /// Takes in a whole number, multiplied by a power of two, and gives how many bytes it holds more.
    pub(super) fn add_whole(&mut self, number: i128, exponent: i32) -> usize {
        if number == 0 {
            return 0;
        }
        let before = self.heap();
        self.rest.get_or_insert_default().whole.add(number, exponent);
        self.heap() - before
    }

    /// Says whether nothing was added but zeros.
    pub(super) fn is_zero(&self) -> bool {
        self.near.high == 0.0 && self.near.low == 0.0 && self.rest.is_none()
    }

    /// Takes in the product of two reals, and what it lacks in a sum of such errors. Gives how many bytes both hold more.
    #[inline]
    pub(super) fn add_product(&mut self, errors: &mut Self, a: f64, b: f64) -> usize {
        let (product, error) = two_product(a, b);
        if is_exact_product(a, b, product) {
            self.add(product) + errors.add(error)
        } else {
            self.add_odd_product(a, b)
        }
    }

    /// Takes in the products of many reals. Both sides are of one length.
    pub(super) fn add_products(&mut self, errors: &mut Self, a: &[f64], b: &[f64]) {
        let (mut products, mut lacks) = ([0.0; BLOCK], [0.0; BLOCK]);
        for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
            let mut is_exact = true;
            let places = products.iter_mut().zip(&mut lacks);
            for ((product, lack), (&a, &b)) in places.zip(a.iter().zip(b)) {
                (*product, *lack) = two_product(a, b);
                is_exact &= is_exact_product(a, b, *product);
            }
            if is_exact {
                let rows = a.len().min(b.len());
                self.add_all(products.get(..rows).unwrap_or_default());
                errors.add_all(lacks.get(..rows).unwrap_or_default());
            } else {
                a.iter().zip(b).for_each(|(&a, &b)| _ = self.add_product(errors, a, b));
            }
        }
    }

    #[inline(never)]
    fn add_odd_product(&mut self, a: f64, b: f64) -> usize {
        if a == 0.0 && b.is_finite() || b == 0.0 && a.is_finite() {
            return 0;
        }
        let before = self.heap();
        let rest = self.rest.get_or_insert_default();
        if a.is_finite() && b.is_finite() {
            let ((a, of_a), (b, of_b)) = (parts(a), parts(b));
            rest.whole.add(i128::from(a) * i128::from(b), of_a + of_b);
        } else {
            rest.special += a * b;
        }
        self.heap() - before
    }

    fn merge_near(&mut self, other: Twofold) {
        self.add(other.high);
        self.add(other.low);
    }

    /// Takes in all that another sum took in.
    pub(super) fn merge(&mut self, other: Self) {
        self.merge_near(other.near);
        if let Some(other) = other.rest {
            let rest = self.rest.get_or_insert_default();
            rest.whole.merge(&other.whole);
            rest.special += other.special;
        }
    }

    /// The infinity or NaN that the sum is, if it is none of the finite reals by what was added.
    pub(super) fn special(&self) -> Option<f64> {
        let special = self.rest.as_ref().map_or(0.0, |rest| rest.special);
        // One NaN for all: which of its bits are set depends on the order.
        if special.is_nan() { Some(f64::NAN) } else { Some(special).filter(|it| *it != 0.0) }
    }

    /// The exact sum, rounded.
    pub(super) fn rounded(&self) -> f64 {
        if let Some(special) = self.special() {
            return special;
        }
        match &self.rest {
            None => self.near.high + self.near.low,
            Some(_) => self.whole().into_real(0),
        }
    }

    /// Adds the exact sum, multiplied by a whole number, to a wide integer.
    pub(super) fn add_times(&self, factor: i64, whole: &mut WideInteger) {
        self.each_part(|mantissa, exponent| {
            whole.add(i128::from(mantissa) * i128::from(factor), exponent);
        });
    }

    /// The exact sum of the finite reals as a whole number.
    pub(super) fn whole(&self) -> WideInteger {
        let mut whole = WideInteger::default();
        self.add_times(1, &mut whole);
        whole
    }

    /// The numbers that together are the sum, each a whole number and the power of two that it is multiplied by.
    fn each_part(&self, mut f: impl FnMut(i64, i32)) {
        for real in [self.near.high, self.near.low] {
            if real != 0.0 {
                let (mantissa, exponent) = parts(real);
                f(mantissa, exponent);
            }
        }
        if let Some(rest) = &self.rest {
            rest.whole.each_digit(f);
        }
    }

    /// How many bytes it holds beside its own size.
    #[inline]
    pub(super) fn heap(&self) -> usize {
        self.rest.as_ref().map_or(0, |rest| size_of::<Rest>() + rest.whole.heap())
    }
}

/// Says whether a product and its error are exact: nothing is too large to be split, nor is an error too small to be a real.
#[inline]
fn is_exact_product(a: f64, b: f64, product: f64) -> bool {
    (product.abs() >= 1e-250) & (product.abs() < 1e290) & (a.abs() < 1e290) & (b.abs() < 1e290)
}

/// The sums of every `LANES`th of these reals; `None` if one of them is not exact.
#[inline(never)]
fn lanes(reals: &[f64]) -> Option<[Twofold; LANES]> {
    // Columns of reals rather than pairs, and one pass over them: the compiler makes vectors of these.
    let (mut high, mut low) = ([0.0; LANES], [0.0; LANES]);
    let mut lost = 0;
    let (rows, left) = reals.as_chunks::<LANES>();
    for row in rows {
        lost |= add_row(&mut high, &mut low, row);
    }
    let mut sums: [Twofold; LANES] = std::array::from_fn(|at| Twofold { high: high[at], low: low[at] });
    for (sum, &real) in sums.iter_mut().zip(left) {
        let (next, of_it) = sum.plus(real);
        *sum = next;
        lost |= of_it.to_bits();
    }
    // Neither 0.0 nor -0.0 is a loss.
    (lost << 1 == 0).then_some(sums)
}

/// Adds a real to each of some sums; the bits of what is lost. A function of its own, whose one loop becomes vectors.
#[inline(never)]
fn add_row(high: &mut [f64; LANES], low: &mut [f64; LANES], row: &[f64; LANES]) -> u64 {
    let mut lost = 0;
    for at in 0..LANES {
        let (next, of_it) = Twofold { high: high[at], low: low[at] }.plus(row[at]);
        (high[at], low[at]) = (next.high, next.low);
        lost |= of_it.to_bits();
    }
    lost
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(reals: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        reals.iter().for_each(|&real| _ = sum.add(real));
        sum.rounded()
    }

    /// The same bits, where every NaN is one.
    #[track_caller]
    fn assert_same(found: f64, expected: f64) {
        assert_eq!(found.to_bits(), expected.to_bits(), "{found:e} instead of {expected:e}");
    }

    #[test]
    fn sums_are_exact() {
        assert_same(sum(&[]), 0.0);
        assert_same(sum(&[-0.0, -0.0]), 0.0);
        assert_same(sum(&[0.1; 10]), 1.0);
        assert_same(sum(&[1e16, 1.0, -1e16]), 1.0);
        assert_same(sum(&[1e300, 1e-300, -1e300]), 1e-300);
        assert_same(sum(&[f64::MAX, f64::MAX, -f64::MAX]), f64::MAX);
        assert_same(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_same(sum(&[-f64::MAX, -f64::MAX]), f64::NEG_INFINITY);
        assert_same(sum(&[5e-324, 5e-324]), 1e-323);
        assert_same(sum(&[1e300, 5e-324, -1e300]), 5e-324);
        // Half of the last digit is rounded to even; a bit far below decides otherwise.
        let half = f64::EPSILON / 2.0;
        assert_same(sum(&[1.0, half]), 1.0);
        assert_same(sum(&[1.0, half, 1e-300]), 1.0 + f64::EPSILON);
        assert_same(sum(&[1.0, half, -1e-300]), 1.0);
        assert_same(sum(&[-1.0, -half, -1e-300]), -1.0 - f64::EPSILON);
    }

    #[test]
    fn infinities_and_nans_are_what_they_are_in_any_order() {
        assert_same(sum(&[f64::INFINITY, 1.0]), f64::INFINITY);
        assert_same(sum(&[f64::MAX, f64::MAX, f64::NEG_INFINITY]), f64::NEG_INFINITY);
        for order in [[f64::INFINITY, f64::NEG_INFINITY, 1.0], [f64::NEG_INFINITY, 1.0, f64::INFINITY]] {
            assert_same(sum(&order), f64::NAN);
        }
        assert_same(sum(&[1.0, -f64::NAN]), f64::NAN);
    }

    /// Reals of all sizes, near ones more often.
    fn real() -> impl Strategy<Value = f64> {
        prop_oneof![
            4 => -1e3..1e3_f64,
            2 => (-60..60_i32, -1.0..1.0_f64).prop_map(|(exponent, real)| real * 2_f64.powi(exponent)),
            1 => any::<f64>().prop_filter("finite", |real| real.is_finite()),
            1 => (-1000..1000_i64).prop_map(|n| n as f64),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        /// Integers of 100 bits, as reals times powers of two, have a sum that is known.
        #[test]
        fn sums_are_those_of_integers(
            rows in prop::collection::vec((-(1_i64 << 53)..(1_i64 << 53), 0..46_u32), 0..200),
        ) {
            let exact: i128 = rows.iter().map(|&(n, shift)| i128::from(n) << shift).sum();
            let reals: Vec<f64> = rows.iter().map(|&(n, shift)| n as f64 * 2_f64.powi(shift as i32)).collect();
            // A conversion of an integer to a real rounds to nearest, ties to even.
            prop_assert_eq!(sum(&reals), exact as f64);
        }

        #[test]
        fn no_order_and_no_split_changes_a_bit(
            reals in prop::collection::vec(real(), 0..300), at in 0..300_usize, turn in 0..300_usize,
        ) {
            let expected = sum(&reals);
            let mut turned = reals.clone();
            turned.rotate_left(turn.min(reals.len()));
            turned.reverse();
            prop_assert_eq!(sum(&turned).to_bits(), expected.to_bits());
            let (left, right) = reals.split_at(at.min(reals.len()));
            let (mut a, mut b) = (ExactSum::default(), ExactSum::default());
            a.add_all(left);
            b.add_all(right);
            b.merge(a);
            prop_assert_eq!(b.rounded().to_bits(), expected.to_bits());
        }

        #[test]
        fn products_are_exact(a in real(), b in real()) {
            let (mut products, mut errors) = (ExactSum::default(), ExactSum::default());
            products.add_product(&mut errors, a, b);
            let mut found = WideInteger::default();
            products.add_times(1, &mut found);
            errors.add_times(1, &mut found);
            let ((a, of_a), (b, of_b)) = (parts(a), parts(b));
            found.add(-(i128::from(a) * i128::from(b)), of_a + of_b);
            prop_assert_eq!(found.into_real(0).to_bits(), 0);
        }
    }
}
