//! Text without regard to case: simple folding, one character to one. It must not know operators.
//!
//! É is é and ПРИВЕТ is привет, but ß is not SS, and what is not ASCII never folds to ASCII (the Kelvin sign is no k):
//! so ASCII needles can be compared byte by byte.

/// A character's folded form.
pub(super) fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let single = |mut it: std::char::ToUppercase| match (it.next(), it.next()) {
        (Some(upper), None) => upper,
        _ => c,
    };
    let upper = single(c.to_uppercase());
    let mut lower = upper.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) if !lower.is_ascii() => lower,
        _ => c,
    }
}

/// Appends the folded form of a text.
pub(super) fn fold_into(text: &[u8], out: &mut Vec<u8>) {
    if text.is_ascii() {
        out.extend(text.iter().map(u8::to_ascii_lowercase));
        return;
    }
    let mut buffer = [0; 4];
    for c in std::str::from_utf8(text).unwrap_or_default().chars() {
        out.extend_from_slice(fold_char(c).encode_utf8(&mut buffer).as_bytes());
    }
}

/// The folded form of a text.
pub(super) fn folded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    fold_into(text.as_bytes(), &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expectations: recorded answers of the real engine.
    #[test]
    fn one_character_to_one() {
        let same = |a, b| folded(a) == folded(b);
        assert!(same("É", "é"));
        assert!(same("Привет", "ПРИВЕТ"));
        assert!(same("σ", "ς"));
        assert!(!same("ß", "SS"));
        assert!(!same("é", "e\u{301}"));
        assert!(!same("Ａ", "a"));
        assert!(same("Ａ", "ａ"));
    }

    #[test]
    fn ascii_stays_apart() {
        for c in (0x80..0x11_0000).filter_map(char::from_u32) {
            assert!(!fold_char(c).is_ascii(), "{c}");
            assert_eq!(fold_char(fold_char(c)), fold_char(c), "{c}");
        }
    }
}
