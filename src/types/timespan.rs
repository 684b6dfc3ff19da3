//! Spans of time in ticks of 100 ns: reading and printing.

use std::fmt;

/// A span of time in ticks of 100 ns; may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TimeSpan(pub i64);

impl TimeSpan {
    /// Ticks in a microsecond.
    pub const MICROSECOND: i64 = 10;
    /// Ticks in a millisecond.
    pub const MILLISECOND: i64 = 10_000;
    /// Ticks in a second.
    pub const SECOND: i64 = 10_000_000;
    /// Ticks in a minute.
    pub const MINUTE: i64 = 60 * Self::SECOND;
    /// Ticks in an hour.
    pub const HOUR: i64 = 60 * Self::MINUTE;
    /// Ticks in a day.
    pub const DAY: i64 = 24 * Self::HOUR;

    /// Ticks in one unit, by any suffix that KQL has (`d`, `hrs`, `milliseconds` …). Nanoseconds have none: they
    /// are parts of a tick; see [`TimeSpan::from_units`].
    fn unit_nanoseconds(suffix: &str) -> Option<i128> {
        Some(match suffix {
            "d" | "day" | "days" => 86_400_000_000_000,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000_000_000,
            "m" | "min" | "minute" | "minutes" => 60_000_000_000,
            "s" | "sec" | "second" | "seconds" => 1_000_000_000,
            "ms" | "milli" | "millis" | "millisec" | "millisecond" | "milliseconds" => 1_000_000,
            "micro" | "micros" | "microsec" | "microsecond" | "microseconds" => 1_000,
            "nano" | "nanos" | "nanosec" | "nanosecond" | "nanoseconds" => 1,
            "tick" | "ticks" => 100,
            _ => return None,
        })
    }

    /// `number` units named by `suffix`, such as `("1.5", "h")`.
    ///
    /// `None` if the suffix is unknown, the number is none, or the span is out of range.
    #[must_use]
    pub fn from_units(number: &str, suffix: &str) -> Option<Self> {
        let unit = Self::unit_nanoseconds(suffix)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let digits = &fraction[..fraction.len().min(18)];
        let scale = 10_i128.pow(digits.len() as u32);
        let part: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let nanoseconds = whole.checked_mul(unit)?.checked_add(part * unit / scale)?;
        i64::try_from(nanoseconds / 100).ok().map(Self)
    }

    /// Reads what stands in `timespan(…)` and what `totimespan` takes: `1.5h`, `15 seconds`, `[-][d.]hh:mm[:ss[.fffffff]]`.
    ///
    /// A bare number is left to the caller: `timespan(2)` is two days, `totimespan("2")` two days as well, but
    /// `totimespan("1.5")` is null.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, body) = match text.strip_prefix('-') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let span = if body.contains(':') {
            Self::parse_clock(body)?
        } else {
            let split = body.find(|c: char| c.is_ascii_alphabetic())?;
            Self::from_units(body[..split].trim_end(), &body[split..])?
        };
        Some(if negative { Self(span.0.checked_neg()?) } else { span })
    }

    /// `[d.]hh:mm[:ss[.fffffff]]`
    fn parse_clock(text: &str) -> Option<Self> {
        let mut fields = text.split(':');
        let first = fields.next()?;
        let minutes = fields.next()?;
        let seconds = fields.next();
        if fields.next().is_some() {
            return None;
        }
        let (days, hours) = first.split_once('.').unwrap_or(("0", first));
        let number = |field: &str, digits: std::ops::RangeInclusive<usize>, max: i64| -> Option<i64> {
            let fits = digits.contains(&field.len()) && field.bytes().all(|byte| byte.is_ascii_digit());
            fits.then(|| field.parse().ok()).flatten().filter(|&n| n <= max)
        };
        let (seconds, fraction) = match seconds {
            None => (0, 0),
            Some(text) => {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
                let ticks = number(fraction, 1..=7, i64::MAX)? * 10_i64.pow(7 - fraction.len() as u32);
                (number(whole, 1..=2, 59)?, ticks)
            }
        };
        let days = number(days, 1..=8, i64::MAX)?;
        days.checked_mul(Self::DAY)?
            .checked_add(number(hours, 1..=2, 23)? * Self::HOUR)?
            .checked_add(number(minutes, 1..=2, 59)? * Self::MINUTE + seconds * Self::SECOND + fraction)
            .map(Self)
    }

    /// The span in (fractions of) units of `ticks` ticks.
    #[must_use]
    pub fn in_units_of(self, ticks: i64) -> f64 {
        self.0 as f64 / ticks as f64
    }
}

impl fmt::Display for TimeSpan {
    /// `[-][d.]hh:mm:ss[.fffffff]`: no fraction, or all seven digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.0.unsigned_abs();
        let unit = |ticks: i64| ticks.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let days = ticks / unit(Self::DAY);
        if days > 0 {
            write!(f, "{days}.")?;
        }
        let (hours, minutes) = (ticks / unit(Self::HOUR) % 24, ticks / unit(Self::MINUTE) % 60);
        write!(f, "{hours:02}:{minutes:02}:{:02}", ticks / unit(Self::SECOND) % 60)?;
        match ticks % unit(Self::SECOND) {
            0 => Ok(()),
            fraction => write!(f, ".{fraction:07}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units_and_clocks() {
        let day = TimeSpan::DAY;
        assert_eq!(TimeSpan::parse("1.5h"), Some(TimeSpan(TimeSpan::HOUR * 3 / 2)));
        assert_eq!(TimeSpan::parse("15 seconds"), Some(TimeSpan(15 * TimeSpan::SECOND)));
        assert_eq!(TimeSpan::parse("-1d"), Some(TimeSpan(-day)));
        assert_eq!(TimeSpan::parse("13:00"), Some(TimeSpan(13 * TimeSpan::HOUR)));
        assert_eq!(TimeSpan::parse("1.02:03:04.5"), Some(TimeSpan(937_845_000_000)));
        assert_eq!(TimeSpan::parse("25:70"), None);
        assert_eq!(TimeSpan::parse("1.5"), None);
    }

    #[test]
    fn prints_all_digits_or_none() {
        assert_eq!(TimeSpan(937_845_000_000).to_string(), "1.02:03:04.5000000");
        assert_eq!(TimeSpan(-17 * TimeSpan::HOUR).to_string(), "-17:00:00");
        assert_eq!(TimeSpan(i64::MIN).to_string(), "-10675199.02:48:05.4775808");
    }
}
