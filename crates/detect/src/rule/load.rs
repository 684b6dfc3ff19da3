//! Loads rules: from a text of some form, or from a file whose name tells the form.

use std::path::Path;
use std::str::FromStr;

use super::error::{LoadError, RuleError};
use super::format::{self, RuleFormat};
use super::model::Rule;
use super::place::Placed;
use super::{read, yaml};

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
        read::rule(text, &yaml::read(text)?)
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
        let nodes = format::read(text, format)?;
        let mut rules = nodes.iter().map(|node| read::rule(text, node)).collect::<Result<Vec<_>, _>>()?;
        if let (RuleFormat::Kql, [rule]) = (format, &mut rules[..]) {
            rule.placed = Placed::whole(text);
        }
        Ok(rules)
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
            let message = "a rule file ends in .yaml, .yml, .json, .kql, .csl, .kusto or .txt";
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
