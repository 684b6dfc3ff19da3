//! Dots upon a grid of characters: two beside and four above each other in one character, as braille has them.

/// A grid of characters with dots.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    dots: Vec<u8>,
    /// The series that set a dot last, by character.
    owners: Vec<Option<usize>>,
    /// Letters upon the dots.
    letters: Vec<Option<char>>,
}

/// The bits of braille's dots, by row and column.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let size = width * height;
        Self { width, height, dots: vec![0; size], owners: vec![None; size], letters: vec![None; size] }
    }

    /// How many dots fit beside each other, and above each other.
    pub(super) fn dots(&self) -> (f64, f64) {
        ((self.width * 2) as f64, (self.height * 4) as f64)
    }

    fn cell(&self, x: i64, y: i64) -> Option<usize> {
        let (x, y) = (usize::try_from(x).ok()? / 2, usize::try_from(y).ok()? / 4);
        (x < self.width && y < self.height).then_some(y * self.width + x)
    }

    /// Sets a dot, counted from the left and from the top.
    pub(super) fn dot(&mut self, x: i64, y: i64, series: usize) {
        let Some(cell) = self.cell(x, y) else { return };
        let bit =
            BITS.get(y as usize % 4).and_then(|row| row.get(x as usize % 2)).copied().unwrap_or_default();
        if let (Some(dots), Some(owner)) = (self.dots.get_mut(cell), self.owners.get_mut(cell)) {
            *dots |= bit;
            *owner = Some(series);
        }
    }

    /// Sets the dots between two places.
    pub(super) fn line(&mut self, from: (i64, i64), to: (i64, i64), series: usize) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        // A line that leaves the canvas is not followed for ever.
        let steps = dx.abs().max(dy.abs()).min(10_000);
        if steps == 0 {
            return self.dot(from.0, from.1, series);
        }
        for step in 0..=steps {
            let along = |from: i64, by: i64| from + (by as f64 * step as f64 / steps as f64).round() as i64;
            self.dot(along(from.0, dx), along(from.1, dy), series);
        }
    }

    /// Puts a character upon the dots at a place.
    pub(super) fn letter(&mut self, x: i64, y: i64, letter: char, series: usize) {
        let Some(cell) = self.cell(x, y) else { return };
        if let (Some(place), Some(owner)) = (self.letters.get_mut(cell), self.owners.get_mut(cell)) {
            *place = Some(letter);
            *owner = Some(series);
        }
    }

    /// A row of characters: runs of the same series.
    pub(super) fn row(&self, y: usize) -> Vec<(Option<usize>, String)> {
        let mut runs: Vec<(Option<usize>, String)> = Vec::new();
        for cell in y * self.width..(y + 1) * self.width {
            let dots = self.dots.get(cell).copied().unwrap_or_default();
            let letter = self.letters.get(cell).copied().flatten();
            let blank = if dots == 0 { ' ' } else { char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' ') };
            let owner = self.owners.get(cell).copied().flatten();
            let c = letter.unwrap_or(blank);
            match runs.last_mut() {
                Some((last, text)) if *last == owner => text.push(c),
                _ => runs.push((owner, c.to_string())),
            }
        }
        runs
    }
}
