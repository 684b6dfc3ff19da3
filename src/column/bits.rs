//! Bits from values, several at a time.

use arrow_buffer::{BooleanBuffer, Buffer};

/// A row number that stands for "no row": [`Column::take`](super::Column::take) makes a null of it.
pub const NO_ROW: u32 = u32::MAX;

/// A bit for each value: 64 at a time, so that the compiler can compare several at once.
#[must_use]
pub fn bits_of<T: Copy>(values: &[T], f: impl Fn(T) -> bool) -> BooleanBuffer {
    let mut words: Vec<u64> = Vec::with_capacity(values.len().div_ceil(64));
    let mut chunks = values.chunks_exact(64);
    for chunk in &mut chunks {
        let mut flags = [0_u8; 64];
        for (flag, value) in flags.iter_mut().zip(chunk) {
            *flag = u8::from(f(*value));
        }
        words.push(pack(&flags));
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        let mut flags = [0_u8; 64];
        for (flag, value) in flags.iter_mut().zip(rest) {
            *flag = u8::from(f(*value));
        }
        words.push(pack(&flags));
    }
    BooleanBuffer::new(Buffer::from_vec(words), 0, values.len())
}

/// The bits of the given rows; [`NO_ROW`] has none.
#[must_use]
pub fn take_bits(bits: &BooleanBuffer, rows: &[u32]) -> BooleanBuffer {
    if bits.len() <= rows.len() {
        // A byte is found sooner than a bit, and will be asked for more than once.
        let bytes: Vec<bool> = bits.iter().collect();
        return bits_of(rows, |row| bytes.get(row as usize).copied().unwrap_or_default());
    }
    bits_of(rows, |row| (row as usize) < bits.len() && bits.value(row as usize))
}

/// Bytes of 0 and 1 as bits, the first one lowest.
fn pack(flags: &[u8; 64]) -> u64 {
    let mut word = 0_u64;
    for (at, eight) in flags.chunks_exact(8).enumerate() {
        let lanes = u64::from_le_bytes(eight.try_into().unwrap_or_default());
        // Gathers the lowest bit of each byte into the topmost byte.
        word |= (lanes.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * at);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_bits_are_those_of_the_rows() {
        let bits: BooleanBuffer = (0..70).map(|n| n % 3 == 0).collect();
        let rows: Vec<u32> = (0..70).rev().chain([NO_ROW, 3, 3]).collect();
        for rows in [rows.as_slice(), &rows[60..]] {
            let expected: Vec<bool> = rows.iter().map(|row| *row != NO_ROW && row % 3 == 0).collect();
            assert_eq!(take_bits(&bits, rows).iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn bits_keep_their_places() {
        for len in [0_usize, 1, 7, 63, 64, 65, 200] {
            let values: Vec<i64> = (0..len as i64).map(|n| n * 7919 % 101).collect();
            let bits = bits_of(&values, |n| n % 3 == 0);
            assert_eq!(bits.len(), len);
            for (row, n) in values.iter().enumerate() {
                assert_eq!(bits.value(row), n % 3 == 0, "{row} of {len}");
            }
        }
    }
}
