//! How long a series takes to repeat itself, for functions that look for a season. It must not know what the periods are needed
//! for.
//!
//! Microsoft publishes what is looked for (periods of 4 elements at least and half of the series at most), and not how. What is
//! done here is the way that the literature has of it (Vlachos, Yu and Castelli, "On Periodicity Detection and Structural
//! Periodic Similarity", 2005): a period is a wave that stands out of the spectrum, and a peak of the autocorrelation, which
//! tells its length better. It finds the periods of the pages' examples, and none where these have none. Its scores differ from
//! the recorded ones (0.96 where the engine gives 0.84), which is why `series_periods_detect` and `series_periods_validate`
//! are no functions here.

use super::series::all_reals;
use super::spectrum::{autocorrelation, periodogram};
use crate::function::{Call, Result};
use crate::types::Dynamic;

/// The page: a period has so many elements at least, and at most half of those of the series.
const SHORTEST: usize = 4;

/// What a wave must have of the power, in shares that it would have if all had the same: by chance one in a hundred has it.
const STANDS_OUT: f64 = 4.6;

/// What is left of a series without its trend that counts as nothing, of the squares of all.
const NOTHING: f64 = 1e-20;

/// So many peaks of the autocorrelation, the highest ones, are looked at more closely.
const MOST_CANDIDATES: usize = 64;

/// A period and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ScoredPeriod {
    pub(super) length: usize,
    pub(super) score: f64,
}

/// How a series repeats itself.
struct Repetition {
    count: usize,
    /// The series without its trend.
    flat: Vec<f64>,
    /// The share of the power that each number of waves has.
    power: Vec<f64>,
    /// For each shift the correlation of the series with itself.
    correlation: Vec<f64>,
}

impl Repetition {
    /// Of a series without the line that fits it best.
    fn of(call: &Call<'_>, numbers: &[f64]) -> Result<Self> {
        let count = numbers.len();
        let flat = without_trend(numbers);
        let squares: f64 = flat.iter().map(|n| n * n).sum();
        if squares <= NOTHING * numbers.iter().map(|n| n * n).sum::<f64>() {
            return Ok(Self { count, flat, power: Vec::new(), correlation: Vec::new() });
        }
        let mut correlation = autocorrelation(call, &flat)?;
        // The squares of what stays within the series when it is shifted, at either end.
        let (mut head, mut tail) = (squares, squares);
        for (shift, product) in correlation.iter_mut().enumerate() {
            let lost = |at: Option<usize>| at.and_then(|at| flat.get(at)).map_or(0.0, |n| n * n);
            if shift > 0 {
                head -= lost(count.checked_sub(shift));
                tail -= lost(Some(shift - 1));
            }
            let scale = (head.max(0.0) * tail.max(0.0)).sqrt();
            *product = if scale > 0.0 { (*product / scale).clamp(-1.0, 1.0) } else { 0.0 };
        }
        let power = periodogram(call, &flat)?;
        Ok(Self { count, flat, power, correlation })
    }

    /// How often a period fits into the series.
    fn waves(&self, period: f64) -> f64 {
        self.count as f64 / period
    }

    /// Whether a wave of this length stands out of the spectrum.
    fn stands_out(&self, period: f64) -> bool {
        let waves = self.waves(period);
        let share = |waves: f64| self.power.get(waves as usize).copied().unwrap_or(0.0);
        let most = share(waves.floor()).max(share(waves.ceil()));
        most * (self.power.len().saturating_sub(1)) as f64 > STANDS_OUT
    }

    /// How well the series repeats itself after a period, which may lie between two shifts: the correlation of what is left
    /// without the means over a period, in which slower waves are.
    fn score(&self, call: &Call<'_>, period: f64) -> Result<f64> {
        call.work(self.flat.len().saturating_mul(4 * size_of::<f64>()))?;
        let quick = without_means(&self.flat, period.round() as usize);
        let at = |shift: f64| correlation(&quick, shift as usize);
        let (low, high) = (at(period.floor()), at(period.ceil()));
        Ok((low + (high - low) * period.fract()).clamp(0.0, 1.0))
    }

