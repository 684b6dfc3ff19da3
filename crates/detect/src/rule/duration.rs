//! Reads spans of time as rule files write them: `14d`, `PT5H`.

use kqlite::TimeSpan;

const SECOND: i64 = 10_000_000;

/// Reads `1h`, `14d`, `01:30:00`, or ISO 8601 without months and years, such as `P1DT12H`.
///
/// ```
/// use kqlite_detect::parse_duration;
/// assert_eq!(parse_duration("PT5H"), parse_duration("5h"));
/// assert_eq!(parse_duration("P14D"), parse_duration("14d"));
/// assert_eq!(parse_duration("soon"), None);
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<TimeSpan> {
    let text = text.trim();
    match text.strip_prefix(['P', 'p']) {
        Some(rest) => iso(rest),
        None => TimeSpan::parse(text),
    }
}

/// ISO 8601 behind its `P`.
fn iso(text: &str) -> Option<TimeSpan> {
    let (mut ticks, mut in_time, mut number, mut any) = (0_i64, false, String::new(), false);
    for c in text.chars() {
        let unit = match (c.to_ascii_uppercase(), in_time) {
            ('0'..='9' | '.', _) => {
                number.push(c);
                continue;
            }
            ('T', false) if number.is_empty() => {
                in_time = true;
                continue;
            }
            ('W', false) => 7 * 86_400,
            ('D', false) => 86_400,
            ('H', true) => 3_600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        let whole = match number.split_once('.') {
            None => number.parse::<i64>().ok()?.checked_mul(unit)?.checked_mul(SECOND)?,
            Some(_) => (number.parse::<f64>().ok()? * (unit * SECOND) as f64) as i64,
        };
        ticks = ticks.checked_add(whole)?;
        number.clear();
        any = true;
    }
    (any && number.is_empty()).then_some(TimeSpan(ticks))
}

/// A span of time in the largest unit that says it in whole numbers: `14d`, `90m`.
pub(crate) fn short(span: TimeSpan) -> String {
    let seconds = span.0 / SECOND;
    for (unit, name) in [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")] {
        if span.0 % (unit * SECOND) == 0 {
            return format!("{}{name}", seconds / unit);
        }
    }
    span.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing() {
        let ticks = |text: &str| parse_duration(text).map(|it| it.0 / SECOND);
        assert_eq!(ticks("1h"), Some(3_600));
        assert_eq!(ticks("14d"), Some(14 * 86_400));
        assert_eq!(ticks("P14D"), Some(14 * 86_400));
        assert_eq!(ticks("PT5M"), Some(300));
        assert_eq!(ticks("P1DT2H30M"), Some(86_400 + 9_000));
        assert_eq!(ticks("P2W"), Some(14 * 86_400));
        assert_eq!(ticks("PT1.5S"), Some(1));
        for bad in ["", "P", "PT", "P1M", "P1Y", "PT1D", "1", "P1", "soon", "P99999999999999999D"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
        assert_eq!(short(TimeSpan(90 * 60 * SECOND)), "90m");
        assert_eq!(short(TimeSpan(14 * 86_400 * SECOND)), "14d");
    }
}
