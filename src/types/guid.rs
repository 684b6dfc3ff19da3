//! 128-bit identifiers.

use std::fmt;

/// A guid; printed in lower case with hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Guid(pub u128);

impl Guid {
    /// Reads 32 hex digits, with hyphens at the usual places or without, with braces or parentheses around or without.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let inner = match text.as_bytes() {
            [b'{', .., b'}'] | [b'(', .., b')'] => &text[1..text.len() - 1],
            _ => text,
        };
        let hyphens_fit = match inner.len() {
            32 => !inner.contains('-'),
            36 => {
                inner.bytes().enumerate().all(|(at, byte)| (byte == b'-') == matches!(at, 8 | 13 | 18 | 23))
            }
            _ => false,
        };
        if !hyphens_fit || !inner.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(&inner.replace('-', ""), 16).ok().map(Guid)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            (n >> 96) as u32,
            (n >> 80) as u16,
            (n >> 64) as u16,
            (n >> 48) as u16,
            n & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        let text = "74be27de-1e4e-49d9-b579-fe0b331d3642";
        assert_eq!(Guid::parse(text).unwrap().to_string(), text);
        assert_eq!(Guid::parse(&format!("{{{}}}", text.to_uppercase())).unwrap().to_string(), text);
        assert_eq!(Guid::parse("74be27de1e4e49d9b579fe0b331d3642").unwrap().to_string(), text);
        assert_eq!(Guid::parse("74be27de-1e4e-49d9-b579"), None);
        assert_eq!(Guid::parse("éééééééééééééééé"), None);
    }
}