    /// Periods within bounds, the best first; of those that are the same wave only the best.
    fn periods(
        &self,
        call: &Call<'_>,
        (shortest, longest): (f64, f64),
        most: usize,
    ) -> Result<Vec<ScoredPeriod>> {
        let correlation = |length: usize| self.correlation.get(length).copied().unwrap_or(0.0);
        let mut peaks: Vec<usize> = (SHORTEST..=self.count / 2)
            .filter(|length| (shortest..=longest).contains(&(*length as f64)))
            .filter(|length| correlation(*length) > 0.0 && self.is_peak(*length))
            .filter(|length| self.stands_out(*length as f64))
            .collect();
        peaks.sort_by(|a, b| correlation(*b).total_cmp(&correlation(*a)));
        let mut scored = Vec::new();
        for length in peaks.into_iter().take(MOST_CANDIDATES) {
            scored.push(ScoredPeriod { length, score: self.score(call, length as f64)? });
        }
        // The sort is stable: of two that score the same the one with the better correlation comes first.
        scored.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut waves = vec![false; self.power.len() + 2];
        let mut best = Vec::new();
        for period in scored.into_iter().filter(|period| period.score > 0.0) {
            let wave = self.waves(period.length as f64).round() as usize;
            let near = [wave.saturating_sub(1), wave, wave + 1];
            if best.len() < most && !near.iter().any(|wave| waves.get(*wave) == Some(&true)) {
                waves.get_mut(wave).into_iter().for_each(|taken| *taken = true);
                best.push(period);
            }
        }
        Ok(best)
    }

    /// How far the correlation stands above the line between what it is a quarter of a period before and after: so a short
    /// season is a peak also on the slope of a long one.
    fn height(&self, shift: usize) -> f64 {
        let around = (shift / 4).max(1);
        let at = |shift: usize| self.correlation.get(shift).copied().unwrap_or(0.0);
        at(shift) - (at(shift - around) + at(shift + around)) / 2.0
    }

    fn is_peak(&self, shift: usize) -> bool {
        let height = self.height(shift);
        height > 0.0 && height >= self.height(shift - 1) && height >= self.height(shift + 1)
    }
}

/// What is left of numbers without the line that fits them best.
fn without_trend(numbers: &[f64]) -> Vec<f64> {
    let count = numbers.len() as f64;
    let (mean, middle) = (numbers.iter().sum::<f64>() / count, (count - 1.0) / 2.0);
    let spread = count * (count * count - 1.0) / 12.0;
    let places = || (0..numbers.len()).map(|at| at as f64 - middle);
    let slope: f64 = places().zip(numbers).map(|(x, y)| x * (y - mean)).sum::<f64>() / spread;
    places().zip(numbers).map(|(x, y)| y - mean - slope * x).collect()
}

/// What is left of numbers without the means of about so many around each.
fn without_means(numbers: &[f64], around: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let sums: Vec<f64> = std::iter::once(0.0)
        .chain(numbers.iter().map(|n| {
            sum += n;
            sum
        }))
        .collect();
    let mean = |at: usize| {
        let (from, to) = (at.saturating_sub(around / 2), (at + around / 2 + 1).min(numbers.len()));
        let sum = |at: usize| sums.get(at).copied().unwrap_or(0.0);
        (sum(to) - sum(from)) / (to - from) as f64
    };
    numbers.iter().enumerate().map(|(at, n)| n - mean(at)).collect()
}

/// The correlation of numbers with themselves, shifted.
fn correlation(numbers: &[f64], shift: usize) -> f64 {
    let later = numbers.get(shift..).unwrap_or_default();
    let squares = |numbers: &[f64]| numbers.iter().map(|n| n * n).sum::<f64>();
    let (products, scale) = (
        numbers.iter().zip(later).map(|(a, b)| a * b).sum::<f64>(),
        (squares(numbers.get(..later.len()).unwrap_or_default()) * squares(later)).sqrt(),
    );
    if scale > 0.0 { products / scale } else { 0.0 }
}

/// Whether a series is too short to have a period.
const fn too_short(numbers: &[f64]) -> bool {
    numbers.len() < 2 * SHORTEST
}

