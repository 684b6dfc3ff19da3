//! `series_fit_poly`: the polynomial of least squares. It must not know how series are made.
//!
//! The fit is put together of polynomials that are orthogonal over the given places (Forsythe's recurrence), which takes one
//! pass over the series a degree, and loses less to rounding than the normal equations of the powers.

use crate::column::Column;
use crate::function::kinds::{ARRAY, INTEGER};
use crate::function::{
    ArgumentInfo, Call, Category, Example, Kernel, Result, Returns, ScalarFunction, signatures,
};
use crate::types::{Dynamic, ScalarType};

use super::series::all_reals;
use super::series_columns::{map_columns, named, series_of};
use super::series_fit::{fittable, r_square, residuals, squares};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
    name: "series_fit_poly",
    category: Category::Series,
    summary: "The polynomial of a degree, 1 unless given, that fits a series best, with measures of the fit, as columns.",
    // Microsoft's parser wants an `int`, of which there are no literals; the page gives plain numbers.
    signatures: signatures![
        (y_series: ARRAY, x_series: ARRAY.optional(), degree: INTEGER.optional())
            -> Returns::Columns(columns)
    ],
    kernel: Kernel::Columns(series_fit_poly),
    examples: &[
        Example { query: "series_fit_poly(dynamic([1, 2, 3]))", result: "1.0" },
        Example {
            query: "print y = dynamic([1, 4, 9, 16]), x = dynamic([1, 2, 3, 4]) \
                | project (r, c) = series_fit_poly(y, x, 2) | project round(todouble(c[0]), 9)",
            result: "1.0",
        },
    ],
    ..ScalarFunction::DEFAULT
}];

