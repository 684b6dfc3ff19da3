//! Instants in ticks of 100 ns since 0001-01-01 UTC: calendar, reading, printing. It must not know clocks or functions.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::TimeSpan;

/// An instant in UTC: ticks of 100 ns since 0001-01-01T00:00:00, up to 9999-12-31T23:59:59.9999999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct DateTime(pub i64);

impl DateTime {
    /// The earliest instant.
    pub const MIN: DateTime = DateTime(0);
    /// The latest instant.
    pub const MAX: DateTime = DateTime(3_155_378_975_999_999_999);
    /// 1970-01-01T00:00:00.
    pub const UNIX_EPOCH: DateTime = DateTime(621_355_968_000_000_000);

    /// The instant, if it is in range.
    #[must_use]
    pub const fn from_ticks(ticks: i64) -> Option<Self> {
        if ticks >= Self::MIN.0 && ticks <= Self::MAX.0 { Some(Self(ticks)) } else { None }
    }

    /// The start of a day; `None` if there is no such day or it is out of range.
    #[must_use]
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        Self::from_date(NaiveDate::from_ymd_opt(year, month, day)?)
    }

    /// The start of a day; `None` if it is out of range.
    #[must_use]
    pub fn from_date(date: NaiveDate) -> Option<Self> {
        let days = i64::from(date.num_days_from_ce()) - 1;
        Self::from_ticks(days.checked_mul(TimeSpan::DAY)?)
    }

    /// The instant plus a span; `None` if it leaves the range.
    #[must_use]
    pub fn checked_add(self, span: TimeSpan) -> Option<Self> {
        Self::from_ticks(self.0.checked_add(span.0)?)
    }

    /// The calendar day, in the proleptic Gregorian calendar.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt((self.0.div_euclid(TimeSpan::DAY) + 1) as i32)
            .unwrap_or_default()
    }

    /// Ticks since the start of the day.
    #[must_use]
    pub const fn time_of_day(self) -> TimeSpan {
        TimeSpan(self.0.rem_euclid(TimeSpan::DAY))
    }

    /// From chrono's type; parts of a tick are cut. `None` if it is out of range.
    #[must_use]
    pub fn from_chrono(instant: NaiveDateTime) -> Option<Self> {
        let time = instant.time();
        let ticks = i64::from(time.num_seconds_from_midnight()) * TimeSpan::SECOND
            + i64::from(time.nanosecond() / 100);
        Self::from_date(instant.date())?.checked_add(TimeSpan(ticks))
    }

    /// To chrono's type.
    #[must_use]
    pub fn to_chrono(self) -> NaiveDateTime {
        let ticks = self.time_of_day().0;
        let seconds = (ticks / TimeSpan::SECOND) as u32;
        let nanoseconds = (ticks % TimeSpan::SECOND) as u32 * 100;
        self.date().and_time(
            NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanoseconds).unwrap_or(NaiveTime::MIN),
        )
    }

    /// Reads the forms that `todatetime` and `datetime(…)` take; `None` if the text is none of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse::datetime(text.trim())
    }

    /// ISO 8601 with trailing zeros of the fraction cut, as in result tables: `2024-01-01T00:00:00Z`.
    #[must_use]
    pub fn to_short_string(self) -> String {
        self.short_text().as_str().to_owned()
    }

    /// The text of [`DateTime::to_short_string`], without taking memory for it.
    pub(crate) fn short_text(self) -> InstantText {
        let mut text = InstantText { bytes: *b"0000-00-00T00:00:00.0000000Z", len: 28 };
        let (civil, time) = (Civil::from_days(self.0.div_euclid(TimeSpan::DAY)), self.time_of_day().0);
        let mut put = |from: usize, to: usize, mut number: i64| {
            for at in (from..to).rev() {
                text.bytes[at] = b'0' + (number % 10) as u8;
                number /= 10;
            }
        };
        put(0, 4, civil.year.clamp(0, 9999));
        put(5, 7, civil.month);
        put(8, 10, civil.day);
        put(11, 13, time / TimeSpan::HOUR);
        put(14, 16, time / TimeSpan::MINUTE % 60);
        put(17, 19, time / TimeSpan::SECOND % 60);
        let (mut fraction, mut digits) = (time % TimeSpan::SECOND, 7);
        if fraction == 0 {
            text.len = 20;
        } else {
            while fraction % 10 == 0 {
                (fraction, digits) = (fraction / 10, digits - 1);
            }
            put(20, 20 + digits, fraction);
            text.len = 21 + digits;
        }
        text.bytes[text.len - 1] = b'Z';
        text
    }
}

