//! Discrete Fourier transforms, and what follows from them: periodograms and autocorrelations.
//! It must not know where the numbers come from, nor what is asked of them.

use rustfft::num_complex::Complex;
use rustfft::{FftDirection, FftPlanner};

use crate::function::{Call, Result};

/// About how many bytes a transform of so many numbers holds: the numbers, twice again for lengths with large factors, and
/// what is looked up in the meantime.
fn transform_bytes(count: usize) -> usize {
    count.saturating_mul(10 * size_of::<Complex<f64>>())
}

/// The discrete Fourier transform of complex numbers, in place, without a factor; of any length in n log n.
pub(super) fn transform(
    call: &Call<'_>,
    numbers: &mut [Complex<f64>],
    direction: FftDirection,
) -> Result<()> {
    // The transform of nothing is nothing; the crate wants a number at least.
    if numbers.is_empty() {
        return Ok(());
    }
    let steps = numbers.len().ilog2() as usize + 1;
    call.reserve(transform_bytes(numbers.len()))?;
    call.work(transform_bytes(numbers.len()).saturating_mul(steps) / 4)?;
    FftPlanner::new().plan_fft(numbers.len(), direction).process(numbers);
    Ok(())
}

/// The share that each frequency has in the power of a series, by the number of its waves within the series, from 0 to half
/// of its length. All are 0 if nothing varies.
pub(super) fn periodogram(call: &Call<'_>, numbers: &[f64]) -> Result<Vec<f64>> {
    let mut spectrum: Vec<Complex<f64>> = numbers.iter().map(|n| Complex::new(*n, 0.0)).collect();
    transform(call, &mut spectrum, FftDirection::Forward)?;
    let half: Vec<f64> = spectrum.iter().take(numbers.len() / 2 + 1).map(Complex::norm_sqr).collect();
    let total: f64 = half.iter().sum();
    Ok(half.into_iter().map(|power| if total > 0.0 { power / total } else { 0.0 }).collect())
}

/// For each shift from 0 to some more than half of the length: the sum of the products of numbers that stand so far apart.
pub(super) fn autocorrelation(call: &Call<'_>, numbers: &[f64]) -> Result<Vec<f64>> {
    // Zeros behind the numbers keep the end from meeting the start.
    let length = numbers.len().saturating_mul(2).next_power_of_two();
    call.reserve(transform_bytes(length))?;
    let mut spectrum: Vec<Complex<f64>> = numbers.iter().map(|n| Complex::new(*n, 0.0)).collect();
    spectrum.resize(length, Complex::default());
    transform(call, &mut spectrum, FftDirection::Forward)?;
    spectrum.iter_mut().for_each(|it| *it = Complex::new(it.norm_sqr(), 0.0));
    transform(call, &mut spectrum, FftDirection::Inverse)?;
    Ok(spectrum.iter().take(numbers.len() / 8 * 5 + 8).map(|it| it.re / length as f64).collect())
}
