//! Request properties: options that change how a request is run or answered, and parameters of the query. It must not know
//! who runs it.

use std::time::Duration;

use kqlite::syntax::ast::{Expression, Statement};
use kqlite::{DateTime, TimeSpan};
use serde_json::{Map, Value as Json};

use crate::failure::Failure;

/// How a request is run and answered, as far as its properties say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    /// The longest time that it may take; `Some(None)` is as long as the server allows.
    pub timeout: Option<Option<Duration>>,
    /// What `now()` is.
    pub now: Option<DateTime>,
    /// The answer may have any number of records and bytes.
    pub no_truncation: bool,
    /// The most records of the answer; more are an error.
    pub max_records: Option<usize>,
    /// The most bytes of the answer; more are an error.
    pub max_bytes: Option<usize>,
    /// The first so many records are the answer.
    pub take: Option<usize>,
    /// Nothing may be changed.
    pub read_only: bool,
    /// Primary tables come in pieces.
    pub fragmented: bool,
    /// Where errors stand that are found while rows are sent.
    pub placement: ErrorPlacement,
    /// The values of the query's parameters, as they were sent.
    pub parameters: Vec<(String, Json)>,
}

/// Where errors stand that are found while rows are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ErrorPlacement {
    /// Among the rows.
    #[default]
    InData,
    /// At the end of the table.
    EndOfTable,
    /// At the end of all tables.
    EndOfDataSet,
}

/// Options that would change which rows an answer has, and that are not followed: taking them and doing nothing would be a
/// wrong answer.
const REFUSED: &[&str] = &[
    "query_datetimescope_from",
    "query_datetimescope_to",
    "query_datetimescope_column",
    "query_cursor_after_default",
    "query_cursor_before_or_at_default",
    "query_cursor_scoped_tables",
    "query_results_apply_getschema",
    "query_bin_auto_size",
    "query_bin_auto_at",
    "validatepermissions",
];

impl Properties {
    /// Reads the member `properties` of a request: an object, or a text with one.
    pub(crate) fn read(given: Option<Json>) -> Result<Self, Failure> {
        let mut read = Self::default();
        let properties = match given {
            None | Some(Json::Null) => return Ok(read),
            Some(Json::String(text)) if text.trim().is_empty() => return Ok(read),
            Some(Json::String(text)) => serde_json::from_str(&text)
                .map_err(|error| Failure::bad_request(format!("'properties' is no JSON: {error}")))?,
            Some(other) => other,
        };
        let Json::Object(properties) = properties else {
            return Err(Failure::bad_request("'properties' is no JSON object, nor a text with one"));
        };
        for (name, value) in properties {
            match (name.to_ascii_lowercase().as_str(), value) {
                ("options", Json::Object(options)) => read.options(options)?,
                ("parameters", Json::Object(parameters)) => {
                    read.parameters = parameters.into_iter().collect()
                }
                ("options" | "parameters", Json::Null) => {}
                (kind @ ("options" | "parameters"), _) => {
                    return Err(Failure::bad_request(format!("'{kind}' of 'properties' is no JSON object")));
                }
                // The ids and names of clients.
                _ => {}
            }
        }
        Ok(read)
    }

    fn options(&mut self, options: Map<String, Json>) -> Result<(), Failure> {
        for (name, value) in options {
            if !value.is_null() {
                self.option(&name, &value, true)?;
            }
        }
        Ok(())
    }

    /// Follows an option; of a query's own `set` statements those that it may set.
    fn option(&mut self, name: &str, value: &Json, of_request: bool) -> Result<(), Failure> {
        let wrong = |expected: &str| {
            Failure::bad_request(format!("the option '{name}' is {value}; expected {expected}"))
        };
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "servertimeout" if of_request => {
                let timeout = span(value).ok_or_else(|| wrong("a span of time, such as \"00:04:00\""))?;
                self.timeout = Some(Some(timeout));
            }
            "norequesttimeout" if of_request => {
                let longest = truth(value).ok_or_else(|| wrong("true or false"))?;
                self.timeout = if longest { Some(None) } else { self.timeout };
            }
            "query_now" => {
                self.now =
                    Some(instant(value).ok_or_else(|| wrong("a time, such as \"2024-06-30T12:00:00Z\""))?);
            }
            "notruncation" => self.no_truncation = truth(value).ok_or_else(|| wrong("true or false"))?,
            "truncationmaxrecords" => self.max_records = Some(count(value).ok_or_else(|| wrong("a number"))?),
            "truncationmaxsize" if of_request => {
                self.max_bytes = Some(count(value).ok_or_else(|| wrong("a number"))?);
            }
            "query_take_max_records" => self.take = Some(count(value).ok_or_else(|| wrong("a number"))?),
            "request_readonly" | "request_readonly_hardline" if of_request => {
                self.read_only |= truth(value).ok_or_else(|| wrong("true or false"))?;
            }
            "results_v2_fragment_primary_tables" if of_request => {
                self.fragmented = truth(value).ok_or_else(|| wrong("true or false"))?;
            }
            "results_error_reporting_placement" => {
                self.placement = match value.as_str() {
                    Some("in_data") => ErrorPlacement::InData,
                    Some("end_of_table") => ErrorPlacement::EndOfTable,
                    Some("end_of_dataset") => ErrorPlacement::EndOfDataSet,
                    _ => return Err(wrong("in_data, end_of_table or end_of_dataset")),
                };
            }
            "query_language" if of_request => {
                let known = value.as_str().is_some_and(|it| matches!(it, "csl" | "kql"));
                if !known {
                    return Err(wrong("csl or kql: no other language is known here"));
                }
            }
            _ if of_request && REFUSED.contains(&lower.as_str()) && truth(value) != Some(false) => {
                return Err(Failure::bad_request(format!("the option '{name}' is not supported")));
            }
            _ => {}
        }
        Ok(())
    }

    /// Follows the `set` statements of a query.
    pub(crate) fn follow(&mut self, query: &str) -> Result<(), Failure> {
        if !query.contains("set") {
            return Ok(());
        }
        for statement in &kqlite::syntax::parse(query).tree.statements {
            let Statement::Set(it) = statement else { continue };
            let value = match &it.value {
                None => Json::Bool(true),
                Some(Expression::Literal(_)) => {
                    let written = it.value.as_ref().and_then(|value| query.get(value.span().range()));
                    literal(written.unwrap_or_default())
                }
                Some(_) => continue,
            };
            self.option(&it.name.text, &value, false)?;
        }
        Ok(())
    }
}

