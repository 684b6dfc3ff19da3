//! `series_periods_detect` and `series_periods_validate`: how long a series takes to repeat itself. It must not know what
//! the periods are needed for.
//!
//! Microsoft publishes what is looked for (periods of 4 elements at least and half of the series at most, with scores from 0
//! to 1), and not how. What is done here is the way that the literature has of it (Vlachos, Yu and Castelli, "On Periodicity
//! Detection and Structural Periodic Similarity", 2005): a period is a wave that stands out of the spectrum, and a peak of
//! the autocorrelation, which tells its length better; its score is the autocorrelation without slower waves. It finds the periods of the
//! pages' examples, and none where these have none; its scores differ from theirs. So the answer is in doubt.

use crate::column::Column;
use crate::function::kinds::{ARRAY, LONG, NUMBER};
use crate::function::{
    ArgumentInfo, Call, Category, Example, Kernel, Result, Returns, ScalarFunction, signatures,
};
use crate::types::{Dynamic, ScalarType, Value};

use super::series::all_reals;
use super::series_columns::{map_columns, named_series, series_of};
use super::spectrum::{autocorrelation, periodogram};

const BASE: ScalarFunction = ScalarFunction { category: Category::Series, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "series_periods_detect",
        summary: "The periods of a series that score best, and their scores: of 4 elements at least, and half of the series at most.",
        signatures: signatures![
            (series: ARRAY, min_period: NUMBER, max_period: NUMBER, num_periods: LONG)
                -> Returns::Columns(|arguments| parts("series_periods_detect", arguments))
        ],
        kernel: Kernel::Columns(series_periods_detect),
        examples: &[
            Example {
                query: "series_periods_detect(dynamic([1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1]), 0, 50, 2)",
                result: "[6.0,0.0]",
            },
            Example {
                query: "series_periods_detect(dynamic([1, 2, 3, 1, 2, 3]), 0, 50, 1)",
                result: "[0.0]",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "series_periods_validate",
        summary: "The given periods, and how well a series repeats itself after each: scores from 0 to 1.",
        signatures: signatures![
            (series: ARRAY, period: NUMBER.repeated(1, 16))
                -> Returns::Columns(|arguments| parts("series_periods_validate", arguments))
        ],
        kernel: Kernel::Columns(series_periods_validate),
        examples: &[
            Example {
                query: "series_periods_validate(dynamic([1, 2, 3, 4, 1, 2, 3, 4]), 3)",
                result: "[3.0]",
            },
            Example {
                query: "print y = dynamic([1, 2, 3, 4, 1, 2, 3, 4]) \
                    | project (periods, scores) = series_periods_validate(y, 3, 5) | project scores",
                result: "[0.0,0.0]",
            },
        ],
        ..BASE
    },
];

fn parts(function: &str, arguments: &[ArgumentInfo<'_>]) -> Vec<(String, ScalarType)> {
    named_series(function, arguments, &["periods", "scores"])
}

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

fn series_periods_detect(call: &Call<'_>) -> Result<Vec<Column>> {
    map_columns(call, |row| {
        let [series @ Dynamic::Array(items), shortest, longest, Dynamic::Long(most)] = row else {
            return Ok(None);
        };
        let (Some(shortest), Some(longest)) = (shortest.as_real(), longest.as_real()) else {
            return Ok(None);
        };
        let Some(numbers) = finite_reals(call, items)? else { return Ok(None) };
        let Ok(most) = usize::try_from(*most) else {
            return Err(call.fail(format!("the number of periods must not be negative, it is {most}")));
        };
        call.reserve(most.saturating_mul(2 * size_of::<Dynamic>()))?;
        let found = if too_short(&numbers) {
            Vec::new()
        } else {
            let taken = "they are waves that stand out of the spectrum, scored by the autocorrelation";
            call.doubt("periods that are to be found", taken, series.to_json())?;
            Repetition::of(call, &numbers)?.periods(call, (shortest, longest), most)?
        };
        // What was not found is 0, as in the page's example.
        let filled = |f: fn(&ScoredPeriod) -> f64| {
            series_of(found.iter().map(f).chain(std::iter::repeat(0.0)).take(most))
        };
        Ok(Some([filled(|it| it.length as f64).into(), filled(|it| it.score).into()]))
    })
}

fn series_periods_validate(call: &Call<'_>) -> Result<Vec<Column>> {
    map_columns(call, |row| {
        let Some((series @ Dynamic::Array(items), periods)) = row.split_first().map(|(a, b)| (*a, b)) else {
            return Ok(None);
        };
        let periods: Option<Vec<f64>> = periods.iter().map(|it| it.as_real()).collect();
        let Some(periods) = periods else { return Ok(None) };
        let Some(numbers) = finite_reals(call, items)? else { return Ok(None) };
        let bounds = SHORTEST as f64..=numbers.len() as f64 / 2.0;
        let scores: Vec<f64> = if periods.iter().any(|period| bounds.contains(period)) {
            let taken = "its score is the autocorrelation, if such a wave stands out of the spectrum";
            call.doubt("a period that is to be validated", taken, series.to_json())?;
            let repetition = Repetition::of(call, &numbers)?;
            let valid = |period: f64| bounds.contains(&period) && repetition.stands_out(period);
            let score = |period: &f64| if valid(*period) { repetition.score(call, *period) } else { Ok(0.0) };
            periods.iter().map(score).collect::<Result<Vec<f64>>>()?
        } else {
            vec![0.0; periods.len()]
        };
        Ok(Some([Value::Dynamic(series_of(periods)), series_of(scores).into()]))
    })
}

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, Repetition, ScoredPeriod, best_period};
    use crate::column::Column;
    use crate::function::testing::{call_all, check, doubted, find, probe, refused};
    use crate::types::{Dynamic, Value};

    /// The series of the pages: twice a day for a month.
    const TRAFFIC: &str = "[80,139,87,110,68,54,50,51,53,133,86,141,97,156,94,149,95,140,77,61,50,54,47,133,72,152,94,148,\
        105,162,101,160,87,63,53,55,54,151,103,189,108,183,113,175,113,178,90,71,62,62,65,165,109,181,115,182,121,178,\
        114,170]";

    fn json(text: &str) -> Value {
        Value::Dynamic(Dynamic::from_json(text).unwrap())
    }

    fn columns(name: &str, arguments: &[Value]) -> Vec<Vec<f64>> {
        let arguments: Vec<Column> =
            arguments.iter().map(|it| Column::constant(it.clone(), it.scalar_type().unwrap(), 1)).collect();
        let reals = |column: &Column| match column.value(0) {
            Value::Dynamic(it) => it.as_array().unwrap().iter().map(|it| it.as_real().unwrap()).collect(),
            other => panic!("{other:?}"),
        };
        call_all(find(FUNCTIONS, name), &arguments).unwrap().iter().map(reals).collect()
    }

    // The periods are those of the page, which gives a score of 0.84 to the first one.
    #[test]
    fn the_period_of_a_week() {
        let arguments = [json(TRAFFIC), Value::Real(0.0), Value::Real(50.0), Value::Long(2)];
        let found = columns("series_periods_detect", &arguments);
        assert_eq!(found[0], [14.0, 0.0]);
        assert!((found[1][0] - 0.84).abs() < 0.13 && found[1][1] == 0.0, "{found:?}");
        let found =
            columns("series_periods_validate", &[json(TRAFFIC), Value::Real(14.0), Value::Real(10.0)]);
        assert_eq!(found[0], [14.0, 10.0]);
        assert!((found[1][0] - 0.84).abs() < 0.13 && found[1][1] == 0.0, "{found:?}");
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

    #[test]
    fn bounds_and_errors() {
        let short = [json("[1,2,3,1,2,3]"), Value::Long(0), Value::Long(9), Value::Long(1)];
        check(FUNCTIONS, "series_periods_detect", &short, json("[0.0]"));
        let none = [json(TRAFFIC), Value::Long(20), Value::Long(27), Value::Long(1)];
        doubted(FUNCTIONS, "series_periods_detect", &none, json("[0.0]"));
        check(FUNCTIONS, "series_periods_validate", &[json(TRAFFIC), Value::Long(3)], json("[3.0]"));
        doubted(FUNCTIONS, "series_periods_validate", &[json("[1,null]"), Value::Long(3)], Value::Null);
        refused(
            FUNCTIONS,
            "series_periods_detect",
            &[json("[1]"), Value::Long(0), Value::Long(9), Value::Long(-1)],
        );
        let empty = columns("series_periods_validate", &[json("[]"), Value::Long(4)]);
        assert_eq!(empty, [[4.0], [0.0]]);
    }
}
