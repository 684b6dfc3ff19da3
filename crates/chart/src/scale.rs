//! Where on the picture a value stands. It must not know what stands there.

use crate::axis::Axis;

/// Maps the values of an axis to places on the picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    min: f64,
    max: f64,
    is_log: bool,
    from: f64,
    to: f64,
}

impl Scale {
    /// The axis between two places; `from` is that of its lower end.
    pub(crate) fn of(axis: &Axis, from: f64, to: f64) -> Self {
        let mapped = |value: f64| if axis.is_log { value.max(f64::MIN_POSITIVE).log10() } else { value };
        Self { min: mapped(axis.min), max: mapped(axis.max), is_log: axis.is_log, from, to }
    }

    /// The place of a value; what lies beyond an end is held a little outside of it.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let value = if self.is_log { value.max(f64::MIN_POSITIVE).log10() } else { value };
        let share = ((value - self.min) / (self.max - self.min)).clamp(-2.0, 3.0);
        let share = if share.is_nan() { 0.0 } else { share };
        self.from + share * (self.to - self.from)
    }

    /// The place of a value, held within the ends.
    pub(crate) fn place_within(&self, value: f64) -> f64 {
        self.place(value).clamp(self.from.min(self.to), self.from.max(self.to))
    }
}
