//! The words that Sentinel has for a rule's settings, as types.

use std::fmt;

macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $word:ident = $text:literal $(| $other:literal)*,)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$inner])* $word,)*
        }

        impl $name {
            /// Every word as it is written.
            pub const WORDS: &'static [&'static str] = &[$($text,)*];

            /// The word as it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$word => $text,)* }
            }

            /// Reads a word; case does not matter.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let is = |word: &str| text.trim().eq_ignore_ascii_case(word);
                $(if is($text) $(|| is($other))* { return Some(Self::$word); })*
                None
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// How serious an alert is.
    AlertSeverity {
        /// It may be of interest, and is no threat by itself.
        Informational = "Informational",
        /// An attacker would need several more steps.
        Low = "Low",
        /// An attacker could have some effect.
        Medium = "Medium",
        /// An attacker has wide-ranging access.
        High = "High",
    }
}

words! {
    /// How a rule runs.
    RuleKind {
        /// Every so often, over a period of time.
        Scheduled = "Scheduled",
        /// Every minute, over what came in the minute before (near real time).
        Nrt = "NRT",
    }
}

words! {
    /// What a query is for, by the form in which it is kept.
    QueryRole {
        /// It runs by itself and raises alerts in Sentinel.
        Analytics = "analytics rule",
        /// People run it to hunt.
        Hunting = "hunting query",
        /// It runs by itself and raises alerts in Defender XDR.
        CustomDetection = "custom detection",
        /// Other queries call it.
        Function = "function",
        /// People keep it in a workspace.
        SavedSearch = "saved search",
        /// A workbook shows what it gives.
        Workbook = "query of a workbook",
        /// It stands for itself.
        Query = "query",
    }
}

words! {
    /// How the number of rows is compared with the threshold.
    TriggerOperator {
        /// More rows than the threshold.
        GreaterThan = "gt" | "GreaterThan",
        /// Fewer rows.
        LessThan = "lt" | "LessThan",
        /// As many rows.
        Equal = "eq" | "Equal",
        /// Any other number of rows.
        NotEqual = "ne" | "NotEqual",
    }
}

words! {
    /// How many alerts an answer becomes.
    AggregationKind {
        /// One for all rows.
        SingleAlert = "SingleAlert",
        /// One for each row.
        AlertPerResult = "AlertPerResult",
    }
}

words! {
    /// Which alerts share an incident.
    MatchingMethod {
        /// Those whose entities are all the same.
        AllEntities = "AllEntities",
        /// All of the rule.
        AnyAlert = "AnyAlert",
        /// Those where the chosen entities, details and custom details are the same.
        Selected = "Selected",
    }
}

impl TriggerOperator {
    /// The operator as a sign, such as `>`.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::GreaterThan => ">",
            Self::LessThan => "<",
            Self::Equal => "=",
            Self::NotEqual => "≠",
        }
    }
}
