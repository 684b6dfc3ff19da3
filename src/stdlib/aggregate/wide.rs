//! Whole numbers of any size, multiplied by a power of two: what reals of all sizes add up to exactly.
//! It must not know what is added up.

/// How many bits a digit has; it is kept in twice as many, so that digits are added without carrying.
const DIGIT_BITS: i32 = 32;

/// So many additions may be done before digits must be carried: each one adds less than two digits' worth.
const MAX_UNCARRIED: u32 = 1 << 28;

/// A real as a whole number and the power of two that it is multiplied by.
pub(super) fn parts(real: f64) -> (i64, i32) {
    let bits = real.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (mantissa, exponent) =
        if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
    (if real.is_sign_negative() { -mantissa } else { mantissa }, exponent)
}

/// A whole number in digits of 32 bits, the lowest one first.
#[derive(Debug, Default)]
pub(super) struct WideInteger {
    digits: Vec<i64>,
    /// The power of 2^32 that the first digit is multiplied by.
    first: i32,
    uncarried: u32,
}

impl WideInteger {
    /// 0, with room for numbers that are multiplied by this power of two or a higher one.
    pub(super) fn from_exponent(exponent: i32) -> Self {
        let mut digits = Vec::with_capacity(16);
        digits.push(0);
        Self { digits, first: exponent.div_euclid(DIGIT_BITS), uncarried: 0 }
    }

    /// Adds a number, multiplied by a power of two.
    pub(super) fn add(&mut self, number: i128, exponent: i32) {
        if number == 0 {
            return;
        }
        let (magnitude, sign) = (number.unsigned_abs(), if number < 0 { -1 } else { 1 });
        let (digit, shift) = (exponent.div_euclid(DIGIT_BITS), exponent.rem_euclid(DIGIT_BITS));
        let pieces = (128 - magnitude.leading_zeros()).div_ceil(32) as usize;
        let start = self.reach(digit, pieces + 1);
        let places = self.digits.iter_mut().skip(start);
        let mut carried = 0_u64;
        let mut left = magnitude;
        for place in places.take(pieces + 1) {
            let shifted = u64::from(left as u32) << shift;
            let sum = (shifted & 0xffff_ffff) + carried;
            *place += sign * sum as i64;
            carried = shifted >> 32;
            left >>= 32;
        }
        self.uncarried += 1;
        if self.uncarried >= MAX_UNCARRIED {
            self.carry();
        }
    }

    /// Adds a finite real.
    pub(super) fn add_real(&mut self, real: f64) {
        let (mantissa, exponent) = parts(real);
        self.add(i128::from(mantissa), exponent);
    }

    /// Adds another number.
    pub(super) fn merge(&mut self, other: &Self) {
        other.each_digit(|digit, exponent| self.add(i128::from(digit), exponent));
    }

    /// Takes away the product of two numbers.
    pub(super) fn subtract_product(&mut self, a: &Self, b: &Self) {
        a.each_digit(|a, of_a| {
            b.each_digit(|b, of_b| self.add(-(i128::from(a) * i128::from(b)), of_a + of_b));
        });
    }

    /// The digits that are not 0, each with the power of two that it is multiplied by. A digit may be negative.
    pub(super) fn each_digit(&self, mut f: impl FnMut(i64, i32)) {
        for (&digit, place) in self.digits.iter().zip(self.first..) {
            if digit != 0 {
                f(digit, place * DIGIT_BITS);
            }
        }
    }

    /// Makes room for so many digits from one on, and gives its place.
    fn reach(&mut self, digit: i32, count: usize) -> usize {
        if self.digits.is_empty() {
            self.first = digit;
        } else if digit < self.first {
            let missing = (self.first - digit) as usize;
            self.digits.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = digit;
        }
        let start = (digit - self.first) as usize;
        if self.digits.len() < start + count {
            self.digits.resize(start + count, 0);
        }
        start
    }

    /// Brings every digit but the last into its 32 bits, as a number that is not negative.
    fn carry(&mut self) {
        let mut carried = 0;
        for digit in &mut self.digits {
            let sum = *digit + carried;
            carried = sum >> DIGIT_BITS;
            *digit = sum & 0xffff_ffff;
        }
        if carried != 0 {
            self.digits.push(carried);
        }
        self.uncarried = 0;
    }

    /// The nearest real to the number divided by a power of two; half of the last digit is rounded to even.
    pub(super) fn into_real(mut self, divided_by: i32) -> f64 {
        self.carry();
        let is_negative = self.digits.last().is_some_and(|digit| *digit < 0);
        if is_negative {
            self.digits.iter_mut().for_each(|digit| *digit = -*digit);
            self.carry();
        }
        let Some(top) = self.digits.iter().rposition(|digit| *digit != 0) else { return 0.0 };
        // The digits below the three highest ones say only whether there is something.
        let below = top.saturating_sub(2);
        let upper = self.digits.iter().take(top + 1).skip(below);
        let upper = upper.rev().fold(0_u128, |upper, &digit| upper << DIGIT_BITS | digit as u128);
        let is_more = self.digits.iter().take(below).any(|digit| *digit != 0);
        let exponent = (self.first + below as i32) * DIGIT_BITS - divided_by;
        let real = nearest(upper, is_more, exponent);
        if is_negative { -real } else { real }
    }

