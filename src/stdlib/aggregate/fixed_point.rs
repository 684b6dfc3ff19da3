//! Reals as whole numbers in fixed point: what they add up to is exact, whatever the order. It must not know any aggregate.

use super::exact::ExactSum;

/// How many bits the lower digit has.
const LOW_BITS: i32 = 43;

/// How many bits the largest real's upper digit has.
const HIGH_BITS: i32 = 41;

/// So many reals may be added before [`Digits::carry`]: the lower digit of each has one bit less than [`LOW_BITS`].
pub(super) const MAX_UNCARRIED: usize = 1 << 20;

/// An upper digit of so many bits has no room for [`MAX_UNCARRIED`] more reals.
const MAX_HIGH: u64 = 1 << 61;

/// Where the point is: reals up to a limit are whole multiples of a power of two.
///
/// A real is two digits, `high * 2^43 + low` of these units. They are what a sum with a large constant has as its lowest
/// bits: the processor rounds the real to a multiple of the upper digit's unit, and what is left to one of the lower one's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FixedPoint {
    /// The unit is 2 to the power of this.
    pub exponent: i32,
    limit: f64,
    to_high: f64,
    to_low: f64,
}

/// 2 to a power that a normal real has.
const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

impl FixedPoint {
    /// The format for reals of about 1.
    pub(super) const OF_ONE: Self = Self::with_limit(8);

    /// The format for reals of which the largest one is about this; `None` where the units would be no normal reals.
    pub(super) fn for_largest(real: f64) -> Option<Self> {
        let exponent = ((real.to_bits() >> 52) & 0x7ff) as i32 - 1023;
        // Some larger ones have room too, and all parts of a column are likely to have one format.
        let limit = (exponent + 4 + 7).div_euclid(8) * 8;
        (-800..=800).contains(&limit).then(|| Self::with_limit(limit))
    }

    /// The format for reals up to 2 to a power.
    const fn with_limit(limit: i32) -> Self {
        let high = limit - HIGH_BITS;
        let exponent = high - LOW_BITS;
        let (to_high, to_low) = (1.5 * power_of_two(high + 52), 1.5 * power_of_two(exponent + 52));
        Self { exponent, limit: power_of_two(limit), to_high, to_low }
    }

    /// The digits of a real, and whether they are exactly that real. If not, they may be any, but are the same each time.
    #[inline]
    pub(super) fn digits_and_loss(self, real: f64) -> (Digits, Loss) {
        let with_high = real + self.to_high;
        let left = real - (with_high - self.to_high);
        let with_low = left + self.to_low;
        let digit = |sum: f64, constant: f64| sum.to_bits().wrapping_sub(constant.to_bits()) as i64;
        let digits = Digits { high: digit(with_high, self.to_high), low: digit(with_low, self.to_low) };
        let lost = ((with_low - self.to_low) - left).to_bits();
        let above = self.limit.to_bits().wrapping_sub(real.abs().to_bits());
        (digits, Loss { lost, above })
    }
}

/// What was lost of some reals, as bits: collected without a branch, asked once for many of them.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Loss {
    /// The bits of what was left of the reals.
    lost: u64,
    /// Its sign bit is set where a real is above the limit, infinite or a NaN.
    above: u64,
}

impl Loss {
    #[inline]
    pub(super) fn and(self, other: Self) -> Self {
        Self { lost: self.lost | other.lost, above: self.above | other.above }
    }

    /// Says whether something was lost.
    #[inline]
    pub(super) fn is_one(self) -> bool {
        // Neither 0.0 nor -0.0 is a loss.
        self.lost << 1 != 0 || self.above >> 63 != 0
    }
}

/// A real, or a sum of reals, in fixed point.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Digits {
    pub high: i64,
    pub low: i64,
}

impl Digits {
    #[inline]
    pub(super) fn add(&mut self, other: Self) {
        self.high = self.high.wrapping_add(other.high);
        self.low = self.low.wrapping_add(other.low);
    }

    #[inline]
    pub(super) fn take_back(&mut self, other: Self) {
        self.high = self.high.wrapping_sub(other.high);
        self.low = self.low.wrapping_sub(other.low);
    }

    /// The number of units.
    pub(super) fn whole(self) -> i128 {
        (i128::from(self.high) << LOW_BITS) + i128::from(self.low)
    }

