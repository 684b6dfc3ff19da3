//! How reals are printed.

/// A real as `tostring` prints it: the shortest digits that read back the same, always with a fraction.
///
/// NaN is `NaN`, infinities are `inf` and `-inf`. Large and small magnitudes use an exponent.
#[must_use]
pub fn format_real(real: f64) -> String {
    if real.is_nan() {
        return "NaN".to_owned();
    }
    if real.is_infinite() {
        return if real > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let magnitude = real.abs();
    if magnitude != 0.0 && !(1e-5..1e15).contains(&magnitude) {
        let text = format!("{real:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(rest) => ('-', rest),
            None => ('+', exponent),
        };
        let digits = if digits.contains('.') { digits.to_owned() } else { format!("{digits}.0") };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = format!("{real}");
    if text.contains('.') { text } else { format!("{text}.0") }
}

#[cfg(test)]
mod tests {
    use super::format_real;

    #[test]
    fn always_shows_a_fraction() {
        assert_eq!(format_real(1.0), "1.0");
        assert_eq!(format_real(1500.0), "1500.0");
        assert_eq!(format_real(100_000_000_000.0), "100000000000.0");
        assert_eq!(format_real(-0.0), "-0.0");
        assert_eq!(format_real(0.5), "0.5");
        assert_eq!(format_real(f64::NEG_INFINITY), "-inf");
        assert_eq!(format_real(f64::NAN), "NaN");
    }
}