/// What a literal says, as the JSON that a request would have.
fn literal(written: &str) -> Json {
    let inner = written
        .strip_suffix(')')
        .and_then(|it| it.split_once('('))
        .map_or(written, |(_, inner)| inner)
        .trim()
        .trim_matches(['"', '\'']);
    serde_json::from_str(inner).unwrap_or_else(|_| Json::String(inner.to_owned()))
}

fn truth(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(it) => Some(*it),
        Json::Number(it) => it.as_i64().map(|it| it != 0),
        Json::String(it) if it.eq_ignore_ascii_case("true") => Some(true),
        Json::String(it) if it.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn count(value: &Json) -> Option<usize> {
    let number = match value {
        Json::Number(it) => it.as_u64()?,
        Json::String(it) => it.trim().parse().ok()?,
        _ => return None,
    };
    Some(usize::try_from(number).unwrap_or(usize::MAX))
}

/// `00:04:00`, `4m`, `time(4m)`.
fn span(value: &Json) -> Option<Duration> {
    let text = value.as_str()?;
    let inner = ["timespan(", "time("].iter().find_map(|it| text.strip_prefix(it)?.strip_suffix(')'));
    let span = TimeSpan::parse(inner.unwrap_or(text).trim())?;
    let ticks = u64::try_from(span.0).ok()?;
    Some(Duration::from_nanos(ticks.saturating_mul(100)))
}

/// `2024-06-30T12:00:00Z`, `datetime(2024-06-30)`.
fn instant(value: &Json) -> Option<DateTime> {
    let text = value.as_str()?;
    let inner = text.strip_prefix("datetime(").and_then(|it| it.strip_suffix(')'));
    DateTime::parse(inner.unwrap_or(text).trim())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_are_an_object_or_a_text() {
        // As the Python client sends them, and as the one for Node does.
        let text = json!(
            r#"{"Options":{"servertimeout":"00:04:00","query_now":"2024-06-30"},"Parameters":{"n":"5"}}"#
        );
        let object = json!({"Options": {"servertimeout": "4m", "query_now": "datetime(2024-06-30)"}, "Parameters": {"n": 5}});
        for given in [text, object] {
            let read = Properties::read(Some(given)).unwrap();
            assert_eq!(read.timeout, Some(Some(Duration::from_secs(240))));
            assert_eq!(read.now, DateTime::parse("2024-06-30"));
            assert_eq!(read.parameters.len(), 1);
        }
        assert!(Properties::read(Some(json!(""))).is_ok());
        for wrong in
            [json!("{"), json!([]), json!({"Options": 1}), json!({"Options": {"servertimeout": "soon"}})]
        {
            assert!(Properties::read(Some(wrong)).is_err());
        }
        let read = Properties::read(Some(json!({"Options": {"query_datetimescope_from": "2024-01-01"}})));
        assert!(read.unwrap_err().message.contains("is not supported"));
        let sql = Properties::read(Some(json!({"Options": {"query_language": "sql"}})));
        assert!(sql.unwrap_err().message.contains("no other language"));
    }

    #[test]
    fn statements_of_the_query_are_followed() {
        let mut read = Properties::default();
        read.follow(
            "set notruncation; set truncationmaxrecords = 10; set query_now = datetime(2024-06-30);\nprint 1",
        )
        .unwrap();
        assert!(read.no_truncation);
        assert_eq!(read.max_records, Some(10));
        assert_eq!(read.now, DateTime::parse("2024-06-30"));
        // Microsoft's page: a query cannot set this.
        read.follow("set servertimeout = 10m; print 1").unwrap();
        assert_eq!(read.timeout, None);
    }
}