    /// How many bytes it holds beside its own size.
    pub(super) fn heap(&self) -> usize {
        self.digits.capacity() * size_of::<i64>()
    }
}

/// The nearest real to a number that is not 0, and something below its last bit if there is more, multiplied by a power
/// of two.
fn nearest(number: u128, is_more: bool, exponent: i32) -> f64 {
    let bits = (128 - number.leading_zeros()) as i32;
    // The highest bit is that of the real.
    let highest = exponent + bits - 1;
    if highest > 1023 {
        return f64::INFINITY;
    }
    // A real has 53 bits, and none below 2^-1074.
    let kept = (highest + 1075).min(53);
    if kept < 0 {
        return 0.0;
    }
    let dropped = bits - kept;
    let mantissa = if dropped <= 0 {
        (number << -dropped) as u64
    } else {
        // Nothing is kept of a number of 128 bits: it is below half of the least real, or at it.
        let whole = number.checked_shr(dropped as u32).unwrap_or(0) as u64;
        let left = number - (u128::from(whole).checked_shl(dropped as u32).unwrap_or(0));
        let half = 1_u128 << (dropped - 1);
        let up = left > half || left == half && (is_more || whole & 1 == 1);
        whole + u64::from(up)
    };
    // A mantissa that was rounded up to the next power of two carries into the exponent.
    let encoded = if kept < 53 { mantissa } else { (((highest + 1022) as u64) << 52) + mantissa };
    f64::from_bits(encoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn real(numbers: &[(i128, i32)], divided_by: i32) -> f64 {
        let mut whole = WideInteger::default();
        numbers.iter().for_each(|&(number, exponent)| whole.add(number, exponent));
        whole.into_real(divided_by)
    }

    #[test]
    fn numbers_are_rounded_once() {
        assert_eq!(real(&[], 0), 0.0);
        assert_eq!(real(&[(1, 0)], 0), 1.0);
        assert_eq!(real(&[(-3, 1)], 0), -6.0);
        assert_eq!(real(&[(1, 5000), (-1, 5000), (7, -3)], 0), 0.875);
        assert_eq!(real(&[((1 << 54) + 2, 0)], 0), 18_014_398_509_481_984.0);
        assert_eq!(real(&[((1 << 54) + 2, 0), (1, -4000)], 0), 18_014_398_509_481_988.0);
        assert_eq!(real(&[((1 << 54) + 2, 0), (-1, -4000)], 0), 18_014_398_509_481_984.0);
        assert_eq!(real(&[((1 << 54) + 6, 0)], 0), 18_014_398_509_481_992.0);
        assert_eq!(real(&[((1 << 54) - 1, 0)], 0), 18_014_398_509_481_984.0);
        assert_eq!(real(&[(1, 1024)], 0), f64::INFINITY);
        assert_eq!(real(&[(-1, 1024)], 0), f64::NEG_INFINITY);
        assert_eq!(real(&[((1 << 54) - 1, 970)], 0), f64::INFINITY);
        assert_eq!(real(&[((1 << 53) - 1, 971)], 0), f64::MAX);
        assert_eq!(real(&[(1, 1024)], 1), 2_f64.powi(1023));
        assert_eq!(real(&[(1, -1074)], 0), 5e-324);
        assert_eq!(real(&[(1, -1075)], 0), 0.0);
        assert_eq!(real(&[(3, -1075)], 0), 1e-323);
        assert_eq!(real(&[(1, -1075), (1, -3000)], 0), 5e-324);
        assert_eq!(real(&[(1, -1022)], 0), f64::MIN_POSITIVE);
        assert_eq!(real(&[((1 << 53) - 1, -1075)], 0), f64::MIN_POSITIVE);
    }

    proptest! {
        #[test]
        fn sums_are_those_of_integers(
            numbers in prop::collection::vec((-(1_i128 << 90)..(1_i128 << 90), 0..30_i32), 0..40),
            moved in -900..800_i32,
        ) {
            let exact: i128 = numbers.iter().map(|&(number, exponent)| number << exponent).sum();
            let moved_numbers: Vec<_> =
                numbers.iter().map(|&(number, exponent)| (number, exponent + moved)).collect();
            prop_assert_eq!(real(&moved_numbers, moved), exact as f64);
            // A power of two is exact for normal numbers.
            prop_assert_eq!(real(&moved_numbers, 0), exact as f64 * 2_f64.powi(moved));
        }
    }
}
