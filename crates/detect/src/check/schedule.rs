//! Checks when a rule runs and how far it looks back: its period against the query's `ago()`, Sentinel's bounds, and what
//! is not allowed in rules, or in those in near real time.

use kqlite::{Span, TimeSpan};

use super::checker::RuleChecker;
use super::code::RuleCode;
use super::finding::Finding;
use crate::rule::{RuleKind, short};

const MIN_INTERVAL: TimeSpan = TimeSpan(5 * TimeSpan::MINUTE);
const MAX_INTERVAL: TimeSpan = TimeSpan(14 * TimeSpan::DAY);
const MAX_SUPPRESSION: TimeSpan = TimeSpan(TimeSpan::DAY);
const MAX_THRESHOLD_ROWS: u64 = 10_000;

pub(super) fn check(checker: &mut RuleChecker<'_>) {
    if checker.rule.kind == Some(RuleKind::Nrt) {
        near_real_time(checker);
    } else {
        times(checker);
        period(checker);
    }
    if checker.rule.suppression_enabled {
        within(
            checker,
            "suppressionDuration",
            checker.rule.suppression_duration,
            MIN_INTERVAL,
            MAX_SUPPRESSION,
        );
    }
    if checker.rule.is_analytics() {
        everything(checker);
    }
}

fn times(checker: &mut RuleChecker<'_>) {
    let (frequency, period) = (checker.rule.query_frequency, checker.rule.query_period);
    within(checker, "queryFrequency", frequency, MIN_INTERVAL, MAX_INTERVAL);
    within(checker, "queryPeriod", period, MIN_INTERVAL, MAX_INTERVAL);
    if let (Some(frequency), Some(period), Some(node), Some(other)) =
        (frequency, period, checker.node("queryFrequency"), checker.node("queryPeriod"))
    {
        let (often, back) = (short(frequency), short(period));
        if frequency > period {
            let message = format!("the rule runs every {often}, and looks at the last {back} only");
            let gap = short(TimeSpan(frequency.0.saturating_sub(period.0)));
            let finding = Finding::error(RuleCode::FrequencyOverPeriod, node.span, message)
                .also(other.span, "the period")
                .help(format!(
                    "between two runs, {gap} would never be looked at: Sentinel refuses such a rule"
                ));
            checker.add(finding);
        } else if period.0 >= 2 * TimeSpan::DAY && frequency.0 < TimeSpan::HOUR {
            let message = format!("a rule that looks at {back} cannot run every {often}");
            let finding = Finding::error(RuleCode::FrequencyTooHigh, node.span, message).also(other.span, "");
            checker.add(finding.help("from a period of 2d on, the shortest frequency is 1h"));
        }
    }
    if checker.rule.trigger.threshold > MAX_THRESHOLD_ROWS
        && let Some(node) = checker.node("triggerThreshold")
    {
        let message = format!("the threshold {} is too high", checker.rule.trigger.threshold);
        let finding = Finding::error(RuleCode::ThresholdOutOfRange, node.span, message);
        checker.add(finding.help("it may be 0 to 10000"));
    }
}

fn within(checker: &mut RuleChecker<'_>, name: &str, span: Option<TimeSpan>, min: TimeSpan, max: TimeSpan) {
    let (Some(span), Some(node)) = (span, checker.node(name)) else { return };
    if span < min || span > max {
        let message = format!("'{name}' cannot be {}", short(span));
        let finding = Finding::error(RuleCode::TimeOutOfRange, node.span, message);
        checker.add(finding.help(format!("it may be {} to {}", short(min), short(max))));
    }
}