fn columns(arguments: &[ArgumentInfo<'_>]) -> Vec<(String, ScalarType)> {
    use ScalarType as T;
    let parts = [
        ("rsquare", T::Real),
        ("coefficients", T::Dynamic),
        ("variance", T::Real),
        ("rvariance", T::Real),
        ("poly_fit", T::Dynamic),
    ];
    named("series_fit_poly", arguments, &parts)
}

/// A fitted polynomial.
struct FittedPolynomial {
    /// From the constant to the highest power.
    coefficients: Vec<f64>,
    /// Its values at the places of the series.
    fit: Vec<f64>,
}

/// One of the orthogonal polynomials.
struct Orthogonal {
    /// From the constant to the highest power, which is 1.
    coefficients: Vec<f64>,
    /// Its values at the places.
    values: Vec<f64>,
}

impl Orthogonal {
    /// `(t - shift) * self - factor * before`.
    fn next(&self, places: &[f64], shift: f64, before: Option<(&Self, f64)>) -> Self {
        let lower = std::iter::once(0.0).chain(self.coefficients.iter().copied());
        let same = self.coefficients.iter().copied().chain(std::iter::once(0.0));
        let mut coefficients: Vec<f64> = lower.zip(same).map(|(lower, same)| lower - shift * same).collect();
        let mut values: Vec<f64> = self.values.iter().zip(places).map(|(p, t)| (t - shift) * p).collect();
        if let Some((before, factor)) = before {
            coefficients.iter_mut().zip(&before.coefficients).for_each(|(to, p)| *to -= factor * p);
            values.iter_mut().zip(&before.values).for_each(|(to, p)| *to -= factor * p);
        }
        Self { coefficients, values }
    }
}

/// The polynomial of least squares; `None` if the places do not determine it.
fn polynomial(call: &Call<'_>, x: &[f64], y: &[f64], degree: usize) -> Result<Option<FittedPolynomial>> {
    let mut distinct = x.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let (Some(low), Some(high)) = (distinct.first(), distinct.last()) else { return Ok(None) };
    if distinct.len() <= degree || !(high - low).is_finite() {
        return Ok(None);
    }
    // Places within -1 and 1 keep the powers small.
    let middle = low + (high - low) / 2.0;
    let half = if high > low { (high - low) / 2.0 } else { 1.0 };
    let places: Vec<f64> = x.iter().map(|x| (x - middle) / half).collect();
    let mut current = Orthogonal { coefficients: vec![1.0], values: vec![1.0; x.len()] };
    let mut before: Option<(Orthogonal, f64)> = None;
    let mut coefficients = vec![0.0; degree + 1];
    let mut fit = vec![0.0; x.len()];
    for _ in 0..=degree {
        call.work((x.len() + degree).saturating_mul(4 * size_of::<f64>()))?;
        let norm: f64 = current.values.iter().map(|p| p * p).sum();
        if norm <= 0.0 || !norm.is_finite() {
            return Ok(None);
        }
        // What is left to fit, rather than all: rounding errors of the earlier ones are made up for.
        let left = y.iter().zip(&fit).map(|(y, fit)| y - fit);
        let share = left.zip(&current.values).map(|(y, p)| y * p).sum::<f64>() / norm;
        coefficients.iter_mut().zip(&current.coefficients).for_each(|(to, c)| *to += share * c);
        fit.iter_mut().zip(&current.values).for_each(|(to, p)| *to += share * p);
        let shift = places.iter().zip(&current.values).map(|(t, p)| t * p * p).sum::<f64>() / norm;
        let next =
            current.next(&places, shift, before.as_ref().map(|(before, their)| (before, norm / their)));
        before = Some((std::mem::replace(&mut current, next), norm));
    }
    // Back from t = (x - middle) / half: the powers of `half`, then a shift, one factor at a time.
    let mut scale = 1.0;
    for coefficient in &mut coefficients {
        *coefficient *= scale;
        scale /= half;
    }
    for lowest in 0..degree {
        call.work(degree.saturating_mul(size_of::<f64>()))?;
        for power in (lowest..degree).rev() {
            let higher = coefficients.get(power + 1).copied().unwrap_or_default();
            if let Some(coefficient) = coefficients.get_mut(power) {
                *coefficient -= middle * higher;
            }
        }
    }
    Ok(Some(FittedPolynomial { coefficients, fit }))
}

fn series_fit_poly(call: &Call<'_>) -> Result<Vec<Column>> {
    map_columns(call, |row| {
        let series = row.first().copied();
        let Some(y) = fittable(call, series, (2, "two"))? else { return Ok(None) };
        let x: Vec<f64> = match row.get(1) {
            None => (1..=y.len()).map(|place| place as f64).collect(),
            Some(Dynamic::Array(items)) => match all_reals(call, items)? {
                Some(x) => x,
                None => return Ok(None),
            },
            Some(_) => return Ok(None),
        };
        let degree = match row.get(2) {
            None => 1,
            Some(Dynamic::Long(degree)) => *degree,
            Some(_) => return Ok(None),
        };
        let example = || row.iter().map(|it| it.to_json()).collect::<Vec<_>>().join(" and ");
        let Ok(degree) = usize::try_from(degree) else {
            return Err(call.fail(format!("the degree must not be negative, it is {degree}")));
        };
        if x.len() != y.len() {
            call.doubt("two series of different lengths", "the result is null", example())?;
            return Ok(None);
        }
        call.reserve((x.len().saturating_mul(10)).saturating_mul(size_of::<f64>()))?;
        let Some(found) = polynomial(call, &x, &y, degree)? else {
            let about = "a polynomial that the series does not determine";
            call.doubt(about, "the result is null", example())?;
            return Ok(None);
        };
        let squares = squares(&y, y.iter().sum::<f64>() / y.len() as f64);
        let residuals = residuals(&y, &found.fit);
        let others = (y.len() - 1) as f64;
        Ok(Some([
            r_square(residuals, squares).into(),
            series_of(found.coefficients.into_iter().rev()).into(),
            (squares / others).into(),
            (residuals / others).into(),
            series_of(found.fit).into(),
        ]))
    })
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::column::Column;
    use crate::function::testing::{call_all, doubted, find, json, refused};
    use crate::types::{ScalarType, Value};

    fn fit(y: &[f64], x: &[f64], degree: i64) -> (f64, Vec<f64>) {
        let arguments = [
            Column::constant(json(&format!("{y:?}")), ScalarType::Dynamic, 1),
            Column::constant(json(&format!("{x:?}")), ScalarType::Dynamic, 1),
            Column::constant(Value::Long(degree), ScalarType::Long, 1),
        ];
        let found = call_all(find(FUNCTIONS, "series_fit_poly"), &arguments).unwrap();
        let Value::Dynamic(coefficients) = found[1].value(0) else { panic!("no array") };
        let coefficients = coefficients.as_array().unwrap().iter().map(|it| it.as_real().unwrap());
        (found[0].value(0).as_real().unwrap(), coefficients.collect())
    }

    // A polynomial without noise is found again, at places that are not even and lie off the middle.
    #[test]
    fn a_polynomial_is_its_own_fit() {
        let expected = [0.5, -1.0, 0.0, 3.0, -7.0];
        let x: Vec<f64> =
            (0..40).map(|at| f64::from(at) * 0.1 + f64::from(at * at % 7) * 0.01 + 2.0).collect();
        let y: Vec<f64> = x.iter().map(|x| expected.iter().fold(0.0, |sum, c| sum * x + c)).collect();
        let (r_square, found) = fit(&y, &x, 4);
        assert!((r_square - 1.0).abs() < 1e-12);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-7, "{found} {expected}");
        }
    }

    // The page: of degree 1 it is series_fit_line, whose page gives these.
    #[test]
    fn of_degree_one_it_is_a_line() {
        let y = [2.0, 5.0, 6.0, 8.0, 11.0, 15.0, 17.0, 18.0, 25.0, 26.0, 30.0, 30.0];
        let x: Vec<f64> = (1..=12).map(f64::from).collect();
        let (r_square, found) = fit(&y, &x, 1);
        assert!((r_square - 0.982_900_730_884_447).abs() < 1e-12);
        assert!((found[0] - 2.730_769_230_769_231).abs() < 1e-12);
        assert!((found[1] + 1.666_666_666_666_671_6).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        let three = || json("[1,2,4]");
        doubted(FUNCTIONS, "series_fit_poly", &[json("[1]")], Value::Null);
        doubted(FUNCTIONS, "series_fit_poly", &[three(), json("[1,2]")], Value::Null);
        doubted(FUNCTIONS, "series_fit_poly", &[three(), json("[1,1,1]")], Value::Null);
        doubted(FUNCTIONS, "series_fit_poly", &[three(), three(), Value::Long(3)], Value::Null);
        refused(FUNCTIONS, "series_fit_poly", &[three(), three(), Value::Long(-1)]);
    }
}