/// An instant as text of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InstantText {
    bytes: [u8; 28],
    len: usize,
}

impl InstantText {
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        // Digits and signs alone.
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

/// A day of the proleptic Gregorian calendar, by plain arithmetic: total for any day number, fast in loops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// The year; may be out of a datetime's range.
    pub year: i64,
    /// The month, from 1.
    pub month: i64,
    /// The day of the month, from 1.
    pub day: i64,
}

/// Days from 0000-03-01, where the arithmetic starts its years, to 0001-01-01.
const MARCH_OFFSET: i64 = 306;

impl Civil {
    /// The day that is `days` days after 0001-01-01.
    #[must_use]
    pub const fn from_days(days: i64) -> Self {
        let shifted = days.wrapping_add(MARCH_OFFSET);
        if shifted >= 0 && shifted <= u32::MAX as i64 {
            // Divisions of 32 bits, which take a fraction of the time.
            let shifted = shifted as u32;
            let civil = Self::in_era(shifted % 146_097);
            return Self { year: civil.year + (shifted / 146_097) as i64 * 400, ..civil };
        }
        let civil = Self::in_era(shifted.rem_euclid(146_097) as u32);
        Self { year: civil.year + shifted.div_euclid(146_097) * 400, ..civil }
    }

    /// The day of a span of 400 years that starts in March.
    const fn in_era(day: u32) -> Self {
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Self { year: (year + (month <= 2) as u32) as i64, month: month as i64, day: day as i64 }
    }

    /// Days from 0001-01-01 to a day; a month outside 1 to 12 counts on into other years.
    #[must_use]
    pub const fn days(year: i64, month: i64, day: i64) -> i64 {
        let months = year * 12 + (month - 1);
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let year = year - (month <= 2) as i64;
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - MARCH_OFFSET
    }
}

impl fmt::Display for DateTime {
    /// ISO 8601 with seven digits of fraction, as `tostring` prints it: `2024-01-01T00:00:00.0000000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.date(), self.time_of_day().0);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z",
            date.year(),
            date.month(),
            date.day(),
            time / TimeSpan::HOUR,
            time / TimeSpan::MINUTE % 60,
            time / TimeSpan::SECOND % 60,
            time % TimeSpan::SECOND
        )
    }
}

mod parse {
    //! The text forms of instants: ISO 8601, `yyyyMMdd`, month-first dates with slashes or hyphens, RFC 822 and 850,
    //! `Dec 2, 2022`. Offsets are converted to UTC.

    use super::{DateTime, TimeSpan};

