//! What a function is, as data: signatures, null handling, kernels, accumulators, and the registry that holds them.
//! It must not know any particular function, nor how a query names or calls one.

mod accepts;
mod accumulator;
mod aggregate;
mod call;
mod conditional;
mod doubt;
mod expansion;
mod ip_location;
pub mod kinds;
mod overload;
mod pattern;
mod plugin;
mod random;
mod registry;
mod result;
mod run;
mod scalar;
mod session;
mod signature;
#[cfg(test)]
#[allow(dead_code, reason = "each family uses what it needs")]
pub(crate) mod testing;
mod udf;
mod wildcard;

pub use accepts::{Accepts, Common, Holds, TypeSet};
pub use accumulator::{Accumulator, AccumulatorFn, AggregateCall, AggregateState, broken};
pub use aggregate::{AggregateEntry, AggregateFunction, Conditional, OrderSensitivity};
pub use call::{BudgetedText, Call, Context};
pub use doubt::{Doubt, Doubts, DoubtsOfRun};
pub use expansion::{BoundArgument, CallSite, Expand, Expansion, SiteColumn};
pub use ip_location::{IpLocation, IpLocator, IpRanges, parse_address};
pub use overload::{ArgumentType, Fit, Match, is_wider, promote, resolve, resolve_complete};
pub use pattern::{PatternCache, compile, compile_bytes, text_regex};
pub use plugin::{
    ArgumentKind, ArgumentValue, DeclaredColumns, InputColumn, Plugin, PluginArgument, PluginBinding,
    PluginCall, PluginColumns, PluginGroups, PluginRows, PluginRun, PluginTable, RowOrigins,
};
pub use random::RandomStream;
pub use registry::Registry;
pub use result::{Failure, Result};
pub use run::Evaluated;
pub use scalar::{
    Category, Comparison, ComparisonKind, Cost, Example, Kernel, ScalarFunction, Semantics, TimeShift,
    Volatility,
};
pub use session::Session;
pub use signature::{ArgumentForm, ArgumentInfo, Parameter, ResultName, Returns, Signature};

pub use udf::{AggregateUdf, FunctionRef, ScalarUdf};
pub use wildcard::{NeedlePosition, WildcardPattern};

pub(crate) use signature::signatures;