/// The best period of a series, if there is one.
pub(super) fn best_period(call: &Call<'_>, numbers: &[f64]) -> Result<Option<ScoredPeriod>> {
    if too_short(numbers) {
        return Ok(None);
    }
    Ok(Repetition::of(call, numbers)?.periods(call, (0.0, f64::INFINITY), 1)?.first().copied())
}

/// The numbers of a series, all of them finite; else `None`, which is noted.
pub(super) fn finite_reals(call: &Call<'_>, items: &[Dynamic]) -> Result<Option<Vec<f64>>> {
    let Some(numbers) = all_reals(call, items)? else { return Ok(None) };
    if let Some(odd) = numbers.iter().find(|n| !n.is_finite()) {
        call.doubt("a series with an element that is not finite", "the result is null", odd)?;
        return Ok(None);
    }
    Ok(Some(numbers))
}

#[cfg(test)]
mod tests {
    use super::{Repetition, ScoredPeriod, best_period};
    use crate::function::testing::probe;

    /// The series of the pages: twice a day for a month.
    const TRAFFIC: &[f64] = &[
        80.0, 139.0, 87.0, 110.0, 68.0, 54.0, 50.0, 51.0, 53.0, 133.0, 86.0, 141.0, 97.0, 156.0, 94.0, 149.0,
        95.0, 140.0, 77.0, 61.0, 50.0, 54.0, 47.0, 133.0, 72.0, 152.0, 94.0, 148.0, 105.0, 162.0, 101.0,
        160.0, 87.0, 63.0, 53.0, 55.0, 54.0, 151.0, 103.0, 189.0, 108.0, 183.0, 113.0, 175.0, 113.0, 178.0,
        90.0, 71.0, 62.0, 62.0, 65.0, 165.0, 109.0, 181.0, 115.0, 182.0, 121.0, 178.0, 114.0, 170.0,
    ];

    // The period is that of the page.
    #[test]
    fn the_period_of_a_week() {
        let found = probe(|call| best_period(call, TRAFFIC)).unwrap().unwrap();
        assert_eq!(found.length, 14);
    }

    // What series_seasonal finds on its page, with scores of 0.7 at least: six, five, and nothing.
    #[test]
    fn the_periods_of_seasons() {
        let found = |series: &[f64]| probe(|call| best_period(call, series)).unwrap();
        let season = |pattern: &[f64], count: usize| -> Vec<f64> {
            pattern.iter().copied().cycle().take(count).collect()
        };
        let mut six = season(&[1.0, 2.0, 3.0, 4.0, 3.0, 2.0], 25);
        (six[0], six[1]) = (2.0, 5.0);
        let period = found(&six).unwrap();
        assert!(period.length == 6 && period.score > 0.7, "{period:?}");
        let mut five = season(&[10.0, 12.0, 14.0, 12.0, 10.0], 20);
        five[0] = 8.0;
        let period = found(&five).unwrap();
        assert!(period.length == 5 && period.score > 0.7, "{period:?}");
        assert_eq!(found(&season(&[1.0, 3.0, 5.0, 2.0, 4.0, 6.0], 12)), None);
    }

    // Two seasons over a trend: a day of 24 hours and a week.
    #[test]
    fn two_periods_over_a_trend() {
        let series: Vec<f64> = (0..24 * 7 * 5)
            .map(|hour| {
                let (day, hour_of_day) = (hour / 24, hour % 24);
                let weekend = if day % 7 >= 5 { 10.0 } else { 0.0 };
                weekend + f64::from((hour_of_day / 10) * (hour_of_day / 10)) + f64::from(hour) / 72.0
            })
            .collect();
        let found = probe(|call| Repetition::of(call, &series)?.periods(call, (0.0, 1e9), 2)).unwrap();
        let lengths: Vec<usize> = found.iter().map(|it: &ScoredPeriod| it.length).collect();
        assert_eq!(lengths, [168, 24], "{found:?}");
    }

    #[test]
    fn what_does_not_vary_has_no_period() {
        let line: Vec<f64> = (0..100).map(|n| f64::from(n) * 0.1).collect();
        for series in [vec![7.0; 50], vec![0.1; 51], line] {
            assert_eq!(probe(|call| best_period(call, &series)).unwrap(), None, "{series:?}");
        }
    }
}