    /// Words and numbers of a date, one after the other.
    struct Scanner<'t> {
        rest: &'t str,
    }

    impl<'t> Scanner<'t> {
        fn take(&mut self, accept: impl Fn(u8) -> bool) -> &'t str {
            let end = self.rest.bytes().position(|byte| !accept(byte)).unwrap_or(self.rest.len());
            let (taken, rest) = self.rest.split_at(end);
            self.rest = rest;
            taken
        }

        fn digits(&mut self) -> &'t str {
            self.take(|byte| byte.is_ascii_digit())
        }

        fn word(&mut self) -> &'t str {
            self.take(|byte| byte.is_ascii_alphabetic())
        }

        fn skip(&mut self, wanted: char) -> bool {
            let found = self.rest.strip_prefix(wanted);
            self.rest = found.unwrap_or(self.rest);
            found.is_some()
        }

        fn spaces(&mut self) -> bool {
            !self.take(|byte| byte == b' ').is_empty()
        }
    }

    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

    /// Where a full name or its first three letters stands in a list.
    fn find(names: &[&str], word: &str) -> Option<usize> {
        let word = word.to_ascii_lowercase();
        names.iter().position(|name| *name == word || (word.len() == 3 && name.starts_with(&word)))
    }

    /// A date and, after a space or `T`, a time.
    pub(super) fn datetime(text: &str) -> Option<DateTime> {
        let mut scan = Scanner { rest: text };
        let day = date(&mut scan)?;
        let separated = scan.spaces() | scan.skip('T') | scan.skip('t') | scan.skip(':');
        let ticks = if scan.rest.is_empty() || matches!(scan.rest, "Z" | "z") {
            0
        } else if separated {
            time(&mut scan)?
        } else {
            return None;
        };
        scan.spaces();
        let offset = zone(scan.rest)?;
        day.checked_add(TimeSpan(ticks - offset))
    }

    fn date(scan: &mut Scanner<'_>) -> Option<DateTime> {
        if scan.rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let word = scan.word();
            if find(&DAYS, word).is_some() {
                scan.skip(',');
                scan.spaces();
            } else {
                return month_first(scan, word);
            }
            if scan.rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
                let word = scan.word();
                return month_first(scan, word);
            }
        }
        let first = scan.digits();
        if first.len() == 8 {
            return ymd(&first[..4], first[4..6].parse().ok()?, &first[6..]);
        }
        let separator = ['-', '/', '.', ' '].into_iter().find(|&c| scan.skip(c))?;
        if first.len() == 4 {
            let month = scan.digits();
            if !scan.skip(separator) {
                return ymd(first, month.parse().ok()?, "1");
            }
            return ymd(first, month.parse().ok()?, scan.digits());
        }
        if scan.rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let month = find(&MONTHS, scan.word())? as u32 + 1;
            if !scan.skip(separator) {
                return None;
            }
            let year = scan.digits();
            return ymd(year, month, first);
        }
        let second = scan.digits();
        if !scan.skip(separator) {
            return None;
        }
        ymd(scan.digits(), first.parse().ok()?, second)
    }

    /// `Dec 2, 2022`, `Dec 2 2022`
    fn month_first(scan: &mut Scanner<'_>, word: &str) -> Option<DateTime> {
        let month = find(&MONTHS, word)? as u32 + 1;
        scan.spaces();
        let day = scan.digits();
        scan.skip(',');
        scan.spaces();
        ymd(scan.digits(), month, day)
    }

    fn ymd(year: &str, month: u32, day: &str) -> Option<DateTime> {
        let number: i32 = year.parse().ok()?;
        let year = match year.len() {
            4 => number,
            2 => number + if number < 50 { 2000 } else { 1900 },
            _ => return None,
        };
        DateTime::from_ymd(year, month, day.parse().ok().filter(|_| day.len() <= 2)?)
    }

    /// `hh[:mm[:ss[.fffffff]]]`, `AM` or `PM` after it
    fn time(scan: &mut Scanner<'_>) -> Option<i64> {
        let field = |text: &str, max: i64| -> Option<i64> {
            (matches!(text.len(), 1 | 2)).then(|| text.parse().ok()).flatten().filter(|&n| n <= max)
        };
        let mut hours = field(scan.digits(), 24)?;
        let (mut minutes, mut seconds, mut fraction) = (0, 0, 0);
        if scan.skip(':') {
            minutes = field(scan.digits(), 59)?;
            if scan.skip(':') {
                seconds = field(scan.digits(), 59)?;
                if scan.skip('.') {
                    let digits = scan.digits();
                    let kept = &digits[..digits.len().min(7)];
                    fraction = kept.parse::<i64>().ok()? * 10_i64.pow(7 - kept.len() as u32);
                }
            }
        }
        let before = scan.rest;
        scan.spaces();
        let half = scan.rest.get(..2).map(str::to_ascii_uppercase);
        match half.as_deref() {
            Some("AM" | "PM") => {
                if !(1..=12).contains(&hours) {
                    return None;
                }
                hours = hours % 12 + if half.as_deref() == Some("PM") { 12 } else { 0 };
                scan.rest = &scan.rest[2..];
            }
            _ => scan.rest = before,
        }
        let ticks =
            hours * TimeSpan::HOUR + minutes * TimeSpan::MINUTE + seconds * TimeSpan::SECOND + fraction;
        (ticks <= TimeSpan::DAY && (hours < 24 || ticks == TimeSpan::DAY)).then_some(ticks)
    }

    /// Nothing, `Z`, `GMT`, `UTC`, `+hh:mm`, `-hhmm`, an American zone; gives the offset in ticks.
    fn zone(text: &str) -> Option<i64> {
        let text = text.trim();
        let hours = match text.to_ascii_uppercase().as_str() {
            "" | "Z" | "GMT" | "UTC" | "UT" => 0,
            "EST" => -5,
            "EDT" => -4,
            "CST" => -6,
            "CDT" => -5,
            "MST" => -7,
            "MDT" => -6,
            "PST" => -8,
            "PDT" => -7,
            _ => {
                let (sign, digits) = match text.as_bytes().first()? {
                    b'+' => (1, &text[1..]),
                    b'-' => (-1, &text[1..]),
                    _ => return None,
                };
                let (hours, minutes) = match digits.split_once(':') {
                    Some(parts) => parts,
                    None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
                    None => (digits, "0"),
                };
                let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
                if hours > 14 || minutes > 59 || hours < 0 || minutes < 0 {
                    return None;
                }
                return Some(sign * (hours * TimeSpan::HOUR + minutes * TimeSpan::MINUTE));
            }
        };
        Some(hours * TimeSpan::HOUR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = DateTime::parse(text).map(DateTime::to_short_string);
        assert_eq!(found.as_deref().unwrap_or("null"), expected, "{text}");
    }

    #[test]
    fn reads_every_form() {
        check("2022-12-02", "2022-12-02T00:00:00Z");
        check("2022-12-02T10:20:30.5", "2022-12-02T10:20:30.5Z");
        check("2022-12-02 10:20", "2022-12-02T10:20:00Z");
        check("2022-12-02T10:20:30+02:00", "2022-12-02T08:20:30Z");
        check("12-02-2022", "2022-12-02T00:00:00Z");
        check("13-01-2022", "null");
        check("12/02/2022 1:05:09 PM", "2022-12-02T13:05:09Z");
        check("20221202", "2022-12-02T00:00:00Z");
        check("Fri, 02 Dec 2022 10:20:30 GMT", "2022-12-02T10:20:30Z");
        check("Dec 2, 2022", "2022-12-02T00:00:00Z");
        check("nonsense", "null");
        check("", "null");
    }

    // The formats that Microsoft's page of the datetime type lists.
    #[test]
    fn reads_the_listed_formats() {
        for text in ["2014-11-08 15:05:00.123456Z", "2014-11-08T15:05:00.123456"] {
            check(text, "2014-11-08T15:05:00.123456Z");
        }
        for text in [
            "Sat, 8 Nov 14 15:05:02 GMT",
            "Sat, 8 Nov 14 15:05:02",
            "8 Nov 14 15:05:02 GMT",
            "8 Nov 14 15:05:02",
            "Saturday, 08-Nov-14 15:05:02 GMT",
            "Saturday, 08-Nov-14 15:05:02",
            "08-Nov-14 15:05:02 GMT",
            "08-Nov-14 15:05:02",
            "2014-11-08 15:05:02",
            "2014-11-08 15:05:02 GMT",
            "2014-11-8T15:05:02",
            "2014-11-08T15:05:02 GMT",
        ] {
            check(text, "2014-11-08T15:05:02Z");
            check(&text.replacen(":02", "", 1), "2014-11-08T15:05:00Z");
        }
        check("2014-11-08", "2014-11-08T00:00:00Z");
    }

    #[test]
    fn civil_days_agree_with_the_calendar() {
        for days in (0..3_652_059).step_by(13).chain([0, 58, 59, 365, 3_652_058]) {
            let (civil, date) = (Civil::from_days(days), DateTime(days * TimeSpan::DAY).date());
            let expected = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
            assert_eq!((civil.year, civil.month, civil.day), expected);
            assert_eq!(Civil::days(civil.year, civil.month, civil.day), days);
        }
        assert_eq!(Civil::days(2016, 14, 1), Civil::days(2017, 2, 1));
        assert_eq!(Civil::days(2017, 0, 1), Civil::days(2016, 12, 1));
    }

    #[test]
    fn the_short_text_is_the_long_one_without_zeros_at_the_end() {
        let ticks = [0, 1, 10, 120, 5_000_000, 9_999_999, 10_000_000, 863_999_999_999, 123_456_000_000];
        for days in (0..3_652_059).step_by(997).chain([0, 59, 3_652_058]) {
            for ticks in ticks {
                let instant = DateTime(days * TimeSpan::DAY + ticks);
                let long = instant.to_string();
                let (seconds, fraction) = long.trim_end_matches('Z').split_once('.').unwrap();
                let fraction = fraction.trim_end_matches('0');
                let dot = if fraction.is_empty() { "" } else { "." };
                assert_eq!(instant.to_short_string(), format!("{seconds}{dot}{fraction}Z"));
            }
        }
    }

    #[test]
    fn prints_the_ends_of_time() {
        assert_eq!(DateTime::MIN.to_string(), "0001-01-01T00:00:00.0000000Z");
        assert_eq!(DateTime::MAX.to_string(), "9999-12-31T23:59:59.9999999Z");
        assert_eq!(DateTime::UNIX_EPOCH.to_short_string(), "1970-01-01T00:00:00Z");
        assert_eq!(DateTime::parse("2000-10-10T10:10:10").unwrap().to_short_string(), "2000-10-10T10:10:10Z");
    }
}
