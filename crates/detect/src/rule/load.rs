//! Loads rules: from a text of some form, or from a file whose name tells the form.

use std::path::Path;
use std::str::FromStr;

use kqlite::LineIndex;

use super::error::{LoadError, RuleError};
use super::format::{self, RuleFormat};
use super::model::{QueryFile, Rule};
use super::{plain, read};

impl Rule {
    /// Reads a rule as YAML.
    ///
    /// ```
    /// let error = kqlite_detect::Rule::parse("name: x\ndescription: |\nnot indented\n").unwrap_err();
    /// assert_eq!(error.line, 3);
    /// ```
    ///
    /// # Errors
    /// Text that is no YAML, a key with a value of another kind, no query.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let mut rules = Self::parse_all(text, RuleFormat::Yaml)?;
        match (rules.pop(), rules.is_empty()) {
            (Some(rule), true) => Ok(rule),
            _ => {
                let message = format!("here are {} rules, and one is expected", rules.len() + 1);
                Err(RuleError { line: 1, column: 1, message })
            }
        }
    }

    /// Reads the rules of a text: an export may have several.
    ///
    /// ```
    /// use kqlite_detect::{Rule, RuleFormat};
    /// let export = r#"{"resources": [{"type": "x/alertRules", "kind": "NRT",
    ///     "properties": {"displayName": "Mail", "query": "EmailEvents\n| count"}}]}"#;
    /// let rules = Rule::parse_all(export, RuleFormat::Json)?;
    /// assert_eq!(rules[0].name, "Mail");
    /// # Ok::<(), kqlite_detect::RuleError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Rule::parse`]; also where there is no rule.
    pub fn parse_all(text: &str, format: RuleFormat) -> Result<Vec<Self>, RuleError> {
        // A plain text is one query, whatever is wrong with it.
        if format == RuleFormat::Kql {
            return Ok(vec![read::rule(text, &plain::whole(text))?]);
        }
        let rules = Self::read_all(text, format)?.rules;
        if rules.is_empty() { Err(format::no_query(text, format)) } else { Ok(rules) }
    }

    /// Reads everything in a text that has a query: rules, functions, saved searches, queries of workbooks, several queries with
    /// empty lines between them. There may be none.
    ///
    /// ```
    /// use kqlite_detect::{QueryRole, Rule, RuleFormat};
    /// let parser = "FunctionName: Mail\nFunctionQuery: EmailEvents | project Subject\n---\nname: x\nquery: Mail\n";
    /// let file = Rule::read_all(parser, RuleFormat::Yaml)?;
    /// assert_eq!(file.rules[0].role, QueryRole::Function);
    /// assert_eq!(file.rules[0].functions[0].names, ["Mail"]);
    /// assert!(Rule::read_all("steps: []", RuleFormat::Yaml)?.rules.is_empty());
    /// # Ok::<(), kqlite_detect::RuleError>(())
    /// ```
    ///
    /// # Errors
    /// Text that is not of the format, a key with a value of another kind, a rule without a query.
    pub fn read_all(text: &str, format: RuleFormat) -> Result<QueryFile, RuleError> {
        let read = format::read(text, format)?;
        let rules = read.found.iter().map(|found| read::rule(text, found)).collect::<Result<_, _>>()?;
        let lines = LineIndex::new(text);
        let passed_over = read.passed_over.into_iter();
        let passed_over =
            passed_over.map(|(span, what)| (lines.line_column(text, span.start).0, what)).collect();
        Ok(QueryFile { rules, passed_over })
    }

    /// Whether a text was likely meant to have a query: its error matters where other files may be of any kind.
    #[must_use]
    pub fn is_likely(text: &str, format: RuleFormat) -> bool {
        match format {
            RuleFormat::Kql => plain::is_query(text),
            RuleFormat::Markdown => true,
            RuleFormat::Yaml | RuleFormat::Json => format::looks_like_rule(text),
        }
    }

    /// Reads the rule of a file; its name tells the form. Of several, `FILE#NAME` is the one with this name or id.
    ///
    /// # Errors
    /// A file that cannot be read, whose form is not known, or that has not one such rule.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let whole = path.as_ref();
        let (file, name) = match whole.to_str().and_then(|text| text.split_once('#')) {
            Some((file, name)) if !whole.exists() => (Path::new(file), Some(name.trim())),
            _ => (whole, None),
        };
        let mut rules = Self::load_all(file)?;
        let count = rules.len();
        if let Some(name) = name {
            rules.retain(|rule| rule.name.trim() == name || rule.id == name);
        }
        match (rules.pop(), rules.is_empty()) {
            (Some(rule), true) => Ok(rule),
            _ => Err(LoadError::Several { path: whole.display().to_string(), count }),
        }
    }

    /// Reads the rules of a file; its name tells the form.
    ///
    /// # Errors
    /// A file that cannot be read, whose form is not known, or that has no rule.
    pub fn load_all(path: impl AsRef<Path>) -> Result<Vec<Self>, LoadError> {
        let name = path.as_ref().display().to_string();
        let failed = |error| LoadError::File { path: name.clone(), error };
        let Some(format) = RuleFormat::of_name(&name) else {
            let message = "a rule file ends in .yaml, .yml, .json, .kql, .csl, .kusto, .txt or .md";
            return Err(failed(std::io::Error::new(std::io::ErrorKind::InvalidInput, message)));
        };
        let text = std::fs::read_to_string(path.as_ref()).map_err(failed)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Self::parse_all(text, format).map_err(|error| LoadError::Rule { path: name, error })
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        Self::parse(text)
    }
}
