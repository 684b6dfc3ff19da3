//! Aggregate functions as data, and the accumulators that compute them group by group.
//! It must not know any particular function.

use std::any::Any;
use std::fmt;

use super::{Context, Example, Result, ResultName, Signature};
use crate::column::Column;
use crate::source::Span;
use crate::types::{ScalarType, Value};

/// One aggregate function: everything that the binder, the executor and the reference need to know.
#[derive(Clone, Copy)]
pub struct AggregateFunction {
    /// The name.
    pub name: &'static str,
    /// Other names for the very same function.
    pub aliases: &'static [&'static str],
    /// One sentence: what it gives.
    pub summary: &'static str,
    /// Its forms.
    pub signatures: &'static [Signature],
    /// How an unnamed result is called.
    pub result_name: ResultName,
    /// Makes an empty accumulator for a call.
    pub accumulator: fn(&AggregateCall<'_>) -> Result<Box<dyn Accumulator>>,
    /// Queries of one cell and what they give; each one is run as a test.
    pub examples: &'static [Example],
}

impl fmt::Debug for AggregateFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregateFunction").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What an accumulator is made for.
#[derive(Debug)]
pub struct AggregateCall<'a> {
    /// The function's name, for messages.
    pub name: &'a str,
    /// The arguments' types.
    pub arguments: &'a [ScalarType],
    /// The arguments' values, where they are constant.
    pub constants: &'a [Option<Value>],
    /// The result columns' types.
    pub returns: &'a [ScalarType],
    /// The run.
    pub context: &'a Context,
    /// The call's place in the query.
    pub span: Span,
}

/// The state of one aggregate over all groups.
///
/// Groups are numbered from 0. Rows come in chunks, in the order of the input.
pub trait Accumulator: Send + 'static {
    /// Takes in rows: `groups[row]` is the group of a row, below `count`. `arguments` has a column for each argument,
    /// each as long as `groups`.
    ///
    /// # Errors
    /// A limit is reached or a value is refused.
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()>;

    /// Takes in the state of another accumulator of the same call, whose rows come after this one's: its group `g`
    /// is this one's group `mapping[g]`, below `count`.
    ///
    /// # Errors
    /// A limit is reached.
    fn merge(&mut self, other: Box<dyn Accumulator>, mapping: &[u32], count: usize) -> Result<()>;

    /// The results for groups `0 .. count`: one column for each result column of the call.
    ///
    /// # Errors
    /// A limit is reached.
    fn finish(self: Box<Self>, count: usize) -> Result<Vec<Column>>;

    /// About how many bytes the state holds.
    fn byte_size(&self) -> usize;

    /// Rows may be given to several accumulators, each with all rows of some argument values: the sums of their results,
    /// which are longs, are then the results over all rows.
    fn adds_up(&self) -> bool {
        false
    }

    /// For [`Accumulator::merge`]: the other accumulator as what it is.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}
