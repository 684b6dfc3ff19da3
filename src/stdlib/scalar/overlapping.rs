//! Finds a text in another at every place, also where places overlap. It must not know any particular function.

use memchr::memmem;

/// Where a text occurs, overlapping occurrences included.
pub(super) fn overlapping<'t>(text: &'t [u8], lookup: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let finder = memmem::Finder::new(lookup);
    let mut from = 0;
    // A long text that repeats itself is found again at once, and compared as a whole each time.
    let mut repeated = (lookup.len() > LONG_LOOKUP).then(|| Repeated::new(text, lookup));
    std::iter::from_fn(move || {
        if let Some(repeated) = &mut repeated {
            return repeated.next();
        }
        let at = from + finder.find(text.get(from..)?)?;
        from = at + 1;
        Some(at)
    })
}

/// From this length on a text is searched for without comparing any byte of it twice.
const LONG_LOOKUP: usize = 256;

/// The places of a text, by the algorithm of Knuth, Morris and Pratt: as many steps as the texts are long, however they overlap.
struct Repeated<'t> {
    text: &'t [u8],
    lookup: &'t [u8],
    /// For each prefix, the longest shorter one that it ends with.
    borders: Vec<u32>,
    at: usize,
    matched: usize,
}

impl<'t> Repeated<'t> {
    fn new(text: &'t [u8], lookup: &'t [u8]) -> Self {
        let mut borders = vec![0_u32; lookup.len()];
        let mut border = 0;
        for at in 1..lookup.len() {
            while border > 0 && lookup.get(at) != lookup.get(border) {
                border = borders.get(border - 1).map_or(0, |it| *it as usize);
            }
            if lookup.get(at) == lookup.get(border) {
                border += 1;
            }
            if let Some(place) = borders.get_mut(at) {
                *place = border as u32;
            }
        }
        Self { text, lookup, borders, at: 0, matched: 0 }
    }

    fn border(&self) -> usize {
        self.matched.checked_sub(1).and_then(|last| self.borders.get(last)).map_or(0, |it| *it as usize)
    }

    fn next(&mut self) -> Option<usize> {
        while let Some(byte) = self.text.get(self.at) {
            while self.matched > 0 && self.lookup.get(self.matched) != Some(byte) {
                self.matched = self.border();
            }
            if self.lookup.get(self.matched) == Some(byte) {
                self.matched += 1;
            }
            self.at += 1;
            if self.matched == self.lookup.len() {
                self.matched = self.border();
                return Some(self.at - self.lookup.len());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn long_texts_are_found_at_the_same_places(text in "[ab]{0,60}", lookup in "[ab]{1,6}") {
            let mut repeated = Repeated::new(text.as_bytes(), lookup.as_bytes());
            let found: Vec<usize> = std::iter::from_fn(|| repeated.next()).collect();
            let plain: Vec<usize> = overlapping(text.as_bytes(), lookup.as_bytes()).collect();
            proptest::prop_assert_eq!(found, plain);
        }
    }
}