    /// Brings the lower digit into its bits, and says whether the upper one has room for as many reals again.
    #[inline]
    pub(super) fn carry(&mut self) -> bool {
        self.high += self.low >> LOW_BITS;
        self.low &= (1 << LOW_BITS) - 1;
        self.high.unsigned_abs() < MAX_HIGH
    }

    /// Adds all to an exact sum, leaves 0, and gives how many bytes the sum holds more.
    pub(super) fn flush(&mut self, format: FixedPoint, sum: &mut ExactSum) -> usize {
        sum.add_whole(std::mem::take(self).whole(), format.exponent)
    }

    /// The sum as a real, rounded once.
    pub(super) fn rounded(self, format: FixedPoint) -> f64 {
        // A conversion of an integer rounds to nearest, ties to even; a power of two within these bounds loses nothing.
        self.whole() as f64 * power_of_two(format.exponent)
    }
}

/// The sum of the squares of reals in fixed point, in squared units.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Squares {
    high: i128,
    mixed: i128,
    low: i128,
}

impl Squares {
    #[inline]
    pub(super) fn add(&mut self, it: Digits) {
        self.each(it, i128::wrapping_add);
    }

    #[inline]
    pub(super) fn take_back(&mut self, it: Digits) {
        self.each(it, i128::wrapping_sub);
    }

    #[inline]
    fn each(&mut self, it: Digits, with: impl Fn(i128, i128) -> i128) {
        let (high, low) = (i128::from(it.high), i128::from(it.low));
        self.high = with(self.high, high.wrapping_mul(high));
        self.mixed = with(self.mixed, high.wrapping_mul(low));
        self.low = with(self.low, low.wrapping_mul(low));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.high += other.high;
        self.mixed += other.mixed;
        self.low += other.low;
    }

    /// The whole numbers that together are the sum, each with the power of two that it is multiplied by.
    pub(super) fn parts(self, format: FixedPoint) -> [(i128, i32); 3] {
        let unit = 2 * format.exponent;
        [(self.high, unit + 2 * LOW_BITS), (self.mixed, unit + LOW_BITS + 1), (self.low, unit)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn format() -> FixedPoint {
        FixedPoint::for_largest(1000.0).unwrap()
    }

    #[test]
    fn the_limit_leaves_some_room() {
        let format = format();
        assert_eq!((format.exponent, format.limit), (-68, 65536.0));
        assert_eq!(FixedPoint::for_largest(8000.0), Some(format));
        assert_ne!(FixedPoint::for_largest(9000.0), Some(format));
        assert!(FixedPoint::for_largest(1e300).is_none() && FixedPoint::for_largest(5e-324).is_none());
    }

    #[test]
    fn what_has_no_digits_is_a_loss() {
        let is_lost = |real: f64| format().digits_and_loss(real).1.is_one();
        for real in [0.0, -0.0, 0.1, -999.999, 65536.0, -65536.0, 2_f64.powi(-68), 2e-5] {
            assert!(!is_lost(real), "{real}");
        }
        for real in [65537.0, -1e300, 1e-7 / 3.0, 2_f64.powi(-69), 5e-324, f64::INFINITY, f64::NAN, -f64::NAN]
        {
            assert!(is_lost(real), "{real}");
        }
    }

    #[test]
    fn digits_are_the_real() {
        let digits = format().digits_and_loss(-1.5).0;
        assert_eq!(digits.whole(), -3 << 67);
        assert_eq!(digits.rounded(format()), -1.5);
    }

    proptest! {
        #[test]
        fn a_real_without_loss_is_its_digits(mantissa in -(1_i64 << 53)..(1_i64 << 53), exponent in -90..-37_i32) {
            let real = mantissa as f64 * 2_f64.powi(exponent);
            let (digits, loss) = format().digits_and_loss(real);
            if loss.is_one() {
                // It has bits below the unit.
                prop_assert!(exponent < -68);
            } else {
                prop_assert_eq!(digits.rounded(format()), real);
                let mut carried = digits;
                prop_assert!(carried.carry());
                prop_assert_eq!(carried.whole(), digits.whole());
                let mut squares = Squares::default();
                squares.add(digits);
                let shifted = |(number, exponent): (i128, i32)| number.wrapping_shl((exponent + 136) as u32);
                let sum = squares.parts(format()).map(shifted).into_iter().fold(0, i128::wrapping_add);
                prop_assert_eq!(sum, digits.whole().wrapping_mul(digits.whole()));
            }
        }
    }
}
