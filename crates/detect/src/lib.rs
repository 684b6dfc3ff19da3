//! Detection rules, their alerts, their checks and their tests; the schemas of Defender XDR and Sentinel. It must not know
//! terminals and command lines, and knows the library by its public face alone.
//!
//! ```
//! use kqlite_detect::{Rule, schema_of};
//!
//! let rule = Rule::parse("id: 1\nname: All mail\nquery: |\n  EmailEvents\n  | count\n")?;
//! assert_eq!(rule.query, "EmailEvents\n| count\n");
//! assert!(schema_of("EmailEvents").is_some());
//! # Ok::<(), kqlite_detect::RuleError>(())
//! ```
#![deny(missing_docs)]

mod asim;
mod check;
mod connectors;
mod helpers;
mod mitre;
mod names;
mod rule;
mod schemas;
mod suggest;
pub mod suite;
mod workspace;
mod yaml;

pub use check::{Finding, RuleCode, check_rule, find_duplicates};
pub use connectors::connector_of;
pub use helpers::{
    add_helpers, add_watchlists, as_helper_table, as_watchlist, helper_schema, is_helper, watchlist_table,
};
pub use mitre::{Technique, is_tactic, tactic_names, technique};
pub use names::words;
pub use rule::{
    AggregationKind, Alert, AlertDetailsOverride, AlertSeverity, DataConnector, DynamicProperty, Entity,
    EntityMapping, FieldMapping, FunctionText, GroupingConfiguration, IncidentConfiguration, LoadError,
    MatchingMethod, QueryFile, QueryRole, Rewritten, Rule, RuleError, RuleFormat, RuleKind, Tag, Trigger,
    TriggerOperator, parse_duration,
};
pub use schemas::{schema_of, table_names};
pub use serde_json::json;
pub use suite::{Answer, FolderCase, Trial, TrialError, folder_cases, run_folder};
pub use workspace::{Workspace, WorkspaceError};

/// The guide's example in Rust, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/testing-detections.md")]
struct Guide;