/// Rows from before the period are not there for the query, whatever it asks.
fn period(checker: &mut RuleChecker<'_>) {
    let (Some(period), Some(node)) = (checker.rule.query_period, checker.node("queryPeriod")) else { return };
    let longer: Vec<_> = checker.query.lookbacks().into_iter().filter(|it| it.back > period).collect();
    let Some(longest) = longer.first() else { return };
    let (asked, given) = (short(longest.back), short(period));
    let message = format!("the query looks back {asked}, but the rule gives it {given} only");
    let mut finding = Finding::warning(RuleCode::PeriodTooShort, node.span, message)
        .label(format!("rows older than {given} are not there"));
    if let Some(span) = checker.rule.span_in_file(longest.span) {
        finding = finding.also(span, format!("asks for {asked}"));
    }
    let help = if longest.back > MAX_INTERVAL {
        format!(
            "no rule can look back further than {}; keep older facts in a watchlist or a summary",
            short(MAX_INTERVAL)
        )
    } else {
        format!("write queryPeriod: {asked}")
    };
    checker.add(finding.help(help));
}

fn near_real_time(checker: &mut RuleChecker<'_>) {
    for name in ["queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"] {
        if let Some((key, _)) = checker.rule.node().entry(name) {
            let message = format!("'{name}' has no effect in an NRT rule");
            let finding = Finding::warning(RuleCode::NrtKey, key.span, message).help(
                "it runs every minute over what came in the minute before, and any row raises an alert",
            );
            checker.add(finding);
        }
    }
    let code = code_of(&checker.rule.query);
    for (start, _) in code.match_indices("workspace") {
        let word = whole_word(&code, start, "workspace".len());
        let called = code.get(start + "workspace".len()..).unwrap_or_default().trim_start().starts_with('(');
        if word && called {
            let span = Span::new(start, start + "workspace".len());
            let message = "an NRT rule cannot read another workspace";
            checker.add(Finding::error(RuleCode::NrtWorkspace, in_query(checker, span), message));
        }
    }
}

/// `search *` and `union *` are refused in every rule.
fn everything(checker: &mut RuleChecker<'_>) {
    let code = code_of(&checker.rule.query);
    for word in ["search", "union"] {
        for (start, _) in code.match_indices(word) {
            let rest = code.get(start + word.len()..).unwrap_or_default();
            let star = rest.trim_start();
            if whole_word(&code, start, word.len()) && star.starts_with('*') && rest.len() > star.len() {
                let end = start + word.len() + (rest.len() - star.len()) + 1;
                let message = format!("Sentinel does not allow '{word} *' in a rule");
                let span = in_query(checker, Span::new(start, end));
                let finding = Finding::error(RuleCode::NotAllowedInRules, span, message);
                checker.add(finding.help("name the tables"));
            }
        }
    }
}

fn in_query(checker: &RuleChecker<'_>, span: Span) -> Span {
    let whole = || checker.node("query").map(|it| it.span).unwrap_or_default();
    checker.rule.span_in_file(span).unwrap_or_else(whole)
}

fn whole_word(code: &str, start: usize, len: usize) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let before = code.get(..start).and_then(|it| it.chars().next_back());
    let after = code.get(start + len..).and_then(|it| it.chars().next());
    !before.is_some_and(part) && !after.is_some_and(part)
}

/// A query without what its comments and texts say: blanks stand for them.
fn code_of(query: &str) -> String {
    let mut out = String::with_capacity(query.len());
    let mut rest = query.chars().peekable();
    let blank = |out: &mut String, c: char| {
        out.extend(std::iter::repeat_n(if c == '\n' { '\n' } else { ' ' }, c.len_utf8()));
    };
    let mut before = ' ';
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => {
                blank(&mut out, c);
                while let Some(c) = rest.next_if(|c| *c != '\n') {
                    blank(&mut out, c);
                }
            }
            '"' | '\'' => {
                let verbatim = before == '@';
                blank(&mut out, c);
                while let Some(inner) = rest.next() {
                    blank(&mut out, inner);
                    if inner == '\\' && !verbatim {
                        if let Some(escaped) = rest.next() {
                            blank(&mut out, escaped);
                        }
                    } else if inner == c || inner == '\n' {
                        break;
                    }
                }
            }
            _ => out.push(c),
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_blank() {
        let code = code_of("T // union *\n| where a == 'search *' and b == @\"x\\\" | union *");
        assert_eq!(code.matches("union *").count(), 1, "{code}");
        assert!(!code.contains("search"), "{code}");
    }
}
