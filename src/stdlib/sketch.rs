//! What `tdigest` and `hll` hand on to other functions: all values, or the hashes of all distinct ones, as a dynamic
//! value in the form of the engine's sketches. Nothing is estimated. It must not know the functions that make or read
//! them.

use std::cmp::Ordering;

use crate::types::{DateTime, Dynamic, TimeSpan};

/// Values in their order, each with its weight.
#[derive(Default)]
pub(super) struct Digest {
    entries: Vec<(Dynamic, i64)>,
}

/// The first item of a digest.
const DIGEST_VERSION: i64 = 7;

impl Digest {
    /// A digest of values with weights above 0.
    pub(super) fn new(mut entries: Vec<(Dynamic, i64)>) -> Self {
        entries.sort_by(|a, b| order(&a.0, &b.0));
        entries.dedup_by(|next, kept| {
            let same = order(&next.0, &kept.0) == Ordering::Equal;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
        Self { entries }
    }

    /// The digest that a dynamic value holds: `[[7],[values],[weights]]`.
    pub(super) fn from_dynamic(value: &Dynamic) -> Option<Self> {
        Some(Self::new(Self::entries(value)?))
    }

    /// The values and weights of a digest, to be merged with others.
    pub(super) fn entries(value: &Dynamic) -> Option<Vec<(Dynamic, i64)>> {
        let [version, values, weights] = value.as_array()? else { return None };
        if version.as_array()? != [Dynamic::Long(DIGEST_VERSION)] {
            return None;
        }
        let (values, weights) = (values.as_array()?, weights.as_array()?);
        if values.len() != weights.len() {
            return None;
        }
        values
            .iter()
            .zip(weights)
            .map(|(value, weight)| match weight {
                Dynamic::Long(weight) if *weight > 0 => Some((typed(value)?, *weight)),
                _ => None,
            })
            .collect()
    }

    /// `[[7],[values],[weights]]`
    pub(super) fn into_dynamic(self) -> Dynamic {
        let (values, weights): (Vec<_>, Vec<_>) =
            self.entries.into_iter().map(|(value, weight)| (value, Dynamic::Long(weight))).unzip();
        Dynamic::array(vec![
            Dynamic::array(vec![Dynamic::Long(DIGEST_VERSION)]),
            Dynamic::array(values),
            Dynamic::array(weights),
        ])
    }

    /// How many values there are.
    pub(super) fn total(&self) -> i64 {
        self.entries.iter().fold(0, |sum, entry| sum.saturating_add(entry.1))
    }

    /// The percentile by nearest rank; null without values.
    pub(super) fn percentile(&self, percent: f64) -> Dynamic {
        let mut left = rank(percent, self.total());
        let found = self.entries.iter().find(|entry| {
            left = left.saturating_sub(entry.1);
            left < 0
        });
        found.or(self.entries.last()).map_or(Dynamic::Null, |entry| entry.0.clone())
    }

    /// How many values do not exceed this one; `None` if it is of another type than they are.
    pub(super) fn rank(&self, value: &Dynamic) -> Option<i64> {
        let value = typed(value)?;
        if self.entries.iter().any(|entry| class(&entry.0) != class(&value)) {
            return None;
        }
        let below = self.entries.iter().take_while(|entry| order(&entry.0, &value) != Ordering::Greater);
        Some(below.fold(0, |sum, entry| sum.saturating_add(entry.1)))
    }
}

/// Which of `total` sorted rows is the percentile by nearest rank, counted from 0.
pub(super) fn rank(percent: f64, total: i64) -> i64 {
    let exact = percent * total as f64 / 100.0;
    // 99.9 percent of 1000 is 999, whatever the last bit of the product says.
    let near = exact.round();
    let up = if (exact - near).abs() <= near * 1e-12 { near } else { exact.ceil() };
    (up as i64 - 1).clamp(0, (total - 1).max(0))
}

/// A digest's value; instants, spans and odd reals come back from JSON as text.
fn typed(value: &Dynamic) -> Option<Dynamic> {
    Some(match value {
        Dynamic::Long(_) | Dynamic::DateTime(_) | Dynamic::TimeSpan(_) | Dynamic::Real(_) => value.clone(),
        Dynamic::Decimal(it) => Dynamic::Real(it.to_real()),
        Dynamic::String(text) => match &**text {
            "NaN" => Dynamic::Real(f64::NAN),
            "Infinity" => Dynamic::Real(f64::INFINITY),
            "-Infinity" => Dynamic::Real(f64::NEG_INFINITY),
            text => match DateTime::parse(text) {
                Some(instant) => Dynamic::DateTime(instant),
                None => Dynamic::TimeSpan(TimeSpan::parse(text)?),
            },
        },
        _ => return None,
    })
}

/// Values of one class compare.
const fn class(value: &Dynamic) -> u8 {
    match value {
        Dynamic::DateTime(_) => 1,
        Dynamic::TimeSpan(_) => 2,
        _ => 0,
    }
}

fn order(a: &Dynamic, b: &Dynamic) -> Ordering {
    match (a, b) {
        (Dynamic::Long(a), Dynamic::Long(b)) => a.cmp(b),
        (Dynamic::DateTime(a), Dynamic::DateTime(b)) => a.cmp(b),
        (Dynamic::TimeSpan(a), Dynamic::TimeSpan(b)) => a.cmp(b),
        _ => match (a.as_real(), b.as_real()) {
            // Both zeros and all NaNs are one value; NaN comes last.
            (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())),
            _ => class(a).cmp(&class(b)),
        },
    }
}

/// The hashes of distinct values: `[[1024,14],["hash",…],[]]`, where 14 stands for the accuracy.
pub(super) fn hashes_to_dynamic(hashes: Vec<Dynamic>, precision: i64) -> Dynamic {
    let texts = hashes.iter().map(|hash| Dynamic::string(&hash.to_text())).collect();
    Dynamic::array(vec![
        Dynamic::array(vec![Dynamic::Long(1024), Dynamic::Long(precision)]),
        Dynamic::array(texts),
        Dynamic::array(Vec::new()),
    ])
}

/// What calls are in doubt of that are given another value.
pub(super) const NO_DIGEST: &str = "a value that tdigest did not give";
pub(super) const NO_HASHES: &str = "a value that hll did not give";

/// Why a call refuses an estimate: the engine reads it, we do not.
pub(super) const ESTIMATE: &str = "an estimate that the real engine made is not supported";

/// The value is what the real engine makes of many values: its third part holds what it estimates from.
pub(super) fn is_estimate(value: &Dynamic) -> bool {
    let Some([head, hashes, registers]) = value.as_array() else { return false };
    head.as_array().is_some_and(|head| head.len() == 2)
        && hashes.as_array().is_some()
        && registers.as_array().is_none_or(|registers| !registers.is_empty())
}

/// The hashes and the precision of what [`hashes_to_dynamic`] made; an estimate of the engine's own is none of it.
pub(super) fn hashes_of(value: &Dynamic) -> Option<(Vec<i64>, i64)> {
    let [head, hashes, registers] = value.as_array()? else { return None };
    let [_, Dynamic::Long(precision)] = head.as_array()? else { return None };
    if !registers.as_array()?.is_empty() {
        return None;
    }
    let hashes = hashes.as_array()?.iter().map(|hash| hash.as_str()?.parse().ok());
    Some((hashes.collect::<Option<Vec<i64>>>()?, *precision))
}
