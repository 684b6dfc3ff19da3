//! Decodes Parquet's hybrid of run lengths and packed bits: small numbers such as dictionary codes and levels. It must not
//! know what they mean.

/// Numbers of a page, run by run.
pub struct Runs<'p> {
    bytes: &'p [u8],
    width: usize,
}

/// Some numbers.
pub enum Run<'p> {
    /// One number, repeated.
    Repeated(u32, usize),
    /// Groups of eight numbers; there may be more than are meant.
    Packed(Packed<'p>),
}

/// Numbers packed into bits.
pub struct Packed<'p> {
    bytes: &'p [u8],
    width: usize,
    /// How many numbers there are.
    pub count: usize,
}

/// The widest numbers.
pub const MAX_WIDTH: u8 = 32;

/// The numbers that are unpacked at once.
pub const AT_ONCE: usize = 32;

impl<'p> Runs<'p> {
    /// The runs of numbers of `width` bits, which are at most [`MAX_WIDTH`].
    pub fn new(bytes: &'p [u8], width: u8) -> Self {
        Self { bytes, width: width.min(MAX_WIDTH).into() }
    }

    /// The next run; `None` at the end, or where the bytes end before it does.
    pub fn next(&mut self) -> Option<Run<'p>> {
        let header = self.varint()?;
        let count = (header >> 1) as usize;
        if header & 1 == 1 {
            // Groups at the end may be cut off: only numbers that are there count.
            let length = count.checked_mul(self.width)?.min(self.bytes.len());
            let (bytes, rest) = self.bytes.split_at(length);
            self.bytes = rest;
            let there = (bytes.len() * 8).checked_div(self.width).unwrap_or(usize::MAX);
            let count = count.saturating_mul(8).min(there);
            return Some(Run::Packed(Packed { bytes, width: self.width, count }));
        }
        let (value, rest) = self.bytes.split_at_checked(self.width.div_ceil(8))?;
        self.bytes = rest;
        let value = value.iter().rev().fold(0, |value: u32, byte| value << 8 | u32::from(*byte));
        Some(Run::Repeated(value, count))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

/// With room for the last of the widest numbers to be read as eight bytes.
const PADDED: usize = MAX_WIDTH as usize * AT_ONCE / 8 + 8;

impl Packed<'_> {
    /// Unpacks the next numbers; those past the end are zeros.
    pub fn next(&mut self, out: &mut [u32; AT_ONCE]) {
        let length = self.width * AT_ONCE / 8;
        let padded;
        let bytes = if self.bytes.len() >= length + 8 {
            self.bytes
        } else {
            padded = self.padded();
            &padded
        };
        macro_rules! by_width {
            ($($width:literal)*) => {
                match self.width {
                    $($width => unpack::<$width>(bytes, out),)*
                    _ => out.fill(0),
                }
            };
        }
        by_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
        self.bytes = self.bytes.get(length..).unwrap_or_default();
    }

    /// The last bytes, with zeros behind them.
    fn padded(&self) -> [u8; PADDED] {
        let mut padded = [0; PADDED];
        let length = self.bytes.len().min(PADDED);
        padded[..length].copy_from_slice(&self.bytes[..length]);
        padded
    }

    /// The number at a place, counted from the next one; zero past the end.
    pub fn get(&self, at: usize) -> u32 {
        let bit = at.saturating_mul(self.width);
        let bytes = self.bytes.get(bit / 8..).unwrap_or_default();
        let word = bytes.first_chunk().copied().unwrap_or_else(|| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            word
        });
        (u64::from_le_bytes(word) >> (bit % 8) & ((1 << self.width) - 1)) as u32
    }
}

/// For each width by itself, so that every position is known when this is compiled.
fn unpack<const WIDTH: usize>(bytes: &[u8], out: &mut [u32; AT_ONCE]) {
    let Some(bytes) = bytes.get(..WIDTH * AT_ONCE / 8 + 8) else { return };
    let mask = (1_u64 << WIDTH) - 1;
    for (at, out) in out.iter_mut().enumerate() {
        let bit = at * WIDTH;
        let word = bytes[bit / 8..].first_chunk().copied().unwrap_or_default();
        *out = (u64::from_le_bytes(word) >> (bit % 8) & mask) as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers packed by the book: bit by bit, the lowest first.
    fn packed(numbers: &[u32], width: usize) -> Vec<u8> {
        let mut bytes = vec![0_u8; (numbers.len() * width).div_ceil(8)];
        for (at, number) in numbers.iter().enumerate() {
            for bit in 0..width {
                let place = at * width + bit;
                bytes[place / 8] |= ((number >> bit & 1) as u8) << (place % 8);
            }
        }
        bytes
    }

    #[test]
    fn every_width_is_unpacked() {
        for width in 1..=32_usize {
            let numbers: Vec<u32> =
                (0..72_u32).map(|n| n.wrapping_mul(2_654_435_761) & (u32::MAX >> (32 - width))).collect();
            // A header for nine groups of eight.
            let mut bytes = vec![9 << 1 | 1];
            bytes.extend(packed(&numbers, width));
            let mut runs = Runs::new(&bytes, width as u8);
            let Some(Run::Packed(mut run)) = runs.next() else { panic!("a packed run") };
            assert_eq!(run.count, 72);
            let at_a_place: Vec<u32> = (0..72).map(|at| run.get(at)).collect();
            assert_eq!(at_a_place, numbers, "width {width}");
            assert_eq!(run.get(usize::MAX), 0);
            let mut found = Vec::new();
            for _ in 0..3 {
                let mut out = [0; AT_ONCE];
                run.next(&mut out);
                found.extend(out);
            }
            assert_eq!(found[..72], numbers, "width {width}");
            assert!(found[72..].iter().all(|it| *it == 0));
            assert!(runs.next().is_none());
        }
    }

    #[test]
    fn runs_of_one_number() {
        // 300 times 0x0102, in nine bits.
        let bytes = [0xd8, 0x04, 0x02, 0x01];
        let mut runs = Runs::new(&bytes, 9);
        assert!(matches!(runs.next(), Some(Run::Repeated(0x0102, 300))));
        assert!(runs.next().is_none());
        // No bits at all: zeros.
        let mut runs = Runs::new(&[0x0a], 0);
        assert!(matches!(runs.next(), Some(Run::Repeated(0, 5))));
    }

    #[test]
    fn broken_runs_end() {
        for bytes in [&[][..], &[0x80], &[0xff; 9], &[0x02]] {
            let mut runs = Runs::new(bytes, 8);
            while let Some(run) = runs.next() {
                if let Run::Packed(run) = run {
                    assert!(run.count <= bytes.len());
                }
            }
        }
    }
}
