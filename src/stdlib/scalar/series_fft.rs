//! `series_fft` and `series_ifft`: a series as waves, and back. It must not know how a transform is computed.
//!
//! The page names the transform; its factor and its sign are those in use: forward with a negative exponent and without a
//! factor, so that the way back divides by the length, and gives the series again, as the page says.

use rustfft::FftDirection;
use rustfft::num_complex::Complex;

use crate::column::Column;
use crate::function::kinds::ARRAY;
use crate::function::{
    ArgumentInfo, Call, Category, Example, Kernel, Result, Returns, ScalarFunction, signatures,
};
use crate::types::{Dynamic, ScalarType, Value};

use super::series::all_reals;
use super::series_columns::{map_columns, named_series, series_of};
use super::spectrum::transform;

const BASE: ScalarFunction = ScalarFunction { category: Category::Series, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "series_fft",
        summary: "The Fourier transform of a series of real or complex numbers: columns with the real and the imaginary parts.",
        signatures: signatures![
            (series: ARRAY, series_imaginary: ARRAY.optional())
                -> Returns::Columns(|arguments| parts("series_fft", arguments))
        ],
        kernel: Kernel::Columns(|call| fourier(call, FftDirection::Forward)),
        examples: &[
            Example { query: "series_fft(dynamic([1, 1, 1, 1]))", result: "[4.0,0.0,0.0,0.0]" },
            Example {
                query: "print y = dynamic([0, 1, 0, -1]) | project (re, im) = series_fft(y) | project im",
                result: "[0.0,-2.0,0.0,2.0]",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "series_ifft",
        summary: "The inverse Fourier transform: the series of which `series_fft` gives these real and imaginary parts.",
        signatures: signatures![
            (series: ARRAY, series_imaginary: ARRAY.optional())
                -> Returns::Columns(|arguments| parts("series_ifft", arguments))
        ],
        kernel: Kernel::Columns(|call| fourier(call, FftDirection::Inverse)),
        examples: &[
            Example { query: "series_ifft(dynamic([4, 0, 0, 0]))", result: "[1.0,1.0,1.0,1.0]" },
            Example {
                query: "print y = dynamic([3, 1, 4, 1]) | extend (re, im) = series_fft(y) \
                    | project (x, rest) = series_ifft(re, im) | project x",
                result: "[3.0,1.0,4.0,1.0]",
            },
        ],
        ..BASE
    },
];

fn parts(function: &str, arguments: &[ArgumentInfo<'_>]) -> Vec<(String, ScalarType)> {
    named_series(function, arguments, &["real", "imag"])
}

fn fourier(call: &Call<'_>, direction: FftDirection) -> Result<Vec<Column>> {
    map_columns(call, |row| {
        let Some(Dynamic::Array(reals)) = row.first() else { return Ok(None) };
        let Some(real) = all_reals(call, reals)? else { return Ok(None) };
        let imaginary = match row.get(1) {
            None => Vec::new(),
            Some(Dynamic::Array(items)) => match all_reals(call, items)? {
                Some(numbers) if numbers.len() == real.len() => numbers,
                Some(_) => {
                    let about = "a real and an imaginary part of different lengths";
                    let example = format!("{} and {}", row_json(row, 0), row_json(row, 1));
                    call.doubt(about, "the result is null", example)?;
                    return Ok(None);
                }
                None => return Ok(None),
            },
            Some(_) => return Ok(None),
        };
        let imaginary = imaginary.into_iter().chain(std::iter::repeat(0.0));
        let mut numbers: Vec<Complex<f64>> =
            real.into_iter().zip(imaginary).map(|(re, im)| Complex::new(re, im)).collect();
        transform(call, &mut numbers, direction)?;
        let count = match direction {
            FftDirection::Forward => 1.0,
            FftDirection::Inverse => numbers.len() as f64,
        };
        let part =
            |f: fn(&Complex<f64>) -> f64| Value::Dynamic(series_of(numbers.iter().map(|it| f(it) / count)));
        Ok(Some([part(|it| it.re), part(|it| it.im)]))
    })
}

fn row_json(row: &[&Dynamic], at: usize) -> String {
    row.get(at).map(|it| it.to_json()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::column::Column;
    use crate::function::testing::{call_all, doubted, find, json};
    use crate::types::{ScalarType, Value};

    fn columns(name: &str, series: &[&str]) -> Vec<Vec<f64>> {
        let arguments: Vec<Column> =
            series.iter().map(|text| Column::constant(json(text), ScalarType::Dynamic, 1)).collect();
        let reals = |column: &Column| match column.value(0) {
            Value::Dynamic(it) => it.as_array().unwrap().iter().map(|it| it.as_real().unwrap()).collect(),
            other => panic!("{other:?}"),
        };
        call_all(find(FUNCTIONS, name), &arguments).unwrap().iter().map(reals).collect()
    }

    /// The definition, in n² steps.
    fn by_definition(re: &[f64], im: &[f64], sign: f64) -> Vec<(f64, f64)> {
        let count = re.len();
        let wave =
            |k: usize, at: usize| sign * std::f64::consts::TAU * ((k * at) % count) as f64 / count as f64;
        (0..count)
            .map(|k| {
                (0..count).fold((0.0, 0.0), |sum, at| {
                    let (sin, cos) = wave(k, at).sin_cos();
                    (sum.0 + re[at] * cos - im[at] * sin, sum.1 + re[at] * sin + im[at] * cos)
                })
            })
            .collect()
    }

    // Lengths of all kinds: powers of two, with factors, prime.
    #[test]
    fn as_by_the_definition_and_back() {
        for count in [1, 2, 3, 5, 8, 12, 31, 60, 97, 128] {
            let re: Vec<f64> = (0..count).map(|at| f64::from(at * at % 17) - 3.5).collect();
            let im: Vec<f64> = (0..count).map(|at| f64::from(at * 7 % 11)).collect();
            let text = |numbers: &[f64]| format!("{numbers:?}");
            let found = columns("series_fft", &[&text(&re), &text(&im)]);
            for (at, expected) in by_definition(&re, &im, -1.0).into_iter().enumerate() {
                assert!((found[0][at] - expected.0).abs() < 1e-9, "{count} {at}");
                assert!((found[1][at] - expected.1).abs() < 1e-9, "{count} {at}");
            }
            let back = columns("series_ifft", &[&text(&found[0]), &text(&found[1])]);
            for at in 0..re.len() {
                assert!((back[0][at] - re[at]).abs() < 1e-9 && (back[1][at] - im[at]).abs() < 1e-9);
            }
        }
        assert_eq!(columns("series_fft", &["[]"]), [[0.0; 0]; 2]);
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        doubted(FUNCTIONS, "series_fft", &[json("[1,null]")], Value::Null);
        doubted(FUNCTIONS, "series_ifft", &[json("[1,2]"), json("[1]")], Value::Null);
    }
}
