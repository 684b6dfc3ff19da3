//! Detection rules: analytics rules (scheduled and near real time) and hunting queries of Microsoft Sentinel, in every form
//! that they are published in. It must not know tables or how a query runs.

mod alert;
mod classify;
mod duration;
mod error;
mod expression;
mod format;
mod found;
mod function;
mod json;
mod load;
mod markdown;
mod model;
mod place;
mod plain;
mod read;
mod rewrite;
mod template;
mod tree;
mod words;
mod workbook;
mod yaml;

pub(crate) use alert::placeholders;
pub use alert::{Alert, Entity};
pub use duration::parse_duration;
pub(crate) use duration::short;
pub use error::{LoadError, RuleError};
pub use format::RuleFormat;
pub use model::{
    AlertDetailsOverride, DataConnector, DynamicProperty, EntityMapping, FieldMapping, FunctionText,
    GroupingConfiguration, IncidentConfiguration, QueryFile, Rule, Tag, Trigger,
};
pub(crate) use place::place_part;
pub(crate) use read::KEYS;
pub use rewrite::Rewritten;
pub(crate) use tree::Node;
pub use words::{AggregationKind, AlertSeverity, MatchingMethod, QueryRole, RuleKind, TriggerOperator};

#[cfg(test)]
mod tests;
