//! Decimal numbers with 28 significant digits.

use std::fmt;

/// A decimal number.
///
/// Arithmetic that leaves the range gives `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Decimal(pub rust_decimal::Decimal);

impl Decimal {
    /// Reads plain or exponent notation.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains(['e', 'E']) {
            return rust_decimal::Decimal::from_scientific(text).ok().map(Decimal);
        }
        let text = text.strip_prefix('+').unwrap_or(text);
        text.parse().ok().map(Decimal)
    }

    /// The number as a real; digits past a real's precision are lost.
    #[must_use]
    pub fn to_real(self) -> f64 {
        // Through text: the nearest real, which the library's own conversion does not promise.
        self.0.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The decimal nearest to a real; `None` for NaN, infinities and numbers out of range.
    #[must_use]
    pub fn from_real(real: f64) -> Option<Self> {
        if !real.is_finite() {
            return None;
        }
        Self::parse(&format!("{real}")).or_else(|| rust_decimal::Decimal::from_f64_retain(real).map(Decimal))
    }

    /// The number as 128 bits, for storage in a column.
    #[must_use]
    pub fn to_bits(self) -> i128 {
        i128::from_le_bytes(self.0.serialize())
    }

    /// The inverse of [`Decimal::to_bits`].
    #[must_use]
    pub fn from_bits(bits: i128) -> Self {
        Self(rust_decimal::Decimal::deserialize(bits.to_le_bytes()))
    }
}

impl From<i64> for Decimal {
    fn from(n: i64) -> Self {
        Self(n.into())
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}
