//! An axis as data: what it measures, from where to where, and its title. It must not know what is drawn along it.

/// What an axis measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Numbers.
    Number,
    /// Instants: ticks of 100 ns since [`Axis::origin`].
    Time,
    /// Spans of time, in ticks.
    Span,
    /// One place for each text: its number in [`Axis::categories`].
    Category,
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What stands beside it.
    pub title: String,
    /// What it measures.
    pub measure: Measure,
    /// Its lower end.
    pub min: f64,
    /// Its upper end; above the lower one.
    pub max: f64,
    /// Equal distances are equal factors. Both ends are above zero then.
    pub is_log: bool,
    /// The instant, in ticks since the year 1, that times are counted from, so that they are exact.
    pub origin: i64,
    /// The texts of its places.
    pub categories: Vec<String>,
}

impl Axis {
    /// An axis over what was measured; without a value, from 0 to 1.
    pub(crate) fn over(title: String, measure: Measure, values: impl Iterator<Item = f64>) -> Self {
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|it| it.is_finite()) {
            (min, max) = (min.min(value), max.max(value));
        }
        if min > max {
            (min, max) = (0.0, 1.0);
        }
        Self { title, measure, min, max, is_log: false, origin: 0, categories: Vec::new() }
    }

    /// Holds the ends apart, whatever was measured.
    pub(crate) fn spread(&mut self) {
        // Differences of numbers beyond this are infinite.
        (self.min, self.max) = (self.min.max(-1e300), self.max.min(1e300));
        if self.is_log {
            self.min = self.min.max(1e-300);
            if self.max <= self.min * (1.0 + 1e-9) {
                (self.min, self.max) = (self.min / 2.0, self.min * 2.0);
            }
            return;
        }
        let least: f64 = match self.measure {
            Measure::Time | Measure::Span => 10_000.0,
            Measure::Number | Measure::Category => 1e-300,
        };
        let least: f64 = least.max(self.min.abs().max(self.max.abs()) * 1e-12);
        if self.max - self.min < least {
            let by = if self.measure == Measure::Number && self.min != 0.0 {
                (self.min.abs() / 2.0).max(least)
            } else {
                least.max(if self.measure == Measure::Number { 0.5 } else { 0.0 })
            };
            (self.min, self.max) = (self.min - by, self.max + by);
        }
    }
}
