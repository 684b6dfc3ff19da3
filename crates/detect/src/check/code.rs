//! The permanent codes of what can be wrong with a rule beside its query. A code is never reused and never changes its
//! meaning.

use std::fmt;

macro_rules! codes {
    ($($name:ident = $code:literal, $summary:literal;)*) => {
        /// A permanent code of a finding about a rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum RuleCode {
            $(#[doc = $summary] $name,)*
        }

        impl RuleCode {
            /// The code as printed, such as `RULE101`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// One line that says what it means.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$name => $summary,)* }
            }

            /// Every code.
            pub const ALL: &'static [RuleCode] = &[$(Self::$name,)*];
        }
    };
}

codes! {
    NotARule = "RULE001", "The file is no rule.";
    UnknownWord = "RULE002", "A setting has a value that Sentinel does not know.";
    BadDuration = "RULE003", "A span of time that cannot be read.";
    MissingKey = "RULE004", "A rule of this kind needs a key that is not there.";
    UnknownKey = "RULE005", "A key that is likely misspelt.";
    BadId = "RULE006", "The id is no guid.";
    DuplicateId = "RULE007", "Two rules have the same id.";

    UnknownEntityColumn = "RULE101", "An entity mapping names a column that the query does not give.";
    UnknownDetailColumn = "RULE102", "A custom detail names a column that the query does not give.";
    UnknownFormatColumn = "RULE103", "An alert format names a column that the query does not give.";
    UnknownOverrideColumn = "RULE104", "An override names a column that the query does not give.";
    UnknownGroup = "RULE105", "Incidents are grouped by something that the rule does not have.";

    PeriodTooShort = "RULE201", "The query looks back further than the rule's period.";
    FrequencyOverPeriod = "RULE202", "The rule runs less often than its period is long.";
    TimeOutOfRange = "RULE203", "A span of time that Sentinel does not allow.";
    FrequencyTooHigh = "RULE204", "A rule that looks back days runs more often than once an hour.";
    ThresholdOutOfRange = "RULE205", "A threshold that Sentinel does not allow.";

    NrtKey = "RULE301", "A rule in near real time has a key for scheduled rules.";
    NrtWorkspace = "RULE302", "A rule in near real time reads another workspace.";
    NotAllowedInRules = "RULE303", "A query that Sentinel does not allow in rules.";

    TooMany = "RULE401", "More of something than Sentinel allows.";
    TooLong = "RULE402", "A text that is longer than Sentinel allows.";
    BadDetailName = "RULE403", "A custom detail's name that Sentinel does not allow.";
    BadPlaceholder = "RULE404", "A place for a value that Sentinel does not read as one.";

    UnknownTactic = "RULE501", "A tactic that Sentinel does not know.";
    UnknownTechnique = "RULE502", "A technique that ATT&CK does not have.";
    TechniqueWithoutTactic = "RULE503", "A technique that serves none of the rule's tactics.";

    UnknownEntityType = "RULE601", "A kind of entity that Sentinel does not know.";
    UnknownIdentifier = "RULE602", "A property that this kind of entity does not have.";
    IdentifierTwice = "RULE603", "An entity has the same property twice.";
    WeakEntity = "RULE604", "An entity without a property that it needs.";

    TableWithoutConnector = "RULE701", "A rule reads a table that none of its data connectors brings.";
}

impl fmt::Display for RuleCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_sorted() {
        let codes: Vec<&str> = RuleCode::ALL.iter().map(|it| it.as_str()).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
    }
}
