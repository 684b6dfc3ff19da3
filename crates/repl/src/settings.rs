//! What `.set` changes: limits of queries and the form of answers, as a table of entries. It must not know commands.

use std::time::Duration;

use kqlite::{Limits, Options, OutputFormat, nearest};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerForm {
    /// A table, or records where it is too wide for the terminal.
    Auto,
    /// One column a line.
    Records,
    /// As a form of files.
    As(OutputFormat),
}

/// The settings of a prompt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The longest time of a query.
    pub time: Option<Duration>,
    /// How much a query may use.
    pub limits: Limits,
    /// How many threads it has.
    pub threads: usize,
    /// A value for which it is not known what the real engine gives ends the query.
    pub strict: bool,
    /// The most rows of an answer that are shown; 0 shows all.
    pub rows: usize,
    /// Long answers go through a pager, where there is a terminal.
    pub pager: bool,
    pub(crate) form: AnswerForm,
    /// Whether charts are drawn; where nothing is said, on a terminal.
    pub(crate) charts: Option<bool>,
    pub(crate) timing: bool,
}

/// How many rows of an answer are shown where nothing is said.
const ROWS: usize = 10_000;

impl Settings {
    /// Settings with limits for queries.
    #[must_use]
    pub const fn new(limits: Limits, time: Option<Duration>, threads: usize, strict: bool) -> Self {
        Self {
            time,
            limits,
            threads,
            strict,
            rows: ROWS,
            pager: true,
            form: AnswerForm::Auto,
            charts: None,
            timing: false,
        }
    }

    /// The options of a run with these limits. The time is another matter: it begins with the run.
    pub(crate) fn applied(&self, options: Options) -> Options {
        options.limits(self.limits).threads(self.threads).strict(self.strict)
    }
}

/// One setting as data.
pub struct SettingEntry {
    pub name: &'static str,
    /// What may be given.
    pub values: &'static [&'static str],
    pub summary: &'static str,
    get: fn(&Settings) -> String,
    set: fn(&mut Settings, &str) -> Option<()>,
}

/// All settings.
pub const SETTINGS: &[SettingEntry] = &[
    SettingEntry {
        name: "format",
        values: &["auto", "table", "records", "json", "ndjson", "csv", "markdown"],
        summary: "The form of answers; auto is a table, or records if that is too wide for the terminal.",
        get: |it| {
            match it.form {
                AnswerForm::Auto => "auto",
                AnswerForm::Records => "records",
                AnswerForm::As(OutputFormat::Json) => "json",
                AnswerForm::As(OutputFormat::NdJson) => "ndjson",
                AnswerForm::As(OutputFormat::Csv) => "csv",
                AnswerForm::As(OutputFormat::Markdown) => "markdown",
                AnswerForm::As(_) => "table",
            }
            .to_owned()
        },
        set: |it, value| {
            it.form = match value {
                "auto" => AnswerForm::Auto,
                "records" => AnswerForm::Records,
                "table" => AnswerForm::As(OutputFormat::Table),
                "json" => AnswerForm::As(OutputFormat::Json),
                "ndjson" => AnswerForm::As(OutputFormat::NdJson),
                "csv" => AnswerForm::As(OutputFormat::Csv),
                "markdown" => AnswerForm::As(OutputFormat::Markdown),
                _ => return None,
            };
            Some(())
        },
    },
    SettingEntry {
        name: "chart",
        values: &["auto", "on", "off"],
        summary: "Whether the chart that render asks for is drawn below the table; auto is on a terminal.",
        get: |it| it.charts.map_or_else(|| "auto".to_owned(), on_off),
        set: |it, value| {
            it.charts = if value == "auto" { None } else { Some(switch(value)?) };
            Some(())
        },
    },
    SettingEntry {
        name: "rows",
        values: &["N"],
        summary: "The most rows of an answer that are shown; 0 shows all.",
        get: |it| it.rows.to_string(),
        set: |it, value| {
            it.rows = value.parse().ok()?;
            Some(())
        },
    },
    SettingEntry {
        name: "pager",
        values: &["on", "off"],
        summary: "Whether answers longer than the terminal go through $PAGER, or less.",
        get: |it| on_off(it.pager),
        set: |it, value| {
            it.pager = switch(value)?;
            Some(())
        },
    },
    SettingEntry {
        name: "timeout",
        values: &["SECONDS"],
        summary: "A query that takes longer is stopped; 0 is no limit.",
        get: |it| it.time.map_or(0, |time| time.as_secs()).to_string(),
        set: |it, value| {
            let seconds: u64 = value.parse().ok()?;
            it.time = (seconds > 0).then(|| Duration::from_secs(seconds));
            Some(())
        },
    },
    SettingEntry {
        name: "max-rows",
        values: &["N"],
        summary: "A query is stopped where an operator gives more rows than this.",
        get: |it| it.limits.rows.to_string(),
        set: |it, value| {
            it.limits.rows = value.parse().ok()?;
            Some(())
        },
    },
    SettingEntry {
        name: "max-mb",
        values: &["N"],
        summary: "A query is stopped where it needs more memory than this beside the tables, in megabytes.",
        get: |it| (it.limits.bytes >> 20).to_string(),
        set: |it, value| {
            it.limits.bytes = value.parse::<usize>().ok()?.saturating_mul(1 << 20);
            Some(())
        },
    },
    SettingEntry {
        name: "threads",
        values: &["N"],
        summary: "How many threads a query has.",
        get: |it| it.threads.to_string(),
        set: |it, value| {
            it.threads = value.parse().ok().filter(|it| *it > 0)?;
            Some(())
        },
    },
    SettingEntry {
        name: "strict",
        values: &["on", "off"],
        summary: "Whether a value for which it is not known what the real engine gives ends the query.",
        get: |it| on_off(it.strict),
        set: |it, value| {
            it.strict = switch(value)?;
            Some(())
        },
    },
];

fn on_off(is_on: bool) -> String {
    if is_on { "on" } else { "off" }.to_owned()
}

/// `on` or `off`.
pub fn switch(value: &str) -> Option<bool> {
    match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

/// Sets a setting by its name.
pub fn set(settings: &mut Settings, name: &str, value: &str) -> Result<(), String> {
    let entry = find(name)?;
    (entry.set)(settings, value).ok_or_else(|| {
        format!("'{value}' is no value of {name}\n = help: it takes {}", entry.values.join(", "))
    })
}

/// The value of a setting.
pub fn get(settings: &Settings, entry: &SettingEntry) -> String {
    (entry.get)(settings)
}

fn find(name: &str) -> Result<&'static SettingEntry, String> {
    SETTINGS.iter().find(|it| it.name == name).ok_or_else(|| {
        let help = match nearest(name, SETTINGS.iter().map(|it| it.name)) {
            Some(near) => format!("did you mean '{near}'?"),
            None => {
                format!("there are: {}", SETTINGS.iter().map(|it| it.name).collect::<Vec<_>>().join(", "))
            }
        };
        format!("there is no setting '{name}'\n = help: {help}")
    })
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_what_is_told() {
        let mut settings = Settings::new(Limits::default(), None, 1, false);
        for entry in SETTINGS {
            for value in
                entry.values.iter().map(|it| if it.chars().all(char::is_uppercase) { "7" } else { it })
            {
                set(&mut settings, entry.name, value).expect("a value");
                assert_eq!(get(&settings, entry), value, "{}", entry.name);
            }
            set(&mut settings, entry.name, "perhaps").expect_err("no value");
        }
        set(&mut settings, "timeout", "0").expect("a value");
        assert_eq!(settings.time, None);
    }
}
